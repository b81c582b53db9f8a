"""prony from outside: the real binary in a private folder, against small servers of our own.

Nothing here waits for a fixed time where it can wait for a fact, and no test asserts a speed.
"""
import contextlib
import fcntl
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PRONY = os.path.abspath(os.environ.get("PRONY", str(ROOT / "build" / "prony")))
SAMPLES = os.path.abspath(os.environ.get("PRONY_SAMPLES", str(ROOT / "build/tests/e2e/samples")))
# A sanitizer needs address space and memory of its own: its limits are not prony's.
SANITIZED = os.path.exists(PRONY) and any(
    name in pathlib.Path(PRONY).read_bytes() for name in (b"__asan_init", b"__tsan_init"))
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup(1) would hand it on to what we start
PATIENCE_S = 90  # for what takes some seconds on an idle machine: many tests run at once

# What a busy test machine may say of itself; all else that casts a doubt is prony's.
OF_THE_HOST = {"stood-still", "cpu-busy", "core-shared", "cpu-throttled", "cpu-stolen",
               "clock-step"}

REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n"
REFUSAL = b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n"


def wait_until(what, condition, patience_s=PATIENCE_S, every_s=0.01):
    end = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience_s} s: {what}")
        time.sleep(every_s)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def unread(port):
    """Bytes that the server at that port has sent and its clients have not read yet."""
    count = 0
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, ours, theirs, _, queues = line.split()[:5]
        to_send, to_read = (int(queue, 16) for queue in queues.split(":"))
        if int(ours.partition(":")[2], 16) == port:
            count += to_send
        if int(theirs.partition(":")[2], 16) == port:
            count += to_read
    return count


def lives(pid):
    """Whether a process runs; one that is dead but not yet reaped by its parent does not."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


class Server:
    """Answers each request with what `behave(connection, number)` sends; closes when it returns
    False. A thread per connection: enough for a few hundred requests a second."""

    def __init__(self, behave=None):
        self.behave = behave or (lambda connection, number: connection.sendall(REPLY))
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.requests = 0
        self.lock = threading.Lock()
        self.open = set()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.open.add(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        waiting = b""
        try:
            while True:
                while b"\r\n\r\n" not in waiting:
                    got = connection.recv(65536)
                    if not got:
                        return
                    waiting += got
                waiting = waiting.partition(b"\r\n\r\n")[2]
                with self.lock:
                    self.requests += 1
                    number = self.requests
                if self.behave(connection, number) is False:
                    return
        except OSError:
            pass  # prony left: that is its right
        finally:
            connection.close()
            with self.lock:
                self.open.discard(connection)

    def close(self):
        if self.listener.fileno() < 0:
            return  # a test that closes it, and its clean-up
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept(), which would keep it open
        self.listener.close()
        with self.lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class Done:
    """What a finished prony said."""

    def __init__(self, args, code, stdout, stderr):
        self.args, self.code, self.stdout, self.stderr = args, code, stdout, stderr

    def json(self):
        return json.loads(self.stdout)

    def __str__(self):
        return (f"prony {' '.join(self.args)}\nexit {self.code}\n--- stdout\n{self.stdout}"
                f"--- stderr\n{self.stderr}")


class Case(unittest.TestCase):
    """A private folder, prony in it, and servers that end with the test."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="prony-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.runs = self.folder / ".prony" / "runs"

    def server(self, behave=None):
        server = Server(behave)
        self.addCleanup(server.close)
        return server

    def environment(self):
        keep = ("PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
        env = {name: os.environ[name] for name in keep if name in os.environ}
        env.update(LC_ALL="C.UTF-8", TZ="UTC")
        return env

    def start(self, *args, limits=(), env=None, inherit=()):
        """prony as a child that is certain to end with the test. `limits`: (resource, value)."""
        def apply_limits():
            for what, value in limits:
                resource.setrlimit(what, (value, value))

        child = subprocess.Popen([PRONY, *map(str, args)], cwd=self.folder, text=True,
                                 env=env or self.environment(), stdin=subprocess.DEVNULL,
                                 pass_fds=inherit, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 preexec_fn=apply_limits if limits else None)
        self.addCleanup(self.finish, child)
        return child

    def finish(self, child):
        if child.poll() is None:
            child.kill()
        child.communicate()

    def wait(self, child, patience_s=PATIENCE_S):
        out, err = child.communicate(timeout=patience_s)
        return Done(child.args[1:], child.returncode, out, err)

    def prony(self, *args, limits=(), env=None):
        return self.wait(self.start(*args, limits=limits, env=env))

    def plan(self, text, name="plan.yaml"):
        path = self.folder / name
        path.write_text(text)
        return path

    def on_terminal(self, columns, *args, patience_s=PATIENCE_S):
        """What prony shows on a terminal of that width: stdout and stderr together, as lines."""
        ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        child = subprocess.Popen([PRONY, *map(str, args)], cwd=self.folder,
                                 env=dict(self.environment(), TERM="xterm", NO_COLOR="1",
                                          CI="true"),  # lines, no live view
                                 stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
        self.addCleanup(self.finish, child)
        os.close(theirs)
        shown = b""
        end = time.monotonic() + patience_s
        with open(ours, "rb", buffering=0) as terminal:
            while time.monotonic() < end:
                try:
                    shown += (got := terminal.read(65536))
                except OSError:  # EIO: nobody has it open any more
                    break
                if not got:
                    break
        child.wait(timeout=PATIENCE_S)
        return shown.decode().replace("\r\n", "\n").splitlines()

    def run_folder(self):
        """The one run of this test."""
        folders = list(self.runs.iterdir())
        self.assertEqual(len(folders), 1, folders)
        return folders[0]

    def samples(self):
        """What the sources of this test's run saw: (of, name, label) -> [(from_s, to_s, value)].
        """
        done = subprocess.run([SAMPLES, str(self.run_folder() / "run.prony")], text=True,
                              stdout=subprocess.PIPE, check=True, timeout=PATIENCE_S)
        seen = {}
        for line in done.stdout.splitlines():
            of, name, label, *numbers = line.split("\t")
            seen.setdefault((of, name, label), []).append(tuple(map(float, numbers)))
        return seen

    def told(self):
        """Its events, as (kind, text)."""
        path = self.run_folder() / "run.prony"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            return file.execute("SELECT kind, text FROM event ORDER BY tick, seq").fetchall()

    def wait_for_requests(self, server, count):
        wait_until(f"{count} requests", lambda: server.requests >= count)

    def reasons(self, result):
        """Why the result may not be trusted, by code, but for what this machine is to blame for."""
        return {reason["code"]: reason for reason in result["trust"]["reasons"]
                if reason["code"] not in OF_THE_HOST}

    def exits(self, done, code):
        self.assertEqual(done.code, code, done)
        return done


def interrupt(child, number=signal.SIGINT):
    child.send_signal(number)


def at_once(case):
    """Runs the tests of a class beside each other, each in a process: of those that wait for
    seconds to pass. With tests named on the command line: these, one by one."""
    if len(sys.argv) > 1:
        unittest.main()
    names = unittest.defaultTestLoader.getTestCaseNames(case)
    children = [subprocess.Popen([sys.executable, sys.argv[0], f"{case.__name__}.{name}"])
                for name in names]
    sys.exit(max(child.wait() for child in children))
