/* SPDX-License-Identifier: MIT */
#include "qs-tensor-item.h"

#include <math.h>

struct _QsTensorItem
{
  GObject parent_instance;

  QsNetwork *network;
  QsTensor *tensor;
  QsHistogramSet *histograms;
  QsHistogram *histogram;
  GPtrArray *sources;
  QsFindingStore *findings;
  char *group;     /* (nullable) */
  double *clipped; /* by source; negative until it is computed */
};

G_DEFINE_FINAL_TYPE (QsTensorItem, qs_tensor_item, G_TYPE_OBJECT)

static void
qs_tensor_item_finalize (GObject *object)
{
  QsTensorItem *self = QS_TENSOR_ITEM (object);

  g_clear_pointer (&self->network, qs_network_unref);
  g_clear_pointer (&self->histograms, qs_histogram_set_unref);
  g_clear_pointer (&self->sources, g_ptr_array_unref);
  g_clear_object (&self->findings);
  g_clear_pointer (&self->clipped, g_free);
  g_clear_pointer (&self->group, g_free);

  G_OBJECT_CLASS (qs_tensor_item_parent_class)->finalize (object);
}

static void
qs_tensor_item_class_init (QsTensorItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_tensor_item_finalize;
}

static void
qs_tensor_item_init (QsTensorItem *self)
{
}

QsTensorItem *
qs_tensor_item_new (QsNetwork      *network,
                    QsTensor       *tensor,
                    QsHistogramSet *histograms,
                    GPtrArray      *sources,
                    QsFindingStore *findings)
{
  QsTensorItem *self = g_object_new (QS_TYPE_TENSOR_ITEM, NULL);

  self->network = qs_network_ref (network);
  self->tensor = tensor;
  if (histograms != NULL)
    {
      self->histograms = qs_histogram_set_ref (histograms);
      self->histogram = qs_histogram_set_lookup (histograms, tensor->name);
    }
  self->sources = g_ptr_array_ref (sources);
  g_set_object (&self->findings, findings);
  self->clipped = g_new (double, sources->len + 1);
  for (guint i = 0; i < sources->len; i++)
    self->clipped[i] = -1.0;
  return self;
}

QsTensor *
qs_tensor_item_get_tensor (QsTensorItem *self)
{
  return self->tensor;
}

QsHistogram *
qs_tensor_item_get_histogram (QsTensorItem *self)
{
  return self->histogram;
}

GPtrArray *
qs_tensor_item_get_findings (QsTensorItem *self)
{
  return self->findings == NULL ? NULL
                                : qs_finding_store_lookup (self->findings, self->tensor->name);
}

double
qs_tensor_item_get_threshold (QsTensorItem *self,
                              guint         source)
{
  g_return_val_if_fail (source < self->sources->len, NAN);

  return qs_scale_source_get_threshold (g_ptr_array_index (self->sources, source),
                                        self->tensor->name);
}

double
qs_tensor_item_get_clipped (QsTensorItem *self,
                            guint         source)
{
  double threshold = qs_tensor_item_get_threshold (self, source);

  if (self->histogram == NULL || !isfinite (threshold))
    return NAN;

  if (self->clipped[source] < 0.0)
    self->clipped[source] = qs_histogram_get_clipped (self->histogram, (float) threshold);
  return self->clipped[source];
}

double
qs_tensor_item_get_ratio (QsTensorItem *self)
{
  double low = INFINITY, high = 0.0;

  for (guint i = 0; i < self->sources->len; i++)
    {
      double threshold = qs_tensor_item_get_threshold (self, i);

      /* What was set by hand is no opinion about the data. */
      if (isfinite (threshold) && threshold > 0.0 &&
          !g_str_equal (qs_scale_source_get_id (self->sources->pdata[i]), QS_SCALE_SOURCE_MANUAL))
        {
          low = MIN (low, threshold);
          high = MAX (high, threshold);
        }
    }

  return high > 0.0 ? high / low : NAN;
}

void
qs_tensor_item_set_group (QsTensorItem *self,
                          const char   *group)
{
  g_free (self->group);
  self->group = g_strdup (group);
}

const char *
qs_tensor_item_get_group (QsTensorItem *self)
{
  return self->group != NULL ? self->group : "";
}
