"""prony and TLS: whom it believes, what it says of whom it doesn't, what is counted of a handshake,
and the servers that misbehave below HTTP."""
import ssl
import time
import unittest

import certificates
import tls_traps
from harness import Case
from hostile_server import BEHAVIOURS, HostileServer
from hostile_test import ALONE, may_end_as

ONE = "load: { stages: [ { rate: 20/s, for: 1s } ] }"
STEP = "scenarios: { all: { steps: [ GET / ] } }"


class Tls(Case):
    def setUp(self):
        super().setUp()
        self.made = certificates.make()

    def tls_server(self, certificate="good", forced=None, trap=None, host="127.0.0.1", **options):
        context = tls_traps.context(self.made, certificate, **options)
        server = HostileServer(forced=forced, host=host, tls=context, trap=trap)
        self.addCleanup(server.close)
        return server

    def lines(self, server, tls="ca: $CA", more="", target=None):
        tls = tls.replace("$CA", str(self.made / "ca.pem"))
        return (f"plan: 1\nname: tls\ntarget: {target or server.url().rstrip('/')}\n"
                f"tls: {{ {tls} }}\n{more}\n{STEP}\n")

    def run_plan(self, text, code=0):
        self.plan(text)
        return self.exits(self.prony("run", "plan.yaml", "--output", "json"), code)

    def outcomes(self, done):
        result = done.json()
        counts = {word: n for word, n in result["totals"]["outcomes"].items() if n}
        self.assertEqual(sum(counts.values()), result["totals"]["offered"])
        return counts


class Trust(Tls):
    def refused(self, server, *words, tls="ca: $CA", more="", target=None):
        """Nothing is sent to it, and this is said, cause and cure."""
        done = self.run_plan(self.lines(server, tls, more, target) + ONE, 4)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertIn("hint:", done.stderr)
        self.assertEqual(server.requests, 0)

    def test_good(self):
        server = self.tls_server()
        done = self.run_plan(self.lines(server) + ONE)
        self.assertEqual(set(self.outcomes(done)), {"ok"})
        self.assertRegex(done.stderr, r"https://127\.0\.0\.1:\d+: TLSv1\.3 TLS_AES_\w+ · "
                                      r"CN=localhost by CN=prony test CA, valid until "
                                      r"\d{4}-\d\d-\d\d \((29|30) days\)")

    def test_tls_12(self):
        server = self.tls_server(version=ssl.TLSVersion.TLSv1_2)
        done = self.run_plan(self.lines(server) + ONE)
        self.assertEqual(set(self.outcomes(done)), {"ok"})
        self.assertIn("TLSv1.2", done.stderr)

    def test_soon_to_end(self):
        done = self.run_plan(self.lines(self.tls_server("short")) + ONE)
        self.assertIn("ends in less than 14 days", done.stderr)

    def test_unknown_ca(self):
        self.refused(self.tls_server(), "a CA that is unknown here: CN=prony test CA", "--cacert",
                     tls=f"ca: {self.made / 'strange.pem'}")

    def test_self_signed(self):
        self.refused(self.tls_server("self"), "is self-signed: CN=localhost",
                     "(for a URL: -k; for a plan: --set tls.insecure=true)")

    def test_self_signed_is_its_own_ca(self):
        done = self.run_plan(self.lines(self.tls_server("self"), f"ca: {self.made / 'self.pem'}")
                             + ONE)
        self.assertEqual(set(self.outcomes(done)), {"ok"})

    def test_expired(self):
        self.refused(self.tls_server("expired"), "its certificate expired on 20")

    def test_other_name(self):
        self.refused(self.tls_server("other"),
                     "is for other.test, www.other.test, not for 127.0.0.1", "server_name")

    def test_insecure_says_so(self):
        done = self.run_plan(self.lines(self.tls_server("other"), "insecure: true") + ONE)
        self.assertEqual(set(self.outcomes(done)), {"ok"})
        self.assertIn("NOT VERIFIED", done.stderr)

    def test_server_name(self):
        server = self.tls_server("named")
        done = self.run_plan(self.lines(server, "ca: $CA, server_name: a.wild.example.test") + ONE)
        self.assertEqual(set(self.outcomes(done)), {"ok"})
        self.refused(self.tls_server("named"), "not for b.a.wild.example.test",
                     tls="ca: $CA, server_name: b.a.wild.example.test")

    def test_host_by_name(self):
        """A name that no server of names knows, verified as that name."""
        server = self.tls_server("named")
        target = f"https://api.example.test:{server.port}"
        done = self.run_plan(self.lines(server, more="hosts: { api.example.test: 127.0.0.1 }",
                                        target=target) + ONE)
        self.assertEqual(set(self.outcomes(done)), {"ok"})

    def test_ipv6_by_address(self):
        server = self.tls_server(host="::1")
        done = self.run_plan(self.lines(server, target=f"https://[::1]:{server.port}") + ONE)
        self.assertEqual(set(self.outcomes(done)), {"ok"})

    def test_client_certificate(self):
        server = self.tls_server(clients=True)
        own = f"cert: {self.made / 'client.pem'}, key: {self.made / 'client.key'}"
        done = self.run_plan(self.lines(server, f"ca: $CA, {own}") + ONE)
        self.assertEqual(set(self.outcomes(done)), {"ok"})

    def test_no_client_certificate(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version.name):
                server = self.tls_server(clients=True, version=version)
                self.refused(server, "certificate", "--cert")

    def test_files_that_do_not_fit(self):
        cases = {
            f"cert: {self.made / 'client.pem'}, key: {self.made / 'good.key'}":
                "is not the key of the certificate",
            f"cert: {self.made / 'client.pem'}, key: {self.made / 'locked.key'}":
                "is encrypted, and prony asks for no password",
            f"cert: {self.made / 'client.pem'}": "holds no private key",
            f"cert: {self.made / 'client.pem'}, key: {self.made / 'ca.pem'}":
                "holds no private key",
            f"cert: {self.made / 'client.key'}": "holds no certificate",
        }
        server = self.tls_server()
        for tls, words in cases.items():
            with self.subTest(words):
                self.plan(self.lines(server, tls) + ONE)
                done = self.exits(self.prony("check", "plan.yaml"), 2)
                self.assertIn("error[P055]", done.stderr)
                self.assertIn(words, done.stderr)
        self.assertEqual(server.connections, 0)


