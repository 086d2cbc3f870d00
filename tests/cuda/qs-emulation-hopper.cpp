/* SPDX-License-Identifier: MIT */
#include "qs-emulation-hopper.h"

#include <map>
#include <vector>

#include "qs-emulated-tensor-map.h"
#include "qs-emulation-private.h"
#include "qs-emulator.h"

#define WARP 32
#define GROUP 128
#define MAX_THREADS 1024
#define MAX_WARPS (MAX_THREADS / WARP)
#define MAX_BARRIERS 32
#define POISON 0xcd
/* Where shared memory starts for hardware: 16 bytes after what orders of chunks need, so that who
 * forgets to align is found. */
#define WINDOW 0x410u
/* Of these bytes of shared memory is known who wrote and read them. */
#define GRAIN 128
#define GRAIN_OF(address) (((address) + WINDOW) / GRAIN)
#define N_GRAINS (GRAIN_OF (QS_EMULATED_SHARED_MEMORY) + 1)
#define MAX_BYTES ((1 << 20) - 1)
#define ROWS 64
#define BYTES_OF_K 32

typedef struct
{
  guint32 v[MAX_WARPS + MAX_BARRIERS];
} Clock;

typedef struct
{
  unsigned address;
  unsigned count;
  unsigned pending;
  gint64 bytes;
  guint32 phase;     /* how many have ended */
  unsigned maker;    /* thread */
  guint32 made;      /* the maker's warp's clock */
  bool fenced;
  Clock arrived;     /* what arrivals of this phase know */
  Clock ended;       /* what the last phase's did */
} Barrier;

/* A line of shared memory as bulk copies and products see it. */
typedef struct
{
  bool under_way;         /* a bulk copy to it is */
  bool copied;            /* by a bulk copy; else by a thread */
  bool fenced;            /* the thread's stores were */
  bool written;
  unsigned barrier;       /* of the bulk copy */
  guint32 phase;          /* which has ended when the bytes are there */
  unsigned writer;        /* thread */
  guint32 write;          /* its warp's clock */
  guint32 n_products;     /* that read it and are under way */
  guint32 reads[MAX_WARPS];
} Grain;

typedef struct
{
  QsEmulatedTensorMap map;
  unsigned address;
  unsigned barrier;
  gint64 at[4];
  gint64 offset[2];
} BulkCopy;

typedef struct
{
  QsProductType type;
  QsAccumulatorState *state;
  void *sums;
  guint64 left;
  guint64 right;
  bool add;
  unsigned group;
} Product;

typedef struct
{
  std::vector<Product> products;
  unsigned group;
  bool fenced;
  bool is_waiting;
  unsigned n_newest;
} Thread;

static Thread threads[MAX_THREADS];
static Clock clocks[MAX_WARPS];
static Barrier barriers[MAX_BARRIERS];
static unsigned n_barriers;
static Grain grains[N_GRAINS];
static unsigned n_grains;
static std::vector<BulkCopy> copies;
static guint32 random_state;

static unsigned
warp_of (unsigned thread)
{
  return thread / WARP;
}

static Clock *
own_clock (void)
{
  return &clocks[warp_of (qs_emulated.thread)];
}

static void
learn (Clock       *self,
       const Clock *from)
{
  for (gsize i = 0; i < G_N_ELEMENTS (self->v); i++)
    self->v[i] = MAX (self->v[i], from->v[i]);
}

/* A new moment of the thread's warp. */
static guint32
tick (void)
{
  return ++own_clock ()->v[warp_of (qs_emulated.thread)];
}

static bool
knows_phase (const Clock *self,
             unsigned     barrier,
             guint32      phase)
{
  return self->v[MAX_WARPS + barrier] >= phase;
}

unsigned
qs_shared_window (void)
{
  return WINDOW;
}

unsigned
qs_shared_start (unsigned alignment)
{
  return (0u - WINDOW) & (alignment - 1);
}

/* Barriers */

static Barrier *
find_barrier (unsigned address)
{
  for (unsigned i = 0; i < n_barriers; i++)
    if (barriers[i].address == address)
      return &barriers[i];
  return NULL;
}

static unsigned
index_of (const Barrier *self)
{
  return (unsigned) (self - barriers);
}

