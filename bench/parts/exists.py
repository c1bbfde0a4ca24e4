"""Whether an image exists: by the HEAD that `await` sends, and by what other tools send. Whole processes."""

from lib import images, tools
from lib.measure import Contender, compare

REPOSITORY = "kyma-project/prod/btp-manager"
TAG = "v2.0.0"
# Tags that the repository has besides: the scripts of 2023 polled the list of all of them.
# https://github.com/kyma-project/btp-manager/blob/c77ee241/scripts/await_image.sh
MORE_TAGS = 500


def measure(bench):
    section = bench.report.section("Does an image exist?")
    section.text("""
        One request of `await` beside one call of each tool, in a repository of 501 tags. `curl` is the floor: it sends
        one `HEAD`, and where a password is needed it is told so beforehand. `list-tags | jq` is what the scripts of 2023 polled with.
    """)
    plain = bench.place("plain")
    manifest = images.push_image(plain.host, REPOSITORY, TAG, {})
    for number in range(MORE_TAGS):
        images.push_manifest(plain.host, REPOSITORY, f"v1.{number}.0", manifest)
    for place in bench.places().values():
        runs = bench.runs(15 if place.key == "far" else 41)
        results = compare(contenders(bench, place), runs, place.registry.requests)
        section.comparison(place.title, results)
        by_name = {result.name: result for result in results}
        bench.report.value(f"exists.{place.key}", by_name["crane digest"].ratio)


def contenders(bench, place):
    image = f"{place.host}/{REPOSITORY}"
    head = ["curl", "--silent", "--fail", "--head", "--header", f"Accept: {images.MANIFEST_TYPE}", *place.curl()]
    tags = " ".join(["skopeo list-tags", *map(str, place.skopeo()), f"docker://{image}"])
    listed = f"set -o pipefail; {tags} | jq --exit-status '.Tags | any(. == \"{TAG}\")'"
    commands = {
        "btp-release": [tools.EXISTS, f"{image}:{TAG}", *([place.config, place.authority] if place.secure else [])],
        "curl --head": [*head, place.url(f"{REPOSITORY}/manifests/{TAG}")],
        "crane digest": [tools.CRANE, "digest", f"{image}:{TAG}"],
        "oras resolve": [tools.ORAS, "resolve", *place.oras(), f"{image}:{TAG}"],
        "skopeo inspect --raw": ["skopeo", "inspect", "--raw", *place.skopeo(), f"docker://{image}:{TAG}"],
        "skopeo list-tags \\| jq": ["bash", "-c", listed],
    }
    folder = bench.scratch("exists")
    return [Contender(name, command, place.env(), folder) for name, command in commands.items()]
