#!/usr/bin/env bash
# Tries the release without publishing: goreleaser's own check, then a snapshot
# for this machine, out of a clone of HEAD that has a tag. Needs Go, git and the
# module proxy; takes some ten minutes on two cores when nothing is cached.
set -euo pipefail
cd "$(dirname "$0")/.."

# A -buildvcs=false in the environment would leave the version out.
unset GOFLAGS
goreleaser=github.com/goreleaser/goreleaser/v2@v2.16.0
tag=v0.0.1

step() { printf '\n== %s\n' "$*"; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

step goreleaser
GOBIN="$dir" go install "$goreleaser"

step clone
git clone --quiet --no-tags --no-hardlinks . "$dir/clone" # HEAD, without what is not committed
cd "$dir/clone"
git tag "$tag"

step check
"$dir/goreleaser" check

step snapshot
# A release has four targets; that of this machine alone is built here.
one="$dir/one.yaml"
sed -e "s/^\( *goos:\).*/\1 [$(go env GOOS)]/" -e "s/^\( *goarch:\).*/\1 [$(go env GOARCH)]/" .goreleaser.yaml >"$one"
skip=announce,publish,validate
command -v syft >/dev/null || { skip="$skip,sbom"; echo "syft is not installed: no SBOM is made"; }
"$dir/goreleaser" release --config "$one" --snapshot --clean --skip="$skip"

step result
ls -l dist/*.tar.gz dist/*SHA256SUMS
tar tzf dist/*.tar.gz
mkdir "$dir/unpacked"
tar xzf dist/*.tar.gz -C "$dir/unpacked"
version=$("$dir/unpacked/penstock" version | head -1)
[ "$version" = "penstock $tag" ] || { echo "the binary says $version, and the tag is $tag"; exit 1; }
echo "$version"
