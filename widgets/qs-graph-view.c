/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-graph-view.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "drawing/qs-graph-draw.h"
#include "qs-widget-style.h"

#define ZOOM_STEP 1.25
#define SCROLL_STEP 60.0
#define PICK_TOLERANCE 6.0
/* A drag that follows a pinch within this time is the pinch's end. */
#define PINCH_COOLDOWN (G_USEC_PER_SEC / 10)
/* A graph that is too large to be shown whole starts with this scale at most. */
#define HOME_SCALE 0.8
#define HOME_MARGIN 28.0
/* Walking with the keys from far away comes this close, to read what is selected. */
#define READING_SCALE 0.75

struct _QsGraphView
{
  GtkWidget parent_instance;

  QsGraphScene *scene;
  QsViewport *viewport;
  int selected_node;
  int selected_net;
  int hover_node;
  int hover_net;
  char *search_text;
  gboolean *matches;    /* by node, or NULL */
  double *heat;         /* by node, or NULL */

  guint tick;
  gboolean at_home;     /* the view is where a new scene puts it */
  gboolean going_home;
  double home_inset;    /* pixels that something covers at the top */
  double pointer_x;
  double pointer_y;
  double drag_x;
  double drag_y;
  double pinch_scale;
  gint64 last_pinch;
};

G_DEFINE_FINAL_TYPE (QsGraphView, qs_graph_view, GTK_TYPE_WIDGET)

enum
{
  PROP_0,
  PROP_SCENE,
  PROP_SELECTED_LAYER,
  PROP_SELECTED_TENSOR,
  PROP_VIEWPORT,
  PROP_SEARCH_TEXT,
  N_PROPS
};

