/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "qs-test.h"
#include "qs-viewport.h"

#define EPSILON 1e-9

static QsViewport *
make_viewport (void)
{
  QsViewport *viewport = qs_viewport_new ();

  qs_viewport_set_content (viewport, 2000, 4000);
  qs_viewport_set_view (viewport, 800, 600);
  return viewport;
}

static void
count_cb (guint *count)
{
  (*count)++;
}

static void
test_map (void)
{
  g_autoptr (QsViewport) viewport = make_viewport ();
  double x, y, px, py;

  qs_viewport_set_position (viewport, 100, 200);
  qs_viewport_zoom_at (viewport, 2, 0, 0);
  qs_viewport_to_scene (viewport, 40, 60, &x, &y);
  g_assert_cmpfloat (x, ==, 120);
  g_assert_cmpfloat (y, ==, 230);
  qs_viewport_to_view (viewport, x, y, &px, &py);
  g_assert_cmpfloat (px, ==, 40);
  g_assert_cmpfloat (py, ==, 60);
}

/* The point under the pointer stays there, in and out, up to the limits of the scale. */
static void
test_zoom (void)
{
  g_autoptr (QsViewport) viewport = make_viewport ();

  qs_viewport_set_position (viewport, 400, 900);
  for (int i = 0; i < 60; i++)
    {
      double before_x, before_y, after_x, after_y;

      qs_viewport_to_scene (viewport, 317, 211, &before_x, &before_y);
      qs_viewport_zoom_at (viewport, i < 30 ? 1.1 : 0.9, 317, 211);
      qs_viewport_to_scene (viewport, 317, 211, &after_x, &after_y);
      g_assert_cmpfloat_with_epsilon (before_x, after_x, EPSILON * 1e3);
      g_assert_cmpfloat_with_epsilon (before_y, after_y, EPSILON * 1e3);
    }

  qs_viewport_set_scale_limits (viewport, 0.25, 2);
  qs_viewport_zoom_at (viewport, 1000, 0, 0);
  g_assert_cmpfloat (qs_viewport_get_scale (viewport), ==, 2);
  qs_viewport_zoom_at (viewport, 1e-6, 0, 0);
  g_assert_cmpfloat (qs_viewport_get_scale (viewport), ==, 0.25);
}

/* However far one pans, some of the content stays in sight. */
static void
test_keep_in_sight (void)
{
  g_autoptr (QsViewport) viewport = make_viewport ();
  double px, py;

  qs_viewport_pan (viewport, -1e9, -1e9);
  qs_viewport_to_view (viewport, 0, 0, &px, &py);
  g_assert_cmpfloat (px, <, 800);
  g_assert_cmpfloat (py, <, 600);

  qs_viewport_pan (viewport, 1e9, 1e9);
  qs_viewport_to_view (viewport, 2000, 4000, &px, &py);
  g_assert_cmpfloat (px, >, 0);
  g_assert_cmpfloat (py, >, 0);
}

static void
test_fit (void)
{
  g_autoptr (QsViewport) viewport = make_viewport ();
  double left, top, right, bottom;

  qs_viewport_fit (viewport, FALSE);
  qs_viewport_to_view (viewport, 0, 0, &left, &top);
  qs_viewport_to_view (viewport, 2000, 4000, &right, &bottom);
  g_assert_cmpfloat (left, >=, 0);
  g_assert_cmpfloat (top, >=, 0);
  g_assert_cmpfloat (right, <=, 800);
  g_assert_cmpfloat (bottom, <=, 600);
  g_assert_cmpfloat_with_epsilon (left, 800 - right, 1e-6);
  g_assert_cmpfloat_with_epsilon (top, 600 - bottom, 1e-6);

  /* A small drawing is not blown up. */
  qs_viewport_set_content (viewport, 100, 50);
  qs_viewport_fit (viewport, FALSE);
  g_assert_cmpfloat (qs_viewport_get_scale (viewport), ==, 1);
}

static void
test_show (void)
{
  g_autoptr (QsViewport) viewport = make_viewport ();
  double px, py;

  /* Already in sight: nothing moves. */
  qs_viewport_set_position (viewport, 500, 500);
  qs_viewport_show (viewport, 800, 700, 100, 40, FALSE);
  g_assert_cmpfloat (qs_viewport_get_x (viewport), ==, 500);
  g_assert_cmpfloat (qs_viewport_get_y (viewport), ==, 500);

  /* Below: moves up only, and no further than needed. */
  qs_viewport_show (viewport, 800, 2000, 100, 40, FALSE);
  qs_viewport_to_view (viewport, 900, 2040, &px, &py);
  g_assert_cmpfloat (qs_viewport_get_x (viewport), ==, 500);
  g_assert_cmpfloat (py, <, 600);
  g_assert_cmpfloat (py, >, 500);
}

