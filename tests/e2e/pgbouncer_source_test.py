"""What is seen of a pool of connections: clients that wait are those that its console shows."""
import subprocess
import unittest

from servers import PROGRAMS, Pgbouncer, Postgres, Watched


class PgbouncerSource(unittest.TestCase):
    def test_waiting_counts_and_restart(self):
        server = Postgres()
        self.addCleanup(server.close)
        server.sql("CREATE ROLE app LOGIN")
        pool = Pgbouncer(server, pool_size=1)
        self.addCleanup(pool.close)
        watched = Watched("pgbouncer", pool.url())
        self.addCleanup(watched.close)
        watched.until_seen()
        jobs = pool.url("app", "jobs")
        clients = [subprocess.Popen([*server.psql()[:-1], jobs, "-c", "SELECT pg_sleep(3)"],
                                    stdout=subprocess.DEVNULL) for _ in range(3)]
        watched.until("two that wait", lambda w: w.value("db.pool.waiting", "jobs/app") == 2)
        self.assertEqual(watched.value("db.pool.active", "jobs/app"), 1)
        self.assertGreater(watched.value("db.pool.wait.longest", "jobs/app"), 0)
        self.assertEqual([client.wait() for client in clients], [0, 0, 0])
        watched.until("nobody waits", lambda w: w.value("db.pool.waiting", "jobs/app") == 0)
        watched.until("3 transactions",
                      lambda w: round(w.sum("db.pool.transactions", "jobs")) == 3)
        self.assertEqual(watched.events, [])
        self.means_are_those_of_the_console(server, pool, watched)
        pool.stop()
        watched.until_event("pgbouncer of asked: nothing is seen: ")
        self.assertEqual(watched.pass_by(), {})
        pool.start()
        watched.until_event("pgbouncer of asked: seen again")
        pool.hang()
        watched.until_event("in time")
        pool.resume()
        watched.until_event("pgbouncer of asked: seen again", 2)

    def means_are_those_of_the_console(self, server, pool, watched):
        """Times are counted at the end of a wait: of many short ones, in the second they are of."""
        def console():
            names, *rows = [line.split("|") for line in subprocess.run(
                [PROGRAMS / "psql", "-X", "-A", "-c", "SHOW STATS", pool.url()], text=True,
                capture_output=True, check=True).stdout.splitlines()]
            row, = [row for row in rows if row[0] == "jobs"]
            return {name: int(value) for name, value in zip(names[1:], row[1:])}

        def seen(name):
            return sum(second[name, "jobs"][0] * second["db.pool.transactions", "jobs"][0]
                       * (second[name, "jobs"][2] - second[name, "jobs"][1])
                       for second in watched.seconds[begun:] if (name, "jobs") in second)
        (pool.folder / "one.sql").write_text("SELECT pg_sleep(0.002);")
        ratios = {}
        for _ in range(3):  # a wait counts when it ends, and its transaction may be of another look
            begun, before = len(watched.seconds), console()
            subprocess.run([PROGRAMS / "pgbench", "-n", "-f", pool.folder / "one.sql", "-c", "4",
                            "-T", "3", pool.url("app", "jobs")], capture_output=True, check=True)
            watched.pass_by(2)
            after = console()
            for name, total in (("db.pool.wait.time", "total_wait_time"),
                                ("db.pool.query.time", "total_query_time")):
                grown = (after[total] - before[total]) / 1e6
                self.assertGreater(grown, 1)
                ratios[name] = seen(name) / grown
            if all(abs(ratio - 1) < 0.05 for ratio in ratios.values()):
                return
        self.fail(f"not the console's: {ratios}")


if __name__ == "__main__":
    unittest.main()
