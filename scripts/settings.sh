#!/usr/bin/env bash
# Fills in what the caller of a workflow left out, and refuses what cannot end well.
#
#   GITHUB_REPOSITORY=octo/module GITHUB_OUTPUT=/dev/stdout scripts/settings.sh
#
# Reads DIRECTORY, BUILDERS, BUILDER_CHECKS, PLATFORMS, HAS_RELEASE_TOKEN, TAG_FORMAT, BINARY_IMAGE, MODULE, MODULE_NAME, MODULE_REGISTRY and ASSETS.
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/lib.sh"

place=$(default_place)
name=${place##*/}
module=${MODULE:-true}
builders=${BUILDERS:-called}

case $builders in
  called | external) ;;
  tag)
    [ "${HAS_RELEASE_TOKEN:-false}" = true ] || fail "builders: tag takes the secret RELEASE_TOKEN, the token of a" \
      "GitHub App or a bot: a tag that the job's own token makes starts no workflow. Use builders: called without one."
    ;;
  *) fail "builders: '$builders' is none of called, tag, external" ;;
esac

# The release's tag is the image's; what is behind a prefix such as api/v1.2.0 could not be one.
binary_image=${BINARY_IMAGE:-$place}
if [ -z "${BINARY_IMAGE:-}" ] && [ -n "${TAG_FORMAT:-}" ]; then
  binary_image+=":{version}"
fi
# `none` says that the release has no image of its own.
[ "$binary_image" != none ] || binary_image=

module_name='' module_registry='' default_assets=''
if [ "$module" = true ]; then
  module_name=${MODULE_NAME:-kyma-project.io/module/$name}
  module_registry=${MODULE_REGISTRY:-$place}
  default_assets=$'template.yaml\ntemplate_control_plane.yaml\nrendered.yaml'
fi

# A job that this release does not have may be skipped, and no other. The checks of those it has are called as the jobs are,
# behind the name of whatever called this workflow.
optional=() checks=()
has_job() { # JOB NAME CONDITION…
  local job=$1 name=$2
  shift 2
  if [ "$builders" = called ] && "$@"; then checks+=("*$name / $name"); else optional+=("$job"); fi
}
has_job build-image 'Build image' [ -n "$binary_image" ]
has_job build-module 'Build module' [ "$module" = true ]

# Values are the caller's: a delimiter that nobody can know beforehand keeps them from being read as further outputs.
delimiter="end-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
put() { printf '%s<<%s\n%s\n%s\n' "$1" "$delimiter" "$2" "$delimiter" >> "$GITHUB_OUTPUT"; }
put builders "$builders"
put module "$module"
put binary-image "$binary_image"
put module-name "$module_name"
put module-registry "$module_registry"
put assets "${ASSETS:-$default_assets}"
# What others build for fewer platforms is theirs to decide.
put image-platforms "$([ "$builders" != called ] || tr ',' '\n' <<< "${PLATFORMS:-linux/amd64,linux/arm64}")"
put builder-checks "${BUILDER_CHECKS:-$(printf '%s\n' ${checks[@]+"${checks[@]}"})}"
put optional-jobs "$(printf '%s\n' ${optional[@]+"${optional[@]}"})"
