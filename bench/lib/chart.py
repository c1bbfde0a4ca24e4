"""Line charts as SVG, with logarithmic axes: what grows with its size goes up, what does not is flat."""

import math
from dataclasses import dataclass, field
from html import escape

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 70, 170, 40, 50
COLORS = ["#0969da", "#cf222e", "#1a7f37", "#8250df", "#9a6700"]


@dataclass
class Chart:
    """`series` has a list of (x, y) for each name."""

    name: str
    title: str
    across: str
    up: str
    series: dict = field(default_factory=dict)

    def svg(self):
        points = [point for line in self.series.values() for point in line]
        x = Axis([x for x, _ in points], LEFT, WIDTH - RIGHT)
        y = Axis([y for _, y in points], HEIGHT - BOTTOM, TOP)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            text(LEFT, 20, self.title, 'font-weight="bold"'),
            text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, self.across, 'text-anchor="middle"'),
            text(LEFT - 60, TOP - 12, self.up),
        ]
        for value in y.ticks():
            at = y.place(value)
            parts.append(line(LEFT, at, WIDTH - RIGHT, at, "#d0d7de"))
            parts.append(text(LEFT - 6, at + 4, number(value), 'text-anchor="end"'))
        for value in x.ticks():
            at = x.place(value)
            parts.append(line(at, TOP, at, HEIGHT - BOTTOM, "#eaeef2"))
            parts.append(text(at, HEIGHT - BOTTOM + 16, number(value), 'text-anchor="middle"'))
        for index, (name, line_points) in enumerate(self.series.items()):
            parts += self.curve(name, line_points, x, y, COLORS[index % len(COLORS)], TOP + 10 + 18 * index)
        return "\n".join([*parts, "</svg>", ""])

    @staticmethod
    def curve(name, points, x, y, color, legend):
        places = [(x.place(across), y.place(up)) for across, up in points]
        path = " ".join(f"{across:.1f},{up:.1f}" for across, up in places)
        return [
            f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>',
            *(f'<circle cx="{across:.1f}" cy="{up:.1f}" r="3" fill="{color}"/>' for across, up in places),
            line(WIDTH - RIGHT + 10, legend - 4, WIDTH - RIGHT + 28, legend - 4, color, 2),
            text(WIDTH - RIGHT + 34, legend, name),
        ]


class Axis:
    """A logarithmic scale over whole decades."""

    def __init__(self, values, start, end):
        values = [value for value in values if value > 0] or [1]
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self.start, self.end = start, end

    def place(self, value):
        share = (math.log10(max(value, 10**self.low)) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self):
        return [10**power for power in range(self.low, self.high + 1)]


def number(value):
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def text(x, y, words, more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="#1f2328" {more}>{escape(words)}</text>'


def line(x1, y1, x2, y2, color, width=1):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" stroke-width="{width}"/>'
