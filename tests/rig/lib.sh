# shellcheck shell=bash
# Shared by all parts of the rig: messages with the time, a scratch folder, clean-up, waiting with a limit.

rig_started=$EPOCHREALTIME
scratch=$(mktemp -d "${TMPDIR:-/tmp}/btp-release-rig-XXXXXX")
cleanups=()

# The folder of cargo's builds. The working folder of the rig is the repository's.
target=${CARGO_TARGET_DIR:-target}
[[ $target == /* ]] || target=$PWD/$target
musl=x86_64-unknown-linux-musl
# shellcheck disable=SC2034 # for who sources this
binary=$target/$musl/release/btp-release
# shellcheck disable=SC2034 # likewise
stand_in_github=$target/debug/stand-in-github

# Seconds since the rig was started, as 12.3.
elapsed() {
  local now=${EPOCHREALTIME/[.,]/} then=${rig_started/[.,]/}
  local tenths=$(((now - then) / 100000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

line() { printf '%7s s  %s\n' "$(elapsed)" "$*"; }
chapter() { printf '\n%s\n' "$*"; }
ok() { line "✓ $*"; }

fail() {
  line "✗ $*" >&2
  exit 1
}

# Fails, and prints the end of a log.
fail_with_log() { # LOG MESSAGE…
  local log=$1
  shift
  tail -n 40 "$log" | sed 's/^/           | /' >&2
  fail "$@"
}

# Registers a command to run when the rig ends, with success or not. The last one is run first.
at_exit() { cleanups+=("$(printf '%q ' "$@")"); }

clean_up() {
  local code=$? i
  trap - EXIT
  for ((i = ${#cleanups[@]} - 1; i >= 0; i--)); do
    # In a subshell: one that fails must not keep the others from running.
    (eval "${cleanups[i]}") >/dev/null 2>&1 || true
  done
  rm -rf "$scratch"
  exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Ends a process that this script started, or a process group (`-PID`): with SIGTERM, and with SIGKILL if that takes too long.
stop() { # PID [SECONDS]
  kill -- "$1" 2>/dev/null || return 0
  local tries
  for ((tries = 0; tries < ${2:-10} * 10; tries++)); do
    kill -0 -- "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "$1" 2>/dev/null || true
}

# Repeats a command until it succeeds; fails if it does not in time.
until_true() { # SECONDS WHAT COMMAND…
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "$what: not in time"
    sleep 0.1
  done
}

same() { # WHAT SEEN WANTED
  [[ $2 == "$3" ]] || fail "$1: '$2', not '$3'"
}

# Runs a command, and checks its exit code.
ends_with() { # CODE WHAT COMMAND…
  local wanted=$1 what=$2 code=0
  shift 2
  "$@" || code=$?
  same "exit code of $what" "$code" "$wanted"
}

digest_of() { # FILE
  local sum
  sum=$(sha256sum <"$1")
  printf 'sha256:%s' "${sum%% *}"
}
