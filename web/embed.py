# SPDX-License-Identifier: Apache-2.0
"""Turns the folder of built pages into C source of a GResource under /darse/web.

usage: embed.py DIST OUTPUT.c DEPFILE
"""
import os
import subprocess
import sys
from xml.sax.saxutils import escape


def main(dist, output, depfile):
    if not os.path.exists(os.path.join(dist, "index.html")):
        sys.exit(f"{dist} has no index.html: run `npm ci && npm run build` in web/")
    names = sorted(
        os.path.relpath(os.path.join(folder, name), dist)
        for folder, _, files in os.walk(dist)
        for name in files
    )
    listing = output + ".gresource.xml"
    with open(listing, "w", encoding="utf-8") as xml:
        xml.write('<?xml version="1.0" encoding="UTF-8"?>\n<gresources>\n')
        xml.write(' <gresource prefix="/darse/web">\n')
        for name in names:
            xml.write(f"  <file>{escape(name)}</file>\n")
        xml.write(" </gresource>\n</gresources>\n")
    subprocess.run(
        ["glib-compile-resources", "--sourcedir", dist, "--generate-source",
         "--c-name", "darse_web", "--target", output, listing],
        check=True,
    )
    with open(depfile, "w", encoding="utf-8") as deps:
        paths = [os.path.join(dist, name).replace(" ", "\\ ") for name in names]
        deps.write(f"{output}: {' '.join(paths)}\n")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
