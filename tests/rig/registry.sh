# shellcheck shell=bash
# docker-registry, for the rig and the benchmarks.

# Starts docker-registry and sets `registry_host`. With a file of users it asks for a password.
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
