"""How fast a module is fetched, and with how much memory."""

import json
import shutil

from lib import images, steps, tools
from lib.images import MIB
from lib.measure import Contender, compare

# Bytes of the layers of the resources, next to the layer of the descriptor.
SHAPES = {
    "76": ("76 MB in 6 layers", [64 * MIB, 8 * MIB, 256 * 1024, 64 * 1024, 10 * 1024]),
    "1k": ("1 KB in each of 6 layers", [1024] * 5),
    "20m": ("a manifest of 20 MB", None),
    "1g": ("1 GiB in one layer", [1024 * MIB, 1024]),
}
NAMES = ["raw-manifest", "default-cr", "layer-3", "layer-4", "layer-5"]
# How often each is run: at the place where the registry is near, and where it is far.
RUNS = {"76": (11, 7), "1k": (31, 11), "20m": (15, 9), "1g": (3, 2)}
FEW = ["btp-release", "crane pull", "skopeo copy"]


def measure(bench):
    section = bench.report.section("Pulling a module")
    section.text("""
        `fetch-module` beside the tools that copy an image to a folder. It also compares the module with its plan, and takes
        the manifest and the default custom resource out of their layers; layers that hold neither are not read: they are less
        than a hundredth of the bytes. `crane` writes an OCI layout, which is faster than its tarball; the others copy as many layers at once
        as there are. `curl` fetches all layers at once, which it is told beforehand, and `sha256sum` reads them again.
    """)
    plans = {form: steps.plan(bench.folder, bench.github(), bench.place("plain").host, module_form=form)
             for form in ("kyma-cli-2", "modulectl-3")}
    for shape, (title, sizes) in SHAPES.items():
        form = "kyma-cli-2" if sizes else "modulectl-3"
        digest, blobs = push(bench, shape, plans[form], sizes)
        for place in bench.places().values():
            near, far = RUNS[shape]
            runs = bench.runs(far if place.key == "far" else near)
            commands = contenders(bench, place, plans[form], shape, digest, blobs)
            results = compare(commands, runs, place.registry.requests, memory_runs=1 if shape == "1g" else 3)
            section.comparison(f"{title}, {place.title}", results)
            by_name = {result.name: result for result in results}
            bench.report.value(f"pull.{shape}.{place.key}", by_name["crane pull"].ratio)
            bench.report.value(f"pull.{shape}.{place.key}.kib", by_name["btp-release"].kib)
        delete_files(bench)


def repository_of(plan, shape):
    _, repository, tag = steps.module_image(plan)
    return repository.replace("/unsigned/", f"/pull-{shape}/"), tag


def push(bench, shape, plan, sizes):
    """Pushes the module, and returns its digest and those of its blobs."""
    host = bench.place("plain").host
    repository, tag = repository_of(plan, shape)
    if sizes:
        layers = {name: images.random_blob(bench.folder, size) for name, size in zip(NAMES, sizes)}
        digest = images.push_module(host, repository, tag, json.loads(plan), layers)
    else:
        digest = build(bench, plan.replace("/unsigned/", f"/pull-{shape}/"), 20_000_000)
    manifest = images.pulled_manifest(host, repository, digest)
    return digest, [blob["digest"] for blob in [manifest["config"], *manifest["layers"]]]


def build(bench, plan, size):
    """Pushes a module with a manifest of this size, as a release does."""
    folder = bench.scratch("module")
    images.write_manifest(folder / "manifest.yaml", json.loads(plan)["binary_image"], size)
    inputs = {"plan": plan, "manifest": "manifest.yaml"}
    built = steps.phase(folder, "build-module", inputs, commit=json.loads(plan)["commit"])
    return built["module-image"].split("@")[1]


def contenders(bench, place, plan, shape, digest, blobs):
    repository, _ = repository_of(plan, shape)
    image = f"{place.host}/{repository}@{digest}"
    folder = bench.scratch("pull")
    moved = plan.replace(bench.place("plain").host, place.host).replace("/unsigned/", f"/pull-{shape}/")

    def clear():
        for name in ("module", "pulled"):
            shutil.rmtree(folder / name, ignore_errors=True)
        (folder / "pulled").mkdir()

    fetched = [word for blob in blobs for word in ("--output", f"pulled/{blob[7:]}", place.url(f"{repository}/blobs/{blob}"))]
    parallel = ["curl", "--silent", "--fail", "--parallel", "--parallel-immediate", *map(str, place.curl()), *fetched]
    commands = {
        "crane pull": [tools.CRANE, "pull", "--format=oci", image, "pulled/layout"],
        "skopeo copy": ["skopeo", "copy", "--quiet", *place.skopeo("src-"), f"docker://{image}", "dir:pulled/dir"],
        "oras copy": [tools.ORAS, "copy", "--no-tty", "--concurrency", len(blobs), *place.oras("from-"), image,
                      "--to-oci-layout", "pulled/layout:latest"],
        "curl, sha256sum": ["bash", "-c", '"$@" && sha256sum pulled/*', "bash", *parallel],
    }
    inputs = {"plan": moved, "module-image": image, **place.inputs()}
    ours = steps.step(folder, "fetch-module", inputs, commit=json.loads(plan)["commit"], env=place.env(), prepare=clear)
    all_of_them = [ours, *(Contender(name, command, place.env(), folder, clear) for name, command in commands.items())]
    # Several minutes are saved by leaving some out.
    return [one for one in all_of_them if shape != "1g" or one.name in FEW]


def delete_files(bench):
    for file in bench.folder.glob("blob-*"):
        file.unlink()
    for folder in bench.folder.glob("pull-*"):
        shutil.rmtree(folder)
