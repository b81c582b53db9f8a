"""The ways in which hostile_server.py misbehaves, by name.

A behaviour is a function of one exchange: it sends what it likes and says what becomes of the
connection: KEEP, CLOSE (orderly) or RESET. It waits by `x.rest()`, which ends with the server.
"""
import itertools
import time
import urllib.parse

KEEP, CLOSE, RESET = "keep", "close", "reset"
CUT = "cut"  # without TLS's close_notify; else as CLOSE
HOLD_S = 60  # how long "never" is, unless the server is closed before
MAX_BODY = 1 << 26

BEHAVIOURS = {}  # name -> Behaviour, in the order of this file


class Behaviour:
    def __init__(self, name, outcomes, act):
        self.name, self.outcomes, self.act = name, tuple(outcomes.split()), act
        self.about = act.__doc__.strip()


def behaviour(name, outcomes):
    def note(act):
        assert name not in BEHAVIOURS, name
        BEHAVIOURS[name] = Behaviour(name, outcomes, act)
        return act
    return note


def head(status="200 OK", *lines, version="1.1"):
    return ("\r\n".join([f"HTTP/{version} {status}", *lines]) + "\r\n\r\n").encode("latin-1")


def reply(body=b"ok\n", status="200 OK", *lines, version="1.1"):
    return head(status, f"Content-Length: {len(body)}", *lines, version=version) + body


CHUNKED = head("200 OK", "Transfer-Encoding: chunked")


class Exchange:
    """One request and the way to answer it."""

    def __init__(self, server, connection, method, target, body, number):
        self.server, self.connection = server, connection
        self.method, self.target, self.body = method, target, body
        self.number = number  # of this request on its connection, from 1
        query = urllib.parse.urlsplit(server.forced or target).query
        self.options = dict(urllib.parse.parse_qsl(query))

    def option(self, name, default):
        return int(self.options.get(name, default))

    def send(self, data):
        self.connection.sendall(data)

    def rest(self, seconds=HOLD_S):
        """Waits; False when the server is closing."""
        return not self.server.stopping.wait(seconds)

    def wait_for_leave(self):
        """Waits until the client goes, the server closes or HOLD_S are over."""
        end = time.monotonic() + HOLD_S
        self.connection.settimeout(0.05)
        while time.monotonic() < end and not self.server.stopping.is_set():
            try:
                if not self.connection.recv(65536):
                    return
            except TimeoutError:
                pass


# --- good, or slow but good ---------------------------------------------------------------------

@behaviour("ok", "ok")
def ok(x):
    """a small reply with a length; the connection is kept"""
    x.send(reply())
    return KEEP


@behaviour("ok-chunked", "ok")
def ok_chunked(x):
    """a chunked reply with an extension and a trailer"""
    x.send(CHUNKED + b"3;a=b\r\nok\n\r\n0\r\nX-Sum: 1\r\n\r\n")
    return KEEP


@behaviour("slow-head", "ok timeout")
def slow_head(x):
    """nothing for `ms` (200), then a good reply"""
    x.rest(x.option("ms", 200) / 1000)
    x.send(reply())
    return KEEP


@behaviour("slow-body", "ok timeout")
def slow_body(x):
    """the head at once, the body in `parts` (4) of `ms` (50) each"""
    parts = x.option("parts", 4)
    x.send(head("200 OK", f"Content-Length: {parts}"))
    for _ in range(parts):
        x.rest(x.option("ms", 50) / 1000)
        x.send(b"x")
    return KEEP


@behaviour("drip", "ok timeout")
def drip(x):
    """a good reply, one byte at a time, `us` (500) microseconds apart"""
    for byte in reply():
        x.send(bytes([byte]))
        x.rest(x.option("us", 500) / 1e6)
    return KEEP


@behaviour("drip-chunked", "ok timeout")
def drip_chunked(x):
    """a chunked reply, one byte at a time"""
    for byte in CHUNKED + b"1\r\no\r\n2\r\nk\n\r\n0\r\n\r\n":
        x.send(bytes([byte]))
        x.rest(x.option("us", 500) / 1e6)
    return KEEP


