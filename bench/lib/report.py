"""What is found out: sections with tables and charts, and values that targets are compared with."""

from dataclasses import dataclass, field

from .chart import Chart
from .measure import Spread


@dataclass
class Section:
    title: str
    blocks: list = field(default_factory=list)

    def text(self, words):
        self.blocks.append(" ".join(words.split()))

    def table(self, head, rows):
        """The first column is text, the others are numbers."""
        lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
        self.blocks.append("\n".join("| " + " | ".join(map(str, cells)) + " |" for cells in lines))

    def comparison(self, title, results):
        """A table of what `measure.compare` returns."""
        counted = any(result.requests is not None for result in results)
        head = [title, "median", "half of the runs", "peak memory", *(["requests"] if counted else []), "ours ÷ theirs"]
        self.table(head, [
            [
                result.name,
                duration(result.seconds.median),
                f"{duration(result.seconds.low)} – {duration(result.seconds.high)}",
                memory(result.kib),
                *([result.requests] if counted else []),
                interval(result.ratio) if result.ratio else "",
            ]
            for result in results
        ])

    def chart(self, chart):
        self.blocks.append(chart)

    def markdown(self):
        return "\n\n".join([f"## {self.title}", *(
            f"![{block.title}](benchmarks/{block.name}.svg)" if isinstance(block, Chart) else block for block in self.blocks
        )])


class Report:
    def __init__(self):
        self.sections = []
        # By key, as in `targets`: numbers, or `Spread`s.
        self.values = {}

    def section(self, title):
        self.sections.append(Section(title))
        return self.sections[-1]

    def charts(self):
        return [block for section in self.sections for block in section.blocks if isinstance(block, Chart)]

    def value(self, key, value):
        self.values[key] = value


def duration(seconds):
    if seconds >= 100:
        return f"{seconds / 60:.1f} min"
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def memory(kib):
    return f"{kib / 1024:.1f} MiB"


def interval(spread: Spread):
    return f"**{spread.median:.2f}** ({spread.low:.2f} – {spread.high:.2f})"