enum
{
  SIGNAL_LAYER_ACTIVATED,
  SIGNAL_TENSOR_ACTIVATED,
  SIGNAL_CONTEXT_MENU,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

/* --- Motion --- */

static gboolean
tick_cb (GtkWidget     *widget,
         GdkFrameClock *clock,
         gpointer       user_data)
{
  QsGraphView *self = QS_GRAPH_VIEW (widget);

  if (qs_viewport_advance (self->viewport, gdk_frame_clock_get_frame_time (clock)))
    return G_SOURCE_CONTINUE;

  self->tick = 0;
  return G_SOURCE_REMOVE;
}

/* Lets the viewport go on if it is moving; call it after every order to it. */
static void
follow_motion (QsGraphView *self)
{
  if (qs_viewport_is_moving (self->viewport) && self->tick == 0)
    self->tick = gtk_widget_add_tick_callback (GTK_WIDGET (self), tick_cb, NULL, NULL);
}

static void
viewport_changed_cb (QsGraphView *self)
{
  if (!self->going_home)
    self->at_home = FALSE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* Bringing something into sight is not the user's wish to leave home: the view stays where a new
 * scene puts it, so that it is placed anew when the widget gets its size. */
static void
show_node (QsGraphView *self,
           int          node,
           gboolean     animate)
{
  const QsSceneNode *info = qs_graph_scene_get_node (self->scene, node);
  gboolean going_home = self->going_home;

  self->going_home |= self->at_home;
  qs_viewport_show (self->viewport, info->x - info->width / 2, info->y - info->height / 2,
                    info->width, info->height, animate && !self->at_home);
  self->going_home = going_home;
  follow_motion (self);
}

static int
selected_place (QsGraphView *self)
{
  if (self->selected_net >= 0)
    return qs_graph_scene_get_net (self->scene, self->selected_net)->producer;

  return self->selected_node;
}

/* All of a small graph; of a large one its beginning, large enough to read; and the selection. */
static void
go_home (QsGraphView *self)
{
  double width, height, view_width, view_height, scale, slack, x;

  qs_viewport_get_content (self->viewport, &width, &height);
  qs_viewport_get_view (self->viewport, &view_width, &view_height);
  if (self->scene == NULL || width <= 0 || view_width <= 0 || view_height <= 0)
    return;

  self->going_home = TRUE;
  qs_viewport_fit (self->viewport, FALSE);
  if (qs_viewport_get_scale (self->viewport) < QS_GRAPH_SCALE_TEXT)
    {
      scale = CLAMP ((view_width - 2 * HOME_MARGIN) / width, QS_GRAPH_SCALE_TEXT, HOME_SCALE);
      /* The first node near the middle, as far as nothing else is pushed out of sight. */
      slack = MAX (view_width - 2 * HOME_MARGIN - width * scale, 0) / scale / 2;
      x = qs_graph_scene_get_node (self->scene, 0)->x;
      if (width * scale <= view_width)
        x = CLAMP (x, width / 2 - slack, width / 2 + slack);
      qs_viewport_center_on (self->viewport, x,
                             (view_height / 2 - MAX (HOME_MARGIN, self->home_inset)) / scale, scale,
                             FALSE);
    }
  self->at_home = TRUE;
  if (selected_place (self) >= 0)
    show_node (self, selected_place (self), FALSE);
  self->going_home = FALSE;
}

static void
zoom_about_middle (QsGraphView *self,
                   double       factor)
{
  qs_viewport_zoom_at (self->viewport, factor,
                       gtk_widget_get_width (GTK_WIDGET (self)) / 2.0,
                       gtk_widget_get_height (GTK_WIDGET (self)) / 2.0);
}

void
qs_graph_view_fit (QsGraphView *self)
{
  g_return_if_fail (QS_IS_GRAPH_VIEW (self));

  qs_viewport_fit (self->viewport, qs_widget_animates (GTK_WIDGET (self)));
  follow_motion (self);
}

/**
 * qs_graph_view_set_home_inset:
 * @top: pixels at the top that something covers, a legend for instance
 *
 * Lets a large graph begin below what lies over the view. Nothing keeps it from being moved there.
 */
void
qs_graph_view_set_home_inset (QsGraphView *self,
                              double       top)
{
  g_return_if_fail (QS_IS_GRAPH_VIEW (self));

  if (self->home_inset == top)
    return;

  self->home_inset = top;
  if (self->at_home)
    go_home (self);
}

void
qs_graph_view_zoom_in (QsGraphView *self)
{
  g_return_if_fail (QS_IS_GRAPH_VIEW (self));

  zoom_about_middle (self, ZOOM_STEP);
}

void
qs_graph_view_zoom_out (QsGraphView *self)
{
  g_return_if_fail (QS_IS_GRAPH_VIEW (self));

  zoom_about_middle (self, 1 / ZOOM_STEP);
}

void
qs_graph_view_zoom_normal (QsGraphView *self)
{
  g_return_if_fail (QS_IS_GRAPH_VIEW (self));

  zoom_about_middle (self, 1 / qs_viewport_get_scale (self->viewport));
}

void
qs_graph_view_show_selection (QsGraphView *self)
{
  g_return_if_fail (QS_IS_GRAPH_VIEW (self));

  if (selected_place (self) >= 0)
    show_node (self, selected_place (self), qs_widget_animates (GTK_WIDGET (self)));
}

void
qs_graph_view_show_layer (QsGraphView *self,
                          int          layer_id)
{
  int node;

  g_return_if_fail (QS_IS_GRAPH_VIEW (self));

  node = self->scene == NULL ? -1 : qs_graph_scene_find_layer (self->scene, layer_id);
  if (node >= 0)
    show_node (self, node, qs_widget_animates (GTK_WIDGET (self)));
}

/* --- Selection --- */

static char *
describe_node (QsGraphView *self,
               int          node)
{
  const QsSceneNode *info = qs_graph_scene_get_node (self->scene, node);

  if (info->klass == QS_SCENE_TERMINAL)
    /* Translators: “Input” or “Output”, its name, its dimensions */
    return g_strdup_printf (_("%s %s, %s"), info->title, info->name, info->parts);
  if (info->is_superfluous)
    /* Translators: name of a QuantizeLinear or DequantizeLinear, its kind */
    return g_strdup_printf (_("%s, %s, superfluous"), info->name, info->title);
  if (info->badge != NULL)
    /* Translators: name of a layer, its kind, its precision */
    return g_strdup_printf (_("%s, %s, %s"), info->name, info->title, info->badge);
  /* Translators: name of a layer, its kind */
  return g_strdup_printf (_("%s, %s"), info->name, info->title);
}

static char *
describe_net (QsGraphView *self,
              int          net)
{
  const QsSceneNet *info = qs_graph_scene_get_net (self->scene, net);

  /* Translators: name of a tensor, its type and dimensions */
  return g_strdup_printf (_("Tensor %s, %s"), info->name, info->details);
}

static void
update_accessible (QsGraphView *self)
{
  g_autofree char *text = NULL;

  if (self->scene == NULL)
    text = g_strdup (_("No network"));
  else if (self->selected_node >= 0)
    text = describe_node (self, self->selected_node);
  else if (self->selected_net >= 0)
    text = describe_net (self, self->selected_net);
  else
    text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u layer, nothing selected",
                                         "%u layers, nothing selected",
                                         qs_graph_scene_get_n_layers (self->scene)),
                            qs_graph_scene_get_n_layers (self->scene));

  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _("Layer graph"),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text,
                                  -1);
}

int
qs_graph_view_get_selected_layer (QsGraphView *self)
{
  g_return_val_if_fail (QS_IS_GRAPH_VIEW (self), -1);

  return self->selected_node >= 0
    ? qs_graph_scene_get_node (self->scene, self->selected_node)->layer_id : -1;
}

/* The tensor of a line, or of a terminal. */
int
qs_graph_view_get_selected_tensor (QsGraphView *self)
{
  g_return_val_if_fail (QS_IS_GRAPH_VIEW (self), -1);

  if (self->selected_node >= 0)
    return qs_graph_scene_get_node (self->scene, self->selected_node)->tensor_id;
  return self->selected_net >= 0
    ? qs_graph_scene_get_net (self->scene, self->selected_net)->tensor_id : -1;
}

