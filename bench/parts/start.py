"""How soon a program is up, and how much is downloaded for it."""

import shutil

from lib import tools
from lib.measure import Contender, compare
from lib.sizes import layer


def measure(bench):
    section = bench.report.section("Start and size")
    section.text("""
        `--version` of each program: what every step of a workflow costs before it does anything. The compressed size is that of a
        layer with the program, as a registry stores it (gzip); the action's image is nothing else.
    """)
    programs = {"btp-release": tools.OURS, "crane": tools.CRANE, "oras": tools.ORAS, "gh": tools.GH,
                "skopeo": shutil.which("skopeo"), "curl": shutil.which("curl")}
    folder = bench.scratch("start")
    arguments = {"crane": ["version"], "oras": ["version"]}
    results = compare(
        [Contender(name, [path, *arguments.get(name, ["--version"])], {}, folder) for name, path in programs.items()],
        bench.runs(61),
    )
    section.comparison("start", results)
    bench.report.value("start", results[0].seconds)
    sizes = {name: (path.stat().st_size, len(layer(path))) for name, path in [("btp-release", tools.OURS), ("crane", tools.CRANE),
                                                                             ("oras", tools.ORAS), ("gh", tools.GH)]}
    section.table(["program", "size", "compressed"], [
        [name, f"{size / 1e6:.2f} MB", f"{compressed / 1e6:.2f} MB"] for name, (size, compressed) in sizes.items()
    ])
    bench.report.value("image.bytes", sizes["btp-release"][1])
