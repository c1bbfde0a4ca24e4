#!/usr/bin/env bash
# Builds the binary for this machine's system, which is not Linux, and runs it once.
#
#   VERSION=v1.2.0 scripts/release/binary.sh aarch64-apple-darwin dist/btp-release-macos-arm64
#
# Bash of macOS is older than that of Linux: nothing here may need a newer one than 3.2.
# shellcheck source=scripts/lib.sh
source "${BASH_SOURCE%/*}/../lib.sh"

target=$1 binary=$2
rustup toolchain install "${RUSTUP_TOOLCHAIN:-stable}" --profile minimal --target "$target"
case $target in
  # Nothing else has to be installed where it runs; and its header has no time of the build in it.
  *-windows-msvc) export RUSTFLAGS="-C target-feature=+crt-static -C link-arg=/Brepro" ;;
esac
# Job summaries link to the documentation of this version.
BTP_RELEASE_REF=$VERSION cargo build --locked --release --target "$target" --package btp-release-action --no-default-features
built=target/$target/release/btp-release
[ -e "$built" ] || built=$built.exe
mkdir -p "$(dirname "$binary")"
cp "$built" "$binary"
"$binary" --version
