# shellcheck shell=bash disable=SC2016,SC2154 # what looks like an expansion is one of the workflow
# The two halves of a release are called by the module's own workflow, with the builds and a test of its own between them. The test fails:
# nothing is published. It passes: `finish` awaits the artifacts itself, since no job has, and publishes.
chapter 'Two halves, and a test of the caller in between'

change_files() {
  sed -i '/^jobs:/,$d' .github/workflows/create-release.yaml
  cat >>.github/workflows/create-release.yaml <<YAML
jobs:
  start:
    permissions: {contents: write, packages: read, pull-requests: read, issues: read}
    uses: $action/.github/workflows/start-release.yaml@v1
    with:
      version: \${{ inputs.version }}
      binary-image: $registry_host/$story/operator
      module-registry: $registry_host/$story
  build-image:
    needs: start
    permissions: {contents: read, packages: write, id-token: write, attestations: write}
    uses: $action/.github/workflows/post-build-image.yaml@v1
    with:
      image: \${{ needs.start.outputs.image }}
      tag: \${{ needs.start.outputs.tag }}
      commit: \${{ needs.start.outputs.commit }}
  build-module:
    needs: start
    permissions: {contents: write, packages: write, id-token: write, attestations: write}
    uses: $action/.github/workflows/post-build-module.yaml@v1
    with:
      plan: \${{ needs.start.outputs.plan }}
      commit: \${{ needs.start.outputs.commit }}
      default-cr: config/default-cr.yaml
  stress-test:
    needs: [start, build-image]
    runs-on: ubuntu-latest
    permissions: {contents: read}
    steps:
      - run: test ! -e /rig/control/stress-test-fails && echo "\$TAG \$COMMIT \$IMAGE" >/rig/control/stress-tested
        env:
          TAG: \${{ needs.start.outputs.tag }}
          COMMIT: \${{ needs.start.outputs.commit }}
          IMAGE: \${{ needs.start.outputs.image }}
  finish:
    needs: [start, build-image, build-module, stress-test]
    if: \${{ always() }}
    permissions: {contents: write, packages: read, checks: read, statuses: read, actions: read, id-token: write, attestations: write}
    uses: $action/.github/workflows/finish-release.yaml@v1
    with:
      needs: \${{ toJSON(needs) }}
      await-timeout: 120s
YAML
}

new_module
whole=$(<"$rig/repositories/$module/.github/workflows/create-release.yaml")
flatten_module
touch "$rig/control/stress-test-fails"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
refused v1.0.0

rm "$rig/control/stress-test-fails"
printf '%s\n' "$whole" >"$rig/repositories/$module/.github/workflows/create-release.yaml"
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the second run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'drafts' "$(drafts)" ''
same 'assets' "$(assets_of v1.0.0)" 'release-evidence.json rendered.yaml template.yaml template_control_plane.yaml'
same 'what the test was given' "$(<"$rig/control/stress-tested")" "v1.0.0 $commit $registry_host/$story/operator:v1.0.0"
ok 'the second run awaited the artifacts in its second half, and published the draft of the first'
