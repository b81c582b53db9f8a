#!/usr/bin/python3
"""The result of every sample, held against docs/result.schema.json and docs/result.md.

    result_json_test.py PRINTER SCHEMA PAGE     PRINTER NAME prints the JSON of a sample
"""
import json
import re
import subprocess
import sys

import jsonschema

SAMPLES = ["holds", "missed", "inconclusive", "invalid", "not_judged", "interrupted", "preflight",
           "service_died"]
VERDICTS = {"holds": "holds", "missed": "missed", "inconclusive": "inconclusive",
            "invalid": "invalid", "not_judged": "not judged", "interrupted": "inconclusive",
            "preflight": "not judged", "service_died": "missed"}


def keys_of(schema):
    """Every property that the schema names, at any depth."""
    found = set()
    if isinstance(schema, dict):
        found |= set(schema.get("properties", {}))
        for value in schema.values():
            found |= keys_of(value)
    elif isinstance(schema, list):
        for value in schema:
            found |= keys_of(value)
    return found


def refuses(validator, result, change):
    copy = json.loads(json.dumps(result))
    change(copy)
    return not validator.is_valid(copy)


def main():
    printer, schema_path, page_path = sys.argv[1:]
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    with open(page_path, encoding="utf-8") as file:
        page = file.read()
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    checks = []

    def check(name, holds, why=""):
        checks.append((name, bool(holds), why))

    results = {}
    for sample in SAMPLES:
        text = subprocess.run([printer, sample], check=True, capture_output=True).stdout
        again = subprocess.run([printer, sample], check=True, capture_output=True).stdout
        check(f"{sample}: the same bytes twice", text == again)
        check(f"{sample}: one object and a newline", text.endswith(b"}\n"))
        result = results[sample] = json.loads(text)
        errors = [f"{list(e.absolute_path)}: {e.message}" for e in validator.iter_errors(result)]
        check(f"{sample}: by the schema", not errors, "; ".join(errors[:5]))
        check(f"{sample}: verdict", result["verdict"] == VERDICTS[sample])
        for part in result["stages"] + result["requests"] + [result["totals"]]:
            total = sum(part["outcomes"].values())
            check(f"{sample}: outcomes of {part.get('name')} are offered", part["offered"] == total)

    missed = results["missed"]
    by_text = {o["text"]: o for o in missed["objectives"]}
    check("times are ms", by_text["p95 < 100ms"]["unit"] == "ms"
          and abs(by_text["p95 < 100ms"]["value"] - 57.7) < 1e-9)
    check("shares are percent", by_text["errors < 0.1%"]["unit"] == "%"
          and abs(by_text["errors < 0.1%"]["value"] - 0.0117) < 1e-9)
    check("a lower bound says so", by_text["max < 500ms"]["at_least"])
    check("a figure that is a lower bound is named",
          missed["stages"][4]["response_ms"]["at_least"] == ["max"])
    check("closed stages have no offered rate", all(
        (s["offered_per_s"] is None) == (s["model"] == "closed") for s in missed["stages"]))
    check("open stages have no users", all(
        (s["users"] is None) == (s["model"] == "open") for s in missed["stages"]))
    check("no control characters", "\x1b" not in json.dumps(results, ensure_ascii=False))
    check("an endless interval is null",
          any(o["interval"][1] is None for o in results["inconclusive"]["objectives"]))

    # The schema is not so wide that anything passes.
    check("refuses a word for a figure", refuses(
        validator, missed, lambda r: r["stages"][0].update(done_per_s="200")))
    check("refuses an unknown verdict", refuses(
        validator, missed, lambda r: r.update(verdict="ok")))
    check("refuses a missing part", refuses(validator, missed, lambda r: r.pop("totals")))
    check("refuses an unknown outcome", refuses(
        validator, missed, lambda r: r["totals"]["outcomes"].update(late=1)))
    check("refuses an unknown key", refuses(validator, missed, lambda r: r.update(extra=1)))

    told = set(re.findall(r"`([\w.]+)`", page))
    for key in sorted(keys_of(schema)):
        check(f"docs/result.md explains {key}", key in told)

    print(f"1..{len(checks)}")
    for number, (name, holds, why) in enumerate(checks, 1):
        print(f"{'ok' if holds else 'not ok'} {number} - {name}")
        if why:
            print(f"# {why}")
    return 0 if all(holds for _, holds, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
