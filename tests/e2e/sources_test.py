"""What the kernel's sources see, held against pidstat, ss and vmstat looking at the same seconds.

    PRONY=build/prony tests/e2e/sources_test.py [-v] [TEST...]
"""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import unittest

import strain_test
from harness import Case, free_port, wait_until

BACKLOG = 7
WAITING = 3

# A core half used in a steady rhythm, pages that come and go, a file that grows, a child that
# sleeps, and a port at which nobody accepts.
SERVICE = '''
import http.server, mmap, os, socket, subprocess, sys, threading, time
full = socket.socket()
full.bind(("127.0.0.1", 0))
full.listen(BACKLOG)
child = subprocess.Popen(["sleep", "60"])
print("here", os.getpid(), full.getsockname()[1], child.pid, flush=True)
def work():
    out = open(sys.argv[2], "wb", buffering=0)
    while True:
        end = time.thread_time() + 0.02
        while time.thread_time() < end: pass
        with mmap.mmap(-1, 4096 * 50) as pages:
            for at in range(0, 4096 * 50, 4096): pages[at] = 1
        out.write(b"x" * 4096)
        time.sleep(0.02)
threading.Thread(target=work, daemon=True).start()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
'''.replace("BACKLOG", str(BACKLOG))

PLAN = '''
plan: 1
target: http://127.0.0.1:$api.port
services:
  api: { command: /usr/bin/python3 service.py $api.port $dir/file }
scenarios: { read: { steps: [ GET / ] } }
load: { connections: 2, stages: [ { rate: 20/s, for: 60s } ] }
objectives: [ errors < 50% ]
'''


def looks(tool, *args):
    return subprocess.run([tool, *map(str, args)], text=True, check=True, timeout=60,
                          stdout=subprocess.PIPE, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C",
                                                       "S_TIME_FORMAT": "ISO"}).stdout


def sum_of_threads(text, column):
    """The same of pidstat -t, all threads together."""
    rows = [line.split() for line in text.splitlines()]
    head = next(row for row in rows if column in row)
    return sum(float(row[head.index(column)]) for row in rows
               if row[:1] == ["Average:"] and row[head.index("TGID")] == "-")


def average_of_pidstat(text):
    """Column -> number, of its Average lines with their heads, for all tables that it printed."""
    found, head = {}, []
    for line in text.splitlines():
        words = line.split()
        if "Command" in words:
            head = words
        elif words[:1] == ["Average:"]:
            found.update(zip(head[1:], words[1:]))
    return {name: float(value) for name, value in found.items()
            if re.fullmatch(r"[0-9.]+", value)}


