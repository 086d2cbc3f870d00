/* SPDX-License-Identifier: MIT */
#include <vector>

#include "qs-emulation-hopper-private.h"

#define GROUP 128
#define ROWS 64
#define BYTES_OF_K 32

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

static Thread threads[QS_MAX_THREADS];

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
  const unsigned eight = self->start + row / 8 * self->eight_stride - QS_WINDOW;

  if (self->span == 0)
    return eight + row % 8 * 16 + chunk * self->chunk_stride;
  return qs_chunk_reorder (eight + QS_WINDOW + row % 8 * self->span + chunk * 16, self->span)
         - QS_WINDOW;
}

/* Calls for every line of a matrix. */
static void
for_each_grain (const Matrix *self,
                unsigned      rows,
                void        (*visit) (QsLine *line, unsigned address))
{
  unsigned last = G_MAXUINT;

  for (unsigned row = 0; row < rows; row++)
    for (unsigned chunk = 0; chunk < BYTES_OF_K / 16; chunk++)
      {
        const unsigned address = find_chunk (self, row, chunk);

        if (address + 16 > qs_emulation_get_shared_size ())
          qs_emulation_fail ("a matrix reaches to %u, beyond shared memory", address + 16);
        if (QS_LINE_OF (address) != last)
          visit (&qs_lines[QS_LINE_OF (address)], address);
        last = QS_LINE_OF (address);
      }
}

static void
start_reading (QsLine   *line,
               unsigned address)
{
  qs_line_check_arrived (line, address, "multiplies");
  if (!line->written)
    qs_emulation_fail ("multiplies shared memory at %u, which nobody has written", address);
  if (!line->copied && !line->fenced)
    qs_emulation_fail ("multiplies shared memory at %u, which thread %u wrote without a fence",
                       address, line->writer);
  if (!line->copied && qs_warp_of (line->writer) != qs_warp_of (qs_emulated.thread) &&
      qs_clock_get_own ()->v[qs_warp_of (line->writer)] < line->write)
    qs_emulation_fail ("multiplies shared memory at %u, which thread %u wrote, without a barrier "
                       "between them", address, line->writer);
  line->n_products++;
}

static void
end_reading (QsLine *line,
             unsigned)
{
  const unsigned warp = qs_warp_of (qs_emulated.thread);

  line->n_products--;
  line->reads[warp] = qs_clock_get_own ()->v[warp] + 1;
}

static bool
is_first_lane (void)
{
  return qs_emulated.thread % QS_WARP == 0;
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
      const unsigned lane = t % QS_WARP;

      for (unsigned i = 0; i < product->state->n; i++)
        {
          const unsigned row = t / QS_WARP * 16 + lane / 4 + (i & 2 ? 8 : 0);
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
  for (unsigned w = 0; w < GROUP / QS_WARP; w++)
    {
      qs_emulated.thread = first + w * QS_WARP;
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

void
qs_products_start (void)
{
  for (unsigned t = 0; t < qs_emulation_get_n_threads (); t++)
    {
      threads[t].products.clear ();
      threads[t].group = 0;
      threads[t].fenced = threads[t].is_waiting = false;
    }
}

char *
qs_products_describe (void)
{
  for (unsigned t = 0; t < qs_emulation_get_n_threads (); t++)
    if (threads[t].is_waiting)
      return g_strdup_printf ("; thread %u waits for a product of its warp group", t);
  return NULL;
}

char *
qs_products_end (void)
{
  for (unsigned t = 0; t < qs_emulation_get_n_threads (); t++)
    if (!threads[t].products.empty ())
      return g_strdup_printf ("thread %u has ended with products under way", t);
  return NULL;
}
