/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-sample-source.h"

G_BEGIN_DECLS

/* @arrays: (element-type utf8 QsHostTensor): not to be changed any more */
QsSampleSource *qs_sample_source_new_for_arrays (GHashTable *arrays);

G_END_DECLS