/* One that this thread may use. */
static Barrier *
use_barrier (unsigned address)
{
  Barrier *self = find_barrier (address);

  if (self == NULL)
    qs_emulation_fail ("uses a barrier at %u, which nobody initialised", address);
  if (self->maker != qs_emulated.thread &&
      own_clock ()->v[warp_of (self->maker)] < self->made)
    qs_emulation_fail ("uses a barrier at %u, which thread %u initialised, without the block's barrier "
                       "between them", address, self->maker);
  return self;
}

void
qs_mbarrier_init (unsigned address,
                  unsigned count)
{
  Barrier *self = &barriers[n_barriers];

  if (address % 8 != 0 || address + 8 > qs_emulation_get_shared_size ())
    qs_emulation_fail ("a barrier at %u is not aligned or beyond shared memory", address);
  if (find_barrier (address) != NULL || n_barriers == MAX_BARRIERS)
    qs_emulation_fail ("initialises a barrier at %u once more, or there are more than %u", address,
                       MAX_BARRIERS);
  if (count == 0 || count > MAX_BYTES)
    qs_emulation_fail ("a barrier cannot wait for %u arrivals", count);

  *self = {};
  self->address = address;
  self->count = self->pending = count;
  self->maker = qs_emulated.thread;
  self->made = tick ();
  n_barriers++;
}

void
qs_mbarrier_fence (void)
{
  for (unsigned i = 0; i < n_barriers; i++)
    barriers[i].fenced |= barriers[i].maker == qs_emulated.thread;
  qs_proxy_fence ();
}

static void
end_phase_if_complete (Barrier *self)
{
  if (self->pending > 0 || self->bytes != 0)
    return;

  self->phase++;
  self->pending = self->count;
  self->ended = self->arrived;
  self->ended.v[MAX_WARPS + index_of (self)] = self->phase;
}

static void
arrive (Barrier *self)
{
  if (self->pending == 0)
    qs_emulation_fail ("arrives at the barrier at %u, where all of this phase have arrived already",
                       self->address);
  tick ();
  learn (&self->arrived, own_clock ());
  self->pending--;
  end_phase_if_complete (self);
}

void
qs_mbarrier_arrive (unsigned address)
{
  arrive (use_barrier (address));
}

void
qs_mbarrier_expect (unsigned address,
                    unsigned bytes)
{
  Barrier *self = use_barrier (address);

  if (bytes > MAX_BYTES)
    qs_emulation_fail ("%u bytes are more than a barrier can count", bytes);
  self->bytes += bytes;
  arrive (self);
}

typedef struct
{
  Barrier *barrier;
  unsigned parity;
} PhaseWait;

/* What each thread waits for, for the report. */
static PhaseWait waits[MAX_THREADS];

static bool
has_ended (const void *data)
{
  const PhaseWait *wait = static_cast<const PhaseWait *> (data);

  return wait->barrier->phase % 2 != wait->parity;
}

void
qs_mbarrier_wait (unsigned address,
                  unsigned parity)
{
  PhaseWait *wait = &waits[qs_emulated.thread];

  wait->barrier = use_barrier (address);
  wait->parity = parity;
  qs_emulation_wait_until (has_ended, wait);
  learn (own_clock (), &wait->barrier->ended);
  wait->barrier = NULL;
}

static void
meet (void)
{
  const unsigned n = (qs_emulation_get_n_threads () + WARP - 1) / WARP;
  Clock all = {};

  for (unsigned w = 0; w < n; w++)
    {
      clocks[w].v[w]++;
      learn (&all, &clocks[w]);
    }
  for (unsigned w = 0; w < n; w++)
    clocks[w] = all;
}

/* Threads' own accesses to shared memory */

static void
check_given_back (const Grain *grain,
                  unsigned     address,
                  const char  *what)
{
  if (grain->n_products > 0)
    qs_emulation_fail ("%s shared memory at %u, which a product under way reads", what, address);
  for (unsigned w = 0; w < MAX_WARPS; w++)
    if (w != warp_of (qs_emulated.thread) && grain->reads[w] > own_clock ()->v[w])
      qs_emulation_fail ("%s shared memory at %u, which warp %u has read and not given back", what,
                         address, w);
}

