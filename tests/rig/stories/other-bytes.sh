# shellcheck shell=bash disable=SC2154
# Images with other bytes than those that were tested: first a node runs another image, then the tag is moved after the tests.
# Neither is published. The third run publishes the tested image.
chapter 'A node runs another image, and then the tag is moved'
new_module 'k3s-versions: v1.33.5+k3s1' 'e2e-command: make e2e-test && /rig/bin/move-tag'
flatten_module
operator=$registry_host/$story/operator:v1.0.0
digest() { printf 'sha256:%s' "$(inspect "$operator" | sha256sum | cut -d' ' -f1)"; }

run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0 --env FAKE_IMAGE_ID="sha256:$(printf '%064d' 1)"
refused v1.0.0
same 'verdicts' "$(verdicts)" 'btp-release/e2e/k3s-v1.33.5+k3s1 failure'
tested=$(digest)
ok 'the node runs another image: the leg fails'

touch "$rig/control/move-tag"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0 --env FAKE_IMAGE_ID="$tested"
refused v1.0.0
same 'verdicts' "$(verdicts)" 'btp-release/e2e/k3s-v1.33.5+k3s1 success'
[[ $(digest) != "$tested" ]] || fail 'the tag was not moved'
ok 'the tag names another image than the one that passed: publish refuses'

rm "$rig/control/move-tag"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the third run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'what the tag names' "$(digest)" "$tested"
ok 'the third run published what was tested'
