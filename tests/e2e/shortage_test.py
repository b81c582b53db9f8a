"""What prony itself lacks is said as its own: no figure of the target's, and nothing in silence."""
import fcntl
import json
import os
import re
import subprocess
import sys
import threading
import time
import unittest

from harness import PATIENCE_S, PRONY, SANITIZED, Case, unread, wait_until


def reply(body):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


class Shortage(Case):
    def test_an_expression_that_gives_up_is_no_failed_check_of_the_target(self):
        """`END` is there; but the way to it is too long for what a check may take."""
        body = reply(b"x" * 30000 + b"END")
        server = self.server(lambda connection, _number: connection.sendall(body))
        self.plan(f"plan: 1\ntarget: {server.url}\n"
                  "scenarios:\n  s:\n    steps:\n      - get: /\n"
                  "        check: [ 'regex \"(x|y| |\\n)*END\"' ]\n"
                  "load: { stages: [ { name: a, rate: 20/s, for: 1s, arrivals: even } ] }\n"
                  "objectives: [ errors <= 100% ]\n")
        done = self.exits(self.prony("run", "plan.yaml"), 0)
        self.assertIn("20 requests not decided, so failed: a regular expression ran into its limit",
                      " ".join(done.stderr.split()))
        text = " ".join(done.stdout.split())
        self.assertIn("is not known: the expression gave up", text)
        self.assertIn("20 requests count as failed checks though nobody knows", text)
        result = self.exits(self.prony("report", "last", "--output", "json"), 0).json()
        self.assertEqual(result["trust"]["level"], "suspect")
        reasons = {reason["code"]: reason["value"] for reason in result["trust"]["reasons"]}
        self.assertEqual(reasons["expression-limit"], 20)
        self.assertEqual(result["totals"]["outcomes"]["check"], 20)

    def run_out_of_rows(self, status):
        """A hundred arrivals for forty rows, each answered with that status. The exit code, the
        result, and what was short."""
        server = self.server(lambda connection, _number: connection.sendall(
            b"HTTP/1.1 %d So\r\nContent-Length: 0\r\n\r\n" % status))
        with open(self.folder / "rows.csv", "w", encoding="utf-8") as rows:
            rows.write("id\n" + "".join(f"{i}\n" for i in range(40)))
        self.plan(f"plan: 1\ntarget: {server.url}\n"
                  "data: { row: { file: rows.csv, pick: unique } }\n"
                  "scenarios: { s: { steps: [ GET /$row.id ] } }\n"
                  "load: { stages: [ { name: a, rate: 100/s, for: 1s, arrivals: even } ] }\n"
                  "objectives: [ errors < 10% ]\n")
        code = self.prony("run", "plan.yaml").code
        result = self.exits(self.prony("report", "last", "--output", "json"), code).json()
        reasons = {code: reason["value"] for code, reason in self.reasons(result).items()}
        return code, result, reasons

    def test_a_limit_that_is_missed_by_our_want_alone_has_no_verdict(self):
        code, result, reasons = self.run_out_of_rows(200)
        self.assertEqual((code, result["verdict"], result["trust"]["level"]),
                         (3, "invalid", "invalid"))
        self.assertEqual((reasons["shortage-decides"], reasons["rows-short"]), (60, 60))

    def test_a_limit_that_the_target_misses_itself_is_missed(self):
        code, result, reasons = self.run_out_of_rows(500)
        self.assertEqual((code, result["verdict"], result["trust"]["level"]),
                         (1, "missed", "suspect"))
        self.assertEqual(reasons, {"rows-short": 60})

    def test_what_was_never_sent_is_told_from_checks_that_failed(self):
        """Of three requests one is sent and fails its check, one cannot be written at all."""
        body = reply(b'{"next": "/a b"}')
        server = self.server(lambda connection, _number: connection.sendall(body))
        self.plan(f"plan: 1\ntarget: {server.url}\n"
                  "scenarios:\n  s:\n    steps:\n"
                  "      - { get: /, capture: { next: json .next } }\n"
                  "      - { get: /n, check: [ body contains nothing ], on_fail: continue }\n"
                  "      - { get: $next, name: follow }\n"
                  "load: { stages: [ { name: a, rate: 20/s, for: 1s, arrivals: even } ] }\n"
                  "objectives: [ errors <= 100% ]\n")
        done = self.exits(self.prony("run", "plan.yaml"), 0)
        self.assertEqual(server.requests, 40)
        self.assertIn("request", done.stderr)
        self.assertIn("never sent, so failed: a value cannot stand where it is used", done.stderr)
        text = " ".join(done.stdout.split())
        self.assertIn("NOTE 20 requests count as failed checks though they were never sent", text)
        self.assertIn("a captured URL has a blank or control character", text)
        result = self.exits(self.prony("report", "last", "--output", "json"), 0).json()
        self.assertEqual(result["totals"]["outcomes"]["check"], 40)
        (code, reason), = self.reasons(result).items()
        self.assertEqual((code, reason["level"], reason["value"]), ("never-sent", "note", 20))

    def run_bodies(self, users, length, held):
        """Each user gets a body of which all but the end comes at once: `held` are under way
        together. The result, after the run."""
        gate = threading.Barrier(held, lambda: wait_until(
            "prony has all but the ends", lambda: unread(server.port) == 0))

        def behave(connection, _number):
            body = b'{"z":"' + b"x" * length + b'","a":1}'
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
                               + body[:-8])
            gate.wait(PATIENCE_S)
            connection.sendall(body[-8:])

        server = self.server(behave)
        self.plan(f"plan: 1\ntarget: {server.url}\n"
                  "scenarios: { s: { steps: [ { get: /, check: [ json .a == 1 ] } ] } }\n"
                  "load:\n  threads: 2\n  timeout: { response: 20s }\n"
                  f"  stages: [ {{ name: a, users: {users}, requests: {users} }} ]\n"
                  "objectives: [ errors <= 100% ]\n")
        check = self.exits(self.prony("check", "plan.yaml", "--output", "json"), 0).json()
        self.exits(self.prony("run", "plan.yaml"), 0)
        result = self.exits(self.prony("report", "last", "--output", "json"), 0).json()
        return result, check["needs"]["memory_bytes"]

    def test_bodies_are_in_the_budget(self):
        """Forty bodies of 900 kB under way at once: more than was ever in an estimate."""
        result, budget = self.run_bodies(40, 900000, 40)
        self.assertEqual(result["totals"]["outcomes"]["ok"], 40, result)
        resident = result["generator"]["max_rss_bytes"]
        self.assertGreater(resident, 40 * 900000)  # or this test measures nothing
        if not SANITIZED:
            self.assertLessEqual(resident, budget * 1.05)

    def test_memory_is_not_that_of_who_started_prony(self):
        server = self.server()
        done = subprocess.run(
            [sys.executable, "-c", "import os, sys\nheld = b'x' * 300_000_000\n"
             "os.execv(sys.argv[1], sys.argv[1:])", PRONY, "run", server.url, "--rate", "50/s",
             "--for", "1s", "--warmup", "0s", "--output", "json", "--runs-dir",
             str(self.folder / "runs")],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=self.folder, check=False)
        resident = json.loads(done.stdout)["generator"]["max_rss_bytes"]
        self.assertGreater(resident, 1_000_000)
        if not SANITIZED:
            self.assertLess(resident, 100_000_000)

    def test_bodies_beyond_the_room_are_told(self):
        """Room for 256 MiB of bodies, and 280 of a MiB each: the rest is undecided, and said. A
        body that grows needs its old place while it is copied, so there are a few more of them."""
        result, budget = self.run_bodies(280, 600000, 280)
        outcomes = result["totals"]["outcomes"]
        self.assertGreaterEqual(outcomes["ok"], 240, outcomes)
        self.assertGreaterEqual(outcomes["check"], 24, outcomes)
        self.assertEqual(outcomes["ok"] + outcomes["check"], 280, outcomes)
        reasons = {reason["code"]: reason["value"] for reason in result["trust"]["reasons"]}
        self.assertEqual(reasons["bodies-short"], outcomes["check"])
        if not SANITIZED:
            self.assertLessEqual(result["generator"]["max_rss_bytes"], budget * 1.05)

    def run_into_a_pipe(self, read_after_s):
        """A run whose lines nobody reads at first, into a pipe of a page. The lines, what stderr
        has, and the exit code."""
        server = self.server()
        steps = ", ".join(f"{{ get: /{i}, name: n{i} }}" for i in range(40))
        self.plan(f"plan: 1\ntarget: {server.url}\n"
                  f"scenarios: {{ s: {{ steps: [ {steps} ] }} }}\n"
                  "load:\n  stages: [ { name: a, rate: 20/s, for: 4s, arrivals: even } ]\n"
                  "objectives: [ errors < 1% ]\n")
        ours, theirs = os.pipe()
        fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
        child = subprocess.Popen([PRONY, "run", "plan.yaml", "--output", "ndjson"],
                                 cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
                                 stdout=theirs, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.finish, child)
        os.close(theirs)
        with open(ours, "rb") as pipe:
            if read_after_s is None:
                said = child.stderr.read()
                child.wait(PATIENCE_S)
                return [], said, child.returncode
            time.sleep(read_after_s)
            lines = [json.loads(line) for line in pipe]
        said = child.stderr.read()
        child.wait(PATIENCE_S)
        return lines, said, child.returncode

    def is_undisturbed(self):
        result = self.exits(self.prony("report", "last", "--output", "json"), 0).json()
        self.assertEqual(self.reasons(result), {})
        codes = {reason["code"] for reason in result["trust"]["reasons"]}
        self.assertNotIn("stood-still", codes, result["trust"])
        self.assertEqual(result["totals"]["outcomes"]["ok"], 4 * 20 * 40)

    def test_a_reader_that_comes_late_gets_all_and_holds_up_nothing(self):
        lines, _, code = self.run_into_a_pipe(3)
        self.assertEqual(code, 0)
        self.assertGreaterEqual(sum(line["type"] == "tick" for line in lines), 4)
        self.assertEqual(lines[-1]["type"], "result")
        self.is_undisturbed()

    def test_a_reader_that_never_comes_holds_up_nothing_and_is_told(self):
        _, said, code = self.run_into_a_pipe(None)
        self.assertEqual(code, 4)
        self.assertRegex(" ".join(said.split()), r"\d+ lines of ndjson are lost: stdout was read"
                                                 r" too slowly")
        self.is_undisturbed()

    def run_with_a_full_stderr(self, stages):
        """prony, whose stderr is a pipe of a page that is full; its reading end, and the server."""
        server = self.server()
        self.plan(f"plan: 1\ntarget: {server.url}\nscenarios: {{ s: {{ steps: [ GET / ] }} }}\n"
                  f"load: {{ stages: [ {stages} ] }}\nobjectives: [ errors < 50% ]\n")
        ours, theirs = os.pipe()
        self.addCleanup(os.close, ours)
        fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
        os.write(theirs, b"x" * 4095 + b"\n")
        child = subprocess.Popen([PRONY, "run", "plan.yaml", "--output", "json=out.json"],
                                 cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=theirs)
        self.addCleanup(self.finish, child)
        os.close(theirs)
        return child, ours, server

    def written(self):
        return json.loads((self.folder / "out.json").read_text())

    def test_a_stderr_that_nobody_reads_holds_up_neither_the_run_nor_its_end(self):
        child, _, _ = self.run_with_a_full_stderr(
            "{ name: a, rate: 50/s, for: 2s, arrivals: even }")
        self.assertEqual(child.wait(PATIENCE_S), 0)
        result = self.written()
        self.assertEqual(self.reasons(result), {})
        codes = {reason["code"] for reason in result["trust"]["reasons"]}
        self.assertNotIn("stood-still", codes, result["trust"])
        self.assertEqual(result["totals"]["outcomes"]["ok"], 100)

    def test_progress_that_was_left_out_is_counted_at_the_end(self):
        """Two hundred stages say two lines each, which is more than waits for a reader; he comes
        when it has become too much, and before the end."""
        child, ours, server = self.run_with_a_full_stderr(
            "{ name: climb, rate: 20/s..219/s, step: 1/s, each: 20ms }")
        wait_until("most of the load", lambda: server.requests > 400 or child.poll() is not None)
        said = b""
        while got := os.read(ours, 65536):
            said += got
        child.wait(PATIENCE_S)
        self.assertEqual(self.written()["ended"], "complete")
        lines = said.decode().splitlines()[1:]
        for line, start in zip(lines, ("plan: run ", "climb@20/s: ", "climb@2")):
            self.assertIn(start, line)  # the first were kept, whole and in order
        told = re.fullmatch(r"prony: (\d+) lines are left out here: stderr was read too slowly",
                            lines[-1])
        self.assertTrue(told, lines[-3:])
        self.assertLess(len(lines), 400)


if __name__ == "__main__":
    unittest.main()
