# shellcheck shell=bash disable=SC2154
# A release whose tag starts the builds: the rig starts the module's own workflow when the tag appears, as GitHub would. One of its
# jobs uses the action directly, to upload a further file. The module is in the form of the Kyma CLI 2, which the other stories do not build.
chapter 'A release (builders: tag, module-form: kyma-cli-2)'
new_module 'builders: tag' 'module-form: kyma-cli-2' 'assets: "rendered.yaml\ntemplate.yaml\ntemplate_control_plane.yaml\nchart.tgz"'
workflows=$rig/repositories/$module/.github/workflows
# shellcheck disable=SC2016 # an expression of the workflow, not of this script
printf '    secrets:\n      RELEASE_TOKEN: ${{ secrets.BOT_TOKEN }}\n' >>"$workflows/create-release.yaml"
cat >"$workflows/build-release.yaml" <<END
name: Build the release
on:
  push:
    tags: ["v*"]
permissions: {}
jobs:
  post-build-image:
    permissions: {contents: read, packages: write, id-token: write, attestations: write}
    uses: $action/.github/workflows/post-build-image.yaml@v1
    with:
      image: $registry_host/$story/operator
  post-build-module:
    permissions: {contents: write, packages: write, id-token: write, attestations: write}
    uses: $action/.github/workflows/post-build-module.yaml@v1
    with:
      binary-image: $registry_host/$story/operator
      module-registry: $registry_host/$story
      module-form: kyma-cli-2
      default-cr: config/default-cr.yaml
  chart:
    runs-on: ubuntu-latest
    permissions: {contents: write}
    steps:
      - uses: $(pin actions/checkout)
      - run: tar -czf chart.tgz config
      - id: plan
        uses: $action@v1
        with: {phase: plan, version: "\${{ github.ref_name }}", assets: chart.tgz}
      - uses: $action@v1
        with: {phase: upload, plan: "\${{ steps.plan.outputs.plan }}", files: chart.tgz}
END

tagged() { [[ $(tag_of v1.0.0) == "$commit" ]]; }
release() { run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0 --secret BOT_TOKEN="$bot_token" && exit "$run_code"; }
release &
releasing=$!
until_true 300 'the tag appears' tagged
printf '{"ref": "refs/tags/v1.0.0"}' >"$scratch/push.json"
export runs=10 # this process counts its runs apart from the one in the background
run_workflow build-release.yaml push --eventpath "$scratch/push.json"
same 'exit code of the builds' "$run_code" 0
wait "$releasing" || fail 'the release ended badly'
same 'published releases' "$(published)" v1.0.0
same 'assets' "$(assets_of v1.0.0)" 'chart.tgz release-evidence.json rendered.yaml template.yaml template_control_plane.yaml'
modules=component-descriptors/kyma-project.io/module/example-module
same 'tag of the module image' "$(curl -fsS "http://$registry_host/v2/$story/$modules/tags/list" | jq -r '.tags | join(" ")')" v1.0.0
ok 'published what was built by the workflow that the tag started'
