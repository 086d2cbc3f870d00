/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-data-type.h"

G_BEGIN_DECLS

/*
 * Writes ONNX models for tests, byte by byte and without the engine's own description of the
 * format, so that broken ones can be written too. Messages are byte arrays; putting one into
 * another frees it.
 */
typedef GByteArray QsMessage;

void       qs_put_varint     (QsMessage   *self,
                              guint64      value);
void       qs_put_int        (QsMessage   *self,
                              guint        field,
                              gint64       value);
void       qs_put_float      (QsMessage   *self,
                              guint        field,
                              float        value);
void       qs_put_data       (QsMessage   *self,
                              guint        field,
                              gconstpointer data,
                              gsize        size);
void       qs_put_text       (QsMessage   *self,
                              guint        field,
                              const char  *text);
void       qs_put_message    (QsMessage   *self,
                              guint        field,
                              QsMessage   *message);

/* @dims: "1x3x8", "" for a scalar; a word is the name of a dynamic dimension. */
QsMessage *qs_make_value     (const char  *name,
                              QsDataType   type,
                              const char  *dims);
QsMessage *qs_make_tensor    (const char  *name,
                              QsDataType   type,
                              const char  *dims,
                              gconstpointer data,
                              gsize        size);
QsMessage *qs_make_int       (const char  *name,
                              gint64       value);
QsMessage *qs_make_number    (const char  *name,
                              float        value);
/* @value: NULL leaves the attribute's contents out. */
QsMessage *qs_make_string    (const char  *name,
                              const char  *value);
/* @values: "1 -2 3" */
QsMessage *qs_make_ints      (const char  *name,
                              const char  *values);
QsMessage *qs_make_attribute_tensor (const char *name,
                              QsMessage   *tensor);
/* @inputs and @outputs: names joined by commas; attributes until NULL. */
QsMessage *qs_make_node      (const char  *op_type,
                              const char  *name,
                              const char  *inputs,
                              const char  *outputs,
                              ...) G_GNUC_NULL_TERMINATED;

/* A graph under construction: add nodes (1), initializers (5), inputs (11), outputs (12). */
#define QS_GRAPH_NODE 1
#define QS_GRAPH_INITIALIZER 5
#define QS_GRAPH_INPUT 11
#define QS_GRAPH_OUTPUT 12

QsMessage *qs_make_graph     (void);
/* Initializer of int64 numbers: @values as in qs_make_ints(), one dimension. */
void       qs_graph_add_ints (QsMessage   *graph,
                              const char  *name,
                              const char  *values);
void       qs_graph_add_floats (QsMessage *graph,
                              const char  *name,
                              const char  *dims,
                              const float *values,
                              gsize        n);
/* (transfer full): the file; frees @graph. */
GBytes    *qs_make_model     (QsMessage   *graph,
                              int          opset);

G_END_DECLS
