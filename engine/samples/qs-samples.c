/* SPDX-License-Identifier: MIT */
#include "qs-samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/qs-error.h"
#include "qs-sample-array.h"
#include "qs-sample-input.h"
#include "qs-sample-order.h"
#include "qs-sample-source-arrays.h"
#include "qs-sample-source.h"

struct _QsSamples
{
  gatomicrefcount ref_count;
  QsSampleSource *source;
  char *checksum;
  GPtrArray *inputs; /* (element-type QsSampleInput): what the network wants, as far as it was told */
  GPtrArray *arrays; /* (element-type QsSampleArray) (nullable): until the inputs are known */
  gint64 n_rows;
  QsSampleRecipe recipe;
  guint32 *order; /* NULL where samples are in the set's own order */
};

QsSamples *
qs_samples_ref (QsSamples *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_samples_unref (QsSamples *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->arrays, g_ptr_array_unref);
  g_ptr_array_unref (self->inputs);
  qs_sample_source_free (self->source);
  g_free (self->checksum);
  g_free (self->order);
  g_free (self);
}

/* All arrays must have the same number of rows: they are the samples. */
static gboolean
count_rows (QsSamples *self,
            GError   **error)
{
  const QsSampleArray *first = NULL;

  for (guint i = 0; i < self->arrays->len; i++)
    {
      const QsSampleArray *array = self->arrays->pdata[i];

      if (array->problem != NULL)
        continue;
      if (first == NULL)
        first = array;
      if (array->shape.dims[0] != first->shape.dims[0])
        {
          g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                       "%s: array “%s” has %" G_GINT64_FORMAT " rows but array “%s” has %"
                       G_GINT64_FORMAT "; every array needs one row per sample", self->source->name,
                       first->name, first->shape.dims[0], array->name, array->shape.dims[0]);
          return FALSE;
        }
    }

  if (first == NULL && self->arrays->len > 0)
    {
      const QsSampleArray *array = self->arrays->pdata[0];

      g_set_error (error, array->problem->domain, array->problem->code, "%s%s%s",
                   g_str_has_prefix (array->problem->message, self->source->name) ? "" : self->source->name,
                   g_str_has_prefix (array->problem->message, self->source->name) ? "" : ": ",
                   array->problem->message);
      return FALSE;
    }
  if (first == NULL || first->shape.dims[0] == 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA, "%s: there are no samples in it",
                   self->source->name);
      return FALSE;
    }

  self->n_rows = first->shape.dims[0];
  return TRUE;
}

/* Makes the arrays anew for the inputs that are known; without any of them on failure. */
static gboolean
arrange (QsSamples *self,
         GError   **error)
{
  g_autoptr (GPtrArray) arrays =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_sample_array_free);

  g_clear_pointer (&self->arrays, g_ptr_array_unref);
  g_clear_pointer (&self->order, g_free);
  if (!self->source->arrange (self->source, self->inputs, &self->recipe.preprocessing, arrays, error))
    return FALSE;

  self->arrays = g_steal_pointer (&arrays);
  if (count_rows (self, error))
    return TRUE;

  g_clear_pointer (&self->arrays, g_ptr_array_unref);
  return FALSE;
}

