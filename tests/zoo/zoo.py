#!/usr/bin/python3
"""Services with a planted fault each: does `prony why` name the right place, and nobody of the
healthy ones?

    PRONY=build/prony PRONY_JOBS=build/examples/jobs/jobs tests/zoo/zoo.py [--short] [--sizes]
        [--others] [--healthy N] [--only WORD] [--least N] [--keep DIR]

Prints a line a case, the confusion matrix with grades, and as its last line how many were right.
--short: a few of them, all at once, for `make test`; --sizes: each also at half and twice the
size; --others: faults besides that are in no list; --healthy: so many healthy runs; --keep: what
was told of each run that was judged wrongly is kept there. Exit code 0: at least --least faults
(default: all) were placed right and nobody was blamed for nothing. The host itself may be busy:
then a case is run once more, and it is said.
"""
import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import beside
import cases

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PRONY = os.path.abspath(os.environ.get("PRONY", str(ROOT / "build/prony")))
JOBS = os.path.abspath(os.environ.get("PRONY_JOBS", str(ROOT / "build/examples/jobs/jobs")))
AIO = ROOT / "examples" / "aio" / "aio.py"
ODD = ROOT / "tests" / "zoo" / "odd.py"
# What they are slow by is waiting and no work, so that a slow or busy machine is not what is seen.
SHORT = ("database pool too small", "slow downstream", "a blocking call on the loop",
         "slow, but no slower")
SHORT_S = 4
HARNESS = {"host-cpu", "generator"}  # what a busy machine may be blamed for
TRIES = 3

PLAN = """plan: 1
name: zoo
target: http://127.0.0.1:$api.port
services:
  api:
    command: {command}
    env: {env}
    ready: {ready} within 60s
{services}scenarios:
{scenarios}load:
  warmup: {{ rate: 5/s, for: 2s }}
{connections}  timeout: {{ response: 5s }}
  stages:
    - {{ name: calm, {calm}, for: {seconds}s, settle: 1s{calm_mix} }}
    - {{ name: busy, {busy}, for: {seconds}s, settle: 1s{busy_mix} }}
objectives: [ {limit} ]
"""


def scenario(name, steps):
    return f"  {name}:\n    steps:\n      {steps}\n"


def command_of(case, around):
    words = {"jobs": f"{JOBS} --port $api.port", "aio": f"/usr/bin/python3 {AIO} --port $api.port"}
    if case.program.startswith("odd:"):
        asks = f" 127.0.0.1,{around.database.port},jobs,jobs" if around.database else ""
        command = f"/usr/bin/python3 {ODD} {case.program[4:]} $api.port{asks}"
    else:
        command = words[case.program]
    return " ".join([*around.prefix, *case.prefix, command])


def plan_of(case, around):
    env = dict(case.env)
    if around.database and case.program == "jobs":
        env["DB"] = around.database.url
    if around.cache:
        env["CACHE"] = around.cache.url
    if around.far:
        env = {key: value.replace(":FAR/", f":{around.far.port}/") for key, value in env.items()}
    quoted = "{ " + ", ".join(f'{key}: "{value}"' for key, value in env.items()) + " }"
    two = bool(case.busy_steps)
    return PLAN.format(
        command=command_of(case, around), env=quoted, services=around.services(),
        ready="port" if case.program.startswith("odd:") else "GET /healthz",
        scenarios=scenario("visit", case.steps) + (scenario("other", case.busy_steps) if two
                                                   else ""),
        calm=case.calm, busy=case.busy, limit=case.limit, seconds=case.seconds,
        calm_mix=", mix: { visit: 1 }" if two else "", busy_mix=", mix: { other: 1 }" if two
        else "",
        connections=f"  connections: {case.connections}\n" if case.connections else "")


def run(words, case, around):
    """The ended run, with somebody who does something meanwhile."""
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    done = threading.Event()
    act = beside.ACTORS.get(case.actor)
    busy_s = 2 + case.seconds + 1  # behind the start of the load
    actor = threading.Thread(target=act or (lambda *_: None), args=(child, around, done, busy_s))
    actor.start()
    try:
        out, err = child.communicate(timeout=180)
    finally:
        done.set()
        actor.join()
        if child.poll() is None:
            child.kill()
    return subprocess.CompletedProcess(words, child.returncode, out, err)


