"""How long `prony report` takes. The run files are made by recording.c, through the recorder of a
real run: ten request names at 1000 a second, failures, timeouts and single requests as kept."""
import statistics

from machine import built, measured

REPORTS = 5
RUNS = [("10 min", 600, 0.5), ("8 h", 8 * 3600, 3.0)]


def made(recording, folder, seconds):
    """The folder of a run of that length, and the size of its file in MB."""
    run = folder / f"run-{seconds}"
    run.mkdir()
    measured([recording, run, seconds]).must(0)
    return run, (run / "run.prony").stat().st_size / 1e6


def report_times(root, folder, say, row):
    recording = built("recording")
    rows = []
    for name, seconds, goal_s in RUNS:
        run, mb = made(recording, folder, seconds)
        ended = [measured([root / "build" / "prony", "report", run]).must(0)
                 for _ in range(REPORTS)]
        times = [one.seconds for one in ended]
        middle = statistics.median(times)
        cpu = statistics.median(one.cpu_s for one in ended)
        rows.append(row(f"report of a run of {name} ({mb:.0f} MB)", f"<= {goal_s:g} s",
                        f"{middle:.2f} s ({min(times):.2f} to {max(times):.2f}), "
                        f"{cpu:.2f} s of CPU", middle <= goal_s,
                        f"{cpu:.2f} s of it are CPU: {cpu / mb * 1000:.0f} ms a MB of the file"))
        say(f"  {name}: {middle:.2f} s, {cpu:.2f} s of CPU, file of {mb:.1f} MB")
    return rows, []
