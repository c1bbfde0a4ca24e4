# shellcheck shell=bash
# Functions that the scripts share; sourced, not run.

set -euo pipefail

# Reports an error, as an annotation of the run where this is a workflow, and ends the script.
fail() {
  printf '::error::%s\n' "$*" >&2
  exit 1
}

say() { printf '%s\n' "$*" >&2; }

# Runs a command as root: with sudo, which the user of a runner has and a container may not have.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Repeats a command until it succeeds, for at most $1 seconds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 2
  done
}
