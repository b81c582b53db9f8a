"""What the live view costs: the same load with it and without, in turns, on a large terminal."""
import fcntl
import json
import os
import pty
import statistics
import struct
import subprocess
import termios
import threading

from machine import Broken, Nginx, cores

PAIRS = 11
SECONDS = 4
RATE = 1000  # 4,000 requests: the least that carry a p99.9
ROWS, COLUMNS = 60, 200
GOAL_SHARE = 0.01  # of a core
# Lag p99.9 of a shared machine differs from run to run by more than any view could add: what
# counts is that a run with the view is as often below its neighbour without as above it.
GOAL_LAG = 1.25


def drain(fd):
    """A terminal that takes what it is sent."""
    try:
        while os.read(fd, 1 << 16):
            pass
    except OSError:
        pass  # EIO: nobody has it open any more


def run_once(prony, url, folder, core, flags):
    """(CPU seconds of the whole process, lag p99.9 in ms) of one run on a terminal of its own."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def own_terminal():
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
        os.sched_setaffinity(0, {core})

    env = {k: v for k, v in os.environ.items() if k != "CI"}
    env.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
    reader = threading.Thread(target=drain, args=(ours,))
    with open(folder / "result.json", "w+b") as out:
        child = subprocess.Popen([prony, "run", url, "--rate", f"{RATE}/s", "--for", f"{SECONDS}s",
                                  "--warmup", "0s", "--p95", "1s", "--threads", "1", "--output",
                                  "json", "--runs-dir", folder / "runs", *flags],
                                 env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=theirs,
                                 preexec_fn=own_terminal)
        os.close(theirs)
        reader.start()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        reader.join()
        os.close(ours)
        out.seek(0)
        text = out.read()
    if child.returncode not in (0, 3):
        raise Broken(f"prony on a terminal: exit {child.returncode}")
    lag_ms = json.loads(text)["totals"]["lag_ms"]["p99.9"]
    return usage.ru_utime + usage.ru_stime, lag_ms


def live_tells(with_view, without):
    """How far two runs without the view differ, one after the other: by nothing but the host."""
    lags = [lag for _, lag in without]
    beside = sorted(max(a, b) / min(a, b) for a, b in zip(lags, lags[1:]))
    more = sum(a[1] > b[1] for a, b in zip(with_view, without))
    return (f"lag was higher with the view in {more} of {len(lags)} pairs. Two runs without it, "
            f"one after the other, differ by a factor of {statistics.median(beside):.2f} at the "
            f"middle and up to {beside[-1]:.2f} by nothing but the host.")


def live_view(prony, folder, say, row):
    nginx = Nginx(folder, cores()[-1])
    with_view, without = [], []
    try:
        for i in range(PAIRS):
            turns = [(with_view, []), (without, ["--no-live"])]
            for into, flags in turns if i % 2 else reversed(turns):
                into.append(run_once(prony, nginx.url, folder, cores()[0], flags))
            say(f"  round {i + 1}: CPU {with_view[-1][0]:.3f} s with, {without[-1][0]:.3f} s "
                f"without; lag p99.9 {with_view[-1][1]:.2f} ms with, "
                f"{without[-1][1]:.2f} ms without")
    finally:
        nginx.stop()
    shares = [(a[0] - b[0]) / SECONDS for a, b in zip(with_view, without)]
    share = statistics.median(shares)
    lags = [a[1] / b[1] for a, b in zip(with_view, without)]
    lag = statistics.median(lags)
    typical = [statistics.median(lag for _, lag in runs) for runs in (with_view, without)]
    return [row(f"live view, {COLUMNS}x{ROWS}: share of a core", f"<= {GOAL_SHARE:.0%}",
                f"{share:.2%} ({min(shares):.2%} to {max(shares):.2%})", share <= GOAL_SHARE,
                "a run without the view takes "
                f"{statistics.median(b[0] for b in without):.3f} s of CPU in {SECONDS} s, one with "
                f"it {statistics.median(a[0] for a in with_view):.3f} s"),
            row("live view: lag p99.9 with it / without", f"<= {GOAL_LAG}",
                f"{lag:.2f} ({min(lags):.2f} to {max(lags):.2f}); medians {typical[0]:.2f} ms and "
                f"{typical[1]:.2f} ms", lag <= GOAL_LAG, live_tells(with_view, without))], []
