"""The ways to a target: curl's flags, unix sockets, own addresses, several targets in turn, a
connection for each request; and what stands in the way, said before the start."""
import base64
import pathlib
import socket
import threading
import unittest

import certificates
import tls_traps
from harness import REPLY, Case, free_port
from hostile_server import HostileServer

DENIED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"


class Recorder:
    """A server that keeps what it is sent, and from where."""

    def __init__(self, family=socket.AF_INET, address=("127.0.0.1", 0), reply=REPLY):
        self.listener = socket.create_server(address, family=family) \
            if family != socket.AF_UNIX else self.listen_at(address)
        self.reply, self.requests, self.peers, self.lock = reply, [], [], threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    @staticmethod
    def listen_at(path):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(64)
        return listener

    @property
    def port(self):
        return self.listener.getsockname()[1]

    def accept(self):
        while True:
            try:
                connection, peer = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.peers.append(peer)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        waiting = b""
        with connection:
            while True:
                head, mark, rest = waiting.partition(b"\r\n\r\n")
                if mark:
                    length = 0
                    for line in head.split(b"\r\n"):
                        if line.lower().startswith(b"content-length:"):
                            length = int(line.split(b":")[1])
                    if len(rest) >= length:
                        with self.lock:
                            self.requests.append(head + mark + rest[:length])
                        waiting = rest[length:]
                        connection.sendall(self.reply)
                        continue
                try:
                    got = connection.recv(65536)
                except OSError:
                    return
                if not got:
                    return
                waiting += got

    def close(self):
        self.listener.close()


class Ways(Case):
    def recorder(self, *args, **words):
        server = Recorder(*args, **words)
        self.addCleanup(server.close)
        return server

    def load(self, url, *flags, code=0):
        return self.exits(self.prony("run", url, "-n", "6", "--rate", "20/s", "--arrivals",
                                     "even", "--warmup", "0s", *flags), code)

    def plan_run(self, text, code=0):
        self.plan("plan: 1\n" + text)
        return self.exits(self.prony("run", "plan.yaml", "--output", "json"), code)


