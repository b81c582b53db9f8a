"""A warm-up that ends by itself: when the service has come to rest, or at the longest."""
import time
import unittest

from harness import REPLY, Case

PLAN = """plan: 1
name: warm
target: {url}
scenarios:
  read: {{ steps: [ GET / ] }}
load:
  arrivals: even
  warmup: {{ rate: 100/s, for: auto, at_most: {at_most} }}
  stages:
    - {{ name: hold, rate: 50/s, for: 1s }}
"""


def stage(result, name):
    return next(s for s in result["stages"] if s["name"] == name)


def codes(result):
    return [reason["code"] for reason in result["trust"]["reasons"]]


class Warmup(Case):
    def slowing(self, ms_of):
        """A server whose replies take `ms_of(seconds since the first one)`."""
        began = []

        def behave(connection, _):
            began.append(time.monotonic())
            time.sleep(ms_of(time.monotonic() - began[0]) / 1000)
            connection.sendall(REPLY)

        return self.server(behave)

    def run_plan(self, server, at_most):
        path = self.plan(PLAN.format(url=server.url, at_most=at_most))
        return self.exits(self.prony("run", path, "--output", "json"), 0)

    def test_it_ends_when_the_service_is_warm(self):
        server = self.slowing(lambda s: 120 if s < 3 else 40)
        done = self.run_plan(server, "60s")
        result = done.json()
        warmup = stage(result, "warmup")
        self.assertGreater(warmup["seconds"], 12, done)  # 3 s to cut off, ten to be sure
        self.assertLess(warmup["seconds"], 58, done)
        self.assertIn("warmup: steady, the response time moved by", done.stderr)
        self.assertEqual(warmup["arrivals"]["planned"], warmup["arrivals"]["done"], done)
        self.assertEqual(stage(result, "hold")["seconds"], 1, done)
        self.assertNotIn("warmup-unsteady", codes(result), done)
        again = self.prony("report", "last", "--output", "json").json()
        self.assertEqual(again["stages"], result["stages"])

    def test_a_service_that_gets_slower_and_slower(self):
        server = self.slowing(lambda s: 20 * 1.06 ** s)
        done = self.run_plan(server, "12s")
        result = done.json()
        self.assertEqual(stage(result, "warmup")["seconds"], 12, done)
        self.assertIn("warmup-unsteady", codes(result), done)
        self.assertEqual(result["trust"]["level"], "suspect", done)
        again = self.prony("report", "last", "--output", "json").json()
        self.assertIn("warmup-unsteady", codes(again))


if __name__ == "__main__":
    unittest.main()
