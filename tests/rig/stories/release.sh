# shellcheck shell=bash disable=SC2154
# A release with only the job's own token: the workflow calls both builds itself, and tests them on two clusters. A second run finds
# nothing to do.
chapter 'A release (builders: called), and a second run'
new_module 'k3s-versions: v1.34.4+k3s1 v1.36.3+k3s1'
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'drafts' "$(drafts)" ''
same 'the tag' "$(tag_of v1.0.0)" "$commit"
same 'assets' "$(assets_of v1.0.0)" 'release-evidence.json rendered.yaml template.yaml template_control_plane.yaml'
same 'platforms of the image' "$(platforms_of "$registry_host/$story/operator:v1.0.0")" 'linux/amd64 linux/arm64'
operator=$registry_host/$story/operator
same 'revision of the image' "$(label_of "$operator:v1.0.0" revision)" "$commit"
same 'attestations of the image' "$(inspect "$operator:v1.0.0" | jq '[.manifests[] | select(.annotations."vnd.docker.reference.type" == "attestation-manifest")] | length')" 2
legs='btp-release/e2e/k3s-v1.34.4+k3s1 success, btp-release/e2e/k3s-v1.36.3+k3s1 success'
same 'verdicts' "$(verdicts)" "$legs"
ok 'published, with its tag, three assets and the evidence, an image of this commit for two platforms, and two verdicts'

for leg in v1.34.4+k3s1 v1.36.3+k3s1; do
  example=$(in_cluster "$leg" get examples.operator.kyma-project.io default --namespace kyma-system --output 'jsonpath={.status.state} {.status.version}')
  same "custom resource, on $leg" "$example" 'Ready 1.0.0'
  same "image that runs, on $leg" "$(in_cluster "$leg" get pods --namespace kyma-system --output 'jsonpath={.items[*].status.containerStatuses[*].imageID}')" \
    "$operator@sha256:$(inspect "$operator:v1.0.0" | sha256sum | cut -d' ' -f1)"
  same "processes of its container, on $leg" \
    "$(in_cluster "$leg" exec --namespace kyma-system deployment/example-operator -- cat /proc/1/cmdline | tr '\0' ' ')" '/bin/sh /operator.sh '
done
ok 'on each cluster: the image runs by its digest, in a container of its own, and the operator took care of the custom resource'

before=$(digests "$story")
stand_in DELETE log
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the second run' "$run_code" 0
same 'writes of the second run' "$(writes)" ''
same 'digests after the second run' "$(digests "$story")" "$before"
ok 'second run: only the verdicts of its tests were written, and no image was moved'
