#!/bin/sh
# SPDX-License-Identifier: MIT
# The list of the compiled kernels for qs-cuda-image.c. Its checksums make what embeds the files be
# compiled again when one of them changes, and make the kernel set of timing caches.
#
#   images.sh HEADER ONLY:FATBIN…       ONLY is the one architecture that it is for, or 0
set -eu

header=$1
shift
{
  printf '/* Made by images.sh. */\n#define QS_CUDA_IMAGES \\\n'
  for image in "$@"; do
    path=${image#*:}
    name=$(basename "$path" .fatbin | tr -c 'A-Za-z0-9\n' _)
    digest=$(sha256sum "$path" | cut -c 1-64)
    printf '  IMAGE (%s, "%s", %s) /* %s */ \\\n' "$name" "$(realpath "$path")" "${image%%:*}" "$digest"
  done
  printf '\n#define QS_CUDA_IMAGES_DIGEST "%s"\n' \
    "$(for image in "$@"; do cat "${image#*:}"; done | sha256sum | cut -c 1-12)"
} > "$header"
