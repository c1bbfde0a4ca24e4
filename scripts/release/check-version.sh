#!/usr/bin/env bash
# Fails if the version was begun from another commit than the one that is checked out: before anything is pushed under its name.
#
#   scripts/release/check-version.sh v1.2.0
#
# Reads the branch releases/v1.2.0 of REMOTE, with GITHUB_TOKEN if it is set.
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/../lib.sh"
# shellcheck source=scripts/release/lib.sh
source "${BASH_SOURCE%/*}/lib.sh"

branch=refs/heads/releases/$1
begun=$(remote_git ls-remote "$remote" "$branch") || fail "the branches of $remote cannot be read"
[ -n "$begun" ] || exit 0
remote_git fetch --quiet --depth 2 "$remote" "$branch"
built_on=$(git rev-parse FETCH_HEAD^)
[ "$built_on" = "$(git rev-parse HEAD)" ] \
  || fail "$1 was begun from $built_on, and this is $(git rev-parse HEAD): release another version, or run the workflow at that commit"
