"""Pages of metrics in a run: the reference service's own, and who may ask for them."""
import http.server
import json
import os
import ssl
import threading

import certificates
from harness import Case, at_once, free_port

JOBS = os.environ["PRONY_JOBS"]

RUN = f'''
plan: 1
target: http://127.0.0.1:$api.port
services:
  api:
    command: {JOBS} --port $api.port
    env: {{ ROWS: 500, WORKERS: 4 }}
    metrics: http://127.0.0.1:$api.port
    required: true
    ready: GET /healthz within 30s
scenarios:
  read: {{ steps: [ GET /jobs/1 ] }}
load:
  stages: [ {{ rate: 40/s, for: 5s, arrivals: even }} ]
objectives:
  - p95 < 30s
  - metrics.jobs_http_requests_total of api > 10/s
  - metrics.jobs_http_request_seconds.p95 of api < 30s
  - metrics.process_resident_memory_bytes of api < 1MiB
'''

ASKED = '''
plan: 1
target: TARGET
services: { page: { required: true, metrics: METRICS } }
scenarios: { read: { steps: [ GET / ] } }
load: { stages: [ { rate: 20/s, for: 3s } ] }
objectives: [ errors < 50% ]
'''

TOKEN = "t0p-s3cret"


class Guarded(http.server.BaseHTTPRequestHandler):
    """A page for who knows the token, in TLS."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        good = self.headers["Authorization"] == f"Bearer {TOKEN}"
        body = b"guarded 7\nunwanted 8\n" if good else b"no"
        self.send_response(200 if good else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class MetricsRun(Case):
    def test_reference_service(self):
        self.plan(RUN)
        done = self.exits(self.prony("run", "plan.yaml"), 1)
        result = json.loads((self.run_folder() / "result.json").read_text())
        said = {o["text"]: o for o in result["objectives"]}
        self.assertEqual([o["verdict"] for o in said.values()],
                         ["holds", "holds", "holds", "missed", "holds"], done)
        of = said["metrics.jobs_http_requests_total of api > 10/s"]
        self.assertEqual(of["unit"], "/s")
        self.assertIn("metrics.process_resident_memory_bytes of api", done.stdout)
        seen = self.samples()
        label = 'route="GET /jobs/ID",status="200"'
        counted = seen["api", "metrics.jobs_http_requests_total", label]
        # All that lie within the run, and no more: a second may be missed on a busy machine.
        total = sum(value * (to - since) for since, to, value in counted)
        self.assertGreater(total, 20)
        self.assertLessEqual(round(total), 200)
        rates = seen["api", "metrics.jobs_http_request_seconds.rate", 'route="GET /jobs/ID"']
        self.assertAlmostEqual(sum(v * (b - a) for a, b, v in rates), total, delta=2)
        served = seen["api", "served.rate", "GET /jobs/ID"]
        self.assertGreater(sum(v * (b - a) for a, b, v in served), 20)
        self.assertFalse(any("metrics" in label for of, name, label in seen
                             if name == "served.rate"))  # prony's own looks
        again = self.prony("report", self.run_folder() / "run.prony", "--output", "json")
        self.assertEqual(self.exits(again, 1).json()["objectives"], result["objectives"])

    def guarded(self):
        made = certificates.make()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Guarded)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made / "named.pem", made / "named.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_address[1], made

    def ask(self, metrics, target=None, **env):
        self.plan(ASKED.replace("TARGET", target or self.server().url)
                  .replace("METRICS", metrics))
        return self.prony("run", "plan.yaml", env=dict(self.environment(), **env))

    def test_token_and_tls(self):
        port, made = self.guarded()
        url = f"https://127.0.0.1:{port}/m"
        tls = f"tls: {{ ca: {made}/ca.pem, server_name: api.example.test }}"
        header = 'headers: { Authorization: "Bearer $env.TOKEN" }'
        proxies = {"http_proxy": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1"}
        done = self.exits(self.ask(f"{{ url: {url}, {tls}, {header}, keep: guar* }}", TOKEN=TOKEN,
                                   **proxies), 0)
        seen = self.samples()
        self.assertEqual({value for _, _, value in seen["page", "metrics.guarded", ""]}, {7})
        self.assertNotIn(("page", "metrics.unwanted", ""), seen)
        self.assertFalse(any("metrics" in text for _, text in self.told()), self.told())
        for path in self.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(TOKEN.encode(), path.read_bytes(), path)
        self.assertNotIn(TOKEN, done.stdout + done.stderr)

    def test_required(self):
        port, made = self.guarded()
        server = self.server()
        tls = f"tls: {{ ca: {made}/ca.pem, server_name: api.example.test }}"
        header = 'headers: { Authorization: "Bearer $env.TOKEN" }'
        for metrics, words in (
                (f"http://127.0.0.1:{free_port()}/m", "Failed to connect"),
                (f"{{ url: https://127.0.0.1:{port}/m, {tls} }}", "answers 403: give it a header"),
                (f"{{ url: https://127.0.0.1:{port}/m, {tls}, {header} }}", "answers 403"),
                (f"https://127.0.0.1:{port}/m", "certificate")):
            done = self.exits(self.ask(metrics, target=server.url, TOKEN="wr0ng-one"), 6)
            self.assertIn("metrics of page must be there: ", done.stderr)
            self.assertIn(words, done.stderr)
            self.assertNotIn("wr0ng-one", done.stderr)
        self.assertEqual(server.requests, 0)


if __name__ == "__main__":
    at_once(MetricsRun)
