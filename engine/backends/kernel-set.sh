#!/bin/sh
# SPDX-License-Identifier: MIT
# The version of the kernel set: a checksum over the sources of the backends and of their arithmetic.
# Timing caches carry it, so that times of other kernels are never taken for those of these.
#
#   kernel-set.sh HEADER DEPFILE FOLDER…
set -eu

export LC_ALL=C
header=$1 depfile=$2
shift 2

sources ()
{
  find "$@" -name '*.[ch]' -o -name '*.cu' | sort
}

digest=$(sources "$@" | tr '\n' '\0' | xargs -0 cat | sha256sum | cut -c 1-12)
printf '/* Made by kernel-set.sh. */\n#define QS_KERNEL_SET "%s"\n' "$digest" > "$header"
{
  printf '%s:' "$header"
  sources "$@" | sed 's/ /\\ /g; s/^/ /' | tr -d '\n'
  printf '\n'
} > "$depfile"
