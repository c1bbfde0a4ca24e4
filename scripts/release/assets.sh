#!/usr/bin/env bash
# Copies the binaries out of the pushed images, so that the release's files are the same bytes as in its image.
#
#   IMAGE=ghcr.io/kyma-project/btp-release-action scripts/release/assets.sh dist sha256:…(amd64) sha256:…(arm64)
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/../lib.sh"

folder=$1
declare -A digests=([amd64]=$2 [arm64]=$3)
mkdir -p "$folder"
for arch in "${!digests[@]}"; do
  container=$(docker create --platform "linux/$arch" "$IMAGE@${digests[$arch]}")
  docker cp --quiet "$container:/btp-release" "$folder/btp-release-linux-$arch"
  docker rm "$container" > /dev/null
done
(cd "$folder" && sha256sum btp-release-linux-* > sha256sums.txt)
