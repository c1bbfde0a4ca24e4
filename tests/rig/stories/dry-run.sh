# shellcheck shell=bash disable=SC2154
# A dry run prints what would be done, and changes nothing.
chapter 'A dry run'
new_module 'dry-run: true'
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0
same 'exit code of the run' "$run_code" 0
same 'writes' "$(writes)" ''
same 'releases and drafts' "$(published)$(drafts)" ''
same 'images' "$(digests "$story" && echo none)" none
ok 'nothing was written'
