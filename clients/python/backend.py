#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the wheel of the package `darse`: its Python files, and what ninja built for it. The same content gives
the same bytes. It is the build backend of pyproject.toml (PEP 517) and the program that ninja calls; a wheel is a
zip with three more files, so that neither a build tool nor a network is wanted.

usage: backend.py --build FOLDER --out FILE"""
import argparse
import base64
import hashlib
import io
import os
import re
import sys
import sysconfig
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TREE = HERE.parents[1]
# What ninja built -> where it stands in the package.
BUILT = {
    "clients/python/_abi.py": "darse/sdc/_abi.py",
    "src/sdc/libdarse-sdc.so": "darse/sdc/lib/libdarse-sdc.so",
    "src/sdchost/libdarse-sdchost.so": "darse/sdc/lib/libdarse-sdchost.so",
    "src/protect/libdarse-recipes.so": "darse/sdc/lib/libdarse-recipes.so",
    "clients/python/employees.csv": "darse/sdc/examples/employees.csv",
}
EARLIEST = (1980, 1, 1, 0, 0, 0)   # a zip knows no earlier time


def version():
    return re.search(r"version: '([^']+)'", (TREE / "meson.build").read_text(encoding="utf-8")).group(1)


def platform_tag():
    return f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def wheel_name():
    return f"darse-{version()}-{platform_tag()}.whl"


def package_files():
    """{name in the wheel: content}"""
    return {str(path.relative_to(HERE)): path.read_bytes() for path in sorted((HERE / "darse").rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts}


def contents(build):
    files = package_files()
    for path, name in BUILT.items():
        files[name] = (build / path).read_bytes()
    for recipe in sorted((TREE / "demo" / "recipes").glob("*.json")):
        files[f"darse/sdc/examples/recipes/{recipe.name}"] = recipe.read_bytes()
    info = f"darse-{version()}.dist-info"
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: darse\nVersion: {version()}\n"
        "Summary: Statistical disclosure control on data frames\nLicense: Apache-2.0\n"
        "Requires-Python: >=3.11\n").encode()
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: darse\nRoot-Is-Purelib: false\nTag: {platform_tag()}\n").encode()
    files[f"{info}/LICENSE"] = (TREE / "LICENSE").read_bytes()
    return info, files


def record_line(name, content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def write_wheel(build, path):
    info, files = contents(build)
    record = "".join(record_line(name, content) for name, content in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as wheel:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.external_attr = (0o100755 if name.endswith(".so") else 0o100644) << 16
            wheel.writestr(entry, content, zipfile.ZIP_DEFLATED, 6)
    if not path.exists() or path.read_bytes() != made.getvalue():
        path.write_bytes(made.getvalue())


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """As pip calls it. DARSE_BUILD names the build folder; else it is build/ of the tree."""
    del config_settings, metadata_directory
    build = Path(os.environ.get("DARSE_BUILD", TREE / "build"))
    absent = [path for path in BUILT if not (build / path).exists()]
    if absent:
        sys.exit(f"{build / absent[0]} is not there; build Darse first (./run, or ninja -C build)")
    write_wheel(build, Path(wheel_directory) / wheel_name())
    return wheel_name()


def build_sdist(sdist_directory, config_settings=None):
    raise NotImplementedError("the package is made from the whole tree of Darse; there is no source package")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--name", action="store_true", help="print the wheel's name")
    arguments = parser.parse_args()
    if arguments.name:
        print(wheel_name())
    else:
        write_wheel(arguments.build, arguments.out)


if __name__ == "__main__":
    main()
