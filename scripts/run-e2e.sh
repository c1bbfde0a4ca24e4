#!/usr/bin/env bash
# Runs the module's own E2E tests.
#
#   PLAN="$plan" ARTIFACTS="$artifacts" COMMAND='make e2e-test' scripts/run-e2e.sh
#
# The command finds VERSION, TAG, COMMIT, BINARY_IMAGE and MODULE_IMAGE (both by digest), MANIFEST and DEFAULT_CR (absolute
# paths, where the module image has them), K3S_VERSION, CREDENTIALS (dummy or real) and E2E_CREDENTIALS in its environment.
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/lib.sh"

VERSION=$(jq -r .version <<< "$PLAN")
TAG=$(jq -r .tag <<< "$PLAN")
COMMIT=$(jq -r .commit <<< "$PLAN")
BINARY_IMAGE=$(jq -r '."binary-image".image // ""' <<< "$ARTIFACTS")
MODULE_IMAGE=$(jq -r '."module-image".image // ""' <<< "$ARTIFACTS")
# The action's outputs are relative to the workspace, and the command may run in a folder of it.
# An empty variable is unset, so that a default in the module's Makefile (`DEFAULT_CR ?= …`) applies.
for name in MANIFEST DEFAULT_CR; do
  if [ -n "${!name:-}" ]; then export "$name=${GITHUB_WORKSPACE:-$PWD}/${!name}"; else unset "$name"; fi
done
if [ "${CREDENTIALS:-dummy}" = real ] && [ -z "${E2E_CREDENTIALS:-}" ]; then
  fail "credentials: real takes the secret E2E_CREDENTIALS"
fi
export VERSION TAG COMMIT BINARY_IMAGE MODULE_IMAGE
exec bash -euo pipefail -c "$COMMAND"
