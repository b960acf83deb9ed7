#!/usr/bin/env bash
# Compares what `penstock check --dry-run=off` takes with what kustomize build,
# conftest test and kubeconform take one after the other, on the same objects and
# with the same rules: those of the built-in library that judge one object alone,
# without the change around it.
#
#   hack/compare-speed.sh DIR...
#
# Every DIR is a tree with kustomizations. The base of the change is empty, so
# that all objects count. Needs Go, git, bash, and kustomize, conftest and
# kubeconform on PATH. PENSTOCK names a binary to use instead of one built from
# this checkout, COPIES how often each DIR is taken (1), ROUNDS how often each
# side is measured (5), and SCHEMAS where kubeconform finds JSON schemas (its
# default: the network). It prints the seconds and the largest process of both,
# in turn, and the medians; peak memory where /usr/bin/time is that of GNU.
#
# The peers are run to their advantage: as many builds at a time as there are
# processors, and one call of each judge for all files. Penstock does more: it
# finds the sources of all objects, compares two trees, and keeps the ledger.
set -euo pipefail

if [ $# -eq 0 ]; then
  echo "usage: hack/compare-speed.sh DIR..." >&2
  exit 2
fi
for tool in kustomize conftest kubeconform; do
  command -v "$tool" >/dev/null || { echo "$tool is not on PATH" >&2; exit 2; }
done
repo=$(cd "$(dirname "$0")/.." && pwd)
library=$repo/policies/library
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/base" "$work/head" "$work/policy" "$work/out"
if [ -z "${PENSTOCK:-}" ]; then
  (cd "$repo" && go build -o "$work/penstock" ./cmd/penstock)
  PENSTOCK=$work/penstock
fi

# The rules of both sides. The peers have no match.kinds and no input.review:
# rules that need one of them are left out, and those that are off by default.
rules="images/no-latest-tag rbac/cluster-admin-binding rbac/full-access rbac/wildcard
  reliability/liveness-probe reliability/readiness-probe resources/cpu-memory-requests resources/memory-limit
  secrets/plaintext-configmap secrets/plaintext-env security/capabilities security/host-namespaces security/host-path
  security/host-takeover-path security/privilege-escalation security/privileged security/read-only-root-filesystem"
namespaces=()
mkdir "$work/policy/lib"
cp "$library"/lib/*.rego "$work/policy/lib/"
for rule in $rules; do
  mkdir -p "$work/policy/$rule"
  cp "$library/$rule/rule.rego" "$work/policy/$rule/"
  namespaces+=(--namespace "penstock.$(tr /- ._ <<<"$rule")")
done
find "$work/policy" -name '*_test.rego' -delete
{
  printf 'version: 1\npolicies:\n  severities:\n'
  for file in "$library"/*/*/rule.rego; do
    rule=${file#"$library"/}
    rule=${rule%/rule.rego}
    grep -qw -- "$rule" <<<"$rules" || printf '    %s: "off"\n' "$rule"
  done
} >"$work/base/.penstock.yaml"

# The change, and the roots that Penstock finds in it.
for dir in "$@"; do
  for i in $(seq "${COPIES:-1}"); do
    cp -R "$dir" "$work/head/$i-$(basename "$(cd "$dir" && pwd)")"
  done
done
cp "$work/base/.penstock.yaml" "$work/head/"
check=("$PENSTOCK" check --dry-run=off --base-dir "$work/base" --head-dir "$work/head")
"$PENSTOCK" env --base-dir "$work/base" --head-dir "$work/head" >"$work/environments"
awk '$1 == "root" && $2 == "kustomize" {print $3}' "$work/environments" >"$work/roots"
other=$(awk '$1 == "root" && $2 != "kustomize"' "$work/environments" | wc -l)
[ "$other" -eq 0 ] || { echo "$other roots are no kustomizations; the peers cannot build them" >&2; exit 2; }

export WORK=$work
cat >"$work/peers" <<'PEERS'
#!/usr/bin/env bash
set -uo pipefail
build() { kustomize build "$WORK/head/$1" >"$WORK/out/$(tr / - <<<"$1").yaml"; }
export -f build
xargs -P "$(getconf _NPROCESSORS_ONLN)" -I{} bash -c 'build {}' <"$WORK/roots"
conftest test --no-fail --policy "$WORK/policy" "$@" --output json "$WORK"/out/*.yaml >"$WORK/conftest.json"
kubeconform -ignore-missing-schemas ${SCHEMAS:+-schema-location "$SCHEMAS"} -summary "$WORK"/out/*.yaml >"$WORK/kubeconform.txt"
PEERS
chmod +x "$work/peers"

# measure prints seconds elapsed, of processor time, and MiB of the largest process.
measure() {
  if /usr/bin/time -f %M true 2>/dev/null; then
    /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@" >/dev/null 2>"$work/stderr" || true
    tail -1 "$work/time" | awk '{printf "%.2f %.2f %.0f\n", $1, $2 + $3, $4 / 1024}'
  else
    local TIMEFORMAT='%R %U %S'
    { time "$@" >/dev/null 2>"$work/stderr" || true; } 2>&1 | awk '{printf "%.2f %.2f 0\n", $1, $2 + $3}'
  fi
}
median() { sort -n | awk '{v[NR] = $1} END {print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2}'; }
column() { awk -v n="$1" '{print $n}' "$2"; }

"${check[@]}" --output json="$work/penstock.json" >/dev/null || true
"$work/peers" "${namespaces[@]}"
printf '%d roots, %d rules; findings: penstock %d, conftest %d\n' "$(wc -l <"$work/roots")" "$(wc -w <<<"$rules")" \
  "$(sed -n '/"findings": \[/,/^  \]/p' "$work/penstock.json" | grep -c '"rule":')" "$(grep -c '"msg":' "$work/conftest.json")"
cat "$work/kubeconform.txt"
printf '%-9s %8s %8s %6s\n' "" seconds cpu MiB
for _ in $(seq "${ROUNDS:-5}"); do
  measure "${check[@]}" --output json="$work/penstock.json" | tee -a "$work/ours" | xargs printf '%-9s %8s %8s %6s\n' penstock
  measure "$work/peers" "${namespaces[@]}" | tee -a "$work/theirs" | xargs printf '%-9s %8s %8s %6s\n' peers
done
for i in 1 2 3; do
  printf '%s %s\n' "$(column $i "$work/ours" | median)" "$(column $i "$work/theirs" | median)"
done | awk 'BEGIN {split("seconds cpu MiB", name)} {printf "median %-7s  penstock %.2f  peers %.2f", name[NR], $1, $2; if ($2 > 0) printf "  ratio %.2f", $1 / $2; print ""}'
