/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/*
 * NonZero, Compress and Unique: how many elements they give depends on the data. Their shapes are
 * known when the data is, so these layers are there to be folded.
 */

static const QsField choice_fields[] = {
  { "flat", QS_FIELD_FLAG, G_STRUCT_OFFSET (QsChoiceAttributes, flat) },
  { "axis", QS_FIELD_INT, G_STRUCT_OFFSET (QsChoiceAttributes, axis) },
  { "sorted", QS_FIELD_FLAG, G_STRUCT_OFFSET (QsChoiceAttributes, sorted) },
  { NULL },
};

static gboolean
is_set (const QsView *x,
        gint64        offset)
{
  return qs_data_type_is_float (x->type) ? qs_view_get_number (x, offset) != 0.0
                                         : qs_view_get_int (x, offset) != 0;
}

static gboolean
infer_non_zero (QsLayer *layer,
                GError **error)
{
  QsTensor *x = qs_layer_require_value (layer, 0, error);
  QsShape shape = { .n_dims = 2 };
  QsView view;

  if (x == NULL ||
      !qs_layer_check_steps ((double) qs_host_tensor_get_n_elements (x->value), error))
    return FALSE;

  qs_view_init_for_host (&view, x->value);
  shape.dims[0] = x->shape.n_dims;
  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (x->value); i++)
    shape.dims[1] += is_set (&view, i);

  return qs_layer_set_output (layer, 0, QS_DATA_TYPE_INT64, &shape, error);
}

static gboolean
evaluate_non_zero (const QsLayer *layer,
                   const QsView  *inputs,
                   QsView        *outputs,
                   GError       **error)
{
  const QsView *x = &inputs[0], *y = &outputs[0];
  gint64 n = 0;
  QsWalk walk;

  qs_walk_init (&walk, &x->shape);
  qs_walk_add (&walk, x->strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      if (n >= y->shape.dims[1] || !is_set (x, walk.offset[0]))
        continue;

      for (int i = 0; i < x->shape.n_dims; i++)
        ((gint64 *) y->data)[i * y->strides[0] + n * y->strides[1]] = walk.index[i];
      n++;
    }

  return TRUE;
}

/* X seen as a row of items: single elements, or slices along an axis. */
typedef struct
{
  gint64 n;
  gint64 *items;  /* offset of each */
  gint64 n_inner;
  gint64 *inner;  /* offsets within each */
} Items;

static void
items_clear (Items *self)
{
  g_free (self->items);
  g_free (self->inner);
}

static gint64 *
list_offsets (const QsView  *x,
              const QsShape *shape,
              gint64        *n)
{
  gint64 *offsets = g_try_new (gint64, MAX (qs_shape_n_elements (shape), 1));
  QsWalk walk;

  *n = 0;
  if (offsets == NULL)
    return NULL;

  qs_walk_init (&walk, shape);
  qs_walk_add (&walk, x->strides);
  for (; !walk.done; qs_walk_next (&walk))
    offsets[(*n)++] = walk.offset[0];
  return offsets;
}

static gboolean
items_init (Items                    *self,
            const QsChoiceAttributes *attributes,
            const QsView             *x,
            GError                  **error)
{
  QsShape outer = x->shape, inner = x->shape;

  for (int i = 0; i < x->shape.n_dims; i++)
    if (attributes->flat || i == attributes->axis)
      inner.dims[i] = 1;
    else
      outer.dims[i] = 1;

  self->items = list_offsets (x, &outer, &self->n);
  self->inner = list_offsets (x, &inner, &self->n_inner);
  if (self->items != NULL && self->inner != NULL)
    return TRUE;

  items_clear (self);
  g_set_error_literal (error, QS_ERROR, QS_ERROR_LIMIT, "there is not enough memory");
  return FALSE;
}

static QsShape
shape_of_items (const QsChoiceAttributes *attributes,
                const QsShape            *x,
                gint64                    n)
{
  QsShape shape = *x;

  if (attributes->flat)
    return (QsShape) { .n_dims = 1, .dims = { n } };

  shape.dims[attributes->axis] = n;
  return shape;
}

