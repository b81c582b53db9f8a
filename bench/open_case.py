"""CPU per request in the open model, at 60 % of what the closed loop sends, against wrk's closed
loop: at such a rate a wake-up finds few replies, and arrivals have a schedule to keep. What that
alone costs shows in a bare loop (timer.c) that sends at the same rate, at even distances, and reads
what comes."""
import statistics

from generators import CONNECTIONS, Generator, prony_and_wrk, prony_command, prony_requests
from machine import Broken, Nginx, Row, built, cores

GOAL = 0.9
SHARE = 0.6
ROUNDS = 9
LOOKS = 3  # at the closed rate
KEPT = 0.97  # of the rate, or the core was needed by others and the round is left out


def open_generator(folder, rate):
    def command(url, _port, seconds):
        return prony_command(url, folder / "runs", "--rate", f"{rate}/s", "--connections",
                             CONNECTIONS, "--threads", 1, "--for", f"{seconds}s", "--p99", "10s",
                             "--quiet")
    return Generator("open", "", command, prony_requests, (0, 1, 3))


def open_model(folder, options, say):
    seconds = options.seconds
    timer = built("timer")
    nginx = Nginx(folder, cores()[-1])
    rounds = []
    try:
        closed, wrk = prony_and_wrk(folder)
        requests = statistics.median(closed.cost(nginx, seconds)[1] for _ in range(LOOKS))
        rate = round(SHARE * requests / seconds)
        say(f"  closed {requests / seconds:.0f}/s, so open {rate}/s")
        bare = Generator("bare", "", lambda _url, port, s: [timer, rate, s * 1000, port],
                         lambda _out: rate * seconds)
        tools = [open_generator(folder, rate), wrk, closed, bare]
        for i in range(min(ROUNDS, options.rounds)):
            turn = tools[i % len(tools):] + tools[:i % len(tools)]
            done = {tool.name: tool.cost(nginx, seconds) for tool in turn}
            kept = done["open"][1] >= KEPT * rate * seconds
            if kept:
                rounds.append(done)
            say(f"  round {i + 1}: " + " · ".join(
                f"{tool.name} {done[tool.name][0]:.2f} us" for tool in tools)
                + f" · {done['open'][1] / seconds:.0f}/s done{'' if kept else ', left out'}")
    finally:
        nginx.stop()
    if not rounds:
        raise Broken(f"prony on a core of this host does not keep {rate}/s")
    rows = []
    bare_share = statistics.median(done["bare"][0] / done["wrk"][0] for done in rounds)
    why = (f"a bare loop that sends at this rate and reads what comes takes {bare_share:.2f} of "
           "wrk's closed loop. wrk never sleeps; here nearly every arrival and every reply ends a "
           "sleep, and on a virtual machine that costs more than the request. To sleep less often "
           "is to send or to read late.")
    for other, name, goal in (("wrk", "wrk's closed loop", GOAL),
                              ("prony", "prony's closed loop", None),
                              ("bare", "a bare timer loop that sends (a request sent)", None)):
        ratios = [done["open"][0] / done[other][0] for done in rounds]
        middle = statistics.median(ratios)
        rows.append(Row(f"CPU per request in the open model at {rate:,}/s / {name}",
                        f"<= {goal:.2f}" if goal else None,
                        f"{middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
                        middle <= goal if goal else None, why))
    alone = statistics.median(done["open"][0] for done in rounds)
    rows.append(Row("CPU per request in the open model, prony alone", None, f"{alone:.2f} us"))
    rows.append(Row(f"rounds of these in which prony kept {KEPT:.0%} of the rate", None,
                    f"{len(rounds)} of {min(ROUNDS, options.rounds)}; the others are left out"))
    return rows, []
