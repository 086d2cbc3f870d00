/* SPDX-License-Identifier: MIT */
#include "qs-histogram-file.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "calibration/histograms.pb-c.h"
#include "core/qs-error.h"
#include "core/qs-shape.h"
#include "core/qs-wire.h"
#include "qs-histogram-private.h"

#define MAX_DOUBLINGS 300

static const char magic[8] = "\x89QSHIST\n";

typedef struct
{
  char magic[8];
  guint32 version;
  guint32 zero;
  guint8 digest[32];
} Header;

G_STATIC_ASSERT (sizeof (Header) == 48);

static void
compute_digest (gconstpointer message,
                gsize         size,
                guint8       *digest)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize length = 32;

  g_checksum_update (checksum, message, (gssize) size);
  g_checksum_get_digest (checksum, digest, &length);
}

/* Borrows from @notes. */
static void
fill_notes (QsHistograms__Histogram *message,
            QsHistograms__NotFinite *not_finite,
            const QsTensorNotes     *notes)
{
  message->fused_away = notes->fused_away;
  if (notes->channel_maxima != NULL)
    {
      message->channel_axis = (guint32) notes->channel_axis;
      message->n_channel_maxima = notes->n_channels;
      message->channel_maxima = notes->channel_maxima;
    }
  if (notes->bad_sample < 0)
    return;

  qs_histograms__not_finite__init (not_finite);
  not_finite->sample = notes->bad_sample;
  not_finite->last_sample = notes->bad_sample_last;
  not_finite->batch = notes->bad_batch;
  if (notes->bad_source != NULL)
    not_finite->source = notes->bad_source;
  message->not_finite = not_finite;
}

/* Borrows from @histogram. */
static void
fill_message (QsHistograms__Histogram *message,
              const char              *name,
              const QsHistogram       *histogram)
{
  qs_histograms__histogram__init (message);
  message->name = (char *) name;
  message->range = histogram->range;
  message->min = histogram->min;
  message->max = histogram->max;
  message->n = histogram->n;
  message->n_zeros = histogram->n_zeros;
  message->n_nan = histogram->n_nan;
  message->n_infinite = histogram->n_infinite;
  message->mean = histogram->mean;
  message->m2 = histogram->m2;
  message->n_doublings = histogram->n_doublings;
  message->n_counts = histogram->range > 0.0f ? QS_HISTOGRAM_BINS : 0;
  message->counts = (guint64 *) histogram->counts;
}

static GBytes *
pack (const QsHistograms__Set *message)
{
  gsize size = qs_histograms__set__get_packed_size (message);
  guint8 *file = g_malloc (sizeof (Header) + size);
  Header header = { .version = GUINT32_TO_LE (QS_HISTOGRAM_FILE_VERSION) };

  qs_histograms__set__pack (message, file + sizeof header);
  memcpy (header.magic, magic, sizeof magic);
  compute_digest (file + sizeof header, size, header.digest);
  memcpy (file, &header, sizeof header);
  return g_bytes_new_take (file, sizeof header + size);
}

GBytes *
qs_histogram_set_write (QsHistogramSet *self)
{
  guint n = qs_histogram_set_get_n (self);
  g_autofree QsHistograms__Histogram *histograms = g_new (QsHistograms__Histogram, n);
  g_autofree QsHistograms__Histogram **pointers = g_new (QsHistograms__Histogram *, n);
  g_autofree QsHistograms__NotFinite *not_finite = g_new (QsHistograms__NotFinite, n);
  const char *model_checksum = qs_histogram_set_get_model_checksum (self);
  const char *samples_key = qs_histogram_set_get_samples_key (self);
  QsHistograms__Set message = QS_HISTOGRAMS__SET__INIT;

  for (guint i = 0; i < n; i++)
    {
      pointers[i] = &histograms[i];
      fill_message (pointers[i], qs_histogram_set_get_name (self, i),
                    qs_histogram_set_get (self, i));
      fill_notes (pointers[i], &not_finite[i], qs_histogram_set_get_notes (self, i));
    }

  message.model_checksum = (char *) (model_checksum != NULL ? model_checksum : "");
  message.samples_key = (char *) (samples_key != NULL ? samples_key : "");
  message.n_samples = qs_histogram_set_get_n_samples (self);
  message.n_histograms = n;
  message.histograms = pointers;
  return pack (&message);
}

