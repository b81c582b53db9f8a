"""Each exit code of `prony run`, by the thing that causes it."""
import re
import resource
import signal
import subprocess
import unittest

from harness import REFUSAL, REPLY, SANITIZED, Case, free_port, interrupt

SHORT = ("--rate", "100/s", "--for", "2s", "--warmup", "0s", "--threads", "1")


class ExitCodes(Case):
    def test_0_every_objective_holds(self):
        server = self.server()
        done = self.exits(self.prony("run", server.url, *SHORT, "--p95", "9s", "--errors", "10%",
                                     "--output", "json"), 0)
        result = done.json()
        self.assertEqual(result["verdict"], "holds")
        self.assertEqual(result["exit"], 0)
        self.assertEqual(result["ended"], "complete")
        self.assertEqual([o["verdict"] for o in result["objectives"]], ["holds", "holds"])
        self.assertEqual(result["totals"]["outcomes"]["ok"], server.requests)

    def test_0_without_objectives_is_not_judged_and_suggests_some(self):
        done = self.exits(self.prony("run", self.server().url, *SHORT), 0)
        self.assertIn("not judged", done.stdout.lower())
        # Too short for one that would hold. It may be folded.
        self.assertRegex(done.stdout, r"(?s)prony run http://[^#]*\s--for\s30s\s[^#]*# long")

    def test_1_an_objective_is_missed(self):
        server = self.server(lambda c, n: c.sendall(REFUSAL if n % 2 else REPLY))
        done = self.exits(self.prony("run", server.url, *SHORT, "--errors", "1%",
                                     "--output", "json"), 1)
        result = done.json()
        self.assertEqual(result["verdict"], "missed")
        outcomes = result["totals"]["outcomes"]
        self.assertEqual(outcomes["ok"] + outcomes["status"], result["totals"]["offered"])
        self.assertLessEqual(abs(outcomes["ok"] - outcomes["status"]), 1)

    def test_2_the_command_line_is_wrong(self):
        server = self.server()
        done = self.exits(self.prony("run", server.url, "--raet", "5/s"), 2)
        self.assertEqual(done.stdout, "")
        self.assertIn("did you mean --rate?", done.stderr)
        self.assertEqual(server.requests, 0)

    def test_2_the_plan_is_wrong(self):
        server = self.server()
        self.plan(f"plan: 1\ntarget: {server.url}\nscenarios: {{ a: {{ steps: [ GET / ] }} }}\n"
                  "load:\n  stages:\n    - { rate: 50, for: 1s }\n    - { raet: 5/s, for: 1s }\n")
        done = self.exits(self.prony("run", "plan.yaml"), 2)
        self.assertRegex(done.stderr, r"plan\.yaml:6:\d+: error\[P\d+\]")
        self.assertRegex(done.stderr, r"plan\.yaml:7:\d+: error\[P\d+\]")
        self.assertTrue(done.stderr.endswith("errors. Nothing was sent.\n"), done)
        self.assertEqual(server.requests, 0)
        self.assertFalse(self.runs.exists())

    def test_3_too_little_was_seen_to_say(self):
        done = self.exits(self.prony("run", self.server().url, *SHORT, "--p99.9", "9s",
                                     "--output", "json"), 3)
        self.assertEqual(done.json()["verdict"], "inconclusive")

    def test_0_inconclusive_where_only_missed_fails(self):
        self.exits(self.prony("run", self.server().url, *SHORT, "--p99.9", "9s",
                              "--fail-on", "missed"), 0)

    def test_4_nobody_listens(self):
        done = self.exits(self.prony("run", f"http://127.0.0.1:{free_port()}/", *SHORT), 4)
        self.assertIn("Connection refused", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_4_in_json_a_result_says_so(self):
        done = self.exits(self.prony("run", f"http://127.0.0.1:{free_port()}/", *SHORT,
                                     "--output", "json"), 4)
        result = done.json()
        self.assertEqual((result["ended"], result["exit"]), ("preflight", 4))

    def test_4_connects_but_never_answers(self):
        server = self.server(lambda c, n: False)  # closes without a word
        done = self.exits(self.prony("run", server.url, "--rate", "100/s", "--for", "20s"), 4)
        shown = " ".join(done.stdout.split())
        self.assertRegex(shown, r"of the first \d+ requests none was answered whole: \d+ reset \(")
        self.assertIn("the service hangs up: see its log", shown)

    def test_4_what_came_instead_of_an_answer(self):
        """Half a body has a status, so to say that there was none would be wrong."""
        def behave(connection, number):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
                               if number % 4 else b"220 mail ready\r\n")
            return False
        done = self.exits(self.prony("run", self.server(behave).url, "--rate", "100/s", "--for",
                                     "20s"), 4)
        shown = " ".join(done.stdout.split())
        self.assertRegex(shown,
                         r"answered whole: \d+ reset \(the connection .*\), \d+ protocol;")
        self.assertNotIn("no answer of any status", shown)
        self.assertIn("GET /: protocol in warmup", shown)

    def test_5_abort_when(self):
        server = self.server(lambda c, n: c.sendall(REPLY if n < 100 else REFUSAL))
        self.plan(f"plan: 1\ntarget: {server.url}\nscenarios: {{ a: {{ steps: [ GET / ] }} }}\n"
                  "load: { stages: [ { rate: 100/s, for: 25s } ] }\n"
                  "abort_when: errors > 20% for 2s\n")
        done = self.exits(self.prony("run", "plan.yaml", "--output", "json"), 5)
        result = done.json()
        self.assertEqual(result["ended"], "aborted")
        self.assertLess(server.requests, 2000)

    def test_6_too_few_descriptors(self):
        server = self.server()
        done = self.exits(self.prony("run", server.url, *SHORT,
                                     limits=[(resource.RLIMIT_NOFILE, 64)]), 6)
        self.assertIn("too few file descriptors", done.stderr)
        self.assertIn("(soft limit 64, hard limit 64)", done.stderr)
        self.assertEqual(server.requests, 0)
        self.assertFalse(self.runs.exists())
        # Its cure is one.
        fitting = re.search(r"hint: .*--connections (\d+)", done.stderr).group(1)
        self.exits(self.prony("run", server.url, *SHORT, "--connections", fitting,
                              limits=[(resource.RLIMIT_NOFILE, 64)]), 0)
        self.exits(self.prony("run", server.url, *SHORT, "--connections", int(fitting) + 1,
                              limits=[(resource.RLIMIT_NOFILE, 64)]), 6)

    @unittest.skipIf(SANITIZED, "the sanitizer needs the address space itself")
    def test_6_too_little_memory_wherever_it_is_noticed(self):
        """Process, result and report agree; what never became a run leaves nothing."""
        server = self.server()
        kept = 0
        for half_gib in range(1, 40):
            done = self.prony("run", server.url, *SHORT, "--output", "json",
                              limits=[(resource.RLIMIT_AS, half_gib << 29)])
            if done.code == 0:
                break
            self.exits(done, 6)
            self.assertRegex(done.stderr, r"memory.*\n  hint: .*ulimit -v")
            if done.stdout:
                kept += 1
                result = done.json()
                self.assertEqual((result["ended"], result["exit"]), ("preflight", 6))
                self.exits(self.prony("report", "last", "--output", "json"), 6)
            folders = list(self.runs.iterdir()) if self.runs.exists() else []
            self.assertEqual(len(folders), kept, done)
        self.assertGreater(kept, 0, "no limit was noticed by the engine")
        self.assertEqual(done.code, 0)

    def test_130_ctrl_c_stops_and_judges(self):
        server = self.server()
        child = self.start("run", server.url, "--rate", "100/s", "--for", "60s", "--warmup", "0s",
                           "--errors", "10%", "--output", "json")
        self.wait_for_requests(server, 250)
        interrupt(child)
        done = self.exits(self.wait(child), 130)
        result = done.json()
        self.assertEqual((result["ended"], result["exit"]), ("interrupted", 130))
        self.assertEqual(result["verdict"], "inconclusive")
        self.assertEqual(result["objectives"][0]["verdict"], "inconclusive")
        self.assertRegex(result["objectives"][0]["note"], "was cut short")
        self.assertGreater(result["totals"]["done"], 100)
        self.exits(self.prony("report", "last"), 130)
        for flag, code in ((("--p95", "1us"), 1), (("--p95", "9s"), 3)):
            other = self.exits(self.prony("report", "last", *flag, "--output", "json"), code).json()
            self.assertEqual((other["ended"], other["exit"]), ("interrupted", code))

    def test_130_ctrl_c_twice_leaves_at_once(self):
        server = self.server(lambda c, n: c.sendall(REPLY) if n < 50 else hold(c))
        child = self.start("run", server.url, "--rate", "50/s", "--for", "60s", "--warmup", "0s",
                           "--timeout", "50s", "--output", "json")
        self.wait_for_requests(server, 60)
        interrupt(child)  # now it would drain for 50 s
        self.assertRaises(TimeoutError, self.ends_within, child, 1.5)
        interrupt(child)
        done = self.exits(self.wait(child, patience_s=10), 130)
        self.assertGreater(sum(s["outcomes"].get("cut", 0) for s in done.json()["stages"]), 0)
        self.exits(self.prony("report", "last"), 130)

    def ends_within(self, child, seconds):
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError from None

    def test_143_sigterm(self):
        server = self.server()
        child = self.start("run", server.url, "--rate", "100/s", "--for", "60s", "--warmup", "0s")
        self.wait_for_requests(server, 50)
        interrupt(child, signal.SIGTERM)
        self.exits(self.wait(child), 143)

    def test_143_the_terminal_is_closed(self):
        server = self.server()
        child = self.start("run", server.url, "--rate", "100/s", "--for", "60s", "--warmup", "0s")
        self.wait_for_requests(server, 50)
        interrupt(child, signal.SIGHUP)
        done = self.exits(self.wait(child), 143)
        self.assertIn("(SIGHUP)", done.stdout)
        told = self.exits(self.prony("report", "last", "--output", "json"), 143).json()
        self.assertEqual(told["ended"], "interrupted")


def hold(connection):
    """Answers nothing until prony hangs up."""
    connection.recv(1)
    return False


if __name__ == "__main__":
    unittest.main()