static void
test_journey (void)
{
  g_autoptr (QsViewport) viewport = make_viewport ();
  double before = qs_viewport_get_y (viewport);
  gint64 time = 1000000;
  int frames = 0;

  qs_viewport_center_on (viewport, 1000, 2000, 0.5, TRUE);
  g_assert_true (qs_viewport_is_moving (viewport));
  g_assert_cmpfloat (qs_viewport_get_y (viewport), ==, before);

  while (qs_viewport_advance (viewport, time))
    {
      g_assert_cmpfloat (qs_viewport_get_y (viewport), >=, before);
      before = qs_viewport_get_y (viewport);
      time += 16667;
      g_assert_cmpint (++frames, <, 1000);
    }

  g_assert_cmpint (frames, >, 5);
  g_assert_false (qs_viewport_is_moving (viewport));
  g_assert_cmpfloat_with_epsilon (qs_viewport_get_scale (viewport), 0.5, EPSILON);
  g_assert_cmpfloat_with_epsilon (qs_viewport_get_x (viewport), 1000 - 800, 1e-6);
  g_assert_cmpfloat_with_epsilon (qs_viewport_get_y (viewport), 2000 - 600, 1e-6);
}

/* What is shown while the view travels is looked for where it goes. */
static void
test_show_on_journey (void)
{
  g_autoptr (QsViewport) viewport = make_viewport ();
  gint64 time = 1000000;

  qs_viewport_center_on (viewport, 1000, 2000, 0.5, TRUE);
  qs_viewport_advance (viewport, time);
  qs_viewport_show (viewport, 900, 1900, 100, 40, TRUE);
  while (qs_viewport_advance (viewport, time += 16667))
    ;
  g_assert_cmpfloat_with_epsilon (qs_viewport_get_scale (viewport), 0.5, EPSILON);
  g_assert_cmpfloat_with_epsilon (qs_viewport_get_y (viewport), 2000 - 600, 1e-6);
}

static void
test_fling (void)
{
  g_autoptr (QsViewport) viewport = make_viewport ();
  gint64 time = 1000000;
  int frames = 0;
  double way;

  qs_viewport_set_position (viewport, 500, 1000);
  qs_viewport_fling (viewport, 0, 900);
  while (qs_viewport_advance (viewport, time))
    {
      time += 16667;
      g_assert_cmpint (++frames, <, 1000);
    }

  /* Speed decays by e in 0.32 s: the way is speed times that, less the end that is cut. */
  way = qs_viewport_get_y (viewport) - 1000;
  g_assert_cmpfloat_with_epsilon (way, 900 * 0.32, 12);
  g_assert_cmpfloat (qs_viewport_get_x (viewport), ==, 500);

  qs_viewport_fling (viewport, 500, 0);
  qs_viewport_pan (viewport, 1, 0);
  g_assert_false (qs_viewport_is_moving (viewport));
}

static void
test_signals (void)
{
  g_autoptr (QsViewport) viewport = make_viewport ();
  guint changed = 0;
  guint notified = 0;

  g_signal_connect_swapped (viewport, "changed", G_CALLBACK (count_cb), &changed);
  g_signal_connect_swapped (viewport, "notify::scale", G_CALLBACK (count_cb), &notified);
  qs_viewport_set_position (viewport, 10, 10);
  qs_viewport_set_position (viewport, 10, 10);
  g_assert_cmpuint (changed, ==, 1);
  g_assert_cmpuint (notified, ==, 0);
  qs_viewport_zoom_at (viewport, 1.5, 100, 100);
  g_assert_cmpuint (changed, ==, 2);
  g_assert_cmpuint (notified, ==, 1);
}

/* Nonsense from an input device does no harm. */
static void
test_nonsense (void)
{
  g_autoptr (QsViewport) viewport = make_viewport ();

  qs_viewport_pan (viewport, NAN, INFINITY);
  g_assert_true (isfinite (qs_viewport_get_x (viewport)));
  g_assert_true (isfinite (qs_viewport_get_y (viewport)));
  qs_viewport_fling (viewport, NAN, 0);
  g_assert_false (qs_viewport_is_moving (viewport));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/viewport/map", test_map);
  g_test_add_func ("/viewport/zoom", test_zoom);
  g_test_add_func ("/viewport/keep-in-sight", test_keep_in_sight);
  g_test_add_func ("/viewport/fit", test_fit);
  g_test_add_func ("/viewport/show", test_show);
  g_test_add_func ("/viewport/journey", test_journey);
  g_test_add_func ("/viewport/show-on-journey", test_show_on_journey);
  g_test_add_func ("/viewport/fling", test_fling);
  g_test_add_func ("/viewport/signals", test_signals);
  g_test_add_func ("/viewport/nonsense", test_nonsense);
  return g_test_run ();
}
