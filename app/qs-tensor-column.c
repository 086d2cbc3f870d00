/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-tensor-column.h"

#include <glib/gi18n.h>
#include <math.h>

typedef enum
{
  FORMAT_NUMBER,
  FORMAT_SHARE, /* 0 … 1, shown in per cent */
  FORMAT_RATIO,
} QsNumberFormat;

/* One row per kind of column: either a text or a number. */
typedef struct
{
  const char *title;      /* with one %s for the source's name in columns per source */
  int width;
  gboolean is_per_source;
  QsNumberFormat format;
  char *(*text) (QsTensorItem *item);
  double (*value) (QsTensorItem *item,
                   guint         source);
  char *(*tooltip) (QsTensorItem *item); /* NULL: the text */
} QsTensorColumnKind;

struct _QsTensorColumn
{
  const QsTensorColumnKind *kind;
  guint source;
};

static char *
dup_name (QsTensorItem *item)
{
  return g_strdup (qs_tensor_item_get_tensor (item)->name);
}

static char *
dup_shape (QsTensorItem *item)
{
  return qs_shape_to_string (&qs_tensor_item_get_tensor (item)->shape);
}

static char *
dup_type (QsTensorItem *item)
{
  return g_strdup (qs_data_type_name (qs_tensor_item_get_tensor (item)->type));
}

/* The texts that @get_text finds in the findings, with @separator between them. */
static char *
join_findings (QsTensorItem *item,
               const char   *separator,
               const char  *(*get_text) (QsFindingItem *finding))
{
  GPtrArray *findings = qs_tensor_item_get_findings (item);
  GString *text = g_string_new (NULL);

  for (guint i = 0; findings != NULL && i < findings->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? separator : "", get_text (findings->pdata[i]));
  return g_string_free (text, FALSE);
}

static const char *
get_finding_title (QsFindingItem *finding)
{
  return qs_finding_kind_get_title (qs_finding_item_get_kind (finding));
}

static char *
dup_findings (QsTensorItem *item)
{
  return join_findings (item, " · ", get_finding_title);
}

static char *
dup_finding_messages (QsTensorItem *item)
{
  return join_findings (item, "\n\n", qs_finding_item_get_message);
}

static char *
dup_group (QsTensorItem *item)
{
  return g_strdup (qs_tensor_item_get_group (item));
}

static double
get_min (QsTensorItem *item,
         guint         source)
{
  QsHistogram *histogram = qs_tensor_item_get_histogram (item);

  return histogram == NULL ? NAN : (double) qs_histogram_get_min (histogram);
}

static double
get_max (QsTensorItem *item,
         guint         source)
{
  QsHistogram *histogram = qs_tensor_item_get_histogram (item);

  return histogram == NULL ? NAN : (double) qs_histogram_get_max (histogram);
}

static double
get_mean (QsTensorItem *item,
          guint         source)
{
  QsHistogram *histogram = qs_tensor_item_get_histogram (item);

  return histogram == NULL ? NAN : qs_histogram_get_mean (histogram);
}

static double
get_zeros (QsTensorItem *item,
           guint         source)
{
  QsHistogram *histogram = qs_tensor_item_get_histogram (item);
  guint64 n = histogram == NULL ? 0 : qs_histogram_get_n (histogram);

  return n == 0 ? NAN : (double) qs_histogram_get_n_zeros (histogram) / (double) n;
}

static double
get_scale (QsTensorItem *item,
           guint         source)
{
  return qs_tensor_item_get_threshold (item, source) / 127.0;
}

static double
get_ratio (QsTensorItem *item,
           guint         source)
{
  return qs_tensor_item_get_ratio (item);
}

static const QsTensorColumnKind kinds[] = {
  { N_("Tensor"), 200, FALSE, FORMAT_NUMBER, dup_name, NULL },
  { N_("Shape"), 110, FALSE, FORMAT_NUMBER, dup_shape, NULL },
  /* Translators: column titles; %s is the name of a calibrator. */
  { N_("%s Range"), 124, TRUE, FORMAT_NUMBER, NULL, qs_tensor_item_get_threshold },
  { N_("%s Clipped"), 132, TRUE, FORMAT_SHARE, NULL, qs_tensor_item_get_clipped },
  /* Translators: the largest range divided by the smallest. */
  { N_("Ratio"), 76, FALSE, FORMAT_RATIO, NULL, get_ratio },
  { N_("Findings"), 180, FALSE, FORMAT_NUMBER, dup_findings, NULL, dup_finding_messages },
  { N_("%s Scale"), 124, TRUE, FORMAT_NUMBER, NULL, get_scale },
  { N_("Min"), 86, FALSE, FORMAT_NUMBER, NULL, get_min },
  { N_("Max"), 86, FALSE, FORMAT_NUMBER, NULL, get_max },
  { N_("Mean"), 86, FALSE, FORMAT_NUMBER, NULL, get_mean },
  { N_("Zeros"), 76, FALSE, FORMAT_SHARE, NULL, get_zeros },
  /* Translators: a column of tensors whose quantization scale has to be the same. */
  { N_("Shares Scale With"), 160, FALSE, FORMAT_NUMBER, dup_group, NULL },
  { N_("Type"), 76, FALSE, FORMAT_NUMBER, dup_type, NULL },
};

