/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-journal.h"

G_BEGIN_DECLS

/*
 * What the rewrites of Q/DQ networks have in common. A Quantize layer reads a float tensor and
 * writes an INT8 tensor whose `scale` is that of the layer; a Dequantize layer reads one.
 */

gboolean  qs_is_quantize        (const QsLayer   *layer);
gboolean  qs_is_dequantize      (const QsLayer   *layer);
/* The scale of a Q or DQ layer that has one for the whole tensor, else 0. */
float     qs_qdq_get_scale      (const QsLayer   *layer);
/* Equal as TensorRT compares them: the same bits. */
gboolean  qs_scales_equal       (float            a,
                                 float            b);

/* The DQ layer with one scale that writes @tensor; NULL for any other tensor. */
QsLayer  *qs_qdq_get_dequantize (const QsTensor  *tensor);
/* The Q layer with one scale that alone reads @tensor, which is no output of the network; else
 * NULL, and @why_not (nullable) gets a reason. */
QsLayer  *qs_qdq_only_quantize  (QsNetwork       *network,
                                 QsTensor        *tensor,
                                 const char     **why_not);
/* How many of a commuting layer's first inputs carry data; the others are shapes and indices. */
guint     qs_qdq_n_data_inputs  (const QsLayer   *layer);

/* A Q or DQ layer like @model, from @input to a new tensor @output_name of @input's shape. */
QsLayer  *qs_qdq_add_like       (QsNetwork       *network,
                                 const QsLayer   *model,
                                 const char      *name,
                                 QsTensor        *input,
                                 const char      *output_name);
/* Type and scale of a quantized or a float activation. */
void      qs_tensor_set_int8    (QsTensor        *tensor,
                                 float            scale);
void      qs_tensor_set_float   (QsTensor        *tensor);
/* Takes a layer from @input to @output out: readers of @output read @input. A network output keeps
 * its name. FALSE when both ends are inputs or outputs of the network, so that it has to stay. */
gboolean  qs_qdq_bypass         (QsNetwork       *network,
                                 QsLayer         *layer);
/* @tensor, which nothing writes any more, becomes a constant. */
void      qs_qdq_set_value      (QsNetwork       *network,
                                 QsTensor        *tensor,
                                 QsHostTensor    *value);
/* Moves the layer that was added last to before or behind @anchor, so that the order stays one in
 * which producers come first. */
void      qs_qdq_place          (QsNetwork       *network,
                                 QsLayer         *layer,
                                 const QsLayer   *anchor,
                                 gboolean         behind);
/* Adds the ONNX nodes of @from to those of @to. */
void      qs_qdq_add_origins    (QsLayer         *to,
                                 const QsLayer   *from);
/* The value that @layer computes, whose input 0 is @input and whose other inputs are constant. */
QsHostTensor *qs_qdq_evaluate   (const QsLayer   *layer,
                                 QsHostTensor    *input,
                                 QsDataType       type,
                                 GError         **error);

/**
 * qs_qdq_rewrite:
 * @layers: (array zero-terminated=1): names of the layers concerned, before
 * @tensors: (array zero-terminated=1) (element-type QsTensor): the tensors concerned
 * @result: the layer that stands there now
 *
 * A journal entry about a change, with the scales of the tensors.
 */
void      qs_qdq_rewrite        (QsJournal          *journal,
                                 const char         *rule,
                                 const char *const  *layers,
                                 QsTensor          **tensors,
                                 const QsLayer      *result,
                                 const char         *format,
                                 ...) G_GNUC_PRINTF (6, 7);

/**
 * QsRefusal:
 * @condition: identifier of the condition that failed
 * @layers: (array zero-terminated=1): names of the layers concerned
 * @tensors: (array zero-terminated=1): the tensors concerned
 * @reason: a whole sentence
 * @remedy: a whole sentence
 *
 * A rewrite that was tried and blocked.
 */
typedef struct
{
  const char *rule;
  const char *condition;
  const char *layers[4];
  const QsTensor *tensors[4];
  char *reason;
  char *remedy;
} QsRefusal;

/* Adds the refusal unless the journal has it already, and frees its sentences. */
void      qs_qdq_refuse         (QsJournal          *journal,
                                 QsRefusal          *refusal);

G_END_DECLS
