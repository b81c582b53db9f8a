"""The load generators that are compared: how each is called, and how it tells what it did."""
import json
import re
import subprocess

from machine import ROOT, Broken, cores, measured, version_of

PRONY = ROOT / "build" / "prony"
CONNECTIONS = 64
FLOOR_FLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra"]


def number_in(pattern, text):
    found = re.search(pattern, text)
    if not found or int(found.group(1)) == 0:
        raise Broken(f"no requests told in:\n{text}")
    return int(found.group(1))


class Generator:
    """A load generator: `command(url, port, seconds)`, how it tells the number of requests that it
    finished, and the exit codes that are no failure of it."""

    def __init__(self, name, version, command, requests, codes=(0,)):
        self.name, self.version, self.command, self.requests = name, version, command, requests
        self.codes = codes

    def cost(self, nginx, seconds):
        """(CPU time per finished request in us, requests) of one block, start and end included."""
        core = cores()[0]
        ended = measured(self.command(nginx.url, nginx.port, seconds), core).must(*self.codes)
        requests = self.requests(ended.out)
        return ended.cpu_s * 1e6 / requests, requests


def prony_command(url, runs, *flags):
    return [PRONY, "run", url, "--warmup", "0s", "--output", "json", "--runs-dir", runs, *flags]


def one_request(nginx, folder, core=None):
    """Exit code 3 is right: one request proves nothing of a share of errors."""
    return measured(prony_command(nginx.url, folder / "runs", "-n", 1), core).must(0, 3)


def prony_requests(out):
    stages = json.loads(out)["stages"]
    return sum(stage["arrivals"]["done"] for stage in stages)


def prony_and_wrk(folder, *flags):
    n = CONNECTIONS
    return [
        Generator("prony", version_of([PRONY, "--version"]),
                  lambda url, port, s: prony_command(url, folder / "runs", "--users", n, *flags,
                                                     "--threads", 1, "--for", f"{s}s", "--quiet"),
                  prony_requests),
        Generator("wrk", version_of(["wrk", "--version"]),
                  lambda url, port, s: ["wrk", "-t1", f"-c{n}", f"-d{s}s", url],
                  lambda out: number_in(r"(\d+) requests in", out)),
    ]


def generators(folder):
    floor = folder / "floor"
    subprocess.run(["cc", *FLOOR_FLAGS, "-o", floor, ROOT / "bench" / "floor.c"], check=True)
    n = CONNECTIONS
    return prony_and_wrk(folder) + [
        Generator("h2load", version_of(["h2load", "--version"]),
                  lambda url, port, s: ["h2load", "--h1", "-t1", f"-c{n}", "-D", s, url],
                  lambda out: number_in(r"(\d+) succeeded", out)),
        Generator("ab", version_of(["ab", "-V"]),
                  lambda url, port, s: ["ab", "-q", "-k", f"-c{n}", f"-t{s}", "-n100000000", url],
                  lambda out: number_in(r"Complete requests:\s+(\d+)", out)),
        Generator("floor", "bench/floor.c",
                  lambda url, port, s: [floor, port, n, s * 1000],
                  lambda out: number_in(r"^(\d+)$", out)),
    ]
