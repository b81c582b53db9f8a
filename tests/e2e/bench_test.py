"""bench/: no goal is missed without a measured reason, on the page or in the program."""
import ast
import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest
from unittest import mock

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))
from machine import Row  # noqa: E402


def bench_run():
    loader = importlib.machinery.SourceFileLoader("bench_run", str(BENCH / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench_run", loader))
    loader.exec_module(module)
    return module


def rows_made():
    """(file and line, arguments) of every row of the bench."""
    for path in sorted(BENCH.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) \
                    and node.func.id in ("Row", "row"):
                yield f"{path.name}:{node.lineno}", node.args


class Bench(unittest.TestCase):
    def setUp(self):
        self.run = bench_run()

    def page_of(self, rows):
        """Exit code (or what it says), and whether a page was written."""
        out = mock.Mock()
        options = mock.Mock(only=["case"], rounds=1, seconds=1, out=out)
        with mock.patch.object(self.run, "parsed", return_value=options), \
                mock.patch.object(self.run, "PRONY", mock.Mock()), \
                mock.patch.object(self.run, "say"), \
                mock.patch.dict(self.run.CASES, {"case": lambda *_: (rows, [])}):
            try:
                code = self.run.main()
            except SystemExit as stop:
                code = stop.code
        return code, out.write_text.call_args[0][0] if out.write_text.called else ""

    def test_a_goal_that_is_missed_without_a_reason_ends_the_run(self):
        rows = [Row("some figure", "<= 1", "0.5", True), Row("another", "<= 1", "2", False)]
        code, page = self.page_of(rows)
        self.assertIn("another", str(code))
        self.assertNotIn("some figure", str(code))
        self.assertEqual(page, "")

    def test_a_goal_that_is_missed_stands_there_with_its_reason(self):
        code, page = self.page_of([Row("another", "<= 1", "2", False, "the floor takes 1.9")])
        self.assertEqual(code, 0)
        self.assertIn("**another**: the floor takes 1.9", page)

    def test_every_row_that_can_miss_has_a_reason(self):
        seen = 0
        for place, args in rows_made():
            if len(args) < 4:
                continue  # no goal
            seen += 1
            self.assertGreaterEqual(len(args), 5, f"{place}: may miss its goal and say nothing")
        self.assertGreaterEqual(seen, 20)


if __name__ == "__main__":
    unittest.main()
