"""The live view used and left: its keys, and its end by signals, crashes and verdicts."""
import ctypes
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

from harness import PRONY, REPLY, SANITIZED, wait_until
from terminal import FAILURE, PLAN, LiveCase


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
        terminal.until("some requests to hang", lambda: re.search(r"in flight +([2-9]|\d\d)",
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
        terminal.until("objectives only", lambda: "SIGNAL" not in (text := terminal.text())
                       and "OBJECTIVE" in text)
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
        terminal.until("the shell", lambda: terminal.state("alternate_on") == "0")
        terminal.sees("stopped by q at")


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

if __name__ == "__main__":
    unittest.main()
