# shellcheck shell=bash disable=SC2154
# Two releases in a repository with immutable releases, with images that are built by docker buildx, which is the default. The second
# one is tested as an upgrade of the first.
chapter 'A release (docker buildx, immutable), and an upgrade from it'
new_module 'image-build-command: ""' 'upgrade-test: true' 'k3s-versions: v1.33.5+k3s1'
change_world '.immutable_releases = true'
operator=$registry_host/$story/operator
release() { # TAG
  rm -rf "$rig/control/cluster"
  run_workflow create-release.yaml workflow_dispatch --input version="$1" --env KUBECTL_STATE=/rig/control/cluster
  same "exit code of the run of $1" "$run_code" 0
  same "whether $1 is immutable" "$(repository_state ".releases[] | select(.tag_name == \"$1\") | .immutable")" true
  same "assets of $1" "$(assets_of "$1")" 'release-evidence.json rendered.yaml template.yaml template_control_plane.yaml'
  same "platforms of $1" "$(platforms_of "$operator:$1")" 'linux/amd64 linux/arm64'
  same "revision of $1" "$(label_of "$operator:$1" revision)" "$commit"
  same "version of $1" "$(label_of "$operator:$1" version)" "${1#v}"
}
installed() { sed -n 's|^Deployment/example-operator ||p' "$rig/control/cluster/applied" | tr '\n' ' '; }

release v1.0.0
same 'what was installed' "$(installed)" "$operator:v1.0.0 "
files=$(skopeo copy --quiet --src-tls-verify=false "docker://$operator:v1.0.0" "dir:$scratch/operator" \
  && jq -r '.layers[].digest' "$scratch/operator/manifest.json" | cut -d: -f2 | while read -r layer; do tar -tzf "$scratch/operator/$layer"; done)
same 'files in the image' "$(grep -v '/$' <<<"$files")" ./operator.sh
ok 'published, immutable, with the evidence; the image is of the Dockerfile and the commit'

new_commit
release v1.1.0
same 'what was installed' "$(installed)" "$operator:v1.0.0 $operator:v1.1.0 "
same 'published releases' "$(published)" 'v1.0.0 v1.1.0'
ok 'v1.1.0 was tested over v1.0.0, and published'

stand_in DELETE log
release v1.1.0
same 'writes of the repeated run' "$(writes)" ''
ok 'second run of v1.1.0: it succeeded, and the immutable release was not changed'
