/* SPDX-License-Identifier: MIT */
#include "qs-emulation.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <map>
#include <vector>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include "core/qs-float16.h"
#include "qs-emulation-private.h"
#include "qs-emulator.h"

#define WARP 32
#define MAX_THREADS 1024
#define STACK_SIZE (192u << 10)
#define REGION_SIZE (gsize (4) << 30)
#define ALIGNMENT 256
/* Between allocations, so that a step too far is outside of all of them. */
#define GAP 4096
#define POISON 0xcd
/* Stands for all threads that add to a word. */
#define ATOMIC G_MAXUINT
/* Stands for what is not a thread, whose order the hooks check. */
#define ELSEWHERE (G_MAXUINT - 1)

typedef enum
{
  READY,
  AT_BARRIER,
  IN_WARP,
  AT_CONDITION,
  ENDED,
} State;

/* When an access happened: barriers of the block and of the warp count up. */
typedef struct
{
  unsigned thread;
  unsigned block_epoch;
  unsigned warp_epoch;
} Moment;

typedef struct
{
  bool written;
  bool under_way;
  bool was_read;
  Moment write;
  Moment read;
} Word;

typedef struct
{
  unsigned group;
  unsigned address;
  const void *from;
  bool valid;
} Copy;

typedef struct
{
  void *stack;
  void *stack_pointer;
  State state;
  unsigned warp_generation;
  unsigned group;
  bool (*ready) (const void *data);
  const void *data;
  std::vector<Copy> copies;
} Fiber;

typedef struct
{
  unsigned n_lanes;
  unsigned n_waiting;
  unsigned generation;
  unsigned epoch;
  QsWarpOperation operation;
  QsLaneOperand operands[WARP];
} Warp;

QsEmulatedPosition qs_emulated;

static const QsEmulatedKernel *kernels;
static std::map<char *, gsize> allocations;
static char *region;
static gsize used;
static char message[512];

static const QsEmulatedKernel *kernel;
static const void *arguments;
static Fiber fibers[MAX_THREADS];
static Warp warps[MAX_THREADS / WARP];
static unsigned n_threads, block_epoch;
alignas (128) static char shared[QS_EMULATED_SHARED_MEMORY];
static Word words[QS_EMULATED_SHARED_MEMORY / 4];
static gsize shared_size;
static void *scheduler;
static bool failed;

_QsEmulatedKernel::_QsEmulatedKernel (const char     *kernel_name,
                                      QsEmulatedEntry kernel_entry,
                                      size_t          size,
                                      unsigned        threads)
  : name (kernel_name), entry (kernel_entry), args_size (size), max_threads (threads), next (kernels)
{
  kernels = this;
}

/* Saves what a called function must keep, and continues on another stack. */
#if defined (__x86_64__)
extern "C" void qs_emulation_switch (void **from, void *to);
__asm__ (".text\n"
         ".globl qs_emulation_switch\n"
         ".type qs_emulation_switch, @function\n"
         "qs_emulation_switch:\n"
         "  pushq %rbp\n  pushq %rbx\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
         "  movq %rsp, (%rdi)\n"
         "  movq %rsi, %rsp\n"
         "  popq %r15\n  popq %r14\n  popq %r13\n  popq %r12\n  popq %rbx\n  popq %rbp\n"
         "  ret\n"
         ".size qs_emulation_switch, . - qs_emulation_switch\n");
#elif defined (__aarch64__)
extern "C" void qs_emulation_switch (void **from, void *to);
__asm__ (".text\n"
         ".globl qs_emulation_switch\n"
         ".type qs_emulation_switch, %function\n"
         "qs_emulation_switch:\n"
         "  sub sp, sp, #160\n"
         "  stp x19, x20, [sp]\n  stp x21, x22, [sp, #16]\n  stp x23, x24, [sp, #32]\n"
         "  stp x25, x26, [sp, #48]\n  stp x27, x28, [sp, #64]\n  stp x29, x30, [sp, #80]\n"
         "  stp d8, d9, [sp, #96]\n  stp d10, d11, [sp, #112]\n  stp d12, d13, [sp, #128]\n"
         "  stp d14, d15, [sp, #144]\n"
         "  mov x9, sp\n  str x9, [x0]\n  mov sp, x1\n"
         "  ldp x19, x20, [sp]\n  ldp x21, x22, [sp, #16]\n  ldp x23, x24, [sp, #32]\n"
         "  ldp x25, x26, [sp, #48]\n  ldp x27, x28, [sp, #64]\n  ldp x29, x30, [sp, #80]\n"
         "  ldp d8, d9, [sp, #96]\n  ldp d10, d11, [sp, #112]\n  ldp d12, d13, [sp, #128]\n"
         "  ldp d14, d15, [sp, #144]\n"
         "  add sp, sp, #160\n  ret\n"
         ".size qs_emulation_switch, . - qs_emulation_switch\n");
