"""The load steered by hand in the live view: what becomes of it, the verdict, and a replay."""
import json
import unittest

from terminal import SHORT, LiveCase


class Steering(LiveCase):
    """p, + and -: what becomes of the load, of the verdict, and of a replay."""
    PLAN = SHORT.replace("40/s..120/s, step: 40/s", "40/s..80/s, step: 40/s").replace(
        "    - {{ name: crowd, users: 4, think: 50ms, for: {each} }}\n", "")

    # One rate, then users; long enough for a key that is late on a busy machine.
    CROWD = SHORT.replace("rate: 40/s..120/s, step: 40/s, each: {each}", "rate: 40/s, for: {each}")

    def ran(self):
        """result.json, and the same made from the run file, which must not differ."""
        result = json.loads((self.run_folder() / "result.json").read_text())
        replayed = self.prony("report", "last", "--output", "json").json()
        self.assertEqual(result, replayed)
        return result, {stage["name"]: stage for stage in result["stages"]}

    def test_hold_and_release(self):
        terminal = self.watch(plan=self.PLAN, each="4s")
        terminal.sees("[climb@40/s]")
        terminal.keys("p")
        terminal.sees("held: climb@40/s goes on behind its end as steered-1, not judged")
        terminal.sees("then held")
        terminal.sees("[steered-1]")
        terminal.sees("by hand · held for 0:02")
        terminal.sees("[p] release")
        terminal.keys("p")
        terminal.sees("released: steered-1 ends")
        terminal.sees("[climb@80/s]")
        self.ends(terminal, 0)  # the plan's own stages had all they asked for
        result, stages = self.ran()
        self.assertFalse(result["steered"])
        self.assertEqual(list(stages), ["warmup", "climb@40/s", "climb@80/s", "steered-1"])
        self.assertAlmostEqual(stages["climb@40/s"]["seconds"], 4, places=6)
        self.assertAlmostEqual(stages["climb@80/s"]["seconds"], 4, places=6)
        self.assertTrue(stages["climb@40/s"]["judged"])
        self.assertFalse(stages["steered-1"]["judged"])
        self.assertGreater(stages["steered-1"]["seconds"], 1.5)
        self.assertEqual(result["verdict"], "holds")

    def test_faster_is_another_load(self):
        terminal = self.watch(plan=self.PLAN, each="4s")
        terminal.sees("[climb@40/s]")
        terminal.keys("+")
        terminal.sees("+ again to change the rate: the run is at best inconclusive then (exit 3)")
        terminal.keys("+", "+", "+")
        terminal.sees("rate +33 %")
        terminal.sees("rate by hand: 40.0/s → 53.2/s as steered-1")
        terminal.sees("[steered-1]")
        terminal.sees("INCONCLUSIVE")
        self.assertIn("steered by hand", terminal.text("-S", "-200"))
        self.ends(terminal, 3)
        result, stages = self.ran()
        self.assertTrue(result["steered"])
        self.assertFalse(stages["climb@40/s"]["judged"])
        self.assertTrue(stages["climb@80/s"]["judged"])
        whole = stages["climb@40/s"]["seconds"] + stages["steered-1"]["seconds"]
        self.assertAlmostEqual(whole, 4, places=6)
        self.assertAlmostEqual(stages["climb@80/s"]["seconds"], 4, places=6)
        self.assertEqual(result["totals"]["seconds"], stages["climb@80/s"]["seconds"])
        self.assertEqual({item["verdict"] for item in result["objectives"]}, {"holds"})

    def test_one_press_changes_nothing(self):
        """Nor do two of different keys, or two with another key or six seconds between them."""
        terminal = self.watch(plan=self.PLAN, each="6s")
        terminal.sees("[climb@40/s]")
        for keys in ("+-", "p+", "p-"):
            terminal.keys(*keys)
            terminal.sees(f"{keys[-1]} again to change the rate")
        terminal.until("the keys to be named again",
                       lambda: "[q] stop" in terminal.lines()[-1])
        terminal.keys("-")
        terminal.sees("- again to change the rate")
        self.ends(terminal, 0)
        result, stages = self.ran()
        self.assertFalse(result["steered"])
        self.assertEqual(list(stages), ["warmup", "climb@40/s", "climb@80/s"])
        self.assertEqual(result["verdict"], "holds")

    def test_users_have_no_rate_to_ask_about(self):
        terminal = self.watch(plan=self.CROWD, each="5s")
        terminal.sees("[crowd]")
        terminal.keys("+", "+")
        terminal.sees("users have no rate to change")
        terminal.keys("q")
        self.ends(terminal, 130)

    def test_slower_and_users_have_no_rate(self):
        terminal = self.watch(plan=self.CROWD, each="6s")
        terminal.sees("[climb]")
        terminal.keys("-", "-")
        terminal.sees("rate by hand: 40.0/s → 36.4/s as steered-1")
        terminal.keys("+")  # nobody is asked again
        terminal.sees("rate by hand: 36.4/s → 40.0/s as steered-2")
        terminal.sees("[crowd]")
        terminal.keys("+")
        terminal.sees("a closed stage has no rate to change")
        terminal.keys("p")
        terminal.sees("held: crowd goes on behind its end as held-1, not judged")
        terminal.sees("[held-1]")
        terminal.keys("q")
        terminal.sees("stopped by q at")
        self.ends(terminal, 130)

if __name__ == "__main__":
    unittest.main()
