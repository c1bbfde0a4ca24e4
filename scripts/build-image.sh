#!/usr/bin/env bash
# Builds the image of the module's manager from the commit that is checked out here, and pushes it.
#
#   IMAGE='ghcr.io/octo/module:{version}' TAG=v1.2.0 scripts/build-image.sh
#
# Reads IMAGE, TAG, DOCKERFILE, PLATFORMS and the credentials (registry-login.sh). COMMAND, if there is one, builds and pushes
# $IMAGE in place of docker buildx; it finds VERSION, REVISION, SOURCE, PLATFORMS and DOCKER_CONFIG in its environment.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
source "$here/lib.sh"

version=$(sed -E 's/^.*\///; s/^v([0-9])/\1/' <<< "$TAG")
image=${IMAGE:-$(default_place)}
image=${image//\{version\}/$version}
image=${image//\{tag\}/$TAG}
[[ ${image##*/} == *:* ]] || image+=":$TAG"

export IMAGE=$image VERSION=$version
REVISION=$(git rev-parse HEAD)
SOURCE=${GITHUB_SERVER_URL:-https://github.com}/${GITHUB_REPOSITORY:-}
DOCKER_CONFIG=$(mktemp -d) # outside of what is built
export REVISION SOURCE DOCKER_CONFIG PLATFORMS=${PLATFORMS:-linux/amd64,linux/arm64}
trap 'rm -rf "$DOCKER_CONFIG"' EXIT
IMAGES=$IMAGE PLAN='' "$here/registry-login.sh" "$DOCKER_CONFIG/config.json"
# The command is the module's own, and gets on with the file.
unset PASSWORD USERNAME GHCR_TOKEN

if [ -n "${COMMAND:-}" ]; then
  exec bash -euo pipefail -c "$COMMAND"
fi

# A run that is repeated must not move the tag away from what its tests already hold.
built=$(docker buildx imagetools inspect "$IMAGE" --format '{{json .Image}}' 2> /dev/null || true)
if jq -e --arg revision "$REVISION" '[.. | .Labels? // empty | ."org.opencontainers.image.revision"?]
  | length > 0 and all(. == $revision)' <<< "${built:-null}" > /dev/null 2>&1; then
  say "$IMAGE is built from $REVISION already"
  exit 0
fi

# The engine's own builder builds for one platform only.
docker buildx create --name btp-release --driver docker-container --use > /dev/null 2>&1 || docker buildx use btp-release
# The commit's tree and nothing else goes in: no file that another step left in the workspace.
git archive --format=tar HEAD . | docker buildx build - \
  --file "${DOCKERFILE:-Dockerfile}" \
  --platform "$PLATFORMS" \
  --build-arg VERSION="$VERSION" \
  --label org.opencontainers.image.revision="$REVISION" \
  --label org.opencontainers.image.version="$VERSION" \
  --label org.opencontainers.image.source="$SOURCE" \
  --tag "$IMAGE" \
  --push
say "pushed $IMAGE"
