"""The manual pages say what the program says: every command, flag, exit code and key."""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from harness import ROOT, Case

PAGES = pathlib.Path(os.environ.get("PRONY_PAGES", ROOT / "build" / "tools" / "man"))


class Manual(Case):
    def page(self, name):
        """As a reader sees it, with all white space as one blank."""
        if not shutil.which("mandoc"):
            self.skipTest("no mandoc here")
        done = subprocess.run(["mandoc", "-Tascii", "-O", "width=200", PAGES / name],
                              capture_output=True, text=True, check=True)
        return re.sub(r"\s+", " ", re.sub(".\b", "", done.stdout))

    def test_lint(self):
        if not shutil.which("mandoc"):
            self.skipTest("no mandoc here")
        done = subprocess.run(["mandoc", "-Tlint", PAGES / "prony.1", PAGES / "prony-plan.5"],
                              capture_output=True, text=True)
        found = [line for line in done.stdout.splitlines()
                 if "referenced manual not found" not in line]  # not before it is installed
        self.assertEqual(found, [])

    def test_commands_flags_and_codes_of_the_help(self):
        page = self.page("prony.1")
        overview = self.prony("help").stdout
        verbs = re.findall(r"^  (\w+)", overview.split("Commands\n")[1].split("\n\n")[0], re.M)
        self.assertGreater(len(verbs), 5)
        for verb in verbs:
            text = self.exits(self.prony("help", verb), 0).stdout
            self.assertIn(f" prony {verb} ", page)
            for brief, flag in re.findall(r"^  (?:  |(-\w)),? (--[\w.-]+)", text, re.M):
                self.assertRegex(page, rf" {brief + ', ' if brief else ''}{flag}[ .]", verb)
            for example in text.split("Examples\n")[1].split("\n\n")[0].splitlines():
                self.assertIn(re.sub(r"\s+", " ", example.strip()), page)
        codes = re.findall(r"^ +(\d+)  (\w.*)$", overview.split("Exit codes\n")[1], re.M)
        self.assertGreater(len(codes), 8)
        for code, text in codes:
            self.assertIn(f" {code} {text[0].upper()}{text[1:]}", page)

    def test_keys_of_the_schema(self):
        page = self.page("prony-plan.5")
        schema = self.exits(self.prony("schema"), 0).json()
        places = {"plan": schema, **schema["$defs"]}
        keys = 0
        for place in places.values():
            for name, key in place.get("properties", {}).items():
                if "description" not in key:
                    continue
                self.assertIn(f" {name}: ", page)
                words = key["description"].replace("`", "").split(". ")[0].rstrip(".")
                self.assertIn(words, page)
                keys += 1
        self.assertGreater(keys, 50)

    def test_the_plan_on_the_page_is_correct(self):
        text = (PAGES / "prony-plan.5").read_text()
        self.plan(text.split(".Bd -literal -offset indent\n")[1].split(".Ed")[0])
        self.exits(self.prony("check", "plan.yaml"), 0)


if __name__ == "__main__":
    unittest.main()
