"""The live view as a person sees it: prony in a terminal of tmux, keys pressed, screens looked at.

tmux keeps the picture that a terminal would show, knows whether the alternate screen is on and the
cursor visible, and has a shell below prony: what a person would be left with.
"""
import ctypes
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import termios
import time
import unicodedata
import unittest

from harness import PRONY, REPLY, SANITIZED, Case, wait_until

PLAN = """plan: 1
name: watched
target: {url}
scenarios:
  browse: {{ steps: [ GET /products ] }}
load:
  warmup: {{ rate: 20/s, for: 1s }}
  stages:
    - {{ name: climb, rate: 40/s..120/s, step: 40/s, each: {each} }}
    - {{ name: crowd, users: 4, think: 50ms, for: {each} }}
objectives:
  - p95 < 500ms
  - p99 < 800ms
  - max < 5s
  - errors < 1%
  - throughput > 10/s
"""
SHORT = PLAN[:PLAN.index("objectives:")] + "objectives: [ max < 5s ]\n"  # a few seconds can say it
FAILURE = (b"HTTP/1.1 503 Busy\r\nSet-Cookie: session=verysecret\r\nContent-Type: text/plain\r\n"
           b"Content-Length: 8\r\n\r\nno room\n")
SIGNALS = ("offered/s", "done/s", "p50 ms", "p95 ms", "p99 ms", "errors %", "in flight", "users",
           "our lag ms", "our CPU %")
GRAPH = re.compile("[▁▂▃▄▅▆▇█]")


class Terminal:
    """A terminal with a shell in it."""

    def __init__(self, case, columns, rows, env=None):
        self.socket = case.folder / f"tmux-{len(list(case.folder.iterdir()))}"
        shell_env = {**case.environment(), "TERM": "xterm-256color", "PS1": "ready> "}
        shell_env.update(env or {})
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                  "env", "-i", *(f"{k}={v}" for k, v in shell_env.items()),
                  "bash", "--norc", "--noprofile")
        case.addCleanup(self.tmux, "kill-server")
        self.tmux("set", "-g", "default-terminal", "tmux-256color")
        self.type(f"cd {shlex.quote(str(case.folder))}; clear")
        wait_until("a shell", lambda: self.lines()[0].startswith("ready>"))

    def tmux(self, *args):
        done = subprocess.run(["tmux", "-S", str(self.socket), *args], capture_output=True,
                              text=True, timeout=30)
        return done.stdout

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, line):
        self.tmux("send-keys", "-l", line)
        self.keys("Enter")

    def lines(self, *args):
        return self.tmux("capture-pane", "-p", *args).split("\n")[:-1]

    def text(self, *args):
        return "\n".join(self.lines(*args))

    def state(self, name):
        return self.tmux("display-message", "-p", "#{" + name + "}").strip()

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def sees(self, words, patience_s=30):
        """Also what has scrolled out of the normal screen; the alternate one has no such past."""
        wait_until(f"{words!r} on the screen", lambda: words in self.text("-S", "-200"), patience_s)
        return self.lines()


def column_of(line, words):
    """Where words begin, in columns of the terminal."""
    assert words in line, (line, words)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in line[:line.index(words)])


