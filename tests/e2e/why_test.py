"""`prony why`: where the requests of a recorded run waited, in three forms, from old files too."""
import json
import shutil
import time
import unittest

from harness import REPLY, ROOT, Case

STORED = ROOT / "tests" / "e2e" / "stored"
SLEEPY = ROOT / "tests" / "e2e" / "sleepy_service.py"  # one thread: what a second client waits for
PLAN = """plan: 1
name: line
target: http://127.0.0.1:$api.port
services:
  api:
    command: /usr/bin/python3 {service} $api.port
    ready: port within 20s
scenarios: {{ a: {{ steps: [ GET / ] }} }}
load:
  warmup: {{ rate: 2/s, for: 1s }}
  stages:
    - {{ name: calm, rate: 5/s, for: 7s }}
    - {{ name: busy, rate: 40/s, for: 6s }}
objectives: [ max < 300ms ]
"""


class Why(Case):
    def test_a_line_at_one_thread(self):
        """The summary of the miss, `why` in words and as JSON say the same, and it adds up."""
        plan = self.plan(PLAN.format(service=SLEEPY))
        run = self.exits(self.prony("run", plan, "--output", "text", "--output", "json=said.json"),
                         1)
        self.signals(run.stdout, json.loads((self.folder / "said.json").read_text())["signals"])
        why = self.exits(self.prony("why", "last", "--output", "json"), 0).json()
        self.assertEqual(why["format"], "prony.why/1")
        self.assertEqual(why["after"]["stage"], "busy", why)
        places = [p for p in why["places"] if not p["idle"]]
        grown = why["after"]["in_flight"] - why["before"]["in_flight"]
        summed = sum(p["after"] - p["before"] for p in places) + why["unexplained"]
        self.assertAlmostEqual(summed, grown, delta=0.3 + 0.1 * grown, msg=why)
        words = " ".join(run.stdout.split())
        self.assertIn(why["sentence"][:60], words)
        text = self.exits(self.prony("why", "last"), 0).stdout
        self.assertIn(why["sentence"][:40], " ".join(text.split()))
        self.assertIn("in flight, as measured", text)
        self.assertEqual(text, self.prony("why", "last").stdout, "same input, same words")
        markdown = self.exits(self.prony("why", "last", "--output", "markdown"), 0).stdout
        self.assertIn("| **in flight, as measured** |", markdown)

    def signals(self, text, said):
        """What moved with it, in the summary and as JSON, and the same again from the file."""
        self.assertEqual(said["with"], "max")
        rows = {(row["of"], row["name"], row["label"]): row for row in said["rows"]}
        slept = next(row for (of, name, label), row in rows.items()
                     if (of, name) == ("api", "waiting") and label.startswith("sleep of "))
        self.assertGreater(slept["correlation"], 0.5)
        self.assertLess(slept["usual"], 0.6)
        self.assertGreater(slept["at_worst"], 0.7)
        self.assertTrue(6 <= slept["left_s"] <= 12, slept)
        self.assertEqual((said["generator"]["of"], said["generator"]["unit"]), ("prony", "cores"))
        table = text[text.index(" MOVED WITH"):].split("\n\n")[0]
        self.assertIn(f" api {slept['label']} ", table)
        self.assertIn(" prony cpu ", table)
        again = self.exits(self.prony("report", "last"), 1).stdout
        self.assertIn(table, again)
        stored = self.exits(self.prony("report", "last", "--output", "json"), 1).json()
        self.assertEqual(stored["signals"], said)

    def test_unseen_there_are_none(self):
        server = self.server()
        done = self.prony("run", server.url, "--rate", "20/s", "--for", "1s", "--no-observe",
                          "--output", "json")
        self.assertIsNone(done.json()["signals"])

    def test_nothing_is_seen_of_it(self):
        def slow(connection, number):
            time.sleep(0.06)
            connection.sendall(REPLY)

        server = self.server(slow)
        run = self.prony("run", server.url, "--rate", "20/s", "--for", "4s", "--p50", "10ms")
        self.exits(run, 1)
        self.assertNotIn(" WHY ", run.stdout)  # nothing to say, so nothing is said
        why = self.exits(self.prony("why", "last"), 0).stdout
        self.assertIn("nothing of the service was looked at", " ".join(why.split()))
        self.assertIn("services:", why)

    def test_all_was_well(self):
        server = self.server()
        self.exits(self.prony("run", server.url, "--rate", "50/s", "--for", "4s", "--p50", "2s"), 0)
        why = self.exits(self.prony("why", "last", "--output", "json"), 0).json()
        self.assertEqual(why["state"], "nothing bent")
        self.assertIsNone(why["after"])

    def test_old_files_and_no_file(self):
        for path in sorted(STORED.glob("*.prony")):
            with self.subTest(path.name):
                shutil.copy(path, self.folder / path.name)
                why = self.exits(self.prony("why", path.name, "--output", "json"), 0).json()
                self.assertIn(why["state"], ("nothing bent", "not seen", "not judged",
                                             "cannot tell"))
        done = self.exits(self.prony("why", "nothing"), 2)
        self.assertIn("nothing", done.stderr)
        self.exits(self.prony("why"), 2)


if __name__ == "__main__":
    unittest.main()