static gboolean
check_choice (const QsChoiceAttributes *attributes,
              const QsTensor           *x,
              GError                  **error)
{
  return attributes->flat || qs_axis_check (attributes->axis, x->shape.n_dims, error);
}

static gint64
count_items (const QsChoiceAttributes *attributes,
             const QsShape            *x)
{
  return attributes->flat ? qs_shape_n_elements (x) : x->dims[attributes->axis];
}

/* Copies item @from of X to item @to of Y. */
static void
copy_item (const QsChoiceAttributes *attributes,
           const Items              *items,
           const QsView             *x,
           gint64                    from,
           const Items              *out,
           const QsView             *y,
           gint64                    to)
{
  gsize size = qs_data_type_size (x->type);

  for (gint64 k = 0; k < items->n_inner; k++)
    qs_copy_element (y->data, out->items[to] + out->inner[k], x->data,
                     items->items[from] + items->inner[k], size);
}

static gboolean
copy_items (const QsChoiceAttributes *attributes,
            const QsView             *x,
            const gint64             *chosen,
            gint64                    n,
            const QsView             *y,
            GError                  **error)
{
  Items items = { 0 }, out = { 0 };
  gboolean ok = items_init (&items, attributes, x, error) && items_init (&out, attributes, y, error);

  for (gint64 i = 0; ok && i < MIN (n, out.n); i++)
    copy_item (attributes, &items, x, chosen[i], &out, y, i);

  items_clear (&items);
  items_clear (&out);
  return ok;
}

/* Only the condition decides about the shape; X may be computed while the network runs. */
static gboolean
infer_compress (QsLayer *layer,
                GError **error)
{
  const QsChoiceAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  QsTensor *condition = x != NULL ? qs_layer_require_value (layer, 1, error) : NULL;
  gint64 n = 0, length;
  QsView view;
  QsShape shape;

  if (condition == NULL || !check_choice (attributes, x, error))
    return FALSE;

  length = qs_host_tensor_get_n_elements (condition->value);
  if (condition->type != QS_DATA_TYPE_BOOL || condition->shape.n_dims != 1 ||
      length > count_items (attributes, &x->shape))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "the condition (“%s”) is not a list of at most %" G_GINT64_FORMAT " booleans",
                   condition->name, count_items (attributes, &x->shape));
      return FALSE;
    }

  qs_view_init_for_host (&view, condition->value);
  for (gint64 i = 0; i < length; i++)
    n += is_set (&view, i);

  shape = shape_of_items (attributes, &x->shape, n);
  return qs_layer_set_output (layer, 0, x->type, &shape, error);
}

static gboolean
evaluate_compress (const QsLayer *layer,
                   const QsView  *inputs,
                   QsView        *outputs,
                   GError       **error)
{
  const QsView *condition = &inputs[1];
  gint64 length = condition->shape.dims[0], n = 0;
  g_autofree gint64 *chosen = g_try_new (gint64, MAX (length, 1));

  if (chosen == NULL)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_LIMIT, "there is not enough memory");
      return FALSE;
    }

  for (gint64 i = 0; i < length; i++)
    if (is_set (condition, i * condition->strides[0]))
      chosen[n++] = i;
  return copy_items (layer->attributes, &inputs[0], chosen, n, &outputs[0], error);
}

typedef struct
{
  const QsView *x;
  Items items;
  gint64 *order;   /* items from the smallest to the largest */
  gint64 *first;   /* for each different item, where it appears first */
  gint64 *inverse; /* for each item, which of the different ones it is */
  gint64 *counts;
  gint64 n;        /* different items */
} Unique;

static int
compare_elements (const QsView *x,
                  gint64        a,
                  gint64        b)
{
  if (qs_data_type_is_float (x->type))
    {
      double va = qs_view_get_number (x, a), vb = qs_view_get_number (x, b);

      return va < vb ? -1 : va > vb;
    }
  else
    {
      gint64 va = qs_view_get_int (x, a), vb = qs_view_get_int (x, b);

      return va < vb ? -1 : va > vb;
    }
}

