"""What prony itself lacks is said as its own: no figure of the target's, and nothing in silence."""
import unittest

from harness import Case


def reply(body):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


class Shortage(Case):
    def test_an_expression_that_gives_up_is_no_failed_check_of_the_target(self):
        """`END` is there; but the way to it is too long for what a check may take."""
        body = reply(b"x" * 30000 + b"END")
        server = self.server(lambda connection, _number: connection.sendall(body))
        self.plan(f"plan: 1\ntarget: {server.url}\n"
                  "scenarios:\n  s:\n    steps:\n      - get: /\n"
                  "        check: [ 'regex \"(x|y| |\\n)*END\"' ]\n"
                  "load: { stages: [ { name: a, rate: 20/s, for: 1s, arrivals: even } ] }\n"
                  "objectives: [ errors <= 100% ]\n")
        done = self.exits(self.prony("run", "plan.yaml"), 0)
        self.assertIn("20 requests not decided, so failed: a regular expression ran into its limit",
                      " ".join(done.stderr.split()))
        text = " ".join(done.stdout.split())
        self.assertIn("is not known: the expression gave up", text)
        self.assertIn("20 requests count as failed checks though nobody knows", text)
        result = self.exits(self.prony("report", "last", "--output", "json"), 0).json()
        self.assertEqual(result["trust"]["level"], "suspect")
        reasons = {reason["code"]: reason["value"] for reason in result["trust"]["reasons"]}
        self.assertEqual(reasons["expression-limit"], 20)
        self.assertEqual(result["totals"]["outcomes"]["check"], 20)


if __name__ == "__main__":
    unittest.main()
