"""The reference service for tests: the real binary, a free port, a private folder."""
import contextlib
import functools
import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
JOBS = os.environ.get("PRONY_JOBS", str(ROOT / "build" / "examples" / "jobs" / "jobs"))
KNOBS = ("WORKERS", "DB_POOL", "CACHE", "CACHE_TTL", "LIMIT", "RATE", "TIMEOUT", "QUEUE", "REUSE",
         "BATCH", "ROWS", "INDEX", "DB", "PLANT")

NAIVE = {"ROWS": "500"}
SENSIBLE = {"ROWS": "500", "BATCH": "100", "REUSE": "1", "CACHE": "memory", "INDEX": "1",
            "WORKERS": "16"}
MODES = {"naive": NAIVE, "sensible": SENSIBLE}
PATIENCE_S = 60  # for what takes milliseconds on an idle machine


def environment(knobs):
    env = {name: value for name, value in os.environ.items() if name not in KNOBS}
    env.update(knobs)
    return env


def run(*args, **knobs):
    """The service where it is expected to end by itself."""
    return subprocess.run([JOBS, *args], env=environment(knobs), capture_output=True, text=True,
                          timeout=PATIENCE_S)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, condition, patience_s=PATIENCE_S):
    end = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience_s} s: {what}")
        time.sleep(0.01)


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Service:
    def __init__(self, folder, knobs, port=0, wait=True):
        self.stderr = tempfile.TemporaryFile("w+")
        command = [JOBS, "--port", str(port)] + (["--dir", folder] if folder else [])
        self.process = subprocess.Popen(command, env=environment(knobs), text=True,
                                        stdout=subprocess.PIPE, stderr=self.stderr)
        self.port = port
        self.ready_line = None
        if wait:
            self.wait_ready()

    def wait_ready(self):
        if not select.select([self.process.stdout], [], [], PATIENCE_S)[0]:
            raise AssertionError("no line on stdout")
        self.ready_line = self.process.stdout.readline()
        match = re.search(r"ready on http://127\.0\.0\.1:(\d+)", self.ready_line)
        if not match:
            raise AssertionError(f"not ready: {self.ready_line!r} {self.errors()!r}")
        self.port = int(match.group(1))

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)

    def ask(self, method, path, body=None, connection=None):
        if isinstance(body, dict):
            body = json.dumps(body)
        with contextlib.closing(self.connect()) if not connection \
                else contextlib.nullcontext(connection) as used:
            used.request(method, path, body)
            return Reply(used.getresponse())

    def get(self, path):
        return self.ask("GET", path)

    def post(self, work="20ms", **more):
        return self.ask("POST", "/jobs", {"kind": "resize", "work": work, **more})

    def state(self, job):
        return self.get(f"/jobs/{job}").json().get("state")

    def metrics(self):
        """The numbers without labels, and those with as `name{labels}`."""
        found = {}
        for line in self.get("/metrics").body.decode().splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                found[name] = float(value)
        return found

    def errors(self):
        self.stderr.seek(0)
        return self.stderr.read()

    def end(self, how=signal.SIGTERM):
        """Sends the signal and gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("did not stop") from None
        self.process.stdout.close()
        return code


def in_each_mode(test):
    """The test gets the knobs of a mode, which it may change, and a folder of its own."""
    @functools.wraps(test)
    def both(self):
        for mode, knobs in MODES.items():
            with self.subTest(mode=mode):
                test(self, dict(knobs), os.path.join(self.folder, mode))
    return both


class ServiceTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="jobs-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    @contextlib.contextmanager
    def service(self, knobs, folder=None, quiet=True, **more):
        """A service that must end well and, if `quiet`, without a word on stderr."""
        service = Service(folder or self.folder, knobs, **more)
        try:
            yield service
            self.assertIsNone(service.process.poll(), "ended by itself")
            code = service.end()
            self.assertEqual(code, 0, service.errors())
            if quiet:
                self.assertEqual(service.errors(), "")
        finally:
            if service.process.poll() is None:
                service.process.kill()
                service.process.wait()
            service.process.stdout.close()
            service.stderr.close()

    def database(self, folder=None):
        path = os.path.join(folder or self.folder, "jobs.db")
        return contextlib.closing(sqlite3.connect(path, isolation_level=None))
