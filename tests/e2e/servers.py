"""Databases and caches of the tests' own: real servers on free ports, in private folders."""
import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from harness import free_port, wait_until

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
ASKED_PRINT = os.environ.get("PRONY_ASKED_PRINT", "")


class Program:
    """A server in a private folder that belongs to `user` where we are root."""

    def __init__(self, user=None):
        self.as_user = []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="prony-servers-"))
        self.port = free_port()
        self.process = None
        if user and os.getuid() == 0:
            entry = pwd.getpwnam(user)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            self.as_user = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}",
                            "--clear-groups"]

    def spawn(self, *words):
        with open(self.folder.with_suffix(".log"), "ab") as log:
            self.process = subprocess.Popen([*self.as_user, *words], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, cwd=self.folder)
        wait_until(f"{words[0]} to answer", self.answers_or_fail)

    def answers_or_fail(self):
        if self.process.poll() is not None:
            raise AssertionError(self.folder.with_suffix(".log").read_text()[-2000:])
        return self.answers()

    def stop(self, number=signal.SIGINT):
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGCONT)
                self.process.send_signal(number)
            self.process.wait(30)
            self.process = None

    def hang(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.with_suffix(".log").unlink(missing_ok=True)


class Postgres(Program):
    """A fresh cluster with a database `jobs` and pg_stat_statements; roles come by sql()."""

    def __init__(self, *settings):
        super().__init__("postgres")
        self.settings = settings
        done = subprocess.run(
            [*self.as_user, PROGRAMS / "initdb", "-D", self.folder / "data", "--no-sync",
             "-A", "trust", "-U", "postgres"], capture_output=True, text=True, cwd=self.folder,
            check=False)
        assert done.returncode == 0, done.stderr
        self.start()
        self.sql("CREATE DATABASE jobs", database="postgres")

    def start(self):
        options = ["listen_addresses=127.0.0.1", "fsync=off",
                   f"unix_socket_directories={self.folder}",
                   *self.settings]
        self.spawn(str(PROGRAMS / "postgres"), "-D", str(self.folder / "data"), "-p",
                   str(self.port), *[word for option in options for word in ("-c", option)])

    def answers(self):
        return subprocess.run([PROGRAMS / "pg_isready", "-q", "-h", "127.0.0.1", "-p",
                               str(self.port)], check=False).returncode == 0

    def url(self, role="watch", database="jobs"):
        return f"postgres://{role}@127.0.0.1:{self.port}/{database}"

    def psql(self, role="postgres", database="jobs"):
        return [PROGRAMS / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                self.url(role, database)]

    def sql(self, *statements, role="postgres", database="jobs"):
        """Each statement by itself; the rows of all, columns split by |."""
        words = [word for statement in statements for word in ("-c", statement)]
        done = subprocess.run([*self.psql(role, database), *words], capture_output=True, text=True,
                              timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    @contextlib.contextmanager
    def session(self, *statements):
        """A session that has done the statements and stays open, idle, until the end."""
        client = subprocess.Popen(self.psql(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
        for statement in (*statements, "SELECT 'is open'"):
            client.stdin.write(statement + ";\n")
        client.stdin.flush()
        lines = iter(client.stdout.readline, "is open\n")
        list(line for line in lines if line or client.poll() is None)
        try:
            yield client
        finally:
            client.kill()
            client.communicate()


class Redis(Program):
    def __init__(self, *options):
        super().__init__()
        self.options = options
        self.start()

    def start(self):
        self.spawn("/usr/bin/redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
                   "--save", "", "--daemonize", "no", *self.options)

    def answers(self):
        return "PONG" in self.cli("PING") or "NOAUTH" in self.cli("PING")

    def cli(self, *words):
        return subprocess.run(["/usr/bin/redis-cli", "-p", str(self.port), *words], text=True,
                              capture_output=True, timeout=60, check=False).stdout

    def info(self):
        lines = [line.partition(":") for line in self.cli("INFO", "everything").splitlines()]
        return {name: value for name, colon, value in lines if colon}


class Memcached(Program):
    def __init__(self, *options):
        super().__init__()
        self.options = options
        self.start()

    def start(self):
        user = ["-u", "memcache"] if os.getuid() == 0 else []
        self.spawn("/usr/bin/memcached", "-l", "127.0.0.1", "-p", str(self.port), *user,
                   *self.options)

    def answers(self):
        with contextlib.suppress(OSError):
            return "pid" in self.stats()
        return False

    def ask(self, text, end=b"END\r\n"):
        with socket.create_connection(("127.0.0.1", self.port), 10) as link:
            link.sendall(text.encode())
            said = b""
            while not said.endswith(end):
                more = link.recv(65536)
                if not more:
                    break
                said += more
        return said.decode()

    def stats(self, what=""):
        lines = self.ask(f"stats {what}".strip() + "\r\n").splitlines()
        return dict(line.split()[1:3] for line in lines if line.startswith("STAT ") and
                    len(line.split()) > 2)


class Pgbouncer(Program):
    def __init__(self, postgres, pool_size=1):
        super().__init__("postgres")
        self.pool_size = pool_size
        self.postgres = postgres
        self.start()

    def start(self):
        (self.folder / "users.txt").write_text('"postgres" ""\n"watch" ""\n"app" ""\n')
        (self.folder / "pgbouncer.ini").write_text(f"""
[databases]
jobs = host=127.0.0.1 port={self.postgres.port} dbname=jobs
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
auth_type = trust
auth_file = {self.folder}/users.txt
stats_users = watch
pool_mode = transaction
default_pool_size = {self.pool_size}
""")
        self.spawn("/usr/sbin/pgbouncer", str(self.folder / "pgbouncer.ini"))

    def answers(self):
        return subprocess.run([PROGRAMS / "psql", "-X", "-q", "-c", "SHOW VERSION",
                               self.url("watch", "pgbouncer")], capture_output=True,
                              check=False).returncode == 0

    def url(self, role="watch", database="pgbouncer"):
        return f"postgres://{role}@127.0.0.1:{self.port}/{database}"


class Trap:
    """Says what `behave(connection)` says to whoever connects, of no protocol; None: nothing."""

    def __init__(self, behave=None):
        self.behave = behave
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.open.append(connection)
                if self.behave:
                    threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError):
            self.behave(connection)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        for connection in [self.listener, *self.open]:
            connection.close()


class Watched:
    """asked_print in the background: what the observer sees of a server, second by second."""

    def __init__(self, kind, where, seconds=600):
        self.process = subprocess.Popen([ASKED_PRINT, kind, where, str(seconds)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.seconds = [{}]  # {(name, label): (value, from, to)}; the last is not over
        self.events = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            kind, *rest = line.rstrip("\n").split("\t")
            if kind == "value":
                name, label, *numbers = rest
                self.seconds[-1][name, label] = tuple(float(number) for number in numbers)
            elif kind == "event":
                if "asked" in rest[0]:  # the service's name; not what is said of this host
                    self.events.append(rest[0])
            else:
                self.seconds.append({})

    def pass_by(self, count=1):
        """Waits for so many whole seconds from now on, and gives the last."""
        before = len(self.seconds)
        wait_until("seconds of the observer", lambda: len(self.seconds) > before + count)
        return self.seconds[-2]

    def until_seen(self):
        """Counts are told from the source's first look on, which a busy machine may make late."""
        self.until("values", lambda w: bool(w.seconds[-2]))

    def value(self, name, label=""):
        found = self.seconds[-2].get((name, label))
        return found[0] if found else None

    def sum(self, name, label=""):
        """What a rate comes to over all seconds so far."""
        values = [second[name, label] for second in self.seconds if (name, label) in second]
        return sum(value * (to - since) for value, since, to in values)

    def until_event(self, words, count=1):
        wait_until(f"event '{words}' among {self.events}",
                   lambda: sum(words in event for event in self.events) >= count)

    def until(self, what, condition):
        """Until a whole second fulfils it, asked with this object."""
        seen = 0

        def fulfilled():
            nonlocal seen
            fresh = len(self.seconds) > seen + 1 and len(self.seconds) > 1
            seen = len(self.seconds) - 1
            return fresh and condition(self)
        wait_until(what, fulfilled)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()
        self.process.stderr.close()