#else
#error "the emulation's threads need a stack switch for this processor"
#endif

static Fiber *
current (void)
{
  return &fibers[qs_emulated.thread];
}

static void
leave (void)
{
  qs_emulation_switch (&current ()->stack_pointer, scheduler);
}

static void
note_failure (const char *format,
              va_list     args)
{
  char text[400];

  g_vsnprintf (text, sizeof text, format, args);
  g_snprintf (message, sizeof message, "%s, block %u %u %u, thread %u: %s", kernel->name,
              qs_emulated.block[0], qs_emulated.block[1], qs_emulated.block[2],
              qs_emulated.thread, text);
  failed = true;
}

void
qs_emulation_report (const char *format,
                     ...)
{
  va_list args;

  va_start (args, format);
  note_failure (format, args);
  va_end (args);
}

/* Ends the launch; the threads' stacks are left as they are. */
#define fail qs_emulation_fail
void
qs_emulation_fail (const char *format,
                   ...)
{
  va_list args;

  va_start (args, format);
  note_failure (format, args);
  va_end (args);
  leave ();
}

void
qs_emulation_wait_until (bool (*ready) (const void *data),
                         const void *data)
{
  Fiber *self = current ();

  if (ready (data))
    return;
  self->ready = ready;
  self->data = data;
  self->state = AT_CONDITION;
  leave ();
}

/* The allocation that holds all of it. */
static bool
is_allocated (const void *p,
              gsize       size)
{
  char *start = static_cast<char *> (const_cast<void *> (p));
  auto next = allocations.upper_bound (start);

  if (next == allocations.begin ())
    return false;
  --next;
  return start + size <= next->first + next->second;
}

void
qs_emulation_check_global (const void *p,
                           size_t      size,
                           size_t      alignment,
                           bool        write)
{
  static const char *last;
  static gsize last_size;
  const char *start = static_cast<const char *> (p);

  if (reinterpret_cast<gsize> (p) % alignment != 0)
    fail ("%zu bytes at %p are not aligned", size, p);
  if (start >= last && start + size <= last + last_size && allocations.count (const_cast<char *> (last)))
    return;
  if (!is_allocated (p, size))
    fail ("%s %zu bytes at %p, which is outside of every allocation", write ? "writes" : "reads",
          size, p);

  auto found = --allocations.upper_bound (const_cast<char *> (start));
  last = found->first;
  last_size = found->second;
}

static Moment
moment_now (void)
{
  return { qs_emulated.thread, block_epoch, warps[qs_emulated.thread / WARP].epoch };
}

/* Whether a barrier lies between then and now, or both are one thread's. */
static bool
is_ordered (const Moment *then,
            const Moment *now)
{
  return then->thread == now->thread || then->thread == ELSEWHERE || then->block_epoch < now->block_epoch ||
         (then->thread / WARP == now->thread / WARP && then->warp_epoch < now->warp_epoch);
}

static void
check_word (Word    *word,
            unsigned address,
            bool     write)
{
  Moment now = moment_now ();

  if (word->under_way)
    fail ("touches shared memory at %u while an asynchronous copy to it is under way", address);
  if (!write && !word->written)
    fail ("reads shared memory at %u, which nobody has written", address);
  if (word->written && !is_ordered (&word->write, &now))
    fail ("touches shared memory at %u, which thread %u wrote, without a barrier between them",
          address, word->write.thread);
  if (write && word->was_read && !is_ordered (&word->read, &now))
    fail ("writes shared memory at %u, which thread %u read, without a barrier between them",
          address, word->read.thread);

  if (write)
    word->write = now;
  else
    word->read = now;
  word->written |= write;
  word->was_read |= !write;
}

