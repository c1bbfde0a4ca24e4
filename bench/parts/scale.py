"""What grows with what: requests and time by the number of releases, assets and images."""

from lib import images, releases, servers
from lib.chart import Chart
from lib.report import duration

RELEASES = (10, 100, 1000, 10_000)
ASSETS = (1, 10, 100, 990)
IMAGES = (1, 5, 10, 20)
HOUR = 3600


def measure(bench):
    section = bench.report.section("Scale")
    section.text("""
        Requests to both services, and time, of single phases, with the limits off. Flat is good. Notes by the number of commits are left out: GitHub
        writes them, in one request.
    """)
    by_releases(bench, section)
    by_assets(bench, section)
    by_images(bench, section)


class Scale:
    """The table and the charts of one row of sizes."""

    def __init__(self, name, what, phases):
        self.name, self.what, self.phases = name, what, phases
        self.rows = []
        self.requests = {phase: [] for phase in phases}
        self.seconds = {phase: [] for phase in phases}

    def add(self, size, taken):
        chosen = [one for one in taken if one.phase in self.phases]
        for one in chosen:
            self.requests[one.phase].append((size, len(one.entries) + one.registry))
            self.seconds[one.phase].append((size, one.seconds))
        cells = [cell for one in chosen for cell in (len(one.entries) + one.registry, duration(one.seconds))]
        self.rows.append([f"{size:,}", *cells])

    def report(self, section):
        head = [self.what, *(cell for phase in self.phases for cell in (f"`{phase}`: requests", "time"))]
        section.table(head, self.rows)
        section.chart(Chart(f"{self.name}-requests", f"Requests by the number of {self.what}", self.what, "requests", self.requests))
        section.chart(Chart(f"{self.name}-seconds", f"Time by the number of {self.what}", self.what, "seconds", self.seconds))

    def growth(self, phase):
        """How many requests the largest size takes for one of the smallest."""
        (_, first), *_, (_, last) = self.requests[phase]
        return last / first


def release(bench, github, assets, inputs=None, write=True):
    folder = bench.scratch("scale")
    if write:
        releases.Built([], folder).write_assets(folder, assets)
    return releases.Release(folder, github, bench.place("plain").registry, assets, inputs=inputs)


def without_module(**more):
    """A release of assets alone, or with other images."""
    return {"binary-image": "", "module-name": "", "module-registry": "", **more}


def by_releases(bench, section):
    scale = Scale("releases", "releases and tags", ["plan", "draft", "publish"])
    for count in RELEASES:
        github = bench.github()
        add_releases(github, count)
        one = release(bench, github, ["template.yaml"], without_module())
        scale.add(count, one.run(["plan", "draft", "upload", "await", "record-tests", "publish"]))
        github.stop()
    scale.report(section)
    for phase in ("plan", "publish"):
        bench.report.value(f"scale.{phase}", scale.growth(phase))


def add_releases(github, count):
    world = github.world()
    repository = world["repositories"][servers.REPOSITORY]
    [old] = repository["releases"].values()
    commit = repository["refs"]["refs/tags/1.0.0"]
    for number in range(count):
        tag = f"v1.{number}.0"
        identity = 1_000_000 + number
        repository["refs"][f"refs/tags/{tag}"] = commit
        repository["releases"][str(identity)] = {
            **old, "id": identity, "tag_name": tag, "name": tag, "created_at": old["created_at"] + number,
            "published_at": old["published_at"] + number * HOUR,
        }
    repository["last_id"] = 2_000_000
    github.control("PUT", "world", world)


def by_assets(bench, section):
    scale = Scale("assets", "assets", ["plan", "await", "publish"])
    for count in ASSETS:
        github = bench.github()
        names = [f"file-{number:03}.yaml" for number in range(count)]
        one = release(bench, github, names, without_module(), write=False)
        taken = one.run(["plan", "draft"])
        add_assets(github, names)
        scale.add(count, taken + one.run(["await", "record-tests", "publish"]))
        github.stop()
    scale.report(section)
    section.text(f"The assets were already there, equal in content. GitHub takes {1000:,}; evidence and verdicts are assets, too.")


def add_assets(github, names):
    """Uploads one, and copies it under the other names."""
    [draft] = [release for release in github.repository()["releases"].values() if release["draft"]]
    github.call("POST", f"releases/{draft['id']}/assets?name={names[0]}", b"kind: List\n", upload=True)
    world = github.world()
    repository = world["repositories"][servers.REPOSITORY]
    assets = repository["releases"][str(draft["id"])]["assets"]
    [first] = assets
    assets += [{**first, "id": 1_000_000 + number, "name": name} for number, name in enumerate(names[1:])]
    repository["last_id"] = 2_000_000
    github.control("PUT", "world", world)


def by_images(bench, section):
    scale = Scale("images", "images", ["plan", "await", "publish"])
    host = bench.place("plain").host
    for count in IMAGES:
        github = bench.github()
        extra = [f"{host}/scale/{count}/image-{number}" for number in range(count)]
        one = release(bench, github, ["template.yaml"], without_module(**{"extra-images": "\n".join(extra)}))
        taken = one.run(["plan", "draft", "upload"])
        for image in extra:
            repository = image.split("/", 1)[1]
            images.push_image(host, repository, one.version, images.labels_of(github.commit, one.version[1:]))
        scale.add(count, taken + one.run(["await", "record-tests", "publish"]))
        github.stop()
    scale.report(section)
