# shellcheck shell=bash
# Finds the parts of a module in a cluster. Sourced by other scripts after `manifest` and `kind` are set.
: "${manifest:?}" "${kind:?}"

# The Helm release has the short name of the module: kyma-project.io/module/btp-operator → btp-operator.
chart_release() { sed 's/.*\///' <<< "${MODULE_NAME:-module}"; }

# Prints the manifest of the module.
module_manifest() {
  if [ "$kind" = helm-chart ]; then
    helm get manifest "$(chart_release)" --namespace "${NAMESPACE:-kyma-system}"
  else
    cat "$manifest"
  fi
}

# Prints `kind/name namespace` of every workload in it, one a line.
workloads() {
  module_manifest | kubectl get -f - --request-timeout=30s -o json \
    | jq -r '[if .kind == "List" then .items[] else . end | select(.kind | IN("Deployment", "StatefulSet", "DaemonSet", "Job"))]
      | .[] | "\(.kind | ascii_downcase)/\(.metadata.name) \(.metadata.namespace)"'
}
