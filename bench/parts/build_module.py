"""Building a module without sending it: time and memory by the size of its manifest."""

import json

from lib import images, steps
from lib.measure import compare
from lib.report import duration, memory

MEGABYTE = 1_000_000
# A config map as large as a typical object of a manifest.
DOCUMENT = """\
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings-{number}
  namespace: kyma-system
  labels:
    app.kubernetes.io/component: btp-manager.kyma-project.io
data:
  CHART_PATH: ./module-chart/chart
  ReadyTimeout: {number}s
"""


def measure(bench):
    section = bench.report.section("Building a module")
    section.text("`build-module` with `no-push`: the manifest is read and checked, and the module and the files of the release are written.")
    plan = steps.plan(bench.folder, bench.github(), bench.place("plain").host)
    image = json.loads(plan)["binary_image"]
    rows = []
    for key, title, write in [
        ("600", "600 lines", lambda path: documents(path, image, 51)),
        ("20m", "20 MB", lambda path: images.write_manifest(path, image, 20 * MEGABYTE)),
        ("25k", "25,000 documents", lambda path: documents(path, image, 25_000)),
    ]:
        folder = bench.scratch("build")
        write(folder / "manifest.yaml")
        inputs = {"plan": plan, "manifest": "manifest.yaml", "no-push": "true"}
        ours = steps.step(folder, "build-module", inputs, commit=json.loads(plan)["commit"])
        [result] = compare([ours], bench.runs(5), memory_runs=1)
        size = (folder / "manifest.yaml").stat().st_size
        spread = f"{duration(result.seconds.low)} – {duration(result.seconds.high)}"
        rows.append([title, f"{size / MEGABYTE:.2f} MB", duration(result.seconds.median), spread, memory(result.kib)])
        bench.report.value(f"build.{key}.seconds", result.seconds)
        bench.report.value(f"build.{key}.kib", result.kib)
    section.table(["manifest", "size", "median", "half of the runs", "peak memory"], rows)


def documents(path, image, count):
    images.write_manifest(path, image)
    with path.open("a") as out:
        out.writelines(DOCUMENT.format(number=number) for number in range(count))
