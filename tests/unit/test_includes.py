# SPDX-License-Identifier: Apache-2.0
"""The architecture, checked: a file of a room includes only what the room's meson.build declares as
its dependencies (or what those pass on), dependencies never go in circles, docs/architecture.md shows
what is declared, and no source file is longer than 800 lines. Prints TAP; with --draw, the drawing."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINES_MAX = 800
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
USED = re.compile(r"\b(\w+)_dep\b")
DECLARED = re.compile(r"^(\w+)_dep\s*=", re.MULTILINE)


def read_rooms():
    """{room: rooms named by the dependencies in its meson.build}."""
    texts = {path.parent.name: re.sub(r"#.*", "", path.read_text())
             for path in sorted((ROOT / "src").glob("*/meson.build"))}
    home = {name: room for room, text in texts.items() for name in DECLARED.findall(text)}
    return {room: {home[name] for name in USED.findall(text) if name in home} - {room}
            for room, text in texts.items()}


def reach(room, rooms, path=()):
    """Every room that ROOM may use; fails on a circle."""
    if room in path:
        raise ValueError("circle: " + " -> ".join([*path, room]))
    found = set()
    for other in rooms.get(room, ()):
        found |= {other} | reach(other, rooms, (*path, room))
    return found


def check_includes(room, allowed):
    wrong = []
    for file in sorted((ROOT / "src" / room).glob("*.[ch]")):
        for name in INCLUDE.findall(file.read_text()):
            other = name.split("/")[0]
            if "/" not in name:
                wrong.append(f"{file.name} includes \"{name}\" without its room")
            elif other != room and other not in allowed:
                wrong.append(f"{file.name} includes \"{name}\", which is not below {room}")
            elif not (ROOT / "src" / name).exists():
                wrong.append(f"{file.name} includes \"{name}\", which is not there")
    return wrong


def check_lengths(files):
    return [f"{file.relative_to(ROOT)} has {count} lines" for file in files
            if (count := len(file.read_text().splitlines())) > LINES_MAX]


def draw(rooms):
    """The rooms as a flow chart, without the arrows that follow from others."""
    lines = ["```mermaid", "flowchart TD"]
    for room in sorted(rooms):
        below = rooms[room]
        direct = {other for other in below
                  if not any(other in reach(third, rooms) for third in below - {other})}
        lines += [f"    {room} --> {other}" for other in sorted(direct)]
        lines += [f"    {room}"] * (not direct and all(room not in used for used in rooms.values()))
    return "\n".join([*lines, "```"])


def check_drawing(rooms):
    text = (ROOT / "docs" / "architecture.md").read_text()
    shown = re.search(r"<!-- rooms:[^\n]*-->\n(.*?)\n?<!-- end of rooms -->", text, re.DOTALL)
    if shown and shown.group(1) == draw(rooms):
        return []
    return ["docs/architecture.md does not show the rooms as they are; put in its place what "
            "python3 tests/unit/test_includes.py --draw prints"]


def main():
    if sys.argv[1:] == ["--draw"]:
        print(draw(read_rooms()))
        return 0
    rooms = read_rooms()
    sources = [file for pattern in ("src/**/*.[ch]", "sas/*.[ch]", "demo/*.[ch]")
               for file in sorted(ROOT.glob(pattern))]
    results = []
    for name in rooms:
        try:
            results.append((f"includes/{name}", check_includes(name, reach(name, rooms))))
        except ValueError as circle:
            results.append((f"includes/{name}", [str(circle)]))
    folders = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
    results.append(("every room is built", [f"src/{name} has no meson.build"
                                            for name in sorted(folders - set(rooms))]))
    results.append(("drawing", check_drawing(rooms)))
    results.append(("lengths", check_lengths(sources)))
    print(f"1..{len(results)}")
    for number, (name, wrong) in enumerate(results, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
        for line in wrong:
            print(f"# {line}")
    return 1 if any(wrong for _, wrong in results) or len(sources) < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
