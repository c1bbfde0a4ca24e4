# shellcheck shell=bash disable=SC2154
# A chart of the same objects as the manifest: as a further asset of a release, as the README of the example shows it; and in place of the
# manifest, in a module image that another builder makes.
chapter 'A chart beside the module'
leg=v1.34.4+k3s1
assets='example-chart.tgz rendered.yaml template.yaml template_control_plane.yaml'
new_module 'render-command: make render chart' 'files: build/chart.tgz=example-chart.tgz' 'e2e-command: make e2e-test e2e-test-chart'
repository=$rig/repositories/$module
# The image of the operator in the cluster, whether helm has installed it and by which release, and the state of the custom resource.
installed() {
  in_cluster "$leg" get deployment example-operator --namespace kyma-system --output json \
    | jq -r '"\(.spec.template.spec.containers[0].image) \(.metadata.labels["app.kubernetes.io/managed-by"]) \(.metadata.annotations["meta.helm.sh/release-name"])"'
  in_cluster "$leg" get examples.operator.kyma-project.io default --namespace kyma-system --output 'jsonpath={.status.state} {.status.version}'
}
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'assets' "$(assets_of v1.0.0)" "${assets/ / release-evidence.json }"
operator=$registry_host/$story/operator
digest=sha256:$(inspect "$operator:v1.0.0" | sha256sum | cut -d' ' -f1)
same 'what helm has installed' "$(installed)" "$operator@$digest Helm example"$'\n''Ready 1.0.0'
make --silent --directory "$repository" chart IMAGE="$operator:v1.0.0" VERSION=1.0.0
same 'the chart, made once more' "$(digest_of "$repository/build/chart.tgz")" \
  "$(repository_state '.releases[].assets[] | select(.name == "example-chart.tgz") | "sha256:\(.content)"')"
ok 'the module was tested, then the chart, and both are published; the chart depends on the commit only'

chapter 'A chart in place of the manifest'
new_module 'builders: external' 'module-form: kyma-cli-2' 'assets: example-chart.tgz'

# Adds a file to the layout of an image, and prints its descriptor.
blob() { # FILE MEDIA-TYPE
  local digest
  digest=$(digest_of "$1")
  cp "$1" "$layout/blobs/sha256/${digest#*:}"
  jq -cn --arg type "$2" --arg digest "$digest" --argjson size "$(stat -c %s "$1")" '{mediaType: $type, digest: $digest, size: $size}'
}

# Pushes a module image with a chart, in the form of the Kyma CLI of 2023.
push_chart_module() { # VERSION CHART
  local layout=$scratch/chart-module descriptor
  mkdir -p "$layout/blobs/sha256"
  echo '{"imageLayoutVersion": "1.0.0"}' >"$layout/oci-layout"
  cat >"$layout/component-descriptor.yaml" <<END
component:
  componentReferences: []
  name: kyma-project.io/module/example-module
  provider: internal
  repositoryContexts:
  - baseUrl: $registry_host/$story
    componentNameMapping: urlPath
    type: ociRegistry
  resources:
  - access:
      digest: $(digest_of "$2")
      type: localOciBlob
    name: example-module
    relation: local
    type: helm-chart
    version: $1
  sources:
  - access:
      commit: $commit
      repoUrl: github.com/$module
      type: gitHub
    name: module-sources
    type: git
    version: $1
  version: $1
meta:
  schemaVersion: v2
END
  tar -C "$layout" -cf "$layout/descriptor.tar" component-descriptor.yaml
  descriptor=$(blob "$layout/descriptor.tar" application/vnd.ocm.software.component-descriptor.v2+yaml+tar)
  jq -cn --argjson layer "$descriptor" '{componentDescriptorLayer: $layer}' >"$layout/config"
  jq -cn --argjson config "$(blob "$layout/config" application/vnd.ocm.software.component.config.v1+json)" --argjson descriptor "$descriptor" \
    --argjson chart "$(blob "$2" application/gzip)" '
    {schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: $config, layers: [$descriptor, $chart]}' >"$layout/manifest"
  jq -cn --argjson manifest "$(blob "$layout/manifest" application/vnd.oci.image.manifest.v1+json)" '{schemaVersion: 2, manifests: [$manifest]}' >"$layout/index.json"
  skopeo copy --quiet --dest-tls-verify=false "oci:$layout" "docker://$registry_host/$story/component-descriptors/kyma-project.io/module/example-module:$1"
}

# What a builder outside of GitHub makes of a tag.
build_outside() { # TAG
  local chart=$repository/build/chart.tgz build=$PWD/scripts/build-image.sh upload
  mkdir -p "$scratch/bin"
  ln -sf "$rig/buildkit/docker-client" "$scratch/bin/docker"
  (
    cd "$repository"
    PATH=$scratch/bin:$PATH DOCKER_CONFIG=$rig/buildkit/docker GITHUB_REPOSITORY=$module IMAGE=$operator:$1 VERSION=${1#v} "$build"
  ) >"$scratch/build.log" 2>&1 || fail_with_log "$scratch/build.log" "$operator:$1 is not built"
  make --silent --directory "$repository" chart IMAGE="$operator:$1" VERSION="${1#v}"
  push_chart_module "$1" "$chart"
  upload=$(curl -fsS -H "Authorization: Bearer $job_token" "$github_api/repos/$module/releases" | jq -r --arg tag "$1" '.[] | select(.tag_name == $tag) | .upload_url')
  curl -fsS -H "Authorization: Bearer $job_token" -H 'Content-Type: application/gzip' --data-binary "@$chart" "${upload%\{*}?name=example-chart.tgz" >/dev/null
}

run_workflow create-release.yaml workflow_dispatch --input version=v2.0.0 &
running=$!
drafted() { [[ $(drafts) == v2.0.0 ]]; }
until_true 300 'the draft appears' drafted
build_outside v2.0.0
wait "$running"
export runs=10 # this process counts its runs apart from the one in the background
same 'published releases' "$(published)" v2.0.0
same 'assets' "$(assets_of v2.0.0)" 'example-chart.tgz release-evidence.json'
same 'what helm has installed' "$(installed)" "$operator:v2.0.0 Helm example-module"$'\n''Ready 2.0.0'
digest=sha256:$(inspect "$operator:v2.0.0" | sha256sum | cut -d' ' -f1)
same 'what the node runs' "$(in_cluster "$leg" get pods --namespace kyma-system --output 'jsonpath={.items[*].status.containerStatuses[*].imageID}')" "$operator@$digest"
ok 'the chart was installed from the module image by helm, awaited, compared, and released'
