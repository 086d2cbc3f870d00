/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-histogram-view.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "drawing/qs-histogram-draw.h"
#include "qs-widget-style.h"

/* How near to a line a click selects its calibrator, in pixels. */
#define PICK_TOLERANCE 8.0

/* What is visible beyond a handle that is outside of all values. */
#define HANDLE_ROOM 1.05

/* How far keys move the handle, in parts of the axis. */
#define KEY_STEP (1.0 / 512)
#define KEY_PAGE (1.0 / 32)

/* Keys that follow each other faster are one movement, in milliseconds. */
#define KEY_PAUSE 500

struct _QsHistogramView
{
  GtkWidget parent_instance;

  QsHistogramPlot *plot;
  char *selected;
  gboolean logarithmic;
  double pointer;  /* |x|, or negative */
  double handle;   /* |x|, or negative */
  gboolean handle_is_manual;
  gboolean is_dragging;
  gboolean has_moved; /* since it was taken hold of */
  guint key_source;   /* until a row of keys is over */
  double drag_offset; /* from the pointer to the handle, in pixels */
};

G_DEFINE_FINAL_TYPE (QsHistogramView, qs_histogram_view, GTK_TYPE_WIDGET)

enum
{
  PROP_0,
  PROP_PLOT,
  PROP_SELECTED,
  PROP_LOGARITHMIC,
  N_PROPS
};

static GParamSpec *props[N_PROPS];
static guint marker_activated;
static guint handle_moved;

static void
get_marks (QsHistogramView  *self,
           QsHistogramMarks *marks)
{
  *marks = (QsHistogramMarks) {
    .selected = self->selected,
    .logarithmic = self->logarithmic,
    .pointer = self->is_dragging ? -1 : self->pointer,
    .handle = self->handle,
    .handle_is_manual = self->handle_is_manual || self->is_dragging,
    .handle_focus = gtk_widget_has_visible_focus (GTK_WIDGET (self)),
  };

  /* A range beyond all values is in view, too. */
  if (self->plot != NULL && self->handle > qs_histogram_plot_get_range (self->plot))
    marks->to = self->handle * HANDLE_ROOM;
}

static void
get_frame (QsHistogramView  *self,
           QsHistogramFrame *frame)
{
  QsHistogramMarks marks;

  get_marks (self, &marks);
  qs_histogram_frame_init (frame, self->plot, &marks, gtk_widget_get_width (GTK_WIDGET (self)),
                           gtk_widget_get_height (GTK_WIDGET (self)));
}

static void
update_accessible (QsHistogramView *self)
{
  g_autofree char *text = self->plot != NULL
    ? qs_histogram_plot_describe (self->plot, self->selected) : g_strdup (_("No histogram"));

  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _("Histogram"),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text,
                                  -1);
}

void
qs_histogram_view_set_plot (QsHistogramView *self,
                            QsHistogramPlot *plot)
{
  g_return_if_fail (QS_IS_HISTOGRAM_VIEW (self));

  if (plot == self->plot)
    return;

  g_clear_pointer (&self->plot, qs_histogram_plot_unref);
  if (plot != NULL)
    self->plot = qs_histogram_plot_ref (plot);
  self->pointer = -1;
  update_accessible (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PLOT]);
}

QsHistogramPlot *
qs_histogram_view_get_plot (QsHistogramView *self)
{
  g_return_val_if_fail (QS_IS_HISTOGRAM_VIEW (self), NULL);

  return self->plot;
}

void
qs_histogram_view_set_selected (QsHistogramView *self,
                                const char      *id)
{
  char *copy;

  g_return_if_fail (QS_IS_HISTOGRAM_VIEW (self));

  if (g_strcmp0 (id, self->selected) == 0)
    return;

  copy = g_strdup (id);
  g_free (self->selected);
  self->selected = copy;
  update_accessible (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SELECTED]);
}

const char *
qs_histogram_view_get_selected (QsHistogramView *self)
{
  g_return_val_if_fail (QS_IS_HISTOGRAM_VIEW (self), NULL);

  return self->selected;
}

void
qs_histogram_view_set_logarithmic (QsHistogramView *self,
                                   gboolean         logarithmic)
{
  g_return_if_fail (QS_IS_HISTOGRAM_VIEW (self));

  logarithmic = !!logarithmic;
  if (logarithmic == self->logarithmic)
    return;

  self->logarithmic = logarithmic;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LOGARITHMIC]);
}

gboolean
qs_histogram_view_get_logarithmic (QsHistogramView *self)
{
  g_return_val_if_fail (QS_IS_HISTOGRAM_VIEW (self), FALSE);

  return self->logarithmic;
}

static void
set_pointer (QsHistogramView *self,
             double           value)
{
  if (value == self->pointer)
    return;

  self->pointer = value;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static gboolean is_at_handle (QsHistogramView *self,
                              double           x,
                              double           y);

static void
motion_cb (QsHistogramView *self,
           double           x,
           double           y)
{
  QsHistogramFrame frame;

  if (self->plot == NULL)
    return;

  get_frame (self, &frame);
  if (x < frame.x || x > frame.x + frame.width || y < frame.y || y > frame.y + frame.height)
    set_pointer (self, -1);
  else
    set_pointer (self, qs_histogram_frame_to_value (&frame, x));
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self),
                                   is_at_handle (self, x, y) ? "ew-resize" : NULL);
}

