# shellcheck shell=bash
# Functions that the scripts here share.

same() { # WHAT SEEN WANTED
  [[ $2 == "$3" ]] || {
    echo "$1: '$2', not '$3'" >&2
    exit 1
  }
}
