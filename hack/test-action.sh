#!/usr/bin/env bash
# Runs action.yml as a workflow does, under nektos/act without containers, on the
# pull request of `penstock demo`, and looks at its outputs, its summary and its
# annotations. Checks the workflows of this repository and of docs/github.md with
# actionlint. The action builds penstock from a copy of this checkout, which takes
# minutes where Go's build cache is cold.
#
# Needs Go, git, bash and the module proxy. actions/checkout is done by act, and
# testdata/action/setup-go stands for actions/setup-go; nothing else is replaced.
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/home" "$work/out" "$work/source"

GOBIN=$work/bin go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GOBIN=$work/bin go install github.com/nektos/act@v0.2.89

step() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }
holds() { grep -qF -- "$2" "$1" || { cat "$1" >&2; fail "no $2 in $1"; }; }

step actionlint
examples=$work/examples/.github/workflows
mkdir -p "$examples"
git init -q "$work/examples"
awk -v dir="$examples" '/^```yaml$/ { n++; on = 1; next } /^```/ { on = 0 } on { print > (dir "/example-" n ".yml") }' "$repo/docs/github.md"
[ "$(ls "$examples" | wc -l)" -ge 5 ] || fail "docs/github.md has lost its workflows"
(cd "$repo" && "$work/bin/actionlint" .github/workflows/*.yml testdata/action/workflow.yml)
(cd "$work/examples" && "$work/bin/actionlint")
ls "$repo"/.github/workflows/*.yml "$examples"/*.yml

step a pull request
# What git knows of this checkout, as it is on disk.
git -C "$repo" ls-files -z | (cd "$repo" && xargs -0 -I{} sh -c '[ ! -e "$1" ] || printf "%s\0" "$1"' sh {}) | tar -C "$repo" --null -T - -cf - | tar -C "$work/source" -xf -
(cd "$repo" && go build -o "$work/bin/penstock" ./cmd/penstock)
"$work/bin/penstock" demo --dry-run=off --keep "$work/shop" >/dev/null 2>&1 || [ $? -eq 1 ]
cd "$work/shop"
git config user.name test
git config user.email test@example.com
git remote add origin https://github.com/octo/shop.git
head=$(git rev-parse pull-request)
git checkout -q --detach main
git merge -q --no-ff -m merge pull-request
mkdir -p .github/workflows
cp "$repo/testdata/action/workflow.yml" .github/workflows/
example=$repo/checks/testdata/events/pull_request.synchronize.json
was=$(sed -n 's/^ *"after": "\([0-9a-f]*\)".*/\1/p' "$example")
sed "s/$was/$head/g" "$example" >"$work/event.json"

step act
go_env() { for name in GOCACHE GOMODCACHE GOPROXY GOSUMDB GONOSUMDB GOFLAGS; do printf '%s=%s\n' "$name" "$(go env "$name")"; done; }
mapfile -t goenv < <(go_env)
setup_go=$(sed -n 's/.*uses: \(actions\/setup-go@[0-9a-f]*\).*/\1/p' "$repo/action.yml")
code=0
env -i PATH="$PATH" HOME="$work/home" "${goenv[@]}" "$work/bin/act" pull_request --json \
  -P ubuntu-latest=-self-hosted --eventpath "$work/event.json" --env OUT="$work/out" \
  --local-repository "penstock-dev/penstock@main=$work/source" \
  --local-repository "$setup_go=$repo/testdata/action/setup-go" \
  >"$work/act.log" 2>"$work/act.err" || code=$?
[ "$code" -eq 1 ] || { tail -40 "$work/act.log" "$work/act.err" >&2; fail "act ended with $code, and not with 1"; }

cat "$work/out/faults.json" "$work/out/clean.json"
holds "$work/out/faults.json" '"verdict": "fail"'
holds "$work/out/faults.json" '"failed-environments": "[\"dev\",\"prod\"]"'
holds "$work/out/faults.json" '"sarif": "/'
holds "$work/out/faults.json" '\"environments\":3,\"affected\":3'
holds "$work/out/clean.json" '"verdict": "pass"'
holds "$work/out/clean.json" '"failed-environments": "[]"'
# act writes a record for each part of the summary, and one for each command.
holds "$work/act.log" '## Penstock: FAIL'
holds "$work/act.log" '## Penstock: PASS'
holds "$work/act.log" 'file=storefront/overlays/dev/profiler.yaml'
grep -o '::error [^\\]*' "$work/act.log" | head -2
printf '\nthe action works\n'
