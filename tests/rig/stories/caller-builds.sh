# shellcheck shell=bash disable=SC2016,SC2154 # what looks like an expansion is one of the workflow
# The caller's own job builds (builders: caller), by a reusable image builder of the shape of Kyma's: the same inputs and outputs, and no
# label that says of which commit the image is. It says another digest than the tag shows: refused at once. It says the right one: published.
chapter 'The caller builds, and says what it built'

change_files() {
  sed -i '/^jobs:/,$d' .github/workflows/create-release.yaml
  cat >>.github/workflows/create-release.yaml <<YAML
jobs:
  start:
    permissions: {contents: write, packages: read, pull-requests: read, issues: read}
    uses: $action/.github/workflows/start-release.yaml@v1
    with:
      version: \${{ inputs.version }}
      builders: caller
      module: false
      binary-image: $registry_host/$story/operator
  build:
    needs: start
    permissions: {contents: read, id-token: write}
    uses: ./.github/workflows/image-builder.yml
    with:
      name: operator
      dockerfile: Dockerfile
      context: .
      tags: \${{ needs.start.outputs.tag }}
  e2e-tests:
    needs: [start, build]
    permissions: {contents: write, packages: read, checks: read, statuses: write, actions: read, id-token: write, attestations: write}
    uses: $action/.github/workflows/run-e2e-tests.yaml@v1
    with:
      plan: \${{ needs.start.outputs.plan }}
      k3s-versions: none
      command: test "\$BINARY_IMAGE" = "\$(cat /rig/control/built)"
      await-timeout: 900s
      expected-digests: '{"\${{ needs.start.outputs.image }}": "\${{ needs.build.outputs.digest }}"}'
  finish:
    needs: [start, build, e2e-tests]
    if: \${{ always() }}
    permissions: {contents: write, packages: read, checks: read, statuses: read, actions: read, id-token: write, attestations: write}
    uses: $action/.github/workflows/finish-release.yaml@v1
    with:
      needs: \${{ toJSON(needs) }}
YAML
  image_builder >.github/workflows/image-builder.yml
}

new_module
whole=$(<"$rig/repositories/$module/.github/workflows/create-release.yaml")
flatten_module
touch "$rig/control/builder-says-another"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
((run_seconds < 600)) || fail "the run waited for another image: $run_seconds s"
refused v1.0.0
ok 'another digest under the tag than the builder said: refused at once'

rm "$rig/control/builder-says-another"
printf '%s\n' "$whole" >"$rig/repositories/$module/.github/workflows/create-release.yaml"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the second run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'verdicts' "$(verdicts)" 'btp-release/e2e/k3s-none success'
operator=$registry_host/$story/operator
same 'the published image' "$(repository_state '.releases[].body' | grep -oE 'sha256:[0-9a-f]{64}' | head -n 1)" \
  "sha256:$(inspect "$operator:v1.0.0" | sha256sum | cut -d' ' -f1)"
same 'revision of the image' "$(label_of "$operator:v1.0.0" revision)" null
ok 'what the builder said it built was tested by its digest, and published, without a label of its commit'
