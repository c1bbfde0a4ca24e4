# shellcheck shell=bash
# The local runner: its image, the repositories that it uses, and functions for the stories.
# shellcheck disable=SC2154 # of lib.sh, servers.sh and workflows, which source this

module=kyma-project/example-module
action=kyma-project/btp-release-action
rig=$scratch/rig # mounted into every job as /rig

# A minimal Debian with the programs of GitHub's own image that the workflows use.
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
  local container
  "$docker" import "$runner_system" btp-release-rig/runner >/dev/null
  container=$("$docker" create btp-release-rig/runner true)
  "$docker" cp --quiet "$here/runner/uname" "$container:/usr/local/sbin/uname"
  "$docker" commit "$container" btp-release-rig/runner-arm >/dev/null
  "$docker" rm "$container" >/dev/null
}

# The final stage of the Dockerfile, with the binary that was built here.
make_action_image() {
  mkdir -p "$scratch/action"
  cp "$binary" "$scratch/action/btp-release"
  "$docker" build --quiet --file Dockerfile --build-arg BINARY=built \
    --tag btp-release-rig/action:latest "$scratch/action" >/dev/null
}

commit_all() { # FOLDER MESSAGE
  git -C "$1" add --all
  git -C "$1" -c user.name=rig -c user.email=rig@example.invalid commit --quiet --message "$2"
}

# Makes this repository as it is in a release, where action.yml names an image.
make_repositories() {
  local folder=$rig/repositories/$action
  mkdir -p "$folder" "$rig/control"
  git ls-files --cached --others --exclude-standard -z | grep -zEv '^(tests|src|crates)/' | xargs -0 cp --parents -t "$folder"
  sed -i 's|^  image: Dockerfile|  image: docker://btp-release-rig/action:latest|' "$folder/action.yml"
  # Newer than the local runner's schema: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#concurrency
  sed -i '/^  queue: max$/d' "$folder/.github/workflows/create-release.yaml"
  # The local runner gives no identity: stories that sign say so.
  sed -i "/^      signing: {/s/default: prefer/default: 'off'/; s/inputs.signing || 'prefer'/inputs.signing || 'off'/" \
    "$folder"/.github/workflows/{create,start}-release.yaml
  git init --quiet --initial-branch main "$folder"
  commit_all "$folder" 'The action'
  cp -r "$here/runner" "$rig/bin"
  place_programs
}

# Makes the repository of a module for a story: the example, with the rig's registry and the inputs of the story. A function
# `change_files` of the story is called in its folder, before the first commit.
new_module() { # [INPUT: VALUE]…
  local folder=$rig/repositories/$module workflow input
  rm -rf "$folder" "$rig/control"
  mkdir -p "$folder" "$rig/control"
  cp -r examples/module/. "$folder"
  without_base_digest "$folder/Dockerfile"
  workflow=$folder/.github/workflows/create-release.yaml
  local -A inputs=(
    [binary-image]=$registry_host/$story/operator
    [module-registry]=$registry_host/$story
    [cluster-command]=/rig/bin/get-cluster
    [k3s-versions]=v1.34.4+k3s1
    [await-timeout]=360s
  )
  for input in "$@"; do inputs[${input%%: *}]=${input#*: }; done
  for input in "${!inputs[@]}"; do
    sed -i "/^      $input: /d" "$workflow" # the example's own
    printf '      %s: %s\n' "$input" "${inputs[$input]}" >>"$workflow"
  done
  if declare -F change_files >/dev/null; then
    pushd "$folder" >/dev/null
    change_files
    popd >/dev/null
  fi
  git init --quiet --initial-branch main "$folder"
  commit_all "$folder" 'A module'
  commit=$(git -C "$folder" rev-parse HEAD)
  # The local runner resolves `./.github/workflows/…` in the first caller's repository, GitHub in that of the calling
  # workflow (https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows#calling-a-reusable-workflow).
  cp "$rig/repositories/$action/.github/workflows"/{run-*,post-build-*,start-release,finish-release,upload-assets,propose-change}.yaml "$folder/.github/workflows/"
  seed_github
}

# The inputs of a story that is not about the E2E tests: one leg, which only awaits the artifacts.
# shellcheck disable=SC2034 # for the stories
no_cluster=('k3s-versions: none' 'e2e-command: "true"')

# Rewrites its workflow so that the local runner continues after a failed job. To be called after `new_module`.
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

# Fills the stand-in for GitHub: the module's repository with one commit, and two tokens, the job's and a bot's. Each story has its
# own tokens, since limits of requests are counted by token.
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
        runs: {}, private: false, immutable_releases: false, reserved_tags: [], rules: [], issues: {}, milestones: [], files: {}})}' \
    >"$scratch/world.json"
  stand_in PUT world --data-binary "@$scratch/world.json"
  stand_in DELETE log
}

