/* SPDX-License-Identifier: MIT */
#include "qs-sample-order.h"

#include "core/qs-error.h"

/**
 * qs_sample_order_next:
 *
 * SplitMix64 (Steele, Lea and Flood, “Fast splittable pseudorandom number generators”, 2014): the
 * same numbers on every machine, and few enough lines to write down in any language.
 */
guint64
qs_sample_order_next (guint64 *state)
{
  guint64 z = *state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* The upper 32 bits of @random select one of @n numbers; @n is below 2^32, so that no number is
 * favoured by more than 2^-32. */
static guint32
pick (guint64 random,
      guint64 n)
{
  return (guint32) (((random >> 32) * n) >> 32);
}

/**
 * qs_sample_order_shuffle:
 *
 * Fisher's and Yates' shuffle: from the last place i to the second, the number there is exchanged
 * with the one at place `((next () >> 32) * (i + 1)) >> 32`.
 *
 * Errors: %QS_ERROR_LIMIT.
 */
guint32 *
qs_sample_order_shuffle (gint64   n,
                         guint64  seed,
                         GError **error)
{
  guint32 *order = n <= G_MAXUINT32 ? g_try_new (guint32, (gsize) MAX (n, 1)) : NULL;

  if (order == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "there is not enough memory to shuffle %" G_GINT64_FORMAT " samples", n);
      return NULL;
    }

  for (gint64 i = 0; i < n; i++)
    order[i] = (guint32) i;
  for (gint64 i = n - 1; i > 0; i--)
    {
      guint32 j = pick (qs_sample_order_next (&seed), (guint64) i + 1);
      guint32 other = order[j];

      order[j] = order[i];
      order[i] = other;
    }

  return order;
}
