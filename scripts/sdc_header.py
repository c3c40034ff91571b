#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Gathers the headers that src/sdc/sdc.h names into the one that is installed, and writes the linker's
list of what the shared library shows: the functions these headers declare, under the ABI's name.

usage: sdc_header.py SRC_DIR HEADER MAP"""
import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'#include "(sdc/\w+\.h)"\n')
SYSTEM = re.compile(r"#include (<\w+\.h>)\n")
GUARD = re.compile(r"#ifndef (DARSE_SDC_\w+_H)\n#define \1\n(.*)#endif\n\Z", re.DOTALL)
LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"
FUNCTION = re.compile(r"^(?!static)[a-zA-Z][\w \*]*?\b(sdc_\w+)\(", re.MULTILINE)


def visit(source, name, seen, system, parts):
    """The text of NAME without guard and includes, after those it includes."""
    if name in seen:
        return
    seen.add(name)
    text = (source / name).read_text()
    for other in INCLUDE.findall(text):
        visit(source, other, seen, system, parts)
    system.update(SYSTEM.findall(text))
    body = GUARD.search(text)
    if not body:
        sys.exit(f"{name} has no include guard of the usual form")
    head = text[:body.start()].replace(LICENCE, "")
    inner = SYSTEM.sub("", INCLUDE.sub("", body.group(2)))
    parts.append(f"{head.strip()}\n\n{inner.strip()}".strip())


def main():
    source, header, symbols = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    system, parts = set(), []
    visit(source, "sdc/sdc.h", set(), system, parts)
    includes = "\n".join(f"#include {name}" for name in sorted(system))
    text = "\n\n".join(parts)
    header.write_text(
        f"{LICENCE}/* Made from src/sdc by scripts/sdc_header.py; do not edit. */\n"
        f"#ifndef DARSE_SDC_H\n#define DARSE_SDC_H\n\n{includes}\n\n"
        f'#ifdef __cplusplus\nextern "C" {{\n#endif\n\n{text}\n\n'
        "#ifdef __cplusplus\n}\n#endif\n\n#endif\n")
    abi = re.search(r"#define SDC_ABI (\d+)", text).group(1)
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    names = sorted(set(FUNCTION.findall(code)))
    shown = "".join(f"    {name};\n" for name in names)
    symbols.write_text(f"DARSE_SDC_{abi} {{\nglobal:\n{shown}local:\n    *;\n}};\n")


if __name__ == "__main__":
    main()
