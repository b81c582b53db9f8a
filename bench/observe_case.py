"""What looking at services costs: the same load with it and with --no-observe, in turns. A service
with 40 threads on a PostgreSQL and a Redis of its own; all sources look at all of it."""
import contextlib
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

from machine import PATIENCE_S, ROOT, Broken, built, cores, free_port, measured

PAIRS = 12
SECONDS = 8
RATE = 200
THREADS = 40
GOAL_SHARE = 0.01  # of a core
GOAL_MB = 15
GOAL_HOST_MS = 0.5
# Of the median of 12 the 3rd smallest and the 3rd largest are a 96 % interval (binomial).
INTERVAL_RANK = 2
PLAN = """plan: 1
name: observe
target: http://127.0.0.1:{port}
services:
  api: {{ port: {port} }}
  database: {{ postgres: "postgres://watch@127.0.0.1:{database}/jobs" }}
  cache: {{ redis: "127.0.0.1:{cache}" }}
scenarios: {{ read: {{ steps: [ "GET /jobs?owner=owner-7" ] }} }}
load:
  warmup: {{ rate: {rate}/s, for: 1s }}
  stages: [ {{ name: hold, rate: {rate}/s, for: {seconds}s }} ]
objectives: [ errors < 50% ]
"""
PR_SET_PDEATHSIG = 1  # prctl(2)
libc = ctypes.CDLL(None)


