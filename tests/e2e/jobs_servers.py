"""The servers behind the reference service for tests: real ones, on free ports and in private
folders, started as examples/plans/jobs-full.yaml starts them."""
import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

from jobs_service import PATIENCE_S, ROOT, free_port, wait_until

POSTGRES = ROOT / "examples" / "full" / "postgres.sh"


PR_SET_PDEATHSIG = 1  # prctl(2)
libc = ctypes.CDLL(None)


def end_with_the_test():
    """In the child: a test that is killed, as for taking too long, leaves no server behind."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def answers(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


class Server:
    """A program that is certain to end with the test."""

    def __init__(self, command, env=None):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([str(word) for word in command], text=True,
                                        env={**os.environ, **(env or {})},
                                        stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=subprocess.STDOUT, start_new_session=True,
                                        preexec_fn=end_with_the_test)

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def wait(self, what, condition):
        def done():
            if self.process.poll() is not None:
                raise AssertionError(f"{what}: it ended\n{self.said()}")
            return condition()
        wait_until(what, done)

    def end(self, how=signal.SIGTERM):
        """To the whole group, as prony does it; gives the exit code."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError("did not stop") from None
        self.log.close()
        return code


class Postgres(Server):
    def __init__(self, **env):
        self.port = free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="jobs-postgres-"))
        self.cluster = self.folder / "cluster"
        super().__init__([POSTGRES, self.folder, self.port], env)
        try:
            self.wait("PostgreSQL is ready",
                      lambda: "ready to accept connections" in self.said())
        except BaseException:
            self.end()
            raise
        self.url = f"postgres://jobs@127.0.0.1:{self.port}/jobs"
        self.socket_url = f"postgresql://jobs@/jobs?host={self.cluster}&port={self.port}"

    def psql(self, *args, user="postgres", host=None):
        return ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h",
                str(host or self.cluster), "-p", str(self.port), "-U", user, "-d", "jobs", *args]

    def ask(self, sql, **more):
        done = subprocess.run(self.psql("-c", sql, **more), capture_output=True, text=True,
                              timeout=PATIENCE_S)
        if done.returncode != 0:
            raise AssertionError(f"{sql}: {done.stderr}")
        return done.stdout.strip()

    def backends(self, where="true"):
        return int(self.ask("SELECT count(*) FROM pg_stat_activity"
                            f" WHERE application_name = 'jobs' AND {where}"))

    def clear(self):
        self.ask("DROP TABLE IF EXISTS jobs, jobs_counter")

    @contextlib.contextmanager
    def locked(self, mode="ACCESS EXCLUSIVE"):
        """Somebody else has the table for as long as the block lasts."""
        with subprocess.Popen(self.psql(), text=True, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as other:
            try:
                other.stdin.write(f"BEGIN; LOCK TABLE jobs IN {mode} MODE; SELECT 'held';\n")
                other.stdin.flush()
                assert other.stdout.readline() == "held\n"
                yield
            finally:
                other.stdin.close()  # ends it, and with it the transaction

    def end(self, how=signal.SIGTERM):
        try:
            return super().end(how)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


class Redis(Server):
    scheme = "redis"

    def __init__(self, port=None):
        self.port = port or free_port()
        self.folder = tempfile.mkdtemp(prefix="jobs-redis-")
        super().__init__(["redis-server", "--bind", "127.0.0.1", "--port", self.port, "--dir",
                          self.folder, "--save", "", "--daemonize", "no"])
        self.wait("Redis answers", lambda: answers(self.port))
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"

    def count(self):
        """How many answers it keeps."""
        return int(self.talk(b"DBSIZE\r\n").strip(b":\r\n"))

    def talk(self, request):
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as link:
            link.sendall(request)
            return link.recv(65536)

    def end(self, how=signal.SIGTERM):
        try:
            return super().end(how)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


class Memcached(Server):
    scheme = "memcached"

    def __init__(self, port=None):
        self.port = port or free_port()
        # A change of user would forget whose death to end with.
        super().__init__(["memcached", "-l", "127.0.0.1", "-p", self.port, "-m", "64", "-u",
                          "root"])
        self.wait("Memcached answers", lambda: answers(self.port))
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"

    def count(self):
        said = Redis.talk(self, b"stats\r\n").decode()
        return int(said.partition("STAT curr_items ")[2].split()[0])
