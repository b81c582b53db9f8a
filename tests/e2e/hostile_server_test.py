"""The hostile server: each behaviour does on the wire what it says, seen by a bare socket."""
import re
import socket
import subprocess
import sys
import unittest

import hostile_server
from hostile_server import BEHAVIOURS, HostileServer

PATIENCE_S = 60
QUIET_S = 0.15  # silence after which a connection counts as held

OK = rb"HTTP/1\.1 200 OK\r\n"
GOOD = OK + rb"Content-Length: 3\r\n\r\nok\n$"

# name -> (what comes in, how it ends: kept = another request is answered, held = silence,
# closed, reset, endless = still coming after 100 KB)
SEEN = {
    "ok": (GOOD, "kept"),
    "ok-chunked": (rb".*\r\n\r\n3;a=b\r\nok\n\r\n0\r\nX-Sum: 1\r\n\r\n$", "kept"),
    "slow-head?ms=5": (GOOD, "kept"),
    "slow-body?ms=5": (OK + rb"Content-Length: 4\r\n\r\nxxxx$", "kept"),
    "drip": (GOOD, "kept"),
    "drip-chunked": (rb".*\r\n\r\n1\r\no\r\n2\r\nk\n\r\n0\r\n\r\n$", "kept"),
    "invalid-utf8": (rb".*X-Name: \xff\xc3\(.*\r\n\r\n\{\"name\": \"\xff\xc3\(.*\"\}$", "kept"),
    "large-body?bytes=9": (rb".*\r\n\r\nxxxxxxxxx$", "kept"),
    "continue-first": (rb"HTTP/1\.1 100 Continue\r\n\r\n" + GOOD, "kept"),
    "early-hints": (rb"HTTP/1\.1 103 Early Hints\r\nLink: .*\r\n\r\n" + GOOD, "kept"),
    "no-content": (rb"HTTP/1\.1 204 No Content\r\n\r\n$", "kept"),
    "not-modified": (rb"HTTP/1\.1 304 .*Content-Length: 5000\r\n.*\r\n\r\n$", "kept"),
    "http10": (rb"HTTP/1\.0 200 OK\r\n\r\nall of it\n$", "closed"),
    "http10-kept": (rb"HTTP/1\.0 .*keep-alive.*\r\n\r\nok\n$", "kept"),
    "until-close": (OK + rb"\r\nall of it\n$", "closed"),
    "cut": (OK + rb"\r\nall of it\?\n$", "closed"),
    "bare-lf": (rb"HTTP/1\.1 200 OK\nContent-Length: 3\n\nok\n$", "kept"),
    "huge-header": (OK + rb"Content-Length: 3\r\nSet-Cookie: c{12288}\r\n\r\nok\n$", "kept"),
    "says-close": (rb".*\r\nConnection: close\r\n\r\nok\n$", "closed"),
    "close-every?k=1": (rb".*\r\nConnection: close\r\n\r\nok\n$", "closed"),
    "close-every?k=2": (rb".*\r\nConnection: keep-alive\r\n\r\nok\n$", "kept"),
    "close-idle?k=1": (GOOD, "closed"),
    "close-idle?k=2": (GOOD, "kept"),
    "error-500": (rb"HTTP/1\.1 500 .*\r\n\r\nbroken\n$", "kept"),
    "error-503": (rb"HTTP/1\.1 503 .*\r\n\r\nlater\n$", "closed"),
    "flaky?n=1": (rb"HTTP/1\.1 500 .*\r\n\r\n$", "kept"),
    "reset": (rb"$", "reset"),
    "reset-in-body": (rb".*\r\n\r\nx{500}$", "reset"),
    "close": (rb"$", "closed"),
    "close-in-head": (OK + rb"Content-Le$", "closed"),
    "close-in-body": (rb".* 1000\r\n\r\nhalf$", "closed"),
    "close-in-chunk": (rb".*\r\n\r\nff\r\nhalf$", "closed"),
    "close-before-last-chunk": (rb".*\r\n\r\n3\r\nok\n\r\n$", "closed"),
    "refuse-after?n=1": (rb".*\r\n\r\nok\n$", "closed"),
    "never": (rb"$", "held"),
    "deaf": (rb"$", "held"),
    "stall-in-head": (OK + rb"Content-$", "held"),
    "stall-in-body": (rb".* 1000\r\n\r\nshort$", "held"),
    "endless-body": (rb".*\r\n\r\n400\r\nx", "endless"),
    "garbage": (rb"\0\x01\x02", "closed"),
    "tls-alert": (rb"\x15\x03\x01", "closed"),
    "http2": (rb"\0\0\0\x04\0{5}$", "held"),
    "switching": (rb"HTTP/1\.1 101 ", "held"),
    "endless-head": (OK + rb"X-0: y\r\nX-1: y\r\n", "endless"),
    "endless-line": (OK + rb"X: y", "endless"),
    "surplus": (rb".* 2\r\n\r\nok and more$", "kept"),
    "unasked": (rb".*\r\n\r\nok\nHTTP/1\.1 200 .*forged\n$", "kept"),
    "two-lengths": (rb".*Length: 3\r\nContent-Length: 4\r\n", "held"),
    "negative-length": (rb".*Length: -3\r\n", "held"),
    "huge-length": (rb".*Length: 9{20}\r\n", "held"),
    "folded": (rb".*X: a\r\n b\r\n", "held"),
    "space-colon": (rb".*Content-Length : 3\r\n", "held"),
    "nul-header": (rb".*X: a\0b\r\n", "held"),
    "no-colon": (rb".*Content-Length 3\r\n", "held"),
    "gzip-coding": (rb".*: gzip, chunked\r\n", "held"),
    "bad-chunk-size": (rb".*\r\n\r\nfive\r\n", "held"),
    "chunk-overflow": (rb".*\r\n\r\nf{17}\r\n", "held"),
    "bad-chunk-end": (rb".*\r\n\r\n2\r\nabc\r\n", "held"),
}


