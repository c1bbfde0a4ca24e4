"""What is to be reached, and whether it is."""

from dataclasses import dataclass

from .measure import Spread
from .report import duration, memory

FAR = "50 ms away"
# How far two measurements of the same may be apart.
MARGIN = 0.05


@dataclass
class Target:
    """`kind` says how the value is shown, and whether it may be over the limit by the margin."""

    key: str
    what: str
    limit: float
    kind: str = "count"
    # Why it is missed, where that cannot be helped.
    why: str = ""

    def row(self, value):
        seen = value.median if isinstance(value, Spread) else value
        margin = 0 if self.kind == "count" else MARGIN
        return self.what, f"≤ {self.show(self.limit)}", self.show(value), self.verdict(seen, margin)

    def verdict(self, seen, margin):
        if seen <= self.limit * (1 + margin):
            return "met"
        over = f"{seen / self.limit - 1:.0%}" if self.limit else f"{seen:g}"
        return " ".join([f"**missed** by {over}.", *self.why.split()])

    def show(self, value):
        if isinstance(value, Spread) and self.kind == "ratio":
            return f"{value.median:.2f} ({value.low:.2f} – {value.high:.2f})"
        value = value.median if isinstance(value, Spread) else value
        return {
            "ratio": lambda: f"{value:.2f}",
            "kib": lambda: memory(value),
            "bytes": lambda: f"{value / 1e6:.2f} MB",
            "seconds": lambda: duration(value),
            "count": lambda: f"{value:.3g}",
        }[self.kind]()


PLACES = {"plain": "plain HTTP", "tls": "TLS and a password", "far": FAR}
SHAPES = {"76": "76 MB in 6 layers", "1k": "1 KB in 6 layers", "20m": "a manifest of 20 MB", "1g": "1 GiB in one layer"}
MODULES = {"usual": "a module of 20 KB", "20m": "a manifest of 20 MB"}
PULL_KIB = 13 * 1024
PHASE_KIB = 8 * 1024
GITHUB = {"plan": 5, "draft": 14, "upload": 8, "await": 10, "record-tests": 6, "publish": 32}
REGISTRY = {"await": 14, "fetch-module": 4, "publish": 16}
FOUR_TRIPS = """Connection, TLS, the refusal that asks for a password, and the answer take a round trip each, for everybody. Only a password that
is sent before it is asked for would save one."""
WHY_PULL = {
    ("1k", "far"): """Layers side by side need a connection each, which takes two round trips before the first byte. HTTP/2 would save them, and
    keep up to a window of each layer in memory.""",
    ("20m", "plain"): """Its bytes are hashed twice, as the layer that the image names and as the file that the layer holds; crane hashes
    the layer alone.""",
}
WHY_PUSH = {
    ("usual", "far"): """It also looks once more whether the registry shows what was pushed.""",
    ("20m", "plain"): """Reading, checking and building a module of this size takes longer than sending it to the same machine; the others are
    given the finished image.""",
}
WHY_REGISTRY = {"publish": "Each image is looked at twice, at last right before the release is published (ARCHITECTURE.md)."}

TARGETS = [
    Target("image.bytes", "image, compressed", 3_000_000, "bytes", "It signs as a GitHub App and packs the logs of a run."),
    Target("start", "start", 0.010, "seconds"),
    *(Target(f"exists.{key}", f"*exists*, {place}: ÷ crane", 0.5, "ratio", FOUR_TRIPS if key == "far" else "")
      for key, place in PLACES.items()),
    *(Target(f"pull.{shape}.{key}", f"*pull* of {what}, {place}: ÷ crane", 0.9, "ratio", WHY_PULL.get((shape, key), ""))
      for shape, what in SHAPES.items() for key, place in PLACES.items()),
    *(Target(f"pull.{shape}.{key}.kib", f"*pull* of {what}, {place}: memory", PULL_KIB, "kib")
      for shape, what in SHAPES.items() for key, place in PLACES.items()),
    *(Target(f"push.{module}.new.{key}", f"*push* of {what}, new, {PLACES[key]}: ÷ crane", 1.0, "ratio", WHY_PUSH.get((module, key), ""))
      for module, what in MODULES.items() for key in ("plain", "far")),
    Target("push.usual.new.plain.requests", "*push*, new: requests", 13),
    Target("push.usual.again.plain.requests", "*push*, again: requests", 2),
    Target("await.seen", "*await*, from there to seen: ÷ loops of 2023", 0.1, "ratio"),
    Target("waiting.quota", "*await*, half an hour (simulated): quota", 2),
    *(Target(f"phase.{phase}.github", f"`{phase}`, three assets: requests to GitHub", most) for phase, most in GITHUB.items()),
    *(Target(f"phase.{phase}.registry", f"`{phase}`, three assets: requests to the registry", most, why=WHY_REGISTRY.get(phase, ""))
      for phase, most in REGISTRY.items()),
    *(Target(f"phase.{phase}.kib", f"`{phase}`, three assets: memory", PHASE_KIB, "kib") for phase in {**GITHUB, **REGISTRY}),
    Target("second.writes", "second run: writes", 0),
    Target("second.requests", "second run: requests to GitHub", 10,
           why="Seven processes look for themselves, none of them at more than 9 things: nothing is handed on that is not read again."),
    Target("release.50.50", f"a release of 50 assets, {FAR}", 20, "seconds"),
    Target("release.500.minutes", "a release of 500 assets (simulated): minutes", 60, "count",
           "GitHub lets 500 things be created in an hour, and the draft and the evidence are two more."),
    *(Target(f"scale.{phase}", f"`{phase}`, 10,000 releases: requests ÷ those with 10", 1) for phase in ("plan", "publish")),
]
