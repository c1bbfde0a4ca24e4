# shellcheck shell=bash disable=SC2154
# A build fails: the wait for its image ends, and nothing is published. The next run, with the build repaired, publishes. The rig
# reports the result of the build as a status of the commit, which the pipeline reads like a check.
chapter 'A builder fails, and works in the next run'
new_module "${no_cluster[@]}" 'image-build-command: test ! -e /rig/control/builder-fails || { touch /rig/control/builder-failed; exit 1; }; /rig/bin/build-image' \
  'await-timeout: 300s'
flatten_module
touch "$rig/control/builder-fails"
(run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0 && exit "$run_code") &
running=$!
until_true 300 'the build fails' test -e "$rig/control/builder-failed"
show_check failure 'Build image / Build image'
failed=$SECONDS run_code=0
wait "$running" || run_code=$?
refused v1.0.0
((SECONDS - failed < 240)) || fail "the wait went on for $((SECONDS - failed)) s after the build had failed"
ok 'the wait ended with the build'

rm "$rig/control/builder-fails"
show_check success 'Build image / Build image'
export runs=10 # this process counts its runs apart from the one in the background
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the second run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
ok 'the second run published'
