#!/usr/bin/env bash
# Makes an index of the images of both architectures under the release's tag, and sets the output `digest`. An index that has them
# already stays as it is: the release's commit names its digest.
#
#   IMAGE=ghcr.io/kyma-project/btp-release-action scripts/release/index.sh v1.2.0 sha256:… sha256:…
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/../lib.sh"
# shellcheck source=scripts/release/lib.sh
source "${BASH_SOURCE%/*}/lib.sh"

tag=$1
shift
[[ $# -eq 2 && -n $1 && -n $2 ]] || fail "give the digests of two images, amd64 and arm64, not '$*'"
# The images of an index, or the image itself: the first run gives indexes of an image and its attestations, a later one may give the images.
images() { inspect_image "$IMAGE@$1" Manifest | jq -c 'if .manifests then [.manifests[].digest] else [.digest] end'; }
one=$(images "$1")
other=$(images "$2")
manifest=$(inspect_image "$IMAGE:$tag" Manifest)

if jq -e --argjson one "$one" --argjson other "$other" '$one + $other - [.manifests[]?.digest] == []' <<< "$manifest" > /dev/null; then
  say "$IMAGE:$tag is an index of these images already"
else
  docker buildx imagetools create --tag "$IMAGE:$tag" "$IMAGE@$1" "$IMAGE@$2"
  manifest=$(inspect_image "$IMAGE:$tag" Manifest)
fi
digest=$(jq -er .digest <<< "$manifest")
printf 'digest=%s\n' "$digest" >> "$GITHUB_OUTPUT"
