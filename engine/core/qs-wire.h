/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <protobuf-c/protobuf-c.h>

G_BEGIN_DECLS

ProtobufCMessage *qs_wire_unpack (const ProtobufCMessageDescriptor *descriptor,
                                  gconstpointer                     data,
                                  gsize                             size,
                                  GError                          **error);
void              qs_wire_free   (ProtobufCMessage                 *message);

G_END_DECLS
