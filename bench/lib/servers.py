"""The servers that both sides talk to: docker-registry and this repository's stand-in for GitHub."""

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from . import tools

USER, PASSWORD = "robot", "s3cret"
TOKEN = "gh-token"
REPOSITORY = "kyma-project/btp-manager"


class Server:
    """A process that says in its log where it listens, and is stopped at the end."""

    def __init__(self, command, log, ready):
        self.log = Path(log)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as out:
            self.process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=out)
        self.found = self._wait(re.compile(ready))

    def _wait(self, ready):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = ready.search(self.log.read_text(errors="replace"))
            if found:
                return found.group(1)
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise SystemExit(f"{self.process.args[0]} does not start:\n{self.log.read_text(errors='replace')[-2000:]}")

    def stop(self):
        self.process.kill()
        self.process.wait()


class Registry:
    """docker-registry. Several may serve one folder of data, so that they have the same bytes."""

    def __init__(self, folder, data, address="127.0.0.1", certificate=None, users=None):
        folder.mkdir(parents=True, exist_ok=True)
        http = {"addr": f"{address}:0"}
        if certificate:
            http["tls"] = {"certificate": str(certificate.chain), "key": str(certificate.key)}
        config = {
            "version": 0.1,
            "log": {"level": "info"},
            "http": http,
            "storage": {"filesystem": {"rootdirectory": str(data), "maxthreads": 100}, "delete": {"enabled": True}},
        }
        if users:
            config["auth"] = {"htpasswd": {"realm": "registry", "path": str(users)}}
        (folder / "config.yml").write_text(json.dumps(config))  # JSON is YAML.
        self.server = Server(["docker-registry", "serve", folder / "config.yml"], folder / "log", r"listening on ([0-9.:]+)")
        self.host = self.server.found
        self.read = 0

    def requests(self):
        """The requests since the last call, as method, path and status."""
        time.sleep(0.05)  # It logs a request after the answer.
        with self.server.log.open("rb") as log:
            log.seek(self.read)
            text = log.read()
        self.read += len(text)
        return re.findall(r'"([A-Z]+) (\S+) HTTP/[\d.]+" (\d+)', text.decode(errors="replace"))

    def stop(self):
        self.server.stop()


class GitHub:
    """The stand-in. Every instance has the state of the example, and its own counts of the limits."""

    def __init__(self, folder, delay=0, limits=None):
        command = [tools.STAND_IN, "--delay", delay, "--limits", "none" if limits is None else json.dumps(limits)]
        self.server = Server(command, folder / "github.log", r"GITHUB_UPLOAD_URL=(\S+)\n")
        self.upload_url = self.server.found
        lines = self.server.log.read_text().splitlines()
        self.env = dict(line.split("=", 1) for line in lines if line.startswith("GITHUB_"))
        self.api_url = self.env["GITHUB_API_URL"]
        self.commit = self.repository()["refs"]["refs/heads/main"]

    def control(self, method, what, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.api_url}/_stand-in/{what}", data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def world(self):
        return self.control("GET", "world")

    def repository(self):
        return self.world()["repositories"][REPOSITORY]

    def requests(self):
        """The requests since the last call."""
        entries = self.control("GET", "log")
        self.control("DELETE", "log")
        return entries

    def call(self, method, path, body=None, upload=False):
        """An answer of the API."""
        base = self.upload_url if upload else self.api_url
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/octet-stream", "User-Agent": "bench"}
        request = urllib.request.Request(f"{base}/repos/{REPOSITORY}/{path}", data=data, headers=headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def stop(self):
        self.server.stop()


class Delayed:
    """A server behind a round trip of so many milliseconds."""

    def __init__(self, folder, host, milliseconds):
        command = [sys.executable, Path(__file__).with_name("delay.py"), host, milliseconds]
        self.server = Server(command, folder / f"delay-{milliseconds}.log", r"^([0-9.:]+)\n")
        self.host = self.server.found

    def stop(self):
        self.server.stop()


class Certificate:
    """A certificate for an address of this machine, signed by an authority that is made for it."""

    def __init__(self, folder, address):
        folder.mkdir(parents=True, exist_ok=True)
        self.authority, self.chain, self.key = folder / "ca.crt", folder / "server.crt", folder / "server.key"
        run = lambda *words: subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        run("req", "-x509", *new, "-keyout", folder / "ca.key", "-out", self.authority, "-days", 2, "-subj", "/CN=bench")
        run("req", *new, "-keyout", self.key, "-out", folder / "server.csr", "-subj", f"/CN={address}")
        (folder / "names").write_text(f"subjectAltName=IP:{address}\n")
        run("x509", "-req", "-in", folder / "server.csr", "-CA", self.authority, "-CAkey", folder / "ca.key",
            "-CAcreateserial", "-out", self.chain, "-days", 2, "-extfile", folder / "names")


def own_address():
    """An address of this machine other than 127.0.0.1, to which all clients speak TLS."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # A datagram socket only chooses a route; nothing is sent.
        return probe.getsockname()[0]
