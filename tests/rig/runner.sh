# shellcheck shell=bash
# The local runner: its image, the repositories that it sees, and what stories say of a run.
# shellcheck disable=SC2154 # of lib.sh, servers.sh and workflows, which source this

module=kyma-project/example-module
action=kyma-project/btp-release-action
rig=$scratch/rig # mounted into every job as /rig

# Debian's smallest system with what GitHub's own image has too, as far as the workflows use it.
runner_system=$here/.cache/runner.tar
make_runner_system() {
  [[ ! -s $runner_system ]] || return 0
  mkdir -p "$here/.cache"
  debootstrap --variant=minbase --include=ca-certificates,curl,git,jq,make,nodejs bookworm "$scratch/rootfs" \
    >"$scratch/debootstrap.log" 2>&1 || fail_with_log "$scratch/debootstrap.log" 'debootstrap failed'
  rm -rf "$scratch"/rootfs/var/cache/apt/archives/*.deb
  tar -C "$scratch/rootfs" -cf "$runner_system.new" .
  mv "$runner_system.new" "$runner_system"
  rm -rf "$scratch/rootfs"
}

make_runner_image() {
  "$docker" import "$runner_system" btp-release-rig/runner >/dev/null
  printf 'FROM btp-release-rig/runner\nCOPY uname /usr/local/sbin/uname\n' \
    | DOCKER_BUILDKIT=1 "$docker" build --quiet --tag btp-release-rig/runner-arm --file - "$here/runner" >/dev/null
}

# The final stage of the Dockerfile around the binary that was built here.
make_action_image() {
  mkdir -p "$scratch/action"
  cp "$binary" "$scratch/action/btp-release"
  DOCKER_BUILDKIT=1 "$docker" build --quiet --file Dockerfile --build-arg BINARY=built \
    --tag btp-release-rig/action:latest "$scratch/action" >/dev/null
}

commit_all() { # FOLDER MESSAGE
  git -C "$1" add --all
  git -C "$1" -c user.name=rig -c user.email=rig@example.invalid commit --quiet --message "$2"
}

# This repository as a release of it has it (action.yml names an image), and a module's.
make_repositories() {
  local folder=$rig/repositories/$action
  mkdir -p "$folder" "$rig/control"
  git ls-files --cached --others --exclude-standard -z | grep -zEv '^(tests|src|crates)/' | xargs -0 cp --parents -t "$folder"
  sed -i 's|^  image: Dockerfile|  image: docker://btp-release-rig/action:latest|' "$folder/action.yml"
  # Newer than the local runner's schema: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#concurrency
  sed -i '/^  queue: max$/d' "$folder/.github/workflows/create-release.yaml"
  git init --quiet --initial-branch main "$folder"
  commit_all "$folder" 'The action'
  cp -r "$here/runner" "$rig/bin"
}

# A module's repository, fresh for a story: the example, with a registry of the rig and what else the story says.
new_module() { # [INPUT: VALUE]…
  local folder=$rig/repositories/$module workflow input
  rm -rf "$folder" "$rig/control"
  mkdir -p "$folder" "$rig/control"
  cp -r examples/module/. "$folder"
  workflow=$folder/.github/workflows/create-release.yaml
  local -A inputs=(
    [binary-image]=$registry_host/$story/operator
    [module-registry]=$registry_host/$story
    [image-build-command]=/rig/bin/push-image
    [cluster-command]='"true"'
    [k3s-versions]='v1.33.5+k3s1 v1.32.9+k3s1'
    [await-timeout]=120s
  )
  for input in "$@"; do inputs[${input%%: *}]=${input#*: }; done
  for input in "${!inputs[@]}"; do printf '      %s: %s\n' "$input" "${inputs[$input]}"; done >>"$workflow"
  git init --quiet --initial-branch main "$folder"
  commit_all "$folder" 'A module'
  commit=$(git -C "$folder" rev-parse HEAD)
  # The local runner looks for `./.github/workflows/…` beside the first caller, GitHub beside the workflow that says it
  # (https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows#calling-a-reusable-workflow).
  cp "$rig/repositories/$action/.github/workflows"/{run-,post-build-}*.yaml "$folder/.github/workflows/"
  seed_github
}

# The same, in a form in which the local runner goes on after a failure. To be called after `new_module`.
flatten_module() {
  local workflows=$rig/repositories/$module/.github/workflows
  "$here/flatten" "$workflows/create-release.yaml" "$rig/repositories/$action/.github/workflows" >"$scratch/flat.yaml"
  cp "$scratch/flat.yaml" "$workflows/create-release.yaml"
}

stand_in() { # METHOD PATH [CURL ARGUMENTS…]
  local method=$1 path=$2
  shift 2
  curl --silent --show-error --fail --request "$method" "$github_api/_stand-in/$path" "$@"
}

# GitHub knows the module's repository, its one commit, and two tokens: the job's and a bot's. Each story has tokens of its own, as
# each repository has its own quota of requests.
seed_github() {
  job_token=job-token-of-$story bot_token=bot-token-of-$story
  stand_in GET world | jq --arg repository "$module" --arg commit "$commit" --arg job "$job_token" --arg bot "$bot_token" '
    (.tokens | to_entries[0].value) as $token
    | .tokens = {($job): $token, ($bot): $token}
    | (.repositories | to_entries[0].value) as $any
    | .repositories = {($repository): ($any + {
        owner: ($repository | split("/")[0]), name: ($repository | split("/")[1]),
        commits: {($commit): {parents: [], message: "A module", login: "octocat", date: 1736154000, workflows: ""}},
        refs: {"refs/heads/main": $commit}, tag_objects: {}, pulls: {}, releases: {}, latest: null, check_runs: [], statuses: [],
        runs: {}})}' >"$scratch/world.json"
  stand_in PUT world --data-binary "@$scratch/world.json"
  stand_in DELETE log
}

# An action of others as our own workflow pins it.
pin() { grep -ohE -m 1 "$1@[0-9a-f]{40}" "$rig/repositories/$action/.github/workflows/release.yaml"; }

# How much of the job's quota of requests a story took.
requests_used() {
  curl --silent --show-error --fail --header "Authorization: Bearer $job_token" "$github_api/rate_limit" \
    | jq -r '.resources.core | "\(.used) of \(.limit)"'
}

# Changes what GitHub knows of the module's repository, by a filter.
change_world() { # FILTER
  stand_in GET world | jq --arg repository "$module" ".repositories[\$repository] |= ($1)" >"$scratch/world.json"
  stand_in PUT world --data-binary "@$scratch/world.json"
}

# A change of the module's operator, on main.
new_commit() {
  local folder=$rig/repositories/$module parent=$commit
  echo "# after $parent" >>"$folder/operator.sh"
  commit_all "$folder" 'A change'
  commit=$(git -C "$folder" rev-parse HEAD)
  change_world ".refs[\"refs/heads/main\"] = \"$commit\" | .commits[\"$commit\"] = (.commits[\"$parent\"] | .parents = [\"$parent\"] | .date += 3600)"
}

# Runs a workflow file of the module's repository, as its event would; the story goes on whatever comes of it.
run_workflow() { # FILE EVENT [ACT ARGUMENTS…]
  local file=$1 event=$2 log=$scratch/$story-$((runs += 1)).log began=$SECONDS
  shift 2
  run_code=0
  (
    cd "${workflows_of:-$rig/repositories/$module}"
    # What runs in the background would be deaf to an interrupt.
    HOME=$scratch/home exec env --default-signal=INT act "$event" --json --workflows ".github/workflows/$file" --platform ubuntu-latest=btp-release-rig/runner \
      --pull=false --network host --container-daemon-socket - --no-skip-checkout --no-cache-server --concurrent-jobs 4 \
      --container-options "-v $rig:/rig -v $rig/bin/tools:/usr/local/bin:ro" \
      --local-repository "$action@v1=$rig/repositories/$action" \
      --local-repository "$(pin actions/checkout)=$rig/bin/checkout" --local-repository "$(pin actions/attest)=$rig/bin/attest" \
      --env GITHUB_REPOSITORY="$module" --secret GITHUB_TOKEN="$job_token" \
      --env GITHUB_RUN_ID="$((1000 + runs))" \
      "${github_env[@]/#/--env=}" "$@"
  ) >"$log" 2>&1 || run_code=$?
  [[ -z ${KEEP_LOGS:-} ]] || cp "$log" "$KEEP_LOGS/"
  line "  $file ended with $run_code after $((SECONDS - began)) s"
  timeline "$log"
}
runs=0

# What went wrong in the latest run, for who has to find out why a story failed.
complaints() {
  local log
  log=$(find "$scratch" -maxdepth 1 -name "$story-*.log" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)
  [[ -n $log ]] || return 0
  jq -rR '(fromjson? // {msg: .}) | select(.msg | test("error|❌|❗|denied|not found"; "i")) | "\(.job // "act"): \(.msg | rtrimstr("\n"))"' \
    "$log" | tail -n 30 | cut -c 1-300 | sed 's/^/           | /' >&2
}

# When each job of a run began and ended, in seconds since the run did, and how.
timeline() { # LOG
  jq -rRn '
    def seconds: fromdateiso8601;
    [inputs | fromjson? | select(.time)] as $lines
    | ($lines[0].time | seconds) as $start
    | reduce ($lines[] | select(.job)) as $line ({};
        .[$line.job] |= (. // {from: $line.time}) + {to: $line.time} + if $line.jobResult then {result: $line.jobResult} else {} end)
    | to_entries | sort_by(.value.from)[]
    | [(.value.from | seconds) - $start, (.value.to | seconds) - $start, (.key | sub("^.*/"; "") | sub(" +$"; "")), .value.result // "cut off"]
    | @tsv' "$1" | while IFS=$'\t' read -r from to job result; do
    printf '%19s %3d – %3d s  %s: %s\n' '' "$from" "$to" "$job" "$result"
  done
}

