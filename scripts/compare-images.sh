#!/usr/bin/env bash
# Refuses to go on if what runs in the cluster is not what was awaited: the digests of the running pods' images are compared
# with those of the release, since a tag may have been moved, or a node may have had another image under it.
#
#   ARTIFACTS="$artifacts" scripts/compare-images.sh
#
# The binary image has to run. An image that the release does not name is none of its business.
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/lib.sh"

verdict=$(kubectl get pods --all-namespaces -o json | jq --argjson artifacts "$ARTIFACTS" '
  # registry.example:5000/path:tag@sha256:… → registry.example:5000/path
  def repository: sub("@.*$"; "") | sub(":[^/:]*$"; "");
  [$artifacts | to_entries[] | select(.value.kind == "image" and .key != "module-image")
    | {name: .key, digest: .value.digest, repository: (.value.image | repository)}] as $images
  | [.items[] | . as $pod | .status | (.initContainerStatuses // [])[], (.containerStatuses // [])[]
    | {pod: "\($pod.metadata.namespace)/\($pod.metadata.name)", container: .name, image, imageID}] as $running
  | {
      other: [$running[] as $r | $images[] as $i
        | select(($r.image | repository) == $i.repository or ($r.imageID | sub("^docker-pullable://"; "") | repository) == $i.repository)
        | select($r.imageID | endswith($i.digest) | not)
        | "\($r.pod) runs \($r.imageID) in \($r.container), and \($i.digest) of \($i.repository) was awaited"],
      missing: [$images[] | select(.name == "binary-image") as $i | select([$running[] | .imageID | endswith($i.digest)] | any | not)
        | "no pod runs \($i.repository)@\($i.digest)"],
      same: [$running[] as $r | $images[] as $i | select($r.imageID | endswith($i.digest)) | "\($r.pod) runs \($i.repository)@\($i.digest)"]
    }')
jq -r '.same[]' <<< "$verdict" >&2
wrong=$(jq -r '(.other + .missing) | join("; ")' <<< "$verdict")
[ -z "$wrong" ] || fail "what runs is not what was awaited: $wrong"
