#!/usr/bin/env bash
# Makes an index of the images of both architectures under the release's tag, and sets the output `digest`.
#
#   IMAGE=ghcr.io/kyma-project/btp-release-action scripts/release/index.sh v1.2.0 sha256:… sha256:…
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/../lib.sh"

tag=$1
shift
[[ $# -eq 2 && -n $1 && -n $2 ]] || fail "give the digests of two images, amd64 and arm64, not '$*'"
docker buildx imagetools create --tag "$IMAGE:$tag" "$IMAGE@$1" "$IMAGE@$2"
digest=$(docker buildx imagetools inspect "$IMAGE:$tag" --format '{{json .Manifest}}' | jq -er .digest)
printf 'digest=%s\n' "$digest" >> "$GITHUB_OUTPUT"
