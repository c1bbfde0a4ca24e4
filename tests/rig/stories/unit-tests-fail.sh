# shellcheck shell=bash disable=SC2154
# Unit tests that fail: everything else goes on, and the gate refuses. Repaired, the same run publishes.
chapter 'Unit tests fail, and pass in the next run'
new_module "unit-test-command: test ! -e /rig/control/unit-tests-fail && make test"
flatten_module
touch "$rig/control/unit-tests-fail"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
refused v1.0.0

rm "$rig/control/unit-tests-fail"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the second run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'drafts' "$(drafts)" ''
ok 'the second run published what the first one left'