/* @source: (transfer full) (nullable) */
static QsSamples *
samples_new (QsSampleSource *source,
             GError        **error)
{
  g_autoptr (QsSamples) self = NULL;

  if (source == NULL)
    return NULL;

  self = g_new0 (QsSamples, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->source = source;
  self->inputs = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_sample_input_free);
  self->n_rows = source->n_before;
  qs_sample_recipe_init (&self->recipe);
  if (source->is_fixed && !arrange (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

gboolean
qs_samples_probe (GFile *file)
{
  return qs_sample_source_find (file) != NULL;
}

/**
 * qs_samples_open:
 * @file: one of the kinds of sets in docs/samples.md
 *
 * Reads headers and names only. How many samples a folder or an archive has is certain after
 * [func@samples_fit], since the network's inputs decide what one sample is.
 *
 * Errors: %QS_ERROR_MALFORMED for a damaged or truncated file, %QS_ERROR_SHAPE for differing row
 * counts, %QS_ERROR_DATA for an empty set, those of GIO. Messages name the file and the array.
 */
QsSamples *
qs_samples_open (GFile   *file,
                 GError **error)
{
  const QsSampleSourceKind *kind = qs_sample_source_find (file);

  /* What is of no known kind is told why it is no archive either. */
  if (kind == NULL)
    kind = &qs_sample_source_npz;

  return samples_new (kind->open (file, error), error);
}

/**
 * qs_samples_new_for_arrays:
 * @arrays: (element-type utf8 QsHostTensor): arrays in memory
 *
 * A set that is not in a file.
 *
 * Errors: as [func@samples_open].
 */
QsSamples *
qs_samples_new_for_arrays (GHashTable *arrays,
                           GError    **error)
{
  return samples_new (qs_sample_source_new_for_arrays (arrays), error);
}

/* (nullable): %NULL for a set in memory. */
GFile *
qs_samples_get_file (QsSamples *self)
{
  return self->source->file;
}

gint64
qs_samples_get_n (QsSamples *self)
{
  return self->recipe.limit > 0 ? MIN (self->recipe.limit, self->n_rows) : self->n_rows;
}

/**
 * qs_samples_set_limit:
 * @limit: how many samples to use from the beginning of the set, 0 for all
 */
void
qs_samples_set_limit (QsSamples *self,
                      gint64     limit)
{
  self->recipe.limit = MAX (limit, 0);
}

void
qs_samples_set_recipe (QsSamples            *self,
                       const QsSampleRecipe *recipe)
{
  g_clear_pointer (&self->order, g_free);
  qs_samples_set_preprocessing (self, &recipe->preprocessing);
  self->recipe = *recipe;
}

const QsSampleRecipe *
qs_samples_get_recipe (QsSamples *self)
{
  return &self->recipe;
}

/**
 * qs_samples_get_checksum:
 *
 * Returns: (nullable): SHA-256 of the file, or of a folder's files with their names, in hexadecimal;
 *   computed when it is first asked for; %NULL when they cannot be read any more
 */
const char *
qs_samples_get_checksum (QsSamples *self)
{
  g_autoptr (GChecksum) checksum = NULL;

  if (self->checksum != NULL)
    return self->checksum;

  checksum = g_checksum_new (G_CHECKSUM_SHA256);
  if (!self->source->checksum (self->source, checksum, NULL))
    return NULL;

  self->checksum = g_strdup (g_checksum_get_string (checksum));
  return self->checksum;
}

void
qs_samples_set_preprocessing (QsSamples             *self,
                              const QsPreprocessing *preprocessing)
{
  /* What an image becomes depends on it. */
  if (!self->source->is_fixed && !qs_preprocessing_equal_image (&self->recipe.preprocessing, preprocessing))
    g_clear_pointer (&self->arrays, g_ptr_array_unref);
  self->recipe.preprocessing = *preprocessing;
}

const QsPreprocessing *
qs_samples_get_preprocessing (QsSamples *self)
{
  return &self->recipe.preprocessing;
}

/* Place of the input among the network's, or -1 when the set was not told. */
static int
find_input (QsSamples  *self,
            const char *name)
{
  for (guint i = 0; i < self->inputs->len; i++)
    if (strcmp (((QsSampleInput *) self->inputs->pdata[i])->name, name) == 0)
      return (int) i;

  return -1;
}

/* By name; an array without a name fits every input, and one called arr_M or input_M the M-th. */
static QsSampleArray *
find_array (QsSamples  *self,
            const char *name)
{
  QsSampleArray *by_position = NULL;
  int position = find_input (self, name);

  for (guint i = 0; i < self->arrays->len; i++)
    {
      QsSampleArray *array = self->arrays->pdata[i];

      if (strcmp (array->name, name) == 0 || array->name[0] == '\0')
        return array;
      if (position >= 0 && qs_sample_input_parse_position (array->name) == position)
        by_position = array;
    }

  return by_position;
}

static gboolean
is_label (const QsSampleArray *array)
{
  return strcmp (array->name, "label") == 0 || strcmp (array->name, "labels") == 0;
}

/* Which arrays there are instead, so that a wrong name is seen at once. */
/**
 * qs_samples_get_shape:
 *
 * Returns: (transfer none) (nullable): the shape of array @name, its rows along axis 0; %NULL when
 *   the set has no such array, or its samples take the shape of the network's input
 */
const QsShape *
qs_samples_get_shape (QsSamples  *self,
                      const char *name)
{
  const QsSampleArray *array =
    self->source->is_fixed && self->arrays != NULL ? find_array (self, name) : NULL;

  return array != NULL ? &array->shape : NULL;
}

static void
set_missing_error (QsSamples  *self,
                   const char *name,
                   GError    **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < self->arrays->len; i++)
    {
      const QsSampleArray *array = self->arrays->pdata[i];

      if (!is_label (array))
        g_string_append_printf (names, "%s“%s”", names->len > 0 ? ", " : "", array->name);
    }

  g_set_error (error, QS_ERROR, QS_ERROR_MISSING,
               "%s: there is no array “%s”, which is the name of the network's input; the file has "
               "%s. Save the samples under the input's name", self->source->name, name,
               names->len > 0 ? names->str : "none but labels");
}

static QsSampleArray *
lookup (QsSamples  *self,
        const char *name,
        GError    **error)
{
  QsSampleArray *array = find_array (self, name);

  if (array == NULL)
    {
      set_missing_error (self, name, error);
      return NULL;
    }
  if (array->problem != NULL)
    {
      if (error != NULL)
        *error = g_error_copy (array->problem);
      if (!g_str_has_prefix (array->problem->message, self->source->name))
        g_prefix_error (error, "%s: ", self->source->name);
      return NULL;
    }

  return array;
}

/* Any number can become a float; integers may grow but never lose a value. */
static gboolean
check_type (QsSamples           *self,
            const QsSampleArray *array,
            QsDataType           type,
            GError             **error)
{
  gboolean grows = (type == QS_DATA_TYPE_INT64 || type == QS_DATA_TYPE_INT32) &&
                   !qs_data_type_is_float (array->type) &&
                   qs_data_type_size (array->type) < qs_data_type_size (type);

  if (type == array->type || qs_data_type_is_float (type) || grows)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_TYPE,
               "%s: array “%s” has elements of type %s where the network needs %s",
               self->source->name, array->name, qs_data_type_name (array->type),
               qs_data_type_name (type));
  return FALSE;
}

static gboolean
check_shape (QsSamples           *self,
             const QsSampleArray *array,
             const QsShape       *shape,
             GError             **error)
{
  gboolean equal = array->shape.n_dims == shape->n_dims;
  g_autofree char *have = NULL, *want = NULL;

  for (int axis = 1; equal && axis < shape->n_dims; axis++)
    equal = shape->dims[axis] == -1 || shape->dims[axis] == array->shape.dims[axis];
  if (equal)
    return TRUE;

  have = qs_shape_to_string (&array->shape);
  want = qs_shape_to_string (shape);
  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
               "%s: array “%s” has shape %s, which does not fit the network's input of shape %s "
               "(the first axis counts the samples)", self->source->name, array->name, have, want);
  return FALSE;
}

