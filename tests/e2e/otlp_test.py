"""Traces: what is sent with requests, and what comes back from a service under a real SDK.

The service is tests/e2e/otel/service.js under the OpenTelemetry SDK of node. What no SDK would
send is sent by hand.
"""
import gzip
import http.client
import json
import re
import socket
import unittest
import zlib

from harness import REPLY, ROOT, Case, Server, free_port, wait_until

SERVICE = ROOT / "tests" / "e2e" / "otel"
PLAN = """plan: 1
target: http://127.0.0.1:$api.port
trace: 100%
otlp: free
services:
  api:
    command: node {service}/service.js $api.port
    env: {{ OTEL_EXPORTER_OTLP_ENDPOINT: $otlp.url, OTEL_SERVICE_NAME: shop-api, TRACES_AS: {form},
      OTEL_SEMCONV_STABILITY_OPT_IN: http }}
    otlp: shop-api
scenarios:
  list: {{ weight: 3, steps: [ GET /orders ] }}
  one: {{ weight: 1, steps: [ {{ get: "/orders/$seq", name: one order }} ] }}
load: {{ seed: 3, stages: [ {{ rate: 40/s, for: 4s }} ] }}
objectives: [ p50 of "one order" < 40ms ]
"""
LONG = """plan: 1
target: {url}
otlp: {port}
services: {{ api: {{ otlp: shop }} }}
scenarios: {{ all: {{ steps: [ GET / ] }} }}
load: {{ stages: [ {{ rate: 20/s, for: 60s }} ] }}
"""
HEADER = re.compile(rb"^traceparent: 00-([0-9a-f]{32})-([0-9a-f]{16})-0([01])\r$", re.M)
SPAN = {"traceId": "00112233445566778899aabbccddeeff", "spanId": "0011223344556677",
        "name": "GET /x", "kind": 2, "startTimeUnixNano": "1000", "endTimeUnixNano": "2000"}


