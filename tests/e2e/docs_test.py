"""Every fenced example of README.md and docs/ is tried, by what stands behind its ```:

  yaml      a plan, or keys of one, which passes `prony check`
  console   commands: prony's are run, and where output is shown it is theirs, `…` standing for the
            rest of a line; `prony run` is only checked, since the load is not the point here
  text      an excerpt of a long run's output or of a form, not run; NOT_RUN has how many
"""
import itertools
import re
import shlex
import subprocess
import unittest

from harness import ROOT, Case

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(.*)\n((?:(?!```).*\n)*)```$", re.M)
# Runs of a minute; a drawing; a picture that moves; a ledger; how a role is made; a tree of
# spans; a day.
NOT_RUN = {"README.md": 2, "docs/architecture.md": 1, "docs/live.md": 1,
           "docs/observing-databases.md": 1, "docs/tracing.md": 1, "docs/watch.md": 1,
           "docs/why.md": 1}

# The plan around keys that are shown alone, and those that `prony check` finds fault with.
FRAME = {"plan": "plan: 1\n", "target": "target: http://127.0.0.1:8080\n",
         "scenarios": "scenarios: { read: { steps: [ GET / ] } }\n",
         "load": "load: { stages: [ { rate: 50/s, for: 1s } ] }\n"}
WRONG = {"README.md": """\
plan: 1
name: shop
target: http://localhost:8080
scenarios:
  browse:
    steps:
      - GET /products
load:
  stages:
    - { name: peak, arivalRate: 500/s, for: 3m }
objectives:
  - p95 < 100
  - p99 of chekout < 250ms
""", "docs/diagnostics.md": """\
plan: 1
target: http://localhost:8080
scenarios: { browse: { steps: [ GET /products ] } }
load:
  stages:
    - { arivalRate: 500/s, for: 3m }
"""}


RULE = re.compile(r"^\| `([a-z-]+)` \| [^|]*\| ([^|]*) \|$", re.M)
PROVOKED = "### What provokes each rule\n"


def rules(page):
    """(code, {(file, function)}) of each rule of trust, by the table of what provokes it."""
    table = page.partition(PROVOKED)[2].partition("\n#")[0]
    for code, where in RULE.findall(table):
        yield code, {(file, name)
                     for file, names in re.findall(r"`(\w+/\w+)`:((?:,? `\w+`)+)", where)
                     for name in re.findall(r"\w+", names)}


def fences():
    """(page, info string, text) of each."""
    for page in PAGES:
        text = page.read_text()
        found = FENCE.findall(text)
        # Where one is not closed or is indented, the rest of the page would not be looked at.
        assert len(re.findall(r"^\s*```", text, re.M)) == 2 * len(found), page
        for info, body in found:
            yield str(page.relative_to(ROOT)), info, body


def sessions(text):
    """[command, its output] of a console block; what follows two spaces and # is a remark."""
    found = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append([re.sub(r"  +# .*", "", line[2:]), []])
        else:
            found[-1][1].append(line)
    return found


class Examples(Case):
    def shown(self, page, got, lines):
        """Each shown line is the one got."""
        for is_line, want in itertools.zip_longest(got, lines, fillvalue="(no line)"):
            head, mark, _ = want.partition("…")
            self.assertTrue(is_line.startswith(head) if mark else is_line == want,
                            f"{page}: shown\n{want}\ngot\n{is_line}")

    def try_prony(self, page, command, lines):
        words = shlex.split(command.split(" | ")[0])[1:]
        if lines and words == ["check", "plan.yaml"]:
            self.plan(WRONG[page])
            self.shown(page, self.exits(self.prony(*words), 2).stderr.splitlines(), lines)
            return
        self.plan("".join(FRAME.values()).replace("http://127.0.0.1:8080", self.target.url))
        words = [word.replace("http://localhost:8080", self.target.url) for word in words]
        if words[0] == "run" and "--help" not in words:
            words[0] = "check"
            # Only run has all of the forms; check says in the same way what it does not know.
            words = [word for word in words if word != "--output" and word != "json"]
        done = self.prony(*words)
        self.assertIn(done.code, (0, 1, 3) if words[0] == "report" else (0,), f"{page}: {done}")
        if lines:
            self.shown(page, done.stdout.splitlines(), lines)

    def test_each_console_example_works(self):
        self.target = self.server()
        self.exits(self.prony("run", self.target.url, "-n", "50", "--rate", "200/s", "--warmup",
                              "0s", "--p50", "10s"), 0)  # what `report last` is about
        asked = self.target.requests
        tried = 0
        for page, info, text in fences():
            for command, lines in sessions(text) if info == "console" else ():
                program = command.split()[0].removeprefix("build/")
                if program == "make":  # what it would do; demo_test.py does it
                    said = subprocess.run(shlex.split(command) + ["-n"], cwd=ROOT, text=True,
                                          capture_output=True, timeout=30)
                    self.assertEqual(said.returncode, 0, f"{page}: {command}\n{said.stderr}")
                else:
                    self.assertEqual(program, "prony", f"{page}: {command}")
                    self.try_prony(page, command, lines)
                tried += 1
        self.assertGreater(tried, 10)
        self.assertEqual(self.target.requests, asked, "an example sent something")

    def test_each_plan_passes(self):
        tried = 0
        for page, info, text in fences():
            if info != "yaml":
                continue
            keys = set(re.findall(r"^(\w+):", text, re.M))
            self.plan("".join(lines for key, lines in FRAME.items() if key not in keys) + text)
            done = self.prony("check", "plan.yaml")
            self.assertEqual(done.code, 0, f"{page}:\n{text}\n{done}")
            self.assertNotIn("warning", done.stderr, f"{page}:\n{text}")
            tried += 1
        self.assertGreater(tried, 1)

    def test_what_is_not_run_is_counted(self):
        left = {}
        for page, info, _ in fences():
            self.assertIn(info, ("yaml", "console", "text"), f"{page}: ```{info}")
            if info == "text":
                left[page] = left.get(page, 0) + 1
        self.assertEqual(left, NOT_RUN)

    def test_each_rule_of_trust_has_a_test_that_provokes_it(self):
        page = (ROOT / "docs" / "method.md").read_text()
        listed = re.findall(r"^\| `([a-z-]+)`", page.partition("\n## Trust\n")[2]
                            .partition("\n#")[0], re.M)
        provoked = dict(rules(page))
        self.assertEqual(list(provoked), listed)
        for code, tests in provoked.items():
            self.assertTrue(tests, code)
            for file, name in tests:
                sources = [path for end in (".c", ".py")
                           for path in (ROOT / "tests").rglob(file + end)]
                self.assertEqual(len(sources), 1, file)
                self.assertRegex(sources[0].read_text(), rf"\b(def|void) {name}\(", code)


if __name__ == "__main__":
    unittest.main()
