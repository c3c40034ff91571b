# SPDX-License-Identifier: Apache-2.0
"""Runs the tests and counts them; called by ./check once everything they need is there.

A stage is one runner over one folder. It fails when a test fails, when the runner crashes or takes
too long, and when it ran no test at all. The last line is the sum over the stages.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import namedtuple
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
SANITIZED = TREE / "build-san"

SANITIZER_SETTINGS = {
    "ASAN_OPTIONS": "abort_on_error=1:detect_stack_use_after_return=1:strict_string_checks=1:"
                    "detect_leaks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}

Result = namedtuple("Result", "passed failed skipped notes")   # notes: what failed, why skipped


class Counter:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.notes = []

    def fail(self, what):
        self.failed += 1
        self.notes.append(f"FAILED  {what}")

    def skip(self, what, why):
        if why:
            self.skipped += 1
            self.notes.append(f"SKIPPED {what}: {why}")
        else:
            self.fail(f"{what}: skipped without a reason")

    def result(self):
        return Result(self.passed, self.failed, self.skipped, self.notes)


def count_junit(path):
    """Test cases of pytest's JUnit file."""
    counter = Counter()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname')}: {case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            counter.fail(name)
        elif skipped is not None:
            counter.skip(name, skipped.get("message") or skipped.text)
        else:
            counter.passed += 1
    return counter.result()


TAP_LINE = re.compile(
    r"^(\s*)(not )?ok \d+ (?:- )?(.*?)(?:\s+# (SKIP|TODO)\b\s*(.*))?$", re.IGNORECASE)


def count_tap(text):
    """Leaf tests of a TAP stream: a line whose children were listed before it (further in) is a
    group and not counted, unless it failed with every child passing."""
    counter = Counter()
    child_depth, failed_before = -1, 0
    for line in text.splitlines():
        match = TAP_LINE.match(line)
        if not match:
            continue
        depth, name = len(match.group(1)), match.group(3)
        is_group = child_depth > depth
        child_depth = depth
        if is_group:
            if match.group(2) and counter.failed == failed_before:
                counter.fail(name)
            failed_before = counter.failed
        elif match.group(4):
            counter.skip(name, match.group(5))
        elif match.group(2):
            counter.fail(name)
        else:
            counter.passed += 1
    return counter.result()


def run(command, timeout, environment=None, capture=None):
    """Exit code; None when it took too long. Output goes to the terminal, or to CAPTURE too."""
    process = subprocess.Popen(
        command, cwd=TREE, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if capture is not None else None, text=True, errors="replace",
        start_new_session=True)
    deadline = time.monotonic() + timeout
    try:
        if capture is not None:
            for line in process.stdout:
                sys.stdout.write(line)
                capture.append(line)
                if time.monotonic() > deadline:
                    raise subprocess.TimeoutExpired(command, timeout)
        return process.wait(max(1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
        return None


def count_meson(path, suite):
    """Subtests of the programs that Meson ran; a program that ended badly without saying which of its
    subtests failed counts as one failure."""
    counter = Counter()
    for line in path.read_text(errors="replace").splitlines():
        run_of = json.loads(line)
        one = count_tap(run_of.get("stdout") or "")
        counter.passed += one.passed
        counter.failed += one.failed
        counter.skipped += one.skipped
        counter.notes += [note.replace(" ", f" {suite}/{run_of['name']}: ", 1) for note in one.notes]
        if run_of["result"] not in ("OK", "SKIP") and not one.failed:
            counter.fail(f"{suite}/{run_of['name']}: {run_of['result']}, "
                         f"exit code {run_of.get('returncode')}")
        elif one.passed + one.failed + one.skipped == 0 and "1.." in (run_of.get("stdout") or ""):
            counter.fail(f"{suite}/{run_of['name']}: ran no test")
        elif one.passed + one.failed + one.skipped == 0:
            counter.passed += 1    # a program that says it all with its exit code: a fuzz target
    return counter.result()


def stage_meson(suite, names):
    log = SANITIZED / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    command = ["meson", "test", "-C", str(SANITIZED), "--no-rebuild", "--print-errorlogs",
               "--num-processes", "2", "--timeout-multiplier", "4",
               *(names or ["--suite", suite])]
    code = run(command, 1500, SANITIZER_SETTINGS)
    return code, count_meson(log, suite) if log.exists() else None


def stage_scenario(names, long):
    with tempfile.TemporaryDirectory() as folder:
        junit = Path(folder) / "junit.xml"
        files = [f"tests/scenario/{name}.py" for name in names] or ["tests/scenario"]
        # Scenarios wait more than they compute: two files at a time, each with servers of its own.
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-ra", "--durations=12",
                   "-n", "2", "--dist", "loadfile", f"--junit-xml={junit}", *files,
                   *([] if long else ["-m", "not long"])]
        code = run(command, 5400 if long else 2400, {
            **SANITIZER_SETTINGS, "DARSE_BUILD": str(SANITIZED),
            "DARSE_BINARY": str(SANITIZED / "src" / "darse")})
        return code, count_junit(junit) if junit.exists() else None


def stage_python(names):
    """The Python package as its wheel, on the release build: a Python without sanitizers loads it."""
    with tempfile.TemporaryDirectory() as folder:
        junit = Path(folder) / "junit.xml"
        files = [f"tests/python/{name}.py" for name in names] or ["tests/python"]
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-ra", "-n", "2", "--dist", "loadfile",
                   f"--junit-xml={junit}", *files]
        code = run(command, 900, {"DARSE_BUILD": str(TREE / "build")})
        return code, count_junit(junit) if junit.exists() else None


