/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-scale-chart.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "qs-widget-style.h"

struct _QsScaleChart
{
  GtkWidget parent_instance;

  QsScalePlot *plot;
  guint *order;          /* row at every place, or NULL */
  gboolean sort_by_ratio;
  int selected;          /* row, or -1 */
  int hover;

  GtkAdjustment *adjustments[2];  /* by orientation */
  guint policies[2];
};

enum
{
  PROP_0,
  PROP_PLOT,
  PROP_SELECTED_TENSOR,
  PROP_SORT_BY_RATIO,
  N_PROPS,
  PROP_HADJUSTMENT = N_PROPS,
  PROP_VADJUSTMENT,
  PROP_HSCROLL_POLICY,
  PROP_VSCROLL_POLICY,
};

static GParamSpec *props[N_PROPS];
static guint row_activated;

G_DEFINE_FINAL_TYPE_WITH_CODE (QsScaleChart, qs_scale_chart, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_SCROLLABLE, NULL))

static int
get_n_rows (QsScaleChart *self)
{
  return self->plot != NULL ? (int) qs_scale_plot_get_n_rows (self->plot) : 0;
}

static int
row_at (QsScaleChart *self,
        int           place)
{
  if (place < 0 || place >= get_n_rows (self))
    return -1;
  return self->order != NULL ? (int) self->order[place] : place;
}

static int
find_place (QsScaleChart *self,
            int           row)
{
  for (int i = 0; row >= 0 && i < get_n_rows (self); i++)
    if (row_at (self, i) == row)
      return i;

  return -1;
}

static double
get_offset (QsScaleChart *self)
{
  GtkAdjustment *adjustment = self->adjustments[GTK_ORIENTATION_VERTICAL];

  return adjustment != NULL ? gtk_adjustment_get_value (adjustment) : 0;
}

static void
configure_adjustments (QsScaleChart *self)
{
  GtkAdjustment *vertical = self->adjustments[GTK_ORIENTATION_VERTICAL];
  GtkAdjustment *horizontal = self->adjustments[GTK_ORIENTATION_HORIZONTAL];
  double width = gtk_widget_get_width (GTK_WIDGET (self));
  double height = gtk_widget_get_height (GTK_WIDGET (self));
  double content = QS_SCALE_HEADER_HEIGHT + QS_SCALE_ROW_HEIGHT * get_n_rows (self) + 8;

  if (vertical != NULL)
    gtk_adjustment_configure (vertical, gtk_adjustment_get_value (vertical), 0,
                              MAX (content, height), QS_SCALE_ROW_HEIGHT, height * 0.85, height);
  if (horizontal != NULL)
    gtk_adjustment_configure (horizontal, 0, 0, width, 1, width, width);
}

static void
show_place (QsScaleChart *self,
            int           place)
{
  GtkAdjustment *vertical = self->adjustments[GTK_ORIENTATION_VERTICAL];

  /* The header stays in place above the rows. */
  if (vertical != NULL && place >= 0)
    gtk_adjustment_clamp_page (vertical, place * QS_SCALE_ROW_HEIGHT,
                               (place + 1) * QS_SCALE_ROW_HEIGHT + QS_SCALE_HEADER_HEIGHT);
}

static void
update_accessible (QsScaleChart *self)
{
  g_autofree char *text = NULL;

  if (self->selected >= 0)
    text = qs_scale_plot_describe_row (self->plot, (guint) self->selected);
  else
    text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%d tensor", "%d tensors",
                                         (gulong) get_n_rows (self)), get_n_rows (self));

  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _("Ranges by tensor"),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text,
                                  -1);
}

static void
select_row (QsScaleChart *self,
            int           row)
{
  if (row == self->selected)
    return;

  self->selected = row;
  update_accessible (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SELECTED_TENSOR]);
}

static void
select_place (QsScaleChart *self,
              int           place)
{
  int n = get_n_rows (self);

  if (n == 0)
    return;

  place = CLAMP (place, 0, n - 1);
  select_row (self, row_at (self, place));
  show_place (self, place);
}

