"""`prony report --window`: a part of a run, judged by the same code, on a stored run of real load:
a staircase with settle, a stage that is not judged, and requests that take longer than a tick."""
import csv
import io
import json
import pathlib
import sqlite3
import unittest

import jsonschema

from harness import Case

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RUN = ROOT / "tests" / "golden" / "report" / "stages.prony"
SCHEMA = json.loads((ROOT / "docs" / "result.schema.json").read_text())
TIMES = ("response_ms", "service_ms", "ttfb_ms", "lag_ms", "wait_ms")


class Window(Case):
    def report(self, *flags, code=None):
        done = self.prony("report", RUN, "--output", "json", *flags)
        if code is not None:
            self.exits(done, code)
        result = done.json()
        jsonschema.Draft7Validator(SCHEMA).validate(result)
        self.assertEqual(result["exit"], done.code)
        return result

    def window(self, window, *flags):
        result = self.report("--window", window, *flags)
        self.assertEqual(result["window"]["asked"], window)
        spans = result["window"]["spans"]
        self.assertEqual([s["name"] for s in result["stages"]], [s["stage"] for s in spans])
        self.assertTrue(all(s["judged"] for s in result["stages"]))
        self.assertAlmostEqual(sum(s["to_s"] - s["from_s"] for s in spans),
                               result["window"]["seconds"])
        return result

    def stage(self, window, name=None):
        stages = self.window(window)["stages"]
        if name is None:
            self.assertEqual(len(stages), 1)
        return next(s for s in stages if name in (None, s["name"]))

    def test_a_whole_stage_has_the_figures_of_the_report(self):
        """To the last digit, and so has the stage's part in every objective; that of a stage of
        three ticks, too, whose interval is as wide as the rest of the run tells."""
        full = self.report()
        self.assertIsNone(full["window"])
        for stage in full["stages"]:
            part = self.window(stage["name"])
            got = part["stages"][0]
            self.assertEqual(dict(got, judged=stage["judged"]), stage)
            self.assertTrue(part["window"]["spans"][0]["whole"])
            if not stage["judged"]:
                continue
            for was, now in zip(full["objectives"], part["objectives"]):
                self.assertEqual(now["text"], was["text"])
                if "of" in was["text"] and now["verdict"] == "not judged":
                    continue  # of what the stage cannot have
                self.assertEqual([f for f in now["stages"] if f["stage"] == stage["name"]],
                                 [f for f in was["stages"] if f["stage"] == stage["name"]],
                                 (stage["name"], was["text"]))

    def test_all_judged_stages_are_the_report(self):
        """Of a staircase the name stands for its rungs; what is left out of them is settle."""
        full = self.report()
        part = self.window("climb")
        self.assertEqual(part["stages"],
                         [s for s in full["stages"] if s["group"] == "climb"])
        self.assertEqual(self.window("climb:+1s..")["stages"], part["stages"])
        self.assertEqual([s["offset_s"] for s in part["window"]["spans"]], [1, 1, 1])

    def add_up(self, whole, *parts):
        """The sums of windows side by side are those of the window that is all of them."""
        want = self.window(whole)
        got = [self.window(part) for part in parts]
        for place in (lambda r: r["totals"], lambda r: r["requests"][0],
                      lambda r: r["requests"][2], lambda r: r["scenarios"][1]):
            for key in ("offered", "done"):
                self.assertEqual(sum(place(r)[key] for r in got), place(want)[key], (whole, key))
            for outcome, count in place(want)["outcomes"].items():
                self.assertEqual(sum(place(r)["outcomes"][outcome] for r in got), count, whole)
            for key in TIMES:
                if place(want)[key] is None:
                    continue
                count = place(want)[key]["n"]
                self.assertEqual(sum(place(r)[key]["n"] for r in got), count, (whole, key))
                if count == 0:
                    continue
                total = sum(place(r)[key]["n"] * (place(r)[key]["avg"] or 0) for r in got)
                self.assertAlmostEqual(total / count, place(want)[key]["avg"], 6)
                self.assertEqual(max(place(r)[key]["max"] or 0 for r in got),
                                 place(want)[key]["max"])
        self.assertAlmostEqual(sum(r["window"]["seconds"] for r in got),
                               want["window"]["seconds"])
        self.assertEqual(sum(r["window"]["ticks"] for r in got), want["window"]["ticks"])

    def test_windows_side_by_side_add_up(self):
        self.add_up("hold", "hold:+2s..+5s", "hold:+5s..+6s", "hold:+6s..")
        self.add_up("climb@60/s", "climb@60/s:+1s..+2s", "climb@60/s:+2s..+4s")
        self.add_up("spike", "spike:..+1s", "spike:+1s..+3s")
        self.add_up("0s..33s", "..12s", "12s..15s", "15s..21s", "21s..")

    def test_settle_and_what_is_behind_it_add_up(self):
        self.add_up("hold:+0s..", "hold:..+1s", "hold:+1s..+2s", "hold")
        spans = self.window("hold:+1s..+4s")["window"]["spans"]
        self.assertEqual([(s["from_s"], s["to_s"], s["settle_s"], s["ticks"]) for s in spans],
                         [(18, 21, 1, 3)])
        self.assertEqual(self.window("hold:+2s..+4s")["window"]["spans"][0]["settle_s"], 0)

    def test_what_is_not_known_is_not_told(self):
        part = self.window("hold:+2s..+6s")
        self.assertFalse(part["window"]["spans"][0]["whole"])
        for place in (part["stages"][0], part["totals"], part["scenarios"][0]):
            self.assertIsNone(place["arrivals"])
        offered = part["totals"]["offered_per_s"] * part["window"]["seconds"]
        self.assertAlmostEqual(offered, round(offered), 9)  # what was taken up is a whole number
        whole = self.window("hold")
        self.assertIsNotNone(whole["totals"]["arrivals"])
        halves = [self.window(w) for w in ("hold:+2s..+7s", "hold:+7s..")]
        self.assertAlmostEqual(sum(h["totals"]["offered_per_s"] * h["window"]["seconds"]
                                   for h in halves), whole["totals"]["offered"], 6)

    def test_objectives_of_other_stages_are_not_judged(self):
        def verdicts(window, *sentences):
            flags = [word for s in sentences for word in ("--objective", s)]
            return [(o["verdict"], o["note"]) for o in self.window(window, *flags)["objectives"]]
        outside = ("not judged", "what it is about is not in the window")
        self.assertEqual(verdicts("hold", "p95 in climb < 1us", "p95 of 'GET /slow' < 1us",
                                  "p95 of wait < 1us", "errors < 50%"),
                         [outside, outside, outside, ("holds", "")])
        beyond = ("not judged", "not reached in the window; elsewhere in the run would be enough")
        self.assertEqual(verdicts("hold", "throughput > 100/s", "throughput > 50/s",
                                  "users > 5", "errors < 50%"),
                         [beyond, ("holds", ""), beyond, ("holds", "")])
        self.assertEqual(self.report("--window", "hold", "--objective", "users > 5",
                                     "--errors", "50%", code=0)["verdict"], "holds")
        self.report("--window", "spike", "--p95", "1us", code=1)
        self.report("--window", "warmup", "--p95", "9s", code=0)

    def test_single_requests_are_of_the_window(self):
        for window, first, last in (("spike", 14, 17), ("hold:+4s..+8s", 20, 25)):
            part = self.window(window)
            self.assertGreater(len(part["exemplars"]), 2)
            for e in part["exemplars"]:
                self.assertEqual(e["stage"], part["stages"][0]["name"])
                self.assertTrue(first <= e["at_s"] < last, e)

    def test_streams_have_the_ticks_of_the_window(self):
        window = ("--window", "12.5s..20s")
        lines = [json.loads(line) for line in
                 self.prony("report", RUN, "--output", "ndjson", *window).stdout.splitlines()]
        ticks = [line for line in lines if line["type"] == "tick"]
        self.assertEqual([t["t_s"] for t in ticks], [13, 14, 15, 16, 17, 18, 19])
        self.assertTrue(all(t["judged"] for t in ticks))
        edges = [(e["type"], e["stage"], e["t_s"]) for e in lines if e["type"].startswith("stage_")]
        self.assertEqual(edges, [("stage_begin", "climb@60/s", 13), ("stage_end", "climb@60/s", 14),
                                 ("stage_begin", "spike", 14), ("stage_end", "spike", 17),
                                 ("stage_begin", "hold", 17), ("stage_end", "hold", 20)])
        self.assertEqual(lines[-1]["result"], self.window(window[1]))
        gaps = [json.loads(line) for line in
                self.prony("report", RUN, "--output", "ndjson", "--window",
                           "climb:+1s..+2s").stdout.splitlines()]
        self.assertEqual([e["t_s"] for e in gaps if e["type"].startswith("stage_")],
                         [3, 4, 7, 8, 11, 12])
        rows = list(csv.DictReader(io.StringIO(
            self.prony("report", RUN, "--output", "csv", *window).stdout)))
        self.assertEqual(sorted({float(row["start_s"]) for row in rows}),
                         [13, 14, 15, 16, 17, 18, 19])
        self.assertEqual({row["judged"] for row in rows}, {"true"})

    def test_every_form_says_what_it_is_of(self):
        said = "window hold +3 s..+6 s: 3 ticks"
        for form in ("text", "markdown", "junit"):
            text = self.prony("report", RUN, "--output", form, "--window", "hold:+3s..+6s").stdout
            self.assertIn(said, text, form)
            self.assertNotIn("climb@20/s", text.split("LOAD")[0], form)

    def test_stages_after_the_flag_are_completed(self):
        done = self.prony("completion", "words", "report", RUN, "--window", "c")
        names = [line.split("\t")[0] for line in done.stdout.splitlines()]
        self.assertEqual(names, ["climb", "climb@20/s", "climb@40/s", "climb@60/s", "crowd"])
        self.assertEqual(self.prony("completion", "words", "report", "--window", "").stdout, "")
        self.assertEqual(self.prony("completion", "words", "report", "none", "--window",
                                    "").stdout, "")

    def test_wrong_windows_have_a_cause_and_a_cure(self):
        for window, why, cure in (
                ("hlod", "no stage is named 'hlod'", "did you mean 'hold'"),
                ("drain", "nothing is sent in the drain", "counts for the stage"),
                ("hold:+6s..+2s", "it ends before it begins", r"write hold:\+2s\.\.\+6s"),
                ("2m..90s", "it ends before it begins", r"write 90s\.\.2m"),
                ("hold:+3s..+3s", "it has no length", "a window is written"),
                ("hold:+2s..+13s", r"hold lasted no longer than to \+12s", r"hold:\+2s\.\."),
                ("climb:+2s..+5s", r"climb@20/s lasted .* \+4s", r"climb:\+2s\.\."),
                ("hold:+12s..", "it begins when the stage is over", r"lasted to \+12s"),
                ("40s..50s", "the last stage ended at 33s", "between 0s and 33s"),
                ("20s..50s", "the run lasted no longer than to 34", r"20s\.\. goes to its end"),
                ("hold:+2.1s..+2.9s", "no whole tick lies in it", r"tick is hold:\+2s\.\.\+3s"),
                ("20.1s..20.9s", "no whole tick lies in it", r"that tick is 20s\.\.21s"),
                ("hold:2s..5s", "begins with \\+", "a window is written"),
                ("+2s..+5s", "run time has no \\+", "a window is written"),
                ("hold:+2s", "its other end is missing", r"hold:\+2s\.\. goes to the end"),
                ("hold:..", "neither its start nor its end", "a window is written"),
                ("hold:+2..+5", "a duration needs its unit", "a window is written"),
                ("", "no stage is named ''", "stages: warmup climb")):
            done = self.exits(self.prony("report", RUN, "--window", window), 2)
            self.assertEqual(done.stdout, "")
            self.assertRegex(done.stderr, f"^prony: --window .*: .*{why}.*\n  hint: .*{cure}",
                             window)

    def test_a_run_that_was_killed(self):
        """What was seen of it is judged, but nothing holds for a stage that was not seen whole."""
        path = self.folder / "cut.prony"
        path.write_bytes(RUN.read_bytes())
        with sqlite3.connect(path) as db:
            db.execute("DELETE FROM tick WHERE id >= 25")
            db.execute("DELETE FROM ending")
            db.execute("DELETE FROM result")
        db.close()

        def verdict(window):
            done = self.prony("report", path, "--window", window, "--p95", "9s",
                              "--errors", "50%", "--output", "json")
            return done.code, done.json()["objectives"][0]["verdict"]
        self.assertEqual(verdict("hold:+2s..+8s"), (0, "holds"))
        self.assertEqual(verdict("hold:+2s.."), (3, "inconclusive"))
        self.assertEqual(verdict("hold"), (3, "inconclusive"))
        self.assertEqual(verdict("climb@60/s"), (0, "holds"))
        self.assertEqual(verdict("..20s"), (0, "holds"))
        self.assertEqual(verdict("10s.."), (3, "inconclusive"))
        done = self.exits(self.prony("report", path, "--window", "crowd"), 2)
        self.assertRegex(done.stderr, "did not come to that stage\n  hint: seen were:.*hold")


if __name__ == "__main__":
    unittest.main()
