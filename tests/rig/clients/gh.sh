#!/usr/bin/env bash
# The GitHub CLI. It uses plain HTTP with one host only, `github.localhost`, whose API it calls `api.github.localhost`;
# the stand-in answers as the proxy for that name. Addresses in answers have another host name, for which it uses the
# other token.
set -euo pipefail
# shellcheck source=tests/rig/clients/support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

gh() { "${tools:?}/venv/bin/gh" "$@"; }
export GH_HOST=github.localhost HTTP_PROXY=$GITHUB_API_URL GH_TOKEN=personal-token GH_ENTERPRISE_TOKEN=personal-token
export GH_REPO=github.localhost/$REPOSITORY GH_CONFIG_DIR=$SCRATCH/config GH_PROMPT_DISABLED=1 GH_NO_UPDATE_NOTIFIER=1 NO_COLOR=1

assets() { gh release view v2.0.0 --json assets --jq '[.assets[].name] | sort | join(" ")'; }

gh auth status --hostname github.localhost
same 'the caller' "$(gh api user --jq .login)" octocat
same 'a name in other case' "$(gh api "repos/${REPOSITORY^^}" --jq .full_name)" "$REPOSITORY"

gh release create v2.0.0 --draft --title Two --notes first "$FILES/template.yaml"
same 'the draft' "$(gh release view v2.0.0 --json isDraft,tagName,body --jq '"\(.isDraft) \(.tagName) \(.body)"')" 'true v2.0.0 first'
gh release upload v2.0.0 "$FILES/module.bin" "$FILES/odd name (1).txt"
gh release upload v2.0.0 --clobber "$FILES/module.bin"
same 'assets' "$(assets)" 'module.bin odd.name.1.txt template.yaml'
gh release edit v2.0.0 --notes second
same 'the list' "$(gh release list --json tagName,isDraft,isLatest --jq 'map("\(.tagName) \(.isDraft) \(.isLatest)") | join(", ")')" \
  'v2.0.0 true false, 1.0.0 false true'
gh release download v2.0.0 --dir "$SCRATCH/draft"
cmp "$FILES/module.bin" "$SCRATCH/draft/module.bin"

gh release edit v2.0.0 --draft=false --latest
same 'the release' "$(gh release view --json isDraft,tagName,body --jq '"\(.isDraft) \(.tagName) \(.body)"')" 'false v2.0.0 second'
same 'the tag' "$(gh api "repos/$REPOSITORY/git/ref/tags/v2.0.0" --jq .ref)" refs/tags/v2.0.0
gh release download v2.0.0 --dir "$SCRATCH/published" --pattern '*.bin'
cmp "$FILES/module.bin" "$SCRATCH/published/module.bin"
gh release download v2.0.0 --dir "$SCRATCH/archives" --archive tar.gz
gh release download v2.0.0 --dir "$SCRATCH/archives" --archive zip
tar -tzf "$SCRATCH"/archives/*.tar.gz | grep -q README.md
python3 -m zipfile -t "$SCRATCH"/archives/*.zip

# In one go: gh makes a draft, uploads, and publishes without naming the tag again.
gh release create v2.1.0 --generate-notes --latest=false "$FILES/template.yaml"
same 'the other release' "$(gh release view v2.1.0 --json isDraft,tagName --jq '"\(.isDraft) \(.tagName)"')" 'false v2.1.0'
same 'the latest' "$(gh release list --json tagName,isLatest --jq '.[] | select(.isLatest) | .tagName')" v2.0.0
if gh release create v2.1.0 --notes again; then exit 1; fi # there is one of that tag

gh release delete-asset v2.0.0 template.yaml --yes
same 'assets left' "$(assets)" 'module.bin odd.name.1.txt'
gh release delete v2.0.0 --yes --cleanup-tag
gh release delete v2.1.0 --yes --cleanup-tag
same 'releases left' "$(gh release list --json tagName --jq '[.[].tagName] | join(" ")')" 1.0.0
same 'tags left' "$(gh api "repos/$REPOSITORY/tags" --jq '[.[].name] | join(" ")')" 1.0.0

# A pull request: its branch is made by the API, so that no clone is needed.
main=$(gh api "repos/$REPOSITORY/git/ref/heads/main" --jq .object.sha)
tree=$(gh api "repos/$REPOSITORY/git/trees" --jq .sha --input - <<<"{\"base_tree\": \"$main\", \"tree\": [
  {\"path\": \"a.yaml\", \"mode\": \"100644\", \"type\": \"blob\", \"content\": \"a: 1\\n\"}]}")
commit=$(gh api "repos/$REPOSITORY/git/commits" --jq .sha --input - <<<"{\"message\": \"Bump\", \"tree\": \"$tree\", \"parents\": [\"$main\"]}")
gh api "repos/$REPOSITORY/git/refs" -f ref=refs/heads/bump -f sha="$commit" --silent
gh pr create --head bump --base main --title 'Bump it' --body why
same 'the pull request' "$(gh pr list --head bump --json number,title --jq '.[] | "\(.number) \(.title)"')" '4 Bump it'
gh pr view 4
gh pr diff 4 | grep -q '^+a: 1$'
gh pr edit 4 --title 'Bump a'
gh pr merge 4 --squash --match-head-commit "$commit"
same 'merged' "$(gh pr view 4 --json state,title,files --jq '"\(.state) \(.title) \(.files[0].path)"')" 'MERGED Bump a a.yaml'
same 'its file on main' "$(gh api "repos/$REPOSITORY/contents/a.yaml" -H 'accept: application/vnd.github.raw')" 'a: 1'
gh api "repos/$REPOSITORY/git/refs/heads/bump" --method DELETE --silent

same 'merged pull requests' "$(gh pr list --state merged --json number --jq length)" 4
same 'issues' "$(gh issue list --json number --jq length)" 0
same 'branches' "$(gh api --paginate "repos/$REPOSITORY/branches" --jq '.[].name')" main
gh repo view "$REPOSITORY"
gh run list
gh workflow list
