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

# Prints what one of the workload's pods is waiting for, if any is: "; pod …".
reason() { # WORKLOAD NAMESPACE
  local selector
  selector=$(kubectl get "$1" --namespace "$2" --request-timeout=10s -o json \
    | jq -r '.spec.selector.matchLabels // {} | to_entries | map("\(.key)=\(.value)") | join(",")') || return 0
  [ -n "$selector" ] || return 0
  kubectl get pods --namespace "$2" --selector "$selector" --request-timeout=10s -o json | jq -rf "$here/pod-reason.jq" || true
}

found=$(workloads) || fail "not every object of $manifest can be read from the cluster: was it applied?"
[ -n "$found" ] || fail "the module has no Deployment, StatefulSet, DaemonSet or Job: is $manifest its manifest?"
end=$((SECONDS + ${TIMEOUT:-300}))
declare -A before=()
while :; do
  waiting=()
  while read -r workload namespace; do
    name="$workload in $namespace"
    lacks=$(missing "$workload" "$namespace")
    case $lacks in
      '') [ "${before[$name]-none}" = '' ] || say "$name is ready" ;;
      failed:*) fail "$name will not become ready: ${lacks#failed: }$(reason "$workload" "$namespace")" ;;
      *)
        waiting+=("$workload $namespace $lacks")
        [ "${before[$name]-}" = "$lacks" ] || say "$name: $lacks"
        ;;
    esac
    before[$name]=$lacks
  done <<< "$found"
  [ ${#waiting[@]} -gt 0 ] || exit 0
  [ "$SECONDS" -lt "$end" ] || break
  sleep 2
done
for each in "${waiting[@]}"; do
  read -r workload namespace lacks <<< "$each"
  (fail "$workload in $namespace was not ready within ${TIMEOUT:-300} s: $lacks$(reason "$workload" "$namespace")") || true
done
exit 1
