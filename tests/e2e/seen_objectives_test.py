"""Objectives over services: the reference service judged by what is seen of it."""
import json
import os
import unittest

from harness import Case

JOBS = os.environ["PRONY_JOBS"]

PLAN = f'''
plan: 1
name: seen
target: http://127.0.0.1:$api.port
services:
  api:
    command: {JOBS} --port $api.port
    env: {{ ROWS: 500, WORKERS: 4 }}
    ready: GET /healthz within 30s
scenarios:
  read: {{ steps: [ GET /jobs/1 ] }}
load:
  stages:
    - {{ name: low, rate: 20/s, for: 4s, settle: 1s }}
    - {{ name: high, rate: 60/s, for: 4s }}
    - {{ name: after, rate: 20/s, for: 4s, judge: false }}
objectives:
  - warn: errors < 100%
OBJECTIVES
'''


class Seen(Case):
    def run_with(self, *objectives):
        self.plan(PLAN.replace("OBJECTIVES", "\n".join(f"  - {o}" for o in objectives)))
        return self.prony("run", "plan.yaml")

    def result(self):
        return json.loads((self.run_folder() / "result.json").read_text())

    def objectives(self, result):
        return {o["text"]: o for o in result["objectives"]}

    def judged(self, result, stage):
        """Run time (from, to] of a stage that is judged."""
        s = next(s for s in result["stages"] if s["name"] == stage)
        return s["start_s"] + s["settle_s"], s["start_s"] + s["seconds"]

    def of_stage(self, samples, span):
        """Those whose middle lies in it."""
        return [s for s in samples if span[0] < (s[0] + s[1]) / 2 <= span[1]]

    def test_kept_and_equal_to_the_samples(self):
        done = self.exits(self.run_with("memory of api < 4GiB", "cpu of api < 100%",
                                        "run_queue of api < 1000", "threads of api in after > 1",
                                        "host.cores >= 1"), 0)
        result = self.result()
        said = self.objectives(result)
        for text, unit in (("memory of api < 4GiB", "B"), ("cpu of api < 100%", "%"),
                           ("run_queue of api < 1000", "waiting"), ("host.cores >= 1", "")):
            self.assertEqual((said[text]["verdict"], said[text]["unit"]), ("holds", unit), done)
        self.assertEqual(said["threads of api in after > 1"]["stage"], "after")
        self.assertRegex(done.stdout, r"memory of api +< 4GiB +[0-9.]+ MiB")
        self.assertRegex(done.stdout, r"cpu of api +< 100% +[<0-9.]+ %")

        seen = self.samples()
        for finding in said["memory of api < 4GiB"]["stages"]:
            span = self.judged(result, finding["stage"])
            values = [v for _, _, v in self.of_stage(seen["api", "memory", ""], span)]
            self.assertGreaterEqual(len(values), 2, seen)
            self.assertAlmostEqual(finding["value"], max(values), delta=1)
            self.assertEqual(finding["n"], len(values))
        capacity = {v for _, _, v in seen["api", "cpu.capacity", ""]}
        self.assertEqual(len(capacity), 1, capacity)
        for finding in said["cpu of api < 100%"]["stages"]:
            span = self.judged(result, finding["stage"])
            parts = self.of_stage(seen["api", "cpu", ""], span)
            used = sum(v * (b - a) for a, b, v in parts) / sum(b - a for a, b, _ in parts)
            # The tool prints rounded times and values.
            self.assertAlmostEqual(finding["value"], 100 * used / max(capacity), delta=0.02)

    def test_a_miss_is_a_miss_and_a_replay_says_the_same(self):
        done = self.exits(self.run_with("memory of api < 1MiB", "cpu of api < 100%",
                                        "p95 < 30s"), 1)
        self.assertIn("MISSED", done.stdout)
        live = self.result()
        self.assertEqual(self.objectives(live)["memory of api < 1MiB"]["verdict"], "missed")
        again = self.prony("report", self.run_folder() / "run.prony", "--output", "json")
        self.exits(again, 1)
        self.assertEqual(again.json()["objectives"], live["objectives"])
        self.assertEqual(again.json()["exit"], live["exit"])

        other = self.prony("report", self.run_folder() / "run.prony", "--output", "json",
                           "--objective", "memory of api < 4GiB", "--objective",
                           'waiting "nowhere" of api < 1')
        self.exits(other, 3)
        said = self.objectives(other.json())
        self.assertEqual(said["memory of api < 4GiB"]["verdict"], "holds")
        self.assertEqual(said["memory of api < 4GiB"]["value"],
                         self.objectives(live)["memory of api < 1MiB"]["value"])
        self.assertEqual(said['waiting "nowhere" of api < 1']["note"], "nothing was seen of it")
        self.assertTrue(said["errors <= 50%"]["implicit"])  # nothing else looks at failures

        unknown = self.prony("report", self.run_folder() / "run.prony", "--objective",
                             "memory of apj < 1MiB")
        self.exits(unknown, 2)
        self.assertIn("did you mean 'api'", unknown.stderr)

    def test_forms(self):
        self.exits(self.run_with("memory of api < 1MiB"), 1)
        path = self.run_folder() / "run.prony"
        markdown = self.prony("report", path, "--output", "markdown").stdout
        self.assertRegex(markdown, r"memory of api < 1MiB.*MiB")
        junit = self.prony("report", path, "--output", "junit").stdout
        self.assertIn("memory of api &lt; 1MiB", junit)
        lines = self.prony("report", path, "--output", "ndjson").stdout.splitlines()
        told = [json.loads(line) for line in lines]
        mine = [o for o in told if o.get("text") == "memory of api < 1MiB"]
        self.assertEqual({o["unit"] for o in mine}, {"B"}, mine)


if __name__ == "__main__":
    unittest.main()
