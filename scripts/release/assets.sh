#!/usr/bin/env bash
# Copies the binaries for Linux out of the pushed images, so that they are the same bytes as in the image, and sums up the binaries of all
# systems: those that are in the folder already, too.
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
(cd "$folder" && sha256sum btp-release-* > sha256sums.txt)
