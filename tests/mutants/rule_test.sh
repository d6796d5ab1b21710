#!/usr/bin/env bash
# The rule of defs.bzl can fail: ORIGINAL, a hunt in the code as it ships, and MUTANT, one with PATCH applied.
set -uo pipefail
original="$1" mutant="$2" patch="$3"
status=0

# expect NAME STATUS TEXT COMMAND...: the command ends so and says so.
expect() {
  local name="$1" wanted="$2" text="$3" output got=0
  output="$("${@:4}" 2>&1)" || got=$?
  [[ $got -eq $wanted && $output == *"$text"* ]] && return
  printf '%s: status %s, wanted %s with "%s":\n%s\n' "$name" "$got" "$wanted" "$text" "$output"
  status=1
}

with_head() { sed -e '/^caught by: /d' -e "/^plants: /a $1" "$patch" >"$TEST_TMPDIR/$2.patch"; }

with_head 'caught by: simulation, CommitOnlyCurrentTermProp, 20' right
expect 'planted and caught' 0 'caught by' "$mutant" "$TEST_TMPDIR/right.patch"
expect 'not planted' 1 'NOT CAUGHT' "$original" "$TEST_TMPDIR/right.patch"
with_head 'caught by: simulation, LeaseSafety, 20' other_property
expect 'caught by another property only' 1 'only something else was: CommitOnlyCurrentTermProp' \
  "$mutant" "$TEST_TMPDIR/other_property.patch"
with_head 'caught by: liveness, Liveness, 20' other_layer
expect 'caught by another layer only' 1 'NOT CAUGHT' "$mutant" "$TEST_TMPDIR/other_layer.patch"
with_head 'caught by: nobody, Liveness, 20' no_layer
expect 'an unknown layer' 2 "no layer 'nobody'" "$mutant" "$TEST_TMPDIR/no_layer.patch"
exit $status
