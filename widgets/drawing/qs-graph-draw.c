/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-graph-draw.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <pango/pangocairo.h>

#include "qs-draw-util.h"
#include "qs-graph-scene-private.h"

/*
 * One pass over the visible part of a scene: all lines of a kind in one path, all boxes of a class
 * in another, then texts where they can be read. What is not visible is not looked at, but for a
 * quick walk over the routes.
 */

#define CORNER 9.0
#define LINE_WIDTH 1.4
#define OUTLINE_WIDTH 1.2
#define PADDING 12.0
/* How far the ground of a superfluous pair reaches around it. */
#define GROUND 10.0

typedef struct
{
  cairo_t *cr;
  QsGraphScene *scene;
  const QsStyle *style;
  const QsGraphMarks *marks;
  double x, y;          /* of the view, scene units */
  double scale;
  double right, bottom;
  int first_layer, end_layer;
} View;

/* A length of @pixels at the least, and of @units when zoomed in. */
static double
at_least (const View *view,
          double      units,
          double      pixels)
{
  return MAX (units, pixels / view->scale);
}

static void
add_bend (cairo_t             *cr,
          const QsLayoutPoint *a,
          const QsLayoutPoint *b)
{
  double middle = (a->y + b->y) / 2;

  if (fabs (a->x - b->x) < 0.01)
    cairo_line_to (cr, b->x, b->y);
  else
    cairo_curve_to (cr, a->x, middle, b->x, middle, b->x, b->y);
}

/* Only the part that is in view: a trunk may be a million units long. */
static void
add_route (const View          *view,
           const QsLayoutPoint *points,
           guint                n)
{
  const double margin = 4;
  gboolean open = FALSE;

  for (guint i = 1; i < n; i++)
    {
      QsLayoutPoint a = points[i - 1];
      QsLayoutPoint b = points[i];

      if (b.y < view->y - margin || a.y > view->bottom + margin)
        {
          open = FALSE;
          continue;
        }

      if (fabs (a.x - b.x) < 0.01)
        {
          a.y = MAX (a.y, view->y - margin);
          b.y = MIN (b.y, view->bottom + margin);
        }
      if (!open)
        cairo_move_to (view->cr, a.x, a.y);
      add_bend (view->cr, &a, &b);
      open = TRUE;
    }
}

static void
add_route_coarse (const View          *view,
                  const QsLayoutPoint *points,
                  guint                n)
{
  const QsLayoutPoint *first = &points[0];

  cairo_move_to (view->cr, first->x, MAX (first->y, view->y));
  for (guint i = 1; i < n; i++)
    cairo_line_to (view->cr, points[i].x, CLAMP (points[i].y, view->y, view->bottom));
}

static void
add_edges (const View *view,
           gboolean    int8)
{
  guint n_routes, n_points;
  const QsLayoutRoute *routes = qs_graph_layout_get_routes (view->scene->layout, &n_routes);
  const QsLayoutPoint *points = qs_graph_layout_get_points (view->scene->layout, &n_points);
  gboolean coarse = view->scale < QS_GRAPH_SCALE_COARSE;
  double shortest = coarse ? 1.5 / view->scale : 0;

  for (guint i = 0; i < n_routes; i++)
    {
      const QsLayoutPoint *first = points + routes[i].first;
      const QsLayoutPoint *last = first + routes[i].n - 1;

      if (last->y < view->y || first->y > view->bottom || last->y - first->y < shortest)
        continue;
      if (g_array_index (view->scene->nets, QsSceneNet, routes[i].net).is_int8 != int8)
        continue;

      if (coarse)
        add_route_coarse (view, first, routes[i].n);
      else
        add_route (view, first, routes[i].n);
    }
}

static void
add_arrow (const View          *view,
           const QsLayoutPoint *tip)
{
  cairo_move_to (view->cr, tip->x, tip->y);
  cairo_line_to (view->cr, tip->x - 3.5, tip->y - 6.5);
  cairo_line_to (view->cr, tip->x + 3.5, tip->y - 6.5);
  cairo_close_path (view->cr);
}

