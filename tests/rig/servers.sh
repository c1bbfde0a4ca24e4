# shellcheck shell=bash
# Services that the rig talks to: docker-registry and the Docker engine.

# Starts docker-registry on a port that it picks itself, so that none is raced for, and sets `registry_host`. With a file of users it asks for a password.
start_registry() { # NAME [HTPASSWD]
  local folder=$scratch/registry-$1 users=${2:-}
  mkdir -p "$folder"
  {
    printf 'version: 0.1\nlog: {level: info}\nhttp: {addr: "127.0.0.1:0"}\n'
    printf 'storage: {filesystem: {rootdirectory: "%s/data"}, delete: {enabled: true}}\n' "$folder"
    [[ -z $users ]] || printf 'auth: {htpasswd: {realm: registry, path: "%s"}}\n' "$users"
  } >"$folder/config.yml"
  docker-registry serve "$folder/config.yml" >"$folder/log" 2>&1 &
  at_exit stop $!
  until_true 20 "the registry '$1' listens" grep -q 'listening on' "$folder/log"
  registry_host=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$folder/log" | head -n 1)
  [[ -n $registry_host ]] || fail_with_log "$folder/log" "the registry '$1' does not say where it listens"
}

# A client that knows BuildKit: Debian's own has it built in, others need a plug-in.
docker_client() {
  if [[ -x /usr/bin/docker ]]; then echo /usr/bin/docker; else command -v docker; fi
}

# Uses the engine that runs, or starts one of its own. Returns 1 where none is installed.
start_docker() {
  docker=$(docker_client) || return 1
  "$docker" info >/dev/null 2>&1 && return 0
  command -v dockerd >/dev/null || return 1
  local folder=$scratch/docker
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
