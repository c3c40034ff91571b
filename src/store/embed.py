# SPDX-License-Identifier: Apache-2.0
"""Writes the C table of migrations from files named NNNN_name.sql: embed.py OUTPUT FILE..."""
import os
import re
import sys

rows = []
for path in sys.argv[2:]:
    match = re.fullmatch(r"(\d{4})_([a-z0-9_]+)\.sql", os.path.basename(path))
    if match is None:
        sys.exit(f"{path}: a migration is named NNNN_name.sql")
    with open(path, encoding="utf-8") as file:
        rows.append((int(match[1]), match[2], file.read()))
rows.sort()
if [row[0] for row in rows] != list(range(1, len(rows) + 1)):
    sys.exit("migrations must be numbered 0001, 0002, ... without gap")


def quote(text):
    lines = text.replace("\\", "\\\\").replace('"', '\\"').split("\n")
    return "\n    ".join(f'"{line}\\n"' for line in lines)


with open(sys.argv[1], "w", encoding="utf-8") as out:
    out.write('#include "store/internal.h"\n\nconst StoreMigration store_migrations[] = {\n')
    for version, name, sql in rows:
        out.write(f'    {{{version}, "{name}",\n    {quote(sql)}}},\n')
    out.write("    {0, NULL, NULL},\n};\n")
