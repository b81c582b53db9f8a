"""leak of SERVICE: the reference service with a leak planted, and without one."""
import json
import os
import unittest

from harness import Case

JOBS = os.environ["PRONY_JOBS"]

PLAN = f'''
plan: 1
name: leak
target: http://127.0.0.1:$api.port
services:
  api:
    command: {JOBS} --port $api.port
    env: {{ ROWS: 500, WORKERS: 4, PLANT: "FAULT", CACHE: memory, REUSE: 1 }}
    ready: GET /healthz within 30s
scenarios:
  read: {{ steps: [ "GET /jobs/$rand(1,400)" ] }}
load:
  stages:
    - {{ name: hold, rate: 60/s, for: 40s, settle: 5s }}
objectives:
  - leak of api < 32MiB/m
'''


class Leak(Case):
    def judged(self, fault, code):
        self.plan(PLAN.replace("FAULT", fault))
        done = self.exits(self.prony("run", "plan.yaml"), code)
        folder = self.run_folder()
        result = json.loads((folder / "result.json").read_text())
        again = self.exits(self.prony("report", folder, "--output", "json"), code)
        self.assertEqual(json.loads(again.stdout)["objectives"], result["objectives"])
        return folder, next(o for o in result["objectives"] if o["text"].startswith("leak")), done

    def test_planted(self):
        folder, leak, done = self.judged("leak:64KiB", 1)
        self.assertEqual(leak["verdict"], "missed", done)
        planted = 60 * 65536 * 3600
        self.assertLess(leak["interval"][0], planted * 1.1, done)
        self.assertGreater(leak["interval"][1], planted * 0.9, done)
        self.assertRegex(leak["note"], r"grows evenly: .*, 6\d KiB a request")
        why = json.loads(self.prony("why", folder, "--output", "json").stdout)
        self.assertEqual(why["suspects"][0]["id"], "leak", why)

    def test_none(self):
        folder, leak, done = self.judged("wait:1ms", 0)
        self.assertEqual(leak["verdict"], "holds", done)
        why = json.loads(self.prony("why", folder, "--output", "json").stdout)
        self.assertNotIn("leak", [s["id"] for s in why["suspects"] if s["blamed"]], why)


if __name__ == "__main__":
    unittest.main()
