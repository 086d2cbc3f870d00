/* SPDX-License-Identifier: MIT */
#include "qs-viewport.h"

#include <math.h>

/* Pixels of the content that always stay in sight. */
#define KEEP_IN_SIGHT 64.0
#define FIT_MARGIN 24.0
#define SHOW_MARGIN 48.0
/* A journey takes this long, in microseconds. */
#define JOURNEY_TIME 280000
/* A fling loses its speed by e in this time, in seconds. */
#define FLING_TIME 0.32
#define FLING_END 12.0

typedef enum
{
  MOTION_NONE,
  MOTION_JOURNEY,
  MOTION_FLING,
} Motion;

struct _QsViewport
{
  GObject parent_instance;

  double x;
  double y;
  double scale;
  double min_scale;
  double max_scale;
  double content_width;
  double content_height;
  double view_width;
  double view_height;

  Motion motion;
  gint64 begin;         /* 0 until the first frame */
  gint64 last;
  double from_cx, from_cy, from_scale;
  double to_cx, to_cy, to_scale;
  double vx, vy;
};

G_DEFINE_FINAL_TYPE (QsViewport, qs_viewport, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_X,
  PROP_Y,
  PROP_SCALE,
  PROP_MIN_SCALE,
  PROP_MAX_SCALE,
  N_PROPS
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

/* Content narrower than the view stays inside it; larger content may not leave it. */
static double
clamp_axis (double position,
            double content,
            double view)
{
  double keep = MIN (KEEP_IN_SIGHT, content);

  if (!isfinite (position))
    return 0;
  return CLAMP (position, keep - view, content - keep);
}

static void
set_all (QsViewport *self,
         double      x,
         double      y,
         double      scale)
{
  double old_x = self->x;
  double old_y = self->y;
  double old_scale = self->scale;

  self->scale = CLAMP (scale, self->min_scale, self->max_scale);
  self->x = x;
  self->y = y;
  if (self->content_width > 0 && self->view_width > 0)
    self->x = clamp_axis (x * self->scale, self->content_width * self->scale,
                          self->view_width) / self->scale;
  if (self->content_height > 0 && self->view_height > 0)
    self->y = clamp_axis (y * self->scale, self->content_height * self->scale,
                          self->view_height) / self->scale;

  if (self->x == old_x && self->y == old_y && self->scale == old_scale)
    return;

  if (self->x != old_x)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_X]);
  if (self->y != old_y)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_Y]);
  if (self->scale != old_scale)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SCALE]);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static void
qs_viewport_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  QsViewport *self = QS_VIEWPORT (object);
  const double *const fields[N_PROPS] = {
    [PROP_X] = &self->x,
    [PROP_Y] = &self->y,
    [PROP_SCALE] = &self->scale,
    [PROP_MIN_SCALE] = &self->min_scale,
    [PROP_MAX_SCALE] = &self->max_scale,
  };

  if (prop_id == PROP_0 || prop_id >= N_PROPS)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  else
    g_value_set_double (value, *fields[prop_id]);
}

static void
qs_viewport_class_init (QsViewportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  static const char *const names[N_PROPS] = {
    [PROP_X] = "x",
    [PROP_Y] = "y",
    [PROP_SCALE] = "scale",
    [PROP_MIN_SCALE] = "min-scale",
    [PROP_MAX_SCALE] = "max-scale",
  };

  object_class->get_property = qs_viewport_get_property;
  for (guint i = PROP_X; i < N_PROPS; i++)
    props[i] = g_param_spec_double (names[i], NULL, NULL, -G_MAXDOUBLE, G_MAXDOUBLE, 0,
                                    G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY |
                                    G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /**
   * QsViewport::changed:
   *
   * Position or scale changed, once per change of any of them.
   */
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
qs_viewport_init (QsViewport *self)
{
  self->scale = 1;
  self->min_scale = 0.002;
  self->max_scale = 4;
}

QsViewport *
qs_viewport_new (void)
{
  return g_object_new (QS_TYPE_VIEWPORT, NULL);
}

double
qs_viewport_get_x (QsViewport *self)
{
  g_return_val_if_fail (QS_IS_VIEWPORT (self), 0);

  return self->x;
}

double
qs_viewport_get_y (QsViewport *self)
{
  g_return_val_if_fail (QS_IS_VIEWPORT (self), 0);

  return self->y;
}

double
qs_viewport_get_scale (QsViewport *self)
{
  g_return_val_if_fail (QS_IS_VIEWPORT (self), 1);

  return self->scale;
}

void
qs_viewport_set_position (QsViewport *self,
                          double      x,
                          double      y)
{
  g_return_if_fail (QS_IS_VIEWPORT (self));

  qs_viewport_stop (self);
  set_all (self, x, y, self->scale);
}

void
qs_viewport_set_scale_limits (QsViewport *self,
                              double      min_scale,
                              double      max_scale)
{
  g_return_if_fail (QS_IS_VIEWPORT (self));
  g_return_if_fail (min_scale > 0 && min_scale <= max_scale);

  self->min_scale = min_scale;
  self->max_scale = max_scale;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_MIN_SCALE]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_MAX_SCALE]);
  set_all (self, self->x, self->y, self->scale);
}

