# shellcheck shell=bash
# The environment of a workflow step, as the runner sets it up: inputs and context as variables, outputs in a file.

repository=kyma-project/btp-manager
token=rehearsal-token

# Sets `step`, the environment of a step. $1 is the folder of the runner's files, as the step sees it.
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

# Prints an output from the runner's file: `name<<delimiter`, the lines, `delimiter`.
output() { # FILE NAME
  awk -v name="$2" '
    end == "" && index($0, name "<<") == 1 { end = substr($0, length(name) + 3); next }
    end != "" && $0 == end { exit }
    end != "" { print }
  ' "$1"
}