static gboolean
check_input (QsSamples           *self,
             const QsSampleInput *input,
             GError             **error)
{
  const QsSampleArray *array = lookup (self, input->name, error);

  if (array == NULL || !check_type (self, array, input->type, error) ||
      !check_shape (self, array, &input->shape, error))
    return FALSE;

  if (qs_data_type_is_float (input->type) &&
      !qs_preprocessing_check (&self->recipe.preprocessing, &array->shape, error))
    {
      g_prefix_error (error, "%s: array “%s”: ", self->source->name, input->name);
      return FALSE;
    }
  return TRUE;
}

/* Whether samples for the one are samples for the other; the batch makes no difference. */
static gboolean
is_same_input (const QsSampleInput *a,
               const QsSampleInput *b)
{
  if (strcmp (a->name, b->name) != 0 || a->type != b->type || a->shape.n_dims != b->shape.n_dims)
    return FALSE;

  for (int axis = 1; axis < a->shape.n_dims; axis++)
    if (a->shape.dims[axis] != b->shape.dims[axis])
      return FALSE;

  return TRUE;
}

static gboolean
are_same_inputs (GPtrArray *a,
                 GPtrArray *b)
{
  if (a->len != b->len)
    return FALSE;

  for (guint i = 0; i < a->len; i++)
    if (!is_same_input (a->pdata[i], b->pdata[i]))
      return FALSE;

  return TRUE;
}

/* Whether there are arrays, made for what the network wants and for how images are to be. */
static gboolean
ensure_arranged (QsSamples *self,
                 GError   **error)
{
  if (self->arrays != NULL)
    return TRUE;
  if (self->inputs->len > 0)
    return arrange (self, error);

  g_set_error (error, QS_ERROR, QS_ERROR_MISSING,
               "%s: what a sample is depends on the network, which is not known yet",
               self->source->name);
  return FALSE;
}

