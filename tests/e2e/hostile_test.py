"""prony against every misbehaviour at once: each request is counted, under an honest outcome.

One run with a scenario for each behaviour of hostile_ways.py, all to one target, so that a
connection which one reply has spoilt would spoil the count of another if it were used again.
"""
import time
import unittest

from harness import Case, SANITIZED
from hostile_server import BEHAVIOURS, HostileServer

# They reach beyond their own requests: nobody listens any more; or the connection that another
# request takes was closed a moment ago.
ALONE = {"refuse-after", "close-idle"}
# These spoil the next reply on their connection if the client doesn't notice; it must.
SPOILERS = {"surplus", "unasked"}


def may_end_as(name):
    """The outcomes of a behaviour. The drain is as long as the time for a reply: of what is sent
    last and never answered, either may be over first where the machine is busy."""
    outcomes = set(BEHAVIOURS[name].outcomes)
    return outcomes | {"cut"} if "timeout" in outcomes else outcomes


class Hostile(Case):
    def hostile(self, forced=None):
        server = HostileServer(forced=forced)
        self.addCleanup(server.close)
        return server

    def result(self, plan, code=0):
        self.plan(plan)
        done = self.exits(self.prony("run", "plan.yaml", "--output", "json"), code)
        return done.json()

    def budget(self):
        """What prony says before the start that it may hold, in bytes, of the plan at hand."""
        done = self.exits(self.prony("check", "plan.yaml", "--output", "json"), 0)
        return done.json()["needs"]["memory_bytes"]

    def test_bytes_that_are_no_text(self):
        """They fail a check as what they are, and no output is spoilt by them."""
        server = self.hostile("invalid-utf8")
        result = self.result(f"""plan: 1
name: bytes
target: {server.url().rstrip("/")}
scenarios:
  all:
    steps:
      - get: /
        check: [ json .name == "x" ]
load: {{ stages: [ {{ rate: 50/s, for: 2s }} ] }}
objectives: [ errors <= 100% ]
""")
        outcomes = {word: n for word, n in result["totals"]["outcomes"].items() if n}
        self.assertEqual(outcomes, {"check": result["totals"]["offered"]})
        details = [one["detail"] for one in result["exemplars"] if one.get("detail")]
        self.assertTrue(details)
        for detail in details:
            detail.encode()  # no half of a surrogate pair in it
            self.assertIn(".name", detail)

    def test_every_behaviour_in_one_run(self):
        names = [name for name in BEHAVIOURS if name not in ALONE]
        scenarios = "\n".join(
            f"  s-{name}: {{ weight: 1, steps: [ {{ get: /{name}, name: {name} }} ] }}"
            for name in names)
        began = time.monotonic()
        result = self.result(f"""plan: 1
name: hostile
target: {self.hostile().url().rstrip("/")}
scenarios:
{scenarios}
load:
  stages: [ {{ rate: 150/s, for: 6s }} ]
  timeout: {{ response: 2s }}
objectives: [ errors < 99% ]
""")
        took_s = time.monotonic() - began
        self.assertEqual(result["ended"], "complete")
        # 6 s of load, 2 s for what was sent last, and what a busy machine takes beside that.
        self.assertLess(took_s, 6 + 2 + 5)
        self.assertLess(result["totals"]["response_ms"]["max"], 2000 + 1000)
        resident = result["generator"]["max_rss_bytes"]
        self.assertGreater(resident, 1_000_000)
        if not SANITIZED:
            # Much less than it may: no reply here is kept, however long. 20 MB are usual.
            self.assertLess(resident, min(1.05 * self.budget(), 48_000_000))
        requests = {one["name"]: one for one in result["requests"]}
        self.assertEqual(set(requests), set(names))
        for name in names:
            with self.subTest(name):
                one = requests[name]
                outcomes = {word: n for word, n in one["outcomes"].items() if n}
                self.assertEqual(sum(outcomes.values()), one["offered"])
                self.assertGreater(one["offered"], 0)
                self.assertLessEqual(set(outcomes), may_end_as(name), outcomes)
                if name in SPOILERS:
                    self.assertIn("protocol", outcomes)
        totals = result["totals"]
        self.assertEqual(sum(totals["outcomes"].values()), totals["offered"])
        self.assertEqual(totals["offered"], sum(one["offered"] for one in requests.values()))

    def alone(self, name, options, code=0):
        """The outcomes of a run of about 100 requests against one behaviour."""
        server = self.hostile(f"{name}?{options}")
        result = self.result(f"""plan: 1
name: alone
target: {server.url().rstrip("/")}
scenarios: {{ all: {{ steps: [ GET / ] }} }}
load: {{ stages: [ {{ rate: 50/s, for: 2s }} ] }}
objectives: [ errors < 99% ]
""", code)
        outcomes = {word: n for word, n in result["totals"]["outcomes"].items() if n}
        self.assertLessEqual(set(outcomes), set(BEHAVIOURS[name].outcomes), outcomes)
        self.assertEqual(sum(outcomes.values()), result["totals"]["offered"])
        return outcomes

    def test_goes_away(self):
        """Refused, once nobody listens, is told apart from everything else."""
        # What a dead target would have had of errors nobody knows: no verdict.
        outcomes = self.alone("refuse-after", "n=20", 3)
        self.assertGreaterEqual(outcomes["ok"], 15)
        self.assertGreater(outcomes["refused"], 20)

    def test_closes_idle_connections(self):
        """A connection that the server closed while it was idle costs no request, but for the few
        that were under way just then."""
        outcomes = self.alone("close-idle", "k=2")
        self.assertGreater(outcomes["ok"], 5 * outcomes.get("reset", 0))


if __name__ == "__main__":
    unittest.main()
