# shellcheck shell=bash disable=SC2016,SC2154 # expressions of the workflow
# One workflow sets the version in the module's files, releases it, submits it in the repository of all modules, on another GitHub, and
# promotes it to two channels: four pull requests of three GitHub Apps, into branches that require a check. In the first run that of the
# submission fails, and nothing is promoted. The second run goes on with the open submission, and a third one finds nothing to do.
chapter 'From a bump over the release to two channels'
modules=kyma/module-manifests
submission=modules/example-module/1.0.0/module-config.yaml channels=modules/example-module/module-releases.yaml

# What the module's repository has, with this version; and of a submission also with the tag.
module_config() { # VERSION [TAG]
  printf '%s\n' 'name: kyma-project.io/module/example-module' "version: $1" 'team: kyma/gopher' \
    'repository: https://github.com/kyma-project/example-module' ${2:+"repositoryTag: $2"} 'manifest: rendered.yaml' \
    'documentation: https://help.example/example-module' 'icons:' '  - name: module-icon' '    link: https://icons.example/logo.svg'
}
module_releases() { # VERSION-OF-REGULAR VERSION-OF-FAST
  printf '%s\n' 'channels:' '  - channel: regular' "    version: $1 # since May" '  - channel: fast' "    version: $2"
}
change_files() { module_config 0.9.0 >module-config.yaml; }

# Both GitHubs: the module's is the rig's own.
with_modules() { github_api=$modules_host "$@"; }
modules_state() { with_modules stand_in GET world | jq -r --arg repository "$modules" ".repositories[\$repository] | $1"; }
start_modules_github() {
  "$stand_in_github" --enterprise 3.17.0 >"$scratch/modules.log" 2>&1 &
  until_true 20 'the second GitHub listens' grep -q '^GITHUB_UPLOAD_URL=' "$scratch/modules.log"
  modules_api=$(sed -n 's/^GITHUB_API_URL=//p' "$scratch/modules.log")
  modules_host=${modules_api%/api/v3}
}

# An App with a key of its own, installed on one repository.
app() { # SLUG NUMBER REPOSITORY
  openssl genrsa -traditional -out "$scratch/$1.pem" 2048 2>/dev/null
  jq -n --arg slug "$1" --arg number "$2" --arg repository "$3" --arg key "$(openssl rsa -in "$scratch/$1.pem" -pubout 2>/dev/null)" '
    {($number): {slug: $slug, client_id: "Iv1.\($slug)", public_key: $key, installations: [{id: ($number | tonumber), repositories: [$repository],
      permissions: {contents: "write", pull_requests: "write", checks: "read", statuses: "read"}}]}}'
}

# The committed files of a folder by their paths.
text_files() { # FOLDER
  local path
  git -C "$1" ls-files | while read -r path; do
    jq -n --arg path "$path" --rawfile text <(git -C "$1" show "HEAD:$path") '{($path): $text}'
  done | jq -s add
}

