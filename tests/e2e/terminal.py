"""prony in a terminal of tmux: keys pressed, screens looked at.

tmux keeps the picture that a terminal would show, knows whether the alternate screen is on and the
cursor visible, and has a shell below prony: what a person would be left with.
"""
import shlex
import subprocess

from harness import PATIENCE_S, PRONY, Case, wait_until

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
        # What is typed before the shell reads may be lost.
        self.until("a shell", lambda: self.lines()[0].startswith("ready>"))
        self.type(f"cd {shlex.quote(str(case.folder))}; clear")
        # A dumb terminal clears nothing.
        self.until("a prompt", lambda: self.text().split("\n\n")[0].endswith("\nready>")
                   or self.text().strip() == "ready>")

    def tmux(self, *args):
        done = subprocess.run(["tmux", "-S", str(self.socket), *args], capture_output=True,
                              text=True, timeout=PATIENCE_S)
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

    def until(self, what, condition):
        """As wait_until(), but each look at the screen is a program of its own, so it looks less
        often: ten times as often as prony draws."""
        wait_until(what, condition, every_s=0.025)

    def sees(self, words):
        """Also what has scrolled out of the normal screen; the alternate one has no such past."""
        self.until(f"{words!r} on the screen", lambda: words in self.text("-S", "-200"))
        return self.lines()


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
