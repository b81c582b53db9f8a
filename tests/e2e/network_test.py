"""What the kernel and the connections tell of a tail: packets that are lost, a few slow paths."""
import fcntl
import os
import pathlib
import resource
import socket
import struct
import subprocess
import sys
import time
import unittest

from harness import REPLY, Case, Server, PRONY

SIOCSIFFLAGS, IFF_UP = 0x8914, 1
PLAN = """plan: 1
target: {url}
scenarios: {{ all: {{ steps: [ GET / ] }} }}
load:
  connections: {connections}
  stages: [ {{ name: hold, rate: {rate}/s, for: {seconds}s }} ]
"""


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


LOSS = """table inet t {{
  chain in {{
    type filter hook input priority 0;
    tcp sport {port} numgen random mod 1000 < 5 drop
  }}
}}
"""


def inside(folder):
    """In a network namespace of its own, which loses one packet in 200 on their way back."""
    loopback_up()
    server = Server()
    path = pathlib.Path(folder) / "plan.yaml"
    path.write_text(PLAN.format(url=server.url, connections=20, rate=400, seconds=6))
    subprocess.run(["nft", "-f", "-"], input=LOSS.format(port=server.port), text=True, check=True)
    sys.exit(subprocess.run([PRONY, "run", str(path), "--output", "json"], cwd=folder,
                            check=False).returncode)


PORTS = (41000, 41007)


def inside_ports(folder):
    """In a network namespace of its own, where eight local ports are all there is, and six are in
    use: of the eight connections that the load may need two can be made, or one while that of the
    probe before the start is not forgotten."""
    loopback_up()
    pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("{} {}".format(*PORTS))
    server = Server(lambda connection, _: (time.sleep(0.1), connection.sendall(REPLY)))
    held = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(6)]
    path = pathlib.Path(folder) / "plan.yaml"
    path.write_text(PLAN.format(url=server.url, connections=8, rate=60, seconds=3)
                    + "objectives: [ errors <= 99% ]\n")
    done = subprocess.run([PRONY, "run", str(path), "--output", "json"], cwd=folder, check=False)
    for connection in held:
        connection.close()
    sys.exit(done.returncode)


def may_unshare():
    """The way to a network namespace of one's own; None: this host allows none."""
    for flags in (["-n"], ["-r", "-n"]):
        tried = subprocess.run(["unshare", *flags, "true"], capture_output=True, check=False)
        if tried.returncode == 0:
            return ["unshare", *flags]
    return None


def may_lose():
    """The way to a namespace in which packets can be dropped; None: this host allows none."""
    for flags in (["-n"], ["-r", "-n"]):
        try:
            tried = subprocess.run(["unshare", *flags, "nft", "-c", "-f", "-"], text=True,
                                   input=LOSS.format(port=1), capture_output=True, check=False)
        except FileNotFoundError:
            return None
        if tried.returncode == 0:
            return ["unshare", *flags]
    return None


