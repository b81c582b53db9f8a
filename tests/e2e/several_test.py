"""`prony report` of several runs: one table, each judged alike, and one exit code for all."""
import csv
import io
import re
import unittest

from harness import REFUSAL, REPLY, ROOT, Case

PLAN = """\
plan: 1
name: {name}
target: {url}
scenarios: {{ a: {{ steps: [ GET / ] }} }}
load: {{ stages: [ {{ name: {stage}, rate: 50/s, for: 1500ms }} ] }}
objectives: {objectives}
"""


class Several(Case):
    def setUp(self):
        super().setUp()
        self.ids = []

    def run_one(self, name="shop", stage="load", objectives="[ p95 < 9s, errors < 90% ]",
                bad=False):
        """A run of some 75 requests; `bad`: of which every other one is refused."""
        def behave(connection, number):
            connection.sendall(REFUSAL if bad and number % 2 else REPLY)
        server = self.server(behave)
        self.plan(PLAN.format(name=name, url=server.url, stage=stage, objectives=objectives))
        done = self.prony("run", "plan.yaml", "--fail-on", "missed", "--output", "json")
        self.ids.append(done.json()["run"])
        return done

    def table(self, *words):
        return self.prony("report", *words, "--output", "json").json()

    def test_one_table(self):
        good = self.exits(self.run_one(), 0).json()
        bad = self.exits(self.run_one(bad=True), 0).json()
        other = self.exits(self.run_one("jobs", "peak", "[ errors < 90%, p50 < 9s ]"), 0).json()
        table = self.table("last~2", "last~1", "last")
        self.assertEqual([run["run"] for run in table["runs"]], self.ids)
        self.assertEqual([run["plan"] for run in table["runs"]], ["shop", "shop", "jobs"])
        # Each column is what the run said of itself, each row a sentence.
        for run, result in zip(table["runs"], (good, bad, other)):
            for key in ("verdict", "ended", "exit", "started", "seconds"):
                self.assertEqual(run[key], result[key], key)
            for key in ("p50", "p95", "p99", "max", "n", "at_least"):
                self.assertEqual(run["response_ms"][key], result["totals"]["response_ms"][key])
            self.assertEqual(run["offered"], result["totals"]["offered"])
            self.assertEqual(run["done_per_s"], result["totals"]["done_per_s"])
            self.assertEqual(run["trust"], result["trust"]["level"])
        self.assertEqual([row["text"] for row in table["objectives"]],
                         ["p95 < 9s", "errors < 90%", "p50 < 9s"])
        for row in table["objectives"]:
            for cell, result in zip(row["runs"], (good, bad, other)):
                own = [o for o in result["objectives"] if o["text"] == row["text"]]
                self.assertEqual(cell is None, not own)
                for key in ("verdict", "value", "interval", "at_least", "margin_percent", "stage"):
                    if own:
                        self.assertEqual(cell[key], own[0][key], (row["text"], key))
        errors = table["objectives"][1]["runs"]
        self.assertEqual([cell["against_first"] for cell in errors], [None, "worse", "same"])
        self.look_at_forms(table)

    def look_at_forms(self, table):
        """The other forms say the same."""
        text = self.prony("report", *self.ids).stdout
        lines = [line.split() for line in text.splitlines()]
        self.assertEqual(lines[0], self.ids)
        self.assertEqual(lines[1], ["plan", "shop", "shop", "jobs"])
        row = next(line for line in text.splitlines() if line.startswith(" errors < 90%"))
        self.assertRegex(row, r"^ errors < 90% +✓ +0 % +✓ +50 % ▼ +✓ +0 % =$")
        row = next(line for line in text.splitlines() if line.startswith(" p95 < 9s"))
        self.assertTrue(row.endswith("–"), row)
        self.assertIn(f"Against {self.ids[0]}, in one place: ▲ better, ▼ worse", text)
        plain = self.prony("report", *self.ids, "--ascii").stdout
        self.assertTrue(plain.isascii())
        self.assertRegex(plain, r"\n errors < 90% +\+ +0 % +\+ +50 % v +\+ +0 % =\n")
        more = self.prony("report", *self.ids, "--verbose").stdout
        self.assertRegex(more, r"\n   95 % +0 – [\d.]+ % +[\d.]+ – [\d.]+ %")
        self.assertRegex(more, r"\n   at +all +all +all\n")

        got = list(csv.DictReader(io.StringIO(
            self.prony("report", *self.ids, "--output", "csv").stdout, newline=""), strict=True))
        rows = {row["name"]: row for row in got}
        for index, name in enumerate(self.ids):
            self.assertEqual(rows["plan"][name], table["runs"][index]["plan"])
            self.assertAlmostEqual(float(rows["p99"][name]),
                                   table["runs"][index]["response_ms"]["p99"], places=4)
            cell = table["objectives"][1]["runs"][index]
            self.assertAlmostEqual(float(rows["errors < 90%"][name]), cell["value"], places=4)
            self.assertEqual(rows["errors < 90%"][f"{name}_verdict"], cell["verdict"])
            self.assertEqual(rows["errors < 90%"][f"{name}_against_first"] or None,
                             cell["against_first"])
        self.assertEqual(rows["p95 < 9s"][self.ids[2]], "")

        page = self.prony("report", *self.ids, "--output", "markdown").stdout
        self.assertIn("| `errors < 90%` | ✓ 0 % | ✓ 50 % ▼ worse | ✓ 0 % |", page)
        self.assertEqual({line.count(" |") for line in page.splitlines() if line.startswith("|")}
                         - {0}, {4})

        (self.folder / "x.csv").write_text("old")
        done = self.exits(self.prony("report", *self.ids, "--output", "csv=x.csv", "-qq",
                                     "--fail-on", "missed"), 0)
        self.assertEqual(done.stdout, "")
        self.assertTrue((self.folder / "x.csv").read_text().startswith("name,unit,"))

    def test_the_same_other_objectives_for_each(self):
        self.run_one()
        self.run_one(bad=True)
        done = self.exits(self.prony("report", "last~1", "last", "--errors", "20%"), 1)
        self.assertRegex(done.stdout, r"\n verdict +✓ HOLDS +✗ MISSED\n")
        self.assertRegex(done.stdout, r"\n errors <= 20% +✓ +0 % +✗ +50 % ▼\n")
        self.assertNotIn("p95 <", done.stdout)
        self.exits(self.prony("report", "last~1", "last", "--errors", "80%"), 0)
        quiet = self.exits(self.prony("report", "last~1", "last", "--errors", "20%", "-q"), 1)
        self.assertRegex(quiet.stdout, rf"^ ✓ HOLDS   {self.ids[0]}  shop\n"
                                       rf" ✗ MISSED  {self.ids[1]}  shop\n$")
        self.assertEqual(self.prony("report", "last~1", "last", "-qq").stdout, "")

    def test_a_window_of_each(self):
        self.run_one()
        self.run_one()
        words = ("last~1", "last", "--window", "load:..+1s")
        table = self.table(*words)
        self.assertEqual((table["window"], [run["window_s"] for run in table["runs"]]),
                         ("load:..+1s", [1, 1]))
        alone = self.prony("report", "last~1", *words[2:], "--output", "json").json()
        self.assertEqual(table["runs"][0]["offered"], alone["totals"]["offered"])
        self.assertEqual([row["runs"][0]["value"] for row in table["objectives"]],
                         [objective["value"] for objective in alone["objectives"]])
        text = self.prony("report", *words).stdout
        self.assertRegex(text, r"\n window +1\.0 s +1\.0 s\n")
        self.assertIn("Of each run only this window: load:..+1s", " ".join(text.split()))
        self.assertIn("only the window `load:..+1s`",
                      self.prony("report", *words, "--output", "markdown").stdout)
        self.run_one("jobs", "peak")
        done = self.exits(self.prony("report", "last~1", "last", "--window", "load"), 2)
        self.assertRegex(done.stderr, "^prony: 'last': .*no stage is named 'load'")
        self.assertIsNone(self.table("last~1", "last")["window"])

    def test_the_exit_code_is_that_of_the_worst(self):
        for objectives in ("[ errors < 90% ]", "[ errors < 80% ]", "[ p95 < 1us ]",
                           "[ p99.9 < 9s ]"):  # too few to say
            self.run_one("shop", "load", objectives)
        held, also, missed, open_ = self.ids
        for words, code in (((held, also), 0), ((held, missed), 1), ((missed, held), 1),
                            ((held, open_), 3), ((open_, missed, held), 1),
                            ((held, open_, "--fail-on", "missed"), 0),
                            ((held, missed, "--fail-on", "missed"), 1)):
            with self.subTest(words):
                self.exits(self.prony("report", *words, "-qq"), code)
        self.assertEqual(self.table(held, open_)["exit"], 3)

    def test_what_is_wrong(self):
        self.run_one()
        self.run_one("jobs", "peak", "[ p95 < 9s ]")
        for words, said, hint in (
                (("last", "zzzz"), "there is no run 'zzzz'", "prony list"),
                (("last", "last~7"), "goes back too far", "the oldest is last~1"),
                (("last", self.ids[1]), "are the same run", "name it once"),
                (("last", "last~1", "--output", "junit"), "junit is about one run", "text, json"),
                (("last", "last~1", "--output", "ndjson=x"), "ndjson is about one", "text, json"),
                (("last", "last~1", "--output", f"json={self.runs}/{self.ids[0]}/run.prony"),
                 "would be written over", "another file")):
            with self.subTest(words):
                done = self.exits(self.prony("report", *words), 2)
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr, f"^prony: .*{said}.*\n  hint: .*{hint}")
        self.assertFalse((self.folder / "x").exists())
        done = self.exits(self.prony("report", "last~1", "last", "--objective",
                                     "p95 in load < 9s"), 2)
        self.assertIn("no stage is named 'load'", done.stderr)
        self.assertIn("the run 'last' cannot be judged by that", done.stderr)
        done = self.exits(self.prony("report", *["last"] * 33), 2)
        self.assertRegex(done.stderr, "takes 32 words at most, and these are 33")

    def test_every_line_fits(self):
        for stage in ("load", "a-stage-with-quite-a-name"):
            self.run_one("a-plan-of-a-name-that-is-long", stage,
                         "[ p95 < 9s, 'p99 of \"GET /\" < 800ms', throughput >= 98% of offered ]")
        for columns in (60, 80, 100, 120):
            for flags in ((), ("-v",), ("-q",)):
                lines = self.on_terminal(columns, "report", "last", "last~1", *flags)
                self.assertEqual([line for line in lines if len(line) > columns], [], columns)

    def test_each_key_is_on_the_page(self):
        self.run_one()
        self.run_one()
        page = (ROOT / "docs" / "result.md").read_text().split("# Several runs\n")[1]
        page = page.split("\n# ")[0]
        found = set()

        def walk(value):
            if isinstance(value, dict):
                found.update(value)
                for item in value.values():
                    walk(item)
            elif isinstance(value, list):
                for item in value:
                    walk(item)
        walk(self.table("last", "last~1"))
        self.assertGreater(len(found), 20)
        told = set(re.findall(r"`([\w.]+)`", page))
        self.assertEqual(found - told, set())


if __name__ == "__main__":
    unittest.main()