static void
select_item (QsGraphView *self,
             int          node,
             int          net)
{
  int layer = qs_graph_view_get_selected_layer (self);
  int tensor = qs_graph_view_get_selected_tensor (self);

  if (node == self->selected_node && net == self->selected_net)
    return;

  self->selected_node = node;
  self->selected_net = net;
  update_accessible (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));

  g_object_freeze_notify (G_OBJECT (self));
  if (layer != qs_graph_view_get_selected_layer (self))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SELECTED_LAYER]);
  if (tensor != qs_graph_view_get_selected_tensor (self))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SELECTED_TENSOR]);
  g_object_thaw_notify (G_OBJECT (self));
}

/**
 * qs_graph_view_set_selected_layer:
 * @layer_id: a layer of the scene, or -1 for none; others count as -1
 *
 * Selects a layer without moving the view: see [method@GraphView.show_selection].
 */
void
qs_graph_view_set_selected_layer (QsGraphView *self,
                                  int          layer_id)
{
  int node;

  g_return_if_fail (QS_IS_GRAPH_VIEW (self));

  node = self->scene != NULL ? qs_graph_scene_find_layer (self->scene, layer_id) : -1;
  if (node >= 0 || qs_graph_view_get_selected_layer (self) >= 0)
    select_item (self, node, -1);
}

void
qs_graph_view_set_selected_tensor (QsGraphView *self,
                                   int          tensor_id)
{
  int net;

  g_return_if_fail (QS_IS_GRAPH_VIEW (self));

  if (tensor_id == qs_graph_view_get_selected_tensor (self))
    return;

  net = self->scene != NULL ? qs_graph_scene_find_tensor (self->scene, tensor_id) : -1;
  select_item (self, -1, net);
}

static void
activate_selection (QsGraphView *self)
{
  int layer = qs_graph_view_get_selected_layer (self);
  int tensor = qs_graph_view_get_selected_tensor (self);

  if (layer >= 0)
    g_signal_emit (self, signals[SIGNAL_LAYER_ACTIVATED], 0, layer);
  else if (tensor >= 0)
    g_signal_emit (self, signals[SIGNAL_TENSOR_ACTIVATED], 0, tensor);
}

/* --- Scene, search and heat --- */

static void
clear_scene_data (QsGraphView *self)
{
  g_clear_pointer (&self->matches, g_free);
  g_clear_pointer (&self->heat, g_free);
  self->hover_node = self->hover_net = -1;
}

/**
 * qs_graph_view_set_scene:
 * @scene: (nullable): what to show
 *
 * Shows another scene. The first one is shown whole, or from its beginning if that would be too
 * small to read; with later ones the view stays where people moved it, so that builds can be
 * compared. Nothing is selected afterwards.
 */
void
qs_graph_view_set_scene (QsGraphView  *self,
                         QsGraphScene *scene)
{
  double width = 0;
  double height = 0;

  g_return_if_fail (QS_IS_GRAPH_VIEW (self));

  if (scene == self->scene)
    return;

  self->at_home |= self->scene == NULL;
  select_item (self, -1, -1);
  clear_scene_data (self);
  g_clear_pointer (&self->scene, qs_graph_scene_unref);
  if (scene != NULL)
    {
      self->scene = qs_graph_scene_ref (scene);
      qs_graph_scene_get_size (scene, &width, &height);
    }

  self->going_home = TRUE;
  qs_viewport_set_content (self->viewport, width, height);
  self->going_home = FALSE;
  if (self->at_home)
    go_home (self);
  if (self->search_text != NULL)
    {
      g_autofree char *text = g_steal_pointer (&self->search_text);

      qs_graph_view_set_search_text (self, text);
    }
  update_accessible (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SCENE]);
}

QsGraphScene *
qs_graph_view_get_scene (QsGraphView *self)
{
  g_return_val_if_fail (QS_IS_GRAPH_VIEW (self), NULL);

  return self->scene;
}

QsViewport *
qs_graph_view_get_viewport (QsGraphView *self)
{
  g_return_val_if_fail (QS_IS_GRAPH_VIEW (self), NULL);

  return self->viewport;
}

guint
qs_graph_view_set_search_text (QsGraphView *self,
                               const char  *text)
{
  guint n = 0;

  g_return_val_if_fail (QS_IS_GRAPH_VIEW (self), 0);

  g_clear_pointer (&self->matches, g_free);
  if (text != NULL && *text != '\0' && self->scene != NULL)
    {
      g_autoptr (GArray) found = qs_graph_scene_search (self->scene, text);

      self->matches = g_new0 (gboolean, qs_graph_scene_get_n_nodes (self->scene) + 1);
      for (guint i = 0; i < found->len; i++)
        self->matches[g_array_index (found, int, i)] = TRUE;
      n = found->len;
    }

  gtk_widget_queue_draw (GTK_WIDGET (self));
  if (g_strcmp0 (text, self->search_text) != 0)
    {
      char *copy = g_strdup (text);

      g_free (self->search_text);
      self->search_text = copy;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SEARCH_TEXT]);
    }
  return n;
}

const char *
qs_graph_view_get_search_text (QsGraphView *self)
{
  g_return_val_if_fail (QS_IS_GRAPH_VIEW (self), NULL);

  return self->search_text;
}

