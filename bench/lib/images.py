"""Images and modules for the measurements, made and pushed by this program and not by any of those that are measured."""

import base64
import hashlib
import http.client
import io
import json
import os
import tarfile

from . import tools

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
MIB = 1 << 20


class Blob:
    """Bytes in memory, or random bytes in a file."""

    def __init__(self, content=None, path=None):
        self.content, self.path = content, path
        self.size = len(content) if path is None else path.stat().st_size
        with self.open() as source:
            self.digest = "sha256:" + hashlib.file_digest(source, "sha256").hexdigest()

    def open(self):
        return io.BytesIO(self.content) if self.path is None else self.path.open("rb")

    def named(self, media_type):
        return {"mediaType": media_type, "digest": self.digest, "size": self.size}


def random_text(size):
    """Comments that do not repeat, in lines as long as those of a manifest: at most 1 MiB of them at once."""
    line = 60
    text = base64.b64encode(os.urandom(size)).decode()
    lines = "".join(f"# {text[at:at + line]}\n" for at in range(0, size, line))
    return lines[:size - 1].encode() + b"\n"


def random_blob(folder, size):
    """A text as long as a manifest of this size, in memory if it is small."""
    if size <= MIB:
        return Blob(random_text(size))
    path = folder / f"blob-{size}-{os.urandom(4).hex()}"
    pieces = [random_text(MIB) for _ in range(64)]
    with path.open("wb") as out:
        # The same 64 MiB again and again: nobody here compresses.
        for at in range(size // MIB):
            out.write(pieces[at % len(pieces)])
        out.write(random_text(size % MIB)[:size % MIB] if size % MIB else b"")
    return Blob(path=path)


def one_file_tar(name, content):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def push_blob(host, repository, blob):
    connection = http.client.HTTPConnection(host)
    connection.request("POST", f"/v2/{repository}/blobs/uploads/")
    answer = connection.getresponse()
    answer.read()
    place = answer.headers["Location"].split(host, 1)[-1]
    with blob.open() as source:
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(blob.size)}
        connection.request("PUT", f"{place}&digest={blob.digest}", source, headers)
        expect(connection, 201)


def push_manifest(host, repository, tag, manifest):
    body = json.dumps(manifest).encode()
    connection = http.client.HTTPConnection(host)
    connection.request("PUT", f"/v2/{repository}/manifests/{tag}", body, {"Content-Type": manifest["mediaType"]})
    expect(connection, 201)
    return "sha256:" + hashlib.sha256(body).hexdigest()


def pulled_manifest(host, repository, reference):
    connection = http.client.HTTPConnection(host)
    connection.request("GET", f"/v2/{repository}/manifests/{reference}", headers={"Accept": MANIFEST_TYPE})
    return json.loads(expect(connection, 200))


def expect(connection, status):
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != status:
        raise SystemExit(f"the registry answers {answer.status}: {body[:500]!r}")
    return body


def manifest_of(config, layers):
    return {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": layers}


def push_image(host, repository, tag, labels, layer=None):
    """A small container image with these labels, which tell `await` which commit it is built from. Returns its manifest."""
    layer = layer or Blob(one_file_tar("manager", b"the manager\n"))
    diff_id = layer.digest
    rootfs = {"type": "layers", "diff_ids": [diff_id]}
    config = {"architecture": "amd64", "os": "linux", "config": {"Labels": labels}, "rootfs": rootfs}
    config = Blob(json.dumps(config).encode())
    for blob in (layer, config):
        push_blob(host, repository, blob)
    manifest = manifest_of(
        config.named("application/vnd.oci.image.config.v1+json"),
        [layer.named("application/vnd.oci.image.layer.v1.tar")],
    )
    push_manifest(host, repository, tag, manifest)
    return manifest


def labels_of(commit, version):
    labels = {"revision": commit, "version": version, "source": "https://github.com/kyma-project/btp-manager"}
    return {f"org.opencontainers.image.{name}": value for name, value in labels.items()}


def push_module(host, repository, tag, plan, layers):
    """A module in the form of the Kyma CLI 2, whose layers are the files themselves. `layers` has a blob for each resource."""
    version = plan["version"]
    resources = [
        {"name": name, "type": "yaml", "relation": "local", "version": version,
         "access": {"type": "localOciBlob", "digest": blob.digest}}
        for name, blob in layers.items()
    ]
    source = {"type": "gitHub", "repoUrl": f"github.com/{plan['repository']}", "commit": plan["commit"]}
    descriptor = {
        "meta": {"schemaVersion": "v2"},
        "component": {
            "name": plan["module"]["name"], "version": version, "provider": "internal", "repositoryContexts": [],
            "componentReferences": [], "resources": resources,
            "sources": [{"name": "module-sources", "type": "git", "version": version, "access": source}],
        },
    }
    descriptor = Blob(one_file_tar("component-descriptor.yaml", json.dumps(descriptor).encode()))
    first = descriptor.named("application/vnd.ocm.software.component-descriptor.v2+yaml+tar")
    config = Blob(json.dumps({"componentDescriptorLayer": first}).encode())
    for blob in (descriptor, config, *layers.values()):
        push_blob(host, repository, blob)
    named = [blob.named("application/octet-stream") for blob in layers.values()]
    manifest = manifest_of(config.named("application/vnd.ocm.software.component.config.v1+json"), [first, *named])
    return push_manifest(host, repository, tag, manifest)


def write_manifest(path, image, size=0):
    """A module's manifest that runs this image; comments make it as long as it is to be."""
    text = (tools.ROOT / "src/rehearsal/example/manifest.yaml").read_text().replace("{binary-image}", image)
    with path.open("wb") as out:
        out.write(text.encode())
        while size > out.tell():
            out.write(random_text(min(MIB, max(2, size - out.tell()))))
