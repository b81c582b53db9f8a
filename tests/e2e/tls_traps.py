"""What can happen to a TLS client before the first request: traps that a server lays.

A trap gets the server and an accepted connection, and returns what becomes of the connection, as a
behaviour of hostile_ways.py does.
"""
import os
import socket
import ssl

HOLD_S = 60
TRAPS = {}  # name -> trap


def trap(act):
    TRAPS[act.__name__.replace("_", "-")] = act
    return act


def read_hello(connection):
    return connection.recv(65536)


@trap
def stall(server, connection):
    """reads the client's hello and says nothing"""
    read_hello(connection)
    server.stopping.wait(HOLD_S)
    return "close"


@trap
def close(_, connection):
    read_hello(connection)
    return "close"


@trap
def reset(_, connection):
    read_hello(connection)
    return "reset"


@trap
def garbage(_, connection):
    read_hello(connection)
    connection.sendall(bytes(range(64, 128)) * 20)
    return "close"


@trap
def plain(_, connection):
    """what a web server without TLS says to a hello"""
    read_hello(connection)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    return "close"


@trap
def alert(_, connection):
    """a fatal alert: handshake failure"""
    read_hello(connection)
    connection.sendall(b"\x15\x03\x03\x00\x02\x02\x28")
    return "close"


@trap
def old(_, connection):
    """a server's hello of TLS 1.0"""
    read_hello(connection)
    hello = b"\x03\x01" + os.urandom(32) + b"\x00" + b"\x00\x2f" + b"\x00"
    message = b"\x02" + len(hello).to_bytes(3, "big") + hello
    connection.sendall(b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message)
    return "close"


@trap
def half(server, connection):
    """the head of a record whose rest never comes"""
    read_hello(connection)
    connection.sendall(b"\x16\x03\x03\x10\x00\x02\x00")
    server.stopping.wait(HOLD_S)
    return "close"


def shaken(server, connection):
    """A connection that came through its handshake and has its first request."""
    wrapped = server.tls.wrap_socket(connection, server_side=True, suppress_ragged_eofs=True)
    wrapped.recv(65536)
    return wrapped


@trap
def damaged(server, connection):
    """a record that nobody can decrypt, instead of a reply"""
    wrapped = shaken(server, connection)
    os.write(wrapped.fileno(), b"\x17\x03\x03\x00\x40" + os.urandom(64))
    server.stopping.wait(0.2)
    os.close(wrapped.detach())
    return "close"


@trap
def plain_reply(server, connection):
    """a reply in plain text after the handshake"""
    wrapped = shaken(server, connection)
    os.write(wrapped.fileno(), b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
    server.stopping.wait(0.2)
    os.close(wrapped.detach())
    return "close"


@trap
def half_record(server, connection):
    """the connection ends inside a record: its FIN comes in one packet with the last bytes"""
    wrapped = shaken(server, connection)
    wrapped.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    os.write(wrapped.fileno(), b"\x17\x03\x03\x01\x00" + os.urandom(64))
    os.close(wrapped.detach())
    return "close"


def context(folder, name="good", **options):
    """A server's context with the certificate `name` of certificates.make()."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    if options.get("clients"):  # only those with a certificate of the CA
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(folder / "ca.pem")
    if "version" in options:
        made.minimum_version = made.maximum_version = options["version"]
    return made
