#!/usr/bin/python3
"""bench/budget.py - instructions in user space of one plain request, held against bench/budget.txt.

    bench/budget.py PRONY NULL_SERVER         a test: exit code 1 when it is over the budget
    bench/budget.py PRONY NULL_SERVER --set   writes what is measured as the new budget

Closed loop, 64 connections, full statistics, against bench/null.c: callgrind counts what prony's
worker does in a long run and in a short one, and the difference is of the requests alone. Counts
are no timing: they are the same to 0.5 % on a busy machine, since under callgrind prony is so slow
that all replies are there whenever it looks. What the kernel does is not in them.
"""
import argparse
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

BUDGET = pathlib.Path(__file__).resolve().with_name("budget.txt")
SLACK = 0.05
USERS, SHORT, LONG = 64, 5000, 25000
SKIPPED = 77
HEAD = """# Instructions in user space of one plain request; bench/budget.py says how it counts.
# `make test` fails where a request takes over 5 % more. Lower it with the change that saves some;
# raise it only with a reason, in the commit's body. Either by:
#   bench/budget.py build/prony build/bench/null --set
"""


class Broken(Exception):
    pass


def of_worker(folder):
    """Instructions of the thread that runs the worker: callgrind writes a file for each thread."""
    for path in folder.glob("counts-*"):
        text = path.read_text()
        if re.search(r"^c?fn=\(\d+\) worker_run$", text, re.M):
            return int(re.search(r"^totals: (\d+)$", text, re.M).group(1))
    raise Broken("no thread ran worker_run(); was it renamed?")


def counted(options, requests):
    server = subprocess.Popen([options.null_server], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True)
    try:
        with tempfile.TemporaryDirectory(prefix="prony-budget-") as folder:
            folder = pathlib.Path(folder)
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}/"
            done = subprocess.run(
                ["valgrind", "--tool=callgrind", "--separate-threads=yes",
                 f"--callgrind-out-file={folder}/counts", options.prony, "run", url, "--users",
                 str(USERS), "-n", str(requests), "--threads", "1", "--warmup", "0s", "-qq",
                 "--runs-dir", f"{folder}/runs"], capture_output=True, text=True,
                stdin=subprocess.DEVNULL, check=False)
            # Under callgrind a run may well call itself not to be trusted: 3.
            if done.returncode not in (0, 3):
                raise Broken(f"prony: exit {done.returncode}\n{done.stderr[-2000:]}")
            return of_worker(folder)
    finally:
        server.stdin.close()
        server.wait()
        server.stdout.close()


def measured(options):
    return (counted(options, LONG) - counted(options, SHORT)) / (LONG - SHORT)


def budget():
    """(instructions, the kind of processor they are of)"""
    found = re.search(r"^(\d+) (\S+)$", BUDGET.read_text(), re.M)
    if not found:
        raise Broken(f"{BUDGET}: no line such as '2500 {platform.machine()}'")
    return int(found.group(1)), found.group(2)


def check(options):
    allowed, machine = budget()
    if machine != platform.machine():
        print(f"skipped: the budget is of {machine}, this is {platform.machine()}")
        return SKIPPED
    found = measured(options)
    print(f"{found:.0f} instructions a request, {found / allowed - 1:+.1%} of the budget of "
          f"{allowed}")
    if found > allowed * (1 + SLACK):
        print(f"over it by more than {SLACK:.0%}. Where they are: callgrind_annotate of such a run."
              "\nIf they are worth it: bench/budget.py build/prony build/bench/null --set")
        return 1
    if found < allowed * (1 - SLACK):
        print("the budget can be lowered: bench/budget.py build/prony build/bench/null --set")
    return 0


def main():
    parser = argparse.ArgumentParser(prog="bench/budget.py")
    parser.add_argument("prony")
    parser.add_argument("null_server")
    parser.add_argument("--set", action="store_true", help="write the new budget")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        print("skipped: no valgrind here")
        return SKIPPED
    try:
        if not options.set:
            return check(options)
        found = measured(options)
    except Broken as error:
        print(f"budget.py: {error}")
        return 1
    BUDGET.write_text(f"{HEAD}{found:.0f} {platform.machine()}\n")
    print(f"{found:.0f} instructions a request, written to {BUDGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
