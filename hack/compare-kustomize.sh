#!/usr/bin/env bash
# Compares what `penstock render` makes of every kustomization below some
# directories with what kustomize makes of it, as data and in order. What
# kustomize itself does not build is counted and left out; so is nothing else.
#
#   hack/compare-kustomize.sh DIR...
#
# Needs Go, git and bash. KUSTOMIZE names the command to compare with, such as
# "kubectl kustomize"; without it, kustomize or kubectl is taken from PATH, and
# else the kustomize of the library that penstock uses is built. A kubectl may
# hold an older kustomize, whose output may differ. PENSTOCK names a binary to
# use instead of one built from this checkout.
set -euo pipefail

if [ $# -eq 0 ]; then
  echo "usage: hack/compare-kustomize.sh DIR..." >&2
  exit 2
fi
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd "$repo" && go build -o "$work/samedata" ./hack/samedata)
if [ -z "${PENSTOCK:-}" ]; then
  (cd "$repo" && go build -o "$work/penstock" ./cmd/penstock)
  PENSTOCK=$work/penstock
fi
if [ -z "${KUSTOMIZE:-}" ]; then
  if command -v kustomize >/dev/null; then
    KUSTOMIZE="kustomize build"
  elif command -v kubectl >/dev/null; then
    KUSTOMIZE="kubectl kustomize"
  else
    # The release of kustomize that goes with sigs.k8s.io/kustomize/api v0.21.2.
    GOBIN=$work go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.2
    KUSTOMIZE="$work/kustomize build"
  fi
fi

equal=0 different=0 failed=0 unbuilt=0
compare() {
  local root=$1 dir=$2 name
  name=${dir#"$root"/}
  [ "$dir" != "$root" ] || name=.
  # Remote bases may need a password or a network; neither is waited for.
  if ! GIT_TERMINAL_PROMPT=0 $KUSTOMIZE "$dir" >"$work/want.yaml" 2>"$work/want.err" </dev/null; then
    unbuilt=$((unbuilt + 1))
    return
  fi
  if ! "$PENSTOCK" render --base-dir "$root" --head-dir "$root" "$name" >"$work/got.yaml" 2>"$work/got.err" </dev/null; then
    failed=$((failed + 1))
    printf 'failed     %s\n' "$dir"
    sed 's/^/           /' "$work/got.err"
  elif "$work/samedata" "$work/want.yaml" "$work/got.yaml" >"$work/differences"; then
    equal=$((equal + 1))
  else
    different=$((different + 1))
    printf 'different  %s\n' "$dir"
    sed 's/^/           /' "$work/differences"
  fi
}

for root in "$@"; do
  root=$(cd "$root" && pwd)
  while IFS= read -r -d '' file; do
    compare "$root" "$(dirname "$file")"
  done < <(find "$root" -name .git -prune -o -type f \( -name kustomization.yaml -o -name kustomization.yml -o -name Kustomization \) -print0 | LC_ALL=C sort -z)
done
printf '%d equal, %d different, %d failed; %d that "%s" does not build\n' "$equal" "$different" "$failed" "$unbuilt" "$KUSTOMIZE"
[ $((different + failed)) -eq 0 ]
