#!/usr/bin/env bash
# Starts k3s in the given version, after checking its binary against the checksums of its release, and configures kubectl for it.
#
#   scripts/install-k3s.sh v1.33.5+k3s1 [login.json]
#
# With a Docker config.json, k3s pulls private images with its credentials. K3S_SHA256 pins the binary itself;
# K3S_RELEASES is the address of the releases.
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/lib.sh"

version=$1 login=${2:-}
[[ $version =~ ^v1\.[0-9]+\.[0-9]+\+k3s[0-9]+$ ]] || fail "'$version' is no version of k3s"
case $(uname -m) in
  x86_64) arch=amd64 file=k3s ;;
  aarch64) arch=arm64 file=k3s-arm64 ;;
  *) fail "k3s is not built for $(uname -m)" ;;
esac

from=${K3S_RELEASES:-https://github.com/k3s-io/k3s/releases/download}/${version/+/%2B}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
get() { curl -fsSL --retry 5 --retry-delay 2 --max-time 300 -o "$folder/$1" "$from/$1"; }
get "$file" || fail "cannot download k3s $version"
get "sha256sum-$arch.txt" || fail "cannot download the checksums of k3s $version"
sum=${K3S_SHA256:-$(awk -v file="$file" '$2 == file {print $1}' "$folder/sha256sum-$arch.txt")}
printf '%s  %s\n' "${sum:-none}" "$folder/$file" | sha256sum --check --quiet - > /dev/null 2>&1 \
  || fail "the binary of k3s $version does not match its checksum"
as_root install -m 0755 "$folder/$file" "${K3S_BIN:=/usr/local/bin/k3s}"

if [ -n "$login" ] && jq -e '.auths != {}' "$login" > /dev/null; then
  # https://docs.k3s.io/installation/private-registry; JSON is YAML
  jq '{configs: (.auths | map_values({auth: {auth: .auth}}))}' "$login" > "$folder/registries.yaml"
  as_root mkdir -p /etc/rancher/k3s
  as_root install -m 0600 "$folder/registries.yaml" /etc/rancher/k3s/registries.yaml
fi

# Components that modules do not need are left out, so that it starts faster.
log=${K3S_LOG:-/tmp/k3s.log}
as_root setsid "$K3S_BIN" server --disable traefik,metrics-server,servicelb --write-kubeconfig-mode 0644 \
  > "$log" 2>&1 < /dev/null &
kubeconfig=${K3S_KUBECONFIG:-/etc/rancher/k3s/k3s.yaml}
within 120 test -s "$kubeconfig" || {
  tail -n 50 "$log" >&2
  fail "k3s $version did not start within 2 minutes"
}
mkdir -p "$HOME/.kube"
install -m 0600 "$kubeconfig" "$HOME/.kube/config"
say "k3s $version is up"
