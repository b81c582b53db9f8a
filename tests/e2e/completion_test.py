"""The completion of bash, zsh and fish, by typing into them: TAB, Enter, and what was run tells."""
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
import unittest

from harness import PATIENCE_S, PRONY, Case
from past_runs import make_run

PLAN = """
plan: 1
target: http://127.0.0.1:9
vars: { fast: 200/s }
scenarios: { read: { steps: [ GET /r ] }, job: { steps: [ GET /j ] } }
load:
  stages:
    - { name: climb, rate: 100/s..$fast, step: 100/s, each: 2s }
    - { name: spike, users: 5, for: 2s }
"""

SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(prony completion bash)"),
    "zsh": (["zsh", "-f", "-i"],
            "autoload -Uz compinit && compinit -u -D && source <(prony completion zsh)"),
    "fish": (["fish", "--no-config", "-i"], "prony completion fish | source"),
}


class Shell:
    """An interactive shell on a terminal of its own."""

    def __init__(self, name, folder, env):
        command, setup = SHELLS[name]
        self.said = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, env)
        self.type(setup + "; echo re''ady\r")
        self.wait_for("ready")

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait_for(self, pattern):
        """Reads until it was said; forgets what came before its end."""
        end = time.monotonic() + PATIENCE_S
        while not (match := re.search(pattern, self.said, re.S)):
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"{pattern!r} was not said, but:\n{self.said}")
            self.said += os.read(self.fd, 65536).decode(errors="replace")
        self.said = self.said[match.end():]
        return match

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Completion(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "prony").symlink_to(PRONY)
        self.plan(PLAN)

    def environment(self):
        env = super().environment()
        return dict(env, PATH=f"{self.folder}/bin:{env['PATH']}", TERM="xterm", PS1="$ ",
                    PROMPT="% ", HOME=str(self.folder))

    def words(self, *line):
        done = self.exits(self.prony("completion", "words", *line), 0)
        self.assertEqual(done.stderr, "")
        return [row.split("\t")[0] for row in done.stdout.splitlines()]

    def shell(self, name):
        if not shutil.which(name):
            self.skipTest(f"no {name} here")
        shell = Shell(name, self.folder, self.environment())
        self.addCleanup(shell.close)
        return shell

    def try_typing(self, name):
        server = self.server()
        run = self.exits(self.prony("run", server.url, "--for", "300ms", "--warmup", "0s",
                                    "--fail-on", "missed", "--output", "json"), 0).json()["run"]
        (self.folder / "deep").mkdir()
        (self.folder / "deep" / "file.x").write_text("")
        (self.folder / "deep" / "body.x").write_text("sent-so")
        shell = self.shell(name)
        for typed, said in (
                ("prony sche\t--help\r", "prony schema: print the plan language"),
                ("prony check pl\t\r", "plan plan is correct"),
                ("prony check plan.yaml --only sp\t--prin\t\r", r"- name: spike.*users: 5"),
                ("prony check plan.yaml --only climb@2\t\r", r"climb@200/s .*Nothing was sent"),
                ("prony check plan.yaml --var fa\t300/s\r", r"climb@300/s .*Nothing was sent"),
                ("prony check plan.yaml --color=nev\t\r", "plan plan is correct"),
                (f"prony report {run[:4]}\t--output js\t\r", f'"run": "{run}"'),
                ("prony list --verdict hol\t,mi\t --bad\r", "no flag --bad"),
                (f"prony report {run} --output junit=dee\tfil\t ; cat deep/file.x\r",
                 "<testsuite"),
                ("prony run http://h/ -d @dee\tbod\t --print-plan\r", "body: .*sent-so"),
                ("prony help compl\t\r", "prony completion: print the completion script")):
            with self.subTest(typed):
                shell.type(typed)
                shell.wait_for(said)

    def test_typing_into_bash(self):
        self.try_typing("bash")

    def test_typing_into_zsh(self):
        self.try_typing("zsh")

    def test_typing_into_fish(self):
        self.try_typing("fish")

    def test_the_scripts_parse(self):
        for name in SHELLS:
            script = self.exits(self.prony("completion", name), 0).stdout
            if shutil.which(name):
                done = subprocess.run([name, "-n"], input=script, text=True, capture_output=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""), name)

    def test_words_are_those_of_the_tables(self):
        shown = self.exits(self.prony("help"), 0).stdout
        verbs = re.findall(r"^  (\w+)", shown.split("Commands\n")[1].split("\n\n")[0], re.M)
        self.assertEqual(self.words(""), verbs)
        for verb in verbs:
            flags = set(re.findall(r"--[a-z0-9.-]+(?=[ \n])",
                                   "\n".join(re.findall(r"^ {2,6}(?:-\w, )?--.*$",
                                                        self.prony("help", verb).stdout + "\n",
                                                        re.M)) + "\n"))
            self.assertLessEqual(set(self.words(verb, "-")) - {"--output"}, flags | {"--"}, verb)
            self.assertGreater(len(self.words(verb, "--")), 0, verb)

    def test_names_of_the_plan(self):
        self.assertEqual(self.words("run", "plan.yaml", "--only", ""),
                         ["read", "job", "climb", "climb@100/s", "climb@200/s", "spike"])
        self.assertEqual(self.words("run", "--only", ""), [])
        self.assertEqual(self.words("run", "plan.yaml", "--only=s"), ["--only=spike"])
        self.assertEqual(self.words("check", "--seed", "7", "plan.yaml", "--var", ""), ["fast="])
        self.plan("no plan")
        self.assertEqual(self.words("run", "plan.yaml", "--only", ""), [])

    def test_recorded_runs_and_their_plans(self):
        runs = [make_run(self.runs, 1793491200 + day * 86400, plan, [])
                for day, plan in enumerate(("shop", "jobs", "shop"))]
        self.assertEqual(self.words("report", ""), ["last", "last~1", *reversed(runs)])
        self.assertEqual(self.words("report", "last", "last"), ["last", "last~1"])
        self.assertEqual(self.words("report", runs[0], runs[1][:-1]), [runs[1]])
        self.assertEqual(self.words("list", "--plan", ""), ["shop", "jobs"])
        self.assertEqual(self.words("list", "--plan=j"), ["--plan=jobs"])

    def test_places_and_values(self):
        self.assertEqual(self.words("run", ""), [":plans"])
        self.assertEqual(self.words("run", "plan.yaml", ""), [])
        self.assertEqual(self.words("init", "http://h/", ""), [":files"])
        for line, before in ((("-d", "@/t"), "@"), (("--body=@/t",), "--body=@"),
                             (("--output", "junit=/t"), "junit="), (("--cacert", "/t"), ""),
                             (("--output=junit=/t",), "--output=junit=")):
            done = self.exits(self.prony("completion", "words", "run", "http://h/", *line), 0)
            self.assertEqual(done.stdout, f":files\t{before}\n", line)
        self.assertEqual(self.words("run", "-d", "text"), [])
        self.assertEqual(self.words("list", "--runs-dir", ""), [":folders"])
        self.assertEqual(self.words("run", "--arrivals", "e"), ["even", "exact"])
        self.assertEqual(self.words("run", "-X", "P"), ["POST", "PUT", "PATCH"])
        self.assertEqual(self.words("report", "last", "--output", "j"), ["json", "junit"])
        self.assertEqual(self.words("report", ""), [])
        self.assertEqual(self.words("list", "--verdict", "missed,h"), [":open", "missed,holds"])
        self.assertEqual(self.words("list", "--verdict=missed,inv"),
                         [":open", "--verdict=missed,invalid"])
        self.assertEqual(self.words("list", "--verdict", "missed,mi"), [":open"])
        self.assertEqual(self.words("list", "--since", "to"), ["today"])
        self.assertEqual(self.words("list", "--plan", ""), [])
        self.assertEqual(self.words("bogus", ""), [])
        self.assertEqual(self.words(), [])


if __name__ == "__main__":
    unittest.main()
