#!/usr/bin/env bash
# Runs a command of the module that makes files of the release: its manifest, or its assets.
#
#   PLAN="$plan" COMMAND='make render' scripts/render.sh
#
# The command finds IMAGE (of the manager), VERSION, TAG and COMMIT in its environment.
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/lib.sh"

IMAGE=$(jq -r '.binary_image // ""' <<< "$PLAN")
VERSION=$(jq -r .version <<< "$PLAN")
TAG=$(jq -r .tag <<< "$PLAN")
COMMIT=$(jq -r .commit <<< "$PLAN")
export IMAGE VERSION TAG COMMIT
exec bash -euo pipefail -c "$COMMAND"
