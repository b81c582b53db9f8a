"""The live view as a person sees it: the picture in terminals of many sizes, what it costs, and
when there is none."""
import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import unittest

from harness import PATIENCE_S, PRONY, wait_until
from terminal import SHORT, LiveCase

SIGNALS = ("offered/s", "done/s", "p50 ms", "p95 ms", "p99 ms", "errors %", "in flight", "users",
           "our lag ms", "our CPU %")
GRAPH = re.compile("[▁▂▃▄▅▆▇█]")


class Picture(LiveCase):
    def check_signals(self, lines, wanted):
        """Every row has its number under NOW, its graph between the ends of the axis, its peak."""
        at = next(i for i, line in enumerate(lines) if line.startswith(" SIGNAL"))
        title = lines[at]
        now_end = title.index("NOW") + 3
        axis = title.index("−"), title.rindex("now") + 3
        peak_end = title.index("PEAK") + 4
        seen = []
        for line in lines[at + 1:]:
            label = line[1:11].strip()
            if label not in SIGNALS:
                continue
            seen.append(label)
            self.assertRegex(line[11:now_end], r"^ *[\d.,<≥–]+$", line)
            self.assertRegex(line[axis[1]:peak_end], r"^ *[\d.,<≥–]+$", line)
            graph = line[axis[0]:axis[1]]
            self.assertRegex(graph, r"^[ ▁▂▃▄▅▆▇█]*$", line)
            if label == "done/s":
                self.assertRegex(graph[-3:], r"[▁▂▃▄▅▆▇█]{2}", line)
        self.assertTrue(set(wanted) <= set(seen), (wanted, seen))
        return axis

    def check_objectives(self, lines):
        title = next(line for line in lines if "OBJECTIVE" in line)
        rows = [line for line in lines if re.match(r" [✓✗?–⚠] (p95|p99|max|errors|throughp)", line)]
        self.assertGreaterEqual(len(rows), 2, lines)
        for line in rows:
            self.assertRegex(line[title.index("GOAL"):], r"^[<>] ", line)
            now = line[title.index("GOAL"):title.index("NOW 10s") + 7].split()
            self.assertRegex(line[:title.index("SO FAR")].rstrip(), r"(%|–)$", line)
            self.assertGreaterEqual(len(now), 2, line)
            self.assertRegex(line[title.index("SO FAR"):], r"^(holds|wait|not yet|MISSED|–)", line)

    def look(self, columns, rows):
        terminal = self.watch(columns, rows)
        terminal.sees("[80/s]")
        terminal.until("two points", lambda: any(
            line.startswith(" done/s") and len(GRAPH.findall(line)) > 3
            for line in terminal.lines()))
        lines = terminal.lines()
        self.assertEqual(len(lines), rows)
        for line in lines:
            self.assertLessEqual(len(line), columns)
        self.assertRegex(lines[0], r"^ watched → http://127.0.0.1:\d+ +run \w{8} +00:0\d / 00:13 +"
                                   r"● recording$")
        self.assertRegex(lines[1], r"climb@40/s ▏\[80/s\]▏ .*stage 3 of 5 · 0:0\d left$")
        self.assertRegex(lines[2], r"^ ━+╸─+ +\d+ %$")
        self.assertIn("[q] stop & judge", lines[-1])
        self.check_objectives(lines)
        return terminal, lines

    def test_80_columns(self):
        _, lines = self.look(80, 24)
        self.check_signals(lines, ["offered/s", "done/s", "p99 ms", "errors %", "in flight"])
        self.assertNotIn("WORST AT", "\n".join(lines))

    def test_100_columns(self):
        _, lines = self.look(100, 30)
        axis = self.check_signals(lines, SIGNALS)
        self.assertGreaterEqual(axis[1] - axis[0], 60)  # the last minute
        self.assertIn("WORST AT", "\n".join(lines))
        note = next(line for line in lines if line.startswith(" p99 ms"))
        self.assertTrue(note.endswith("goal 800"), note)

    def test_200_columns(self):
        terminal, lines = self.look(200, 60)
        axis = self.check_signals(lines, SIGNALS)
        self.assertGreaterEqual(axis[1] - axis[0], 120)
        self.assertTrue(any("climb@80/s: 80.0/s for" in line for line in lines), lines)
        terminal.sees("HOLDS")  # to its end, with the summary on the normal screen
        self.ends(terminal, 0)

    def test_resize_while_it_runs(self):
        terminal = self.watch(100, 30)
        terminal.sees("holds")
        terminal.resize(80, 24)

        def is_whole():
            lines = terminal.lines()
            return (lines[0].startswith(" watched") and "WORST AT" not in "".join(lines)
                    and "\n SIGNAL" in "\n".join(lines) and lines[23].startswith(" [q] stop"))

        terminal.until("the smaller picture", is_whole)
        self.check_signals(terminal.lines(), ["done/s", "p99 ms"])
        terminal.resize(50, 10)
        terminal.sees("too small: 50x10")
        terminal.resize(120, 40)
        lines = terminal.sees("WORST AT")
        self.assertEqual(len(lines), 40)
        self.assertNotIn("too small", "\n".join(lines))
        terminal.keys("q")
        self.ends(terminal, 130)

    def test_plain_characters_and_no_colour(self):
        terminal = self.watch(100, 30, flags="--ascii", env={"NO_COLOR": "1"})
        terminal.sees("[80/s]")
        coloured = terminal.text("-e")
        self.assertTrue(coloured.isascii(), coloured)
        self.assertNotIn("\033[", coloured)
        self.assertIn("holds", coloured)
        terminal.keys("q")
        self.ends(terminal, 130)

    def test_colour(self):
        terminal = self.watch(100, 30)
        terminal.sees("holds")
        self.assertRegex(terminal.text("-e"), r"\033\[38;5;\d+m")


