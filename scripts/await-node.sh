#!/usr/bin/env bash
# Waits until the nodes of the cluster are ready. After the time-out, prints what kubectl reports about them.
#
#   TIMEOUT=180 scripts/await-node.sh
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/lib.sh"

# `kubectl wait --all` fails at once if there is no node yet.
ready() { kubectl wait --for=condition=Ready node --all --timeout=10s > /dev/null 2>&1; }
within "${TIMEOUT:-180}" ready || {
  kubectl get nodes -o wide >&2 || true
  kubectl describe nodes >&2 || true
  fail "no node was ready within ${TIMEOUT:-180} s"
}
kubectl get nodes >&2
