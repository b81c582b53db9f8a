"""prony doctor on this host: every source has an answer, for root and for a user without rights.

    PRONY=build/prony tests/e2e/doctor_test.py [-v] [TEST...]
"""
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from harness import PRONY, Case

SOURCES = ["processes", "run queue", "places", "sockets", "cgroups", "host", "pressure",
           "perf events", "postgres", "pgbouncer", "redis", "memcached", "metrics",
           "logs"]


class Doctor(Case):
    def findings(self, done):
        return {finding["source"]: finding for finding in done["sources"]}

    def test_each_source_has_an_answer(self):
        found = self.findings(self.exits(self.prony("doctor", "--output", "json"), 0).json())
        self.assertEqual(list(found), SOURCES)
        for finding in found.values():
            self.assertIn(finding["state"], ("sees", "partly", "blind"))
            self.assertEqual(finding["sees"] is None, finding["state"] == "blind", finding)
            self.assertEqual(finding["lacks"] is None, finding["state"] == "sees", finding)
        self.assertEqual(found["host"]["state"], "sees")
        has_pressure = pathlib.Path("/proc/pressure/cpu").exists()
        self.assertEqual(found["pressure"]["state"], "sees" if has_pressure else "blind")

    def test_a_command_stands_on_a_line_of_its_own(self):
        done = self.exits(self.prony("doctor"), 0)
        found = self.findings(self.prony("doctor", "--output", "json").json())
        cures = [finding["cure"] for finding in found.values() if finding["cure"]]
        self.assertEqual([line.strip()[2:] for line in done.stdout.splitlines()
                          if line.strip().startswith("$ ")], cures)
        self.assertTrue(all(len(line) <= 100 or line.strip().startswith("$ ")
                            for line in done.stdout.splitlines()))

    def test_without_rights(self):
        """What it says a user can't see is what it can't: root's descriptors."""
        drop = [] if os.geteuid() else ["setpriv", "--reuid=65534", "--regid=65534",
                                        "--clear-groups", "--inh-caps=-all"]
        folder = self.folder / "open"  # the checkout may lie where that user may not go
        folder.mkdir()
        self.folder.chmod(0o755)
        shutil.copy(PRONY, folder / "prony")
        done = subprocess.run([*drop, str(folder / "prony"), "doctor", "--output", "json"],
                              stdout=subprocess.PIPE, timeout=60, check=True, cwd="/")
        found = self.findings(json.loads(done.stdout))
        for source in ("processes", "sockets"):
            self.assertEqual(found[source]["state"], "partly", found[source])
            self.assertIn("setcap", found[source]["cure"])
        usual = [path for path in ("/var/log/nginx/access.log", "/var/log/syslog")
                 if subprocess.run([*drop, "test", "-e", path, "-a", "!", "-r", path],
                                   timeout=60, cwd="/").returncode == 0]
        self.assertEqual([path for path in usual if path in (found["logs"]["lacks"] or "")], usual)
        listed = subprocess.run([*drop, "ls", "/proc/1/fd"], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, timeout=60, cwd="/")
        self.assertNotEqual(listed.returncode, 0)


if __name__ == "__main__":
    unittest.main()
