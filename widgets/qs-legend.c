/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-legend.h"

#include <glib/gi18n-lib.h>

#include "drawing/qs-graph-draw.h"
#include "qs-widget-style.h"

#define PADDING 10.0
#define RAMP_WIDTH 160
#define RAMP_HEIGHT 10
#define RAMP_ROOM 60

struct _QsLegend
{
  GtkWidget parent_instance;

  QsGraphScene *scene;
  char *heat_label;
  char *heat_low;
  char *heat_high;
};

G_DEFINE_FINAL_TYPE (QsLegend, qs_legend, GTK_TYPE_WIDGET)

enum
{
  PROP_0,
  PROP_SCENE,
  PROP_HEAT_LABEL,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static void
update_accessible (QsLegend *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint klass = 0; self->scene != NULL && klass < QS_N_SCENE_CLASSES; klass++)
    {
      guint n = qs_graph_scene_count_class (self->scene, klass);

      if (n > 0)
        /* Translators: kind of layer and how many there are, part of a list */
        g_string_append_printf (text, _("%s %u, "),
                                qs_graph_scene_get_class_label (self->scene, klass), n);
    }
  if (self->scene != NULL && qs_graph_scene_count_superfluous (self->scene) > 0)
    /* Translators: how many Q/DQ layers should not be there, part of a list */
    g_string_append_printf (text, _("superfluous %u, "),
                            qs_graph_scene_count_superfluous (self->scene));
  if (text->len > 2)
    g_string_truncate (text, text->len - 2);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _("Legend"),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text->str,
                                  -1);
}

static void
draw_ramp (QsLegend      *self,
           cairo_t       *cr,
           const QsStyle *style)
{
  g_autoptr (PangoLayout) title = gtk_widget_create_pango_layout (GTK_WIDGET (self),
                                                                  self->heat_label);
  g_autoptr (PangoLayout) low = gtk_widget_create_pango_layout (GTK_WIDGET (self), self->heat_low);
  g_autoptr (PangoLayout) high = gtk_widget_create_pango_layout (GTK_WIDGET (self),
                                                                 self->heat_high);
  int width;

  for (int x = 0; x < RAMP_WIDTH; x++)
    {
      QsColor fill, label;

      qs_style_get_heat (style, (double) x / (RAMP_WIDTH - 1), &fill, &label);
      qs_color_set (&fill, cr);
      cairo_rectangle (cr, PADDING + x, PADDING + 20, 1, RAMP_HEIGHT);
      cairo_fill (cr);
    }

  qs_color_set (&style->text, cr);
  cairo_move_to (cr, PADDING, PADDING - 2);
  pango_cairo_show_layout (cr, title);
  cairo_move_to (cr, PADDING, PADDING + 22 + RAMP_HEIGHT);
  pango_cairo_show_layout (cr, low);
  pango_layout_get_pixel_size (high, &width, NULL);
  cairo_move_to (cr, PADDING + RAMP_WIDTH - width, PADDING + 22 + RAMP_HEIGHT);
  pango_cairo_show_layout (cr, high);
}

static void
qs_legend_snapshot (GtkWidget   *widget,
                    GtkSnapshot *snapshot)
{
  QsLegend *self = QS_LEGEND (widget);
  int width = gtk_widget_get_width (widget);
  int height = gtk_widget_get_height (widget);
  double drawn_width, drawn_height;
  QsStyle style;
  cairo_t *cr;

  if (width <= 0 || height <= 0 || (self->scene == NULL && self->heat_label == NULL))
    return;

  qs_widget_get_style (&style);
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  if (self->heat_label != NULL)
    draw_ramp (self, cr, &style);
  else
    qs_graph_draw_legend (cr, self->scene, &style, PADDING, PADDING, &drawn_width, &drawn_height);
  cairo_destroy (cr);
}

/* Measured by drawing onto a surface that keeps nothing. */
static void
measure_legend (QsLegend *self,
                double   *width,
                double   *height)
{
  cairo_surface_t *surface;
  cairo_t *cr;
  QsStyle style;

  *width = *height = 0;
  if (self->heat_label != NULL)
    {
      *width = RAMP_WIDTH;
      *height = RAMP_ROOM;
      return;
    }
  if (self->scene == NULL)
    return;

  surface = cairo_recording_surface_create (CAIRO_CONTENT_COLOR_ALPHA, NULL);
  cr = cairo_create (surface);
  qs_style_init (&style, FALSE, FALSE);
  qs_graph_draw_legend (cr, self->scene, &style, 0, 0, width, height);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
}

