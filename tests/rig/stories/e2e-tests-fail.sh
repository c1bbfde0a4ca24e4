# shellcheck shell=bash disable=SC2154
# An E2E leg fails: nothing is published. The next run tests the same images, and publishes.
chapter 'An E2E leg fails, and passes in the next run'
new_module
flatten_module
touch "$rig/control/e2e-fails-v1.33.5+k3s1"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
refused v1.0.0
same 'verdicts' "$(verdicts)" 'btp-release/e2e/k3s-v1.32.9+k3s1 success, btp-release/e2e/k3s-v1.33.5+k3s1 failure'
grep -q '^## Why it failed' "$rig/control/artifacts/e2e-k3s-v1.33.5+k3s1/summary.md" || fail 'nobody says why the leg failed'
[[ ! -e $rig/control/artifacts/e2e-k3s-v1.32.9+k3s1 ]] || fail 'a leg that passed is explained'
before=$(digests "$story")

rm "$rig/control/e2e-fails-v1.33.5+k3s1"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the second run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'images after the second run' "$(digests "$story")" "$before"
ok 'the second run published the images of the first'