/**
 * qs_graph_view_set_highlighted:
 * @layer_ids: (element-type int) (nullable): the layers
 */
void
qs_graph_view_set_highlighted (QsGraphView *self,
                               GArray      *layer_ids)
{
  g_return_if_fail (QS_IS_GRAPH_VIEW (self));

  g_clear_pointer (&self->matches, g_free);
  if (self->scene != NULL && layer_ids != NULL && layer_ids->len > 0)
    self->matches = g_new0 (gboolean, qs_graph_scene_get_n_nodes (self->scene) + 1);
  for (guint i = 0; self->matches != NULL && i < layer_ids->len; i++)
    {
      int node = qs_graph_scene_find_layer (self->scene, g_array_index (layer_ids, int, i));

      if (node >= 0)
        self->matches[node] = TRUE;
    }
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

gboolean
qs_graph_view_select_match (QsGraphView *self,
                            gboolean     forwards)
{
  int n, step, from;

  g_return_val_if_fail (QS_IS_GRAPH_VIEW (self), FALSE);

  if (self->matches == NULL)
    return FALSE;

  n = qs_graph_scene_get_n_nodes (self->scene);
  step = forwards ? 1 : n - 1;
  from = self->selected_node >= 0 ? self->selected_node : forwards ? n - 1 : 0;
  for (int i = 1; i <= n; i++)
    {
      int node = (int) ((from + (gint64) i * step) % n);

      if (self->matches[node])
        {
          select_item (self, node, -1);
          qs_graph_view_show_selection (self);
          return TRUE;
        }
    }

  return FALSE;
}

void
qs_graph_view_set_heat (QsGraphView  *self,
                        const double *values,
                        guint         n_values)
{
  g_return_if_fail (QS_IS_GRAPH_VIEW (self));

  g_clear_pointer (&self->heat, g_free);
  if (values != NULL && self->scene != NULL)
    {
      int n = qs_graph_scene_get_n_nodes (self->scene);

      self->heat = g_new (double, n + 1);
      for (int v = 0; v < n; v++)
        {
          int layer = qs_graph_scene_get_node (self->scene, v)->layer_id;

          self->heat[v] = layer >= 0 && layer < (int) n_values ? values[layer] : NAN;
        }
    }

  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* --- Pointer --- */

static void
pick (QsGraphView *self,
      double       px,
      double       py,
      int         *node,
      int         *net)
{
  double x, y;

  *node = *net = -1;
  if (self->scene == NULL)
    return;

  qs_viewport_to_scene (self->viewport, px, py, &x, &y);
  *node = qs_graph_scene_pick_node (self->scene, x, y);
  if (*node < 0)
    *net = qs_graph_scene_pick_net (self->scene, x, y,
                                    PICK_TOLERANCE / qs_viewport_get_scale (self->viewport));
}

static void
set_hover (QsGraphView *self,
           int          node,
           int          net)
{
  if (node == self->hover_node && net == self->hover_net)
    return;

  self->hover_node = node;
  self->hover_net = net;
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self),
                                   node >= 0 || net >= 0 ? "pointer" : "grab");
  gtk_widget_trigger_tooltip_query (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
motion_cb (QsGraphView *self,
           double       x,
           double       y)
{
  int node, net;

  self->pointer_x = x;
  self->pointer_y = y;
  pick (self, x, y, &node, &net);
  set_hover (self, node, net);
}

static void
leave_cb (QsGraphView *self)
{
  set_hover (self, -1, -1);
}

static void
press_cb (QsGraphView *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self));
}

/* On release: a press that becomes a drag pans and selects nothing. */
static void
release_cb (QsGraphView     *self,
            int              n_press,
            double           x,
            double           y,
            GtkGestureClick *gesture)
{
  int node, net;

  pick (self, x, y, &node, &net);
  select_item (self, node, net);
  if (n_press == 2)
    activate_selection (self);
}

static void
emit_context_menu (QsGraphView *self,
                   double       x,
                   double       y)
{
  g_signal_emit (self, signals[SIGNAL_CONTEXT_MENU], 0,
                 qs_graph_view_get_selected_layer (self),
                 qs_graph_view_get_selected_tensor (self), x, y);
}

static void
secondary_click_cb (QsGraphView     *self,
                    int              n_press,
                    double           x,
                    double           y,
                    GtkGestureClick *gesture)
{
  int node, net;

  gtk_widget_grab_focus (GTK_WIDGET (self));
  pick (self, x, y, &node, &net);
  select_item (self, node, net);
  emit_context_menu (self, x, y);
}

static gboolean
recently_pinched (QsGraphView *self)
{
  return g_get_monotonic_time () - self->last_pinch < PINCH_COOLDOWN;
}

static void
drag_begin_cb (QsGraphView    *self,
               double          x,
               double          y,
               GtkGestureDrag *gesture)
{
  qs_viewport_stop (self->viewport);
  self->drag_x = self->drag_y = 0;
}

