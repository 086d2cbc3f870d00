/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "qs-trex-format.h"
#include "qs-trex-graph.h"

/* What the graphs of real engines are far from: a file of nothing but the same name would otherwise
 * connect everything with everything. */
#define MAX_EDGES 4000000

/* Where a layer came from. */
typedef struct
{
  gint64 index;
} ForeignAttributes;

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  return TRUE; /* types and shapes are those of the file */
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
               "%s %s is a layer of TensorRT's: its graph can be looked at, not run",
               layer->klass->name, layer->name);
  return FALSE;
}

#define FOREIGN(name_, kind_) \
  { .kind = kind_, .name = name_, .placement = QS_PLACEMENT_FLOAT, \
    .attributes_size = sizeof (ForeignAttributes), .infer = infer, .evaluate = evaluate }

/* TensorRT's layer types that are known by name; the first row stands for all others. */
static const QsLayerClass classes[] = {
  FOREIGN ("Foreign", QS_LAYER_OTHER),
  FOREIGN ("Reformat", QS_LAYER_REFORMAT),
  FOREIGN ("NoOp", QS_LAYER_REFORMAT),
  FOREIGN ("CaskConvolution", QS_LAYER_OTHER),
  FOREIGN ("CaskGemmConvolution", QS_LAYER_OTHER),
  FOREIGN ("CaskDeconvolution", QS_LAYER_OTHER),
  FOREIGN ("CaskDeconvolutionV2", QS_LAYER_OTHER),
  FOREIGN ("CaskFlattenConvolution", QS_LAYER_OTHER),
  FOREIGN ("CaskGemmMatrixMultiply", QS_LAYER_OTHER),
  FOREIGN ("CaskPooling", QS_LAYER_OTHER),
  FOREIGN ("CaskSoftMax", QS_LAYER_OTHER),
  FOREIGN ("Concat", QS_LAYER_OTHER),
  FOREIGN ("Constant", QS_LAYER_OTHER),
  FOREIGN ("ConvActPool", QS_LAYER_OTHER),
  FOREIGN ("Convolution", QS_LAYER_OTHER),
  FOREIGN ("CudaDepthwiseConvolution", QS_LAYER_OTHER),
  FOREIGN ("CublasConvolution", QS_LAYER_OTHER),
  FOREIGN ("CudaPooling", QS_LAYER_OTHER),
  FOREIGN ("CudaSoftMax", QS_LAYER_OTHER),
  FOREIGN ("CudnnConvolution", QS_LAYER_OTHER),
  FOREIGN ("CudnnPooling", QS_LAYER_OTHER),
  FOREIGN ("Deconvolution", QS_LAYER_OTHER),
  FOREIGN ("ElementWise", QS_LAYER_OTHER),
  FOREIGN ("ForeignNode", QS_LAYER_OTHER),
  FOREIGN ("FullyConnected", QS_LAYER_OTHER),
  FOREIGN ("FusedConvActConvolution", QS_LAYER_OTHER),
  FOREIGN ("Gather", QS_LAYER_OTHER),
  FOREIGN ("GroupConvolution", QS_LAYER_OTHER),
  FOREIGN ("LegacyConvolution", QS_LAYER_OTHER),
  FOREIGN ("MatrixMultiply", QS_LAYER_OTHER),
  FOREIGN ("MyelinGraph", QS_LAYER_OTHER),
  FOREIGN ("Myelin", QS_LAYER_OTHER),
  FOREIGN ("Normalization", QS_LAYER_OTHER),
  FOREIGN ("Padding", QS_LAYER_OTHER),
  FOREIGN ("PluginV2", QS_LAYER_OTHER),
  FOREIGN ("PluginV3", QS_LAYER_OTHER),
  FOREIGN ("PointWise", QS_LAYER_OTHER),
  FOREIGN ("PointWiseV2", QS_LAYER_OTHER),
  FOREIGN ("Pooling", QS_LAYER_OTHER),
  FOREIGN ("Reduce", QS_LAYER_OTHER),
  FOREIGN ("Resize", QS_LAYER_OTHER),
  FOREIGN ("Scale", QS_LAYER_OTHER),
  FOREIGN ("Select", QS_LAYER_OTHER),
  FOREIGN ("ShapeHostToDeviceCopy", QS_LAYER_OTHER),
  FOREIGN ("Shuffle", QS_LAYER_OTHER),
  FOREIGN ("Signal", QS_LAYER_OTHER),
  FOREIGN ("Slice", QS_LAYER_OTHER),
  FOREIGN ("SoftMax", QS_LAYER_OTHER),
  FOREIGN ("TiledPooling", QS_LAYER_OTHER),
  FOREIGN ("TopK", QS_LAYER_OTHER),
  FOREIGN ("TrainStation", QS_LAYER_OTHER),
  FOREIGN ("Unary", QS_LAYER_OTHER),
  FOREIGN ("Wait", QS_LAYER_OTHER),
  FOREIGN ("gemm", QS_LAYER_OTHER),
  FOREIGN ("kgen", QS_LAYER_OTHER),
};