void
qs_viewport_set_content (QsViewport *self,
                         double      width,
                         double      height)
{
  g_return_if_fail (QS_IS_VIEWPORT (self));

  self->content_width = width;
  self->content_height = height;
  set_all (self, self->x, self->y, self->scale);
}

void
qs_viewport_get_content (QsViewport *self,
                         double     *width,
                         double     *height)
{
  g_return_if_fail (QS_IS_VIEWPORT (self));

  *width = self->content_width;
  *height = self->content_height;
}

void
qs_viewport_set_view (QsViewport *self,
                      double      width,
                      double      height)
{
  g_return_if_fail (QS_IS_VIEWPORT (self));

  self->view_width = width;
  self->view_height = height;
  set_all (self, self->x, self->y, self->scale);
}

void
qs_viewport_get_view (QsViewport *self,
                      double     *width,
                      double     *height)
{
  g_return_if_fail (QS_IS_VIEWPORT (self));

  *width = self->view_width;
  *height = self->view_height;
}

void
qs_viewport_pan (QsViewport *self,
                 double      dx,
                 double      dy)
{
  g_return_if_fail (QS_IS_VIEWPORT (self));

  qs_viewport_stop (self);
  set_all (self, self->x + dx / self->scale, self->y + dy / self->scale, self->scale);
}

void
qs_viewport_zoom_at (QsViewport *self,
                     double      factor,
                     double      px,
                     double      py)
{
  double scale, x, y;

  g_return_if_fail (QS_IS_VIEWPORT (self));
  g_return_if_fail (factor > 0);

  qs_viewport_stop (self);
  scale = CLAMP (self->scale * factor, self->min_scale, self->max_scale);
  qs_viewport_to_scene (self, px, py, &x, &y);
  set_all (self, x - px / scale, y - py / scale, scale);
}

static void
set_center (QsViewport *self,
            double      cx,
            double      cy,
            double      scale)
{
  scale = CLAMP (scale, self->min_scale, self->max_scale);
  set_all (self, cx - self->view_width / scale / 2, cy - self->view_height / scale / 2, scale);
}

void
qs_viewport_center_on (QsViewport *self,
                       double      x,
                       double      y,
                       double      scale,
                       gboolean    animate)
{
  g_return_if_fail (QS_IS_VIEWPORT (self));

  qs_viewport_stop (self);
  if (!animate || self->view_width <= 0)
    {
      set_center (self, x, y, scale);
      return;
    }

  self->motion = MOTION_JOURNEY;
  self->begin = 0;
  self->from_cx = self->x + self->view_width / self->scale / 2;
  self->from_cy = self->y + self->view_height / self->scale / 2;
  self->from_scale = self->scale;
  self->to_cx = x;
  self->to_cy = y;
  self->to_scale = CLAMP (scale, self->min_scale, self->max_scale);
}

void
qs_viewport_fit (QsViewport *self,
                 gboolean    animate)
{
  double scale_x, scale_y;

  g_return_if_fail (QS_IS_VIEWPORT (self));

  if (self->view_width <= 0 || self->view_height <= 0)
    return;

  scale_x = (self->view_width - 2 * FIT_MARGIN) / MAX (self->content_width, 1);
  scale_y = (self->view_height - 2 * FIT_MARGIN) / MAX (self->content_height, 1);
  qs_viewport_center_on (self, self->content_width / 2, self->content_height / 2,
                         CLAMP (MIN (scale_x, scale_y), self->min_scale, 1), animate);
}

