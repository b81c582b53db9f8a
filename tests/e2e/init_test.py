"""`prony init`: a plan that passes, runs, and whose commented lines are right too."""
import os
import re
import stat
import unittest

from harness import Case

# A line of the plan that is commented out, not a sentence: a key or an entry of a list.
COMMENTED = re.compile(r"^( *)# ( *)(?=- |[a-z_]+: [^h-w\n]*[\[{\d]|abort_when: )", re.M)


class Init(Case):
    def environment(self):
        return dict(super().environment(), TOKEN="hunter2")

    def test_the_plan_passes_and_runs(self):
        server = self.server()
        self.exits(self.prony("init", server.url + "/a?b=$c&d=%20", "new.yaml"), 0)
        path = self.folder / "new.yaml"
        text = path.read_text()
        self.exits(self.prony("check", "new.yaml"), 0)
        for word, short in (("for: 30s", "for: 1s"), ("for: 3s", "for: 200ms"), ("5s }", "1s }")):
            self.assertIn(word, text)
            text = text.replace(word, short)
        path.write_text(text)
        done = self.exits(self.prony("run", "new.yaml", "--fail-on", "missed"), 0)
        self.assertNotIn("missed", done.stdout)
        self.assertGreater(server.requests, 20)

    def test_each_commented_line_is_right(self):
        text = self.exits(self.prony("init", "http://localhost:8080/"), 0).stdout
        full, count = COMMENTED.subn(r"\1\2", text)
        self.assertEqual(count, 14, full)
        self.plan(full)
        shown = self.exits(self.prony("check", "plan.yaml"), 0).stdout
        for word in ("climb@200/s", "crowd", "throughput >= 98% of offered", "aborts when"):
            self.assertIn(word, shown)

    def test_by_https_it_says_how_a_certificate_is_believed(self):
        text = self.exits(self.prony("init", "https://localhost:8443/"), 0).stdout
        self.assertIn("\n# tls: { insecure: true } #", text)
        self.plan(text.replace("# tls: {", "tls: {"))
        self.exits(self.prony("check", "plan.yaml"), 0)
        self.assertNotIn("tls:", self.exits(self.prony("init", "http://localhost:8080/"), 0).stdout)

    def test_a_file_is_not_overwritten_unasked(self):
        path = self.plan("mine\n")
        done = self.exits(self.prony("init", "http://h/", "plan.yaml"), 2)
        self.assertIn("plan.yaml is there already", done.stderr)
        self.assertEqual(path.read_text(), "mine\n")
        self.exits(self.prony("init", "http://h/", "plan.yaml", "--force"), 0)
        self.assertIn("target: http://h\n", path.read_text())

    def test_a_dash_is_stdout(self):
        plain = self.exits(self.prony("init", "http://h/"), 0).stdout
        self.assertEqual(self.exits(self.prony("init", "http://h/", "-"), 0).stdout, plain)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_the_file_may_be_read_by_others_as_umask_has_it(self):
        before = os.umask(0o022)
        self.addCleanup(os.umask, before)
        self.exits(self.prony("init", "http://h/", "plan.yaml"), 0)
        mode = stat.S_IMODE((self.folder / "plan.yaml").stat().st_mode)
        self.assertEqual(mode, 0o644)


if __name__ == "__main__":
    unittest.main()