static void
drag_update_cb (QsGraphView    *self,
                double          x,
                double          y,
                GtkGestureDrag *gesture)
{
  if (recently_pinched (self) ||
      (self->drag_x == 0 && self->drag_y == 0 &&
       !gtk_drag_check_threshold (GTK_WIDGET (self), 0, 0, (int) x, (int) y)))
    return;

  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), "grabbing");
  qs_viewport_pan (self->viewport, self->drag_x - x, self->drag_y - y);
  self->drag_x = x;
  self->drag_y = y;
}

static void
drag_end_cb (QsGraphView    *self,
             double          x,
             double          y,
             GtkGestureDrag *gesture)
{
  gtk_widget_set_cursor_from_name (GTK_WIDGET (self), "grab");
}

static void
swipe_cb (QsGraphView     *self,
          double           vx,
          double           vy,
          GtkGestureSwipe *gesture)
{
  if (recently_pinched (self) || !qs_widget_animates (GTK_WIDGET (self)) ||
      (self->drag_x == 0 && self->drag_y == 0))
    return;

  qs_viewport_fling (self->viewport, -vx, -vy);
  follow_motion (self);
}

static void
pinch_begin_cb (QsGraphView      *self,
                GdkEventSequence *sequence,
                GtkGesture       *gesture)
{
  self->pinch_scale = 1;
}

static void
pinch_cb (QsGraphView    *self,
          double          scale,
          GtkGestureZoom *gesture)
{
  double x, y;

  if (!gtk_gesture_get_bounding_box_center (GTK_GESTURE (gesture), &x, &y) || scale <= 0)
    return;

  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  qs_viewport_zoom_at (self->viewport, scale / self->pinch_scale, x, y);
  self->pinch_scale = scale;
  self->last_pinch = g_get_monotonic_time ();
}

/* Wheels and touchpads scroll; with Ctrl they zoom about the pointer. Fractions of wheel clicks
 * are kept. */
static gboolean
scroll_cb (QsGraphView              *self,
           double                    dx,
           double                    dy,
           GtkEventControllerScroll *controller)
{
  GtkEventController *base = GTK_EVENT_CONTROLLER (controller);
  GdkModifierType state = gtk_event_controller_get_current_event_state (base);
  gboolean smooth = gtk_event_controller_scroll_get_unit (controller) == GDK_SCROLL_UNIT_SURFACE;
  double step = smooth ? 1 : SCROLL_STEP;

  if (state & GDK_CONTROL_MASK)
    {
      qs_viewport_zoom_at (self->viewport, pow (ZOOM_STEP, -dy * (smooth ? 0.02 : 1)),
                           self->pointer_x, self->pointer_y);
      return GDK_EVENT_STOP;
    }

  if (state & GDK_SHIFT_MASK && dx == 0)
    {
      dx = dy;
      dy = 0;
    }
  qs_viewport_pan (self->viewport, dx * step, dy * step);
  return GDK_EVENT_STOP;
}

static void
decelerate_cb (QsGraphView              *self,
               double                    vx,
               double                    vy,
               GtkEventControllerScroll *controller)
{
  if (!qs_widget_animates (GTK_WIDGET (self)))
    return;

  qs_viewport_fling (self->viewport, vx, vy);
  follow_motion (self);
}

