#!/usr/bin/env bash
# Makes what a release carries beside the binary, in build/: the manual and the
# completions, by the program itself. git ignores build/: the version of a
# worktree with other files would end in "+dirty".
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf build
mkdir -p build/man build/completions
# The flags of the release, so that nothing is compiled twice.
CGO_ENABLED=0 go build -trimpath -buildvcs=true -ldflags '-s -w' -o build/penstock ./cmd/penstock
build/penstock man build/man
for shell in bash zsh fish; do
  build/penstock completion "$shell" >"build/completions/penstock.$shell"
done
