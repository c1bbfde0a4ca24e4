# shellcheck shell=bash
# Running phases with the static binary as a runner does: inputs and context as variables, outputs in a file.

repository=kyma-project/btp-manager
token=rehearsal-token

# Sets `step`, the environment of a step. The files of the runner are below $1 as the step sees it.
step_env() { # FOLDER PHASE [INPUT=VALUE…]
  local folder=$1 phase=$2 input name
  shift 2
  step=(
    "GITHUB_ACTIONS=true" "GITHUB_REPOSITORY=$repository" "GITHUB_SHA=$commit" "GITHUB_RUN_ID=4711"
    "GITHUB_OUTPUT=$folder/output-$phase" "GITHUB_STEP_SUMMARY=$folder/summary-$phase"
    "${github_env[@]}" "INPUT_PHASE=$phase" "INPUT_GITHUB-TOKEN=$token"
  )
  for input in "$@"; do
    name=${input%%=*}
    step+=("INPUT_${name^^}=${input#*=}")
  done
}

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

# An output out of the runner's file: `name<<delimiter`, the lines, `delimiter`.
output() { # FILE NAME
  awk -v name="$2" '
    end == "" && index($0, name "<<") == 1 { end = substr($0, length(name) + 3); next }
    end != "" && $0 == end { exit }
    end != "" { print }
  ' "$1"
}