class LiveCase(Case):
    def watch(self, columns=100, rows=30, behave=None, each="3s", plan=PLAN, flags="", env=None):
        server = self.server(behave)
        self.plan(plan.format(url=server.url, each=each))
        terminal = Terminal(self, columns, rows, env)
        terminal.type(f"{shlex.quote(PRONY)} run plan.yaml {flags}; echo exit=$?")
        return terminal

    def ends(self, terminal, code):
        """The view is gone, the shell is back and usable, and the exit code is on it."""
        terminal.sees(f"exit={code}")
        self.assertEqual(terminal.state("alternate_on"), "0")
        self.assertEqual(terminal.state("cursor_flag"), "1")
        terminal.type("clear; stty -a | tr ' ' '\\n' | grep -xE '.?(echo|icanon|isig|ixon);?'"
                      " | tr '\\n' ' '; echo; echo re''stored")
        lines = terminal.sees("restored")
        settings = [line for line in lines if "icanon" in line]
        self.assertEqual(settings[-1:] and sorted(settings[-1].split()),
                         ["echo", "icanon", "isig", "ixon"], lines)


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
        wait_until("two points", lambda: any(
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

        wait_until("the smaller picture", is_whole)
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


class Keys(LiveCase):
    def test_stop_drains_and_judges(self):
        terminal = self.watch(each="20s")
        terminal.sees("holds")
        terminal.keys("q")
        terminal.sees("stopped by q at")
        self.ends(terminal, 130)

    def test_twice_leaves_at_once(self):
        def hang(connection, number):
            if number > 50:
                time.sleep(60)
            connection.sendall(REPLY)

        terminal = self.watch(each="20s", behave=hang)
        terminal.sees("[climb@40/s]")
        wait_until("some requests to hang", lambda: re.search(r"in flight +([2-9]|\d\d)",
                                                              terminal.text()))
        terminal.keys("q")
        terminal.sees("stopping: nothing new is sent")
        terminal.sees("draining")
        terminal.keys("q")
        self.ends(terminal, 130)

    def test_ctrl_c_is_the_same(self):
        terminal = self.watch(each="20s")
        terminal.sees("holds")
        terminal.keys("C-c")
        terminal.sees("interrupted at")
        self.ends(terminal, 130)

    def test_errors_with_a_masked_sample(self):
        def fail_often(connection, number):
            connection.sendall(FAILURE if number % 4 == 0 else REPLY)

        terminal = self.watch(behave=fail_often, each="20s")
        terminal.sees("MISSED")
        terminal.keys("e")
        lines = terminal.sees("FIRST OF EACH KIND")
        title = next(line for line in lines if "OUTCOME" in line)
        row = next(line for line in lines if line.startswith(" ✗ status"))
        for name in ("COUNT", "SHARE", "FIRST AT"):
            end = title.index(name) + len(name)
            self.assertNotEqual(row[end - 1], " ", (title, row))
        self.assertRegex(row, r"2\d(\.\d+)? %")
        text = "\n".join(lines)
        self.assertRegex(text, r"✗ GET /products · status 503 · 00:0\d in ")
        self.assertIn("no room", text)
        self.assertNotIn("verysecret", text)
        terminal.keys("e")
        terminal.sees("SIGNAL")
        terminal.keys("q")
        self.ends(terminal, 130)

    def test_help_and_back(self):
        terminal = self.watch(each="20s")
        terminal.sees("[q] stop & judge")
        terminal.keys("?")
        terminal.sees("this page; Esc leads back")
        terminal.keys("Escape")
        terminal.sees("SIGNAL")
        terminal.keys("o")
        wait_until("objectives only", lambda: "SIGNAL" not in terminal.text()
                   and "OBJECTIVE" in terminal.text())
        terminal.keys("Up")  # sends several bytes, none of which is a key of ours
        terminal.keys("x")
        terminal.sees("no such key")
        terminal.keys("q")
        self.ends(terminal, 130)

    def test_stop_and_go_on(self):
        terminal = self.watch(each="4s")
        terminal.sees("holds")
        terminal.keys("C-z")
        terminal.sees("Stopped")
        self.assertEqual(terminal.state("alternate_on"), "0")
        self.assertEqual(terminal.state("cursor_flag"), "1")
        terminal.type("bg")  # in the background it draws nothing
        time.sleep(0.6)
        terminal.type("echo still $((40 + 2))")
        terminal.sees("still 42")
        self.assertEqual(terminal.state("alternate_on"), "0")
        terminal.type("fg")
        terminal.sees("[q] stop & judge")
        terminal.sees("by Ctrl-Z: nothing was sent then")
        terminal.keys("q")
        wait_until("the shell", lambda: terminal.state("alternate_on") == "0")
        terminal.sees("stopped by q at")


class Steering(LiveCase):
    """p, + and -: what becomes of the load, of the verdict, and of a replay."""
    PLAN = SHORT.replace("40/s..120/s, step: 40/s", "40/s..80/s, step: 40/s").replace(
        "    - {{ name: crowd, users: 4, think: 50ms, for: {each} }}\n", "")

    def ran(self):
        """result.json, and the same made from the run file, which must not differ."""
        result = json.loads((self.run_folder() / "result.json").read_text())
        replayed = self.prony("report", "last", "--output", "json").json()
        self.assertEqual(result, replayed)
        return result, {stage["name"]: stage for stage in result["stages"]}

    def test_hold_and_release(self):
        terminal = self.watch(plan=self.PLAN, each="3s")
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
        self.assertAlmostEqual(stages["climb@40/s"]["seconds"], 3, places=6)
        self.assertAlmostEqual(stages["climb@80/s"]["seconds"], 3, places=6)
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
        wait_until("the keys to be named again", lambda: "[q] stop" in terminal.lines()[-1])
        terminal.keys("-")
        terminal.sees("- again to change the rate")
        self.ends(terminal, 0)
        result, stages = self.ran()
        self.assertFalse(result["steered"])
        self.assertEqual(list(stages), ["warmup", "climb@40/s", "climb@80/s"])
        self.assertEqual(result["verdict"], "holds")

    def test_users_have_no_rate_to_ask_about(self):
        terminal = self.watch(each="3s")
        terminal.sees("[crowd]")
        terminal.keys("+", "+")
        terminal.sees("users have no rate to change")
        terminal.keys("q")
        self.ends(terminal, 130)

    def test_slower_and_users_have_no_rate(self):
        terminal = self.watch(each="3s")
        terminal.sees("[climb@40/s]")
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


def worker_of(pid):
    """A thread that is not main and is connected; the kernel lists only its own descriptors."""
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            links = [os.readlink(fd) for fd in (thread / "fd").iterdir()]
        except FileNotFoundError:  # closed while we looked
            continue
        talks = any(link.startswith("socket:") for link in links)
        if thread.name != str(pid) and talks and any("eventpoll" in link for link in links):
            return int(thread.name)
    return None


def kill_worker(pid, number):
    found = []
    wait_until("a worker to be connected", lambda: found.append(worker_of(pid)) or found[-1])
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.tgkill(pid, found[-1], number) != 0:
        raise OSError(ctypes.get_errno(), "tgkill")


class Ends(LiveCase):
    def prony_pid(self, terminal):
        shell = terminal.state("pane_pid")
        found = subprocess.run(["ps", "--ppid", shell, "-o", "pid=,comm="], capture_output=True,
                               text=True).stdout.split("\n")
        return int(next(line for line in found if "prony" in line).split()[0])

    def kill(self, number, code, words="", how=os.kill):
        terminal = self.watch(each="20s")
        terminal.sees("[q] stop & judge")
        self.assertEqual(terminal.state("alternate_on"), "1")
        self.assertEqual(terminal.state("cursor_flag"), "0")
        how(self.prony_pid(terminal), number)
        if words:
            terminal.sees(words)
        self.ends(terminal, code)

    def test_sigterm(self):
        self.kill(signal.SIGTERM, 143, "interrupted at")

    def test_crash(self):
        self.kill(signal.SIGSEGV, 134 if SANITIZED else 139)  # a sanitizer aborts

    @unittest.skipIf("build-tsan" in str(PRONY), "TSan keeps a signal from outside until a call of "
                     "libc that it intercepts, and a worker makes none")
    def test_a_worker_crashes(self):
        """It has descriptors of its own, and the terminal must be among them."""
        self.kill(signal.SIGSEGV, 134 if SANITIZED else 139, how=kill_worker)

    def test_abort(self):
        self.kill(signal.SIGABRT, 134)

    def test_quit(self):
        self.kill(signal.SIGQUIT, 131)

    def test_abort_when(self):
        plan = PLAN + "abort_when: errors > 50% for 1s\n"
        terminal = self.watch(plan=plan, each="20s",
                              behave=lambda connection, number: connection.sendall(FAILURE))
        self.ends(terminal, 5)

    def test_nobody_answers(self):
        terminal = self.watch(each="20s", behave=lambda connection, number: False)
        self.ends(terminal, 4)


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

        wait_until("the end of all", over)
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
                if not select.select([ours], [], [], 30)[0]:
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
        self.assertEqual(child.wait(timeout=30), 0)
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
        self.assertEqual(child.wait(timeout=60), 0)
        os.close(ours)
        self.assertIn("HOLDS", out.read_text())
        self.assertNotIn("suspect", out.read_text())


if __name__ == "__main__":
    unittest.main()
