"""Services with one planted fault each, and healthy ones: what is run, and what may be blamed.

A case is a plan in two stages: `calm`, which goes well, and `busy`, in which the fault shows. Its
size is a number that may be halved and doubled. `blamed` are the ids of causes (causes.def) any of
which is the right place; nothing here is known to prony, which sees services by the names `api`,
`database` and `cache`.
"""
import dataclasses

FAST = {"INDEX": "1", "REUSE": "1", "CACHE": "memory", "BATCH": "64", "DB_POOL": "4",
        "WORKERS": "32", "ROWS": "20000"}
READ = "- GET /jobs?owner=owner-7&page=$rand(1,5)"
ANY = "- GET /jobs?owner=owner-$rand(1,100)&page=$rand(1,40)"
# A job, and then its state until it is done: what is long is the way of all of it.
UNTIL_DONE = """- post: /jobs
        json: { kind: resize, work: WORK }
        capture: { id: json .id }
      - get: /jobs/$id
        name: poll
        until: json .state == done
        every: 50ms
        within: 20s"""


@dataclasses.dataclass
class Case:
    name: str
    blamed: tuple            # () : healthy, nobody
    env: dict = dataclasses.field(default_factory=dict)
    calm: str = "rate: 15/s"
    busy: str = "rate: 150/s"
    steps: str = READ
    busy_steps: str = ""     # of the busy stage, where it is asked for other things
    limit: str = "p95 < 300ms"
    program: str = "jobs"    # or aio, or odd:MODE
    prefix: tuple = ()       # words before the command
    database: dict = None    # a PostgreSQL of its own: its settings
    cache: bool = False      # a Redis of its own
    far: dict = None         # a service beyond the plan: its settings
    actor: str = ""          # who does something meanwhile, or what is done to prony
    seconds: int = 6
    connections: str = ""    # of prony
    extra: bool = False      # not among the twelve


def planted(**more):
    return {**FAST, "CACHE": "off", **{key: str(value) for key, value in more.items()}}


def write(kind):
    return f"- {{ post: /jobs, json: {{ kind: {kind}, work: 1ms }} }}"


COMPUTING = ("cpu", "one-thread", "few-compute")


def faults(size=1.0):
    """The issue's twelve, each at that many times its size."""
    ms = lambda value: f"{value * size:g}ms"  # noqa: E731
    return [
        Case("cpu-bound handler", COMPUTING, planted(PLANT=f"cpu:{ms(8)}"), busy="rate: 700/s"),
        Case("database pool too small", ("pool-small",),
             planted(DB_POOL=1, PLANT=f"wait:{ms(10)}"), busy="rate: 270/s"),
        Case("missing index", ("db-cpu",), planted(DB_POOL=16, ROWS=round(300000 * size), INDEX=0),
             database={}, calm="rate: 4/s", busy="rate: 500/s", limit="p95 < 300ms", seconds=8),
        Case("lock contention", ("lock",), planted(DB_POOL=24, PLANT=f"lock:{ms(4)}"),
             busy="rate: 750/s"),
        Case("worker pool too small", ("pool-small",), planted(WORKERS=2, PLANT=""),
             steps=UNTIL_DONE.replace("WORK", ms(40)), calm="rate: 4/s", busy="rate: 150/s",
             limit="p95 of visit < 600ms", seconds=8),
        Case("cache-miss storm", ("cache",), planted(DB_POOL=8, INDEX=0, ROWS=round(300000 * size),
                                                     CACHE_TTL="60s"),
             database={}, cache=True, calm="rate: 20/s", busy="rate: 300/s", busy_steps=ANY,
             limit="p95 < 300ms", seconds=8),
        Case("slow fsync", ("db-io",), planted(BATCH=1, DB_POOL=8),
             database={"SLOW_FLUSH_US": str(round(40000 * size))}, actor="disk",
             calm="rate: 60/s", busy="rate: 500/s", steps=write("resize")),
        Case("stop-the-world pauses", ("pauses",), planted(PLANT=f"pause:4s:{ms(600)}"),
             limit="p95 < 80ms"),
        Case("cgroup CPU quota", ("quota",), planted(PLANT=f"cpu:{ms(3)}"), actor="quota",
             busy="rate: 350/s"),
        Case("slow downstream", ("downstream",),
             planted(DB_POOL=16, PLANT="downstream:http://127.0.0.1:FAR/jobs/1"),
             busy="rate: 750/s", far={"DB_POOL": "1", "CACHE": "off", "PLANT": f"wait:{ms(4)}"}),
        Case("generator saturated", ("generator",), planted(), busy="rate: 300/s",
             actor="generator", limit="p95 < 20ms"),
        # Two like stages: memory is all that bends, and its growth takes seconds to be told.
        Case("memory leak", ("leak",), planted(PLANT=f"leak:{64 * size:g}KiB"), calm="rate: 60/s",
             busy="rate: 60/s", limit="leak of api < 32MiB/m", seconds=14),
    ]


