# shellcheck shell=bash disable=SC2154
# A build that fails: the wait for its image ends, nothing is published. Repaired, the next run goes on.
chapter 'A builder fails, and works in the next run'
new_module "image-build-command: test ! -e /rig/control/builder-fails && /rig/bin/push-image" 'await-timeout: 20s'
flatten_module
touch "$rig/control/builder-fails"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
refused v1.0.0

rm "$rig/control/builder-fails"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the second run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
ok 'the second run published'
