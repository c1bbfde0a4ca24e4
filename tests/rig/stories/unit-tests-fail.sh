# shellcheck shell=bash disable=SC2154
# The unit tests fail: the other jobs continue, and `publish` refuses. The next run, with the tests fixed, publishes.
chapter 'Unit tests fail, and pass in the next run'
new_module "${no_cluster[@]}" "unit-test-command: test ! -e /rig/control/unit-tests-fail && make test"
flatten_module
touch "$rig/control/unit-tests-fail"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
refused v1.0.0

rm "$rig/control/unit-tests-fail"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the second run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'drafts' "$(drafts)" ''
ok 'the second run published the draft of the first'