def others(size=1.0):
    """Faults that are in no list."""
    ms = lambda value: f"{value * size:g}ms"  # noqa: E731
    more = [
        Case("missing index in SQLite", COMPUTING + ("host-cpu",),
             planted(INDEX=0, ROWS=round(300000 * size)), busy="rate: 700/s"),
        # The planted flush sleeps, and so do SQLite's other writers until the file is free.
        Case("slow fsync in SQLite", ("disk", "sleep"),
             planted(BATCH=1, DB_POOL=8, PLANT=f"fsync:{ms(4)}"), calm="rate: 2/s",
             busy="rate: 60/s", steps=write("resize"), limit="p95 < 400ms"),
        Case("busy neighbour on its core", ("host-cpu", "cpu"), planted(PLANT=f"cpu:{ms(3)}"),
             actor="neighbour", busy="rate: 200/s"),
        Case("slow handler that only waits", ("pool-small",),
             planted(DB_POOL=4, PLANT=f"wait:{ms(40)}"), busy="rate: 160/s"),
        Case("connections of prony too few", ("connections",),
             planted(DB_POOL=32, PLANT=f"wait:{ms(25)}"), busy="rate: 150/s", connections="2"),
        Case("rows locked by each other", ("db-lock",),
             planted(BATCH=1, DB_POOL=16, PLANT=f"rowlock:{ms(8)}"), database={},
             calm="rate: 5/s", busy="rate: 200/s", steps=write("resize"), limit="p95 < 100ms"),
        Case("an open transaction locks the table", ("db-lock",), planted(DB_POOL=16), database={},
             actor="locker", busy="rate: 60/s", limit="p95 < 200ms"),
        Case("Redis is held by a script", ("one-thread", "cpu", "downstream"),
             planted(DB_POOL=8), cache=True, actor="script", busy="rate: 150/s",
             limit="p95 < 100ms"),
        Case("accept backlog full", ("accept", "backlog", "pool-small", "one-waits"), {},
             program="odd:backlog", busy="rate: 80/s", steps="- GET /"),
        Case("log writer blocks on a pipe", ("downstream", "pool-small"), {}, program="odd:pipe",
             busy="rate: 80/s", steps="- GET /", limit="p95 < 100ms"),
        Case("no descriptors left", ("descriptors",), {}, program="odd:slow",
             prefix=("prlimit", "--nofile=24"), busy="rate: 200/s", steps="- GET /",
             limit="p95 < 800ms"),
        Case("a query for each row", ("pool-small", "condition"), {}, program="odd:rows",
             database={}, calm="rate: 5/s", busy="rate: 80/s", steps="- GET /"),
        Case("a blocking call on the loop", ("one-waits", "one-thread"),
             {"BLOCKING": "1", "STORE": ms(12)}, program="aio", busy="rate: 120/s",
             steps="- GET /jobs/1"),
        Case("an event loop computes", ("one-thread",), {"COMPUTE": ms(9)}, program="aio",
             busy="rate: 150/s", steps="- GET /jobs/1"),
        Case("an event loop's peer is slow", ("downstream",),
             {"UPSTREAM": "http://127.0.0.1:FAR/jobs/1", "STORE": "1ms"}, program="aio",
             busy="rate: 120/s", steps="- GET /jobs/1",
             far={"DB_POOL": "1", "CACHE": "off", "PLANT": f"wait:{ms(12)}"}, seconds=9),
        Case("an event loop's few connections", ("pool-small",),
             {"UPSTREAM": "http://127.0.0.1:FAR/jobs/1", "STORE": "1ms", "CONCURRENCY": "3"},
             program="aio", busy="rate: 120/s", steps="- GET /jobs/1",
             far={"DB_POOL": "64", "CACHE": "off", "PLANT": f"wait:{ms(40)}"},
             limit="p95 < 200ms", seconds=9),
    ]
    for case in more:
        case.extra = True
    return more


def healthy():
    return [
        Case("reads by an index", (), planted(), busy="rate: 120/s", limit="p95 < 400ms"),
        Case("an event loop", (), {"STORE": "5ms"}, program="aio", busy="rate: 60/s",
             steps="- GET /jobs?owner=owner-7", limit="p95 < 400ms"),
        Case("reads from a cache", (), dict(FAST), busy="rate: 200/s", limit="p95 < 400ms"),
        Case("writes in groups", (), planted(), busy="rate: 60/s", limit="p95 < 500ms",
             steps=write("resize")),
        Case("users that think", (), dict(FAST), calm="users: 3, think: 0.2s",
             busy="users: 30, think: 0.2s", limit="p95 < 500ms",
             steps=f"{READ}\n      {write('scan')}"),
        Case("memory that comes to rest", (), dict(FAST), calm="rate: 60/s", busy="rate: 60/s",
             limit="leak of api < 32MiB/m", seconds=14),
        Case("slow, but no slower", (), planted(DB_POOL=32, PLANT="wait:30ms"),
             busy="rate: 150/s", limit="p95 < 400ms"),
    ]
