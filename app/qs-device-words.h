/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-backend.h"

G_BEGIN_DECLS

/* What the window calls devices, and what it says when they fail, in the user's language. */

/* (transfer full): what a backend works on, such as “AVX2, 8 processors” */
char       *qs_device_words_name    (const QsBackend *backend);
/* (transfer full): with the backend before it */
char       *qs_device_words_full    (const QsBackend *backend);
/* Of an error of %QS_DEVICE_ERROR: a heading, and what it means and what to do. */
const char *qs_device_words_heading (const GError    *error);
const char *qs_device_words_advice  (const GError    *error);

G_END_DECLS