static void
check_arrived (const Grain *grain,
               unsigned     address,
               const char  *what)
{
  if (grain->under_way ||
      (grain->written && grain->copied && !knows_phase (own_clock (), grain->barrier, grain->phase)))
    qs_emulation_fail ("%s shared memory at %u without having waited for the bulk copy to it", what,
                       address);
}

static void
access_shared (unsigned address,
               size_t   size,
               bool     write)
{
  for (unsigned g = GRAIN_OF (address); g <= GRAIN_OF (address + size - 1); g++)
    {
      Grain *grain = &grains[g];

      check_arrived (grain, address, write ? "writes" : "reads");
      if (!write)
        continue;
      check_given_back (grain, address, "writes");
      grain->written = true;
      grain->copied = false;
      grain->fenced = false;
      grain->writer = qs_emulated.thread;
      grain->write = own_clock ()->v[warp_of (qs_emulated.thread)] + 1;
    }
  for (unsigned i = 0; i < n_barriers; i++)
    if (address < barriers[i].address + 8 && address + size > barriers[i].address)
      qs_emulation_fail ("touches the barrier at %u as if it were data", barriers[i].address);
}

/* What is known of a grain is the last store to it, so the fence is taken for all stores of the warp. */
void
qs_proxy_fence (void)
{
  for (unsigned g = 0; g < n_grains; g++)
    if (grains[g].written && !grains[g].copied &&
        warp_of (grains[g].writer) == warp_of (qs_emulated.thread))
      grains[g].fenced = true;
}

/* Bulk copies */

/* The order of 16-byte chunks: with a span of 128 bytes, bits 4 to 6 of an address change with bits 7 to
 * 9; with 64, bits 4 and 5 with 7 and 8; with 32, bit 4 with 7 (PTX ISA, "Swizzling Modes"). */
static unsigned
reorder (unsigned address,
         unsigned span)
{
  return span == 0 ? address : address ^ ((address >> 7) % (span / 16) << 4);
}

static unsigned
count_bytes (const QsEmulatedTensorMap *map)
{
  const unsigned lines =
    map->is_windowed ? map->box[1] : (map->box[1] + map->steps[1] - 1) / map->steps[1];

  return map->box[0] * map->element_size * lines;
}

static void
check_bulk_copy (const BulkCopy *copy,
                 unsigned        n)
{
  const unsigned line = copy->map.box[0] * copy->map.element_size;

  if ((copy->address + WINDOW) % 128 != 0 || copy->address + n > qs_emulation_get_shared_size ())
    qs_emulation_fail ("a bulk copy to %u is not aligned to 128 bytes or beyond shared memory",
                       copy->address);
  if (copy->map.span != 0 && line != copy->map.span)
    qs_emulation_fail ("lines of %u bytes in an order of %u are not emulated", line, copy->map.span);
  if (!barriers[copy->barrier].fenced)
    qs_emulation_fail ("a bulk copy uses the barrier at %u, which was initialised without a fence",
                       barriers[copy->barrier].address);
  for (unsigned i = 0; i < n_barriers; i++)
    if (barriers[i].address + 8 > copy->address && barriers[i].address < copy->address + n)
      qs_emulation_fail ("a bulk copy to %u covers the barrier at %u", copy->address,
                         barriers[i].address);
}

static void
start_bulk_copy (const BulkCopy *copy)
{
  const unsigned n = count_bytes (&copy->map);

  check_bulk_copy (copy, n);
  for (unsigned g = GRAIN_OF (copy->address); g <= GRAIN_OF (copy->address + n - 1); g++)
    {
      Grain *grain = &grains[g];

      check_arrived (grain, copy->address, "copies to");
      check_given_back (grain, copy->address, "copies to");
      if (grain->written && !grain->copied && !grain->fenced)
        qs_emulation_fail ("copies to shared memory at %u, which thread %u wrote without a fence",
                           copy->address, grain->writer);
      grain->under_way = true;
    }
  memset (qs_emulation_get_shared () + copy->address, POISON, n);
  copies.push_back (*copy);
}

