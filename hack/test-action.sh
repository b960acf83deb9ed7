#!/usr/bin/env bash
# Runs action.yml as a workflow does, under nektos/act without containers, and
# looks at its outputs, its summary, its annotations, and at what it posts to the
# test GitHub of checks/githubtest: on the pull request of `penstock demo`, with
# penstock built from a copy of this checkout, which takes minutes where Go's
# build cache is cold; and on a real repository, with a release made here. Checks
# the workflows of this repository and of docs/github.md with actionlint.
#
# Needs Go, git, bash, curl and the module proxy. actions/checkout is done by act,
# and testdata/action/setup-go stands for actions/setup-go; nothing else is
# replaced.
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
github=
trap '[ -z "$github" ] || kill "$github" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/home" "$work/out" "$work/source" "$work/releases" "$work/release"

GOBIN=$work/bin go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GOBIN=$work/bin go install github.com/nektos/act@v0.2.89

step() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }
sha256() {
  local sum
  if command -v sha256sum >/dev/null; then sum=$(sha256sum); else sum=$(shasum -a 256); fi
  printf '%s' "${sum%% *}"
}
holds() { grep -qF -- "$2" "$1" || { tail -20 "$1" >&2; fail "no $2 in $1"; }; }
# lines FILE NUMBER PATTERN: so many lines match.
lines() { [ "$(grep -cE -- "$3" "$1")" -eq "$2" ] || { tail -20 "$1" >&2; fail "not $2 lines of $1 match $3"; }; }

step actionlint
examples=$work/examples/.github/workflows
mkdir -p "$examples"
git init -q "$work/examples"
awk -v dir="$examples" '/^```yaml$/ { n++; on = 1; next } /^```/ { on = 0 } on { print > (dir "/example-" n ".yml") }' "$repo/docs/github.md"
[ "$(ls "$examples" | wc -l)" -ge 5 ] || fail "docs/github.md has lost its workflows"
(cd "$repo" && "$work/bin/actionlint" .github/workflows/*.yml testdata/action/*.yml)
(cd "$work/examples" && "$work/bin/actionlint")
ls "$repo"/.github/workflows/*.yml "$examples"/*.yml

# pull makes the checkout of a workflow on the pull request of the branch
# pull-request into main, in the directory $1, and its event.
pull() {
  cd "$1"
  git config user.name test
  git config user.email test@example.com
  local example=$repo/checks/testdata/events/pull_request.synchronize.json head was base before
  git remote add origin "$(sed -n 's/^ *"clone_url": "\(.*\)".*/\1/p' "$example" | head -1)"
  head=$(git rev-parse pull-request)
  base=$(git rev-parse main)
  git checkout -q --detach main
  git merge -q --no-ff -m merge pull-request
  merge=$(git rev-parse HEAD)
  mkdir -p .github/workflows
  cp "$repo"/testdata/action/*.yml .github/workflows/
  was=$(sed -n 's/^ *"after": "\([0-9a-f]*\)".*/\1/p' "$example")
  before=$(sed -n 's/^ *"before": "\([0-9a-f]*\)".*/\1/p' "$example")
  sed -e "s/$was/$head/g" -e "/\"before\"/!s/$before/$base/g" "$example" >"$work/event.json"
}

# github starts a test GitHub that knows the pull request.
github() {
  [ -z "$github" ] || kill "$github"
  "$work/bin/serve" -event "$work/event.json" -merge "$merge" -releases "$work/releases" >"$work/address" &
  github=$!
  for _ in $(seq 100); do
    api=$(cat "$work/address")
    if [ -n "$api" ]; then return; fi
    sleep 0.1
  done
  fail "the test GitHub does not start"
}

# act_on runs the workflow $1, which must end with $2, and logs to $work/act.log.
act_on() {
  local code=0
  env -i PATH="$PATH" HOME="$work/home" "${goenv[@]}" "$work/bin/act" pull_request --json -W ".github/workflows/$1" \
    -P ubuntu-latest=-self-hosted --eventpath "$work/event.json" \
    --env OUT="$work/out" --env GITHUB_API_URL="$api" --env PENSTOCK_RELEASES="$api/releases" -s GITHUB_TOKEN="$token" \
    --local-repository "penstock-dev/penstock@main=$work/source" \
    --local-repository "penstock-dev/penstock@release=$work/release" \
    --local-repository "$setup_go=$repo/testdata/action/setup-go" \
    >"$work/act.log" 2>"$work/act.err" || code=$?
  [ "$code" -eq "$2" ] || { tail -40 "$work/act.log" "$work/act.err" >&2; fail "act ended with $code, and not with $2"; }
  ! grep -qF "$token" "$work/act.log" "$work/act.err" || fail "the token is in the log"
}

step build
# What git knows of this checkout, as it is on disk.
git -C "$repo" ls-files -z | (cd "$repo" && xargs -0 -I{} sh -c '[ ! -e "$1" ] || printf "%s\0" "$1"' sh {}) | tar -C "$repo" --null -T - -cf - | tar -C "$work/source" -xf -
(cd "$repo" && go build -o "$work/bin/" ./cmd/penstock ./checks/githubtest/serve)
token=$(sed -n 's/^const Token = "\(.*\)"$/\1/p' "$repo/checks/githubtest/server.go")
setup_go=$(sed -n 's/.*uses: \(actions\/setup-go@[0-9a-f]*\).*/\1/p' "$repo/action.yml")
go_env() { for name in GOCACHE GOMODCACHE GOPROXY GOSUMDB GONOSUMDB GOFLAGS; do printf '%s=%s\n' "$name" "$(go env "$name")"; done; }
mapfile -t goenv < <(go_env)

