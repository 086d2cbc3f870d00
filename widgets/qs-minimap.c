/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-minimap.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "drawing/qs-graph-draw.h"
#include "qs-widget-style.h"

#define MARGIN 6.0
/* A graph many times as high as wide would become a thread: it is drawn at least this wide. */
#define MIN_WIDTH 40.0

struct _QsMinimap
{
  GtkWidget parent_instance;

  QsGraphView *view;
  GSignalGroup *view_signals;
  GSignalGroup *viewport_signals;
  GskRenderNode *picture;  /* the graph without the frame, or NULL when it must be drawn anew */
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

/* Where the graph is in the minimap: its left top corner, and how large one unit is. */
typedef struct
{
  double left;
  double top;
  double scale_x;
  double scale_y;
} Place;

static gboolean
get_place (QsMinimap *self,
           Place     *place)
{
  QsGraphScene *scene = self->view != NULL ? qs_graph_view_get_scene (self->view) : NULL;
  double width = gtk_widget_get_width (GTK_WIDGET (self));
  double height = gtk_widget_get_height (GTK_WIDGET (self));
  double scene_width, scene_height;

  if (scene == NULL || width <= 2 * MARGIN || height <= 2 * MARGIN)
    return FALSE;

  qs_graph_scene_get_size (scene, &scene_width, &scene_height);
  if (scene_width <= 0 || scene_height <= 0)
    return FALSE;

  place->scale_x = MIN ((width - 2 * MARGIN) / scene_width, 1);
  place->scale_y = MIN ((height - 2 * MARGIN) / scene_height, place->scale_x);
  place->scale_x = MIN (place->scale_x, MAX (place->scale_y, MIN_WIDTH / scene_width));
  place->left = (width - scene_width * place->scale_x) / 2;
  place->top = (height - scene_height * place->scale_y) / 2;
  return TRUE;
}

static void
go_to (QsMinimap *self,
       double     px,
       double     py)
{
  QsViewport *viewport;
  Place place;

  if (!get_place (self, &place))
    return;

  viewport = qs_graph_view_get_viewport (self->view);
  qs_viewport_center_on (viewport, (px - place.left) / place.scale_x,
                         (py - place.top) / place.scale_y, qs_viewport_get_scale (viewport), FALSE);
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
  Place place;

  if (!get_place (self, &place))
    return GDK_EVENT_PROPAGATE;

  qs_viewport_pan (qs_graph_view_get_viewport (self->view), 0, dy * 120);
  return GDK_EVENT_STOP;
}

static void
draw_frame (QsMinimap     *self,
            cairo_t       *cr,
            const QsStyle *style,
            const Place   *place)
{
  QsViewport *viewport = qs_graph_view_get_viewport (self->view);
  double scale = qs_viewport_get_scale (viewport);
  QsColor color = style->accent;
  double width, height;

  qs_viewport_get_view (viewport, &width, &height);
  cairo_rectangle (cr,
                   place->left + qs_viewport_get_x (viewport) * place->scale_x,
                   place->top + qs_viewport_get_y (viewport) * place->scale_y,
                   width / scale * place->scale_x,
                   MAX (height / scale * place->scale_y, 3));
  color.a = 0.14;
  qs_color_set (&color, cr);
  cairo_fill_preserve (cr);
  qs_color_set (&style->accent, cr);
  cairo_set_line_width (cr, 1.5);
  cairo_stroke (cr);
}

/* The graph as one node, kept while the view moves. */
static void
ensure_picture (QsMinimap     *self,
                const QsStyle *style,
                const Place   *place)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self));
  int height = gtk_widget_get_height (GTK_WIDGET (self));
  QsGraphMarks marks = QS_GRAPH_MARKS_INIT;
  double stretch = place->scale_x / place->scale_y;
  cairo_t *cr;

  if (self->picture != NULL)
    return;

  self->picture = gsk_cairo_node_new (&GRAPHENE_RECT_INIT (0, 0, width, height));
  cr = gsk_cairo_node_get_draw_context (self->picture);
  cairo_scale (cr, stretch, 1);
  qs_graph_draw (cr, qs_graph_view_get_scene (self->view), style, &marks,
                 -place->left / place->scale_x, -place->top / place->scale_y, place->scale_y,
                 width / stretch, height);
  cairo_destroy (cr);
}

static void
forget_picture (QsMinimap *self)
{
  g_clear_pointer (&self->picture, gsk_render_node_unref);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
qs_minimap_snapshot (GtkWidget   *widget,
                     GtkSnapshot *snapshot)
{
  QsMinimap *self = QS_MINIMAP (widget);
  QsStyle style;
  Place place;
  cairo_t *cr;

  if (!get_place (self, &place))
    return;

  qs_widget_get_style (&style);
  ensure_picture (self, &style, &place);
  gtk_snapshot_append_node (snapshot, self->picture);
  cr = gtk_snapshot_append_cairo (snapshot,
                                  &GRAPHENE_RECT_INIT (0, 0, gtk_widget_get_width (widget),
                                                       gtk_widget_get_height (widget)));
  draw_frame (self, cr, &style, &place);
  cairo_destroy (cr);
}

static void
qs_minimap_size_allocate (GtkWidget *widget,
                          int        width,
                          int        height,
                          int        baseline)
{
  forget_picture (QS_MINIMAP (widget));
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
  forget_picture (self);
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

  g_clear_pointer (&self->picture, gsk_render_node_unref);
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
  widget_class->size_allocate = qs_minimap_size_allocate;

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
                                  G_CALLBACK (forget_picture), self);
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
  qs_widget_follow_style (widget, G_CALLBACK (forget_picture));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _("Overview of the graph"), -1);
}

GtkWidget *
qs_minimap_new (QsGraphView *view)
{
  return g_object_new (QS_TYPE_MINIMAP, "view", view, NULL);
}
