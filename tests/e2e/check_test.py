"""`prony check`: the sums it prints, and that it does nothing."""
import os
import resource
import subprocess
import unittest

from harness import PATIENCE_S, PRONY, Case

PLAN = """
plan: 1
name: sums
target: http://127.0.0.1:9/
services:
  api:
    command: ./api --port $api.port "two words"
    env: { TOKEN: $env.SECRET }
    ready: port
scenarios:
  read: { weight: 3, steps: [ GET /a ] }
  write:
    weight: 1
    steps:
      - { post: /b, body: x, think: 2s }
      - GET /c
load:
  warmup: { rate: 10/s, for: 2s }
  stages:
    - { name: climb, rate: 100/s..300/s, step: 100/s, each: 10s }
    - { name: ramp, rate: 0/s..100/s, for: 10s, settle: 3s }
    - { name: crowd, users: 40, think: 1s, for: 5s, judge: false }
objectives:
  - p95 < 200ms
  - "warn: errors < 1%"
abort_when: errors > 50% for 5s
"""


class Check(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "api").touch(0o755)  # there is such a program; nothing starts it

    def environment(self):
        return dict(super().environment(), SECRET="hunter2")

    def check(self, text=PLAN, limits=(), code=0):
        self.plan(text)
        done = self.exits(self.prony("check", "plan.yaml", limits=limits), code)
        # Lines are wrapped; a sentence is not to be looked for across a break.
        return done, " ".join(done.stdout.split())

    def test_load_curve(self):
        done, _ = self.check()
        rows = {line.split()[0]: " ".join(line.split()[1:]) for line in done.stdout.splitlines()
                if line.startswith(" ")}
        self.assertRegex(rows["warmup"], r"^open, poisson 10.*/s 2\.0 s .*no 20$")
        self.assertRegex(rows["climb@200/s"], r"^open, poisson 200.*/s 10 s yes 2,000$")
        self.assertRegex(rows["ramp"], r"^open, poisson .* to 100.*/s 10 s 3\.0 s yes 500$")
        self.assertRegex(rows["crowd"], r"^closed 40 users 5\.0 s .*no")

    def test_requests_and_in_flight(self):
        # (20 + 1000 + 2000 + 3000 + 500) arrivals of 0.75 x 1 + 0.25 x 2 requests
        _, text = self.check()
        self.assertIn("requests about 8,150 in the open stages", text)
        # Little: 300/s x (1.25 replies x 200 ms + 0.25 x 2 s of thinking) = 225
        self.assertIn("in flight about 225 iterations at once in climb@300/s", text)
        self.assertIn("the limit of `p95 < 200ms`", text)

    def test_what_it_would_start_without_secrets(self):
        done, text = self.check()
        self.assertRegex(text, r"starts here api: TOKEN=•+ \S*api --port \d+ \"two words\"")
        self.assertNotIn("hunter2", done.stdout + done.stderr)
        self.assertIn("warn: errors < 1%", text)
        self.assertIn("aborts when errors > 50%", text)
        self.assertTrue(done.stdout.endswith("Nothing was sent.\n"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["api", "plan.yaml"])

    def test_exits_as_a_run_would_that_does_not_fit(self):
        done, text = self.check(limits=[(resource.RLIMIT_NOFILE, 64)], code=6)
        self.assertIn("64 allowed", text)
        self.assertIn("too few file descriptors", done.stderr)

    def test_more_users_than_this_host_can_connect(self):
        done, _ = self.check(PLAN.replace("users: 40", "users: 1000000"), code=6)
        self.assertRegex(done.stderr, "too (few|little)")

    def test_no_line_is_wider_than_the_terminal(self):
        self.plan(PLAN.replace("--port $api.port", "--port $api.port " + "--word " * 20))
        for columns in (72, 80, 130):
            lines = self.on_terminal(columns, "check", "plan.yaml")
            self.assertEqual([line for line in lines if len(line) > columns], [])
            self.assertGreater(max(map(len, lines)), columns - 20)
            self.assertIn(" ".join(["--word"] * 20), " ".join(" ".join(lines).split()))

    def test_a_stage_by_count_has_a_count_and_no_length(self):
        done, text = self.check(PLAN.replace("for: 5s, judge", "requests: 600, judge"))
        rows = {line.split()[0]: " ".join(line.split()[1:]) for line in done.stdout.splitlines()
                if line.startswith(" ")}
        self.assertRegex(rows["crowd"], r"^closed 40 users ≤ 1 h .*no 600$")
        # 8,150 as above, and 600 x 1.25
        self.assertIn("requests about 8,900 in 42 s and what the stages by count take, at most 1 h",
                      text)

    def test_too_few_unique_rows(self):
        # 6,520 arrivals, a quarter of them write; how many users will come round nobody knows
        cases = [(1629, True), (1630, False), (0, False)]
        for count, warned in cases:
            with open(os.path.join(self.folder, "rows.csv"), "w", encoding="utf-8") as rows:
                rows.write("id\n" + "".join(f"{i}\n" for i in range(max(count, 1))))
            text = PLAN.replace("scenarios:", "data: { row: { file: rows.csv, pick: unique } }\n"
                                "scenarios:")
            if count > 0:
                text = text.replace("post: /b", "post: /b?id=$row.id")
            _, out = self.check(text)
            said = "warning too few rows: row has 1,629, and about 1,630 iterations or more" in out
            self.assertEqual(said, warned, (count, out))
            self.assertEqual("pick: unique" in out, warned)

    def test_warns_of_what_can_never_hold(self):
        _, text = self.check(PLAN.replace("objectives:", "objectives:\n  - throughput > 900/s\n"
                                          "  - users in climb > 3"))
        for warning in ("`throughput > 900/s` can never hold: its stages offer at most 375/s",
                        "`users in climb > 3` can never hold: its stages have at most 0"):
            self.assertIn(f"warning {warning}", text)
        _, text = self.check()
        self.assertNotIn("never hold", text)

    def test_warns_of_a_service_that_is_never_told_its_port(self):
        told = "nothing in its command or env names $api.port"
        plan = PLAN.replace("127.0.0.1:9/", "127.0.0.1:$api.port/")
        _, text = self.check(plan.replace("--port $api.port", "--port 8080"))
        self.assertIn(f"warning service api: {told}", text)
        _, text = self.check(plan)
        self.assertNotIn(told, text)

    def test_warns_of_what_is_set_but_empty(self):
        env = dict(self.environment(), EMPTY="", FULL="full", OTHER="")
        self.plan(PLAN.replace("load:", "vars: { token: $env.OTHER, full: $env.FULL }\n"
                               "headers: { Authorization: Bearer $env.EMPTY, X: $token$full, "
                               "Y: $env.EMPTY }\nload:"))

        def told(*flags):
            done = self.exits(self.prony("check", "plan.yaml", *flags, "--output", "json",
                                         env=env), 0)
            return [(w["message"].split()[3], w["line"] > 0, w["length"])
                    for w in done.json()["warnings"]]
        other = ("OTHER", True, len("$env.OTHER"))
        empty = ("EMPTY", True, len("$env.EMPTY"))
        self.assertEqual(told(), [other, empty])
        # What is said to be empty is meant.
        self.assertEqual(told("--var", "token="), [empty])
        text = " ".join(self.prony("check", "plan.yaml", env=env).stdout.split())
        self.assertIn("warning the environment variable EMPTY is set, but empty – export EMPTY=...;"
                      " if it is to be empty, say so: --var x= over vars: { x: $env.EMPTY }", text)
        env.update(EMPTY="e", OTHER="o")
        self.assertEqual(told(), [])

    def test_warnings_as_data_and_before_a_run(self):
        plan = (PLAN.replace("127.0.0.1:9/", "127.0.0.1:$api.port/")
                .replace("./api --port $api.port", "/bin/false")
                .replace("objectives:", "objectives:\n  - throughput > 900/s"))
        sentence = plan[:plan.index("throughput")].count("\n") + 1
        self.plan(plan)
        data = self.exits(self.prony("check", "plan.yaml", "--output", "json"), 0).json()
        self.assertEqual(data["errors"], [])
        told = [(w["severity"], w["file"], w["line"], w["column"]) for w in data["warnings"]]
        self.assertEqual(told, [("warning", "plan.yaml", line, column)
                                for line, column in ((sentence, 5), (6, 3))])
        for key in ("message", "fix"):
            self.assertTrue(all(w[key] for w in data["warnings"]), data["warnings"])
        self.plan(PLAN)
        good = self.exits(self.prony("check", "plan.yaml", "--output", "json"), 0).json()
        self.assertEqual(good["warnings"], [])
        # A run says the same, once each, before it starts anything; -q leaves it out.
        for quiet in ((), ("-q",)):
            self.plan(plan)
            done = self.exits(self.prony("run", "plan.yaml", *quiet), 4)
            for w in data["warnings"]:
                said = f"plan.yaml:{w['line']}:{w['column']}: warning: {w['message']}\n"
                self.assertEqual(done.stderr.count(said), 0 if quiet else 1, done.stderr)
                self.assertEqual(done.stderr.count(f"  hint: {w['fix']}\n"), 0 if quiet else 1)
            if not quiet:
                self.assertLess(done.stderr.index("warning: "), done.stderr.index(": run "))

    def test_a_plan_over_one_mebibyte(self):
        done, _ = self.check(PLAN + "# a comment\n" * 100000, code=2)
        self.assertIn("error[P003]: the plan has 12", done.stderr)

    def test_printed_in_full_it_is_the_same_plan(self):
        self.plan(PLAN)
        printed = self.exits(self.prony("check", "plan.yaml", "--print"), 0).stdout
        self.assertNotIn("hunter2", printed)
        self.plan(printed, "full.yaml")
        again = self.exits(self.prony("check", "full.yaml", "--print"), 0).stdout
        self.assertEqual(again, printed)
        both = [self.exits(self.prony("check", name, "--output", "json"), 0).json()
                for name in ("plan.yaml", "full.yaml")]
        for result in both:
            result.pop("plan")
        words = [result["starts"][0]["command"] for result in both]
        self.assertEqual(words[0][1], "--port")
        for command in words:
            command[2] = "a free port"
        for result in both:
            result["targets"] = [target.split(":")[0] for target in result["targets"]]
        self.assertEqual(both[0], both[1])

    def test_a_one_liner_printed_is_the_same_plan(self):
        url = ["http://127.0.0.1:9/a?b=$c", "-H", "X-A: b", "-d", "{}", "-c", "7", "--think", "1s",
               "--for", "5s", "--errors", "1%", "--timeout", "2s", "--seed", "5"]
        text = self.exits(self.prony("run", *url, "--print-plan"), 0).stdout
        self.assertIn("#", text)
        self.plan(text)
        self.assertEqual(self.exits(self.prony("check", "plan.yaml", "--print"), 0).stdout,
                         self.exits(self.prony("check", *url, "--print"), 0).stdout)
        wrong = self.exits(self.prony("run", *url, "--objective", "p95 < 3", "--print-plan"), 2)
        self.assertEqual(wrong.stdout, "")
        self.assertIn("error[P025]", wrong.stderr)

    def test_as_data(self):
        self.plan(PLAN)
        good = self.exits(self.prony("check", "plan.yaml", "--output", "json"), 0).json()
        self.assertTrue(good["correct"] and good["fits"])
        self.assertEqual(good["errors"], [])
        self.assertEqual([stage["name"] for stage in good["stages"]],
                         ["warmup", "climb@100/s", "climb@200/s", "climb@300/s", "ramp", "crowd"])
        self.assertEqual(good["seconds"], 47)
        self.assertEqual(good["starts"][0]["command"][3], "two words")
        self.assertNotIn("hunter2", str(good))
        self.plan(PLAN.replace("ready: port", "redy: port"))
        done = self.exits(self.prony("check", "plan.yaml", "--output", "json"), 2)
        self.assertEqual(done.stderr, "")
        error, = done.json()["errors"]
        self.assertEqual([error[key] for key in ("code", "file", "line", "column", "near")],
                         ["P020", "plan.yaml", 9, 5, "ready"])
        done = self.exits(self.prony("check", "plan.yaml", "--output", "json", "--rte", "5", "-z"),
                          2)
        self.assertEqual(done.stderr, "")
        self.assertEqual([error["message"] for error in done.json()["errors"]],
                         ["there is no flag --rte", "there is no flag -z"])
        self.plan(PLAN)
        tight = [(resource.RLIMIT_NOFILE, 30)]
        done = self.exits(self.prony("check", "plan.yaml", "--output", "json", limits=tight), 6)
        self.assertTrue(done.json()["correct"])
        self.assertFalse(done.json()["fits"])
        self.assertIn("ulimit", done.json()["errors"][0]["fix"])

    def test_a_program_that_is_not_here(self):
        """The plan is correct, and no run of it could start: a warning, by name."""
        self.plan("plan: 1\ntarget: http://127.0.0.1:9\nservices:\n"
                  "  a: { command: no-such-thing }\n  b: { command: ./nor-this }\n"
                  "  c: { command: sleep 9 }\n"
                  "scenarios: { x: { steps: [ GET / ] } }\n"
                  "load: { stages: [ { rate: 1/s, for: 1s } ] }\n")
        done = self.exits(self.prony("check", "plan.yaml", "--repeat", "3", "--calibrate"), 0)
        said = " ".join(done.stdout.split())
        self.assertIn("service a: there is no program no-such-thing on this host", said)
        self.assertIn("/./nor-this on this host", said)
        self.assertNotIn("service c:", said)

    def test_a_plan_from_a_pipe(self):
        """By `-`, by name or by a descriptor of the shell's; its files are beside where we are."""
        (self.folder / "rows.csv").write_text("id\n1\n")
        text = PLAN + "data: { rows: { file: rows.csv } }\n"
        self.plan(text)
        shown = self.exits(self.prony("check", "plan.yaml", "--print"), 0).stdout
        for words in ("cat plan.yaml | $0 check -", "cat plan.yaml | $0 check /dev/stdin",
                      "$0 check - <plan.yaml", "$0 check <(cat plan.yaml)"):
            done = subprocess.run(["bash", "-c", words + " --print", PRONY], cwd=self.folder,
                                  env=self.environment(), text=True, capture_output=True,
                                  timeout=PATIENCE_S)
            self.assertEqual((done.returncode, done.stdout), (0, shown), (words, done.stderr))
        wrong = subprocess.run([PRONY, "check", "-"], input="plan: 2\n", cwd=self.folder, text=True,
                               env=self.environment(), capture_output=True, timeout=PATIENCE_S)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("/dev/stdin:1:7: error", wrong.stderr)


if __name__ == "__main__":
    unittest.main()