/* The smallest move that brings low … high into 0 … view, or its middle when it does not fit. */
static double
shift_into (double low,
            double high,
            double view)
{
  if (high - low > view)
    return (low + high - view) / 2;
  if (low < 0)
    return low;
  return high > view ? high - view : 0;
}

void
qs_viewport_show (QsViewport *self,
                  double      x,
                  double      y,
                  double      width,
                  double      height,
                  gboolean    animate)
{
  gboolean travels;
  double cx, cy, scale, left, top, dx, dy;

  g_return_if_fail (QS_IS_VIEWPORT (self));

  /* On the way to somewhere, what counts is what will be in sight there. */
  travels = self->motion == MOTION_JOURNEY;
  scale = travels ? self->to_scale : self->scale;
  cx = travels ? self->to_cx : self->x + self->view_width / scale / 2;
  cy = travels ? self->to_cy : self->y + self->view_height / scale / 2;
  left = (x - cx) * scale + self->view_width / 2;
  top = (y - cy) * scale + self->view_height / 2;
  dx = shift_into (left - SHOW_MARGIN, left + width * scale + SHOW_MARGIN, self->view_width);
  dy = shift_into (top - SHOW_MARGIN, top + height * scale + SHOW_MARGIN, self->view_height);

  if (dx != 0 || dy != 0)
    qs_viewport_center_on (self, cx + dx / scale, cy + dy / scale, scale, animate);
}

void
qs_viewport_stop (QsViewport *self)
{
  g_return_if_fail (QS_IS_VIEWPORT (self));

  self->motion = MOTION_NONE;
}

gboolean
qs_viewport_is_moving (QsViewport *self)
{
  g_return_val_if_fail (QS_IS_VIEWPORT (self), FALSE);

  return self->motion != MOTION_NONE;
}

void
qs_viewport_fling (QsViewport *self,
                   double      vx,
                   double      vy)
{
  g_return_if_fail (QS_IS_VIEWPORT (self));

  if (!isfinite (vx) || !isfinite (vy) || hypot (vx, vy) < FLING_END)
    return;

  self->motion = MOTION_FLING;
  self->begin = 0;
  self->vx = vx;
  self->vy = vy;
}

static void
advance_journey (QsViewport *self,
                 gint64      time)
{
  double t = CLAMP ((double) (time - self->begin) / JOURNEY_TIME, 0, 1);
  double eased = 1 - pow (1 - t, 3);

  set_center (self,
              self->from_cx + eased * (self->to_cx - self->from_cx),
              self->from_cy + eased * (self->to_cy - self->from_cy),
              self->from_scale * pow (self->to_scale / self->from_scale, eased));
  if (t >= 1)
    self->motion = MOTION_NONE;
}

static void
advance_fling (QsViewport *self,
               gint64      time)
{
  double seconds = CLAMP ((double) (time - self->last) / G_USEC_PER_SEC, 0, 0.1);
  double decay = exp (-seconds / FLING_TIME);
  double way = FLING_TIME * (1 - decay);

  set_all (self, self->x + self->vx * way / self->scale, self->y + self->vy * way / self->scale,
           self->scale);
  self->vx *= decay;
  self->vy *= decay;
  if (hypot (self->vx, self->vy) < FLING_END)
    self->motion = MOTION_NONE;
}

gboolean
qs_viewport_advance (QsViewport *self,
                     gint64      time)
{
  g_return_val_if_fail (QS_IS_VIEWPORT (self), FALSE);

  if (self->begin == 0)
    self->begin = self->last = time;

  if (self->motion == MOTION_JOURNEY)
    advance_journey (self, time);
  else if (self->motion == MOTION_FLING)
    advance_fling (self, time);

  self->last = time;
  return self->motion != MOTION_NONE;
}

void
qs_viewport_to_scene (QsViewport *self,
                      double      px,
                      double      py,
                      double     *x,
                      double     *y)
{
  g_return_if_fail (QS_IS_VIEWPORT (self));

  *x = self->x + px / self->scale;
  *y = self->y + py / self->scale;
}

void
qs_viewport_to_view (QsViewport *self,
                     double      x,
                     double      y,
                     double     *px,
                     double     *py)
{
  g_return_if_fail (QS_IS_VIEWPORT (self));

  *px = (x - self->x) * self->scale;
  *py = (y - self->y) * self->scale;
}
