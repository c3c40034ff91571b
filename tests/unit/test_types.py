# SPDX-License-Identifier: Apache-2.0
"""The types of the pages are those of the API document that this program prints.

    test_types.py PROGRAM
"""
import json
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "web"


def check(number, name, good, why=""):
    print(f"{'ok' if good else 'not ok'} {number} - {name}")
    if not good:
        print(f"# {why}")
    return good


def main():
    document = subprocess.run([sys.argv[1], "openapi"], capture_output=True, check=True).stdout
    operations = [operation["operationId"] for methods in json.loads(document)["paths"].values()
                  for operation in methods.values()]
    good = check(1, "operations have names of their own", len(operations) == len(set(operations)) > 60)
    if shutil.which("node"):
        done = subprocess.run(["node", str(WEB / "types.mjs"), "--check"], input=document,
                              capture_output=True, check=False)
        good &= check(2, "web/src/api/types.ts is up to date", done.returncode == 0,
                      done.stderr.decode().strip())
    else:
        print("ok 2 - web/src/api/types.ts is up to date # SKIP node is not installed")
    print("1..2")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
