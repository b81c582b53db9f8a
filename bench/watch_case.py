"""What a watch of days takes. watching.c makes up what is seen (a probe of one a second, a hundred
series, ten slow minutes a day); plan, thinning, judge, explain, recorder are those of a watch."""
import os
import re

from machine import Broken, built, measured

DAYS = 2
FILE_MB = 50
GROWTH_MB = 1
LINE = re.compile(r"day \d+: ([\d.]+) MB after an hour, ([\d.]+) MB at its end, (\d+) turns told, "
                  r"(\S+)")


def days_watched(folder, say, row):
    os.environ["TZ"] = "UTC"  # where each of its days has 24 hours
    done = measured([built("watching"), folder, DAYS]).must(0)
    days = [(float(first), float(last), int(told), verdict)
            for first, last, told, verdict in LINE.findall(done.out)]
    if len(days) != DAYS or any(day[2:] != (2, "missed") for day in days):
        raise Broken(f"watching.c told something else than a miss a day:\n{done.out}")
    sizes = [(folder / f"day-{i}" / "run.prony").stat().st_size / 1e6 for i in range(DAYS)]
    say(f"  {done.out.strip()}\n  files of {', '.join(f'{mb:.1f}' for mb in sizes)} MB")
    grown = days[-1][1] - days[0][1]
    in_a_day = days[-1][1] - days[-1][0]
    return [
        row(f"watch: resident set, end of day {DAYS} less end of day 1", f"<= {GROWTH_MB} MB",
            f"{grown:+.1f} MB (at {days[-1][1]:.1f} MB)", grown <= GROWTH_MB,
            f"by day it was {', '.join(f'{last:.1f}' for _, last, _, _ in days)} MB"),
        row("watch: the same within a day, from its first hour on", None,
            f"{in_a_day:+.1f} MB: the sums of each hour, which go with the file"),
        row("watch: the largest file of a day", f"<= {FILE_MB} MB", f"{max(sizes):.1f} MB",
            max(sizes) <= FILE_MB, f"the days took {', '.join(f'{mb:.1f}' for mb in sizes)} MB"),
    ], []
