# shellcheck shell=bash disable=SC2016,SC2154 # what looks like an expansion is one of the workflow
# Both workflows of docs/ready.md in a private repository, with a token that has the permissions that each of them asks for. A pull request
# gets one comment, which the next runs edit. It is said that nothing can be released, and a run fails for that only if it is asked to.
chapter 'Can we release?'

# Prints a workflow that a page shows.
shown_in() { # PAGE NUMBER
  awk -v number="$2" '/^```yaml$/ { inside = ++found == number; next } /^```$/ { inside = 0 } inside' "$1"
}

change_files() {
  local page=$OLDPWD/docs/ready.md
  shown_in "$page" 1 >.github/workflows/can-we-release.yaml
  shown_in "$page" 2 >.github/workflows/release-preview.yaml
  # What a job after it is told.
  cat >>.github/workflows/release-preview.yaml <<'YAML'
  told:
    needs: ready
    runs-on: ubuntu-latest
    steps:
      - run: jq -r '[.state, .next_versions[].tag] | join(" ")' <<<"$READINESS" >/rig/control/told && test "$STATE" = "$(cut -d ' ' -f 1 /rig/control/told)"
        env:
          STATE: ${{ needs.ready.outputs.state }}
          READINESS: ${{ needs.ready.outputs.readiness }}
YAML
}

# Gives the job's token the permissions of a workflow.
grant_as() { # FILE
  local rights
  rights=$(python3 -c 'import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))["jobs"]["ready"]["permissions"]))' \
    "$rig/repositories/$module/.github/workflows/$1" | tr - _)
  change_rights "$rights"
}
change_rights() { # RIGHTS
  stand_in GET world | jq --arg job "$job_token" --argjson rights "$1" '.tokens[$job].rights = $rights' >"$scratch/world.json"
  stand_in PUT world --data-binary "@$scratch/world.json"
}
answer() {
  grant_as can-we-release.yaml
  run_workflow can-we-release.yaml workflow_dispatch
}
preview() {
  jq -n --arg commit "$commit" '{number: 7, pull_request: {number: 7, head: {ref: "change", sha: $commit}, base: {ref: "main"}}}' >"$scratch/pull.json"
  run_workflow release-preview.yaml pull_request --eventpath "$scratch/pull.json"
  same 'exit code of the preview' "$run_code" 0
}
# The comments on the pull request: whose they are, and their second lines.
comments() { repository_state '.pulls["7"].comments[] | "\(.login) \(.body | split("\n")[1])"'; }
comment() { repository_state ".pulls[\"7\"].comments[0] | $1"; }
reported() { # STATE
  change_world ".statuses += [{id: 1, sha: \"$commit\", context: \"Lint\", state: \"$1\", creator: \"octocat\", created_at: now | floor}]"
}
head_is() { echo "main at ${commit:0:7}"; }

new_module
change_world '.private = true | .pulls["7"] = {title: "A proposal", login: "grace", state: "open", base: "main", head: "change"}'
released_before v1.0.0
merged_pull 1 kind/feature
grant_as release-preview.yaml
stand_in DELETE log
preview
same 'comments' "$(comments)" "github-actions[bot] ### ✅ $(head_is) can be released as v1.0.1, v1.1.0 or v2.0.0"
same 'what the next job is told' "$(<"$rig/control/told")" 'ready v1.0.1 v1.1.0 v2.0.0'
same 'writes' "$(writes)" "POST /repos/$module/issues/7/comments"
id=$(comment .id)
ok 'a pull request has one comment, with the answer'

new_commit
merged_pull 2
stand_in DELETE log
preview
same 'comments' "$(comments)" "github-actions[bot] ### ✅ $(head_is) can be released as v1.0.1, v1.1.0 or v2.0.0"
same 'writes of the second run' "$(writes)" "PATCH /repos/$module/issues/comments/$id"
comment .body | grep -q '2 pull requests' || fail 'the comment does not have both pull requests'
ok 'the second run edits it'

reported failure
preview
same 'comments' "$(comments)" "github-actions[bot] ### ❌ $(head_is) cannot be released: there is 1 reason"
same 'what the next job is told' "$(<"$rig/control/told")" 'not-ready v1.0.1 v1.1.0 v2.0.0'
ok 'a check that failed: the comment says so, and the run ends well'

stand_in DELETE log
answer
[[ $run_code -ne 0 ]] || fail 'the run ended well, and nothing can be released'
same 'writes' "$(writes)" ''
reported success
merged_pull 2 kind/bug
answer
same 'exit code, when everything is mended' "$run_code" 0
ok 'with fail-unless-ready the run fails, for a check and a pull request without a label, until they are mended'

grant_as release-preview.yaml
change_rights "$(stand_in GET world | jq --arg job "$job_token" '.tokens[$job].rights | map_values(if . == "write" then "read" else . end)')"
preview
same 'comments' "$(comments)" "github-actions[bot] ### ❌ $(head_is) cannot be released: there is 1 reason"
same 'what the next job is told' "$(<"$rig/control/told")" 'ready v1.0.1 v1.1.0 v2.0.0'
ok 'the token of a run for a fork may only read: the answer is there, without a comment'
