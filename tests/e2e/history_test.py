"""`prony list` of many runs: which are listed, and what became of them; runs named `last~N`."""
import re
import time
import unittest

from harness import Case
from past_runs import make_run, objective

DAY_S = 24 * 3600
START_S = 1793491200  # 2026-11-01, UTC


class History(Case):
    def past(self, plan, values, first_s=START_S, step_s=DAY_S, **more):
        """A run a day, each of one objective; their ids."""
        return [make_run(self.runs, first_s + i * step_s, plan,
                         [objective("p95 < 100ms", value, 0.5, 100 - value)], **more)
                for i, value in enumerate(values)]

    def listed(self, *flags):
        """Ids, oldest first."""
        return [run["run"] for run in
                reversed(self.exits(self.prony("list", "--output", "json", *flags), 0).json())]

    def marks(self, *flags):
        """(mark, sure) of each run, oldest first."""
        found = self.exits(self.prony("list", "--output", "json", *flags), 0).json()
        return [run["trend"] and (run["trend"]["mark"], run["trend"]["sure"])
                for run in reversed(found)]

    def test_filters(self):
        shop = self.past("shop", [20, 21, 22])
        jobs = self.past("jobs", [120], first_s=START_S + DAY_S + 7, verdict="missed", code=1)
        naive = self.past("jobs-naive", [30], first_s=START_S + 3 * DAY_S, verdict="not judged",
                          code=4)
        every = [shop[0], shop[1], jobs[0], shop[2], naive[0]]
        for flags, want in (
                ((), every),
                (("--plan", "shop"), shop),
                (("--plan", "jobs*"), jobs + naive),
                (("--plan", "jobs", "--plan", "shop"), every[:4]),
                (("--verdict", "missed"), jobs),
                (("--verdict", "missed,not-judged"), jobs + naive),
                (("--since", "2026-11-03"), every[3:]),
                (("--since", "2026-11-02T00:00:05Z", "--until", "2026-11-03"), jobs),
                (("--until", "2026-11-02"), every[:1]),
                (("--last", "2"), every[3:]),
                (("--last", "1", "--plan", "shop"), shop[2:]),
                (("--last", "99"), every),
                (("--plan", "shop", "--verdict", "missed"), [])):
            with self.subTest(flags):
                self.assertEqual(self.listed(*flags), want)

    def test_since_a_while_ago(self):
        now = time.time()
        old, new = self.past("shop", [20, 21], first_s=now - 3 * DAY_S, step_s=2.5 * DAY_S)
        self.assertEqual(self.listed("--since", "2d"), [new])
        self.assertEqual(self.listed("--since", "4d"), [old, new])
        self.assertEqual(self.listed("--until", "2d"), [old])
        self.assertEqual(self.listed("--since", "yesterday"), [new])

    def test_what_was_meant_is_told(self):
        self.past("shop", [20])
        for flags, said, hint in (
                (("--verdict", "mised"), "not one of its values", "one of holds|missed|"),
                (("--verdict", "missed,"), "not one of its values", "one of holds|missed|"),
                (("--since", "2"), "needs its unit", "2d .days ago., 2026-11-01"),
                (("--since", "2026-02-30"), "no such day", "2026-11-01"),
                (("--until", "soon"), "a moment is written", "as in --since"),
                (("--last", "0"), "at least 1", "the newest N"),
                (("--plan",), "needs a value", "of the plan of this name")):
            with self.subTest(flags):
                done = self.exits(self.prony("list", *flags), 2)
                self.assertRegex(done.stderr, f"^prony: {flags[0]}.*{said}.*\n  hint: .*{hint}")
                self.assertEqual(done.stdout, "")
        done = self.exits(self.prony("list", "--plan", "shpo"), 0)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"^none of 1 runs in \S+ fits --plan shpo\n"
                                      r"  hint: did you mean 'shop'\?")

    def test_marks(self):
        self.past("shop", [20, 20.4, 20, 20.4, 20, 20.4, 20, 60, 60.4, 20])
        same = ("same", None)
        self.assertEqual(self.marks(), [None] + [same] * 6
                         + [("worse", True), same, ("better", True)])
        table = self.exits(self.prony("list"), 0).stdout.splitlines()
        shown = [re.search(r" ms *([▲▼=]?)", line)[1] for line in table[1:11]]
        self.assertEqual("".join(shown), "▲=▼======")
        self.assertIn("▼ worse (the 95 % intervals lie apart)", " ".join(table[11:]))
        plain = self.exits(self.prony("list", "--ascii", "--color", "always"), 0).stdout
        self.assertTrue(plain.isascii())
        self.assertRegex(plain, r"ms  \S*\^\S* ")

    def test_a_mark_is_the_same_whatever_is_listed(self):
        self.past("shop", [20, 20.4, 20, 20.4, 20, 20.4, 20, 60, 30, 30])
        self.past("jobs", [1, 9] * 3, first_s=START_S + 60)
        every = dict(zip(self.listed(), self.marks()))
        for flags in (("--last", "1"), ("--last", "4"), ("--plan", "shop"), ("--plan", "jobs"),
                      ("--since", "2026-11-08"), ("--plan", "shop", "--last", "3")):
            with self.subTest(flags):
                listed = self.listed(*flags)
                self.assertGreater(len(listed), 0)
                self.assertEqual(self.marks(*flags), [every[run] for run in listed])

    def test_what_is_compared(self):
        """Of the same plan and load, sound, in the same place."""
        def second(value=60, text="p95 < 100ms", spread=0.5, stage=None, plan="shop", **more):
            shop = make_run(self.runs, START_S + DAY_S, plan,
                            [objective(text, value, spread, 40, stage=stage)], **more)
            found = self.prony("list", "--output", "json", "--last", "1").json()[0]
            self.assertEqual(found["run"], shop)
            for path in (self.runs / shop).iterdir():
                path.unlink()
            (self.runs / shop).rmdir()
            return found["trend"] and found["trend"]["mark"]

        make_run(self.runs, START_S, "shop",
                 [objective("p95 < 50ms", 20, 0.5, 60,
                            stages=[{"stage": "open", "verdict": "holds", "value": 5.0,
                                     "interval": [4.0, 6.0], "at_least": False}])])
        self.assertEqual(second(), "worse")
        self.assertEqual(second(value=20.2), "same")
        self.assertEqual(second(value=3), "better")
        self.assertIsNone(second(plan="shop-2"))
        self.assertIsNone(second(stages={"rate_from": 7.0}))
        self.assertEqual(second(stages={"at": [9, 9, 9, 9]}), "worse")
        self.assertIsNone(second(ended="interrupted"))
        self.assertIsNone(second(trust={"level": "invalid", "reasons": []}))
        self.assertIsNone(second(steered=True))
        self.assertIsNone(second(spread=None))
        self.assertIsNone(second(spread=0))
        self.assertEqual(second(value=5.5, stage="open"), "same")
        self.assertEqual(second(value=9, stage="open"), "worse")
        self.assertIsNone(second(value=9, stage="closed"))
        self.assertIsNone(second(text="p99 < 100ms"))

    def test_few_or_restless_runs_make_no_mark_sure(self):
        self.past("few", [20, 60])
        self.past("restless", [20, 60, 25, 70, 20, 65, 20, 60], first_s=START_S + 60)
        self.assertEqual(self.marks("--plan", "few"), [None, ("worse", False)])
        self.assertEqual({sure for _, sure in self.marks("--plan", "restless")[1:]}, {False})
        self.assertIn("▼?", self.prony("list", "--plan", "few").stdout)
        self.assertIn("v?", self.prony("list", "--plan", "few", "--ascii").stdout)

    def test_a_damaged_result_is_a_run_all_the_same(self):
        folder = self.runs / self.past("shop", [20, 21])[1]
        (folder / "run.prony").write_bytes(b"no run at all" * 100)
        found = self.exits(self.prony("list", "--output", "json"), 0).json()
        self.assertEqual([run["trouble"] is None for run in found], [False, True])
        self.assertIn("unreadable", self.prony("list").stdout)

    def test_more_than_are_listed(self):
        self.past("shop", [20] * 1003, step_s=1)
        done = self.exits(self.prony("list", "--output", "json"), 0)
        self.assertEqual(len(done.json()), 1000)
        self.assertIn("older runs are not shown: --last 10000 shows more", done.stderr)
        done = self.exits(self.prony("list", "--last", "2000", "--output", "json"), 0)
        self.assertEqual((len(done.json()), done.stderr), (1003, ""))
        self.assertEqual(self.exits(self.prony("list", "--last", "3"), 0).stderr, "")

    def test_runs_before_the_last(self):
        runs = self.past("shop", [20, 21, 22])
        for back, name in enumerate(reversed(runs)):
            told = self.prony("report", f"last~{back}", "--output", "json").json()
            self.assertEqual(told["run"], name)
        done = self.exits(self.prony("report", "last~3"), 2)
        self.assertRegex(done.stderr, r"^prony: last~3 goes back too far: 3 runs are in \S+\n"
                                      r"  hint: .*the oldest is last~2")
        self.exits(self.prony("report", "last~x"), 2)


if __name__ == "__main__":
    unittest.main()
