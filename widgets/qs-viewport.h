/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * QsViewport:
 *
 * Which part of a drawing a widget shows: the scene point in its left top corner, and how many
 * pixels one scene unit takes. It knows the size of the content and of the view, keeps the content
 * in sight, and can move smoothly when its owner calls [method@Viewport.advance] every frame.
 * Several widgets may share one (a graph and its minimap). No display is needed.
 *
 * ## Properties
 *
 * x, y (scene units), scale, min-scale, max-scale (all doubles). Signal: changed.
 */
#define QS_TYPE_VIEWPORT (qs_viewport_get_type ())
G_DECLARE_FINAL_TYPE (QsViewport, qs_viewport, QS, VIEWPORT, GObject)

QsViewport *qs_viewport_new              (void);
double      qs_viewport_get_x            (QsViewport  *self);
double      qs_viewport_get_y            (QsViewport  *self);
double      qs_viewport_get_scale        (QsViewport  *self);
void        qs_viewport_set_position     (QsViewport  *self,
                                          double       x,
                                          double       y);
void        qs_viewport_set_scale_limits (QsViewport  *self,
                                          double       min_scale,
                                          double       max_scale);
/* Size of the drawing in scene units. */
void        qs_viewport_set_content      (QsViewport  *self,
                                          double       width,
                                          double       height);
void        qs_viewport_get_content      (QsViewport  *self,
                                          double      *width,
                                          double      *height);
/* Size of the widget in pixels. */
void        qs_viewport_set_view         (QsViewport  *self,
                                          double       width,
                                          double       height);
void        qs_viewport_get_view         (QsViewport  *self,
                                          double      *width,
                                          double      *height);

/* Moves the view by pixels. */
void        qs_viewport_pan              (QsViewport  *self,
                                          double       dx,
                                          double       dy);
/* Scales by @factor while the scene point under the pixel @px, @py stays where it is. */
void        qs_viewport_zoom_at          (QsViewport  *self,
                                          double       factor,
                                          double       px,
                                          double       py);
/* All of the content; never larger than scale 1. */
void        qs_viewport_fit              (QsViewport  *self,
                                          gboolean     animate);
void        qs_viewport_center_on        (QsViewport  *self,
                                          double       x,
                                          double       y,
                                          double       scale,
                                          gboolean     animate);
/* Moves no further than needed to show a rectangle of the scene with a margin around it. */
void        qs_viewport_show             (QsViewport  *self,
                                          double       x,
                                          double       y,
                                          double       width,
                                          double       height,
                                          gboolean     animate);
/* Ends at once what is moving. */
void        qs_viewport_stop             (QsViewport  *self);
gboolean    qs_viewport_is_moving        (QsViewport  *self);
/* Goes on moving; @time in microseconds of a frame clock. Returns whether it is still moving. */
gboolean    qs_viewport_advance          (QsViewport  *self,
                                          gint64       time);
/* Lets the view go on with @vx, @vy pixels a second and slow down. */
void        qs_viewport_fling            (QsViewport  *self,
                                          double       vx,
                                          double       vy);

void        qs_viewport_to_scene         (QsViewport  *self,
                                          double       px,
                                          double       py,
                                          double      *x,
                                          double      *y);
void        qs_viewport_to_view          (QsViewport  *self,
                                          double       x,
                                          double       y,
                                          double      *px,
                                          double      *py);

G_END_DECLS
