# shellcheck shell=bash disable=SC2154
# The tag of the version points at another commit, so `plan` refuses. `publish`, which always runs, gives that reason and no other. When the tag
# is gone, the next run publishes.
chapter 'A plan that is refused'
new_module "${no_cluster[@]}"
flatten_module
old=$commit
new_commit
change_world ".refs[\"refs/tags/v1.0.0\"] = \"$old\""

# The error codes that the jobs of a name ended with, as annotations show them.
codes_of() { # JOB
  jq -rR --arg job "/$1 *\$" 'fromjson? | select(.job) | select(.job | test($job)) | .msg | scan("error\\[([a-z-]+)\\]")[]' "$(latest_log)" \
    | sort -u | paste -sd ' '
}

run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
[[ $run_code -ne 0 ]] || fail 'the run ended well'
same 'releases and drafts' "$(published)$(drafts)" ''
same 'the tag' "$(tag_of v1.0.0)" "$old"
same 'whether publish ran' "$(publish_ran)" true
reasons=$(codes_of Plan)
[[ -n $reasons ]] || fail 'plan gave no reason'
same 'reasons of publish' "$(codes_of Publish)" "$reasons"
ok "publish gave the reason of plan: $reasons"

change_world 'del(.refs["refs/tags/v1.0.0"])'
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the second run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'the tag' "$(tag_of v1.0.0)" "$commit"
ok 'the second run published'
