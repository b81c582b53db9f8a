#!/usr/bin/python3
"""The reference service: what it answers, and how it starts.

    PRONY_JOBS=build/examples/jobs/jobs tests/e2e/jobs_service_test.py [-v] [TEST...]
"""
import json
import os
import pathlib
import re
import time
import unittest

from jobs_service import (KNOBS, MODES, NAIVE, ROOT, SENSIBLE, Service, ServiceTest, in_each_mode,
                          run, wait_until)


class StartTest(ServiceTest):
    def test_help_names_every_knob(self):
        done = run("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for knob in KNOBS:
            self.assertRegex(done.stdout, rf"(?m)^  {knob} ")

    def test_readme_names_every_knob(self):
        text = (ROOT / "examples" / "jobs" / "README.md").read_text()
        for knob in KNOBS:
            self.assertIn(f"`{knob}`", text)

    def test_bad_values(self):
        cases = [
            ({"WORKERS": "0"}, "WORKERS=0: .*from 1 to 1024"),
            ({"WORKERS": "1025"}, "WORKERS=1025: .*from 1 to 1024"),
            ({"DB_POOL": "two"}, "DB_POOL=two: .*from 1 to 256"),
            ({"CACHE": "redis"}, "CACHE=redis: must be off, memory, redis://HOST:PORT or "),
            ({"CACHE": "memory2"}, "CACHE=memory2: must be off"),
            ({"CACHE": "redis://"}, "CACHE=redis://: must be"),
            ({"CACHE": "memcached://h:0"}, "CACHE=memcached://h:0: must be"),
            ({"CACHE": "redis://h:1/2"}, "CACHE=redis://h:1/2: must be"),
            ({"CACHE_TTL": "5"}, "CACHE_TTL=5: must be a duration"),
            ({"CACHE_TTL": "-1s"}, "CACHE_TTL=-1s: must be a duration"),
            ({"LIMIT": "1.5"}, r"LIMIT=1\.5: must be a whole number"),
            ({"RATE": "5/m"}, "RATE=5/m: must be a whole number per second"),
            ({"TIMEOUT": "2h"}, "TIMEOUT=2h: must be a duration up to 1h"),
            ({"QUEUE": "99999999999999999999"}, "QUEUE=9+: must be a whole number"),
            ({"REUSE": "yes"}, "REUSE=yes: must be 0 or 1"),
            ({"BATCH": "0"}, "BATCH=0: .*from 1 to 10000"),
            ({"ROWS": "10k"}, "ROWS=10k: must be a whole number"),
            ({"INDEX": "2"}, "INDEX=2: must be 0 or 1"),
            ({"PLANT": "stall:1s"}, "PLANT=stall:1s: .*stall:EVERY:FOR"),
            ({"PLANT": "stall:1s:2s"}, "PLANT=stall:1s:2s: "),
            ({"PLANT": "errors:101%"}, "PLANT=errors:101%: "),
            ({"PLANT": "errors:1%,"}, "PLANT=errors:1%,: "),
            ({"PLANT": "cpu:5"}, "PLANT=cpu:5: .*cpu:TIME"),
            ({"PLANT": "lock:1ms:1ms"}, "PLANT=lock:1ms:1ms: "),
            ({"PLANT": "pause:1s"}, "PLANT=pause:1s: "),
            ({"PLANT": "leak:1GiB"}, "PLANT=leak:1GiB: "),
            ({"PLANT": "leak:65MiB"}, "PLANT=leak:65MiB: "),
            ({"PLANT": "downstream:ftp://h/"}, "PLANT=downstream:ftp://h/: "),
            ({"PLANT": "downstream:http://:80/"}, "PLANT=downstream:http://:80/: "),
        ]
        for knobs, said in cases:
            with self.subTest(**knobs):
                done = run("--dir", self.folder, **knobs)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertRegex(done.stderr, f"^jobs: {said}")
                self.assertEqual(os.listdir(self.folder), [])

    def test_all_bad_values_at_once(self):
        done = run("--dir", self.folder, WORKERS="x", BATCH="y", PLANT="z", DB="mysql://h/d")
        self.assertEqual(done.returncode, 2)
        said = [line.split("=")[0] for line in done.stderr.splitlines()]
        self.assertEqual(sorted(said), ["jobs: BATCH", "jobs: DB", "jobs: PLANT", "jobs: WORKERS"])

    def test_other_databases_are_refused(self):
        done = run(DB="mysql://jobs:secret@localhost/jobs")
        self.assertEqual(done.returncode, 2)
        self.assertIn("DB=mysql://...: must be postgres://", done.stderr)
        self.assertNotIn("secret", done.stderr)

    def test_bad_arguments(self):
        cases = [
            (["--port", "65536"], "--port 65536: must be a number from 0 to 65535"),
            (["--port=x"], "--port x: must be"),
            (["--port"], "--port: its value is missing"),
            (["--dir", ""], "--dir : No such file or directory"),
            (["--dir", "/nowhere/at/all"], "--dir /nowhere/at/all: No such file or directory"),
            (["--verbose"], "--verbose: unknown"),
            (["fast"], "fast: not an option"),
        ]
        for args, said in cases:
            with self.subTest(args=args):
                done = run(*args)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertTrue(done.stderr.startswith(f"jobs: {said}"), done.stderr)

    def test_port_taken(self):
        with self.service(NAIVE) as service:
            done = run("--port", str(service.port), "--dir", os.path.join(self.folder, "other"))
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"cannot listen on 127.0.0.1:{service.port}: Address already in use",
                          done.stderr)

    def test_unusable_database(self):
        path = os.path.join(self.folder, "jobs.db")
        pathlib.Path(path).write_bytes(b"this is no database" * 100)
        done = run("--port", "0", "--dir", self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not a database", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_db_names_the_file(self):
        path = os.path.join(self.folder, "elsewhere.db")
        with self.service({**NAIVE, "DB": "sqlite:" + path}) as service:
            self.assertEqual(service.get("/jobs").json()["total"], 500)
        self.assertTrue(os.path.exists(path))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "jobs.db")))

    def test_private_folder_is_removed(self):
        for mode, knobs in MODES.items():
            with self.subTest(mode=mode):
                service = Service(None, knobs)
                path = re.search(r"database (\S+)/jobs\.db\)", service.ready_line).group(1)
                self.assertEqual(os.stat(path).st_mode & 0o777, 0o700)
                self.assertEqual(service.end(), 0)
                self.assertFalse(os.path.exists(path))
                service.stderr.close()

    def test_seed_once(self):
        with self.service({"ROWS": "1234"}) as service:
            self.assertEqual(service.get("/jobs").json()["total"], 1234)
        with self.service({"ROWS": "99"}) as service:
            self.assertEqual(service.get("/jobs").json()["total"], 1234)

    def test_nothing_seeded(self):
        with self.service({"ROWS": "0"}) as service:
            self.assertEqual(service.get("/jobs").json(),
                             {"page": 1, "per_page": 20, "total": 0, "jobs": []})

    def test_default_rows(self):
        with self.service({}) as service:
            stats = service.get("/stats").json()["jobs"]
            self.assertEqual(stats["done"] + stats["failed"], 50000)
            self.assertGreater(stats["failed"], 500)

    def test_index_knob(self):
        def indexes():
            with self.database() as db:
                return {row[0] for row in db.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'index'")}
        both = {"jobs_owner", "jobs_owner_state"}
        for index, left in ((None, set()), ("1", both), (None, both), ("0", set())):
            with self.subTest(INDEX=index):
                with self.service({**NAIVE, **({"INDEX": index} if index else {})}):
                    pass
                self.assertEqual(indexes(), left)

    def test_index_serves_the_lists(self):
        with self.service({**NAIVE, "INDEX": "1"}):
            pass
        with self.database() as db:
            for where, name in (("owner = 'owner-1'", "jobs_owner"),
                                ("owner = 'owner-1' AND state = 'done'", "jobs_owner_state")):
                plan = " ".join(row[3] for row in db.execute(
                    f"EXPLAIN QUERY PLAN SELECT * FROM jobs WHERE {where} ORDER BY id DESC"))
                self.assertRegex(plan, rf"USING INDEX {name} ")
                self.assertNotIn("TEMP B-TREE", plan)

    @in_each_mode
    def test_journal(self, knobs, folder):
        with self.service(knobs, folder), self.database(folder) as db:
            self.assertEqual(db.execute("PRAGMA journal_mode").fetchone()[0],
                             "wal" if "BATCH" in knobs else "delete")

    def test_modes_can_change_on_one_database(self):
        jobs = []
        for knobs in (NAIVE, SENSIBLE, NAIVE):
            with self.service(knobs) as service:
                jobs.append(service.post(work="0ms").json()["id"])
                wait_until("all done", lambda: all(service.state(job) == "done" for job in jobs))


class ApiTest(ServiceTest):
    @in_each_mode
    def test_job_from_post_to_done(self, knobs, folder):
        with self.service(knobs, folder) as service:
            before_ms = time.time() * 1000 - 1
            posted = service.post(work="300ms", owner='a"b\\ü\n')
            self.assertEqual(posted.status, 202)
            job = posted.json()["id"]
            self.assertEqual(posted.json(), {"id": job, "state": "queued"})
            self.assertEqual(posted.headers["Location"], f"/jobs/{job}")
            seen = set()
            wait_until("done", lambda: seen.add(service.state(job)) or "done" in seen)
            self.assertLessEqual(seen, {"queued", "running", "done"})
            self.assertIn("running", seen)
            got = service.get(f"/jobs/{job}").json()
            self.assertGreaterEqual(got["created_ms"], before_ms)
            self.assertGreaterEqual(got["finished_ms"] - got["created_ms"], 299)
            del got["created_ms"], got["finished_ms"]
            self.assertEqual(got, {"id": job, "owner": 'a"b\\ü\n', "kind": "resize",
                                   "work": "300ms", "state": "done"})

    def test_owner_may_be_left_out(self):
        with self.service(NAIVE) as service:
            job = service.post().json()["id"]
            self.assertEqual(service.get(f"/jobs/{job}").json()["owner"], "anonymous")

    def test_work_keeps_its_unit(self):
        with self.service(SENSIBLE) as service:
            for work, shown in (("0ms", "0ms"), ("1500us", "1500us"), ("0.5s", "500ms"),
                                ("1.5ms", "1500us")):
                job = service.post(work=work).json()["id"]
                self.assertEqual(service.get(f"/jobs/{job}").json()["work"], shown)

    def test_bad_jobs(self):
        good = {"kind": "resize", "work": "20ms"}
        cases = [
            ("no body", None, "JSON object"),
            ("not JSON", "{kind", "JSON object"),
            ("a list", "[]", "JSON object"),
            ("no kind", {"work": "20ms"}, "kind"),
            ("empty kind", {**good, "kind": ""}, "kind"),
            ("long kind", {**good, "kind": "k" * 65}, "kind"),
            ("no work", {"kind": "resize"}, "work"),
            ("work without unit", {**good, "work": "20"}, "work"),
            ("work as number", {**good, "work": 20}, "work"),
            ("negative work", {**good, "work": "-1ms"}, "work"),
            ("too much work", {**good, "work": "3601s"}, "work"),
            ("owner as number", {**good, "owner": 7}, "owner"),
            ("long owner", {**good, "owner": "o" * 65}, "owner"),
        ]
        with self.service(SENSIBLE) as service:
            for name, body, said in cases:
                with self.subTest(name):
                    reply = service.ask("POST", "/jobs", body)
                    self.assertEqual(reply.status, 400)
                    self.assertIn(said, reply.json()["error"])
            reply = service.ask("POST", "/jobs", json.dumps({**good, "pad": "p" * 17000}))
            self.assertEqual(reply.status, 413)
            self.assertEqual(service.get("/jobs").json()["total"], 500)

    @in_each_mode
    def test_bad_requests(self, knobs, folder):
        cases = [
            ("GET", "/", 404, None), ("GET", "/job", 404, None), ("GET", "/jobs/", 404, None),
            ("GET", "/jobs/abc", 404, None), ("GET", "/jobs/501", 404, None),
            ("GET", "/jobs/99999999999999999999", 404, None),
            ("GET", "/jobs?state=lost", 400, None), ("GET", "/jobs?page=0", 400, None),
            ("GET", "/jobs?page=1000001", 400, None), ("GET", "/jobs?page=one", 400, None),
            ("GET", "/jobs?owner=" + "o" * 65, 400, None), ("GET", "/jobs?owner=%ff", 400, None),
            ("PUT", "/jobs", 405, "GET, HEAD, POST"), ("DELETE", "/jobs/1", 405, "GET, HEAD"),
            ("POST", "/stats", 405, "GET, HEAD"),
        ]
        with self.service(knobs, folder) as service:
            for method, path, status, allow in cases:
                with self.subTest(f"{method} {path}"):
                    reply = service.ask(method, path)
                    self.assertEqual(reply.status, status)
                    self.assertTrue(reply.json()["error"])
                    self.assertEqual(reply.headers["Allow"], allow)

    def test_head(self):
        with self.service(NAIVE) as service:
            length = int(service.get("/jobs/1").headers["Content-Length"])
            reply = service.ask("HEAD", "/jobs/1")
            self.assertEqual((reply.status, reply.body), (200, b""))
            self.assertEqual(int(reply.headers["Content-Length"]), length)

    @in_each_mode
    def test_pages(self, knobs, folder):
        """Every page of every filter against the database itself."""
        with self.service({**knobs, "ROWS": "5000"}, folder) as service:
            with self.database(folder) as db:
                for owner in (None, "owner-1", "owner-100", "nobody"):
                    for state in (None, "done", "failed", "queued"):
                        self.check_pages(service, db, owner, state)

    def check_pages(self, service, db, owner, state):
        query = "&".join(f"{name}={value}" for name, value in
                         (("owner", owner), ("state", state)) if value)
        want = [dict(zip(("id", "owner", "kind", "state", "created_ms", "finished_ms"), row))
                for row in db.execute(
                    "SELECT id, owner, kind, state, created_ms, finished_ms FROM jobs"
                    " WHERE owner = ifnull(?, owner) AND state = ifnull(?, state)"
                    " ORDER BY id DESC", (owner, state))]
        for page in (1, 2, 5, 250, 251):
            got = service.get(f"/jobs?{query}&page={page}").json()
            self.assertEqual((got["page"], got["per_page"], got["total"]), (page, 20, len(want)))
            for job in got["jobs"]:
                self.assertEqual(job.pop("work"), "20ms")
            self.assertEqual(got["jobs"], want[page * 20 - 20:page * 20], query)

    def test_owner_is_decoded_and_bound(self):
        with self.service(SENSIBLE) as service:
            job = service.post(owner="a b'--").json()["id"]
            for written in ("a%20b%27--", "a+b'--"):
                got = service.get(f"/jobs?owner={written}").json()
                self.assertEqual([row["id"] for row in got["jobs"]], [job])

    def test_naive_and_reuse_give_the_same_text(self):
        texts = []
        for index, reuse in enumerate("01"):
            folder = os.path.join(self.folder, reuse)
            with self.service({**NAIVE, "REUSE": reuse}, folder) as service:
                texts.append([service.get(path).body for path in
                              ("/jobs?page=3", "/jobs/7", "/jobs?owner=x", "/jobs?state=failed")])
        self.assertEqual(texts[0], texts[1])

    @in_each_mode
    def test_stats(self, knobs, folder):
        knobs.update(WORKERS="2", QUEUE="9", CACHE="off")
        with self.service(knobs, folder) as service:
            for _ in range(5):
                self.assertEqual(service.post(work="30s").status, 202)

            def stats():
                got = service.get("/stats").json()
                return (got["queue"], got["workers"], got["jobs"]["queued"],
                        got["jobs"]["running"])
            want = ({"length": 3, "limit": 9}, {"count": 2, "busy": 2}, 3, 2)
            wait_until("two run, three wait", lambda: stats() == want)

    @in_each_mode
    def test_metrics(self, knobs, folder):
        with self.service(knobs, folder) as service:
            for _ in range(3):
                service.get("/jobs")
            service.get("/nowhere")
            job = service.post().json()["id"]
            wait_until("done", lambda: service.state(job) == "done")
            reply = service.get("/metrics")
            self.assertTrue(reply.headers["Content-Type"].startswith("text/plain"))
            self.check_exposition(reply.body.decode())
            got = service.metrics()
            self.assertEqual(
                got['jobs_http_requests_total{route="GET /jobs",status="200"}'], 3)
            self.assertEqual(got['jobs_http_requests_total{route="other",status="404"}'], 1)
            self.assertEqual(
                got['jobs_http_request_seconds_bucket{route="GET /jobs",le="+Inf"}'], 3)
            self.assertGreater(got['jobs_http_request_seconds_sum{route="GET /jobs"}'], 0)
            self.assertEqual(got["jobs_accepted_total"], 1)
            wait_until("counted", lambda: service.metrics()["jobs_done_total"] == 1)
            self.assertGreater(got["process_resident_memory_bytes"], 1 << 20)

    def check_exposition(self, text):
        """Each sample belongs to the family announced before it; buckets never fall."""
        family, last = None, 0.0
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                family, kind = line.split()[2:]
                self.assertIn(kind, ("counter", "gauge", "histogram"))
            elif not line.startswith("# HELP "):
                match = re.fullmatch(r'([a-z_]+)(\{\w+="[^"]*"(?:,\w+="[^"]*")*\})? (\S+)', line)
                self.assertTrue(match, line)
                self.assertTrue(match.group(1).startswith(family), line)
                if match.group(1).endswith("_bucket"):
                    last = 0.0 if 'le="0.001"' in line else last
                    self.assertGreaterEqual(float(match.group(3)), last)
                    last = float(match.group(3))


class CacheTest(ServiceTest):
    def hits(self, service):
        got = service.metrics()
        return got["jobs_cache_hits_total"], got["jobs_cache_misses_total"]

    def test_off(self):
        with self.service({**SENSIBLE, "CACHE": "off"}) as service:
            for _ in range(3):
                service.get("/jobs?owner=owner-1")
            self.assertEqual(self.hits(service), (0, 0))

    def test_list_is_kept_for_its_time(self):
        with self.service({**SENSIBLE, "CACHE_TTL": "1s"}) as service:
            first = service.get("/jobs?owner=x")
            service.post(owner="x")
            again = service.get("/jobs?owner=x")
            self.assertEqual(again.body, first.body)
            self.assertEqual(self.hits(service), (1, 1))
            time.sleep(1.05)
            self.assertEqual(service.get("/jobs?owner=x").json()["total"], 1)

    def test_keys_do_not_mix(self):
        """Filters that could be taken for each other by a careless key."""
        with self.service(SENSIBLE) as service:
            paths = ["/jobs?page=1", "/jobs?page=2", "/jobs?owner=owner-1", "/jobs?owner=",
                     "/jobs?state=done", "/jobs?state=failed", "/jobs?owner=owner-1&state=done",
                     "/jobs?owner=owner-1&page=2", "/jobs/1", "/jobs/2", "/stats"]
            first = [service.get(path).body for path in paths]
            self.assertEqual(self.hits(service), (0, len(paths)))
            self.assertEqual([service.get(path).body for path in paths], first)
            self.assertEqual(self.hits(service), (len(paths), len(paths)))

    def test_only_finished_jobs_are_kept(self):
        with self.service({**SENSIBLE, "CACHE_TTL": "1h"}) as service:
            job = service.post(work="300ms").json()["id"]
            self.assertIn(service.state(job), ("queued", "running"))
            wait_until("done, seen through the cache", lambda: service.state(job) == "done")

    def test_more_keys_than_places(self):
        with self.service({**SENSIBLE, "ROWS": "50", "CACHE_TTL": "1h"}) as service:
            connection = service.connect()
            for page in range(1, 18001):
                connection.request("GET", f"/jobs?page={page}")
                reply = json.loads(connection.getresponse().read())
                self.assertEqual(reply["page"], page)
            connection.close()
            self.assertEqual(self.hits(service), (0, 18000))
            for page in range(17951, 18001):  # the newest have pushed out older ones
                service.get(f"/jobs?page={page}")
            self.assertEqual(self.hits(service), (50, 18000))

if __name__ == "__main__":
    unittest.main()
