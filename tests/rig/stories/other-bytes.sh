# shellcheck shell=bash disable=SC2154
# Images with other bytes than those that were tested: the tag is moved between the build and the pull, so that a node runs another
# image; and then it is moved after the tests. Neither is published. The third run publishes the tested image.
chapter 'A node runs another image, and then the tag is moved'
leg=v1.34.4+k3s1
new_module 'e2e-command: make e2e-test && /rig/bin/move-tag'
flatten_module
operator=$registry_host/$story/operator:v1.0.0
digest() { printf 'sha256:%s' "$(inspect "$operator" | sha256sum | cut -d' ' -f1)"; }
put_back() { skopeo copy --quiet --all --src-tls-verify=false --dest-tls-verify=false "docker://${operator%:*}@$tested" "docker://$operator"; }

# The node takes no pod until the tag is moved.
cluster_settings() { "$2/kubectl" --kubeconfig "$2/kubeconfig" cordon node; }
applied() { in_cluster "$leg" get deployment example-operator --namespace kyma-system; }
(run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0 && exit "$run_code") &
running=$! runs=1
until_true 300 'the module is applied' applied
tested=$(digest)
# The same operator, and another image: it is ready, and its tests pass.
printf 'FROM %s\nLABEL other=bytes\n' "$operator" | build_image "$operator"
in_cluster "$leg" uncordon node >/dev/null
run_code=0
wait "$running" || run_code=$?
refused v1.0.0
same 'verdicts' "$(verdicts)" "btp-release/e2e/k3s-$leg failure"
same 'what the node ran' "$(in_cluster "$leg" get pods --namespace kyma-system --output 'jsonpath={.items[*].status.containerStatuses[*].imageID}')" \
  "${operator%:*}@$(digest)"
[[ $(digest) != "$tested" ]] || fail 'the tag was not moved'
ok 'the node ran another image: the leg fails'

unset -f cluster_settings
put_back
touch "$rig/control/move-tag"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
refused v1.0.0
same 'verdicts' "$(verdicts)" "btp-release/e2e/k3s-$leg success"
[[ $(digest) != "$tested" ]] || fail 'the tag was not moved'
ok 'the tag names another image than the one that passed: publish refuses'

rm "$rig/control/move-tag"
put_back
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the third run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'what the tag names' "$(digest)" "$tested"
ok 'the third run published what was tested'
