"""How much a run grows while it lasts: the resident set, second by second, at 20,000 a second.
What it needs it has after a minute; from there on each second is like the one before."""
import json
import os
import pathlib
import re
import subprocess
import time

from generators import prony_command
from machine import Broken, Nginx, Row, cores

RATE = 20000
FIRST_S = 60
SHORT_S, LONG_S = 120, 540  # behind the first minute; long: ten minutes in all
GOAL_KIB = 256


def resident_kib(pid):
    """(all of it, its own memory, pages of files)"""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    found = [re.search(rf"^{name}:\s+(\d+) kB", text, re.M)
             for name in ("VmRSS", "RssAnon", "RssFile")]
    if not all(found):
        raise Broken("the run ended early")
    return tuple(int(one.group(1)) for one in found)


def growth_tells(sizes):
    """Whose pages came, and whether they go on coming."""
    first, half, last = sizes[FIRST_S - 1], sizes[(FIRST_S + len(sizes)) // 2], sizes[-1]
    return (f"{last[1] - first[1]} KiB of it are memory of its own and {last[2] - first[2]} KiB "
            f"pages of files (the run file's, its program's); the first half of that time brought "
            f"{half[0] - first[0]} KiB, the second {last[0] - half[0]} KiB.")


def watched(command, said, seconds):
    """(resident_kib() after each second of the run, its result)"""
    child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                             stdout=said, stderr=subprocess.DEVNULL,
                             preexec_fn=lambda: os.sched_setaffinity(0, {cores()[0]}))
    start = time.monotonic()
    sizes = []
    try:
        for second in range(1, seconds):
            time.sleep(max(0.0, start + second + 0.5 - time.monotonic()))
            sizes.append(resident_kib(child.pid))
        child.wait(60)
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
    if child.returncode not in (0, 3):
        raise Broken(f"prony: exit {child.returncode}")
    said.seek(0)
    return sizes, json.load(said)


def growth(folder, options, say):
    seconds = FIRST_S + (LONG_S if options.long else SHORT_S)
    nginx = Nginx(folder, cores()[-1])
    command = prony_command(nginx.url, folder / "runs", "--rate", f"{RATE}/s", "--threads", 1,
                            "--for", f"{seconds}s", "--p99", "10s", "--quiet")
    try:
        with open(folder / "result.json", "w+b") as said:
            sizes, result = watched(command, said, seconds)
    finally:
        nginx.stop()
    done = result["totals"]["done"]
    if done < 0.99 * RATE * seconds:
        raise Broken(f"{done / seconds:.0f}/s done of {RATE}/s: this host is too busy")
    whole = [size[0] for size in sizes]
    before, most = max(whole[:FIRST_S]), max(whole)  # some of it comes and goes
    grown = most - before
    say("  MiB: " + " · ".join(f"{whole[at - 1] / 1024:.2f} at {at} s"
                               for at in (1, 10, 30, *range(60, seconds, 30))))
    return [Row(f"growth of RSS at {RATE:,}/s in {seconds - FIRST_S} s after the first minute",
                f"<= {GOAL_KIB} KiB",
                f"{grown} KiB (from {before / 1024:.1f} MiB)", grown <= GOAL_KIB,
                growth_tells(sizes))], []