def stage_node(command, timeout, long=False):
    lines = []
    code = run(command, timeout, {
        **SANITIZER_SETTINGS, "DARSE_BUILD": str(SANITIZED),
        "DARSE_BINARY": str(SANITIZED / "src" / "darse"), "DARSE_PYTHON": sys.executable,
        **({"DARSE_LONG": "1"} if long else {})}, lines)
    return code, count_tap("".join(lines))


def node_files(folder, names):
    found = sorted((TREE / folder).rglob("*.test.*"))
    return [str(path) for path in found
            if "node_modules" not in path.parts and (not names or path.name.split(".")[0] in names)]


STAGES = {
    "unit": ("unit tests, with sanitizers", "tests/unit",
             lambda names, long: stage_meson("unit", names)),
    "fuzz": ("fuzz corpora replayed, with sanitizers", "tests/fuzz",
             lambda names, long: stage_meson("fuzz", names)),
    "web": ("unit tests of the pages", "web/tests",
            lambda names, long: stage_node(
                ["npm", "--prefix", "web", "run", "--silent", "test", "--", "--reporter=tap-flat",
                 *names], 300)),
    "python": ("the Python package", "tests/python", lambda names, long: stage_python(names)),
    "scenario": ("scenarios: the real program, Podman and clients", "tests/scenario",
                 stage_scenario),
    "browser": ("the pages in a browser", "tests/browser",
                lambda names, long: stage_node(
                    ["node", "--test", "--test-reporter=tap", *node_files("tests/browser", names)],
                    1500, long)),
}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./check", description=(
        "Sets up what the tests need, then runs them. Without NAME: every test but the long ones."))
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="a stage (unit) or a part of one (unit/test_base, scenario/test_tour)")
    parser.add_argument("--all", action="store_true", help="the long tests too")
    parser.add_argument("--list", action="store_true", help="print the stages and their parts")
    return parser.parse_args()


def parts_of(stage):
    folder = TREE / STAGES[stage][1]
    patterns = {"unit": "test_*", "fuzz": "fuzz_*.c", "scenario": "test_*.py", "python": "test_*.py", "web": "*.test.*",
                "browser": "*.test.*"}
    return sorted({path.name.split(".")[0] for path in folder.glob(patterns[stage])})


def select(names):
    """{stage: [parts]} in the order of STAGES; an unknown name ends the program."""
    chosen = {}
    for name in names or STAGES:
        stage, _, part = name.partition("/")
        if stage not in STAGES or (part and part not in parts_of(stage)):
            sys.exit(f"./check: there is no test {name}; see ./check --list")
        chosen.setdefault(stage, [])
        if part:
            chosen[stage].append(part)
    return {stage: chosen[stage] for stage in STAGES if stage in chosen}


def run_stage(stage, names, long):
    title, _, function = STAGES[stage]
    print(f"\n== {stage}: {title}", flush=True)
    started = time.monotonic()
    code, result = function(names, long)
    if result is None:
        result = Result(0, 1, 0, [f"FAILED  {stage}: its runner left no results"])
    if code is None:
        result = result._replace(failed=result.failed + 1,
                                 notes=[*result.notes, f"FAILED  {stage}: took too long"])
    elif code != 0 and result.failed == 0:
        result = result._replace(failed=1, notes=[
            *result.notes, f"FAILED  {stage}: its runner ended with exit code {code}"])
    elif result.passed + result.failed == 0:
        result = result._replace(failed=1, notes=[*result.notes, f"FAILED  {stage}: ran no test"])
    print(f"-- {stage}: {result.passed} passed, {result.failed} failed, {result.skipped} skipped "
          f"in {time.monotonic() - started:.0f} s", flush=True)
    return result


def main():
    arguments = parse_arguments()
    reference = TREE.parent / "shared" / "data"    # larger reference files, where somebody has them
    if reference.is_dir():
        os.environ.setdefault("DARSE_TEST_DATA", str(reference))
    if arguments.list:
        for stage, (title, _, _) in STAGES.items():
            print(f"{stage}: {title}")
            for part in parts_of(stage):
                print(f"    {stage}/{part}")
        return 0
    results = [run_stage(stage, names, arguments.all)
               for stage, names in select(arguments.names).items()]
    notes = [note for result in results for note in result.notes]
    if notes:
        print("\n" + "\n".join(notes))
    passed, failed, skipped = (sum(result[i] for result in results) for i in range(3))
    print(f"\n{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
