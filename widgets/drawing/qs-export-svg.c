/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "core/qs-error.h"
#include "qs-export-private.h"
#include "qs-text-meter.h"

/*
 * SVG is written by hand rather than by cairo, which turns text into outlines: here every layer is
 * a group with a title (browsers show it as a tooltip), text can be searched and copied, and the
 * colours are one style sheet.
 */

#define PADDING 12.0

typedef struct
{
  GString *out;
  QsGraphScene *scene;
  const QsStyle *style;
  QsTextMeter *bold;
  QsTextMeter *plain;
} Writer;

static const char *const class_names[QS_N_SCENE_CLASSES] = {
  [QS_SCENE_NEUTRAL] = "neutral",
  [QS_SCENE_INT8] = "int8",
  [QS_SCENE_FLOAT] = "float",
  [QS_SCENE_HALF] = "half",
  [QS_SCENE_REFORMAT] = "reformat",
  [QS_SCENE_QUANTIZE] = "quantize",
  [QS_SCENE_REFUSED] = "refused",
  [QS_SCENE_TERMINAL] = "terminal",
};

/* A coordinate with two decimals at most, whatever the locale. */
static void
put_number (Writer *self,
            double  value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (self->out, g_ascii_formatd (buffer, sizeof buffer, "%.10g",
                                               round (value * 100) / 100));
}

static void
put_attribute (Writer     *self,
               const char *name,
               double      value)
{
  g_string_append_printf (self->out, " %s=\"", name);
  put_number (self, value);
  g_string_append_c (self->out, '"');
}

/* XML 1.0 has no way to write most control characters: they become spaces. */
static void
put_escaped (Writer     *self,
             const char *text)
{
  g_autofree char *escaped = NULL;
  g_autofree char *clean = g_strdup (text);

  for (char *p = clean; *p != '\0'; p++)
    if ((guchar) *p < 0x20 && *p != '\n' && *p != '\t')
      *p = ' ';
  escaped = g_markup_escape_text (clean, -1);
  g_string_append (self->out, escaped);
}

static void
put_text (Writer     *self,
          const char *klass,
          const char *anchor,
          double      x,
          double      y,
          const char *text)
{
  g_string_append_printf (self->out, "<text class=\"%s\"", klass);
  put_attribute (self, "x", x);
  put_attribute (self, "y", y);
  if (anchor != NULL)
    g_string_append_printf (self->out, " text-anchor=\"%s\"", anchor);
  g_string_append_c (self->out, '>');
  put_escaped (self, text);
  g_string_append (self->out, "</text>");
}

static void
put_shape (Writer       *self,
           QsSceneClass  klass,
           double        x,
           double        y,
           double        width,
           double        height)
{
  double radius = 0;

  if (klass == QS_SCENE_REFORMAT)
    {
      const double dx[] = { 0, width / 2, 0, -width / 2 };
      const double dy[] = { -height / 2, 0, height / 2, 0 };

      g_string_append (self->out, "<polygon points=\"");
      for (int i = 0; i < 4; i++)
        {
          put_number (self, x + dx[i]);
          g_string_append_c (self->out, ',');
          put_number (self, y + dy[i]);
          g_string_append_c (self->out, i < 3 ? ' ' : '"');
        }
      g_string_append (self->out, "/>");
      return;
    }

  if (klass == QS_SCENE_TERMINAL || klass == QS_SCENE_QUANTIZE)
    radius = height / 2;
  else if (klass == QS_SCENE_INT8)
    radius = 9;
  else if (klass == QS_SCENE_NEUTRAL)
    radius = 4.5;

  g_string_append (self->out, "<rect");
  put_attribute (self, "x", x - width / 2);
  put_attribute (self, "y", y - height / 2);
  put_attribute (self, "width", width);
  put_attribute (self, "height", height);
  if (radius > 0)
    put_attribute (self, "rx", MIN (radius, height / 2));
  g_string_append (self->out, "/>");
}

static void
put_fitted (Writer      *self,
            QsTextMeter *meter,
            const char  *klass,
            const char  *anchor,
            double       x,
            double       y,
            double       width,
            const char  *text)
{
  g_autofree char *fitted = qs_text_meter_shorten (meter, text, width);

  put_text (self, klass, anchor, x, y, fitted);
}

static void
put_layer_text (Writer            *self,
                const QsSceneNode *node)
{
  double left = node->x - node->width / 2 + PADDING;
  double right = node->x + node->width / 2 - PADDING;
  double top = node->y - node->height / 2;
  double width = right - left;

  put_fitted (self, self->bold, "t", NULL, left, top + 18,
              width - (node->badge != NULL ? 38 : 0), node->title);
  if (node->badge != NULL)
    put_text (self, "b", "end", right, top + 17, node->badge);
  put_fitted (self, self->plain, "n", NULL, left, top + 35, width, node->short_name);
  if (node->parts != NULL)
    put_fitted (self, self->plain, "n p", NULL, left, top + 52, width, node->parts);
}