static const QsLayerClass *
find_class (const char *type)
{
  for (guint i = 1; i < G_N_ELEMENTS (classes); i++)
    if (strcmp (classes[i].name, type) == 0)
      return &classes[i];

  return &classes[0];
}

typedef struct
{
  QsTrexGraph *graph;
  QsNetwork *network;
  GHashTable *written;     /* name -> GPtrArray of the tensors written under it */
  GHashTable *inputs;      /* name -> QsTensor that no layer writes */
  GHashTable *layer_names; /* name -> how many layers have it */
  guint n_edges;
} Maker;

static void
describe_tensor (QsTensor           *tensor,
                 const QsTrexTensor *source)
{
  if (!qs_trex_format_parse (source->format, &tensor->type, &tensor->format))
    tensor->type = QS_DATA_TYPE_UNDEFINED;
  tensor->shape = source->shape;
  for (int i = 0; i < tensor->shape.n_dims; i++)
    tensor->shape.dims[i] = MAX (tensor->shape.dims[i], 0);
}

static GPtrArray *
get_writes (Maker      *self,
            const char *name)
{
  GPtrArray *writes = g_hash_table_lookup (self->written, name);

  if (writes == NULL)
    {
      writes = g_ptr_array_new ();
      g_hash_table_insert (self->written, g_strdup (name), writes);
    }

  return writes;
}

/* “name”, “name (2)”, “name (3)”: layers of the same name are told apart. */
static char *
make_layer_name (Maker      *self,
                 const char *wanted)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (self->layer_names, wanted)) + 1;

  g_hash_table_insert (self->layer_names, g_strdup (wanted), GUINT_TO_POINTER (n));
  return n == 1 ? g_strdup (wanted) : g_strdup_printf ("%s (%u)", wanted, n);
}

static QsTensor *
add_write (Maker      *self,
           const char *name)
{
  GPtrArray *writes = get_writes (self, name);
  g_autofree char *unique =
    writes->len == 0 ? g_strdup (name) : g_strdup_printf ("%s (%u)", name, writes->len + 1);
  QsTensor *tensor = qs_network_add_tensor (self->network, unique);

  g_ptr_array_add (writes, tensor);
  return tensor;
}

/* “Conv” of “Conv_34”; weights and what TensorRT put in are no nodes of the model. */
static char *
guess_op_type (const char *part)
{
  const char *end = strrchr (part, '_');

  if (end != NULL && end[1] != '\0' && strspn (end + 1, "0123456789") == strlen (end + 1) &&
      g_ascii_isupper (part[0]))
    return g_strndup (part, (gsize) (end - part));

  return g_strdup ("Constant");
}

static void
add_origins (QsLayer    *layer,
             const char *name)
{
  g_auto (GStrv) parts = g_strsplit (name, " + ", 256);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      g_autofree char *op_type = guess_op_type (parts[i]);

      qs_layer_add_origin (layer, op_type, parts[i]);
    }
}

/* Layer and outputs; what it reads may be written by a layer behind it. */
static void
add_layer (Maker *self,
           guint  index)
{
  const QsTrexLayer *source = g_ptr_array_index (self->graph->layers, index);
  ForeignAttributes attributes = { index };
  g_autofree char *name = make_layer_name (self, source->name);
  QsLayer *layer = qs_network_add_layer (self->network, find_class (source->type), name,
                                         &attributes, NULL, 0, NULL, 0);

  layer->precision = source->precision;
  add_origins (layer, source->name);
  for (guint i = 0; i < source->outputs->len; i++)
    {
      const QsTrexTensor *output = g_ptr_array_index (source->outputs, i);
      QsTensor *tensor = add_write (self, output->name);

      describe_tensor (tensor, output);
      qs_network_set_output (self->network, layer, i, tensor);
    }
}

