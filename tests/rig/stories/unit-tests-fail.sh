# shellcheck shell=bash disable=SC2154
# A version that breaks every rule that is set is refused before anything is written. For the next one all is in order, and its unit tests
# fail: the other jobs continue, and `publish` refuses. The next run, with the tests fixed, takes up the draft, and publishes.
chapter 'A version that breaks the rules'
new_module "${no_cluster[@]}" "unit-test-command: test ! -e /rig/control/unit-tests-fail && make test" 'version-policy: increment' \
  'branch-pattern: release-{major}.{minor}' 'notes: categories' 'validate-labels: true' 'existing-image: fail' 'preflight: github'
released_before v0.9.0
merged_pull 1
change_world '.rules = [{name: "Releases", refs: "refs/tags/v*", creation: true}]'
skopeo copy --quiet --all --src-tls-verify=false --dest-tls-verify=false "docker://$registry_host/base/busybox:1" "docker://$registry_host/$story/operator:v1.1.0"
stand_in DELETE log
run_workflow create-release.yaml workflow_dispatch --input version=v1.1.0
[[ $run_code -ne 0 ]] || fail 'the run ended well'
same 'what it was refused for' "$(refused_for)" 'branch-wrong image-exists labels-invalid tag-creation-restricted version-out-of-order'
same 'writes' "$(writes)" ''
ok 'refused for its number, its branch, a label, its image and the tag, and nothing was written'

chapter 'Unit tests fail, and pass in the next run'
merged_pull 1 kind/bug
change_world ".rules = [] | .refs[\"refs/heads/release-1.0\"] = \"$commit\""
flatten_module
touch "$rig/control/unit-tests-fail"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
[[ $run_code -ne 0 ]] || fail 'the run ended well'
same 'published releases' "$(published)" v0.9.0
same 'drafts' "$(drafts)" v1.0.0
same 'the tag' "$(tag_of v1.0.0)" "$commit"
same 'whether publish ran' "$(publish_ran)" true
ok 'refused by publish: the draft is left'

rm "$rig/control/unit-tests-fail"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the second run' "$run_code" 0
same 'published releases' "$(published)" 'v0.9.0 v1.0.0'
same 'drafts' "$(drafts)" ''
same 'its notes' "$(repository_state '.releases[] | select(.tag_name == "v1.0.0") | .body' | sed -n '/^###/,/^$/p' | xargs)" "### Fixed bugs * Change number 1 by @ada in ${github_env[2]#*=}/$module/pull/1"
ok 'the second run published the draft of the first'
