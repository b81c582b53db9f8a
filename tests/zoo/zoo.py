#!/usr/bin/python3
"""Services with a planted fault each: does `prony why` name the right place, and nobody of the
healthy ones?

    PRONY=build/prony PRONY_JOBS=build/examples/jobs/jobs tests/zoo/zoo.py [--short] [--sizes]
        [--healthy N] [--only WORD] [--least N]

Prints a line a case, the confusion matrix with grades, and as its last line how many were right.
--short: a few of them, for `make test`; --sizes: each also at half and twice the size; --healthy:
so many healthy runs. Exit code 0: at least --least faults (default: all) were placed right and
nobody was blamed for nothing. The host itself may be busy: then a case is run once more.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

import cases

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PRONY = os.path.abspath(os.environ.get("PRONY", str(ROOT / "build/prony")))
JOBS = os.path.abspath(os.environ.get("PRONY_JOBS", str(ROOT / "build/examples/jobs/jobs")))
SHORT = ("lock contention", "database pool too small")
HARNESS = {"host-cpu"}  # what a busy machine may be blamed for

PLAN = """plan: 1
name: zoo
target: http://127.0.0.1:$api.port
services:
  api:
    command: {command} --port $api.port
    env: {env}
    ready: GET /healthz within 60s
scenarios:
  visit:
    steps:
      {steps}
load:
  warmup: {{ rate: 5/s, for: 2s }}
{connections}  timeout: {{ response: 5s }}
  stages:
    - {{ name: calm, {calm}, for: {seconds}s, settle: 1s }}
    - {{ name: busy, {busy}, for: {seconds}s, settle: 1s }}
objectives: [ {limit} ]
"""


def plan_of(case):
    words = {**case.env}
    env = "{ " + ", ".join(f'{key}: "{value}"' for key, value in words.items()) + " }"
    return PLAN.format(command=JOBS, env=env,
                       steps=case.steps, calm=case.calm, busy=case.busy, limit=case.limit,
                       seconds=case.seconds,
                       connections=f"  connections: {case.connections}\n" if case.connections
                       else "")


class Burner:
    """Takes a core for as long as it lives."""

    def __init__(self, core):
        self.child = subprocess.Popen(
            [sys.executable, "-c", "import os\nwhile os.getppid() > 1: pass"],
            preexec_fn=lambda: os.sched_setaffinity(0, {core}))

    def stop(self):
        self.child.kill()
        self.child.wait()


class Far:
    """Another service, of which the plan says nothing."""

    def __init__(self, settings):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.child = subprocess.Popen([JOBS, "--port", str(self.port)], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, env={**os.environ, **settings})

    def stop(self):
        self.child.terminate()
        self.child.wait()


def started(case, command, folder):
    """The run's child; with what stands beside it."""
    cores = sorted(os.sched_getaffinity(0))
    burners, words = [], [str(word) for word in command]
    if case.far:
        burners = [Far(case.far)]
        plan = folder / "plan.yaml"
        plan.write_text(plan.read_text().replace(":FAR/", f":{burners[0].port}/"))
    if case.prefix == "neighbour":  # service and neighbour share the last core
        plan = folder / "plan.yaml"
        text = plan.read_text().replace(f"command: {JOBS} --port $api.port",
                                        f"command: taskset -c {cores[-1]} {JOBS} --port $api.port")
        plan.write_text(text)
        burners = [Burner(cores[-1]) for _ in range(2)]
    return burners, words


def run(words, halting):
    """The ended run. `halting`: prony itself stands still for two fifths of each second."""
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    done = threading.Event()

    def halt():
        while halting and not done.wait(0.6):
            child.send_signal(signal.SIGSTOP)
            done.wait(0.4)
            child.send_signal(signal.SIGCONT)

    halter = threading.Thread(target=halt)
    halter.start()
    try:
        out, err = child.communicate(timeout=120)
    finally:
        done.set()
        halter.join()
        if child.poll() is None:
            child.kill()
    return subprocess.CompletedProcess(words, child.returncode, out, err)


def explain(case):
    """(cause as JSON, verdict) of one run."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="prony-zoo-"))
    try:
        (folder / "plan.yaml").write_text(plan_of(case))
        burners, words = started(case, [PRONY, "run", folder / "plan.yaml", "--runs-dir",
                                        folder / "runs", "--no-live", "--output", "json"], folder)
        try:
            done = run(words, case.prefix == "generator")
        finally:
            for burner in burners:
                burner.stop()
        if done.returncode not in (0, 1, 3):
            raise RuntimeError(f"{case.name}: exit {done.returncode}: {done.stderr[-1500:]}")
        why = subprocess.run([PRONY, "why", "last", "--runs-dir", folder / "runs", "--output",
                              "json"], capture_output=True, text=True, timeout=60)
        if why.returncode != 0:
            raise RuntimeError(f"{case.name}: why: {why.stderr}")
        return json.loads(why.stdout), json.loads(done.stdout)["verdict"]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def blamed(cause):
    if cause["state"] not in ("found", "harness"):
        return None
    return cause["suspects"][0]["id"]


def is_right(case, cause):
    who = blamed(cause)
    return who in case.blamed if case.blamed else who is None


def judge(case, say):
    """Runs it; once more where the machine itself was too busy to tell, or nothing was missed."""
    for attempt in (1, 2, 3):
        cause, verdict = explain(case)
        busy = blamed(cause) in HARNESS and not HARNESS & set(case.blamed)
        if is_right(case, cause) or not busy or attempt == 3:
            break
    mark = "right" if is_right(case, cause) else "WRONG"
    say(f"{mark}  {case.name}: {blamed(cause) or cause['state']} ({cause['grade'] or '-'}) · "
        f"{verdict} · {cause['sentence']}")
    return cause


def matrix(done, say):
    names = sorted({blamed(cause) or cause["state"] for _, cause in done})
    wide = max(len(case.name) for case, _ in done)
    say("\n" + " " * wide + "  " + "  ".join(names))
    for case, cause in done:
        who = blamed(cause) or cause["state"]
        row = "  ".join(((cause["grade"] or "x") if name == who else ".").center(len(name))
                        for name in names)
        say(f"{case.name:<{wide}}  {row}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--sizes", action="store_true")
    parser.add_argument("--healthy", type=int, default=6)
    parser.add_argument("--only", default="")
    parser.add_argument("--least", type=int)
    options = parser.parse_args()
    lock = threading.Lock()

    def say(line):
        with lock:
            print(line, flush=True)

    sizes = (0.5, 1, 2) if options.sizes else (1,)
    sick = [case for size in sizes for case in cases.faults(size) if options.only in case.name]
    well = [case for case in cases.healthy() if options.only in case.name]
    if options.short:
        sick = [case for case in sick if case.name in SHORT]
        well = well[:1]
    elif well:
        well = [well[i % len(well)] for i in range(options.healthy)]
    done = [(case, judge(case, say)) for case in sick + well]
    matrix(done, say)
    placed = sum(is_right(case, cause) for case, cause in done if case.blamed)
    accused = sum(not is_right(case, cause) for case, cause in done if not case.blamed)
    least = len(sick) if options.least is None else options.least
    say(f"\n{placed} of {len(sick)} faults placed right, {accused} of {len(well)} healthy runs "
        "accused of something")
    failed = max(0, least - placed) + accused
    say(f"{len(done) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