static gboolean
sum_counts (const QsHistograms__Histogram *message,
            guint64                       *sum)
{
  *sum = 0;
  for (gsize i = 0; i < message->n_counts; i++)
    if (__builtin_add_overflow (*sum, message->counts[i], sum))
      return FALSE;

  return TRUE;
}

/* What counting values leads to, and what every calibrator relies on. */
static const char *
find_contradiction (const QsHistograms__Histogram *message)
{
  float abs_max = MAX (fabsf (message->min), fabsf (message->max));
  guint64 sum;

  if (!(message->range >= 0.0f && message->range <= FLT_MAX) || !isfinite (message->min) ||
      !isfinite (message->max) || !(message->min <= message->max))
    return "its range is not a range";
  if (!isfinite (message->mean) || !isfinite (message->m2) || message->m2 < 0.0)
    return "its mean or its variance is not a number";
  if (message->n_zeros > message->n || message->n_doublings > MAX_DOUBLINGS)
    return "it counts more zeros than values";
  if (message->range == 0.0f)
    return message->n_counts != 0 || message->n != message->n_zeros || abs_max != 0.0f
             ? "it has values beyond its range" : NULL;
  if (message->n_counts != QS_HISTOGRAM_BINS || !sum_counts (message, &sum) || sum != message->n)
    return "its bins do not add up to its values";
  if (message->n_zeros > message->counts[0] || message->counts[0] == message->n)
    return "its zeros are not in its first bin, or nothing else is there";
  if (abs_max == 0.0f || (abs_max > message->range && message->range <= FLT_MAX / 2.0f))
    return "it has values beyond its range";

  return NULL;
}

static const char *
find_contradiction_in_notes (const QsHistograms__Histogram *message)
{
  const QsHistograms__NotFinite *bad = message->not_finite;
  float abs_max = MAX (fabsf (message->min), fabsf (message->max));

  if (message->n_channel_maxima > QS_MAX_NOTED_CHANNELS || message->channel_axis >= QS_MAX_DIMS)
    return "it has too many channels";
  for (gsize i = 0; i < message->n_channel_maxima; i++)
    if (!(message->channel_maxima[i] >= 0.0f && message->channel_maxima[i] <= abs_max))
      return "a channel has values beyond its range";
  if (bad != NULL && (message->n_nan + message->n_infinite == 0 || bad->sample < 0 ||
                      bad->last_sample < bad->sample || bad->batch < 0 ||
                      !g_utf8_validate (bad->source, -1, NULL)))
    return "it says where values are not finite that are not there";

  return NULL;
}

static void
restore_notes (QsTensorNotes                 *notes,
               const QsHistograms__Histogram *message)
{
  const QsHistograms__NotFinite *bad = message->not_finite;

  notes->fused_away = message->fused_away;
  if (message->n_channel_maxima > 0)
    {
      qs_tensor_notes_set_channels (notes, (int) message->channel_axis,
                                    (gint64) message->n_channel_maxima);
      memcpy (notes->channel_maxima, message->channel_maxima,
              message->n_channel_maxima * sizeof *message->channel_maxima);
    }
  if (bad == NULL)
    return;

  notes->bad_sample = bad->sample;
  notes->bad_sample_last = bad->last_sample;
  notes->bad_batch = bad->batch;
  notes->bad_source = bad->source[0] != '\0' ? g_strdup (bad->source) : NULL;
}

static void
restore (QsHistogram                   *histogram,
         const QsHistograms__Histogram *message)
{
  histogram->range = message->range;
  histogram->min = message->min;
  histogram->max = message->max;
  histogram->n = message->n;
  histogram->n_zeros = message->n_zeros;
  histogram->n_nan = message->n_nan;
  histogram->n_infinite = message->n_infinite;
  histogram->mean = message->mean;
  histogram->m2 = message->m2;
  histogram->n_doublings = message->n_doublings;
  if (message->n_counts > 0)
    memcpy (histogram->counts, message->counts, sizeof histogram->counts);
}

