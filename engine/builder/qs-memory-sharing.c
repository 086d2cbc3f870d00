/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "operators/qs-attributes.h"
#include "qs-memory-private.h"

/*
 * Which tensors lie in the same memory. In the order of the layers, an output
 *
 * - of a reshape lies where its input does, when neither moves in memory;
 * - of a kernel that works in place takes the memory of an input that nothing needs any more.
 *
 * Then what is split or sliced stays where it is, and, from the last to the first, inputs of a concatenation move into its output, where their
 * producers write them. Parts of a tensor are contiguous, or rows that are a wider tensor's stride
 * apart; the latter only where all kernels around them can work with it. Nothing is shared that
 * would make the largest set of tensors alive at once larger.
 */

static gboolean
is_in_memory (QsNetwork      *network,
              const QsTensor *tensor)
{
  return tensor != NULL && tensor->producer != NULL && tensor->value == NULL &&
         !qs_network_is_output (network, tensor);
}

guint
qs_memory_last_use (const QsTensor *tensor)
{
  guint last = tensor->producer->id;

  for (guint i = 0; i < tensor->consumers->len; i++)
    last = MAX (last, ((const QsLayer *) g_ptr_array_index (tensor->consumers, i))->id);

  return last;
}

static QsMemoryPlace *
place_of (QsMemorySharing *self,
          const QsTensor  *tensor)
{
  return tensor != NULL ? &self->places[tensor->id] : NULL;
}

static QsMemoryBlock *
block_of (QsMemorySharing *self,
          const QsTensor  *tensor)
{
  return QS_MEMORY_BLOCK (self->blocks, self->places[tensor->id].block);
}

/* Whether @tensor lies in one piece in the activation memory. */
static gboolean
is_whole (QsMemorySharing *self,
          const QsTensor  *tensor)
{
  const QsMemoryPlace *place = place_of (self, tensor);

  return place != NULL && place->block >= 0 && place->row == 0;
}

/* Whether @tensor is all there is in its block, but for others that are just as large. */
static gboolean
fills_block (QsMemorySharing *self,
             const QsTensor  *tensor)
{
  return is_whole (self, tensor) && self->sizes[tensor->id] == block_of (self, tensor)->payload;
}

static gboolean
can (QsMemorySharing *self,
     const QsLayer   *layer,
     QsKernelMemory   ability)
{
  const QsKernel *kernel = self->kernels != NULL ? self->kernels[layer->id] : NULL;

  return kernel != NULL && (kernel->memory & ability) == ability;
}

static gboolean
readers_can (QsMemorySharing *self,
             const QsTensor  *tensor)
{
  for (guint i = 0; i < tensor->consumers->len; i++)
    if (!can (self, g_ptr_array_index (tensor->consumers, i), QS_KERNEL_STRIDED_INPUTS))
      return FALSE;

  return TRUE;
}

static gboolean
has_same_elements (const QsTensor *a,
                   const QsTensor *b)
{
  return a->type == b->type && a->scale == b->scale;
}

/* ---- parts of a tensor ---- */

/* A part of a tensor along an axis, seen in the order of memory: @n_rows rows of @row elements, the
 * part's @width of them from @first on. */
typedef struct
{
  gint64 n_rows;
  gint64 row;
  gint64 first;
  gint64 width;
} Part;

static void
part_init (Part           *self,
           const QsTensor *whole,
           int             axis,
           gint64          first,
           gint64          n)
{
  const QsShape *shape = &whole->shape;
  gboolean last = whole->format == QS_FORMAT_HWC && shape->n_dims >= 3 && axis == 1;
  gint64 inner = 1;

  self->n_rows = 1;
  for (int i = 0; i < shape->n_dims; i++)
    {
      gboolean outside = last || (i < axis && !(whole->format == QS_FORMAT_HWC && i == 1 &&
                                                shape->n_dims >= 3));

      if (i == axis)
        continue;
      if (outside)
        self->n_rows *= shape->dims[i];
      else
        inner *= shape->dims[i];
    }

  self->row = shape->dims[axis] * inner;
  self->first = first * inner;
  self->width = n * inner;
}

/* The place of a part of @whole. Rows of rows are only possible when they are the same rows. */
static gboolean
find_part (QsMemorySharing *self,
           const QsTensor  *whole,
           const Part      *part,
           QsMemoryPlace   *place)
{
  const QsMemoryPlace *own = place_of (self, whole);

  if (own->block < 0 || (own->row != 0 && own->row != part->row))
    return FALSE;

  *place = *own;
  place->offset += (gsize) part->first * qs_data_type_size (whole->type);
  if (part->n_rows > 1 || own->row != 0)
    {
      place->row = part->width;
      place->row_stride = own->row != 0 ? own->row_stride : part->row;
    }
  return TRUE;
}

