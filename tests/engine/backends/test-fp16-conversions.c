/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "backends/cpu/qs-cpu-functions.h"
#include "qs-test.h"

/* What NumPy 2.4 makes of the bits of a float32: astype (float16). */
static const struct
{
  guint32 single;
  guint16 half;
} table[] = {
  { 0x00000000, 0x0000 },
  { 0x80000000, 0x8000 },
  { 0x3f800000, 0x3c00 },
  { 0xc0000000, 0xc000 },
  { 0x3eaaaaab, 0x3555 },
  { 0x3dcccccd, 0x2e66 },
  { 0x477fe000, 0x7bff },
  { 0x477fefff, 0x7bff },
  { 0x477ff000, 0x7c00 },
  { 0xc77ff000, 0xfc00 },
  { 0x477fffff, 0x7c00 },
  { 0x7f7fffff, 0x7c00 },
  { 0x7f800000, 0x7c00 },
  { 0xff800000, 0xfc00 },
  { 0x38800000, 0x0400 },
  { 0x387fffff, 0x0400 },
  { 0x387fe000, 0x0400 },
  { 0x387fc000, 0x03ff },
  { 0x33800000, 0x0001 },
  { 0x337fffff, 0x0001 },
  { 0x33000000, 0x0000 },
  { 0x33000001, 0x0001 },
  { 0xb3000001, 0x8001 },
  { 0x32ffffff, 0x0000 },
  { 0x00000001, 0x0000 },
  { 0x80000001, 0x8000 },
  { 0x33c00000, 0x0002 },
  { 0x34200000, 0x0002 },
  { 0x34600000, 0x0004 },
  { 0x3f801000, 0x3c00 },
  { 0x3f803000, 0x3c02 },
  { 0x3f801001, 0x3c01 },
  { 0x3f800fff, 0x3c00 },
  { 0x42f6e9d5, 0x57b7 },
  { 0x40490fdb, 0x4248 },
  { 0x7fc00000, 0x7e00 },
};

/* The conversions of the levels that this machine has, and the portable ones. */
static guint
list_functions (const QsFp16Functions **list)
{
  guint n = 0;

  list[n++] = &qs_fp16_portable;
  for (int level = 0; level < QS_N_CPU_LEVELS; level++)
    if (qs_cpu_functions_get ((QsCpuLevel) level) != NULL)
      list[n++] = &qs_cpu_functions_get ((QsCpuLevel) level)->fp16;
  return n;
}

static float
float_of (guint32 bits)
{
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static void
test_table (void)
{
  const QsFp16Functions *list[QS_N_CPU_LEVELS + 1];
  guint n = list_functions (list);
  float singles[G_N_ELEMENTS (table)];
  guint16 halves[G_N_ELEMENTS (table)];

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    singles[i] = float_of (table[i].single);
  for (guint k = 0; k < n; k++)
    {
      list[k]->narrow (singles, halves, G_N_ELEMENTS (table));
      for (guint i = 0; i < G_N_ELEMENTS (table); i++)
        g_assert_cmphex (halves[i], ==, table[i].half);
    }
}

/* By the definition of the format: sign, exponent with a bias of 15, ten bits behind the point. */
static double
value_of (guint bits)
{
  int exponent = (int) (bits >> 10 & 31);
  double fraction = (double) (bits & 1023) / 1024.0;
  double magnitude = exponent == 0    ? ldexp (fraction, -14)
                     : exponent == 31 ? (fraction == 0.0 ? HUGE_VAL : NAN)
                                      : ldexp (1.0 + fraction, exponent - 15);

  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

/* All 65,536 values there and back; a NaN becomes quiet and keeps the rest. */
static void
test_round_trip (void)
{
  const QsFp16Functions *list[QS_N_CPU_LEVELS + 1];
  guint n = list_functions (list);
  g_autofree guint16 *halves = g_new (guint16, 65536);
  g_autofree guint16 *back = g_new (guint16, 65536);
  g_autofree float *first = g_new (float, 65536);
  g_autofree float *singles = g_new (float, 65536);

  for (guint i = 0; i < 65536; i++)
    halves[i] = (guint16) i;
  qs_fp16_portable.widen (halves, first, 65536);
  for (guint k = 0; k < n; k++)
    {
      list[k]->widen (halves, singles, 65536);
      list[k]->narrow (singles, back, 65536);
      g_assert_cmpmem (singles, 65536 * sizeof (float), first, 65536 * sizeof (float));
      for (guint i = 0; i < 65536; i++)
        {
          double value = value_of (i);

          g_assert_true (isnan (value) ? isnan (singles[i]) : (double) singles[i] == value);
          g_assert_cmphex (back[i], ==, isnan (value) ? i | 0x200 : i);
        }
    }
}

/* Around every middle between two neighbours, and bits at random: all levels like the portable one.
 * The lengths are odd, so that what does not fill a vector is there, too. */
static void
test_levels (void)
{
  const QsFp16Functions *list[QS_N_CPU_LEVELS + 1];
  guint n = list_functions (list);
  g_autoptr (GRand) rand = g_rand_new_with_seed (16);
  gint64 n_values = 3 * 0x7c00 + 100003;
  g_autofree float *singles = g_new (float, n_values);
  g_autofree guint16 *expected = g_new (guint16, n_values);
  g_autofree guint16 *halves = g_new (guint16, n_values);
  gint64 at = 0;

  for (guint i = 0; i < 0x7c00; i++)
    {
      float middle = (float) ((value_of (i) + (i == 0x7bff ? 65536.0 : value_of (i + 1))) / 2.0);

      singles[at++] = middle;
      singles[at++] = nextafterf (middle, 1e9f);
      singles[at++] = -nextafterf (middle, -1.0f);
    }
  while (at < n_values)
    singles[at++] = float_of (g_rand_int (rand));

  qs_fp16_portable.narrow (singles, expected, n_values);
  for (guint k = 0; k < n; k++)
    {
      list[k]->narrow (singles, halves, n_values);
      g_assert_cmpmem (halves, n_values * sizeof *halves, expected, n_values * sizeof *expected);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/fp16-conversions/numpy", test_table);
  g_test_add_func ("/fp16-conversions/round-trip", test_round_trip);
  g_test_add_func ("/fp16-conversions/levels", test_levels);

  return g_test_run ();
}