class PlainHttpToTls(Tls):
    """A port of TLS asked in plain HTTP: told as that, with what helps."""
    FLAGS = ("--rate", "50/s", "--for", "5s", "--warmup", "0s")

    def reason(self, url):
        done = self.exits(self.prony("run", url, *self.FLAGS, "--output", "json"), 4)
        self.assertEqual(done.json()["ended"], "preflight")
        return done.json()["reason"]

    def test_it_hangs_up(self):
        """Without a word: whether it is TLS is then seen by a handshake."""
        server = self.tls_server()
        self.assertRegex(self.reason(f"http://127.0.0.1:{server.port}/"),
                         r"none was answered whole: .*; the port speaks TLS: use https://$")

    def test_it_sends_an_alert(self):
        server = self.server(lambda c, n: c.sendall(b"\x15\x03\x01\x00\x02\x02\x16") or False)
        self.assertRegex(self.reason(server.url),
                         r"\(the reply is a TLS record, not HTTP\); the port speaks TLS: use https:"
                         r"//$")

    def test_it_answers_400(self):
        body = b"<title>400 The plain HTTP request was sent to HTTPS port</title>"
        page = (b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                % len(body)) + body
        server = self.server(lambda c, n: c.sendall(page) or False)
        self.assertEqual(self.reason(server.url), "every reply was 400, since the port speaks TLS"
                                                  " and was asked in plain HTTP; use https://")

    def test_a_plain_port_that_hangs_up_is_no_port_of_tls(self):
        server = self.server(lambda c, n: False)
        reason = self.reason(server.url)
        self.assertIn("none was answered whole", reason)
        self.assertNotIn("use https", reason)


class Handshakes(Tls):
    def test_kept_connections_shake_once(self):
        server = self.tls_server()
        done = self.run_plan(self.lines(server, more="") +
                             "load: { connections: 1, stages: [ { users: 1, requests: 50 } ] }")
        totals = done.json()["totals"]
        self.assertEqual(totals["handshakes"], {"full": 1, "resumed": 0})
        self.assertEqual(totals["tls_ms"]["n"], 1)
        self.assertEqual(totals["connect_ms"]["n"], 1)
        self.assertGreater(totals["tls_ms"]["max"], 0)

    def test_new_connections_resume(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version.name):
                server = self.tls_server(version=version)
                text = self.lines(server).replace("{ all: {", "{ all: { connection: new,")
                done = self.run_plan(text + "load: { threads: 1, stages: [ { users: 1, "
                                            "requests: 30 } ] }")
                self.assertEqual(self.outcomes(done), {"ok": 30})
                totals = done.json()["totals"]
                self.assertEqual(totals["handshakes"], {"full": 1, "resumed": 29})
                self.assertEqual(server.resumed, 29)
                self.assertEqual(totals["tls_ms"]["n"], 30)
                # Waiting for the connection has both in it.
                self.assertGreaterEqual(totals["wait_ms"]["avg"] * 1.001,
                                        totals["connect_ms"]["avg"] + totals["tls_ms"]["avg"])

    def test_a_replay_says_the_same(self):
        server = self.tls_server()
        first = self.run_plan(self.lines(server) + ONE).json()
        again = self.exits(self.prony("report", "last", "--output", "json"), 0).json()
        self.assertEqual(again["totals"], first["totals"])
        self.assertIsNotNone(again["totals"]["tls_ms"])
        text = self.exits(self.prony("report", "last", "-v"), 0).stdout
        self.assertIn("TLS handshake", text)

    def test_large_bodies(self):
        """Many records, more than one read brings, and nothing of them lost."""
        server = self.tls_server(forced="large-body?bytes=3000017")
        step = "[ { get: /, check: body contains xxx } ]"
        done = self.run_plan(self.lines(server).replace("[ GET / ]", step)
                             + "load: { stages: [ { users: 2, requests: 20 } ] }")
        self.assertEqual(self.outcomes(done), {"ok": 20})

    def test_large_requests(self):
        """A body of many records, to a server that is slow to read it."""
        server = self.tls_server()
        body = "y" * 900000
        text = self.lines(server).replace("[ GET / ]", f"[ {{ post: /, body: {body} }} ]")
        done = self.run_plan(text + "load: { stages: [ { users: 2, requests: 10 } ] }")
        self.assertEqual(self.outcomes(done), {"ok": 10})


