#!/usr/bin/python3
"""How tools/run-tests counts what the test programs report, and which of them it runs beside each
other."""
import importlib.machinery
import importlib.util
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import tap

TOOL = pathlib.Path(__file__).resolve().parents[3] / "tools" / "run-tests"
loader = importlib.machinery.SourceFileLoader("run_tests", str(TOOL))
run_tests = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_tests", loader))
loader.exec_module(run_tests)

TAP_GOOD = "1..3\nok 1 - a\nok 2 - b # SKIP no network\nok 3 - c\n# ok - tests\n"
TAP_BAD = "1..2\nok 1 - a\nnot ok 2 - b\n# row 'x'\n"
PYTHON_GOOD = "....s\n-----\nRan 5 tests in 0.1s\n\nOK (skipped=1)\n"
PYTHON_BAD = "F.E\n-----\nRan 3 tests in 0.1s\n\nFAILED (failures=1, errors=1)\n"

# name, Meson's result, stdout, stderr, (passed, failed, skipped)
CASES = [
    ("a silent program", "OK", "", "", (1, 0, 0)),
    ("a program that chats", "OK", "ok then\n", "", (1, 0, 0)),
    ("silent and failed", "FAIL", "", "", (0, 1, 0)),
    ("skipped by exit 77", "SKIP", "", "", (0, 0, 1)),
    ("TAP", "OK", TAP_GOOD, "", (2, 0, 1)),
    ("TAP with a failure", "FAIL", TAP_BAD, "", (1, 1, 0)),
    ("TAP, then a crash", "ERROR", "1..2\nok 1 - a\n", "", (1, 1, 0)),
    ("TAP, then a time-out", "TIMEOUT", "1..2\nok 1 - a\n", "", (1, 1, 0)),
    ("good TAP, bad exit", "ERROR", TAP_GOOD, "", (2, 1, 1)),
    ("everything skipped", "SKIP", "1..1\nok 1 # skip\n", "", (0, 0, 1)),
    ("unittest", "OK", "", PYTHON_GOOD, (4, 0, 1)),
    ("unittest with failures", "FAIL", "", PYTHON_BAD, (1, 2, 0)),
    ("failures that a program hides", "OK", TAP_BAD, "", (1, 1, 0)),
]


class Counting(unittest.TestCase):
    def test_cases(self):
        for name, result, stdout, stderr, want in CASES:
            with self.subTest(name):
                entry = {"name": name, "result": result, "stdout": stdout, "stderr": stderr}
                self.assertEqual(want, run_tests.count_entry(entry))

    def test_the_deep_ones_are_asked_for(self):
        every = run_tests.test_command("build", [])
        self.assertEqual(["--no-suite", "deep"], every[-2:])
        self.assertEqual(["--suite", "deep"], run_tests.test_command("build", ["deep"])[-2:])
        self.assertNotIn("--no-suite", run_tests.test_command("build", ["deep"]))

    def test_what_the_lanes_ask_for(self):
        """What is asked for and what is left out reach meson as that."""
        self.assertEqual(["--suite", "e2e", "--no-suite", "sleeps"],
                         run_tests.test_command("build", ["e2e", "-sleeps"])[-4:])

    def test_last_line(self):
        count = run_tests.Count()
        count.add(3, 0, 0)
        self.assertEqual("3 passed, 0 failed", count.line())
        count.add(1, 2, 1)
        self.assertEqual("4 passed, 2 failed, 1 skipped", count.line())


PROJECT = """project('lanes')
run = find_program('run')
foreach name, suites : {'quick': ['unit'], 'load': ['e2e'], 'sleeper': ['e2e', 'sleeps'],
    'endless': ['deep'], 'broken': ['golden']}
  test(name, run, args: [name], suite: suites)
endforeach
test('alone', run, args: ['alone'], suite: 'e2e', is_parallel: false)
"""
# Notes its name. Those of two lanes wait for each other: one behind the other they would never end.
RUN = """#!/bin/sh
cd "$(dirname "$0")"
echo "$1" >> ran
case "$1" in load) other=sleeper ;; sleeper) other=load ;; broken) exit 1 ;; *) exit 0 ;; esac
for i in $(seq 600); do grep -qx $other ran && exit 0; sleep 0.05; done
exit 1
"""
BUILD = """#!/bin/sh
cd "$(dirname "$0")/.."
[ -e "$1/build.ninja" ] || meson setup "$1" > setup.log
"""


class Lanes(unittest.TestCase):
    def project(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="prony-lanes-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        (folder / "tools").mkdir()
        (folder / "meson.build").write_text(PROJECT)
        for name, text in (("run", RUN), ("tools/build", BUILD)):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        shutil.copy(TOOL, folder / "tools" / "run-tests")
        return folder

    def run_in(self, folder, *words):
        return subprocess.run([folder / "tools" / "run-tests", *words], text=True, timeout=110,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

    def test_each_test_runs_once_and_those_of_two_lanes_at_once(self):
        """A real project, in which `load` and `sleeper` end only beside each other. The second
        flavour has the unit tests once more."""
        folder = self.project()
        done = self.run_in(folder)
        ran = sorted((folder / "ran").read_text().split())
        self.assertEqual(ran, ["alone", "broken", "load", "quick", "quick", "sleeper"], done.stdout)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.splitlines()[-1], "5 passed, 1 failed")
        self.assertIn("broken: FAIL (exit 1)", done.stdout)

    def test_one_part_alone(self):
        folder = self.project()
        done = self.run_in(folder, "build:deep")
        self.assertEqual((folder / "ran").read_text().split(), ["endless"], done.stdout)
        self.assertEqual(done.stdout.splitlines()[-1], "1 passed, 0 failed")


if __name__ == "__main__":
    tap.main()