/* ---- reshape, in place ---- */

static gboolean
is_row_major (const QsTensor *tensor)
{
  QsView view;

  qs_view_init (&view, tensor->type, tensor->format, &tensor->shape, NULL);
  return qs_view_is_linear (&view);
}

/* A reshape moves nothing when both sides lie in row-major order: its output is its input. */
static gboolean
share_reshape (QsMemorySharing *self,
               const QsTensor  *tensor)
{
  const QsTensor *source = qs_layer_get_input (tensor->producer, 0);

  if (tensor->producer->klass->kind != QS_LAYER_SHUFFLE || !is_whole (self, source) ||
      !has_same_elements (source, tensor) || !is_row_major (source) || !is_row_major (tensor))
    return FALSE;

  *place_of (self, tensor) = *place_of (self, source);
  return TRUE;
}

/* Whether @layer is the only one that still needs the memory of its input @index, and reads it
 * nowhere else than where it writes. */
static gboolean
is_free (QsMemorySharing *self,
         const QsLayer   *layer,
         guint            index)
{
  const QsTensor *input = qs_layer_get_input (layer, index);
  const guint in_place = self->kernels[layer->id]->in_place;

  if (!fills_block (self, input) || block_of (self, input)->last > layer->id)
    return FALSE;
  for (guint i = 0; i < layer->inputs->len; i++)
    {
      const QsTensor *other = g_ptr_array_index (layer->inputs, i);

      if (i == index || other == NULL || place_of (self, other)->block != place_of (self, input)->block)
        continue;
      if (other != input || (in_place & (1u << i)) == 0)
        return FALSE;
    }

  return TRUE;
}

static gboolean
share_in_place (QsMemorySharing *self,
                const QsTensor  *tensor)
{
  const QsLayer *layer = tensor->producer;
  const QsKernel *kernel = self->kernels != NULL ? self->kernels[layer->id] : NULL;

  if (kernel == NULL || kernel->in_place == 0 || tensor != qs_layer_get_output (layer, 0))
    return FALSE;

  for (guint i = 0; i < layer->inputs->len && i < 32; i++)
    {
      const QsTensor *input = g_ptr_array_index (layer->inputs, i);

      if ((kernel->in_place & (1u << i)) == 0 || input == NULL ||
          input->format != tensor->format || !qs_shape_equal (&input->shape, &tensor->shape) ||
          self->sizes[input->id] != self->sizes[tensor->id] || !is_free (self, layer, i))
        continue;
      *place_of (self, tensor) = *place_of (self, input);
      block_of (self, tensor)->overwritten = MIN (block_of (self, tensor)->overwritten, layer->id);
      block_of (self, tensor)->changed = layer->id;
      return TRUE;
    }

  return FALSE;
}

static void
add_block (QsMemorySharing *self,
           const QsTensor  *tensor)
{
  const gsize mask = QS_MEMORY_ALIGNMENT - 1;
  const gsize size = self->sizes[tensor->id];
  QsMemoryBlock block = { 0, (MAX (size, 1) + mask) & ~mask, size, tensor->producer->id, 0,
                          G_MAXUINT, 0 };

  *place_of (self, tensor) = (QsMemoryPlace) { .block = (int) self->blocks->len };
  g_array_append_val (self->blocks, block);
}

static gboolean
collect (QsMemorySharing *self,
         const QsTensor  *tensor,
         GError         **error)
{
  QsMemoryBlock *block;

  if (!qs_shape_check_bytes (&tensor->shape, qs_data_type_size (tensor->type),
                             &self->sizes[tensor->id], error))
    {
      g_prefix_error (error, "tensor %s: ", tensor->name);
      return FALSE;
    }

  if (!share_reshape (self, tensor) && !share_in_place (self, tensor))
    add_block (self, tensor);
  block = block_of (self, tensor);
  block->last = MAX (block->last, qs_memory_last_use (tensor));
  return TRUE;
}

/* ---- concatenation, split, slice ---- */

typedef struct
{
  QsMemorySharing *sharing;
  GPtrArray **members;   /* by block: the tensors in it */
  gsize *alive;          /* by layer: bytes */
  guint n_layers;
  gsize peak;
} Joining;