class Traps(Tls):
    BEFORE = {  # trap -> what is said of it
        "stall": "if it is plain HTTP, write http://",
        "half": "no TLS handshake in time",
        "close": "closed in the TLS handshake",
        "reset": "reset in the TLS handshake",
        "garbage": "does not speak TLS",
        "plain": "does not speak TLS",
        "alert": "alert: handshake failure",
        "old": "no TLS of version 1.2 or 1.3",
    }
    WITHIN = dict(BEFORE, **{
        "stall": "no TLS handshake within the connect timeout",
        "half": "no TLS handshake within the connect timeout",
        "damaged": "damaged",
        "plain-reply": "TLS",
        "half-record": "without TLS's close_notify",
    })

    def test_before_the_start(self):
        for name, words in self.BEFORE.items():
            with self.subTest(name):
                server = self.tls_server(trap=(0, name))
                done = self.run_plan(self.lines(server) + ONE, 4)
                self.assertIn(words, done.stderr)
                self.assertIn("hint:", done.stderr)

    def test_within_a_run(self):
        """The first connections are good; from then on each new one walks into the trap."""
        for name, words in self.WITHIN.items():
            with self.subTest(name):
                server = self.tls_server(trap=(6, name))
                text = self.lines(server).replace("{ all: {", "{ all: { connection: new,")
                done = self.run_plan(text + """
load:
  threads: 1
  arrivals: even
  stages: [ { rate: 20/s, for: 1s } ]
  timeout: { connect: 300ms }
objectives: [ errors < 99% ]
""")
                counts = self.outcomes(done)
                wanted = {"stall": "timeout", "half": "timeout", "half-record": "reset"}
                self.assertEqual(set(counts), {"ok", wanted.get(name, "tls")}, done)
                self.assertEqual(counts["ok"], 5)  # and one for the look before the start
                shown = self.exits(self.prony("report", "last", "-v"), 0).stdout
                self.assertIn(words, " ".join(shown.split()))

    def test_an_end_behind_half_a_record(self):
        """It is told once, with the bytes before it; whoever misses it waits for the timeout."""
        server = self.tls_server(trap=(6, "half-record"))
        text = self.lines(server).replace("{ all: {", "{ all: { connection: new,")
        began = time.monotonic()
        done = self.run_plan(text + """
load:
  threads: 1
  arrivals: even
  stages: [ { rate: 20/s, for: 1s } ]
  timeout: { response: 30s }
objectives: [ errors < 99% ]
""")
        self.assertLess(time.monotonic() - began, 25)
        self.assertEqual(set(self.outcomes(done)), {"ok", "reset"})

    def test_a_chain_without_end(self):
        done = self.run_plan(self.lines(self.tls_server("chain")) + ONE, 4)
        self.assertIn("no TLS: ", done.stderr)

    def test_cut_is_not_ok(self):
        """A body that the connection ends is whole only with close_notify."""
        done = self.run_plan(self.lines(self.tls_server(forced="until-close")) + ONE)
        self.assertEqual(set(self.outcomes(done)), {"ok"})
        done = self.run_plan(self.lines(self.tls_server(forced="cut")) + ONE, 4)
        self.assertIn("without TLS's close_notify", done.stderr + done.stdout)

    def test_every_behaviour_over_tls(self):
        names = [name for name in BEHAVIOURS if name not in ALONE | {"cut"}]
        scenarios = "\n".join(
            f"  s-{name}: {{ weight: 1, steps: [ {{ get: /{name}, name: {name} }} ] }}"
            for name in names)
        server = self.tls_server()
        done = self.run_plan(f"""plan: 1
name: hostile
target: {server.url().rstrip("/")}
tls: {{ ca: {self.made / "ca.pem"} }}
scenarios:
{scenarios}
load:
  stages: [ {{ rate: 100/s, for: 5s }} ]
  timeout: {{ response: 2s }}
objectives: [ errors < 99% ]
""")
        for one in done.json()["requests"]:
            with self.subTest(one["name"]):
                outcomes = {word for word, n in one["outcomes"].items() if n}
                # A reset may be seen by TLS as a record that is not whole.
                self.assertLessEqual(outcomes, may_end_as(one["name"]), one)


if __name__ == "__main__":
    unittest.main()