required='[{name: "main", refs: "refs/heads/main", pull_request: {}, required_checks: ["Validate"]}]'
fill_module_github() {
  app bumper 4711 "$module" >"$scratch/apps.json"
  text_files "$rig/repositories/$module" >"$scratch/files.json"
  stand_in GET world | jq --arg repository "$module" --slurpfile apps "$scratch/apps.json" --slurpfile files "$scratch/files.json" "
    .apps = \$apps[0] | .repositories[\$repository] |= (.files = \$files[0] | .rules = $required)" >"$scratch/world.json"
  stand_in PUT world --data-binary "@$scratch/world.json"
  same 'the tree of the commit' "$(curl -fsS -H "Authorization: Bearer $job_token" "$github_api/repos/$module/git/commits/$commit" | jq -r .tree.sha)" \
    "$(git -C "$rig/repositories/$module" rev-parse "HEAD^{tree}")"
}
fill_modules_github() {
  { app submitter 4712 "$modules" && app promoter 4713 "$modules"; } | jq -s add >"$scratch/apps.json"
  jq -n --arg repository "$modules" --arg file "$channels" --arg text "$(module_releases 0.8.1 0.9.0)"$'\n' --arg first "$(printf '%040d' 1)" \
    --arg bot "$bot_token" --slurpfile apps "$scratch/apps.json" "
    {apps: \$apps[0], tokens: {(\$bot): {kind: \"pat\", login: \"validator\", rights: {statuses: \"write\"}}}, repositories: {(\$repository): {
      id: 1, owner: (\$repository | split(\"/\")[0]), name: (\$repository | split(\"/\")[1]), default_branch: \"main\", files: {(\$file): \$text},
      commits: {(\$first): {message: \"Modules\", login: \"octocat\", date: 1736154000}}, refs: {\"refs/heads/main\": \$first}, rules: $required}}}" \
    >"$scratch/world.json"
  with_modules stand_in PUT world --data-binary "@$scratch/world.json"
}

# Reports the required check of each open pull request that has no such report.
report() { # STATE API REPOSITORY
  local head
  for head in $(github_api=${2%/api/v3} stand_in GET world | jq -r --arg state "$1" --arg repository "$3" '.repositories[$repository]
    | [.statuses[] | select(.state == $state) | .sha] as $reported | .pulls[] | select(.state == "open") | .head_sha
    | select(. != "" and ([.] | inside($reported) | not))'); do
    curl -fsS -H "Authorization: Bearer $bot_token" "$2/repos/$3/statuses/$head" --data "{\"state\": \"$1\", \"context\": \"Validate\"}" >/dev/null
  done
}
# The same until it is stopped.
keep_reporting() { while sleep 0.5; do report "$@" || true; done; } # STATE API REPOSITORY

# A file at a ref.
file_at() { # API REPOSITORY PATH REF
  curl -fsS -H "Authorization: Bearer $bot_token" -H 'Accept: application/vnd.github.raw+json' "$1/repos/$2/contents/$3?ref=$4"
}

release() {
  local app slug name number secrets=()
  for app in 'bumper BUMP 4711' 'submitter SUBMIT 4712' 'promoter PROMOTE 4713'; do
    read -r slug name number <<<"$app"
    secrets+=(--secret "${name}_APP_ID=$number" --secret "${name}_APP_PRIVATE_KEY=$(<"$scratch/$slug.pem")")
  done
  run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0 "${secrets[@]}"
}

start_modules_github
new_module "${no_cluster[@]}" 'module-config: module-config.yaml' 'guard-branch: main' \
  'bump: "module-config.yaml: version = {version}\nchart/Chart.yaml: version = {version}"' 'bump-environment: bump' \
  "modules-repository: $modules" "modules-api-url: $modules_api" 'modules-merge: squash' \
  'submit: true' 'submit-environment: manifests' "promote: '[\"fast\", \"regular\"]'" 'promote-environment: channels'
{
  echo '    secrets:'
  for name in {BUMP,SUBMIT,PROMOTE}_APP_{ID,PRIVATE_KEY}; do echo "      $name: \${{ secrets.$name }}"; done
} >>"$rig/repositories/$module/.github/workflows/create-release.yaml"
fill_module_github
fill_modules_github
began=$commit

keep_reporting success "$github_api" "$module" &
keep_reporting failure "$modules_api" "$modules" &
failing=$!
whole=$(<"$rig/repositories/$module/.github/workflows/create-release.yaml")
flatten_module
release
[[ $run_code -ne 0 ]] || fail 'the run ended well'
same 'published releases' "$(published)" v1.0.0
pulls='.pulls | to_entries | map("\(.key) \(.value.head) by \(.value.login)\(if .value.merged_at then ", merged" else ", \(.value.state)" end)") | join("; ")'
same 'pull requests about modules' "$(modules_state "$pulls")" '1 release/submission/v1.0.0 by submitter[bot], open'
ok 'the check of the submission fails: released, and not promoted'

kill "$failing"
wait "$failing" || true
report success "$modules_api" "$modules"
keep_reporting success "$modules_api" "$modules" &
printf '%s\n' "$whole" >"$rig/repositories/$module/.github/workflows/create-release.yaml"
release
same 'exit code of the second run' "$run_code" 0
same 'pull requests of the module' "$(repository_state "$pulls")" '1 release/bump/v1.0.0 by bumper[bot], merged'
bumped=$(repository_state '.pulls["1"].merge_commit')
same 'the commit before the bump' "$(repository_state ".commits[\"$bumped\"].parents | join(\" \")")" "$began"
same 'the tag' "$(tag_of v1.0.0)" "$bumped"
same 'revision of the image' "$(label_of "$registry_host/$story/operator:v1.0.0" revision)" "$bumped"
same 'module-config.yaml at the tag' "$(file_at "$github_api" "$module" module-config.yaml v1.0.0)" "$(module_config 1.0.0)"
same 'the chart at the tag' "$(file_at "$github_api" "$module" chart/Chart.yaml v1.0.0 | grep ^version)" 'version: 1.0.0 # that of the release, as `make chart` sets it'
ok 'the tag is at the merge of the bump, whose files have the version'

# In the order of the base branch, from the newest.
merged='.commits as $commits | ([.pulls[] | {(.merge_commit): .head}] | add) as $heads | [.refs["refs/heads/main"] | recurse($commits[.].parents[0]; . != null)]
  | map($heads[.] // "the first commit") | join(", ")'
same 'pull requests about modules' "$(modules_state "$pulls")" \
  '1 release/submission/v1.0.0 by submitter[bot], merged; 2 release/promotion/fast/v1.0.0 by promoter[bot], merged; 3 release/promotion/regular/v1.0.0 by promoter[bot], merged'
same 'merges, the last one first' "$(modules_state "$merged")" \
  'release/promotion/regular/v1.0.0, release/promotion/fast/v1.0.0, release/submission/v1.0.0, the first commit'
same 'the submission' "$(file_at "$modules_api" "$modules" "$submission" main)" "$(module_config 1.0.0 v1.0.0)"
same 'the channels' "$(file_at "$modules_api" "$modules" "$channels" main)" "$(module_releases 1.0.0 1.0.0)"
ok 'submitted, then promoted to fast, then to regular, by one pull request each of the App that it is for'

# What the Apps do to get and to revoke their tokens changes nothing.
changes() { stand_in GET log | jq -r '[.[] | select(.category == "write" and .landed and (.path | test("/statuses/|/app/installations/|/installation/token") | not)) | "\(.method) \(.path)"] | join(", ")'; }
stand_in DELETE log
with_modules stand_in DELETE log
release
same 'exit code of the third run' "$run_code" 0
same 'changes of the module by the third run' "$(changes)" ''
same 'changes about modules by the third run' "$(with_modules changes)" ''
ok 'the third run changed nothing'
