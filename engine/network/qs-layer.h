/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-tensor.h"

G_BEGIN_DECLS

/**
 * QsLayerKind:
 *
 * What a layer does. The names are TensorRT's layer types where it has one.
 */
typedef enum
{
  QS_LAYER_CONVOLUTION,
  QS_LAYER_DECONVOLUTION,
  QS_LAYER_MATRIX_MULTIPLY, /* MatMul and Gemm */
  QS_LAYER_ACTIVATION,
  QS_LAYER_ELEMENT_WISE,    /* two inputs with broadcasting */
  QS_LAYER_UNARY,
  QS_LAYER_POOLING,
  QS_LAYER_REDUCE,
  QS_LAYER_SCALE,           /* batch normalization at inference */
  QS_LAYER_NORMALIZATION,   /* layer, instance and group normalization, LRN */
  QS_LAYER_SOFT_MAX,
  QS_LAYER_SHUFFLE,         /* same elements, new shape: Reshape, Flatten, Squeeze, Unsqueeze */
  QS_LAYER_TRANSPOSE,
  QS_LAYER_CONCATENATION,
  QS_LAYER_SLICE,
  QS_LAYER_SPLIT,
  QS_LAYER_GATHER,
  QS_LAYER_SCATTER,
  QS_LAYER_PADDING,
  QS_LAYER_EXPAND,
  QS_LAYER_TILE,
  QS_LAYER_RESIZE,
  QS_LAYER_SELECT,          /* Where */
  QS_LAYER_CAST,
  QS_LAYER_SHAPE,
  QS_LAYER_FILL,            /* Range, ConstantOfShape, EyeLike, OneHot */
  QS_LAYER_TOP_K,           /* TopK, ArgMax, ArgMin */
  QS_LAYER_CUMULATIVE,
  QS_LAYER_NON_ZERO,
  QS_LAYER_EINSUM,
  QS_LAYER_TRILU,
  QS_LAYER_SPACE_TO_DEPTH,
  QS_LAYER_GRID_SAMPLE,
  QS_LAYER_ROI_ALIGN,
  QS_LAYER_NMS,
  QS_LAYER_IDENTITY,
  QS_LAYER_CONVOLUTION_POOLING, /* an INT8 convolution and the pooling behind it */
  QS_LAYER_QUANTIZE,
  QS_LAYER_DEQUANTIZE,
  QS_LAYER_REFORMAT,        /* changes type, scale or memory layout, never the values' meaning */
  QS_LAYER_POOLING_INDICES, /* MaxPool's second output */
  QS_LAYER_REVERSE_SEQUENCE,
  QS_LAYER_COMPRESS,
  QS_LAYER_UNIQUE,
  QS_LAYER_REFUSED,         /* a node that cannot be imported, in the sketch of its model */
  QS_LAYER_OTHER,
} QsLayerKind;

/**
 * QsPlacement:
 * @QS_PLACEMENT_FLOAT: always computed in floating point (softmax, normalization, exp, …)
 * @QS_PLACEMENT_WEIGHTED: has an INT8 form with int32 accumulation; its output may be INT8 or float
 * @QS_PLACEMENT_NON_WEIGHTED: has an INT8 form if every input and the output are INT8
 * @QS_PLACEMENT_COMMUTES: moves or selects elements, so it commutes with Q and DQ
 * @QS_PLACEMENT_HOST: works on shapes and indices, never quantized
 *
 * How a layer takes part in quantization (classes W, N, C and F of the Q/DQ rules).
 */
typedef enum
{
  QS_PLACEMENT_FLOAT,
  QS_PLACEMENT_WEIGHTED,
  QS_PLACEMENT_NON_WEIGHTED,
  QS_PLACEMENT_COMMUTES,
  QS_PLACEMENT_HOST,
} QsPlacement;

/**
 * QsField:
 * @name: the attribute's name, ONNX's where it has one
 * @type: how it is stored at @offset of the attribute struct
 * @names: for %QS_FIELD_ENUM, a %NULL-terminated list of the values' names
 *
 * Attribute structs are plain data without pointers, described by tables of these, so that
 * printing, saving, comparing and copying need no code per layer kind.
 */
typedef enum
{
  QS_FIELD_INT,   /* gint64 */
  QS_FIELD_FLOAT, /* float */
  QS_FIELD_INTS,  /* QsInts */
  QS_FIELD_FLAG,  /* gboolean */
  QS_FIELD_ENUM,  /* int, or an enum */
} QsFieldType;

