#!/usr/bin/env bash
# Compares the dry-run of Penstock with `kubectl apply --server-side
# --dry-run=server`: on the same API server, which holds base, with the same objects
# of five kinds, of which some are changed. kubectl tries all of them, since it does
# not know which.
#
#   hack/compare-kubectl.sh [OBJECTS/CHANGED...]     (1000/1 1000/10 1000/100 1000/1000)
#
# It prints the medians of seconds: of a kubectl process; of Penstock's dry-run of
# the change on the same server, as of a live cluster, with the rights asked
# for, what the cluster has, and the Pods of Deployments, which kubectl does not try;
# and of all that Penstock does on its embedded server, which has to load base first
# and goes back as well. It fails unless each side tries all that it has to.
#
# Needs Go, bash and the module proxy, from which kubectl comes. KUBECTL names a
# binary to use instead, ROUNDS how often each side is measured (5).
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kubectl=k8s.io/kubectl/pkg/cmd@v0.36.3
sizes=("$@")
[ $# -gt 0 ] || sizes=(1000/1 1000/10 1000/100 1000/1000)

cd "$repo"
if [ -z "${KUBECTL:-}" ]; then
  cp go.mod go.sum "$work/"
  (go get -modfile="$work/go.mod" "$kubectl" 2>"$work/get" &&
    go build -modfile="$work/go.mod" -o "$work/kubectl" ./hack/testdata/comparekubectl/kubectl) || { cat "$work/get" >&2; exit 1; }
  KUBECTL=$work/kubectl
fi
go build -o "$work/compare" ./hack/testdata/comparekubectl
"$work/compare" "$KUBECTL" "${ROUNDS:-5}" "$work" "${sizes[@]}"
