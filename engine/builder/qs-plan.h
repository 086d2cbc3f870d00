/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-engine-private.h"

G_BEGIN_DECLS

/*
 * The plan file: a header of 80 bytes, then a message of plan.proto.
 *
 *    0  8  "\x89QSPLAN\n"
 *    8  4  format version, little endian
 *   12  4  zero
 *   16 24  version of the program that wrote it, filled up with zeros
 *   40  8  bytes of the message, little endian
 *   48 32  SHA-256 of the message
 *
 * Numbers in constants are little endian.
 */
#define QS_PLAN_VERSION 2
#define QS_PLAN_HEADER_SIZE 80

/* The message alone, and what it says. */
GBytes   *qs_plan_pack   (QsEngine  *engine,
                          GError   **error);
QsEngine *qs_plan_read   (GBytes    *message,
                          GError   **error);

/* The file: a header in front of the message. */
GBytes   *qs_plan_write  (QsEngine  *engine,
                          GError   **error);
/* The message of a plan file, with its checksum verified. */
GBytes   *qs_plan_unwrap (GBytes    *file,
                          GError   **error);

G_END_DECLS
