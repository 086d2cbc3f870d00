#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles one source of kernels into a fat binary, and keeps the assembler's report of registers,
# spills and local memory for the test that reads it.
#
#   compile.sh FATBIN REPORT DEPFILE SOURCE NVCC FLAG…
set -eu

fatbin=$1 report=$2 depfile=$3 source=$4
shift 4

if ! "$@" -fatbin -Xptxas -v -MD -MF "$depfile" -MT "$fatbin" -o "$fatbin" "$source" \
     > "$report" 2>&1; then
  cat "$report" >&2
  exit 1
fi
# Warnings are to be seen.
grep -v '^ptxas info\|^ *[0-9]* bytes stack frame\|^$' "$report" >&2 || :
