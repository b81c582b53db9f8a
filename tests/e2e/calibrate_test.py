"""What this host can measure and send: found before the run, kept with it."""
import signal
import time
import unittest

from harness import Case


class Calibrate(Case):
    def test_floor_and_ceiling(self):
        server = self.server()
        done = self.exits(self.prony("run", server.url, "--rate", "50/s", "--for", "1s",
                                     "--warmup", "0s", "--calibrate", "--output", "json"), 0)
        found = done.json()["generator"]["calibration"]
        self.assertGreater(found["floor_p50_ms"], 0.001)
        self.assertLess(found["floor_p50_ms"], 50)
        self.assertGreaterEqual(found["floor_p99_ms"], found["floor_p50_ms"])
        self.assertGreater(found["ceiling_per_s"], 500)
        self.assertRegex(done.stderr, r"this host: an instant answer takes 0?\d*\.\d+ ms")
        self.assertNotIn("warning: the plan asks for", done.stderr)
        again = self.prony("report", "last", "--output", "json").json()
        self.assertEqual(again["generator"]["calibration"], found)
        self.assertIn("this host answers at once in", self.prony("report", "last").stdout)

    def test_a_plan_beyond_the_ceiling_is_warned_of(self):
        server = self.server()
        child = self.start("run", server.url, "--rate", "2000000/s", "--for", "1s",
                           "--warmup", "0s", "--calibrate", "--max-in-flight", "10",
                           "--output", "json")
        done = self.wait(child)
        self.assertIn("warning: the plan asks for", done.stderr, done)
        # Said before anything is sent.
        said = done.stderr
        self.assertLess(said.index("warning: the plan asks for"), said.index(" run "))

    def test_without_it_nothing_is_known(self):
        server = self.server()
        done = self.prony("run", server.url, "--rate", "50/s", "--for", "1s", "--warmup", "0s",
                          "--output", "json")
        self.assertIsNone(done.json()["generator"]["calibration"])

    def test_interrupted(self):
        server = self.server()
        child = self.start("run", server.url, "--for", "1s", "--calibrate")
        time.sleep(0.7)
        child.send_signal(signal.SIGINT)
        self.exits(self.wait(child), 130)
        self.assertEqual(server.requests, 0)


if __name__ == "__main__":
    unittest.main()