def exchange(connection, path, pattern=rb".*ok\n$", end="kept"):
    """Sends a request; what came back until it matches `pattern`, and how it ended. Only silence is
    waited for by the clock: `kept` is believed at once, the next request will tell."""
    connection.sendall(f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    got = b""
    while True:
        matches = re.match(pattern, got, re.DOTALL) is not None
        if matches and end == "kept":
            return got, "kept"
        connection.settimeout(QUIET_S if matches and end == "held" else PATIENCE_S)
        try:
            part = connection.recv(65536)
        except TimeoutError:
            return got, "held"
        except ConnectionResetError:
            return got, "reset"
        if not part:
            return got, "closed"
        got += part
        if len(got) > 100_000:
            return got, "endless"


class Behaviours(unittest.TestCase):
    def setUp(self):
        self.server = HostileServer()
        self.addCleanup(self.server.close)

    def connect(self, server=None):
        connection = socket.create_connection(("127.0.0.1", (server or self.server).port),
                                              timeout=PATIENCE_S)
        self.addCleanup(connection.close)
        return connection

    def test_every_behaviour_is_seen(self):
        self.assertEqual({path.partition("?")[0] for path in SEEN}, set(BEHAVIOURS))

    def test_what_it_sends(self):
        for path, (pattern, end) in SEEN.items():
            with self.subTest(path), HostileServer() as server:
                connection = self.connect(server)
                got, ended = exchange(connection, path, pattern, end)
                self.assertIsNotNone(re.match(pattern, got, re.DOTALL), got[:500])
                self.assertEqual(ended, end)
                if end == "kept":
                    self.assertEqual(exchange(connection, "ok", GOOD)[1], "kept")

    def test_outcomes_are_words_of_the_result(self):
        words = {"ok", "status", "check", "timeout", "dns", "refused", "reset", "tls", "protocol"}
        for one in BEHAVIOURS.values():
            self.assertTrue(one.outcomes, one.name)
            self.assertLessEqual(set(one.outcomes), words, one.name)

    def test_nobody_listens_after_refuse_after(self):
        exchange(self.connect(), "refuse-after?n=1", end="closed")
        with self.assertRaises(ConnectionRefusedError):
            self.connect()

    def test_unknown_behaviour(self):
        got, _ = exchange(self.connect(), "no-such", rb".*\r\n\r\n$")
        self.assertTrue(got.startswith(b"HTTP/1.1 404"), got)
        with self.assertRaises(KeyError):
            HostileServer(forced="no-such")

    def test_forced(self):
        with HostileServer(forced="error-500") as server:
            got, _ = exchange(self.connect(server), "ok", rb".*broken\n$")
            self.assertTrue(got.startswith(b"HTTP/1.1 500"), got)

    def test_deaf_from_the_first_byte(self):
        with HostileServer(forced="deaf") as server:
            connection = self.connect(server)
            connection.settimeout(QUIET_S)
            with self.assertRaises(TimeoutError):  # the buffers of both ends are full
                while True:
                    connection.sendall(b"x" * 65536)
            self.assertEqual(server.requests, 0)

    def test_bodies_are_read(self):
        connection = self.connect()
        connection.sendall(b"POST /ok HTTP/1.1\r\nContent-Length: 5\r\n\r\nhel")
        connection.sendall(b"loPOST /ok HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        got = b""
        while got.count(b"ok\n") < 2:
            got += connection.recv(65536)
        self.assertEqual(self.server.requests, 2)

    def test_as_a_program(self):
        with subprocess.Popen([sys.executable, hostile_server.__file__, "--behaviour", "http10"],
                              stdout=subprocess.PIPE, text=True) as child:
            try:
                port = int(re.search(r":(\d+)/", child.stdout.readline()).group(1))
                with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as connection:
                    got, end = exchange(connection, "any", end="closed")
                self.assertEqual((got[:8], end), (b"HTTP/1.0", "closed"))
            finally:
                child.kill()


if __name__ == "__main__":
    unittest.main()
