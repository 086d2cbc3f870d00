/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-channel-chart.h"

#include <glib/gi18n-lib.h>

#include "qs-widget-style.h"

#define HEIGHT 140
#define PAGE 10

struct _QsChannelChart
{
  GtkWidget parent_instance;

  QsWeightChannel *channels;
  gint64 n;
  gint64 current; /* chosen with keys or by a click */
  gint64 hover;
};

enum
{
  PROP_0,
  PROP_CURRENT,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (QsChannelChart, qs_channel_chart, GTK_TYPE_WIDGET)

static QsChannelPlot
get_plot (QsChannelChart *self)
{
  return (QsChannelPlot) {
    .channels = self->channels,
    .n = self->n,
    .current = self->hover >= 0 ? self->hover : self->current,
    .show_focus = gtk_widget_has_visible_focus (GTK_WIDGET (self)),
  };
}

static void
update_accessible (QsChannelChart *self)
{
  const QsChannelPlot plot = get_plot (self);
  g_autofree char *text = qs_channel_plot_describe (&plot, self->current);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _("Weight scales by channel"),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text,
                                  -1);
}

gint64
qs_channel_chart_get_current (QsChannelChart *self)
{
  g_return_val_if_fail (QS_IS_CHANNEL_CHART (self), -1);

  return self->current;
}

void
qs_channel_chart_set_current (QsChannelChart *self,
                              gint64          channel)
{
  g_return_if_fail (QS_IS_CHANNEL_CHART (self));

  channel = CLAMP (channel, -1, self->n - 1);
  if (channel == self->current)
    return;

  self->current = channel;
  update_accessible (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CURRENT]);
}

void
qs_channel_chart_set_channels (QsChannelChart        *self,
                               const QsWeightChannel *channels,
                               gint64                 n)
{
  g_return_if_fail (QS_IS_CHANNEL_CHART (self));

  g_free (self->channels);
  self->channels = g_memdup2 (channels, sizeof (QsWeightChannel) * (gsize) n);
  self->n = n;
  self->hover = -1;
  self->current = -1;
  update_accessible (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CURRENT]);
}

static gint64
find_channel (QsChannelChart *self,
              double          x)
{
  const QsChannelPlot plot = get_plot (self);

  return qs_channel_plot_find (&plot, gtk_widget_get_width (GTK_WIDGET (self)), x);
}

static void
set_hover (QsChannelChart *self,
           gint64          channel)
{
  if (channel == self->hover)
    return;

  self->hover = channel;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
motion_cb (QsChannelChart *self,
           double          x,
           double          y)
{
  set_hover (self, find_channel (self, x));
}

static void
leave_cb (QsChannelChart *self)
{
  set_hover (self, -1);
}

static void
pressed_cb (QsChannelChart *self,
            int             n_press,
            double          x,
            double          y)
{
  gtk_widget_grab_focus (GTK_WIDGET (self));
  qs_channel_chart_set_current (self, find_channel (self, x));
}

static void
move_cb (GtkWidget  *widget,
         const char *action,
         GVariant   *parameter)
{
  QsChannelChart *self = QS_CHANNEL_CHART (widget);
  gint64 by = g_variant_get_int32 (parameter);

  if (self->n == 0)
    return;

  qs_channel_chart_set_current (self, self->current < 0 ? 0
                                                        : CLAMP (self->current + by, 0, self->n - 1));
}

static void
install_keys (GtkWidgetClass *widget_class)
{
  static const struct
  {
    guint key;
    int by;
  } keys[] = {
    { GDK_KEY_Left, -1 }, { GDK_KEY_Right, 1 },
    { GDK_KEY_Page_Up, -PAGE }, { GDK_KEY_Page_Down, PAGE },
    { GDK_KEY_Home, -G_MAXINT }, { GDK_KEY_End, G_MAXINT },
  };

  gtk_widget_class_install_action (widget_class, "chart.move", "i", move_cb);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_widget_class_add_binding_action (widget_class, keys[i].key, 0, "chart.move", "i",
                                         keys[i].by);
}

static void
qs_channel_chart_snapshot (GtkWidget   *widget,
                           GtkSnapshot *snapshot)
{
  QsChannelChart *self = QS_CHANNEL_CHART (widget);
  const QsChannelPlot plot = get_plot (self);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  QsStyle style;
  cairo_t *cr;

  if (self->n == 0 || width <= 0 || height <= 0)
    return;

  qs_widget_get_style (&style);
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  qs_channel_plot_draw (&plot, cr, &style, width, height);
  cairo_destroy (cr);
}

static void
qs_channel_chart_measure (GtkWidget      *widget,
                          GtkOrientation  orientation,
                          int             for_size,
                          int            *minimum,
                          int            *natural,
                          int            *minimum_baseline,
                          int            *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 160 : HEIGHT;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 300 : HEIGHT;
}

static void
qs_channel_chart_get_property (GObject    *object,
                               guint       prop_id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  if (prop_id == PROP_CURRENT)
    g_value_set_int64 (value, QS_CHANNEL_CHART (object)->current);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
qs_channel_chart_set_property (GObject      *object,
                               guint         prop_id,
                               const GValue *value,
                               GParamSpec   *pspec)
{
  if (prop_id == PROP_CURRENT)
    qs_channel_chart_set_current (QS_CHANNEL_CHART (object), g_value_get_int64 (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
qs_channel_chart_finalize (GObject *object)
{
  g_free (QS_CHANNEL_CHART (object)->channels);

  G_OBJECT_CLASS (qs_channel_chart_parent_class)->finalize (object);
}

static void
qs_channel_chart_class_init (QsChannelChartClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = qs_channel_chart_get_property;
  object_class->set_property = qs_channel_chart_set_property;
  object_class->finalize = qs_channel_chart_finalize;
  widget_class->snapshot = qs_channel_chart_snapshot;
  widget_class->measure = qs_channel_chart_measure;

  props[PROP_CURRENT] = g_param_spec_int64 ("current", NULL, NULL, -1, G_MAXINT64, -1,
                                            G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY |
                                              G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  install_keys (widget_class);
  gtk_widget_class_set_css_name (widget_class, "channelchart");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
qs_channel_chart_init (QsChannelChart *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  self->current = self->hover = -1;
  g_signal_connect_swapped (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (leave_cb), self);
  gtk_widget_add_controller (widget, motion);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (pressed_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));

  gtk_widget_set_focusable (widget, TRUE);
  gtk_widget_set_overflow (widget, GTK_OVERFLOW_HIDDEN);
  g_signal_connect (self, "notify::has-focus", G_CALLBACK (gtk_widget_queue_draw), NULL);
  qs_widget_follow_style (widget, G_CALLBACK (gtk_widget_queue_draw));
}

GtkWidget *
qs_channel_chart_new (void)
{
  return g_object_new (QS_TYPE_CHANNEL_CHART, NULL);
}
