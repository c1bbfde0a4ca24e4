#!/usr/bin/env bash
# Pushes to REMOTE, with GITHUB_TOKEN if it is set.
#
#   scripts/release/push.sh [--force] HEAD:refs/heads/releases/v1.2.0
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/../lib.sh"
# shellcheck source=scripts/release/lib.sh
source "${BASH_SOURCE%/*}/lib.sh"

remote_git push --quiet "$remote" "$@"