static QsHistogramSet *
read_set (const QsHistograms__Set *message,
          GError                 **error)
{
  g_autoptr (QsHistogramSet) set = qs_histogram_set_new ();

  for (gsize i = 0; i < message->n_histograms; i++)
    {
      const QsHistograms__Histogram *histogram = message->histograms[i];
      const char *contradiction = find_contradiction (histogram);

      if (histogram->name[0] == '\0' || !g_utf8_validate (histogram->name, -1, NULL) ||
          qs_histogram_set_lookup (set, histogram->name) != NULL)
        contradiction = "its name is missing, there twice, or not text";
      if (contradiction == NULL)
        contradiction = find_contradiction_in_notes (histogram);
      if (contradiction != NULL)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                       "the histogram of tensor “%s” is damaged: %s", histogram->name,
                       contradiction);
          return NULL;
        }
      restore (qs_histogram_set_ensure (set, histogram->name), histogram);
      restore_notes (qs_histogram_set_get_notes (set, (guint) i), histogram);
    }

  qs_histogram_set_set_n_samples (set, MAX (message->n_samples, 0));
  qs_histogram_set_set_origin (set, message->model_checksum[0] != '\0' ? message->model_checksum
                                                                      : NULL,
                               message->samples_key[0] != '\0' ? message->samples_key : NULL);
  return g_steal_pointer (&set);
}

static gboolean
check_header (const guint8 *data,
              gsize         size,
              GError      **error)
{
  guint8 digest[32];
  Header header;

  if (size < sizeof header || memcmp (data, magic, sizeof magic) != 0)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED, "this is not a histogram cache");
      return FALSE;
    }

  memcpy (&header, data, sizeof header);
  if (GUINT32_FROM_LE (header.version) != QS_HISTOGRAM_FILE_VERSION)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_VERSION,
                   "the histogram cache has format version %u, and only %d can be read; calibrate "
                   "again", GUINT32_FROM_LE (header.version), QS_HISTOGRAM_FILE_VERSION);
      return FALSE;
    }

  compute_digest (data + sizeof header, size - sizeof header, digest);
  if (memcmp (digest, header.digest, sizeof digest) != 0)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED,
                           "the histogram cache is damaged or truncated");
      return FALSE;
    }

  return TRUE;
}

/**
 * qs_histogram_set_read:
 * @bytes: a histogram cache
 *
 * Errors: %QS_ERROR_MALFORMED, %QS_ERROR_VERSION, %QS_ERROR_LIMIT. Everything that a calibrator
 * relies on is checked, also behind a matching checksum.
 */
QsHistogramSet *
qs_histogram_set_read (GBytes  *bytes,
                       GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  ProtobufCMessage *message;
  QsHistogramSet *set;

  if (!check_header (data, size, error))
    return NULL;

  message = qs_wire_unpack (&qs_histograms__set__descriptor, data + sizeof (Header),
                            size - sizeof (Header), error);
  if (message == NULL)
    return NULL;

  set = read_set ((const QsHistograms__Set *) message, error);
  qs_wire_free (message);
  return set;
}

gboolean
qs_histogram_set_save (QsHistogramSet *self,
                       GFile          *file,
                       GError        **error)
{
  g_autoptr (GBytes) bytes = qs_histogram_set_write (self);

  return g_file_replace_contents (file, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                  NULL, FALSE, G_FILE_CREATE_NONE, NULL, NULL, error);
}

QsHistogramSet *
qs_histogram_set_load (GFile   *file,
                       GError **error)
{
  g_autoptr (GBytes) bytes = g_file_load_bytes (file, NULL, NULL, error);
  g_autofree char *name = g_file_get_basename (file);
  QsHistogramSet *set;

  if (bytes == NULL)
    return NULL;

  set = qs_histogram_set_read (bytes, error);
  if (set == NULL)
    g_prefix_error (error, "%s: ", name);
  return set;
}

gboolean
qs_histogram_set_probe (GBytes *head)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (head, &size);

  return size >= sizeof magic && memcmp (data, magic, sizeof magic) == 0;
}

gboolean
qs_histogram_set_check_origin (QsHistogramSet *self,
                               const char     *model_checksum,
                               const char     *samples_key,
                               GError        **error)
{
  const char *model = qs_histogram_set_get_model_checksum (self);
  const char *samples = qs_histogram_set_get_samples_key (self);
  gboolean other_model = model_checksum != NULL && g_strcmp0 (model, model_checksum) != 0;

  if (!other_model && (samples_key == NULL || g_strcmp0 (samples, samples_key) == 0))
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
               "the histograms are of %s; calibrate again",
               other_model ? "another model"
                           : "other samples, or of the same with another batch or preprocessing");
  return FALSE;
}
