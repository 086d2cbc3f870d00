/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Fields of protobuf's wire format, enough to make the ONNX files that the tests need. */

void qs_wire_put_int     (GByteArray   *self,
                          guint         field,
                          guint64       value);
void qs_wire_put_bytes   (GByteArray   *self,
                          guint         field,
                          gconstpointer data,
                          gsize         length);
void qs_wire_put_string  (GByteArray   *self,
                          guint         field,
                          const char   *value);
/* Takes @message. */
void qs_wire_put_message (GByteArray   *self,
                          guint         field,
                          GByteArray   *message);

/* A model with the float input "x" [1, 4], one node and its output "y". */
GByteArray *qs_onnx_write_one_node (const char *op_type,
                                    const char *name);

G_END_DECLS
