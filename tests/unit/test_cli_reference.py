# SPDX-License-Identifier: Apache-2.0
"""docs/cli.md is what the tables of verbs print, and the tables are well formed. Prints TAP."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def verbs_of(script):
    rows = script.split("<<'ROWS'\n")[1].split("\nROWS\n")[0].splitlines()
    return sorted({row.split("|")[0] for row in rows})


def completed(binary, script, verbs):
    """{verb: the options that bash offers after it}."""
    calls = "".join(f"COMP_WORDS=({binary} {verb} --); COMP_CWORD={len(verb.split()) + 1}; COMPREPLY=(); "
                    f"_darse; echo \"{verb}|${{COMPREPLY[*]}}\"\n" for verb in verbs)
    done = subprocess.run(["bash"], input=script + calls, capture_output=True, text=True, check=True,
                          timeout=60)
    return {verb: set(options.split()) for verb, options in
            (row.split("|") for row in done.stdout.splitlines())}


def not_completed(binary, printed):
    """Options that a verb's own --help or the reference names, and completion does not offer."""
    script = subprocess.run([binary, "completion", "bash"], capture_output=True, text=True,
                            check=True).stdout
    verbs, missing = verbs_of(script), []
    for verb, options in completed(binary, script, verbs).items():
        help_text = subprocess.run([binary, *verb.split(), "--help"], capture_output=True, text=True,
                                   check=False, timeout=20).stdout
        named = set(re.findall(r"^ +(?:-\w, )?(--[a-z][a-z-]*)", help_text, re.MULTILINE))
        for row in re.findall(rf"^\| `darse {re.escape(verb)}(?: [^`]*)?` \|", printed, re.MULTILINE):
            named |= set(re.findall(r"--[a-z][a-z-]*", row))
        if named - options:
            missing.append(f"{verb}: {' '.join(sorted(named - options))}")
    return missing, len(verbs)


def main():
    printed = subprocess.run([sys.argv[1], "help", "--markdown"], capture_output=True, text=True,
                             check=True).stdout
    kept = (ROOT / "docs" / "cli.md").read_text()
    verbs = re.findall(r"^### darse (.*)$", printed, re.MULTILINE)
    missing, offered = not_completed(sys.argv[1], printed)
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
