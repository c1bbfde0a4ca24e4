#!/usr/bin/env bash
# Applies a module that `fetch-module` unpacked.
#
#   scripts/apply-module.sh module/manifest.yaml raw-manifest
#   MODULE_NAME=kyma-project.io/module/btp-operator scripts/apply-module.sh module/chart helm-chart
#
# NAMESPACE is the namespace of a chart.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
source "$here/lib.sh"
manifest=$1 kind=$2
# shellcheck source=scripts/module.sh
source "$here/module.sh"

apply() { kubectl apply --server-side --force-conflicts --request-timeout=30s -f "$manifest"; }
# The folder of the chart: the given one, or the one below it, where the chart was packed by `helm package`.
chart() { find "$manifest" -maxdepth 2 -name Chart.yaml -printf '%h\n' | sort | head -n 1; }

case $kind in
  # A custom resource is refused until its definition, which may be in the same manifest, is established: hence the retries.
  raw-manifest) within "${TIMEOUT:-60}" apply || fail "the manifest could not be applied within ${TIMEOUT:-60} s" ;;
  helm-chart)
    folder=$(chart)
    [ -n "$folder" ] || fail "there is no Chart.yaml in $manifest"
    helm upgrade --install "$(chart_release)" "$folder" --namespace "${NAMESPACE:-kyma-system}" --create-namespace
    ;;
  *) fail "'$kind' is neither raw-manifest nor helm-chart" ;;
esac
