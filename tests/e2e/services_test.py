"""Services that prony starts: ready, watched, stopped, and never left behind."""
import os
import pathlib
import shutil
import signal
import unittest

from harness import Case, interrupt, lives, wait_until

SERVICE = '''
import http.server, os, pathlib, subprocess, sys
port, dir = int(sys.argv[1]), sys.argv[2]
print("pid", os.getpid(), flush=True)
pathlib.Path(dir, "state").write_text(os.environ["COLOUR"])
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        print("GET", self.path, flush=True)
        body = os.environ["COLOUR"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
'''

PLAN = '''
plan: 1
target: http://127.0.0.1:$api.port
services:
  api:
    command: /usr/bin/python3 service.py $api.port $dir
    env: { COLOUR: blue }
    ready: GET /healthz within 10s
scenarios:
  read: { steps: [ { get: /, check: [ body contains blue ] } ] }
load:
  stages: [ { rate: 50/s, for: SECONDS } ]
objectives: [ errors < 20% ]
'''


class Services(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "service.py").write_text(SERVICE)

    def write(self, seconds="2s", **changes):
        text = PLAN.replace("SECONDS", seconds)
        for old, new in changes.values():
            self.assertIn(old, text)
            text = text.replace(old, new)
        self.plan(text)

    def log(self):
        return (self.run_folder() / "api.log").read_text()

    def pid(self):
        return int(self.log().split()[1])

    def started(self):
        return self.runs.exists() and "pid" in "".join(
            path.read_text() for path in self.runs.glob("*/api.log"))

    def test_started_used_and_stopped(self):
        self.write()
        done = self.exits(self.prony("run", "plan.yaml", "--output", "json"), 0)
        self.assertEqual(done.json()["totals"]["outcomes"]["check"], 0)
        self.assertIn("service api is ready", done.stderr)
        self.assertFalse(lives(self.pid()))

    def test_private_folder_is_removed_unless_kept(self):
        self.write(seconds="1s")
        child = self.start("run", "plan.yaml")
        wait_until("the service", self.started)
        folder = private_folder_of(self.pid())
        self.wait(child)
        self.assertFalse(os.path.exists(folder), folder)
        self.assertFalse(os.path.exists(os.path.dirname(folder)), folder)

    def test_kept_private_folder(self):
        self.write(keep=("    env:", "    keep: true\n    env:"), seconds="1s")
        child = self.start("run", "plan.yaml")
        wait_until("the service", self.started)
        folder = private_folder_of(self.pid())
        self.addCleanup(shutil.rmtree, os.path.dirname(folder), ignore_errors=True)
        done = self.wait(child)
        self.assertEqual(pathlib.Path(folder, "state").read_text(), "blue")
        self.assertIn(f"service api: kept {folder}", done.stderr)

    def test_never_ready(self):
        self.write(ready=("within 10s", "within 1.5s"), path=("GET /healthz", "port"),
                   command=("/usr/bin/python3 service.py $api.port $dir",
                            "sh -c 'echo pid $$$$; exec sleep 600'"))  # a quick word, then none
        done = self.exits(self.prony("run", "plan.yaml"), 4)
        self.assertIn("service api was not ready within 1.5 s", done.stderr)
        self.assertIn("its log ends: pid ", done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertFalse(lives(self.pid()))

    def test_exits_before_ready(self):
        self.write(command=("service.py $api.port", "no-such-file.py $api.port"))
        done = self.exits(self.prony("run", "plan.yaml"), 4)
        self.assertIn("service api exited with status 2 before it was ready", done.stderr)
        self.assertIn("No such file", done.stderr)

    def test_cannot_be_executed(self):
        self.write(command=("/usr/bin/python3", "./no-such-program"))
        done = self.exits(self.prony("run", "plan.yaml"), 4)
        self.assertIn("service api: cannot execute", done.stderr)
        self.assertIn("no-such-program: No such file or directory", done.stderr)

    def test_dies_while_running(self):
        self.write(seconds="4s", limit=("errors < 20%", "errors < 1%"))
        child = self.start("run", "plan.yaml")
        wait_until("the service", self.started)
        # Of some the reply has gone out: a service that answered nothing is another story.
        wait_until("load", lambda: self.log().count("GET /\n") >= 8)
        os.kill(self.pid(), signal.SIGSEGV)
        done = self.exits(self.wait(child), 1)
        self.assertIn("service api died by itself: killed by SIGSEGV", done.stdout + done.stderr)

    def test_ctrl_c_while_waiting_for_ready(self):
        self.write(ready=("within 10s", "within 60s"),
                   port=("service.py $api.port", "service.py 0"))
        child = self.start("run", "plan.yaml")
        wait_until("the service", self.started)
        interrupt(child)
        self.exits(self.wait(child, patience_s=10), 130)
        self.assertFalse(lives(self.pid()))

    def test_nothing_outlives_a_kill_9(self):
        self.write(seconds="60s")
        child = self.start("run", "plan.yaml")
        wait_until("the service", self.started)
        pid = self.pid()
        self.assertTrue(lives(pid))
        above = os.path.dirname(private_folder_of(pid))  # nobody removes it
        self.addCleanup(shutil.rmtree, above, ignore_errors=True)
        interrupt(child, signal.SIGKILL)
        child.wait()
        wait_until("the service's end", lambda: not lives(pid))

    def test_a_daemon_of_a_service_ends_with_the_run(self):
        for number, seconds in ((None, "1s"), (signal.SIGKILL, "60s")):
            with self.subTest(signal=number):
                shutil.rmtree(self.runs, ignore_errors=True)
                self.write(seconds=seconds, command=(
                    "/usr/bin/python3 service.py $api.port $dir",
                    "sh -c 'setsid sleep 600 & echo daemon $$!; "
                    "exec /usr/bin/python3 service.py $api.port $dir'"))
                child = self.start("run", "plan.yaml")
                wait_until("the service", self.started)
                wait_until("load", lambda: "GET /\n" in self.log())
                daemon = int(self.log().split()[1])
                self.assertTrue(lives(daemon))
                if number:
                    folder = private_folder_of(int(self.log().split()[3]))
                    self.addCleanup(shutil.rmtree, os.path.dirname(folder), ignore_errors=True)
                    interrupt(child, number)
                    child.wait()
                    wait_until("the daemon's end", lambda pid=daemon: not lives(pid))
                    continue
                done = self.exits(self.wait(child), 0)
                self.assertFalse(lives(daemon))
                self.assertIn(f"service api had left sleep (pid {daemon}) running on its own: "
                              "stopped\n", done.stderr)

    def test_check_shows_what_would_be_started_and_starts_nothing(self):
        self.write()
        done = self.exits(self.prony("check", "plan.yaml"), 0)
        self.assertIn("COLOUR=blue /usr/bin/python3 service.py", done.stdout)
        self.assertIn("Nothing was sent.", done.stdout)
        self.assertFalse(self.runs.exists())


def private_folder_of(pid):
    """The private folder in a service's command line."""
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read().split(b"\0")[3].decode()


if __name__ == "__main__":
    unittest.main()
