# SPDX-License-Identifier: Apache-2.0
"""Documents: what is printed from the program's tables is what the program prints; links lead somewhere; the index
leads to every page. Prints TAP. usage: test_documents.py DARSE"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PRINTED = {"api.md": ["openapi", "--problems"], "configuration.md": ["config"], "metrics.md": ["metrics"]}


def pages():
    yield from (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"))
    yield from sorted(DOCS.rglob("*.md"))


def prose(path):
    """Without what stands in code."""
    return re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(), flags=re.DOTALL)


def broken_links():
    for page in pages():
        for target in LINK.findall(prose(page)):
            target = target.split("#")[0]
            if target and "://" not in target and not (page.parent / target).exists():
                yield f"{page.relative_to(ROOT)}: {target}"


def unreachable():
    """Pages that nobody finds who begins at docs/README.md."""
    reached, ahead = set(), [DOCS / "README.md"]
    while ahead:
        page = ahead.pop().resolve()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        ahead += [page.parent / target.split("#")[0] for target in LINK.findall(page.read_text())]
    for page in sorted(DOCS.rglob("*.md")):
        if "decisions" not in page.parts and page.resolve() not in reached:
            yield f"{page.relative_to(DOCS)} is not reached from docs/README.md"


def stale(program):
    for name, words in PRINTED.items():
        printed = subprocess.run([program, *words], capture_output=True, text=True, check=True).stdout
        if printed.strip() not in (DOCS / name).read_text():
            yield f"docs/{name} is not what `darse {' '.join(words)}` prints; run scripts/documents"


def unknown_commands(program):
    """`darse ...` in a page must begin with a verb that there is. Decisions say what was, not what is."""
    told = subprocess.run([program, "help"], capture_output=True, text=True, check=True).stdout
    verbs = {"help", "engine"} | {match[1] for match in re.finditer(r"^  ([a-z][a-z0-9 -]*?)  +\S", told, re.MULTILINE)}
    assert {"doctor", "audit verify"} <= verbs
    for page in pages():
        if "decisions" in page.parts:
            continue
        for match in re.finditer(r"(?:`|^ {4,}(?:sudo )?)darse ((?:[a-z][a-z0-9-]*)(?: [a-z][a-z0-9-]*)*)",
                                 page.read_text(), re.MULTILINE):
            words = match[1].split(" ")
            if not any(" ".join(words[:n]) in verbs for n in range(1, len(words) + 1)):
                yield f"{page.relative_to(ROOT)}: there is no `darse {match[1]}`"


def unbalanced_tables():
    """A row with another number of cells than its header is cut or bent by whoever shows it."""
    for page in pages():
        cells = None
        inside = False
        for number, line in enumerate(page.read_text().splitlines(), 1):
            inside ^= line.startswith("```")
            if inside or not line.startswith("|"):
                cells = None
                continue
            count = len(re.findall(r"(?<!\\)\|", line))
            cells = cells or count
            if count != cells:
                yield f"{page.relative_to(ROOT)}:{number}: {count - 1} cells instead of {cells - 1}"


def main():
    checks = [("links lead somewhere", broken_links()), ("the index leads to every page", unreachable()),
              ("printed pages are up to date", stale(sys.argv[1])), ("tables are whole", unbalanced_tables()),
              ("commands exist", unknown_commands(sys.argv[1]))]
    failed = False
    print(f"1..{len(checks)}")
    for number, (name, wrong) in enumerate(checks, 1):
        wrong = list(wrong)
        failed = failed or bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
        for one in wrong:
            print(f"# {one}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
