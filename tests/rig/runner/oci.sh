# shellcheck shell=bash
# Functions that push an image to a registry without a password; sourced, not run. The bytes depend only on the input, so that a
# second build pushes the same image.

INDEX=application/vnd.oci.image.index.v1+json
MANIFEST=application/vnd.oci.image.manifest.v1+json

sum() { printf 'sha256:%s' "$(sha256sum "$1" | cut -d' ' -f1)"; }

# registry.example:5000/path:tag, or with @sha256:… → http://registry.example:5000/v2/path
address() {
  local image=${1%@*} host rest
  host=${image%%/*} rest=${image#*/}
  printf 'http://%s/v2/%s' "$host" "${rest%:*}"
}
reference() { case $1 in *@*) printf '%s' "${1#*@}" ;; *) printf '%s' "${1##*:}" ;; esac; }

get_manifest() { curl -fsS -H "Accept: $INDEX, $MANIFEST" "$(address "$1")/manifests/$(reference "$1")"; }
get_blob() { curl -fsS "$(address "$1")/blobs/$2"; }

put_blob() { # IMAGE FILE
  local place join='?'
  place=$(curl -fsS -X POST -D - -o /dev/null "$(address "$1")/blobs/uploads/" | tr -d '\r' | awk 'tolower($1) == "location:" {print $2}')
  case $place in *\?*) join='&' ;; esac
  curl -fsS -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$2" "$place${join}digest=$(sum "$2")"
}
put_manifest() { # IMAGE FILE MEDIA-TYPE REFERENCE
  curl -fsS -X PUT -H "Content-Type: $3" --data-binary "@$2" "$(address "$1")/manifests/$4"
}

# Pushes an image for one platform, with the files of a folder in its only layer, and prints its entry for an index.
push_platform() { # IMAGE OS/ARCH FOLDER LABELS ENTRYPOINT
  local work
  work=$(mktemp -d)
  tar -C "$3" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$work/layer.tar" .
  gzip -1 -n -k "$work/layer.tar"
  put_blob "$1" "$work/layer.tar.gz"
  jq -cn --arg os "${2%%/*}" --arg arch "${2##*/}" --arg diff "$(sum "$work/layer.tar")" --argjson labels "$4" --argjson entrypoint "$5" \
    '{architecture: $arch, os: $os, config: {Entrypoint: $entrypoint, Labels: $labels}, rootfs: {type: "layers", diff_ids: [$diff]}}' \
    > "$work/config.json"
  put_blob "$1" "$work/config.json"
  jq -cn --arg type "$MANIFEST" --arg config "$(sum "$work/config.json")" --argjson config_size "$(stat -c %s "$work/config.json")" \
    --arg layer "$(sum "$work/layer.tar.gz")" --argjson layer_size "$(stat -c %s "$work/layer.tar.gz")" '{schemaVersion: 2,
      mediaType: $type, config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $config, size: $config_size},
      layers: [{mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: $layer, size: $layer_size}]}' > "$work/manifest.json"
  put_manifest "$1" "$work/manifest.json" "$MANIFEST" "$(sum "$work/manifest.json")"
  jq -cn --arg type "$MANIFEST" --arg digest "$(sum "$work/manifest.json")" --argjson size "$(stat -c %s "$work/manifest.json")" \
    --arg os "${2%%/*}" --arg arch "${2##*/}" \
    '{mediaType: $type, digest: $digest, size: $size, platform: {os: $os, architecture: $arch}}'
  rm -r "$work"
}

# Pushes an index of the manifests that are given, one a line, and prints its digest. Without a reference it is pushed by digest.
push_index() { # IMAGE [REFERENCE] <MANIFESTS
  local index
  index=$(mktemp)
  jq -cs --arg type "$INDEX" '{schemaVersion: 2, mediaType: $type, manifests: .}' > "$index"
  put_manifest "$1" "$index" "$INDEX" "${2:-$(sum "$index")}"
  sum "$index"
  rm "$index"
}