static int
compare_items (const Unique *self,
               gint64        a,
               gint64        b)
{
  int order = 0;

  for (gint64 k = 0; order == 0 && k < self->items.n_inner; k++)
    order = compare_elements (self->x, self->items.items[a] + self->items.inner[k],
                              self->items.items[b] + self->items.inner[k]);
  return order;
}

static gint
compare_for_sort (gconstpointer a,
                  gconstpointer b,
                  gpointer      user_data)
{
  gint64 ia = *(const gint64 *) a, ib = *(const gint64 *) b;
  int order = compare_items (user_data, ia, ib);

  return order != 0 ? order : ia < ib ? -1 : ia > ib;
}

static gint
compare_first (gconstpointer a,
               gconstpointer b,
               gpointer      user_data)
{
  const gint64 *first = user_data;
  gint64 fa = first[*(const gint64 *) a], fb = first[*(const gint64 *) b];

  return fa < fb ? -1 : fa > fb;
}

static void
unique_clear (Unique *self)
{
  items_clear (&self->items);
  g_free (self->order);
  g_free (self->first);
  g_free (self->inverse);
  g_free (self->counts);
}

/* Renumbers the different items by their first appearance. */
static gboolean
sort_by_appearance (Unique *self)
{
  g_autofree gint64 *numbers = g_try_new (gint64, MAX (self->n, 1));
  g_autofree gint64 *places = g_try_new (gint64, MAX (self->n, 1));
  g_autofree gint64 *old_first = g_memdup2 (self->first, (gsize) self->n * sizeof (gint64));
  g_autofree gint64 *old_counts = g_memdup2 (self->counts, (gsize) self->n * sizeof (gint64));

  if (numbers == NULL || places == NULL)
    return FALSE;

  for (gint64 i = 0; i < self->n; i++)
    numbers[i] = i;
  if (self->n > 0)
    g_qsort_with_data (numbers, (gint) self->n, sizeof (gint64), compare_first, old_first);

  for (gint64 i = 0; i < self->n; i++)
    {
      self->first[i] = old_first[numbers[i]];
      self->counts[i] = old_counts[numbers[i]];
      places[numbers[i]] = i;
    }
  for (gint64 i = 0; i < self->items.n; i++)
    self->inverse[i] = places[self->inverse[i]];
  return TRUE;
}

static gboolean
find_unique (Unique *self,
             gboolean sorted)
{
  gint64 n = self->items.n;

  self->order = g_try_new (gint64, MAX (n, 1));
  self->first = g_try_new (gint64, MAX (n, 1));
  self->inverse = g_try_new (gint64, MAX (n, 1));
  self->counts = g_try_new (gint64, MAX (n, 1));
  if (self->order == NULL || self->first == NULL || self->inverse == NULL || self->counts == NULL)
    return FALSE;

  for (gint64 i = 0; i < n; i++)
    self->order[i] = i;
  if (n > 0)
    g_qsort_with_data (self->order, (gint) n, sizeof (gint64), compare_for_sort, self);

  for (gint64 i = 0; i < n; i++)
    {
      if (i == 0 || compare_items (self, self->order[i - 1], self->order[i]) != 0)
        {
          self->first[self->n] = self->order[i];
          self->counts[self->n++] = 0;
        }
      self->inverse[self->order[i]] = self->n - 1;
      self->counts[self->n - 1]++;
    }

  return sorted || sort_by_appearance (self);
}

static gboolean
unique_init (Unique                   *self,
             const QsChoiceAttributes *attributes,
             const QsView             *x,
             GError                  **error)
{
  *self = (Unique) { .x = x };

  if (items_init (&self->items, attributes, x, error))
    {
      if (self->items.n <= G_MAXINT && find_unique (self, attributes->sorted))
        return TRUE;
      g_set_error_literal (error, QS_ERROR, QS_ERROR_LIMIT, "there is not enough memory to sort");
      unique_clear (self);
    }

  return FALSE;
}

static double
count_unique_steps (const QsLayer *layer)
{
  double n = (double) qs_shape_n_elements (&qs_layer_get_input (layer, 0)->shape);

  return n * (1.0 + log2 (1.0 + n));
}

