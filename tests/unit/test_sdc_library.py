# SPDX-License-Identifier: Apache-2.0
"""The library as others get it: the example of the documentation runs and says what it must, the shared
object shows the functions of the header and no other, and needs no library but libc and libm. Prints TAP."""
import re
import subprocess
import sys

EXAMPLE, LIBRARY, HEADER, MAP = sys.argv[1:5]
# By hand: f, F: (1,1) 2, 20; (2,2) 2, 40; (2,3) 1, 50; (1,3) 1, 4. With q = 1 - p, f = 2:
# p/q - (p/q)^2 ln(1/p), f = 1: p/q ln(1/p).
EXPECTED = """\
record 1: f 2, F 20, risk 0.082684
record 2: f 2, F 20, risk 0.082684
record 3: f 2, F 40, risk 0.044333
record 4: f 2, F 40, risk 0.044333
record 5: f 1, F 50, risk 0.079837
record 6: f 1, F 4, risk 0.462098
unique records: 2; expected re-identifications: 0.795970
"""


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def check_example():
    said = run(EXAMPLE)
    return [] if said == EXPECTED else [f"the example printed {said!r}"]


def check_symbols():
    shown = {line.split()[-1].split("@")[0] for line in
             run("nm", "-D", "--defined-only", LIBRARY).splitlines() if " T " in line}
    with open(HEADER, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)
    declared = set(re.findall(r"\b(sdc_\w+)\(", text))
    wrong = [f"{name} is declared and not there" for name in sorted(declared - shown)]
    wrong += [f"{name} shows and is not declared" for name in sorted(shown - declared)]
    return wrong + (["too few functions"] if len(declared) < 30 else [])


def check_version():
    with open(MAP, encoding="utf-8") as file:
        name = file.read().split()[0]
    said = run("readelf", "-d", LIBRARY)
    soname = re.search(r"SONAME.*\[libdarse-sdc\.so\.(\d+)\]", said)
    if not soname or name != f"DARSE_SDC_{soname.group(1)}":
        return [f"the ABI is {name}, the shared object says {soname and soname.group(0)}"]
    needed = set(re.findall(r"NEEDED.*\[(.*?)\.so", said))
    allowed = {"libc", "libm", "libasan", "libubsan", "ld-linux-x86-64", "ld-linux-aarch64"}
    return [f"it needs {name}" for name in sorted(needed - allowed)]


def main():
    checks = [check_example, check_symbols, check_version]
    failed = False
    print(f"1..{len(checks)}")
    for number, check in enumerate(checks, 1):
        wrong = check()
        failed |= bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {number} - {check.__name__}")
        for line in wrong:
            print(f"# {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
