#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-gpu-selftest.sh PROGRAM: the self-test over the emulated device, with few cases: that it passes
# where all is well, and that it tells each kind of fault. Speaks TAP.
set -u
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# A result that was found wrong, or a program that was ended, is what is wanted here.
unset G_DEBUG
n=0
bad=0

# check WHAT STATUS WORDS ARGUMENT…: the exit status, and words that are in the output.
check ()
{
  what=$1 status=$2 words=$3
  shift 3
  n=$((n + 1))
  "$program" "$@" >"$folder/out" 2>&1
  result=$?
  if [ "$result" -eq "$status" ] && grep -q -- "$words" "$folder/out"; then
    echo "ok $n - $what"
  else
    echo "not ok $n - $what: status $result, and this without $words:"
    sed 's/^/# /' "$folder/out"
    bad=1
  fi
}

check "list" 0 "^kernels/convolution/int8$" --list
check "few cases of a layer" 0 "^all  *4  *0  *0 " --cases 2 --filter kernels/padding \
  --json "$folder/report.json"
check "products" 0 "^kernels  *1  *0  *0 " --cases 1 --filter kernels/convolution/int8
check "a model" 0 "^models  *1  *0  *0 " --filter models/fashion-mobilenet.onnx/int8
check "no model to time" 0 "no model is named" --filter timings
check "seeds" 0 "^all  *4  *0  *0 " --cases 2 --seed 5 --filter kernels/slice
check "nothing of that name" 1 "Nothing has" --filter kernels/nonsense
check "a model that is not there" 0 "is not here" --filter models/absent "$folder/absent.onnx"
check "kernels for another device" 0 "for compute capability 9.0 alone" --filter kernels/warp-groups

QS_EMULATED_FAULT=wrong
export QS_EMULATED_FAULT
check "wrong results" 1 "but the reference has" --cases 1 --filter kernels/padding
check "a wrong model" 1 "^models  *0  *1  *0 " --filter models/fashion-mobilenet.onnx/int8
QS_EMULATED_FAULT=lost
check "a lost device" 1 "CUDA_ERROR_LAUNCH_FAILED" --cases 1 --filter kernels/padding
QS_EMULATED_FAULT=abort
check "a process that ends" 1 "ended with signal" --cases 1 --filter kernels/padding/int8
unset QS_EMULATED_FAULT

n=$((n + 1))
if grep -q '"name" : "padding/int8"' "$folder/report.json" && grep -q '"failed" : 0' "$folder/report.json"; then
  echo "ok $n - the report"
else
  echo "not ok $n - the report"
  bad=1
fi
echo "1..$n"
exit $bad
