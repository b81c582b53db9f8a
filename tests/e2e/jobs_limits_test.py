#!/usr/bin/python3
"""The reference service: its limits, its end, its capacity and its planted faults.

    PRONY_JOBS=build/examples/jobs/jobs tests/e2e/jobs_limits_test.py [-v] [TEST...]
"""
import concurrent.futures
import contextlib
import http.client
import json
import os
import resource
import signal
import statistics
import threading
import time
import unittest

from jobs_service import (NAIVE, PATIENCE_S, SENSIBLE, Reply, Service, ServiceTest, free_port,
                          in_each_mode, wait_until)


class LimitTest(ServiceTest):
    def assert_refused(self, reply, status, said):
        self.assertEqual(reply.status, status)
        self.assertIn(said, reply.json()["error"])
        self.assertEqual(reply.headers["Retry-After"], "1")

    def test_limit(self):
        with self.service({**SENSIBLE, "LIMIT": "2"}) as service:
            self.assertEqual(service.get("/jobs").status, 200)
            slow = []
            for _ in range(2):  # requests whose body is on its way are in flight
                slow.append(service.connect())
                slow[-1].putrequest("POST", "/jobs")
                slow[-1].putheader("Content-Length", "32")
                slow[-1].endheaders()
            wait_until("both are seen", lambda: service.metrics()["jobs_http_in_flight"] == 3)
            self.assert_refused(service.get("/jobs"), 503, "LIMIT")
            self.assertEqual(service.get("/healthz").status, 200)
            slow[0].close()
            wait_until("one left", lambda: service.metrics()["jobs_http_in_flight"] == 2)
            # The request for the metrics is in flight until its end is seen, a moment later.
            refused = 1
            while service.get("/jobs").status != 200:
                refused += 1
                self.assertLess(refused, 50)
            slow[1].send(b'{"kind":"resize","work":"20ms" }')
            self.assertEqual(slow[1].getresponse().status, 202)
            slow[1].close()
            self.assertEqual(service.metrics()["jobs_refused_limit_total"], refused)

    def test_rate(self):
        with self.service({**SENSIBLE, "RATE": "40/s"}) as service:
            connection = service.connect()
            begin = time.monotonic()
            replies = [service.ask("GET", "/jobs", connection=connection) for _ in range(120)]
            seconds = time.monotonic() - begin
            refused = [reply for reply in replies if reply.status != 200]
            let_in = len(replies) - len(refused)
            self.assertGreaterEqual(let_in, 40)
            self.assertLessEqual(let_in, 40 + 40 * seconds + 1)
            for reply in refused:
                self.assert_refused(reply, 429, "RATE")
            self.assertEqual(service.metrics()["jobs_refused_rate_total"], len(refused))
            time.sleep(0.1)
            self.assertEqual(service.get("/jobs").status, 200)
            connection.close()

    @in_each_mode
    def test_queue(self, knobs, folder):
        with self.service({**knobs, "WORKERS": "1", "QUEUE": "2"}, folder) as service:
            first = service.post(work="30s").json()["id"]
            wait_until("it runs", lambda: service.state(first) == "running")
            self.assertEqual([service.post().status for _ in range(2)], [202, 202])
            for _ in range(3):
                self.assert_refused(service.post(), 503, "the queue is full: 2 jobs wait")
            self.assertEqual(service.metrics()["jobs_refused_queue_total"], 3)
            self.assertEqual(service.get("/jobs?state=queued").json()["total"], 2)

    @in_each_mode
    def test_queue_never_takes_more_than_its_limit(self, knobs, folder):
        with self.service({**knobs, "WORKERS": "1", "QUEUE": "10"}, folder) as service:
            first = service.post(work="30s").json()["id"]
            wait_until("it runs", lambda: service.state(first) == "running")
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                got = list(pool.map(lambda _: service.post().status, range(40)))
            self.assertEqual((got.count(202), got.count(503)), (10, 30))

    @in_each_mode
    def test_timeout(self, knobs, folder):
        """Somebody else holds the database: every request is answered at its deadline."""
        knobs.update(TIMEOUT="300ms", DB_POOL="2", WORKERS="1")
        with self.service(knobs, folder) as service, self.database(folder) as db:
            naive = "BATCH" not in knobs  # WAL lets readers read on
            db.execute("BEGIN EXCLUSIVE" if naive else "BEGIN IMMEDIATE")
            with concurrent.futures.ThreadPoolExecutor(12) as pool:
                posts = [pool.submit(self.timed, service.post) for _ in range(6)]
                reads = [pool.submit(self.timed, lambda: service.get("/jobs/1"))
                         for _ in range(6 if naive else 0)]
                for status, seconds in [future.result() for future in posts + reads]:
                    self.assertEqual(status, 504)
                    self.assertGreater(seconds, 0.25)
                    self.assertLess(seconds, 2)
            db.execute("ROLLBACK")
            self.assertEqual(service.post(work="0ms").status, 202)
            self.assertEqual(service.get("/jobs").json()["total"], 501)
            self.assertEqual(service.metrics()["jobs_expired_total"], len(posts) + len(reads))

    @staticmethod
    def timed(ask):
        begin = time.monotonic()
        return ask().status, time.monotonic() - begin

    def test_timeout_interrupts_a_query(self):
        with self.service({"ROWS": "500000"}) as service:
            self.assertEqual(service.get("/stats").status, 200)  # the file is in memory now
            status, whole = self.timed(lambda: service.get("/stats"))
            self.assertEqual(status, 200)
        with self.service({"TIMEOUT": "10ms"}) as service:
            status, seconds = self.timed(lambda: service.get("/stats"))
            self.assertEqual(status, 504)
            self.assertLess(seconds, whole / 2)


