"""`make demo` in small: tools/demo as it is, in a tree of its own, on the real plan made about six
times shorter and ten times as lenient. How fast the real one must be is for bench/ to say."""
import json
import os
import re
import shutil
import subprocess
import unittest

from harness import PRONY, ROOT, SANITIZED, Case

JOBS = os.path.abspath(os.environ.get("PRONY_JOBS", str(ROOT / "build/examples/jobs/jobs")))
PLANS = ROOT / "examples" / "plans"
SHORTER = 8
SHORTER_USERS = 4  # throughput, users and in_flight take three ticks after `settle` to be judged
LENIENT = 50 if SANITIZED else 10


def shortened(text):
    """Every time of the load divided; (text, how many there were)."""
    def divided(line):
        by = SHORTER_USERS if "users:" in line else SHORTER
        return re.subn(r"\b(for|each|settle): (\d+)s\b",
                       lambda m: f"{m[1]}: {int(m[2]) * 1000 // by}ms", line)
    head, mark, load = text.partition("\nload:\n")
    lines = [divided(line) for line in load.split("\n")]
    return head + mark + "\n".join(line for line, _ in lines), sum(count for _, count in lines)


def relaxed(line):
    """An objective LENIENT times as easy: more of what is limited, less of what is wanted; of a
    wanted share, more of what it lacks."""
    def easier(match):
        side, value, unit = match[1], float(match[2]), match[3]
        if side == "<":
            value *= LENIENT
        elif unit == "%":
            value = 100 - (100 - value) * LENIENT
        else:
            value /= LENIENT
        return f"{side} {value:.10g}{unit}"
    return re.sub(r"([<>]) ([\d.]+)(\S*)$", easier, line)


class DemoCase(Case):
    def binaries(self, prony):
        build = self.folder / "build"
        (build / "examples" / "jobs").mkdir(parents=True)
        (build / "prony").symlink_to(prony)
        (build / "examples" / "jobs" / "jobs").symlink_to(JOBS)

    def demo(self, *args):
        return subprocess.run(["tools/demo", *args], cwd=self.folder, env=self.environment(),
                              text=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=120)


class Demo(DemoCase):
    def tree(self):
        """What tools/demo needs of a checkout. Returns the number of objectives of the plan."""
        for name in ("demo", "own"):
            (self.folder / "tools").mkdir(exist_ok=True)
            shutil.copy(ROOT / "tools" / name, self.folder / "tools" / name)
        plans = self.folder / "examples" / "plans"
        plans.mkdir(parents=True)
        shutil.copy(PLANS / "owners.csv", plans)
        text, times = shortened((PLANS / "jobs.yaml").read_text())
        self.assertGreaterEqual(times, 8, text)
        head, mark, objectives = text.partition("\nobjectives:\n")
        easier = [relaxed(line) for line in objectives.splitlines()]
        for before, after in zip(objectives.splitlines(), easier):
            self.assertNotEqual(before, after)
        (plans / "jobs.yaml").write_text(head + mark + "\n".join(easier) + "\n")
        return len(easier)

    def test_it_holds(self):
        objectives = self.tree()
        self.binaries(PRONY)
        done = self.demo()
        said = f"exit {done.returncode}\n{done.stdout}{done.stderr}"
        self.assertEqual(done.returncode, 0, said)
        self.assertIn("HOLDS", done.stdout)
        self.assertIn("prony report last", done.stdout)
        self.assertIn("jobs-naive.yaml", done.stdout)

        run = self.run_folder()
        self.assertTrue((run / "run.prony").is_file())
        self.assertTrue((run / "api.log").is_file())
        result = json.loads((run / "result.json").read_text())
        self.assertEqual((result["verdict"], result["ended"], result["exit"]),
                         ("holds", "complete", 0), said)
        self.assertEqual([o["verdict"] for o in result["objectives"]], ["holds"] * objectives)
        values = {o["text"].partition(" >")[0]: o["value"] for o in result["objectives"]}
        self.assertGreater(values["in_flight of job"], 1000 / LENIENT)
        self.assertGreater(result["totals"]["offered"], 8000 / SHORTER)
        stages = {stage["name"]: stage for stage in result["stages"]}
        self.assertFalse(stages["spike"]["judged"])
        self.assertGreater(stages["crowd"]["users"], 0)
        for stage in stages.values():
            self.assertEqual(stage["arrivals"]["planned"], stage["arrivals"]["done"], said)

    def test_its_exit_code_is_that_of_prony(self):
        self.tree()
        fake = self.folder / "fake"
        for code in (0, 1, 3, 130):
            fake.write_text(f"#!/bin/sh\nexit {code}\n")
            fake.chmod(0o755)
            if not (self.folder / "build").exists():
                self.binaries(fake)
            self.assertEqual(self.demo().returncode, code)

    def test_it_says_what_to_do_without_a_build(self):
        self.tree()
        done = self.demo()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("make", done.stderr)

    def test_it_is_as_large_as_promised(self):
        # check says what the real plan would do; nothing is sent.
        done = self.exits(self.prony("check", PLANS / "jobs.yaml"), 0)
        rungs = [int(rate) for rate in re.findall(r"^ *climb@(\d+)/s", done.stdout, re.M)]
        self.assertEqual(rungs, sorted(rungs))
        self.assertGreater(rungs[-1], 1000, done)
        self.assertRegex(done.stdout, r"(?m)^ *spike .* no\b")
        self.assertRegex(done.stdout, r"(?m)^ *rest .* yes\b")
        self.assertRegex(done.stdout, r"(?m)^ *crowd +closed +550 users")
        self.assertRegex(done.stdout, r"(?m)^ *jobs +closed +1,?100 users")
        planned = re.search(r"at least ([\d,]+) in the open stages", done.stdout)
        self.assertGreater(int(planned[1].replace(",", "")), 8000)

    def test_the_naive_plan_is_the_same_load(self):
        def without_settings(name):
            text = (PLANS / name).read_text()
            text = re.sub(r"(?m)^    env:\n(      .*\n)+", "", text)
            return re.sub(r"(?m)^(#.*|name: .*)\n", "", text)
        self.assertIn("    env:\n", (PLANS / "jobs.yaml").read_text())
        self.assertEqual(without_settings("jobs-naive.yaml"), without_settings("jobs.yaml"))


