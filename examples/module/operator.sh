#!/bin/sh
# Sets the state of every Example to Ready. A real operator would do something for it first.
set -eu

reconcile() {
  kubectl get examples.operator.kyma-project.io --all-namespaces \
    -o jsonpath='{range .items[*]}{.metadata.namespace} {.metadata.name}{"\n"}{end}' \
    | while read -r namespace name; do
      kubectl patch examples.operator.kyma-project.io "$name" --namespace "$namespace" \
        --subresource=status --type=merge --patch '{"status":{"state":"Ready"}}'
    done
}

while reconcile; do
  [ -z "${ONCE:-}" ] || exit 0
  sleep 5
done