static gboolean
infer_unique (QsLayer *layer,
              GError **error)
{
  const QsChoiceAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_value (layer, 0, error);
  QsShape shape, list = { .n_dims = 1 }, all = { .n_dims = 1 };
  Unique unique;
  QsView view;

  if (x == NULL || !check_choice (attributes, x, error) ||
      !qs_layer_check_steps (count_unique_steps (layer), error))
    return FALSE;

  qs_view_init_for_host (&view, x->value);
  if (!unique_init (&unique, attributes, &view, error))
    return FALSE;

  shape = shape_of_items (attributes, &x->shape, unique.n);
  list.dims[0] = unique.n;
  all.dims[0] = unique.items.n;
  unique_clear (&unique);
  return qs_layer_set_output (layer, 0, x->type, &shape, error) &&
         qs_layer_set_output (layer, 1, QS_DATA_TYPE_INT64, &list, error) &&
         qs_layer_set_output (layer, 2, QS_DATA_TYPE_INT64, &all, error) &&
         qs_layer_set_output (layer, 3, QS_DATA_TYPE_INT64, &list, error);
}

static void
store_list (const QsLayer *layer,
            guint          index,
            const gint64  *values,
            QsView        *outputs)
{
  if (layer->outputs->len <= index || outputs[index].data == NULL)
    return;

  for (gint64 i = 0; i < outputs[index].shape.dims[0]; i++)
    ((gint64 *) outputs[index].data)[i * outputs[index].strides[0]] = values[i];
}

static gboolean
evaluate_unique (const QsLayer *layer,
                 const QsView  *inputs,
                 QsView        *outputs,
                 GError       **error)
{
  Unique unique;
  gboolean ok;

  if (!unique_init (&unique, layer->attributes, &inputs[0], error))
    return FALSE;

  ok = outputs[0].data == NULL ||
       copy_items (layer->attributes, &inputs[0], unique.first, unique.n, &outputs[0], error);
  store_list (layer, 1, unique.first, outputs);
  store_list (layer, 2, unique.inverse, outputs);
  store_list (layer, 3, unique.counts, outputs);
  unique_clear (&unique);
  return ok;
}

static gboolean
parse_non_zero (QsImporter       *importer,
                const QsOperator *op,
                const QsOnnxNode *node,
                GError          **error)
{
  return qs_importer_add_layer (importer, node, QS_LAYER_NON_ZERO, NULL, error) != NULL;
}

static gboolean
parse_choice (QsImporter       *importer,
              const QsOperator *op,
              const QsOnnxNode *node,
              GError          **error)
{
  QsChoiceAttributes attributes = { .flat = !qs_onnx_node_has (node, "axis") };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  gint64 wanted;
  int axis = 0;

  if (x == NULL || !qs_onnx_node_get_int (node, "axis", 0, &wanted, error) ||
      !qs_onnx_node_get_flag (node, "sorted", TRUE, &attributes.sorted, error) ||
      (!attributes.flat && !qs_axis_resolve (wanted, x->shape.n_dims, &axis, error)))
    return FALSE;

  attributes.axis = axis;
  return qs_importer_add_layer (importer, node, (QsLayerKind) op->variant, &attributes,
                                error) != NULL;
}

const QsLayerClass qs_layer_classes_non_zero[] = {
  { QS_LAYER_NON_ZERO, "NonZero", QS_PLACEMENT_HOST, 0, NULL, infer_non_zero, evaluate_non_zero },
  { QS_LAYER_COMPRESS, "Compress", QS_PLACEMENT_FLOAT, sizeof (QsChoiceAttributes), choice_fields,
    infer_compress, evaluate_compress },
  { QS_LAYER_UNIQUE, "Unique", QS_PLACEMENT_HOST, sizeof (QsChoiceAttributes), choice_fields,
    infer_unique, evaluate_unique, .count_steps = count_unique_steps },
  { .name = NULL },
};

const QsOperator qs_operators_non_zero[] = {
  { "NonZero", 9, 0, 0, parse_non_zero },
  { "Compress", 9, 0, QS_LAYER_COMPRESS, parse_choice },
  { "Unique", 11, 0, QS_LAYER_UNIQUE, parse_choice },
  { .op_type = NULL },
};
