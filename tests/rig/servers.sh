# shellcheck shell=bash
# The services that the rig talks to: docker-registry, the stand-in for GitHub, the Docker engine.
# Every server picks a free port itself and reports it, so that no two processes try the same one.

# shellcheck source=tests/rig/registry.sh
source "$(dirname "${BASH_SOURCE[0]}")/registry.sh"

# Starts the stand-in for GitHub with the saved state in a folder, and sets `github_env`: the runner's variables with its addresses.
start_github() { # WORLD
  local log=$scratch/github.log
  "$stand_in_github" --world "$1" >"$log" 2>&1 &
  at_exit stop $!
  until_true 20 'the stand-in for GitHub listens' grep -q '^GITHUB_UPLOAD_URL=' "$log"
  mapfile -t github_env < <(grep -E '^GITHUB_(API|GRAPHQL|SERVER)_URL=' "$log")
  github_api=${github_env[0]#*=}
}

# Docker's client with its plug-in buildx, and its engine, as they are built from Go modules. Debian's engine starts itself anew for each
# file that is copied into a container, and the local runner copies a dozen for a step: that took half of the time of all processors.
docker_programs() {
  programs=$("$here/cluster/build" buildkit)
  docker=$programs/docker
  export DOCKER_CONFIG=$scratch/docker-config
  mkdir -p "$DOCKER_CONFIG/cli-plugins"
  ln -sf "$programs/buildx" "$DOCKER_CONFIG/cli-plugins/docker-buildx"
}

engine_runs() { "$docker" info >/dev/null 2>&1; }

# Uses the running engine, or starts one.
start_docker() {
  docker_programs
  ! engine_runs || return 0
  local folder=$scratch/docker
  # shellcheck disable=SC2034 # for who sources this
  own_engine=yes
  mkdir -p "$folder"
  export DOCKER_HOST=unix://$folder/socket
  # Containers share the host's network, so the engine needs neither a bridge nor rules of a firewall.
  "$programs/dockerd" --host "$DOCKER_HOST" --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" \
    --bridge none --iptables=false --ip6tables=false --userland-proxy=false --storage-driver overlay2 \
    --add-runtime "debian=$PWD/$here/runtime" --default-runtime debian >"$folder/log" 2>&1 &
  # The engine leaves this mount behind, and a folder with a mount in it cannot be removed.
  at_exit umount "$folder/exec/netns/default"
  at_exit stop $!
  local deadline=$((SECONDS + 60))
  until "$docker" info >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail_with_log "$folder/log" 'the Docker engine does not start'
    sleep 0.2
  done
}
