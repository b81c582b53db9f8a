#!/usr/bin/python3
"""How tools/run-tests counts what the test programs report."""
import importlib.machinery
import importlib.util
import pathlib
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

    def test_both_lanes_together_are_every_test(self):
        """What one lane has is what the other leaves out, and only "deep" is in none."""
        (waiting,), computing = run_tests.WAITING, run_tests.COMPUTING[0]
        wanted, left_out = waiting.split(":")[1], computing.split(":")[1]
        self.assertEqual(["build", "build"], [waiting.split(":")[0], computing.split(":")[0]])
        self.assertEqual(["--suite", wanted], run_tests.test_command("build", [wanted])[-2:])
        self.assertEqual(["--no-suite", wanted, "--no-suite", "deep"],
                         run_tests.test_command("build", left_out.split(","))[-4:])

    def test_last_line(self):
        count = run_tests.Count()
        count.add(3, 0, 0)
        self.assertEqual("3 passed, 0 failed", count.line())
        count.add(1, 2, 1)
        self.assertEqual("4 passed, 2 failed, 1 skipped", count.line())


if __name__ == "__main__":
    tap.main()
