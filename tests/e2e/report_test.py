"""`prony report` and `prony list`: what was recorded is what was seen."""
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from harness import PRONY, REFUSAL, REPLY, Case, free_port, interrupt, wait_until


class Report(Case):
    def recorded(self, *flags):
        server = self.server(lambda c, n: c.sendall(REFUSAL if n % 20 == 0 else REPLY))
        return self.prony("run", server.url, "--rate", "100/s", "--for", "1.5s",
                          "--warmup", "0.5s",
                          "--output", "json", *flags)

    def test_equals_the_run_to_the_last_digit(self):
        ran = self.recorded("--p95", "9s", "--errors", "50%")
        folder = self.run_folder()
        for name in ("last", folder.name, folder.name[:6], folder, folder / "run.prony"):
            done = self.exits(self.prony("report", name, "--output", "json"), ran.code)
            self.assertEqual(done.stdout, ran.stdout)
        self.assertEqual((folder / "result.json").read_text(), ran.stdout)
        self.assertEqual(folder.stat().st_mode & 0o777, 0o700)

    def test_the_text_is_the_same_too(self):
        server = self.server()
        ran = self.prony("run", server.url, "--rate", "100/s", "--for", "1.5s",
                         "--warmup", "0.5s", "--p95", "9s")
        done = self.exits(self.prony("report", "last"), ran.code)

        def figures(text):
            return [line for line in text.splitlines() if not line.startswith(" NEXT")]
        self.assertEqual(figures(done.stdout), figures(ran.stdout))

    def test_credentials_of_the_command_line_are_nowhere(self):
        server = self.server()
        done = self.prony("run", server.url, "-n", "50", "--rate", "100/s", "--warmup", "0s",
                          "-H", "Authorization: Bearer hunter2-token", "--p95", "9s")
        self.assertEqual(server.requests, 50)
        self.assertNotIn("hunter2", done.stdout + done.stderr)
        for path in self.run_folder().iterdir():
            self.assertNotIn(b"hunter2", path.read_bytes(), path)
        with sqlite3.connect(self.run_folder() / "run.prony") as db:
            dump = "\n".join(db.iterdump())
        self.assertIn("Authorization", dump)  # the plan's text is there, readable
        self.assertNotIn("hunter2", dump)

    def test_quiet_is_one_line_and_verbose_is_more(self):
        ran = self.recorded("--p95", "9s").code
        text = self.exits(self.prony("report", "last"), ran).stdout
        quiet = self.exits(self.prony("report", "last", "-q"), ran).stdout
        self.assertEqual(quiet.splitlines(), [text.splitlines()[0]])
        self.assertIn("HOLDS", quiet)
        verbose = self.exits(self.prony("report", "last", "--verbose"), ran).stdout
        self.assertGreaterEqual(len(verbose), len(text))

    def test_colour_is_asked_for(self):
        self.recorded("--p95", "9s")
        for flags, more, coloured in ((("--color", "always"), {}, True), ((), {}, False),
                                      ((), {"CLICOLOR_FORCE": "1"}, True),
                                      ((), {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
                                      (("--color", "always"), {"NO_COLOR": "1"}, True)):
            env = dict(self.environment(), **more)
            done = self.prony("report", "last", *flags, env=env)
            self.assertEqual("\x1b[" in done.stdout, coloured, (flags, more))

    def test_what_is_suggested_holds_on_the_same_run(self):
        def behave(connection, number):
            # Each takes its own time, so that what a busy machine adds to many at once is little:
            # an interval is as wide as replies depend on each other.
            time.sleep(random.uniform(0.01, 0.2))
            connection.sendall(REFUSAL if number % 50 == 0 else REPLY)

        ran = self.exits(self.prony("run", self.server(behave).url, "--rate", "150/s", "--for",
                                    "14s", "--warmup", "0s"), 0)
        words = " ".join(ran.stdout.split())
        flags = words.partition(" TRY ")[2].partition(" would have held")[0].split()
        self.assertIn(flags[0::2], (["--p95", "--p99", "--errors"], ["--p95", "--errors"]), ran)
        self.assertIn(" ".join(flags), words.partition(" NEXT ")[2])
        self.exits(self.prony("report", "last", *flags), 0)

    def test_other_objectives(self):
        ran = self.exits(self.recorded("--p95", "9s"), 0).json()
        done = self.exits(self.prony("report", "last", "--p95", "1us", "--output", "json"), 1)
        result = done.json()
        self.assertEqual([(o["text"], o["implicit"]) for o in result["objectives"]],
                         [("p95 < 1us", False), ("errors <= 50%", True)])
        self.assertEqual(result["totals"], ran["totals"])
        self.exits(self.prony("report", "last", "--errors", "0.1%"), 1)
        self.exits(self.prony("report", "last", "--objective", "p95 in load < 9s"), 0)
        self.exits(self.prony("report", "last"), 0)  # the file is as it was

    def test_wrong_objectives(self):
        self.recorded()
        done = self.exits(self.prony("report", "last", "--objective", "p95 in laod < 9s"), 2)
        self.assertIn("laod", done.stderr)
        self.assertIn("load", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_hints_name_the_program_as_it_was_typed(self):
        for argv0, want in ((PRONY, PRONY), ("./my tools/prony", "'./my tools/prony'"),
                            ("prony", "prony"), ("p", "prony")):
            done = subprocess.run([argv0, "report", "last"], executable=PRONY, cwd=self.folder,
                                  env=self.environment(), capture_output=True, text=True)
            self.assertIn(f"\n  hint: start one: {want} run PLAN, or {want} run URL\n",
                          done.stderr, argv0)

    def test_no_such_run(self):
        done = self.prony("report", "last")
        self.assertNotEqual(done.code, 0)
        self.assertTrue(done.stderr.startswith("prony: "), done)
        self.recorded()
        self.assertNotEqual(self.prony("report", "zzzz").code, 0)

    def test_a_damaged_file(self):
        self.recorded()
        path = self.run_folder() / "run.prony"
        path.write_bytes(b"no run at all" * 100)
        done = self.exits(self.prony("report", "last"), 2)
        self.assertRegex(done.stderr,
                         r"^prony: .*run\.prony is not a run file\n  hint: `.*prony list`")

    def test_a_file_cut_short_tells_what_is_left(self):
        self.recorded()
        path = self.run_folder() / "run.prony"
        whole = path.stat().st_size
        os.truncate(path, 9000)
        done = self.exits(self.prony("report", "last"), 2)
        self.assertRegex(done.stderr,
                         rf"^prony: cannot read .*run\.prony: it is damaged \(cut short: 8 of "
                         rf"its {whole // 1024} KiB are there\)\n  hint: copy it again from where "
                         rf"it is whole; what the run found stands in .*/result\.json\n$")

    def test_a_tick_that_is_gone_leaves_no_verdict(self):
        self.recorded("--p95", "9s")
        path = self.run_folder() / "run.prony"
        with sqlite3.connect(path) as db:
            db.execute("DELETE FROM tick WHERE id = 1")
        db.close()
        result = self.exits(self.prony("report", "last", "--output", "json"), 3).json()
        reasons = {reason["code"]: reason for reason in result["trust"]["reasons"]}
        self.assertEqual(result["verdict"], "invalid")
        self.assertEqual(reasons["file-short"]["level"], "invalid")
        self.assertNotIn("books-differ", reasons)

    def test_replies_that_only_lead_elsewhere_are_noted(self):
        server = self.server(lambda c, _: c.sendall(
            b"HTTP/1.1 301 Moved\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n"))
        done = self.exits(self.prony("run", server.url, "--rate", "100/s", "--for", "1s",
                                     "--warmup", "0s", "--p95", "9s", "--output", "json"), 0)
        reasons = self.reasons(done.json())
        self.assertEqual(reasons["redirected"]["level"], "note", done)

    def test_another_file(self):
        """Whatever it is, it is the command line that is wrong."""
        (self.folder / "words.txt").write_text("no run")
        (self.folder / "empty").write_text("")
        other = sqlite3.connect(self.folder / "other.db")
        other.execute("CREATE TABLE t(x)")
        other.close()
        for name in ("words.txt", "empty", "other.db", "/dev/null"):
            done = self.exits(self.prony("report", name), 2)
            self.assertRegex(done.stderr, r"^prony: .*, but not a run|is not a run file")
            self.assertIn("\n  hint: ", done.stderr)
            self.assertEqual(done.stdout, "")

    def test_after_kill_9_all_but_the_last_two_seconds_are_there(self):
        answered = []

        def behave(connection, _number):
            connection.sendall(REPLY)
            answered.append(time.monotonic())

        server = self.server(behave)
        child = self.start("run", server.url, "--rate", "100/s", "--for", "60s", "--warmup", "0s",
                           "--p95", "9s")
        self.wait_for_requests(server, 900)
        long_ago = time.monotonic() - 2.2  # what was answered before that must be in the file
        interrupt(child, signal.SIGKILL)
        child.wait()
        seen = sum(at < long_ago for at in answered)
        self.assertGreater(seen, 100)
        done = self.prony("report", "last", "--output", "json")
        self.assertGreaterEqual(done.json()["totals"]["done"], seen, done.stderr)
        self.assertNotEqual(done.json()["ended"], "complete")
        self.exits(done, 137)
        self.exits(self.prony("report", "last", "--p95", "1us"), 1)

    def test_files_of_older_formats(self):
        """A run stored by each version of the format is judged as it was then, to the last digit.
        What a later version measures is not there: there are none of it."""
        def compare(was, now, at):
            if isinstance(was, dict):
                for key, value in was.items():
                    compare(value, now[key], f"{at}.{key}")
            elif isinstance(was, list):
                self.assertEqual(len(was), len(now), at)
                for index, value in enumerate(was):
                    compare(value, now[index], f"{at}[{index}]")
            else:
                self.assertEqual(was, now, at)

        stored = pathlib.Path(__file__).parent / "stored"
        for path in sorted(stored.glob("*.prony")):
            with self.subTest(path.name):
                was = json.loads(path.with_suffix(".json").read_text())
                copy = self.folder / path.name
                shutil.copy(path, copy)
                now = self.exits(self.prony("report", copy, "--output", "json"),
                                 was["exit"]).json()
                compare(was, now, "result")
                self.assertEqual(now["totals"]["tls_ms"]["n"], 0)
                self.assertEqual(now["totals"]["handshakes"], {"full": 0, "resumed": 0})

    def test_every_line_fits_a_narrow_terminal(self):
        server = self.server()
        self.plan(f"plan: 1\nname: a-plan-with-quite-a-name\ntarget: {server.url}\n"
                  "scenarios: { a: { steps: [ GET /some/long/path/of/a/thing ] } }\n"
                  "load: { stages: [ { name: a-stage-with-a-name, rate: 50/s..100/s, for: 2s,"
                  " settle: 500ms } ] }\n"
                  "objectives: [ p95 of 'GET /some/long/path/of/a/thing' < 2s, errors < 50% ]\n")
        self.prony("run", "plan.yaml")
        for words in (("check", "plan.yaml"), ("list",), ("report", "last", "-v"),
                      ("report", "zzz"), ("run", "plan.yaml", "--rate", "4")):
            for columns in (60, 80):
                lines = self.on_terminal(columns, *words)
                self.assertEqual([line for line in lines if len(line) > columns], [], words)
        self.assertIn("a-plan-", "".join(self.on_terminal(60, "list")))

    def test_list(self):
        self.assertIn("no runs in", self.exits(self.prony("list"), 0).stderr)
        for wrong, why in (("missing", "does not exist"), (__file__, "is not a folder")):
            done = self.exits(self.prony("list", "--runs-dir", wrong), 2)
            self.assertRegex(done.stderr, f"^prony: .* {why}\n  hint: ")
        self.assertEqual(json.loads(self.prony("list", "--output", "json").stdout), [])
        self.recorded("--p95", "9s")
        self.recorded("--p95", "1us")
        runs = self.prony("list", "--output", "json").json()
        self.assertEqual([(r["verdict"], r["exit"]) for r in runs], [("missed", 1), ("holds", 0)])
        table = self.exits(self.prony("list"), 0).stdout.splitlines()
        self.assertEqual(table[3], "")  # then what the marks mean
        self.assertIn(runs[0]["run"], table[1])
        self.assertIn(runs[1]["run"], table[2])

    def test_a_run_in_progress_can_be_reported(self):
        server = self.server()
        child = self.start("run", server.url, "--rate", "100/s", "--for", "60s", "--warmup", "0s",
                           "--p95", "9s")
        self.wait_for_requests(server, 50)

        def reported():
            done = self.prony("report", "last", "--output", "json")
            return done.stdout and done.json()["totals"]["done"] > 0
        wait_until("the first ticks in a report", reported)
        for limit in ((), ("--p95", "1us"), ("--fail-on", "missed")):
            told = self.exits(self.prony("report", "last", "-q", *limit), 3).stdout
            self.assertRegex(told, r"^ \? NO VERDICT YET  .* · at [\d.]+ s: still going on")
        told = self.exits(self.prony("report", "last", "--output", "json"), 3).json()
        self.assertEqual((told["ended"], told["exit"]), ("running", 3))
        self.assertIn("load is still on", told["objectives"][0]["note"])
        self.assertNotIn("cut short", json.dumps(told))
        self.assertIsNone(child.poll())
        interrupt(child)
        self.exits(self.wait(child), 130)

    def test_a_run_that_is_being_started_has_not_ended(self):
        self.plan(f"""plan: 1
target: http://127.0.0.1:{free_port()}
services:
  api: {{ command: sleep 60, ready: log never within 60s }}
scenarios:
  read: {{ steps: [ GET / ] }}
load:
  stages: [ {{ rate: 5/s, for: 1s }} ]
""")
        child = self.start("run", "plan.yaml")
        wait_until("the service", lambda: list(self.runs.glob("*/api.log")))
        done = self.exits(self.prony("report", "last"), 2)
        self.assertRegex(done.stderr, r"^prony: the run in .*/run\.prony has not begun yet: it is"
                                      r" being started\n  hint: ask again in a moment")
        interrupt(child)
        self.wait(child)


if __name__ == "__main__":
    unittest.main()
