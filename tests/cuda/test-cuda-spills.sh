#!/bin/sh
# SPDX-License-Identifier: MIT
# No kernel that multiplies matrices keeps anything in local memory or spills registers, on any
# architecture that this build compiles for, and the assembler makes none slower than it is written, as
# it does by putting products of warp groups one after the other: one test for each of its reports.
#
#   test-cuda-spills.sh [REPORT…]
set -u

# Prints “KERNEL, ARCHITECTURE: …” for each kernel with local memory, and how many kernels there were
# on the last line.
list_spills ()
{
  awk '
    /Compiling entry function/ { split ($0, part, "\047"); kernel = part[2]; sm = part[4]; n++ }
    /bytes stack frame/ {
      if ($1 > 0 || $5 > 0 || $9 > 0)
        printf "%s, %s: %d bytes of local memory, %d bytes spilled, %d bytes read back\n", \
               kernel, sm, $1, $5, $9
    }
    /Potential Performance Loss/ { sub (/^ptxas info *: */, ""); print }
    END { print n + 0 }' "$1"
}

if [ $# -eq 0 ]; then
  echo "1..0 # SKIP built without CUDA's compiler"
  exit 0
fi
echo "1..$(($# + 1))"

# That a spill would be seen, in the words of ptxas 12 and 13.
sample=$(mktemp)
cat > "$sample" <<'END'
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'clean' for 'sm_80'
ptxas info    : Function properties for clean
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 72 registers, used 1 barriers
ptxas info    : Compiling entry function 'spilling' for 'sm_75'
ptxas info    : Function properties for spilling
    16 bytes stack frame, 12 bytes spill stores, 24 bytes spill loads
ptxas info    : (C7510) Potential Performance Loss: something is serialized
END
seen=$(list_spills "$sample")
rm -f "$sample"
if [ "$seen" = "spilling, sm_75: 16 bytes of local memory, 12 bytes spilled, 24 bytes read back
(C7510) Potential Performance Loss: something is serialized
2" ]; then
  echo "ok 1 a spill is seen"
else
  echo "not ok 1 a spill is seen"
fi

i=1
for report in "$@"; do
  i=$((i + 1))
  name=$(basename "$report" .report)
  found=$(list_spills "$report")
  n=$(echo "$found" | tail -n 1)
  if [ "$n" -gt 0 ] && [ "$(echo "$found" | wc -l)" -eq 1 ]; then
    echo "ok $i $name: $n kernels"
  else
    echo "not ok $i $name: $n kernels"
    echo "$found" | sed '$d; s/^/# /'
  fi
done
