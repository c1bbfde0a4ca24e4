# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# The called workflows sign: with stand-ins for GitHub's identity tokens and for Sigstore, and `signing: require`. The first run is refused:
# the status of a leg says that it passed, as the leg's own code could have set it, and GitHub says that its job failed. In the next run both
# say that it passed.
chapter 'The called workflows sign, and a forged status is not signed'

called=$action/.github/workflows/run-e2e-tests.yaml@refs/tags/v1
leg_job='Create a release / E2E tests / k3s none'

# Lets the workflows of the action, and their copies in the module, trust the stand-in for Sigstore. `job.workflow_ref` is not known to the
# local runner.
trust_stand_in() {
  local folder=$rig/repositories/$action file
  cp "$scratch/sigstore/trusted_root.json" "$scratch/sigstore/signing_config.json" "$folder/"
  for file in "$folder"/.github/workflows/{run-e2e-tests,finish-release,start-release}.yaml; do
    sed -i "s|\${{ job.workflow_ref }}|${called/run-e2e-tests/start-release}|
      /^          phase: \(record-tests\|publish\)$/a\          sigstore-trusted-root: .btp-release/trusted_root.json\n          sigstore-signing-config: .btp-release/signing_config.json" "$file"
  done
  # Which workflow a job is in, by which it would be named as the builder, the local runner does not tell its identity token.
  sed -i 's/\.signing }}$/.signing \&\& false }}/' "$folder"/.github/workflows/post-build-{image,module}.yaml
  commit_all "$folder" 'Another Sigstore'
}

# Sets how GitHub says that the job of the leg ended, in the run that comes next.
leg_ended() { # CONCLUSION
  local run=$((1000 + runs + 1))
  change_world ".runs[\"$run\"] = {id: $run, status: \"in_progress\", run_attempt: 1,
    jobs: [{id: $run, name: \"$leg_job\", status: \"completed\", conclusion: \"$1\", run_attempt: 1}]}"
  jq -n --arg repository "$module" --arg commit "$commit" --arg called "$called" --argjson run "$run" '{
    $repository, workflow_ref: "\($repository)/.github/workflows/create-release.yaml@refs/heads/main", sha: $commit,
    job_workflow_ref: $called, job_workflow_sha: $commit, run_id: $run, run_attempt: 1}' \
    | curl --fail --silent --show-error --output /dev/null --request PUT --data @- \
      "$OIDC_URL/_stand-in/jobs/$ACTIONS_ID_TOKEN_REQUEST_TOKEN"
}

release() {
  run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0 --env GITHUB_SERVER_URL=https://github.com \
    --env GITHUB_WORKFLOW_REF="$module/.github/workflows/create-release.yaml@refs/heads/main" \
    --env ACTIONS_ID_TOKEN_REQUEST_URL="$ACTIONS_ID_TOKEN_REQUEST_URL" \
    --env ACTIONS_ID_TOKEN_REQUEST_TOKEN="$ACTIONS_ID_TOKEN_REQUEST_TOKEN"
}

# What is signed, as the type of each statement and, of a leg, its result.
signed_statements() {
  repository_state '[.attestations[].bundle.dsseEnvelope.payload | @base64d | fromjson
    | "\(.predicateType | split("/") | .[-2:] | join("/")) \(.predicate.result // "")" | rtrimstr(" ")] | sort | join(", ")'
}

"$target/debug/stand-in-sigstore" --folder "$scratch/sigstore" >"$scratch/sigstore.log" &
sigstore=$!
until_true 20 'the stand-in for Sigstore listens' grep -q '^REKOR_URL=' "$scratch/sigstore.log"
# shellcheck source=/dev/null
source "$scratch/sigstore.log"
trust_stand_in

new_module 'signing: require' "${no_cluster[@]}" 'unit-test-command: "true"'
stand_in GET world | jq --arg token "$job_token" '.tokens[$token].rights.attestations = "write"' >"$scratch/world.json"
stand_in PUT world --data-binary "@$scratch/world.json"
whole=$(<"$rig/repositories/$module/.github/workflows/create-release.yaml")
SIGNS=yes flatten_module
leg_ended failure
release
refused v1.0.0
same 'verdicts' "$(verdicts)" 'btp-release/e2e/k3s-none success'
same 'what is signed' "$(signed_statements)" ''
ok 'the status of the leg says that it passed, GitHub that its job failed: nothing is signed, and nothing published'

printf '%s\n' "$whole" >"$rig/repositories/$module/.github/workflows/create-release.yaml"
leg_ended success
release
same 'exit code of the second run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'assets' "$(assets_of v1.0.0)" 'release-evidence.json release-evidence.sigstore.json release-requests.json release-verdict.sigstore.json rendered.yaml template.yaml template_control_plane.yaml'
same 'what is signed' "$(signed_statements)" 'evidence/v1, test-result/v0.1 PASSED, verification_summary/v1'
ok 'the second run signed the leg, the evidence and the verdict, and published'

kill "$sigstore"
git -C "$rig/repositories/$action" reset --quiet --hard HEAD~1
