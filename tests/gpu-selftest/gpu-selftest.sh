#!/bin/sh
# SPDX-License-Identifier: MIT
#
# gpu-selftest.sh BUILD [--emulated] [--json FILE] [MODEL.onnx…]
#
# For a machine with an NVIDIA GPU: runs every case of the emulated tests on the device itself (each
# kernel over the shapes against the reference, INT8 bit for bit, and whole models), then times MODELs
# at batch 1 and 128 in INT8, FP16 and FP32. It ends with a table, and writes the same as JSON. BUILD is
# a build folder with tests and CUDA kernels. With --emulated everything but the times runs on the
# emulation, in a small selection, which tests this program.
set -u

usage () { sed -n '4,12s/^# \{0,1\}//p' "$0"; exit 2; }

[ $# -ge 1 ] || usage
build=$1
shift
emulated=no
json=gpu-selftest.json
while [ $# -gt 0 ]; do
  case "$1" in
    --emulated) emulated=yes; shift ;;
    --json) [ $# -ge 2 ] || usage; json=$2; shift 2 ;;
    -*) usage ;;
    *) break ;;
  esac
done

cli=$build/app/cli/quantoscope-cli
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
: > "$work/results" > "$work/times"

if [ "$emulated" = no ]; then
  QS_TEST_GPU=1
  export QS_TEST_GPU
  "$cli" devices
  if ! "$cli" devices --json "$work/devices.json" >/dev/null ||
     ! tr -d ' \n' < "$work/devices.json" | grep -q '"device":"cuda","backend":"cuda","usable":true'; then
    echo "There is no GPU that can be used." >&2
    exit 1
  fi
fi

# quote TEXT: as a JSON string
quote () { printf '"%s"' "$(printf %s "$1" | tr '\n\t' '  ' | sed 's/\\/\\\\/g; s/"/\\"/g')"; }

# note CASE STATUS DETAIL
note ()
{
  printf '%s\t%s\t%s\n' "$1" "$2" "$3" >> "$work/results"
  [ "$2" = passed ] || failed=$((failed + 1))
}

# run_program NAME OPTION…: a test program, a line for each of its cases. What it says when it ends
# itself at a difference is the detail.
run_program ()
{
  name=$1
  shift
  G_TEST_SRCDIR=$(dirname "$0")/.. "$build/tests/cuda/test-$name" "$@" \
    > "$work/out" 2> "$work/err"
  status=$?
  sed -n 's/^ok [0-9]* \([^ ]*\).*/\1/p' "$work/out" > "$work/passed"
  while read -r path; do
    note "$path" passed ""
  done < "$work/passed"
  [ -s "$work/passed" ] || note "$name" failed "none of its cases was run"
  [ "$status" -eq 0 ] ||
    note "$name" failed "$(grep -h 'ERROR\|Bail out' "$work/out" "$work/err" | head -n 1)"
}

if [ "$emulated" = yes ]; then
  run_program cuda-layers -p /cuda/layers/soft-max
  run_program cuda-engines -p /cuda/random-networks
else
  for name in cuda-kernels cuda-products cuda-layers cuda-engines; do
    run_program "$name"
  done
  run_program cuda-hopper -s /cuda-hopper/emulation
fi

# time_model MODEL BATCH PRECISION: INT8 with the calibration cache beside the model, MODEL.cache
time_model ()
{
  cache=${1%.onnx}.cache
  [ "$3" != int8 ] || set -- "$1" "$2" "$3" --cache "$cache"
  if "$cli" build "$1" --device cuda --batch "$2" --precision "$3" ${4+"$4" "$5"} -o "$work/plan" \
       > "$work/log" 2>&1 &&
     "$cli" bench "$work/plan" --device cuda --json "$work/bench.json" >> "$work/log" 2>&1; then
    ms=$(sed -n 's/.*"median_ms" *: *\([0-9.e+-]*\).*/\1/p' "$work/bench.json" | head -n 1)
    printf '%s\t%s\t%s\t%s\n' "$(basename "$1")" "$2" "$3" "${ms:-null}" >> "$work/times"
  else
    note "$(basename "$1") at batch $2 in $3" failed "$(tail -n 1 "$work/log")"
  fi
}

if [ "$emulated" = no ]; then
  for model in "$@"; do
    for batch in 1 128; do
      for precision in int8 fp16 fp32; do
        time_model "$model" "$batch" "$precision"
      done
    done
  done
fi

# The table, and the same as JSON.
tab=$(printf '\t')
passed=$(awk -F '\t' '$2 == "passed"' "$work/results" | wc -l)
awk -F '\t' '{ printf "%-8s %-48s %s\n", $2, $1, $3 }' "$work/results"
[ ! -s "$work/times" ] ||
  awk -F '\t' 'BEGIN { printf "\n%-32s %6s %-5s %10s\n", "model", "batch", "", "ms" }
               { printf "%-32s %6s %-5s %10s\n", $1, $2, $3, $4 }' "$work/times"
{
  printf '{\n  "emulated": %s,\n  "passed": %s,\n  "failed": %s,\n  "cases": [' \
    "$([ "$emulated" = yes ] && echo true || echo false)" "$passed" "$failed"
  comma=
  while IFS=$tab read -r name status detail; do
    printf '%s\n    { "case": %s, "status": "%s", "detail": %s }' "$comma" "$(quote "$name")" "$status" \
      "$(quote "$detail")"
    comma=,
  done < "$work/results"
  printf '\n  ],\n  "times": ['
  comma=
  while IFS=$tab read -r name batch precision ms; do
    printf '%s\n    { "model": %s, "batch": %s, "precision": "%s", "ms": %s }' "$comma" \
      "$(quote "$name")" "$batch" "$precision" "$ms"
    comma=,
  done < "$work/times"
  printf '\n  ]\n}\n'
} > "$json"
echo "$passed passed, $failed failed; written to $json"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