static void
check_shared_range (unsigned address,
                    size_t   size)
{
  if (size % 4 != 0 || address % size != 0)
    fail ("%zu bytes of shared memory at %u are not aligned words", size, address);
  if (address + size > shared_size)
    fail ("shared memory at %u is beyond its %zu bytes", address, shared_size);
}

void *
qs_emulation_shared (unsigned address,
                     size_t   size,
                     bool     write)
{
  check_shared_range (address, size);
  qs_emulation_hopper_hooks.access (address, size, write);
  for (unsigned a = address; a < address + size; a += 4)
    check_word (&words[a / 4], a, write);
  return shared + address;
}

/* Atomic operations on one word do not race with each other. */
void
qs_shared_atomic_add (unsigned address,
                      uint32_t value)
{
  Word *word = &words[address / 4];
  uint32_t old;

  check_shared_range (address, 4);
  if (!word->written || word->under_way)
    fail ("adds to shared memory at %u, which nobody has written", address);
  if (word->write.block_epoch == block_epoch && word->write.thread != qs_emulated.thread &&
      word->write.thread != ATOMIC)
    fail ("adds to shared memory at %u, which thread %u wrote, without a barrier between them",
          address, word->write.thread);
  memcpy (&old, shared + address, 4);
  old += value;
  memcpy (shared + address, &old, 4);
  word->write = moment_now ();
  word->write.thread = ATOMIC;
}

void
qs_async_copy (unsigned    address,
               const void *from,
               bool        valid)
{
  check_shared_range (address, 16);
  if (valid)
    qs_emulation_check_global (from, 16, 16, false);
  for (unsigned a = address; a < address + 16; a += 4)
    {
      check_word (&words[a / 4], a, true);
      words[a / 4].under_way = true;
    }
  current ()->copies.push_back ({ current ()->group, address, from, valid });
}

void
qs_async_commit (void)
{
  current ()->group++;
}

void
qs_emulation_wait (unsigned n_newest)
{
  Fiber *self = current ();
  std::vector<Copy> rest;

  for (const Copy &copy : self->copies)
    {
      if (copy.group + n_newest >= self->group)
        {
          rest.push_back (copy);
          continue;
        }
      if (copy.valid)
        memcpy (shared + copy.address, copy.from, 16);
      else
        memset (shared + copy.address, 0, 16);
      for (unsigned a = copy.address; a < copy.address + 16; a += 4)
        {
          words[a / 4].under_way = false;
          words[a / 4].written = true;
          words[a / 4].write = moment_now ();
        }
    }
  self->copies.swap (rest);
}

/* Lane l gives the address of row l % 8 of matrix l / 8, and gets the words l % 4 of rows l / 4. */
static void
load_matrices (Warp *warp)
{
  const unsigned first = qs_emulated.thread / WARP * WARP, thread = qs_emulated.thread;

  for (unsigned lane = 0; lane < WARP && !failed; lane++)
    {
      qs_emulated.thread = first + lane;
      check_shared_range (warp->operands[lane].n, 16);
      for (unsigned a = 0; a < 16; a += 4)
        check_word (&words[(warp->operands[lane].n + a) / 4], warp->operands[lane].n + a, false);
    }
  qs_emulated.thread = thread;
  for (unsigned lane = 0; lane < WARP; lane++)
    for (unsigned m = 0; m < 4; m++)
      memcpy (static_cast<uint32_t *> (warp->operands[lane].out) + m,
              shared + warp->operands[m * 8 + lane / 4].n + lane % 4 * 4, 4);
}

/* Fragments of mma.m16n8: lane l holds of a the rows l / 4 and l / 4 + 8, bytes 4 (l % 4) and 16
 * further; of b the column l / 4; of c the rows as of a, columns 2 (l % 4) and the next. */
typedef struct
{
  uint8_t a[16][32];
  uint8_t b[8][32];
} Fragments;

static void
gather (const Warp *warp,
        Fragments  *fragments)
{
  for (unsigned lane = 0; lane < WARP; lane++)
    {
      const uint32_t *a = static_cast<const uint32_t *> (warp->operands[lane].a);
      const uint32_t *b = static_cast<const uint32_t *> (warp->operands[lane].b);
      const unsigned row = lane / 4, k = lane % 4 * 4;

      for (unsigned i = 0; i < 4; i++)
        memcpy (&fragments->a[row + i % 2 * 8][k + i / 2 * 16], &a[i], 4);
      for (unsigned i = 0; i < 2; i++)
        memcpy (&fragments->b[row][k + i * 16], &b[i], 4);
    }
}