static void
joining_init (Joining         *self,
              QsMemorySharing *sharing)
{
  QsNetwork *network = sharing->network;

  self->sharing = sharing;
  self->n_layers = network->layers->len;
  self->alive = g_new0 (gsize, self->n_layers + 1);
  self->members = g_new0 (GPtrArray *, sharing->blocks->len + 1);
  for (guint i = 0; i < sharing->blocks->len; i++)
    {
      const QsMemoryBlock *block = QS_MEMORY_BLOCK (sharing->blocks, i);

      self->members[i] = g_ptr_array_new ();
      for (guint at = block->first; at <= block->last; at++)
        self->alive[at] += block->size;
    }

  for (guint i = 0; i < network->tensors->len; i++)
    if (sharing->places[i].block >= 0)
      g_ptr_array_add (self->members[sharing->places[i].block],
                       g_ptr_array_index (network->tensors, i));
  for (guint i = 0; i < self->n_layers; i++)
    self->peak = MAX (self->peak, self->alive[i]);
}

static void
joining_clear (Joining *self)
{
  for (guint i = 0; i < self->sharing->blocks->len; i++)
    g_ptr_array_unref (self->members[i]);
  g_free (self->members);
  g_free (self->alive);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Joining, joining_clear)

/* Whether what is written to and read from @tensor can be rows of a wider tensor like @like. */
static gboolean
can_be_rows (Joining        *self,
             const QsTensor *tensor,
             const QsTensor *like)
{
  return is_whole (self->sharing, tensor) && tensor->format == like->format &&
         qs_shape_equal (&tensor->shape, &like->shape) &&
         can (self->sharing, tensor->producer, QS_KERNEL_STRIDED_OUTPUTS) &&
         readers_can (self->sharing, tensor);
}

/* The bytes alive at layer @at when block @part has become a part of block @whole. */
static gsize
alive_when_joined (Joining             *self,
                   const QsMemoryBlock *part,
                   const QsMemoryBlock *whole,
                   guint                at)
{
  gsize alive = self->alive[at];

  if (at >= part->first && at <= part->last)
    alive -= part->size;
  if (at < whole->first || at > whole->last)
    alive += whole->size;
  return alive;
}

/* Memory that is taken earlier or kept longer may cost more than the copy that it saves. */
static gboolean
is_worthwhile (Joining             *self,
               const QsMemoryBlock *part,
               const QsMemoryBlock *whole)
{
  for (guint at = MIN (part->first, whole->first); at <= MAX (part->last, whole->last); at++)
    if (alive_when_joined (self, part, whole, at) > self->peak)
      return FALSE;

  return TRUE;
}

static void
join_blocks (Joining *self,
             int      from,
             int      to)
{
  QsMemoryBlock *part = QS_MEMORY_BLOCK (self->sharing->blocks, from);
  QsMemoryBlock *whole = QS_MEMORY_BLOCK (self->sharing->blocks, to);
  guint first = MIN (part->first, whole->first), last = MAX (part->last, whole->last);

  for (guint at = first; at <= last; at++)
    self->alive[at] = alive_when_joined (self, part, whole, at);
  whole->first = first;
  whole->last = last;
  whole->overwritten = MIN (whole->overwritten, part->overwritten);
  whole->changed = MAX (whole->changed, part->changed);
  part->size = 0;
}

/* Moves all that lies in the block of @input to @place, a part of another block. */
static void
move_members (Joining             *self,
              const QsTensor      *input,
              const QsMemoryPlace *place)
{
  int from = self->sharing->places[input->id].block;
  GPtrArray *members = self->members[from];

  join_blocks (self, from, place->block);
  for (guint i = 0; i < members->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (members, i);
      QsMemoryPlace *own = place_of (self->sharing, tensor);

      own->block = place->block;
      own->offset += place->offset;
      if (place->row != 0)
        {
          own->row = place->row;
          own->row_stride = place->row_stride;
        }
      g_ptr_array_add (self->members[place->block], (gpointer) tensor);
    }
  g_ptr_array_set_size (members, 0);
}

/* Whether the block of @part can become the part at @place of the block of @whole. A layer that works
 * in place must not change what is still to be read. */