static void
put_superfluous_ground (Writer            *self,
                        const QsSceneNode *node)
{
  const double margin = 10.0;
  char fill[8], rim[8];

  qs_color_to_hex (&self->style->superfluous, fill);
  qs_color_to_hex (&self->style->edge_int8, rim);
  g_string_append (self->out, "<rect");
  put_attribute (self, "x", node->x - node->width / 2 - margin);
  put_attribute (self, "y", node->y - node->height / 2 - margin);
  put_attribute (self, "width", node->width + 2 * margin);
  put_attribute (self, "height", node->height + 2 * margin);
  g_string_append_printf (self->out, " rx=\"8\" style=\"fill: %s; stroke: %s\"/>", fill, rim);
}

static void
put_node (Writer            *self,
          const QsSceneNode *node)
{
  g_string_append_printf (self->out, "<g class=\"%s\"><title>", class_names[node->klass]);
  put_escaped (self, node->name);
  g_string_append_c (self->out, '\n');
  put_escaped (self, node->title);
  if (node->parts != NULL)
    {
      g_string_append_c (self->out, '\n');
      put_escaped (self, node->parts);
    }
  g_string_append (self->out, "</title>");
  if (node->is_superfluous)
    put_superfluous_ground (self, node);
  put_shape (self, node->klass, node->x, node->y, node->width, node->height);

  if (node->klass == QS_SCENE_QUANTIZE)
    put_text (self, "b", "middle", node->x, node->y + 3.5, node->title);
  else if (node->klass == QS_SCENE_TERMINAL)
    {
      put_fitted (self, self->bold, "t", "middle", node->x, node->y - 3, node->width - 20,
                  node->name);
      put_fitted (self, self->plain, "n", "middle", node->x, node->y + 13, node->width - 20,
                  node->parts);
    }
  else if (node->klass != QS_SCENE_REFORMAT)
    put_layer_text (self, node);
  g_string_append (self->out, "</g>\n");
}

static void
put_point (Writer *self,
           char    command,
           double  x,
           double  y)
{
  if (command != '\0')
    g_string_append_c (self->out, command);
  put_number (self, x);
  g_string_append_c (self->out, ' ');
  put_number (self, y);
}

static void
put_route (Writer              *self,
           const QsLayoutPoint *points,
           guint                n)
{
  put_point (self, 'M', points[0].x, points[0].y);
  for (guint i = 1; i < n; i++)
    {
      const QsLayoutPoint *a = &points[i - 1];
      const QsLayoutPoint *b = &points[i];
      double middle = (a->y + b->y) / 2;

      if (fabs (a->x - b->x) < 0.01)
        {
          put_point (self, 'L', b->x, b->y);
          continue;
        }
      put_point (self, 'C', a->x, middle);
      put_point (self, ' ', b->x, middle);
      put_point (self, ' ', b->x, b->y);
    }
}

/* One path for a tensor, however many read it. */
static void
put_net (Writer *self,
         int     net)
{
  const QsSceneNet *info = qs_graph_scene_get_net (self->scene, net);
  QsGraphLayout *layout = qs_graph_scene_get_layout (self->scene);
  guint n_routes, n_points;
  const QsLayoutRoute *routes = qs_graph_layout_get_routes (layout, &n_routes);
  const QsLayoutPoint *points = qs_graph_layout_get_points (layout, &n_points);

  g_string_append_printf (self->out, "<path%s d=\"", info->is_int8 ? " class=\"q\"" : "");
  for (guint i = info->first_route; i < info->first_route + info->n_routes; i++)
    put_route (self, points + routes[i].first, routes[i].n);
  g_string_append (self->out, "\"><title>");
  put_escaped (self, info->name);
  g_string_append_c (self->out, '\n');
  put_escaped (self, info->details);
  g_string_append (self->out, "</title></path>\n");
}

static void
put_style (Writer *self)
{
  char background[8], text[8], edge[8], edge_int8[8];

  qs_color_to_hex (&self->style->background, background);
  qs_color_to_hex (&self->style->text, text);
  qs_color_to_hex (&self->style->edge, edge);
  qs_color_to_hex (&self->style->edge_int8, edge_int8);
  g_string_append_printf (self->out,
                          "<style>\n"
                          "text { font-family: Cantarell, Adwaita Sans, sans-serif; fill: %s; }\n"
                          ".ground { fill: %s; }\n"
                          ".h { font-size: 18px; font-weight: bold; }\n"
                          ".l { font-size: 12px; }\n"
                          ".t { font-size: 13px; font-weight: bold; }\n"
                          ".n { font-size: 11px; }\n"
                          ".p { opacity: 0.85; }\n"
                          ".b { font-size: 9.5px; font-weight: bold; }\n"
                          ".lines path { fill: none; stroke: %s; stroke-width: 1.4; }\n"
                          ".lines path.q { stroke: %s; }\n",
                          text, background, edge, edge_int8);

  for (guint i = 0; i < QS_N_SCENE_CLASSES; i++)
    {
      char fill[8], outline[8], label[8];

      qs_color_to_hex (&self->style->fill[i], fill);
      qs_color_to_hex (&self->style->outline[i], outline);
      qs_color_to_hex (&self->style->label[i], label);
      g_string_append_printf (self->out,
                              ".%s rect, .%s polygon { fill: %s; stroke: %s; "
                              "stroke-width: 1.2; }\n"
                              ".%s text { fill: %s; }\n",
                              class_names[i], class_names[i], fill, outline, class_names[i], label);
    }
  g_string_append (self->out, "</style>\n");
}

