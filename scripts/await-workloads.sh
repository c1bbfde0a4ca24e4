#!/usr/bin/env bash
# Waits until every Deployment, StatefulSet, DaemonSet and Job of the module is ready.
#
#   TIMEOUT=300 scripts/await-workloads.sh module/manifest.yaml raw-manifest
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
source "$here/lib.sh"
manifest=$1 kind=$2
# shellcheck source=scripts/module.sh
source "$here/module.sh"

# Prints what the workload still lacks, and nothing when it is ready.
missing() { # WORKLOAD NAMESPACE
  local object
  object=$(kubectl get "$1" --namespace "$2" --request-timeout=10s -o json) || {
    echo 'it cannot be read'
    return
  }
  jq -rf "$here/readiness.jq" <<< "$object"
}

# Waits for one workload.
await() { # WORKLOAD NAMESPACE
  local lacks before=''
  while :; do
    lacks=$(missing "$1" "$2")
    if [ -z "$lacks" ]; then
      say "$1 in $2 is ready"
      return
    fi
    if [ "$lacks" != "$before" ]; then say "$1 in $2: $lacks"; fi
    before=$lacks
    case $lacks in failed:*) fail "$1 in $2 will not become ready: ${lacks#failed: }" ;; esac
    [ "$SECONDS" -lt "$end" ] || fail "$1 in $2 was not ready within ${TIMEOUT:-300} s: $lacks"
    sleep 2
  done
}

found=$(workloads)
[ -n "$found" ] || fail "the module has no Deployment, StatefulSet, DaemonSet or Job: is $manifest its manifest?"
end=$((SECONDS + ${TIMEOUT:-300}))
while read -r workload namespace; do
  await "$workload" "$namespace"
done <<< "$found"
