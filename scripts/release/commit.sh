#!/usr/bin/env bash
# Makes the release's commit: the checked-out commit plus an action.yml that names the image by digest. Pinning the action by
# commit then pins the image too. On the main branch, action.yml goes on building the Dockerfile.
#
#   scripts/release/commit.sh v1.2.0 ghcr.io/kyma-project/btp-release-action@sha256:…
#
# Pushes to the branch releases/v1.2.0 of REMOTE, with GITHUB_TOKEN if it is set. A second run makes the same commit.
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/../lib.sh"

tag=$1 image=$2
[[ $tag =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || fail "'$tag' is no tag of a release, such as v1.2.0"
[[ $image =~ ^[^@]+@sha256:[0-9a-f]{64}$ ]] || fail "'$image' is no image by digest"
grep -q '^  image: Dockerfile$' action.yml || fail "action.yml does not build the Dockerfile: is this a commit of main?"
git diff --quiet HEAD || fail "there are changes that no commit has"

# The time is that of the checked-out commit, so that a second run makes the same commit.
when=$(git show --no-patch --format=%cI HEAD)
export GIT_AUTHOR_DATE=$when GIT_COMMITTER_DATE=$when
export GIT_AUTHOR_NAME='github-actions[bot]' GIT_COMMITTER_NAME='github-actions[bot]'
export GIT_AUTHOR_EMAIL='41898282+github-actions[bot]@users.noreply.github.com'
export GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
sed -i "s|^  image: Dockerfile$|  image: docker://$image|" action.yml
git commit --quiet --message "Release $tag" action.yml

"${BASH_SOURCE%/*}/push.sh" "HEAD:refs/heads/releases/$tag"
printf 'commit=%s\n' "$(git rev-parse HEAD)" >> "$GITHUB_OUTPUT"
