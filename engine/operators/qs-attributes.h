/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-layer.h"

G_BEGIN_DECLS

/*
 * Attribute structs of the layer classes that passes, backends and the interface look into. Plain
 * data, described by the QsField tables in the families' files. A family adds its own here.
 */

#define QS_MAX_SPATIAL 3

/* Convolution and Deconvolution. Padding is resolved at import: auto_pad never gets this far. */
typedef struct
{
  gint64 groups;
  QsInts kernel_shape;   /* spatial dimensions */
  QsInts strides;
  QsInts dilations;
  QsInts pads;           /* all begins, then all ends */
  QsInts output_padding; /* Deconvolution only */
} QsConvolutionAttributes;

/* MatrixMultiply: alpha * op(A) op(B) + beta * C. MatMul has alpha = beta = 1, no transposes. */
/**
 * QsAccess:
 * @dims: the shape that is read; empty where the tensor is read as it is
 * @strides: elements between neighbours along each axis, over the tensor's row-major order
 * @offset: the first element
 *
 * An operand that is read where it lies, instead of a reshaped, transposed or cut copy of it.
 */
typedef struct
{
  QsInts dims;
  QsInts strides;
  gint64 offset;
} QsAccess;

typedef struct
{
  gboolean trans_a;
  gboolean trans_b;
  float alpha;
  float beta;
  QsAccess a;        /* how the operands are read, before transposition; empty for the usual way */
  QsAccess b;
  QsInts perm_y;     /* the result is stored with its axes in this order; empty for the usual one */
} QsMatrixMultiplyAttributes;

typedef enum
{
  QS_POOLING_MAX,
  QS_POOLING_AVERAGE,
  QS_POOLING_LP,
} QsPoolingType;

typedef struct
{
  QsPoolingType type;
  gboolean global;       /* the window is the whole plane; the arrays are empty */
  QsInts kernel_shape;
  QsInts strides;
  QsInts dilations;
  QsInts pads;           /* all begins, then all ends */
  gboolean ceil_mode;
  gboolean count_include_pad;
  gint64 p;              /* LP only */
} QsPoolingAttributes;

/* PoolingIndices: where in X, counted through all of it, the maximum of each window lies. */
typedef struct
{
  QsPoolingAttributes pooling;
  gboolean columns;      /* storage_order 1: the last two axes are counted column by column */
} QsPoolingIndicesAttributes;

/* ConvActPool: a convolution and a maximum pooling with a window of its own. */
typedef struct
{
  QsConvolutionAttributes convolution;
  QsPoolingAttributes pooling;
} QsConvolutionPoolingAttributes;

/* Activation. The function itself is the layer's `activation`, as in an epilogue. */

typedef enum
{
  QS_ELEMENT_WISE_ADD,
  QS_ELEMENT_WISE_SUB,
  QS_ELEMENT_WISE_MUL,
  QS_ELEMENT_WISE_DIV,
  QS_ELEMENT_WISE_POW,
  QS_ELEMENT_WISE_MIN,
  QS_ELEMENT_WISE_MAX,
  QS_ELEMENT_WISE_MEAN,
  QS_ELEMENT_WISE_MOD,
  QS_ELEMENT_WISE_FMOD,
  QS_ELEMENT_WISE_PRELU,
  QS_ELEMENT_WISE_EQUAL,
  QS_ELEMENT_WISE_LESS,
  QS_ELEMENT_WISE_LESS_OR_EQUAL,
  QS_ELEMENT_WISE_GREATER,
  QS_ELEMENT_WISE_GREATER_OR_EQUAL,
  QS_ELEMENT_WISE_AND,
  QS_ELEMENT_WISE_OR,
  QS_ELEMENT_WISE_XOR,
  QS_ELEMENT_WISE_BIT_SHIFT_LEFT,
  QS_ELEMENT_WISE_BIT_SHIFT_RIGHT,
  QS_ELEMENT_WISE_BIT_AND,
  QS_ELEMENT_WISE_BIT_OR,
  QS_ELEMENT_WISE_BIT_XOR,
  QS_N_ELEMENT_WISE
} QsElementWiseType;

