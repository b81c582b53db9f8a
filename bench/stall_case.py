"""A server that stands still for a second: who says so. The truth does not come from any generator:
arrivals are where the schedule has them, replies where the server's own log has them."""
import calendar
import json
import math
import os
import re
import signal
import subprocess
import threading
import time

from machine import Broken, Nginx, cores, version_of

RATE, SECONDS = 1000, 10
STOP_AT, STOP_FOR = 4, 1
FEW, MANY = 4, 256
GOAL = 0.02
PEER_CONNECTIONS = 64


def quantile(values, share):
    """Nearest rank, rounded up."""
    return values[max(1, math.ceil(share * len(values))) - 1]


def figures(values):
    values = sorted(values)
    return {"p50": quantile(values, 0.5), "p95": quantile(values, 0.95),
            "p99": quantile(values, 0.99), "max": values[-1]}


def processes(nginx):
    """The master and its worker."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(nginx.child.pid)],
                           capture_output=True, text=True, check=True)
    return [nginx.child.pid, *map(int, found.stdout.split())]


def stand_still(nginx):
    """Stops it STOP_AT seconds from now, for STOP_FOR."""
    time.sleep(STOP_AT)
    pids = processes(nginx)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(STOP_FOR)
    for pid in reversed(pids):
        os.kill(pid, signal.SIGCONT)


def beside_stall(nginx, command):
    """What `command` printed while the server stood still."""
    core = cores()[0]
    stopper = threading.Thread(target=stand_still, args=(nginx,))
    stopper.start()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False,
                          preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    stopper.join()
    return done


# --- prony against the truth ----------------------------------------------------------------------

PLAN = """plan: 1
name: stall
target: {url}
scenarios: {{ all: {{ steps: [ GET / ] }} }}
load:
  arrivals: even
  connections: {connections}
  stages: [ {{ name: hold, rate: {rate}/s, for: {seconds}s }} ]
objectives: [ max < 9s ]
"""


def prony_run(prony, nginx, folder, connections):
    """(what prony says, the truth), both in ms."""
    plan = folder / f"stall-{connections}.yaml"
    plan.write_text(PLAN.format(url=nginx.url, connections=connections, rate=RATE,
                                seconds=SECONDS))
    nginx.ends.write_text("")
    done = beside_stall(nginx, [prony, "run", plan, "--output", "json", "--quiet", "--runs-dir",
                                folder / "runs"])
    if done.returncode not in (0, 3):
        raise Broken(f"prony: exit {done.returncode}\n{done.stderr[-2000:]}")
    result = json.loads(done.stdout)
    started = result["started"]
    stamp = time.strptime(started[:19], "%Y-%m-%dT%H:%M:%S")
    origin = calendar.timegm(stamp) + float("0" + started[19:-1])
    ends = sorted(float(line) - origin for line in nginx.ends.read_text().split())
    arrivals = [(k + 0.5) / RATE for k in range(RATE * SECONDS)]
    if len(ends) != len(arrivals):
        raise Broken(f"{len(ends)} replies in the server's log for {len(arrivals)} arrivals")
    truth = figures([max(0, end - due) * 1000 for due, end in zip(arrivals, ends)])
    return result, truth, arrivals, ends


# --- what other ways of measuring make of the same ------------------------------------------------

def stall_of(ends):
    """(start, end) of the longest time without a reply."""
    gaps = [(b - a, a, b) for a, b in zip(ends, ends[1:])]
    _, start, end = max(gaps)
    return start, end


def closed_loop(ends, connections, usual_ms):
    """Each connection sends when it has its reply: in the stall each has one slow request, and the
    arrivals that would have come are never sent."""
    start, end = stall_of(ends)
    fast = [usual_ms] * (RATE * (SECONDS - STOP_FOR))
    return figures(fast + [(end - start) * 1000] * connections)


def dropping(arrivals, ends, connections, usual_ms):
    """Arrivals on time while a user is free; then they are dropped, and counted elsewhere."""
    start, end = stall_of(ends)
    held = [due for due in arrivals if start <= due < end][:connections]
    others = [due for due in arrivals if not start <= due < end]
    return figures([usual_ms] * len(others) + [(end - due) * 1000 for due in held])


def ticker_corrected(arrivals, ends, connections, usual_ms):
    """Measured from the send, then filled up: behind each slow value, one every interval of a
    connection that was due and not sent (as HdrHistogram's correction does)."""
    start, end = stall_of(ends)
    interval_ms = 1000 * connections / RATE
    values = [usual_ms] * (RATE * (SECONDS - STOP_FOR))
    for _ in range(connections):
        value = (end - start) * 1000
        while value > usual_ms:
            values.append(value)
            value -= interval_ms
    return figures(values)


# --- peers as they are ----------------------------------------------------------------------------

UNITS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}


