"""What is seen of a PostgreSQL server is what psql sees; a server that hangs or goes is a gap."""
import subprocess
import unittest

from servers import Postgres, Trap, Watched

STATEMENTS = "shared_preload_libraries=pg_stat_statements"


class PostgresSource(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Postgres(STATEMENTS, "max_connections=37")
        cls.addClassCleanup(cls.server.close)
        cls.server.sql("CREATE ROLE watch LOGIN", "CREATE ROLE blind LOGIN",
                       "CREATE EXTENSION pg_stat_statements", "GRANT pg_monitor TO watch",
                       "CREATE TABLE job (id int PRIMARY KEY, state text)",
                       "INSERT INTO job SELECT i, 'new' FROM generate_series(1, 1000) i",
                       "VACUUM ANALYZE job")

    def watch(self, role="watch", where=None):
        watched = Watched("postgres", where or self.server.url(role))
        self.addCleanup(watched.close)
        return watched

    def test_counts_are_those_of_psql(self):
        watched = self.watch()
        watched.until_seen()
        self.server.sql(*["SELECT count(*) FROM job WHERE state = 'new'"] * 50)
        self.server.sql("UPDATE job SET state = 'old' WHERE id <= 70", "BEGIN", "ROLLBACK",
                        "SELECT count(*), 'a very secret value' FROM generate_series(1, 500000) a "
                        "GROUP BY a % 300000 OFFSET 299999")
        select = "SELECT count(*) FROM job WHERE state = $1"
        # The server writes its counts down within a second of the end of a session.
        watched.until("50 calls", lambda w: round(w.sum("db.statement.calls", select)) == 50)
        watched.pass_by(2)
        self.assertEqual(round(watched.sum("db.statement.rows", select)), 50)
        update = "UPDATE job SET state = $1 WHERE id <= $2"
        self.assertEqual(round(watched.sum("db.statement.rows", update)), 70)
        self.assertEqual(round(watched.sum("db.rows.written")), 70)
        self.assertEqual(watched.value("db.connections.limit"), 37)
        self.assertGreaterEqual(watched.sum("db.rollbacks"), 0.99)
        (hit, read, millis), = [row.split("|") for row in self.server.sql(
            "SELECT shared_blks_hit, shared_blks_read, total_exec_time FROM pg_stat_statements"
            f" WHERE query LIKE '{select}'")]
        self.assertEqual(round(watched.sum("db.statement.blocks.hit", select)), int(hit))
        self.assertEqual(round(watched.sum("db.statement.blocks.read", select)), int(read))
        self.assertAlmostEqual(watched.sum("db.statement.running", select), float(millis) / 1e3, 4)
        labels = {label for second in watched.seconds for _, label in second}
        self.assertFalse([label for label in labels if "secret" in label or "prony" in label])
        self.assertGreater(watched.sum("db.temp"), 1 << 20)
        self.assertEqual(watched.events, [])

    def test_sessions_by_what_they_wait_for(self):
        watched = self.watch()
        with self.server.session("BEGIN", "UPDATE job SET state = 'held' WHERE id = 1"):
            waiters = [subprocess.Popen([*self.server.psql(), "-c",
                                         f"UPDATE job SET state = '{i}' WHERE id = 1"],
                                        stdout=subprocess.DEVNULL) for i in range(2)]
            self.addCleanup(lambda: [waiter.wait() for waiter in waiters])
            sleeper = subprocess.Popen([*self.server.psql(), "-c", "SELECT pg_sleep(600)"],
                                       stdout=subprocess.DEVNULL)
            self.addCleanup(sleeper.wait)
            self.addCleanup(sleeper.kill)

            def settled(w):
                locks = [value for (name, label), (value, *_) in w.seconds[-2].items()
                         if name == "db.sessions" and label.startswith("Lock:")]
                return sum(locks) == 2 and w.value("db.sessions", "Timeout:PgSleep") == 1
            watched.until("two sessions behind a lock, one asleep", settled)
            self.assertEqual(watched.value("db.idle_in_transaction"), 1)
            self.assertGreater(watched.value("db.transaction.age"), 0)
            self.assertEqual(watched.value("db.sessions", "CPU"), 0)
            count, = self.server.sql("SELECT count(*) - 1 FROM pg_stat_activity"
                                     " WHERE backend_type = 'client backend'")
            self.assertEqual(watched.value("db.connections"), int(count))
            holder, = self.server.sql("SELECT pid FROM pg_stat_activity"
                                      " WHERE state = 'idle in transaction'")
            watched.until_event(f"for a lock of pid {holder}, idle in transaction, open for ")
            told = [event for event in watched.events if "for a lock" in event]
            self.assertIn("(UPDATE job SET state = $1 WHERE id = $2)", told[0])
            self.assertLessEqual(len(told), 2, told)  # one waiter, then two; not one a second
        sleeper.kill()
        self.server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE query LIKE '%pg_sleep(600)' AND pid <> pg_backend_pid()")
        watched.until("nobody waits any more", lambda w: sum(
            value for (name, _), (value, *_) in w.seconds[-2].items()
            if name == "db.sessions") == 0)

    def test_deadlock_log_and_checkpoint(self):
        watched = self.watch()
        watched.until_seen()
        with self.server.session("BEGIN", "UPDATE job SET state = 'x' WHERE id = 11") as one, \
                self.server.session("BEGIN", "UPDATE job SET state = 'x' WHERE id = 12") as two:
            for client, row in ((one, 12), (two, 11)):
                client.stdin.write(f"UPDATE job SET state = 'y' WHERE id = {row};\n")
                client.stdin.flush()
            watched.until("a deadlock", lambda w: round(w.sum("db.deadlocks")) == 1)
        before = watched.sum("db.wal")
        self.server.sql("INSERT INTO job SELECT i, repeat('x', 100)"
                        " FROM generate_series(2000, 22000) i", "CHECKPOINT")
        watched.until("a checkpoint",
                      lambda w: round(w.sum("db.checkpoints", "requested")) == 1)
        watched.until("its log", lambda w: w.sum("db.wal") > before + 20000 * 100)
        self.assertGreater(watched.sum("db.buffers.written", "checkpoint"), 0)

    def test_what_a_role_may_not_see(self):
        watched = self.watch("blind")
        watched.until_event("only sessions of its own role are seen: GRANT pg_monitor TO blind")
        watched.pass_by(2)
        self.assertEqual(len(watched.events), 1, watched.events)
        self.assertIsNotNone(watched.value("db.commits"))

    def test_without_the_extension(self):
        watched = self.watch(where=self.server.url(database="postgres"))
        watched.until_event("statements are not seen: CREATE EXTENSION pg_stat_statements")
        watched.pass_by(2)
        self.assertEqual(len(watched.events), 1, watched.events)
        self.assertIsNotNone(watched.value("db.commits"))
        self.assertFalse([key for key in watched.seconds[-2] if key[0] == "db.statement.calls"])


class Away(unittest.TestCase):
    def watch(self, where):
        watched = Watched("postgres", where)
        self.addCleanup(watched.close)
        return watched

    def test_goes_hangs_and_comes_back(self):
        server = Postgres()  # nothing preloaded: that is told, too
        self.addCleanup(server.close)
        server.sql("CREATE ROLE watch LOGIN SUPERUSER", "CREATE EXTENSION pg_stat_statements")
        watched = self.watch(server.url())
        watched.until_event("shared_preload_libraries = 'pg_stat_statements'")
        watched.until("values", lambda w: w.value("db.commits") is not None)
        server.stop()
        watched.until_event("postgres of asked: nothing is seen: ")
        self.assertEqual(watched.pass_by(), {})
        server.start()
        watched.until_event("postgres of asked: seen again")
        watched.until("values", lambda w: w.value("db.commits") is not None)
        self.assertGreaterEqual(min(watched.value("db.commits"), watched.value("db.wal")), 0)
        backend, = server.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'prony'")
        subprocess.run(["kill", "-STOP", backend], check=True)
        try:
            watched.until_event("does not answer in time")
            watched.until_event("seen again", 2)  # by another backend
        finally:
            subprocess.run(["kill", "-CONT", backend], check=True)

    def trapped(self, behave=None):
        trap = Trap(behave)
        self.addCleanup(trap.close)
        return trap, self.watch(f"postgres://watch@127.0.0.1:{trap.port}/jobs?sslmode=disable")

    def test_refuses(self):
        trap = Trap()
        trap.close()
        watched = self.watch(f"postgres://watch@127.0.0.1:{trap.port}/jobs")
        watched.until_event("Connection refused")
        self.assertEqual(watched.pass_by(), {})

    def test_never_answers(self):
        _, watched = self.trapped()
        watched.until_event("it accepts no session in time")

    def test_answers_garbage(self):
        _, watched = self.trapped(lambda connection: connection.sendall(b"\xff" * (1 << 20)))
        watched.until_event("nothing is seen: ")
        self.assertEqual(watched.pass_by(), {})
        self.assertIsNone(watched.process.poll())


if __name__ == "__main__":
    unittest.main()