class Stack:
    """The service and what it leans on, on the last core; all of it ends with us."""

    def __init__(self, prony, folder):
        self.prony, self.folder = prony, pathlib.Path(folder)
        self.ports = [free_port() for _ in range(3)]
        self.children = []
        self.own = pathlib.Path(tempfile.mkdtemp(prefix="prony-observe-"))
        try:
            self.start_all()
        except BaseException:
            self.stop()
            raise

    def start(self, name, command, ready, **env):
        log = open(self.folder / f"{name}.log", "w+")

        def prepare():
            os.sched_setaffinity(0, {cores()[-1]})
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                 stdout=log, stderr=log, cwd=self.folder, preexec_fn=prepare,
                                 env={**os.environ, **env}, start_new_session=True)
        self.children.append(child)
        end = time.monotonic() + 6 * PATIENCE_S
        while not ready(pathlib.Path(log.name)):
            if child.poll() is not None or time.monotonic() > end:
                raise Broken(f"{name} does not start: {pathlib.Path(log.name).read_text()[-500:]}")
            time.sleep(0.05)
        log.close()
        return child

    def start_all(self):
        port, database, cache = self.ports
        jobs = ROOT / "build" / "examples" / "jobs" / "jobs"
        done = subprocess.run([ROOT / "tools" / "build", "build", "--", "examples/jobs/jobs"],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Broken(f"examples/jobs does not build:\n{done.stdout}{done.stderr}")
        self.start("postgres", [ROOT / "examples" / "full" / "postgres.sh", self.own, database],
                   lambda log: "ready to accept connections" in log.read_text())
        self.start("redis", ["redis-server", "--bind", "127.0.0.1", "--port", cache, "--save", "",
                             "--daemonize", "no", "--dir", self.folder],
                   lambda log: "eady to accept connections" in log.read_text())
        workers = 1
        while True:  # its own threads are as many as it likes: the workers are the rest
            child = self.start("jobs", [jobs, "--port", port], lambda log: log.read_text() != "",
                               DB=f"postgres://jobs@127.0.0.1:{database}/jobs", INDEX="1",
                               CACHE=f"redis://127.0.0.1:{cache}", REUSE="1",
                               WORKERS=str(workers), ROWS="20000")
            self.threads = len(os.listdir(f"/proc/{child.pid}/task"))
            if self.threads == THREADS:
                break
            if workers > 1:
                raise Broken(f"the service has {self.threads} threads, not {THREADS}")
            workers += THREADS - self.threads
            self.end(self.children.pop())
        self.plan = self.folder / "observe.yaml"
        self.plan.write_text(PLAN.format(port=port, database=database, cache=cache, rate=RATE,
                                         seconds=SECONDS))

    @staticmethod
    def end(child):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    def stop(self):
        for child in reversed(self.children):
            self.end(child)
        shutil.rmtree(self.own, ignore_errors=True)

    def run(self, runs, *flags):
        """What a run took, with its result."""
        ended = measured([self.prony, "run", self.plan, "--output", "json", "--runs-dir", runs,
                          *flags], cores()[0], watch_memory=True).must(0, 3)
        ended.result = json.loads(ended.out)
        return ended


def own_account(samples, run):
    """Cores by source, as prony itself counts them, once the first looks are over."""
    out = measured([samples, run / "run.prony"]).must(0).out
    seen = {}
    for line in out.splitlines():
        of, name, label, from_s, _, value = line.split("\t")
        if (of, name) == ("prony", "observe.cpu") and float(from_s) > 1:
            seen.setdefault(re.sub(r" of .*", "", label), []).append(float(value))
    return {label: statistics.fmean(values) for label, values in seen.items()}


def interval(values):
    ordered = sorted(values)
    return ordered[INTERVAL_RANK], ordered[-1 - INTERVAL_RANK]


def figure(ended, name):
    return ended.result["totals"]["response_ms"][name]


def rows_of_costs(row, with_it, without, accounts, threads):
    shares = [(a.cpu_s - b.cpu_s) / (SECONDS + 1) for a, b in zip(with_it, without)]
    more_mb = [(a.peak_bytes - b.peak_bytes) / 1e6 for a, b in zip(with_it, without)]
    share, mb = statistics.median(shares), statistics.median(more_mb)
    by_source = {name: statistics.median(one.get(name, 0) for one in accounts)
                 for name in accounts[0]}
    told = ", ".join(f"{name} {value:.2%}" for name, value in
                     sorted(by_source.items(), key=lambda item: -item[1]))
    host_ms = by_source["host"] * 1e3  # a pass a second
    what = f"looking at {threads} threads, PostgreSQL, Redis and the host"
    low, high = interval(shares)
    return [row(f"{what}: share of a core", f"<= {GOAL_SHARE:.0%}",
                f"{share:.2%} (96 % interval {low:.2%} to {high:.2%})", share <= GOAL_SHARE,
                f"by prony's own account: {told}; the rest is what the samples cost on their way "
                "into the file"),
            row("the same: memory (RSS) beyond a run without", f"<= {GOAL_MB} MB",
                f"{mb:.1f} MB ({min(more_mb):.1f} to {max(more_mb):.1f})", mb <= GOAL_MB,
                f"{statistics.median(a.peak_bytes for a in with_it) / 1e6:.1f} MB with it and "
                f"{statistics.median(b.peak_bytes for b in without) / 1e6:.1f} MB without"),
            row("a whole pass over the host: CPU", f"<= {GOAL_HOST_MS} ms", f"{host_ms:.2f} ms",
                host_ms <= GOAL_HOST_MS,
                f"{by_source['host']:.3%} of a core at a pass a second")]


def rows_of_effect(row, with_it, without):
    rows = []
    for name in ("p99", "p50"):
        ratios = [figure(a, name) / figure(b, name) for a, b in zip(with_it, without)]
        low, high = interval(ratios)
        rows.append(row(f"{name} of the service while looked at / while not", None,
                        f"{statistics.median(ratios):.3f} (96 % interval {low:.3f} to {high:.3f}); "
                        "medians "
                        f"{statistics.median(figure(a, name) for a in with_it):.2f} ms and "
                        f"{statistics.median(figure(b, name) for b in without):.2f} ms"))
    return rows


def observing(prony, folder, say, row):
    samples = built("samples", "tests/e2e")
    stack = Stack(prony, folder)
    with_it, without, accounts = [], [], []
    try:
        for i in range(PAIRS):
            runs = folder / f"runs-{i}"
            turns = [(with_it, []), (without, ["--no-observe"])]
            for into, flags in turns if i % 2 else reversed(turns):
                into.append(stack.run(runs if into is with_it else folder / "runs", *flags))
            accounts.append(own_account(samples, next(runs.iterdir())))
            a, b = with_it[-1], without[-1]
            say(f"  round {i + 1}: CPU {a.cpu_s:.3f} s with, {b.cpu_s:.3f} s without "
                f"({sum(accounts[-1].values()):.2%} of a core by its own account); "
                f"{a.peak_bytes / 1e6:.1f} and {b.peak_bytes / 1e6:.1f} MB; "
                f"p99 {figure(a, 'p99'):.2f} and {figure(b, 'p99'):.2f} ms")
    finally:
        stack.stop()
    return (rows_of_costs(row, with_it, without, accounts, stack.threads)
            + rows_of_effect(row, with_it, without)), []
