"""One plan several times: `--repeat N`, a folder each, one table, and the exit of the worst."""
import json
import os
import time
import unittest

from harness import REPLY, Case, interrupt, wait_until

PLAN = """plan: 1
name: again
target: {url}
scenarios:
  read: {{ steps: [ GET / ] }}
load:
  stages:
    - {{ name: hold, rate: 100/s, for: {seconds}s }}
  seed: 7
{more}
"""


class Repeat(Case):
    def write(self, server, seconds=1, more=""):
        return self.plan(PLAN.format(url=server.url, seconds=seconds, more=more))

    def results(self):
        """Of all runs, the oldest first."""
        files = sorted(self.runs.glob("*/result.json"))
        return [json.loads(file.read_text()) for file in files]

    def test_three_runs_are_a_series(self):
        server = self.server()
        plan = self.write(server, more="objectives: [ errors < 50% ]")
        done = self.exits(self.prony("run", plan, "--repeat", "3", "--output", "json"), 0)
        together, results = done.json(), self.results()
        self.assertEqual(together["format"], "prony.runs/1")
        self.assertEqual([run["run"] for run in together["runs"]],
                         [result["run"] for result in results])
        first = results[0]["run"]
        self.assertEqual([result["series"] for result in results],
                         [{"id": first, "index": i, "count": 3} for i in (1, 2, 3)])
        series = together["series"]
        self.assertEqual((series["id"], series["asked"]), (first, 3))
        p95 = [result["totals"]["response_ms"]["p95"] for result in results]
        self.assertAlmostEqual(series["figures"]["p95"]["mean"], sum(p95) / 3, places=5)
        self.assertEqual(series["figures"]["p95"]["least"], min(p95))
        self.assertIn("run 2 of 3", done.stderr)

    def test_each_has_its_own_schedule_and_the_first_that_of_the_plan(self):
        server = self.server()
        plan = self.write(server)
        self.exits(self.prony("run", plan, "--repeat", "2", "-q"), 0)
        self.exits(self.prony("run", plan, "-q"), 0)
        first, second, alone = [result["stages"][0]["arrivals"]["planned"]
                                for result in self.results()]
        self.assertEqual(first, alone)
        self.assertNotEqual(first, second)  # of these seeds; Poisson counts differ
        self.assertIsNone(self.results()[2]["series"])

    def test_the_worst_decides(self):
        began = []

        def slow_later(connection, number):  # the first run has about a hundred requests
            began.append(number)
            if number > 150:
                time.sleep(0.05)
            connection.sendall(REPLY)

        plan = self.write(self.server(slow_later), more="objectives: [ max < 40ms ]")
        done = self.prony("run", plan, "--repeat", "3")
        self.assertEqual(self.exits(done, 1).code, 1)
        self.assertEqual(self.results()[-1]["verdict"], "missed", done)
        self.assertIn("BETWEEN RUNS", done.stdout)
        self.assertIn("3 of 3 count", done.stdout)

    def test_interrupted(self):
        server = self.server()
        child = self.start("run", self.write(server, seconds=20), "--repeat", "3")
        self.wait_for_requests(server, 20)
        interrupt(child)
        done = self.exits(self.wait(child), 130)
        self.assertEqual(len(self.results()), 1, done)
        self.assertNotIn("run 2 of 3", done.stderr)
        self.assertIn("1 of the 3 runs that were asked for.", " ".join(done.stdout.split()))

    def test_a_target_that_is_gone_ends_it(self):
        server = self.server()
        plan = self.write(server)
        child = self.start("run", plan, "--repeat", "5")
        self.wait_for_requests(server, 50)
        server.close()
        done = self.exits(self.wait(child), 4)
        self.assertLess(len(self.results()), 5, done)

    def test_the_text_is_that_of_the_first_run(self):
        server = self.server()
        plan = self.write(server)
        child = self.start("run", plan, "--repeat", "2", "-q")
        self.wait_for_requests(server, 20)
        plan.write_text("no plan at all")
        self.exits(self.wait(child), 0)
        self.assertEqual([result["plan"] for result in self.results()], ["again", "again"])

    def test_a_plan_by_pipe(self):
        server = self.server()
        text = self.write(server).read_text()
        read, write = os.pipe()
        os.write(write, text.encode())
        os.close(write)
        child = self.start("run", f"/dev/fd/{read}", "--repeat", "2", "-q", inherit=[read])
        os.close(read)
        self.exits(self.wait(child), 0)
        self.assertEqual(len(self.results()), 2)

    def test_services_are_started_anew(self):
        marks = self.folder / "starts"
        server = self.folder / "server.py"
        server.write_text("import http.server, sys\n"
                          f"open('{marks}', 'a').write('x')\n"
                          "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])),\n"
                          "    http.server.SimpleHTTPRequestHandler).serve_forever()\n")
        plan = self.plan("plan: 1\nname: fresh\ntarget: http://127.0.0.1:$api.port\n"
                         "services:\n  api:\n"
                         f"    command: /usr/bin/python3 {server} $api.port\n"
                         "    ready: port within 20s\n"
                         "scenarios: { read: { steps: [ GET / ] } }\n"
                         "load: { stages: [ { rate: 20/s, for: 1s } ] }\n")
        self.exits(self.prony("run", plan, "--repeat", "2", "-q"), 0)
        wait_until("two starts", lambda: marks.read_text() == "xx")


if __name__ == "__main__":
    unittest.main()
