#!/usr/bin/python3
"""The forms of a result: CSV, NDJSON, JUnit and Markdown of made-up runs.

    forms_test.py PRINTER GOLDEN JUNIT_XSD DOCS

PRINTER FORM SAMPLE [hostile] prints one. PRONY_UPDATE_GOLDEN=1 writes the expected texts anew.
"""
import csv
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

import jsonschema

SAMPLES = ["holds", "missed", "inconclusive", "invalid", "not_judged", "interrupted", "preflight",
           "service_died"]
GOLDENS = [("missed", "markdown", "md"), ("inconclusive", "markdown", "md"),
           ("invalid", "markdown", "md"), ("preflight", "markdown", "md"),
           ("missed", "junit", "xml"), ("inconclusive", "junit", "xml"),
           ("inconclusive", "junit-lenient", "xml"), ("invalid", "junit", "xml"),
           ("preflight", "junit", "xml"), ("missed", "csv", "csv"), ("missed", "ndjson", "ndjson")]
checks = []


def check(name, holds, why=""):
    checks.append((name, bool(holds), str(why)))


def said(printer, *words):
    return subprocess.run([printer, *words], check=True, capture_output=True).stdout


def check_goldens(printer, golden):
    for sample, form, ending in GOLDENS:
        path = golden / f"{sample}-{form}.{ending}"
        text = said(printer, form, sample)
        if os.environ.get("PRONY_UPDATE_GOLDEN"):
            path.write_bytes(text)
        want = path.read_bytes() if path.exists() else b""
        check(f"{path.name} is as expected", text == want)


def check_safe(name, text, allowed):
    """Nothing that drives a terminal, and no line that a CI system takes for a command."""
    wrong = [hex(c) for c in text if (c < 32 and chr(c) not in allowed) or c == 127]
    check(f"{name}: no control bytes", not wrong, wrong[:5])
    decoded = text.decode()  # well-formed UTF-8, or this fails
    lines = [line for line in decoded.splitlines() if line.lstrip().startswith("::")]
    check(f"{name}: no line begins with ::", not lines, lines)
    check(f"{name}: no ##[ command", not re.search(r"##\[", decoded))


# -- JUnit ------------------------------------------------------------------------------------


def by_schema(xsd, text):
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        file.write(text)
        file.flush()
        return subprocess.run(["xmllint", "--noout", "--nonet", "--schema", xsd, file.name],
                              capture_output=True, text=True)


def fates(text):
    """name -> (tag, type); None for what passed."""
    found = {}
    for case in xml.fromstring(text).iter("testcase"):
        fate = next((child for child in case if child.tag != "system-out"), None)
        found[case.get("name")] = fate is not None and (fate.tag, fate.get("type")) or None
    return found


def check_junit(printer, xsd):
    for sample in SAMPLES:
        for words in ([sample], [sample, "hostile"]):
            name = f"junit {' '.join(words)}"
            text = said(printer, "junit", *words)
            done = by_schema(xsd, text)
            check(f"{name}: by the schema", done.returncode == 0, done.stderr[:400])
            check_safe(name, text, "\n")
            suite = xml.fromstring(text).find("testsuite")
            cases = suite.findall("testcase")
            for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
                check(f"{name}: {key}", int(suite.get(key)) == len(suite.findall(f"*/{tag}")))
            check(f"{name}: tests", int(suite.get("tests")) == len(cases))
            names = [case.get("name") for case in cases]
            check(f"{name}: each name once", len(set(names)) == len(names), names)
    missed = fates(said(printer, "junit", "missed"))
    check("a miss is a failure", missed["p99 < 150ms"] == ("failure", "missed"))
    check("what warns is skipped", missed["warn: p50 < 5ms"] == ("skipped", "missed"))
    check("what holds has passed", missed["p95 < 100ms"] is None)
    text = said(printer, "junit", "missed").decode()
    check("a failure has value, goal and place",
          'message="216 ms in climb@1200/s, wanted &lt; 150ms; 1 of 7 stages"' in text)
    open_ = fates(said(printer, "junit", "inconclusive"))
    check("undecided is an error", open_["p99.9 < 400ms"] == ("error", "inconclusive"))
    check("not judged is skipped",
          open_["p99 <= baseline + 10%"] == ("skipped", "not judged"))
    lenient = fates(said(printer, "junit-lenient", "inconclusive"))
    check("undecided may be skipped", lenient["p99.9 < 400ms"] == ("skipped", "inconclusive"))
    invalid = fates(said(printer, "junit", "invalid"))
    check("a miss not to be trusted is an error", invalid["p99 < 150ms"] == ("error", "invalid"))
    check("so is trust", invalid["the numbers can be trusted"] == ("error", "invalid"))
    early = fates(said(printer, "junit", "preflight"))
    check("what could not begin is an error",
          early["the run goes to its end"] == ("error", "preflight"))
    broken = said(printer, "junit", "holds").replace(b'errors="0"', b'errors="none"')
    check("the schema refuses", by_schema(xsd, broken).returncode != 0)


