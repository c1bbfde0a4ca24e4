# shellcheck shell=bash disable=SC2154
# The commands and scripts between the phases that need no cluster, each alone, with files in place of downloads. The others are tried by
# tests/rig/cluster/test-example.
chapter 'The commands and scripts, alone'
work=$scratch/scripts
mkdir -p "$work"
export HOME=$work GITHUB_REPOSITORY=Octo/Module
# Only the exit code is checked here.
ends_well() { "$@" >"$work/log" 2>&1 || fail_with_log "$work/log" "$* failed"; }
ends_badly() {
  if "$@" >"$work/log" 2>&1; then fail "$* ended well"; fi
}

quietly() { "$@" >"$work/log" 2>&1; }

# Runs a command as a step of a workflow, and prints one of its outputs.
output_of() { # OUTPUT COMMAND…
  local name=$1
  shift
  rm -f "$work/output"
  ends_well env GITHUB_ACTIONS=true GITHUB_OUTPUT="$work/output" "$binary" "$@"
  sed -n "/^$name<</,/^ghadelimiter_/p" "$work/output" | sed '1d;$d'
}

same 'image by default' "$(output_of binary-image release-settings)" ghcr.io/octo/module
same 'builders, and jobs that may be skipped' "$(output_of builders release-settings) $(output_of optional-jobs release-settings)" 'called assets'
same 'image of a folder' "$(output_of binary-image release-settings --directory examples/module)" ghcr.io/octo/module/module
ends_with 2 'builders: tag without a token for it' quietly "$binary" release-settings --builders tag
ends_with 2 'unknown builders' quietly "$binary" release-settings --builders called-or-so
same 'jobs that may be skipped' \
  "$(output_of optional-jobs release-settings --builders external --module false --binary-image none | tr '\n' ' ')" 'build-image build-module assets '
ok 'release-settings: defaults, and no builders that nothing would start'

same 'version of a tag' "$(output_of version image-settings --tag api/v1.2.0 --binary-image r.example/api:v1)" 1.2.0
same 'image of a tag' "$(output_of binary-image image-settings --tag v1.2.0)" ghcr.io/octo/module:v1.2.0
ends_with 2 'a tag that is no version' quietly "$binary" image-settings --tag nightly
ok 'image-settings: version and image of a tag'

# Logs in for two registries, and leaves the result in login.json.
log_in() { # VARIABLE=VALUE… -- OPTION…
  local variables=()
  while [[ $1 != -- ]]; do variables+=("$1") && shift; done
  ends_well env --chdir="$work" "${variables[@]}" "$binary" registry-login --output login.json \
    --images $'ghcr.io/octo/module\nregistry.example/octo/other' "${@:2}"
}
log_in GITHUB_TOKEN=job-token --
same 'registries that get the job token' "$(jq -r '.auths | keys | join(" ")' "$work/login.json")" ghcr.io
log_in GITHUB_TOKEN=job-token REGISTRY_PASSWORD=secret -- --registry-username me
same 'what the other registry gets' "$(jq -r '.auths["registry.example"].auth' "$work/login.json" | base64 -d)" me:secret
same 'rights of the file' "$(stat -c %a "$work/login.json")" 600
if grep -q 'secret\|job-token' "$work/log"; then fail 'a secret is in the log'; fi
ok 'registry-login: the job token goes to ghcr.io and nowhere else'

cat >"$work/channels" <<'END'
{"data": [{"id": "stable", "latest": "v1.33.5+k3s1"}, {"id": "v1.9", "latest": "v1.9.9+k3s1"},
          {"id": "v1.34", "latest": "v1.34.1+k3s1"}, {"id": "v1.33", "latest": "v1.33.5+k3s1"}]}
END
same 'the two newest minors' "$(CHANNELS=file://$work/channels scripts/k3s-versions.sh 2 | head -n 1)" \
  'legs=[{"k3s":"v1.34.1+k3s1"},{"k3s":"v1.33.5+k3s1"}]'
ends_well env CHANNELS="file://$work/nothing" scripts/k3s-versions.sh 2
for invalid in 0 11 latest v1.33.5 'v1.33.5+k3s1,v1.33.5+k3s1'; do
  ends_badly env CHANNELS="file://$work/nothing" scripts/k3s-versions.sh "$invalid"
done
ok 'k3s-versions: the newest minors, known versions if they cannot be read, and no invalid input'

releases=$work/releases/v1.33.5+k3s1 # curl decodes the %2B of the address
mkdir -p "$releases"
# shellcheck disable=SC2016 # for the shell that stands in for k3s
printf '#!/bin/sh\nprintf kubeconfig > "$K3S_KUBECONFIG"\n' >"$releases/k3s"
cp "$releases/k3s" "$releases/k3s-arm64"
for arch in amd64 arm64; do (cd "$releases" && sha256sum k3s k3s-arm64 >"sha256sum-$arch.txt"); done
export K3S_RELEASES=file://$work/releases K3S_BIN=$work/k3s K3S_LOG=$work/k3s.log K3S_KUBECONFIG=$work/kubeconfig
ends_well scripts/install-k3s.sh v1.33.5+k3s1
same 'what kubectl is given' "$(cat "$work/.kube/config")" kubeconfig
echo '# other bytes' >>"$releases/k3s"
echo '# other bytes' >>"$releases/k3s-arm64"
rm "$work/k3s"
ends_badly scripts/install-k3s.sh v1.33.5+k3s1
[[ ! -e $work/k3s ]] || fail 'a binary that does not match its checksum was installed'
ok 'install-k3s: only a binary that matches its checksum is installed'

image=$registry_host/scripts/operator:v1.0.0
digest=sha256:$(printf '%064d' 1)
ARTIFACTS=$(jq -cn --arg digest "$digest" --arg image "${image%:*}@$digest" --arg tagged "$image" \
  '{"binary-image": {kind: "image", digest: $digest, image: $image, tagged: $tagged},
    "template.yaml": {kind: "asset", digest: $digest, size: 1}}')
export ARTIFACTS
ends_with 2 'comparing with no pods at all' quietly "$binary" check-pods --artifacts "$ARTIFACTS" --pods /dev/null
ok 'check-pods: no pods are a mistake'

PLAN=$(jq -cn --arg image "$image" '{version: "1.0.0", tag: "v1.0.0", commit: "c", binary_image: $image}')
export PLAN
# shellcheck disable=SC2016 # for the script's shell
ends_well env COMMAND='test "$BINARY_IMAGE" = "'"${image%:*}@$digest"'" && test -z "${DEFAULT_CR+set}"' scripts/run-e2e.sh
ends_badly env COMMAND=false scripts/run-e2e.sh
ends_badly env COMMAND=true CREDENTIALS=real scripts/run-e2e.sh
# shellcheck disable=SC2016
ends_well env COMMAND='test "$IMAGE $TAG" = "'"$image"' v1.0.0"' scripts/render.sh
ok 'run-e2e, render: images by digest, and an error where real credentials are missing'