static void
sort_rows (QsScaleChart *self)
{
  g_clear_pointer (&self->order, g_free);
  if (self->plot != NULL && self->sort_by_ratio)
    self->order = qs_scale_plot_sort_by_ratio (self->plot);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/**
 * qs_scale_chart_set_plot:
 * @plot: (nullable): what to show; the selection stays on its tensor when that is there still
 */
void
qs_scale_chart_set_plot (QsScaleChart *self,
                         QsScalePlot  *plot)
{
  int tensor;

  g_return_if_fail (QS_IS_SCALE_CHART (self));

  if (plot == self->plot)
    return;

  tensor = qs_scale_chart_get_selected_tensor (self);
  g_clear_pointer (&self->plot, qs_scale_plot_unref);
  if (plot != NULL)
    self->plot = qs_scale_plot_ref (plot);
  self->hover = -1;
  self->selected = plot != NULL ? qs_scale_plot_find_tensor (plot, tensor) : -1;
  sort_rows (self);
  configure_adjustments (self);
  update_accessible (self);
  if (tensor != qs_scale_chart_get_selected_tensor (self))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SELECTED_TENSOR]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PLOT]);
}

QsScalePlot *
qs_scale_chart_get_plot (QsScaleChart *self)
{
  g_return_val_if_fail (QS_IS_SCALE_CHART (self), NULL);

  return self->plot;
}

void
qs_scale_chart_set_selected_tensor (QsScaleChart *self,
                                    int           tensor_id)
{
  int row;

  g_return_if_fail (QS_IS_SCALE_CHART (self));

  row = self->plot != NULL ? qs_scale_plot_find_tensor (self->plot, tensor_id) : -1;
  if (row == self->selected)
    return;

  select_row (self, row);
  show_place (self, find_place (self, row));
}

int
qs_scale_chart_get_selected_tensor (QsScaleChart *self)
{
  g_return_val_if_fail (QS_IS_SCALE_CHART (self), -1);

  return self->plot != NULL && self->selected >= 0
    ? qs_scale_plot_get_tensor_id (self->plot, (guint) self->selected) : -1;
}

void
qs_scale_chart_set_sort_by_ratio (QsScaleChart *self,
                                  gboolean      sort_by_ratio)
{
  g_return_if_fail (QS_IS_SCALE_CHART (self));

  sort_by_ratio = !!sort_by_ratio;
  if (sort_by_ratio == self->sort_by_ratio)
    return;

  self->sort_by_ratio = sort_by_ratio;
  sort_rows (self);
  show_place (self, find_place (self, self->selected));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SORT_BY_RATIO]);
}

gboolean
qs_scale_chart_get_sort_by_ratio (QsScaleChart *self)
{
  g_return_val_if_fail (QS_IS_SCALE_CHART (self), FALSE);

  return self->sort_by_ratio;
}

/* --- Input --- */

static int
row_at_point (QsScaleChart *self,
              double        y)
{
  if (y < QS_SCALE_HEADER_HEIGHT)
    return -1;
  return row_at (self, (int) ((y - QS_SCALE_HEADER_HEIGHT + get_offset (self)) /
                              QS_SCALE_ROW_HEIGHT));
}

