# shellcheck shell=bash disable=SC2154
# A draft is replaced by one of the next commit, and the published release of that, with a reason, by one of a third commit. Nothing
# is left of what was replaced.
chapter 'A draft is replaced, and so is a published release'
new_module "${no_cluster[@]}" 'on-existing: replace' 'replace-published: the operator did not start' \
  'unit-test-command: test ! -e /rig/control/unit-tests-fail && make test'
flatten_module
operator=$registry_host/$story/operator:v1.0.0
touch "$rig/control/unit-tests-fail"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
refused v1.0.0
rm "$rig/control/unit-tests-fail"

replace() {
  local replaced
  replaced=$(repository_state '[.releases[].id] | join(" ")')
  new_commit
  run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
  same 'exit code of the run' "$run_code" 0
  same 'published releases' "$(published)" v1.0.0
  same 'drafts' "$(drafts)" ''
  same 'the tag' "$(tag_of v1.0.0)" "$commit"
  same 'revision of the image' "$(label_of "$operator" revision)" "$commit"
  same 'what is left of the release before' "$(repository_state "[.releases[].id | select(. == $replaced)] | join(\" \")")" ''
}

replace
ok 'the draft was replaced by a release of the next commit'
replace
evidence=$(repository_state '.releases[] | .assets[] | select(.name == "release-evidence.json") | .id')
same 'reason in the evidence' "$(curl -fsSL -H "Authorization: Bearer $job_token" -H 'Accept: application/octet-stream' \
  "$github_api/repos/$module/releases/assets/$evidence" | jq -r '[.. | .replace_published? // empty] | join(" ")')" 'the operator did not start'
ok 'the published release was replaced by one of a third commit, with the reason in its evidence'
