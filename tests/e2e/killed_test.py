"""The run file, whatever happens to it: prony is killed at random instants, and complete files are
cut short or have bytes changed. It opens and has all but the last two seconds, or what is wrong
with it is said; nothing crashes, hangs or invents a figure.

The instants come from seeds: PRONY_SEED=n starts from that one, PRONY_TIMES=m tries so many of each
kind. A failure names its seed; the same seed gives the same load and the same instant.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from harness import PATIENCE_S, PRONY, REPLY, Case, wait_until

SEED = int(os.environ.get("PRONY_SEED") or int.from_bytes(os.urandom(4), "little"))
TIMES = int(os.environ.get("PRONY_TIMES") or 10)
AT_ONCE = 5
DAMAGES = 20  # of a file, for each kill of a run
LOST_S = 2  # what a kill may cost
RATE = 40

OPEN = "{{ name: a, rate: {rate}/s, for: {a}s, arrivals: even }}, {{ rate: {rate}/s, for: {b}s }}"
CLOSED = "{{ name: a, users: 6, think: 150ms, for: {a}s }}, {{ users: 3, think: 75ms, for: {b}s }}"
COUNTED = "{{ name: a, users: 6, think: 150ms, requests: {count} }}"


class Clock:
    """How long this machine lets a thread stand still: that much later prony may be, too."""
    BEAT_S = 0.02

    def __init__(self):
        self.beats = collections.deque(maxlen=500)  # when, and how late
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.beat, daemon=True)
        self.thread.start()

    def beat(self):
        before = time.monotonic()
        while not self.over.wait(self.BEAT_S):
            now = time.monotonic()
            self.beats.append((now, now - before - self.BEAT_S))
            before = now

    def late_s(self, from_s):
        return sum(late for at, late in list(self.beats) if at >= from_s and late > self.BEAT_S)

    def close(self):
        self.over.set()
        self.thread.join()


class Killed(Case):
    def setUp(self):
        super().setUp()
        self.clock = Clock()
        self.addCleanup(self.clock.close)

    def load(self, dice):
        """A load of a few seconds: its stages, how long it is, and how many requests that makes
        (None: not known)."""
        a = round(dice.uniform(0.3, 2.5), 2)
        b = round(dice.uniform(0.3, 2.5), 2)
        kind = dice.choice((OPEN, OPEN, CLOSED, COUNTED))
        count = int(RATE * (a + b))
        return kind.format(rate=RATE, a=a, b=b, count=count), a + b

    def one(self, seed):
        """Kills one run. Where it was hit, for the count at the end; an error names the seed."""
        dice = random.Random(seed)
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        answered = []

        def behave(connection, _number):
            connection.sendall(REPLY)
            answered.append(time.monotonic())

        server = self.server(behave)
        stages, length_s = self.load(dice)
        (folder / "plan.yaml").write_text(
            f"plan: 1\ntarget: {server.url}\nscenarios: {{ all: {{ steps: [ GET / ] }} }}\n"
            f"load: {{ seed: {seed}, threads: {dice.choice((1, 2))}, stages: [ {stages} ] }}\n"
            "objectives: [ p95 < 9s ]\n")
        child = subprocess.Popen([PRONY, "run", "plan.yaml", "-q"], cwd=folder,
                                 env=self.environment(), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.wait_for_the_instant(dice, child, length_s, answered)
            child.kill()
            killed = time.monotonic()
        finally:
            child.kill()
            code = child.wait()
        late_s = self.clock.late_s(killed - LOST_S - 1)
        long_ago = sum(at < killed - LOST_S - late_s for at in list(answered))
        what = f"seed {seed}: {stages}, killed at {killed - min(answered, default=killed):.3f} s"
        return self.look(folder, what, code, long_ago, server.requests)

    def wait_for_the_instant(self, dice, child, length_s, answered):
        """At the start, anywhere, or about where the run ends and its file is made a plain one."""
        how = dice.random()
        if how < 0.1:
            time.sleep(dice.uniform(0, 0.2))
            return
        wait_until("the first reply", lambda: answered or child.poll() is not None)
        try:
            child.wait(dice.uniform(0, length_s) if how < 0.6
                       else length_s + dice.uniform(-0.02, 0.12))
        except subprocess.TimeoutExpired:
            pass

    def ask(self, folder, *args):
        done = subprocess.run([PRONY, *args], cwd=folder, env=self.environment(), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S)
        self.assertGreaterEqual(done.returncode, 0, done)
        return done

    def look(self, folder, what, code, long_ago, requests):
        """The file has what was answered long ago, and no more than was asked."""
        done = self.ask(folder, "report", "last", "--output", "json")
        if not done.stdout:
            self.assertEqual((done.returncode, long_ago), (2, 0), f"{what}\n{done.stderr}")
            self.assertRegex(done.stderr, r"^prony: ", what)
            self.assertIn("\n  hint: ", done.stderr, what)
            return "before it began"
        result = json.loads(done.stdout)
        totals = result["totals"]
        self.assertGreaterEqual(totals["done"], long_ago, what)
        self.assertLessEqual(totals["done"], requests, what)
        if code != -signal.SIGKILL:
            self.assertEqual(result["ended"], "complete", what)
            return "over before"
        if result["ended"] != "complete":
            self.assertEqual((result["ended"], done.returncode), ("interrupted", 137), what)
        again = self.ask(folder, "report", "last", "--output", "json")
        self.assertEqual(again.stdout, done.stdout, what)
        self.assertIn(result["run"], self.ask(folder, "list").stdout, what)
        return "at its end" if result["ended"] == "complete" else "on its way"

    def each(self, work, count, at_once):
        """What came of `work` for each seed, counted; whatever goes wrong names its seed."""
        def do(seed):
            try:
                return work(seed)
            except Exception as cause:
                raise AssertionError(f"again: PRONY_SEED={seed} PRONY_TIMES=1") from cause

        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            came = collections.Counter(pool.map(do, range(SEED, SEED + count)))
        print(f"seeds from {SEED}: " + ", ".join(f"{n} {what}" for what, n in came.items()))
        return came

    def test_killed_at_random_instants_all_but_two_seconds_are_there(self):
        hit = self.each(self.one, TIMES, AT_ONCE)
        self.assertEqual(sum(hit.values()), TIMES)

    def damaged(self, seed, whole, result):
        """Cuts a complete file, changes bytes of it, or both; what came of it. `result` is what
        it said when it was whole."""
        dice = random.Random(seed)
        data = bytearray(whole)
        how = dice.choice(("cut", "byte", "byte", "bytes", "page", "cut and byte"))
        if how.startswith("cut"):
            del data[dice.randrange(len(data)):]
        if how == "page":
            at = dice.randrange(len(data) // 4096) * 4096
            data[at:at + 4096] = dice.choice((bytes(4096), dice.randbytes(4096)))
        for _ in range({"byte": 1, "bytes": 16, "cut and byte": 4}.get(how, 0) if data else 0):
            data[dice.randrange(len(data))] = dice.randrange(256)
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        (folder / "run.prony").write_bytes(data)
        done = self.ask(folder, "report", "run.prony", "--output", "json")
        what = f"seed {seed}: {how}, {len(data)} of {len(whole)} bytes\n{done.stderr}"
        shutil.rmtree(folder)
        if not done.stdout:
            self.assertIn(done.returncode, (2, 4), what)
            self.assertRegex(done.stderr, r"^prony: .*run\.prony", what)
            return "refused"
        told = json.loads(done.stdout)
        for key in ("done", "outcomes", "arrivals", "response_ms"):
            same = told["totals"][key] == result["totals"][key]
            self.assertTrue(same or told["trust"]["level"] == "invalid"
                            or told["ended"] != "complete", f"{what}: {key}")
        return "read"

    def test_cut_short_or_changed_anywhere_it_is_refused_or_read(self):
        """Whatever was changed: an answer within the time, no crash, and no other figure."""
        server = self.server()
        self.plan(f"plan: 1\ntarget: {server.url}\nscenarios: {{ all: {{ steps: [ GET / ] }} }}\n"
                  "load: { stages: [ { rate: 60/s, for: 1s }, { users: 5, think: 50ms, for: 1s },"
                  " { rate: 60/s..20/s, for: 1s } ] }\nobjectives: [ p95 < 9s ]\n")
        self.exits(self.prony("run", "plan.yaml"), 0)
        whole = (self.run_folder() / "run.prony").read_bytes()
        result = self.exits(self.prony("report", "last", "--output", "json"), 0).json()
        came = self.each(lambda seed: self.damaged(seed, whole, result), TIMES * DAMAGES, 2)
        if TIMES >= 10:  # a single one is either
            self.assertGreater(came["refused"], 0)
            self.assertGreater(came["read"], 0)


if __name__ == "__main__":
    unittest.main()
