#!/usr/bin/env bash
# Installs an earlier release from its `rendered.yaml`, for an upgrade to start from.
#
#   GITHUB_REPOSITORY=octo/module scripts/install-previous.sh v1.1.0
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
source "$here/lib.sh"

tag=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
api=${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY
header() { [ -z "${GITHUB_TOKEN:-}" ] || printf 'Authorization: Bearer %s\n' "$GITHUB_TOKEN"; }
# From standard input, because an argument can be read by every process on the machine.
release=$(header | curl -fsSL --retry 3 --max-time 60 -H @- "$api/releases/tags/$tag") || fail "there is no release $tag"
asset=$(jq -r '.assets[] | select(.name == "rendered.yaml") | .url' <<< "$release")
[ -n "$asset" ] || fail "the release $tag has no rendered.yaml to upgrade from: set upgrade-test: false"
{ header && printf 'Accept: application/octet-stream\n'; } \
  | curl -fsSL --retry 3 --max-time 60 -H @- -o "$folder/rendered.yaml" "$asset"
"$here/apply-module.sh" "$folder/rendered.yaml" raw-manifest
"$here/await-deployment.sh" "$folder/rendered.yaml" raw-manifest
