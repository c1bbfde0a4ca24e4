#!/usr/bin/env bash
# Chooses the k3s versions to test on: `legs` for a matrix, `names` of the legs, one a line, and the `jobs` that run them.
#
#   scripts/k3s-versions.sh 2                                # the newest patches of the two newest minors
#   scripts/k3s-versions.sh 'v1.33.5+k3s1 v1.32.9+k3s1'      # these
#   scripts/k3s-versions.sh none                             # no cluster: one leg that only awaits and runs the tests
#
# CHANNELS is the address of k3s' release channels (https://docs.k3s.io/upgrades/manual#release-channels).
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/lib.sh"

# Used when the channels cannot be read.
known='v1.33.5+k3s1 v1.32.9+k3s1 v1.31.13+k3s1'
most=10 # clusters for one release; a larger number is a typing mistake

newest() {
  local channels
  # This server needs no credentials and has no rate limit; GitHub's list of releases has one.
  channels=$(curl -fsSL --retry 3 --max-time 20 "${CHANNELS:-https://update.k3s.io/v1-release/channels}") || return 1
  jq -er --argjson count "$1" '
    [.data[] | select(.id | test("^v1\\.[0-9]+$")) | select(.latest != null)]
    | sort_by(.id | ltrimstr("v1.") | tonumber) | reverse | .[:$count]
    | if length == $count then map(.latest) | join(" ") else error("too few channels") end' <<< "$channels"
}

wanted=$(tr ',\n' '  ' <<< "$1")
case $wanted in
  *[!0-9\ ]*) versions=$wanted ;;
  *)
    count=$((10#${wanted// /}))
    ((count >= 1 && count <= most)) || fail "k3s-versions: give 1 to $most, or 'none' for no cluster"
    versions=$(newest "$count") || {
      say "k3s' channels cannot be read: falling back on versions known to this workflow"
      versions=$(tr ' ' '\n' <<< "$known" | head -n "$count" | tr '\n' ' ')
    }
    ;;
esac

for version in $versions; do
  [[ $version == none || $version =~ ^v1\.[0-9]+\.[0-9]+\+k3s[0-9]+$ ]] \
    || fail "k3s-versions: '$version' is no version of k3s, such as v1.33.5+k3s1"
done
legs=$(jq -cn --arg versions "$versions" '
  [$versions | split(" ")[] | select(. != "")] | unique as $once | if length != ($once | length) then error("twice") else . end
  | map({k3s: .})') || fail "k3s-versions: '$versions' names a version twice"
[ "$(jq length <<< "$legs")" -le "$most" ] || fail "k3s-versions: at most $most"
printf 'legs=%s\n' "$legs"
# The versions were checked above: none of them can be the delimiter.
printf 'names<<end\n%s\nend\n' "$(jq -r '.[] | "k3s-\(.k3s)"' <<< "$legs")"
printf 'jobs<<end\n%s\nend\n' "$(jq -r '.[] | "k3s-\(.k3s)=k3s \(.k3s)"' <<< "$legs")"
