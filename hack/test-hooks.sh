#!/usr/bin/env bash
# Runs the pre-push samples of docs/pre-push.md under pre-commit and lefthook: in
# a real repository, with a real git push to a bare remote. A change with faults
# is refused and penstock's report is shown; another one is pushed. pre-commit
# builds penstock from a copy of this checkout, as `language: golang` does.
#
# Needs Go, git and the module proxy; and pre-commit 3.2 or newer, which is taken
# from PRE_COMMIT, from PATH, or else installed with pip.
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
mkdir "$work/bin"
# Go's caches are below the home directory, and pre-commit gives Go a GOPATH of
# its own.
for name in GOCACHE GOMODCACHE GOPROXY GOSUMDB GOFLAGS; do export "$name=$(go env "$name")"; done
export HOME=$work/home XDG_CACHE_HOME=$work/cache GIT_CONFIG_NOSYSTEM=1
mkdir "$HOME"
git config --global user.name test
git config --global user.email test@example.com
git config --global init.defaultBranch main

step() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }
holds() { grep -qF -- "$2" "$1" || { cat "$1" >&2; fail "no $2 in $1"; }; }

# sample prints the indented block of docs/pre-push.md that begins with a line.
sample() { awk -v first="    $1" '$0 == first { on = 1 } on && !/^    / && !/^$/ { exit } on { print substr($0, 5) }' "$repo/docs/pre-push.md"; }

# shop makes the repository of `penstock demo`, with a bare remote that has main.
shop() {
  "$work/bin/penstock" demo --dry-run=off --keep "$work/$1" >/dev/null 2>&1 || [ $? -eq 1 ]
  git init -q --bare "$work/$1.git"
  cd "$work/$1"
  git checkout -q -f main
  git remote add origin "$work/$1.git"
  git push -q -u origin main
}

# pushes tries both changes with the hook that is in place.
pushes() {
  git checkout -q -b good main
  echo "# Nothing that an environment receives." >>README.md
  echo "# A comment." >>storefront/base/kustomization.yaml
  git add -A
  git commit -q -m good
  if git push origin pull-request >"$work/bad.log" 2>&1; then
    cat "$work/bad.log" >&2
    fail "$1 lets a change with faults through"
  fi
  [ -z "$(git ls-remote origin refs/heads/pull-request)" ] || fail "$1: the remote has the change that was refused"
  holds "$work/bad.log" "penstock: refs/heads/pull-request: commit"
  holds "$work/bad.log" "against the merge-base with origin/main"
  holds "$work/bad.log" "storefront/overlays/prod"
  holds "$work/bad.log" "The push is blocked."
  grep -F -e "penstock: " -e "The push is blocked" "$work/bad.log"
  git push origin good >"$work/good.log" 2>&1 || { cat "$work/good.log" >&2; fail "$1 refuses a good change"; }
  [ "$(git ls-remote origin refs/heads/good | cut -f1)" = "$(git rev-parse good)" ] || fail "$1: the remote does not have the good change"
  echo "$1 refuses the change with faults, and lets the other one through"
}

step build
(cd "$repo" && go build -o "$work/bin/penstock" ./cmd/penstock)

step lefthook
GOBIN=$work/bin go install github.com/evilmartians/lefthook@v1.13.6
shop lefthook
sample "pre-push:" >lefthook.yml
holds lefthook.yml "use_stdin"
git add lefthook.yml
git commit -q -m "add lefthook"
git push -q origin main
export PATH=$work/bin:$PATH
lefthook install
pushes lefthook

step pre-commit
modern() { command -v "$1" >/dev/null && [ "$(printf '3.2.0\n%s\n' "$("$1" --version | cut -d' ' -f2)" | sort -V | head -1)" = 3.2.0 ]; }
pre_commit=${PRE_COMMIT:-pre-commit}
if ! modern "$pre_commit"; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install -q pre-commit==4.3.0 || fail "there is no pre-commit 3.2 or newer, and pip cannot install one: give it as PRE_COMMIT"
  pre_commit=$work/venv/bin/pre-commit
fi
"$pre_commit" --version
# What git knows of this checkout, as it is on disk.
mkdir "$work/source"
git -C "$repo" ls-files -z | (cd "$repo" && xargs -0 -I{} sh -c '[ ! -e "$1" ] || printf "%s\0" "$1"' sh {}) | tar -C "$repo" --null -T - -cf - | tar -C "$work/source" -xf -
git init -q "$work/source"
git -C "$work/source" add -A
git -C "$work/source" commit -q -m source
shop pre-commit
sample "repos:" | sed -e "s|https://github.com/penstock-dev/penstock|file://$work/source|" -e "s|COMMIT|$(git -C "$work/source" rev-parse HEAD)|" >.pre-commit-config.yaml
holds .pre-commit-config.yaml "- id: penstock"
git add .pre-commit-config.yaml
git commit -q -m "add pre-commit"
git push -q origin main
mv "$work/bin/penstock" "$work/penstock" # the one that pre-commit builds is to run
"$pre_commit" install --hook-type pre-push
pushes pre-commit
printf '\nthe hooks work\n'
