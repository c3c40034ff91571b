# SPDX-License-Identifier: Apache-2.0
"""docs/dependencies.md names every package that the tree asks for. Prints TAP."""
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def lines_of(path):
    text = (ROOT / path).read_text()
    return [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]


def npm_packages(path):
    manifest = json.loads((ROOT / path).read_text())
    return [*manifest.get("dependencies", {}), *manifest.get("devDependencies", {})]


def wanted():
    yield "scripts/packages.txt", [line.split()[1] for line in lines_of("scripts/packages.txt")]
    yield "tests/requirements.txt", [re.split(r"[=<>\[ ]", line)[0]
                                     for line in lines_of("tests/requirements.txt")]
    for path in sorted(ROOT.glob("images/*/requirements.in")):
        yield str(path.relative_to(ROOT)), [re.split(r"[=<>\[ ]", line)[0] for line in
                                            lines_of(path.relative_to(ROOT))]
    for path in ("web/package.json", "tests/browser/package.json"):
        if (ROOT / path).exists():
            yield path, npm_packages(path)


def main():
    page = (ROOT / "docs" / "dependencies.md").read_text()
    named = set(re.findall(r"[@\w][\w./+-]*", page))
    failed = False
    checks = list(wanted())
    print(f"1..{len(checks)}")
    for number, (path, packages) in enumerate(checks, 1):
        absent = [package for package in packages if package not in named]
        failed = failed or bool(absent) or not packages
        print(f"{'not ok' if absent or not packages else 'ok'} {number} - {path}")
        for package in absent:
            print(f"# {package} of {path} is not in docs/dependencies.md")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
