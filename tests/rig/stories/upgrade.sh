# shellcheck shell=bash disable=SC2154
# Two releases in a repository with immutable releases. The second one is tested as an upgrade of the first: a custom resource that was
# made with the first survives, and the new operator takes care of it.
chapter 'A release (immutable), and an upgrade from it'
leg=v1.34.4+k3s1
new_module 'upgrade-test: true' \
  'before-upgrade: make e2e-test VERSION="${PREVIOUS_TAG#v}" && kubectl label --namespace kyma-system examples.operator.kyma-project.io/default made=before'
change_world '.immutable_releases = true'
operator=$registry_host/$story/operator
release() { # TAG
  run_workflow create-release.yaml workflow_dispatch --input version="$1"
  same "exit code of the run of $1" "$run_code" 0
  same "whether $1 is immutable" "$(repository_state ".releases[] | select(.tag_name == \"$1\") | .immutable")" true
  same "assets of $1" "$(assets_of "$1")" 'release-evidence.json rendered.yaml template.yaml template_control_plane.yaml'
  same "platforms of $1" "$(platforms_of "$operator:$1")" 'linux/amd64 linux/arm64'
  same "revision of $1" "$(label_of "$operator:$1" revision)" "$commit"
  same "version of $1" "$(label_of "$operator:$1" version)" "${1#v}"
}
# The images of the operator that were installed in the cluster, one after the other.
installed() {
  in_cluster "$leg" get replicasets --namespace kyma-system --sort-by '{.metadata.creationTimestamp}' --output 'jsonpath={.items[*].spec.template.spec.containers[*].image}'
}
example() { in_cluster "$leg" get examples.operator.kyma-project.io default --namespace kyma-system --output 'jsonpath={.metadata.labels.made} {.status.state} {.status.version}'; }

release v1.0.0
same 'what was installed' "$(installed)" "$operator:v1.0.0"
same 'custom resource' "$(example)" ' Ready 1.0.0'
files=$(skopeo copy --quiet --src-tls-verify=false "docker://$operator:v1.0.0" "dir:$scratch/operator" \
  && tar -tzf "$scratch/operator/$(jq -r '.layers[-1].digest' "$scratch/operator/manifest.json" | cut -d: -f2)")
same 'files in the last layer of the image' "$files" operator.sh
ok 'published, immutable, with the evidence; the image is of the Dockerfile and the commit'

new_commit
release v1.1.0
same 'what was installed' "$(installed)" "$operator:v1.0.0 $operator:v1.1.0"
same 'custom resource' "$(example)" 'before Ready 1.1.0'
same 'published releases' "$(published)" 'v1.0.0 v1.1.0'
ok 'v1.1.0 was tested over v1.0.0, and published'

stand_in DELETE log
release v1.1.0
same 'writes of the repeated run' "$(writes)" ''
ok 'second run of v1.1.0: it succeeded, and the immutable release was not changed'
