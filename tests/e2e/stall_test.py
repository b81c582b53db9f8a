"""Someone stands still: prony itself, which must not be blamed on the target, or the target, which
must be seen in full."""
import pathlib
import signal
import subprocess
import sys
import time
import unittest

from harness import REPLY, Case

# Says its port, and when it has had its 400th request.
SERVE = """
import harness, time
def behave(connection, number):
    connection.sendall(harness.REPLY)
    if number == 400:
        print("400 of them", flush=True)
print(harness.Server(behave).port, flush=True)
time.sleep(60)
"""


def stand_still(process, seconds):
    process.send_signal(signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        process.send_signal(signal.SIGCONT)


class Stall(Case):
    def outside(self):
        """A server in a process of its own, so that it can be stopped: the process, its URL."""
        server = subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True,
                                  cwd=pathlib.Path(__file__).resolve().parent)
        self.addCleanup(server.communicate)
        self.addCleanup(server.kill)
        return server, f"http://127.0.0.1:{int(server.stdout.readline())}"

    def load(self, url, load, objective):
        self.plan(f"plan: 1\ntarget: {url}\nscenarios: {{ all: {{ steps: [ GET / ] }} }}\n"
                  f"load: {{ {load} }}\nobjectives: [ {objective} ]\n")
        return self.start("run", "plan.yaml", "--output", "json")

    def test_prony_stands_still(self):
        """Its own lag makes the objective look missed: there is no verdict, and it says so."""
        server = self.server()
        # A rate that the server keeps up with on a busy machine, too: nothing else may be slow.
        child = self.load(server.url, "threads: 1, connections: 40,"
                          " stages: [ { name: a, rate: 100/s, for: 5s } ]", "max < 600ms")
        self.wait_for_requests(server, 50)
        stand_still(child, 1.5)
        done = self.exits(self.wait(child), 3)
        result = done.json()
        self.assertEqual(result["verdict"], "invalid")
        self.assertEqual(result["trust"]["level"], "invalid")
        reasons = {reason["code"]: reason for reason in result["trust"]["reasons"]}
        self.assertEqual(reasons["lag-decides"]["level"], "invalid")
        # What made it late is named beside it: 1.5 s of 5.
        self.assertGreater(reasons["stood-still"]["value"], 1.4 / 5)
        self.assertRegex(reasons["stood-still"]["text"],
                         r"prony stood still for 1\.\d\d s of a, between \d\.0 s and \d\.\d s of")
        totals = result["totals"]
        self.assertEqual(totals["offered"], sum(totals["outcomes"].values()))
        # No stall of the service: what lay in the kernel has its stamp.
        self.assertEqual([s for s in result["stalls"]["list"] if s["seconds"] > 0.7], [])

    def test_replies_that_came_while_prony_stood_still_are_no_timeouts(self):
        """They lay in the kernel before their time was over: what is late is the reading."""
        def slowly(connection, number):
            time.sleep(0.1)
            connection.sendall(REPLY)

        server = self.server(slowly)
        child = self.load(server.url, "timeout: { connect: 300ms, response: 300ms }, threads: 1,"
                          " stages: [ { users: 20, for: 3s } ]", "errors < 1%")
        self.wait_for_requests(server, 100)
        stand_still(child, 0.8)
        done = self.wait(child)
        result = done.json()
        # A user between two requests is sent off when its time is over already: told, not judged.
        self.assertLessEqual(result["totals"]["outcomes"].get("timeout", 0), 2, done)
        self.assertNotEqual(result["verdict"], "missed", done)
        self.assertGreater(result["totals"]["lag_ms"]["max"], 300, done)

    def test_what_prony_reads_late_took_the_service_no_longer(self):
        """Twenty replies lie in the kernel while it stands still: they are late by our fault. (The
        simulation shows it to the nanosecond: what_is_read_late_is_lag.)"""
        def slowly(connection, _number):
            time.sleep(0.05)
            connection.sendall(REPLY)

        server = self.server(slowly)
        child = self.load(server.url, "threads: 1, stages: [ { users: 20, for: 4s } ]", "max < 9s")
        self.wait_for_requests(server, 100)
        stand_still(child, 1.5)
        totals = self.wait(child).json()["totals"]
        self.assertGreater(totals["lag_ms"]["max"], 1300, totals)
        self.assertGreater(totals["response_ms"]["max"], 1300, totals)
        self.assertLess(totals["service_ms"]["max"], 900, totals)

    def test_a_run_in_which_prony_stood_still_replays(self):
        """Timeouts shorter than the stall, ticks that end late: the file has it all."""
        server = self.server()
        child = self.load(server.url, "timeout: { connect: 80ms, response: 100ms }, arrivals: even,"
                          " stages: [ { rate: 1/s, for: 3s } ]", "errors <= 99%")
        self.wait_for_requests(server, 1)
        stand_still(child, 2.1)  # both arrivals that are left fall into that
        ran = self.wait(child)
        self.assertIn(ran.code, (0, 1, 3), ran)
        done = self.exits(self.prony("report", "last", "--output", "json"), ran.code)
        self.assertEqual(done.stdout, ran.stdout)
        arrivals = ran.json()["totals"]["arrivals"]
        self.assertEqual(arrivals["planned"], 3)
        self.assertEqual(arrivals["planned"],
                         sum(arrivals[end] for end in ("done", "failed", "cut", "dropped")))

    def test_the_target_stands_still(self):
        """Whoever would have come in that second waited for the rest of it: a fifth of all."""
        server, url = self.outside()
        child = self.load(url, "threads: 1, connections: 40,"
                          " stages: [ { rate: 200/s, for: 5s } ]", "p99 < 9s")
        self.assertEqual(server.stdout.readline(), "400 of them\n")
        stand_still(server, 1)
        done = self.exits(self.wait(child), 0)
        result = done.json()
        self.assertIn(result["trust"]["level"], ("valid", "suspect"), done)
        response = result["totals"]["response_ms"]
        self.assertGreaterEqual(response["max"], 900)
        self.assertGreaterEqual(response["p99"], 500)
        self.assertLess(response["p50"], 500)
        outcomes = result["totals"]["outcomes"]
        self.assertEqual(outcomes["ok"], result["totals"]["offered"], outcomes)
        # Told as what it was, and when, by a run as by its report.
        longest = max(result["stalls"]["list"], key=lambda stall: stall["seconds"])
        self.assertAlmostEqual(longest["seconds"], 1, delta=0.25)
        self.assertEqual(longest["stage"], "stage1")
        self.assertTrue(longest["whole"], done)
        self.assertAlmostEqual(longest["due"], 200, delta=100)
        self.assertRegex(done.stderr, r"nothing was answered for [01]\.\d\d s from \d\.\d\d s on")
        again = self.prony("report", "last", "--output", "json").json()
        self.assertEqual(again["stalls"], result["stalls"])
        self.assertRegex(self.prony("report", "last").stdout, r"STALLS +nothing was answered for")


if __name__ == "__main__":
    unittest.main()
