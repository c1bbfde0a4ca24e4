#!/usr/bin/env bash
# release-drafter: the action's own bundle, as a job runs it on a push. Its library takes GitHub for an Enterprise
# Server if another host is configured, and then also uses /api/v3 and /api/graphql.
set -euo pipefail
# shellcheck source=tests/rig/clients/support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

jq -n --arg name "${REPOSITORY#*/}" --arg owner "${REPOSITORY%/*}" \
  '{ref: "refs/heads/main", repository: {name: $name, full_name: "\($owner)/\($name)", owner: {login: $owner}, default_branch: "main"}}' \
  >"$SCRATCH/event.json"

draft() { # [INPUT=VALUE]…
  : >"$SCRATCH/output"
  timeout 60 env -i PATH="$PATH" HOME="$SCRATCH" GHE_HOST="${GITHUB_API_URL#http://}" GHE_PROTOCOL=http GITHUB_API_URL="$GITHUB_API_URL" \
    GITHUB_ACTIONS=true GITHUB_TOKEN=job-token GITHUB_RUN_ID=1 GITHUB_EVENT_NAME=push GITHUB_EVENT_PATH="$SCRATCH/event.json" \
    GITHUB_REF=refs/heads/main GITHUB_REPOSITORY="$REPOSITORY" GITHUB_OUTPUT="$SCRATCH/output" "$@" \
    node "${tools:?}/node_modules/release-drafter-github-app/dist/index.js"
}
releases() {
  curl --silent --fail "$GITHUB_API_URL/_stand-in/world" \
    | jq -r --arg repository "$REPOSITORY" '[.repositories[$repository].releases[] | select(.tag_name != "1.0.0")
      | "\(.tag_name) \(if .draft then "draft" else "published" end) \(.body | contains("Support a proxy (#3) @linus"))"] | join(", ")'
}

draft
same 'after the first push' "$(releases)" 'v1.1.0 draft true'
grep -q '^tag_name' "$SCRATCH/output"
draft
same 'after the second push' "$(releases)" 'v1.1.0 draft true'
draft INPUT_PUBLISH=true
same 'after publishing' "$(releases)" 'v1.1.0 published true'
