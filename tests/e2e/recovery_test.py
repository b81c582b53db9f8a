"""recovery after STAGE: a queue that a spike leaves behind it, and how long it stays."""
import json
import os
import unittest

from harness import Case

JOBS = os.environ["PRONY_JOBS"]

# One connection to the database, 10 ms each: 100 requests a second; the spike leaves 150 behind.
PLAN = f'''
plan: 1
name: spike
target: http://127.0.0.1:$api.port
services:
  api:
    command: {JOBS} --port $api.port
    env: {{ ROWS: 500, WORKERS: 4, DB_POOL: 1, PLANT: "wait:10ms", CACHE: off, REUSE: 1 }}
    ready: GET /healthz within 30s
scenarios:
  read: {{ steps: [ "GET /jobs/1" ] }}
load:
  stages:
    - {{ name: calm, rate: 20/s, for: 1s }}
    - {{ name: spike, rate: 250/s, for: 1s, judge: false }}
    - {{ name: rest, rate: 20/s, for: 7s }}
objectives:
  - p95 < 200ms
  - recovery after spike < 100ms
  - warn: recovery after calm < 1h
  - warn: leak of api < 1MiB/h
'''


class Recovery(Case):
    def test_after_a_spike(self):
        self.plan(PLAN)
        done = self.exits(self.prony("run", "plan.yaml"), 1)
        result = json.loads((self.run_folder() / "result.json").read_text())
        said = {o["text"]: o for o in result["objectives"]}
        spike = said["recovery after spike < 100ms"]
        self.assertEqual((spike["verdict"], spike["stage"], spike["unit"]),
                         ("missed", "spike", "ms"), done)
        self.assertGreater(spike["value"], 100, done)
        self.assertLessEqual(spike["value"], 7000, done)
        self.assertIn("p95 < 200ms", spike["note"])
        leak = said["leak of api < 1MiB/h"]
        self.assertEqual((leak["verdict"], leak["unit"]), ("inconclusive", "B/h"), done)
        self.assertGreater(leak["needed_s"], 60)
        for form, file in (("csv", "r.csv"), ("markdown", "r.md"), ("junit", "r.xml")):
            self.exits(self.prony("report", self.run_folder(), "--output", f"{form}={file}"), 1)
        self.assertIn("recovery after spike", (self.folder / "r.md").read_text())
        self.assertIn("recovery after spike", (self.folder / "r.xml").read_text())
        again = self.exits(self.prony("report", self.run_folder(), "--output", "json"), 1)
        self.assertEqual(json.loads(again.stdout)["objectives"], result["objectives"])


if __name__ == "__main__":
    unittest.main()
