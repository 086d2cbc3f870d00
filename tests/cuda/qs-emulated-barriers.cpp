/* SPDX-License-Identifier: MIT */
#include "qs-emulation-hopper-private.h"

#define MAX_BYTES ((1 << 20) - 1)

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
  QsClock arrived;   /* what arrivals of this phase know */
  QsClock ended;     /* what the last phase's did */
} Barrier;

static Barrier barriers[QS_MAX_BARRIERS];
static unsigned n_barriers;

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

static Barrier *
use (unsigned address)
{
  Barrier *self = find_barrier (address);

  if (self == NULL)
    qs_emulation_fail ("uses a barrier at %u, which nobody initialised", address);
  if (self->maker != qs_emulated.thread &&
      qs_clock_get_own ()->v[qs_warp_of (self->maker)] < self->made)
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
  if (find_barrier (address) != NULL || n_barriers == QS_MAX_BARRIERS)
    qs_emulation_fail ("initialises a barrier at %u once more, or there are more than %u", address,
                       QS_MAX_BARRIERS);
  if (count == 0 || count > MAX_BYTES)
    qs_emulation_fail ("a barrier cannot wait for %u arrivals", count);

  *self = {};
  self->address = address;
  self->count = self->pending = count;
  self->maker = qs_emulated.thread;
  self->made = qs_clock_tick ();
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
  self->ended.v[QS_MAX_WARPS + index_of (self)] = self->phase;
}

static void
arrive (Barrier *self)
{
  if (self->pending == 0)
    qs_emulation_fail ("arrives at the barrier at %u, where all of this phase have arrived already",
                       self->address);
  qs_clock_tick ();
  qs_clock_learn (&self->arrived, qs_clock_get_own ());
  self->pending--;
  end_phase_if_complete (self);
}

void
qs_mbarrier_arrive (unsigned address)
{
  arrive (use (address));
}

void
qs_mbarrier_expect (unsigned address,
                    unsigned bytes)
{
  Barrier *self = use (address);

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
static PhaseWait waits[QS_MAX_THREADS];

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

  wait->barrier = use (address);
  wait->parity = parity;
  qs_emulation_wait_until (has_ended, wait);
  qs_clock_learn (qs_clock_get_own (), &wait->barrier->ended);
  wait->barrier = NULL;
}

unsigned
qs_barrier_use (unsigned address)
{
  return index_of (use (address));
}

guint32
qs_barrier_get_phase (unsigned barrier)
{
  return barriers[barrier].phase;
}

void
qs_barrier_take_bytes (unsigned barrier,
                       unsigned n)
{
  barriers[barrier].bytes -= n;
  end_phase_if_complete (&barriers[barrier]);
}

void
qs_barrier_check_fence (unsigned barrier)
{
  if (!barriers[barrier].fenced)
    qs_emulation_fail ("a bulk copy uses the barrier at %u, which was initialised without a fence",
                       barriers[barrier].address);
}

void
qs_barriers_check_place (unsigned    address,
                         unsigned    n,
                         const char *what)
{
  for (unsigned i = 0; i < n_barriers; i++)
    if (barriers[i].address + 8 > address && barriers[i].address < address + n)
      qs_emulation_fail ("%s the barrier at %u as if it were data", what, barriers[i].address);
}

void
qs_barriers_start (void)
{
  memset (waits, 0, sizeof waits);
  n_barriers = 0;
}

char *
qs_barriers_describe (void)
{
  for (unsigned t = 0; t < qs_emulation_get_n_threads (); t++)
    {
      const Barrier *barrier = waits[t].barrier;

      if (barrier != NULL)
        return g_strdup_printf ("; thread %u waits for the barrier at %u, where %u arrivals and "
                                "%" G_GINT64_FORMAT " bytes are missing", t, barrier->address,
                                barrier->pending, barrier->bytes);
    }
  return NULL;
}

char *
qs_barriers_end (void)
{
  for (unsigned i = 0; i < n_barriers; i++)
    if (barriers[i].bytes != 0)
      return g_strdup_printf ("the block has ended, and at the barrier at %u %" G_GINT64_FORMAT
                              " announced bytes have not come", barriers[i].address,
                              barriers[i].bytes);
  return NULL;
}
