# shellcheck shell=bash
# docker-registry, for the rig and the benchmarks.

# Starts docker-registry and sets `registry_host`. With a file of users it asks for a password. It listens on the loopback address, or
# on the one that is given: 0.0.0.0 where nodes of a cluster pull from it. Its name is 127.0.0.1:PORT in any case.
start_registry() { # NAME [HTPASSWD] [ADDRESS]
  local folder=$scratch/registry-$1 users=${2:-} address=${3:-127.0.0.1}
  mkdir -p "$folder"
  {
    printf 'version: 0.1\nlog: {level: info}\nhttp: {addr: "%s:0"}\n' "$address"
    printf 'storage: {filesystem: {rootdirectory: "%s/data"}, delete: {enabled: true}}\n' "$folder"
    [[ -z $users ]] || printf 'auth: {htpasswd: {realm: registry, path: "%s"}}\n' "$users"
  } >"$folder/config.yml"
  docker-registry serve "$folder/config.yml" >"$folder/log" 2>&1 &
  at_exit stop $!
  until_true 20 "the registry '$1' listens" grep -q 'listening on' "$folder/log"
  registry_host=127.0.0.1:$(sed -n 's/.*listening on [^"]*:\([0-9]\{1,\}\).*/\1/p' "$folder/log" | head -n 1)
  [[ $registry_host != *: ]] || fail_with_log "$folder/log" "the registry '$1' does not say where it listens"
}
