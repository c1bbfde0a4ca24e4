#!/usr/bin/env bash
# Moves the tag of the major version (`v1`) to a release, if that is the highest one of the major version and no prerelease.
#
#   scripts/release/major.sh v1.2.0
#
# There is no GitHub release for the moving tag: the tag of an immutable release cannot be moved.
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/../lib.sh"

tag=$1
case $tag in
  *-*)
    say "$tag is a prerelease: the tag of the major version stays"
    exit 0
    ;;
esac
[[ $tag =~ ^v([0-9]+)\.[0-9]+\.[0-9]+$ ]] || fail "'$tag' is no tag of a release"
major=v${BASH_REMATCH[1]}
highest=$(git tag --list "$major.*" | grep -v -- - | sort --version-sort | tail -n 1)
if [ "$highest" != "$tag" ]; then
  say "$highest is higher than $tag: $major stays"
  exit 0
fi
"${BASH_SOURCE%/*}/push.sh" --force "refs/tags/$tag^{commit}:refs/tags/$major"
say "$major is $tag"