static gboolean
query_tooltip_cb (QsGraphView *self,
                  int          x,
                  int          y,
                  gboolean     keyboard,
                  GtkTooltip  *tooltip)
{
  g_autofree char *text = NULL;
  int node = keyboard ? self->selected_node : self->hover_node;
  int net = keyboard ? self->selected_net : self->hover_net;

  if (self->scene == NULL)
    return FALSE;

  if (node >= 0)
    {
      const QsSceneNode *info = qs_graph_scene_get_node (self->scene, node);

      text = g_strdup_printf ("%s\n%s%s%s%s%s", info->name, info->title,
                              info->badge != NULL ? " · " : "",
                              info->badge != NULL ? info->badge : "",
                              info->parts != NULL ? "\n" : "",
                              info->parts != NULL ? info->parts : "");
    }
  else if (net >= 0)
    {
      const QsSceneNet *info = qs_graph_scene_get_net (self->scene, net);

      text = g_strdup_printf ("%s\n%s", info->name, info->details);
    }
  else
    return FALSE;

  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

/* --- Keys --- */

static int
get_start (QsGraphView *self)
{
  const QsSceneNet *net;

  if (self->selected_node >= 0)
    return self->selected_node;
  if (self->selected_net < 0)
    return -1;

  net = qs_graph_scene_get_net (self->scene, self->selected_net);
  return net->producer;
}

static void
go_to_node (QsGraphView *self,
            int          node)
{
  const QsSceneNode *info;

  if (node < 0)
    {
      gtk_widget_error_bell (GTK_WIDGET (self));
      return;
    }

  select_item (self, node, -1);
  if (qs_viewport_get_scale (self->viewport) >= READING_SCALE / 2)
    {
      qs_graph_view_show_selection (self);
      return;
    }

  info = qs_graph_scene_get_node (self->scene, node);
  qs_viewport_center_on (self->viewport, info->x, info->y, READING_SCALE,
                         qs_widget_animates (GTK_WIDGET (self)));
  follow_motion (self);
}

static void
walk_cb (GtkWidget  *widget,
         const char *action,
         GVariant   *parameter)
{
  QsGraphView *self = QS_GRAPH_VIEW (widget);
  int start = get_start (self);

  if (self->scene == NULL || qs_graph_scene_get_n_nodes (self->scene) == 0)
    return;

  go_to_node (self, start < 0 ? 0 : qs_graph_scene_get_neighbour (self->scene, start,
                                                                (QsSceneDirection) g_variant_get_int32 (parameter)));
}

static void
jump_cb (GtkWidget  *widget,
         const char *action,
         GVariant   *parameter)
{
  QsGraphView *self = QS_GRAPH_VIEW (widget);

  if (self->scene != NULL && qs_graph_scene_get_n_nodes (self->scene) > 0)
    go_to_node (self, g_variant_get_boolean (parameter)
                        ? qs_graph_scene_get_n_nodes (self->scene) - 1 : 0);
}

static void
fit_cb (GtkWidget  *widget,
        const char *action,
        GVariant   *parameter)
{
  qs_graph_view_fit (QS_GRAPH_VIEW (widget));
}

static void
zoom_cb (GtkWidget  *widget,
         const char *action,
         GVariant   *parameter)
{
  int direction = g_variant_get_int32 (parameter);

  if (direction == 0)
    qs_graph_view_zoom_normal (QS_GRAPH_VIEW (widget));
  else if (direction > 0)
    qs_graph_view_zoom_in (QS_GRAPH_VIEW (widget));
  else
    qs_graph_view_zoom_out (QS_GRAPH_VIEW (widget));
}

static void
page_cb (GtkWidget  *widget,
         const char *action,
         GVariant   *parameter)
{
  QsGraphView *self = QS_GRAPH_VIEW (widget);

  qs_viewport_pan (self->viewport, 0,
                   g_variant_get_int32 (parameter) * 0.85 * gtk_widget_get_height (widget));
}

static void
activate_cb (GtkWidget  *widget,
             const char *action,
             GVariant   *parameter)
{
  activate_selection (QS_GRAPH_VIEW (widget));
}

static void
menu_cb (GtkWidget  *widget,
         const char *action,
         GVariant   *parameter)
{
  QsGraphView *self = QS_GRAPH_VIEW (widget);
  int node = get_start (self);
  double x = gtk_widget_get_width (widget) / 2.0;
  double y = gtk_widget_get_height (widget) / 2.0;

  if (node >= 0)
    {
      const QsSceneNode *info = qs_graph_scene_get_node (self->scene, node);

      qs_viewport_to_view (self->viewport, info->x, info->y + info->height / 2, &x, &y);
    }
  emit_context_menu (self, x, y);
}

static void
clear_cb (GtkWidget  *widget,
          const char *action,
          GVariant   *parameter)
{
  select_item (QS_GRAPH_VIEW (widget), -1, -1);
}

typedef struct
{
  guint key;
  guint keypad_key;
  const char *action;
  const char *format;
  int value;
} Key;

static const Key keys[] = {
  { GDK_KEY_Up, GDK_KEY_KP_Up, "graph.walk", "i", QS_SCENE_UP },
  { GDK_KEY_Down, GDK_KEY_KP_Down, "graph.walk", "i", QS_SCENE_DOWN },
  { GDK_KEY_Left, GDK_KEY_KP_Left, "graph.walk", "i", QS_SCENE_LEFT },
  { GDK_KEY_Right, GDK_KEY_KP_Right, "graph.walk", "i", QS_SCENE_RIGHT },
  { GDK_KEY_Home, GDK_KEY_KP_Home, "graph.jump", "b", FALSE },
  { GDK_KEY_End, GDK_KEY_KP_End, "graph.jump", "b", TRUE },
  { GDK_KEY_Page_Up, GDK_KEY_KP_Page_Up, "graph.page", "i", -1 },
  { GDK_KEY_Page_Down, GDK_KEY_KP_Page_Down, "graph.page", "i", 1 },
  { GDK_KEY_plus, GDK_KEY_KP_Add, "graph.zoom", "i", 1 },
  { GDK_KEY_equal, GDK_KEY_equal, "graph.zoom", "i", 1 },
  { GDK_KEY_minus, GDK_KEY_KP_Subtract, "graph.zoom", "i", -1 },
  { GDK_KEY_1, GDK_KEY_KP_1, "graph.zoom", "i", 0 },
  { GDK_KEY_0, GDK_KEY_KP_0, "graph.fit", NULL, 0 },
  { GDK_KEY_f, GDK_KEY_F, "graph.fit", NULL, 0 },
  { GDK_KEY_Return, GDK_KEY_KP_Enter, "graph.activate", NULL, 0 },
  { GDK_KEY_space, GDK_KEY_KP_Space, "graph.activate", NULL, 0 },
  { GDK_KEY_Menu, GDK_KEY_Menu, "graph.menu", NULL, 0 },
  { GDK_KEY_Escape, GDK_KEY_Escape, "graph.clear", NULL, 0 },
};

static void
install_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "graph.walk", "i", walk_cb);
  gtk_widget_class_install_action (widget_class, "graph.jump", "b", jump_cb);
  gtk_widget_class_install_action (widget_class, "graph.page", "i", page_cb);
  gtk_widget_class_install_action (widget_class, "graph.zoom", "i", zoom_cb);
  gtk_widget_class_install_action (widget_class, "graph.fit", NULL, fit_cb);
  gtk_widget_class_install_action (widget_class, "graph.activate", NULL, activate_cb);
  gtk_widget_class_install_action (widget_class, "graph.menu", NULL, menu_cb);
  gtk_widget_class_install_action (widget_class, "graph.clear", NULL, clear_cb);

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      const Key *key = &keys[i];

      gtk_widget_class_add_binding_action (widget_class, key->key, 0, key->action, key->format,
                                           key->value);
      if (key->keypad_key != key->key)
        gtk_widget_class_add_binding_action (widget_class, key->keypad_key, 0, key->action,
                                             key->format, key->value);
    }
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, "graph.menu",
                                       NULL);
}