typedef struct
{
  QsElementWiseType type;
} QsElementWiseAttributes;

typedef enum
{
  QS_UNARY_ABS,
  QS_UNARY_NEG,
  QS_UNARY_SQRT,
  QS_UNARY_EXP,
  QS_UNARY_LOG,
  QS_UNARY_ERF,
  QS_UNARY_RECIPROCAL,
  QS_UNARY_FLOOR,
  QS_UNARY_CEIL,
  QS_UNARY_ROUND,
  QS_UNARY_SIGN,
  QS_UNARY_NOT,
  QS_UNARY_SIN,
  QS_UNARY_COS,
  QS_UNARY_TAN,
  QS_UNARY_ASIN,
  QS_UNARY_ACOS,
  QS_UNARY_ATAN,
  QS_UNARY_SINH,
  QS_UNARY_COSH,
  QS_UNARY_ASINH,
  QS_UNARY_ACOSH,
  QS_UNARY_ATANH,
  QS_UNARY_IS_NAN,
  QS_UNARY_IS_INF,
  QS_UNARY_BIT_NOT,
  QS_N_UNARY
} QsUnaryType;

typedef struct
{
  QsUnaryType type;
  gboolean detect_negative; /* IS_INF only */
  gboolean detect_positive;
} QsUnaryAttributes;

typedef enum
{
  QS_REDUCE_SUM,
  QS_REDUCE_MEAN,
  QS_REDUCE_MAX,
  QS_REDUCE_MIN,
  QS_REDUCE_PROD,
  QS_REDUCE_L1,
  QS_REDUCE_L2,
  QS_REDUCE_LOG_SUM,
  QS_REDUCE_LOG_SUM_EXP,
  QS_REDUCE_SUM_SQUARE,
  QS_N_REDUCE
} QsReduceType;

/* Axes are resolved at import: sorted, non-negative, never empty unless nothing is reduced. */
typedef struct
{
  QsReduceType type;
  QsInts axes;
  gboolean keepdims;
} QsReduceAttributes;

/* Scale (BatchNormalization): inputs X, scale, bias, mean, variance. */
typedef struct
{
  float epsilon;
} QsScaleAttributes;

typedef enum
{
  QS_NORMALIZATION_LAYER,
  QS_NORMALIZATION_INSTANCE,
  QS_NORMALIZATION_GROUP,
  QS_NORMALIZATION_LRN,
  QS_NORMALIZATION_LP,
  QS_NORMALIZATION_MEAN_VARIANCE,
  QS_NORMALIZATION_RMS,
} QsNormalizationType;

typedef struct
{
  QsNormalizationType type;
  gint64 axis;       /* LAYER, RMS: first normalized axis, non-negative; LP: the axis */
  gint64 groups;     /* GROUP */
  gint64 size;       /* LRN */
  gint64 p;          /* LP */
  float epsilon;
  float alpha;       /* LRN */
  float beta;
  float bias;
  QsInts axes;       /* MEAN_VARIANCE */
} QsNormalizationAttributes;

/* The axes axis … axis + n_axes - 1 are normalized together (opset < 13 coerces to 2-D). */
typedef struct
{
  gint64 axis;
  gint64 n_axes;
  gboolean log;
  gboolean hard;     /* Hardmax */
} QsSoftMaxAttributes;

/* Shuffle. A reshape (mode 0) finds the new shape in input 1, a constant. */
typedef struct
{
  int mode;          /* 0 reshape by input 1, 1 flatten, 2 squeeze, 3 unsqueeze */
  gint64 axis;       /* flatten */
  QsInts axes;       /* squeeze, unsqueeze; non-negative */
  gboolean allow_zero;
} QsShuffleAttributes;

