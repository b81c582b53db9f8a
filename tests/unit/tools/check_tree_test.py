#!/usr/bin/python3
"""Small made-up trees, each breaking one rule of tools/check-tree; and one that breaks none."""
import pathlib
import subprocess
import tempfile
import unittest

import tap

TOOL = pathlib.Path(__file__).resolve().parents[3] / "tools" / "check-tree"

TREE = {
    "docs/layers.txt": "base:\nplan: base\npure:\n<yaml.h>: plan\n",
    "docs/architecture.md": "| room | may include |\n|---|---|\n| `base` | | memory |\n"
                            "| `plan` | base | the plan |\n",
    "docs/decisions/0001-one-idea.md": "# One idea\n\n**Wrong if** two would be shorter.\n",
    "src/base/text.h": "/* text.h - text being built.\n *\n * Why: one place.  Source: ours.\n"
                       " * Thread: any.  Memory: none. */\n"
                       "#pragma once\n",
    "src/base/text.c": '#include "base/text.h"\n/* strcpy() is not called here */\n'
                       'static const char *const name = "malloc(1)";\n',
    "tools/sum": "#!/usr/bin/python3\nprint(1)\n",
    "tools/run": "#!/bin/bash\necho hello\n",
}


class CheckTree(unittest.TestCase):
    def check(self, changes):
        tree = dict(TREE, **changes)
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in tree.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            done = subprocess.run([TOOL, "--root", root], capture_output=True, text=True)
            return done.returncode, done.stdout

    def assert_only(self, changes, finding):
        code, out = self.check(changes)
        self.assertEqual((1, [finding]), (code, out.splitlines()))

    def test_sound_tree(self):
        self.assertEqual((0, f"{len(TREE)} files\n"), self.check({}))

    def test_words(self):
        for word in ("TO" + "DO", "FIX" + "ME", "for" + " now", "a stu" + "b"):
            with self.subTest(word):
                code, out = self.check({"src/base/text.c": f"/* {word}: more */\n"})
                self.assertEqual(1, code)
                self.assertIn("src/base/text.c:1: '", out)
        self.assertEqual(0, self.check({"docs/a.md": "mkstemp(XXXXXX), stubborn\n"})[0])

    def test_white_space(self):
        self.assert_only({"docs/a.md": "one \n"}, "docs/a.md:1: white space at the end")
        self.assert_only({"docs/a.md": "one"}, "docs/a.md: no newline at the end")
        self.assert_only({"src/base/text.c": "\tint x;\n"}, "src/base/text.c:1: a tab")

    def test_sizes(self):
        body = "int one(void)\n{\n" + "    x++;\n" * 69 + "}\n"
        self.assertEqual(0, self.check({"tests/unit/a.c": body})[0])
        self.assert_only({"tests/unit/a.c": body.replace("{\n", "{\n    x++;\n")},
                         "tests/unit/a.c:2: a function of 71 lines, at most 70")
        self.assertEqual(0, self.check({"tests/unit/a.c": "int x;\n" * 600})[0])
        self.assert_only({"tests/unit/a.c": "int x;\n" * 601},
                         "tests/unit/a.c: 601 lines, at most 600")
        self.assert_only({"tests/a.py": "x = 1\n" * 601}, "tests/a.py: 601 lines, at most 600")
        self.assert_only({"tools/run": "#!/usr/bin/python3\ndef f():\n" + "    x = 1\n" * 70},
                         "tools/run:2: a function of 71 lines, at most 70")

    def test_declarations(self):
        head = TREE["src/base/text.h"]
        for name, text in {
                "above": "/* One. */\nint one(int a,\n        int b);\n",
                "its group": "/* Both. */\nint one(void);\nint two(void);\n",
                "behind": "int one(void); /* one, or\n                 none */\n",
                "inline": "/* One. */\nstatic inline int one(void)\n{\n    return 1;\n}\n",
                "no function": "struct a {\n    int (*one)(void);\n};\n#define TWO(x) \\\n    (x)\n"
                               "static_assert(sizeof(int) == 4, \"so\");\n"
                               "extern const int b;\n"}.items():
            with self.subTest(name):
                self.assertEqual((0, f"{len(TREE)} files\n"),
                                 self.check({"src/base/text.h": head + text}))
        for name, text, line in (
                ("none", "int one(void);\n", 6),
                ("behind a gap", "/* Other. */\nint two(void);\n\nint one(void);\n", 9),
                ("a comment apart", "/* Other. */\n\nint one(void);\n", 8),
                ("a comment of a type", "/* T. */\nstruct t {\n    int a;\n};\nint one(void);\n",
                 10),
                ("behind a macro", "/* M. */\n#define M 1\nint one(void);\n", 8),
                ("inline", "static inline int one(void)\n{\n    return f(1);\n}\n", 6)):
            with self.subTest(name):
                self.assert_only({"src/base/text.h": head + text},
                                 f"src/base/text.h:{line}: one() has no comment")

    def test_columns(self):
        self.assert_only({"src/base/text.c": "/" * 101 + "\n"},
                         "src/base/text.c:1: 101 columns, at most 100")
        self.assertEqual(0, self.check({"docs/a.md": "long," * 40 + "\n"})[0])

    def test_calls(self):
        self.assert_only({"src/base/text.c": "void f(void) { strcpy(a, b); }\n"},
                         "src/base/text.c:1: strcpy() is banned; use base/text")
        self.assert_only({"src/base/text.c": "void f(void) { free(a); }\n"},
                         "src/base/text.c:1: free() is banned; use an arena or a pool of base/")
        allowed = "void f(void) { x->free(a); free_list(a); }\n"
        self.assertEqual(0, self.check({"src/base/text.c": allowed})[0])
        self.assertEqual(0, self.check({"src/base/arena.c": "void f(void) { free(a); }\n"})[0])
        self.assertEqual(0, self.check({"examples/a.c": "void f(void) { free(a); }\n"})[0])

    def test_atomics(self):
        self.assert_only({"src/plan/a.c": "int f(void) { return __atomic_load_n(&x, 0); }\n"},
                         "src/plan/a.c:1: __atomic_load_n: atomics live in base/shared.h")
        self.assertEqual(0, self.check({"src/base/a.c": "_Atomic int x;\n"})[0])

    def test_files_in_comments(self):
        here = {"src/base/b.c": "int b;\n"}
        for comment in ("/* Source: base/b.h finds it. */\n", "// as in base/b.h\n",
                        "/* x */ /* what\n * base/b.h does */\n"):
            self.assert_only(dict(here, **{"src/base/a.c": comment}),
                             "src/base/a.c: names base/b.h, which does not exist")
        for fine in ("/* base/b.c does that */\n", "/* sys/gone.h, org/base/b.h */\n",
                     'const char *a = "base/b.h /*";\n', "/* base/b.html, base/b */\n"):
            self.assertEqual(0, self.check(dict(here, **{"src/base/a.c": fine}))[0], fine)

    def test_references(self):
        self.assert_only({"src/base/a.c": "/* Source: docs/gone.md, \"Writing\" */\n"},
                         "src/base/a.c: names docs/gone.md, which does not exist")
        page = {"docs/run.md": "# A run\n\n## Writing\n"}
        found = dict(page, **{"src/base/a.c": '/* Source:\n * docs/run.md,\n * "Writing". */\n'})
        self.assertEqual(0, self.check(found)[0])
        self.assert_only(dict(page, **{"src/base/a.c": '/* docs/run.md, "Reading" */\n'}),
                         'src/base/a.c: names "Reading" of docs/run.md, which has no such heading')

    def test_headers(self):
        self.assert_only({"src/base/text.h": "#pragma once\n"},
                         "src/base/text.h: does not open with '/* text.h - what it is'")
        for word in ("Why", "Source:", "Thread:", "Memory:"):
            with self.subTest(word):
                header = TREE["src/base/text.h"].replace(word, "")
                finding = f"src/base/text.h: its opening comment has no '{word}'"
                self.assert_only({"src/base/text.h": header}, finding)
        self.assert_only({"src/base/text.h": TREE["src/base/text.h"].replace("#pragma once", "")},
                         "src/base/text.h: no #pragma once")
        table = TREE["src/base/text.h"].replace("text.h", "key.def").replace("#pragma once\n", "")
        self.assertEqual(0, self.check({"src/base/key.def": table})[0])
        self.assert_only({"src/base/key.def": table.replace("Source:", "")},
                         "src/base/key.def: its opening comment has no 'Source:'")

    def test_scripts(self):
        self.assert_only({"tools/sum": "#!/usr/bin/python3\nprint(\n"},
                         "tools/sum:2: Python: '(' was never closed")
        code, out = self.check({"tools/run": "#!/bin/bash\nif true\n"})
        self.assertEqual(1, code)
        self.assertIn("tools/run: bash: ", out)

    def test_decisions(self):
        self.assert_only({"docs/decisions/0002-more.md": "# More\n"},
                         "docs/decisions/0002-more.md: has no 'Wrong if' line")
        self.assert_only({"docs/decisions/0001-again.md": "Wrong if it is not.\n"},
                         "docs/decisions/0001-one-idea.md: its number is taken")
        self.assert_only({"docs/decisions/notes.md": "Wrong if it is not.\n"},
                         "docs/decisions/notes.md: is not NNNN-title.md")
        self.assert_only({"docs/decisions/0002-long.md": "Wrong if it is not.\n" + "a\n" * 41},
                         "docs/decisions/0002-long.md: over 40 lines")

    def test_howtos(self):
        page = "# How\n1. **`src/base/text.h`**: a\n2. **The test**: b\n"
        self.assertEqual(0, self.check({"docs/howto/add.md": page})[0])
        self.assert_only({"docs/howto/add.md": page.replace("text.h", "gone.h")},
                         "docs/howto/add.md: names src/base/gone.h, which does not exist")
        self.assert_only({"docs/howto/add.md": page.replace("The test", "Tests")},
                         "docs/howto/add.md: its last numbered step is not '**The test**'")
        long = page.replace("2.", "2. **b**\n3. **c**\n4. **d**\n5.")
        self.assert_only({"docs/howto/add.md": long},
                         "docs/howto/add.md: 4 steps before the test, at most 3")

    def test_layer_table(self):
        page = TREE["docs/architecture.md"].replace("| base |", "| base tick |")
        self.assert_only({"docs/architecture.md": page},
                         "docs/architecture.md: its layer table says 'plan: base tick', "
                         "docs/layers.txt 'plan: base'")
        page = TREE["docs/architecture.md"] + "| `show` | plan | it |\n"
        self.assert_only({"docs/architecture.md": page},
                         "docs/architecture.md: its layer table says 'show: plan', "
                         "docs/layers.txt 'show: (nothing)'")


if __name__ == "__main__":
    tap.main()