typedef struct
{
  const char *name;
  QsFieldType type;
  gsize offset;
  const char *const *names;
} QsField;

#define QS_MAX_INTS (2 * QS_MAX_DIMS)

typedef struct
{
  int n;
  gint64 v[QS_MAX_INTS];
} QsInts;

/**
 * QsLayerClass:
 * @kind: what it does
 * @name: name shown to people, TensorRT's LayerType ("Convolution")
 * @placement: its part in quantization
 * @attributes_size: bytes of the attribute struct, 0 for none
 * @fields: (nullable): its fields, ended by one without a name
 * @qdq_placement: (nullable): its part in a network with Q/DQ where that depends on the attributes:
 *   what is exact there may be only useful elsewhere. ReLU commutes with Q and DQ, as do the maximum
 *   and the minimum; @why_not gets a static sentence for what a layer is not.
 * @infer: sets type and shape of every output from the inputs; the inputs' shapes are known.
 *   Some layers need the value of an input (Reshape, Slice): they find it in `tensor->value`.
 * @evaluate: the reference kernel: computes @outputs from @inputs in scalar C, through the views'
 *   strides, in the element types of the views; float accumulations run in index order. Constant
 *   folding and the reference backend use it. An optional input that is absent has `data` %NULL.
 * @count_steps: (nullable): about how many steps @evaluate takes, where they are many more than
 *   there are elements in its inputs and outputs; the shapes are known
 *
 * A kind of layer. One row of a table in the family's file under engine/operators.
 */
struct _QsLayerClass
{
  QsLayerKind kind;
  const char *name;
  QsPlacement placement;
  gsize attributes_size;
  const QsField *fields;
  gboolean (*infer) (QsLayer *layer,
                     GError **error);
  gboolean (*evaluate) (const QsLayer *layer,
                        const QsView  *inputs,
                        QsView        *outputs,
                        GError       **error);
  QsPlacement (*qdq_placement) (const QsLayer  *layer,
                                const char    **why_not);
  double (*count_steps) (const QsLayer *layer);
};

/**
 * QsOrigin:
 *
 * An ONNX node that a layer carries out, alone or with others.
 */
typedef struct
{
  char *op_type;
  char *name;
} QsOrigin;

/* Inputs of the weighted layers, Convolution, Deconvolution and MatrixMultiply. */
#define QS_INPUT_X 0
#define QS_INPUT_WEIGHTS 1
#define QS_INPUT_BIAS 2
#define QS_INPUT_RESIDUAL 3

/**
 * QsLayer:
 * @id: position in the network's `layers`
 * @name: unique; ONNX node names, joined by " + " where layers were fused
 * @klass: what kind of layer it is
 * @attributes: struct described by `klass->fields`
 * @inputs: (element-type QsTensor): %NULL where an optional input is absent
 * @outputs: (element-type QsTensor): %NULL where an optional output is not wanted
 * @activation: the function applied last, after bias and residual
 * @origins: (element-type QsOrigin): the ONNX nodes inside
 * @precision: what it computes in; FP32 until the builder decides
 * @weight_scales: (nullable): float32 [K], the scale of every output channel of INT8 weights
 * @stands_alone: while passes run: it is not to become part of another layer
 *
 * A node of the network (TensorRT ILayer). Plain data like QsTensor.
 */
struct _QsLayer
{
  guint id;
  char *name;
  const QsLayerClass *klass;
  gpointer attributes;
  GPtrArray *inputs;
  GPtrArray *outputs;
  QsActivation activation;
  GPtrArray *origins;
  QsPrecision precision;
  QsHostTensor *weight_scales;
  gboolean stands_alone;
};

QsTensor *qs_layer_get_input    (const QsLayer *self,
                                 guint          index);
QsTensor *qs_layer_get_output   (const QsLayer *self,
                                 guint          index);
void      qs_layer_add_origin   (QsLayer       *self,
                                 const char    *op_type,
                                 const char    *name);
char     *qs_layer_describe     (const QsLayer *self);
/* The part it takes in a network with Q/DQ: whether it commutes with them (exactly, given equal
 * scales), has an INT8 form or stays float. @why_not (nullable) gets a reason why it is not more. */
QsPlacement qs_layer_get_qdq_placement (const QsLayer  *self,
                                 const char    **why_not);

G_END_DECLS
