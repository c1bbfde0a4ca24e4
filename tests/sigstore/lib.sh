# shellcheck shell=bash
# Shared by the scripts of the real Sigstore.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
# The folder of cargo's builds.
target=${CARGO_TARGET_DIR:-$repository/target}
[[ $target == /* ]] || target=$repository/$target

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# The time at which a process began: its number alone may be another process's by now.
begin_of() { # PID
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  # The name, which may contain anything, is in parentheses.
  read -ra stat <<<"${stat##*) }"
  echo "${stat[19]}"
}