static int32_t
dot_s8 (const uint8_t *a,
        const uint8_t *b,
        int32_t        sum)
{
  uint32_t wrapping = static_cast<uint32_t> (sum);

  for (unsigned k = 0; k < 32; k++)
    wrapping += static_cast<uint32_t> (static_cast<int8_t> (a[k]) * static_cast<int8_t> (b[k]));
  return static_cast<int32_t> (wrapping);
}

static float
dot_f16 (const uint8_t *a,
         const uint8_t *b,
         float          sum)
{
  for (unsigned k = 0; k < 32; k += 2)
    {
      uint16_t x, y;

      memcpy (&x, a + k, 2);
      memcpy (&y, b + k, 2);
      sum += qs_half_to_float (x) * qs_half_to_float (y);
    }
  return sum;
}

template <class T>
static void
multiply (Warp *warp,
          T (*dot) (const uint8_t *, const uint8_t *, T))
{
  Fragments fragments;

  gather (warp, &fragments);
  for (unsigned lane = 0; lane < WARP; lane++)
    for (unsigned i = 0; i < 4; i++)
      {
        T *c = static_cast<T *> (warp->operands[lane].out) + i;

        *c = dot (fragments.a[lane / 4 + i / 2 * 8], fragments.b[lane % 4 * 2 + i % 2], *c);
      }
}

static void
shuffle (Warp *warp)
{
  for (unsigned lane = 0; lane < WARP; lane++)
    memcpy (warp->operands[lane].out, warp->operands[(lane ^ warp->operands[lane].n) % WARP].a, 4);
}

static void
barrier (Warp *warp)
{
  warp->epoch++;
}

static void multiply_s8 (Warp *warp) { multiply<int32_t> (warp, dot_s8); }
static void multiply_f16 (Warp *warp) { multiply<float> (warp, dot_f16); }

static const struct
{
  const char *name;
  void (*run) (Warp *warp);
} operations[] = {
  { "the warp's barrier", barrier },
  { "ldmatrix", load_matrices },
  { "mma s8", multiply_s8 },
  { "mma f16", multiply_f16 },
  { "shuffle", shuffle },
};

void
qs_emulation_warp (QsWarpOperation operation,
                   QsLaneOperand   operand)
{
  Fiber *self = current ();
  Warp *warp = &warps[qs_emulated.thread / WARP];

  if (warp->n_waiting > 0 && warp->operation != operation)
    fail ("reaches %s, while other lanes of its warp are at %s", operations[operation].name,
          operations[warp->operation].name);
  warp->operation = operation;
  warp->operands[qs_emulated.thread % WARP] = operand;

  if (++warp->n_waiting == warp->n_lanes)
    {
      operations[operation].run (warp);
      warp->n_waiting = 0;
      warp->generation++;
      if (failed)
        leave ();
      return;
    }
  self->state = IN_WARP;
  self->warp_generation = warp->generation;
  leave ();
}

/* Nothing waits long here. */
int64_t
qs_clock (void)
{
  static int64_t now;

  return now += 1 << 20;
}

void
qs_barrier (void)
{
  current ()->state = AT_BARRIER;
  leave ();
}

float
qs_emulation_half_to_float (uint16_t bits)
{
  return qs_float16_to_float (bits);
}

uint16_t
qs_emulation_float_to_half (float value)
{
  return qs_float16_from_float (value);
}

static void
run_fiber (void)
{
  kernel->entry (arguments);
  current ()->state = ENDED;
  leave ();
}

