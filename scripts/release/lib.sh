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
