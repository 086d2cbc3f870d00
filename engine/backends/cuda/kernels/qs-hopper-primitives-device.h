/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The primitives of qs-hopper-primitives.h on a device of compute capability 9.0 (sm_90a). From the
 * PTX ISA: mbarrier, cp.async.bulk.tensor (tiled and im2col mode), fence.proxy.async, and "Asynchronous
 * Warpgroup Level Matrix Instructions" (wgmma).
 */

#define QS_RESIDENT_KERNEL(name, Arguments, threads, blocks) \
  extern "C" __global__ void __launch_bounds__ (threads, blocks) \
    name (const __grid_constant__ Arguments args)

QS_DEVICE unsigned
qs_shared_window (void)
{
  return qs_shared_base ();
}

QS_DEVICE unsigned
qs_shared_start (unsigned alignment)
{
  return (0u - qs_shared_base ()) & (alignment - 1);
}

QS_DEVICE void
qs_mbarrier_init (unsigned address,
                  unsigned count)
{
  asm volatile ("mbarrier.init.shared::cta.b64 [%0], %1;"
                : : "r"(qs_shared_base () + address), "r"(count) : "memory");
}

QS_DEVICE void
qs_mbarrier_fence (void)
{
  asm volatile ("fence.mbarrier_init.release.cluster;" : : : "memory");
  asm volatile ("fence.proxy.async.shared::cta;" : : : "memory");
}

QS_DEVICE void
qs_mbarrier_expect (unsigned address,
                    unsigned bytes)
{
  asm volatile ("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;"
                : : "r"(qs_shared_base () + address), "r"(bytes) : "memory");
}

QS_DEVICE void
qs_mbarrier_arrive (unsigned address)
{
  asm volatile ("mbarrier.arrive.shared::cta.b64 _, [%0];"
                : : "r"(qs_shared_base () + address) : "memory");
}

QS_DEVICE void
qs_mbarrier_wait (unsigned address,
                  unsigned parity)
{
  unsigned ended;

  do
    asm volatile ("{\n"
                  ".reg .pred p;\n"
                  "mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n"
                  "selp.u32 %0, 1, 0, p;\n"
                  "}"
                  : "=r"(ended) : "r"(qs_shared_base () + address), "r"(parity) : "memory");
  while (!ended);
}

QS_DEVICE void
qs_bulk_load (unsigned               address,
              const QsCudaTensorMap *map,
              int                    x,
              int                    y,
              unsigned               barrier)
{
  asm volatile ("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
                "[%0], [%1, {%2, %3}], [%4];"
                : : "r"(qs_shared_base () + address), "l"(map), "r"(x), "r"(y),
                    "r"(qs_shared_base () + barrier) : "memory");
}

QS_DEVICE void
qs_bulk_load_windows (unsigned               address,
                      const QsCudaTensorMap *map,
                      int                    channel,
                      int                    w,
                      int                    h,
                      int                    n,
                      unsigned               w_offset,
                      unsigned               h_offset,
                      unsigned               barrier)
{
  asm volatile ("cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes "
                "[%0], [%1, {%2, %3, %4, %5}], [%6], {%7, %8};"
                : : "r"(qs_shared_base () + address), "l"(map), "r"(channel), "r"(w), "r"(h), "r"(n),
                    "r"(qs_shared_base () + barrier), "h"((uint16_t) w_offset),
                    "h"((uint16_t) h_offset) : "memory");
}

QS_DEVICE void
qs_proxy_fence (void)
{
  asm volatile ("fence.proxy.async.shared::cta;" : : : "memory");
}

template <class T, int N>
struct QsAccumulators
{
  T v[N];
};

template <class T, int N>
QS_DEVICE T
qs_accumulator (const QsAccumulators<T, N> &self,
                int                         i)
{
  return self.v[i];
}

/* So that the compiler moves no use of the registers across this place. */
template <int N>
QS_DEVICE void
qs_hold (QsAccumulators<int32_t, N> &self)
{
#pragma unroll
  for (int i = 0; i < N; i++)
    asm volatile ("" : "+r"(self.v[i]) : : "memory");
}

template <int N>
QS_DEVICE void
qs_hold (QsAccumulators<float, N> &self)
{
#pragma unroll
  for (int i = 0; i < N; i++)
    asm volatile ("" : "+f"(self.v[i]) : : "memory");
}

QS_DEVICE void
qs_product_fence (void)
{
  asm volatile ("wgmma.fence.sync.aligned;" : : : "memory");
}

