/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-minimap.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "drawing/qs-graph-draw.h"
#include "qs-widget-style.h"

#define MARGIN 6.0
/* A graph many times as high as wide is not shrunk to a thread: part of it is shown. */
#define MIN_SCALE 0.012

struct _QsMinimap
{
  GtkWidget parent_instance;

  QsGraphView *view;
  GSignalGroup *view_signals;
  GSignalGroup *viewport_signals;
  double drag_x;
  double drag_y;
};

G_DEFINE_FINAL_TYPE (QsMinimap, qs_minimap, GTK_TYPE_WIDGET)

enum
{
  PROP_0,
  PROP_VIEW,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

/* What the minimap shows: the scene point in its corner, and its scale. */
typedef struct
{
  double x;
  double y;
  double scale;
} Window;

static gboolean
get_window (QsMinimap *self,
            Window    *window)
{
  QsGraphScene *scene = self->view != NULL ? qs_graph_view_get_scene (self->view) : NULL;
  double width = gtk_widget_get_width (GTK_WIDGET (self));
  double height = gtk_widget_get_height (GTK_WIDGET (self));
  double scene_width, scene_height, view_height, middle, shown;
  QsViewport *viewport;

  if (scene == NULL || width <= 2 * MARGIN || height <= 2 * MARGIN)
    return FALSE;

  qs_graph_scene_get_size (scene, &scene_width, &scene_height);
  if (scene_width <= 0 || scene_height <= 0)
    return FALSE;

  window->scale = MIN ((width - 2 * MARGIN) / scene_width,
                       MAX ((height - 2 * MARGIN) / scene_height, MIN_SCALE));
  window->x = scene_width / 2 - width / window->scale / 2;

  viewport = qs_graph_view_get_viewport (self->view);
  qs_viewport_get_view (viewport, &scene_width, &view_height);
  middle = qs_viewport_get_y (viewport) + view_height / qs_viewport_get_scale (viewport) / 2;
  qs_graph_scene_get_size (scene, &scene_width, &scene_height);
  shown = height / window->scale;
  if (shown >= scene_height)
    window->y = scene_height / 2 - shown / 2;
  else
    window->y = CLAMP (middle - shown / 2, -MARGIN / window->scale,
                       scene_height - shown + MARGIN / window->scale);
  return TRUE;
}

static void
go_to (QsMinimap *self,
       double     px,
       double     py)
{
  QsViewport *viewport;
  Window window;

  if (!get_window (self, &window))
    return;

  viewport = qs_graph_view_get_viewport (self->view);
  qs_viewport_center_on (viewport, window.x + px / window.scale, window.y + py / window.scale,
                         qs_viewport_get_scale (viewport), FALSE);
}

static void
drag_begin_cb (QsMinimap      *self,
               double          x,
               double          y,
               GtkGestureDrag *gesture)
{
  self->drag_x = x;
  self->drag_y = y;
  go_to (self, x, y);
}

static void
drag_update_cb (QsMinimap      *self,
                double          x,
                double          y,
                GtkGestureDrag *gesture)
{
  go_to (self, self->drag_x + x, self->drag_y + y);
}

static gboolean
scroll_cb (QsMinimap                *self,
           double                    dx,
           double                    dy,
           GtkEventControllerScroll *controller)
{
  Window window;

  if (!get_window (self, &window))
    return GDK_EVENT_PROPAGATE;

  qs_viewport_pan (qs_graph_view_get_viewport (self->view), 0, dy * 120);
  return GDK_EVENT_STOP;
}

static void
draw_frame (QsMinimap     *self,
            cairo_t       *cr,
            const QsStyle *style,
            const Window  *window)
{
  QsViewport *viewport = qs_graph_view_get_viewport (self->view);
  QsColor color = style->accent;
  double width, height;

  qs_viewport_get_view (viewport, &width, &height);
  cairo_rectangle (cr,
                   (qs_viewport_get_x (viewport) - window->x) * window->scale,
                   (qs_viewport_get_y (viewport) - window->y) * window->scale,
                   width / qs_viewport_get_scale (viewport) * window->scale,
                   MAX (height / qs_viewport_get_scale (viewport) * window->scale, 3));
  color.a = 0.14;
  qs_color_set (&color, cr);
  cairo_fill_preserve (cr);
  qs_color_set (&style->accent, cr);
  cairo_set_line_width (cr, 1.5);
  cairo_stroke (cr);
}

static void
qs_minimap_snapshot (GtkWidget   *widget,
                     GtkSnapshot *snapshot)
{
  QsMinimap *self = QS_MINIMAP (widget);
  int width = gtk_widget_get_width (widget);
  int height = gtk_widget_get_height (widget);
  QsGraphMarks marks = QS_GRAPH_MARKS_INIT;
  QsStyle style;
  Window window;
  cairo_t *cr;

  if (!get_window (self, &window))
    return;

  qs_widget_get_style (&style);
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  qs_graph_draw (cr, qs_graph_view_get_scene (self->view), &style, &marks, window.x, window.y,
                 window.scale, width, height);
  draw_frame (self, cr, &style, &window);
  cairo_destroy (cr);
}

static void
qs_minimap_measure (GtkWidget      *widget,
                    GtkOrientation  orientation,
                    int             for_size,
                    int            *minimum,
                    int            *natural,
                    int            *minimum_baseline,
                    int            *natural_baseline)
{
  *minimum = 60;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 120 : 240;
}

/**
 * qs_minimap_set_view:
 * @view: (nullable): the graph to overlook; not kept alive
 */
void
qs_minimap_set_view (QsMinimap   *self,
                     QsGraphView *view)
{
  g_return_if_fail (QS_IS_MINIMAP (self));
  g_return_if_fail (view == NULL || QS_IS_GRAPH_VIEW (view));

  if (!g_set_weak_pointer (&self->view, view))
    return;

  g_signal_group_set_target (self->view_signals, view);
  g_signal_group_set_target (self->viewport_signals,
                             view != NULL ? qs_graph_view_get_viewport (view) : NULL);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_VIEW]);
}

