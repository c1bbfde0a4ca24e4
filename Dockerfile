# The action's image: one static binary and nothing else.
#
#   docker build .                                              what GitHub runs for `uses:` of this repository's main
#   docker build -f Dockerfile --build-arg BINARY=built FOLDER  the same image around FOLDER/btp-release, built before
#   docker build --build-arg BTP_RELEASE_REF=v1.2.0 .           of that release, as `--version` says then
#
# The second form compiles and pulls nothing: BuildKit builds only the stages that the last one needs.

ARG BINARY=build

# Pinned by version. A digest is to be added by who can look it up in the registry and keep it up to date.
FROM rust:1.95.0-alpine AS build
# The tag of a release; without one, `--version` says what Cargo.toml says.
ARG BTP_RELEASE_REF
WORKDIR /src
COPY . .
# Alpine's own target is musl, and what is linked for it is static.
RUN cargo build --release --locked --package btp-release-action --bin btp-release --no-default-features \
    && mv target/release/btp-release /btp-release

FROM scratch AS built
COPY btp-release /btp-release

FROM ${BINARY} AS binary

FROM scratch AS action
LABEL org.opencontainers.image.title="btp-release" \
      org.opencontainers.image.description="Releases Kyma modules: what is published is what was tagged, built and tested" \
      org.opencontainers.image.source="https://github.com/kyma-project/btp-release-action" \
      org.opencontainers.image.licenses="Apache-2.0"
# No USER: a container action has to run as root, or it could not write the runner's files
# (https://docs.github.com/en/actions/reference/workflows-and-actions/dockerfile-support#user).
COPY --from=binary /btp-release /btp-release
ENTRYPOINT ["/btp-release"]
