"""prony watch: a service that gets slow and recovers, a log and no load, files that roll, kills."""
import json
import signal
import sqlite3
import subprocess
import threading
import time
import unittest

from harness import PRONY, REPLY, Case, wait_until

SLOW_S = 0.3
PLAN = """plan: 1
name: shop
target: {url}
services: {{ web: {{ {service} }} }}
scenarios:
  look: {{ steps: [ GET /jobs, {{ get: /jobs/$uuid, name: item }} ] }}
load: {{ stages: [ {{ name: s, rate: 1/s, for: 1s }} ] }}
objectives: [ p95 < 150ms, errors < 1%, throughput > 1/s ]
"""
LINE = '127.0.0.1 - - [{when}] "GET {path} HTTP/1.1" {status} 12 "-" "test"\n'


class Watcher:
    """prony watch as a child, and what it said on stderr so far."""

    def __init__(self, case, *args):
        self.child = subprocess.Popen([PRONY, "watch", *map(str, args)], cwd=case.folder, text=True,
                                      env=case.environment(), stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        case.addCleanup(self.finish)
        self.lines = []
        self.out = ""
        self.readers = [threading.Thread(target=self.read), threading.Thread(target=self.read_out)]
        for reader in self.readers:
            reader.start()

    def read(self):
        for line in self.child.stderr:
            self.lines.append(line)

    def read_out(self):
        self.out = self.child.stdout.read()

    def said(self, words):
        return any(words in line for line in self.lines)

    def hear(self, words):
        wait_until(f"'{words}' in {''.join(self.lines)}",
                   lambda: self.said(words) or self.child.poll() is not None)
        assert self.said(words), f"{words}: {''.join(self.lines)}"

    def end(self):
        code = self.child.wait(timeout=90)
        for reader in self.readers:
            reader.join()
        return code

    def finish(self):
        if self.child.poll() is None:
            self.child.kill()
        self.end()
        self.child.stdout.close()
        self.child.stderr.close()


class Watch(Case):
    def runs_of(self, name):
        root = self.folder / name
        return sorted(path.name for path in root.iterdir()) if root.is_dir() else []

    def test_as_it_goes(self):
        """Three watches at once, since each takes some seconds."""
        slow = threading.Event()

        def behave(connection, number):
            if slow.is_set():
                time.sleep(SLOW_S)
            connection.sendall(REPLY)
        server = self.server(behave)
        steady = self.server()
        self.plan(PLAN.format(url=server.url, service=f"port: {server.port}"))
        self.plan(PLAN.format(url=steady.url, service=f"port: {steady.port}"), "steady.yaml")
        probed = Watcher(self, "plan.yaml", "--probe", "10/s", "--window", "5s", "--runs-dir", "a")
        killed = Watcher(self, "steady.yaml", "--probe", "10/s", "--runs-dir", "b")
        rolling, teller = self.start_log_watch()

        wait_until("the probe", lambda: server.requests > 40)
        slow.set()
        probed.hear("✗ missed: p95 < 150ms: ")
        slow.clear()
        self.kill(killed, steady)
        probed.hear("✓ held again: p95 < 150ms: ")
        probed.child.send_signal(signal.SIGINT)
        self.assertEqual(probed.end(), 130, probed.lines)
        self.check_probed(probed)
        self.check_rolling(rolling, teller)

    # ---- a probe ----

    def check_probed(self, probed):
        self.assertTrue(probed.said("not judged by a watch: throughput > 1/s"), probed.lines)
        self.assertTrue(probed.said("memory: at most"), probed.lines)
        result = json.loads(self.report("a", "json"))
        self.assertEqual(result["verdict"], "missed")
        verdicts = {o["text"]: o["verdict"] for o in result["objectives"]}
        self.assertEqual(verdicts, {"p95 < 150ms": "missed", "errors < 1%": "holds"})
        events = [json.loads(line) for line in self.report("a", "ndjson").splitlines()]
        turns = [e["text"].split(":")[0] for e in events if e.get("kind") == "objective"]
        self.assertEqual(turns, ["missed", "held again"])
        why = json.loads(self.prony("why", "last", "--runs-dir", "a", "--output", "json").stdout)
        self.assertEqual(why["after"]["stage"], "missed")
        self.assertGreater(why["after"]["in_flight"], why["before"]["in_flight"])
        self.assertIn("missed", self.prony("list", "--runs-dir", "a").stdout)

    def report(self, runs, form):
        return self.prony("report", "last", "--runs-dir", runs, "--output", form).stdout

    # ---- a log ----

    def start_log_watch(self):
        log = self.folder / "access.log"
        log.write_text("")
        self.plan(PLAN.format(url="http://127.0.0.1:1", service="access_log: access.log"),
                  "log.yaml")
        (self.folder / "c" / "00000000").mkdir(parents=True)  # of somebody else
        rolling = Watcher(self, "log.yaml", "--window", "5s", "--roll", "3s", "--keep", "1s",
                          "--for", "7s", "--runs-dir", "c", "--output", "json")

        def tell():
            with open(log, "a", encoding="ascii") as out:
                number = 0
                while rolling.child.poll() is None:
                    for path in (f"/jobs?page={number}", f"/jobs/{number}", f"/x/{number}"):
                        when = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
                        out.write(LINE.format(when=when, path=path, status=200))
                    out.flush()
                    number += 1
                    time.sleep(0.05)
        teller = threading.Thread(target=tell)
        teller.start()
        return rolling, teller

    def check_rolling(self, rolling, teller):
        self.assertEqual(rolling.end(), 0, "".join(rolling.lines))
        teller.join()
        decoder, results, rest = json.JSONDecoder(), [], rolling.out.strip()
        while rest:
            result, end = decoder.raw_decode(rest)
            results.append(result)
            rest = rest[end:].strip()
        self.assertEqual(len(results), 3, "a file each 3 s, for 7 s")
        ids = [r["run"] for r in results]
        left = self.runs_of("c")
        self.assertNotIn(ids[0], left, "older than a second")
        self.assertIn(ids[2], left)
        self.assertIn("00000000", left, "no file of a watch")
        seen = {r["name"]: r["outcomes"]["ok"] for r in results[1]["requests"]}
        self.assertEqual(set(seen), {"GET /jobs", "item", "other"})
        for name, count in seen.items():
            self.assertGreater(count, 0, name)
        self.assertTrue(rolling.said("requests are judged as web tells of them"), rolling.lines)

    # ---- a kill ----

    def kill(self, killed, server):
        wait_until("the probe", lambda: server.requests > 30)
        time.sleep(1)
        at_s = time.time()
        killed.child.kill()
        killed.end()
        (run,) = self.runs_of("b")
        done = self.prony("report", "last", "--runs-dir", "b")
        self.assertIn("killed", done.stdout)
        with sqlite3.connect(self.folder / "b" / run / "run.prony") as db:
            header = json.loads(db.execute(
                "SELECT value FROM header WHERE key = 'run'").fetchone()[0])
            end_ns = db.execute("SELECT max(end_ns) FROM tick").fetchone()[0]
        lost_s = at_s - (int(header["wall_start_ns"]) + end_ns) / 1e9
        self.assertLess(lost_s, 2 + 4, "two seconds, and four of a busy machine")

    # ---- what is wrong ----

    def test_what_is_wrong(self):
        server = self.server()
        self.plan(PLAN.format(url=server.url, service=f"port: {server.port}"))
        for args, code, words in (
                (("--window", "1s"), 2, "--window is too short"),
                (("--roll", "1s"), 2, "from 2s to"),
                (("--keep", "1ms"), 2, "--keep is too short"),
                (("--for", "1s"), 2, "--for is too short"),
                (("--probe", "1000/s"), 2, "at most 100/s"),
                (("--probe", "0/s"), 2, "more than 0"),
                (("--once",), 2, "--once"),
                (("--users", "5"), 2, "--users"),
        ):
            done = self.prony("watch", "plan.yaml", *args)
            self.exits(done, code)
            self.assertIn(words, done.stderr, args)
        self.exits(self.prony("watch", "absent.yaml"), 2)
        self.assertEqual(server.requests, 0)
        server.close()
        done = self.prony("watch", "plan.yaml", "--probe", "1/s")
        self.exits(done, 4)
        self.assertIn("Connection refused", done.stderr)


if __name__ == "__main__":
    unittest.main()
