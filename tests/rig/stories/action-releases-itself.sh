# shellcheck shell=bash disable=SC2154
# What of the action's own release needs no GitHub: its commit, which names the image, and the moving tag.
chapter 'The action releases itself'
origin=$scratch/origin
clone=$scratch/clone
git clone --quiet --bare "$rig/repositories/$action" "$origin"
git clone --quiet "$origin" "$clone"
# main builds the Dockerfile; the rig's copy of the repository already names an image.
sed -i 's|^  image: docker://.*|  image: Dockerfile|' "$clone/action.yml"
commit_all "$clone" 'As on main'
image=ghcr.io/$action@sha256:$(printf '%064d' 7)
digest_commit() { # TAG
  (cd "$clone" && git checkout --quiet --force --detach main && REMOTE=$origin GITHUB_OUTPUT=$scratch/commit-output scripts/release/commit.sh "$@")
}

digest_commit v1.2.0 "$image"
first=$(git -C "$origin" rev-parse releases/v1.2.0)
same 'what action.yml of the release names' "$(git -C "$origin" show releases/v1.2.0:action.yml | sed -n 's/^  image: //p')" "docker://$image"
same 'files that the release changes' "$(git -C "$clone" diff --name-only main "$first")" action.yml
same 'what main builds' "$(git -C "$clone" show main:action.yml | sed -n 's/^  image: //p')" Dockerfile
digest_commit v1.2.0 "$image"
same 'the commit, made again' "$(git -C "$origin" rev-parse releases/v1.2.0)" "$first"
if digest_commit v1.2.1 "ghcr.io/$action:v1.2.1" 2>/dev/null; then fail 'an image was named by its tag'; fi
ok 'the commit names the image by digest, and changes nothing else'

move() { # TAG
  git -C "$clone" tag --force "$1" "${2:-$first}" >/dev/null
  (cd "$clone" && REMOTE=$origin scripts/release/major.sh "$1") 2>/dev/null
}
major() { git -C "$origin" rev-parse --verify --quiet refs/tags/v1 || true; }
move v1.3.0-rc1
same 'v1 after a prerelease' "$(major)" ''
move v1.2.0
same 'v1 after v1.2.0' "$(major)" "$first"
second=$(git -C "$clone" rev-parse main)
move v1.1.9 "$second"
same 'v1 after a patch of an older line' "$(major)" "$first"
ok 'v1 follows the highest release, and no other'
