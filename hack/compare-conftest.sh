#!/usr/bin/env bash
# Compares Penstock with conftest on the same documents with the same rules:
# Deployments of which some have faults, and 24 rules in six packages that share a
# library.
#
#   hack/compare-conftest.sh [--engines|--processes] [DOCUMENTS...]     (300 1000 3000 10000)
#
# The engines are measured in one process, through the functions that `conftest
# test` and `penstock check` call: what reading the YAML, compiling the rules and
# evaluating take, and the processor time, allocations and memory for a document
# (hack/testdata/compareengines). The documents part is reading and evaluating.
#
# The processes are `penstock check --dry-run=off`, on a change that creates all
# documents, and `conftest test`, in turn: start, reading and output count. It
# prints the medians of seconds and of peak memory (where /usr/bin/time is that of
# GNU), and what one document more takes.
#
# Both fail if the two sides do not find the same violations. Needs Go, git, bash
# and the module proxy, from which conftest comes. PENSTOCK and CONFTEST name
# binaries to use instead, ROUNDS how often each side is measured (5).
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/policies" "$work/base"
conftest=github.com/open-policy-agent/conftest@v0.71.1
engines=true processes=true
case ${1:-} in
--engines) processes=false && shift ;;
--processes) engines=false && shift ;;
esac
sizes=("$@")
[ $# -gt 0 ] || sizes=(300 1000 3000 10000)

cat >"$work/policies/lib.rego" <<'REGO'
package lib

containers contains c if some c in input.spec.template.spec.containers
containers contains c if some c in input.spec.template.spec.initContainers
REGO
for p in 1 2 3 4 5 6; do
  cat >"$work/policies/p$p.rego" <<REGO
package p$p

import data.lib

deny_tag contains msg if {
  some c in lib.containers
  endswith(c.image, ":latest")
  msg := sprintf("p$p: %s uses latest", [c.name])
}

deny_limits contains msg if {
  some c in lib.containers
  not c.resources.limits.memory
  msg := sprintf("p$p: %s has no memory limit", [c.name])
}

deny_privileged contains msg if {
  some c in lib.containers
  c.securityContext.privileged
  msg := sprintf("p$p: %s is privileged", [c.name])
}

warn_replicas contains msg if {
  input.kind == "Deployment"
  input.spec.replicas < 2
  msg := sprintf("p$p: %s has %d replica", [input.metadata.name, input.spec.replicas])
}
REGO
done
printf 'version: 1\npolicies: {builtin: false}\nenvironments: [{name: all, roots: [{path: docs}]}]\n' >"$work/base/.penstock.yaml"
cp -R "$work/policies" "$work/base/"
mkdir "$work/base/docs"

documents() {
  local i tag limits privileged
  for ((i = 0; i < $1; i++)); do
    tag=1.$i limits='limits: {memory: 64Mi}' privileged=false
    [ $((i % 5)) -ne 0 ] || tag=latest
    [ $((i % 7)) -ne 0 ] || limits='requests: {memory: 64Mi}'
    [ $((i % 11)) -ne 0 ] || privileged=true
    printf -- '---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-%d\n  namespace: shop\n  labels: {app: app-%d, team: a}\nspec:\n  replicas: %d\n  selector: {matchLabels: {app: app-%d}}\n  template:\n    metadata: {labels: {app: app-%d}}\n    spec:\n      containers:\n      - name: main\n        image: example.com/app:%s\n        ports: [{containerPort: 8080}]\n        resources: {%s}\n        securityContext: {privileged: %s}\n        env: [{name: A, value: b}, {name: C, value: d}]\n      - name: sidecar\n        image: example.com/sidecar:1.2.3\n        resources: {limits: {memory: 32Mi}}\n' \
      "$i" "$i" $((i % 3)) "$i" "$i" "$tag" "$limits" "$privileged"
  done
}

# measure NAME COMMAND... appends "seconds kilobytes" to $work/NAME.
measure() {
  local name=$1 start end
  shift
  start=$(date +%s.%N)
  if /usr/bin/time -f %M true 2>/dev/null; then
    /usr/bin/time -o "$work/kb" -f %M "$@" >/dev/null 2>&1 || true
  else
    "$@" >/dev/null 2>&1 || true
    echo 0 >"$work/kb"
  fi
  end=$(date +%s.%N)
  printf '%s %s\n' "$(awk -v a="$start" -v b="$end" 'BEGIN { print b - a }')" "$(tail -1 "$work/kb")" >>"$work/$name"
}
median() { sort -n -k"$2" "$work/$1" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'; }

if $engines; then
  cp "$repo/go.mod" "$repo/go.sum" "$work/"
  (cd "$repo" && go get -modfile="$work/go.mod" "$conftest" 2>"$work/get" &&
    go build -modfile="$work/go.mod" -o "$work/engines" ./hack/testdata/compareengines) || { cat "$work/get" >&2; exit 1; }
  files=()
  for n in "${sizes[@]}"; do
    documents "$n" >"$work/documents-$n.yaml"
    files+=("$work/documents-$n.yaml")
  done
  "$work/engines" "${ROUNDS:-5}" "$work/policies" "${files[@]}"
fi
$processes || exit 0

if [ -z "${PENSTOCK:-}" ]; then
  (cd "$repo" && go build -o "$work/penstock" ./cmd/penstock)
  PENSTOCK=$work/penstock
fi
if [ -z "${CONFTEST:-}" ]; then
  GOBIN=$work go install "$conftest"
  CONFTEST=$work/conftest
fi
printf '\n%9s  %10s %8s  %10s %8s  %6s\n' documents 'penstock s' MiB 'conftest s' MiB ratio
last=
for n in "${sizes[@]}"; do
  rm -rf "$work/head"
  cp -R "$work/base" "$work/head"
  documents "$n" >"$work/head/docs/all.yaml"
  ours=("$PENSTOCK" check --dry-run=off --base-dir "$work/base" --head-dir "$work/head")
  theirs=("$CONFTEST" test --all-namespaces --policy "$work/policies" "$work/head/docs/all.yaml")
  a=$("${ours[@]}" --output json 2>/dev/null | grep -c '"fingerprint":') || true
  b=$("${theirs[@]}" --output json 2>/dev/null | grep -c '"msg":') || true
  [ "$a" -eq "$b" ] && [ "$a" -gt 0 ] || { echo "penstock finds $a violations in $n documents, and conftest $b" >&2; exit 1; }
  : >"$work/ours"
  : >"$work/theirs"
  for ((r = 0; r < ${ROUNDS:-5}; r++)); do
    measure ours "${ours[@]}" --output "json=$work/report.json"
    measure theirs "${theirs[@]}" --output json
  done
  now="$(median ours 1) $(median theirs 1)"
  printf '%9d  %10.2f %8.0f  %10.2f %8.0f  %6.1f\n' "$n" "$(median ours 1)" "$(($(median ours 2) / 1024))" \
    "$(median theirs 1)" "$(($(median theirs 2) / 1024))" "$(awk '{ print $2 / $1 }' <<<"$now")"
  if [ -n "$last" ]; then
    awk -v n="$n" -v m="$size" '{ a = ($1 - $3) / (n - m) * 1e6; b = ($2 - $4) / (n - m) * 1e6; printf "%9s  %7.0f us for each document more, conftest %.0f us: %.1f times\n", "", a, b, b / a }' <<<"$now $last"
  fi
  last=$now size=$n
done