def explain(case, keep):
    """(cause as JSON, verdict, what it said as text) of one run."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="prony-zoo-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        around = stack.enter_context(beside.Around(case, JOBS))
        (folder / "plan.yaml").write_text(plan_of(case, around))
        done = run([PRONY, "run", folder / "plan.yaml", "--runs-dir", folder / "runs", "--no-live",
                    "--output", "json"], case, around)
        if done.returncode not in (0, 1, 3):
            raise RuntimeError(f"{case.name}: exit {done.returncode}: {done.stderr[-1500:]}")
        asked = [PRONY, "why", "last", "--runs-dir", folder / "runs", "--output"]
        why = subprocess.run([*asked, "json"], capture_output=True, text=True, timeout=60)
        if why.returncode != 0:
            raise RuntimeError(f"{case.name}: why: {why.stderr}")
        cause = json.loads(why.stdout)
        if keep and not is_right(case, cause):
            keep.mkdir(parents=True, exist_ok=True)
            text = subprocess.run([*asked, "text"], capture_output=True, text=True, timeout=60)
            name = case.name.replace(" ", "-").replace("/", "-")
            (keep / f"{name}-{time.time_ns() // 10**9}.txt").write_text(text.stdout)
            for file in (folder / "runs").rglob("*.prony"):
                shutil.copy(file, keep / f"{name}.prony")
        return cause, json.loads(done.stdout)["verdict"]


def blamed(cause):
    if cause["state"] not in ("found", "harness"):
        return None
    return cause["suspects"][0]["id"]


def is_right(case, cause):
    who = blamed(cause)
    return who in case.blamed if case.blamed else who is None


def judge_twice(case, say, keep):
    """A single run may fall into a bad moment of a machine that others use, too: after a wrong
    answer two right ones are wanted."""
    cause = judge(case, say, keep)
    if is_right(case, cause):
        return cause
    say(f"again  {case.name}: now right twice, or it is wrong")
    for _ in range(2):
        cause = judge(case, say, keep)
        if not is_right(case, cause):
            break
    return cause


def judge(case, say, keep):
    """Runs it; again where the machine itself was too busy to tell."""
    for attempt in range(1, TRIES + 1):
        cause, verdict = explain(case, keep)
        stage = cause["after"] and cause["after"]["stage"]
        early = stage is not None and stage != "busy"  # calm is meant to go well
        busy = early or (blamed(cause) in HARNESS and blamed(cause) not in case.blamed)
        if is_right(case, cause) or not busy or attempt == TRIES:
            break
        say(f"again  {case.name}: this machine was busy: {cause['sentence']}")
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


def chosen(options):
    sizes = (0.5, 1, 2) if options.sizes else (1,)
    sick = [case for size in sizes for case in cases.faults(size)]
    if options.others:
        sick += [case for size in sizes for case in cases.others(size)]
    well = cases.healthy()
    if options.short:
        some = [case for case in cases.faults() + cases.others() + well if case.name in SHORT]
        for case in some:
            case.seconds = SHORT_S
        return [case for case in some if case.blamed], [case for case in some if not case.blamed]
    sick = [case for case in sick if options.only in case.name]
    well = [case for case in well if options.only in case.name]
    return sick, [well[i % len(well)] for i in range(options.healthy)] if well else []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--sizes", action="store_true")
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--healthy", type=int, default=6)
    parser.add_argument("--only", default="")
    parser.add_argument("--least", type=int)
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    lock = threading.Lock()

    def say(line):
        with lock:
            print(line, flush=True)

    sick, well = chosen(options)
    with concurrent.futures.ThreadPoolExecutor(len(SHORT) if options.short else 1) as pool:
        ask = judge_twice if options.short else judge
        causes = list(pool.map(lambda case: ask(case, say, options.keep), sick + well))
    done = list(zip(sick + well, causes))
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
