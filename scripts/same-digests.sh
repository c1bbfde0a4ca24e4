#!/usr/bin/env bash
# Says what all E2E legs tested, if they all tested the same.
#
#   LEGS='[{"index":0}]' TESTED='{"leg-0":"{…}"}' scripts/same-digests.sh
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/lib.sh"

# A leg whose output is missing has said nothing, and saying nothing is not agreeing.
artifacts=$(jq -cen --argjson legs "$LEGS" --argjson tested "$TESTED" '
  [$legs[] | $tested["leg-\(.index)"] // "" | if . == "" then null else fromjson end]
  | if length > 0 and all(. != null) and (unique | length) == 1 then .[0] else null end') || {
  jq -rn --argjson tested "$TESTED" '$tested | to_entries[] | select(.value != "") | "\(.key): \(.value)"' >&2
  fail "the E2E legs did not all test the same digests"
}
printf 'artifacts=%s\n' "$artifacts"
