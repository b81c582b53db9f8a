"""What a second worker makes of a request's CPU, over a network that costs next to nothing: the
null server of `--calibrate` (null.c).

Two cores have no room for two workers and a server that disturbs neither, so everything is the
same but what is asked about. All runs may use all cores, against two null servers in turn, which
take what CPU they need; only prony's own CPU counts.

- Two workers in one process against two processes of one worker each, at the same time: as many
  connections, as busy cores. What differs is what workers share.
- Two workers against one alone: what a person sees who asks for a second thread. It has the
  servers' hunger for the cores in it, which one worker on two cores does not meet.
"""
import concurrent.futures
import json
import statistics
import subprocess

from generators import CONNECTIONS, PRONY, prony_requests
from machine import Broken, Row, built, cores, measured

GOAL = 1.1
ROUNDS = 7
SERVERS = 2
PLAN = """plan: 1
name: workers-{workers}
target: [ {targets} ]
scenarios: {{ all: {{ steps: [ GET / ] }} }}
load:
  threads: {workers}
  stages: [ {{ name: hold, users: {users}, for: {seconds}s }} ]
objectives: [ errors < 1% ]
"""


class NullServers:
    """As many as are asked for; each serves until its stdin is closed."""

    def __init__(self, count):
        program = built("null")
        self.children = []
        self.urls = []
        for _ in range(count):
            child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     text=True)
            self.children.append(child)
            port = child.stdout.readline().strip()
            if not port:
                self.stop()
                raise Broken("bench/null does not start")
            self.urls.append(f"http://127.0.0.1:{port}/")

    def stop(self):
        for child in self.children:
            child.stdin.close()
            child.wait()
            child.stdout.close()


def run(plan, runs):
    ended = measured([PRONY, "run", plan, "--quiet", "--output", "json", "--runs-dir",
                      runs]).must(0, 3)
    return ended.cpu_s * 1e6, prony_requests(ended.out)


def together(plans, folder):
    """(CPU per request in us, requests) of runs at the same time."""
    with concurrent.futures.ThreadPoolExecutor(len(plans)) as pool:
        jobs = [pool.submit(run, plan, folder / f"runs-{i}") for i, plan in enumerate(plans)]
        done = [job.result() for job in jobs]
    return sum(cpu for cpu, _ in done) / sum(n for _, n in done), sum(n for _, n in done)


def write_plan(folder, servers, workers, seconds):
    path = folder / f"workers-{workers}.yaml"
    targets = ", ".join(json.dumps(url) for url in servers.urls)
    path.write_text(PLAN.format(workers=workers, targets=targets, users=CONNECTIONS * workers,
                                seconds=seconds))
    return path


def row_of(rounds, other, figure):
    ratios = [done["two"][0] / done[other][0] for done in rounds]
    middle = statistics.median(ratios)
    return Row(figure, f"<= {GOAL:.2f}",
               f"{middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f})", middle <= GOAL,
               "two workers take "
               f"{statistics.median(done['two'][0] for done in rounds):.2f} us a request, the "
               f"other way {statistics.median(done[other][0] for done in rounds):.2f} us")


def workers(folder, options, say):
    if len(cores()) < 2:
        raise Broken("one core: nothing to be seen of two workers")
    servers = NullServers(SERVERS)
    rounds = []
    try:
        one, two = [write_plan(folder, servers, n, options.seconds) for n in (1, 2)]
        ways = [("two", [two]), ("apart", [one, one]), ("one", [one])]
        for i in range(min(ROUNDS, options.rounds)):
            done = {name: together(plans, folder) for name, plans in ways[i % 3:] + ways[:i % 3]}
            rounds.append(done)
            say(f"  round {i + 1}: " + " · ".join(
                f"{name} {done[name][0]:.2f} us, {done[name][1] / options.seconds:.0f}/s"
                for name, _ in ways))
    finally:
        servers.stop()
    alone = statistics.median(done["one"][0] for done in rounds)
    return [row_of(rounds, "apart", "CPU per request, two workers / two processes of one worker "
                   "each, null network"),
            row_of(rounds, "one", "CPU per request, two workers / one, null network, the servers "
                   "on the same two cores"),
            Row("CPU per request, one worker, null network", None, f"{alone:.2f} us")], []
