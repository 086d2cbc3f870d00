/* SPDX-License-Identifier: MIT */
#include "qs-style.h"

#include <math.h>
#include <stdio.h>

#define HEX(rgb) \
  { ((rgb) >> 16 & 0xff) / 255.0, ((rgb) >> 8 & 0xff) / 255.0, ((rgb) & 0xff) / 255.0, 1.0 }

static const QsStyle light_style = {
  .background = HEX (0xfafafa),
  .text = HEX (0x241f31),
  .dim_text = HEX (0x5e5c64),
  .grid = HEX (0xdeddda),
  .edge = HEX (0x8a898f),
  .edge_int8 = HEX (0x1f9460),
  .accent = HEX (0xe66100),
  .hover = HEX (0x241f31),
  .superfluous = HEX (0xc3f0cf),
  .match = HEX (0x9141ac),
  .bar = HEX (0x77767b),
  .clipped = HEX (0xc01c28),
  .fill = {
    [QS_SCENE_NEUTRAL] = HEX (0xe3e2df),
    [QS_SCENE_INT8] = HEX (0x2ec27e),
    [QS_SCENE_FLOAT] = HEX (0x1a5fb4),
    [QS_SCENE_HALF] = HEX (0x62a0ea),
    [QS_SCENE_REFORMAT] = HEX (0xf8e45c),
    [QS_SCENE_QUANTIZE] = HEX (0xf2f1ef),
    [QS_SCENE_REFUSED] = HEX (0xc01c28),
    [QS_SCENE_TERMINAL] = HEX (0xffffff),
  },
  .outline = {
    [QS_SCENE_NEUTRAL] = HEX (0x84838a),
    [QS_SCENE_INT8] = HEX (0x1b8553),
    [QS_SCENE_FLOAT] = HEX (0x12427e),
    [QS_SCENE_HALF] = HEX (0x1c71d8),
    [QS_SCENE_REFORMAT] = HEX (0x8a6a00),
    [QS_SCENE_QUANTIZE] = HEX (0x84838a),
    [QS_SCENE_REFUSED] = HEX (0x7d1219),
    [QS_SCENE_TERMINAL] = HEX (0x5e5c64),
  },
  .label = {
    [QS_SCENE_NEUTRAL] = HEX (0x241f31),
    [QS_SCENE_INT8] = HEX (0x052e1a),
    [QS_SCENE_FLOAT] = HEX (0xffffff),
    [QS_SCENE_HALF] = HEX (0x00173a),
    [QS_SCENE_REFORMAT] = HEX (0x3d2f00),
    [QS_SCENE_QUANTIZE] = HEX (0x3d3846),
    [QS_SCENE_REFUSED] = HEX (0xffffff),
    [QS_SCENE_TERMINAL] = HEX (0x241f31),
  },
};

static const QsStyle dark_style = {
  .dark = TRUE,
  .background = HEX (0x1e1e1e),
  .text = HEX (0xffffff),
  .dim_text = HEX (0xc0bfbc),
  .grid = HEX (0x3d3c40),
  .edge = HEX (0x8a898f),
  .edge_int8 = HEX (0x2fae6c),
  .accent = HEX (0xffa348),
  .hover = HEX (0xffffff),
  .superfluous = HEX (0x1d4d33),
  .match = HEX (0xdc8add),
  .bar = HEX (0x9a9996),
  .clipped = HEX (0xf66151),
  .fill = {
    [QS_SCENE_NEUTRAL] = HEX (0x47464b),
    [QS_SCENE_INT8] = HEX (0x33d17a),
    [QS_SCENE_FLOAT] = HEX (0x1c71d8),
    [QS_SCENE_HALF] = HEX (0x8db9ee),
    [QS_SCENE_REFORMAT] = HEX (0xe5c02a),
    [QS_SCENE_QUANTIZE] = HEX (0x353438),
    [QS_SCENE_REFUSED] = HEX (0xc01c28),
    [QS_SCENE_TERMINAL] = HEX (0x2a2a2c),
  },
  .outline = {
    [QS_SCENE_NEUTRAL] = HEX (0x86858b),
    [QS_SCENE_INT8] = HEX (0x8ff0a4),
    [QS_SCENE_FLOAT] = HEX (0x62a0ea),
    [QS_SCENE_HALF] = HEX (0xd0e3fa),
    [QS_SCENE_REFORMAT] = HEX (0xf9f06b),
    [QS_SCENE_QUANTIZE] = HEX (0x86858b),
    [QS_SCENE_REFUSED] = HEX (0xff7b63),
    [QS_SCENE_TERMINAL] = HEX (0xc0bfbc),
  },
  .label = {
    [QS_SCENE_NEUTRAL] = HEX (0xffffff),
    [QS_SCENE_INT8] = HEX (0x03240f),
    [QS_SCENE_FLOAT] = HEX (0xffffff),
    [QS_SCENE_HALF] = HEX (0x00173a),
    [QS_SCENE_REFORMAT] = HEX (0x2b2000),
    [QS_SCENE_QUANTIZE] = HEX (0xf6f5f4),
    [QS_SCENE_REFUSED] = HEX (0xffffff),
    [QS_SCENE_TERMINAL] = HEX (0xffffff),
  },
};

