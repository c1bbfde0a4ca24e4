"""A whole release by btp-release, phase by phase, with what each phase took."""

import json
from dataclasses import dataclass
from pathlib import Path

from . import images, measure, steps

BINARY = "kyma-project/prod/btp-manager"
LEG = "e2e"
PHASES = ["plan", "draft", "upload", "await", "fetch-module", "record-tests", "publish"]


@dataclass
class Taken:
    """`entries` are the requests to GitHub as the stand-in logs them."""

    phase: str
    seconds: float
    kib: int
    entries: list
    registry: int

    def writes(self):
        return sum(entry["category"] == "write" for entry in self.entries)


def quota(entries):
    """How much of the hour's quota was used; GraphQL has its own."""
    return sum(entry["cost"] for entry in entries if not entry["path"].endswith("/graphql"))


class Release:
    """Runs the phases in a folder, against a GitHub and a registry."""

    def __init__(self, folder, github, registry, assets, version="v2.0.0", inputs=None):
        self.folder, self.github, self.registry = folder, github, registry
        self.version, self.assets = version, assets
        self.inputs = {
            "version": version,
            "assets": "\n".join(assets),
            "binary-image": f"{registry.host}/{BINARY}",
            "module-name": steps.MODULE,
            "module-registry": f"{registry.host}/kyma-project/prod/unsigned",
            **(inputs or {}),
        }
        self.plan = self.artifacts = None

    def phase(self, name):
        """Runs one phase under GNU time, which takes a millisecond of the time."""
        self.github.requests()
        self.registry.requests()
        file = self.folder / f"output-{name}"
        file.unlink(missing_ok=True)
        report = self.folder / "peak"
        contender = steps.step(self.folder, name, self.inputs_of(name), self.github)
        seconds = measure.run(contender, ["time", "--format", "%M", "--output", report])
        outputs = steps.outputs(file)
        self.plan = outputs.get("plan", self.plan)
        if name == "await":
            self.artifacts = outputs["artifacts"]
        entries, registry = self.github.requests(), self.registry.requests()
        return Taken(name, seconds, int(report.read_text().split()[-1]), entries, len(registry))

    def inputs_of(self, name):
        if name == "plan":
            return self.inputs
        # As files, since a variable holds 128 KiB at most.
        plan = {"plan": self.in_file("plan.json", self.plan)}
        tested = {**plan, "artifacts": self.in_file("artifacts.json", self.artifacts or "{}")}
        return {
            "draft": plan,
            "upload": {**plan, "files": "\n".join(f"files/{asset}" for asset in self.assets), "timeout": "5h"},
            "await": {**plan, "timeout": "1m"},
            "fetch-module": tested,
            "record-tests": {**tested, "leg": LEG, "result": "success"},
            "publish": {**tested, "needs": json.dumps({"tests": {"result": "success"}}), "test-legs": LEG, "timeout": "2h"},
        }[name]

    def in_file(self, name, text):
        (self.folder / name).write_text(text)
        return f"@{name}"

    def run(self, phases=PHASES):
        return [self.phase(name) for name in phases]


@dataclass
class Built:
    """What the builders make: images as `repository:tag`, the module's being the last one, and a folder with the templates."""

    images: list
    folder: Path

    def write_assets(self, folder, names):
        """The templates where these names are among them, and small files."""
        (folder / "files").mkdir()
        for name in names:
            template, file = self.folder / name, folder / "files" / name
            file.write_bytes(template.read_bytes() if template.exists() else f"# {name}\nkind: List\n".encode())


def build(bench, plan):
    """Pushes the images of a release; labels and sources prove that they are of its commit."""
    place, read = bench.place("plain"), json.loads(plan)
    repository, tag = read["binary_image"].split("/", 1)[1].rsplit(":", 1)
    images.push_image(place.host, repository, tag, images.labels_of(read["commit"], read["version"]))
    folder = bench.scratch("module")
    images.write_manifest(folder / "manifest.yaml", read["binary_image"])
    inputs = {"plan": plan, "manifest": "manifest.yaml", "output-dir": "made"}
    steps.phase(folder, "build-module", inputs, commit=read["commit"])
    _, module, module_tag = steps.module_image(plan)
    return Built([f"{repository}:{tag}", f"{module}:{module_tag}"], folder / "made")