static void
set_hover (QsScaleChart *self,
           int           row)
{
  if (row == self->hover)
    return;

  self->hover = row;
  gtk_widget_trigger_tooltip_query (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
motion_cb (QsScaleChart *self,
           double        x,
           double        y)
{
  set_hover (self, row_at_point (self, y));
}

static void
leave_cb (QsScaleChart *self)
{
  set_hover (self, -1);
}

static void
activate (QsScaleChart *self)
{
  int tensor = qs_scale_chart_get_selected_tensor (self);

  if (tensor >= 0)
    g_signal_emit (self, row_activated, 0, tensor);
}

static void
click_cb (QsScaleChart    *self,
          int              n_press,
          double           x,
          double           y,
          GtkGestureClick *gesture)
{
  int row = row_at_point (self, y);

  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (row < 0)
    return;

  select_row (self, row);
  if (n_press == 2)
    activate (self);
}

static gboolean
query_tooltip_cb (QsScaleChart *self,
                  int           x,
                  int           y,
                  gboolean      keyboard,
                  GtkTooltip   *tooltip)
{
  int row = keyboard ? self->selected : self->hover;
  g_autofree char *text = NULL;

  if (row < 0 || self->plot == NULL)
    return FALSE;

  text = qs_scale_plot_describe_row (self->plot, (guint) row);
  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

static void
move_cb (GtkWidget  *widget,
         const char *action,
         GVariant   *parameter)
{
  QsScaleChart *self = QS_SCALE_CHART (widget);
  int place = find_place (self, self->selected);
  int by = g_variant_get_int32 (parameter);
  int page = MAX ((int) ((gtk_widget_get_height (widget) - QS_SCALE_HEADER_HEIGHT) /
                         QS_SCALE_ROW_HEIGHT) - 1, 1);

  if (ABS (by) == 2)
    by = by / 2 * page;
  select_place (self, place < 0 ? 0 : place + by);
}

static void
jump_cb (GtkWidget  *widget,
         const char *action,
         GVariant   *parameter)
{
  select_place (QS_SCALE_CHART (widget),
                g_variant_get_boolean (parameter) ? get_n_rows (QS_SCALE_CHART (widget)) - 1 : 0);
}

static void
activate_cb (GtkWidget  *widget,
             const char *action,
             GVariant   *parameter)
{
  activate (QS_SCALE_CHART (widget));
}

static void
install_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "chart.move", "i", move_cb);
  gtk_widget_class_install_action (widget_class, "chart.jump", "b", jump_cb);
  gtk_widget_class_install_action (widget_class, "chart.activate", NULL, activate_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Up, 0, "chart.move", "i", -1);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Down, 0, "chart.move", "i", 1);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Page_Up, 0, "chart.move", "i", -2);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Page_Down, 0, "chart.move", "i", 2);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Home, 0, "chart.jump", "b", FALSE);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_End, 0, "chart.jump", "b", TRUE);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, 0, "chart.activate", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_KP_Enter, 0, "chart.activate", NULL);
}

/* --- Widget --- */

static void
qs_scale_chart_snapshot (GtkWidget   *widget,
                         GtkSnapshot *snapshot)
{
  QsScaleChart *self = QS_SCALE_CHART (widget);
  int width = gtk_widget_get_width (widget);
  int height = gtk_widget_get_height (widget);
  QsScaleMarks marks = {
    .order = self->order,
    .offset = get_offset (self),
    .selected = self->selected,
    .hover = self->hover,
    .show_focus = gtk_widget_has_visible_focus (widget),
  };
  QsStyle style;
  cairo_t *cr;

  if (self->plot == NULL || width <= 0 || height <= 0)
    return;

  qs_widget_get_style (&style);
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  qs_scale_plot_draw (self->plot, cr, &style, &marks, width, height);
  cairo_destroy (cr);
}

static void
qs_scale_chart_size_allocate (GtkWidget *widget,
                              int        width,
                              int        height,
                              int        baseline)
{
  configure_adjustments (QS_SCALE_CHART (widget));
}

static void
qs_scale_chart_measure (GtkWidget      *widget,
                        GtkOrientation  orientation,
                        int             for_size,
                        int            *minimum,
                        int            *natural,
                        int            *minimum_baseline,
                        int            *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 320 : 160;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 640 : 400;
}

static void
set_adjustment (QsScaleChart   *self,
                GtkOrientation  orientation,
                GtkAdjustment  *adjustment)
{
  GtkAdjustment *old = self->adjustments[orientation];

  if (adjustment == old)
    return;

  if (old != NULL)
    g_signal_handlers_disconnect_by_data (old, self);
  g_clear_object (&self->adjustments[orientation]);
  if (adjustment == NULL)
    return;

  self->adjustments[orientation] = g_object_ref_sink (adjustment);
  g_signal_connect_swapped (adjustment, "value-changed",
                            G_CALLBACK (gtk_widget_queue_draw), self);
  configure_adjustments (self);
}

