/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-export.h"

#include <cairo-pdf.h>
#include <glib/gi18n-lib.h>
#include <math.h>

#include "core/qs-error.h"
#include "qs-draw-util.h"
#include "qs-export-private.h"

/* PDF readers since 1.6 of the format stop at 14,400 units of 1/72 inch. */
#define PDF_MAX 14400.0
#define POINTS_PER_PIXEL 0.75
#define PNG_MAX 32767

/* Where title, legend and graph are, in pixels. */
void
qs_export_page_init (QsExportPage  *self,
                     QsGraphScene  *scene,
                     const QsStyle *style)
{
  cairo_surface_t *surface = cairo_recording_surface_create (CAIRO_CONTENT_COLOR_ALPHA, NULL);
  cairo_t *cr = cairo_create (surface);
  double graph_width, graph_height, legend_width, legend_height, title_width;

  qs_graph_draw_legend (cr, scene, style, 0, 0, &legend_width, &legend_height);
  title_width = qs_draw_text_width (cr, qs_graph_scene_get_title (scene), QS_EXPORT_TITLE_SIZE,
                                    PANGO_WEIGHT_BOLD);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);

  qs_graph_scene_get_size (scene, &graph_width, &graph_height);
  self->legend_y = QS_EXPORT_MARGIN + QS_EXPORT_TITLE_SIZE + 18;
  self->graph_y = self->legend_y + legend_height + QS_EXPORT_MARGIN;
  self->width = ceil (MAX (MAX (graph_width, legend_width), MIN (title_width, 1200)) +
                      2 * QS_EXPORT_MARGIN);
  self->graph_x = (self->width - graph_width) / 2;
  self->height = ceil (self->graph_y + graph_height + QS_EXPORT_MARGIN);
}

double
qs_export_get_pdf_scale (double width,
                         double height)
{
  double largest = MAX (width, height);

  return largest > PDF_MAX ? PDF_MAX / largest : 1;
}

static cairo_status_t
write_bytes (gpointer      closure,
             const guchar *data,
             guint         length)
{
  g_byte_array_append (closure, data, length);
  return CAIRO_STATUS_SUCCESS;
}

static gboolean
check_status (cairo_status_t   status,
              GFile           *file,
              GError         **error)
{
  g_autofree char *name = NULL;

  if (status == CAIRO_STATUS_SUCCESS)
    return TRUE;

  name = g_file_get_parse_name (file);
  g_set_error (error, QS_ERROR, QS_ERROR_FAILED, "%s: could not draw the graph: %s", name,
               cairo_status_to_string (status));
  return FALSE;
}

gboolean
qs_export_save (GFile         *file,
                const char    *data,
                gsize          length,
                GCancellable  *cancellable,
                GError       **error)
{
  return g_file_replace_contents (file, data, length, NULL, FALSE, G_FILE_CREATE_NONE, NULL,
                                  cancellable, error);
}

static void
draw_page (cairo_t            *cr,
           QsGraphScene       *scene,
           const QsStyle      *style,
           const QsExportPage *page)
{
  QsGraphMarks marks = QS_GRAPH_MARKS_INIT;
  double width, height;

  qs_color_set (&style->background, cr);
  cairo_paint (cr);
  qs_graph_draw (cr, scene, style, &marks, -page->graph_x, -page->graph_y, 1, page->width,
                 page->height);
  qs_draw_text (cr, qs_graph_scene_get_title (scene), QS_EXPORT_MARGIN, QS_EXPORT_MARGIN, 0,
                QS_EXPORT_TITLE_SIZE, PANGO_WEIGHT_BOLD, &style->text);
  qs_graph_draw_legend (cr, scene, style, QS_EXPORT_MARGIN, page->legend_y, &width, &height);
}

/**
 * qs_graph_export_pdf:
 *
 * Writes the whole graph as one page of vector graphics with embedded fonts.
 */
gboolean
qs_graph_export_pdf (QsGraphScene  *scene,
                     GFile         *file,
                     gboolean       dark,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  cairo_surface_t *surface;
  cairo_status_t status;
  QsExportPage page;
  QsStyle style;
  double scale;
  cairo_t *cr;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  qs_style_init (&style, dark, FALSE);
  qs_export_page_init (&page, scene, &style);
  scale = POINTS_PER_PIXEL * qs_export_get_pdf_scale (page.width * POINTS_PER_PIXEL,
                                                      page.height * POINTS_PER_PIXEL);
  surface = cairo_pdf_surface_create_for_stream (write_bytes, bytes, page.width * scale,
                                                 page.height * scale);
  cairo_pdf_surface_set_metadata (surface, CAIRO_PDF_METADATA_TITLE,
                                  qs_graph_scene_get_title (scene));
  cairo_pdf_surface_set_metadata (surface, CAIRO_PDF_METADATA_CREATOR, "Quantoscope");
  cr = cairo_create (surface);
  cairo_scale (cr, scale, scale);
  draw_page (cr, scene, &style, &page);
  status = cairo_status (cr);
  cairo_destroy (cr);
  cairo_surface_finish (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    status = cairo_surface_status (surface);
  cairo_surface_destroy (surface);

  return check_status (status, file, error) &&
         qs_export_save (file, (const char *) bytes->data, bytes->len, cancellable, error);
}

/**
 * qs_graph_export_png:
 *
 * Writes a view of the graph as an image.
 *
 * Errors: %QS_ERROR_LIMIT for images that are too large; what writing the file brings.
 */
gboolean
qs_graph_export_png (QsGraphScene        *scene,
                     GFile               *file,
                     const QsStyle       *style,
                     const QsGraphMarks  *marks,
                     double               x,
                     double               y,
                     double               scale,
                     int                  width,
                     int                  height,
                     GCancellable        *cancellable,
                     GError             **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  cairo_surface_t *surface;
  cairo_status_t status;
  cairo_t *cr;

  if (width < 1 || height < 1 || width > PNG_MAX || height > PNG_MAX)
    {
      g_autofree char *name = g_file_get_parse_name (file);

      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "%s: an image of %d × %d pixels is too large; save as SVG or PDF instead", name,
                   width, height);
      return FALSE;
    }

  surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  cr = cairo_create (surface);
  qs_graph_draw (cr, scene, style, marks, x, y, scale, width, height);
  status = cairo_status (cr);
  cairo_destroy (cr);
  if (status == CAIRO_STATUS_SUCCESS)
    status = cairo_surface_write_to_png_stream (surface, write_bytes, bytes);
  cairo_surface_destroy (surface);

  return check_status (status, file, error) &&
         qs_export_save (file, (const char *) bytes->data, bytes->len, cancellable, error);
}
