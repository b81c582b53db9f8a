#!/usr/bin/python3
"""Small made-up trees, each breaking one rule of tools/check-layers; and one that breaks none."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import tap

TOOL = pathlib.Path(__file__).resolve().parents[3] / "tools" / "check-layers"

LAYERS = """# lowest first
base:
stats: base
plan:  base
tick:  stats
show:  tick plan
pure:  stats
quiet: base/text
<unistd.h>: *
<yaml.h>: plan
"""

# Each room has a file that is right; a test adds to it or puts something else in its place.
TREE = {
    "docs/layers.txt": LAYERS,
    "src/base/README.md": "base\n",
    "src/base/text.h": "#pragma once\nint text_len(void);\n",
    "src/base/text.c": '#include "base/text.h"\nint text_len(void) { return 1; }\n',
    "src/base/clock.h": "#pragma once\nlong clock_now_ns(void);\n",
    "src/base/clock.c": '#include "base/clock.h"\n#include <unistd.h>\n'
                        "long clock_now_ns(void) { return getpid(); }\n",
    "src/stats/README.md": "stats\n",
    "src/stats/hist.h": "#pragma once\n#include <stddef.h>\nsize_t hist_size(const char *s);\n",
    "src/stats/hist.c": '#include "stats/hist.h"\n#include <math.h>\n#include <string.h>\n'
                        '#include "base/text.h"\n'
                        "size_t hist_size(const char *s)\n"
                        "{ return strlen(s) + (size_t)text_len() + (size_t)sqrt((double)*s); }\n",
    "src/plan/README.md": "plan\n",
    "src/plan/units.h": "#pragma once\nint units_count(void);\n",
    "src/plan/units.c": '#include "plan/units.h"\nint units_count(void) { return 3; }\n',
    "src/tick/README.md": "tick\n",
    "src/tick/bus.h": "#pragma once\nint bus_open(void);\n",
    "src/tick/bus.c": '#include "tick/bus.h"\n#include "base/text.h"\n'
                      "int bus_open(void) { return text_len(); }\n",
    "src/show/README.md": "show\n",
    "src/show/table.c": '#include "base/text.h"\n#include "tick/bus.h"\n'
                        "int table_rows(void);\n"
                        "int table_rows(void) { return bus_open() + text_len(); }\n",
}


class CheckLayers(unittest.TestCase):
    objects = {}  # by source text: most trees differ from TREE in one file

    def object_of(self, root, source):
        text = source.read_text()
        if text not in self.objects:
            target = root / "made.o"
            subprocess.run(["gcc", "-O1", "-w", "-I", root / "src", "-c", source, "-o", target],
                           check=True)
            self.objects[text] = target.read_bytes()
        return self.objects[text]

    def check(self, changes=None, compile_all=True):
        """(exit code, output) of the tool on TREE with `changes` (None takes a file away)."""
        tree = dict(TREE, **(changes or {}))
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in tree.items():
                if text is not None:
                    path = root / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text)
            for source in sorted((root / "src").rglob("*.c")) if compile_all else []:
                room = source.relative_to(root / "src").parts[0]
                target = root / "build" / "src" / room / f"lib{room}.a.p" / f"{source.name}.o"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self.object_of(root, source))
            done = subprocess.run([TOOL, "--root", root], capture_output=True, text=True,
                                  env=dict(os.environ, LC_ALL="C"))
            return done.returncode, done.stdout

    def assert_only(self, changes, finding, **how):
        """The changed tree has this finding and no other."""
        code, out = self.check(changes, **how)
        self.assertEqual((1, [finding]), (code, out.splitlines()))

    def test_sound_tree(self):
        code, out = self.check()
        self.assertEqual((0, "5 rooms, 9 arrows, 5 headers alone, 6 objects, pure: stats\n"),
                         (code, out))

    def test_upward_arrow(self):
        text = '#include "base/text.h"\n#include "stats/hist.h"\nint text_len(void) { return 1; }\n'
        self.assert_only({"src/base/text.c": text},
                         'src/base/text.c:2: base may not include stats ("stats/hist.h")')

    def test_sideways_arrow(self):
        text = TREE["src/tick/bus.c"] + '#include "plan/units.h"\n'
        self.assert_only({"src/tick/bus.c": text},
                         'src/tick/bus.c:4: tick may not include plan ("plan/units.h")')

    def test_arrow_of_an_arrow_is_allowed(self):
        text = TREE["src/show/table.c"] + '#include "stats/hist.h"\n'
        self.assertEqual(0, self.check({"src/show/table.c": text})[0])

    def test_arrow_of_a_unit_test(self):
        self.assert_only({"tests/unit/stats/hist_test.c": '#include "plan/units.h"\n'},
                         "tests/unit/stats/hist_test.c:1: stats may not include plan "
                         '("plan/units.h")')

    def test_line_names_a_lower_room(self):
        layers = LAYERS.replace("base:\n", "base: show\n")
        self.assert_only({"docs/layers.txt": layers},
                         "layers.txt:2: base names show, which is not above it")

    def test_private_header(self):
        changes = {"src/plan/units_priv.h": "#pragma once\n",
                   "src/show/table.c": TREE["src/show/table.c"] + '#include "plan/units_priv.h"\n'}
        self.assert_only(changes, 'src/show/table.c:5: "plan/units_priv.h" is private to plan')

    def test_private_header_at_home(self):
        changes = {"src/plan/units_priv.h": "#pragma once\n",
                   "src/plan/units.c": TREE["src/plan/units.c"] + '#include "plan/units_priv.h"\n',
                   "tests/unit/plan/units_test.c": '#include "plan/units_priv.h"\n'}
        self.assertEqual(0, self.check(changes)[0])

    def test_include_without_room(self):
        text = TREE["src/tick/bus.c"] + '#if 0\n#include "text.h"\n#endif\n'
        self.assert_only({"src/tick/bus.c": text},
                         'src/tick/bus.c:5: "text.h" is not "room/file.h" of a known room')

    def test_include_of_nothing(self):
        text = TREE["src/tick/bus.c"] + '#if 0\n#include "base/gone.h"\n#endif\n'
        self.assert_only({"src/tick/bus.c": text}, "src/tick/bus.c:5: there is no src/base/gone.h")

    def test_foreign_header_out_of_its_room(self):
        text = "#if 0\n#include <yaml.h>\n#endif\n" + TREE["src/show/table.c"]
        self.assert_only({"src/show/table.c": text},
                         "src/show/table.c:2: <yaml.h> is only for: plan")

    def test_foreign_header_without_a_line(self):
        text = TREE["src/show/table.c"] + "#include <sys/inotify.h>\n"
        self.assert_only({"src/show/table.c": text}, "src/show/table.c:5: <sys/inotify.h> has no "
                         "line in docs/layers.txt")

    def test_system_header_in_a_pure_room(self):
        text = TREE["src/stats/hist.c"] + "#include <unistd.h>\n"
        self.assert_only({"src/stats/hist.c": text},
                         "src/stats/hist.c:7: stats is pure and may not use <unistd.h>")

    def test_pure_room_calls_the_system(self):
        text = TREE["src/stats/hist.c"] + "int getpid(void);\n" \
            "int hist_pid(void) { return getpid(); }\n"
        self.assert_only({"src/stats/hist.c": text},
                         "stats/hist.c: stats is pure and may not call getpid")

    def test_pure_room_calls_a_clock_of_base(self):
        text = TREE["src/stats/hist.c"] + '#include "base/clock.h"\n' \
            "long hist_now_ns(void) { return clock_now_ns(); }\n"
        self.assert_only({"src/stats/hist.c": text}, "stats/hist.c: stats is pure and may not "
                         "call clock_now_ns of base/clock.c")

    def test_pure_room_allocates(self):
        text = TREE["src/stats/hist.c"] + "#include <stdlib.h>\n" \
            "void *hist_new(void) { return malloc(9); }\n"
        self.assert_only({"src/stats/hist.c": text},
                         "stats/hist.c: stats is pure and may not call malloc")

    def test_extern_name(self):
        text = TREE["src/plan/units.c"] + "int parse_unit;\n"
        self.assert_only({"src/plan/units.c": text},
                         "plan/units.c: extern parse_unit does not start with units_")

    def test_extern_name_of_a_twin(self):
        text = "int units_here(void);\nint units_here(void) { return 1; }\n"
        self.assertEqual(0, self.check({"src/plan/units_linux.c": text})[0])
        self.assert_only({"src/plan/units_linux.c": text + "int linux_here;\n"},
                         "plan/units_linux.c: extern linux_here does not start with units_")

    def test_objects_missing(self):
        code, out = self.check({}, compile_all=False)
        self.assertEqual(1, code)
        self.assertEqual(6, out.count("build first"))

    def test_header_that_needs_company(self):
        self.assert_only({"src/plan/odd.h": "#pragma once\nsize_t odd_count(void);\n"},
                         "src/plan/odd.h: does not compile alone: unknown type name 'size_t'")

    def test_own_header_not_first(self):
        text = '#include "base/text.h"\n#include "tick/bus.h"\n' \
            "int bus_open(void) { return text_len(); }\n"
        self.assert_only({"src/tick/bus.c": text},
                         'src/tick/bus.c: includes "tick/bus.h" not first')

    def test_headers_in_a_circle(self):
        changes = {"src/plan/units.h": '#pragma once\n#include "plan/other.h"\n',
                   "src/plan/other.h": '#pragma once\n#include "plan/units.h"\n'}
        self.assert_only(changes, "headers in a circle: plan/other.h -> plan/units.h -> "
                         "plan/other.h")

    def test_room_without_readme(self):
        self.assert_only({"src/plan/README.md": None}, "src/plan: no README.md")

    def test_room_with_a_long_readme(self):
        self.assert_only({"src/plan/README.md": "plan\n" * 11},
                         "src/plan/README.md: 11 lines, at most 10")

    def test_empty_room(self):
        self.assert_only({"src/plan/units.c": None}, "src/plan: an empty room (no .c)")

    def test_room_without_line(self):
        changes = {"src/fleet/README.md": "fleet\n", "src/fleet/ship.c": "\n"}
        self.assert_only(changes, "src/fleet: a room without a line in docs/layers.txt")

    def test_line_without_room(self):
        self.assert_only({"docs/layers.txt": LAYERS + "tune: plan\n"},
                         "docs/layers.txt: there is no room src/tune")

    def test_same_name_twice(self):
        self.assert_only({"src/plan/text.c": "\n"},
                         "src/plan/text.c: same name as src/base/text.c")

    def test_file_outside_every_room(self):
        self.assert_only({"src/loose.h": "#pragma once\n"},
                         "src/loose.h: a file outside every room")

    def test_sizes(self):
        long = "\n" * 601
        self.assert_only({"src/plan/units.c": TREE["src/plan/units.c"] + long},
                         "src/plan/units.c: 603 lines, at most 600")
        self.assert_only({"src/plan/units.h": TREE["src/plan/units.h"] + "\n" * 149},
                         "src/plan/units.h: 151 lines, at most 150")
        self.assert_only({"src/plan/meson.build": "#\n" * 16},
                         "src/plan/meson.build: 16 lines, at most 15")

    def test_examples_stand_alone(self):
        self.assert_only({"examples/jobs/main.c": '#include "base/text.h"\n'},
                         'examples/jobs/main.c:1: examples share no code with src/ '
                         '("base/text.h")')


if __name__ == "__main__":
    tap.main()