static void
add_arrows (const View *view,
            gboolean    int8)
{
  guint n_routes, n_points;
  const QsLayoutRoute *routes = qs_graph_layout_get_routes (view->scene->layout, &n_routes);
  const QsLayoutPoint *points = qs_graph_layout_get_points (view->scene->layout, &n_points);

  for (guint i = 0; i < n_routes; i++)
    {
      const QsLayoutPoint *tip = points + routes[i].first + routes[i].n - 1;

      if (routes[i].consumer >= 0 && tip->y >= view->y && tip->y - 8 <= view->bottom &&
          g_array_index (view->scene->nets, QsSceneNet, routes[i].net).is_int8 == int8)
        add_arrow (view, tip);
    }
}

static void
draw_edges (const View *view)
{
  cairo_t *cr = view->cr;

  for (int int8 = 0; int8 < 2; int8++)
    {
      qs_color_set (int8 ? &view->style->edge_int8 : &view->style->edge, cr);
      cairo_set_line_width (cr, at_least (view, LINE_WIDTH, 0.9));
      add_edges (view, int8);
      cairo_stroke (cr);

      if (view->scale >= QS_GRAPH_SCALE_TEXT)
        {
          add_arrows (view, int8);
          cairo_fill (cr);
        }
    }
}

static void
draw_net (const View    *view,
          int            net,
          const QsColor *color,
          double         width)
{
  guint n_routes, n_points;
  const QsSceneNet *info;
  const QsLayoutRoute *routes;
  const QsLayoutPoint *points;

  if (net < 0)
    return;

  info = qs_graph_scene_get_net (view->scene, net);
  routes = qs_graph_layout_get_routes (view->scene->layout, &n_routes);
  points = qs_graph_layout_get_points (view->scene->layout, &n_points);
  for (guint i = info->first_route; i < info->first_route + info->n_routes; i++)
    add_route (view, points + routes[i].first, routes[i].n);

  qs_color_set (color, view->cr);
  cairo_set_line_width (view->cr, at_least (view, width, width));
  cairo_stroke (view->cr);
  for (guint i = info->first_route; i < info->first_route + info->n_routes; i++)
    if (routes[i].consumer >= 0)
      add_arrow (view, points + routes[i].first + routes[i].n - 1);
  cairo_fill (view->cr);
}

static void
add_shape (const View        *view,
           const QsSceneNode *node,
           double             grow)
{
  double w = node->width / 2 + grow;
  double h = node->height / 2 + grow;

  if (view->scale < QS_GRAPH_SCALE_COARSE)
    {
      cairo_rectangle (view->cr, node->x - w, node->y - h, 2 * w, 2 * h);
      return;
    }

  qs_draw_add_shape (view->cr, node->klass, node->x, node->y, 2 * w, 2 * h, CORNER + grow);
}

typedef gboolean (*NodeFilter) (const View *view,
                                int         node,
                                gpointer    data);

/* Adds the shapes of all visible nodes that @filter accepts to the path. */
static guint
add_nodes (const View *view,
           NodeFilter  filter,
           gpointer    data,
           double      grow)
{
  guint added = 0;

  for (int l = view->first_layer; l < view->end_layer; l++)
    {
      int n;
      const int *nodes = qs_graph_layout_get_layer (view->scene->layout, l, &n);

      for (int i = qs_graph_scene_lower_bound (view->scene, l, view->x); i < n; i++)
        {
          const QsSceneNode *node = qs_graph_scene_get_node (view->scene, nodes[i]);

          if (node->x - node->width / 2 > view->right)
            break;
          if (!filter (view, nodes[i], data))
            continue;
          add_shape (view, node, grow);
          added++;
        }
    }

  return added;
}

static gboolean
has_heat (const View *view,
          int         node)
{
  return view->marks->heat != NULL && !isnan (view->marks->heat[node]);
}

static gboolean
is_of_class (const View *view,
             int         node,
             gpointer    data)
{
  return qs_graph_scene_get_node (view->scene, node)->klass == GPOINTER_TO_UINT (data) &&
         !has_heat (view, node);
}

static gboolean
is_no_match (const View *view,
             int         node,
             gpointer    data)
{
  return !view->marks->matches[node];
}

static gboolean
is_match (const View *view,
          int         node,
          gpointer    data)
{
  return view->marks->matches[node];
}

#define N_HEAT_STEPS 24