static void
read_map (BulkCopy              *copy,
          const QsCudaTensorMap *map,
          bool                   is_windowed,
          unsigned               n_dims)
{
  if (reinterpret_cast<gsize> (map) % 64 != 0)
    qs_emulation_fail ("a tensor map is not aligned to 64 bytes");
  if (!qs_emulated_tensor_map_read (map, &copy->map))
    qs_emulation_fail ("a tensor map was not made by the driver");
  if (copy->map.is_windowed != is_windowed || copy->map.n_dims != n_dims)
    qs_emulation_fail ("a tensor map of %u dimensions does not fit the bulk copy", copy->map.n_dims);
}

void
qs_bulk_load (unsigned               address,
              const QsCudaTensorMap *map,
              int                    x,
              int                    y,
              unsigned               barrier)
{
  BulkCopy copy = { {}, address, index_of (use_barrier (barrier)), { x, y, 0, 0 }, { 0, 0 } };

  read_map (&copy, map, false, 2);
  start_bulk_copy (&copy);
}

void
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
  BulkCopy copy = { {}, address, index_of (use_barrier (barrier)), { channel, w, h, n },
                    { w_offset, h_offset } };

  read_map (&copy, map, true, 4);
  if (w_offset > 255 || h_offset > 255)
    qs_emulation_fail ("offsets %u and %u in a window do not fit into 8 bits", w_offset, h_offset);
  start_bulk_copy (&copy);
}

/* One line of a box: @at says where it starts in the tensor; zeros outside of it. */
static bool
copy_line (const QsEmulatedTensorMap *map,
           const gint64               at[4],
           unsigned                   to)
{
  const unsigned size = map->element_size;
  bool inside = true;
  guint64 from = map->address;

  for (unsigned i = 1; i < map->n_dims; i++)
    {
      inside = inside && at[i] >= 0 && at[i] <= map->last[i];
      from += at[i] * map->strides[i - 1];
    }
  for (unsigned e = 0; e < map->box[0]; e++)
    {
      char *place =
        qs_emulation_get_shared () + (reorder (to + e * size + WINDOW, map->span) - WINDOW);
      const gint64 x = at[0] + e;
      const void *source = reinterpret_cast<const void *> (from + x * size);

      if (!inside || x < 0 || x > map->last[0])
        memset (place, 0, size);
      else if (qs_emulation_is_allocated (source, size))
        memcpy (place, source, size);
      else
        return false;
    }
  return true;
}

static bool
run_tiled (const BulkCopy *copy)
{
  const QsEmulatedTensorMap *map = &copy->map;
  unsigned to = copy->address;
  bool ok = true;

  for (unsigned y = 0; ok && y < map->box[1]; y += map->steps[1])
    {
      const gint64 at[4] = { copy->at[0], copy->at[1] + y, 0, 0 };

      ok = copy_line (map, at, to);
      to += map->box[0] * map->element_size;
    }
  return ok;
}

/* Pixels one after another: along the width from corner to corner in steps, then along the height, then
 * to the next sample; the offsets move all of it (PTX ISA, "Im2col mode", figures). */
static bool
run_windowed (const BulkCopy *copy)
{
  const QsEmulatedTensorMap *map = &copy->map;
  gint64 w = copy->at[1], h = copy->at[2], n = copy->at[3];
  unsigned to = copy->address;
  bool ok = true;

  for (unsigned i = 0; ok && i < map->box[1]; i++)
    {
      const gint64 at[4] = { copy->at[0], w + copy->offset[0], h + copy->offset[1], n };

      ok = copy_line (map, at, to);
      to += map->box[0] * map->element_size;
      w += map->steps[1];
      if (w <= (gint64) map->last[1] + map->upper[0])
        continue;
      w = map->lower[0];
      h += map->steps[2];
      if (h <= (gint64) map->last[2] + map->upper[1])
        continue;
      h = map->lower[1];
      n++;
    }
  return ok;
}

static void
finish_bulk_copy (const BulkCopy *copy)
{
  const unsigned n = count_bytes (&copy->map);
  Barrier *barrier = &barriers[copy->barrier];

  if (!(copy->map.is_windowed ? run_windowed (copy) : run_tiled (copy)))
    {
      qs_emulation_report ("a bulk copy reads outside of every allocation");
      return;
    }
  for (unsigned g = GRAIN_OF (copy->address); g <= GRAIN_OF (copy->address + n - 1); g++)
    {
      grains[g].under_way = false;
      grains[g].written = grains[g].copied = true;
      grains[g].barrier = copy->barrier;
      grains[g].phase = barrier->phase + 1;
      memset (grains[g].reads, 0, sizeof grains[g].reads);
    }
  qs_emulation_set_written (copy->address, n);
  barrier->bytes -= n;
  end_phase_if_complete (barrier);
}

