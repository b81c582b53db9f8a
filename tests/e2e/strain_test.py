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


PERIOD_US = 100000
NO_QUOTA = "this host lets nobody make a cgroup of version {} with a CPU quota: {}"


def make_group(folder, files):
    """A cgroup with that written into its files. OSError: this host does not let us."""
    folder.mkdir()
    try:
        for file, words in files.items():
            (folder / file).write_text(words)
    except OSError:
        folder.rmdir()
        raise


def own_group():
    """The cgroup of version 2 that this test is in."""
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        if line.startswith("0::"):
            return line[len("0::"):].lstrip("/")
    return ""


def make_quota_2(name, share):
    """A cgroup of version 2 that may use `share` of a core, and what undoes all that was done."""
    why = "none is mounted"
    for mount in (CGROUPS, CGROUPS / "unified"):
        for parent in {mount / own_group(), mount}:
            control = parent / "cgroup.subtree_control"
            if not control.exists():
                continue
            try:
                ours = "cpu" not in control.read_text().split()
                if ours:
                    control.write_text("+cpu")
                folder = parent / name
                make_group(folder, {"cpu.max": f"{int(share * PERIOD_US)} {PERIOD_US}"})
            except OSError as error:
                why = f"{control}: {error.strerror}"
                continue
            return folder, (lambda: control.write_text("-cpu")) if ours else (lambda: None)
    raise unittest.SkipTest(NO_QUOTA.format(2, why))


def make_quota_1(name, share):
    """The same of version 1."""
    folder = CGROUPS / "cpu" / name
    if not (folder.parent / "cpu.cfs_quota_us").exists():
        raise unittest.SkipTest(NO_QUOTA.format(1, "none is mounted"))
    try:
        make_group(folder, {"cpu.cfs_period_us": str(PERIOD_US),
                            "cpu.cfs_quota_us": str(int(share * PERIOD_US))})
    except OSError as error:
        raise unittest.SkipTest(NO_QUOTA.format(1, error.strerror))
    return folder, lambda: None


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

    def under_quota(self, make_quota):
        """A hundredth of a core: the rest of each tenth of a second nothing of prony runs."""
        folder, undo = make_quota(f"prony-test-{os.getpid()}", 0.01)
        self.addCleanup(undo)
        self.addCleanup(folder.rmdir)
        reasons = self.run_under(
            ["sh", "-c", 'echo $$ > "$0" && exec "$@"', folder / "cgroup.procs"],
            self.load(self.server().url, "rate: 400/s, for: 3s"))
        self.told(reasons, "cpu-throttled",
                  r"quota of prony's cgroup was used up in \d+ of \d+ periods of a \(\d\.\d\d s\)")

    def test_a_quota_of_version_1(self):
        self.under_quota(make_quota_1)

    def test_a_quota_of_version_2(self):
        self.under_quota(make_quota_2)

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
