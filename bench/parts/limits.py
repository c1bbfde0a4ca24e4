"""What GitHub's limits make of half an hour of waiting, and of a release with many assets."""

import re
import subprocess

from lib import releases, steps, tools
from lib.measure import Failed
from lib.report import duration

from .release import WHO, once, refused, was_limited

MANY = 500
# The tests run the code of the phases on a clock that jumps wherever something waits.
TESTS = ["cargo", "test", "--quiet", "--locked", "--test", "resume", "--", "quotas", "--nocapture"]
WAITING = re.compile(r"half an hour: (\d+) requests, (\d+) of the quota")
RELEASE = re.compile(r"500 assets take (\d+) min")


def measure(bench):
    section = bench.report.section("GitHub's limits")
    section.text("""
        Our side in simulated time, from the tests of `tests/resume`, since it keeps below the limits of a minute and of an hour; the others in real time,
        until the stand-in refuses them as GitHub would.
    """)
    said = subprocess.run(TESTS, cwd=tools.ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    waiting, release = WAITING.search(said), RELEASE.search(said)
    if not waiting or not release:
        raise Failed(f"the tests of the quotas do not say what they take:\n{said[-2000:]}")
    requests, quota = map(int, waiting.groups())
    minutes = int(release.group(1))
    bench.report.value("waiting.quota", quota)
    bench.report.value("release.500.minutes", minutes)
    section.text(f"Half an hour of `await` without a change: {requests} requests to GitHub, which count as {quota}.")
    rows = [[WHO[0], f"{minutes} min"]]
    built = releases.build(bench, steps.plan(bench.folder, bench.github(), bench.place("plain").host))
    for who in WHO[1:]:
        seconds, entries = once(bench, who, MANY, 0, built)
        if isinstance(seconds, Failed) and not was_limited(entries):
            raise seconds
        rows.append([who, refused(entries) if isinstance(seconds, Failed) else duration(seconds)])
    section.table([f"{MANY} assets", ""], rows)