/* One of those under way, by a fixed sequence of random numbers. */
static bool
advance (void)
{
  BulkCopy copy;
  unsigned i;

  if (copies.empty ())
    return false;

  random_state = random_state * 1664525u + 1013904223u;
  i = (random_state >> 16) % copies.size ();
  copy = copies[i];
  copies.erase (copies.begin () + i);
  finish_bulk_copy (&copy);
  return true;
}

/* Products */

/* A matrix in shared memory as a descriptor says it (PTX ISA, "Matrix Descriptor Format"). */
typedef struct
{
  unsigned start;
  unsigned chunk_stride;  /* of 16 bytes of k where chunks come as they are */
  unsigned eight_stride;  /* of eight rows */
  unsigned span;
} Matrix;

static Matrix
read_descriptor (guint64 descriptor)
{
  static const unsigned descriptor_spans[] = { 0, 128, 64, 32 };
  const Matrix self = {
    (unsigned) (descriptor & 0x3fff) << 4,
    (unsigned) (descriptor >> 16 & 0x3fff) << 4,
    (unsigned) (descriptor >> 32 & 0x3fff) << 4,
    descriptor_spans[descriptor >> 62],
  };
  const unsigned base = descriptor >> 49 & 7;

  /* The pattern is eight spans long; k may move the start within the first one. */
  if (self.span != 0 && (base != 0 || self.start % (8 * self.span) + BYTES_OF_K > self.span))
    qs_emulation_fail ("a matrix starts at %u, where the order of %u bytes does not", self.start,
                       self.span);
  return self;
}

/* Where 16 bytes of a row lie. */
static unsigned
find_chunk (const Matrix *self,
            unsigned      row,
            unsigned      chunk)
{
  const unsigned eight = self->start + row / 8 * self->eight_stride - WINDOW;

  if (self->span == 0)
    return eight + row % 8 * 16 + chunk * self->chunk_stride;
  return reorder (eight + WINDOW + row % 8 * self->span + chunk * 16, self->span) - WINDOW;
}

/* Calls for every grain of a matrix. */
static void
for_each_grain (const Matrix *self,
                unsigned      rows,
                void        (*visit) (Grain *grain, unsigned address))
{
  unsigned last = G_MAXUINT;

  for (unsigned row = 0; row < rows; row++)
    for (unsigned chunk = 0; chunk < BYTES_OF_K / 16; chunk++)
      {
        const unsigned address = find_chunk (self, row, chunk);

        if (address + 16 > qs_emulation_get_shared_size ())
          qs_emulation_fail ("a matrix reaches to %u, beyond shared memory", address + 16);
        if (GRAIN_OF (address) != last)
          visit (&grains[GRAIN_OF (address)], address);
        last = GRAIN_OF (address);
      }
}

static void
start_reading (Grain   *grain,
               unsigned address)
{
  check_arrived (grain, address, "multiplies");
  if (!grain->written)
    qs_emulation_fail ("multiplies shared memory at %u, which nobody has written", address);
  if (!grain->copied && !grain->fenced)
    qs_emulation_fail ("multiplies shared memory at %u, which thread %u wrote without a fence",
                       address, grain->writer);
  if (!grain->copied && warp_of (grain->writer) != warp_of (qs_emulated.thread) &&
      own_clock ()->v[warp_of (grain->writer)] < grain->write)
    qs_emulation_fail ("multiplies shared memory at %u, which thread %u wrote, without a barrier "
                       "between them", address, grain->writer);
  grain->n_products++;
}

static void
end_reading (Grain *grain,
             unsigned)
{
  grain->n_products--;
  grain->reads[warp_of (qs_emulated.thread)] = own_clock ()->v[warp_of (qs_emulated.thread)] + 1;
}

static bool
is_first_lane (void)
{
  return qs_emulated.thread % WARP == 0;
}

void
qs_product_fence (void)
{
  threads[qs_emulated.thread].fenced = true;
}