static void
qs_legend_measure (GtkWidget      *widget,
                   GtkOrientation  orientation,
                   int             for_size,
                   int            *minimum,
                   int            *natural,
                   int            *minimum_baseline,
                   int            *natural_baseline)
{
  double width, height;

  measure_legend (QS_LEGEND (widget), &width, &height);
  *minimum = *natural = (int) (orientation == GTK_ORIENTATION_HORIZONTAL ? width : height) +
                        (int) (2 * PADDING);
}

/**
 * qs_legend_set_scene:
 * @scene: (nullable): what it explains
 */
void
qs_legend_set_scene (QsLegend     *self,
                     QsGraphScene *scene)
{
  g_return_if_fail (QS_IS_LEGEND (self));

  if (scene == self->scene)
    return;

  g_clear_pointer (&self->scene, qs_graph_scene_unref);
  if (scene != NULL)
    self->scene = qs_graph_scene_ref (scene);
  update_accessible (self);
  gtk_widget_queue_resize (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SCENE]);
}

QsGraphScene *
qs_legend_get_scene (QsLegend *self)
{
  g_return_val_if_fail (QS_IS_LEGEND (self), NULL);

  return self->scene;
}

/**
 * qs_legend_set_heat_label:
 * @label: (nullable): what the colours mean; %NULL goes back to classes
 * @low: (nullable): the number at the pale end
 * @high: (nullable): the number at the dark end
 */
void
qs_legend_set_heat_label (QsLegend   *self,
                          const char *label,
                          const char *low,
                          const char *high)
{
  g_return_if_fail (QS_IS_LEGEND (self));

  g_free (self->heat_label);
  g_free (self->heat_low);
  g_free (self->heat_high);
  self->heat_label = g_strdup (label);
  self->heat_low = g_strdup (low);
  self->heat_high = g_strdup (high);
  gtk_widget_queue_resize (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_HEAT_LABEL]);
}

static void
qs_legend_get_property (GObject    *object,
                        guint       prop_id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  QsLegend *self = QS_LEGEND (object);

  if (prop_id == PROP_SCENE)
    g_value_set_boxed (value, self->scene);
  else if (prop_id == PROP_HEAT_LABEL)
    g_value_set_string (value, self->heat_label);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
qs_legend_set_property (GObject      *object,
                        guint         prop_id,
                        const GValue *value,
                        GParamSpec   *pspec)
{
  QsLegend *self = QS_LEGEND (object);

  if (prop_id == PROP_SCENE)
    qs_legend_set_scene (self, g_value_get_boxed (value));
  else if (prop_id == PROP_HEAT_LABEL)
    qs_legend_set_heat_label (self, g_value_get_string (value), self->heat_low, self->heat_high);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
qs_legend_finalize (GObject *object)
{
  QsLegend *self = QS_LEGEND (object);

  g_clear_pointer (&self->scene, qs_graph_scene_unref);
  g_free (self->heat_label);
  g_free (self->heat_low);
  g_free (self->heat_high);
  G_OBJECT_CLASS (qs_legend_parent_class)->finalize (object);
}

static void
qs_legend_class_init (QsLegendClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = qs_legend_get_property;
  object_class->set_property = qs_legend_set_property;
  object_class->finalize = qs_legend_finalize;
  widget_class->snapshot = qs_legend_snapshot;
  widget_class->measure = qs_legend_measure;

  props[PROP_SCENE] = g_param_spec_boxed ("scene", NULL, NULL, QS_TYPE_GRAPH_SCENE, flags);
  props[PROP_HEAT_LABEL] = g_param_spec_string ("heat-label", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
  gtk_widget_class_set_css_name (widget_class, "legend");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
qs_legend_init (QsLegend *self)
{
  gtk_widget_set_can_target (GTK_WIDGET (self), FALSE);
  gtk_widget_add_css_class (GTK_WIDGET (self), "card");
  qs_widget_follow_style (GTK_WIDGET (self), G_CALLBACK (gtk_widget_queue_draw));
  update_accessible (self);
}

GtkWidget *
qs_legend_new (void)
{
  return g_object_new (QS_TYPE_LEGEND, NULL);
}
