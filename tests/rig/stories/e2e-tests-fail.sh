# shellcheck shell=bash disable=SC2016,SC2154
# Three E2E legs fail: an operator that is killed as often as it starts, one that works and never says that it is ready, and a custom
# resource in Error. Nothing is published, and each leg says why. The next run tests the same images, and publishes.
chapter 'E2E legs fail, and pass in the next run'
killed=v1.34.4+k3s1 never_ready=v1.34.3+k3s1 in_error=v1.36.3+k3s1

# The operator asks the cluster whether it may be ready, and the custom resource wants a ConfigMap.
change_files() {
  # An answer that does not come is no permission.
  sed -i 's/touch "$STATE\/ready"/[ -n "$(kubectl get configmap never-ready --namespace default --ignore-not-found --output name 2>\&1)" ] || &/' operator.sh
  grep -q never-ready operator.sh || fail 'the operator was not changed'
  sed -i 's/--timeout=120s/--timeout=60s/' Makefile
  sed -i 's/^spec: .*/spec: {configMapName: settings}/' config/default-cr.yaml
}

# What each cluster has before the module is installed.
cluster_settings() { # VERSION FOLDER
  local kubectl=("$2/kubectl" --kubeconfig "$2/kubeconfig") mended=$rig/control/mended
  "${kubectl[@]}" create namespace kyma-system
  [[ $1 == "$in_error" && ! -e $mended ]] || "${kubectl[@]}" create configmap settings --namespace kyma-system
  [[ $1 != "$never_ready" || -e $mended ]] || "${kubectl[@]}" create configmap never-ready --namespace default
  [[ $1 != "$killed" || -e $mended ]] || keep_killing "$2" &
}

# Kills the operator on the node, until the cluster is taken away.
keep_killing() { # FOLDER
  local process group
  group=$(<"$1/group")
  while sleep 0.2 && [[ -e $1/kubeconfig ]]; do
    for process in $(pgrep --full '^/bin/sh /operator.sh$'); do
      # It may have ended meanwhile.
      ! grep -q "$group" "/proc/$process/cgroup" 2>/dev/null || kill -KILL "$process" 2>/dev/null || true
    done
  done
}

legs=("$killed" "$never_ready" "$in_error")
new_module 'unit-test-command: "true"' "k3s-versions: ${legs[*]}"
flatten_module
run_workflow create-release.yaml workflow_dispatch --input version=v1.0.0 --env TIMEOUT=60
refused v1.0.0
same 'verdicts' "$(verdicts)" "$(verdicts_of failure "${legs[@]}")"
explains "$killed" 'ended with exit code 137'
explains "$never_ready" 'Readiness probe failed'
explains "$in_error" 'there is no ConfigMap settings'
ok 'three legs failed, and each says why'
publishes_when_mended "${legs[@]}"
ok 'the second run published the images of the first'