static void
put_legend (Writer             *self,
            const QsExportPage *page)
{
  double y = page->legend_y;

  for (guint klass = 0; klass < QS_N_SCENE_CLASSES; klass++)
    {
      guint n = qs_graph_scene_count_class (self->scene, klass);
      g_autofree char *text = NULL;

      if (n == 0)
        continue;

      text = g_strdup_printf (C_("legend", "%s: %u"),
                              qs_graph_scene_get_class_label (self->scene, klass), n);
      g_string_append_printf (self->out, "<g class=\"%s\">", class_names[klass]);
      put_shape (self, klass, QS_EXPORT_MARGIN + 14, y + 11, klass == QS_SCENE_REFORMAT ? 14 : 22,
                 14);
      g_string_append (self->out, "</g>");
      put_text (self, "l", NULL, QS_EXPORT_MARGIN + 38, y + 15, text);
      g_string_append_c (self->out, '\n');
      y += 22;
    }
  if (qs_graph_scene_count_superfluous (self->scene) > 0)
    {
      const QsSceneNode sign = { .x = QS_EXPORT_MARGIN + 14, .y = y + 11, .width = 4 };
      g_autofree char *text = g_strdup_printf (_("Superfluous: %u"),
                                               qs_graph_scene_count_superfluous (self->scene));

      put_superfluous_ground (self, &sign);
      put_text (self, "l", NULL, QS_EXPORT_MARGIN + 38, y + 15, text);
      g_string_append_c (self->out, '\n');
    }
}

static void
put_head (Writer             *self,
          const QsExportPage *page)
{
  g_string_append (self->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                              "<svg xmlns=\"http://www.w3.org/2000/svg\"");
  put_attribute (self, "width", page->width);
  put_attribute (self, "height", page->height);
  g_string_append (self->out, " viewBox=\"0 0 ");
  put_number (self, page->width);
  g_string_append_c (self->out, ' ');
  put_number (self, page->height);
  g_string_append (self->out, "\">\n<title>");
  put_escaped (self, qs_graph_scene_get_title (self->scene));
  g_string_append (self->out, "</title>\n");
  put_style (self);
  g_string_append (self->out, "<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n");
  put_text (self, "h", NULL, QS_EXPORT_MARGIN, QS_EXPORT_MARGIN + QS_EXPORT_TITLE_SIZE,
            qs_graph_scene_get_title (self->scene));
  g_string_append_c (self->out, '\n');
  put_legend (self, page);
}

static gboolean
put_graph (Writer              *self,
           const QsExportPage  *page,
           GCancellable        *cancellable,
           GError             **error)
{
  g_string_append (self->out, "<g transform=\"translate(");
  put_number (self, page->graph_x);
  g_string_append_c (self->out, ' ');
  put_number (self, page->graph_y);
  g_string_append (self->out, ")\">\n<g class=\"lines\">\n");
  for (int i = 0; i < qs_graph_scene_get_n_nets (self->scene); i++)
    {
      if (i % 256 == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      put_net (self, i);
    }
  g_string_append (self->out, "</g>\n");
  for (int v = 0; v < qs_graph_scene_get_n_nodes (self->scene); v++)
    {
      if (v % 256 == 0 && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      put_node (self, qs_graph_scene_get_node (self->scene, v));
    }
  g_string_append (self->out, "</g>\n</svg>\n");
  return TRUE;
}

/**
 * qs_graph_export_svg:
 *
 * Writes the whole graph with its title and legend. Texts are texts, nothing is an image.
 */
gboolean
qs_graph_export_svg (QsGraphScene  *scene,
                     GFile         *file,
                     gboolean       dark,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_autoptr (QsTextMeter) bold = qs_text_meter_new (QS_STYLE_FONT, QS_STYLE_TITLE_SIZE, TRUE);
  g_autoptr (QsTextMeter) plain = qs_text_meter_new (QS_STYLE_FONT, QS_STYLE_TEXT_SIZE, FALSE);
  g_autoptr (GString) out = g_string_new (NULL);
  QsStyle style;
  QsExportPage page;
  Writer writer = {
    .out = out,
    .scene = scene,
    .style = &style,
    .bold = bold,
    .plain = plain,
  };

  qs_style_init (&style, dark, FALSE);
  qs_export_page_init (&page, scene, &style);
  put_head (&writer, &page);
  return put_graph (&writer, &page, cancellable, error) &&
         qs_export_save (file, out->str, out->len, cancellable, error);
}
