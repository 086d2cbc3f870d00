/* SPDX-License-Identifier: MIT */
#include "qs-sample-check.h"

#include <math.h>
#include <string.h>

#include "core/qs-error.h"

/* Normalized inputs lie within a few units of zero; stored pixels reach 255. */
#define LARGE 30.0

/* Pixels scaled by 1/255 twice reach 0.004. */
#define TINY 0.01

/* Whole numbers from 0 up to this much may be classes or counts and no pixels. */
#define LEAST_PIXEL_MAX 16.0

static void
view_free (gpointer data)
{
  QsSampleView *view = data;

  g_clear_pointer (&view->values, qs_host_tensor_unref);
  g_free (view->name);
  g_free (view);
}

static void
input_check_free (gpointer data)
{
  QsSampleInputCheck *check = data;

  g_ptr_array_unref (check->views);
  g_free (check->name);
  g_free (check);
}

static void
warning_free (gpointer data)
{
  QsSampleWarning *warning = data;

  g_free (warning->input);
  g_free (warning->sample);
  g_free (warning->text);
  g_free (warning);
}

void
qs_sample_check_free (QsSampleCheck *self)
{
  g_ptr_array_unref (self->inputs);
  g_ptr_array_unref (self->warnings);
  g_free (self);
}

const char *
qs_sample_warning_kind_get_name (QsSampleWarningKind kind)
{
#define NAME_ROW(id, name) name,
  static const char *const names[] = { QS_SAMPLE_WARNINGS (NAME_ROW) };
#undef NAME_ROW

  return kind < QS_N_SAMPLE_WARNINGS ? names[kind] : "";
}

static void
warn (QsSampleCheck            *self,
      QsSampleWarningKind       kind,
      const QsSampleInputCheck *input,
      const QsSampleView       *view,
      char                     *text)
{
  QsSampleWarning *warning = g_new0 (QsSampleWarning, 1);

  warning->kind = kind;
  warning->input = g_strdup (input->name);
  if (view != NULL)
    warning->sample = view->name != NULL ? g_strdup (view->name)
                                         : g_strdup_printf ("%" G_GINT64_FORMAT, view->index);
  warning->text = text;
  g_ptr_array_add (self->warnings, warning);
}

/* Sums in double: exact enough for three digits, whatever the number of values. */
static void
measure (const QsHostTensor *values,
         QsSampleStatistics *statistics)
{
  double sum = 0.0, squares = 0.0;

  *statistics = (QsSampleStatistics) { qs_host_tensor_get_n_elements (values), INFINITY, -INFINITY };
  for (gint64 i = 0; i < statistics->n; i++)
    {
      double value = qs_host_tensor_get_number (values, i);

      statistics->min = MIN (statistics->min, value);
      statistics->max = MAX (statistics->max, value);
      sum += value;
      squares += value * value;
    }

  if (statistics->n == 0)
    return;
  statistics->mean = sum / (double) statistics->n;
  statistics->deviation =
    sqrt (MAX (squares / (double) statistics->n - statistics->mean * statistics->mean, 0.0));
}

/* All samples have the same number of values. */
static void
combine (QsSampleInputCheck *input)
{
  QsSampleStatistics *all = &input->statistics;
  double sum = 0.0, squares = 0.0;
  guint n_views = 0;

  *all = (QsSampleStatistics) { 0, INFINITY, -INFINITY };
  for (guint i = 0; i < input->views->len; i++)
    {
      const QsSampleView *view = input->views->pdata[i];
      const QsSampleStatistics *one = &view->statistics;

      if (view->values == NULL)
        continue;
      all->n += one->n;
      all->min = MIN (all->min, one->min);
      all->max = MAX (all->max, one->max);
      sum += one->mean;
      squares += one->deviation * one->deviation + one->mean * one->mean;
      n_views++;
    }

  if (n_views == 0)
    return;
  all->mean = sum / n_views;
  all->deviation = sqrt (MAX (squares / n_views - all->mean * all->mean, 0.0));
}

/* Whether reading failed because of what the samples are, and not because there is nobody to read
 * them: such a sample is a finding. */
static gboolean
is_about_sample (const GError *error)
{
  return error->domain == QS_ERROR || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static gboolean
look_at (QsSampleCheck      *self,
         QsSamples          *samples,
         QsSampleInputCheck *input,
         gint64              index,
         GError            **error)
{
  QsSampleView *view = g_new0 (QsSampleView, 1);
  g_autoptr (GError) problem = NULL;

  view->index = index;
  view->name = qs_samples_dup_file_name (samples, index);
  view->values = qs_samples_read (samples, input->name, input->type, index, 1, &problem);
  g_ptr_array_add (input->views, view);
  if (view->values != NULL)
    measure (view->values, &view->statistics);
  else if (is_about_sample (problem))
    warn (self, QS_SAMPLE_WARNING_UNREADABLE, input, view, g_strdup (problem->message));
  else
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }

  return TRUE;
}

