"""What stands around a case of the zoo: servers of its own, and somebody who does something while
prony runs: takes a core, holds a lock, halts prony itself."""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

import jobs_servers  # noqa: E402

QUOTA = pathlib.Path("/sys/fs/cgroup/cpu")  # version 1
QUOTA_V2 = pathlib.Path("/sys/fs/cgroup")


class Far:
    """Another service, of which the plan says nothing."""

    def __init__(self, jobs, settings):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.child = subprocess.Popen([jobs, "--port", str(self.port)], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, env={**os.environ, **settings},
                                      preexec_fn=jobs_servers.end_with_the_test)

    def end(self):
        self.child.terminate()
        self.child.wait()


class Burner:
    """Takes a core for as long as it lives."""

    def __init__(self, core):
        self.child = subprocess.Popen(
            [sys.executable, "-c", "import os\nwhile os.getppid() > 1: pass"],
            preexec_fn=lambda: os.sched_setaffinity(0, {core}))

    def end(self):
        self.child.kill()
        self.child.wait()


class Quota:
    """A cgroup that may use `cores`; None of it where this user can't make one."""

    def __init__(self, cores):
        self.folder = None
        one = QUOTA / f"prony-zoo-{os.getpid()}"
        two = QUOTA_V2 / f"prony-zoo-{os.getpid()}"
        with contextlib.suppress(OSError):
            if (QUOTA / "cpu.cfs_quota_us").exists() or QUOTA.is_dir():
                one.mkdir()
                self.folder = one
                (one / "cpu.cfs_period_us").write_text("100000")
                (one / "cpu.cfs_quota_us").write_text(str(round(cores * 100000)))
                (one / "cpu.shares").write_text("100000")  # the quota is to be all that it lacks
            else:
                two.mkdir()
                self.folder = two
                (two / "cpu.max").write_text(f"{round(cores * 100000)} 100000")
                (two / "cpu.weight").write_text("10000")

    def words(self):
        """That start a program in it."""
        script = f"echo $$$$ > {self.folder}/cgroup.procs && exec \"$$@\""
        return ("sh", "-c", f"'{script}'", "sh")

    def end(self):
        for _ in range(100):
            with contextlib.suppress(OSError):
                self.folder.rmdir()
                return
            time.sleep(0.05)


class Around:
    """The servers of a case; as a context they end behind it."""

    def __init__(self, case, jobs):
        self.case, self.jobs = case, jobs
        self.database = self.cache = self.far = None
        self.prefix = ()
        self.stack = contextlib.ExitStack()

    def keep(self, thing):
        self.stack.callback(thing.end)
        return thing

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stack.close()
            raise
        return self

    def start(self):
        case = self.case
        if case.database is not None:
            folder = pathlib.Path(tempfile.mkdtemp(prefix="prony-zoo-", dir="/tmp"))
            self.stack.callback(shutil.rmtree, folder, ignore_errors=True)
            folder.chmod(0o711)
            self.slow_file = folder / "slow"
            self.database = self.keep(jobs_servers.Postgres(
                SLOW_FLUSH_WHILE=str(self.slow_file), **case.database))
        if case.cache:
            self.cache = self.keep(jobs_servers.Redis())
        if case.far:
            self.far = self.keep(Far(self.jobs, case.far))
        last = max(os.sched_getaffinity(0))
        if case.actor == "quota":
            quota = Quota(0.5)
            if quota.folder:
                self.prefix = self.keep(quota).words()
            else:  # a busy neighbour instead
                self.prefix = ("taskset", "-c", str(last))
                self.keep(Burner(last))
        if case.actor == "neighbour":  # service and neighbours share the last core
            self.prefix = ("taskset", "-c", str(last))
            for _ in range(2):
                self.keep(Burner(last))

    def __exit__(self, *_):
        self.stack.close()

    def services(self):
        """Theirs, of the plan: they are looked at, and neither started nor stopped by it."""
        lines = ""
        if self.database:
            lines += (f"  database:\n    port: {self.database.port}\n    postgres: "
                      f"postgres://watch@127.0.0.1:{self.database.port}/jobs\n")
        if self.cache:
            lines += (f"  cache:\n    port: {self.cache.port}\n"
                      f"    redis: 127.0.0.1:{self.cache.port}\n")
        return lines


# -- Who does something meanwhile: (prony's child, Around, done, seconds until busy) ------------

def halt_prony(child, _, done, busy_s):
    """prony itself stands still for two fifths of each second, from the busy stage on."""
    if done.wait(busy_s - 1):
        return
    while not done.wait(0.6):
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(signal.SIGSTOP)
            done.wait(0.4)
            child.send_signal(signal.SIGCONT)


def lock_table(_child, around, done, busy_s):
    """Somebody forgets a transaction that holds the table, for half a second of each."""
    if done.wait(busy_s + 1):
        return
    while not done.is_set():
        with around.database.locked():
            done.wait(0.6)
        done.wait(0.2)


def hold_redis(_child, around, done, busy_s):
    """A script that looks at everything, over and over."""
    if done.wait(busy_s):
        return
    script = "local n = 0; for i = 1, 50000000 do n = n + i % 7 end; return n"
    while not done.is_set():
        subprocess.run(["redis-cli", "-p", str(around.cache.port), "EVAL", script, "0"],
                       stdout=subprocess.DEVNULL, timeout=60, check=False)


def slow_disk(_child, around, done, busy_s):
    """Flushes are slow from the busy stage on."""
    if not done.wait(busy_s - 1):
        around.slow_file.touch()


ACTORS = {"disk": slow_disk, "generator": halt_prony, "locker": lock_table, "script": hold_redis}