# Prints a third-party action with the commit that our own workflows pin it to.
pin() { grep -ohE "$1@[0-9a-f]{40}" "$rig/repositories/$action/.github/workflows"/*.yaml | sort -u | head -n 1; }

# Prints how many requests of its hourly limit the job's token used.
requests_used() {
  curl --silent --show-error --fail --header "Authorization: Bearer $job_token" "$github_api/rate_limit" \
    | jq -r '.resources.core | "\(.used) of \(.limit)"'
}

# Changes the module's repository in the stand-in for GitHub, by a filter of jq.
change_world() { # FILTER
  stand_in GET world | jq --arg repository "$module" ".repositories[\$repository] |= ($1)" >"$scratch/world.json"
  stand_in PUT world --data-binary "@$scratch/world.json"
}

# Gives the module's repository categories of release notes, with their labels.
label_categories() {
  change_world '.files[".github/release.yml"] = "changelog: {categories: [{title: New features, labels: [kind/feature]}, {title: Fixed bugs, labels: [kind/bug]}]}"'
}

# The same, and a published release of a commit before the story's first one.
released_before() { # TAG
  local before=1111111111111111111111111111111111111111 date=1736150400
  change_world ".commits[\"$before\"] = (.commits[\"$commit\"] | .date = $date) | .commits[\"$commit\"].parents = [\"$before\"]
    | .refs[\"refs/tags/$1\"] = \"$before\"
    | .releases[\"1\"] = {id: 1, tag_name: \"$1\", name: \"$1\", target_commitish: \"$before\", author: \"octocat\", created_at: $date, published_at: $date}"
  label_categories
}

# Makes the head of main the commit that a pull request brought, or changes the labels of that pull request.
merged_pull() { # NUMBER [LABEL]
  change_world ".pulls[\"$1\"] = {title: \"Change number $1\", login: \"ada\", labels: [${2:+\"$2\"}], state: \"closed\", base: \"main\", head: \"ada-$1\",
    merge_commit: \"$commit\", merged_at: .commits[\"$commit\"].date}"
}

# Commits a change of the module's operator to main.
new_commit() {
  local folder=$rig/repositories/$module parent=$commit
  echo "# after $parent" >>"$folder/operator.sh"
  commit_all "$folder" 'A change'
  commit=$(git -C "$folder" rev-parse HEAD)
  change_world ".refs[\"refs/heads/main\"] = \"$commit\" | .commits[\"$commit\"] = (.commits[\"$parent\"] | .parents = [\"$parent\"] | .date += 3600)"
}

# Runs a workflow file of the module's repository as for the given event, and sets `run_code` and `run_seconds`; a failure does not end the story.
run_workflow() { # FILE EVENT [ACT ARGUMENTS…]
  local file=$1 event=$2 log=$scratch/$story-$((runs += 1)).log began=$SECONDS run=$((1000 + runs)) clusters
  shift 2
  run_code=0
  # Those of the run before, which this process waited for.
  remove_clusters $((run - 1))
  # An earlier story had a run of this number, too.
  rm -rf "$rig/clusters/$run"
  mkdir -p "$rig/clusters/$run" "$scratch/clusters/$run"
  serve_clusters "$run" &
  clusters=$!
  (
    cd "${workflows_of:-$rig/repositories/$module}"
    # A process that is started in the background ignores SIGINT otherwise.
    HOME=$scratch/home exec env --default-signal=INT act "$event" --json --workflows ".github/workflows/$file" --platform ubuntu-latest=btp-release-rig/runner \
      --pull=false --network host --container-daemon-socket - --no-skip-checkout --no-cache-server --concurrent-jobs 4 \
      --container-options "$(job_mounts)" \
      --local-repository "$action@v1=$rig/repositories/$action" \
      --local-repository "$(pin actions/checkout)=$rig/bin/checkout" --local-repository "$(pin actions/attest)=$rig/bin/attest" \
      --local-repository "$(pin actions/upload-artifact)=$rig/bin/upload-artifact" \
      --local-repository "$(pin actions/download-artifact)=$rig/bin/download-artifact" \
      --env GITHUB_REPOSITORY="$module" --secret GITHUB_TOKEN="$job_token" \
      --env GITHUB_RUN_ID="$run" \
      "${github_env[@]/#/--env=}" "${job_settings[@]/#/--env=}" "$@"
  ) >"$log" 2>&1 || run_code=$?
  kill "$clusters"
  [[ -z ${KEEP_LOGS:-} ]] || cp "$log" "$KEEP_LOGS/"
  run_seconds=$((SECONDS - began))
  line "  $file ended with $run_code after $run_seconds s"
  timeline "$log"
}
runs=0

# The log of the latest run.
latest_log() { find "$scratch" -maxdepth 1 -name "$story-*.log" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2; }

# Prints the errors of the latest run, and why a cluster did not come up.
show_errors() {
  local log
  find "$rig/clusters" -name '*.failed' -exec tail -n 60 {} + 2>/dev/null | sed 's/^/           | /' >&2 || true
  log=$(latest_log)
  [[ -n $log ]] || return 0
  jq -rR '(fromjson? // {msg: .}) | select(.msg | test("error|❌|❗|denied|not found"; "i")) | "\(.job // "act"): \(.msg | rtrimstr("\n"))"' \
    "$log" | tail -n 30 | cut -c 1-300 | sed 's/^/           | /' >&2
}

# Prints when each job began and ended, in seconds since the start of the run, and its result.
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
# The tags of published releases, and of drafts.
published() { repository_state '[.releases[] | select(.draft | not) | .tag_name] | join(" ")'; }
drafts() { repository_state '[.releases[] | select(.draft) | .tag_name] | join(" ")'; }
tag_of() { repository_state ".refs[\"refs/tags/$1\"] // \"none\""; }
assets_of() { repository_state "[.releases[] | select(.tag_name == \"$1\") | .assets[].name] | sort | join(\" \")"; }
# The latest verdict of each leg of the tests.
verdicts() { repository_state '[.statuses | group_by(.context)[] | last | "\(.context) \(.state)"] | join(", ")'; }
# The same of these legs, with one result.
verdicts_of() { # RESULT LEG…
  printf '%s\n' "${@:2}" | sort | sed "s|.*|btp-release/e2e/k3s-& $1|" | paste -sd, | sed 's/,/, /g'
}
# Checks that the diagnostics of a leg that failed say something.
explains() { # LEG PATTERN
  local summary=$rig/control/artifacts/e2e-k3s-$1/summary.md
  grep -q "$2" "$summary" || fail_with_log "$summary" "the diagnostics of $1 do not say '$2'"
}
# Runs the release of v1.0.0, whose legs have failed, again after something was mended, and checks that it publishes the same images.
publishes_when_mended() { # LEG…
  local before
  before=$(digests "$story")
  touch "$rig/control/mended"
  rm -r "$rig/control/artifacts"
  run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
  same 'exit code of the second run' "$run_code" 0
  same 'verdicts' "$(verdicts)" "$(verdicts_of success "$@")"
  same 'published releases' "$(published)" v1.0.0
  same 'images after the second run' "$(digests "$story")" "$before"
  [[ ! -e $rig/control/artifacts ]] || fail 'a leg that passed is explained'
}
# All writes that took effect on GitHub since the log was cleared, except verdicts, which every run records again.
writes() {
  stand_in GET log | jq -r '[.[] | select(.category == "write" and .landed and (.path | contains("/statuses/") | not))
    | "\(.method) \(.path)"] | join(", ")'
}

inspect() { skopeo inspect --raw --tls-verify=false "docker://$1"; }
# Without the attestations that buildx adds.
platforms_of() { inspect "$1" | jq -r '[.manifests[].platform | select(.os != "unknown") | "\(.os)/\(.architecture)"] | join(" ")'; }
label_of() {
  skopeo inspect --config --tls-verify=false "docker://$1" | jq -r ".config.Labels.\"org.opencontainers.image.$2\""
}
# Every tag below a path of the registry, with its digest.
digests() {
  local path tag
  curl -fsS "http://$registry_host/v2/_catalog?n=100" | jq -r --arg below "$1/" '.repositories[] | select(startswith($below))' | while read -r path; do
    curl -fsS "http://$registry_host/v2/$path/tags/list" | jq -r '.tags[]' | sort | while read -r tag; do
      printf '%s:%s %s\n' "$path" "$tag" "$(inspect "$registry_host/$path:$tag" | sha256sum | cut -d' ' -f1)"
    done
  done
}

# Sets the state of a builder as a status of the commit.
show_check() { # STATE NAME
  curl --silent --show-error --fail --header "Authorization: Bearer $job_token" "$github_api/repos/$module/statuses/$commit" \
    --data "$(jq -cn --arg state "$1" --arg name "$2" '{state: $state, context: $name}')" >/dev/null
}

# Checks that the run failed, nothing is published, and the draft exists for the next run.
refused() { # TAG [COMMIT]
  [[ $run_code -ne 0 ]] || fail 'the run ended well'
  same 'published releases' "$(published)" ''
  same 'drafts' "$(drafts)" "$1"
  same 'the tag' "$(tag_of "$1")" "${2:-$commit}"
  # If the publishing job had been skipped, the state would be the same: check that it ran.
  same 'whether publish ran' "$(publish_ran)" true
  ok 'refused by publish: the draft is left'
}

# The codes of what a plan of the latest run was refused for, in the order of the alphabet.
refused_for() {
  jq -rRn '[inputs | fromjson? | select(.command == "set-output" and .name == "findings") | .arg | fromjson[].code] | unique | join(" ")' "$(latest_log)"
}

# Takes the place of Kyma's image builder: the same inputs and outputs, and the rig's builder. Like that one it sets no label that says of which
# commit an image is. The file `built` below `control` names what it built last, and with a file `builder-says-another` it says another digest.
image_builder() {
  cat <<END
name: image-builder
on:
  workflow_call:
    inputs:
      name: { type: string, required: true }
      dockerfile: { type: string, default: Dockerfile }
      context: { type: string, default: . }
      build-args: { type: string, default: "" }
      tags: { type: string, default: "" }
      platforms: { type: string, default: "linux/arm64\nlinux/amd64\n" }
    outputs:
      images: { value: "\${{ jobs.build-image.outputs.images }}" }
      digest: { value: "\${{ jobs.build-image.outputs.digest }}" }
      build-report: { value: "\${{ jobs.build-image.outputs.build-report }}" }
permissions: {}
jobs:
  build-image:
    name: Build image
    runs-on: ubuntu-latest
    permissions: { contents: read, id-token: write }
    outputs:
      images: \${{ steps.build.outputs.images }}
      digest: \${{ steps.build.outputs.digest }}
      build-report: \${{ steps.build.outputs.build-report }}
    steps:
      - uses: $(pin actions/checkout)
      - id: build
        env:
          IMAGE: $registry_host/$story/\${{ inputs.name }}:\${{ inputs.tags }}
          DOCKERFILE: \${{ inputs.dockerfile }}
          FOLDER: \${{ inputs.context }}
          PLATFORMS: \${{ inputs.platforms }}
        run: |
          docker buildx use btp-release
          git archive --format=tar HEAD "\$FOLDER" | docker buildx build - --file "\$DOCKERFILE" \\
            --platform "\$(xargs <<<"\$PLATFORMS" | tr ' ' ,)" --tag "\$IMAGE" --push --metadata-file built.json
          digest=\$(jq -r '."containerimage.digest"' built.json)
          echo "\${IMAGE%:*}@\$digest" >/rig/control/built
          if test -e /rig/control/builder-says-another; then digest=sha256:\$(printf '%064d' 0); fi
          {
            echo "images=[\"\$IMAGE\"]"
            echo "digest=\$digest"
            echo "build-report={\"status\":\"Succeeded\",\"images\":[\"\$IMAGE\"]}"
          } >>"\$GITHUB_OUTPUT"
END
}

# What the runner itself reports of that job, or of the one that refuses before an approval: it leaves a job out that it does not get to.
publish_ran() { jq -rRn 'any(inputs | fromjson? | select(.job); (.job | test("/(Publish|Check the jobs) *$")) and .jobResult == "failure")' "$(latest_log)"; }
