# shellcheck shell=bash
# Functions that the scripts of a release share; sourced, not run.

# Prints what buildx says about an image, as JSON, or `null` if there is no such image. Any other error ends the script: who took it for
# a missing image would build another one, and the release's commit names the first one's digest. For a package that is not there yet
# ghcr.io answers 401 or 403.
inspect_image() { # IMAGE FIELD
  local answer file errors
  file=$(mktemp)
  answer=$(docker buildx imagetools inspect "$1" --format "{{json .$2}}" 2> "$file") || answer=none
  errors=$(< "$file")
  rm "$file"
  if [ "$answer" = none ]; then
    grep -Eqi 'not found|unauthorized|forbidden|denied' <<< "$errors" || fail "$1 cannot be read: $errors"
    answer=null
  fi
  printf '%s\n' "$answer"
}

# shellcheck disable=SC2034 # for who sources this
remote=${REMOTE:-${GITHUB_SERVER_URL:-https://github.com}/${GITHUB_REPOSITORY:-}}
# Runs git with GITHUB_TOKEN, if it is set. The token is read from the environment, never given as an argument.
remote_git() {
  # shellcheck disable=SC2016 # expanded by the shell that git starts
  local helper='!f() { [ -z "${GITHUB_TOKEN:-}" ] || printf "username=x-access-token\npassword=%s\n" "$GITHUB_TOKEN"; }; f'
  git -c credential.helper= -c credential.helper="$helper" "$@"
}