class Network(Case):
    def test_packets_that_are_lost(self):
        apart = may_lose()
        if apart is None:
            self.skipTest("this host allows no network namespace of one's own, or has no nft")
        done = subprocess.run([*apart, sys.executable, __file__, str(self.folder)],
                              capture_output=True, text=True, timeout=60, check=False,
                              env=dict(os.environ, PRONY=str(PRONY)))
        self.assertEqual(done.returncode, 0, done.stderr)
        result = self.prony("report", "last", "--output", "json").json()
        tail = result["totals"]["tail"]
        self.assertGreater(tail["segments"], 4, result)
        self.assertGreater(tail["resending"], 4, result)
        self.assertLessEqual(tail["resending"], tail["slow"])
        self.assertGreater(tail["resending_connections"], 0)
        self.assertLessEqual(tail["resending_connections"], 20)
        self.assertGreater(result["totals"]["rtt_ms"]["n"], 0)
        self.assertRegex(self.prony("report", "last").stdout.replace("\n", " "),
                         r"NETWORK +\d+ connections of \d+ had to send segments again")

    def test_local_ports_are_used_up(self):
        """Ours, and told as that: no refusal, and no miss where only that makes one."""
        apart = may_unshare()
        if apart is None:
            self.skipTest("this host allows no network namespace of one's own")
        done = subprocess.run([*apart, sys.executable, __file__, str(self.folder), "ports"],
                              capture_output=True, text=True, timeout=60, check=False,
                              env=dict(os.environ, PRONY=str(PRONY)))
        self.assertEqual(done.returncode, 0, done.stderr)
        result = self.prony("report", "last", "--output", "json").json()
        outcomes = result["totals"]["outcomes"]
        short = self.reasons(result)["ports-short"]
        self.assertEqual((short["level"], short["value"]), ("suspect", outcomes["dropped"]))
        self.assertGreater(outcomes["dropped"], 20, outcomes)
        self.assertGreater(outcomes["ok"], 5, outcomes)
        self.assertEqual(outcomes.get("refused", 0), 0, outcomes)
        told = self.exits(self.prony("report", "last", "--errors", "1%", "--output", "json"), 3)
        self.assertIn("shortage-decides", self.reasons(told.json()), told)

    def test_descriptors_are_used_up_for_a_while(self):
        """The limit falls while it runs: what cannot be opened is told, and then it goes on."""
        def once(connection, _number):
            connection.sendall(REPLY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            return False

        server = self.server(once)
        self.plan(PLAN.format(url=server.url, connections=20, rate=100, seconds=4)
                  + "objectives: [ errors <= 99% ]\n")
        child = self.start("run", "plan.yaml", "--output", "json")
        self.wait_for_requests(server, 50)
        before = resource.prlimit(child.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(child.pid, resource.RLIMIT_NOFILE, (3, before[1]))
        time.sleep(0.5)
        at = server.requests
        resource.prlimit(child.pid, resource.RLIMIT_NOFILE, before)
        self.wait_for_requests(server, at + 50)
        result = self.exits(self.wait(child), 0).json()
        outcomes = result["totals"]["outcomes"]
        short = self.reasons(result)["ports-short"]
        self.assertEqual((short["level"], short["value"]), ("suspect", outcomes["dropped"]))
        self.assertGreater(outcomes["dropped"], 5, outcomes)
        offered = result["totals"]["offered"]
        self.assertEqual(outcomes["ok"] + outcomes["dropped"], offered, outcomes)

    def test_a_few_connections_that_are_slow(self):
        slow = []

        def behave(connection, _):
            if len(slow) < 2 and connection not in slow:
                slow.append(connection)
            if connection in slow:
                time.sleep(0.1)
            time.sleep(0.05)
            connection.sendall(REPLY)

        server = self.server(behave)
        self.plan(PLAN.format(url=server.url, connections=30, rate=1, seconds=9)
                  .replace("rate: 1/s", "users: 30"))
        done = self.exits(self.prony("run", "plan.yaml", "--output", "json"), 0)
        stage = done.json()["stages"][0]
        self.assertEqual(stage["tail"]["connections"], 30, done)
        self.assertLessEqual(stage["tail"]["half_on"], 2, done)
        self.assertEqual(stage["tail"]["segments"], 0, done)
        told = self.prony("report", "last").stdout.replace("\n", " ")
        self.assertRegex(told, r"NETWORK +[12] of 30 connections holds? half of the slowest req")

    def test_an_even_service_has_nothing_to_tell(self):
        server = self.server()
        self.plan(PLAN.format(url=server.url, connections=20, rate=300, seconds=3))
        done = self.exits(self.prony("run", "plan.yaml"), 0)
        self.assertNotIn("NETWORK", done.stdout)


if __name__ == "__main__":
    if len(sys.argv) > 1 and os.path.isdir(sys.argv[1]):
        (inside_ports if "ports" in sys.argv else inside)(sys.argv[1])
    unittest.main()
