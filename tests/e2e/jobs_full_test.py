#!/usr/bin/python3
"""The reference service on PostgreSQL, Redis and Memcached: real servers of its own.

    PRONY_JOBS=build/examples/jobs/jobs tests/e2e/jobs_full_test.py [-v] [TEST...]
"""
import concurrent.futures
import json
import os
import signal
import time
import unittest

from jobs_servers import Memcached, Postgres, Redis
from jobs_service import NAIVE, SENSIBLE, Service, ServiceTest, run, wait_until

MODES = {"naive": NAIVE, "sensible": {**SENSIBLE, "CACHE": "off"}}
GOOD = {"kind": "resize", "work": "20ms"}

# What both databases must answer alike, in this order; a POST is followed until it is done.
ASKED = [
    *[("GET", f"/jobs?{query}&page={page}", None)
      for query in ("", "owner=owner-1", "owner=owner-100", "owner=nobody", "owner=", "state=done",
                    "state=failed", "state=queued", "owner=owner-1&state=done",
                    "owner=owner-47&state=failed", "owner=a%27b")
      for page in (1, 2, 25, 26)],
    ("GET", "/jobs", None), ("HEAD", "/jobs", None),
    ("GET", "/jobs/1", None), ("GET", "/jobs/47", None), ("GET", "/jobs/500", None),
    ("GET", "/jobs/501", None), ("GET", "/jobs/0", None), ("GET", "/jobs/abc", None),
    ("GET", "/jobs/9223372036854775807", None), ("GET", "/jobs/9223372036854775808", None),
    ("GET", "/jobs?page=1000000", None), ("GET", "/jobs?page=0", None),
    ("GET", "/jobs?state=lost", None), ("GET", "/jobs?owner=%ff", None),
    ("GET", "/jobs?owner=" + "o" * 65, None), ("GET", "/nowhere", None),
    ("PUT", "/jobs", None), ("DELETE", "/jobs/1", None), ("POST", "/stats", None),
    ("GET", "/healthz", None), ("GET", "/stats", None),
    ("POST", "/jobs", GOOD), ("POST", "/jobs", {**GOOD, "owner": 'a"b\\ü\n\'; DROP TABLE jobs;'}),
    ("POST", "/jobs", {**GOOD, "owner": "o" * 64, "kind": "😀" * 16, "work": "1500us"}),
    ("POST", "/jobs", {**GOOD, "work": "20"}), ("POST", "/jobs", {}), ("POST", "/jobs", "{"),
    ("GET", "/jobs?owner=" + "o" * 64, None), ("GET", "/jobs", None),
    ("GET", "/jobs?page=26", None), ("GET", "/stats", None),
]

servers = {}


def setUpModule():
    unittest.addModuleCleanup(lambda: [server.end() for server in servers.values()])
    servers["postgres"] = Postgres()


def without_times(body):
    """The answer with what differs from run to run taken out."""
    text = body.decode()
    if not text.startswith("{"):
        return text

    def clean(pairs):
        found = dict(pairs)
        if found.get("created_ms", 0) > 1_710_000_000_000:  # not one of the seeded
            found["waited"] = found["finished_ms"] >= found["created_ms"]
            del found["created_ms"], found["finished_ms"]
        return list(found.items())
    return json.loads(text, object_pairs_hook=clean)


class FullTest(ServiceTest):
    def setUp(self):
        super().setUp()
        self.postgres = servers["postgres"]
        self.postgres.clear()

    def on_postgres(self, **knobs):
        return {**NAIVE, "DB": self.postgres.url, **knobs}


