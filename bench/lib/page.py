"""docs/benchmarks.md, from what was measured."""

from . import targets, tools

PAGE = tools.ROOT / "docs/benchmarks.md"
CHARTS = tools.ROOT / "docs/benchmarks"


def of_parts(report):
    return "\n\n".join([verdicts(report), *(section.markdown() for section in report.sections)])


def write(report):
    PAGE.write_text("\n\n".join([introduction(), of_parts(report)]) + "\n")
    CHARTS.mkdir(exist_ok=True)
    for old in CHARTS.glob("*.svg"):
        old.unlink()
    for chart in report.charts():
        (CHARTS / f"{chart.name}.svg").write_text(chart.svg())
    tools.say(f"wrote {PAGE.relative_to(tools.ROOT)}")


def introduction():
    programs = ", ".join(f"{name} {version}" for name, version in tools.versions().items())
    return f"""\
# Benchmarks

Written by `bench/run`, which measures again whatever stands here. Both sides ran in turn against the same servers with the same
bytes, caches warm, as whole processes. Times are good only beside each other.

- Machine: {tools.machine()}.
- Programs: {programs}.
- *half of the runs* lie between the two times. *ours ÷ theirs* is the median of the ratios of neighbouring runs; in brackets the interval in
  which it lies with a probability of about 95 %. Memory is the peak of the largest process.
- Servers: docker-registry, and this repository's stand-in for GitHub. *{targets.FAR}* is a round trip that a program adds to every
  connection and every request; the rate stays that of this machine, and nothing is slower at the beginning of a connection, as it is on
  the internet. That is to the advantage of those who open many connections."""


def verdicts(report):
    rows = [target.row(report.values[target.key]) for target in targets.TARGETS if target.key in report.values]
    if not rows:
        return "No target belongs to these parts."
    lines = ["| target | wanted | measured | verdict |", "|---|---:|---:|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    words = (f"A time or an amount of memory may be {targets.MARGIN:.0%} over its target: that is how far two runs of the same "
             "program differ. Counts are exact.")
    return "\n".join(["## Targets", "", words, "", *lines])
