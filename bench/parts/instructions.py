"""Instructions of the start, of `plan` and of *exists*, beside those of curl."""

import shutil

from lib import images, instructions
from lib.measure import Contender


def measure(bench):
    section = bench.report.section("Instructions")
    section.text("Millions of instructions, as callgrind counts them. `bench/budgets` compares the first three with recorded numbers.")
    plain = bench.place("plain")
    folder = bench.scratch("instructions")
    commands = instructions.commands(folder, bench.github(), plain.host)
    url = plain.url(f"{instructions.REPOSITORY}/manifests/v1.0.0")
    curl = shutil.which("curl")
    head = [curl, "--silent", "--fail", "--head", "--header", f"Accept: {images.MANIFEST_TYPE}", url]
    commands["curl --head"] = Contender("curl --head", head, {}, folder)
    commands["curl --version"] = Contender("curl --version", [curl, "--version"], {}, folder)
    rows = []
    for key, contender in commands.items():
        number = instructions.count(contender)
        name = {"start": "btp-release --version", "plan": "btp-release plan"}.get(key, key)
        rows.append([name, f"{number / 1e6:.2f}"])
        bench.report.value(f"instructions.{key}", number)
    section.table(["command", "instructions in millions"], rows)
