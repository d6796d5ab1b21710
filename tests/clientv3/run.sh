#!/usr/bin/env bash
# Builds check.go and runs it against lockstepd (the program that LOCKSTEPD names) and against Debian's etcd.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
(cd "$here" && GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="${GOCACHE:-$work/go}" go build -o "$work/check" check.go)
for program in "$LOCKSTEPD" "$(command -v etcd)"; do
  echo "--- $program"
  "$here/check.sh" "$program" "$work/check" "$work/$(basename "$program")"
done
