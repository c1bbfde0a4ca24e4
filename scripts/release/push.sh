#!/usr/bin/env bash
# Pushes to REMOTE, with GITHUB_TOKEN if it is set. The token is read from the environment, never given as an argument.
#
#   scripts/release/push.sh [--force] HEAD:refs/heads/releases/v1.2.0
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/../lib.sh"

remote=${REMOTE:-${GITHUB_SERVER_URL:-https://github.com}/$GITHUB_REPOSITORY}
# shellcheck disable=SC2016 # expanded by the shell that git starts
helper='!f() { [ -z "${GITHUB_TOKEN:-}" ] || printf "username=x-access-token\npassword=%s\n" "$GITHUB_TOKEN"; }; f'
git -c credential.helper= -c credential.helper="$helper" push --quiet "$remote" "$@"
