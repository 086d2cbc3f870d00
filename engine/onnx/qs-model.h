/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "qs-onnx-graph.h"

G_BEGIN_DECLS

/* Versions of ONNX's operator set that can be read. Before version 7 many operators meant something
 * else; those are refused one by one, and the others read. */
#define QS_MODEL_OLDEST_OPSET 1
#define QS_MODEL_NEWEST_OPSET 28

/**
 * QsModel:
 *
 * An ONNX file as read: its graph, weights and declared inputs and outputs, before anything is
 * decided about shapes. One model can be made into several networks (engine/import).
 */
typedef struct _QsModel QsModel;

/**
 * QsModelValue:
 * @name: the value's name
 * @type: element type
 * @shape: declared shape, -1 for dynamic dimensions
 * @dim_names: (array length=QS_MAX_DIMS): the names of dynamic dimensions ("batch"), %NULL
 *   elsewhere
 *
 * A declared input or output of the graph.
 */
typedef struct
{
  char *name;
  QsDataType type;
  gboolean has_shape;
  QsShape shape;
  char *dim_names[QS_MAX_DIMS];
} QsModelValue;

QsModel            *qs_model_load_file        (GFile          *file,
                                               GError        **error);
QsModel            *qs_model_load_file_full   (GFile          *file,
                                               GFile          *data_folder,
                                               char          **missing_data,
                                               GError        **error);
QsModel            *qs_model_load_bytes       (GBytes         *bytes,
                                               const char     *name,
                                               GError        **error);
QsModel            *qs_model_ref              (QsModel        *self);
void                qs_model_unref            (QsModel        *self);

const char         *qs_model_get_name         (QsModel        *self);
GFile              *qs_model_get_file         (QsModel        *self);
const char         *qs_model_get_checksum     (QsModel        *self);
int                 qs_model_get_opset        (QsModel        *self);
gint64              qs_model_get_ir_version   (QsModel        *self);
const char         *qs_model_get_producer     (QsModel        *self);
const QsOnnxGraph  *qs_model_get_graph        (QsModel        *self);
guint               qs_model_get_n_nodes      (QsModel        *self);
const QsOnnxNode   *qs_model_get_node         (QsModel        *self,
                                               guint           index);
/* Whether it has QuantizeLinear or DequantizeLinear nodes, which say where INT8 is used. */
gboolean            qs_model_is_explicit      (QsModel        *self);
guint               qs_model_get_n_initializers (QsModel      *self);
QsHostTensor       *qs_model_get_initializer  (QsModel        *self,
                                               guint           index,
                                               const char    **name);
gboolean            qs_model_has_function     (QsModel        *self,
                                               const char     *domain,
                                               const char     *op_type);
QsOnnxGraph        *qs_model_open_function    (QsModel        *self,
                                               const QsOnnxNode *node,
                                               GError        **error);
guint               qs_model_get_n_inputs     (QsModel        *self);
const QsModelValue *qs_model_get_input        (QsModel        *self,
                                               guint           index);
guint               qs_model_get_n_outputs    (QsModel        *self);
const QsModelValue *qs_model_get_output       (QsModel        *self,
                                               guint           index);
guint64             qs_model_get_n_parameters (QsModel        *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsModel, qs_model_unref)

G_END_DECLS