static gboolean
fit (QsSamples  *self,
     GPtrArray  *inputs,
     GError    **error)
{
  if (!are_same_inputs (self->inputs, inputs))
    {
      g_ptr_array_ref (inputs);
      g_ptr_array_unref (self->inputs);
      self->inputs = inputs;
      if (!self->source->is_fixed)
        g_clear_pointer (&self->arrays, g_ptr_array_unref);
    }

  if (!ensure_arranged (self, error))
    return FALSE;
  for (guint i = 0; i < inputs->len; i++)
    if (!check_input (self, inputs->pdata[i], error))
      return FALSE;

  return TRUE;
}

/**
 * qs_samples_fit:
 * @inputs: (element-type QsTensor): the network's inputs, in their order
 *
 * Tells the set what the network wants, and says whether it has it. From then on it is known how
 * many samples there are.
 *
 * Errors: %QS_ERROR_MISSING, naming the input and what there is instead, %QS_ERROR_TYPE,
 * %QS_ERROR_SHAPE, %QS_ERROR_DATA; for images those of the first one.
 */
gboolean
qs_samples_fit (QsSamples  *self,
                GPtrArray  *inputs,
                GError    **error)
{
  g_autoptr (GPtrArray) wanted =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_sample_input_free);

  for (guint i = 0; i < inputs->len; i++)
    {
      const QsTensor *tensor = inputs->pdata[i];

      g_ptr_array_add (wanted, qs_sample_input_new (tensor->name, tensor->type, &tensor->shape));
    }

  return fit (self, wanted, error);
}

/**
 * qs_samples_check_input:
 *
 * Like [func@samples_fit] for one input of possibly several.
 */
gboolean
qs_samples_check_input (QsSamples     *self,
                        const char    *name,
                        QsDataType     type,
                        const QsShape *shape,
                        GError       **error)
{
  g_autoptr (GPtrArray) wanted =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_sample_input_free);
  QsSampleInput *input = qs_sample_input_new (name, type, shape);
  int known = find_input (self, name);

  g_ptr_array_add (wanted, input);
  if (self->source->is_fixed ||
      (self->arrays != NULL && known >= 0 && is_same_input (self->inputs->pdata[known], input)))
    return check_input (self, input, error);

  return fit (self, wanted, error);
}

/* The order of the samples, made when it is first asked for. */
static gboolean
ensure_order (QsSamples *self,
              GError   **error)
{
  if (self->order == NULL && self->recipe.shuffle)
    self->order = qs_sample_order_shuffle (self->n_rows, (guint64) self->recipe.seed, error);

  return self->order != NULL || !self->recipe.shuffle;
}

/* "sample 3", and where that comes from when it is not the third in the file. */
static char *
describe_sample (QsSamples     *self,
                 QsSampleArray *array,
                 gint64         index)
{
  gint64 row = self->order != NULL ? self->order[index] : index;
  g_autofree char *name = array->name_row != NULL ? array->name_row (array, row) : NULL;

  if (name != NULL)
    return g_strdup_printf ("sample %" G_GINT64_FORMAT " (%s)", index, name);
  if (row != index)
    return g_strdup_printf ("sample %" G_GINT64_FORMAT " (row %" G_GINT64_FORMAT ")", index, row);

  return g_strdup_printf ("sample %" G_GINT64_FORMAT, index);
}

char *
qs_samples_dup_file_name (QsSamples *self,
                          gint64     index)
{
  QsSampleArray *array = self->arrays != NULL && self->arrays->len > 0 ? self->arrays->pdata[0] : NULL;

  if (array == NULL || array->name_row == NULL || index < 0 || index >= self->n_rows ||
      !ensure_order (self, NULL))
    return NULL;

  return array->name_row (array, self->order != NULL ? self->order[index] : index);
}

const char *
qs_samples_get_kind (QsSamples *self)
{
  return self->source->kind->title;
}

gboolean
qs_samples_has_images (QsSamples *self)
{
  return self->source->has_images;
}

/**
 * qs_samples_suggest_images:
 *
 * Lets images of any size fit any network: shorter side and centre to the input's own size.
 */
