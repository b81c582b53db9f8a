"""What is seen of a page of metrics is what stands on it; hostile ones are a gap with a reason."""
import contextlib
import gzip
import pathlib
import re
import time
import unittest
import urllib.request

import prometheus_client

from harness import Server, at_once, free_port
from servers import Program, Trap, Watched

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"


def page_of(port, accept="text/plain"):
    """The numbers on a page, by what stands before them."""
    question = urllib.request.Request(f"http://127.0.0.1:{port}/metrics",
                                      headers={"Accept": accept})
    with urllib.request.urlopen(question, timeout=30) as reply:
        lines = reply.read().decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
            for line in lines if line and not line.startswith("#")}


def answer(body, more=b""):
    return HEAD + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


class Client:
    """A page made by Prometheus' own client library, with one metric of each kind."""

    def __init__(self):
        self.registry = prometheus_client.CollectorRegistry()
        with_registry = {"registry": self.registry}
        self.requests = prometheus_client.Counter("requests", "...", ["code"], **with_registry)
        self.depth = prometheus_client.Gauge("depth", "...", **with_registry)
        self.took = prometheus_client.Histogram(
            "http_request_duration_seconds", "...", ["method", "handler", "code"],
            buckets=[0.01, 0.1, 1], **with_registry)
        self.size = prometheus_client.Summary("size_bytes", "...", **with_registry)
        self.about = prometheus_client.Info("about", "...", **with_registry)
        self.mode = prometheus_client.Enum("mode", "...", states=["up", "down"], **with_registry)
        self.about.info({"version": "1.\"2\"\\"})
        self.requests.labels("200").inc(5, {"trace_id": "0123456789abcdef"})
        self.port = free_port()
        prometheus_client.start_http_server(self.port, "127.0.0.1", self.registry)


class Haproxy(Program):
    def __init__(self, backend):
        super().__init__()
        self.backend = backend
        self.start()

    def start(self):
        self.web = free_port()
        config = self.folder / "haproxy.cfg"
        config.write_text(f"""
global
    maxconn 100
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend page
    bind 127.0.0.1:{self.port}
    http-request use-service prometheus-exporter if {{ path /metrics }}
frontend web
    bind 127.0.0.1:{self.web}
    default_backend app
backend app
    server one 127.0.0.1:{self.backend}
""")
        self.spawn("/usr/sbin/haproxy", "-db", "-f", str(config))

    def answers(self):
        with contextlib.suppress(OSError):
            return len(page_of(self.port)) > 10
        return False


def drip(connection):
    connection.sendall(HEAD + b"\r\n")
    for _ in range(600):
        connection.sendall(b"a")
        time.sleep(0.05)


def endless(connection):
    connection.sendall(HEAD + b"\r\n")
    for i in range(10 ** 9):
        connection.sendall(b"".join(b"a_total{k=\"%d\"} 1\n" % (i * 1000 + k)
                                    for k in range(1000)))


