"""What users take: the kernel's high-water mark of the resident set, of whole runs."""
import json

from generators import PRONY, prony_command, prony_requests
from machine import Nginx, Row, cores, measured

FEW, USERS, MANY = 100, 5000, 10000
GOAL_EACH_KB, GOAL_USERS_MB, GOAL_MANY_MB = 2, 20, 60
WAYS = [("1 s of think time", "", ["--think", "1s"]), ("all waiting at once", "slow", [])]
TWO_CAPTURES = """plan: 1
name: captures
target: {url}
scenarios:
  all:
    steps:
      - get: /
        capture: {{ id: json .id, state: json .state }}
      - get: /jobs/$id?state=$state
load:
  stages: [ {{ name: hold, users: {users}, think: 1s, for: {seconds}s }} ]
objectives: [ errors < 1% ]
"""


def peak_mb(command, say, what):
    ended = measured(command, watch_memory=True).must(0, 3)
    result = json.loads(ended.out)
    peak = ended.peak_bytes / 1e6
    say(f"  {what}: {peak:.1f} MB, {prony_requests(ended.out)} iterations, "
        f"p99 {result['totals']['response_ms']['p99']:.1f} ms")
    return peak


def rows_of_way(way, few_mb, all_mb):
    each_kb = (all_mb - few_mb) * 1000 / (USERS - FEW)
    why = (f"{few_mb:.1f} MB are there with {FEW} users; the {USERS - FEW} others brought "
           f"{all_mb - few_mb:.1f} MB")
    return [Row(f"memory (RSS) with {USERS} users, {way}", f"<= {GOAL_USERS_MB} MB",
                f"{all_mb:.1f} MB", all_mb <= GOAL_USERS_MB, why),
            Row(f"the same for each user beyond the first {FEW}", f"<= {GOAL_EACH_KB} KB",
                f"{each_kb:.2f} KB ({FEW} users: {few_mb:.1f} MB)", each_kb <= GOAL_EACH_KB,
                why)]


def users_memory(folder, options, say):
    seconds = max(4, 4 * options.seconds)
    nginx = Nginx(folder, cores()[-1])
    rows = []
    try:
        for way, path, flags in WAYS:
            few, many = [peak_mb(prony_command(nginx.url + path, folder / "runs", "--users", users,
                                               "--for", f"{seconds}s", *flags),
                                 say, f"{users} users, {way}") for users in (FEW, USERS)]
            rows += rows_of_way(way, few, many)
        plan = folder / "captures.yaml"
        plan.write_text(TWO_CAPTURES.format(url=nginx.url, users=MANY, seconds=seconds))
        peak = peak_mb([PRONY, "run", plan, "--output", "json", "--runs-dir", folder / "runs"],
                       say, f"{MANY} users, two captured values each")
        rows.append(Row(f"memory (RSS) with {MANY:,} users, think time, two captured values each",
                        f"<= {GOAL_MANY_MB} MB", f"{peak:.1f} MB", peak <= GOAL_MANY_MB,
                        f"{peak * 1000 / MANY:.2f} KB a user in all; {USERS} users without "
                        f"captures took {many:.1f} MB"))
    finally:
        nginx.stop()
    return rows, []