typedef struct
{
  QsInts perm;
} QsTransposeAttributes;

typedef struct
{
  gint64 axis;       /* non-negative */
} QsAxisAttributes;  /* Concatenation, … */

/* Slice: one number per axis of the input; elements starts + i * steps for i < sizes. */
typedef struct
{
  QsInts starts;     /* 0 … dimension - 1 */
  QsInts sizes;
  QsInts steps;      /* not 0, may be negative */
} QsSliceAttributes;

typedef struct
{
  gint64 axis;       /* non-negative */
  QsInts sizes;      /* along the axis; empty for equal parts, the last one smaller */
} QsSplitAttributes;

typedef enum
{
  QS_PADDING_CONSTANT,
  QS_PADDING_REFLECT,
  QS_PADDING_EDGE,
  QS_PADDING_WRAP,
} QsPaddingMode;

typedef struct
{
  QsPaddingMode mode;
  QsInts pads;       /* all begins, then all ends; negative ones crop */
  float value;       /* constant mode only */
  gint64 int_value;  /* the same for integer tensors */
} QsPaddingAttributes;

typedef enum
{
  QS_GATHER_AXIS,    /* Gather: whole slices along an axis */
  QS_GATHER_ELEMENT, /* GatherElements */
  QS_GATHER_ND,      /* GatherND */
} QsGatherMode;

typedef struct
{
  QsGatherMode mode;
  gint64 axis;       /* non-negative; not for ND */
  gint64 batch_dims; /* ND only */
} QsGatherAttributes;

/* Expand: the shape to broadcast with. Tile: repeats, one per axis. */
typedef struct
{
  QsInts values;
} QsRepeatAttributes;

typedef struct
{
  gint64 to;         /* QsDataType */
} QsCastAttributes;

typedef enum
{
  QS_FILL_CONSTANT,  /* inputs: shape, value (one element) */
  QS_FILL_RANGE,     /* inputs: start, limit, delta */
  QS_FILL_EYE,       /* input: a tensor of the shape */
  QS_FILL_ONE_HOT,   /* inputs: indices, depth, [off, on] */
} QsFillType;

typedef struct
{
  QsFillType type;
  gint64 k;          /* EYE: the diagonal */
  gint64 axis;       /* ONE_HOT: where the new axis goes; non-negative */
  gint64 data_type;  /* EYE: QsDataType of the result */
} QsFillAttributes;

/* Quantize and Dequantize: inputs X, scale, zero point. @axis is the one that the scales run
 * along, non-negative; it means nothing where there is only one scale. */
typedef struct
{
  gint64 axis;
  gint64 data_type;  /* QsDataType of the integers (Quantize) or floats (Dequantize) */
  gboolean no_axis;  /* the model does not say which axis, which TensorRT takes for axis 0 */
} QsQuantizeAttributes;

typedef enum
{
  QS_RESIZE_NEAREST,
  QS_RESIZE_LINEAR,
  QS_RESIZE_CUBIC,
} QsResizeMode;

typedef enum
{
  QS_COORDINATES_HALF_PIXEL,
  QS_COORDINATES_HALF_PIXEL_SYMMETRIC,
  QS_COORDINATES_PYTORCH_HALF_PIXEL,
  QS_COORDINATES_ALIGN_CORNERS,
  QS_COORDINATES_ASYMMETRIC,
  QS_COORDINATES_TF_HALF_PIXEL_FOR_NN,
  QS_COORDINATES_TF_CROP_AND_RESIZE,
} QsCoordinates;

typedef enum
{
  QS_NEAREST_ROUND_PREFER_FLOOR,
  QS_NEAREST_ROUND_PREFER_CEIL,
  QS_NEAREST_FLOOR,
  QS_NEAREST_CEIL,
} QsNearest;