static gboolean
can_join (Joining             *self,
          const QsTensor      *part,
          const QsTensor      *whole,
          const QsMemoryPlace *place)
{
  QsMemorySharing *sharing = self->sharing;
  const QsMemoryPlace *own = place_of (sharing, part);
  const QsMemoryBlock *from = QS_MEMORY_BLOCK (sharing->blocks, own->block);
  const QsMemoryBlock *to = QS_MEMORY_BLOCK (sharing->blocks, place->block);
  GPtrArray *members;

  if (own->block == place->block || !fills_block (sharing, part) || own->offset != 0 ||
      sharing->sizes[part->id] == 0 || !has_same_elements (part, whole) ||
      part->format != whole->format || from->last >= to->overwritten)
    return FALSE;

  members = self->members[own->block];
  for (guint i = 0; place->row != 0 && i < members->len; i++)
    if (!can_be_rows (self, g_ptr_array_index (members, i), part))
      return FALSE;

  return TRUE;
}

/* What works in place in @part must do so before @layer joins it, or when nobody reads the whole any
 * more. */
static gboolean
is_final (Joining             *self,
          const QsTensor      *part,
          const QsMemoryPlace *place,
          const QsLayer       *layer)
{
  const QsMemoryBlock *block = block_of (self->sharing, part);

  return block->changed < layer->id ||
         block->overwritten > QS_MEMORY_BLOCK (self->sharing->blocks, place->block)->last;
}

static void
join_inputs (Joining       *self,
             const QsLayer *layer)
{
  const QsAxisAttributes *attributes = layer->attributes;
  const QsTensor *output = qs_layer_get_output (layer, 0);
  const int axis = (int) attributes->axis;
  gint64 first = 0;

  if (!is_in_memory (self->sharing->network, output))
    return;

  for (guint i = 0; i < layer->inputs->len; i++)
    {
      const QsTensor *input = g_ptr_array_index (layer->inputs, i);
      QsMemoryPlace place;
      Part part;

      if (input == NULL)
        continue;
      part_init (&part, output, axis, first, input->shape.dims[axis]);
      if (is_in_memory (self->sharing->network, input) &&
          find_part (self->sharing, output, &part, &place) &&
          can_join (self, input, output, &place) && is_final (self, input, &place, layer) &&
          is_worthwhile (self, block_of (self->sharing, input),
                         QS_MEMORY_BLOCK (self->sharing->blocks, place.block)))
        move_members (self, input, &place);
      first += input->shape.dims[axis];
    }
}

static gboolean
find_split (const QsLayer  *layer,
            const QsTensor *tensor,
            int            *axis,
            gint64         *first)
{
  const QsSplitAttributes *attributes = layer->attributes;

  *axis = (int) attributes->axis;
  *first = 0;
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      const QsTensor *output = g_ptr_array_index (layer->outputs, i);

      if (output == tensor)
        return TRUE;
      /* Nobody says how large a part without a tensor is. */
      if (output == NULL)
        return FALSE;
      *first += output->shape.dims[*axis];
    }

  return FALSE;
}

/* A slice along one axis, without steps. */
static gboolean
find_slice (const QsLayer  *layer,
            const QsTensor *tensor,
            int            *axis,
            gint64         *first)
{
  const QsSliceAttributes *attributes = layer->attributes;
  const QsShape *whole = &qs_layer_get_input (layer, 0)->shape;
  int n_cut = 0;

  *axis = 0;
  *first = 0;
  if (attributes->steps.n != whole->n_dims || attributes->starts.n != whole->n_dims)
    return FALSE;
  for (int i = 0; i < whole->n_dims; i++)
    {
      if (tensor->shape.dims[i] == whole->dims[i] && attributes->steps.v[i] == 1)
        continue;
      if (attributes->steps.v[i] != 1 || ++n_cut > 1)
        return FALSE;
      *axis = i;
      *first = attributes->starts.v[i];
    }

  return TRUE;
}

static gboolean
find_cut (const QsLayer  *layer,
          const QsTensor *part,
          int            *axis,
          gint64         *first)
{
  if (layer->klass->kind == QS_LAYER_SPLIT)
    return find_split (layer, part, axis, first);
  return layer->klass->kind == QS_LAYER_SLICE && find_slice (layer, part, axis, first);
}

/* Where @tensor would lie in the input that it is cut from. Whoever changes it in place must not do so
 * before the last look at the input. */