static int
heat_step (double value)
{
  return (int) (CLAMP (value, 0, 1) * (N_HEAT_STEPS - 1) + 0.5);
}

static gboolean
is_of_heat (const View *view,
            int         node,
            gpointer    data)
{
  return has_heat (view, node) && heat_step (view->marks->heat[node]) == GPOINTER_TO_INT (data);
}

static void
paint_boxes (const View    *view,
             const QsColor *fill,
             const QsColor *outline)
{
  if (view->scale < QS_GRAPH_SCALE_COARSE)
    {
      /* Without outlines a pale box would vanish. */
      gboolean pale = qs_color_contrast (fill, &view->style->background) < 1.5;

      qs_color_set (pale ? outline : fill, view->cr);
      cairo_fill (view->cr);
      return;
    }

  qs_color_set (fill, view->cr);
  cairo_fill_preserve (view->cr);
  qs_color_set (outline, view->cr);
  cairo_set_line_width (view->cr, at_least (view, view->style->high_contrast ? 2 : OUTLINE_WIDTH,
                                            0.6));
  cairo_stroke (view->cr);
}

static void
draw_boxes (const View *view)
{
  for (guint klass = 0; klass < QS_N_SCENE_CLASSES; klass++)
    if (add_nodes (view, is_of_class, GUINT_TO_POINTER (klass), 0) > 0)
      paint_boxes (view, &view->style->fill[klass], &view->style->outline[klass]);

  for (int step = 0; view->marks->heat != NULL && step < N_HEAT_STEPS; step++)
    if (add_nodes (view, is_of_heat, GINT_TO_POINTER (step), 0) > 0)
      {
        QsColor fill, label;

        qs_style_get_heat (view->style, (double) step / (N_HEAT_STEPS - 1), &fill, &label);
        paint_boxes (view, &fill, &view->style->outline[QS_SCENE_NEUTRAL]);
      }
}

static gboolean
is_superfluous (const View *view,
                int         node,
                gpointer    data)
{
  return qs_graph_scene_get_node (view->scene, node)->is_superfluous;
}

/* The way from a Q to its DQ lies on the same ground. */
static void
add_superfluous_lines (const View *view)
{
  guint n_routes, n_points;
  const QsLayoutRoute *routes = qs_graph_layout_get_routes (view->scene->layout, &n_routes);
  const QsLayoutPoint *points = qs_graph_layout_get_points (view->scene->layout, &n_points);

  for (guint i = 0; i < n_routes; i++)
    {
      int producer = g_array_index (view->scene->nets, QsSceneNet, routes[i].net).producer;

      if (producer >= 0 && routes[i].consumer >= 0 && is_superfluous (view, producer, NULL) &&
          is_superfluous (view, routes[i].consumer, NULL))
        add_route (view, points + routes[i].first, routes[i].n);
    }
}

/* Twice: the rim, and the ground on it. */
static void
draw_grounds (const View *view)
{
  const double rim = at_least (view, 1.2, 1);

  if (qs_graph_scene_count_superfluous (view->scene) == 0)
    return;

  for (guint i = 0; i < 2; i++)
    {
      double inset = i * rim;

      qs_color_set (i == 0 ? &view->style->edge_int8 : &view->style->superfluous, view->cr);
      add_nodes (view, is_superfluous, NULL, GROUND - inset);
      cairo_fill (view->cr);
      add_superfluous_lines (view);
      cairo_set_line_width (view->cr, 2 * (GROUND - inset));
      cairo_stroke (view->cr);
    }
}

static void
draw_matches (const View *view)
{
  QsColor veil = view->style->background;

  if (view->marks->matches == NULL)
    return;

  veil.a = 0.66;
  if (add_nodes (view, is_no_match, NULL, 1) > 0)
    {
      qs_color_set (&veil, view->cr);
      cairo_fill (view->cr);
    }
  if (add_nodes (view, is_match, NULL, at_least (view, 3, 1.5)) > 0)
    {
      qs_color_set (&view->style->match, view->cr);
      cairo_set_line_width (view->cr, at_least (view, 2.5, 2));
      cairo_stroke (view->cr);
    }
}