def in_ms(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * UNITS[unit]


def wrk_says(out):
    found = {name: in_ms(value) for name, value in re.findall(r"^\s+(50|99)%\s+(\S+)$", out, re.M)}
    most = re.search(r"Latency\s+\S+\s+\S+\s+(\S+)", out)
    return {"p99": found.get("99"), "max": in_ms(most.group(1)) if most else None}


def hey_says(out):
    p99 = re.search(r"99%+ in ([\d.]+) secs", out)
    most = re.search(r"Slowest:\s+([\d.]+) secs", out)
    return {"p99": float(p99.group(1)) * 1000 if p99 else None,
            "max": float(most.group(1)) * 1000 if most else None}


def ab_says(out):
    p99 = re.search(r"^\s+99%\s+(\d+)", out, re.M)
    most = re.search(r"^\s*100%\s+(\d+)", out, re.M)
    return {"p99": float(p99.group(1)) if p99 else None,
            "max": float(most.group(1)) if most else None}


def autocannon_says(out):
    latency = json.loads(out)["latency"]
    return {"p99": latency["p99"], "max": latency["max"]}


def install_autocannon(folder):
    """Its program, or None where npm cannot have it."""
    try:
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, "autocannon"],
                       capture_output=True, timeout=120, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return folder / "node_modules" / ".bin" / "autocannon"


def peers(folder, url):
    n = PEER_CONNECTIONS
    found = [
        (f"wrk {version_of(['wrk', '--version'])}",
         ["wrk", "-t1", f"-c{n}", f"-d{SECONDS}s", "--latency", url], wrk_says),
        ("hey, 1000/s asked for",
         ["hey", "-z", f"{SECONDS}s", "-c", "50", "-q", RATE // 50, url], hey_says),
        (f"ab {version_of(['ab', '-V'])}",
         ["ab", "-q", "-k", f"-c{n}", f"-t{SECONDS}", "-n100000000", url], ab_says),
    ]
    program = install_autocannon(folder)
    if program:
        found.append(("autocannon, 1000/s asked for",
                      [program, "-c", n, "-d", SECONDS, "-R", RATE, "--json", url],
                      autocannon_says))
    return found


# --- all of it ------------------------------------------------------------------------------------

def shown(value):
    return "–" if value is None else f"{value:.0f} ms" if value >= 10 else f"{value:.2f} ms"


def line(name, said):
    cells = " | ".join(shown(said.get(figure)) for figure in ("p50", "p95", "p99", "max"))
    return f"| {name} | {cells} |"


def stalled(prony, folder, say, Row):
    nginx = Nginx(folder, cores()[-1], log=True)
    rows = []
    text = ["## A server that stands still for a second, told by each", "",
            f"{RATE} requests a second for {SECONDS} s (wrk, ab: as many as they can), nginx "
            f"stopped for {STOP_FOR} s. The truth pairs the schedule's k-th arrival with the k-th "
            "reply in the server's log (1 ms).", "",
            "| who | p50 | p95 | p99 | max |", "|---|---:|---:|---:|---:|"]
    try:
        for connections in (FEW, MANY):
            result, truth, arrivals, ends = prony_run(prony, nginx, folder, connections)
            said = result["totals"]["response_ms"]
            usual = result["totals"]["service_ms"]["p50"]
            off = max(abs(said[f] / truth[f] - 1) for f in ("p95", "p99", "max"))
            rows.append(Row(f"a stall of 1 s, {connections} connections: p95, p99, max off by",
                            f"<= {GOAL:.0%}", f"{off:.2%} at most", off <= GOAL,
                            "prony's own lag had a p99.9 of "
                            f"{result['totals']['lag_ms']['p99.9']:.2f} ms; the log tells to "
                            "1 ms, which of the truth's p95 is "
                            f"{1 / truth['p95']:.2%}"))
            text.append(line(f"truth, {connections} connections", truth))
            text.append(line(f"prony, {connections} connections", said))
            text.append(line(f"a closed loop of {connections} would say",
                             closed_loop(ends, connections, usual)))
            text.append(line(f"one that drops arrivals beyond {connections} users",
                             dropping(arrivals, ends, connections, usual)))
            text.append(line(f"one that corrects by the ticker of {connections}",
                             ticker_corrected(arrivals, ends, connections, usual)))
            say(f"  {connections} connections: off by {off:.2%}; trust {result['trust']['level']}")
        for name, command, read in peers(folder, nginx.url):
            done = beside_stall(nginx, command)
            said = read(done.stdout) if done.returncode == 0 else {}
            text.append(line(name, said))
            say(f"  {name}: p99 {shown(said.get('p99'))}, max {shown(said.get('max'))}")
    finally:
        nginx.stop()
    return rows, text
