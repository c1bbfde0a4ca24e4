# shellcheck shell=bash
# The services that the rig talks to: docker-registry, the stand-in for GitHub, the Docker engine.
# Every server picks its own free port and says which, so that nothing is raced for.

# shellcheck source=tests/rig/registry.sh
source "$(dirname "${BASH_SOURCE[0]}")/registry.sh"

# Serves a world that a rehearsal left, and sets `github_env`: the variables by which a runner names GitHub.
start_github() { # WORLD
  local log=$scratch/github.log
  "$stand_in_github" --world "$1" >"$log" 2>&1 &
  at_exit stop $!
  until_true 20 'the stand-in for GitHub listens' grep -q '^GITHUB_UPLOAD_URL=' "$log"
  mapfile -t github_env < <(grep -E '^GITHUB_(API|GRAPHQL|SERVER)_URL=' "$log")
  github_api=${github_env[0]#*=}
}

# A client that knows BuildKit: Debian's own has it built in, others need a plug-in.
docker_client() {
  if [[ -x /usr/bin/docker ]]; then echo /usr/bin/docker; else command -v docker; fi
}

engine_runs() { "$(docker_client)" info >/dev/null 2>&1; }

# Uses the engine that runs, or starts one of its own. Returns 1 where none is installed.
start_docker() {
  docker=$(docker_client) || return 1
  ! engine_runs || return 0
  command -v dockerd >/dev/null || return 1
  local folder=$scratch/docker
  # shellcheck disable=SC2034 # for who sources this
  own_engine=yes
  mkdir -p "$folder"
  export DOCKER_HOST=unix://$folder/socket
  # Containers share the host's network, so the engine needs neither a bridge nor rules of a firewall.
  dockerd --host "$DOCKER_HOST" --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" \
    --bridge none --iptables=false --ip6tables=false >"$folder/log" 2>&1 &
  # It leaves this behind, and a folder with a mount in it cannot be removed.
  at_exit umount "$folder/exec/netns/default"
  at_exit stop $!
  local deadline=$((SECONDS + 60))
  until "$docker" info >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail_with_log "$folder/log" 'the Docker engine does not start'
    sleep 0.2
  done
}
