/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * QsOrderForm:
 *
 * The choices for a study of the order of batches: how many shuffles, their seed, batch sizes.
 */
#define QS_TYPE_ORDER_FORM (qs_order_form_get_type ())
G_DECLARE_FINAL_TYPE (QsOrderForm, qs_order_form, QS, ORDER_FORM, AdwBin)

/* @batch: the size that calibrations use, the first to try */
GtkWidget *qs_order_form_new            (gint64       batch);
guint      qs_order_form_get_n_shuffles (QsOrderForm *self);
guint64    qs_order_form_get_seed       (QsOrderForm *self);
/* (element-type gint64) (transfer full): sizes from 1 to 4096; what is none is left out */
GArray    *qs_order_form_get_batches    (QsOrderForm *self);

G_END_DECLS
