"""Every form of the result from outside: files, streams, the folder, and what a CI system sees."""
import csv
import io
import json
import os
import re
import signal
import subprocess
import unittest
import xml.etree.ElementTree as xml

from harness import PRONY, REPLY, Case, interrupt

HOSTILE = (b"::error::x\r\n \x1b[2J##[add-mask]y\n::warning::z [l](http://e.example) <b>|`@team")
REFUSAL = b"HTTP/1.1 503 No\r\nContent-Length: %d\r\n\r\n%s" % (len(HOSTILE), HOSTILE)
PLAN = """plan: 1
target: {url}
scenarios: {{ a: {{ steps: [ GET /a, {{ get: /b, on_fail: continue }} ] }} }}
load:
  stages:
    - {{ name: low, rate: 100/s, for: 1s }}
    - {{ name: high, rate: 200/s, for: 1s }}
objectives:
  - p95 < 9s
  - errors < 0.1%
  - warn: max < 1us
{outputs}"""


class Outputs(Case):
    def failing(self):
        return self.server(lambda c, n: c.sendall(REFUSAL if n % 5 == 0 else REPLY))

    def ran(self, *flags, outputs="", env=None):
        plan = self.plan(PLAN.format(url=self.failing().url, outputs=outputs))
        return self.exits(self.prony("run", plan.name, *flags, env=env), 1)

    def test_report_makes_the_same_bytes(self):
        forms = {"ndjson": "a.ndjson", "csv": "a.csv", "json": "a.json", "markdown": "a.md",
                 "junit": "a.xml"}
        flags = [word for form, file in forms.items() for word in ("--output", f"{form}={file}")]
        done = self.ran(*flags)
        self.assertIn("MISSED", done.stdout)  # the text still goes to stdout
        for form, file in forms.items():
            text = (self.folder / file).read_bytes()
            self.assertTrue(text, form)
            again = self.exits(self.prony("report", "last", "--output", form), 1)
            self.assertEqual(again.stdout.encode(), text.replace(b"\r\n", b"\n"), form)
        self.assertEqual((self.run_folder() / "junit.xml").read_bytes(),
                         (self.folder / "a.xml").read_bytes())

    def test_each_form_says_the_same(self):
        self.ran("--output", "ndjson=a.ndjson", "--output", "csv=a.csv")
        result = self.prony("report", "last", "--output", "json").json()
        lines = [json.loads(line) for line in (self.folder / "a.ndjson").read_text().splitlines()]
        self.assertEqual(lines[-1]["result"], result)
        ticks = [line for line in lines if line["type"] == "tick"]
        with open(self.folder / "a.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        whole = [row for row in rows if row["kind"] == "all"]
        self.assertEqual([row["ended_count"] for row in whole],
                         [str(tick["all"]["ended"]) for tick in ticks])
        ended = sum(int(row["ended_count"]) for row in whole)
        self.assertEqual(ended, sum(int(r["ended_count"]) for r in rows if r["kind"] == "request"))
        # A second step may be due only in the drain, which is no stage of the result.
        due = sum(part["offered"] for part in result["stages"])
        self.assertTrue(due <= ended <= due + 20, (due, ended))
        suite = xml.parse(self.run_folder() / "junit.xml").getroot().find("testsuite")
        failed = [case.get("name") for case in suite if case.find("failure") is not None]
        self.assertEqual(failed, [o["text"] for o in result["objectives"]
                                  if o["verdict"] == "missed" and not o["warn"]])

    def test_a_count_that_was_not_reached_is_a_note_in_every_form(self):
        url = self.server().url
        text = PLAN[:PLAN.index("load:")].format(url=url) + (
            "load: { stages: [ { name: few, users: 2, pacing: 0.2s, requests: 1000, for: 2s } ] }\n"
            "objectives: [ errors < 50% ]\n")
        done = self.exits(self.prony("run", self.plan(text).name), 0)
        said = " ".join(done.stdout.split())
        self.assertRegex(said, r"NOTE few began \d+ of its 1000 iterations, \d\.\d%, before")
        result = self.exits(self.prony("report", "last", "--output", "json"), 0).json()
        self.assertIn(f"TRUST {result['trust']['level']}", said)
        note = self.reasons(result).pop("count-short")
        self.assertEqual(note["level"], "note")
        if len(result["trust"]["reasons"]) == 1:
            self.assertEqual(result["trust"]["level"], "valid")
        self.assertEqual(note["value"], result["stages"][0]["arrivals"]["planned"] / 1000)
        for form, words in (("markdown", "> **note**: few began"), ("junit", "note: few began")):
            self.assertIn(words, self.prony("report", "last", "--output", form).stdout)

    def test_lines_come_while_it_runs(self):
        server = self.server()
        child = self.start("run", server.url, "--rate", "50/s", "--for", "60s", "--warmup", "0s",
                           "--output", "ndjson", "-q")
        kinds = []
        while "tick" not in kinds:
            kinds.append(json.loads(child.stdout.readline())["type"])
        self.assertIsNone(child.poll())
        self.assertEqual(kinds[0], "begin")
        interrupt(child)
        done = self.wait(child)
        self.assertEqual(done.code, 130)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["type"], "result")

    def test_hostile_words_are_harmless_in_every_form(self):
        env = dict(self.environment(), GITHUB_ACTIONS="true",
                   GITHUB_STEP_SUMMARY=str(self.folder / "page.md"))
        texts = {"run": self.ran("--output", "text", "--output", "text=a.txt", env=env)}
        shown = {name: done.stdout + done.stderr for name, done in texts.items()}
        for form in ("text", "json", "ndjson", "csv", "markdown", "junit"):
            shown[form] = self.prony("report", "last", "--verbose", "--output", form).stdout
        shown["page"] = (self.folder / "page.md").read_text()
        shown["file"] = (self.folder / "a.txt").read_text()
        for name, text in shown.items():
            self.assertNotIn("\x1b", text, name)
            self.assertNotIn("##[", text, name)
            commands = [line for line in text.splitlines() if line.lstrip().startswith("::")]
            ours = [line for line in commands if name == "run" and " file=plan.yaml,line=" in line]
            self.assertEqual(commands, ours, name)
        xml.fromstring(shown["junit"])
        bare = re.sub(r"`[^`\n]*`", "", shown["page"])
        for wrong in ("http://e", "@team", "<b>"):
            self.assertNotIn(wrong, bare)
        for row in csv.reader(io.StringIO(shown["csv"])):
            self.assertFalse([cell for cell in row if cell[:1] in tuple("=+@")], row)

    def test_the_plan_asks_for_files(self):
        (self.folder / "load").mkdir()
        plan = self.plan(PLAN.format(url=self.failing().url, outputs="outputs:\n  - csv\n"
                                     "  - markdown\n  - json\n  - junit ../a b.xml\n"
                                     "  - ndjson out.ndjson\n"), "load/plan.yaml")
        done = self.exits(self.prony("run", plan, "--output", "csv=own.csv"), 1)
        folder = self.run_folder()
        self.assertEqual(sorted(path.name for path in folder.iterdir()),
                         ["junit.xml", "result.csv", "result.json", "result.md", "run.prony"])
        self.assertEqual((self.folder / "own.csv").read_bytes(),
                         (folder / "result.csv").read_bytes())
        self.assertEqual((self.folder / "a b.xml").read_bytes(),
                         (folder / "junit.xml").read_bytes())
        self.assertTrue((self.folder / "load" / "out.ndjson").read_bytes())
        for name in ("result.csv", "result.md", "junit.xml", " own.csv", "/a b.xml",
                     "load/out.ndjson"):
            self.assertIn(name, done.stdout.partition(" FILES")[2])
        self.assertEqual({path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()
                          if path.stat().st_mode & 0o777 != 0o600}, {})
        report = self.exits(self.prony("report", "last", "--output", "csv"), 1).stdout
        self.assertEqual(report.encode(), (folder / "result.csv").read_bytes().replace(b"\r", b""))

    def test_annotations_are_at_the_line_of_the_sentence(self):
        env = dict(self.environment(), GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(self.folder))
        below = self.folder / "load"
        below.mkdir()
        url = self.failing().url
        self.plan(PLAN.format(url=url, outputs=""), "load/plan.yaml")
        done = self.exits(self.prony("run", str(below / "plan.yaml"), env=env), 1)
        lines = [line for line in done.stderr.splitlines() if line.startswith("::")]
        self.assertEqual([line.partition("::")[2].partition("::")[0] for line in lines],
                         ["error file=load/plan.yaml,line=10,col=5,title=errors < 0.1%25 is missed",
                          "warning file=load/plan.yaml,line=11,col=11,title=max < 1us is missed"])
        self.assertNotIn("::", "".join(re.findall(r"^\s*::", done.stdout, re.M)))
        self.assertFalse([line for line in self.exits(
            self.prony("run", str(below / "plan.yaml")), 1).stderr.splitlines()
            if line.startswith("::")])

    def test_the_job_summary_is_added_to(self):
        page = self.folder / "summary.md"
        page.write_text("before\n")
        self.ran(env=dict(self.environment(), GITHUB_STEP_SUMMARY=str(page)))
        self.assertTrue(page.read_text().startswith("before\n## ✗ MISSED: `plan`"))
        self.assertIn("`errors < 0.1%`", page.read_text())

    def test_a_summary_that_cannot_be_written_is_said_and_fails_nothing(self):
        env = dict(self.environment(), GITHUB_STEP_SUMMARY=str(self.folder / "none" / "page.md"))
        server = self.server()
        done = self.prony("run", server.url, "-n", "20", "--rate", "100/s", "--warmup", "0s",
                          env=env)
        self.exits(done, 0)
        self.assertIn("\nprony: cannot add to the job's summary", "\n" + done.stderr)

    def test_what_a_failed_check_found_is_masked(self):
        body = b'{"path": "/?k=hunter2secret and so on"}'
        server = self.server(lambda connection, number: connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)))
        self.plan(f"plan: 1\ntarget: {server.url}\nscenarios: {{ all: {{ steps: [ {{ get: "
                  "/?k=$env.PW, check: json .path == nope } ] } }\n"
                  "load: { stages: [ { rate: 50/s, for: 1s } ] }\nobjectives: [ errors < 1% ]\n")
        done = self.prony("run", "plan.yaml", "--output", "ndjson=s.nd", "--output", "json",
                          env=dict(self.environment(), PW="hunter2secret"))
        texts = [done.stdout, done.stderr, (self.folder / "s.nd").read_text()]
        self.assertIn("does not hold, found", texts[2])
        self.assertIn("/?k=••••", texts[2])
        for file in self.runs.glob("*/*"):
            texts.append(file.read_bytes().decode("latin-1"))
        for text in texts:
            self.assertNotIn("hunter2", text)

    def test_a_closed_stderr_is_not_the_next_file(self):
        server = self.server()
        run = [PRONY, "run", server.url, "--for", "1s", "--warmup", "0s", "--runs-dir", self.runs,
               "--output", "json=x.json"]
        subprocess.run(["sh", "-c", 'exec "$@" 2>&- >&-', "sh", *map(str, run)], cwd=self.folder,
                       timeout=30)
        self.assertEqual(json.loads((self.folder / "x.json").read_text())["format"],
                         "prony.result/1")

    def test_only_one_form_on_stdout(self):
        server = self.server()
        self.exits(self.prony("run", server.url, "--output", "csv", "--output", "json"), 2)
        self.exits(self.prony("run", server.url, "--output", f"csv={self.folder}/none/a.csv"), 4)
        self.assertEqual(server.requests, 0)

    def test_what_was_not_written_leaves_files_as_they_were(self):
        kept = self.folder / "kept.csv"
        kept.write_text("mine\n")
        plan = self.plan("plan: 1\n")
        self.exits(self.prony("run", plan, "--output", "csv=kept.csv"), 2)
        self.exits(self.prony("report", "none", "--output", "csv=kept.csv",
                              "--output", "json=new.json"), 2)
        self.assertEqual(kept.read_text(), "mine\n")
        self.assertFalse((self.folder / "new.json").exists())

    def test_no_file_is_written_twice_or_over_what_is_read(self):
        server = self.server()
        plan = self.plan(PLAN.format(url=server.url, outputs=""))
        text = plan.read_text()
        (self.folder / "same.yaml").symlink_to(plan)
        kept = sorted(self.folder.iterdir())
        for flags, why in ((("csv=plan.yaml",), r"csv would be written over plan\.yaml"),
                           (("text=./same.yaml",), r"text would be written over plan\.yaml"),
                           (("json=a", "csv=./a"), r"json and csv would be .* same file, \./a"),
                           (("json=a", "json=a"), r"json and json would be .* same file, a")):
            words = [word for flag in flags for word in ("--output", flag)]
            done = self.exits(self.prony("run", "plan.yaml", *words), 2)
            self.assertRegex(done.stderr, f"^prony: {why}.*\n  hint: ")
            self.assertEqual(sorted(self.folder.iterdir()), kept)
        self.plan(text + "outputs: [ csv plan.yaml ]\n")
        self.exits(self.prony("run", "plan.yaml"), 2)
        self.assertTrue(plan.read_text().startswith(text))
        self.assertEqual(server.requests, 0)

    def test_a_report_leaves_the_run_file_alone(self):
        self.ran()
        file = self.run_folder() / "run.prony"
        before = file.read_bytes()
        done = self.exits(self.prony("report", "last", "--output", f"csv={file}"), 2)
        self.assertIn("would be written over", done.stderr)
        self.assertEqual(file.read_bytes(), before)

    def test_a_dash_is_stdout(self):
        done = self.ran("--output", "json=-")
        self.assertEqual(done.json()["verdict"], "missed")
        self.assertFalse((self.folder / "-").exists())
        self.exits(self.prony("report", "last", "--output", "csv", "--output", "json=-"), 2)

    def test_a_device_is_written_and_not_replaced(self):
        server = self.server()
        self.exits(self.prony("run", server.url, "-n", "20", "--rate", "100/s", "--warmup", "0s",
                              "--output", "json=/dev/null", "--output", "csv=/dev/null"), 0)
        self.assertFalse(os.path.isfile("/dev/null"))

    def test_a_full_disk_is_no_pass(self):
        server = self.server()
        done = self.prony("run", server.url, "-n", "20", "--rate", "100/s", "--warmup", "0s",
                          "--output", "json=/dev/full")
        self.exits(done, 4)
        self.assertIn("cannot write /dev/full", done.stderr)

    def test_undecided_is_skipped_where_it_does_not_fail(self):
        server = self.server()
        flags = ("-n", "20", "--rate", "100/s", "--warmup", "0s", "--p99", "9s", "--output",
                 "junit=a.xml")
        self.exits(self.prony("run", server.url, *flags), 3)
        self.assertIn("<error type=\"inconclusive\"", (self.folder / "a.xml").read_text())
        self.exits(self.prony("run", server.url, *flags, "--fail-on", "missed"), 0)
        text = (self.folder / "a.xml").read_text()
        self.assertIn("<skipped type=\"inconclusive\"", text)
        self.assertNotIn("<error", text)

    def test_what_could_not_start_is_in_the_files(self):
        done = self.prony("run", "http://127.0.0.1:9/", "--output", "junit=a.xml")
        self.exits(done, 4)
        suite = xml.parse(self.folder / "a.xml").getroot().find("testsuite")
        self.assertEqual(suite.find("testcase/error").get("type"), "preflight")

    def test_quiet_and_quieter(self):
        server = self.server()
        words = ("run", server.url, "-n", "20", "--rate", "100/s", "--warmup", "0s")
        quiet = self.exits(self.prony(*words, "-q"), 0)
        self.assertEqual((len(quiet.stdout.splitlines()), quiet.stderr), (1, ""))
        silent = self.exits(self.prony(*words, "-qq"), 0)
        self.assertEqual((silent.stdout, silent.stderr), ("", ""))
        told = self.exits(self.prony(*words, "-qq", "--output", "json"), 0)
        self.assertEqual(told.json()["ended"], "complete")
        for flag in ("-q", "-qq"):
            self.exits(self.prony(*words, flag, "--output", "text=t.txt"), 0)
            text = (self.folder / "t.txt").read_text()
            self.assertIn(" TRUST", text)
            self.assertIn("t.txt", text.partition(" FILES")[2])
        wrong = self.exits(self.prony("run", "http://127.0.0.1:9/", "-qq"), 4)
        self.assertIn("prony: ", wrong.stderr)

    def test_quiet_keeps_a_verdict_of_more_than_a_line(self):
        name = "a-plan-with-a-name-of-many-words-" * 2 + "end"
        self.plan(PLAN.format(url=self.failing().url, outputs=""), name + ".yaml")
        quiet = self.exits(self.prony("run", name + ".yaml", "-q"), 1)
        whole = self.exits(self.prony("report", "last"), 1).stdout
        self.assertEqual(quiet.stdout, whole[:whole.index("\n\n") + 1])
        self.assertGreater(len(quiet.stdout.splitlines()), 1)

    def test_a_signal_asks_for_the_status(self):
        server = self.server()
        child = self.start("run", server.url, "--rate", "100/s", "--for", "60s", "--warmup", "0s",
                           "--p95", "1ns", "-q")
        self.wait_for_requests(server, 250)
        interrupt(child, signal.SIGUSR1)
        line = child.stderr.readline()
        self.assertRegex(line, r"^status: [\d.]+ s of 1 min · load so far: .* done, p50 .*"
                               r"errors 0 % · 1 objective missed · trust is ")
        interrupt(child)
        self.exits(self.wait(child), 130)

    def test_verbose_is_the_same_in_the_report(self):
        done = self.ran("--verbose")
        again = self.exits(self.prony("report", "last", "--verbose"), 1)

        def parts(text):
            return text[text.index(" PERCENTILES"):text.index(" NEXT" if " NEXT" in text
                                                              else " FILES")]
        self.assertEqual(parts(again.stdout), parts(done.stdout))
        for word in ("SPREAD", "SLOWEST", "1ST BYTE", "by chance", "FAILED", "FIRST AT", "503"):
            self.assertIn(word, parts(again.stdout))
        short = self.exits(self.prony("report", "last"), 1).stdout
        self.assertNotIn("SPREAD", short)
        self.assertLessEqual(max(len(line) for line in again.stdout.splitlines()), 100)

    def test_ascii(self):
        self.ran()
        plain = self.prony("report", "last", "--ascii").stdout
        self.assertTrue(plain.isascii())
        self.assertIn("MISSED", plain)
        self.assertFalse(self.prony("report", "last").stdout.isascii())


if __name__ == "__main__":
    unittest.main()
