"""A run whose plan has databases and caches: started by it, there already, or not there at all."""
import os
import sqlite3
import unittest

from harness import Case
from servers import Redis, Trap

PLAN = '''
plan: 1
target: {url}
services:
{services}
scenarios: {{ read: {{ steps: [ GET / ] }} }}
load: {{ stages: [ {{ rate: 50/s, for: 3s }} ] }}
objectives: [ errors < 20% ]
'''


class Asked(Case):
    def run_with(self, *services, env=None):
        url = self.server().url
        self.plan(PLAN.format(url=url, services="\n".join(f"  {line}" for line in services)))
        return self.prony("run", "plan.yaml", "--output", "json", env=env)

    def stored(self):
        """Names of series by service, and the texts of events, as they are in the run file."""
        with sqlite3.connect(self.run_folder() / "run.prony") as file:
            series = set(file.execute("SELECT service, name FROM series"))
            events = [text for text, in file.execute("SELECT text FROM event")]
        return series, events

    def test_started_by_the_plan(self):
        self.exits(self.run_with(
            "cache:", "  command: redis-server --port $cache.port --bind 127.0.0.1 --save ''",
            "  redis: 127.0.0.1:$cache.port"), 0)
        series, events = self.stored()
        self.assertTrue({("cache", "cache.commands"), ("cache", "cpu")} <= series, series)
        self.assertFalse([event for event in events if "nothing is seen" in event], events)

    def test_there_already_with_a_password(self):
        redis = Redis("--requirepass", "open-sesame")
        self.addCleanup(redis.close)
        env = dict(self.environment(), PASSWORD="open-sesame")
        done = self.exits(self.run_with(
            f'cache: {{ redis: "redis://:$env.PASSWORD@127.0.0.1:{redis.port}" }}', env=env), 0)
        series, events = self.stored()
        self.assertIn(("cache", "cache.commands"), series)
        self.assertNotIn(("cache", "cpu"), series)
        self.assertEqual(redis.answers(), True)  # it is not ours to stop
        self.assertFalse([event for event in events if "nothing is seen" in event], events)
        for folder, _, names in os.walk(self.run_folder()):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(b"open-sesame", file.read(), name)
        self.assertNotIn("open-sesame", done.stdout + done.stderr)

    def test_check_says_where_and_no_password(self):
        env = dict(self.environment(), PASSWORD="open-sesame")
        self.plan(PLAN.format(url="http://127.0.0.1:8080", services=(
            '  db: { postgres: "postgres://watch:written@h/jobs?password=twice" }\n'
            '  cache: { redis: "redis://:$env.PASSWORD@[::1]:6380", memcached: "localhost" }')))
        done = self.exits(self.prony("check", "plan.yaml", env=env), 0)
        self.assertIn("starts here   nothing\n"
                      "asks          db: postgres at postgres://***@h/jobs\n"
                      "              cache: redis at redis://***@[::1]:6380\n"
                      "              cache: memcached at localhost\n", done.stdout)
        for secret in ("open-sesame", "written", "twice"):
            self.assertNotIn(secret, done.stdout + done.stderr)

    def test_not_there_is_no_failure(self):
        trap = Trap()
        self.addCleanup(trap.close)
        gone = Trap()
        gone.close()
        self.exits(self.run_with(
            f'db: {{ postgres: "postgres://watch@127.0.0.1:{gone.port}/jobs" }}',
            f'pool: {{ pgbouncer: "postgres://watch@127.0.0.1:{trap.port}/pgbouncer" }}',
            f'cache: {{ redis: "127.0.0.1:{gone.port}", memcached: "127.0.0.1:{trap.port}" }}'), 0)
        _, events = self.stored()
        for source in ("postgres of db", "pgbouncer of pool", "redis of cache",
                       "memcached of cache"):
            told = [event for event in events if event.startswith(f"{source}: nothing is seen: ")]
            self.assertEqual(len(told), 1, events)


if __name__ == "__main__":
    unittest.main()
