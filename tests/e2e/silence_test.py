"""A target that is dead or hung when a judged stage ends: no share of errors hides that."""
import time
import unittest

from harness import REPLY, Case

SAID = r"nothing asked from \d\.\d s to the end of stage1 \(\d\.\d s\) was answered ok"


class Silence(Case):
    def run_against(self, behave, load, *objectives):
        server = self.server(behave)
        self.plan(f"plan: 1\ntarget: {server.url}\nscenarios: {{ all: {{ steps: [ GET / ] }} }}\n"
                  f"load: {{ threads: 1, {load} }}\nobjectives: [ {', '.join(objectives)} ]\n")
        return server, self.prony("run", "plan.yaml", "--color", "never")

    def stage(self):
        return self.prony("report", "last", "--output", "json").json()["stages"][0]

    def dying(self, last):
        """Answers so many, then nobody listens any more."""
        def behave(connection, number):
            if number > last:
                self.running.close()
                return False
            connection.sendall(REPLY)
            return True
        return behave

    def server(self, behave=None):
        self.running = super().server(behave)
        return self.running

    OPEN = "arrivals: even, stages: [ { rate: 60/s, for: 2600ms } ]"
    # Three users, who hang one after the other and then for good: nobody asks any more.
    CLOSED = "timeout: { response: 1200ms }, stages: [ { users: 3, think: 10ms, for: 3s } ]"

    def test_a_target_that_dies_misses_what_is_implied(self):
        """A third of all failed, so `errors <= 50%` looks kept; p95 of the answered is fine."""
        _server, done = self.run_against(self.dying(80), self.OPEN, "p95 < 9s")
        self.exits(done, 1)
        self.assertRegex(" ".join(done.stdout.split()), r"✗ MISSED .*" + SAID)
        stage = self.stage()
        self.assertLess(stage["outcomes"]["refused"] / stage["offered"], 0.5)
        self.assertAlmostEqual(stage["silent_from_s"], 1.35, delta=0.5)

    def test_users_who_hang_ask_nothing_more(self):
        """A handful of hundreds failed: hardly any errors, and yet nothing works."""
        def hang(connection, number):
            if number <= 120:
                connection.sendall(REPLY)
            else:
                time.sleep(6)
        _server, done = self.run_against(hang, self.CLOSED, "p90 < 9s")
        self.exits(done, 1)
        self.assertRegex(" ".join(done.stdout.split()), r"✗ MISSED .*" + SAID)
        stage = self.stage()
        self.assertLess(stage["outcomes"]["timeout"] / stage["offered"], 0.1)

    def test_who_is_back_before_the_end_was_away_and_no_more(self):
        def pause(connection, number):
            if number == 40:
                time.sleep(0.3)
            if 40 <= number <= 70:
                return False  # the connection is reset: half a second of errors
            connection.sendall(REPLY)
            return True
        _server, done = self.run_against(pause, self.OPEN, "p50 < 9s")
        self.exits(done, 0)
        self.assertIsNone(self.stage()["silent_from_s"])
        self.assertNotIn("nothing asked", done.stdout)


if __name__ == "__main__":
    unittest.main()