/* The registers that the switch restores, and run_fiber as where it returns to. */
static void
start_fiber (Fiber *self)
{
  void **top;

  if (self->stack == NULL)
    self->stack = mmap (NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (self->stack == MAP_FAILED)
    abort ();
#ifdef __SANITIZE_ADDRESS__
  /* A launch that failed has left its functions without returning from them. */
  __asan_unpoison_memory_region (self->stack, STACK_SIZE);
#endif

  top = reinterpret_cast<void **> (static_cast<char *> (self->stack) + STACK_SIZE);
#if defined (__x86_64__)
  top -= 2; /* so that the stack is aligned as after a call */
  *top = reinterpret_cast<void *> (run_fiber);
  top -= 6;
#else
  top -= 20;
  top[11] = reinterpret_cast<void *> (run_fiber);
#endif
  self->stack_pointer = top;
  self->state = READY;
  self->group = 0;
  self->copies.clear ();
}

static bool
is_ready (const Fiber *self,
          const Warp  *warp)
{
  return self->state == READY ||
         (self->state == IN_WARP && self->warp_generation != warp->generation) ||
         (self->state == AT_CONDITION && self->ready (self->data));
}

/* Runs the warp's threads until all of them wait for others. Returns whether one ran. */
static bool
run_warp (unsigned index)
{
  bool any = false, again = true;

  while (again && !failed)
    {
      again = false;
      for (unsigned t = index * WARP; t < index * WARP + warps[index].n_lanes && !failed; t++)
        if (is_ready (&fibers[t], &warps[index]))
          {
            fibers[t].state = READY;
            qs_emulated.thread = t;
            qs_emulation_switch (&scheduler, fibers[t].stack_pointer);
            any = again = true;
          }
    }

  return any;
}

static unsigned
count (State state)
{
  unsigned n = 0;

  for (unsigned t = 0; t < n_threads; t++)
    n += fibers[t].state == state;
  return n;
}

static void
report_stuck (void)
{
  g_autofree char *more = qs_emulation_hopper_hooks.describe ();

  g_snprintf (message, sizeof message,
              "%s, block %u %u %u: %u threads wait at the block's barrier, %u in warp-wide "
              "operations, %u have ended; they never meet%s", kernel->name, qs_emulated.block[0],
              qs_emulated.block[1], qs_emulated.block[2], count (AT_BARRIER), count (IN_WARP),
              count (ENDED), more != NULL ? more : "");
  failed = true;
}

static void
release_barrier (void)
{
  block_epoch++;
  qs_emulation_hopper_hooks.meet ();
  for (unsigned t = 0; t < n_threads; t++)
    fibers[t].state = READY;
}

static void
check_end (void)
{
  g_autofree char *wrong = qs_emulation_hopper_hooks.end_block ();

  if (wrong != NULL)
    qs_emulation_report ("%s", wrong);
}

static void
run_block (void)
{
  bool any = true;

  memset (static_cast<void *> (words), 0, shared_size / 4 * sizeof (Word));
  memset (shared, POISON, shared_size);
  memset (static_cast<void *> (warps), 0, sizeof warps);
  block_epoch = 0;
  qs_emulation_hopper_hooks.start_block ();
  for (unsigned t = 0; t < n_threads; t++)
    {
      start_fiber (&fibers[t]);
      warps[t / WARP].n_lanes++;
    }

  while (any && !failed)
    {
      any = false;
      for (unsigned w = 0; w * WARP < n_threads; w++)
        any |= run_warp (w);
      if (!any && count (AT_BARRIER) == n_threads)
        {
          release_barrier ();
          any = true;
        }
      if (!any && count (ENDED) != n_threads)
        any = qs_emulation_hopper_hooks.advance ();
    }
  if (!failed && count (ENDED) != n_threads)
    report_stuck ();
  if (!failed)
    check_end ();
}

static void
protect (int protection)
{
  if (region != NULL && used > 0)
    mprotect (region, REGION_SIZE, protection);
}

gpointer
qs_emulator_allocate (gsize size)
{
  const gsize bytes = (MAX (size, 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  char *place;

  if (region == NULL)
    region = static_cast<char *> (mmap (NULL, REGION_SIZE, PROT_NONE,
                                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (region == MAP_FAILED)
    abort ();

  place = region;
  for (const auto &a : allocations)
    {
      if (gsize (a.first - place) >= bytes + GAP)
        break;
      place = a.first + (a.second + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + GAP;
    }
  if (bytes > REGION_SIZE || gsize (place - region) > REGION_SIZE - bytes)
    return NULL;

  allocations[place] = size;
  used += size;
  qs_emulator_fill (place, POISON, size);
  return place;
}

gboolean
qs_emulator_free (gpointer memory)
{
  auto found = allocations.find (static_cast<char *> (memory));

  if (found == allocations.end ())
    {
      g_snprintf (message, sizeof message, "frees %p, which is not allocated", memory);
      return FALSE;
    }
  madvise (memory, found->second / 4096 * 4096, MADV_DONTNEED);
  used -= found->second;
  allocations.erase (found);
  return TRUE;
}

gsize
qs_emulator_get_used (void)
{
  return used;
}

static gboolean
check_copy (gconstpointer memory,
            gsize         size)
{
  if (is_allocated (memory, size))
    return TRUE;

  g_snprintf (message, sizeof message, "a copy of %zu bytes at %p is outside of every allocation",
              size, memory);
  return FALSE;
}

gboolean
qs_emulator_copy_in (gpointer      to,
                     gconstpointer from,
                     gsize         size)
{
  if (!check_copy (to, size))
    return FALSE;
  protect (PROT_READ | PROT_WRITE);
  memcpy (to, from, size);
  protect (PROT_NONE);
  return TRUE;
}

gboolean
qs_emulator_copy_out (gpointer      to,
                      gconstpointer from,
                      gsize         size)
{
  if (!check_copy (from, size))
    return FALSE;
  protect (PROT_READ | PROT_WRITE);
  memcpy (to, from, size);
  protect (PROT_NONE);
  return TRUE;
}

gboolean
qs_emulator_fill (gpointer to,
                  guint8   value,
                  gsize    size)
{
  if (!check_copy (to, size))
    return FALSE;
  protect (PROT_READ | PROT_WRITE);
  memset (to, value, size);
  protect (PROT_NONE);
  return TRUE;
}

gsize
qs_emulator_find (const char *name)
{
  for (const QsEmulatedKernel *k = kernels; k != NULL; k = k->next)
    if (strcmp (k->name, name) == 0)
      return reinterpret_cast<gsize> (k);

  return 0;
}

gsize
qs_emulator_get_args_size (gsize kernel_id)
{
  return reinterpret_cast<const QsEmulatedKernel *> (kernel_id)->args_size;
}

gboolean
qs_emulator_launch (gsize         kernel_id,
                    const guint   grid[3],
                    guint         threads,
                    gsize         shared_bytes,
                    gconstpointer args)
{
  alignas (64) static char aligned[4096];

  kernel = reinterpret_cast<const QsEmulatedKernel *> (kernel_id);
  if (kernel->args_size > sizeof aligned)
    abort ();
  memcpy (aligned, args, kernel->args_size);
  arguments = aligned;
  n_threads = threads;
  shared_size = (shared_bytes + 15) / 16 * 16;
  failed = false;
  if (threads == 0 || threads > kernel->max_threads || threads > MAX_THREADS ||
      shared_size > sizeof shared || grid[0] == 0 || grid[1] == 0 || grid[2] == 0 ||
      grid[1] > 65535 || grid[2] > 65535)
    {
      g_snprintf (message, sizeof message, "%s: a launch of %u %u %u blocks, %u threads and %zu "
                  "bytes of shared memory is not possible", kernel->name, grid[0], grid[1],
                  grid[2], threads, shared_bytes);
      return FALSE;
    }

  protect (PROT_READ | PROT_WRITE);
  memcpy (qs_emulated.grid, grid, sizeof qs_emulated.grid);
  for (guint z = 0; z < grid[2] && !failed; z++)
    for (guint y = 0; y < grid[1] && !failed; y++)
      for (guint x = 0; x < grid[0] && !failed; x++)
        {
          qs_emulated.block[0] = x;
          qs_emulated.block[1] = y;
          qs_emulated.block[2] = z;
          run_block ();
        }
  protect (PROT_NONE);
  return !failed;
}

bool
qs_emulation_is_allocated (const void *p,
                           size_t      size)
{
  return is_allocated (p, size);
}

unsigned
qs_emulation_get_n_threads (void)
{
  return n_threads;
}

size_t
qs_emulation_get_shared_size (void)
{
  return shared_size;
}

char *
qs_emulation_get_shared (void)
{
  return shared;
}

void
qs_emulation_set_written (unsigned address,
                          size_t   size)
{
  for (unsigned a = address; a < address + size; a += 4)
    words[a / 4] = { .written = true, .under_way = false, .was_read = false,
                     .write = { ELSEWHERE, 0, 0 }, .read = {} };
}

const char *
qs_emulator_get_message (void)
{
  return message;
}
