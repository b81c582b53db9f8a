"""M/M/1, live: Poisson arrivals by prony's open model, one server with exponential service times
(queue.c). Does theory lie within the 95 % intervals that prony prints? Printed, not asserted: one
in twenty such intervals misses by right.

Theory is asked about what took place: the arrival rate and the mean service time of the server's
own log, so that late timers are part of the service, not an error. With rate l and mean 1/m the
response time is exponential with mean 1 / (m - l). What theory cannot know is the way between the
two, some 0.1 ms of loopback on both sides, and what the log's own figures are off by chance.
Source: L. Kleinrock, Queueing Systems 1 (1975), 3.2.
"""
import calendar
import json
import math
import statistics
import subprocess
import time

from generators import PRONY
from machine import Broken, Row, built, cores

MEAN_MS, LOAD = 2.5, 0.7
RATE = round(1000 * LOAD / MEAN_MS)
SECONDS, SETTLE_S = 60, 2
SEED = 20
VARIATION_OFF = 0.1  # by chance it is off by 0.01 to 0.03
FIGURES = {"avg": 1.0, "p50": math.log(2), "p95": math.log(20), "p99": math.log(100)}
PLAN = """plan: 1
name: queue
target: http://127.0.0.1:{port}
scenarios: {{ all: {{ steps: [ GET / ] }} }}
load:
  threads: 1
  stages: [ {{ name: hold, rate: {rate}/s, for: {seconds}s, settle: {settle}s }} ]
objectives: [ avg < 9s, p50 < 9s, p95 < 9s, p99 < 9s ]
"""


def run_beside(program, folder):
    """(prony's result, the server's log: came, ended, service in s)"""
    core = cores()[-1]
    server = subprocess.Popen(["taskset", "-c", str(core), program, str(MEAN_MS * 1000), str(SEED)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = server.stdout.readline().strip()
    try:
        plan = folder / "queue.yaml"
        plan.write_text(PLAN.format(port=port, rate=RATE, seconds=SECONDS, settle=SETTLE_S))
        done = subprocess.run(["taskset", "-c", str(cores()[0]), PRONY, "run", plan, "--output",
                               "json", "--quiet", "--runs-dir", folder / "runs"],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              check=False)
    finally:
        log, _ = server.communicate()
    if done.returncode not in (0, 3):
        raise Broken(f"prony: exit {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout), [tuple(map(float, line.split())) for line in log.splitlines()]


def started(result):
    stamp = result["started"]
    whole = calendar.timegm(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S"))
    return whole + float("0" + stamp[19:-1])


def ms(end):
    return "no end" if end is None else f"{end:.1f}"


def must_be_exponential(services):
    """A host that stands still is a server of another kind, and theory is of another queue."""
    mean = statistics.fmean(services)
    variation = statistics.pstdev(services, mean) / mean
    if abs(variation - 1) > VARIATION_OFF:
        raise Broken(f"this host held the server up: its service times vary by {variation:.2f} of "
                     f"their mean ({mean * 1000:.2f} ms), and exponential ones by 1")
    return mean


def queue(folder, _options, say):
    result, log = run_beside(built("queue"), folder)
    begin = started(result) + SETTLE_S
    judged = [line for line in log if begin <= line[0] < begin + SECONDS - SETTLE_S]
    if len(judged) < 0.9 * RATE * (SECONDS - SETTLE_S):
        raise Broken(f"{len(judged)} requests in the server's log")
    rate = len(judged) / (SECONDS - SETTLE_S)
    mean_s = must_be_exponential([service for _, _, service in judged])
    mean_ms = 1000 / (1 / mean_s - rate)
    say(f"  {rate:.1f}/s, service {mean_s * 1000:.3f} ms, load {rate * mean_s:.3f}; "
        f"trust {result['trust']['level']}")
    rows = []
    sojourn = sum(end - came for came, end, _ in judged) / len(judged) * 1000
    for objective, (name, factor) in zip(result["objectives"], FIGURES.items()):
        low, high = objective["interval"]
        theory = mean_ms * factor
        # Where the sample does not carry both ends, prony says so, and there is nothing to hold.
        both = low is not None and high is not None
        rows.append(Row(f"M/M/1 at a load of {rate * mean_s:.2f}: {name} by theory, within prony's "
                        "95 % interval", "within",
                        f"{theory:.1f} ms; prony {objective['value']:.1f} ({ms(low)} to "
                        f"{ms(high)}) ms", low <= theory <= high if both else None,
                        f"the server's own log has a mean of {sojourn:.1f} ms where theory says "
                        f"{mean_ms:.1f}, and prony's interval is meant to miss one time in twenty"))
        say(f"  {rows[-1].figure}: {rows[-1].value}")
    rows.append(Row("the same: mean of the server's own log", None, f"{sojourn:.1f} ms"))
    return rows, []
