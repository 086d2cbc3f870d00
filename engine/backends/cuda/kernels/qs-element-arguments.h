/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-cuda-arguments.h"

/*
 * The arguments of kernels that work on elements, rows and windows of tensors with any strides, as
 * the host fills them in.
 */

#ifdef __cplusplus
extern "C" {
#endif

#define QS_CUDA_MAX_DIMS 8

/* Threads of a block in these kernels. */
#define QS_CUDA_BLOCK 256

/**
 * QsCudaLoops:
 * @dims: lengths of the nested loops, outermost first
 * @n: their product, below 2^31
 *
 * Numbers the elements of views; where each lies follows from the views' strides.
 */
typedef struct
{
  QsCudaDivisor dims[QS_CUDA_MAX_DIMS];
  int32_t n_dims;
  int32_t n;
} QsCudaLoops;

/**
 * QsCudaOperand:
 * @strides: elements from step to step of every loop
 * @scale: what an INT8 input is multiplied with; 1 / scale of an INT8 output
 * @type: QsCudaType, or QsDataType in kernels for integers
 * @repeats: all elements of a vector are the same one
 */
typedef struct
{
  void *data;
  int64_t strides[QS_CUDA_MAX_DIMS];
  float scale;
  int32_t type;
  int32_t repeats;
  int32_t unused;
} QsCudaOperand;

/* Copies elements as they are. */
typedef struct
{
  QsCudaLoops loops;
  QsCudaOperand to;
  QsCudaOperand from;
} QsCudaMove;

/**
 * QsCudaTiledMove:
 * @loops: the planes that are moved
 * @to_stride: of the loop in which the input lies together
 * @from_stride: of the loop in which the output lies together
 * @rows: length of the first of these loops
 * @columns: and of the second
 *
 * A transposition, which goes through shared memory so that both sides are touched in long pieces.
 */
typedef struct
{
  QsCudaLoops loops;
  QsCudaOperand to;
  QsCudaOperand from;
  int64_t to_stride;
  int64_t from_stride;
  int32_t rows;
  int32_t columns;
} QsCudaTiledMove;

/**
 * QsCudaPick:
 * @tables: (nullable): for every loop the positions that are read, -1 for none
 * @fill: what is stored where nothing is read, the element's bytes first
 *
 * Copies elements from positions that tables give: resizing to nearest neighbours, padding.
 */
typedef struct
{
  QsCudaLoops loops;
  QsCudaOperand to;
  QsCudaOperand from;
  const int32_t *tables[QS_CUDA_MAX_DIMS];
  uint64_t fill[2];
} QsCudaPick;

/**
 * QsCudaGather:
 * @index_strides: of the indices in every loop
 * @index_step: from one index of a tuple to the next
 * @limits: of the axes that the indices count along
 * @steps: strides of the data along them
 * @depth: indices in a tuple
 * @is_wide: indices are int64, else int32
 * @fault: raised to @number where an index is outside of its axis; such an element is zero
 */
typedef struct
{
  QsCudaLoops loops;
  QsCudaOperand to;
  QsCudaOperand from;
  const void *indices;
  uint32_t *fault;
  int64_t index_strides[QS_CUDA_MAX_DIMS];
  int64_t index_step;
  int64_t limits[QS_CUDA_MAX_DIMS];
  int64_t steps[QS_CUDA_MAX_DIMS];
  int32_t depth;
  int32_t is_wide;
  uint32_t number;
  uint32_t unused;
} QsCudaGather;

/* Takes elements of @yes where @condition is not 0, of @no elsewhere. */
typedef struct
{
  QsCudaLoops loops;
  QsCudaOperand to;
  QsCudaOperand condition;
  QsCudaOperand yes;
  QsCudaOperand no;
} QsCudaSelect;

/* What is computed of floats; those from QS_CUDA_LOG on have a kernel of their own, because they
 * are long and rare. */
typedef enum
{
  QS_CUDA_COPY,
  QS_CUDA_ABS,
  QS_CUDA_NEG,
  QS_CUDA_SQRT,
  QS_CUDA_EXP,
  QS_CUDA_ERF,
  QS_CUDA_RECIPROCAL,
  QS_CUDA_FLOOR,
  QS_CUDA_CEIL,
  QS_CUDA_ROUND,
  QS_CUDA_SIGN,
  QS_CUDA_IS_NAN,
  QS_CUDA_IS_INF,       /* alpha: minus, beta: plus */
  QS_CUDA_SQUARE,
  QS_CUDA_CUBE,
  QS_CUDA_ADD,
  QS_CUDA_ADD_SCALED,   /* fma (b, scale of b, a), b as it is stored */
  QS_CUDA_SUB,
  QS_CUDA_MUL,
  QS_CUDA_DIV,
  QS_CUDA_MIN,
  QS_CUDA_MAX,
  QS_CUDA_MEAN,
  QS_CUDA_PRELU,
  QS_CUDA_EQUAL,
  QS_CUDA_LESS,
  QS_CUDA_LESS_OR_EQUAL,
  QS_CUDA_GREATER,
  QS_CUDA_GREATER_OR_EQUAL,
  QS_CUDA_MUL_ADD,      /* a * b + c, rounded twice */
  QS_CUDA_LOG,
  QS_CUDA_SIN,
  QS_CUDA_COS,
  QS_CUDA_TAN,
  QS_CUDA_ASIN,
  QS_CUDA_ACOS,
  QS_CUDA_ATAN,
  QS_CUDA_SINH,
  QS_CUDA_COSH,
  QS_CUDA_ASINH,
  QS_CUDA_ACOSH,
  QS_CUDA_ATANH,
  QS_CUDA_POW,
  QS_CUDA_FMOD,
} QsCudaOperation;

/* What is computed of integers. */
typedef enum
{
  QS_CUDA_INTEGER_NONE,
  QS_CUDA_INTEGER_ABS,
  QS_CUDA_INTEGER_NEG,
  QS_CUDA_INTEGER_SIGN,
  QS_CUDA_INTEGER_NOT,
  QS_CUDA_INTEGER_BIT_NOT,
  QS_CUDA_INTEGER_ADD,
  QS_CUDA_INTEGER_SUB,
  QS_CUDA_INTEGER_MUL,
  QS_CUDA_INTEGER_DIV,
  QS_CUDA_INTEGER_MIN,
  QS_CUDA_INTEGER_MAX,
  QS_CUDA_INTEGER_MOD,
  QS_CUDA_INTEGER_FMOD,
  QS_CUDA_INTEGER_EQUAL,
  QS_CUDA_INTEGER_LESS,
  QS_CUDA_INTEGER_LESS_OR_EQUAL,
  QS_CUDA_INTEGER_GREATER,
  QS_CUDA_INTEGER_GREATER_OR_EQUAL,
  QS_CUDA_INTEGER_AND,
  QS_CUDA_INTEGER_OR,
  QS_CUDA_INTEGER_XOR,
  QS_CUDA_INTEGER_SHIFT_LEFT,
  QS_CUDA_INTEGER_SHIFT_RIGHT,
  QS_CUDA_INTEGER_BIT_AND,
  QS_CUDA_INTEGER_BIT_OR,
  QS_CUDA_INTEGER_BIT_XOR,
} QsCudaIntegerOperation;

/**
 * QsCudaPointwise:
 * @operation: QsCudaOperation
 * @activation: QsActivationType, applied to what the operation gives
 *
 * y = activation (operation (a, b, c)), element by element.
 */
typedef struct
{
  QsCudaLoops loops;
  QsCudaOperand y;
  QsCudaOperand a;
  QsCudaOperand b;
  QsCudaOperand c;
  float alpha;
  float beta;
  int32_t operation;
  int32_t activation;
  int32_t n_operands;
  int32_t flags;
} QsCudaPointwise;

/* Rows: elements that are normalized or summed up together. */
typedef enum
{
  QS_CUDA_SOFT_MAX,
  QS_CUDA_LOG_SOFT_MAX,
  QS_CUDA_HARD_MAX,
  QS_CUDA_STANDARDIZE,        /* (x - mean) / sqrt (variance + epsilon) */
  QS_CUDA_MEAN_VARIANCE,      /* (x - mean) / (standard deviation + 1e-9) */
  QS_CUDA_ROOT_MEAN_SQUARE,   /* x / sqrt (mean (x^2) + epsilon) */
  QS_CUDA_LP_1,               /* x / sum |x| */
  QS_CUDA_LP_2,               /* x / sqrt (sum x^2) */
  QS_CUDA_REDUCE_SUM,
  QS_CUDA_REDUCE_MEAN,
  QS_CUDA_REDUCE_MAX,
  QS_CUDA_REDUCE_MIN,
  QS_CUDA_REDUCE_PROD,
  QS_CUDA_REDUCE_L1,
  QS_CUDA_REDUCE_L2,
  QS_CUDA_REDUCE_LOG_SUM,
  QS_CUDA_REDUCE_LOG_SUM_EXP,
  QS_CUDA_REDUCE_SUM_SQUARE,
} QsCudaRowFunction;

/* Where the rows lie and where a row's elements do. */
typedef struct
{
  void *data;
  int64_t outer[QS_CUDA_MAX_DIMS];
  int64_t inner[QS_CUDA_MAX_DIMS];
  float scale;
  int32_t type;
} QsCudaRowOperand;

/**
 * QsCudaRows:
 * @outer: the rows
 * @inner: the elements of one, as units of @width elements
 * @factor: (nullable): multiplies what was normalized
 * @shift: (nullable): is added to it
 * @y: as @x, or one element for each row in reductions
 * @width: 4 where elements lie together and aligned, else 1
 * @n: elements in a row
 */
typedef struct
{
  QsCudaLoops outer;
  QsCudaLoops inner;
  QsCudaRowOperand y;
  QsCudaRowOperand x;
  QsCudaRowOperand factor;
  QsCudaRowOperand shift;
  float epsilon;
  float alpha;
  float beta;
  int32_t activation;
  int32_t function;
  int32_t width;
  int32_t n;
} QsCudaRows;

/* Windows of pooling along one axis. */
typedef struct
{
  int64_t in_stride;
  int32_t in;
  int32_t kernel;
  int32_t stride;
  int32_t dilation;
  int32_t begin;
  int32_t end;
  int32_t loop;          /* which of the loops is this axis of the output */
  int32_t unused;
} QsCudaWindow;

/* As QsPoolingType. */
typedef enum
{
  QS_CUDA_POOLING_MAX,
  QS_CUDA_POOLING_AVERAGE,
  QS_CUDA_POOLING_LP,
} QsCudaPoolingType;

/**
 * QsCudaPooling:
 * @loops: of the output, with vectors of channels where they lie together
 * @windows: along the spatial axes
 * @counts_padding: averages divide by the padding, too
 */
typedef struct
{
  QsCudaLoops loops;
  QsCudaOperand y;
  QsCudaOperand x;       /* its strides are 0 along the spatial axes */
  QsCudaWindow windows[3];
  float p;               /* of QS_CUDA_POOLING_LP, 1 or 2 */
  int32_t function;      /* QsCudaPoolingType */
  int32_t counts_padding;
  int32_t unused;
} QsCudaPooling;

/**
 * QsCudaTaps:
 * @first: the first of the taps of every output position; it may lie outside of the input
 * @weights: [outputs][n_taps]
 * @outside: (nullable): whether the output gets the extrapolation value
 */
typedef struct
{
  const int32_t *first;
  const float *weights;
  const uint8_t *outside;
  int64_t in_stride;
  int32_t in;
  int32_t n_taps;
  int32_t loop;
  int32_t unused;
} QsCudaTaps;

/**
 * QsCudaResize:
 * @taps: of the axes that are resized, the one that is interpolated first in front
 *
 * Linear and cubic interpolation, one axis after the other, each sum rounded to float32.
 */
typedef struct
{
  QsCudaLoops loops;
  QsCudaOperand y;
  QsCudaOperand x;
  QsCudaTaps taps[3];
  float extrapolation;
  int32_t n_axes;
} QsCudaResize;

#ifdef __cplusplus
}
#endif