static const QsSeriesStyle light_series[QS_N_SERIES_STYLES] = {
  { HEX (0x813d9c), { 0 }, 0 },
  { HEX (0xc64600), { 7, 3 }, 2 },
  { HEX (0x0e7a6c), { 2, 2 }, 2 },
  { HEX (0xa51d2d), { 9, 3, 2, 3 }, 4 },
  { HEX (0x1a5fb4), { 4, 4 }, 2 },
  { HEX (0x63452c), { 12, 4 }, 2 },
  { HEX (0x986a00), { 6, 2, 2, 2, 2, 2 }, 6 },
  { HEX (0x241f31), { 1, 3 }, 2 },
};

static const QsSeriesStyle dark_series[QS_N_SERIES_STYLES] = {
  { HEX (0xdc8add), { 0 }, 0 },
  { HEX (0xff7800), { 7, 3 }, 2 },
  { HEX (0x5bd6c0), { 2, 2 }, 2 },
  { HEX (0xf66151), { 9, 3, 2, 3 }, 4 },
  { HEX (0x62a0ea), { 4, 4 }, 2 },
  { HEX (0xcdab8f), { 12, 4 }, 2 },
  { HEX (0xf8e45c), { 6, 2, 2, 2, 2, 2 }, 6 },
  { HEX (0xffffff), { 1, 3 }, 2 },
};

/**
 * qs_style_init:
 * @high_contrast: outlines and lines in the colour of text
 */
void
qs_style_init (QsStyle  *self,
               gboolean  dark,
               gboolean  high_contrast)
{
  *self = dark ? dark_style : light_style;
  self->high_contrast = high_contrast;
  if (!high_contrast)
    return;

  self->dim_text = self->text;
  self->edge = self->text;
  self->edge_int8 = self->text;
  self->background = dark ? (QsColor) { 0, 0, 0, 1 } : (QsColor) { 1, 1, 1, 1 };
  for (guint i = 0; i < QS_N_SCENE_CLASSES; i++)
    self->outline[i] = self->text;
}

/* Colour and dash of series @index; they repeat after %QS_N_SERIES_STYLES. */
const QsSeriesStyle *
qs_style_get_series (const QsStyle *self,
                     guint          index)
{
  return &(self->dark ? dark_series : light_series)[index % QS_N_SERIES_STYLES];
}

void
qs_color_set (const QsColor *self,
              cairo_t       *cr)
{
  cairo_set_source_rgba (cr, self->r, self->g, self->b, self->a);
}

static double
linear (double value)
{
  return value <= 0.04045 ? value / 12.92 : pow ((value + 0.055) / 1.055, 2.4);
}

static double
luminance (const QsColor *self)
{
  return 0.2126 * linear (self->r) + 0.7152 * linear (self->g) + 0.0722 * linear (self->b);
}

/* Contrast ratio of WCAG 2.1, 1 … 21. */
double
qs_color_contrast (const QsColor *a,
                   const QsColor *b)
{
  double la = luminance (a) + 0.05;
  double lb = luminance (b) + 0.05;

  return MAX (la, lb) / MIN (la, lb);
}

/* "#rrggbb" */
void
qs_color_to_hex (const QsColor *self,
                 char           hex[8])
{
  g_snprintf (hex, 8, "#%02x%02x%02x",
              (guint) (CLAMP (self->r, 0, 1) * 255 + 0.5) & 0xff,
              (guint) (CLAMP (self->g, 0, 1) * 255 + 0.5) & 0xff,
              (guint) (CLAMP (self->b, 0, 1) * 255 + 0.5) & 0xff);
}
