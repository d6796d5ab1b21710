#!/usr/bin/env bash
# One shard of a range of seeds: seed FIRST + i belongs to shard i * SHARDS / SEEDS. Usage: fuzz_shards.sh LOCKSTEP
# A failed seed's trace is among the shard's undeclared outputs.
set -euo pipefail

program="$1"
shards="${TEST_TOTAL_SHARDS:-1}"
index="${TEST_SHARD_INDEX:-0}"
first="${FIRST_SEED:-1}"
seeds="${SEEDS:-1600}"

if [[ -n "${TEST_SHARD_STATUS_FILE:-}" ]]; then touch "$TEST_SHARD_STATUS_FILE"; fi
from=$((index * seeds / shards))
to=$(((index + 1) * seeds / shards))
if ((from == to)); then
  echo "no seeds for shard $index: $seeds seeds in $shards shards"
  exit 0
fi
exec "$program" fuzz --jobs=1 --stack="${STACK:-full}" --start-seed="$((first + from))" --seeds="$((to - from))" \
  --output="${TEST_UNDECLARED_OUTPUTS_DIR:-.}"