QS_DEVICE void
qs_product_commit (void)
{
  asm volatile ("wgmma.commit_group.sync.aligned;" : : : "memory");
}

template <int N, class Accumulators>
QS_DEVICE void
qs_product_wait (Accumulators &sums)
{
  asm volatile ("wgmma.wait_group.sync.aligned %0;" : : "n"(N) : "memory");
  qs_hold (sums);
}

/* Operands of an instruction: ten numbers of registers, and eight registers. */
#define QS_TEN(t) \
  "%" t "0, %" t "1, %" t "2, %" t "3, %" t "4, %" t "5, %" t "6, %" t "7, %" t "8, %" t "9"
#define QS_EIGHT(r, i) \
  r (v[i]), r (v[i + 1]), r (v[i + 2]), r (v[i + 3]), r (v[i + 4]), r (v[i + 5]), r (v[i + 6]), \
  r (v[i + 7])

#define QS_NUMBERS_32 QS_TEN ("") ", " QS_TEN ("1") ", " QS_TEN ("2") ", %30, %31"
#define QS_NUMBERS_64 \
  QS_TEN ("") ", " QS_TEN ("1") ", " QS_TEN ("2") ", " QS_TEN ("3") ", " QS_TEN ("4") ", " \
  QS_TEN ("5") ", %60, %61, %62, %63"
#define QS_NUMBERS_128 \
  QS_TEN ("") ", " QS_TEN ("1") ", " QS_TEN ("2") ", " QS_TEN ("3") ", " QS_TEN ("4") ", " \
  QS_TEN ("5") ", " QS_TEN ("6") ", " QS_TEN ("7") ", " QS_TEN ("8") ", " QS_TEN ("9") ", " \
  QS_TEN ("10") ", " QS_TEN ("11") ", %120, %121, %122, %123, %124, %125, %126, %127"

#define QS_REGISTERS_32(r) QS_EIGHT (r, 0), QS_EIGHT (r, 8), QS_EIGHT (r, 16), QS_EIGHT (r, 24)
#define QS_REGISTERS_64(r) \
  QS_REGISTERS_32 (r), QS_EIGHT (r, 32), QS_EIGHT (r, 40), QS_EIGHT (r, 48), QS_EIGHT (r, 56)
#define QS_REGISTERS_128(r) \
  QS_REGISTERS_64 (r), QS_EIGHT (r, 64), QS_EIGHT (r, 72), QS_EIGHT (r, 80), QS_EIGHT (r, 88), \
  QS_EIGHT (r, 96), QS_EIGHT (r, 104), QS_EIGHT (r, 112), QS_EIGHT (r, 120)

/* columns, half of them (the sums of one thread), the numbers of the three operands after the sums */
#define QS_PRODUCTS(PRODUCT) \
  PRODUCT (64, 32, "%32", "%33", "%34") \
  PRODUCT (128, 64, "%64", "%65", "%66") \
  PRODUCT (256, 128, "%128", "%129", "%130")

#define QS_R "+r"
#define QS_F "+f"

#define QS_DEFINE_PRODUCT(name, T, r, shape, columns, n, left_number, right_number, add_number, rest) \
  QS_DEVICE void \
  name (QsAccumulators<T, n> &sums, \
        uint64_t              left, \
        uint64_t              right, \
        int                   add) \
  { \
    T(&v)[n] = sums.v; \
    asm volatile ("{\n" \
                  ".reg .pred p;\n" \
                  "setp.ne.b32 p, " add_number ", 0;\n" \
                  "wgmma.mma_async.sync.aligned.m64n" #columns shape " {" QS_NUMBERS_##n "}, " \
                  left_number ", " right_number ", p" rest ";\n" \
                  "}" \
                  : QS_REGISTERS_##n (r) \
                  : "l"(left), "l"(right), "r"(add)); \
  }

#define QS_PRODUCT_S8(columns, n, l, r, a) \
  QS_DEFINE_PRODUCT (qs_product_s8, int32_t, QS_R, "k32.s32.s8.s8", columns, n, l, r, a, "")
#define QS_PRODUCT_F16(columns, n, l, r, a) \
  QS_DEFINE_PRODUCT (qs_product_f16, float, QS_F, "k16.f32.f16.f16", columns, n, l, r, a, \
                     ", 1, 1, 0, 0")

QS_PRODUCTS (QS_PRODUCT_S8)
QS_PRODUCTS (QS_PRODUCT_F16)
