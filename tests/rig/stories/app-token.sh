# shellcheck shell=bash disable=SC2016,SC2154 # expressions of the workflow
# A release with the tokens of a GitHub App. Its installation may not write: the draft is refused, and nothing is made. It may: published;
# neither its key nor a token is in the log, and all its tokens are revoked.
chapter 'Tokens of a GitHub App'
app_private_key=tests/support/app/private-key.pem app_public_key=tests/support/app/public-key.pem
new_module "${no_cluster[@]}"
printf '    secrets:\n      APP_ID: ${{ secrets.APP_ID }}\n      APP_PRIVATE_KEY: ${{ secrets.APP_PRIVATE_KEY }}\n' \
  >>"$rig/repositories/$module/.github/workflows/create-release.yaml"
whole=$(<"$rig/repositories/$module/.github/workflows/create-release.yaml")

# Installs the App on the repository.
install_app() { # LEVEL-OF-CONTENTS
  stand_in GET world | jq --rawfile key "$app_public_key" --arg repository "$module" --arg contents "$1" '
    .apps = {"4711": {slug: "releaser", client_id: "Iv1.releaser", public_key: $key, tokens: 0, installations: [{id: 1, repositories: [$repository],
      permissions: {contents: $contents, actions: "read", checks: "read", statuses: "read"}, suspended: false}]}}' >"$scratch/world.json"
  stand_in PUT world --data-binary "@$scratch/world.json"
}
release() {
  run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0 --secret APP_ID=4711 --secret APP_PRIVATE_KEY="$(<"$app_private_key")"
}

install_app read
flatten_module
release
[[ $run_code -ne 0 ]] || fail 'the run ended well'
same 'releases and drafts' "$(published)$(drafts)" ''
same 'the tag' "$(tag_of v1.0.0)" none
same 'tokens that were made' "$(stand_in GET world | jq '.apps["4711"].tokens')" 0
ok 'the installation may not write: refused, and nothing was made'

install_app write
printf '%s\n' "$whole" >"$rig/repositories/$module/.github/workflows/create-release.yaml"
release
same 'exit code of the second run' "$run_code" 0
same 'published releases' "$(published)" v1.0.0
same 'the tag' "$(tag_of v1.0.0)" "$commit"
tokens=$(stand_in GET world | jq '.apps["4711"].tokens')
((tokens >= 2)) || fail "the App made $tokens tokens, and draft and publish each use one"
same 'tokens that are left' "$(stand_in GET world | jq '[.tokens[] | select(.kind == "app")] | length')" 0
# What is shown: beside it the local runner's log has the commands that mask the secrets.
jq -rR '(fromjson? // {msg: .}) | .msg' "$(latest_log)" >"$scratch/shown.log"
! grep -qE 'ghs_[A-Za-z0-9]|BEGIN (RSA )?PRIVATE KEY' "$scratch/shown.log" || fail 'a secret of the App is in the log'
ok "published with $tokens tokens of the App, which are revoked, and neither they nor its key are in the log"