static void
leave_cb (QsHistogramView *self)
{
  set_pointer (self, -1);
}

static gboolean
is_at_handle (QsHistogramView *self,
              double           x,
              double           y)
{
  QsHistogramFrame frame;

  if (self->plot == NULL || self->handle < 0)
    return FALSE;

  get_frame (self, &frame);
  return y >= frame.y && y <= frame.y + frame.height &&
         fabs (qs_histogram_frame_to_x (&frame, MIN (self->handle, frame.to)) - x) <=
           PICK_TOLERANCE;
}

static void
move_handle (QsHistogramView *self,
             double           value,
             gboolean         finished)
{
  self->handle = value;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_signal_emit (self, handle_moved, 0, value, finished);
}

/* The smallest range that a handle makes is one bin: zero would be none. */
static double
clamp_handle (QsHistogramView        *self,
              const QsHistogramFrame *frame,
              double                  value)
{
  double bin = qs_histogram_plot_get_range (self->plot) /
               MAX (qs_histogram_plot_get_n_bins (self->plot), 1);

  return CLAMP (value, bin, MAX (frame->to, bin));
}

static void
drag_begin_cb (QsHistogramView *self,
               double           x,
               double           y,
               GtkGesture      *gesture)
{
  QsHistogramFrame frame;

  if (!is_at_handle (self, x, y))
    {
      gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_DENIED);
      return;
    }

  get_frame (self, &frame);
  self->is_dragging = TRUE;
  self->has_moved = FALSE;
  self->drag_offset = qs_histogram_frame_to_x (&frame, MIN (self->handle, frame.to)) - x;
  gtk_widget_grab_focus (GTK_WIDGET (self));
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
}

static void
drag_update_cb (QsHistogramView *self,
                double           dx,
                double           dy,
                GtkGestureDrag  *gesture)
{
  QsHistogramFrame frame;
  double x, y;

  if (!self->is_dragging || self->plot == NULL || (dx == 0 && !self->has_moved) ||
      !gtk_gesture_drag_get_start_point (gesture, &x, &y))
    return;

  get_frame (self, &frame);
  self->has_moved = TRUE;
  x = qs_histogram_frame_to_value (&frame, x + dx + self->drag_offset);
  move_handle (self, clamp_handle (self, &frame, x), FALSE);
}