class FullDemo(DemoCase):
    """`make demo-full` in small, with PostgreSQL, Redis and Memcached as they are."""

    def tree(self):
        for name in ("tools/demo", "tools/own", "examples/full/postgres.sh",
                     "examples/plans/owners.csv"):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.folder / name)
        text, times = shortened((PLANS / "jobs-full.yaml").read_text())
        self.assertGreaterEqual(times, 4, text)
        (self.folder / "examples" / "plans" / "jobs-full.yaml").write_text(text)

    def test_all_parts_work_and_are_gone(self):
        """How fast the machine is decides on the verdict, so nothing is said of it here."""
        self.tree()
        self.binaries(PRONY)
        done = self.demo("--full")
        said = f"exit {done.returncode}\n{done.stdout}{done.stderr}"
        run = self.run_folder()
        result = json.loads((run / "result.json").read_text())
        self.assertEqual(result["ended"], "complete", said)
        self.assertEqual(done.returncode, 0 if result["exit"] <= 1 else result["exit"], said)
        self.assertGreater(result["totals"]["offered"], 300, said)
        self.assertIn("INDEX: 1" if result["exit"] <= 1 else "No verdict", done.stdout)
        self.assertNotIn("had left", done.stdout + done.stderr)
        for name in ("api", "replica"):
            self.assertEqual(len((run / f"{name}.log").read_text().splitlines()), 1, said)
        database = (run / "database.log").read_text()
        self.assertIn("database system is shut down", database)
        cluster = re.search(r'on Unix socket "(/tmp/prony-\w+)/', database)[1]
        self.assertFalse(os.path.exists(cluster))
        self.assertNotIn("ERROR", database)

    def test_its_exit_code_is_that_of_prony(self):
        """But for the miss that it is about."""
        self.tree()
        fake = self.folder / "fake"
        for code, wanted in ((0, 0), (1, 0), (3, 3), (5, 5), (130, 130)):
            fake.write_text(f"#!/bin/sh\nexit {code}\n")
            fake.chmod(0o755)
            if not (self.folder / "build").exists():
                self.binaries(fake)
            self.assertEqual(self.demo("--full").returncode, wanted)

    def test_it_is_as_large_as_promised(self):
        done = self.exits(self.prony("check", PLANS / "jobs-full.yaml"), 0)
        for word in ("postgres.sh", "redis-server", "memcached", "DB=postgres://jobs@127.0.0.1:",
                     "CACHE=redis://", "CACHE=memcached://"):
            self.assertIn(word, done.stdout)
        self.assertNotIn("INDEX", done.stdout)


if __name__ == "__main__":
    unittest.main()
