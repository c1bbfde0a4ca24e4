# shellcheck shell=bash disable=SC2154
# The workflow that releases the action: first with a moved tag, which the smoke test has to detect, and then without. The image is
# in the rig's registry, and everything from the draft on runs that image, pulled by the digest that the release's commit names.
chapter 'The action releases itself'
declare -A systems
module=octo-org/btp-release-action
origin=$rig/repositories/$module
clone=$scratch/clone
rm -rf "$rig/control"
mkdir -p "$rig/control" "$rig/built"
git clone --quiet --bare "$rig/repositories/$action" "$origin"
git clone --quiet "$origin" "$clone"
# On main, action.yml builds the Dockerfile; in the rig's copy of the repository it names an image already.
sed -i 's|^  image: docker://.*|  image: Dockerfile|' "$clone/action.yml"
sed -i -e "s|^  IMAGE: ghcr.io/|  IMAGE: $registry_host/|" -e "s|docker login ghcr.io|docker login $registry_host|" -e '/^  queue: max$/d' "$clone/.github/workflows/release.yaml"
commit_all "$clone" 'As on main'
git -C "$clone" push --quiet origin main main:refs/tags/v1
cp "$here/runner/hooks/post-receive" "$origin/hooks/"
commit=$(git -C "$clone" rev-parse main)
seed_github
# Without a cross compiler for arm64, the binary for amd64 is used in its place.
cross=$target/aarch64-unknown-linux-musl/release/btp-release
[[ -x $cross ]] || cross=$binary
cp "$binary" "$rig/built/x86_64-unknown-linux-musl"
cp "$cross" "$rig/built/aarch64-unknown-linux-musl"
# The machines of other systems are Linux here, and their binaries differ only in a last line.
systems=([x86_64-apple-darwin]=macos-amd64 [aarch64-apple-darwin]=macos-arm64 [x86_64-pc-windows-msvc]=windows-amd64.exe)
for system in "${!systems[@]}"; do
  cp "$binary" "$rig/built/$system"
  echo "# $system" >>"$rig/built/$system"
done

release() {
  workflows_of=$clone run_workflow release.yaml workflow_dispatch --input version=v1.2.0 --env REMOTE="/rig/repositories/$module" \
    --platform ubuntu-24.04=btp-release-rig/runner --platform ubuntu-24.04-arm=btp-release-rig/runner-arm \
    --platform macos-15=btp-release-rig/runner --platform macos-15-intel=btp-release-rig/runner --platform windows-2025=btp-release-rig/runner
}
at_origin() { git -C "$origin" rev-parse --verify --quiet "$1" || echo none; }
built_by() { git -C "$origin" show "$1:action.yml" | sed -n 's/^  image: //p'; }

touch "$rig/control/other-tag"
release
first=$(at_origin releases/v1.2.0)
refused v1.2.0 "$first"
same 'v1 after a smoke test that failed' "$(at_origin v1)" "$commit"
[[ ! -e $rig/control/attested ]] || fail 'what failed its smoke test was attested'
ok 'a tag that does not name what was built: nothing is published, v1 is not moved'

rm "$rig/control/other-tag"
release
same 'exit code of the second run' "$run_code" 0
same 'published releases' "$(published)" v1.2.0
same 'the commit, made again' "$(at_origin releases/v1.2.0)" "$first"
same 'the tag' "$(tag_of v1.2.0)" "$first"
same 'what the release builds on' "$(at_origin releases/v1.2.0^)" "$commit"
same 'files that the release changes' "$(git -C "$origin" diff --name-only main "$first")" action.yml
same 'what main builds' "$(built_by main)" Dockerfile
index=$registry_host/$module@sha256:$(inspect "$registry_host/$module:v1.2.0" | sha256sum | cut -d' ' -f1)
same 'what action.yml of the release names' "$(built_by v1)" "docker://$index"
same 'platforms of the image' "$(platforms_of "$index")" 'linux/amd64 linux/arm64'
same 'attestations of the image' "$(inspect "$index" | jq '[.manifests[] | select(.annotations."vnd.docker.reference.type" == "attestation-manifest")] | length')" 2
same 'revision of the image' "$(label_of "$index" revision)" "$commit"
same 'assets' "$(assets_of v1.2.0)" 'btp-release-linux-amd64 btp-release-linux-arm64 btp-release-macos-amd64 btp-release-macos-arm64 btp-release-shell-files.tar.gz btp-release-windows-amd64.exe release-evidence.json sha256sums.txt'
digest_of_asset() { repository_state ".releases[] | select(.tag_name == \"v1.2.0\") | .assets[] | select(.name == \"$1\") | \"sha256:\\(.content)\""; }
same 'the binary for amd64' "$(digest_of_asset btp-release-linux-amd64)" "$(digest_of "$binary")"
same 'the binary for arm64' "$(digest_of_asset btp-release-linux-arm64)" "$(digest_of "$cross")"
for system in "${!systems[@]}"; do
  same "the binary for ${systems[$system]}" "$(digest_of_asset "btp-release-${systems[$system]}")" "$(digest_of "$rig/built/$system")"