static void
draw_ring (const View    *view,
           int            node,
           const QsColor *color,
           double         distance,
           double         width)
{
  if (node < 0)
    return;

  add_shape (view, qs_graph_scene_get_node (view->scene, node),
             distance / MIN (view->scale, 1));
  qs_color_set (color, view->cr);
  cairo_set_line_width (view->cr, at_least (view, width, width));
  cairo_stroke (view->cr);
}

static void
draw_marks (const View *view)
{
  const QsGraphMarks *marks = view->marks;
  QsColor hover = view->style->hover;

  hover.a = 0.55;
  if (marks->hover_node != marks->selected_node)
    draw_ring (view, marks->hover_node, &hover, 2.5, 2);
  draw_ring (view, marks->selected_node, &view->style->accent, 3, 3);

  if (marks->show_focus && marks->selected_node >= 0)
    {
      double dash = 3 / view->scale;

      cairo_set_dash (view->cr, &dash, 1, 0);
      draw_ring (view, marks->selected_node, &view->style->text, 6.5, 1.2);
      cairo_set_dash (view->cr, NULL, 0, 0);
    }
}

typedef struct
{
  PangoLayout *layout;
  PangoFontDescription *title;
  PangoFontDescription *text;
  PangoFontDescription *badge;
} Fonts;

static void
show_line (const View            *view,
           const Fonts           *fonts,
           PangoFontDescription  *font,
           const char            *text,
           double                 x,
           double                 y,
           double                 width,
           PangoAlignment         alignment)
{
  pango_layout_set_font_description (fonts->layout, font);
  pango_layout_set_width (fonts->layout, (int) (width * PANGO_SCALE));
  pango_layout_set_alignment (fonts->layout, alignment);
  pango_layout_set_text (fonts->layout, text, -1);
  cairo_move_to (view->cr, x, y);
  pango_cairo_show_layout (view->cr, fonts->layout);
}

static double
draw_badge (const View        *view,
            const Fonts       *fonts,
            const QsSceneNode *node,
            const QsColor     *label)
{
  const double height = 15;
  QsColor ground = *label;
  double right = node->x + node->width / 2 - PADDING + 4;
  double top = node->y - node->height / 2 + 7;
  double width = 35;

  ground.a = 0.16;
  qs_color_set (&ground, view->cr);
  qs_draw_add_round_rectangle (view->cr, right - width, top, width, height,
                               node->klass == QS_SCENE_INT8 ? height / 2 : 2);
  cairo_fill (view->cr);
  qs_color_set (label, view->cr);
  show_line (view, fonts, fonts->badge, node->badge, right - width, top + 1, width,
             PANGO_ALIGN_CENTER);
  return width + 4;
}

static void
draw_layer_text (const View        *view,
                 const Fonts       *fonts,
                 const QsSceneNode *node,
                 const QsColor     *label)
{
  double left = node->x - node->width / 2 + PADDING;
  double width = node->width - 2 * PADDING;
  double top = node->y - node->height / 2;
  double badge = 0;
  QsColor dim = *label;

  if (node->badge != NULL)
    badge = draw_badge (view, fonts, node, label);

  qs_color_set (label, view->cr);
  show_line (view, fonts, fonts->title, node->title, left, top + 5, width - badge,
             PANGO_ALIGN_LEFT);
  show_line (view, fonts, fonts->text, node->short_name, left, top + 24, width, PANGO_ALIGN_LEFT);

  if (node->parts == NULL || view->scale < QS_GRAPH_SCALE_PARTS)
    return;
  dim.a = 0.85;
  qs_color_set (&dim, view->cr);
  show_line (view, fonts, fonts->text, node->parts, left, top + 41, width, PANGO_ALIGN_LEFT);
}

static void
draw_terminal_text (const View        *view,
                    const Fonts       *fonts,
                    const QsSceneNode *node,
                    const QsColor     *label)
{
  double width = node->width - node->height / 2;
  double left = node->x - width / 2;
  double top = node->y - node->height / 2;
  QsColor dim = *label;

  qs_color_set (label, view->cr);
  show_line (view, fonts, fonts->title, node->name, left, top + 4, width, PANGO_ALIGN_CENTER);
  dim.a = 0.8;
  qs_color_set (&dim, view->cr);
  show_line (view, fonts, fonts->text, node->parts, left, top + 22, width, PANGO_ALIGN_CENTER);
}

