"""How late prony takes arrivals up at 20,000 a second, alone on its core, against a bare timer loop
(timer.c) on the same core at the same rate, in turns: what is above it is prony's own. Where nginx
on the other core does not bear that, at 60 % of what it bears; the row says at what rate."""
import json
import statistics

from generators import prony_and_wrk, prony_command
from machine import Broken, Nginx, Row, built, cores, measured

RATE = 20000
SECONDS = 3
ROUNDS = 7
GOAL = 1.5
BORNE = 0.6


def rate_borne(nginx, folder):
    """RATE, or less where a closed loop does not get far beyond it."""
    _, wrk = prony_and_wrk(folder)
    _, requests = wrk.cost(nginx, 1)
    return min(RATE, round(BORNE * requests))


def bare(program, rate, *words):
    return json.loads(measured([program, rate, SECONDS * 1000, *words], cores()[0]).must(0).out)


def prony_lag(url, folder, rate):
    """Lag as prony tells it: late to take up, late to send, late to read. Even arrivals, as the
    loop has them."""
    ended = measured(prony_command(url, folder / "runs", "--rate", f"{rate}/s", "--arrivals",
                                   "even", "--threads", 1, "--for", f"{SECONDS}s", "--p99", "10s",
                                   "--quiet"), cores()[0]).must(0, 3)
    totals = json.loads(ended.out)["totals"]
    if totals["done"] < 0.99 * rate * SECONDS:
        raise Broken(f"{totals['done'] / SECONDS:.0f}/s done of {rate}/s: this host is too busy")
    return totals["lag_ms"]


def lag_tells(rounds):
    """By how much the timer loop, which does next to nothing, differs from itself."""
    bare = [done["timer"]["p99.9"] * 1000 for done in rounds]
    sending = statistics.median(done["sending"]["p99.9"] for done in rounds) * 1000
    return (f"the bare loop only takes up, and is late by {min(bare):.0f} to {max(bare):.0f} us "
            "from round to round: two of its own rounds differ by a factor of "
            f"{max(bare) / min(bare):.1f}. A loop that sends and reads as well, and counts "
            f"nothing, is late by {sending:.0f} us at the middle, "
            f"{sending / statistics.median(bare):.2f} times the bare one.")


def ratio_row(rounds, other, goal, figure):
    ratios = [done["prony"]["p99.9"] / done[other]["p99.9"] for done in rounds]
    middle = statistics.median(ratios)
    return Row(figure, f"<= {goal:.2f}" if goal else None,
               f"{middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
               middle <= goal if goal else None, lag_tells(rounds))


def lag(folder, options, say):
    timer = built("timer")
    nginx = Nginx(folder, cores()[-1])
    rounds = []
    try:
        rate = rate_borne(nginx, folder)
        if rate < RATE:
            say(f"  nginx on its core does not bear {RATE:,}/s, so at {rate:,}/s")
        ways = [("prony", lambda: prony_lag(nginx.url, folder, rate)),
                ("timer", lambda: bare(timer, rate)),
                ("sending", lambda: bare(timer, rate, nginx.port))]
        for i in range(min(ROUNDS, options.rounds)):
            rounds.append({name: look() for name, look in ways[i % 3:] + ways[:i % 3]})
            say(f"  round {i + 1}: p99.9 " + " · ".join(
                f"{name} {rounds[-1][name]['p99.9'] * 1000:.0f} us" for name, _ in ways))
    finally:
        nginx.stop()
    alone = {name: statistics.median(done[name]["p99.9"] for done in rounds) * 1000
             for name, _ in ways}
    half = statistics.median(done["prony"]["p50"] for done in rounds) * 1000
    return [ratio_row(rounds, "timer", GOAL,
                      f"lag p99.9 at {rate:,}/s, prony (late to take up, send and read) / a bare "
                      "timer loop (late to take up)"),
            ratio_row(rounds, "sending", None, "the same / a timer loop that sends and reads"),
            Row("the same in us: prony, timer loop, timer loop that sends", None,
                f"{alone['prony']:.0f}, {alone['timer']:.0f}, {alone['sending']:.0f} "
                f"(prony's p50 {half:.1f})")], []
