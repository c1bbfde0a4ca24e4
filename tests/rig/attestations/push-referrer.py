#!/usr/bin/env python3
"""Pushes a bundle to a registry as a referrer of an image, with an implementation that is not ours.

    push-referrer.py HOST/REPOSITORY image              pushes a small image, and prints its digest
    push-referrer.py HOST/REPOSITORY DIGEST BUNDLE TYPE

The layout is cosign's, of version 3. A registry that has no referrers API finds it by the tag `sha256-<hex>`, an index that is read
and written again: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
"""
import hashlib
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
EMPTY = "application/vnd.oci.empty.v1+json"

host, repository = sys.argv[1].split("/", 1)
base = f"http://{host}/v2/{repository}"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def request(method, url, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return opener.open(urllib.request.Request(url, data=body, method=method, headers=headers), timeout=30)


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def blob(data, kind):
    """Uploads a blob; its descriptor."""
    location = urllib.parse.urljoin(base, request("POST", f"{base}/blobs/uploads/", b"").headers["Location"])
    mark = "&" if "?" in location else "?"
    request("PUT", f"{location}{mark}digest={digest(data)}", data, Content_Type="application/octet-stream")
    return {"mediaType": kind, "digest": digest(data), "size": len(data)}


def put(reference, value, kind):
    data = json.dumps(value).encode()
    reference = reference or digest(data)
    answer = request("PUT", f"{base}/manifests/{reference}", data, Content_Type=kind)
    return {"mediaType": kind, "digest": digest(data), "size": len(data)}, answer


def push_image():
    image = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": blob(b"{}", "application/vnd.oci.image.config.v1+json"),
        "layers": [blob(b"layer", "application/vnd.oci.image.layer.v1.tar")],
    }
    return put(None, image, MANIFEST)[0]["digest"]


def push_referrer(subject, bundle, predicate_type):
    found = request("HEAD", f"{base}/manifests/{subject}", Accept=f"{MANIFEST}, {INDEX}").headers
    annotations = {"dev.sigstore.bundle.content": "dsse-envelope", "dev.sigstore.bundle.predicateType": predicate_type}
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": BUNDLE,
        "config": blob(b"{}", EMPTY),
        "layers": [blob(bundle, BUNDLE)],
        "subject": {"mediaType": found["Content-Type"], "digest": subject, "size": int(found["Content-Length"])},
        "annotations": annotations,
    }
    descriptor, answer = put(None, manifest, MANIFEST)
    if answer.headers.get("OCI-Subject") == subject:
        return descriptor["digest"]
    tag = subject.replace(":", "-")
    try:
        index = json.load(request("GET", f"{base}/manifests/{tag}", Accept=INDEX))
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
    index["manifests"].append({**descriptor, "artifactType": BUNDLE, "annotations": annotations})
    put(tag, index, INDEX)
    return descriptor["digest"]


if sys.argv[2] == "image":
    print(push_image())
else:
    with open(sys.argv[3], "rb") as file:
        print(push_referrer(sys.argv[2], file.read(), sys.argv[4]))
