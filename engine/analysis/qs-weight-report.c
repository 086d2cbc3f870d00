/* SPDX-License-Identifier: MIT */
#include "qs-weight-report.h"

#include <math.h>

#include "builder/qs-ranges.h"
#include "builder/qs-weight-quantizer.h"
#include "core/qs-rounding-mode.h"
#include "passes/qs-pass.h"
#include "passes/qs-weight-channels.h"

/* Sums over the weights of one channel, or of all. */
typedef struct
{
  double signal;
  double noise;
} Sums;

static double
get_sqnr_db (const Sums *sums)
{
  if (sums->signal == 0.0)
    return NAN;

  return sums->noise == 0.0 ? (double) INFINITY : 10.0 * log10 (sums->signal / sums->noise);
}

static void
add_weight (QsWeightChannel *channel,
            Sums            *sums,
            double           weight,
            gint8            gpu,
            gint8            dla)
{
  double error = weight - gpu * (double) channel->scale;

  channel->max = fmaxf (channel->max, fabsf ((float) weight));
  channel->n_ties += qs_is_tie (weight / (double) channel->scale);
  channel->n_differing += gpu != dla;
  sums->signal += weight * weight;
  sums->noise += error * error;
}

static void
add_channel (QsWeightReport  *self,
             QsWeightChannel *channel,
             const Sums      *sums,
             double          *smallest,
             double          *largest)
{
  /* The quantizer's scale for a channel that has nothing to scale. */
  channel->is_dead = channel->scale == 1.0f && channel->max < 1.0f;
  channel->sqnr_db = channel->is_dead ? NAN : get_sqnr_db (sums);
  self->n_ties += channel->n_ties;
  self->n_differing += channel->n_differing;
  self->n_dead += channel->is_dead;
  if (channel->is_dead)
    return;

  *smallest = MIN (*smallest, (double) channel->max);
  *largest = MAX (*largest, (double) channel->max);
}

static void
sum_up (QsWeightReport *self,
        const Sums     *sums)
{
  double smallest = (double) INFINITY, largest = 0.0;
  Sums all = { 0.0, 0.0 };

  for (gint64 k = 0; k < self->n_channels; k++)
    {
      add_channel (self, &self->channels[k], &sums[k], &smallest, &largest);
      all.signal += sums[k].signal;
      all.noise += sums[k].noise;
    }

  self->ratio = largest > 0.0 ? largest / smallest : 1.0;
  self->sqnr_db = get_sqnr_db (&all);
}

static void
fill (QsWeightReport           *self,
      const QsTensor           *weights,
      const QsWeightChannels   *channels,
      const QsQuantizedWeights *gpu,
      const QsQuantizedWeights *dla)
{
  const float *scales = qs_host_tensor_get_floats (gpu->scales);
  const gint8 *gpu_values = qs_host_tensor_get_data (gpu->values);
  const gint8 *dla_values = qs_host_tensor_get_data (dla->values);
  g_autofree Sums *sums = g_try_new0 (Sums, (gsize) channels->n);

  self->channels = g_try_new0 (QsWeightChannel, (gsize) channels->n);
  if (sums == NULL || self->channels == NULL)
    {
      self->obstacle = g_strdup ("There is not enough memory to look at its weights.");
      return;
    }

  self->n_channels = channels->n;
  for (gint64 k = 0; k < channels->n; k++)
    self->channels[k].scale = scales[k];
  for (gint64 i = 0; i < channels->n_weights; i++)
    {
      gint64 k = qs_weight_channels_find (channels, i);

      add_weight (&self->channels[k], &sums[k], qs_host_tensor_get_number (weights->value, i),
                  gpu_values[i], dla_values[i]);
    }
  sum_up (self, sums);
}

/* As a sentence of its own. */
static char *
dup_obstacle (const char *message)
{
  g_autofree char *sentence = g_strdup_printf ("%s.", message);

  sentence[0] = g_ascii_toupper (sentence[0]);
  return g_steal_pointer (&sentence);
}

static char **
dup_origins (const QsLayer *layer)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (guint i = 0; i < layer->origins->len; i++)
    {
      const QsOrigin *origin = g_ptr_array_index (layer->origins, i);

      if (origin->name != NULL)
        g_strv_builder_add (names, origin->name);
    }

  return g_strv_builder_end (names);
}

/**
 * qs_weight_report_new:
 *
 * Quantizes the layer's weights as the builder does, once in each rounding mode.
 */
QsWeightReport *
qs_weight_report_new (const QsLayer *layer)
{
  const QsTensor *weights = qs_layer_get_role (layer) == QS_PLACEMENT_WEIGHTED
    ? qs_layer_get_input (layer, QS_INPUT_WEIGHTS) : NULL;
  QsQuantizedWeights gpu = { NULL }, dla = { NULL };
  QsWeightChannels channels;
  QsWeightReport *self;
  g_autoptr (GError) error = NULL;

  if (weights == NULL || weights->value == NULL)
    return NULL;

  self = g_new0 (QsWeightReport, 1);
  self->layer = g_strdup (layer->name);
  self->kind = layer->klass->name;
  self->weights = g_strdup (weights->name);
  self->shape = weights->shape;
  self->origins = dup_origins (layer);
  self->n_weights = qs_host_tensor_get_n_elements (weights->value);
  self->ratio = 1.0;
  self->sqnr_db = NAN;

  if (!qs_weight_channels_init (&channels, layer, NULL) ||
      !qs_quantize_weights (layer, QS_ROUNDING_GPU, &gpu, &error) ||
      !qs_quantize_weights (layer, QS_ROUNDING_DLA, &dla, &error))
    self->obstacle = dup_obstacle (error != NULL ? error->message
                                                 : "its weights are in no layout that is known");
  else
    fill (self, weights, &channels, &gpu, &dla);

  qs_quantized_weights_clear (&gpu);
  qs_quantized_weights_clear (&dla);
  return self;
}

void
qs_weight_report_free (QsWeightReport *self)
{
  g_free (self->layer);
  g_free (self->weights);
  g_strfreev (self->origins);
  g_free (self->obstacle);
  g_free (self->channels);
  g_free (self);
}

GPtrArray *
qs_weight_reports_make (QsNetwork   *network,
                        QsProgress  *progress,
                        GError     **error)
{
  g_autoptr (GPtrArray) reports =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_weight_report_free);

  for (guint i = 0; i < network->layers->len; i++)
    {
      QsWeightReport *report;

      if (!qs_progress_check (progress, error))
        return NULL;

      report = qs_weight_report_new (g_ptr_array_index (network->layers, i));
      if (report != NULL)
        g_ptr_array_add (reports, report);
    }

  return g_steal_pointer (&reports);
}

QsNetwork *
qs_weight_report_fuse (QsNetwork  *network,
                       GError    **error)
{
  g_autoptr (QsNetwork) copy = qs_network_copy (network);
  g_autoptr (QsJournal) journal = qs_journal_new ();

  return qs_passes_run (copy, QS_PASS_DEFAULT, journal, error) ? g_steal_pointer (&copy) : NULL;
}