class Flags(Ways):
    def test_data_makes_a_form(self):
        server = self.recorder()
        (self.folder / "more.txt").write_text("b=2\r\nc=3\n")
        self.load(f"http://127.0.0.1:{server.port}/f", "-d", "a=1", "-d", "@more.txt")
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"POST /f HTTP/1.1\r\n"), head)
        self.assertIn(b"\r\nContent-Type: application/x-www-form-urlencoded\r\n", head)
        self.assertEqual(body, b"a=1&b=2c=3")

    def test_headers_and_method_say_otherwise(self):
        server = self.recorder()
        self.load(f"http://127.0.0.1:{server.port}/", "-X", "PUT", "-d", '{"a": "$x"}',
                  "-H", "content-type: application/json")
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"PUT / "), head)
        self.assertNotIn(b"urlencoded", head)
        self.assertEqual(body, b'{"a": "$x"}')

    def test_user_is_sent_and_told_nobody(self):
        server = self.recorder()
        word = "Tr0ub4dor$&3"
        sent = base64.b64encode(f"bob:{word}".encode()).decode()
        for form in (["-u", f"bob:{word}"], [f"-ubob:{word}"], [f"--user=bob:{word}"]):
            done = self.load(f"http://127.0.0.1:{server.port}/", *form, "-v")
            self.assertIn(f"Authorization: Basic {sent}\r\n".encode(), server.requests[-1])
            said = done.stdout + done.stderr
            for secret in (word, sent):
                self.assertNotIn(secret, said)
                for path in pathlib.Path(self.runs).rglob("*"):
                    if path.is_file():
                        self.assertNotIn(secret.encode(), path.read_bytes(), path)
            shown = self.prony("run", "http://localhost/", *form, "--print-plan").stdout
            self.assertIn('"Basic $env.CREDENTIALS"', shown)
            self.assertNotIn(sent, shown)

    def test_the_plan_of_secret_headers_holds_none_and_sends_the_same(self):
        server = self.recorder()
        secrets = {"AUTHORIZATION": "s3cr$t-t0ken", "COOKIE": "sid=\"q$w\"; b=2"}
        url = f"http://127.0.0.1:{server.port}/"
        flags = ["-H", f"Authorization: Bearer {secrets['AUTHORIZATION']}",
                 "-H", f"Cookie: {secrets['COOKIE']}", "-H", "X-Plain: $5", "--trace", "off"]
        self.load(url, *flags)
        sent = server.requests[-1]
        for words in (["run"], ["check"]):
            shown = self.exits(self.prony(*words, url, *flags, "--print-plan"), 0).stdout
            for secret in secrets.values():
                self.assertNotIn(secret, shown)
            self.assertRegex(shown, r"(?m)^# export AUTHORIZATION=.*Bearer")
            self.plan(shown)
            env = dict(self.environment(), **secrets)
            self.exits(self.prony("check", "plan.yaml", env=env), 0)
            self.exits(self.prony("run", "plan.yaml", "--once", env=env), 0)
            self.assertEqual(server.requests[-1], sent)

    def test_tls_flags(self):
        made = certificates.make()
        server = HostileServer(tls=tls_traps.context(made, "named", clients=True))
        self.addCleanup(server.close)
        url = f"https://api.example.test:{server.port}/"
        there = ["--resolve", f"api.example.test:{server.port}:127.0.0.1"]
        own = ["--cert", made / "client.pem", "--key", made / "client.key"]
        self.load(url, *there, "--cacert", made / "ca.pem", *own)
        self.load(url, *there, "-k", *own)
        done = self.load(url, *there, *own, code=4)
        self.assertIn("--cacert", done.stderr)
        done = self.load(url, *there, "-k", code=4)
        self.assertIn("--cert", done.stderr)

    def test_unix_socket(self):
        server = self.recorder(socket.AF_UNIX, str(self.folder / "s.sock"))
        self.load("http://api.test/p?q=1", "--unix-socket", "s.sock")
        self.assertTrue(server.requests[0].startswith(
            b"GET /p?q=1 HTTP/1.1\r\nHost: api.test\r\n"), server.requests[0])