class DatabaseTest(FullTest):
    def answers(self, service):
        got = []
        for method, path, body in ASKED:
            reply = service.ask(method, path, body)
            got.append((method, path, reply.status, without_times(reply.body),
                        *(reply.headers[name] for name in
                          ("Content-Type", "Content-Length", "Allow", "Location", "Retry-After"))))
            if reply.status == 202:
                job = reply.json()["id"]
                wait_until("done", lambda job=job: service.state(job) == "done")
                got.append(without_times(service.get(f"/jobs/{job}").body))
        return got

    def test_answers_are_the_same(self):
        for mode, knobs in MODES.items():
            for index in "01":
                with self.subTest(mode=mode, index=index):
                    self.postgres.clear()
                    folder = os.path.join(self.folder, mode + index)
                    knobs = {**knobs, "INDEX": index}
                    with self.service(knobs, folder) as service:
                        want = self.answers(service)
                    with self.service({**knobs, "DB": self.postgres.url}, folder) as service:
                        got = self.answers(service)
                    for one, other in zip(want, got, strict=True):
                        self.assertEqual(one, other)
                    self.assertEqual(self.postgres.ask("SELECT count(*) FROM jobs"), "503")

    def test_unix_socket_and_what_the_first_line_tells(self):
        for url, shown in ((self.postgres.socket_url, "postgres:///jobs"),
                           (self.postgres.url.replace("jobs@", "jobs:secret@"),
                            f"postgres://127.0.0.1:{self.postgres.port}/jobs")):
            with self.subTest(url), self.service(self.on_postgres(DB=url)) as service:
                self.assertIn(f"(database {shown})", service.ready_line)
                self.assertNotIn("secret", service.ready_line)
                self.assertEqual(service.get("/jobs").json()["total"], 500)
        self.assertEqual(os.listdir(self.folder), [])  # no SQLite beside it

    def test_no_server(self):
        done = run("--port", "0", DB="postgres://jobs:secret@127.0.0.1:1/jobs")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"^jobs: cannot connect to PostgreSQL: .*Connection refused")
        self.assertNotIn("secret", done.stderr)

    def test_indexes(self):
        both = "jobs_owner,jobs_owner_state,jobs_pkey"
        for index, want in ((None, "jobs_pkey"), ("1", both), (None, both), ("0", "jobs_pkey")):
            knobs = self.on_postgres(**({"INDEX": index} if index else {}))
            with self.subTest(INDEX=index), self.service(knobs):
                got = self.postgres.ask("SELECT string_agg(indexname, ',' ORDER BY indexname)"
                                        " FROM pg_indexes WHERE tablename = 'jobs'")
                self.assertEqual(got, want)

    def test_index_serves_the_lists(self):
        def plan(where):
            return self.postgres.ask(f"EXPLAIN SELECT * FROM jobs WHERE {where}"
                                     " ORDER BY id DESC LIMIT 20")
        with self.service(self.on_postgres(ROWS="50000", INDEX="1")):
            self.assertIn("using jobs_owner on", plan("owner = 'owner-1'"))
            self.assertIn(" on jobs_owner_state ",
                          plan("owner = 'owner-1' AND state = 'failed'"))
        with self.service(self.on_postgres(INDEX="0")):
            self.assertIn("Filter: (owner", plan("owner = 'owner-1'"))

    def test_pool_limit(self):
        """As many backends as DB_POOL and not one more, however many requests there are."""
        for reuse in "01":
            knobs = self.on_postgres(DB_POOL="3", REUSE=reuse)
            with self.subTest(REUSE=reuse), self.service(knobs) as service:
                with self.postgres.locked(), concurrent.futures.ThreadPoolExecutor(12) as pool:
                    asked = [pool.submit(service.get, "/jobs") for _ in range(12)]
                    wait_until("three wait for the lock",
                               lambda: self.postgres.backends("wait_event_type = 'Lock'") == 3)
                    wait_until("nine wait for the pool",
                               lambda: service.metrics()["jobs_db_pool_waiting"] == 9)
                    self.assertEqual(self.postgres.backends(), 3)
                    self.assertEqual(service.metrics()["jobs_db_pool_busy"], 3)
                    self.postgres.ask("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE"
                                      " mode = 'AccessExclusiveLock' AND granted AND"
                                      " relation = 'jobs'::regclass")
                    self.assertEqual([one.result().status for one in asked], [200] * 12)
            wait_until("all are gone", lambda: self.postgres.backends() == 0)

    def test_naive_opens_a_connection_per_request(self):
        opens = {}
        for reuse in "01":
            with self.service(self.on_postgres(REUSE=reuse)) as service:
                before = service.metrics()["jobs_db_opens_total"]
                for _ in range(20):
                    service.get("/jobs/1")
                opens[reuse] = service.metrics()["jobs_db_opens_total"] - before
        self.assertEqual(opens["0"], 20)
        self.assertLess(opens["1"], 5)

    def test_timeout(self):
        """Somebody else has the table: all are answered at their deadline, and cancelled."""
        for mode, knobs in MODES.items():
            knobs = {**knobs, "DB": self.postgres.url, "TIMEOUT": "300ms", "DB_POOL": "2",
                     "WORKERS": "1"}
            with self.subTest(mode=mode), self.service(knobs) as service:
                with self.postgres.locked(), concurrent.futures.ThreadPoolExecutor(12) as pool:
                    asked = [pool.submit(self.timed, ask) for ask in
                             [service.post, lambda: service.get("/jobs/1")] * 6]
                    for status, seconds in [one.result() for one in asked]:
                        self.assertEqual(status, 504)
                        self.assertGreater(seconds, 0.25)
                        self.assertLess(seconds, 2)
                    self.assertEqual(service.metrics()["jobs_expired_total"], 12)
                    self.assertLessEqual(self.postgres.backends("wait_event_type = 'Lock'"),
                                         1 if "BATCH" in knobs else 0)  # the committer's
                wait_until("it works again", lambda: service.get("/jobs/1").status == 200)
                self.assertEqual(self.postgres.ask("SELECT count(*) FROM jobs"), "500")
                self.assertEqual(service.post(work="0ms").status, 202)
            self.postgres.clear()

    @staticmethod
    def timed(ask):
        begin = time.monotonic()
        return ask().status, time.monotonic() - begin

    def test_stop_is_quick_and_leaves_no_backend(self):
        for mode, knobs in MODES.items():
            with self.subTest(mode=mode):
                service = Service(self.folder, {**knobs, "DB": self.postgres.url, "DB_POOL": "2"})
                service.post(work="1h")
                with self.postgres.locked(), concurrent.futures.ThreadPoolExecutor(4) as pool:
                    asked = [pool.submit(service.get, "/jobs") for _ in range(4)]
                    wait_until("two wait", lambda: self.postgres.backends(
                        "wait_event_type = 'Lock' AND query LIKE 'SELECT%'") == 2)
                    begin = time.monotonic()
                    self.assertEqual(service.end(), 0)
                    self.assertLess(time.monotonic() - begin, 4)
                    self.assertEqual({one.result().status for one in asked}, {503})
                    wait_until("no backend is left", lambda: self.postgres.backends() == 0)
                self.assertEqual(service.errors(), "")
                service.stderr.close()

    def test_no_accepted_job_is_lost(self):
        for mode, knobs in MODES.items():
            knobs = {**knobs, "DB": self.postgres.url, "WORKERS": "2"}
            with self.subTest(mode=mode):
                service = Service(self.folder, knobs)
                with concurrent.futures.ThreadPoolExecutor(8) as pool:
                    replies = list(pool.map(lambda _: service.post(work="20ms"), range(60)))
                    accepted = [reply.json()["id"] for reply in replies]
                self.assertEqual(service.end(signal.SIGKILL), -signal.SIGKILL)
                service.stderr.close()
                with self.service({**knobs, "WORKERS": "16"}) as service:
                    self.assertGreater(service.metrics()["jobs_resumed_total"], 0)
                    wait_until("all are done", lambda: all(
                        service.state(job) == "done" for job in accepted))

    def test_lost_connections_come_back(self):
        with self.service(self.on_postgres(REUSE="1", DB_POOL="2"), quiet=False) as service:
            self.assertEqual(service.get("/jobs").status, 200)
            self.postgres.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                              " WHERE application_name = 'jobs'")
            wait_until("they are gone", lambda: self.postgres.backends() == 0)
            got = [service.get("/jobs").status for _ in range(20)]
            self.assertLessEqual(got.count(500), 2)  # one for each that was lost
            self.assertEqual(got[-10:], [200] * 10)
            self.assertEqual(service.post(work="0ms").status, 202)

    def test_row_lock(self):
        with self.service(self.on_postgres(DB_POOL="4", PLANT="rowlock:100ms")) as service:
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                begin = time.monotonic()
                asked = [pool.submit(service.post, work="0ms") for _ in range(4)]
                wait_until("others wait for the row", lambda: self.postgres.backends(
                    "wait_event_type = 'Lock' AND query LIKE 'UPDATE jobs_counter%'") >= 1)
                self.assertEqual({one.result().status for one in asked}, {202})
                self.assertGreaterEqual(time.monotonic() - begin, 0.4)
            self.assertEqual(self.postgres.ask("SELECT accepted FROM jobs_counter"), "4")
            took = []
            for _ in range(5):  # a busy machine may hold one of them up
                begin = time.monotonic()
                self.assertEqual(service.get("/jobs/1").status, 200)
                took.append(time.monotonic() - begin)
            self.assertLess(min(took), 0.1)  # readers wait for no row