@behaviour("invalid-utf8", "ok")
def invalid_utf8(x):
    """JSON whose string is no UTF-8: a byte that never stands in it, a character cut short, one
    too long for what it says, half a surrogate pair; and the same in a header"""
    wrong = b"\xff\xc3(\xc0\xaf\xed\xa0\x80"
    body = b'{"name": "' + wrong + b'"}'
    x.send(b"HTTP/1.1 200 OK\r\nX-Name: " + wrong
           + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    return KEEP


@behaviour("large-body", "ok")
def large_body(x):
    """a body of `bytes` (1 MiB)"""
    x.send(reply(b"x" * x.option("bytes", 1 << 20)))
    return KEEP


@behaviour("continue-first", "ok")
def continue_first(x):
    """100 Continue, then 200"""
    x.send(head("100 Continue") + reply())
    return KEEP


@behaviour("early-hints", "ok")
def early_hints(x):
    """103 with headers, a pause, then 200"""
    x.send(head("103 Early Hints", "Link: </a.css>; rel=preload"))
    x.rest(0.02)
    x.send(reply())
    return KEEP


@behaviour("no-content", "ok")
def no_content(x):
    """204 without length; the connection is kept"""
    x.send(head("204 No Content"))
    return KEEP


@behaviour("not-modified", "ok")
def not_modified(x):
    """304 that carries a Content-Length and no body"""
    x.send(head("304 Not Modified", "Content-Length: 5000", 'ETag: "x"'))
    return KEEP


@behaviour("http10", "ok")
def http10(x):
    """HTTP/1.0, the body ends with the connection"""
    x.send(head(version="1.0") + b"all of it\n")
    return CLOSE


@behaviour("http10-kept", "ok")
def http10_kept(x):
    """HTTP/1.0 with Connection: keep-alive and a length"""
    x.send(reply(b"ok\n", "200 OK", "Connection: keep-alive", version="1.0"))
    return KEEP


@behaviour("until-close", "ok")
def until_close(x):
    """HTTP/1.1 without any framing: the body ends with the connection"""
    x.send(head() + b"all of it\n")
    return CLOSE


@behaviour("bare-lf", "ok")
def bare_lf(x):
    """line ends without CR"""
    x.send(reply().replace(b"\r\n", b"\n"))
    return KEEP


@behaviour("huge-header", "ok")
def huge_header(x):
    """one header line of 12 KiB: large, but within the limits"""
    x.send(reply(b"ok\n", "200 OK", "Set-Cookie: " + "c" * 12288))
    return KEEP


@behaviour("says-close", "ok")
def says_close(x):
    """Connection: close on every reply"""
    x.send(reply(b"ok\n", "200 OK", "Connection: close"))
    return CLOSE


@behaviour("close-every", "ok")
def close_every(x):
    """keeps the connection for `k` (3) replies and says close on the last of them"""
    last = x.number % x.option("k", 3) == 0
    x.send(reply(b"ok\n", "200 OK", "Connection: close" if last else "Connection: keep-alive"))
    return CLOSE if last else KEEP


@behaviour("close-idle", "ok reset")
def close_idle(x):
    """closes after every `k` (3) replies without having said so"""
    x.send(reply())
    return CLOSE if x.number % x.option("k", 3) == 0 else KEEP


# --- statuses -----------------------------------------------------------------------------------

@behaviour("error-500", "status")
def error_500(x):
    """500 with a body"""
    x.send(reply(b"broken\n", "500 Internal Server Error"))
    return KEEP


@behaviour("error-503", "status")
def error_503(x):
    """503 with Retry-After, and close"""
    x.send(reply(b"later\n", "503 Service Unavailable", "Retry-After: 1", "Connection: close"))
    return CLOSE


@behaviour("flaky", "ok status")
def flaky(x):
    """500 for every `n`th (5th) request of the server, else good"""
    x.send(reply(b"", "500 Sometimes") if x.server.requests % x.option("n", 5) == 0 else reply())
    return KEEP


# --- connections that break ---------------------------------------------------------------------

@behaviour("reset", "reset")
def reset(_):
    """a reset instead of an answer"""
    return RESET


@behaviour("reset-in-body", "reset")
def reset_in_body(x):
    """half of the body, then a reset"""
    x.send(head("200 OK", "Content-Length: 1000") + b"x" * 500)
    x.rest(0.02)  # a reset may overtake data that was not read
    return RESET


@behaviour("close", "reset protocol")
def close(_):
    """an orderly end instead of an answer"""
    return CLOSE


@behaviour("close-in-head", "reset protocol")
def close_in_head(x):
    """the connection ends inside a header line"""
    x.send(b"HTTP/1.1 200 OK\r\nContent-Le")
    return CLOSE


@behaviour("close-in-body", "reset protocol")
def close_in_body(x):
    """the connection ends before Content-Length is reached"""
    x.send(head("200 OK", "Content-Length: 1000") + b"half")
    return CLOSE


@behaviour("close-in-chunk", "reset protocol")
def close_in_chunk(x):
    """the connection ends inside a chunk"""
    x.send(CHUNKED + b"ff\r\nhalf")
    return CLOSE


@behaviour("close-before-last-chunk", "reset protocol")
def close_before_last_chunk(x):
    """all data, but not the chunk that ends it"""
    x.send(CHUNKED + b"3\r\nok\n\r\n")
    return CLOSE


@behaviour("refuse-after", "ok refused reset protocol")
def refuse_after(x):
    """`n` (10) replies of the server, then nobody listens any more"""
    x.send(reply(b"ok\n", "200 OK", "Connection: close"))
    if x.server.requests >= x.option("n", 10):
        x.server.stop_listening()
    return CLOSE


@behaviour("cut", "ok reset")
def cut(x):
    """a body that the connection ends: without close_notify, where that is TLS, nobody knows
    whether it is all"""
    x.send(head() + b"all of it?\n")
    return CUT


# --- waits without end --------------------------------------------------------------------------

@behaviour("never", "timeout")
def never(x):
    """reads the request and never answers"""
    x.wait_for_leave()
    return CLOSE


@behaviour("deaf", "timeout")
def deaf(x):
    """accepts, reads no further byte and never answers (with --behaviour: no byte at all)"""
    x.rest()
    return CLOSE


@behaviour("stall-in-head", "timeout")
def stall_in_head(x):
    """a part of the head, then nothing"""
    x.send(b"HTTP/1.1 200 OK\r\nContent-")
    x.wait_for_leave()
    return CLOSE


@behaviour("stall-in-body", "timeout")
def stall_in_body(x):
    """a Content-Length that is too long on a connection that stays open"""
    x.send(head("200 OK", "Content-Length: 1000") + b"short")
    x.wait_for_leave()
    return CLOSE


@behaviour("endless-body", "timeout")
def endless_body(x):
    """chunks, without end"""
    x.send(CHUNKED)
    while x.rest(0.001):
        x.send(b"400\r\n" + b"x" * 1024 + b"\r\n")
    return CLOSE


# --- not HTTP, or broken HTTP -------------------------------------------------------------------

@behaviour("garbage", "protocol")
def garbage(x):
    """bytes that are no HTTP"""
    x.send(bytes(range(256)))
    return CLOSE


@behaviour("tls-alert", "protocol")
def tls_alert(x):
    """what a TLS server says to plain HTTP"""
    x.send(b"\x15\x03\x01\x00\x02\x02\x46")
    return CLOSE


@behaviour("http2", "protocol")
def http2(x):
    """an HTTP/2 settings frame"""
    x.send(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
    x.wait_for_leave()
    return CLOSE


@behaviour("switching", "protocol")
def switching(x):
    """101, which nobody asked for"""
    x.send(head("101 Switching Protocols", "Upgrade: h2c", "Connection: upgrade"))
    x.wait_for_leave()
    return CLOSE


@behaviour("endless-head", "protocol reset")
def endless_head(x):
    """header lines without end"""
    x.send(b"HTTP/1.1 200 OK\r\n")
    for n in itertools.count():
        if not x.rest(0 if n % 64 else 0.001):
            break
        x.send(b"X-%d: y\r\n" % n)
    return CLOSE


@behaviour("endless-line", "protocol reset")
def endless_line(x):
    """a header line without end"""
    x.send(b"HTTP/1.1 200 OK\r\nX: ")
    while x.rest(0.001):
        x.send(b"y" * 1024)
    return CLOSE


@behaviour("surplus", "protocol ok")
def surplus(x):
    """more bytes than Content-Length says: the first reply may count, the connection may not"""
    x.send(head("200 OK", "Content-Length: 2") + b"ok and more")
    return KEEP


@behaviour("unasked", "protocol ok")
def unasked(x):
    """a second reply nobody asked for"""
    x.send(reply() + reply(b"forged\n"))
    return KEEP


def broken_head(name, about, *lines, body=b"ok\n"):
    """One more behaviour: a head that HTTP forbids."""
    def act(x):
        x.send(head("200 OK", *lines) + body)
        x.wait_for_leave()
        return CLOSE
    act.__doc__ = about
    behaviour(name, "protocol")(act)


broken_head("two-lengths", "two different lengths", "Content-Length: 3", "Content-Length: 4")
broken_head("negative-length", "a length below zero", "Content-Length: -3")
broken_head("huge-length", "a length beyond 64 bits", "Content-Length: 99999999999999999999")
broken_head("folded", "a folded header line", "X: a", " b", "Content-Length: 3")
broken_head("space-colon", "a space before the colon", "Content-Length : 3")
broken_head("nul-header", "a NUL in a header", "X: a\0b", "Content-Length: 3")
broken_head("no-colon", "a header line without a colon", "Content-Length 3")
broken_head("gzip-coding", "a transfer coding nobody asked for", "Transfer-Encoding: gzip, chunked")
broken_head("bad-chunk-size", "a chunk size that is no number", "Transfer-Encoding: chunked",
            body=b"five\r\nhello\r\n0\r\n\r\n")
broken_head("chunk-overflow", "a chunk size beyond 64 bits", "Transfer-Encoding: chunked",
            body=b"fffffffffffffffff\r\nx")
broken_head("bad-chunk-end", "a chunk longer than it says", "Transfer-Encoding: chunked",
            body=b"2\r\nabc\r\n0\r\n\r\n")
