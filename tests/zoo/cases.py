"""Services with one planted fault each, and healthy ones: what is run, and what may be blamed.

A case is a plan in two stages: `calm`, which goes well, and `busy`, in which the fault shows. Its
size is a number that may be halved and doubled. `blamed` are the ids of causes (causes.def) any of
which is the right place; nothing here is known to prony, which sees a service by name `api`.
"""
import dataclasses

FAST = {"INDEX": "1", "REUSE": "1", "CACHE": "memory", "BATCH": "64", "DB_POOL": "4",
        "WORKERS": "32", "ROWS": "20000"}
READ = "GET /jobs?owner=owner-7&page=$rand(1,5)"
POST = "post: /jobs, json: { kind: resize, work: 1ms }"


@dataclasses.dataclass
class Case:
    name: str
    blamed: tuple            # () : healthy, nobody
    env: dict = dataclasses.field(default_factory=dict)
    calm: str = "rate: 15/s"
    busy: str = "rate: 150/s"
    steps: str = f"- {READ}"
    limit: str = "p95 < 60ms"
    size: float = 1.0        # of the fault, as written
    prefix: str = ""         # before the command: another program that starts it
    far: dict = dataclasses.field(default_factory=dict)  # a service beyond the plan: its settings
    seconds: int = 6
    connections: str = ""    # of prony


def planted(**more):
    return {**FAST, "CACHE": "off", **{key: str(value) for key, value in more.items()}}


def write(kind):
    return f"- {{ post: /jobs, json: {{ kind: {kind}, work: 1ms }} }}"


def faults(size=1.0):
    """Each fault at that many times its size."""
    ms = lambda value: f"{value * size:g}ms"  # noqa: E731
    slow_wait = ms(40)
    return [
        Case("cpu-bound handler", ("cpu", "one-thread", "host-cpu"),
             planted(PLANT=f"cpu:{ms(8)}"), busy="rate: 260/s"),
        Case("database pool too small", ("pool-small",),
             planted(DB_POOL=1, PLANT=f"wait:{ms(10)}"), busy="rate: 130/s"),
        Case("missing index", ("cpu", "one-thread", "host-cpu"),
             planted(INDEX=0, ROWS=round(120000 * size)), busy="rate: 500/s"),
        Case("lock contention", ("lock",),
             planted(DB_POOL=24, PLANT=f"lock:{ms(4)}"), busy="rate: 350/s"),
        Case("worker pool too small", ("pool-small",),
             planted(DB_POOL=2, PLANT=f"wait:{ms(12)}"), busy="rate: 210/s"),
        Case("slow downstream", ("downstream", "pool-small"),
             planted(DB_POOL=16, PLANT="downstream:http://127.0.0.1:FAR/jobs/1"),
             busy="rate: 420/s", far={"DB_POOL": "1", "CACHE": "off", "PLANT": f"wait:{ms(4)}"}),
        # The planted flush sleeps, and so do SQLite's other writers until the file is free.
        Case("slow fsync", ("disk", "sleep", "pool-small"),
             planted(BATCH=1, DB_POOL=8, PLANT=f"fsync:{ms(4)}"), calm="rate: 2/s",
             busy="rate: 60/s", steps=write("resize"), limit="p95 < 90ms"),
        Case("stop-the-world pauses", ("pauses",),
             planted(PLANT=f"pause:2s:{ms(400)}"), busy="rate: 150/s", calm="rate: 15/s"),
        Case("busy neighbour on its core", ("host-cpu", "cpu"),
             planted(PLANT=f"cpu:{ms(3)}"), prefix="neighbour", busy="rate: 200/s"),
        Case("generator saturated", ("generator",), planted(), busy="rate: 300/s",
             prefix="generator", limit="p95 < 20ms"),
        Case("slow handler that only waits", ("pool-small", "sleep"),
             planted(DB_POOL=4, PLANT=f"wait:{slow_wait}"), busy="rate: 160/s"),
        Case("connections of prony too few", ("connections",),
             planted(DB_POOL=32, PLANT=f"wait:{ms(25)}"), busy="rate: 150/s", connections="2"),
    ]


def healthy():
    return [
        Case("reads by an index", (), planted(), busy="rate: 120/s", limit="p95 < 400ms"),
        Case("reads from a cache", (), dict(FAST), busy="rate: 200/s", limit="p95 < 400ms"),
        Case("writes in groups", (), planted(), busy="rate: 60/s", limit="p95 < 500ms",
             steps=write("resize")),
        Case("reads and writes", (), dict(FAST), busy="rate: 100/s", limit="p95 < 500ms",
             steps=f"- {READ}\n      {write('scan')}"),
        Case("users that think", (), dict(FAST), calm="users: 3, think: 0.2s",
             busy="users: 30, think: 0.2s", limit="p95 < 500ms"),
        Case("slow, but no slower", (), planted(DB_POOL=32, PLANT="wait:30ms"),
             busy="rate: 150/s", limit="p95 < 400ms"),
    ]