/* --- Widget --- */

static void
qs_graph_view_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  QsGraphView *self = QS_GRAPH_VIEW (widget);
  int width = gtk_widget_get_width (widget);
  int height = gtk_widget_get_height (widget);
  QsGraphMarks marks = {
    .selected_node = self->selected_node,
    .selected_net = self->selected_net,
    .hover_node = self->hover_node,
    .hover_net = self->hover_net,
    .show_focus = gtk_widget_has_visible_focus (widget),
    .matches = self->matches,
    .heat = self->heat,
  };
  QsStyle style;
  cairo_t *cr;

  if (width <= 0 || height <= 0)
    return;

  qs_widget_get_style (&style);
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  if (self->scene != NULL)
    qs_graph_draw (cr, self->scene, &style, &marks,
                   qs_viewport_get_x (self->viewport), qs_viewport_get_y (self->viewport),
                   qs_viewport_get_scale (self->viewport), width, height);
  else
    {
      qs_color_set (&style.background, cr);
      cairo_paint (cr);
    }
  cairo_destroy (cr);

  /* With nothing selected the focus is on the graph as a whole. */
  if (marks.show_focus && self->selected_node < 0)
    gtk_snapshot_render_focus (snapshot, gtk_widget_get_style_context (widget), 2, 2, width - 4,
                               height - 4);
}

static void
qs_graph_view_size_allocate (GtkWidget *widget,
                             int        width,
                             int        height,
                             int        baseline)
{
  QsGraphView *self = QS_GRAPH_VIEW (widget);

  self->going_home = TRUE;
  qs_viewport_set_view (self->viewport, width, height);
  self->going_home = FALSE;
  if (self->at_home)
    go_home (self);
}

static void
qs_graph_view_measure (GtkWidget      *widget,
                       GtkOrientation  orientation,
                       int             for_size,
                       int            *minimum,
                       int            *natural,
                       int            *minimum_baseline,
                       int            *natural_baseline)
{
  *minimum = 160;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 640 : 480;
}

