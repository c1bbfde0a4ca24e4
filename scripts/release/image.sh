#!/usr/bin/env bash
# Builds the static binary for this machine's architecture, pushes an image that contains only the binary, without a tag, and sets the
# output `digest`.
#
#   IMAGE=ghcr.io/kyma-project/btp-release-action VERSION=v1.2.0 scripts/release/image.sh
#
# BuildKit attaches the provenance of the build to the image (https://docs.docker.com/build/metadata/attestations/). The provenance has
# the time of the build in it, so that no build makes the same image again: where the release's tag has one of this commit already, from
# a run that failed later, that one is taken.
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/../lib.sh"
# shellcheck source=scripts/release/lib.sh
source "${BASH_SOURCE%/*}/lib.sh"

case $(uname -m) in
  x86_64) target=x86_64-unknown-linux-musl arch=amd64 ;;
  aarch64) target=aarch64-unknown-linux-musl arch=arm64 ;;
  *) fail "nothing is released for $(uname -m)" ;;
esac
revision=$(git rev-parse HEAD)

built=$(inspect_image "$IMAGE:$VERSION" Image | jq -r --arg platform "linux/$arch" '.[$platform].config.Labels."org.opencontainers.image.revision"? // empty')
if [ "$built" = "$revision" ]; then
  digest=$(inspect_image "$IMAGE:$VERSION" Manifest | jq -er --arg arch "$arch" '.manifests[] | select(.platform.os == "linux" and .platform.architecture == $arch) | .digest')
  say "$IMAGE:$VERSION has an image for $arch of $revision already: $digest"
  printf 'digest=%s\n' "$digest" >> "$GITHUB_OUTPUT"
  exit 0
fi

# Not on GitHub's machines (https://github.com/actions/runner-images/issues/5770): C code of the crate ring is compiled for musl.
command -v musl-gcc > /dev/null || { as_root apt-get -qq update && as_root apt-get -qq install --no-install-recommends musl-tools > /dev/null; }
rustup toolchain install "${RUSTUP_TOOLCHAIN:-stable}" --profile minimal --target "$target"
# Job summaries link to the documentation of this version.
BTP_RELEASE_REF=$VERSION cargo build --locked --release --target "$target" --package btp-release-action --no-default-features
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp "target/$target/release/btp-release" "$context/btp-release"
docker buildx create --name btp-release --driver docker-container --use > /dev/null 2>&1 || docker buildx use btp-release
docker buildx build "$context" \
  --file Dockerfile \
  --platform "linux/$arch" \
  --build-arg BINARY=built \
  --label org.opencontainers.image.revision="$revision" \
  --label org.opencontainers.image.version="${VERSION#v}" \
  --provenance=mode=max --sbom=true \
  --metadata-file "$context/metadata.json" \
  --output "type=image,name=$IMAGE,push-by-digest=true,name-canonical=true,push=true"
digest=$(jq -er '."containerimage.digest"' "$context/metadata.json")
printf 'digest=%s\n' "$digest" >> "$GITHUB_OUTPUT"
