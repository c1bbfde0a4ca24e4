"""A whole release, beside the scripts of 2023 and GitHub's own client: time, requests, quota."""

import os
import subprocess
import time

from lib import releases, servers, steps, tools
from lib.measure import Failed, quartiles, ratio
from lib.report import duration, interval, memory

PEERS = tools.ROOT / "bench/peers"
VERSION = "v2.0.0"
# By the number of assets: how many milliseconds GitHub is away, and how often each is released.
SIZES = {3: ((0, 50, 100), 5), 50: ((50,), 3)}
LONGEST = 600  # seconds
# GitHub's own limits count, as they do for a job.
GITHUBS = {}
WHO = ["btp-release", "scripts of 2023", "gh and skopeo"]


def measure(bench):
    section = bench.report.section("A whole release")
    section.text("""
        All phases but the builds: `plan`, `draft`, `upload`, `await`, `fetch-module`, `record-tests`, `publish`, each a process. The images are
        there. Beside it the requests of the scripts of 2023 in their order, and `gh release create --draft`, `skopeo` and `gh release edit`;
        neither checks what it publishes. The stand-in enforces GitHub's limits, and each release has one of its own.
    """)
    built = releases.build(bench, steps.plan(bench.folder, bench.github(), bench.place("plain").host))
    first_and_second_run(bench, section, built)
    for assets, (delays, runs) in SIZES.items():
        side_by_side(bench, section, assets, delays, bench.runs(runs), built)


def release(bench, github, assets, built):
    folder = bench.scratch("release")
    built.write_assets(folder, assets)
    return releases.Release(folder, github, bench.place("plain").registry, assets)


def names(count):
    return [*steps.ASSETS, *(f"file-{number:03}.yaml" for number in range(count - len(steps.ASSETS)))]


def first_and_second_run(bench, section, built):
    github = bench.github(limits=GITHUBS)
    ours = release(bench, github, steps.ASSETS, built)
    first = ours.run()
    second = ours.run()
    section.table(["phase of a release of three assets", "requests to GitHub", "of them writes", "quota", "requests to the registry", "peak memory",
                   "again: to GitHub", "again: writes"], [
        [f"`{one.phase}`", len(one.entries), one.writes(), releases.quota(one.entries), one.registry, memory(one.kib), len(two.entries), two.writes()]
        for one, two in zip(first, second)
    ])
    for one in first:
        bench.report.value(f"phase.{one.phase}.github", len(one.entries))
        bench.report.value(f"phase.{one.phase}.registry", one.registry)
        bench.report.value(f"phase.{one.phase}.kib", one.kib)
    bench.report.value("second.writes", sum(two.writes() for two in second))
    bench.report.value("second.requests", sum(len(two.entries) for two in second))
    github.stop()


def by_us(bench, github, assets, built):
    taken = release(bench, github, assets, built).run()
    return sum(one.seconds for one in taken), [entry for one in taken for entry in one.entries]


def by_peer(script):
    """Runs a script of the peers in a folder with the assets. Returns the seconds, or why it failed, and the requests."""
    def run(bench, github, assets, built):
        folder = bench.scratch("peer")
        built.write_assets(folder, assets)
        commits = list(github.repository()["commits"])
        commits = [commit for commit in commits if commit != github.commit][-2:] + [github.commit]
        argument = " ".join(commits) if script == "release-of-2023" else github.commit
        env = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "GITHUB_TOKEN": servers.TOKEN, "GITHUB_REPOSITORY": servers.REPOSITORY,
            "REGISTRY": bench.place("plain").host, "GH": str(tools.GH), **github.env,
        }
        began = time.perf_counter()
        command = [PEERS / script, VERSION, argument, " ".join(built.images)]
        ended = subprocess.run(command, cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LONGEST)
        seconds = time.perf_counter() - began
        failed = Failed(f"{script}: {ended.stdout[-2000:]}") if ended.returncode else None
        return failed or seconds, github.requests()
    return run


RUNNERS = dict(zip(WHO, [by_us, by_peer("release-of-2023"), by_peer("release-with-gh")]))


def once(bench, who, assets, delay, built):
    """The seconds and the requests of a release by one of them, with a GitHub of its own."""
    github = bench.github(delay, GITHUBS)
    try:
        return RUNNERS[who](bench, github, names(assets), built)
    finally:
        github.stop()


def side_by_side(bench, section, assets, delays, runs, built):
    rows = []
    for delay in delays:
        taken = {who: [] for who in WHO}
        for _ in range(runs):
            for who in WHO:
                taken[who].append(once(bench, who, assets, delay, built))
        ours = [seconds for seconds, _ in taken[WHO[0]]]
        for who in WHO:
            entries = taken[who][0][1]
            seconds = [seconds for seconds, _ in taken[who]]
            head = [who, f"{delay} ms"]
            tail = [len(entries), releases.quota(entries)]
            failures = [failed for failed in seconds if isinstance(failed, Failed)]
            if failures and not was_limited(entries):
                raise failures[0]
            if failures:
                rows.append([*head, refused(entries), "", *tail, ""])
                continue
            spread = quartiles(seconds)
            compared = "" if who == WHO[0] else interval(ratio(ours, seconds))
            rows.append([*head, duration(spread.median), f"{duration(spread.low)} – {duration(spread.high)}", *tail, compared])
            if who == WHO[0]:
                bench.report.value(f"release.{assets}.{delay}", spread)
    section.table([f"{assets} assets", "GitHub is away", "median", "half of the runs", "requests to GitHub", "quota", "ours ÷ theirs"], rows)


def was_limited(entries):
    return any(entry["status"] in (403, 429) for entry in entries)


def refused(entries):
    """How far somebody came who was stopped by a limit."""
    uploads = sum(entry["service"] == "upload" and entry["status"] == 201 for entry in entries)
    return f"refused after {uploads} assets"
