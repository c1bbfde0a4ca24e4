# shellcheck shell=bash disable=SC2154
# A run is cancelled while its E2E job waits: nothing is published, and the next run continues with the existing draft.
chapter 'A run is cancelled, and the next one publishes'
new_module "${no_cluster[@]}" "image-build-command: test ! -e /rig/control/builder-sleeps || exit 1; /rig/bin/build-image"
flatten_module
touch "$rig/control/builder-sleeps"
drafted() { [[ $(assets_of v1.0.0) == 'rendered.yaml template.yaml template_control_plane.yaml' ]]; }
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0 &
running=$!
until_true 300 'the module is built' drafted
kill -INT "$(pgrep -P "$running" -x act)" # the runner ends its containers
wait "$running" || true
remove_containers >/dev/null # act may leave them, and the next run could not remove their volumes
same 'published releases' "$(published)" ''
same 'drafts' "$(drafts)" v1.0.0
ok 'cancelled: the draft is left'

rm "$rig/control/builder-sleeps"
export runs=10 # this process counts its runs apart from the one in the background
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the second run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
ok 'the second run published'
