"""What real servers write down, read along: nginx, Apache and HAProxy under load, with rotation.

    PRONY=build/prony tests/e2e/logs_test.py [-v] [TEST...]
"""
import os
import signal
import unittest

from harness import Case, free_port, wait_until

# One thread, 40 ms a request; each tenth is an error with a trace, and it writes a log of its own.
APP = '''
import http.server, logging, sys, time
logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.04)
        self.server.count += 1
        if self.server.count % 10 == 0:
            try:
                {}["job-" + str(self.server.count)]
            except KeyError:
                logging.exception("no job %d for \\x1b[31m password=hunter2", self.server.count)
            with open(sys.argv[2], "a") as log:
                log.write('{"level":"warn","msg":"slow: %d ms"}\\n' % self.server.count)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.count = 0
logging.warning("started")
server.serve_forever()
'''

NGINX = """
daemon off; worker_processes 2; user root; pid {folder}/nginx.pid; error_log stderr notice;
events {{ }}
http {{
    log_format mine '$remote_addr "$request" $status $request_time at $msec';
    access_log {folder}/nginx.log mine;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 ok; }} }}
}}
"""

APACHE = """
ServerRoot {folder}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
PidFile {folder}/apache.pid
Listen 127.0.0.1:${{PORT}}
ServerName x
DocumentRoot {folder}/www
ErrorLog /dev/stderr
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\" %D" timed
CustomLog {folder}/apache.log timed
User nobody
Group nogroup
"""

HAPROXY = """
global
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    timeout connect 20s
    timeout client 20s
    timeout server 20s
frontend in
    bind 127.0.0.1:${{PORT}}
    default_backend behind
backend behind
    server one 127.0.0.1:${{APP}} maxconn 1
"""

PLAN = """
plan: 1
target: [ "http://127.0.0.1:{port}", "http://127.0.0.1:$apache.port", "http://127.0.0.1:$lb.port" ]
services:
  nginx:
    command: nginx -e stderr -c {folder}/nginx.conf
    ready: log start worker
    access_log: nginx.log
    access_format: '$remote_addr "$request" $status $request_time at $msec'
  apache:
    command: apache2 -DFOREGROUND -f {folder}/apache.conf
    env: {{ PORT: $apache.port }}
    access_log: apache.log
  app: {{ command: /usr/bin/python3 app.py $app.port own.log, logs: own.log }}
  lb:
    command: haproxy -db -f {folder}/haproxy.cfg
    env: {{ PORT: $lb.port, APP: $app.port }}
    access_log: output
    access_format: haproxy
scenarios: {{ a: {{ steps: [ {{ get: "/a?token=s3cret", name: page }} ] }} }}
load:
  arrivals: exact
  stages: [ {{ name: busy, rate: 60/s, for: 4s }}, {{ name: rest, rate: 1/s, for: 3s }} ]
"""


def lines_of(*paths):
    return sum(len(path.read_text().splitlines()) for path in paths if path.exists())


