/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-selftest-item.h"

G_BEGIN_DECLS

/* Runs @item here. (transfer full) */
JsonObject *qs_selftest_run_here       (const QsSelfTestItem    *item,
                                        const QsSelfTestOptions *options);

/* Runs @item in a process of its own, started as @program with the options that make it call
 * qs_selftest_print_result(): a kernel that ends the device, the process or never ends is one failure,
 * and the other items still run. (transfer full) */
JsonObject *qs_selftest_run_in_process (const char              *program,
                                        const QsSelfTestItem    *item,
                                        const QsSelfTestOptions *options);

/* What the process of an item does. */
void        qs_selftest_print_result   (JsonObject              *result);

G_END_DECLS
