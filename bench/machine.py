"""Programs under measurement: started on a core of their choice, their CPU and memory taken from
the kernel, never from what they say about themselves. And nginx, the target of the comparisons."""
import os
import pathlib
import platform
import re
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATIENCE_S = 10

NGINX = """
daemon off;
worker_processes 1;
worker_rlimit_nofile 32768;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 16384; }}
http {{
    {log}
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    default_type application/json;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen 127.0.0.1:{port} {tls} backlog=8192;{certificate}
        location / {{ return 200 '{json}'; }}
        location /slow {{ limit_rate 100; return 200 '{json}'; }}
    }}
}}
"""
TLS = """
        ssl_protocols TLSv1.3;
        ssl_certificate {0};
        ssl_certificate_key {1};"""
SMALL_JSON = '{"id":"j-4711","state":"done","kind":"resize","work_ms":20}'


class Broken(Exception):
    """A measurement that could not be made. What a program did is said, not guessed."""


class Row:
    """A line of the table; `met` is None where there is no goal. `why`: what stands in the way of
    the goal, by other figures of the same run; said where it is not met."""

    def __init__(self, figure, goal, value, met=None, why=""):
        self.figure, self.goal, self.value, self.met, self.why = figure, goal, value, met, why


def built(name, folder="bench"):
    """A program of bench/ (or of that folder), which no other build needs."""
    done = subprocess.run([ROOT / "tools" / "build", "build", "--", f"{folder}/{name}"],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Broken(f"{name}.c does not build:\n{done.stdout}{done.stderr}")
    return ROOT / "build" / folder / name


def cores():
    """The cores we may use: the first is the generators', the last the target's."""
    return sorted(os.sched_getaffinity(0))


class Ended:
    """What a program used (user + system CPU of itself and its children) and what it printed."""

    def __init__(self, command, code, seconds, cpu_s, peak_bytes, out, err, first_err_s):
        self.command, self.code, self.seconds, self.cpu_s = command, code, seconds, cpu_s
        self.peak_bytes = peak_bytes  # largest resident set while it ran its own program
        self.out, self.err = out, err
        self.first_err_s = first_err_s  # start to the end of the first line on stderr; or None

    def must(self, *codes):
        if self.code not in codes:
            tail = "\n".join((self.out + self.err).splitlines()[-15:])
            raise Broken(f"{' '.join(map(str, self.command))}: exit {self.code}\n{tail}")
        return self


def peak_of(pid):
    """The kernel's high-water mark. ru_maxrss would not do: it remembers the parent before exec."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    mark = re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)
    return int(mark.group(1)) * 1024 if mark else 0


def read_lines(stream, lines, start):
    for line in stream:
        lines.append((time.monotonic() - start, line))


def measured(command, core=None, cwd=None, watch_memory=False):
    """Runs `command` to its end, on one `core` where given."""
    def pin():
        os.sched_setaffinity(0, {core})

    said = tempfile.TemporaryFile("w+")
    lines = []
    start = time.monotonic()
    child = subprocess.Popen([str(word) for word in command], cwd=cwd, text=True,
                             stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.PIPE,
                             preexec_fn=pin if core is not None else None)
    reader = threading.Thread(target=read_lines, args=(child.stderr, lines, start))
    reader.start()
    peak = 0
    pid = 0
    while watch_memory and pid == 0:
        peak = max(peak, peak_of(child.pid))
        time.sleep(0.02)
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
    if pid == 0:
        _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)  # so that Popen does not wait for it
    reader.join()
    child.stderr.close()
    said.seek(0)
    with said:
        out = said.read()
    return Ended(command, child.returncode, seconds, usage.ru_utime + usage.ru_stime, peak, out,
                 "".join(line for _, line in lines), lines[0][0] if lines else None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    """One worker on its own core, in a private folder; a small JSON at / and, sent bit by bit over
    two seconds or so, at /slow."""

    def __init__(self, folder, core, tls=None, log=False):
        """`tls`: (certificate, key); then it speaks TLS 1.3 alone. `log`: `ends` has the moment of
        each reply."""
        self.port = free_port()
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}/"
        self.folder = pathlib.Path(folder) / "nginx"
        self.folder.mkdir()
        self.folder.chmod(0o755)
        conf = self.folder / "nginx.conf"
        self.ends = self.folder / "ends"
        logging = "access_log off;"
        if log:
            logging = f"log_format end '$msec'; access_log {self.ends} end;"
        conf.write_text(NGINX.format(port=self.port, json=SMALL_JSON, tls="ssl" if tls else "",
                                     log=logging,
                                     certificate=TLS.format(*tls) if tls else ""))
        self.log = open(self.folder / "log", "w+")
        self.child = subprocess.Popen(["nginx", "-e", "stderr", "-p", self.folder, "-c", conf],
                                      stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                      preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        end = time.monotonic() + PATIENCE_S
        while not self.answers():
            if self.child.poll() is not None or time.monotonic() > end:
                self.log.seek(0)
                raise Broken(f"nginx does not start: {self.log.read()}")
            time.sleep(0.02)

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self):
        if self.child.poll() is None:
            self.child.terminate()
        self.child.wait()
        self.log.close()


def stolen():
    """(stolen, all) CPU time of this machine so far, in the kernel's units."""
    numbers = [int(n) for n in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return numbers[7], sum(numbers)


def facts():
    """What a reader must know of the machine; nothing that tells whose it is."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.+)$", text, re.M)
    memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return {
        "cores": len(cores()),
        "cpu": model.group(1) if model else platform.machine(),
        "memory_gib": int(memory.group(1)) / 2**20,
        "kernel": re.match(r"[\d.]*", platform.release()).group(0),
    }


def version_of(command):
    """The first version number in what a program says about itself."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return "?"
    found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return found.group(0) if found else "?"
