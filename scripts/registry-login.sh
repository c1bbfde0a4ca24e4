#!/usr/bin/env bash
# Writes a Docker config.json with the credentials for the registries of a release, and nothing else.
#
#   PLAN="$plan" USERNAME=me PASSWORD=secret scripts/registry-login.sh login.json
#
# Reads the images from PLAN or IMAGES. PASSWORD is for their registry; where that is ghcr.io and no password is given, the
# job's own token (GHCR_TOKEN) is. That token goes nowhere else.
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/lib.sh"

file=$1
if [ -n "${PLAN:-}" ]; then
  IMAGES=$(jq -r '[.binary_image, .module.image // empty] | map(select(. != null)) | join(" ")' <<< "$PLAN")
fi

config='{"auths":{}}'
for image in ${IMAGES:-}; do
  host=${image%%/*}
  user=${USERNAME:-} password=${PASSWORD:-}
  if [ -z "$password" ] && [ "$host" = ghcr.io ]; then
    user=${GITHUB_ACTOR:-token} password=${GHCR_TOKEN:-}
  fi
  [ -n "$password" ] || continue
  auth=$(printf '%s:%s' "${user:-token}" "$password" | base64 -w 0)
  # The runner masks the password, and cannot know that this is the password too.
  printf '::add-mask::%s\n' "$auth"
  config=$(AUTH=$auth jq -c --arg host "$host" '.auths[$host] = {auth: env.AUTH}' <<< "$config")
done

mkdir -p "$(dirname "$file")"
(umask 077 && printf '%s\n' "$config" > "$file")
say "credentials for $(jq -r '.auths | keys | if . == [] then "no registry" else join(", ") end' "$file") are in $file"
