#!/bin/sh
# SPDX-License-Identifier: MIT
# The version of the kernel set: a checksum over the sources of the backends. Timing caches carry it,
# so that times of other kernels are never taken for those of these.
#
#   kernel-set.sh FOLDER HEADER DEPFILE
set -eu

export LC_ALL=C
digest=$(find "$1" -name '*.[ch]' -print0 | sort -z | xargs -0 cat | sha256sum | cut -c 1-12)

printf '/* Made by kernel-set.sh. */\n#define QS_KERNEL_SET "%s"\n' "$digest" > "$2"
{
  printf '%s:' "$2"
  find "$1" -name '*.[ch]' | sort | sed 's/ /\\ /g; s/^/ /' | tr -d '\n'
  printf '\n'
} > "$3"