/* Resize. Sizes, scales and region are resolved at import, one per axis of the input. */
typedef struct
{
  QsResizeMode mode;
  QsCoordinates coordinates;
  QsNearest nearest;
  QsInts sizes;                 /* the output's shape */
  float scales[QS_MAX_DIMS];    /* output / input */
  float starts[QS_MAX_DIMS];    /* the region of TF_CROP_AND_RESIZE, 0 … 1 */
  float ends[QS_MAX_DIMS];
  float cubic_coefficient;
  float extrapolation;          /* outside the input, TF_CROP_AND_RESIZE only */
  gboolean exclude_outside;
  gboolean antialias;
} QsResizeAttributes;

typedef enum
{
  QS_PADDING_ZEROS,
  QS_PADDING_BORDER,
  QS_PADDING_REFLECTION,
} QsGridPadding;

/* GridSample: inputs X and grid. */
typedef struct
{
  QsResizeMode mode;
  QsGridPadding padding;
  gboolean align_corners;
} QsGridSampleAttributes;

/* RoiAlign: inputs X, rois, batch_indices. */
typedef struct
{
  gboolean max;                 /* the maximum of the samples, not their mean */
  gboolean half_pixel;
  gint64 output_height;
  gint64 output_width;
  gint64 sampling_ratio;        /* 0 for as many as the region's size suggests */
  float spatial_scale;
} QsRoiAlignAttributes;

typedef enum
{
  QS_TOP_K_VALUES,   /* TopK: outputs values and their indices */
  QS_TOP_K_ARG_MAX,  /* one output, the index of the largest value */
  QS_TOP_K_ARG_MIN,
} QsTopKType;

typedef struct
{
  QsTopKType type;
  gint64 axis;       /* non-negative */
  gint64 k;          /* VALUES only */
  gboolean largest;  /* VALUES only */
  gboolean keepdims; /* ARG only */
  gboolean last;     /* ARG only: of equal values the last one */
} QsTopKAttributes;

/* ReverseSequence: inputs X and the length of every sequence. */
typedef struct
{
  gint64 batch_axis; /* non-negative, and not the other */
  gint64 time_axis;
} QsReverseSequenceAttributes;

/* Compress and Unique: without an axis X is one long row. */
typedef struct
{
  gboolean flat;
  gint64 axis;       /* non-negative */
  gboolean sorted;   /* Unique: in ascending order, not in that of their first appearance */
} QsChoiceAttributes;

/* NMS: inputs boxes [batch, n, 4], scores [batch, classes, n], the largest number of boxes per
 * class, the largest overlap, the lowest score. */
typedef struct
{
  gboolean center;   /* boxes are x, y, width, height, not two corners */
} QsNmsAttributes;

typedef struct
{
  gint64 axis;       /* non-negative */
  gboolean exclusive;
  gboolean reverse;
} QsCumulativeAttributes;

typedef struct
{
  gboolean upper;
  gint64 k;          /* the diagonal, -QS_MAX_DIM to QS_MAX_DIM */
} QsTriluAttributes;

typedef enum
{
  QS_SCATTER_ELEMENT, /* ScatterElements: inputs data, indices, updates */
  QS_SCATTER_ND,      /* ScatterND */
} QsScatterMode;

typedef enum
{
  QS_SCATTER_REPLACE,
  QS_SCATTER_ADD,
  QS_SCATTER_MUL,
  QS_SCATTER_MAX,
  QS_SCATTER_MIN,
} QsScatterReduction;

typedef struct
{
  QsScatterMode mode;
  QsScatterReduction reduction;
  gint64 axis;       /* ELEMENT: non-negative */
} QsScatterAttributes;

typedef struct
{
  gboolean to_space;  /* DepthToSpace, else SpaceToDepth */
  gboolean columns;   /* channel order CRD, else DCR */
  gint64 block;
} QsSpaceToDepthAttributes;

/* Einsum: a number for every subscript, one per axis. The second list is empty for one input. */
typedef struct
{
  QsInts first;
  QsInts second;
  QsInts output;
} QsEinsumAttributes;

G_END_DECLS
