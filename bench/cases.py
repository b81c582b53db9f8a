"""What is measured, one function each. Every one returns rows (figure, goal, measured, met) and
text that goes below the table; met is None where there is no goal."""
import json
import statistics

from generators import (CONNECTIONS, PRONY, generators, one_request, prony_and_wrk)
from growth_case import growth
from histogram_case import histogram
from lag_case import lag
from live_case import live_view
from machine import ROOT, Broken, Nginx, Row, cores, measured
from memory_case import users_memory
from observe_case import observing
from open_case import open_model
from queue_case import queue
from report_case import report_times
from stall_case import stalled
from step_case import step
from tls_case import kept_connections
from watch_case import days_watched
from workers_case import workers

GOALS = {"wrk": 0.75, "h2load": 0.75, "floor": 1.2}


# --- CPU per request ------------------------------------------------------------------------------

def cpu_per_request(folder, options, say):
    """prony against others on the same core and target, in short blocks that take turns: what the
    machine does to one it does to all, and the ratio of a round is free of it."""
    nginx = Nginx(folder, cores()[-1])
    try:
        tools = generators(folder)
        rounds = []
        for i in range(options.rounds):
            turn = tools[i % len(tools):] + tools[:i % len(tools)]
            done = {tool.name: tool.cost(nginx, options.seconds) for tool in turn}
            rounds.append(done)
            say(f"  round {i + 1}: " + " · ".join(
                f"{tool.name} {done[tool.name][0]:.2f} us" for tool in tools))
        one = one_request(nginx, folder, cores()[0])
    finally:
        nginx.stop()
    return cpu_rows(tools, rounds, one), cpu_text(tools, rounds, options.seconds)


def tls(folder, options, say):
    return kept_connections(folder, options, say, prony_and_wrk, Row)


def live(folder, options, say):
    return live_view(PRONY, folder, say, Row)


def observe(folder, options, say):
    return observing(PRONY, folder, say, Row)


def stall(folder, options, say):
    return stalled(PRONY, folder, say, Row)


def report(folder, options, say):
    return report_times(ROOT, folder, say, Row)


def watch(folder, options, say):
    return days_watched(folder, say, Row)


def ratios(rounds, other):
    return [done["prony"][0] / done[other][0] for done in rounds]


def floor_tells(rounds):
    bare = statistics.median(done["floor"][0] / done["wrk"][0] for done in rounds)
    return (f"the floor, which parses and counts nothing, takes {bare:.2f} of wrk. It sends, it "
            "receives with a stamp and it waits; what these calls cost in the kernel is nearly all "
            "of a request, and wrk pays it, too. docs/decisions/0014 has what a ring instead would "
            "change.")


def cpu_rows(tools, rounds, one):
    rows = []
    for tool in tools[1:]:
        all_of = ratios(rounds, tool.name)
        middle = statistics.median(all_of)
        goal = GOALS.get(tool.name)
        rows.append(Row(f"CPU per request, prony / {tool.name}", f"<= {goal:.2f}" if goal else None,
                        f"{middle:.2f} ({min(all_of):.2f} to {max(all_of):.2f})",
                        middle <= goal if goal else None, floor_tells(rounds)))
    middle = statistics.median(done["prony"][0] for done in rounds)
    rows.append(Row("CPU per request, prony alone", None, f"{middle:.2f} us"))
    requests = statistics.median(done["prony"][1] for done in rounds)
    share = one.cpu_s * 1e6 / (middle * requests)
    rows.append(Row("CPU of a run of one request (start, summary, file)", None,
                    f"{one.cpu_s * 1e3:.0f} ms, {share:.1%} of a block"))
    return rows


def cpu_text(tools, rounds, seconds):
    names = [tool.name for tool in tools]
    head = ["round"] + [f"{name} us" for name in names] + [f"prony / {n}" for n in names[1:]]
    lines = ["## CPU per request, round by round", "",
             f"Closed loop, {CONNECTIONS} connections, keep-alive, one thread, full statistics; "
             f"blocks of {seconds} s; user + system CPU of the whole process by the kernel, "
             "divided by finished requests. "
             + ", ".join(f"{t.name} {t.version}" for t in tools) + ".",
             "", "| " + " | ".join(head) + " |", "|" + "---:|" * len(head)]
    for i, done in enumerate(rounds):
        cells = [str(i + 1)] + [f"{done[name][0]:.2f}" for name in names]
        cells += [f"{done['prony'][0] / done[name][0]:.3f}" for name in names[1:]]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


# --- start -----------------------------------------------------------------------------

