/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What measured times depend on beside the layer: they hold for one processor and for one set of
 * kernels.
 */

const char *qs_machine_get_processor (void);
/* Twelve hexadecimal digits that change with every change to the kernels' sources. */
const char *qs_machine_get_kernel_set (void);

G_END_DECLS
