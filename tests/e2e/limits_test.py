"""The limits of a plan hold, and what they hold back is counted: nothing lost, nothing invented."""
import socket
import struct
import time
import unittest

from harness import REPLY, Case, Server, interrupt

ESTABLISHED = b"\x01"  # the first byte of TCP_INFO


def is_open(connection):
    """Whether neither side has closed it; no matter whether its thread has noticed yet."""
    try:
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == ESTABLISHED
    except OSError:
        return False


class CountingServer(Server):
    """Knows how many connections were open at once, at most, at the moment of any request."""

    def __init__(self, behave):
        super().__init__(self.count)
        self.then = behave
        self.peak = 0

    def count(self, connection, number):
        with self.lock:
            self.peak = max(self.peak, sum(map(is_open, self.open)))
        return self.then(connection, number)


def after(seconds):
    def behave(connection, _number):
        time.sleep(seconds)
        connection.sendall(REPLY)
    return behave


def reply_and_reset(connection, _number):
    connection.sendall(REPLY)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


class Limits(Case):
    def load(self, targets, load, objective="errors <= 100%", steps="GET /"):
        self.plan(f"plan: 1\ntarget: [ {', '.join(targets)} ]\n"
                  f"scenarios: {{ all: {{ steps: [ {steps} ] }} }}\n"
                  f"load: {{ {load} }}\nobjectives: [ '{objective}' ]\n")
        return self.prony("run", "plan.yaml", "--output", "json")

    def totals(self, done, codes=(0,)):
        """The totals, when every arrival has one end and every request one outcome."""
        self.assertIn(done.code, codes, done)
        totals = done.json()["totals"]
        arrivals = totals["arrivals"]
        self.assertGreater(arrivals["planned"], 0, done)
        self.assertEqual(arrivals["planned"],
                         sum(arrivals[end] for end in ("done", "failed", "cut", "dropped")), done)
        self.assertEqual(totals["offered"], sum(totals["outcomes"].values()), done)
        self.assertEqual(totals["outcomes"]["dropped"], arrivals["dropped"], done)
        return totals

    def test_what_could_not_be_judged_is_not_begun(self):
        names = ", ".join(f"GET /{i}" for i in range(3000))
        stages = ", ".join("{ for: 1s, rate: 1/s }" for _ in range(400))
        self.plan("plan: 1\ntarget: http://127.0.0.1:1\n"
                  f"scenarios: {{ all: {{ steps: [ {names} ] }} }}\n"
                  f"load: {{ stages: [ {stages} ] }}\n")
        done = self.prony("run", "plan.yaml")
        self.assertEqual(done.code, 2, done)
        self.assertIn("the plan has too many stages to be judged", done.stderr)

    def counting(self, behave):
        server = CountingServer(behave)
        self.addCleanup(server.close)
        return server

    def test_one_connection_for_two_threads(self):
        server = self.counting(after(0.004))  # busy 6 parts of 10: a second one would be of use
        done = self.load(
            [server.url], "connections: 1, threads: 2, stages: [ { rate: 150/s, for: 1s } ]")
        totals = self.totals(done)
        self.assertEqual(server.peak, 1)
        self.assertEqual(done.json()["generator"]["threads"], 1)  # what ran, not what was asked
        again = self.prony("report", "last", "--output", "json")
        self.assertEqual(again.json()["generator"]["threads"], 1)
        self.assertEqual(totals["outcomes"]["ok"], totals["offered"])

    def test_who_waits_gets_a_new_connection(self):
        """Each connection is good for one reply, and there may be one at a time."""
        server = self.counting(reply_and_reset)
        totals = self.totals(self.load(
            [server.url],
            "connections: 1, threads: 2, timeout: { response: 1s },"
            " stages: [ { rate: 100/s, for: 2s } ]"))
        outcomes = totals["outcomes"]
        self.assertEqual(server.peak, 1)
        self.assertGreater(outcomes["ok"], 0, outcomes)
        self.assertGreater(outcomes["ok"] + outcomes["reset"], 100, outcomes)
        self.assertLessEqual(outcomes["timeout"], 5, outcomes)

    def test_one_connection_for_two_targets(self):
        servers = [self.server(), self.server()]
        totals = self.totals(self.load(
            [server.url for server in servers],
            "connections: 1, timeout: { response: 1s }, stages: [ { rate: 100/s, for: 1s } ]"))
        for server in servers:
            self.assertGreater(server.requests, 20)
        self.assertEqual(totals["outcomes"]["ok"], totals["offered"], totals["outcomes"])

    def in_flight(self, servers):
        """The totals with one in flight, by one thread and by two; both runs at the same time."""
        children = []
        for threads, server in enumerate(servers, 1):
            plan = self.plan(f"plan: 1\ntarget: {server.url}\n"
                             "scenarios: { all: { steps: [ GET / ] } }\n"
                             f"load: {{ max_in_flight: 1, threads: {threads}, arrivals: even,"
                             " stages: [ { rate: 10/s, for: 1s } ] }\n"
                             "objectives: [ errors <= 99% ]\n", f"threads-{threads}.yaml")
            children.append(self.start("run", plan, "--output", "json"))
        return [self.totals(self.wait(child)) for child in children]

    def test_one_in_flight_is_enough_for_a_quick_service(self):
        for totals in self.in_flight([self.server(), self.server()]):
            self.assertEqual(totals["arrivals"]["dropped"], 0)
            self.assertEqual(totals["outcomes"]["ok"], 10)

    def test_what_one_in_flight_leaves_out_is_counted(self):
        servers = [self.counting(after(0.5)), self.counting(after(0.5))]
        for server, totals in zip(servers, self.in_flight(servers)):
            self.assertEqual(server.peak, 1)
            self.assertEqual(totals["arrivals"]["planned"], 10)
            self.assertGreaterEqual(totals["outcomes"]["dropped"], 6)
            self.assertEqual(totals["outcomes"]["dropped"] + server.requests, 10)

    def test_users_that_wait_for_too_few_connections(self):
        server = self.counting(after(0.1))
        totals = self.totals(self.load(
            [server.url],
            "connections: 4, timeout: { response: 150ms }, stages: [ { users: 16, for: 2s } ]"),
            (0, 1))
        self.assertLessEqual(server.peak, 4)
        self.assertGreater(totals["outcomes"]["timeout"], 0)

    def test_users_of_an_earlier_stage_are_not_counted(self):
        """Twenty users of the first stage would still be thinking when the second begins; it has
        one."""
        done = self.load([self.server().url],
                         "stages: [ { name: big, users: 20, think: 6s, for: 1s },"
                         " { name: small, users: 1, for: 3s } ]",
                         "users in small > 10")
        self.exits(done, 1)
        small = {stage["name"]: stage for stage in done.json()["stages"]}["small"]
        self.assertLessEqual(small["users"], 1.01)
        self.assertGreater(small["users"], 0.5)

    def test_unique_rows_run_out(self):
        """Forty rows for a hundred arrivals on two threads: each is sent once, the rest is told."""
        server = self.server()
        with open(self.folder / "rows.csv", "w", encoding="utf-8") as rows:
            rows.write("id\n" + "".join(f"{i}\n" for i in range(40)))
        self.plan("plan: 1\n"
                  f"target: {server.url}\n"
                  "data: { row: { file: rows.csv, pick: unique } }\n"
                  "scenarios: { s: { steps: [ GET /$row.id ] } }\n"
                  "load: { threads: 2, stages: [ { name: a, rate: 50/s, for: 2s,"
                  " arrivals: even } ] }\n"
                  "objectives: [ errors < 90% ]\n")
        done = self.exits(self.prony("run", "plan.yaml"), 0)
        self.assertEqual(server.requests, 40)
        self.assertIn("row: all 40 rows are used (pick: unique)", " ".join(done.stderr.split()))
        text = " ".join(done.stdout.split())
        self.assertIn("60 arrivals were never sent: see TRUST", text)
        self.assertIn("ran out of rows in a", text)
        result = self.exits(self.prony("report", "last", "--output", "json"), 0).json()
        self.assertEqual(result["trust"]["level"], "suspect")
        reasons = {reason["code"]: reason["value"] for reason in result["trust"]["reasons"]}
        self.assertEqual(reasons["rows-short"], 60)
        self.assertEqual(result["totals"]["outcomes"]["dropped"], 60)

    def test_nobody_waits_for_users_that_think(self):
        server = self.server()
        child = self.start("run", server.url, "--users", "5", "--think", "60s", "--for", "120s",
                           "--warmup", "0s", "--output", "json")
        self.wait_for_requests(server, 1)
        began = time.monotonic()
        interrupt(child)
        done = self.exits(self.wait(child), 130)
        self.assertLess(time.monotonic() - began, 3)
        self.assertEqual(done.json()["ended"], "interrupted")


if __name__ == "__main__":
    unittest.main()
