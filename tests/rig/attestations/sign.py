#!/usr/bin/env python3
"""Signs a statement as a workflow job does, with an implementation that is not ours.

    sign.py STATEMENT BUNDLE [logged|timestamped]

Takes the variables of the runner (ACTIONS_ID_TOKEN_REQUEST_URL and …_TOKEN), and FULCIO_URL, TIMESTAMP_URL and
REKOR_URL. Needs what comes with sigstore-python: cryptography, rfc3161-client.
"""
import base64
import hashlib
import json
import os
import sys
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rfc3161_client import TimestampRequestBuilder, decode_timestamp_response

PAYLOAD_TYPE = "application/vnd.in-toto+json"
# No proxy: all servers are on this machine.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def encode(data):
    return base64.b64encode(data).decode()


def post(url, body, kind="application/json"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": kind})
    return opener.open(request, timeout=30).read()


def token():
    url = os.environ["ACTIONS_ID_TOKEN_REQUEST_URL"] + "&audience=sigstore"
    secret = os.environ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {secret}"})
    return json.load(opener.open(request, timeout=30))["value"]


def certificate(key):
    secret = token()
    claims = json.loads(base64.urlsafe_b64decode(secret.split(".")[1] + "=="))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    proof = key.sign(claims["sub"].encode(), ec.ECDSA(hashes.SHA256()))
    answer = json.loads(post(os.environ["FULCIO_URL"] + "/api/v2/signingCert", {
        "credentials": {"oidcIdentityToken": secret},
        "publicKeyRequest": {
            "publicKey": {"algorithm": "ECDSA", "content": public},
            "proofOfPossession": encode(proof),
        },
    }))
    leaf = answer["signedCertificateEmbeddedSct"]["chain"]["certificates"][0]
    return x509.load_pem_x509_certificate(leaf.encode()).public_bytes(Encoding.DER)


def sign(statement, form="logged"):
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = certificate(key)
    message = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(statement), statement)
    signature = key.sign(message, ec.ECDSA(hashes.SHA256()))
    query = TimestampRequestBuilder().data(signature).nonce(nonce=True).build().as_bytes()
    stamp = post(os.environ["TIMESTAMP_URL"] + "/api/v1/timestamp", query, "application/timestamp-query")
    # One that cannot be read ends this here.
    decode_timestamp_response(stamp)
    material = {
        "certificate": {"rawBytes": encode(leaf)},
        "timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": encode(stamp)}]},
    }
    if form == "logged":
        entry = post(os.environ["REKOR_URL"] + "/api/v2/log/entries", {"hashedRekordRequestV002": {
            "digest": encode(hashlib.sha256(message).digest()),
            "signature": {
                "content": encode(signature),
                "verifier": {"x509Certificate": {"rawBytes": encode(leaf)}, "keyDetails": "PKIX_ECDSA_P256_SHA_256"},
            },
        }})
        material["tlogEntries"] = [json.loads(entry)]
    return {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": material,
        "dsseEnvelope": {
            "payload": encode(statement),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": encode(signature)}],
        },
    }


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        bundle = sign(file.read(), *sys.argv[3:])
    with open(sys.argv[2], "w") as file:
        json.dump(bundle, file)