repository_state() { stand_in GET world | jq -r --arg repository "$module" ".repositories[\$repository] | $1"; }
# Tags of the releases that people can see, and of drafts.
published() { repository_state '[.releases[] | select(.draft | not) | .tag_name] | join(" ")'; }
drafts() { repository_state '[.releases[] | select(.draft) | .tag_name] | join(" ")'; }
tag_of() { repository_state ".refs[\"refs/tags/$1\"] // \"none\""; }
assets_of() { repository_state "[.releases[] | select(.tag_name == \"$1\") | .assets[].name] | sort | join(\" \")"; }
# What the legs of the tests recorded last.
verdicts() { repository_state '[.statuses | group_by(.context)[] | last | "\(.context) \(.state)"] | join(", ")'; }
# Every write that reached GitHub and took effect since the log was cleared, but the verdicts of another run's tests.
writes() {
  stand_in GET log | jq -r '[.[] | select(.category == "write" and .landed and (.path | contains("/statuses/") | not))
    | "\(.method) \(.path)"] | join(", ")'
}

inspect() { skopeo inspect --raw --tls-verify=false "docker://$1"; }
platforms_of() { inspect "$1" | jq -r '[.manifests[].platform | "\(.os)/\(.architecture)"] | join(" ")'; }
label_of() {
  skopeo inspect --config --tls-verify=false "docker://$1" | jq -r ".config.Labels.\"org.opencontainers.image.$2\""
}
# Every tag below a path of the registry, with what it names.
digests() {
  local path tag
  curl -fsS "http://$registry_host/v2/_catalog?n=100" | jq -r --arg below "$1/" '.repositories[] | select(startswith($below))' | while read -r path; do
    curl -fsS "http://$registry_host/v2/$path/tags/list" | jq -r '.tags[]' | sort | while read -r tag; do
      printf '%s:%s %s\n' "$path" "$tag" "$(inspect "$registry_host/$path:$tag" | sha256sum | cut -d' ' -f1)"
    done
  done
}

# How a builder is doing, as GitHub shows it at the commit.
show_check() { # STATE NAME
  curl --silent --show-error --fail --header "Authorization: Bearer $job_token" "$github_api/repos/$module/statuses/$commit" \
    --data "$(jq -cn --arg state "$1" --arg name "$2" '{state: $state, context: $name}')" >/dev/null
}

# The run ended badly, nobody sees a release, and the draft is there for the next run.
refused() { # TAG [COMMIT]
  [[ $run_code -ne 0 ]] || fail 'the run ended well'
  same 'published releases' "$(published)" ''
  same 'drafts' "$(drafts)" "$1"
  same 'the tag' "$(tag_of "$1")" "${2:-$commit}"
  # A gate that was skipped would leave the same world: it must have been asked, and looked at the release.
  same 'looks of the gate at the latest release' "$(gate_looks)" true
  ok 'refused by the gate: a draft that nobody sees'
}

# Of all phases, only `publish` asks which release is shown as the latest before it decides.
gate_looks() {
  stand_in GET log | jq -r --arg path "/repos/$module/releases/latest" 'any(.[]; .method == "GET" and .path == $path)'
}