# -- Markdown ---------------------------------------------------------------------------------


def outside_code(text):
    return re.sub(r"`[^`\n]*`", "", text)


def check_markdown(printer):
    for sample in SAMPLES:
        for words in ([sample], [sample, "hostile"]):
            name = f"markdown {' '.join(words)}"
            text = said(printer, "markdown", *words)
            check_safe(name, text, "\n")
            page = text.decode()
            check(f"{name}: code spans are closed",
                  all(line.count("`") % 2 == 0 for line in page.splitlines()))
            bare = outside_code(page)
            for wrong in ("http://", "[l](", "@team", "</x>", "<x"):
                check(f"{name}: {wrong} only in code", wrong not in bare, bare)
            tags = set(re.findall(r"<[^>]*>", bare))
            allowed = {"<sub>", "</sub>", "<!-- -->", "<details>", "</details>", "<summary>",
                       "</summary>"}
            check(f"{name}: no tag but ours", tags <= allowed, tags - allowed)
            columns = None
            for line in page.splitlines():
                if not line.startswith("|"):
                    columns = None
                    continue
                cells = len(re.sub(r"\\\|", "", line).split("|"))
                check(f"{name}: rows of one width", columns in (None, cells), line)
                columns = cells
    page = said(printer, "markdown", "missed").decode()
    check("the verdict comes first", page.startswith("## ✗ MISSED"))
    check("misses stand before what holds", page.index("p99 < 150ms") < page.index("avg < 50ms"))


# -- CSV --------------------------------------------------------------------------------------


def check_csv(printer):
    for words in (["missed"], ["missed", "hostile"]):
        name = f"csv {' '.join(words)}"
        text = said(printer, "csv", *words)
        check_safe(name, text, "\r\n")
        check(f"{name}: lines end with CRLF", text.count(b"\n") == text.count(b"\r\n"))
        rows = list(csv.reader(io.StringIO(text.decode(), newline=""), strict=True))
        head, body = rows[0], rows[1:]
        check(f"{name}: each row is whole", all(len(row) == len(head) for row in body))
        check(f"{name}: each title once", len(set(head)) == len(head))
        cells = [cell for row in body for cell in row if cell]
        check(f"{name}: no formula", not [c for c in cells if c[0] in "=+-@"], cells[:3])
        check(f"{name}: three seconds of all, four names, two scenarios", len(body) == 3 * 7)
    unit = re.compile(r".*(_count|_per_s|_percent|_mean|_ms|_s|_utc|_at_least)$|"
                      r"^(seconds|stage|judged|kind|name)$")
    check("each title says its unit", all(unit.match(title) for title in head),
          [title for title in head if not unit.match(title)])
    rows = list(csv.DictReader(io.StringIO(said(printer, "csv", "missed").decode(), newline="")))
    first = rows[0]
    check("all are the sum of the names", int(first["ended_count"]) == 102 + 21
          == sum(int(r["ended_count"]) for r in rows[1:5]))
    check("a timeout and a drop rank above the answered", first["response_at_least"]
          == "avg p99 p99.9 max" and abs(float(first["response_p99.9_ms"]) - 900) < 9, first)
    check("the slowest of the answered", abs(float(first["response_max_ms"]) - 900) < 1)
    check("a figure that is not there is empty", rows[1]["lag_p99_ms"] == ""
          and rows[7]["response_p50_ms"] == "" and rows[7]["errors_percent"] == "")
    check("nothing is a number too", rows[7]["ended_count"] == "0" and rows[7]["ok_per_s"] == "0")
    check("users where there are some", (rows[0]["users_mean"], rows[14]["users_mean"])
          == ("", "1100"))
    check("the moment", rows[7]["time_utc"] == "2025-11-22T18:40:01.250Z", rows[7]["time_utc"])