class StopTest(ServiceTest):
    def test_signals(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(how):
                service = Service(self.folder, SENSIBLE)
                self.assertEqual(service.end(how), 0)
                service.stderr.close()

    @in_each_mode
    def test_stop_is_quick_with_long_jobs_and_idle_connections(self, knobs, folder):
        service = Service(folder, knobs)
        service.post(work="1h")
        idle = [service.connect() for _ in range(20)]
        for connection in idle:
            service.ask("GET", "/healthz", connection=connection)
        begin = time.monotonic()
        self.assertEqual(service.end(), 0)
        self.assertLess(time.monotonic() - begin, 3)
        for connection in idle:
            connection.close()
        self.assertEqual(service.errors(), "")
        service.stderr.close()

    def post_until_the_end(self, service, accepted):
        connection = service.connect()
        try:
            while True:
                reply = service.ask("POST", "/jobs", {"kind": "resize", "work": "5ms"}, connection)
                if reply.status == 202:
                    accepted.append(reply.json()["id"])
        except (OSError, http.client.HTTPException):
            pass  # the service is gone
        finally:
            connection.close()

    def end_under_load(self, knobs, folder, how):
        """Ends the service while eight clients post; gives the jobs that were accepted."""
        service = Service(folder, knobs)
        accepted = []
        clients = [threading.Thread(target=self.post_until_the_end, args=(service, accepted))
                   for _ in range(8)]
        for client in clients:
            client.start()
        try:
            wait_until("enough are accepted", lambda: len(accepted) >= 100)
        finally:
            code = service.end(how)
            for client in clients:
                client.join()
        self.assertEqual(code, 0 if how == signal.SIGTERM else -how)
        service.stderr.close()
        return accepted

    @in_each_mode
    def test_no_accepted_job_is_lost(self, knobs, folder):
        knobs["WORKERS"] = "2"
        for how in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(how=how.name):
                accepted = self.end_under_load(knobs, folder, how)
                self.assertEqual(len(accepted), len(set(accepted)))
                # More of them would wait for the lock of the database longer than it has patience.
                with self.service(dict(knobs, WORKERS="16"), folder) as service:
                    self.assertGreater(service.metrics()["jobs_resumed_total"], 0)
                    wait_until("all are done", lambda: service.get(
                        "/jobs?state=queued").json()["total"] == 0 and service.get(
                        "/jobs?state=running").json()["total"] == 0)
                    for job in accepted:
                        self.assertEqual(service.state(job), "done", job)

    @in_each_mode
    def test_accepted_means_committed(self, knobs, folder):
        """With the 202 in hand, the job is there for another process to see."""
        with self.service({**knobs, "WORKERS": "1"}, folder) as service:
            with self.database(folder) as db:
                connection = service.connect()
                for _ in range(50):
                    reply = service.ask("POST", "/jobs", {"kind": "k", "work": "1h"}, connection)
                    job = reply.json()["id"]
                    self.assertEqual(db.execute("SELECT kind FROM jobs WHERE id = ?",
                                                (job,)).fetchall(), [("k",)])
                connection.close()

    def test_more_than_the_queue_holds_is_taken_up(self):
        knobs = {**SENSIBLE, "WORKERS": "1"}
        with self.service(knobs) as service:
            jobs = [service.post(work="1h").json()["id"]]
            jobs += [service.post(work="1ms").json()["id"] for _ in range(8)]
        with self.database() as db:
            db.execute("UPDATE jobs SET work_us = 1000 WHERE id = ?", (jobs[0],))
        with self.service({**knobs, "QUEUE": "2"}) as service:
            self.assertEqual(service.metrics()["jobs_resumed_total"], 9)
            wait_until("all done", lambda: all(service.state(job) == "done" for job in jobs))


class CapacityTest(ServiceTest):
    def test_group_commit_shares_commits(self):
        with self.service(SENSIBLE) as service:
            with concurrent.futures.ThreadPoolExecutor(32) as pool:
                got = list(pool.map(lambda _: service.post(work="0ms").status, range(320)))
            self.assertEqual(set(got), {202})
            wait_until("all done", lambda: service.metrics()["jobs_done_total"] == 320)
            # A job is done when its write is committed, which is counted a moment later.
            wait_until("all writes are counted",
                       lambda: service.metrics()["jobs_db_commit_writes_total"] >= 3 * 320)
            self.assertLess(service.metrics()["jobs_db_commits_total"], 320)

    def test_naive_opens_a_connection_per_request(self):
        opens = {}
        for reuse in "01":
            folder = os.path.join(self.folder, reuse)
            with self.service({**NAIVE, "REUSE": reuse}, folder) as service:
                before = service.metrics()["jobs_db_opens_total"]
                for _ in range(20):
                    service.get("/jobs/1")
                opens[reuse] = service.metrics()["jobs_db_opens_total"] - before
        self.assertEqual(opens["0"], 20)
        self.assertLess(opens["1"], 5)

    def test_1100_connections_with_a_job_each(self):
        clients = 1100
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < clients + 100:
            self.skipTest(f"only {hard} descriptors are allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with self.service({**SENSIBLE, "WORKERS": "64"}) as service:
            connections = [service.connect() for _ in range(clients)]
            body = json.dumps({"kind": "resize", "work": "20ms"})
            for connection in connections:
                connection.request("POST", "/jobs", body)
            jobs = []
            for connection in connections:
                reply = Reply(connection.getresponse())
                self.assertEqual(reply.status, 202)
                jobs.append(reply.json()["id"])
            wait_until("all are done", lambda: service.metrics()["jobs_done_total"] == clients)
            for connection, job in zip(connections, jobs):  # the connections are still good
                reply = service.ask("GET", f"/jobs/{job}", connection=connection)
                self.assertEqual(reply.json()["state"], "done")
                connection.close()


class PlantTest(ServiceTest):
    def test_errors(self):
        with self.service({**SENSIBLE, "PLANT": "errors:30%"}) as service:
            connection = service.connect()
            got = [service.ask("GET", "/jobs", connection=connection).status for _ in range(300)]
            connection.close()
            self.assertEqual(set(got), {200, 500})
            self.assertTrue(60 < got.count(500) < 120, got.count(500))
            self.assertEqual({service.get("/healthz").status for _ in range(20)}, {200})

    @in_each_mode
    def test_failing_jobs(self, knobs, folder):
        with self.service({**knobs, "PLANT": "jobfail:100%"}, folder) as service:
            job = service.post().json()["id"]
            wait_until("failed", lambda: service.state(job) == "failed")

    def test_stall(self):
        with self.service({**SENSIBLE, "PLANT": "stall:1s:300ms"}) as service:
            connection = service.connect()
            took = []
            end = time.monotonic() + 2.3
            while time.monotonic() < end:
                begin = time.monotonic()
                service.ask("GET", "/jobs/1", connection=connection)
                took.append(time.monotonic() - begin)
                time.sleep(0.005)
            connection.close()
            self.assertLess(statistics.median(took), 0.05)
            stalls = [seconds for seconds in took if seconds > 0.2]
            self.assertGreaterEqual(len(stalls), 2, took)
            self.assertLess(statistics.median(stalls), 0.5)

    def test_crash(self):
        service = Service(self.folder, {**SENSIBLE, "PLANT": "crash:300ms"})
        self.assertEqual(service.get("/healthz").status, 200)
        self.assertEqual(service.process.wait(PATIENCE_S), -signal.SIGABRT)
        service.process.stdout.close()
        service.stderr.close()

    def test_slow_start(self):
        port = free_port()
        begin = time.monotonic()
        with self.service({**SENSIBLE, "PLANT": "slowstart:1500ms"}, port=port,
                          wait=False) as service:
            def answers():
                with contextlib.suppress(ConnectionRefusedError):
                    return service.get("/healthz").status
            wait_until("the port is open", answers)
            for path in ("/healthz", "/jobs", "/stats"):
                self.assertEqual(service.get(path).status, 503)
            self.assertLess(time.monotonic() - begin, 1.5, "too slow a machine to tell")
            service.wait_ready()
            self.assertGreaterEqual(time.monotonic() - begin, 1.5)
            self.assertEqual(service.get("/healthz").status, 200)

    def test_stop_while_starting(self):
        port = free_port()
        service = Service(self.folder, {**SENSIBLE, "PLANT": "slowstart:1h"}, port, wait=False)
        time.sleep(0.3)
        self.assertEqual(service.end(), 0)
        self.assertEqual(service.errors(), "")
        service.stderr.close()

if __name__ == "__main__":
    unittest.main()
