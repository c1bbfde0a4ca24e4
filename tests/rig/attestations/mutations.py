#!/usr/bin/env python3
"""Changes one thing at a time in a bundle, and writes each result into a folder.

    mutations.py BUNDLE OTHER FOLDER

OTHER is a bundle of the same signer with another statement. FOLDER/unchanged.json is the bundle as it is, written in the same way.
"""
import base64
import copy
import json
import pathlib
import sys


def decode(text):
    return base64.b64decode(text)


def encode(data):
    return base64.b64encode(data).decode()


def flip(text, at=-1):
    """The same base64 with one bit of a byte changed."""
    data = bytearray(decode(text))
    data[at] ^= 1
    return encode(bytes(data))


def statement(change):
    def apply(bundle):
        envelope = bundle["dsseEnvelope"]
        value = json.loads(decode(envelope["payload"]))
        change(value)
        envelope["payload"] = encode(json.dumps(value, separators=(",", ":")).encode())

    return apply


def material(bundle):
    return bundle["verificationMaterial"]


def entry(bundle):
    return material(bundle)["tlogEntries"][0]


def proof(bundle):
    return entry(bundle)["inclusionProof"]


def stamp(bundle):
    return material(bundle)["timestampVerificationData"]["rfc3161Timestamps"][0]


def signature(bundle):
    return bundle["dsseEnvelope"]["signatures"][0]


def body(change):
    """Changes the entry of the log in its stored form."""

    def apply(bundle):
        value = json.loads(decode(entry(bundle)["canonicalizedBody"]))
        change(value["spec"]["hashedRekordV002"])
        entry(bundle)["canonicalizedBody"] = encode(json.dumps(value, separators=(",", ":"), sort_keys=True).encode())

    return apply


def checkpoint(change):
    def apply(bundle):
        found = proof(bundle)["checkpoint"]
        found["envelope"] = change(found["envelope"])

    return apply


def checkpoint_signature(text):
    head, line = text.rstrip("\n").rsplit(" ", 1)
    return f"{head} {flip(line)}\n"


def every(bundle, other):
    """The name of each mutation, and what makes it."""
    theirs = material(other)
    yield "subject-digest", statement(lambda s: s["subject"][0]["digest"].update(sha256="0" * 64))
    yield "subject-added", statement(lambda s: s["subject"].append({"name": "x", "digest": {"sha256": "1" * 64}}))
    yield "predicate", statement(lambda s: s["predicate"].update(result="FAILED"))
    yield "predicate-type", statement(lambda s: s.update(predicateType="https://example.com/other"))
    yield "statement-type", statement(lambda s: s.update(_type="https://in-toto.io/Statement/v0.1"))
    yield "statement-space", lambda b: b["dsseEnvelope"].update(payload=encode(decode(b["dsseEnvelope"]["payload"]) + b" "))
    yield "payload-type", lambda b: b["dsseEnvelope"].update(payloadType="application/json")
    yield "payload-of-other", lambda b: b["dsseEnvelope"].update(payload=other["dsseEnvelope"]["payload"])
    yield "signature-bit", lambda b: signature(b).update(sig=flip(signature(b)["sig"]))
    yield "signature-of-other", lambda b: signature(b).update(sig=signature(other)["sig"])
    yield "signature-none", lambda b: b["dsseEnvelope"].update(signatures=[])
    yield "signature-twice", lambda b: b["dsseEnvelope"]["signatures"].append(signature(other))
    yield "certificate-bit", lambda b: material(b)["certificate"].update(rawBytes=flip(material(b)["certificate"]["rawBytes"]))
    yield "certificate-name", lambda b: material(b)["certificate"].update(
        rawBytes=encode(decode(material(b)["certificate"]["rawBytes"]).replace(b"create-release.yaml", b"create-relaese.yaml"))
    )
    yield "certificate-of-other", lambda b: material(b).update(certificate=theirs["certificate"])
    yield "certificate-none", lambda b: material(b).pop("certificate")
    yield "timestamp-bit", lambda b: stamp(b).update(signedTimestamp=flip(stamp(b)["signedTimestamp"]))
    yield "timestamp-time", lambda b: stamp(b).update(
        signedTimestamp=encode(decode(stamp(b)["signedTimestamp"]).replace(b"\x18\x0f20", b"\x18\x0f19", 1))
    )
    yield "timestamp-of-other", lambda b: material(b).update(timestampVerificationData=theirs["timestampVerificationData"])
    yield "timestamp-none", lambda b: material(b).pop("timestampVerificationData")
    if not material(bundle).get("tlogEntries"):
        return
    yield "entry-none", lambda b: material(b).pop("tlogEntries")
    yield "entry-empty", lambda b: material(b).update(tlogEntries=[])
    yield "entry-of-other", lambda b: material(b).update(tlogEntries=theirs["tlogEntries"])
    yield "entry-twice", lambda b: material(b)["tlogEntries"].append(copy.deepcopy(entry(b)))
    yield "entry-digest", body(lambda e: e["data"].update(digest=flip(e["data"]["digest"])))
    yield "entry-signature", body(lambda e: e["signature"].update(content=signature(other)["sig"]))
    yield "entry-index", lambda b: (entry(b).update(logIndex="7"), proof(b).update(logIndex="7"))
    yield "entry-log", lambda b: entry(b)["logId"].update(keyId=flip(entry(b)["logId"]["keyId"], 0))
    yield "proof-none", lambda b: entry(b).pop("inclusionProof")
    yield "proof-root", lambda b: proof(b).update(rootHash=flip(proof(b)["rootHash"]))
    yield "proof-hash", lambda b: proof(b).update(hashes=[flip(one) for one in proof(b)["hashes"]] + [encode(b"\1" * 32)])
    yield "checkpoint-text", checkpoint(lambda text: text.replace("\n", "\n ", 1))
    yield "checkpoint-signature", checkpoint(checkpoint_signature)
    yield "checkpoint-origin", checkpoint(lambda text: text.replace("rekor.sigstore.local", "rekor.example.com"))
    yield "media-type", lambda b: b.update(mediaType="application/vnd.dev.sigstore.bundle+json;version=0.1")
    yield "unknown-field", lambda b: b.update(surprise=1)


def main():
    bundle, other = (json.loads(pathlib.Path(path).read_text()) for path in sys.argv[1:3])
    folder = pathlib.Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "unchanged.json").write_text(json.dumps(bundle))
    for name, change in every(bundle, other):
        changed = copy.deepcopy(bundle)
        change(changed)
        # One that changes nothing proves nothing.
        assert changed != bundle, name
        (folder / f"{name}.json").write_text(json.dumps(changed))


if __name__ == "__main__":
    main()
