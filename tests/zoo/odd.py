#!/usr/bin/python3
"""odd.py MODE PORT [DATABASE] - a service of one thread a connection or few threads, for the zoo.

backlog: two threads accept and serve, 30 ms each, with a backlog of 4
pipe:    each request logs a page to a pipe whose reader takes 200 of them a second
slow:    a thread a connection, 200 ms each
rows:    each request makes 40 queries of 2 ms, one behind the other, by one of four connections
"""
import os
import queue
import socket
import subprocess
import sys
import threading
import time

MODE, PORT = sys.argv[1], int(sys.argv[2])
REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PAGE = b"x" * 4095 + b"\n"
LOGGER = """import os, time
while os.read(0, 4096): time.sleep({pause})
"""


class Pool:
    """psql sessions that answer line by line: each query is a round trip."""

    def __init__(self, url, count):
        self.free = queue.Queue()
        for _ in range(count):
            self.free.put(Session(url))

    def ask(self, count):
        session = self.free.get()
        for number in range(count):
            session.ask(number)
        self.free.put(session)


class Session:
    """The protocol of PostgreSQL as far as this needs it: trust, simple queries."""

    def __init__(self, url):
        host, port, user, name = url.split(",")
        self.link = socket.create_connection((host, int(port)))
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        body = (196608).to_bytes(4, "big") + f"user\0{user}\0database\0{name}\0\0".encode()
        self.link.sendall((len(body) + 4).to_bytes(4, "big") + body)
        self.held = b""
        self.until_ready()

    def until_ready(self):
        while True:
            while len(self.held) < 5 or len(self.held) < 1 + int.from_bytes(self.held[1:5], "big"):
                got = self.link.recv(65536)
                if not got:
                    raise OSError("the database went away")
                self.held += got
            kind, size = self.held[:1], int.from_bytes(self.held[1:5], "big")
            if kind == b"E":
                raise OSError(self.held[5:1 + size])
            self.held = self.held[1 + size:]
            if kind == b"Z":
                return

    def ask(self, number):
        oid = 1247 + number % 4
        text = f"SELECT pg_sleep(0.002), relname FROM pg_class WHERE oid = {oid}\0".encode()
        self.link.sendall(b"Q" + (len(text) + 4).to_bytes(4, "big") + text)
        self.until_ready()


def work():
    if MODE == "backlog":
        time.sleep(0.03)
    elif MODE == "slow":
        time.sleep(0.2)
    elif MODE == "rows":
        pool.ask(40)
    else:
        os.write(log, PAGE)


def serve(connection):
    with connection:
        held = b""
        while True:
            while b"\r\n\r\n" not in held:
                got = connection.recv(65536)
                if not got:
                    return
                held += got
            held = held.partition(b"\r\n\r\n")[2]
            work()
            connection.sendall(REPLY if MODE != "backlog" else
                               REPLY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            if MODE == "backlog":
                return


def accept(listener):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # no descriptor left
            time.sleep(0.05)
            continue
        if MODE == "backlog":
            serve(connection)
        else:
            threading.Thread(target=safely, args=(connection,), daemon=True).start()


def safely(connection):
    try:
        serve(connection)
    except OSError:
        pass


if MODE == "pipe":
    reader = subprocess.Popen([sys.executable, "-c", LOGGER.format(pause=0.02)],
                              stdin=subprocess.PIPE)
    log = reader.stdin.fileno()
elif MODE == "rows":
    pool = Pool(sys.argv[3], 4)
listener = socket.create_server(("127.0.0.1", PORT), backlog=4 if MODE == "backlog" else 128)
threads = [threading.Thread(target=accept, args=(listener,), daemon=True)
           for _ in range(2 if MODE == "backlog" else 1)]
for thread in threads:
    thread.start()
print("odd: ready", flush=True)
threading.Event().wait()