void
qs_samples_suggest_images (QsSamples *self)
{
  QsPreprocessing preprocessing = self->recipe.preprocessing;

  if (!self->source->has_images)
    return;

  preprocessing.resize = QS_IMAGE_RESIZE_SHORTER;
  preprocessing.resize_width = preprocessing.resize_height = 0;
  preprocessing.crop = TRUE;
  preprocessing.crop_width = preprocessing.crop_height = 0;
  qs_samples_set_preprocessing (self, &preprocessing);
}

static int
compare_places (gconstpointer a,
                gconstpointer b)
{
  guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

  return x < y ? -1 : x > y;
}

/* The rows of a shuffled set one by one, in the order in which the file has them: an archive is
 * then unpacked once for a batch and not once for a row. */
static gboolean
read_shuffled (QsSamples     *self,
               QsSampleArray *array,
               gint64         first,
               gint64         n,
               guint8        *buffer,
               GError       **error)
{
  gsize row = qs_sample_array_get_row_size (array);
  g_autofree guint64 *places = g_new (guint64, (gsize) MAX (n, 1));

  for (gint64 i = 0; i < n; i++)
    places[i] = (guint64) self->order[first + i] << 32 | (guint64) i;
  qsort (places, (gsize) n, sizeof places[0], compare_places);

  for (gint64 i = 0; i < n; i++)
    if (!array->read (array, (gint64) (places[i] >> 32), 1, buffer + (guint32) places[i] * row,
                      error))
      return FALSE;

  return TRUE;
}

static gboolean
read_in_order (QsSamples     *self,
               QsSampleArray *array,
               gint64         first,
               gint64         n,
               gpointer       buffer,
               GError       **error)
{
  if (!self->recipe.shuffle)
    return array->read (array, first, n, buffer, error);

  return ensure_order (self, error) && read_shuffled (self, array, first, n, buffer, error);
}

/* As they are stored. */
static QsHostTensor *
read_rows (QsSamples     *self,
           QsSampleArray *array,
           gint64         first,
           gint64         n,
           GError       **error)
{
  QsShape shape = array->shape;
  g_autoptr (QsHostTensor) rows = NULL;

  if (first < 0 || n < 0 || first > self->n_rows || n > self->n_rows - first)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "%s: array “%s” has no samples %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                   self->source->name, array->name, first, first + n - 1);
      return NULL;
    }

  shape.dims[0] = n;
  rows = qs_host_tensor_new (array->type, &shape, error);
  if (rows == NULL)
    {
      g_prefix_error (error, "%s: array “%s”: ", self->source->name, array->name);
      return NULL;
    }
  if (!read_in_order (self, array, first, n, qs_host_tensor_get_mutable (rows), error))
    return NULL;

  return g_steal_pointer (&rows);
}

static gboolean
check_finite (QsSamples           *self,
              QsSampleArray       *array,
              gint64               first,
              const QsHostTensor  *rows,
              GError             **error)
{
  gint64 n = qs_host_tensor_get_n_elements (rows);
  gint64 n_rows = qs_host_tensor_get_shape (rows)->dims[0];
  g_autofree char *place = NULL;

  for (gint64 i = 0; i < n; i++)
    {
      double value = qs_host_tensor_get_number (rows, i);

      if (isfinite (value))
        continue;

      place = describe_sample (self, array, first + i / (n / n_rows));
      g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                   "%s: array “%s”: %s contains %s (element %" G_GINT64_FORMAT " of its %"
                   G_GINT64_FORMAT ")", self->source->name, array->name, place,
                   isnan (value) ? "NaN" : "infinity", i % (n / n_rows), n / n_rows);
      return FALSE;
    }

  return TRUE;
}

static gboolean
is_finite_fast (const QsHostTensor *rows)
{
  const float *values = qs_host_tensor_get_floats (rows);
  gint64 n = qs_host_tensor_get_n_elements (rows);
  guint bad = 0;

  if (values == NULL)
    return FALSE;

  /* The product with 0 is NaN for infinity and NaN only. */
  for (gint64 i = 0; i < n; i++)
    bad |= !(values[i] * 0.0f == 0.0f);

  return bad == 0;
}

