#!/usr/bin/env bash
# Writes CHANGELOG.md from the published releases of GITHUB_REPOSITORY, with GITHUB_TOKEN if it is set.
#
#   GITHUB_REPOSITORY=kyma-project/btp-release-action scripts/release/changelog.sh
#   scripts/release/changelog.sh --push       also commits it, to the branch `changelog` of REMOTE, if that changes anything
#
# The branch is made anew each time, on what is checked out; a pull request of it is opened by hand, since main may be protected.
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/../lib.sh"

api=${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY/releases
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
page=1
while :; do
  # The token is read from a file of the shell's own, never given as an argument.
  curl --silent --show-error --fail --retry 3 --header 'Accept: application/vnd.github+json' \
    ${GITHUB_TOKEN:+--header @<(printf 'Authorization: Bearer %s\n' "$GITHUB_TOKEN")} \
    "$api?per_page=100&page=$page" > "$pages/$page.json" || fail "the releases of $GITHUB_REPOSITORY cannot be read"
  [ "$(jq length "$pages/$page.json")" -eq 100 ] || break
  page=$((page + 1))
done

# The text of a release below its version, with headings one level lower, without the mark of btp-release and other comments.
jq --raw-output --slurp '
  def numbers: ltrimstr("v") | capture("^(?<core>[0-9.]+)(?:-(?<pre>.*))?$")
    | [(.core | split(".") | map(tonumber)), .pre == null, [(.pre // "") | scan("[0-9]+|[^0-9.]+") | tonumber? // .]];
  def lower: reduce split("\n")[] as $line ({lines: [], code: false};
      (if $line | test("^ *```") then .code |= not else . end) as $next
      | $next + {lines: (.lines + [if .code then $line elif $line | test("^# ") then "##" + $line elif $line | test("^##+ ") then "#" + $line else $line end])})
    | .lines | join("\n");
  def text: (.body // "") | gsub("\r"; "") | gsub("(?s)<!--.*?-->"; "") | gsub("\n{3,}"; "\n\n") | gsub("^\\s+|\\s+$"; "") | lower;
  add | map(select(.draft | not) | select(.tag_name | test("^v?[0-9]+\\.[0-9]+\\.[0-9]+(-|$)")))
  | sort_by(.tag_name | numbers) | reverse
  | if length == 0 then "No version has been published yet."
    else map("## [\(.tag_name)](\(.html_url)), \(.published_at[:10])" + (text | if . == "" then "" else "\n\n" + . end)) | join("\n\n")
    end' "$pages"/*.json > "$pages/versions"
{
  sed '/^$/q' CHANGELOG.md
  sed '1,/^$/d; /^$/q' CHANGELOG.md
  cat "$pages/versions"
} > "$pages/changelog"
cp "$pages/changelog" CHANGELOG.md

[ "${1:-}" = --push ] || exit 0
if git diff --quiet HEAD -- CHANGELOG.md; then
  say 'CHANGELOG.md has every version already'
  exit 0
fi
export GIT_AUTHOR_NAME='github-actions[bot]' GIT_COMMITTER_NAME='github-actions[bot]'
export GIT_AUTHOR_EMAIL='41898282+github-actions[bot]@users.noreply.github.com'
export GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
git commit --quiet --message 'Write the changelog' CHANGELOG.md
"${BASH_SOURCE%/*}/push.sh" --force HEAD:refs/heads/changelog
say "CHANGELOG.md is on the branch changelog: open a pull request of it, ${GITHUB_SERVER_URL:-https://github.com}/$GITHUB_REPOSITORY/pull/new/changelog"