static QsTensor *
get_input (Maker              *self,
           const QsTrexTensor *source)
{
  QsTensor *tensor = g_hash_table_lookup (self->inputs, source->name);

  if (tensor == NULL)
    {
      tensor = qs_network_add_input (self->network, source->name, QS_DATA_TYPE_UNDEFINED,
                                     &source->shape);
      describe_tensor (tensor, source);
      g_hash_table_insert (self->inputs, g_strdup (source->name), tensor);
    }

  return tensor;
}

/*
 * Several layers may write parts of one tensor: a concatenation is often left out by letting the
 * layers before it write into its output. A reader then waits for all that come before it; only
 * where there are none, for those behind it.
 */
static void
add_reads (Maker              *self,
           QsLayer            *layer,
           const QsTrexTensor *source)
{
  GPtrArray *writes = g_hash_table_lookup (self->written, source->name);
  guint before = layer->inputs->len;
  guint n = writes == NULL ? 0 : writes->len;

  for (guint i = 0; i < n && self->n_edges < MAX_EDGES; i++)
    {
      QsTensor *tensor = g_ptr_array_index (writes, i);

      if (tensor->producer->id >= layer->id)
        break; /* they are in the layers' order */
      qs_network_set_input (self->network, layer, layer->inputs->len, tensor);
      self->n_edges++;
    }
  for (guint i = 0; i < n && layer->inputs->len == before; i++)
    {
      QsTensor *tensor = g_ptr_array_index (writes, i);

      if (tensor->producer != layer)
        qs_network_set_input (self->network, layer, before, tensor);
    }

  if (layer->inputs->len == before)
    qs_network_set_input (self->network, layer, before, get_input (self, source));
}

static gboolean
connect_layers (Maker   *self,
                GError **error)
{
  for (guint i = 0; i < self->graph->layers->len; i++)
    {
      const QsTrexLayer *source = g_ptr_array_index (self->graph->layers, i);

      for (guint k = 0; k < source->inputs->len; k++)
        add_reads (self, g_ptr_array_index (self->network->layers, i),
                   g_ptr_array_index (source->inputs, k));
    }

  if (self->n_edges < MAX_EDGES)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
               "the layers are connected by more than %d tensors", MAX_EDGES);
  return FALSE;
}

static void
mark_outputs (Maker *self)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < self->graph->bindings->len; i++)
    {
      const char *name = g_ptr_array_index (self->graph->bindings, i);
      GPtrArray *writes = g_hash_table_lookup (self->written, name);

      if (!g_hash_table_add (seen, (gpointer) name))
        continue;
      for (guint k = 0; writes != NULL && k < writes->len; k++)
        qs_network_mark_output (self->network, g_ptr_array_index (writes, k));
    }
}

static gboolean
make (Maker   *self,
      GError **error)
{
  for (guint i = 0; i < self->graph->layers->len; i++)
    add_layer (self, i);
  if (!connect_layers (self, error))
    return FALSE;

  mark_outputs (self);
  return qs_network_sort (self->network, error);
}

QsNetwork *
qs_trex_graph_make_network (QsTrexGraph *self,
                            GError     **error)
{
  g_autoptr (QsNetwork) network = qs_network_new (self->name);
  g_autoptr (GHashTable) written =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GHashTable) inputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) layer_names =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Maker maker = {
    .graph = self,
    .network = network,
    .written = written,
    .inputs = inputs,
    .layer_names = layer_names,
  };

  if (make (&maker, error))
    return g_steal_pointer (&network);

  g_prefix_error (error, "%s: ", self->name);
  return NULL;
}

const QsTrexLayer *
qs_trex_graph_find (QsTrexGraph   *self,
                    const QsLayer *layer)
{
  const ForeignAttributes *attributes = layer->attributes;

  if (layer->klass < classes || layer->klass >= classes + G_N_ELEMENTS (classes) ||
      attributes->index < 0 || attributes->index >= self->layers->len)
    return NULL;

  return g_ptr_array_index (self->layers, attributes->index);
}

GArray *
qs_trex_graph_get_times (QsTrexGraph *self,
                         QsNetwork   *network)
{
  GArray *times = g_array_sized_new (FALSE, FALSE, sizeof (double), network->layers->len);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsTrexLayer *layer =
        qs_trex_graph_find (self, g_ptr_array_index (network->layers, i));
      double ms = layer == NULL ? -1.0 : layer->ms;

      g_array_append_val (times, ms);
    }

  return times;
}