class CacheTest(FullTest):
    def in_each(self, test, **knobs):
        for kind in (Redis, Memcached):
            for reuse in "01":
                folder = os.path.join(self.folder, kind.scheme + reuse)
                server = kind()
                try:
                    with self.subTest(kind.scheme, REUSE=reuse), self.service(
                            {**NAIVE, "CACHE": server.url, "REUSE": reuse, **knobs},
                            folder) as service:
                        test(service, server)
                finally:
                    server.end()

    def hits(self, service):
        got = service.metrics()
        return got["jobs_cache_hits_total"], got["jobs_cache_misses_total"]

    def test_list_is_kept_for_its_time(self):
        def test(service, server):
            first = service.get("/jobs?owner=x")
            service.post(owner="x", work="1h")
            self.assertEqual(service.get("/jobs?owner=x").body, first.body)
            self.assertEqual(self.hits(service), (1, 1))
            self.assertEqual(server.count(), 1)
            time.sleep(0.75)
            self.assertEqual(service.get("/jobs?owner=x").json()["total"], 1)
            self.assertEqual(self.hits(service), (1, 2))
            self.assertEqual(service.metrics()["jobs_cache_errors_total"], 0)
        self.in_each(test, CACHE_TTL="700ms")

    def test_keys_do_not_mix(self):
        def test(service, server):
            paths = ["/jobs?page=1", "/jobs?page=2", "/jobs?owner=owner-1", "/jobs?owner=",
                     "/jobs?state=done", "/jobs?owner=owner-1&state=done", "/jobs?owner=a%20b",
                     "/jobs?owner=a%2520b", "/jobs?owner=%0a%0d", "/jobs/1", "/jobs/2", "/stats",
                     "/jobs?owner=" + "%C3%BC" * 32]
            first = [service.get(path).body for path in paths]
            self.assertEqual(self.hits(service), (0, len(paths)))
            self.assertEqual([service.get(path).body for path in paths], first)
            self.assertEqual(self.hits(service), (len(paths), len(paths)))
            self.assertEqual(server.count(), len(paths))
        self.in_each(test, CACHE_TTL="1h")

    def test_only_finished_jobs_are_kept(self):
        def test(service, _):
            job = service.post(work="300ms").json()["id"]
            self.assertIn(service.state(job), ("queued", "running"))
            wait_until("done, seen through the cache", lambda: service.state(job) == "done")
        self.in_each(test, CACHE_TTL="1h")

    def test_shared_by_two_services(self):
        for kind in (Redis, Memcached):
            server = kind()
            knobs = self.on_postgres(CACHE=server.url, CACHE_TTL="1h", REUSE="1")
            try:
                with self.subTest(kind.scheme), self.service(knobs) as one, \
                        self.service(knobs) as other:
                    path = "/jobs?owner=owner-7"
                    self.assertEqual(one.get(path).body, other.get(path).body)
                    self.assertEqual((self.hits(one), self.hits(other)), ((0, 1), (1, 0)))
            finally:
                server.end()

    def test_a_dead_cache_is_gone_on_without(self):
        for kind in (Redis, Memcached):
            for reuse in "01":
                server = kind()
                folder = os.path.join(self.folder, kind.scheme + reuse)
                knobs = {**NAIVE, "CACHE": server.url, "CACHE_TTL": "1h", "REUSE": reuse}
                with self.subTest(kind.scheme, REUSE=reuse), \
                        self.service(knobs, folder, quiet=False) as service:
                    try:
                        self.assertEqual([service.get("/jobs").status for _ in range(2)],
                                         [200] * 2)
                        self.assertEqual(self.hits(service), (1, 1))
                        server.end()
                        self.assertEqual([service.get("/jobs").status for _ in range(20)],
                                         [200] * 20)
                        self.assertEqual(self.hits(service), (1, 21))
                        self.assertGreaterEqual(service.metrics()["jobs_cache_errors_total"], 20)
                        self.assertIn("failed: going on without", service.errors())
                        self.assertLess(len(service.errors().splitlines()), 10)
                        server = kind(server.port)

                        def hit():
                            service.get("/jobs")
                            return self.hits(service)[0] > 1
                        wait_until("it is used again", hit)
                    finally:
                        server.end()


