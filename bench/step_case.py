"""What a step of a scenario costs that takes a row from a file, fills variables in, checks the
reply's JSON and captures from it, against a plain request: both of prony, in turns."""
import json
import statistics

from generators import CONNECTIONS, PRONY, prony_requests
from machine import Broken, Nginx, Row, cores, measured

GOAL = 1.3
ROUNDS = 11
ROWS = 1000
PLAIN = "      - get: /"
FULL = """      - get: /jobs?owner=$job.owner&page=$rand(1,50)
        check: [ json .state == done ]
        capture: { id: json .id }"""
PLAN = """plan: 1
name: {name}
target: {url}
data: {{ job: {{ file: jobs.csv }} }}
scenarios:
  all:
    steps:
{step}
load:
  connections: {connections}
  threads: 1
  stages: [ {{ name: hold, users: {connections}, for: {seconds}s }} ]
objectives: [ errors < 1% ]
"""


def write_plan(folder, name, step, url, seconds):
    text = PLAN.format(name=name, url=url, step=step, connections=CONNECTIONS, seconds=seconds)
    if step == PLAIN:
        text = text.replace("data: { job: { file: jobs.csv } }\n", "")
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return path


def cost(plan, folder):
    ended = measured([PRONY, "run", plan, "--quiet", "--output", "json", "--runs-dir",
                      folder / "runs"], cores()[0]).must(0)
    result = json.loads(ended.out)
    outcomes = result["totals"]["outcomes"]
    if sum(outcomes.values()) - outcomes["ok"] > outcomes["cut"]:
        raise Broken(f"{plan.stem}: not all replies are ok: {outcomes}")
    return ended.cpu_s * 1e6 / prony_requests(ended.out)


def step(folder, options, say):
    lines = [f"{i},owner-{i}" for i in range(ROWS)]
    (folder / "jobs.csv").write_text("\n".join(["id,owner", *lines]) + "\n")
    rounds = []
    nginx = Nginx(folder, cores()[-1])
    try:
        plans = [write_plan(folder, name, text, nginx.url, options.seconds)
                 for name, text in (("full", FULL), ("plain", PLAIN))]
        for i in range(min(ROUNDS, options.rounds)):
            turn = plans if i % 2 == 0 else plans[::-1]
            took = {plan.stem: cost(plan, folder) for plan in turn}
            rounds.append((took["full"], took["plain"]))
            say(f"  round {i + 1}: full {took['full']:.2f} us · plain {took['plain']:.2f} us")
    finally:
        nginx.stop()
    ratios = [full / plain for full, plain in rounds]
    middle = statistics.median(ratios)
    alone = statistics.median(full for full, _ in rounds)
    return [Row("CPU of a step with feeder, variable, capture and JSON check / a plain request",
                f"<= {GOAL:.2f}", f"{middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
                middle <= GOAL,
                f"the step takes {alone:.2f} us, a plain request "
                f"{statistics.median(plain for _, plain in rounds):.2f} us"),
            Row("the same step alone", None, f"{alone:.2f} us")], []