static void
qs_graph_view_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  QsGraphView *self = QS_GRAPH_VIEW (object);

  switch (prop_id)
    {
    case PROP_SCENE:
      g_value_set_boxed (value, self->scene);
      break;
    case PROP_SELECTED_LAYER:
      g_value_set_int (value, qs_graph_view_get_selected_layer (self));
      break;
    case PROP_SELECTED_TENSOR:
      g_value_set_int (value, qs_graph_view_get_selected_tensor (self));
      break;
    case PROP_VIEWPORT:
      g_value_set_object (value, self->viewport);
      break;
    case PROP_SEARCH_TEXT:
      g_value_set_string (value, self->search_text);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
qs_graph_view_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  QsGraphView *self = QS_GRAPH_VIEW (object);

  switch (prop_id)
    {
    case PROP_SCENE:
      qs_graph_view_set_scene (self, g_value_get_boxed (value));
      break;
    case PROP_SELECTED_LAYER:
      qs_graph_view_set_selected_layer (self, g_value_get_int (value));
      break;
    case PROP_SELECTED_TENSOR:
      qs_graph_view_set_selected_tensor (self, g_value_get_int (value));
      break;
    case PROP_SEARCH_TEXT:
      qs_graph_view_set_search_text (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
qs_graph_view_dispose (GObject *object)
{
  QsGraphView *self = QS_GRAPH_VIEW (object);

  clear_scene_data (self);
  self->selected_node = self->selected_net = -1;
  g_clear_pointer (&self->search_text, g_free);
  g_clear_pointer (&self->scene, qs_graph_scene_unref);
  G_OBJECT_CLASS (qs_graph_view_parent_class)->dispose (object);
}

static void
qs_graph_view_finalize (GObject *object)
{
  QsGraphView *self = QS_GRAPH_VIEW (object);

  g_object_unref (self->viewport);
  G_OBJECT_CLASS (qs_graph_view_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  props[PROP_SCENE] = g_param_spec_boxed ("scene", NULL, NULL, QS_TYPE_GRAPH_SCENE, flags);
  props[PROP_SELECTED_LAYER] = g_param_spec_int ("selected-layer", NULL, NULL, -1, G_MAXINT, -1,
                                                 flags);
  props[PROP_SELECTED_TENSOR] = g_param_spec_int ("selected-tensor", NULL, NULL, -1, G_MAXINT, -1,
                                                  flags);
  props[PROP_VIEWPORT] = g_param_spec_object ("viewport", NULL, NULL, QS_TYPE_VIEWPORT,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  props[PROP_SEARCH_TEXT] = g_param_spec_string ("search-text", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
install_signals (GType type)
{
  signals[SIGNAL_LAYER_ACTIVATED] =
    g_signal_new ("layer-activated", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_INT);
  signals[SIGNAL_TENSOR_ACTIVATED] =
    g_signal_new ("tensor-activated", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 1, G_TYPE_INT);
  signals[SIGNAL_CONTEXT_MENU] =
    g_signal_new ("context-menu", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 4, G_TYPE_INT, G_TYPE_INT, G_TYPE_DOUBLE, G_TYPE_DOUBLE);
}

static void
qs_graph_view_class_init (QsGraphViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = qs_graph_view_get_property;
  object_class->set_property = qs_graph_view_set_property;
  object_class->dispose = qs_graph_view_dispose;
  object_class->finalize = qs_graph_view_finalize;
  widget_class->snapshot = qs_graph_view_snapshot;
  widget_class->size_allocate = qs_graph_view_size_allocate;
  widget_class->measure = qs_graph_view_measure;

  install_properties (object_class);
  install_signals (G_TYPE_FROM_CLASS (klass));
  install_actions (widget_class);
  gtk_widget_class_set_css_name (widget_class, "graph");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
add_click (QsGraphView *self,
           guint        button,
           GCallback    callback)
{
  GtkGesture *click = gtk_gesture_click_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), button);
  g_signal_connect_swapped (click, "pressed", callback, self);
  if (button == GDK_BUTTON_PRIMARY)
    g_signal_connect_swapped (click, "released", G_CALLBACK (release_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
}

static void
add_drag (QsGraphView *self,
          guint        button)
{
  GtkGesture *drag = gtk_gesture_drag_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (drag), button);
  g_signal_connect_swapped (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect_swapped (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect_swapped (drag, "drag-end", G_CALLBACK (drag_end_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (drag));

  if (button == GDK_BUTTON_PRIMARY)
    {
      GtkGesture *swipe = gtk_gesture_swipe_new ();

      g_signal_connect_swapped (swipe, "swipe", G_CALLBACK (swipe_cb), self);
      gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (swipe));
      gtk_gesture_group (swipe, drag);
    }
}

static void
add_controllers (QsGraphView *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *scroll =
    gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES |
                                     GTK_EVENT_CONTROLLER_SCROLL_KINETIC);
  GtkGesture *pinch = gtk_gesture_zoom_new ();

  g_signal_connect_swapped (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (motion, "enter", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (leave_cb), self);
  gtk_widget_add_controller (widget, motion);

  g_signal_connect_swapped (scroll, "scroll", G_CALLBACK (scroll_cb), self);
  g_signal_connect_swapped (scroll, "decelerate", G_CALLBACK (decelerate_cb), self);
  gtk_widget_add_controller (widget, scroll);

  g_signal_connect_swapped (pinch, "begin", G_CALLBACK (pinch_begin_cb), self);
  g_signal_connect_swapped (pinch, "scale-changed", G_CALLBACK (pinch_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (pinch));

  add_drag (self, GDK_BUTTON_PRIMARY);
  add_drag (self, GDK_BUTTON_MIDDLE);
  add_click (self, GDK_BUTTON_PRIMARY, G_CALLBACK (press_cb));
  add_click (self, GDK_BUTTON_SECONDARY, G_CALLBACK (secondary_click_cb));
}

static void
qs_graph_view_init (QsGraphView *self)
{
  GtkWidget *widget = GTK_WIDGET (self);

  self->selected_node = self->selected_net = -1;
  self->hover_node = self->hover_net = -1;
  self->viewport = qs_viewport_new ();
  g_signal_connect_object (self->viewport, "changed", G_CALLBACK (viewport_changed_cb), self,
                           G_CONNECT_SWAPPED);

  gtk_widget_set_focusable (widget, TRUE);
  gtk_widget_set_overflow (widget, GTK_OVERFLOW_HIDDEN);
  gtk_widget_set_cursor_from_name (widget, "grab");
  gtk_widget_set_has_tooltip (widget, TRUE);
  gtk_widget_set_hexpand (widget, TRUE);
  gtk_widget_set_vexpand (widget, TRUE);
  g_signal_connect (self, "query-tooltip", G_CALLBACK (query_tooltip_cb), NULL);
  g_signal_connect (self, "notify::has-focus", G_CALLBACK (gtk_widget_queue_draw), NULL);
  add_controllers (self);
  qs_widget_follow_style (widget, G_CALLBACK (gtk_widget_queue_draw));
  update_accessible (self);
}

GtkWidget *
qs_graph_view_new (void)
{
  return g_object_new (QS_TYPE_GRAPH_VIEW, NULL);
}
