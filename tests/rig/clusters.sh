# shellcheck shell=bash
# What the jobs of a story have on GitHub's machines beside the runner: the programs docker, kubectl and helm, a builder of images, and
# for each leg of the E2E tests a cluster of its own.
# shellcheck disable=SC2154 # of lib.sh, servers.sh, runner.sh and worker, which source this

guarded_user=(robot s3cret)

# A registry that everybody may read, the same with a password, buildkitd, and the base images that cannot be pulled where the rig runs.
start_image_services() {
  htpasswd -Bbn "${guarded_user[@]}" >"$scratch/users"
  # Both have the same images.
  mkdir -p "$scratch/registry-plain/data" "$scratch/registry-guarded"
  ln -s ../registry-plain/data "$scratch/registry-guarded/data"
  start_registry guarded "$scratch/users" 0.0.0.0
  guarded_host=$registry_host
  start_registry plain '' 0.0.0.0
  at_exit "$here/cluster/down" "$rig/buildkit"
  "$here/cluster/up-buildkit" "$rig/buildkit" "docker.io=$registry_host" >/dev/null
  # In the jobs the socket has another path.
  BUILDX_CONFIG=$rig/buildkit/jobs "$rig/buildkit/docker-client" --config "$rig/buildkit/docker" \
    buildx create --name btp-release --driver remote --use unix:///rig/buildkit/socket >/dev/null
  "$here/cluster/image" kubectl "docker://$registry_host/$(base_image)" linux/amd64 linux/arm64
  "$here/cluster/image" busybox "docker://$registry_host/base/busybox:1" linux/amd64 linux/arm64
  # What buildx runs for `--sbom=true` cannot be had either: this lists nothing.
  build_image "$registry_host/docker/buildkit-syft-scanner:stable-1" <<'END'
FROM base/busybox:1
COPY --chmod=755 <<'SCAN' /scan
#!/bin/sh
echo '{"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://spdx.dev/Document", "predicate": {"spdxVersion": "SPDX-2.3"}}' \
  >"$BUILDKIT_SCAN_DESTINATION/sbom.spdx.json"
SCAN
ENTRYPOINT ["/scan"]
END
}

# Builds an image for two platforms from a Dockerfile without a context, and pushes it.
build_image() { # IMAGE <DOCKERFILE
  "$rig/buildkit/docker-client" --config "$rig/buildkit/docker" buildx build - --platform linux/amd64,linux/arm64 --tag "$1" --push >"$scratch/build.log" 2>&1 \
    || fail_with_log "$scratch/build.log" "$1 is not built"
}

# The base of the example's image, without its digest: the rig makes an image of that name from nothing.
base_image() { sed -n 's/^FROM \([^@ ]*\).*/\1/p' examples/module/Dockerfile; }
without_base_digest() { sed -i 's/^\(FROM [^@ ]*\)@sha256:[0-9a-f]*/\1/' "$1"; }

# The programs that GitHub's machines have, as they are built from Go modules. What cannot be had is replaced in `runner/tools`.
place_programs() {
  place_program "$("$here/cluster/build" kubernetes-1.34)/kubectl"
  place_program "$("$here/cluster/build" kubernetes-1.34)/helm"
  place_program "$("$here/cluster/build" buildkit)/docker"
}
place_program() { ln "$1" "$rig/bin/tools/" 2>/dev/null || cp "$1" "$rig/bin/tools/"; }

# Where the jobs find the engine, docker's plug-in and the builder.
job_mounts() {
  local engine=${DOCKER_HOST:-unix:///var/run/docker.sock}
  printf -- '-v %s:/rig -v %s:/usr/local/bin:ro -v %s:/var/run/docker.sock -v %s:/usr/local/lib/docker/cli-plugins:ro' \
    "$rig" "$rig/bin/tools" "${engine#unix://}" "$rig/buildkit/docker/cli-plugins"
}
# shellcheck disable=SC2034 # for run_workflow
job_settings=(BUILDX_CONFIG=/rig/buildkit/jobs)

# Brings up the clusters that the jobs of a run ask for, until it is stopped. See `runner/get-cluster`.
serve_clusters() { # RUN
  local requests=$rig/clusters/$1 request
  while sleep 0.2; do
    for request in "$requests"/*.wanted; do
      [[ -e $request ]] || continue
      rm "$request"
      bring_cluster "$1" "$(basename "$request" .wanted)" &
    done
  done
}

# A story may have a function `cluster_settings VERSION FOLDER`, which changes the cluster before the job gets it.
bring_cluster() { # RUN VERSION
  local folder=$scratch/clusters/$1/$2 shown=$rig/clusters/$1/$2 code=0
  (
    RIG_KUBERNETES=$(minor_for "$2") "$here/cluster/up" "$folder" "$registry_host" "$guarded_host"
    if declare -F cluster_settings >/dev/null; then cluster_settings "$2" "$folder"; fi
  ) >"$shown.log" 2>&1 &
  wait $! || code=$?
  # The job sees only what is complete.
  if ((code == 0)); then
    install -m 600 "$folder/kubeconfig" "$shown.new"
    mv "$shown.new" "$shown.ready"
  else
    { cat "$shown.log" && tail -n 5 "$folder"/logs/*; } >"$shown.new" 2>&1 || true
    mv "$shown.new" "$shown.failed"
  fi
}

# Legs are named by versions of k3s, which cannot be had here. Their clusters run Kubernetes of the same minor version where that is
# built, or asked for (RIG_KUBERNETES=1.36), and 1.34 otherwise.
minor_for() { # VERSION
  local minor=${1#v}
  minor=$(cut -d. -f1-2 <<<"$minor")
  if [[ ${RIG_KUBERNETES:-} == "$minor" ]] || "$here/cluster/build" --if-built "kubernetes-$minor" >/dev/null 2>&1; then echo "$minor"; else echo 1.34; fi
}

# The folder of the cluster of a leg, in the latest run that has one. It is there until the next run, or the end of the story.
cluster_of() { find "$scratch/clusters" -mindepth 2 -maxdepth 2 -name "$1" | sort --version-sort | tail -n 1; } # VERSION
# Runs kubectl there.
in_cluster() { "$rig/bin/tools/kubectl" --kubeconfig "$(cluster_of "$1")/kubeconfig" "${@:2}"; } # VERSION ARGUMENT…

# Takes away the clusters of a run, or of all runs.
remove_clusters() { # [RUN]
  local folder downs=()
  while read -r folder; do
    "$here/cluster/down" "$folder" &
    downs+=($!)
  done < <(find "$scratch/clusters" -mindepth 2 -maxdepth 2 -path "*/${1:-*}/*" -type d 2>/dev/null)
  for folder in "${downs[@]}"; do wait "$folder" || fail 'a cluster is still there'; done
}
