# SPDX-License-Identifier: Apache-2.0
"""docs/cli.md is what the tables of verbs print, and the tables are well formed. Prints TAP."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def completed(binary):
    """{verb: its options}, as the script of bash offers them."""
    script = subprocess.run([binary, "completion", "bash"], capture_output=True, text=True,
                            check=True).stdout
    rows = script.split("<<'ROWS'\n")[1].split("\nROWS\n")[0].splitlines()
    return {verb: set(options.split()) for verb, options in (row.split("|") for row in rows)}


def not_completed(binary, printed):
    """Options that a verb's own --help or the reference names, and completion does not offer."""
    offered, missing = completed(binary), []
    for verb, options in offered.items():
        help_text = subprocess.run([binary, *verb.split(), "--help"], capture_output=True, text=True,
                                   check=False, timeout=20).stdout
        named = set(re.findall(r"^ +(?:-\w, )?(--[a-z][a-z-]*)", help_text, re.MULTILINE))
        named -= {"--help-all"}
        for row in re.findall(rf"^\| `darse {re.escape(verb)}(?: [^`]*)?` \|", printed, re.MULTILINE):
            named |= set(re.findall(r"--[a-z][a-z-]*", row))
        if named - options:
            missing.append(f"{verb}: {' '.join(sorted(named - options))}")
    return missing


def main():
    printed = subprocess.run([sys.argv[1], "help", "--markdown"], capture_output=True, text=True,
                             check=True).stdout
    kept = (ROOT / "docs" / "cli.md").read_text()
    verbs = re.findall(r"^### darse (.*)$", printed, re.MULTILINE)
    missing, offered = not_completed(sys.argv[1], printed), len(completed(sys.argv[1]))
    results = [("docs/cli.md is up to date: darse help --markdown > docs/cli.md", printed == kept),
               ("verbs are named once", len(verbs) == len(set(verbs)) and len(verbs) > 50),
               ("a verb is no other verb's beginning with another meaning",
                all(re.fullmatch(r"[a-z0-9]+( [a-z0-9-]+){0,2}", verb) for verb in verbs)),
               (f"completion offers every option {missing}", not missing and offered > 100),
               ("no option takes a secret", not re.search(r"--(password|code|token|secret) [A-Z]", printed))]
    print(f"1..{len(results)}")
    for number, (name, good) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
    return 0 if all(good for _, good in results) else 1


if __name__ == "__main__":
    sys.exit(main())
