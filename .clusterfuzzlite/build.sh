#!/usr/bin/env bash
# Puts every fuzz target into $OUT, as OSS-Fuzz and ClusterFuzzLite want it: TARGET, TARGET_seed_corpus.zip, TARGET.dict.
# Needs Debian 12, whose packages Lockstep is built with. Elsewhere than in their images: OUT=FOLDER .clusterfuzzlite/build.sh
set -euo pipefail

die() {
  echo "build.sh: $*" >&2
  exit 1
}

# The engines run a copy of this file in the folder of the sources.
root=''
for folder in "$PWD" "${SRC:-/nowhere}/lockstep" "$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"; do
  [[ -f $folder/WORKSPACE && -d $folder/sim/guided ]] && root="$folder" && break
done
[[ -n $root ]] || die "no sources of Lockstep in $PWD, \$SRC/lockstep or beside this file"
: "${OUT:?set OUT to the folder that the targets go to}"
# What .bazelrc builds for, as project.yaml says. Compiler and flags are Bazel's: $CC, $CXX and $CFLAGS count for nothing.
case "${LIB_FUZZING_ENGINE:--fsanitize=fuzzer}" in
  -fsanitize=fuzzer | */libFuzzingEngine.a) ;;
  *) die "LIB_FUZZING_ENGINE=$LIB_FUZZING_ENGINE: the targets are built for libFuzzer" ;;
esac
case "${SANITIZER:-address}" in
  address) ;;
  *) die "SANITIZER=$SANITIZER: the targets are built with address and undefined together, as 'address'" ;;
esac
mkdir -p "$OUT"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
base="$HOME/.cache/lockstep-bazel-clang"

# Prints where Bazel puts what it builds of label $1 with the options of --config=$2.
build() {
  local path="${1#//}"
  (cd "$root" && bazel --output_base="$base" build --config="$2" --symlink_prefix=/ "$1" >&2)
  echo "$base/execroot/lockstep/bazel-out/k8-opt/bin/${path/://}"
}

# $1: a folder of inputs; $2: the target.
pack() { (cd "$1" && python3 -m zipfile -c "$OUT/$2_seed_corpus.zip" ./*); }

(cd "$root" && bazel build //tests/seeds:byte_seeds >&2)
for row in codec:runtime/codec log:runtime/wal snapshot:runtime/snapshots; do
  kind="${row%%:*}"
  target="${kind}_fuzzer"
  cp -f "$(build "//${row#*:}:$target" fuzzer)" "$OUT/$target"
  cp -f "$root/${row#*:}/$kind.dict" "$OUT/$target.dict"
  "$root/bazel-bin/tests/seeds/byte_seeds" "$kind" "$work/$kind"
  pack "$work/$kind" "$target"
done
cp -f "$(build //sim/guided:guided_fuzzer guided)" "$OUT/guided_fuzzer"
cp -f "$root/sim/guided/guided.dict" "$OUT/guided_fuzzer.dict"
pack "$root/sim/guided/corpus" guided_fuzzer
