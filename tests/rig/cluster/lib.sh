# shellcheck shell=bash
# Shared by the scripts of the cluster.
#
# What is started here runs in namespaces of its own: processes, mounts and, for a cluster, the network. The kernel takes all of it
# away as soon as the first process in there ends, however it ends: containers, overlays, interfaces and rules of iptables. Only
# control groups and files are left for `down` to remove.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Where what is built is kept: below the folder of cargo's builds, which is in no commit.
kept() {
  local target=${CARGO_TARGET_DIR:-target}
  [[ $target == /* ]] || target=$here/../../../$target
  mkdir -p "$target/cluster"
  (cd "$target/cluster" && pwd)
}

# Fails if a program is not there, with the names of all packages of Debian that are missing. Reads lines of: program, package.
need() {
  local program package missing=()
  [[ $EUID == 0 ]] || fail 'has to run as root'
  while read -r program package; do
    command -v "$program" >/dev/null || missing+=("$package")
  done
  ((${#missing[@]} == 0)) || fail "apt-get install --no-install-recommends ${missing[*]}"
}

# The absolute path of a folder, which need not exist yet; the same for each way to write it.
absolute() { realpath --canonicalize-missing -- "$1"; }

# A name for what the kernel keeps outside the folder: the interface on the host's side, and the control group of the containers.
# It depends on the folder only, so that `down` knows it even when nothing was written down.
name_of() { # FOLDER
  local sum
  sum=$(printf '%s' "$1" | sha256sum)
  printf 'rig-%s' "${sum:0:8}"
}

# Puts a program into a folder that may be mounted elsewhere, where a symbolic link would lead nowhere.
place() { # PROGRAM PATH
  ln "$1" "$2" 2>/dev/null || cp "$1" "$2"
}

# Makes a folder for what is to be started, and locks it (file descriptor 9) against a `down` or another `up` at the same time.
# Every process that is started meanwhile holds the lock too: if this script is killed, `down` waits for them.
claim() { # FOLDER
  mkdir -p "$1"
  exec 9<"$1"
  flock --nonblock 9 || fail "$1: another up or down is at work"
  [[ -z $(ls -A "$1") ]] || fail "$1 is not empty: is something running there? See ${0%/*}/down"
  # `down` removes only folders that begin so.
  touch "$1/made-by-up"
  mkdir "$1/logs"
}

# Starts a command as first process of new namespaces, and sets `outside`: the process that waits for it, which has the same
# network. The command reports, by a file `started`, that it is there.
start_apart() { # FOLDER LOG UNSHARE-OPTION… -- COMMAND…
  local folder=$1 log=$1/logs/$2 options=()
  shift 2
  while [[ $1 != -- ]]; do options+=("$1") && shift; done
  shift
  # The process is written down before there is anything to take away, and keeps its number when it becomes unshare.
  # shellcheck disable=SC2016 # expanded by that process
  setsid bash -c '
    read -ra stat </proc/$$/stat
    echo "$$ ${stat[21]}" >"$0/process"
    exec 9<&-
    exec unshare --fork --kill-child --pid --mount --propagation private "$@"' \
    "$folder" "${options[@]}" -- "$@" >"$log" 2>&1 </dev/null &
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    [[ ! -e $folder/started ]] || break
    [[ ! -s $folder/process ]] || lives "$folder" || break
    sleep 0.05
  done
  [[ -e $folder/started ]] || fail "$folder: nothing started, see $log"
  read -r outside _ <"$folder/process"
}

# To be called first in new namespaces: mounts /proc, and says that it is there.
settle() { # FOLDER
  # Should the process outside have died before the kernel knew that this one is to die with it, this one would stay.
  lives "$1" || fail 'nobody waits for this process'
  mount -t proc proc /proc
  touch "$1/started"
}

# Whether the process that was written down still lives; sets `outside`. A number alone may be another process's by now.
lives() { # FOLDER
  local since stat
  [[ -s $1/process ]] || return 1
  read -r outside since <"$1/process"
  { read -ra stat <"/proc/$outside/stat"; } 2>/dev/null || return 1
  [[ ${stat[21]} == "$since" ]]
}
