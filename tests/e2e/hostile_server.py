#!/usr/bin/python3
"""A server that misbehaves on order: what happens to a load tester in the wild, on demand.

    tests/e2e/hostile_server.py [--port N] [--behaviour NAME] [--list]

The path of a request names the behaviour (`/slow-head?ms=300`); --behaviour takes one for every
path, query and all. As a module: `with HostileServer() as server: ... server.url("reset")`.
Each behaviour (hostile_ways.py) says which outcomes a client may honestly count for it
(`outcomes`).
"""
import argparse
import itertools
import socket
import ssl
import struct
import sys
import threading
import urllib.parse

import tls_traps
from hostile_ways import BEHAVIOURS, CLOSE, HOLD_S, KEEP, MAX_BODY, RESET, Exchange, reply


class HostileServer:
    """A thread per connection; enough for a few thousand requests a second."""

    def __init__(self, port=0, forced=None, host="127.0.0.1", tls=None, trap=None):
        """`tls`: an ssl.SSLContext; `trap`: (after, name), the name of a tls_traps.py that meets
        every connection after so many."""
        self.tls, self.trap = tls, trap
        self.forced = forced and "/" + forced.lstrip("/")  # "/name?options" for every path
        if forced:
            self.find(self.forced)  # fails here rather than in a thread
        self.listener = socket.create_server(
            (host, port), backlog=1024,
            family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.host, self.port = self.listener.getsockname()[:2]
        self.requests = 0
        self.connections = 0
        self.resumed = 0  # of TLS sessions
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.open = set()
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def url(self, path=""):
        return f"http{'s' if self.tls else ''}://{self.host}:{self.port}/{path}"

    @staticmethod
    def find(target):
        """The behaviour that a request target names."""
        name = urllib.parse.urlsplit(target).path.strip("/") or "ok"
        if name not in BEHAVIOURS:
            raise KeyError(f"no behaviour '{name}'")
        return BEHAVIOURS[name]

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections += 1
                self.open.add(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        end = CLOSE
        try:
            if self.trap and self.connections > self.trap[0]:
                end = tls_traps.TRAPS[self.trap[1]](self, connection)
            elif self.tls:
                with self.lock:
                    self.open.discard(connection)
                    connection = self.tls.wrap_socket(connection, server_side=True)
                    self.open.add(connection)
                    self.resumed += connection.session_reused
                end = self.converse(connection)
            else:
                end = self.converse(connection)
        except OSError:
            pass  # the client left: that is its right
        finally:
            self.hang_up(connection, end)
            with self.lock:
                self.open.discard(connection)

    @staticmethod
    def hang_up(connection, end):
        if end == RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif end == CLOSE and isinstance(connection, ssl.SSLSocket):
            try:
                connection.settimeout(1)
                connection.unwrap()  # close_notify
            except (OSError, ValueError):
                pass  # the client was quicker
        connection.close()

    def converse(self, connection):
        if self.forced and self.find(self.forced).name == "deaf":
            self.stopping.wait(HOLD_S)
            return CLOSE
        buffer = bytearray()
        for number in itertools.count(1):
            request = read_request(connection, buffer)
            if request is None:
                return CLOSE
            method, target, body = request
            with self.lock:
                self.requests += 1
            exchange = Exchange(self, connection, method, target, body, number)
            try:
                act = self.find(self.forced or target).act
            except KeyError:
                exchange.send(reply(b"", "404 No Such Behaviour"))
                continue
            end = act(exchange)
            if end != KEEP:
                return end
        return CLOSE

    def stop_listening(self):
        """Later connections are refused; open ones go on."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept(), which would keep it open
        except OSError:
            pass  # done before
        self.listener.close()

    def close(self):
        self.stopping.set()
        self.stop_listening()
        with self.lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


def read_request(connection, buffer):
    """(method, target, body) with the bytes taken off `buffer`, or None at the end."""
    def more():
        got = connection.recv(65536)
        buffer.extend(got)
        return bool(got)

    while b"\r\n\r\n" not in buffer:
        if not more():
            return None
    text = bytes(buffer).partition(b"\r\n\r\n")[0]
    lines = text.decode("latin-1").split("\r\n")
    method, target = (lines[0].split(" ") + ["/"])[:2]
    length = 0
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            length = min(int(value), MAX_BODY)
    del buffer[:len(text) + 4]
    while len(buffer) < length:
        if not more():
            return None
    body = bytes(buffer[:length])
    del buffer[:length]
    return method, target, body


def main():
    parser = argparse.ArgumentParser(prog="hostile_server.py",
                                     description="A server that misbehaves on order.")
    parser.add_argument("--port", type=int, default=0, help="0 (the default): a free one")
    parser.add_argument("--behaviour", metavar="NAME[?OPTIONS]", help="for every path")
    parser.add_argument("--list", action="store_true", help="say what there is, and leave")
    args = parser.parse_args()
    if args.list:
        for one in BEHAVIOURS.values():
            print(f"{one.name:24} {one.about} [{' '.join(one.outcomes)}]")
        return 0
    try:
        server = HostileServer(args.port, args.behaviour)
    except KeyError as error:
        print(f"hostile_server.py: {error.args[0]}; --list says which there are",
              file=sys.stderr)
        return 2
    print(f"listening on {server.url()}", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
