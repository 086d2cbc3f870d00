/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "core/qs-host-tensor.h"

G_BEGIN_DECLS

/* NumPy's .npy arrays and .npz archives. Arrays of an archive are kept in the file's order. */

QsHostTensor *qs_npy_parse     (GBytes        *bytes,
                                GError       **error);
GBytes       *qs_npy_serialize (QsHostTensor  *tensor);

/* (element-type utf8 QsHostTensor) (transfer full): names without ".npy" */
GHashTable   *qs_npz_load      (GFile         *file,
                                GError       **error);
gboolean      qs_npz_save      (GFile         *file,
                                const char   **names,
                                QsHostTensor **tensors,
                                guint          n_tensors,
                                GError       **error);

G_END_DECLS
