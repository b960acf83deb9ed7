#!/usr/bin/env bash
# Tries the release without publishing: goreleaser's own check, then a snapshot
# out of a clone of HEAD that has a tag, with archives, checksums and SBOMs.
#
#   hack/release-check.sh [TARGET...]    linux_amd64, linux_arm64, darwin_amd64, darwin_arm64
#
# Without targets: this machine's and darwin_arm64, which is linked for another
# system and another processor. Needs Go, git and the module proxy; each target
# takes some ten minutes on two cores when nothing is cached.
set -euo pipefail
cd "$(dirname "$0")/.."

# A -buildvcs=false in the environment would leave the version out.
unset GOFLAGS
goreleaser=github.com/goreleaser/goreleaser/v2@v2.16.0
cyclonedx=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
tag=v0.0.1
host=$(go env GOOS)_$(go env GOARCH)
[ $# -gt 0 ] || set -- "$host" darwin_arm64

step() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

step tools
GOBIN="$dir" go install "$goreleaser"
GOBIN="$dir" go install "$cyclonedx"
export PATH=$dir:$PATH

step clone
git clone --quiet --no-tags --no-hardlinks . "$dir/clone" # HEAD, without what is not committed
cd "$dir/clone"
git tag "$tag"

step check
goreleaser check

step snapshot of "$@"
some="$dir/some.yaml"
sed -e "s/^\( *\)goos:.*/\1targets: [$(printf '%s,' "$@")]/" -e '/^ *goarch:/d' .goreleaser.yaml >"$some"
goreleaser release --config "$some" --snapshot --clean --parallelism=1 --skip=announce,publish,validate

step result
cd dist
ls -l ./*.tar.gz ./*.cdx.json ./*SHA256SUMS
sha256sum --check --strict ./*SHA256SUMS
for target in "$@"; do
  archive=$(ls penstock_*_"$target".tar.gz)
  sbom=${archive%.tar.gz}.cdx.json
  for file in "$archive" "$sbom"; do
    grep -q " $file\$" ./*SHA256SUMS || fail "$file has no checksum"
  done
  tar tzf "$archive" >"$dir/listed"
  for file in penstock LICENSE README.md man/man1/penstock.1 man/man1/penstock-check.1 completions/penstock.bash; do
    grep -qx "$file" "$dir/listed" || { cat "$dir/listed"; fail "$archive has no $file"; }
  done
  mkdir "$dir/$target"
  tar xzf "$archive" -C "$dir/$target"
  # What Go noted in the binary: it can be read for another system as well.
  go version -m "$dir/$target/penstock" >"$dir/noted"
  grep -q "GOOS=${target%_*}" "$dir/noted" && grep -q "GOARCH=${target#*_}" "$dir/noted" || fail "$archive is for another target"
  grep -q "github.com/penstock-dev/penstock[[:space:]]$tag" "$dir/noted" || fail "$archive does not have the version of the tag"
  grep -q '"bomFormat": "CycloneDX"' "$sbom" || fail "$sbom is not CycloneDX"
  for module in $(awk '$1 == "dep" { print $2 "@" $3 }' "$dir/noted"); do
    grep -qF "\"name\": \"${module%@*}\"" "$sbom" || fail "$sbom does not have $module"
  done
  echo "$archive: $(grep -c '"purl"' "$sbom") modules in its SBOM"
done
if [ -d "$dir/$host" ]; then
  version=$("$dir/$host/penstock" version | head -1)
  [ "$version" = "penstock $tag" ] || fail "the binary says $version, and the tag is $tag"
  echo "$version"
fi
