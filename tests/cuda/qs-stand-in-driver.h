/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/cuda/qs-cuda-driver.h"

G_BEGIN_DECLS

/*
 * CUDA's driver functions over the emulated device. What a stream is asked for is done as late as it may
 * (qs-emulated-stream.h); while a graph is captured it is only noted.
 */
const QsCudaDriver *qs_stand_in_driver_get (void);

/* The @n-th call from now of the function called @symbol gives @result. */
void                qs_stand_in_driver_fail (const char   *symbol,
                                             guint         n,
                                             QsCudaResult  result);
/* Compute capability, as 90 for 9.0; 8.0 unless it is set before anything asks. */
void                qs_stand_in_driver_set_architecture (int version);
/* The @n-th call from now of whatever function that can fail; whether it came to that. */
void                qs_stand_in_driver_fail_any (guint         n,
                                                 QsCudaResult  result);
gboolean            qs_stand_in_driver_has_failed (void);
/* As after loading the driver; memory that is allocated stays. */
void                qs_stand_in_driver_reset (void);
guint               qs_stand_in_driver_count_launches (void);
guint               qs_stand_in_driver_count_graphs (void);
guint               qs_stand_in_driver_count_captures (void);
/* Copies from the device to the host so far, and to it; and the bytes that came from it. */
guint               qs_stand_in_driver_count_copies_out (void);
guint               qs_stand_in_driver_count_copies_in (void);
gsize               qs_stand_in_driver_count_downloaded (void);

G_END_DECLS
