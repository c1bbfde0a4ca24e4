"""How soon `await` sees what has appeared, beside the loops of 2023, and what the waiting costs."""

import json
import os
import random
import re
import subprocess
import threading
import time

from lib import images, releases, servers, steps, tools
from lib.measure import quartiles, ratio
from lib.report import duration, interval

LOOPS = tools.ROOT / "bench/peers/await-of-2023"
# Each has five arrivals: two images and three assets.
RELEASES = 6
IMAGES = ["await/binary", "await/module"]
ARTIFACTS = [*steps.ASSETS, *IMAGES]
AGENTS = {"btp-release": ("btp-release",), "loops of 2023": ("loops", "skopeo")}
# The line about an artifact ends with its digest, or with its state.
SEEN = re.compile(r": (?:[0-9a-f]{12}\b|ready)")


def measure(bench):
    section = bench.report.section("Waiting")
    arrivals = RELEASES * len(ARTIFACTS)
    section.text(f"""
        {arrivals} arrivals: {RELEASES} releases at the same time, each awaited by `await` with its defaults and by the loops of the scripts of 2023, against the same servers.
        After 20 to 30 seconds, in each release at another moment, its two images appear and then its three assets, in the order of the real builders.
        After 200 s without a change `await` looks every 10 s, as the loops do.
    """)
    github, place = bench.github(), bench.place("plain")
    for image in IMAGES:
        images.push_image(place.host, image, "v1.0.0", {})
    waits = [Wait(bench, github, place, number) for number in range(RELEASES)]
    github.requests()
    began = time.monotonic()
    together([wait.run for wait in waits])
    minutes = (time.monotonic() - began) / 60
    report(bench, section, waits, github.requests(), minutes)


def together(functions):
    failures = []

    def guarded(function):
        try:
            function()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


class Wait:
    """A release that two are waiting for."""

    def __init__(self, bench, github, place, number):
        self.folder, self.github, self.place = bench.scratch("await"), github, place
        self.tag = f"v2.{number}.0"
        # The same moments in every run of the benchmark.
        self.chance = random.Random(number)
        self.appeared, self.seen, self.ended = {}, {who: {} for who in AGENTS}, {}
        inputs = {"version": self.tag, "assets": "\n".join(steps.ASSETS),
                  "binary-image": f"{place.host}/{IMAGES[0]}", "extra-images": f"{place.host}/{IMAGES[1]}"}
        self.plan = steps.phase(self.folder, "plan", inputs, github)["plan"]
        self.release = steps.phase(self.folder, "draft", {"plan": self.plan}, github)["release-id"]

    def run(self):
        together([self.ours, self.loops, self.build])

    def ours(self):
        env = {"PATH": os.environ["PATH"], **steps.environment(
            self.folder, "await", {"plan": self.plan, "timeout": "3m"}, self.github.env, self.github.commit)}

        def line(text):
            for name in ARTIFACTS:
                if name in text and SEEN.search(text):
                    self.note("btp-release", name)

        self.follow("btp-release", [tools.OURS], env, line)

    def loops(self):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "GITHUB_TOKEN": servers.TOKEN,
               "GITHUB_REPOSITORY": servers.REPOSITORY, "REGISTRY": self.place.host, **self.github.env}
        line = lambda text: self.note("loops of 2023", text.removeprefix("seen ").split(":")[0])
        tagged = " ".join(f"{image}:{self.tag}" for image in IMAGES)
        self.follow("loops of 2023", [LOOPS, self.tag, tagged, " ".join(steps.ASSETS)], env, line)

    def note(self, who, name):
        self.seen[who].setdefault(name, time.monotonic())

    def follow(self, who, command, env, line):
        process = subprocess.Popen(command, env=env, cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = ""
        for text in process.stdout:
            line(text.strip())
        if process.wait():
            raise SystemExit(f"{who} failed: {text}")
        self.ended[who] = time.monotonic()

    def build(self):
        time.sleep(self.chance.uniform(20, 30))
        commit = json.loads(self.plan)["commit"]
        for image in IMAGES:
            images.push_image(self.place.host, image, self.tag, images.labels_of(commit, self.tag[1:]))
            self.appeared[image] = time.monotonic()
            time.sleep(self.chance.uniform(1, 5))
        for name in steps.ASSETS:
            content = f"asset {name} of {self.tag}".encode()
            self.github.call("POST", f"releases/{self.release}/assets?name={name}", content, upload=True)
            self.appeared[name] = time.monotonic()
            time.sleep(self.chance.uniform(0.2, 2))

    def delays(self, who):
        # What was not told one by one was seen when the wait ended.
        seen = {name: self.seen[who].get(name, self.ended[who]) for name in ARTIFACTS}
        return [max(0, seen[name] - self.appeared[name]) for name in ARTIFACTS]

    def over(self, who):
        return self.ended[who] - max(self.appeared.values())


def report(bench, section, waits, entries, minutes):
    delays = {who: [delay for wait in waits for delay in wait.delays(who)] for who in AGENTS}
    over = {who: [wait.over(who) for wait in waits] for who in AGENTS}
    ours, theirs = AGENTS
    rows = []
    for who, agents in AGENTS.items():
        sent = [entry for entry in entries if entry["agent"].startswith(agents)]
        per_minute = lambda count: f"{count / minutes / len(waits):.1f}"
        seen, end = quartiles(delays[who]), quartiles(over[who])
        rows.append([who, duration(seen.median), f"{duration(seen.low)} – {duration(seen.high)}", duration(end.median),
                     per_minute(len(sent)), per_minute(releases.quota(sent))])
    section.table(["", "appeared → seen", "half of the arrivals", "last one → wait ended", "requests to GitHub a minute", "quota a minute"], rows)
    compared = ratio(delays[ours], delays[theirs])
    medians = quartiles(delays[ours]).median / quartiles(delays[theirs]).median
    section.text(f"From *appeared* to *seen*, the median of ours is {medians:.2f} of theirs; of each arrival alone: {interval(compared)}.")
    bench.report.value("await.seen", medians)
