"""Targets that misbehave, and a machine that gives less than was hoped for."""
import json
import pathlib
import re
import resource
import socket
import struct
import subprocess
import unittest

from harness import PRONY, REPLY, Case, Server

RATE = ("--rate", "100/s", "--for", "2s", "--warmup", "0s", "--output", "json")


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def garbage(connection):
    connection.sendall(b"\x00\xff this is not HTTP at all\r\n\r\n")
    return False


def half_a_body(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    return False


def endless_head(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    connection.sendall(b"".join(b"X-%d: y\r\n" % number for number in range(20000)))
    return False


def no_answer(connection):
    connection.recv(1)  # until prony has given it up
    return False


class Targets(Case):
    """Every second reply is bad: each must be counted, under its own name, and nothing lost."""

    def outcomes(self, misbehave, *flags):
        server = self.server(
            lambda c, n: misbehave(c) if n % 2 else c.sendall(REPLY))
        done = self.exits(self.prony("run", server.url, *RATE, "--errors", "90%", *flags), 0)
        totals = done.json()["totals"]
        outcomes = totals["outcomes"]
        self.assertEqual(sum(outcomes.values()), totals["offered"])
        self.assertGreater(outcomes["ok"], 20, done)
        return {name: n for name, n in outcomes.items() if n and name != "ok"}

    def test_reset(self):
        self.assertEqual(set(self.outcomes(reset)), {"reset"})

    def test_garbage(self):
        self.assertEqual(set(self.outcomes(garbage)), {"protocol"})

    def test_closes_inside_the_body(self):
        outcomes = self.outcomes(half_a_body)
        self.assertGreater(sum(outcomes.values()), 20, outcomes)
        self.assertLessEqual(set(outcomes), {"protocol", "reset"})

    def test_headers_without_end(self):
        outcomes = self.outcomes(endless_head)
        self.assertGreater(sum(outcomes.values()), 20, outcomes)
        self.assertLessEqual(set(outcomes), {"protocol", "reset"})

    def test_no_answer(self):
        self.assertEqual(set(self.outcomes(no_answer, "--timeout", "500ms")), {"timeout"})

    def test_goes_away_while_running(self):
        server = Server()
        child = self.start("run", server.url, "--rate", "100/s", "--for", "4s", "--warmup", "0s",
                           "--errors", "1%", "--output", "json")
        self.wait_for_requests(server, 100)
        server.close()
        done = self.exits(self.wait(child), 1)
        outcomes = done.json()["totals"]["outcomes"]
        self.assertGreater(outcomes["refused"], 20)
        self.assertGreaterEqual(outcomes["ok"], 90)


class Machine(Case):
    def test_run_folder_cannot_be_made(self):
        (self.folder / "file").write_text("in the way")
        server = self.server()
        for folder in ("file/runs", "/proc/prony-runs"):
            done = self.exits(self.prony("run", server.url, *RATE, "--runs-dir", folder), 4)
            self.assertTrue(done.stderr.startswith("prony: "), done)
            self.assertIn("--runs-dir", done.stderr)
        self.assertEqual(server.requests, 0)

    def run_on_a_full_disk(self, *flags):
        """A file may not grow beyond 96 KiB: what a full disk looks like to a writer."""
        server = self.server()
        plan = "\n".join(f"      - {{ get: /{n}, name: step-{n:03} }}" for n in range(60))
        self.plan(f"plan: 1\ntarget: {server.url}\nscenarios:\n  all:\n    steps:\n{plan}\n"
                  "load: { stages: [ { rate: 20/s, for: 5s } ] }\nobjectives: [ errors < 10% ]\n")
        done = self.exits(self.prony("run", "plan.yaml", *flags,
                                     limits=[(resource.RLIMIT_FSIZE, 96 << 10)]), 0)
        if "--quiet" not in flags:
            self.assertRegex(done.stderr, r"the run file cannot be written at \d+ s: ")
        return done

    def short_from_s(self, text):
        """The run time from which the file says less than the run did."""
        said = re.search(r"the run file is short from (\d+\.\d) s on: a replay will differ", text)
        self.assertIsNotNone(said, text)
        return float(said[1])

    def test_what_is_lost_is_said_in_few_words_too(self):
        said = self.run_on_a_full_disk("--quiet").stdout
        self.assertEqual(len(said.splitlines()), 2, said)
        self.assertGreater(self.short_from_s(said), 0)

    def test_disk_full_while_running(self):
        """The run goes on and is judged whole; a replay has what could be written, and says so."""
        done = self.run_on_a_full_disk()
        short_from_s = self.short_from_s(done.stdout)
        self.assertGreater(short_from_s, 0)
        self.assertLess(short_from_s, 5)
        result = json.loads((self.run_folder() / "result.json").read_text())
        self.assertEqual(result["ended"], "complete")
        # The last of them may end after the judged time: they are ok, but not in its throughput.
        self.assertAlmostEqual(result["totals"]["done"], result["totals"]["outcomes"]["ok"],
                               delta=50)
        self.assertGreater(result["totals"]["done"], 4000)

        report = self.prony("report", "last", "--output", "json")
        replayed = report.json()
        self.assertEqual(replayed["exit"], report.code)
        self.assertEqual(replayed["ended"], "interrupted")
        self.assertIn("could not write the end", replayed["reason"])
        self.assertAlmostEqual(replayed["seconds"], short_from_s, delta=0.051)
        self.assertGreater(replayed["totals"]["done"], 0)
        self.assertLess(replayed["totals"]["done"], result["totals"]["done"])

    def test_disk_full_is_said_to_those_who_read_json(self):
        done = self.run_on_a_full_disk("--output", "json")
        self.assertEqual(done.json()["ended"], "complete")
        self.assertLess(self.short_from_s(done.stderr), 5)

    def on_a_small_disk(self, kib, *args):
        """In a mount namespace of its own, with so much room at `small`; None: none is allowed."""
        (self.folder / "small").mkdir(exist_ok=True)
        mount = f'mount -t tmpfs -o size={kib}k none small && exec "$@"'
        for flags in (["-m"], ["-r", "-m"]):
            if subprocess.run(["unshare", *flags, "sh", "-c", mount, "sh", "true"],
                              cwd=self.folder, capture_output=True, check=False).returncode == 0:
                return subprocess.run(
                    ["unshare", *flags, "sh", "-c", mount, "sh", PRONY, *args], cwd=self.folder,
                    capture_output=True, text=True, env=self.environment(), timeout=60,
                    check=False)
        return None

    def test_a_disk_that_is_full_before_the_run(self):
        """Nothing could be kept, so nothing is sent: no run file, and no pass."""
        server = self.server()
        done = self.on_a_small_disk(72, "run", server.url, *RATE, "--runs-dir", "small")
        if done is None:
            self.skipTest("this host allows no mount namespace of one's own")
        self.assertEqual(done.returncode, 4, done)
        self.assertIn("small has no room for a run (72 KiB left, 256 needed)", done.stderr)
        self.assertIn("make room there, or choose another folder with --runs-dir", done.stderr)
        self.assertEqual((server.requests, done.stdout), (0, ""))

    def test_a_result_that_does_not_fit_is_told_and_not_listed(self):
        server = self.server()
        plan = "\n".join(f"      - {{ get: /{n}, name: step-{n:03} }}" for n in range(100))
        self.plan(f"plan: 1\ntarget: {server.url}\nscenarios:\n  all:\n    steps:\n{plan}\n"
                  "load: { stages: [ { rate: 5/s, for: 1s } ] }\n")
        done = self.prony("run", "plan.yaml", limits=[(resource.RLIMIT_FSIZE, 80 << 10)])
        said = " ".join(done.stdout.split())
        self.assertIn("NOTE", said)
        self.assertIn("result.json is not there: cannot write", said)
        self.assertNotIn("result.json", said.partition("FILES")[2])

    def test_descriptors_are_raised_where_that_is_allowed(self):
        server = self.server()
        done = subprocess.run(["sh", "-c", 'ulimit -Sn 80; exec "$@"', "sh", PRONY, "run",
                               server.url, *RATE], cwd=self.folder, capture_output=True,
                              text=True, env=self.environment(), timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(server.requests, 100)

    def test_nobody_reads_the_result(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([PRONY, "help"], cwd=self.folder, stdout=full,
                                  stderr=subprocess.PIPE, text=True, env=self.environment(),
                                  timeout=30)
        self.assertEqual(done.returncode, 4)
        self.assertIn("cannot write the result to stdout: No space left", done.stderr)

    def test_a_relative_runs_folder_and_its_modes(self):
        self.exits(self.prony("run", self.server().url, *RATE, "--runs-dir", "deep/er/runs"), 0)
        folders = list(pathlib.Path(self.folder, "deep/er/runs").iterdir())
        self.assertEqual(len(folders), 1)
        self.assertEqual(folders[0].stat().st_mode & 0o777, 0o700)
        self.exits(self.prony("report", "last", "--runs-dir", "deep/er/runs"), 0)


if __name__ == "__main__":
    unittest.main()