# -- NDJSON -----------------------------------------------------------------------------------


def check_ndjson(printer, docs):
    stream = json.loads((docs / "stream.schema.json").read_text(encoding="utf-8"))
    result = json.loads((docs / "result.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(stream)
    of_line, of_result = jsonschema.Draft7Validator(stream), jsonschema.Draft7Validator(result)
    for sample in SAMPLES:
        for words in ([sample], [sample, "hostile"]):
            if sample in ("not_judged",):
                continue  # its plan has one stage, the play has nine
            name = f"ndjson {' '.join(words)}"
            text = said(printer, "ndjson", *words)
            check_safe(name, text, "\n")
            lines = [json.loads(line) for line in text.splitlines()]
            wrong = [e.message for line in lines for e in of_line.iter_errors(line)]
            check(f"{name}: by the schema", not wrong, wrong[:2])
            kinds = [line["type"] for line in lines]
            check(f"{name}: begins and ends", (kinds[0], kinds[-1]) == ("begin", "result"))
            check(f"{name}: three ticks", kinds.count("tick") == 3)
            wrong = [e.message for e in of_result.iter_errors(lines[-1]["result"])]
            check(f"{name}: the result by its own schema", not wrong, wrong[:2])
    lines = [json.loads(line) for line in said(printer, "ndjson", "missed").splitlines()]
    edges = [(line["type"], line["stage"]) for line in lines if line["type"].startswith("stage_")]
    check("stages begin and end in turn", edges == [
        (edge, stage) for stage in ("climb@1000/s", "climb@1200/s", "jobs")
        for edge in ("stage_begin", "stage_end")], edges)
    turns = [line["text"] for line in lines if line["type"] == "objective"]
    check("a verdict that stays is told once", len(turns) == len(set(turns)) == 11, turns)
    errors = [line for line in lines if line["type"] == "error"]
    check("first errors", [(e["name"], e["status"]) for e in errors]
          == [("POST /jobs", 503), ("poll", 200)])
    events = [line["text"] for line in lines if line["type"] == "event"]
    check("events but those of stages", events == ["service api died: SIGKILL"], events)
    tick = next(line for line in lines if line["type"] == "tick")
    check("refuses an unknown key", not of_line.is_valid(dict(tick, late=1)))
    check("refuses a word for a count", not of_line.is_valid(
        dict(tick, all=dict(tick["all"], begun="3"))))
    told = set(re.findall(r"`([\w.]+)`", (docs / "result.md").read_text(encoding="utf-8")))
    for key in sorted(keys_of(stream)):
        check(f"docs/result.md explains {key}", key in told)


def keys_of(schema):
    found = set()
    if isinstance(schema, dict):
        found |= set(schema.get("properties", {}))
        for value in schema.values():
            found |= keys_of(value)
    elif isinstance(schema, list):
        for value in schema:
            found |= keys_of(value)
    return found


def main():
    printer, golden, xsd, docs = sys.argv[1:]
    check_goldens(printer, pathlib.Path(golden))
    check_junit(printer, xsd)
    check_markdown(printer)
    check_csv(printer)
    check_ndjson(printer, pathlib.Path(docs))
    print(f"1..{len(checks)}")
    for number, (name, holds, why) in enumerate(checks, 1):
        print(f"{'ok' if holds else 'not ok'} {number} - {name}")
        if why and not holds:
            print("\n".join(f"# {line}" for line in why.splitlines()))
    return 0 if all(holds for _, holds, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
