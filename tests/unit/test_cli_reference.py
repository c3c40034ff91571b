# SPDX-License-Identifier: Apache-2.0
"""docs/cli.md is what the tables of verbs print, and the tables are well formed. Prints TAP."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    printed = subprocess.run([sys.argv[1], "help", "--markdown"], capture_output=True, text=True,
                             check=True).stdout
    kept = (ROOT / "docs" / "cli.md").read_text()
    verbs = re.findall(r"^### darse (.*)$", printed, re.MULTILINE)
    results = [("docs/cli.md is up to date: darse help --markdown > docs/cli.md", printed == kept),
               ("verbs are named once", len(verbs) == len(set(verbs)) and len(verbs) > 50),
               ("a verb is no other verb's beginning with another meaning",
                all(re.fullmatch(r"[a-z0-9]+( [a-z0-9-]+){0,2}", verb) for verb in verbs)),
               ("no option takes a secret", not re.search(r"--(password|code|token|secret) [A-Z]", printed))]
    print(f"1..{len(results)}")
    for number, (name, good) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
    return 0 if all(good for _, good in results) else 1


if __name__ == "__main__":
    sys.exit(main())
