#!/usr/bin/env bash
# Builds the static binary for this machine's architecture, and pushes an image that contains only the binary, without a tag.
#
#   IMAGE=ghcr.io/kyma-project/btp-release-action VERSION=v1.2.0 scripts/release/image.sh
#
# BuildKit attaches the provenance of the build to the image (https://docs.docker.com/build/metadata/attestations/).
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/../lib.sh"

case $(uname -m) in
  x86_64) target=x86_64-unknown-linux-musl ;;
  aarch64) target=aarch64-unknown-linux-musl ;;
  *) fail "nothing is released for $(uname -m)" ;;
esac
rustup target add "$target"
cargo build --locked --release --target "$target" --package btp-release-action --no-default-features

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp "target/$target/release/btp-release" "$context/btp-release"
docker buildx create --name btp-release --driver docker-container --use > /dev/null 2>&1 || docker buildx use btp-release
docker buildx build "$context" \
  --file Dockerfile \
  --build-arg BINARY=built \
  --label org.opencontainers.image.revision="$(git rev-parse HEAD)" \
  --label org.opencontainers.image.version="${VERSION#v}" \
  --provenance=mode=max --sbom=true \
  --metadata-file "$context/metadata.json" \
  --output "type=image,name=$IMAGE,push-by-digest=true,name-canonical=true,push=true"
printf 'digest=%s\n' "$(jq -er '."containerimage.digest"' "$context/metadata.json")" >> "$GITHUB_OUTPUT"