def start(folder, options, say):
    nginx = Nginx(folder, cores()[-1])
    try:
        runs = [one_request(nginx, folder) for _ in range(5)]
    finally:
        nginx.stop()
    first = statistics.median(run.first_err_s for run in runs)
    whole = statistics.median(run.seconds for run in runs)
    say(f"  {first * 1e3:.0f} ms to the first line, {whole * 1e3:.0f} ms to the summary")
    cpu = statistics.median(run.cpu_s for run in runs)
    why = (f"of its {whole * 1e3:.0f} ms {cpu * 1e3:.0f} ms are CPU; the others it waited, for the "
           "server, the disk or a core")
    return [Row("start to the first line of progress", "< 1 s", f"{first * 1e3:.0f} ms", first < 1,
                why),
            Row("start to the summary of one request", "< 1 s", f"{whole * 1e3:.0f} ms",
                whole < 1, why)], []


# --- build and demo -------------------------------------------------------------------------------

def cold_build(folder, options, say):
    """`make` in a fresh clone: what is committed, nothing else."""
    clone = folder / "clone"
    git = ["git", "-c", "safe.directory=*", "clone", "--quiet", "--no-hardlinks", ROOT, clone]
    measured(git).must(0)
    ended = measured(["env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "CCACHE_DISABLE=1", "make"],
                     cwd=clone).must(0)
    if not (clone / "build" / "prony").exists():
        raise Broken("make built no build/prony")
    say(f"  {ended.seconds:.1f} s, {ended.cpu_s:.1f} s of CPU")
    compiled = len(json.loads((clone / "build" / "compile_commands.json").read_text()))
    return [Row("cold build (`make` in a fresh clone)", "<= 20 s",
                f"{ended.seconds:.1f} s, {ended.cpu_s:.1f} s of CPU", ended.seconds <= 20,
                f"{compiled} files take {ended.cpu_s:.1f} s of CPU, so {len(cores())} cores need "
                f"{ended.cpu_s / len(cores()):.1f} s of {ended.seconds:.1f} s at the least, and "
                "the goal more cores or less to compile and to optimise when linking.")], []


def run_plan(name, folder):
    ended = measured([PRONY, "run", ROOT / "examples" / "plans" / name, "--output", "json",
                      "--runs-dir", folder / "runs"], cwd=ROOT).must(0, 1, 3)
    return ended, json.loads(ended.out)


def verdict_tells(result):
    """What was not held, and what was not trusted, as the run itself says."""
    parts = [told(one) + f" of `{one['text']}`" for one in result["objectives"]
             if one["verdict"] != "holds"]
    parts += [f"{one['code']}: {one['text']}" for one in result["trust"]["reasons"]]
    return "; ".join(parts) or "all objectives hold, and no rule of trust spoke"


def demo(folder, options, say):
    rows = []
    lines = ["## Objectives of the demo", "",
             "| objective | jobs.yaml | jobs-naive.yaml |", "|---|---|---|"]
    ended, good = run_plan("jobs.yaml", folder)
    say(f"  jobs.yaml: exit {ended.code} in {ended.seconds:.0f} s, trust {good['trust']['level']}")
    judged = good["totals"]["offered"]
    rows.append(Row("examples/plans/jobs.yaml: exit code", "0 (holds)",
                    f"{ended.code} ({good['verdict']})", ended.code == 0, verdict_tells(good)))
    rows.append(Row("the same: time", "about a minute", f"{ended.seconds:.0f} s",
                    45 <= ended.seconds <= 75,
                    f"{ended.cpu_s:.1f} s of it are CPU of prony and the service"))
    rows.append(Row("the same: judged requests", ">= 8,000", f"{judged:,}", judged >= 8000,
                    f"{good['totals']['done']:,} of {judged:,} were done"))
    rows.append(Row("the same: trust", "valid", good["trust"]["level"],
                    good["trust"]["level"] == "valid", verdict_tells(good)))
    ended, naive = run_plan("jobs-naive.yaml", folder)
    say(f"  jobs-naive.yaml: exit {ended.code} in {ended.seconds:.0f} s, "
        f"trust {naive['trust']['level']}")
    rows.append(Row("examples/plans/jobs-naive.yaml: exit code", "1 (missed)",
                    f"{ended.code} ({naive['verdict']})", ended.code == 1, verdict_tells(naive)))
    for one, other in zip(good["objectives"], naive["objectives"]):
        lines.append(f"| {one['text']} | {told(one)} | {told(other)} |")
    return rows, lines


def told(objective):
    value = objective["value"]
    if value is None:
        return f"{objective['verdict']}: no value"
    amount = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{objective['verdict']}: {amount} {objective['unit']}"


CASES = {
    "cpu": cpu_per_request,
    "open": open_model,
    "step": step,
    "workers": workers,
    "tls": tls,
    "lag": lag,
    "live": live,
    "observe": observe,
    "stall": stall,
    "queue": queue,
    "memory": users_memory,
    "growth": growth,
    "histogram": histogram,
    "start": start,
    "report": report,
    "watch": watch,
    "build": cold_build,
    "demo": demo,
}