QsGraphView *
qs_minimap_get_view (QsMinimap *self)
{
  g_return_val_if_fail (QS_IS_MINIMAP (self), NULL);

  return self->view;
}

static void
qs_minimap_get_property (GObject    *object,
                         guint       prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  if (prop_id == PROP_VIEW)
    g_value_set_object (value, QS_MINIMAP (object)->view);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
qs_minimap_set_property (GObject      *object,
                         guint         prop_id,
                         const GValue *value,
                         GParamSpec   *pspec)
{
  if (prop_id == PROP_VIEW)
    qs_minimap_set_view (QS_MINIMAP (object), g_value_get_object (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
qs_minimap_dispose (GObject *object)
{
  QsMinimap *self = QS_MINIMAP (object);

  g_clear_object (&self->view_signals);
  g_clear_object (&self->viewport_signals);
  g_clear_weak_pointer (&self->view);
  G_OBJECT_CLASS (qs_minimap_parent_class)->dispose (object);
}

static void
qs_minimap_class_init (QsMinimapClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = qs_minimap_get_property;
  object_class->set_property = qs_minimap_set_property;
  object_class->dispose = qs_minimap_dispose;
  widget_class->snapshot = qs_minimap_snapshot;
  widget_class->measure = qs_minimap_measure;

  props[PROP_VIEW] = g_param_spec_object ("view", NULL, NULL, QS_TYPE_GRAPH_VIEW,
                                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY |
                                          G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
  gtk_widget_class_set_css_name (widget_class, "minimap");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
qs_minimap_init (QsMinimap *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkGesture *drag = gtk_gesture_drag_new ();
  GtkEventController *scroll =
    gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);

  self->view_signals = g_signal_group_new (QS_TYPE_GRAPH_VIEW);
  g_signal_group_connect_swapped (self->view_signals, "notify::scene",
                                  G_CALLBACK (gtk_widget_queue_draw), self);
  self->viewport_signals = g_signal_group_new (QS_TYPE_VIEWPORT);
  g_signal_group_connect_swapped (self->viewport_signals, "changed",
                                  G_CALLBACK (gtk_widget_queue_draw), self);

  g_signal_connect_swapped (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect_swapped (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (drag));
  g_signal_connect_swapped (scroll, "scroll", G_CALLBACK (scroll_cb), self);
  gtk_widget_add_controller (widget, scroll);

  gtk_widget_set_overflow (widget, GTK_OVERFLOW_HIDDEN);
  gtk_widget_add_css_class (widget, "card");
  qs_widget_follow_style (widget);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _("Overview of the graph"), -1);
}

GtkWidget *
qs_minimap_new (QsGraphView *view)
{
  return g_object_new (QS_TYPE_MINIMAP, "view", view, NULL);
}
