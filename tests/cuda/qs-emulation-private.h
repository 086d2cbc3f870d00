/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "qs-emulation.h"

/* What parts of the emulation share with each other. */

/**
 * QsEmulationHooks:
 * @start_block: everything is as at a block's start
 * @advance: lets something that happens by itself happen, when no thread can go on; whether it did
 * @meet: all threads met at the block's barrier
 * @access: a thread's load from or store to shared memory
 * @describe: (transfer full) (nullable): what threads that never go on wait for
 * @end_block: (transfer full) (nullable): what is wrong with a block that has ended
 */
typedef struct
{
  void (*start_block) (void);
  bool (*advance) (void);
  void (*meet) (void);
  void (*access) (unsigned address, size_t size, bool write);
  char *(*describe) (void);
  char *(*end_block) (void);
} QsEmulationHooks;

extern const QsEmulationHooks qs_emulation_hopper_hooks;

/* Ends the launch; by a thread. Does not return. */
void     qs_emulation_fail           (const char  *format, ...) G_GNUC_PRINTF (1, 2);
/* Notes why the launch ends; by the scheduler. */
void     qs_emulation_report         (const char  *format, ...) G_GNUC_PRINTF (1, 2);
/* Lets others run until @ready. */
void     qs_emulation_wait_until     (bool       (*ready) (const void *data), const void *data);
bool     qs_emulation_is_allocated   (const void  *p, size_t size);
unsigned qs_emulation_get_n_threads  (void);
size_t   qs_emulation_get_shared_size (void);
char    *qs_emulation_get_shared     (void);
/* Bytes that came from elsewhere, by an order that the hooks know. */
void     qs_emulation_set_written    (unsigned     address, size_t size);
