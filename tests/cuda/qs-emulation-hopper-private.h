/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-emulation-hopper.h"
#include "qs-emulation-private.h"
#include "qs-emulator.h"

/* What the parts of the emulation of compute capability 9.0 share: who knows of what, and what is known
 * of shared memory. */

#define QS_WARP 32
#define QS_MAX_THREADS 1024
#define QS_MAX_WARPS (QS_MAX_THREADS / QS_WARP)
#define QS_MAX_BARRIERS 32

/* Where shared memory starts for hardware: 16 bytes after what orders of chunks need, so that who
 * forgets to align is found. */
#define QS_WINDOW 0x410u

/**
 * QsClock:
 * @v: how many moments of each warp and how many phases of each barrier are known
 */
typedef struct
{
  guint32 v[QS_MAX_WARPS + QS_MAX_BARRIERS];
} QsClock;

static inline unsigned
qs_warp_of (unsigned thread)
{
  return thread / QS_WARP;
}

QsClock *qs_clock_get_own     (void);
void     qs_clock_learn       (QsClock       *self,
                               const QsClock *from);
/* A new moment of the thread's warp. */
guint32  qs_clock_tick        (void);
bool     qs_clock_knows_phase (const QsClock *self,
                               unsigned       barrier,
                               guint32        phase);
void     qs_clocks_start      (void);
/* Everyone learns what everyone knows. */
void     qs_clocks_meet       (void);

/* A barrier that this thread may use, as an index. */
unsigned qs_barrier_use        (unsigned address);
/* How many phases have ended. */
guint32  qs_barrier_get_phase  (unsigned barrier);
void     qs_barrier_take_bytes (unsigned barrier,
                                unsigned n);
void     qs_barrier_check_fence (unsigned barrier);
/* That no barrier lies there. */
void     qs_barriers_check_place (unsigned    address,
                                  unsigned    n,
                                  const char *what);
void     qs_barriers_start     (void);
char    *qs_barriers_describe  (void);
char    *qs_barriers_end       (void);

/* Of these bytes of shared memory is known who wrote and read them. */
#define QS_LINE_BYTES 128
#define QS_LINE_OF(address) (((address) + QS_WINDOW) / QS_LINE_BYTES)
#define QS_MAX_LINES (QS_LINE_OF (QS_EMULATED_SHARED_MEMORY) + 1)

/**
 * QsLine:
 * @under_way: a bulk copy to it is
 * @copied: it was written by a bulk copy, else by a thread
 * @fenced: the thread's stores were
 * @barrier: of the bulk copy
 * @phase: that has ended when the bytes are there
 * @writer: thread
 * @write: its warp's clock
 * @n_products: that read it and are under way
 * @reads: each warp's clock when its last product had read it
 *
 * A line of shared memory as bulk copies and products see it.
 */
typedef struct
{
  bool under_way;
  bool copied;
  bool fenced;
  bool written;
  unsigned barrier;
  guint32 phase;
  unsigned writer;
  guint32 write;
  guint32 n_products;
  guint32 reads[QS_MAX_WARPS];
} QsLine;

extern QsLine qs_lines[];

/* Fails when the line may not be written, because of products, or not be touched, because of copies. */
void     qs_line_check_given_back (const QsLine *line,
                                   unsigned      address,
                                   const char   *what);
void     qs_line_check_arrived    (const QsLine *line,
                                   unsigned      address,
                                   const char   *what);
void     qs_lines_access       (unsigned address,
                                size_t   size,
                                bool     write);
void     qs_lines_start        (void);

/* The order of 16-byte chunks: with a span of 128 bytes, bits 4 to 6 of an address change with bits 7 to
 * 9; with 64, bits 4 and 5 with 7 and 8; with 32, bit 4 with 7 (PTX ISA, "Swizzling Modes"). */
static inline unsigned
qs_chunk_reorder (unsigned address,
                  unsigned span)
{
  return span == 0 ? address : address ^ ((address >> 7) % (span / 16) << 4);
}

void     qs_bulk_copies_start  (void);
/* One of those under way happens; whether there was one. */
bool     qs_bulk_copies_advance (void);
char    *qs_bulk_copies_end    (void);

void     qs_products_start     (void);
char    *qs_products_describe  (void);
char    *qs_products_end       (void);
