# shellcheck shell=bash
# Running phases with the static binary as a runner does: alone, in an empty root, in a container.

# shellcheck source=tests/rig/step.sh
source "$(dirname "${BASH_SOURCE[0]}")/step.sh"

# Runs a phase in a root that holds the binary and the runner's files and nothing else, as process 1 of its own.
in_empty_root() { # PHASE [INPUT=VALUE…]
  step_env /github "$@"
  env -i "${step[@]}" unshare --pid --fork --kill-child --root "$empty_root" /btp-release >"$scratch/$1.log" 2>&1
}

# Runs a phase in the action's image. The name makes it possible to signal it.
in_container() { # NAME PHASE [INPUT=VALUE…]
  local name=$1 variable options=()
  shift
  step_env /github "$@"
  for variable in "${step[@]}"; do options+=(--env "$variable"); done
  "$docker" run --name "$name" --network host --workdir /github \
    --volume "$empty_root/github:/github" "${options[@]}" btp-release:rig >"$scratch/$1.log" 2>&1
}

# Runs a phase in the folder $workspace, and prints the most memory that it held, in KiB.
memory_of() { # PHASE [INPUT=VALUE…]
  step_env "$workspace" "$@"
  (cd "$workspace" && command time --format %M --output "$scratch/memory" \
    env -i "${step[@]}" "$binary" >"$scratch/$1.log" 2>&1) || fail_with_log "$scratch/$1.log" "$1 failed"
  tail -n 1 "$scratch/memory"
}
