#!/usr/bin/python3
"""The reference service: planted faults that cost time, CPU or memory, each seen where it is.

    PRONY_JOBS=build/examples/jobs/jobs tests/e2e/jobs_plant_test.py [-v] [TEST...]
"""
import concurrent.futures
import http.server
import os
import pathlib
import re
import threading
import time
import unittest

from jobs_service import JOBS, NAIVE, ROOT, SENSIBLE, ServiceTest, free_port, run, wait_until

SANITIZED = any(name in pathlib.Path(JOBS).read_bytes()
                for name in (b"__asan_init", b"__tsan_init"))
READER = {**NAIVE, "REUSE": "1", "DB_POOL": "8"}
FAULTS = ("cpu", "lock", "rowlock", "wait", "downstream", "fsync", "storm", "pause", "stall",
          "leak", "errors", "jobfail", "crash", "slowstart")


def timed(ask):
    begin = time.monotonic()
    return ask().status, time.monotonic() - begin


def at_once(service, count, path="/jobs/1"):
    """So many requests at once: (statuses, seconds until all are answered)."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        begin = time.monotonic()
        statuses = {reply.status for reply in pool.map(lambda _: service.get(path), range(count))}
        return statuses, time.monotonic() - begin


def threads_in(service, name):
    """What the threads of that name wait in, as the kernel has it: the number of a system call."""
    found = []
    tasks = f"/proc/{service.process.pid}/task"
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/comm") as comm, open(f"{tasks}/{task}/syscall") as call:
            if comm.read().strip() == name:
                found.append(call.read().split()[0])
    return found


class Downstream(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self.path)
        time.sleep(self.server.delay_s)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "20000")
        self.end_headers()
        self.wfile.write(b"x" * 20000)

    def log_message(self, *args):
        pass


class PlantTest(ServiceTest):
    def cpu_s(self, service):
        return service.metrics()["process_cpu_seconds_total"]

    def test_help_and_readme_name_every_fault(self):
        told = run("--help").stdout
        readme = (ROOT / "examples" / "jobs" / "README.md").read_text()
        forms = re.findall(r"\b([a-z]+):[A-Z]", told[told.index("PLANT"):])
        self.assertEqual(sorted(forms), sorted(FAULTS))
        for fault in FAULTS:
            self.assertIn(f"`{fault}:", readme)

    def test_nothing_is_planted_by_default(self):
        with self.service(READER) as service:
            used = self.cpu_s(service)
            for _ in range(20):
                service.get("/jobs/1")
            self.assertLess(self.cpu_s(service) - used, 0.2)

    def test_cpu(self):
        with self.service({**READER, "PLANT": "cpu:20ms"}) as service:
            before = self.cpu_s(service)
            for _ in range(10):
                self.assertEqual(service.get("/jobs/1").status, 200)
            self.assertGreaterEqual(self.cpu_s(service) - before, 0.2)
            before = self.cpu_s(service)
            for _ in range(10):
                service.get("/healthz")
            self.assertLess(self.cpu_s(service) - before, 0.1)

    def test_lock(self):
        with self.service({**READER, "PLANT": "lock:30ms"}) as service:
            before = self.cpu_s(service)
            statuses, seconds = at_once(service, 8)
            self.assertEqual(statuses, {200})
            self.assertGreaterEqual(seconds, 0.24)  # one after the other
            self.assertGreaterEqual(self.cpu_s(service) - before, 0.24)

    def test_wait(self):
        with self.service({**READER, "PLANT": "wait:100ms"}) as service:
            before = self.cpu_s(service)
            statuses, seconds = at_once(service, 8)
            self.assertEqual(statuses, {200})
            self.assertGreaterEqual(seconds, 0.1)
            self.assertLess(seconds, 0.7)  # beside each other
            self.assertLess(self.cpu_s(service) - before, 0.3)

    def test_row_lock_is_the_lock_of_the_file_in_sqlite(self):
        with self.service({**READER, "PLANT": "rowlock:60ms"}) as service:
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                begin = time.monotonic()
                posts = list(pool.map(lambda _: service.post(work="1h").status, range(4)))
            self.assertEqual(posts, [202] * 4)
            self.assertGreaterEqual(time.monotonic() - begin, 0.24)
            self.assertGreater(service.metrics()["jobs_db_busy_waits_total"], 0)

    def downstream(self, delay_s=0.0, status=200):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Downstream)
        server.delay_s, server.status, server.asked = delay_s, status, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server, f"downstream:http://127.0.0.1:{server.server_port}/price?of=1"

    def test_downstream(self):
        server, plant = self.downstream(delay_s=0.1)
        with self.service({**READER, "PLANT": plant}) as service:
            status, seconds = timed(lambda: service.get("/jobs/1"))
            self.assertEqual(status, 200)
            self.assertGreaterEqual(seconds, 0.1)
            self.assertEqual(service.post(work="0ms").status, 202)
            self.assertEqual(server.asked, ["/price?of=1"] * 2)
            service.get("/healthz")
            self.assertEqual(len(server.asked), 2)

    def test_downstream_that_fails(self):
        _, broken = self.downstream(status=500)
        for plant in (broken, f"downstream:http://127.0.0.1:{free_port()}"):
            with self.subTest(plant), self.service({**READER, "PLANT": plant,
                                                    "QUEUE": "1"}) as service:
                for ask in (lambda: service.get("/jobs/1"), service.post, service.post):
                    self.assertEqual(ask().status, 502)  # and the place in the queue is free again
                self.assertEqual(service.get("/healthz").status, 200)

    def test_downstream_may_be_another_one_of_this_service(self):
        with self.service({**READER, "PLANT": "wait:80ms"}) as slow:
            plant = f"downstream:http://127.0.0.1:{slow.port}/jobs/1"
            with self.service({**READER, "PLANT": plant}, self.folder + "/front") as service:
                status, seconds = timed(lambda: service.get("/jobs/2"))
                self.assertEqual(status, 200)
                self.assertGreaterEqual(seconds, 0.08)

    def test_fsync(self):
        """Reads take no longer; a write takes as long as its flush, in the kernel."""
        with self.service({**READER, "PLANT": "fsync:100ms"}) as service:
            _, seconds = timed(lambda: service.get("/jobs/1"))
            self.assertLess(seconds, 0.1)
            seen = set()
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                begin = time.monotonic()
                asked = pool.submit(service.post, work="1h")
                while not asked.done():
                    seen.update(threads_in(service, "jobs-db"))
                self.assertGreaterEqual(time.monotonic() - begin, 0.1)
            self.assertEqual(asked.result().status, 202)
            self.assertIn("74", seen)  # fsync(2)

    def test_storm(self):
        with self.service({**SENSIBLE, "CACHE_TTL": "1h", "PLANT": "storm:500ms"}) as service:
            def misses():
                service.get("/jobs")
                return service.metrics()["jobs_cache_misses_total"]
            begin = time.monotonic()
            wait_until("four misses of one page", lambda: misses() >= 4)
            self.assertGreaterEqual(time.monotonic() - begin, 1.0)
            self.assertGreater(service.metrics()["jobs_cache_hits_total"], 4)

    def test_pause(self):
        with self.service({**READER, "PLANT": "pause:700ms:250ms"}) as service:
            before = self.cpu_s(service)
            took = []
            end = time.monotonic() + 2.4
            while time.monotonic() < end:
                took.append(timed(lambda: service.get("/healthz"))[1])
            self.assertGreaterEqual(len([one for one in took if one > 0.15]), 2, max(took))
            self.assertLess(sorted(took)[len(took) // 2], 0.05)
            self.assertGreaterEqual(self.cpu_s(service) - before, 0.5)  # one thread computes

    def test_leak(self):
        with self.service({**READER, "PLANT": "leak:1MiB"}) as service:
            service.get("/jobs/1")
            before = service.metrics()["process_resident_memory_bytes"]
            for _ in range(30):
                service.get("/jobs/1")
            grown = service.metrics()["process_resident_memory_bytes"] - before
            self.assertGreaterEqual(grown, 28 << 20)
            self.assertLess(grown, (45 << 20) * (6 if SANITIZED else 1))  # it has a shadow of all


if __name__ == "__main__":
    unittest.main()
