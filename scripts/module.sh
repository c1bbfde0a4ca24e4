# shellcheck shell=bash
# What a module consists of, once it is in a cluster; sourced, not run, after `manifest` and `kind` were set.
: "${manifest:?}" "${kind:?}"

# The release of a chart is called as the module: kyma-project.io/module/btp-operator → btp-operator.
chart_release() { sed 's/.*\///' <<< "${MODULE_NAME:-module}"; }

# The manifests that the module consists of.
module_manifest() {
  if [ "$kind" = helm-chart ]; then
    helm get manifest "$(chart_release)" --namespace "${NAMESPACE:-kyma-system}"
  else
    cat "$manifest"
  fi
}

# `kind/name namespace` of everything in it that runs pods, a line each.
workloads() {
  module_manifest | kubectl get -f - -o json \
    | jq -r '[if .kind == "List" then .items[] else . end | select(.kind | IN("Deployment", "StatefulSet", "DaemonSet"))]
      | .[] | "\(.kind | ascii_downcase)/\(.metadata.name) \(.metadata.namespace)"'
}
