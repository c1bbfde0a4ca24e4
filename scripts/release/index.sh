#!/usr/bin/env bash
# Makes an index of the images of both architectures under the release's tag, and sets the output `digest`. An index that has them
# already stays as it is: the release's commit names its digest.
#
#   IMAGE=ghcr.io/kyma-project/btp-release-action scripts/release/index.sh v1.2.0 sha256:… sha256:…
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/../lib.sh"

tag=$1
shift
[[ $# -eq 2 && -n $1 && -n $2 ]] || fail "give the digests of two images, amd64 and arm64, not '$*'"
manifest() { docker buildx imagetools inspect "$IMAGE:$tag" --format '{{json .Manifest}}'; }
has_both() { jq -e --arg one "$1" --arg other "$2" '[.manifests[].digest] | contains([$one, $other])' > /dev/null 2>&1; }

if manifest 2> /dev/null | has_both "$1" "$2"; then
  say "$IMAGE:$tag is an index of these images already"
else
  docker buildx imagetools create --tag "$IMAGE:$tag" "$IMAGE@$1" "$IMAGE@$2"
fi
printf 'digest=%s\n' "$(manifest | jq -er .digest)" >> "$GITHUB_OUTPUT"