static gboolean
find_place_in_input (Joining        *self,
                     const QsLayer  *layer,
                     const QsTensor *tensor,
                     QsMemoryPlace  *place)
{
  const QsTensor *source = qs_layer_get_input (layer, 0);
  gint64 first = 0;
  int axis = 0;
  Part part;

  if (!is_in_memory (self->sharing->network, tensor) ||
      source->shape.n_dims != tensor->shape.n_dims || !find_cut (layer, tensor, &axis, &first))
    return FALSE;

  part_init (&part, source, axis, first, tensor->shape.dims[axis]);
  return find_part (self->sharing, source, &part, place) &&
         can_join (self, tensor, source, place) &&
         block_of (self->sharing, tensor)->overwritten > block_of (self->sharing, source)->last;
}

/* Whether it costs nothing to keep the input as long as any of its @parts. */
static gboolean
is_worth_keeping (Joining             *self,
                  const QsMemoryBlock *whole,
                  GPtrArray           *parts)
{
  guint last = whole->last;

  for (guint i = 0; i < parts->len; i++)
    last = MAX (last, block_of (self->sharing, g_ptr_array_index (parts, i))->last);

  for (guint at = whole->first; at <= last; at++)
    {
      gsize alive = self->alive[at] + (at > whole->last ? whole->size : 0);

      for (guint i = 0; i < parts->len; i++)
        {
          const QsMemoryBlock *part = block_of (self->sharing, g_ptr_array_index (parts, i));

          if (at >= part->first && at <= part->last)
            alive -= part->size;
        }
      if (alive > self->peak)
        return FALSE;
    }

  return TRUE;
}

static void
join_outputs (Joining       *self,
              const QsLayer *layer)
{
  const QsTensor *source = qs_layer_get_input (layer, 0);
  g_autoptr (GPtrArray) parts = g_ptr_array_new ();
  QsMemoryPlace place;

  if (!is_in_memory (self->sharing->network, source))
    return;

  for (guint i = 0; i < layer->outputs->len; i++)
    if (find_place_in_input (self, layer, g_ptr_array_index (layer->outputs, i), &place))
      g_ptr_array_add (parts, g_ptr_array_index (layer->outputs, i));
  if (parts->len == 0 || !is_worth_keeping (self, block_of (self->sharing, source), parts))
    return;

  for (guint i = 0; i < parts->len; i++)
    if (find_place_in_input (self, layer, g_ptr_array_index (parts, i), &place))
      move_members (self, g_ptr_array_index (parts, i), &place);
}

static void
join_all (QsMemorySharing *sharing)
{
  const guint n = sharing->network->layers->len;
  g_auto (Joining) self = { NULL };

  joining_init (&self, sharing);
  for (guint i = 0; i < n; i++)
    if (can (sharing, g_ptr_array_index (sharing->network->layers, i), QS_KERNEL_LEAVES_PARTS) &&
        ((QsLayer *) g_ptr_array_index (sharing->network->layers, i))->klass->kind !=
          QS_LAYER_CONCATENATION)
      join_outputs (&self, g_ptr_array_index (sharing->network->layers, i));
  for (guint i = n; i > 0; i--)
    {
      const QsLayer *layer = g_ptr_array_index (sharing->network->layers, i - 1);

      if (layer->klass->kind == QS_LAYER_CONCATENATION &&
          can (sharing, layer, QS_KERNEL_LEAVES_PARTS))
        join_inputs (&self, layer);
    }
}

/**
 * qs_memory_sharing_init:
 * @kernels: (nullable) (array): the kernel of every layer, by its id; without them only reshapes
 *   share
 *
 * Errors: %QS_ERROR_LIMIT when a tensor is larger than the program processes.
 */
gboolean
qs_memory_sharing_init (QsMemorySharing        *self,
                        QsNetwork              *network,
                        const QsKernel *const  *kernels,
                        GError                **error)
{
  const guint n = MAX (network->tensors->len, 1);

  self->network = network;
  self->kernels = kernels;
  self->places = g_new0 (QsMemoryPlace, n);
  self->sizes = g_new0 (gsize, n);
  self->blocks = g_array_new (FALSE, FALSE, sizeof (QsMemoryBlock));
  for (guint i = 0; i < n; i++)
    self->places[i].block = -1;

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);

      for (guint k = 0; k < layer->outputs->len; k++)
        {
          const QsTensor *tensor = g_ptr_array_index (layer->outputs, k);

          if (is_in_memory (network, tensor) && !collect (self, tensor, error))
            return FALSE;
        }
    }

  join_all (self);
  return TRUE;
}

void
qs_memory_sharing_clear (QsMemorySharing *self)
{
  g_free (self->places);
  g_free (self->sizes);
  g_clear_pointer (&self->blocks, g_array_unref);
}
