"""prony is short of a core, by a quota, a neighbour, its own work: it says so, with the number, and
never takes it for the target's. Skipped where this host lets nobody bring that about."""
import os
import pathlib
import subprocess
import sys
import unittest

from harness import PRONY, Case

CGROUPS = pathlib.Path("/sys/fs/cgroup")
HOG = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])})\nwhile True: pass"


def make_quota(name, share):
    """A cgroup that may use `share` of a core; its folder. SkipTest: this host does not let us."""
    period_us = 100000
    for parent, files in (
            (CGROUPS, {"cpu.max": f"{int(share * period_us)} {period_us}"}),
            (CGROUPS / "cpu", {"cpu.cfs_period_us": str(period_us),
                               "cpu.cfs_quota_us": str(int(share * period_us))})):
        if not (parent / "cgroup.procs").exists():
            continue
        folder = parent / name
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            for file, words in files.items():
                (folder / file).write_text(words)
            return folder
        except OSError:
            folder.rmdir()
    raise unittest.SkipTest("no cgroup with a CPU quota can be made here (not root, or no"
                            " controller)")


class Strain(Case):
    def run_under(self, prefix, load):
        """prony, started by `prefix`; its reasons by code."""
        self.plan(load)
        child = subprocess.Popen([*prefix, PRONY, "run", "plan.yaml", "--output", "json"],
                                 cwd=self.folder, env=self.environment(), text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        self.addCleanup(self.finish, child)
        done = self.wait(child, patience_s=120)  # a sanitizer takes long on a hundredth of a core
        ran = done.json()
        # What the run file has is what the run knew.
        again = self.prony("report", "last", "--output", "json")
        self.assertEqual(again.stdout, done.stdout)
        return {reason["code"]: reason for reason in ran["trust"]["reasons"]}

    def told(self, reasons, code, words):
        self.assertIn(code, reasons)
        self.assertEqual(reasons[code]["level"], "suspect")
        self.assertRegex(reasons[code]["text"], words)

    def load(self, url, stage, check=""):
        return (f"plan: 1\ntarget: {url}\n"
                f"scenarios: {{ s: {{ steps: [ {{ get: /{check} }} ] }} }}\n"
                f"load: {{ threads: 1, stages: [ {{ name: a, {stage} }} ] }}\n"
                "objectives: [ errors <= 100% ]\n")

    def test_a_quota(self):
        """A hundredth of a core: the rest of each tenth of a second nothing of prony runs."""
        folder = make_quota(f"prony-test-{os.getpid()}", 0.01)
        self.addCleanup(folder.rmdir)
        reasons = self.run_under(
            ["sh", "-c", 'echo $$ > "$0" && exec "$@"', folder / "cgroup.procs"],
            self.load(self.server().url, "rate: 400/s, for: 3s"))
        self.told(reasons, "cpu-throttled",
                  r"quota of prony's cgroup was used up in \d+ of \d+ periods of a \(\d\.\d\d s\)")

    def test_a_neighbour_on_its_core(self):
        """Prony and three who never rest may use one core between them."""
        core = min(os.sched_getaffinity(0))
        for _ in range(3):
            hog = subprocess.Popen([sys.executable, "-c", HOG, str(core)])
            self.addCleanup(hog.wait)
            self.addCleanup(hog.kill)
        reasons = self.run_under(["taskset", "-c", str(core)],
                                 self.load(self.server().url, "users: 8, for: 3s"))
        self.told(reasons, "core-shared", r"got no core for \d+\.\d% of the time of a:")

    def test_its_own_work(self):
        """Checks that take a core and more. On a host that gives it less than that it is the host
        that is told."""
        body = b'{"z":[' + b"1," * 100000 + b'1],"a":9}'
        reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        server = self.server(lambda connection, _number: connection.sendall(reply))
        checks = ", ".join(f"json .a > {i / 10}" for i in range(20))
        reasons = self.run_under([], self.load(server.url, "users: 20, for: 3s",
                                               f", check: [ {checks} ]"))
        if "cpu-busy" in reasons:
            self.told(reasons, "cpu-busy",
                      r"took over 80% of its core \(\d+% at most\) for \d\.\d s of the")
        else:
            self.told(reasons, "core-shared", "had work and got no core")


if __name__ == "__main__":
    unittest.main()