void
qs_product_commit (void)
{
  threads[qs_emulated.thread].group++;
}

void
qs_emulation_use_sums (const QsAccumulatorState *state)
{
  if (state->under_way > 0)
    qs_emulation_fail ("reads sums of a product without having waited for it");
  if (!state->was_set)
    qs_emulation_fail ("reads sums of which there never was a product");
  threads[qs_emulated.thread].fenced = false;
}

static bool
is_size (QsProductType type,
         unsigned      columns)
{
  return columns >= 8 && columns <= 256 &&
         (type == QS_PRODUCT_F16 || columns == 8 || columns == 24 ? columns % 8 == 0
                                                                  : columns % 16 == 0);
}

void
qs_emulation_product (QsProductType       type,
                      QsAccumulatorState *state,
                      void               *sums,
                      uint64_t            left,
                      uint64_t            right,
                      bool                add)
{
  Thread *self = &threads[qs_emulated.thread];
  const Matrix a = read_descriptor (left), b = read_descriptor (right);

  if (!self->fenced)
    qs_emulation_fail ("multiplies without a fence after other uses of the sums");
  if (!is_size (type, state->n * 2))
    qs_emulation_fail ("there is no product of %u columns", state->n * 2);
  if (add && !state->was_set)
    qs_emulation_fail ("adds to sums that were never set");
  if (is_first_lane ())
    {
      for_each_grain (&a, ROWS, start_reading);
      for_each_grain (&b, state->n * 2, start_reading);
    }
  state->under_way++;
  state->was_set = true;
  self->products.push_back ({ type, state, sums, left, right, add, self->group });
}

static void
gather (const Matrix *self,
        unsigned      rows,
        guint8      (*out)[BYTES_OF_K])
{
  for (unsigned row = 0; row < rows; row++)
    for (unsigned chunk = 0; chunk < BYTES_OF_K / 16; chunk++)
      memcpy (out[row] + chunk * 16, qs_emulation_get_shared () + find_chunk (self, row, chunk), 16);
}

static void
add_s8 (void         *sum,
        bool          add,
        const guint8 *a,
        const guint8 *b)
{
  guint32 *out = static_cast<guint32 *> (sum);
  gint32 dot = 0;

  for (unsigned k = 0; k < BYTES_OF_K; k++)
    dot += static_cast<gint8> (a[k]) * static_cast<gint8> (b[k]);
  *out = (add ? *out : 0) + static_cast<guint32> (dot);
}

static void
add_f16 (void         *sum,
         bool          add,
         const guint8 *a,
         const guint8 *b)
{
  float *out = static_cast<float *> (sum);
  float dot = add ? *out : 0.0f;

  for (unsigned k = 0; k < BYTES_OF_K; k += 2)
    {
      guint16 x, y;

      memcpy (&x, a + k, 2);
      memcpy (&y, b + k, 2);
      dot += qs_half_to_float (x) * qs_half_to_float (y);
    }
  *out = dot;
}

/* Sum i of a thread: warps have 16 rows each, of which a quad of lanes has two, eight apart; of eight
 * columns a lane has two (PTX ISA, figure "WGMMA .m64nNk16 register fragment layout for accumulator
 * matrix D" and the one of .m64nNk32, which agree). */
static void
run_product (unsigned first)
{
  static guint8 a[ROWS][BYTES_OF_K], b[256][BYTES_OF_K];
  const Product *all = &threads[first].products.front ();
  const Matrix left = read_descriptor (all->left), right = read_descriptor (all->right);

  gather (&left, ROWS, a);
  gather (&right, all->state->n * 2, b);
  for (unsigned t = 0; t < GROUP; t++)
    {
      const Product *product = &threads[first + t].products.front ();
      const unsigned lane = t % WARP;

      for (unsigned i = 0; i < product->state->n; i++)
        {
          const unsigned row = t / WARP * 16 + lane / 4 + (i & 2 ? 8 : 0);
          const unsigned column = i / 4 * 8 + lane % 4 * 2 + (i & 1);

          (product->type == QS_PRODUCT_S8 ? add_s8 : add_f16) (
            static_cast<guint32 *> (product->sums) + i, product->add, a[row], b[column]);
        }
      product->state->under_way--;
    }
}

