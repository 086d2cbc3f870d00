/* SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* (transfer full): a result that names the device's kernels that none of @results ran. */
JsonObject *qs_selftest_cover (JsonArray *results);

G_END_DECLS