static void
columns_add (GPtrArray                *columns,
             const QsTensorColumnKind *kind,
             guint                     source)
{
  QsTensorColumn *column = g_new (QsTensorColumn, 1);

  column->kind = kind;
  column->source = source;
  g_ptr_array_add (columns, column);
}

/* Neighbouring columns per source stand together source by source, so that one's figures can be
 * read across. */
GPtrArray *
qs_tensor_columns_new (GPtrArray *sources)
{
  GPtrArray *columns = g_ptr_array_new_with_free_func (g_free);
  guint first = 0;

  while (first < G_N_ELEMENTS (kinds))
    {
      guint end = first + 1;

      while (kinds[first].is_per_source && end < G_N_ELEMENTS (kinds) && kinds[end].is_per_source)
        end++;
      for (guint source = 0; source < (kinds[first].is_per_source ? sources->len : 1); source++)
        for (guint i = first; i < end; i++)
          columns_add (columns, &kinds[i], source);
      first = end;
    }

  return columns;
}

char *
qs_tensor_column_dup_title (const QsTensorColumn *self,
                            GPtrArray            *sources)
{
  const char *title = _(self->kind->title);

  if (!self->kind->is_per_source)
    return g_strdup (title);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return g_strdup_printf (title, qs_scale_source_get_name (sources->pdata[self->source]));
#pragma GCC diagnostic pop
}

gboolean
qs_tensor_column_is_numeric (const QsTensorColumn *self)
{
  return self->kind->value != NULL;
}

int
qs_tensor_column_get_width (const QsTensorColumn *self)
{
  return self->kind->width;
}

static char *
format_value (QsNumberFormat format,
              double         value)
{
  if (isnan (value))
    return g_strdup ("");

  switch (format)
    {
    case FORMAT_SHARE:
      /* Translators: a percentage. */
      return g_strdup_printf (_("%.2f %%"), value * 100.0);
    case FORMAT_RATIO:
      /* Translators: how many times larger. */
      return g_strdup_printf (_("%.2f ×"), value);
    case FORMAT_NUMBER:
    default:
      return g_strdup_printf ("%.4g", value);
    }
}

char *
qs_tensor_column_dup_text (const QsTensorColumn *self,
                           QsTensorItem         *item)
{
  if (self->kind->text != NULL)
    return self->kind->text (item);

  return format_value (self->kind->format, self->kind->value (item, self->source));
}

char *
qs_tensor_column_dup_tooltip (const QsTensorColumn *self,
                              QsTensorItem         *item)
{
  if (self->kind->tooltip != NULL)
    return self->kind->tooltip (item);

  return self->kind->text != NULL ? self->kind->text (item) : NULL;
}

static int
compare_values (double a,
                double b)
{
  if (isnan (a) || isnan (b))
    return (int) isnan (a) - (int) isnan (b);

  return (a > b) - (a < b);
}

int
qs_tensor_column_compare (const QsTensorColumn *self,
                          QsTensorItem         *a,
                          QsTensorItem         *b)
{
  g_autofree char *text_a = NULL, *text_b = NULL;

  if (self->kind->value != NULL)
    return compare_values (self->kind->value (a, self->source),
                           self->kind->value (b, self->source));

  text_a = self->kind->text (a);
  text_b = self->kind->text (b);
  return g_utf8_collate (text_a, text_b);
}

static void
csv_append (GString    *csv,
            const char *field)
{
  if (strpbrk (field, ",\"\r\n") == NULL)
    {
      g_string_append (csv, field);
      return;
    }

  g_string_append_c (csv, '"');
  for (const char *c = field; *c != '\0'; c++)
    {
      if (*c == '"')
        g_string_append_c (csv, '"');
      g_string_append_c (csv, *c);
    }
  g_string_append_c (csv, '"');
}

static void
csv_append_value (GString              *csv,
                  const QsTensorColumn *column,
                  QsTensorItem         *item)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *text = NULL;
  double value;

  if (column->kind->text != NULL)
    {
      text = column->kind->text (item);
      csv_append (csv, text);
      return;
    }

  value = column->kind->value (item, column->source);
  if (!isnan (value))
    g_string_append (csv, g_ascii_dtostr (buffer, sizeof buffer, value));
}

char *
qs_tensor_columns_to_csv (GPtrArray  *sources,
                          GListModel *items)
{
  g_autoptr (GPtrArray) columns = qs_tensor_columns_new (sources);
  GString *csv = g_string_new (NULL);
  guint n = g_list_model_get_n_items (items);

  for (guint i = 0; i < columns->len; i++)
    {
      g_autofree char *title = qs_tensor_column_dup_title (columns->pdata[i], sources);

      g_string_append (csv, i > 0 ? "," : "");
      csv_append (csv, title);
    }
  g_string_append (csv, "\r\n");

  for (guint row = 0; row < n; row++)
    {
      g_autoptr (QsTensorItem) item = g_list_model_get_item (items, row);

      for (guint i = 0; i < columns->len; i++)
        {
          g_string_append (csv, i > 0 ? "," : "");
          csv_append_value (csv, columns->pdata[i], item);
        }
      g_string_append (csv, "\r\n");
    }

  return g_string_free (csv, FALSE);
}
