/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/*
 * NonMaxSuppression: of overlapping boxes the one with the best score stays. How many stay depends
 * on the data, so this is computed while importing or not at all. (TensorRT's layer has an output
 * whose size is found while the network runs.)
 */

static const QsField fields[] = {
  { "center_point_box", QS_FIELD_FLAG, G_STRUCT_OFFSET (QsNmsAttributes, center) },
  { NULL },
};

typedef struct
{
  float low[2];
  float high[2];
} Box;

typedef struct
{
  float score;
  gint64 index;
} Candidate;

typedef struct
{
  gboolean center;
  const QsView *boxes;
  const QsView *scores;
  gint64 n_max;
  float max_overlap;
  gboolean has_min_score;
  float min_score;
  GArray *chosen;         /* gint64: batch, class, box; batch, … */
  Candidate *candidates;  /* room for one class */
  Box *kept;
} Suppression;

/* y1, x1, y2, x2 in any order of the corners, or x, y, width, height around the centre */
static Box
read_box (const Suppression *self,
          gint64             batch,
          gint64             index)
{
  const QsView *boxes = self->boxes;
  const float *data = (const float *) boxes->data + batch * boxes->strides[0] +
                      index * boxes->strides[1];
  float v[4];
  Box box;

  for (int i = 0; i < 4; i++)
    v[i] = data[i * boxes->strides[2]];

  for (int i = 0; i < 2; i++)
    {
      float half = v[i + 2] / 2.0f;

      box.low[i] = self->center ? v[i] - half : MIN (v[i], v[i + 2]);
      box.high[i] = self->center ? v[i] + half : MAX (v[i], v[i + 2]);
    }

  return box;
}

/* Intersection over union; 0 for boxes without an area. */
static float
overlap (const Box *a,
         const Box *b)
{
  float both = 1.0f, area_a = 1.0f, area_b = 1.0f;

  for (int i = 0; i < 2; i++)
    {
      float shared = MIN (a->high[i], b->high[i]) - MAX (a->low[i], b->low[i]);

      both *= MAX (shared, 0.0f);
      area_a *= a->high[i] - a->low[i];
      area_b *= b->high[i] - b->low[i];
    }

  return both > 0.0f && area_a > 0.0f && area_b > 0.0f ? both / (area_a + area_b - both) : 0.0f;
}

/* The best score first, of equal ones the lower index. */
static int
compare (const void *a,
         const void *b)
{
  const Candidate *ca = a, *cb = b;

  if (ca->score != cb->score)
    return ca->score > cb->score ? -1 : 1;
  return ca->index < cb->index ? -1 : ca->index > cb->index;
}

static gint64
collect (Suppression *self,
         gint64       batch,
         gint64       class)
{
  const QsView *scores = self->scores;
  gint64 n = 0;

  for (gint64 i = 0; i < scores->shape.dims[2]; i++)
    {
      float score = ((const float *) scores->data)[batch * scores->strides[0] +
                                                   class * scores->strides[1] +
                                                   i * scores->strides[2]];

      if (score == score && (!self->has_min_score || score > self->min_score))
        self->candidates[n++] = (Candidate) { score, i };
    }

  qsort (self->candidates, (gsize) n, sizeof (Candidate), compare);
  return n;
}

static void
suppress (Suppression *self,
          gint64       batch,
          gint64       class)
{
  gint64 n = collect (self, batch, class), n_kept = 0;

  for (gint64 i = 0; i < n && n_kept < self->n_max; i++)
    {
      gint64 row[3] = { batch, class, self->candidates[i].index };
      Box box = read_box (self, batch, row[2]);
      gboolean is_free = TRUE;

      for (gint64 k = 0; is_free && k < n_kept; k++)
        is_free = !(overlap (&box, &self->kept[k]) > self->max_overlap);
      if (!is_free)
        continue;

      self->kept[n_kept++] = box;
      g_array_append_vals (self->chosen, row, 3);
    }
}

static gboolean
run (Suppression *self,
     GError     **error)
{
  gint64 n = self->scores->shape.dims[2];
  g_autofree Candidate *candidates = g_try_new (Candidate, MAX (n, 1));
  g_autofree Box *kept = g_try_new (Box, MAX (n, 1));

  if (candidates == NULL || kept == NULL)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_LIMIT, "there is not enough memory to sort");
      return FALSE;
    }

  self->candidates = candidates;
  self->kept = kept;
  for (gint64 b = 0; b < self->scores->shape.dims[0]; b++)
    for (gint64 c = 0; c < self->scores->shape.dims[1]; c++)
      suppress (self, b, c);
  return TRUE;
}

/* The number in an optional input of one element. */
static double
number_or (const QsView *view,
           guint         n_inputs,
           guint         index,
           double        fallback)
{
  if (index >= n_inputs || view[index].data == NULL || qs_shape_n_elements (&view[index].shape) != 1)
    return fallback;

  return qs_view_get_number (&view[index], 0);
}