class EndTest(unittest.TestCase):
    def test_postgres_leaves_nothing_behind(self):
        postgres = Postgres()
        self.assertEqual(postgres.ask("SELECT current_user", user="watch", host="127.0.0.1"),
                         "watch")
        self.assertIn("pg_stat_statements", postgres.ask(
            "SELECT query FROM pg_stat_statements", user="watch", host="127.0.0.1"))
        with self.assertRaises(AssertionError):  # superusers come by the socket only
            postgres.ask("SELECT 1", user="postgres", host="127.0.0.1")
        pid = int((postgres.cluster / "data" / "postmaster.pid").read_text().split()[0])
        owner = os.stat(f"/proc/{pid}").st_uid
        self.assertNotEqual(owner, 0)
        folder = postgres.folder
        os.killpg(postgres.process.pid, signal.SIGTERM)
        self.assertEqual(postgres.process.wait(20), 0)
        self.assertEqual(os.listdir(folder), [])
        self.assertFalse(os.path.exists(f"/proc/{pid}"))
        postgres.end()

    def test_postgres_with_a_client_that_stays(self):
        postgres = Postgres()
        postgres.ask("CREATE TABLE jobs (id integer)")
        with postgres.locked():
            begin = time.monotonic()
            self.assertEqual(postgres.end(), 0)
            self.assertLess(time.monotonic() - begin, 8)

    def test_slow_flush(self):
        """A commit takes what is planted, and PostgreSQL says that it waits for its log."""
        postgres = Postgres(SLOW_FLUSH_US="100000")
        self.addCleanup(postgres.end)
        case = ServiceTest()
        case.setUp()
        self.addCleanup(case.doCleanups)
        with case.service({**NAIVE, "DB": postgres.url, "REUSE": "1"}) as service:
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                seen = False
                for _ in range(20):  # a busy machine may look too late at a tenth of a second
                    begin = time.monotonic()
                    asked = pool.submit(service.post, work="1h")
                    while not (asked.done() or seen):
                        seen = bool(postgres.backends("wait_event = 'WALSync'"))
                    self.assertEqual(asked.result().status, 202)
                    self.assertGreaterEqual(time.monotonic() - begin, 0.1)
                    if seen:
                        break
                self.assertTrue(seen)


if __name__ == "__main__":
    unittest.main()
