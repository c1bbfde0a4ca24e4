"""One registry's bytes at three places: plain, with TLS and a password, and the latter far away."""

import base64
import json

from . import servers, tools

FAR = 50  # milliseconds


class Place:
    """Where a registry is, and the options by which each tool reaches it."""

    def __init__(self, key, title, registry, folder, host=None, certificate=None):
        self.key, self.title = key, title
        self.registry, self.host = registry, host or registry.host
        self.secure = certificate is not None
        self.authority = certificate.authority if certificate else None
        self.config = folder / "config.json"
        folder.mkdir(parents=True, exist_ok=True)
        self.login = f"{servers.USER}:{servers.PASSWORD}"
        auth = {"auth": base64.b64encode(self.login.encode()).decode()}
        self.config.write_text(json.dumps({"auths": {self.host: auth} if self.secure else {}}))

    def env(self):
        """Variables for all tools."""
        return {"DOCKER_CONFIG": self.config.parent, **({"SSL_CERT_FILE": self.authority} if self.secure else {})}

    def inputs(self):
        if not self.secure:
            return {}
        return {"registry-username": servers.USER, "registry-password": servers.PASSWORD}

    def skopeo(self, side=""):
        """`side` is `src-` or `dest-` for a copy."""
        return [f"--{side}authfile", self.config] if self.secure else [f"--{side}tls-verify=false"]

    def oras(self, side=""):
        """`side` is `from-` or `to-` for a copy."""
        return [f"--{side}registry-config", self.config] if self.secure else [f"--{side}plain-http"]

    def curl(self):
        return ["--cacert", self.authority, "--user", self.login] if self.secure else []

    def url(self, path):
        return f"{'https' if self.secure else 'http'}://{self.host}/v2/{path}"


def start(folder):
    """The three places, by key. What is pushed at one of them is there at all."""
    address = servers.own_address()
    certificate = servers.Certificate(folder / "certificate", address)
    users = folder / "users"
    users.write_text(tools.output("htpasswd", "-Bbn", servers.USER, servers.PASSWORD))
    data = folder / "registry"
    plain = servers.Registry(folder / "plain", data)
    guarded = servers.Registry(folder / "guarded", data, address, certificate, users)
    far = servers.Delayed(folder, guarded.host, FAR)
    places = [
        Place("plain", "plain HTTP", plain, folder / "plain"),
        Place("tls", "TLS and a password", guarded, folder / "guarded", certificate=certificate),
        Place("far", f"the same, {FAR} ms away", guarded, folder / "far", far.host, certificate),
    ]
    return {place.key: place for place in places}, [far, guarded, plain]
