# shellcheck shell=bash
# What the scripts share; sourced, not run.

set -euo pipefail

# One sentence for the log and one annotation for the run's page, then the end.
fail() {
  printf '::error::%s\n' "$*" >&2
  exit 1
}

say() { printf '%s\n' "$*" >&2; }

# Something to run as root: a runner's user has sudo, a container's root has not.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Waits at most $1 seconds until the rest of the line succeeds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 2
  done
}