class Attached(Case):
    """Services that run already: found, restarted, and not there."""

    def begin(self, keys, port, seconds=60):
        text = PLAN.replace("{ command: /usr/bin/python3 service.py $api.port $dir/file }", keys)
        if "port:" not in keys:  # by which $api.port is known
            text = text.replace("$api.port", str(port))
        self.plan(text.replace("for: 60s", f"for: {seconds}s"))
        return self.start("run", "plan.yaml", "-q")

    def serve(self, port):
        child = subprocess.Popen(["/usr/bin/python3", "-m", "http.server", str(port)],
                                 cwd=self.folder, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        self.addCleanup(self.finish, child)
        wait_until("it listens", lambda: looks("ss", "-Hltn", f"sport = :{port}"))
        return child

    def seen_of(self, name):
        try:
            return self.samples().get(("api", name, ""), [])
        except (subprocess.CalledProcessError, AssertionError, OSError):
            return []

    def test_followed_over_a_restart(self):
        port = free_port()
        first = self.serve(port)
        child = self.begin(f"{{ port: {port} }}", port)
        wait_until("it is seen", lambda: len(self.seen_of("processes")) >= 2)
        first.kill()
        first.wait()
        wait_until("it is missed", lambda: any("nothing is seen" in text
                                               for _, text in self.told()))
        self.serve(port)
        wait_until("it is seen again", lambda: any("seen again" in text for _, text in self.told()))
        looks_before = len(self.seen_of("processes"))
        wait_until("and looked at", lambda: len(self.seen_of("processes")) > looks_before)
        child.send_signal(signal.SIGINT)
        self.wait(child)
        told = [text for _, text in self.told() if "processes of api" in text]
        self.assertEqual(told, [
            f"processes of api: nothing is seen: nobody listens at port {port}",
            "processes of api: seen again"])
        self.assertTrue(all(value == 1 for _, _, value in self.seen_of("processes")))

    def test_not_there(self):
        server = self.server()
        done = self.exits(self.wait(self.begin("{ unit: no-such-unit }", server.port, 2)), 0)
        self.assertIn("processes of api: nothing is seen: no process is of a unit "
                      "no-such-unit.service", [text for _, text in self.told()], done)

    def test_required(self):
        server = self.server()
        done = self.exits(self.wait(self.begin("{ process: no-such-name, required: true }",
                                               server.port)), 6)
        self.assertIn("service api must be there: no process has the name no-such-name",
                      done.stderr)
        self.assertEqual(server.requests, 0)

    def test_check_says_what_it_looks_at(self):
        self.plan(PLAN.replace("{ command: /usr/bin/python3 service.py $api.port $dir/file }",
                               "{ unit: nginx, required: true }").replace("$api.port", "8080"))
        done = self.exits(self.prony("check", "plan.yaml"), 0)
        self.assertIn("starts here   nothing\n"
                      "looks at      api: unit nginx.service, which must be there\n", done.stdout)


class Quota(Case):
    """A service that never rests, in a cgroup with a fifth of a core; found by that cgroup."""

    def under_quota(self, make_quota):
        folder, undo = make_quota(f"prony-sources-{os.getpid()}", 0.2)
        self.addCleanup(undo)
        self.addCleanup(folder.rmdir)
        hog = subprocess.Popen(["sh", "-c", 'echo $$ > "$0" && exec "$@"',
                                folder / "cgroup.procs", sys.executable, "-c", "while True: pass"])
        self.addCleanup(hog.wait)
        self.addCleanup(hog.kill)
        server = self.server()
        self.plan(PLAN.replace("{ command: /usr/bin/python3 service.py $api.port $dir/file }",
                               f"{{ cgroup: {folder} }}")
                  .replace("$api.port", str(server.port)).replace("for: 60s", "for: 6s"))
        self.exits(self.prony("run", "plan.yaml", "-q"), 0)
        seen = self.samples()
        mean = {name: sum(row[2] for row in rows[1:]) / len(rows[1:])
                for (of, name, _), rows in seen.items() if of == "api" and len(rows) > 2}
        print("# " + ", ".join(f"{name} {mean[name]:.3f}" for name in sorted(mean)
                               if name[0] in "cr"), file=sys.stderr)
        self.assertEqual(mean["processes"], 1)
        self.assertAlmostEqual(mean["cgroup.quota"], 0.2, 6)
        self.assertAlmostEqual(mean["cpu.capacity"], 0.2, 6)
        self.assertLess(abs(mean["cpu"] - 0.2), 0.05)
        if "cgroup.cpu" in mean:  # of version 1 it may be another tree, which this one is not in
            self.assertLess(abs(mean["cpu"] - mean["cgroup.cpu"]), 0.05)
        # It would use a whole core. In every period it has its fifth, and then stands still.
        self.assertGreater(mean["cgroup.throttled.share"], 0.8)
        self.assertGreater(mean["cgroup.throttled"], 0.2)
        self.assertLess(mean["cgroup.throttled"] + mean["cpu"], 1.1)

    def test_of_version_1(self):
        self.under_quota(strain_test.make_quota_1)

    def test_of_version_2(self):
        self.under_quota(strain_test.make_quota_2)


class Sources(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "service.py").write_text(SERVICE)
        self.plan(PLAN)
        self.child = self.start("run", "plan.yaml", "-q")
        wait_until("the service", lambda: self.log().startswith("here"))
        self.pid, self.full_port, self.child_pid = map(int, self.log().split()[1:4])
        self.first_s = None

    def log(self):
        try:
            return (self.run_folder() / "api.log").read_text()
        except (AssertionError, OSError):
            return ""

    def run_time(self):
        """Up to when sources have been collected: the run's clock, to a second."""
        try:
            times = [to_s for rows in self.samples().values() for _, to_s, _ in rows]
        except (subprocess.CalledProcessError, OSError):
            return 0
        return max(times, default=0)

    def end(self):
        self.child.send_signal(signal.SIGINT)
        self.wait(self.child)

    def mean(self, seen, of, name, label="", between=(0, 1e9)):
        """Of the passes in that time of the run."""
        rows = [row for row in seen.get((of, name, label), [])
                if row[0] >= between[0] and row[1] <= between[1]]
        self.assertTrue(rows, f"{of} {name} [{label}] between {between}")
        return sum(value for _, _, value in rows) / len(rows)

    def near(self, what, ours, theirs, share=0.15, more=0.0):
        line = f"{what}: {ours:.4g}, and by the other {theirs:.4g}"
        print(f"# {line}", file=sys.stderr)
        self.assertLessEqual(abs(ours - theirs), share * max(ours, theirs) + more, line)

    def test_as_other_tools_see_it(self):
        wait_until("a first look", lambda: self.run_time() >= 2)
        clients = [socket.create_connection(("127.0.0.1", self.full_port))
                   for _ in range(WAITING)]
        self.addCleanup(lambda: [client.close() for client in clients])
        # Both at once, over the same six seconds, of which ours are told by the file.
        begin = self.run_time()
        vmstat = subprocess.Popen(["vmstat", "-n", "6", "2"], text=True, stdout=subprocess.PIPE,
                                  env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"})
        self.addCleanup(self.finish, vmstat)
        threads = subprocess.Popen(["pidstat", "-w", "-t", "-p", str(self.pid), "6", "1"],
                                   text=True, stdout=subprocess.PIPE,
                                   env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"})
        self.addCleanup(self.finish, threads)
        theirs = average_of_pidstat(looks("pidstat", "-u", "-r", "-d", "-p", self.pid,
                                          "6", "1"))
        status, child = (pathlib.Path(f"/proc/{pid}/status").read_text()
                         for pid in (self.pid, self.child_pid))
        descriptors = len(list(pathlib.Path(f"/proc/{self.pid}/fd").iterdir()))
        host = vmstat.communicate(timeout=60)[0].splitlines()
        theirs["cswch/s"] = sum_of_threads(threads.communicate(timeout=60)[0], "cswch/s")
        listening = looks("ss", "-Hltn", f"sport = :{self.full_port}").split()
        seconds = (begin, begin + 8)
        wait_until("the same seconds", lambda: self.run_time() >= seconds[1])
        self.end()
        seen = self.samples()
        ours = lambda name, label="", between=seconds: self.mean(seen, "api", name, label, between)
        self.processes(ours, theirs, (status, child), descriptors)
        self.host(seen, dict(zip(host[1].split(), map(float, host[3].split()))), seconds)
        late = (seconds[1] - 4, seconds[1])
        self.assertEqual(int(listening[1]), WAITING)
        self.assertEqual(ours("accept_queue", f"port {self.full_port}", late), int(listening[1]))
        self.assertEqual(ours("accept_queue.limit", f"port {self.full_port}", late),
                         int(listening[2]))
        self.assertEqual([text for _, text in self.told() if "seen" in text], [])

    def processes(self, ours, theirs, statuses, descriptors):
        self.near("cores in user mode", ours("cpu.user"), theirs["%usr"] / 100, more=0.05)
        self.near("cores in the kernel", ours("cpu.system"), theirs["%system"] / 100, more=0.05)
        self.near("faults a second", ours("faults.minor"), theirs["minflt/s"], more=50)
        self.near("written", ours("io.write"), theirs["kB_wr/s"] * 1024, more=40e3)
        self.near("waits begun", ours("switches.voluntary"), theirs["cswch/s"], 0.2, more=10)
        self.assertEqual(ours("processes"), 2)
        threads = int(re.search(r"Threads:\s*(\d+)", statuses[0])[1])
        self.near("threads", ours("threads"), threads + 1, 0, more=1)
        self.near("descriptors", ours("descriptors"), descriptors, 0, more=2)
        rss = sum(int(re.search(r"VmRSS:\s*(\d+)", text)[1]) for text in statuses) * 1024
        self.near("resident", ours("memory.rss"), rss, 0.05)
        self.assertLess(ours("memory.uss"), ours("memory"))
        self.assertLess(ours("memory"), ours("memory.rss"))
        self.assertGreaterEqual(ours("cpu"), ours("cpu.user"))

    def host(self, seen, theirs, seconds):
        of = lambda name, label="": self.mean(seen, "host", name, label, seconds)
        cores = of("host.cores")
        user = of("host.cpu", "user") + of("host.cpu", "nice")
        self.near("the host's cores in user mode", user, theirs["us"] / 100 * cores, 0.2, 0.15)
        kernel = sum(of("host.cpu", state) for state in ("system", "irq", "softirq"))
        self.near("and in the kernel", kernel, theirs["sy"] / 100 * cores, 0.2, 0.15)
        self.near("idle", of("host.cpu", "idle"), theirs["id"] / 100 * cores, 0.2, 0.25)
        self.near("stolen", of("host.cpu", "steal"), theirs["st"] / 100 * cores, 0.2, 0.1)
        free = theirs["free"] + theirs["buff"] + theirs["cache"]
        self.near("free memory", of("host.memory.free"), free * 1024, 0.1)
        self.near("swapped in", of("host.swap.in"), theirs["si"] * 1024, 0.2, 100e3)
        every = sum(of("host.cpu", state) for state in (
            "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"))
        self.near("all states", every, cores, 0.05)

    def test_connections_as_ss_counts_them(self):
        wait_until("a first look", lambda: self.run_time() >= 2)
        clients = [socket.create_connection(("127.0.0.1", self.full_port))
                   for _ in range(WAITING)]
        self.addCleanup(lambda: [client.close() for client in clients])
        begin = self.run_time()
        wait_until("some looks", lambda: self.run_time() >= begin + 4)
        port = int(re.search(r"service\.py (\d+)", looks("ps", "-o", "args=", "-p", self.pid))[1])
        theirs = looks("ss", "-Htn", "state", "established",
                       f"( sport = :{port} or sport = :{self.full_port} )").splitlines()
        self.end()
        seen = self.samples()
        last = seen[("api", "connections", "established")][-1][2]
        self.near("connections", last, len(theirs), 0, 0)
        self.assertGreaterEqual(last, WAITING + 1)
        # The child and whoever waits is told where: nobody accepts, one naps, one waits for both.
        places = {label for of, name, label in seen if (of, name) == ("api", "waiting")}
        self.assertIn("sleep of sleep", places)
        self.assertTrue(any(place.startswith("sleep of python") for place in places), places)
        cost = sum(self.mean(seen, "prony", "observe.cpu", label) for label in
                   ("host", "sockets", "processes of api", "cgroup of api"))
        print(f"# all four sources take {cost * 100:.2f} % of a core", file=sys.stderr)
        self.assertLess(cost, 0.1)


if __name__ == "__main__":
    unittest.main()