def heads(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Y: " + b"z" * 1000 + b"\r\n")


def says(words):
    return lambda connection: connection.sendall(words)


class MetricsSource(unittest.TestCase):
    def watch(self, where):
        watched = Watched("metrics", where)
        self.addCleanup(watched.close)
        return watched

    def server(self, behave):
        server = Server(behave)
        self.addCleanup(server.close)
        return server

    def test_each_kind_of_the_client_library(self):
        client = Client()
        watched = self.watch(f"http://127.0.0.1:{client.port}")
        watched.until("a look", lambda w: w.value("metrics.depth") is not None)
        client.requests.labels("200").inc(40)
        client.requests.labels("500").inc(3)  # it was not on the page before
        client.depth.set(7.5)
        client.size.observe(100)
        client.size.observe(200)
        client.mode.state("down")
        for _ in range(20):
            client.took.labels("GET", "/jobs/{id}", "200").observe(0.05)
        watched.until("a level", lambda w: w.value("metrics.depth") == 7.5)
        watched.until("requests", lambda w: round(w.sum("served.rate", "GET /jobs/{id}")) == 20)
        label = 'code="200",handler="/jobs/{id}",method="GET"'
        page = page_of(client.port)
        self.assertEqual(page['requests_total{code="200"}'], 45)
        self.assertEqual(round(watched.sum("metrics.requests_total", 'code="200"')), 40)
        # Only OpenMetrics says when it began: it is what was asked for.
        self.assertEqual(round(watched.sum("metrics.requests_total", 'code="500"')), 3)
        name = "metrics.http_request_duration_seconds."
        self.assertEqual(round(watched.sum(name + "rate", label)), 20)
        means = [second[name + "mean", label][0] for second in watched.seconds
                 if (name + "mean", label) in second]
        p95 = [second[name + "p95", label][0] for second in watched.seconds
               if (name + "p95", label) in second]
        self.assertAlmostEqual(means[0], 0.05, delta=0.001)
        self.assertAlmostEqual(p95[0], 0.0955, delta=0.001)  # evenly from 0.01 to 0.1
        self.assertEqual(round(watched.sum("metrics.size_bytes.rate")), 2)
        self.assertEqual(watched.value("metrics.mode", 'mode="down"'), 1)
        self.assertEqual(watched.value("metrics.mode", 'mode="up"'), 0)
        names = {name for second in watched.seconds for name, _ in second}
        self.assertNotIn("metrics.about_info", names)
        self.assertNotIn("metrics.requests_created", names)
        self.assertEqual(watched.events, [])

    def count_replies(self, proxy, tries=5):
        """A watcher that has seen 50 replies; one that a busy machine let miss a second begins
        again."""
        name = "metrics.haproxy_frontend_http_responses_total", 'code="2xx",proxy="web"'
        watched = self.watch(f"http://127.0.0.1:{proxy.port}/metrics")
        watched.until("a look", lambda w: w.value(*name) is not None)
        for _ in range(50):
            urllib.request.urlopen(f"http://127.0.0.1:{proxy.web}/", timeout=30).read()
        watched.until("50 replies", lambda w: w.events or round(w.sum(*name)) == 50)
        return self.count_replies(proxy, tries - 1) if watched.events and tries > 1 else watched

    def test_haproxy(self):
        backend = self.server(None)
        proxy = Haproxy(backend.port)
        self.addCleanup(proxy.close)
        watched = self.count_replies(proxy)
        page = page_of(proxy.port)
        self.assertEqual(page['haproxy_frontend_http_responses_total{proxy="web",code="2xx"}'] % 50,
                         0)
        sent = page['haproxy_backend_bytes_in_total{proxy="app"}']
        sent *= 50 / page['haproxy_frontend_http_responses_total{proxy="web",code="2xx"}']
        self.assertAlmostEqual(watched.sum("metrics.haproxy_backend_bytes_in_total",
                                           'proxy="app"') / sent, 1, delta=0.001)
        self.assertEqual(watched.value("metrics.haproxy_process_nbthread"), 1)
        self.assertEqual(watched.events, [])
        proxy.stop()
        watched.until_event("metrics of asked: nothing is seen: ")
        self.assertEqual(watched.pass_by(), {})
        proxy.start()
        watched.until_event("seen again")
        watched.until("values", lambda w: w.value("metrics.haproxy_process_nbthread") == 1)

    def test_hostile(self):
        million = b"".join(b"b_total{k=\"%d\"} 1\n" % k for k in range(10 ** 6))
        long_line = b"c 1\nd{x=\"" + b"y" * (10 << 20) + b"\"} 1\ne 2\n"
        bomb = gzip.compress(b"f 1\n" + b"#" * (64 << 20))
        moved = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "
        elsewhere = moved + b"http://127.0.0.2:9/\r\n\r\n"
        around = moved + b"/metrics\r\n\r\n"
        refusal = b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"
        part = b"# TYPE a counter\na_total 1\n"
        cut = HEAD.replace(b"text/plain; version=0.0.4", b"application/openmetrics-text")

        cases = [  # what it does, what the event says, a value that is seen all the same
            ("silence", None, "it does not answer in time", None),
            ("drip", drip, "its answer is not whole in time", None),
            ("endless", endless, "its page of metrics is longer than 4 MiB", None),
            ("endless head", heads, "nothing is seen: ", None),
            ("a million", says(answer(million)), "of its metrics find no room", None),
            ("a long line", says(answer(long_line)), "longer than 4 MiB", ("c", 1)),
            ("a bomb", says(answer(bomb, b"Content-Encoding: gzip\r\n")), "longer than 4 MiB",
             ("f", 1)),
            ("too short", says(answer(b"g 1\n").replace(b"Length: 4", b"Length: 400")), "in time",
             None),
            ("elsewhere", says(elsewhere), "it redirects to another server", None),
            ("refused", says(refusal), "answers 401: give it a header", None),
            ("no page", says(answer(b"<html>\n<body>x</body>\n")), "none of metrics: \"<html>\"",
             None),
            ("no end mark", says(cut + b"Content-Length: %d\r\n\r\n" % len(part) + part),
             "before its end mark", None),
            ("no HTTP", says(b"\xff\0\n" * 400), "nothing is seen: ", None),
            ("bad lines", says(answer(b"i 1\nx y z\n\x1b[2J 1\n")), "2 lines of its metrics make "
             'no sense, "x y z" first', ("i", 1)),
            ("twice", says(answer(b"j 1\nj 2\n")), "1 of its metrics stand on the page twice",
             ("j", 1)),
        ]
        circle = self.server(lambda connection, number: connection.sendall(around))
        watched = [("in a circle", "it redirects for ever", None, self.watch(circle.url + "/m"))]
        for name, behave, words, value in cases:
            trap = Trap(behave)
            self.addCleanup(trap.close)
            watched.append((name, words, value, self.watch(f"http://127.0.0.1:{trap.port}/m")))
        for name, words, value, seen in watched:
            with self.subTest(name):
                seen.until_event(words)
                if value:
                    seen.until("a value", lambda w, v=value: any(
                        second.get(("metrics." + v[0], ""), [None])[0] == v[1]
                        for second in w.seconds))
                self.assertIsNone(seen.process.poll())
                status = pathlib.Path(f"/proc/{seen.process.pid}/status").read_text()
                self.assertLess(int(re.search(r"VmHWM:\s+(\d+)", status)[1]), 60 << 10)
                self.assertFalse(any(re.search("[\x00-\x1f]", e) for e in seen.events))
                seen.process.kill()

    def test_redirects_inflates_and_begins_anew(self):
        count = 0
        paths = []

        def behave(connection, number):
            nonlocal count
            count += 10
            if number % 2 == 1:
                connection.sendall(b"HTTP/1.1 307 There\r\nLocation: /metrics/\r\n"
                                   b"Content-Length: 0\r\n\r\n")
                return None
            body = gzip.compress(b"a_total %d\r\n" % count)
            connection.sendall(answer(body, b"Content-Encoding: gzip\r\n"))
            paths.append(number)
            if number == 6:
                count = 0
            return None

        server = self.server(behave)
        watched = self.watch(f"http://127.0.0.1:{server.port}/metrics")
        watched.until("looks", lambda w: len(paths) >= 5)
        watched.pass_by(2)
        values = [second["metrics.a_total", ""][0] for second in watched.seconds
                  if ("metrics.a_total", "") in second]
        self.assertTrue(values and min(values) > 0, values)
        self.assertEqual(watched.events, [])
        self.assertEqual(len(server.open), 1)  # one connection, kept


if __name__ == "__main__":
    at_once(MetricsSource)