static bool
is_same (const Product *a,
         const Product *b)
{
  return a->type == b->type && a->left == b->left && a->right == b->right && a->add == b->add &&
         a->group == b->group && a->state->n == b->state->n;
}

/* The oldest product, which all threads of the group have asked for. */
static void
finish_product (unsigned first)
{
  const unsigned thread = qs_emulated.thread;
  const Product *product = &threads[first].products.front ();
  const Matrix left = read_descriptor (product->left), right = read_descriptor (product->right);

  for (unsigned t = first; t < first + GROUP; t++)
    if (threads[t].products.empty () || !is_same (&threads[t].products.front (), product))
      qs_emulation_fail ("threads %u and %u of a warp group ask for different products", first, t);

  run_product (first);
  for (unsigned w = 0; w < GROUP / WARP; w++)
    {
      qs_emulated.thread = first + w * WARP;
      for_each_grain (&left, ROWS, end_reading);
      for_each_grain (&right, product->state->n * 2, end_reading);
    }
  qs_emulated.thread = thread;
  for (unsigned t = first; t < first + GROUP; t++)
    threads[t].products.erase (threads[t].products.begin ());
}

static bool
is_due (unsigned first)
{
  const Thread *self = &threads[first];

  return !self->products.empty () &&
         self->products.front ().group + self->n_newest < self->group;
}

static bool
has_waited (const void *data)
{
  return !static_cast<const Thread *> (data)->is_waiting;
}

/* The last thread of the group to come does what is due for all. */
void
qs_emulation_product_wait (unsigned n_newest)
{
  const unsigned first = qs_emulated.thread / GROUP * GROUP;
  Thread *self = &threads[qs_emulated.thread];

  self->is_waiting = true;
  self->n_newest = n_newest;
  for (unsigned t = first; t < first + GROUP; t++)
    if (!threads[t].is_waiting)
      {
        qs_emulation_wait_until (has_waited, self);
        return;
      }

  for (unsigned t = first; t < first + GROUP; t++)
    if (threads[t].n_newest != n_newest)
      qs_emulation_fail ("threads %u and %u of a warp group wait differently", first, t);
  while (is_due (first))
    finish_product (first);
  for (unsigned t = first; t < first + GROUP; t++)
    threads[t].is_waiting = false;
}

static void
start_block (void)
{
  const unsigned n = qs_emulation_get_n_threads ();

  n_grains = (unsigned) GRAIN_OF (qs_emulation_get_shared_size ()) + 1;
  memset (static_cast<void *> (grains), 0, n_grains * sizeof (Grain));
  memset (clocks, 0, sizeof clocks);
  memset (waits, 0, sizeof waits);
  n_barriers = 0;
  copies.clear ();
  random_state = 1;
  for (unsigned t = 0; t < n; t++)
    {
      threads[t].products.clear ();
      threads[t].group = 0;
      threads[t].fenced = threads[t].is_waiting = false;
    }
}

static char *
describe (void)
{
  for (unsigned t = 0; t < qs_emulation_get_n_threads (); t++)
    {
      const Barrier *barrier = waits[t].barrier;

      if (barrier != NULL)
        return g_strdup_printf ("; thread %u waits for the barrier at %u, where %u arrivals and "
                                "%" G_GINT64_FORMAT " bytes are missing", t, barrier->address,
                                barrier->pending, barrier->bytes);
      if (threads[t].is_waiting)
        return g_strdup_printf ("; thread %u waits for a product of its warp group", t);
    }
  return NULL;
}

static char *
end_block (void)
{
  if (!copies.empty ())
    return g_strdup ("the block has ended with bulk copies under way");
  for (unsigned i = 0; i < n_barriers; i++)
    if (barriers[i].bytes != 0)
      return g_strdup_printf ("the block has ended, and at the barrier at %u %" G_GINT64_FORMAT
                              " announced bytes have not come", barriers[i].address,
                              barriers[i].bytes);
  for (unsigned t = 0; t < qs_emulation_get_n_threads (); t++)
    if (!threads[t].products.empty ())
      return g_strdup_printf ("thread %u has ended with products under way", t);
  return NULL;
}

const QsEmulationHooks qs_emulation_hopper_hooks = {
  start_block, advance, meet, access_shared, describe, end_block,
};
