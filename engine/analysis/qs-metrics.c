/* SPDX-License-Identifier: MIT */
#include "qs-metrics.h"

#include <math.h>

#include "core/qs-error.h"

struct _QsMetrics
{
  gint64 n;

  gint64 n_labelled;
  gint64 n_top1;
  gint64 n_top5;

  gint64 n_compared;
  gint64 n_agreed;
  double cosine_sum;
  double signal;
  double noise;
};

/* One sample's outputs, read as doubles whatever their element type is. */
typedef struct
{
  const QsHostTensor *tensor;
  gint64 offset;
  gint64 n;
} Row;

/**
 * qs_metrics_new:
 *
 * Metrics of nothing yet.
 */
QsMetrics *
qs_metrics_new (void)
{
  return g_new0 (QsMetrics, 1);
}

void
qs_metrics_free (QsMetrics *self)
{
  g_free (self);
}

static double
row_get (const Row *row,
         gint64     index)
{
  return qs_host_tensor_get_number (row->tensor, row->offset + index);
}

/* The first class, -1 when every value is NaN: a NaN is never larger than anything. */
static gint64
row_argmax (const Row *row)
{
  double best = -INFINITY;
  gint64 result = -1;

  for (gint64 i = 0; i < row->n; i++)
    {
      double value = row_get (row, i);

      if (value > best || (result < 0 && value == best))
        {
          best = value;
          result = i;
        }
    }

  return result;
}

/* How many classes come before @label, the lower index first among equals; a NaN comes nowhere. */
static gint64
row_rank (const Row *row,
          gint64     label)
{
  double own = row_get (row, label);
  gint64 rank = 0;

  if (isnan (own))
    return G_MAXINT64;

  for (gint64 i = 0; i < row->n; i++)
    {
      double value = row_get (row, i);

      if (value > own || (value == own && i < label))
        rank++;
    }

  return rank;
}

static void
add_label (QsMetrics *self,
           const Row *row,
           gint64     label)
{
  gint64 rank = row_rank (row, label);

  self->n_labelled++;
  self->n_top1 += rank < 1;
  self->n_top5 += rank < 5;
}

static void
add_reference (QsMetrics *self,
               const Row *row,
               const Row *reference)
{
  double dot = 0.0, norm = 0.0, reference_norm = 0.0;
  gint64 first = row_argmax (reference);

  for (gint64 i = 0; i < row->n; i++)
    {
      double x = row_get (row, i), r = row_get (reference, i);
      /* Equal infinities do not differ, though their difference is NaN. */
      double difference = x == r ? 0.0 : x - r;

      dot += x * r;
      norm += x * x;
      reference_norm += r * r;
      self->noise += difference * difference;
    }

  self->signal += reference_norm;
  /* Two zero vectors point the same way; a zero and another have no angle and count as 0. */
  if (norm == 0.0 || reference_norm == 0.0)
    self->cosine_sum += norm == reference_norm ? 1.0 : 0.0;
  else
    self->cosine_sum += dot / (sqrt (norm) * sqrt (reference_norm));

  self->n_compared++;
  self->n_agreed += first >= 0 && row_argmax (row) == first;
}

static gboolean
check_labels (const gint64  *labels,
              gint64         first,
              gint64         n,
              gint64         n_classes,
              GError       **error)
{
  for (gint64 i = 0; i < n; i++)
    if (labels[i] < 0 || labels[i] >= n_classes)
      {
        g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                     "Sample %" G_GINT64_FORMAT " has the label %" G_GINT64_FORMAT
                     ", but the network's output has %" G_GINT64_FORMAT " classes",
                     first + i, labels[i], n_classes);
        return FALSE;
      }

  return TRUE;
}

static gboolean
check_outputs (const QsHostTensor  *outputs,
               const QsHostTensor  *reference,
               GError             **error)
{
  const QsShape *shape = qs_host_tensor_get_shape (outputs);

  if (shape->n_dims < 1)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_SHAPE,
                           "The network's output is one number, not one row for each sample");
      return FALSE;
    }

  if (reference != NULL && !qs_shape_equal (shape, qs_host_tensor_get_shape (reference)))
    {
      g_autofree char *own = qs_shape_to_string (shape);
      g_autofree char *other = qs_shape_to_string (qs_host_tensor_get_shape (reference));

      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   "The outputs have the shape %s, those they are compared with %s", own, other);
      return FALSE;
    }

  return TRUE;
}

/**
 * qs_metrics_add:
 * @outputs: one row for each sample along axis 0; the other axes together are the classes
 * @reference: (nullable): outputs of the same shape to compare with, those of FP32
 * @labels: (nullable) (array): the right class of each sample
 *
 * Adds samples to the running metrics. Nothing is added when there is an error.
 *
 * Errors: %QS_ERROR_SHAPE for outputs without an axis for samples, %QS_ERROR_MISMATCH when the
 * shapes differ, %QS_ERROR_DATA for a label that is not a class.
 */
gboolean
qs_metrics_add (QsMetrics           *self,
                const QsHostTensor  *outputs,
                const QsHostTensor  *reference,
                const gint64        *labels,
                GError             **error)
{
  gint64 n, n_classes;

  if (!check_outputs (outputs, reference, error))
    return FALSE;

  n = qs_host_tensor_get_shape (outputs)->dims[0];
  n_classes = n > 0 ? qs_host_tensor_get_n_elements (outputs) / n : 0;
  if (labels != NULL && !check_labels (labels, self->n, n, n_classes, error))
    return FALSE;

  for (gint64 i = 0; i < n; i++)
    {
      Row row = { outputs, i * n_classes, n_classes };
      Row reference_row = { reference, i * n_classes, n_classes };

      if (labels != NULL)
        add_label (self, &row, labels[i]);
      if (reference != NULL)
        add_reference (self, &row, &reference_row);
    }

  self->n += n;
  return TRUE;
}

gint64
qs_metrics_get_n (const QsMetrics *self)
{
  return self->n;
}

static double
share (gint64 count,
       gint64 n)
{
  return n > 0 ? (double) count / (double) n : NAN;
}

/**
 * qs_metrics_get_top1:
 *
 * Share of the labelled samples whose label is the class with the largest output.
 */
double
qs_metrics_get_top1 (const QsMetrics *self)
{
  return share (self->n_top1, self->n_labelled);
}

/**
 * qs_metrics_get_top5:
 *
 * Share of the labelled samples whose label is among the five largest outputs.
 */
double
qs_metrics_get_top5 (const QsMetrics *self)
{
  return share (self->n_top5, self->n_labelled);
}

/**
 * qs_metrics_get_agreement:
 *
 * Share of the compared samples whose largest output is the reference's, right or wrong.
 */
double
qs_metrics_get_agreement (const QsMetrics *self)
{
  return share (self->n_agreed, self->n_compared);
}

/**
 * qs_metrics_get_cosine:
 *
 * Mean over the compared samples of `x·r / (|x| |r|)`, -1 to 1.
 */
double
qs_metrics_get_cosine (const QsMetrics *self)
{
  return self->n_compared > 0 ? self->cosine_sum / (double) self->n_compared : NAN;
}

/**
 * qs_metrics_get_sqnr_db:
 *
 * Signal to quantization noise ratio of all compared outputs together, in decibels:
 * `10 log10 (sum r² / sum (x - r)²)`.
 */
double
qs_metrics_get_sqnr_db (const QsMetrics *self)
{
  if (self->n_compared == 0)
    return NAN;
  if (self->noise == 0.0)
    return INFINITY;

  return 10.0 * log10 (self->signal / self->noise);
}
