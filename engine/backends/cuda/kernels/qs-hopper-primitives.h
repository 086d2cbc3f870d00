/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What kernels for compute capability 9.0 may use beside qs-primitives.h. nvcc takes
 * qs-hopper-primitives-device.h; the tests have an emulation of the same names that checks every use
 * (tests/cuda/qs-emulation-hopper.h). Addresses of shared memory are bytes from 0, as there.
 *
 *   QS_RESIDENT_KERNEL (name, Arguments, threads, blocks)
 *                                       a kernel of which a multiprocessor has room for several blocks
 *   qs_shared_start (alignment)         the first address that is aligned as hardware sees it
 *   qs_mbarrier_init (a, count)         a barrier of 8 bytes: its phase ends with `count` arrivals and
 *                                       all the bytes that were announced
 *   qs_mbarrier_fence ()                after initialising, before the block's barrier
 *   qs_mbarrier_expect (a, bytes)       arrives and announces bytes that bulk copies bring
 *   qs_mbarrier_arrive (a)
 *   qs_mbarrier_wait (a, parity)        until the phase of this parity has ended; before the first
 *                                       phase, the one of parity 1 counts as ended
 *   qs_bulk_load (a, map, x, y, barrier)
 *                                       a box of a two-dimensional tensor to shared memory, zeros
 *                                       outside of it; x counts elements of a row
 *   qs_bulk_load_windows (a, map, channel, w, h, n, w_offset, h_offset, barrier)
 *                                       as many pixels as the map says, one after another in the order
 *                                       of the convolution's windows, from the window at w, h of
 *                                       sample n; of each the pixel at the offsets in the window
 *   qs_proxy_fence ()                   between a thread's own stores to shared memory and reads by
 *                                       products and bulk copies
 *   QsAccumulators<T, N>                a thread's part of 64 rows and 2 N columns of sums
 *   qs_accumulator (sums, i)            one of them, when no product is under way
 *   qs_matrix (a, row_bytes)            descriptor of a matrix with rows of 64 or 128 bytes
 *   qs_product_fence ()                 before products whose sums were touched by anything else
 *   qs_product_s8 (sums, left, right, add), qs_product_f16 (sums, left, right, add)
 *                                       sums = left right (+ sums if add) over 32 bytes of k, by the
 *                                       four warps of a group together; happens later
 *   qs_product_commit ()                closes a group of products
 *   qs_product_wait<N> (sums)           until at most the newest N groups are under way
 */

#include "qs-hopper-arguments.h"
#include "qs-primitives.h"

#ifdef __CUDACC__
#include "qs-hopper-primitives-device.h"
#else
#include "qs-emulation-hopper.h"
#endif

/**
 * qs_matrix:
 * @address: of the first row, aligned to eight rows, or a multiple of 32 bytes of k further
 * @row_bytes: 64 or 128, with which the bulk copy's order of 16-byte chunks agrees
 *
 * The descriptor of a matrix whose rows are values of k side by side (PTX ISA, "Asynchronous Warpgroup
 * Level Matrix Shared Memory Layout", matrix descriptor format): in units of 16 bytes the start in
 * bits 0 to 13, the distance of one group of eight rows from the next in bits 32 to 45; in bits 62 and
 * 63 the order of chunks, 1 for 128 bytes and 2 for 64. The other distance, bits 16 to 29, is not used
 * where rows are no longer than the order's span.
 */
QS_DEVICE uint64_t
qs_matrix (unsigned address,
           unsigned row_bytes)
{
  return (uint64_t) (((qs_shared_window () + address) & 0x3ffffu) >> 4)
         | (uint64_t) 1 << 16
         | (uint64_t) (row_bytes * 8 >> 4) << 32
         | (uint64_t) (row_bytes == 128 ? 1 : 2) << 62;
}
