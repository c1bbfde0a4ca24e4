#!/usr/bin/env bash
# Builds the image of the module's manager from the commit that is checked out here, and pushes it.
#
#   IMAGE=ghcr.io/octo/module:v1.2.0 VERSION=1.2.0 scripts/build-image.sh
#
# Reads DOCKERFILE and PLATFORMS too. LOGIN is a Docker config.json below the workspace, as `registry-login` writes it; it is moved
# away before anything is built. COMMAND, if there is one, builds and pushes $IMAGE in place of docker buildx; it finds VERSION,
# REVISION, SOURCE, PLATFORMS and DOCKER_CONFIG in its environment.
#
# In GITHUB_OUTPUT it says whether it `built` the image, and the `digest` that it pushed; a command that finds the image and builds
# nothing says built=false there itself. SBOM is the bill of materials that the command wrote, or that the commit has; a copy is left
# in the workspace as .btp-sbom/sbom.json.
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/lib.sh"

: "${IMAGE:?}" "${VERSION:?}"
REVISION=$(git rev-parse HEAD)
SOURCE=${GITHUB_SERVER_URL:-https://github.com}/${GITHUB_REPOSITORY:-}
export IMAGE VERSION REVISION SOURCE PLATFORMS=${PLATFORMS:-linux/amd64,linux/arm64}
if [ -n "${LOGIN:-}" ]; then
  # Out of the workspace, which a command may send to the builder as a whole.
  DOCKER_CONFIG=$(mktemp -d)
  export DOCKER_CONFIG
  trap 'rm -rf "$DOCKER_CONFIG"' EXIT
  mv "${GITHUB_WORKSPACE:-$PWD}/$LOGIN" "$DOCKER_CONFIG/config.json"
fi

GITHUB_OUTPUT=${GITHUB_OUTPUT:-/dev/null}
export GITHUB_OUTPUT

# The digest that the tag shows; nothing where there is no docker, as with a command that builds without it.
shown() {
  docker buildx imagetools inspect "$IMAGE" --format '{{json .Manifest}}' 2> /dev/null | jq -er .digest 2> /dev/null || true
}

keep_sbom() {
  [ -n "${SBOM:-}" ] || return 0
  [ -f "$SBOM" ] || fail "no bill of materials: there is no file $SBOM. Write it in the command that builds, or leave \`sbom\` out"
  mkdir -p "${GITHUB_WORKSPACE:-$PWD}/.btp-sbom"
  cp -- "$SBOM" "${GITHUB_WORKSPACE:-$PWD}/.btp-sbom/sbom.json"
}

if [ -n "${COMMAND:-}" ]; then
  bash -euo pipefail -c "$COMMAND"
  if ! grep -qs '^built=false$' "$GITHUB_OUTPUT"; then
    keep_sbom
    echo built=true >> "$GITHUB_OUTPUT"
  fi
  echo "digest=$(shown)" >> "$GITHUB_OUTPUT"
  exit
fi

# A second run must not move the tag away from the image that the tests of the first run used.
built=$(docker buildx imagetools inspect "$IMAGE" --format '{{json .Image}}' 2> /dev/null || true)
if jq -e --arg revision "$REVISION" '[.. | .Labels? // empty | ."org.opencontainers.image.revision"?]
  | length > 0 and all(. == $revision)' <<< "${built:-null}" > /dev/null 2>&1; then
  say "$IMAGE is built from $REVISION already"
  printf 'built=false\ndigest=%s\n' "$(shown)" >> "$GITHUB_OUTPUT"
  exit 0
fi

keep_sbom
# The engine's own builder builds for one platform only.
docker buildx create --name btp-release --driver docker-container --use > /dev/null 2>&1 || docker buildx use btp-release
metadata=$(mktemp)
# Only the files of the commit are sent to the builder: nothing that another step left in the workspace.
git archive --format=tar HEAD . | docker buildx build - \
  --file "${DOCKERFILE:-Dockerfile}" \
  --platform "$PLATFORMS" \
  --build-arg VERSION="$VERSION" \
  --label org.opencontainers.image.revision="$REVISION" \
  --label org.opencontainers.image.version="$VERSION" \
  --label org.opencontainers.image.source="$SOURCE" \
  --tag "$IMAGE" \
  --metadata-file "$metadata" \
  --push
# The digest that was pushed, and not the one that the tag shows by now.
digest=$(jq -er '."containerimage.digest"' "$metadata")
printf 'built=true\ndigest=%s\n' "$digest" >> "$GITHUB_OUTPUT"
say "pushed $IMAGE ($digest)"
