#!/usr/bin/env bash
# Waits until every workload of the module is rolled out. If one is not, prints its pods, events and logs.
#
#   TIMEOUT=300 scripts/await-deployment.sh module/manifest.yaml raw-manifest
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
source "$here/lib.sh"
manifest=$1 kind=$2
# shellcheck source=scripts/module.sh
source "$here/module.sh"

diagnose() {
  local workload=$1 namespace=$2
  printf '::group::Why %s is not rolled out\n' "$workload"
  kubectl get pods --namespace "$namespace" -o wide || true
  kubectl describe "$workload" --namespace "$namespace" || true
  kubectl get events --namespace "$namespace" --sort-by=.lastTimestamp || true
  kubectl logs "$workload" --namespace "$namespace" --all-containers --tail=100 || true
  kubectl logs "$workload" --namespace "$namespace" --all-containers --tail=100 --previous || true
  printf '::endgroup::\n'
} >&2

found=$(workloads)
[ -n "$found" ] || fail "the module has no Deployment, StatefulSet or DaemonSet: is $manifest its manifest?"
end=$((SECONDS + ${TIMEOUT:-300}))
while read -r workload namespace; do
  left=$((end - SECONDS))
  kubectl rollout status "$workload" --namespace "$namespace" --timeout="$((left > 1 ? left : 1))s" || {
    diagnose "$workload" "$namespace"
    fail "$workload was not rolled out within ${TIMEOUT:-300} s"
  }
done <<< "$found"