done
same 'what was attested' "$(sort "$rig/control/attested")" "$(
  {
    printf '%s\n' "${index/@/ }" "btp-release-linux-amd64 $(digest_of "$binary")" "btp-release-linux-arm64 $(digest_of "$cross")"
    for system in "${!systems[@]}"; do echo "btp-release-${systems[$system]} $(digest_of "$rig/built/$system")"; done
    echo "btp-release-shell-files.tar.gz $(digest_of_asset btp-release-shell-files.tar.gz)"
  } | sort
)"
same 'v1' "$(at_origin v1)" "$first"
same 'what was pushed last, and was published then' "$(tail -n 2 "$rig/control/pushes")" "$(printf '%s v1.2.0\n' refs/tags/v1 refs/heads/changelog)"
same 'files that the changelog changes' "$(git -C "$origin" diff --name-only main changelog)" CHANGELOG.md
same 'versions of the changelog' "$(git -C "$origin" show changelog:CHANGELOG.md | sed -n 's/^## \[\([^]]*\)\].*/\1/p')" v1.2.0
same 'marks in the changelog' "$(git -C "$origin" show changelog:CHANGELOG.md | grep -c '<!--')" 0
ok 'published: binaries and image by digest, attested, run by the tagged action; v1 moved last'

# One job of the images that is run again alone finds its image under the tag; the other one is known by an index.
mkdir -p "$scratch/bin"
ln -sf "$rig/buildkit/docker-client" "$scratch/bin/docker"
join() { PATH=$scratch/bin:$PATH DOCKER_CONFIG=$rig/buildkit/docker GITHUB_OUTPUT=$scratch/joined IMAGE=$1 scripts/release/index.sh "${@:2}" 2>"$scratch/join.log"; }
join "${index%@*}" v1.2.0 "$(inspect "$index" | jq -r '.manifests[] | select(.platform.architecture == "arm64") | .digest')" "${index#*@}"
same 'the image, joined again' "$(inspect "${index%@*}:v1.2.0" | sha256sum | cut -d' ' -f1)" "${index##*:}"
same 'what the workflow is told' "$(<"$scratch/joined")" "digest=${index#*@}"
ends_with 1 'a registry that does not answer' join 127.0.0.1:1/nothing v1.2.0 "${index#*@}" "${index#*@}"
ok 'an image that is there is not made again, and no error is taken for a missing one'

rm "$origin/hooks/post-receive"
echo 'One more line.' >>"$clone/README.md"
commit_all "$clone" 'A change'
git -C "$clone" push --quiet origin main
release
[[ $run_code -ne 0 ]] || fail 'a published version was released from another commit'
same 'the image' "$(inspect "${index%@*}:v1.2.0" | sha256sum | cut -d' ' -f1)" "${index##*:}"
same 'published releases' "$(published)" v1.2.0
same 'the commit of the release' "$(at_origin releases/v1.2.0)" "$first"
ok 'the version again, from another commit: its image and its commit stay'

# The script that moves v1, alone.
move() { # TAG [COMMIT]
  git -C "$clone" tag --force "$1" "${2:-$first}" >/dev/null
  (cd "$clone" && REMOTE=$scratch/moved scripts/release/major.sh "$1") 2>/dev/null
}
git clone --quiet --bare "$origin" "$scratch/moved"
git -C "$clone" fetch --quiet origin "$first"
major() { git -C "$scratch/moved" rev-parse v1; }
git -C "$clone" tag v1.2.0 "$first"
move v1.3.0-rc1 "$commit"
same 'v1 after a prerelease' "$(major)" "$first"
move v1.1.9 "$commit"
same 'v1 after a patch of an older line' "$(major)" "$first"
move v1.3.0 "$commit"
same 'v1 after v1.3.0' "$(major)" "$commit"
(cd "$clone" && git checkout --quiet --detach main && if REMOTE=$scratch/moved scripts/release/commit.sh v1.4.0 "ghcr.io/$module:v1.4.0" 2>/dev/null; then
  exit 1
fi) || fail 'an image was named by its tag'
ok 'v1 follows the highest release, and no other; a commit names its image by digest, or is none'