static void
drag_end_cb (QsHistogramView *self,
             double           dx,
             double           dy,
             GtkGestureDrag  *gesture)
{
  gboolean has_moved = self->is_dragging && self->has_moved;

  self->is_dragging = FALSE;
  if (has_moved)
    move_handle (self, self->handle, TRUE);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static gboolean
finish_keys_cb (gpointer user_data)
{
  QsHistogramView *self = user_data;

  self->key_source = 0;
  move_handle (self, self->handle, TRUE);
  return G_SOURCE_REMOVE;
}

/* What keys began is not left unfinished when the focus goes elsewhere. */
static void
focus_changed_cb (QsHistogramView *self)
{
  gtk_widget_queue_draw (GTK_WIDGET (self));
  if (self->key_source == 0 || gtk_widget_has_focus (GTK_WIDGET (self)))
    return;

  g_source_remove (self->key_source);
  finish_keys_cb (self);
}

static gboolean
key_pressed_cb (QsHistogramView *self,
                guint            key,
                guint            code,
                GdkModifierType  state)
{
  static const struct
  {
    guint key;
    double step;
  } steps[] = {
    { GDK_KEY_Left, -KEY_STEP },       { GDK_KEY_Right, KEY_STEP },
    { GDK_KEY_KP_Left, -KEY_STEP },    { GDK_KEY_KP_Right, KEY_STEP },
    { GDK_KEY_Page_Down, -KEY_PAGE },  { GDK_KEY_Page_Up, KEY_PAGE },
    { GDK_KEY_Home, -1.0 },            { GDK_KEY_End, 1.0 },
  };
  QsHistogramFrame frame;

  if (self->plot == NULL || self->handle < 0 || (state & gtk_accelerator_get_default_mod_mask ()))
    return FALSE;

  get_frame (self, &frame);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    if (steps[i].key == key)
      {
        move_handle (self, clamp_handle (self, &frame, self->handle + steps[i].step * frame.to),
                     FALSE);
        g_clear_handle_id (&self->key_source, g_source_remove);
        self->key_source = g_timeout_add (KEY_PAUSE, finish_keys_cb, self);
        return TRUE;
      }

  return FALSE;
}

/**
 * qs_histogram_view_set_handle:
 * @value: largest |x| of the range, negative for no handle
 * @is_manual: whether it was set by hand already
 */
void
qs_histogram_view_set_handle (QsHistogramView *self,
                              double           value,
                              gboolean         is_manual)
{
  g_return_if_fail (QS_IS_HISTOGRAM_VIEW (self));

  if (self->is_dragging || self->key_source != 0)
    return;

  self->handle = isfinite (value) ? value : -1;
  self->handle_is_manual = is_manual;
  gtk_widget_set_focusable (GTK_WIDGET (self), self->handle >= 0);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
click_cb (QsHistogramView *self,
          int              n_press,
          double           x,
          double           y,
          GtkGestureClick *gesture)
{
  QsHistogramFrame frame;
  double best = PICK_TOLERANCE;
  const QsPlotMarker *found = NULL;

  if (self->plot == NULL || is_at_handle (self, x, y))
    return;

  get_frame (self, &frame);
  for (guint i = 0; i < qs_histogram_plot_get_n_markers (self->plot); i++)
    {
      const QsPlotMarker *marker = qs_histogram_plot_get_marker (self->plot, i);
      double away = fabs (qs_histogram_frame_to_x (&frame, marker->threshold) - x);

      if (away <= best)
        {
          best = away;
          found = marker;
        }
    }

  if (found != NULL)
    g_signal_emit (self, marker_activated, 0, found->id);
}

static void
qs_histogram_view_snapshot (GtkWidget   *widget,
                            GtkSnapshot *snapshot)
{
  QsHistogramView *self = QS_HISTOGRAM_VIEW (widget);
  int width = gtk_widget_get_width (widget);
  int height = gtk_widget_get_height (widget);
  QsHistogramMarks marks;
  QsStyle style;
  cairo_t *cr;

  if (self->plot == NULL || width <= 0 || height <= 0)
    return;

  qs_widget_get_style (&style);
  get_marks (self, &marks);
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  qs_histogram_draw (cr, self->plot, &style, &marks, width, height);
  cairo_destroy (cr);
}

static void
qs_histogram_view_measure (GtkWidget      *widget,
                           GtkOrientation  orientation,
                           int             for_size,
                           int            *minimum,
                           int            *natural,
                           int            *minimum_baseline,
                           int            *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 220 : 180;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 320 : 280;
}

static void
qs_histogram_view_get_property (GObject    *object,
                                guint       prop_id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  QsHistogramView *self = QS_HISTOGRAM_VIEW (object);

  switch (prop_id)
    {
    case PROP_PLOT:
      g_value_set_boxed (value, self->plot);
      break;
    case PROP_SELECTED:
      g_value_set_string (value, self->selected);
      break;
    case PROP_LOGARITHMIC:
      g_value_set_boolean (value, self->logarithmic);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
qs_histogram_view_set_property (GObject      *object,
                                guint         prop_id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  QsHistogramView *self = QS_HISTOGRAM_VIEW (object);

  switch (prop_id)
    {
    case PROP_PLOT:
      qs_histogram_view_set_plot (self, g_value_get_boxed (value));
      break;
    case PROP_SELECTED:
      qs_histogram_view_set_selected (self, g_value_get_string (value));
      break;
    case PROP_LOGARITHMIC:
      qs_histogram_view_set_logarithmic (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
qs_histogram_view_finalize (GObject *object)
{
  QsHistogramView *self = QS_HISTOGRAM_VIEW (object);

  g_clear_handle_id (&self->key_source, g_source_remove);
  g_clear_pointer (&self->plot, qs_histogram_plot_unref);
  g_free (self->selected);
  G_OBJECT_CLASS (qs_histogram_view_parent_class)->finalize (object);
}

static void
qs_histogram_view_class_init (QsHistogramViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = qs_histogram_view_get_property;
  object_class->set_property = qs_histogram_view_set_property;
  object_class->finalize = qs_histogram_view_finalize;
  widget_class->snapshot = qs_histogram_view_snapshot;
  widget_class->measure = qs_histogram_view_measure;

  props[PROP_PLOT] = g_param_spec_boxed ("plot", NULL, NULL, QS_TYPE_HISTOGRAM_PLOT, flags);
  props[PROP_SELECTED] = g_param_spec_string ("selected", NULL, NULL, NULL, flags);
  props[PROP_LOGARITHMIC] = g_param_spec_boolean ("logarithmic", NULL, NULL, TRUE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
  marker_activated = g_signal_new ("marker-activated", G_TYPE_FROM_CLASS (klass),
                                   G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_STRING);

  handle_moved = g_signal_new ("handle-moved", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                               NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_DOUBLE, G_TYPE_BOOLEAN);

  gtk_widget_class_set_css_name (widget_class, "histogram");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
qs_histogram_view_init (QsHistogramView *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkGesture *click = gtk_gesture_click_new ();
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  self->logarithmic = TRUE;
  self->pointer = -1;
  self->handle = -1;
  g_signal_connect_swapped (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect_swapped (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect_swapped (drag, "drag-end", G_CALLBACK (drag_end_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));
  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  g_signal_connect_swapped (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (leave_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (click_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  g_signal_connect (self, "notify::has-focus", G_CALLBACK (focus_changed_cb), NULL);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  qs_widget_follow_style (GTK_WIDGET (self), G_CALLBACK (gtk_widget_queue_draw));
  update_accessible (self);
}

GtkWidget *
qs_histogram_view_new (void)
{
  return g_object_new (QS_TYPE_HISTOGRAM_VIEW, NULL);
}