static gboolean
are_whole (const QsSampleInputCheck *input)
{
  for (guint i = 0; i < input->views->len; i++)
    {
      const QsHostTensor *values = ((QsSampleView *) input->views->pdata[i])->values;

      for (gint64 k = 0; values != NULL && k < qs_host_tensor_get_n_elements (values); k++)
        if (qs_host_tensor_get_number (values, k) != floor (qs_host_tensor_get_number (values, k)))
          return FALSE;
    }

  return TRUE;
}

static void
judge_range (QsSampleCheck            *self,
             const QsSampleInputCheck *input)
{
  double min = input->statistics.min, max = input->statistics.max, reach = MAX (fabs (min), fabs (max));

  if (min >= 0.0 && max <= 255.0 && max >= LEAST_PIXEL_MAX && are_whole (input))
    warn (self, QS_SAMPLE_WARNING_UNSCALED, input, NULL,
          g_strdup_printf ("values are whole numbers from %.0f to %.0f, as pixels are stored; most "
                           "networks want them scaled (by 1/255) and normalized", min, max));
  else if (reach > LARGE)
    warn (self, QS_SAMPLE_WARNING_LARGE, input, NULL,
          g_strdup_printf ("values from %.4g to %.4g are large for a network's input; was the "
                           "scale forgotten?", min, max));
  else if (reach > 0.0 && reach < TINY)
    warn (self, QS_SAMPLE_WARNING_TINY, input, NULL,
          g_strdup_printf ("values from %.4g to %.4g are tiny for a network's input; were they "
                           "scaled twice?", min, max));
}

static void
judge_samples (QsSampleCheck            *self,
               const QsSampleInputCheck *input)
{
  const QsSampleView *first = input->views->len > 0 ? input->views->pdata[0] : NULL;
  gboolean are_same = input->views->len > 1;

  for (guint i = 0; i < input->views->len; i++)
    {
      const QsSampleView *view = input->views->pdata[i];

      if (view->values != NULL && view->statistics.n > 1 &&
          view->statistics.min == view->statistics.max)
        warn (self, QS_SAMPLE_WARNING_CONSTANT, input, view,
              g_strdup_printf ("every value is %.4g", view->statistics.min));
      are_same = are_same && view->values != NULL && first->values != NULL &&
                 memcmp (qs_host_tensor_get_data (view->values),
                         qs_host_tensor_get_data (first->values),
                         qs_host_tensor_get_size (first->values)) == 0;
    }

  if (are_same)
    warn (self, QS_SAMPLE_WARNING_SAME, input, NULL,
          g_strdup_printf ("the first %u samples are the same", input->views->len));
}

static void
judge (QsSampleCheck              *self,
       const QsSampleInputCheck   *input,
       const QsSampleCheckOptions *options)
{
  const QsSampleStatistics *statistics = &input->statistics;

  judge_samples (self, input);
  if (statistics->n == 0 || !qs_data_type_is_float (input->type))
    return;

  judge_range (self, input);
  if (options->int8_io && (statistics->min < -128.0 || statistics->max > 127.0))
    warn (self, QS_SAMPLE_WARNING_BEYOND_INT8, input, NULL,
          g_strdup_printf ("values from %.4g to %.4g do not fit INT8 network inputs, which hold "
                           "-128 to 127", statistics->min, statistics->max));
}

static gboolean
check_input (QsSampleCheck              *self,
             QsSamples                  *samples,
             const QsTensor             *tensor,
             const QsSampleCheckOptions *options,
             GError                    **error)
{
  QsSampleInputCheck *input = g_new0 (QsSampleInputCheck, 1);

  input->name = g_strdup (tensor->name);
  input->type = tensor->type;
  input->shape = tensor->shape;
  input->views = g_ptr_array_new_with_free_func (view_free);
  g_ptr_array_add (self->inputs, input);
  for (gint64 i = 0; i < MIN (self->n_samples, options->n_samples); i++)
    if (!look_at (self, samples, input, i, error))
      return FALSE;

  combine (input);
  judge (self, input, options);
  return TRUE;
}

/**
 * qs_sample_check_run:
 * @inputs: (element-type QsTensor): the network's
 *
 * Reads the first samples as the network will see them. A sample that cannot be read is a warning;
 * a set that does not fit the network is an error, the one of [func@samples_fit].
 */
QsSampleCheck *
qs_sample_check_run (QsSamples                  *samples,
                     GPtrArray                  *inputs,
                     const QsSampleCheckOptions *options,
                     GError                    **error)
{
  g_autoptr (QsSampleCheck) self = g_new0 (QsSampleCheck, 1);

  self->inputs = g_ptr_array_new_with_free_func (input_check_free);
  self->warnings = g_ptr_array_new_with_free_func (warning_free);
  if (!qs_samples_fit (samples, inputs, error))
    return NULL;

  self->n_samples = qs_samples_get_n (samples);
  for (guint i = 0; i < inputs->len; i++)
    if (!check_input (self, samples, inputs->pdata[i], options, error))
      return NULL;

  return g_steal_pointer (&self);
}
