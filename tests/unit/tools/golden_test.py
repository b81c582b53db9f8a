#!/usr/bin/python3
"""tools/golden against a made-up program: what differs is said, what is equal passes."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import tap

TOOL = pathlib.Path(__file__).resolve().parents[3] / "tools" / "golden"
PROGRAM = """#!/bin/bash
echo "args: $*"
echo "here: $PWD, $COLOUR" >&2
exit 3
"""


class Golden(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name).resolve()
        self.program = self.root / "program"
        self.program.write_text(PROGRAM)
        self.program.chmod(0o755)
        self.case = self.root / "cases" / "area" / "one"
        self.case.mkdir(parents=True)
        self.write(args="check 'two words'\n", env="COLOUR=blue\n", exit="3\n",
                   stdout="args: check two words\n", stderr="here: $CASE, blue\n")

    def write(self, **files):
        for name, text in files.items():
            (self.case / name).write_text(text)

    def golden(self, *args):
        done = subprocess.run([TOOL, "--dir", self.root / "cases", *args], capture_output=True,
                              text=True, env=dict(os.environ, PRONY=str(self.program)))
        return done.returncode, done.stdout + done.stderr

    def test_equal(self):
        self.assertEqual((0, "1..1\nok 1 - area/one\n"), self.golden())

    def test_each_part_is_compared(self):
        for part, got in (("stdout", "+args: check two words"), ("stderr", "+here: $CASE, blue"),
                          ("exit", "+3")):
            with self.subTest(part):
                kept = (self.case / part).read_text()
                self.write(**{part: "other\n"})
                code, said = self.golden()
                self.assertEqual(1, code)
                self.assertIn("not ok 1 - area/one\n", said)
                self.assertIn(f"# {got}\n", said)
                self.write(**{part: kept})

    def test_newline_at_the_end_counts(self):
        self.write(stdout="args: check two words")
        code, said = self.golden()
        self.assertEqual(1, code)
        self.assertIn("newline at the end", said)

    def test_absent_file_is_not_compared_but_exit_is(self):
        (self.case / "stdout").unlink()
        self.assertEqual(0, self.golden()[0])
        (self.case / "exit").unlink()
        self.assertEqual(1, self.golden()[0])

    def test_update(self):
        self.write(stdout="old\n")
        (self.case / "exit").unlink()
        self.assertEqual((0, "1..1\nok 1 - area/one (updated)\n"), self.golden("--update"))
        self.assertEqual("args: check two words\n", (self.case / "stdout").read_text())
        self.assertEqual("3\n", (self.case / "exit").read_text())
        self.assertEqual(0, self.golden()[0])

    def test_nothing_to_run_is_no_success(self):
        self.assertEqual(1, self.golden("area/two")[0])
        (self.case / "args").unlink()
        self.assertEqual(1, self.golden()[0])
        self.program.unlink()
        self.assertEqual(1, self.golden()[0])


if __name__ == "__main__":
    tap.main()