class Lines(LiveCase):
    def test_when_there_is_none(self):
        rows = {
            "flag": ("--no-live", {}),
            "quiet": ("--quiet", {}),
            "ci": ("", {"CI": "true"}),
            "dumb": ("", {"TERM": "dumb"}),
            "stderr": ("2>log", {}),
            "stream": ("--output ndjson", {}),
        }
        runs = {name: (self.watch(flags=flags, env=env, each="1s", rows=50, plan=SHORT), set())
                for name, (flags, env) in rows.items()}  # all at once: they only wait

        def over():
            for terminal, seen in runs.values():
                seen.add(terminal.state("alternate_on"))
            # Which verdict is not the point: six at once are in each other's way.
            return all(re.search(r"^exit=\d", terminal.text("-S", "-200"), re.M)
                       for terminal, _ in runs.values())

        wait_until("the end of all", over, every_s=0.1)
        for name, (_, seen) in runs.items():
            self.assertEqual(seen, {"0"}, name)


class Cost(LiveCase):
    """What goes over the wire to a terminal, byte by byte."""

    def start_on_pty(self, each, rows=30, columns=100):
        server = self.server()
        self.plan(SHORT.format(url=server.url, each=each))
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        out = self.folder / "out"

        def own_terminal():
            os.setsid()
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

        with out.open("w") as stdout:
            child = subprocess.Popen([PRONY, "run", "plan.yaml"], cwd=self.folder,
                                     env=dict(self.environment(), TERM="xterm"),
                                     stdin=subprocess.DEVNULL, stdout=stdout, stderr=theirs,
                                     preexec_fn=own_terminal)
        self.addCleanup(self.finish, child)
        os.close(theirs)
        return child, ours, out

    def test_only_changed_cells_four_times_a_second(self):
        child, ours, _ = self.start_on_pty("1s")
        bursts = []  # (when, bytes) with a pause before each
        last = 0.0
        while True:
            try:
                if not select.select([ours], [], [], PATIENCE_S)[0]:
                    break
                got = os.read(ours, 1 << 16)
            except OSError:
                break
            if not got:
                break
            now = time.monotonic()
            if now - last > 0.03:
                bursts.append([now, b""])
            bursts[-1][1] += got
            last = now
        self.assertEqual(child.wait(timeout=PATIENCE_S), 0)
        os.close(ours)
        drawn = [b for b in bursts if b"\033[" in b[1]]
        seconds = drawn[-1][0] - drawn[0][0]
        self.assertGreater(len(drawn), seconds)
        self.assertLessEqual(len(drawn), 4 * seconds + 4)
        text = b"".join(b for _, b in bursts)
        self.assertEqual(text.count(b"\033[?1049h"), 1)
        self.assertEqual(text.count(b"\033[?1049l"), 1)
        self.assertLessEqual(text.count(b"\033[2J"), 2)
        typical = sorted(len(b) for _, b in drawn)[len(drawn) // 2]
        self.assertLess(typical, 1500)  # a whole screen has 3000 cells

    def test_a_terminal_that_takes_nothing(self):
        """Nobody reads: the load goes on as planned, and the result is whole."""
        child, ours, out = self.start_on_pty("2s")
        code = child.wait(timeout=PATIENCE_S)
        os.close(ours)
        said = out.read_text()
        self.assertIn(code, (0, 3), said)  # 3: a busy machine, which puts all in doubt
        self.assertRegex(said, r"ENDED +[\d,]+ requests judged: [\d,]+ ok\n")
        result = json.loads(next(self.folder.glob(".prony/runs/*/result.json")).read_text())
        self.assertEqual(result["ended"], "complete", said)
        if code == 3:
            self.assertNotEqual(result["trust"]["level"], "valid", said)


if __name__ == "__main__":
    unittest.main()
