"""The reference service on an event loop: its API, its knobs, what it refuses."""
import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time
import unittest

from harness import ROOT, wait_until

AIO = ROOT / "examples" / "aio" / "aio.py"


class Aio:
    def __init__(self, **knobs):
        self.process = subprocess.Popen(["/usr/bin/python3", AIO, "--port", "0"], text=True,
                                        env={**os.environ, "STORE": "1ms", "ROWS": "200", **knobs},
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stdout.readline()
        match = re.search(r"ready on http://127\.0\.0\.1:(\d+)", line)
        if not match:
            raise AssertionError(f"{line!r} {self.process.communicate()[1]}")
        self.port = int(match[1])

    def ask(self, method, path, body=None):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, 60)) as link:
            link.request(method, path, json.dumps(body) if body else None)
            reply = link.getresponse()
            said = reply.read()
            return reply.status, json.loads(said) if said.startswith(b"{") else said.decode()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors


class Service(unittest.TestCase):
    def start(self, **knobs):
        aio = Aio(**knobs)
        self.addCleanup(aio.process.communicate)
        self.addCleanup(aio.process.kill)
        return aio

    def test_api(self):
        aio = self.start()
        status, job = aio.ask("POST", "/jobs", {"kind": "a", "work": "1ms", "owner": "me"})
        self.assertEqual((status, job["state"]), (202, "queued"))
        wait_until("the job is done",
                   lambda: aio.ask("GET", f"/jobs/{job['id']}")[1]["state"] == "done")
        status, page = aio.ask("GET", "/jobs?owner=me")
        self.assertEqual((status, page["total"], page["jobs"][0]["id"]), (200, 1, job["id"]))
        self.assertEqual(len(aio.ask("GET", "/jobs?state=done&page=2")[1]["jobs"]), 20)
        self.assertEqual(aio.ask("GET", "/stats")[1]["jobs"], {"done": 201})
        self.assertIn('aio_gc_collections_total{generation="0"}', aio.ask("GET", "/metrics")[1])
        self.assertEqual(aio.ask("GET", "/healthz")[0], 200)
        for method, path, body, status in (("GET", "/jobs/999999", None, 404),
                                           ("GET", "/nothing", None, 404),
                                           ("GET", "/jobs?page=0", None, 400),
                                           ("POST", "/jobs", {"kind": "a"}, 400),
                                           ("POST", "/jobs", {"kind": "a", "work": "x"}, 400)):
            self.assertEqual(aio.ask(method, path, body)[0], status, path)
        self.assertEqual(aio.end(), (0, ""))

    def together(self, aio, count):
        """How long so many requests at once take in all."""
        threads = [threading.Thread(target=aio.ask, args=("GET", "/stats")) for _ in range(count)]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic() - start

    def test_what_stands_still(self):
        """A blocking call, or a limit, makes a line of what else goes on side by side."""
        self.assertGreaterEqual(self.together(self.start(STORE="50ms", BLOCKING="1"), 8), 0.4)
        self.assertGreaterEqual(self.together(self.start(STORE="50ms", CONCURRENCY="1"), 8), 0.4)

    def test_limits(self):
        aio = self.start(TIMEOUT="20ms", STORE="10s")
        self.assertEqual(aio.ask("GET", "/stats")[0], 504)
        aio = self.start(WORKERS="0", QUEUE="2")
        wanted = {"kind": "a", "work": "1ms"}
        self.assertEqual([aio.ask("POST", "/jobs", wanted)[0] for _ in range(3)], [202, 202, 503])
        aio = self.start(UPSTREAM="http://127.0.0.1:1/")
        self.assertEqual(aio.ask("GET", "/stats")[0], 502)

    def test_wrong_knobs(self):
        done = subprocess.run(["/usr/bin/python3", AIO], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "GC": "1,2", "STORE": "soon"}, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("GC: '1,2' is neither off", done.stderr)
        self.assertIn("STORE: 'soon' is no duration", done.stderr)


if __name__ == "__main__":
    unittest.main()
