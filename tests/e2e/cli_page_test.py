"""docs/cli.md and docs/exit-codes.md say what the program says.

    tests/e2e/cli_page_test.py --update     rewrites the help texts in docs/cli.md
"""
import re
import subprocess
import sys
import unittest

from harness import PRONY, ROOT, Case

PAGE = ROOT / "docs" / "cli.md"
CODES = ROOT / "docs" / "exit-codes.md"
BLOCK = re.compile(r"```console\n\$ prony ([^\n]*)\n(.*?)```", re.S)


def said(words):
    return subprocess.run([PRONY, *words.split()], capture_output=True, text=True,
                          timeout=30).stdout


class Pages(Case):
    def test_each_help_text_is_on_the_page(self):
        blocks = BLOCK.findall(PAGE.read_text())
        verbs = re.findall(r"^  (\w+)", said("help").split("Commands\n")[1].split("\n\n")[0], re.M)
        self.assertEqual([words for words, _ in blocks],
                         ["help"] + [f"{verb} --help" for verb in verbs])
        for words, text in blocks:
            self.assertEqual(text, said(words), f"prony {words}: run this file with --update")

    def test_the_codes_are_those_of_the_help(self):
        rows = re.findall(r"^\| (\d+) \| ([^|]*?) *\|", CODES.read_text(), re.M)
        listed = said("help").split("Exit codes\n")[1].split("\n\n")[0]
        self.assertEqual([(int(code), text) for code, text in rows],
                         [(int(code), " ".join(text.split())) for code, text in
                          re.findall(r"^ +(\d+)  (.*(?:\n {7}\S.*)*)", listed, re.M)])

    def test_each_flag_works_in_the_example_that_names_it(self):
        """Every example of the help is a command line that is understood."""
        server = self.server()
        self.plan(f"plan: 1\ntarget: {server.url}\nscenarios: {{ a: {{ steps: [ GET / ] }} }}\n"
                  "load: { stages: [ { rate: 50/s, for: 1s } ] }\n")
        tried = 0
        for verb in ("run", "check"):
            for line in said(f"{verb} --help").split("Examples\n")[1].split("\n\n")[0].splitlines():
                words = line.strip().split(" | ")[0].replace("http://localhost:8080", server.url)
                words = words.replace("prony run", "prony check").replace(" --output json", "")
                self.exits(self.prony(*words.split()[1:]), 0)
                tried += 1
        self.assertEqual(tried, 5)
        self.assertEqual(server.requests, 0)


def update():
    page = PAGE.read_text()
    page = BLOCK.sub(lambda m: f"```console\n$ prony {m[1]}\n{said(m[1])}```", page)
    PAGE.write_text(page)


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        update()
    else:
        unittest.main()