static void
qs_scale_chart_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  QsScaleChart *self = QS_SCALE_CHART (object);

  switch (prop_id)
    {
    case PROP_PLOT:
      g_value_set_boxed (value, self->plot);
      break;
    case PROP_SELECTED_TENSOR:
      g_value_set_int (value, qs_scale_chart_get_selected_tensor (self));
      break;
    case PROP_SORT_BY_RATIO:
      g_value_set_boolean (value, self->sort_by_ratio);
      break;
    case PROP_HADJUSTMENT:
    case PROP_VADJUSTMENT:
      g_value_set_object (value, self->adjustments[prop_id - PROP_HADJUSTMENT]);
      break;
    case PROP_HSCROLL_POLICY:
    case PROP_VSCROLL_POLICY:
      g_value_set_enum (value, (int) self->policies[prop_id - PROP_HSCROLL_POLICY]);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
qs_scale_chart_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  QsScaleChart *self = QS_SCALE_CHART (object);

  switch (prop_id)
    {
    case PROP_PLOT:
      qs_scale_chart_set_plot (self, g_value_get_boxed (value));
      break;
    case PROP_SELECTED_TENSOR:
      qs_scale_chart_set_selected_tensor (self, g_value_get_int (value));
      break;
    case PROP_SORT_BY_RATIO:
      qs_scale_chart_set_sort_by_ratio (self, g_value_get_boolean (value));
      break;
    case PROP_HADJUSTMENT:
    case PROP_VADJUSTMENT:
      set_adjustment (self, (GtkOrientation) (prop_id - PROP_HADJUSTMENT),
                      g_value_get_object (value));
      break;
    case PROP_HSCROLL_POLICY:
    case PROP_VSCROLL_POLICY:
      self->policies[prop_id - PROP_HSCROLL_POLICY] = (guint) g_value_get_enum (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
qs_scale_chart_dispose (GObject *object)
{
  QsScaleChart *self = QS_SCALE_CHART (object);

  set_adjustment (self, GTK_ORIENTATION_HORIZONTAL, NULL);
  set_adjustment (self, GTK_ORIENTATION_VERTICAL, NULL);
  G_OBJECT_CLASS (qs_scale_chart_parent_class)->dispose (object);
}

static void
qs_scale_chart_finalize (GObject *object)
{
  QsScaleChart *self = QS_SCALE_CHART (object);

  g_clear_pointer (&self->plot, qs_scale_plot_unref);
  g_free (self->order);
  G_OBJECT_CLASS (qs_scale_chart_parent_class)->finalize (object);
}

static void
qs_scale_chart_class_init (QsScaleChartClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = qs_scale_chart_get_property;
  object_class->set_property = qs_scale_chart_set_property;
  object_class->dispose = qs_scale_chart_dispose;
  object_class->finalize = qs_scale_chart_finalize;
  widget_class->snapshot = qs_scale_chart_snapshot;
  widget_class->size_allocate = qs_scale_chart_size_allocate;
  widget_class->measure = qs_scale_chart_measure;

  props[PROP_PLOT] = g_param_spec_boxed ("plot", NULL, NULL, QS_TYPE_SCALE_PLOT, flags);
  props[PROP_SELECTED_TENSOR] = g_param_spec_int ("selected-tensor", NULL, NULL, -1, G_MAXINT, -1,
                                                  flags);
  props[PROP_SORT_BY_RATIO] = g_param_spec_boolean ("sort-by-ratio", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
  g_object_class_override_property (object_class, PROP_HADJUSTMENT, "hadjustment");
  g_object_class_override_property (object_class, PROP_VADJUSTMENT, "vadjustment");
  g_object_class_override_property (object_class, PROP_HSCROLL_POLICY, "hscroll-policy");
  g_object_class_override_property (object_class, PROP_VSCROLL_POLICY, "vscroll-policy");
  row_activated = g_signal_new ("row-activated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);

  install_actions (widget_class);
  gtk_widget_class_set_css_name (widget_class, "scalechart");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
qs_scale_chart_init (QsScaleChart *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  self->selected = self->hover = -1;
  g_signal_connect_swapped (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (leave_cb), self);
  gtk_widget_add_controller (widget, motion);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (click_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));

  gtk_widget_set_focusable (widget, TRUE);
  gtk_widget_set_overflow (widget, GTK_OVERFLOW_HIDDEN);
  gtk_widget_set_has_tooltip (widget, TRUE);
  g_signal_connect (self, "query-tooltip", G_CALLBACK (query_tooltip_cb), NULL);
  g_signal_connect (self, "notify::has-focus", G_CALLBACK (gtk_widget_queue_draw), NULL);
  qs_widget_follow_style (widget, G_CALLBACK (gtk_widget_queue_draw));
  update_accessible (self);
}

GtkWidget *
qs_scale_chart_new (void)
{
  return g_object_new (QS_TYPE_SCALE_CHART, NULL);
}
