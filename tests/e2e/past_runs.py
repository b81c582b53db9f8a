"""Runs of the past: run files made from a stored one, with another time, plan and result.

The ticks in them stay what they were; so only what the file says of itself differs.
"""
import json
import pathlib
import shutil
import sqlite3

STORED = pathlib.Path(__file__).parent / "stored" / "version1.prony"
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def run_id(seconds):
    """The id of a run begun then (docs/run-file.md, "The folder")."""
    tenths, signs = int(seconds * 10), ""
    for _ in range(7):
        tenths, signs = tenths >> 5, DIGITS[tenths & 31] + signs
    return signs + "0"


def objective(text, value, spread, margin, **more):
    """One as result.json has it, in ms: `value` with `spread` on both sides; None: no interval."""
    ends = [None, None] if spread is None else [value - spread, value + spread]
    return {"text": text, "of": None, "verdict": "holds", "value": value, "unit": "ms",
            "limit": 100.0, "interval": ends, "margin_percent": margin, "stage": None,
            "warn": False, "implicit": False, "at_least": False, "stages": [], **more}


def make_run(root, started_s, plan, objectives, verdict="holds", code=0, stages=None, **result):
    """A run's folder below `root`; its id. `stages` changes the load."""
    name = run_id(started_s)
    folder = root / name
    folder.mkdir(parents=True, mode=0o700)
    shutil.copy(STORED, folder / "run.prony")
    db = sqlite3.connect(folder / "run.prony")
    db.execute("PRAGMA synchronous = OFF")
    header = json.loads(db.execute("SELECT value FROM header WHERE key = 'run'").fetchone()[0])
    header.update(id=name, wall_start_ns=int(started_s * 1e9) + 10**8)
    header["plan"]["name"] = plan
    if stages:
        header["plan"]["stages"][0].update(stages)
    whole = json.loads(db.execute("SELECT json FROM result").fetchone()[0])
    whole.update(run=name, plan=plan, verdict=verdict, exit=code, objectives=objectives,
                 ended="complete")
    whole.update(result)
    db.execute("UPDATE header SET value = ? WHERE key = 'run'", (json.dumps(header),))
    db.execute("UPDATE result SET verdict = ?, exit = ?, json = ?",
               (verdict, code, json.dumps(whole)))
    db.commit()
    db.close()
    return name
