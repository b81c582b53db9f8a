#!/usr/bin/python3
"""Small made-up trees for tools/check-fuzz: readers of bytes with a fuzzer, and without."""
import pathlib
import subprocess
import tempfile
import unittest

import tap

TOOL = pathlib.Path(__file__).resolve().parents[3] / "tools" / "check-fuzz"

TREE = {
    "src/wire/url.h": "MUST_USE bool url_parse(struct url *out, struct bytes text);\n"
                      "void url_print(struct text *out, struct bytes text);\n"
                      "bool url_open(struct bytes path);\n",
    "src/wire/url.c": "static bool read_host(struct bytes b)\n{\n    return name_read(b);\n}\n\n"
                      "static const struct part parts[] = {{\"host\", read_host}};\n\n"
                      "HOT bool url_parse(struct url *out,\n               struct bytes text)\n"
                      "{\n    return parts[0].read(text);\n}\n",
    "src/wire/name.h": "bool name_read(struct bytes text);\n",
    "src/wire/name.c": "bool name_read(struct bytes text)\n{\n    return text.len > 0;\n}\n",
    "tests/unit/wire/laws_url.h": "static void url_law(struct bytes in)\n{\n"
                                  "    url_parse(0, in);\n}\n",
    "tests/fuzz/fuzz_url.c": '#include "laws_url.h"\nint LLVMFuzzerTestOneInput(void)\n{\n'
                             "    url_law(in);\n}\n",
    "tests/fuzz/corpus/url/plain": "http://h/",
    "tests/fuzz/meson.build": "fuzzers = {\n  'url': {},\n}\n",
}


class CheckFuzz(unittest.TestCase):
    def check(self, changes):
        tree = dict(TREE, **changes)
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in tree.items():
                if text is None:
                    continue
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            done = subprocess.run([TOOL, "--root", root], capture_output=True, text=True)
            return done.returncode, done.stdout.splitlines()

    def assert_only(self, changes, *findings):
        self.assertEqual((1, list(findings)), self.check(changes))

    def test_reached_by_a_header_and_a_table(self):
        self.assertEqual((0, ["2 readers of bytes under 1 fuzzers"]), self.check({}))

    def test_a_reader_nobody_calls(self):
        header = "enum step sse_step(struct sse *p, struct bytes *in);\n"
        self.assert_only({"src/wire/sse.h": header},
                         "src/wire/sse.h: sse_step() reads bytes, and no target in tests/fuzz "
                         "calls it")

    def test_a_name_in_a_comment_is_no_call(self):
        target = TREE["tests/fuzz/fuzz_url.c"]
        target = target.replace("url_law(in);", '/* url_law */ say("url_law");')
        target = target.replace('#include "laws_url.h"\n', "")
        self.assert_only({"tests/fuzz/fuzz_url.c": target},
                         "src/wire/name.h: name_read() reads bytes, and no target in tests/fuzz "
                         "calls it",
                         "src/wire/url.h: url_parse() reads bytes, and no target in tests/fuzz "
                         "calls it")

    def test_rooms_that_are_given_what_others_read(self):
        self.assertEqual(0, self.check({"src/show/row.h": "bool row_cut(struct bytes text);\n"})[0])

    def test_seeds_and_build(self):
        self.assert_only({"tests/fuzz/corpus/url/plain": None}, "tests/fuzz/corpus/url: no seed")
        self.assert_only({"tests/fuzz/meson.build": "fuzzers = {\n}\n"},
                         "tests/fuzz/meson.build: does not name 'url'")


if __name__ == "__main__":
    tap.main()
