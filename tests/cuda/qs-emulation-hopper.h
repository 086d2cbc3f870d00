/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-emulation.h"
#include "kernels/qs-hopper-arguments.h"

/*
 * The primitives of engine/backends/cuda/kernels/qs-hopper-primitives.h for the host. Written from the
 * PTX ISA's text and figures, not from the kernels; what it checks:
 *
 * Bulk copies happen as late as they can, in any order: their place has other bytes until then, and
 * who has not waited for their barrier must not read it. They must not write what products still read
 * or what a warp that read it has not given back. A barrier's phase ends with the announced arrivals
 * and bytes, neither more nor fewer. Products happen when they are waited for: their sums cannot be
 * read earlier, and a fence stands between other uses of the sums and the next product. Descriptors
 * start where their order of chunks does. Threads' stores are fenced before products read them.
 *
 * Who knows of what is kept as vector clocks (Mattern 1989): one component for each warp and one for
 * each barrier, which counts its phases.
 */

typedef enum
{
  QS_PRODUCT_S8,
  QS_PRODUCT_F16,
} QsProductType;

/* What is the same for all sizes. */
typedef struct
{
  unsigned n;
  unsigned under_way;
  bool was_set;
} QsAccumulatorState;

template <class T, int N>
struct QsAccumulators
{
  QsAccumulatorState state = { N, 0, false };
  T v[N];

  QsAccumulators () = default;
  QsAccumulators (const QsAccumulators &) = delete;
};

#define QS_RESIDENT_KERNEL(name, Arguments, threads, blocks) QS_KERNEL (name, Arguments, threads)

unsigned qs_shared_window (void);
unsigned qs_shared_start (unsigned alignment);
void     qs_mbarrier_init (unsigned address, unsigned count);
void     qs_mbarrier_fence (void);
void     qs_mbarrier_expect (unsigned address, unsigned bytes);
void     qs_mbarrier_arrive (unsigned address);
void     qs_mbarrier_wait (unsigned address, unsigned parity);
void     qs_bulk_load (unsigned address, const QsCudaTensorMap *map, int x, int y, unsigned barrier);
void     qs_bulk_load_windows (unsigned address, const QsCudaTensorMap *map, int channel, int w, int h,
                               int n, unsigned w_offset, unsigned h_offset, unsigned barrier);
void     qs_proxy_fence (void);
void     qs_product_fence (void);
void     qs_product_commit (void);

void     qs_emulation_product (QsProductType type, QsAccumulatorState *state, void *sums, uint64_t left,
                               uint64_t right, bool add);
void     qs_emulation_product_wait (unsigned n_newest);
void     qs_emulation_use_sums (const QsAccumulatorState *state);

template <class T, int N>
QS_DEVICE T
qs_accumulator (const QsAccumulators<T, N> &self,
                int                         i)
{
  qs_emulation_use_sums (&self.state);
  return self.v[i];
}

template <int N>
QS_DEVICE void
qs_product_s8 (QsAccumulators<int32_t, N> &sums,
               uint64_t                    left,
               uint64_t                    right,
               int                         add)
{
  qs_emulation_product (QS_PRODUCT_S8, &sums.state, sums.v, left, right, add != 0);
}

template <int N>
QS_DEVICE void
qs_product_f16 (QsAccumulators<float, N> &sums,
                uint64_t                  left,
                uint64_t                  right,
                int                       add)
{
  qs_emulation_product (QS_PRODUCT_F16, &sums.state, sums.v, left, right, add != 0);
}

template <int N, class Accumulators>
QS_DEVICE void
qs_product_wait (Accumulators &)
{
  qs_emulation_product_wait (N);
}
