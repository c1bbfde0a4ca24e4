# shellcheck shell=bash
# Runs phases with the static binary as a runner does: directly, in an empty root, in a container.

# shellcheck source=tests/rig/step.sh
source "$(dirname "${BASH_SOURCE[0]}")/step.sh"

# Runs a phase as process 1, in a root with only the binary and the runner's files.
in_empty_root() { # PHASE [INPUT=VALUE…]
  step_env /github "$@"
  env -i "${step[@]}" unshare --pid --fork --kill-child --root "$empty_root" /btp-release >"$scratch/$1.log" 2>&1
}

# Runs a phase in the action's image, in a container of this name, by which it can be signalled.
in_container() { # NAME PHASE [INPUT=VALUE…]
  local name=$1 variable options=()
  shift
  step_env /github "$@"
  for variable in "${step[@]}"; do options+=(--env "$variable"); done
  "$docker" run --name "$name" --network host --workdir /github \
    --volume "$empty_root/github:/github" "${options[@]}" btp-release:rig >"$scratch/$1.log" 2>&1
}

# Runs a phase in the folder $workspace, and prints its peak memory in KiB.
memory_of() { # PHASE [INPUT=VALUE…]
  step_env "$workspace" "$@"
  (cd "$workspace" && command time --format %M --output "$scratch/memory" \
    env -i "${step[@]}" "$binary" >"$scratch/$1.log" 2>&1) || fail_with_log "$scratch/$1.log" "$1 failed"
  tail -n 1 "$scratch/memory"
}
