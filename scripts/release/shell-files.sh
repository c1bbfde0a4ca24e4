#!/usr/bin/env bash
# Packs the completions for shells and the man pages. The same commit makes the same bytes.
#
#   scripts/release/shell-files.sh dist/btp-release-shell-files.tar.gz
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/../lib.sh"

archive=$1
rustup toolchain install "${RUSTUP_TOOLCHAIN:-stable}" --profile minimal
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The commands that the released binaries have.
for shell in bash elvish fish powershell zsh; do
  cargo run --locked --package btp-release-action -- completions "$shell" --for-release --output "$folder/btp-release"
done
cargo run --locked --package btp-release-action -- man --for-release --output "$folder/btp-release"
mkdir -p "$(dirname "$archive")"
tar -C "$folder" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -c btp-release | gzip --no-name > "$archive"