class Logs(Case):
    def configure(self):
        self.folder.chmod(0o755)  # Apache's workers are nobody's
        (self.folder / "www").mkdir()
        (self.folder / "www" / "a").write_text("ok\n")
        self.port = free_port()
        for name, text in (("nginx.conf", NGINX), ("apache.conf", APACHE),
                           ("haproxy.cfg", HAPROXY)):
            (self.folder / name).write_text(text.format(folder=self.folder, port=self.port))
        (self.folder / "app.py").write_text(APP)
        return self.plan(PLAN.format(folder=self.folder, port=self.port))

    def sum(self, of, name, label):
        """What a rate comes to over the run."""
        return sum(value * (to - since)
                   for since, to, value in self.samples().get((of, name, label), []))

    def rotate(self):
        """nginx's log as logrotate's `create` does it, Apache's as `copytruncate`."""
        nginx, apache = self.folder / "nginx.log", self.folder / "apache.log"
        wait_until("requests", lambda: lines_of(nginx) > 10 and lines_of(apache) > 10)
        nginx.rename(self.folder / "nginx.log.1")
        wait_until("more of them in the old file",
                   lambda: lines_of(self.folder / "nginx.log.1") > 20)
        os.kill(int((self.folder / "nginx.pid").read_text()), signal.SIGUSR1)
        self.copied = apache.read_bytes()
        os.truncate(apache, 0)

    def test_three_servers_in_rotation(self):
        """Each server's own view has each request once; the sum is the engine's."""
        child = self.start("run", self.configure(), "--output", "json")
        wait_until("the load", lambda: (self.folder / "apache.log").exists())
        self.rotate()
        result = self.exits(self.wait(child), 0).json()
        told = {of: self.sum(of, "served.rate", "page") for of in ("nginx", "apache", "lb")}
        ended = sum(sum(request["outcomes"].values()) for request in result["requests"])
        # The last second of the run is not told any more, nor what copytruncate takes away.
        self.assertAlmostEqual(told["nginx"], lines_of(self.folder / "nginx.log",
                                                       self.folder / "nginx.log.1"), delta=1)
        self.assertGreater(lines_of(self.folder / "nginx.log"), 10)
        written = lines_of(self.folder / "apache.log") + self.copied.count(b"\n")
        self.assertAlmostEqual(told["apache"], written, delta=5)
        self.assertAlmostEqual(sum(told.values()), ended, delta=8)
        self.see_times()
        self.see_events()
        self.see_patterns()

    def see_times(self):
        samples = self.samples()
        queue = samples["lb", "served.queue.time", "behind/one"]
        server = samples["lb", "served.server.time", "behind/one"]
        total = samples["lb", "served.time", "page"]
        self.assertGreater(max(value for *_, value in queue), 0)
        self.assertGreaterEqual(min(value for *_, value in server), 0.039)
        self.assertGreaterEqual(max(value for *_, value in total), 0.05)
        self.assertLess(max(value for *_, value in samples["apache", "served.time", "page"]), 10)
        for of in ("nginx", "apache", "lb"):
            self.assertEqual(self.sum(of, "served.failed", "page"), 0)
        for of in ("nginx", "apache"):
            self.assertEqual(self.sum(of, "served.unread", ""), 0)
        cost = [value for *_, value in samples["prony", "observe.cpu", "access log of nginx"]]
        print(f"# an access log of 15 lines a second costs {max(cost) * 1e3:.2f} ms a second")

    def see_events(self):
        words = "\n".join(text for _, text in self.told())
        self.assertIn("apache: its access log is Apache's combined with %D", words)
        self.assertIn("apache: its access log was emptied", words)
        self.assertIn("nginx: its access log was renamed", words)
        self.assertNotIn("is of another format", words)
        whole = (self.run_folder() / "run.prony").read_bytes()
        logged = (self.folder / "nginx.log.1").read_text()
        self.assertIn("token=s3cret", logged)
        labels = "".join(label for *_, label in self.samples())
        self.assertNotIn("s3cret", labels + words)
        self.assertGreater(len(whole), 0)

    def see_patterns(self):
        """Entries of the service's output and of its own log, by pattern; news with an example."""
        errors = (self.run_folder() / "app.log").read_text().count("Traceback")
        self.assertGreater(errors, 2)
        rate = "ERROR no job <*> for \\x1b[<*> password=<*>"
        self.assertAlmostEqual(self.sum("app", "log.rate", rate), errors, delta=1)
        self.assertAlmostEqual(self.sum("app", "log.errors", ""), errors, delta=1)
        self.assertAlmostEqual(self.sum("app", "log.rate", "WARN slow: <*> ms"),
                               lines_of(self.folder / "own.log"), delta=1)
        events = [text for _, text in self.told() if text.startswith("app logs for the first")]
        self.assertEqual(sorted(events), [
            "app logs for the first time: ERROR no job 10 for \\x1b[31m password=<*>",
            "app logs for the first time: WARN slow: 10 ms"])
        self.assertIn("app: no log is there yet", "\n".join(text for _, text in self.told()))
        self.assertNotIn("WARN started", str(self.samples().keys()))  # it was before the run


if __name__ == "__main__":
    unittest.main()
