"""TLS 1.3 on kept connections: prony against wrk, in blocks that take turns. The certificate is
made for the run; wrk believes any, prony verifies it, once for each of its connections."""
import statistics
import subprocess

from machine import Nginx, cores, version_of

GOAL = 0.9


def make_certificate(folder):
    cert, key = folder / "bench.pem", folder / "bench.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert,
                    "-days", "30", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return cert, key


def rows_of(rounds, row):
    all_of = [prony / wrk for (prony, _), (wrk, _) in rounds]
    middle = statistics.median(all_of)
    alone = statistics.median(prony for (prony, _), _ in rounds)
    return [row("CPU per TLS 1.3 request on a kept connection, prony / wrk", f"<= {GOAL:.2f}",
                f"{middle:.2f} ({min(all_of):.2f} to {max(all_of):.2f})", middle <= GOAL,
                f"prony takes {alone:.2f} us a request, wrk "
                f"{statistics.median(wrk for _, (wrk, _) in rounds):.2f} us, over one library"),
            row("CPU per TLS 1.3 request, prony alone", None, f"{alone:.2f} us")]


def text_of(rounds, seconds):
    lines = ["## TLS 1.3 on kept connections, round by round", "",
             f"As CPU per request, over TLS; blocks of {seconds} s with their handshakes. "
             f"{version_of(['openssl', 'version'])}.", "",
             "| round | prony us | wrk us | prony / wrk |", "|---:|---:|---:|---:|"]
    for i, ((prony, _), (wrk, _)) in enumerate(rounds):
        lines.append(f"| {i + 1} | {prony:.2f} | {wrk:.2f} | {prony / wrk:.3f} |")
    return lines


def kept_connections(folder, options, say, tools_of, row):
    cert, key = make_certificate(folder)
    nginx = Nginx(folder, cores()[-1], tls=(cert, key))
    try:
        prony, wrk = tools_of(folder, "--cacert", cert)
        rounds = []
        for i in range(options.rounds):
            first, second = (prony, wrk) if i % 2 == 0 else (wrk, prony)
            done = {tool.name: tool.cost(nginx, options.seconds) for tool in (first, second)}
            rounds.append((done["prony"], done["wrk"]))
            say(f"  round {i + 1}: prony {done['prony'][0]:.2f} us · wrk {done['wrk'][0]:.2f} us")
    finally:
        nginx.stop()
    return rows_of(rounds, row), text_of(rounds, options.seconds)
