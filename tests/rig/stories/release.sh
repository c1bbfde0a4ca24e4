# shellcheck shell=bash disable=SC2154
# A release with only the job's own token: the workflow calls both builds itself. A second run finds nothing to do.
chapter 'A release (builders: called), and a second run'
new_module
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'drafts' "$(drafts)" ''
same 'the tag' "$(tag_of v1.0.0)" "$commit"
same 'assets' "$(assets_of v1.0.0)" 'release-evidence.json rendered.yaml template.yaml template_control_plane.yaml'
same 'platforms of the image' "$(platforms_of "$registry_host/$story/operator:v1.0.0")" 'linux/amd64 linux/arm64'
same 'revision of the image' "$(label_of "$registry_host/$story/operator:v1.0.0" revision)" "$commit"
legs='btp-release/e2e/k3s-v1.32.9+k3s1 success, btp-release/e2e/k3s-v1.33.5+k3s1 success'
same 'verdicts' "$(verdicts)" "$legs"
ok 'published, with its tag, three assets and the evidence, an image of this commit for two platforms, and two verdicts'

before=$(digests "$story")
stand_in DELETE log
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the second run' "$run_code" 0
same 'writes of the second run' "$(writes)" ''
same 'digests after the second run' "$(digests "$story")" "$before"
ok 'second run: only the verdicts of its tests were written, and no image was moved'
