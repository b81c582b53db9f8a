"""`prony run --once`: what is sent and what came back, before any load."""
import json
import signal
import unittest

from harness import Case, interrupt, lives, wait_until

PLAN = """
plan: 1
target: {url}
headers: {{ Authorization: Bearer $env.TOKEN }}
scenarios:
  read:
    weight: 9
    steps: [ {{ get: /total, check: [ status 200, json .total > 2 ] }} ]
  job:
    steps:
      - post: /jobs
        json: {{ kind: resize, key: $env.TOKEN }}
        check: [ status 202, header X-Queue contains fast ]
        capture: {{ id: json .id, where: header Location }}
        think: 10m
      - get: /jobs/$id
        name: poll
        until: json .state == done
        every: 20ms
load:
  warmup: {{ rate: 100/s, for: 5s }}
  stages: [ {{ rate: 100/s, for: 10m }} ]
objectives: [ p95 < 1ms ]
"""


def reply(status, body, *headers):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def chunked(body):
    half = len(body) // 2
    parts = "".join(f"{len(part):x}\r\n{part}\r\n" for part in (body[:half], body[half:], ""))
    return ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + parts).encode()


# In the order in which they are asked for: total, submit, poll, poll.
GOOD = [reply("200 OK", '{"total": 3}', "Set-Cookie: sid=topsecret"),
        reply("202 Accepted", '{"id": 17, "echo": "hunter2"}', "X-Queue: fast-1", "Location: /x"),
        chunked('{"state": "open"}'), chunked('{"state": "done"}')]


class Once(Case):
    def environment(self):
        return dict(super().environment(), TOKEN="hunter2")

    def answering(self, replies):
        return self.server(lambda connection, number: connection.sendall(replies[number - 1]))

    def once(self, replies, code, *flags, plan=PLAN):
        server = self.answering(replies)
        self.plan(plan.format(url=server.url))
        done = self.exits(self.prony("run", "plan.yaml", "--once", *flags), code)
        self.assertFalse(self.runs.exists())
        return done.stdout, server

    def test_each_request_is_shown_once(self):
        text, server = self.once(GOOD, 0)
        self.assertEqual(server.requests, 4)
        for part in ("read, step 1 of 1: GET /total   200, ", "    > GET /total HTTP/1.1\n",
                     '    <\n    < {"total": 3}\n    ✓ status 200\n    ✓ json .total > 2\n',
                     "job, step 1 of 2: POST /jobs   202, ",
                     '    >\n    > {"kind":"resize","key":"••••"}\n',
                     "    ✓ header X-Queue contains fast\n    = $id is 17\n    = $where is /x\n",
                     "job, step 2 of 2: poll   200, ", "    > GET /jobs/17 HTTP/1.1\n",
                     '    < {"state": "open"}\n    … until json .state == done: not yet',
                     "job, step 2 of 2, try 2: poll   200, ",
                     '    < {"state": "done"}\n    ✓ until json .state == done\n',
                     "4 requests, all ok. 2 scenarios, each walked once, without load.\n"):
            self.assertIn(part, text)

    def test_no_secret_is_shown(self):
        text, _ = self.once(GOOD, 0)
        self.assertEqual(text.count("> Authorization: ••••\n"), 4)
        self.assertIn("< Set-Cookie: ••••\n", text)
        self.assertIn('"echo": "••••"', text)
        for secret in ("hunter2", "topsecret"):
            self.assertNotIn(secret, text)

    def test_a_check_that_fails(self):
        replies = [GOOD[0], reply("202 Accepted", "\x1b[31m{}", "X-Queue: slow")]
        text, server = self.once(replies, 1)
        self.assertEqual(server.requests, 2)
        self.assertIn("    ✓ status 202\n    ✗ header X-Queue contains fast does not hold", text)
        self.assertNotIn("= $id", text)
        self.assertNotIn("\x1b", text)
        self.assertIn("1 more step of job was not reached.\n", text)
        self.assertIn("2 requests, 1 not ok.", text)

    def test_only_one_scenario(self):
        text, server = self.once(GOOD[:1], 0, "--only", "read")
        self.assertEqual(server.requests, 1)
        self.assertNotIn("job, step", text)

    def test_a_long_body_is_cut_and_counted(self):
        text, _ = self.once([reply("200 OK", '{"total": 3}' + "x" * 300000)], 0, "--only", "read")
        self.assertIn("x" * 100 + "\n    < ... 300,012 bytes in all\n", text)
        self.assertLess(len(text), 6000)

    def test_no_answer(self):
        text, _ = self.once([b""] * 9, 1, "--set", "timeout=200ms", "--only", "read")
        self.assertIn("GET /total   timeout, ", text)
        self.assertIn("✗ no complete reply within the response timeout", text)

    def test_nobody_there(self):
        self.plan(PLAN.format(url="http://127.0.0.1:1"))
        done = self.exits(self.prony("run", "plan.yaml", "--once"), 4)
        self.assertEqual(done.stdout, "")
        self.assertIn("Connection refused", done.stderr)

    def test_interrupted(self):
        server = self.server(lambda connection, number: None)
        self.plan(PLAN.format(url=server.url))
        child = self.start("run", "plan.yaml", "--once")
        self.wait_for_requests(server, 1)
        interrupt(child, signal.SIGINT)
        done = self.exits(self.wait(child), 130)
        self.assertIn("GET /total   cut, ", done.stdout)
        self.assertIn("✗ stopped before the reply came\n", done.stdout)

    def test_its_services_are_started_and_gone(self):
        serve = ("import os, http.server, sys; open('pid', 'w').write(str(os.getpid())); "
                 "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), "
                 "http.server.SimpleHTTPRequestHandler).serve_forever()")
        self.plan("plan: 1\ntarget: http://127.0.0.1:$web.port\nservices:\n  web:\n"
                  f"    command: [ /usr/bin/python3, -c, {json.dumps(serve)}, $web.port ]\n"
                  "scenarios: { a: { steps: [ GET / ] } }\n"
                  "load: { stages: [ { rate: 5/s, for: 1s } ] }\n")
        done = self.exits(self.prony("run", "plan.yaml", "--once"), 0)
        self.assertIn("1 request, all ok.", done.stdout)
        pid = int((self.folder / "pid").read_text())
        wait_until("the service is gone", lambda: not lives(pid))


if __name__ == "__main__":
    unittest.main()
