#!/bin/sh
# Sets the state of every Example, again and again: it is Ready if the ConfigMap that it names is there, and in Error if not. A real
# operator would do something for it first.
set -eu
: "${VERSION:=0.0.0-dev}" "${STATE:=/tmp}"

list() {
  kubectl get examples.operator.kyma-project.io --all-namespaces \
    -o jsonpath='{range .items[*]}{.metadata.namespace} {.metadata.name} {.metadata.generation} {.spec.configMapName}{"\n"}{end}'
}

# Prints nothing if there is no such ConfigMap, and fails if nobody can say.
config_map() { # NAMESPACE NAME
  kubectl get configmap "$2" --namespace "$1" --ignore-not-found -o name
}

set_status() { # NAMESPACE NAME GENERATION STATE MESSAGE
  kubectl patch examples.operator.kyma-project.io "$2" --namespace "$1" --subresource=status --type=merge --patch \
    "{\"status\":{\"state\":\"$4\",\"message\":\"$5\",\"observedGeneration\":$3,\"version\":\"$VERSION\"}}"
}

reconcile() { # NAMESPACE NAME GENERATION [CONFIGMAP]
  found=named-none
  if [ -n "${4:-}" ]; then found=$(config_map "$1" "$4") || return 1; fi
  if [ -n "$found" ]; then
    set_status "$1" "$2" "$3" Ready ''
  else
    set_status "$1" "$2" "$3" Error "there is no ConfigMap $4"
  fi
}

# One Example that cannot be reconciled must not keep the others waiting.
round() {
  examples=$(list) || return 1
  failed=0
  while read -r namespace name generation config_map; do
    [ -z "$name" ] || reconcile "$namespace" "$name" "$generation" "$config_map" || failed=1
  done <<END
$examples
END
  return $failed
}

# The probes look at the age of these files.
trap 'exit 0' TERM INT
while :; do
  touch "$STATE/alive"
  if round; then touch "$STATE/ready"; else echo 'not every Example could be reconciled; trying again' >&2; fi
  [ -z "${ONCE:-}" ] || exit 0
  # A shell does not heed a signal while it waits for a program, but does in `wait`.
  sleep 5 &
  wait $!
done
