"""Runs commands in turn, and says how they compare: medians, spreads and ratios of pairs."""

import math
import os
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Contender:
    """A command to be measured. `prepare` is called before each run, outside the measurement."""

    name: str
    command: list
    env: dict = field(default_factory=dict)
    folder: Path = Path("/tmp")
    prepare: object = None


@dataclass
class Spread:
    """The median, and what encloses it: the quartiles of times, or an interval of the median itself."""

    median: float
    low: float
    high: float


@dataclass
class Result:
    """What was measured of one contender. `ratio` is of our time to theirs, over pairs of runs next to each other."""

    name: str
    seconds: Spread
    kib: int
    requests: int | None
    ratio: Spread | None


class Failed(Exception):
    pass


def run(contender, wrapper=()):
    """Runs once, and returns the seconds. A command that fails ends everything."""
    if contender.prepare:
        contender.prepare()
    command = [str(word) for word in [*wrapper, *contender.command]]
    env = {"PATH": os.environ["PATH"], "HOME": str(contender.folder), **{k: str(v) for k, v in contender.env.items()}}
    log = contender.folder / "log"
    with log.open("wb") as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, env=env, cwd=contender.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        code = process.wait()
        seconds = time.perf_counter() - began
    if code != 0:
        raise Failed(f"{contender.name}: exit code {code}\n{log.read_text(errors='replace')[-3000:]}")
    return seconds


def run_with_peak(contender):
    """Runs once, and returns the peak memory of the largest process in KiB.

    GNU time starts the command because a child of this interpreter would begin with the interpreter's own peak.
    """
    report = contender.folder / "peak"
    run(contender, ["time", "--format", "%M", "--output", report])
    return int(report.read_text().split()[-1])


def compare(contenders, runs, requests=None, memory_runs=3):
    """Runs the contenders in turn, the first of them being ours. `requests` returns the requests since its last call."""
    counts, peaks = [], []
    for contender in contenders:
        if requests:
            requests()
        peaks.append([run_with_peak(contender)])  # It warms the caches, too.
        counts.append(len(requests()) if requests else None)
        peaks[-1] += [run_with_peak(contender) for _ in range(memory_runs - 1)]
    seconds = [[] for _ in contenders]
    for number in range(runs):
        # Each follows another one in every round.
        first = number % len(contenders)
        for index in [*range(first, len(contenders)), *range(first)]:
            seconds[index].append(run(contenders[index]))
    ours = seconds[0]
    return [
        Result(
            name=contender.name,
            seconds=quartiles(theirs),
            kib=round(statistics.median(kib)),
            requests=count,
            ratio=None if theirs is ours else ratio(ours, theirs),
        )
        for contender, theirs, kib, count in zip(contenders, seconds, peaks, counts)
    ]


def quartiles(values):
    values = sorted(values)
    if len(values) < 2:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def ratio(ours, theirs):
    """The median of the ratios of pairs, with the interval that holds it with a probability of about 95 %.

    The interval is between two of the sorted values: how many pairs are below the true median is a binomial number.
    """
    ratios = sorted(our / their for our, their in zip(ours, theirs))
    count = len(ratios)
    below, total = 0, 0.0
    while below < count // 2:
        total += math.comb(count, below) / 2**count
        if total > 0.025:
            break
        below += 1
    below = max(below - 1, 0)
    return Spread(statistics.median(ratios), ratios[below], ratios[count - 1 - below])
