/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-cli.h"

G_BEGIN_DECLS

/* Whether the file at @path is the graph of a TensorRT engine. */
gboolean qs_cli_info_is_trex (const char  *path);
/* Shows one. */
gboolean qs_cli_info_trex    (QsCli       *self,
                              GError     **error);

G_END_DECLS