static void
draw_text (const View  *view,
           const Fonts *fonts,
           int          node)
{
  const QsSceneNode *info = qs_graph_scene_get_node (view->scene, node);
  QsColor label = view->style->label[info->klass];
  QsColor fill;

  if (has_heat (view, node))
    qs_style_get_heat (view->style, view->marks->heat[node], &fill, &label);
  if (view->marks->matches != NULL && !view->marks->matches[node])
    {
      label = view->style->dim_text;
      label.a = 0.6;
    }

  switch ((int) info->klass)
    {
    case QS_SCENE_REFORMAT:
      break;

    case QS_SCENE_QUANTIZE:
      qs_color_set (&label, view->cr);
      show_line (view, fonts, fonts->badge, info->title, info->x - info->width / 2,
                 info->y - 7, info->width, PANGO_ALIGN_CENTER);
      break;

    case QS_SCENE_TERMINAL:
      draw_terminal_text (view, fonts, info, &label);
      break;

    default:
      draw_layer_text (view, fonts, info, &label);
    }
}

static void
fonts_init (Fonts   *self,
            cairo_t *cr)
{
  self->layout = qs_draw_create_layout (cr);
  pango_layout_set_ellipsize (self->layout, PANGO_ELLIPSIZE_MIDDLE);
  pango_layout_set_single_paragraph_mode (self->layout, TRUE);
  self->title = qs_draw_create_font (QS_STYLE_TITLE_SIZE, PANGO_WEIGHT_BOLD);
  self->text = qs_draw_create_font (QS_STYLE_TEXT_SIZE, PANGO_WEIGHT_NORMAL);
  self->badge = qs_draw_create_font (9.5, PANGO_WEIGHT_BOLD);
}

static void
fonts_clear (Fonts *self)
{
  g_object_unref (self->layout);
  pango_font_description_free (self->title);
  pango_font_description_free (self->text);
  pango_font_description_free (self->badge);
}

static void
draw_texts (const View *view)
{
  Fonts fonts;

  if (view->scale < QS_GRAPH_SCALE_TEXT)
    return;

  fonts_init (&fonts, view->cr);
  for (int l = view->first_layer; l < view->end_layer; l++)
    {
      int n;
      const int *nodes = qs_graph_layout_get_layer (view->scene->layout, l, &n);

      for (int i = qs_graph_scene_lower_bound (view->scene, l, view->x); i < n; i++)
        {
          const QsSceneNode *node = qs_graph_scene_get_node (view->scene, nodes[i]);

          if (node->x - node->width / 2 > view->right)
            break;
          draw_text (view, &fonts, nodes[i]);
        }
    }
  fonts_clear (&fonts);
}

void
qs_graph_draw (cairo_t            *cr,
               QsGraphScene       *scene,
               const QsStyle      *style,
               const QsGraphMarks *marks,
               double              x,
               double              y,
               double              scale,
               double              width,
               double              height)
{
  View view = {
    .cr = cr,
    .scene = scene,
    .style = style,
    .marks = marks,
    .x = x,
    .y = y,
    .scale = scale,
    .right = x + width / scale,
    .bottom = y + height / scale,
  };

  cairo_save (cr);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_clip_preserve (cr);
  qs_color_set (&style->background, cr);
  cairo_fill (cr);

  cairo_scale (cr, scale, scale);
  cairo_translate (cr, -x, -y);
  if (scale < QS_GRAPH_SCALE_COARSE)
    cairo_set_antialias (cr, CAIRO_ANTIALIAS_NONE);
  qs_graph_scene_get_visible (scene, view.y - 8, view.bottom + 8,
                              &view.first_layer, &view.end_layer);

  draw_grounds (&view);
  draw_edges (&view);
  if (marks->hover_net != marks->selected_net)
    draw_net (&view, marks->hover_net, &style->hover, 2);
  draw_net (&view, marks->selected_net, &style->accent, 3);
  draw_boxes (&view);
  draw_matches (&view);
  draw_texts (&view);
  cairo_set_antialias (cr, CAIRO_ANTIALIAS_DEFAULT);
  draw_marks (&view);
  cairo_restore (cr);
}
