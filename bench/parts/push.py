"""Pushing a module that the registry does not have, and one that it has."""

import itertools
import json
import subprocess

from lib import images, steps, tools
from lib.measure import Contender, compare, run

SHAPES = {"usual": ("a module of 20 KB", 20_000), "20m": ("a manifest of 20 MB", 20_000_000)}
REPOSITORY = "kyma-project/prod/unsigned"


def measure(bench):
    section = bench.report.section("Pushing a module")
    section.text("""
        `build-module` beside the tools that push an image from a folder. It also reads the manifest, checks it, builds the module, and writes
        the files of the release; the others are given the finished image. *New*: into another repository each time. *Again*:
        everything is there already, and all of them look first.
    """)
    plan = steps.plan(bench.folder, bench.github(), bench.place("plain").host)
    for shape, (title, size) in SHAPES.items():
        folder = bench.scratch("push")
        images.write_manifest(folder / "manifest.yaml", json.loads(plan)["binary_image"], size)
        module = download(bench, folder, plan, shape)
        for key in ("plain", "far"):
            place = bench.place(key)
            runs = bench.runs(7 if key == "far" else 15)
            for again in (False, True):
                commands = contenders(place, folder, plan, module, again)
                for command in commands if again else []:
                    run(command)
                results = compare(commands, runs, place.registry.requests)
                name = "again" if again else "new"
                section.comparison(f"{title}, {name}, {place.title}", results)
                crane = next(result for result in results if result.name == "crane push")
                bench.report.value(f"push.{shape}.{name}.{key}", crane.ratio)
                bench.report.value(f"push.{shape}.{name}.{key}.requests", results[0].requests)


def download(bench, folder, plan, shape):
    """Builds the module once, and has it in a folder for each of the tools that push one. Returns its repository and tag."""
    place = bench.place("plain")
    _, repository, tag = steps.module_image(plan)
    elsewhere = steps.with_module_at(plan, place.host, repository.replace(REPOSITORY, f"{REPOSITORY}-built-{shape}"))
    inputs = {"plan": elsewhere, "manifest": "manifest.yaml"}
    image = steps.phase(folder, "build-module", inputs, commit=json.loads(plan)["commit"])["module-image"]
    for command in [
        [tools.CRANE, "pull", "--format=oci", image, "crane"],
        ["skopeo", "copy", "--quiet", *place.skopeo("src-"), f"docker://{image}", "dir:skopeo"],
        [tools.ORAS, "copy", "--no-tty", *place.oras("from-"), image, "--to-oci-layout", "oras:latest"],
    ]:
        subprocess.run([str(word) for word in command], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    return repository, tag


class Destination:
    """Another repository for each run, or always the same."""

    numbers = itertools.count()

    def __init__(self, again):
        self.again = again
        self.registry = f"{REPOSITORY}-{next(self.numbers)}"

    def next(self, repository):
        if not self.again:
            self.registry = f"{REPOSITORY}-{next(self.numbers)}"
        return repository.replace(REPOSITORY, self.registry)


def contenders(place, folder, plan, image, again):
    repository, tag = image

    def pushes(name, command):
        """A contender whose command is made for each run, with the image's name."""
        target = Destination(again)
        contender = Contender(name, [], place.env(), folder)

        def prepare():
            contender.command = command(f"{place.host}/{target.next(repository)}:{tag}")

        contender.prepare = prepare
        return contender

    target = Destination(again)
    inputs = {"manifest": "manifest.yaml", **place.inputs()}
    ours = steps.step(folder, "build-module", inputs, commit=json.loads(plan)["commit"], env=place.env())

    def prepare():
        ours.env["INPUT_PLAN"] = steps.with_module_at(plan, place.host, target.next(repository))

    ours.prepare = prepare
    return [
        ours,
        pushes("crane push", lambda image: [tools.CRANE, "push", "crane", image]),
        pushes("skopeo copy", lambda image: ["skopeo", "copy", "--quiet", *place.skopeo("dest-"), "dir:skopeo", f"docker://{image}"]),
        pushes("oras copy", lambda image: [tools.ORAS, "copy", "--no-tty", "--from-oci-layout", "oras:latest", *place.oras("to-"), image]),
    ]