def traces(*spans, service="shop"):
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return json.dumps({"resourceSpans": [
        {"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}).encode()


class Heads(Server):
    """Keeps the head of each request."""

    def __init__(self):
        self.heads = []
        super().__init__()

    def serve(self, connection):
        waiting = b""
        try:
            while got := connection.recv(65536):
                waiting += got
                while b"\r\n\r\n" in waiting:
                    head, _, waiting = waiting.partition(b"\r\n\r\n")
                    with self.lock:
                        self.heads.append(head + b"\r\n")
                    connection.sendall(REPLY)
        except OSError:
            pass
        finally:
            connection.close()


class Sent(Case):
    def heads(self, *args):
        server = Heads()
        self.addCleanup(server.close)
        self.exits(self.prony("run", server.url + "/", "--users", "4", "-n", "600", "--warmup",
                              "0s", "-qq", "--seed", "5", *args), 0)
        return server.heads

    def ids(self, *args):
        found = [HEADER.search(head) for head in self.heads(*args)]
        self.assertEqual(len(found), 600)
        self.assertNotIn(None, found)
        for match in found:  # prony's own span has the second half as its id
            self.assertEqual(match[1][16:], match[2])
        return sorted((match[1], match[3]) for match in found)

    def test_each_request_has_an_id_of_its_own_the_same_for_any_threads(self):
        one = self.ids("--threads", "1")
        self.assertEqual(len({trace for trace, _ in one}), 600)
        self.assertEqual(len({trace[:16] for trace, _ in one}), 1)
        self.assertEqual(one, self.ids("--threads", "2"))
        sampled = sum(flag == b"1" for _, flag in one)
        self.assertTrue(1 <= sampled <= 16, sampled)  # of 600, 1 % each; the seed is given

    def test_as_many_are_sampled_as_the_plan_says(self):
        self.assertEqual({flag for _, flag in self.ids("--trace", "100%")}, {b"1"})
        self.assertTrue(all(b"traceparent" not in head for head in self.heads("--trace", "off")))
        own = self.heads("-H", "TraceParent: 00-11111111111111111111111111111111-"
                               "1111111111111111-01")
        self.assertEqual({head.lower().count(b"traceparent") for head in own}, {1})
        self.assertTrue(all(b"-1111111111111111-01" in head for head in own))
        wrong = self.exits(self.prony("run", "http://127.0.0.1:1/", "--trace", "some"), 2)
        self.assertIn("--trace some: write off, or the share", wrong.stderr)


class Told(Case):
    def run_service(self, form):
        if not (SERVICE / "node_modules").is_dir():
            self.fail("the SDK is not installed: tools/setup test")
        path = self.plan(PLAN.format(service=SERVICE, form=form))
        done = self.prony("run", path, "--output", "json", "-q")
        self.assertIn(done.code, (1, 3), done)  # a busy machine makes it one not to be trusted
        return done.json()

    def rate(self, samples, *key):
        """The mean over the time that it was seen."""
        weights = [(to_s - from_s, value) for from_s, to_s, value in samples[key]]
        return sum(w * v for w, v in weights) / sum(w for w, _ in weights)

    def check_spans(self, result):
        told = [e for e in result["exemplars"] if e["spans"] and e["name"] == "one order"]
        self.assertTrue(told, result["exemplars"])
        for exemplar in told:
            self.assertTrue(exemplar["traced"])
            self.assertEqual([(s["service"], s["kind"], s["depth"], s["failed"])
                              for s in exemplar["spans"]],
                             [("api", "server", 0, False), ("api", "internal", 1, True)])
            server, query = exemplar["spans"]
            self.assertEqual(query["name"], "SELECT orders")
            self.assertGreater(query["self_ms"], 75)  # a timer of node's may ring a bit early
            self.assertLessEqual(query["time_ms"], server["time_ms"])
            # A span may end a little after its last byte was sent: more on a busy machine.
            self.assertLess(server["time_ms"], 2 * exemplar["response_ms"])
            # Clocks of node go by the ms, so that a child may end behind its parent.
            self.assertGreaterEqual(server["self_ms"],
                                    server["time_ms"] - query["time_ms"] - 0.001)
            self.assertLess(server["self_ms"], server["time_ms"] - 70)

    def test_a_slow_request_shows_its_spans(self):
        live = self.run_service("proto")
        self.check_spans(live)
        replay = self.prony("report", "last", "--output", "json").json()
        self.assertEqual(replay["exemplars"], live["exemplars"])
        for verb in ("report", "why") if live["verdict"] == "missed" else ("report",):
            words = self.prony(verb, "last").stdout
            self.assertRegex(words, r"SPANS of one order at .* in stage1 · trace [0-9a-f]{32}")
            self.assertRegex(words, r"api +SELECT orders +failed")
        samples = self.samples()
        self.assertEqual({value for _, _, value in
                          samples["api", "metrics.orders.on_shelf", "kind=book"]}, {42})
        placed = self.rate(samples, "api", "metrics.orders.placed", "kind=book")
        self.assertAlmostEqual(placed / 2, 40, delta=15)
        self.assertAlmostEqual(self.rate(samples, "api", "metrics.orders.size.mean", ""), 3, 6)
        self.assertGreater(self.rate(samples, "api", "log.rate", "otlp warn"), 1)
        self.assertGreater(self.rate(samples, "api", "log.rate", "otlp info"), 10)
        self.assertEqual(self.rate(samples, "api", "log.rate", "otlp fatal"), 0)
        served = samples["api", "served.rate", "one order"]
        sent = sum(e["offered"] for e in live["requests"] if e["name"] == "one order")
        self.assertTrue(0 < sum(value for _, _, value in served) <= sent, (served, sent))
        for _, _, value in samples["api", "served.time", "one order"]:
            self.assertTrue(0.07 < value < 5, value)
        self.assertEqual([text for _, text in self.told() if "otlp" in text], [])

    def test_spans_as_json(self):
        self.check_spans(self.run_service("json"))


class Heard(Case):
    def begin(self, **more):
        """prony under way, listening; its port."""
        server = self.server()
        port = free_port()
        self.child = self.start("run", self.plan(LONG.format(url=server.url, port=port)), **more)
        self.wait_for_requests(server, 1)
        return port

    def stop(self):
        self.child.terminate()
        return self.exits(self.wait(self.child), 143)

    def post(self, port, body, path="/v1/traces", method="POST", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers.setdefault("Content-Type", "application/json")
        connection.request(method, path, body, headers)
        reply = connection.getresponse()
        words = reply.read().decode()
        connection.close()
        return reply.status, words

    def test_what_no_service_sends_is_refused(self):
        port = self.begin()
        good = traces(SPAN)
        bomb = gzip.compress(b"{" + b" " * (64 << 20), 9)
        squeezed = gzip.compress(good)
        rows = [
            ("as it should be", 200, "{}", dict(body=good)),
            ("gzip", 200, "{}", dict(body=squeezed, Content_Encoding="gzip")),
            ("a charset", 200, "{}",
             dict(body=good, Content_Type="Application/JSON; charset=utf-8")),
            ("localhost", 200, "{}", dict(body=good, Host=f"localhost:{port}")),
            ("one of two", 200, '"rejectedSpans":"1"', dict(body=traces(SPAN, {"name": "x"}))),
            ("a Host of others", 403, "the Host", dict(body=good, Host="rebound.test")),
            ("another port", 403, "the Host", dict(body=good, Host="127.0.0.1:1")),
            ("a web page", 403, "web pages", dict(body=good, Origin="http://127.0.0.1")),
            ("GET", 405, "POST", dict(body=None, method="GET")),
            ("no such path", 404, "/v1/traces", dict(body=good, path="/v1/profiles")),
            ("text", 415, "application/x-protobuf", dict(body=good, Content_Type="text/plain")),
            ("brotli", 415, "gzip", dict(body=good, Content_Encoding="br")),
            ("not JSON", 400, "no request of OTLP", dict(body=b'{"resourceSpans": [')),
            ("not protobuf", 400, "no request of OTLP",
             dict(body=b"\x0a\xff\xff\xff\x7f", Content_Type="application/x-protobuf")),
            ("not gzip", 400, "gzip", dict(body=good, Content_Encoding="gzip")),
            ("half a gzip", 400, "gzip", dict(body=squeezed[:-9], Content_Encoding="gzip")),
            ("a bomb", 413, "inflates", dict(body=bomb, Content_Encoding="gzip")),
        ]
        for name, status, words, request in rows:
            with self.subTest(name):
                self.assertEqual((reply := self.post(port, **request))[0], status, reply)
                self.assertIn(words, reply[1])
        self.assertLess(len(bomb), 1 << 20)
        with self.subTest("the bomb as zlib"):
            self.assertEqual(self.post(port, zlib.compress(good), Content_Encoding="deflate")[0],
                             415)

        def events():
            return [text for _, text in self.told() if text.startswith("otlp: ")]

        wait_until("an event", events)
        self.stop()
        self.assertEqual(len(events()), 1, events())  # the first refusal; 'shop' is of the plan
        self.assertIn("something was sent that is refused", events()[0])

    def raw(self, port, *parts):
        """What is answered to bytes that no client would send; it may hang up in between."""
        heard = b""
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            try:
                for part in parts:
                    connection.sendall(part)
                while got := connection.recv(65536):
                    heard += got
            except ConnectionError:
                pass
        return heard

    def test_a_body_that_is_too_large_or_never_ends(self):
        port = self.begin()
        head = f"POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode()
        head += b"Content-Type: application/json\r\nConnection: close\r\n"
        told = self.raw(port, head + b"Content-Length: 99999999999\r\n\r\n")
        self.assertIn(b" 413 ", told.split(b"\r\n")[0])
        chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
        told = self.raw(port, head + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 64)
        self.assertTrue(told == b"" or b" 413 " in told.split(b"\r\n")[0], told[:200])
        with socket.create_connection(("127.0.0.1", port)) as of_tls:
            of_tls.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 512)
            self.assertEqual(self.post(port, traces(SPAN))[0], 200)  # it listens all the same
        # Of those that open connections and say nothing, none keeps others out for long.
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
        self.assertEqual(self.post(port, traces(SPAN))[0], 200)
        for connection in idle:
            connection.close()
        self.stop()

    def test_a_port_that_is_taken_is_an_event_or_the_end(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            server = self.server()
            text = LONG.format(url=server.url, port=port).replace("60s", "1s")
            must = self.plan(text.replace(f"otlp: {port}", f"otlp: {port} required"), "must.yaml")
            done = self.exits(self.prony("run", must), 6)
            self.assertIn(f"cannot listen on 127.0.0.1:{port}: ", done.stderr)
            self.assertEqual(server.requests, 0)
            for folder in self.runs.iterdir():
                (folder / "run.prony").unlink()
                folder.rename(self.folder / "first")
            self.exits(self.prony("run", self.plan(text)), 0)
            self.assertIn(f"cannot listen on 127.0.0.1:{port}: ", str(self.told()))


if __name__ == "__main__":
    unittest.main()