/* (transfer full) (nullable): batch, class and box of all that stay */
static GArray *
choose (const QsLayer *layer,
        const QsView  *inputs,
        GError       **error)
{
  g_autoptr (GArray) chosen = g_array_new (FALSE, FALSE, sizeof (gint64));
  guint n = layer->inputs->len;
  Suppression self = {
    .center = ((const QsNmsAttributes *) layer->attributes)->center,
    .boxes = &inputs[0],
    .scores = &inputs[1],
    .n_max = (gint64) CLAMP (number_or (inputs, n, 2, 0.0), 0.0, (double) QS_MAX_DIM),
    .max_overlap = (float) number_or (inputs, n, 3, 0.0),
    .has_min_score = qs_layer_get_input (layer, 4) != NULL,
    .min_score = (float) number_or (inputs, n, 4, 0.0),
    .chosen = chosen,
  };

  return run (&self, error) ? g_steal_pointer (&chosen) : NULL;
}

static gboolean
check (const QsTensor *boxes,
       const QsTensor *scores,
       GError        **error)
{
  const QsShape *b = &boxes->shape, *s = &scores->shape;
  g_autofree char *b_text = NULL;
  g_autofree char *s_text = NULL;

  if (boxes->type == QS_DATA_TYPE_FLOAT && scores->type == QS_DATA_TYPE_FLOAT && b->n_dims == 3 &&
      s->n_dims == 3 && b->dims[2] == 4 && b->dims[0] == s->dims[0] && b->dims[1] == s->dims[2])
    return TRUE;

  b_text = qs_shape_to_string (b);
  s_text = qs_shape_to_string (s);
  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
               "boxes of shape %s (%s) and scores of shape %s (%s) do not suit each other", b_text,
               qs_data_type_name (boxes->type), s_text, qs_data_type_name (scores->type));
  return FALSE;
}

/* Each box is compared with those that stay, and all are sorted. */
static double
count_steps (const QsLayer *layer)
{
  const QsShape *scores = &qs_layer_get_input (layer, 1)->shape;
  QsTensor *limit = qs_layer_get_input (layer, 2);
  double n = (double) scores->dims[2];
  double most = limit != NULL && limit->value != NULL &&
                qs_host_tensor_get_n_elements (limit->value) == 1
                  ? qs_host_tensor_get_number (limit->value, 0) : 0.0;

  return (double) scores->dims[0] * (double) scores->dims[1] * n * (20.0 + CLAMP (most, 0.0, n));
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  g_autofree QsView *views = g_new0 (QsView, MAX (layer->inputs->len, 2));
  g_autoptr (GArray) chosen = NULL;
  QsShape shape = { .n_dims = 2, .dims = { 0, 3 } };

  for (guint i = 0; i < MAX (layer->inputs->len, 2); i++)
    {
      QsTensor *tensor = NULL;

      if (i >= 2 && qs_layer_get_input (layer, i) == NULL)
        continue;
      tensor = qs_layer_require_value (layer, i, error);
      if (tensor == NULL)
        return FALSE;
      qs_view_init_for_host (&views[i], tensor->value);
    }

  if (!check (qs_layer_get_input (layer, 0), qs_layer_get_input (layer, 1), error))
    return FALSE;
  if (!qs_layer_check_steps (count_steps (layer), error))
    return FALSE;
  chosen = choose (layer, views, error);
  if (chosen == NULL)
    return FALSE;

  shape.dims[0] = chosen->len / 3;
  return qs_layer_set_output (layer, 0, QS_DATA_TYPE_INT64, &shape, error);
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  g_autoptr (GArray) chosen = choose (layer, inputs, error);
  const QsView *y = &outputs[0];

  if (chosen == NULL)
    return FALSE;

  for (gint64 i = 0; i < MIN (y->shape.dims[0], chosen->len / 3); i++)
    for (int k = 0; k < 3; k++)
      ((gint64 *) y->data)[i * y->strides[0] + k * y->strides[1]] =
        g_array_index (chosen, gint64, 3 * i + k);

  return TRUE;
}

static gboolean
parse (QsImporter       *importer,
       const QsOperator *op,
       const QsOnnxNode *node,
       GError          **error)
{
  QsNmsAttributes attributes = { 0 };

  return qs_onnx_node_get_flag (node, "center_point_box", FALSE, &attributes.center, error) &&
         qs_importer_add_layer (importer, node, QS_LAYER_NMS, &attributes, error) != NULL;
}

const QsLayerClass qs_layer_classes_nms[] = {
  { QS_LAYER_NMS, "NMS", QS_PLACEMENT_HOST, sizeof (QsNmsAttributes), fields, infer, evaluate,
    .count_steps = count_steps },
  { .name = NULL },
};

const QsOperator qs_operators_nms[] = {
  { "NonMaxSuppression", 10, 0, 0, parse },
  { .op_type = NULL },
};