step a pull request with faults
"$work/bin/penstock" demo --dry-run=off --keep "$work/shop" >/dev/null 2>&1 || [ $? -eq 1 ]
pull "$work/shop"
github
act_on workflow.yml 1
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

step what it has posted
posted=$work/out/posted
cat "$posted"
lines "$posted" 1 '^[0-9a-f]{7} penstock: completed failure: Fail: 2 errors, [0-9]+ warnings'
lines "$posted" 1 '^[0-9a-f]{7} penstock / dev: completed failure: .*\(2 annotations\)$'
lines "$posted" 1 '^[0-9a-f]{7} penstock / prod: completed failure: .*\([1-9] annotations\)$'
lines "$posted" 1 '^[0-9a-f]{7} penstock / staging: completed success: .*\(1 annotations\)$'
# A job that was killed at the head before has left it in progress.
lines "$posted" 1 ' penstock: completed cancelled: Superseded by '
lines "$posted" 5 '^[0-9a-f]{7} penstock'
lines "$posted" 1 '^comment on 2: <!-- penstock comment penstock : 1 --> ## Penstock: FAIL'
lines "$posted" 1 '^comment on '
lines "$posted" 0 'in_progress|queued|^violation'
cmp "$posted" "$work/out/posted-again" || fail "the same report was posted twice"

step the same workflow again
# Checking again is another report, whose runs are those that GitHub shows.
act_on workflow.yml 1
cat "$posted"
lines "$posted" 2 '^[0-9a-f]{7} penstock: completed failure: '
lines "$posted" 2 '^[0-9a-f]{7} penstock / dev: completed failure: '
lines "$posted" 9 '^[0-9a-f]{7} penstock'
lines "$posted" 1 '^comment on '
lines "$posted" 0 'in_progress|queued|^violation'
cmp "$posted" "$work/out/posted-again" || fail "the same report was posted twice"

step releases
platform=$(go env GOOS)_$(go env GOARCH)
checksums=
for version in 1.0.0 1.0.1; do
  archive=$work/releases/v$version/penstock_${version}_$platform.tar.gz
  mkdir -p "${archive%/*}"
  tar -C "$work/bin" -czf "$archive" penstock
  sum=$(sha256 <"$archive")
  checksums+="$version $platform $sum\\\\n"
done
echo more >>"$archive"
forged=$(sha256 <"$archive")
sed "s/^\( *CHECKSUMS: \)\"\"$/\1\"$checksums\"/" "$repo/action.yml" >"$work/release/action.yml"
act_on release.yml 0
cat "$work/out/outcomes" "$work/out/before" "$work/out/version"
lines "$work/out/outcomes" 1 '^failure failure$'
lines "$work/out/before" 1 '^not installed$'
[ "$(cat "$work/out/version")" = "$("$work/bin/penstock" version)" ] || fail "another penstock was installed"
holds "$work/act.log" "the archive of release 1.0.1 has the SHA-256 $forged, and not $sum"
holds "$work/act.log" "this version of the action knows no release 1.0.2 for $platform"
lines "$work/act.log" 2 '"msg":"exit status 2"'

step a real repository
corpus=$repo/../shared/corpora
if ! archive=$(ls "$corpus"/GoogleCloudPlatform-microservices-demo-*.tar.gz 2>/dev/null); then
  printf 'skipped: there is no archive of microservices-demo in %s\n' "$corpus"
  printf '\nthe action works, as far as this looked\n'
  exit
fi
mkdir "$work/real"
tar -C "$work/real" -xzf "$archive"
cd "$work/real"
git init -q -b main
git add .
git -c user.name=test -c user.email=test@example.com commit -q -m base
git checkout -q -b pull-request
sed -i.bak -e '/matchLabels:/,/annotations:/s/app: frontend/app: web/' -e 's/\(image: .*\/frontend\):.*/\1:latest/' kustomize/base/frontend.yaml
rm kustomize/base/frontend.yaml.bak
git -c user.name=test -c user.email=test@example.com commit -q -a -m change
git diff --stat main pull-request
pull "$work/real"
github
act_on real.yml 1
cat "$work/out/real.json" "$posted"
holds "$work/out/real.json" '"verdict": "fail"'
# A finding of several environments is annotated once, on the check itself.
for environment in kustomize kustomize/tests/{memorystore,service-mesh-istio,spanner}-with-all-components; do
  holds "$work/out/real.json" "\\\"$environment\\\""
  lines "$posted" 1 "^[0-9a-f]{7} penstock / $environment: completed failure: Fail: 1 error, [0-9]+ warnings?"
done
holds "$work/out/real.json" '\"environments\":6,\"affected\":4'
holds "$work/out/real.json" '\"updated\":4,\"deleted\":0,'
lines "$posted" 1 '^[0-9a-f]{7} penstock: completed failure: Fail: 4 errors, [0-9]+ warnings \([1-9][0-9]* annotations\)$'
lines "$posted" 6 '^[0-9a-f]{7} penstock'
lines "$posted" 1 '^comment on '
lines "$posted" 0 'in_progress|queued|^violation'
holds "$work/act.log" '## Penstock: FAIL'
holds "$work/act.log" 'dry-run/immutable-field'
holds "$work/act.log" 'images/no-latest-tag'
holds "$work/act.log" 'file=kustomize/base/frontend.yaml,line='
grep -o '::[a-z]* file=[^\\]*' "$work/act.log" | sort -u | head -4
printf '\nthe action works\n'