class Targets(Ways):
    def test_unix_target(self):
        path = self.folder / "s.sock"
        server = self.recorder(socket.AF_UNIX, str(path))
        self.plan_run(f"target: unix:{path}:/base\n"
                      "scenarios: { a: { steps: [ GET /x ] } }\n"
                      "load: { stages: [ { users: 3, requests: 30 } ] }\n")
        self.assertEqual(len(server.requests), 30)
        self.assertTrue(server.requests[0].startswith(
            b"GET /base/x HTTP/1.1\r\nHost: localhost\r\n"), server.requests[0])

    def test_ipv6(self):
        server = self.recorder(socket.AF_INET6, ("::1", 0))
        self.load(f"http://[::1]:{server.port}/")
        self.assertIn(f"Host: [::1]:{server.port}\r\n".encode(), server.requests[0])

    def test_several_in_turn(self):
        servers = [self.recorder() for _ in range(3)]
        urls = ", ".join(f"http://127.0.0.1:{one.port}" for one in servers)
        self.plan_run(f"target: [ {urls} ]\nscenarios: {{ a: {{ steps: [ GET /, GET /b ] }} }}\n"
                      "load: { stages: [ { rate: 100/s, requests: 60, arrivals: even } ] }\n")
        # Both requests of an iteration go to its one target.
        self.assertEqual([len(one.requests) for one in servers], [40, 40, 40])

    def test_own_addresses_in_turn(self):
        server = self.recorder()
        self.plan_run(f"target: http://127.0.0.1:{server.port}\n"
                      "source: [ 127.0.0.1, 127.0.0.2, 127.0.0.3 ]\n"
                      "scenarios: { a: { connection: new, steps: [ GET / ] } }\n"
                      "load: { threads: 1, stages: [ { users: 1, requests: 30 } ] }\n")
        froms = [peer[0] for peer in server.peers[3:]]  # the first are the look before the start
        self.assertEqual({one: froms.count(one) for one in set(froms)},
                         {"127.0.0.1": 10, "127.0.0.2": 10, "127.0.0.3": 10})

    def test_a_connection_for_each(self):
        server = self.recorder()
        done = self.plan_run(
            f"target: http://127.0.0.1:{server.port}\n"
            "scenarios: { a: { steps: [ GET /, { get: /n, connection: new }, GET / ] } }\n"
            "load: { threads: 1, stages: [ { users: 1, requests: 10 } ] }\n")
        self.assertEqual(len(server.requests), 30)
        self.assertEqual(sum(b"Connection: close\r\n" in one for one in server.requests), 10)
        self.assertEqual(done.json()["totals"]["connect_ms"]["n"], 11)
        self.assertEqual(len(server.peers), 12)

    def test_a_connection_for_each_with_one_place(self):
        """Kept and new ones share the one connection that is allowed."""
        server = self.recorder()
        done = self.plan_run(
            f"target: http://127.0.0.1:{server.port}\n"
            "scenarios:\n"
            "  kept: { steps: [ GET /kept ] }\n"
            "  new: { connection: new, steps: [ GET /new ] }\n"
            "load: { threads: 1, connections: 1, stages: [ { users: 4, requests: 200 } ] }\n")
        outcomes = done.json()["totals"]["outcomes"]
        self.assertEqual(outcomes["ok"], 200)
        self.assertEqual(sum(b"GET /new" in one for one in server.requests),
                         sum(b"Connection: close\r\n" in one for one in server.requests))


class InTheWay(Ways):
    def said(self, target, *words, more="", code=4):
        done = self.plan_run(f"target: {target}\n{more}\n"
                             "scenarios: { a: { steps: [ GET / ] } }\n"
                             "load: { stages: [ { rate: 10/s, for: 1s } ] }\n", code)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertIn("hint:", done.stderr)

    def test_no_such_host(self):
        self.said("http://no-such-host.invalid/", "host 'no-such-host.invalid' was not found")

    def test_refused(self):
        self.said(f"http://127.0.0.1:{free_port()}/", "Connection refused", "nothing listens there")

    def test_no_such_socket(self):
        self.said(f"unix:{self.folder}/none.sock", "none.sock: No such file",
                  "there is no such socket")

    def test_an_address_of_somebody_else(self):
        server = self.server()
        self.said(server.url, "192.0.2.7", "ip address", more="source: 192.0.2.7", code=6)

    def test_an_address_of_the_other_kind(self):
        server = self.server()
        self.said(server.url, "no source address goes with", "IPv6", more='source: "::1"')

    def test_all_401(self):
        server = self.server(lambda connection, _: connection.sendall(DENIED))
        done = self.exits(self.prony("run", server.url, "-n", "40", "--rate", "100/s",
                                     "--warmup", "0s"), 1)
        self.assertEqual(done.stderr.count("every reply so far is 401"), 1, done)
        self.assertIn("-u NAME:PASSWORD", done.stderr)

    def test_token_unset(self):
        server = self.server()
        self.plan(f"plan: 1\ntarget: {server.url}\n"
                  "headers: { Authorization: Bearer $env.TOKEN }\n"
                  "scenarios: { a: { steps: [ GET / ] } }\n"
                  "load: { stages: [ { rate: 10/s, for: 1s } ] }\n")
        done = self.exits(self.prony("run", "plan.yaml"), 2)
        self.assertIn("TOKEN", done.stderr)
        self.assertIn("Nothing was sent.", done.stderr)
        self.assertEqual(server.requests, 0)


if __name__ == "__main__":
    unittest.main()