/* What a float input gets: float32, preprocessed. @rows may be written to: nobody else has it. */
static QsHostTensor *
to_float (QsSamples     *self,
          QsSampleArray *array,
          gint64         first,
          QsHostTensor  *rows,
          GError       **error)
{
  g_autoptr (QsHostTensor) values = NULL;

  if (qs_data_type_is_float (array->type) && !is_finite_fast (rows) &&
      !check_finite (self, array, first, rows, error))
    return NULL;

  values = qs_host_tensor_convert (rows, QS_DATA_TYPE_FLOAT, error);
  if (values == NULL)
    return NULL;

  if (!qs_preprocessing_apply (&self->recipe.preprocessing, qs_host_tensor_get_shape (values),
                               qs_host_tensor_get_mutable (values), error) ||
      (!is_finite_fast (values) && !check_finite (self, array, first, values, error)))
    return NULL;

  return g_steal_pointer (&values);
}

/**
 * qs_samples_read:
 * @name: the network input
 * @type: its type
 * @first: first sample
 * @n: how many samples
 *
 * Reading batches in order costs one pass over the file; going back starts it again.
 *
 * Errors: %QS_ERROR_MISSING, %QS_ERROR_TYPE, %QS_ERROR_SHAPE; %QS_ERROR_DATA for NaN or infinity,
 * naming the sample; %QS_ERROR_MALFORMED where the file is damaged.
 */
QsHostTensor *
qs_samples_read (QsSamples  *self,
                 const char *name,
                 QsDataType  type,
                 gint64      first,
                 gint64      n,
                 GError    **error)
{
  QsSampleArray *array = ensure_arranged (self, error) ? lookup (self, name, error) : NULL;
  g_autoptr (QsHostTensor) rows = NULL;
  g_autoptr (QsHostTensor) values = NULL;

  if (array == NULL || !check_type (self, array, type, error))
    return NULL;

  rows = read_rows (self, array, first, n, error);
  if (rows == NULL)
    return NULL;
  if (!qs_data_type_is_float (type))
    return qs_host_tensor_convert (rows, type, error);

  values = to_float (self, array, first, rows, error);
  return values != NULL ? qs_host_tensor_convert (values, type, error) : NULL;
}

static QsSampleArray *
find_labels (QsSamples *self)
{
  QsSampleArray *array = self->arrays != NULL ? find_array (self, "label") : NULL;

  if (self->arrays == NULL)
    return NULL;
  if (array != NULL && array->name[0] == '\0')
    return NULL;
  return array != NULL ? array : find_array (self, "labels");
}

/* Of a folder or an archive, once the network's inputs are known. */
gboolean
qs_samples_has_labels (QsSamples *self)
{
  return find_labels (self) != NULL;
}

static gboolean
check_labels (QsSamples           *self,
              const QsSampleArray *array,
              GError             **error)
{
  gsize per_sample = qs_sample_array_get_row_size ((QsSampleArray *) array) /
                     MAX (qs_data_type_size (array->type), 1);

  if (!qs_data_type_is_integer (array->type))
    g_set_error (error, QS_ERROR, QS_ERROR_TYPE,
                 "%s: array “%s” has elements of type %s; class indices are integers",
                 self->source->name, array->name, qs_data_type_name (array->type));
  else if (per_sample != 1)
    g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                 "%s: array “%s” has %" G_GSIZE_FORMAT " numbers per sample; a class index is one",
                 self->source->name, array->name, per_sample);
  else
    return TRUE;

  return FALSE;
}

gint64 *
qs_samples_read_labels (QsSamples *self,
                        gint64     first,
                        gint64     n,
                        GError   **error)
{
  QsSampleArray *array = ensure_arranged (self, error) ? find_labels (self) : NULL;
  g_autoptr (QsHostTensor) rows = NULL;
  g_autofree gint64 *labels = NULL;

  if (self->arrays != NULL)
    array = lookup (self, array != NULL ? array->name : "label", error);
  if (array == NULL || !check_labels (self, array, error))
    return NULL;

  rows = read_rows (self, array, first, n, error);
  if (rows == NULL)
    return NULL;

  labels = g_new (gint64, (gsize) MAX (n, 1));
  for (gint64 i = 0; i < n; i++)
    {
      labels[i] = (gint64) qs_host_tensor_get_number (rows, i);
      if (labels[i] < 0)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                       "%s: array “%s”: sample %" G_GINT64_FORMAT " has the negative class %"
                       G_GINT64_FORMAT, self->source->name, array->name, first + i, labels[i]);
          return NULL;
        }
    }

  return g_steal_pointer (&labels);
}
