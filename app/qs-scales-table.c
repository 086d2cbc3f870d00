/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-scales-table.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "calibration/qs-scale-diff.h"
#include "qs-compat.h"
#include "qs-resources.h"
#include "qs-row-tooltip.h"
#include "qs-scale-column.h"
#include "qs-sentences.h"

/* Of a name at least. */
#define NAME_CHARS 20

struct _QsScalesTable
{
  AdwBin parent_instance;

  QsSession *session;
  char *source_id; /* shown, or NULL for the one the build uses */
  char *other_id;  /* compared with, or NULL */
  char *needle;    /* case-folded; NULL while nothing is searched */
  gboolean is_filling;
  gboolean is_following;

  QsHistogramSet *histograms; /* whose histograms the rows borrow */
  GListStore *rows;           /* (element-type QsScaleRow) */
  GtkCustomFilter *filter;
  GtkFilterListModel *filtered;
  GtkSortListModel *sorted;
  GtkSingleSelection *selection;

  GtkDropDown *source_drop_down;
  GtkDropDown *other_drop_down;
  GtkToggleButton *difference_button;
  GtkSearchEntry *search;
  GtkLabel *note;
  GtkColumnView *view;
  GtkExpander *strangers;
  GtkListView *stranger_list;
  GtkExpander *missing;
  GtkListView *missing_list;
};

G_DEFINE_FINAL_TYPE (QsScalesTable, qs_scales_table, ADW_TYPE_BIN)

/* The sources */

QsScaleSource *
qs_scales_table_get_source (QsScalesTable *self)
{
  GPtrArray *sources = qs_session_get_sources (self->session);
  QsScaleSource *source = qs_session_find_source (self->session, self->source_id);

  if (source == NULL)
    source = qs_session_find_source (self->session,
                                     qs_session_get_settings (self->session)->source);
  if (source == NULL && sources->len > 0)
    source = sources->pdata[0];
  return source;
}

static QsScaleSource *
get_other (QsScalesTable *self)
{
  return qs_session_find_source (self->session, self->other_id);
}

/* (nullable): the opened cache, when its scales are shown and it can be edited */
static QsCacheEditor *
get_editor (QsScalesTable *self)
{
  QsCacheEditor *cache = qs_session_get_cache (self->session);
  QsScaleSource *source = qs_scales_table_get_source (self);

  if (cache == NULL || source == NULL ||
      !g_str_equal (qs_scale_source_get_id (source), QS_SCALE_SOURCE_CACHE) ||
      !qs_scale_file_can_edit (qs_cache_editor_get_file (cache)))
    return NULL;

  return cache;
}

static QsNetwork *
get_network (QsScalesTable *self)
{
  QsNetwork *network = qs_session_get_network (self->session);

  return network != NULL ? network : qs_session_get_shown_network (self->session);
}

/* The rows */

static guint
get_calibrator_index (QsScaleSource *source)
{
  const QsCalibrator *calibrator = qs_scale_source_get_calibrator (source);
  guint index = 0;

  while (index < qs_calibrator_get_n () && qs_calibrator_get (index) != calibrator)
    index++;
  return index;
}

static void
find_spread (QsScalesTable *self,
             QsScaleSource *source,
             const char    *name,
             QsScaleFacts  *facts)
{
  QsOrderStudy *study = qs_session_get_order_study (self->session);
  guint calibrator = get_calibrator_index (source), tensor;

  if (study == NULL || calibrator >= qs_calibrator_get_n () ||
      !qs_order_study_find (study, name, &tensor))
    return;

  facts->has_spread = qs_order_study_get_spread (study, calibrator, tensor, &facts->spread);
}

static double
find_scale (QsScaleSource *source,
            const char    *name)
{
  float scale;

  if (source == NULL ||
      !qs_scale_table_lookup (qs_scale_source_get_scales (source), name, &scale))
    return NAN;

  return (double) scale;
}

static void
update_row (QsScalesTable *self,
            QsScaleRow    *row)
{
  QsScaleSource *source = qs_scales_table_get_source (self);
  const char *name = qs_scale_row_get_name (row);
  QsScaleFacts facts = { .scale = find_scale (source, name) };

  facts.other = find_scale (get_other (self), name);
  facts.is_manual = qs_scale_table_is_manual (qs_scale_source_get_scales (source), name);
  if (self->histograms != NULL)
    facts.histogram = qs_histogram_set_lookup (self->histograms, name);
  find_spread (self, source, name, &facts);
  qs_scale_row_set_facts (row, &facts);
}

/* The names of the shown source, then those that only the other has. */
static GPtrArray *
list_names (QsScalesTable *self)
{
  QsScaleSource *source = qs_scales_table_get_source (self), *other = get_other (self);
  GPtrArray *names = g_ptr_array_new ();
  QsScaleTable *scales;

  if (source == NULL)
    return names;

  scales = qs_scale_source_get_scales (source);
  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    g_ptr_array_add (names, (gpointer) qs_scale_table_get_name (scales, i));
  if (other != NULL)
    {
      g_autoptr (GPtrArray) more = qs_scale_table_find_only (qs_scale_source_get_scales (other),
                                                             scales);

      g_ptr_array_extend (names, more, NULL, NULL);
    }
  return names;
}

static gboolean
has_rows (QsScalesTable *self,
          GPtrArray     *names)
{
  GListModel *model = G_LIST_MODEL (self->rows);

  if (g_list_model_get_n_items (model) != names->len)
    return FALSE;

  for (guint i = 0; i < names->len; i++)
    {
      g_autoptr (QsScaleRow) row = g_list_model_get_item (model, i);

      if (!g_str_equal (qs_scale_row_get_name (row), names->pdata[i]))
        return FALSE;
    }

  return TRUE;
}

static void
make_rows (QsScalesTable *self,
           GPtrArray     *names)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < names->len; i++)
    {
      g_ptr_array_add (rows, qs_scale_row_new (names->pdata[i]));
      update_row (self, rows->pdata[i]);
    }
  g_list_store_splice (self->rows, 0, g_list_model_get_n_items (G_LIST_MODEL (self->rows)),
                       rows->pdata, rows->len);
}

/* Rows stay where they are while only their numbers change, so that the table does not jump under
 * who types into it. */
static void
update_rows (QsScalesTable *self)
{
  g_autoptr (GPtrArray) names = list_names (self);
  QsHistogramSet *histograms = qs_session_get_histograms (self->session);
  QsHistogramSet *old = self->histograms;

  self->histograms = histograms == NULL ? NULL : qs_histogram_set_ref (histograms);
  if (!has_rows (self, names))
    make_rows (self, names);
  else
    for (guint i = 0; i < names->len; i++)
      {
        g_autoptr (QsScaleRow) row = g_list_model_get_item (G_LIST_MODEL (self->rows), i);

        update_row (self, row);
      }
  g_clear_pointer (&old, qs_histogram_set_unref);
}

static gboolean
filter_func (gpointer item,
             gpointer user_data)
{
  QsScalesTable *self = user_data;
  g_autofree char *name = NULL;

  if (self->other_id != NULL && gtk_toggle_button_get_active (self->difference_button) &&
      !qs_scale_row_differs (item))
    return FALSE;
  if (self->needle == NULL)
    return TRUE;

  name = g_utf8_casefold (qs_scale_row_get_name (item), -1);
  return strstr (name, self->needle) != NULL;
}

/* The columns */

static gboolean
is_needed (QsScalesTable *self,
           QsScaleNeed    need)
{
  QsScaleSource *source = qs_scales_table_get_source (self);
  const gboolean needs[QS_N_SCALE_NEEDS] = {
    [QS_SCALE_NEED_NOTHING] = TRUE,
    [QS_SCALE_NEED_HISTOGRAMS] = self->histograms != NULL,
    [QS_SCALE_NEED_MANUAL] = source != NULL &&
                             qs_scale_table_count_manual (qs_scale_source_get_scales (source)) > 0,
    [QS_SCALE_NEED_OTHER] = get_other (self) != NULL,
    [QS_SCALE_NEED_SPREAD] = qs_session_get_order_study (self->session) != NULL,
  };

  return needs[need];
}

/* GTK 4.8 keeps the width of hidden columns free, so they get none. */
static void
show_column (GtkColumnViewColumn *view_column,
             const QsScaleColumn *column,
             gboolean             is_visible)
{
  if (gtk_column_view_column_get_visible (view_column) == is_visible)
    return;

  gtk_column_view_column_set_fixed_width (view_column, is_visible ? column->width : 0);
  gtk_column_view_column_set_visible (view_column, is_visible);
}

static void
update_columns (QsScalesTable *self)
{
  GListModel *columns = gtk_column_view_get_columns (self->view);

  for (guint i = 0; i < qs_scale_column_get_n (); i++)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, i);

      show_column (column, qs_scale_column_get (i),
                   is_needed (self, qs_scale_column_get (i)->need));
    }
}

/* Cells */

static QsScalesTable *
find_table (GtkWidget *cell)
{
  return QS_SCALES_TABLE (gtk_widget_get_ancestor (cell, QS_TYPE_SCALES_TABLE));
}

static void
report_refusal (GtkWidget *cell,
                GError    *error)
{
  gtk_widget_activate_action (cell, "win.report", "(ss)", _("The scale was not changed"),
                              error->message);
}

static void
commit_scale (GtkEditable *cell,
              QsScaleRow  *row)
{
  QsScalesTable *self = find_table (GTK_WIDGET (cell));
  const QsScaleColumn *column = g_object_get_data (G_OBJECT (cell), "column");
  QsCacheEditor *editor = self == NULL ? NULL : get_editor (self);
  g_autofree char *old = column->text (row);
  const char *text = gtk_editable_get_text (cell);
  g_autoptr (GError) error = NULL;
  float scale;

  if (editor == NULL || g_str_equal (text, old))
    return;

  if (!qs_scale_parse (text, &scale))
    /* Translators: %s is what somebody typed. */
    g_set_error (&error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("“%s” is not a number, nor the bits of one after “0x”"), text);
  else
    qs_cache_editor_set_scale (editor, qs_scale_row_get_name (row), scale, &error);

  if (error != NULL)
    {
      gtk_editable_set_text (cell, old);
      report_refusal (GTK_WIDGET (cell), error);
    }
}

static gboolean
commit_later_cb (gpointer cell)
{
  QsScaleRow *row = g_object_get_data (G_OBJECT (cell), "row");

  if (row != NULL && !gtk_editable_label_get_editing (GTK_EDITABLE_LABEL (cell)))
    commit_scale (cell, row);
  return G_SOURCE_REMOVE;
}

/* When typing ends, and when something else than typing, such as a screen reader, changes the text;
 * that takes more than one change, so what is meant is known afterwards. */
static void
edited_cb (GtkEditable *cell)
{
  if (g_object_get_data (G_OBJECT (cell), "row") != NULL &&
      !gtk_editable_label_get_editing (GTK_EDITABLE_LABEL (cell)))
    g_idle_add_full (G_PRIORITY_DEFAULT, commit_later_cb, g_object_ref (cell), g_object_unref);
}

static GtkWidget *
make_cell (const QsScaleColumn *column)
{
  GtkWidget *cell;

  if (column->is_editable)
    {
      cell = gtk_editable_label_new ("");
      gtk_editable_set_alignment (GTK_EDITABLE (cell), 1.0f);
      gtk_widget_set_halign (cell, GTK_ALIGN_END);
      g_object_set_data (G_OBJECT (cell), "column", (gpointer) column);
      g_signal_connect (cell, "notify::editing", G_CALLBACK (edited_cb), NULL);
      g_signal_connect (cell, "changed", G_CALLBACK (edited_cb), NULL);
    }
  else
    cell = g_object_new (GTK_TYPE_LABEL,
                         "xalign", column->value != NULL ? 1.0 : 0.0,
                         "ellipsize", column->value != NULL ? PANGO_ELLIPSIZE_NONE
                                                            : PANGO_ELLIPSIZE_MIDDLE,
                         "width-chars", column->width < 0 ? NAME_CHARS : -1,
                         NULL);

  if (column->value != NULL)
    gtk_widget_add_css_class (cell, "numeric");
  return cell;
}

static void
cell_setup_cb (GtkSignalListItemFactory *factory,
               GtkListItem              *list_item,
               const QsScaleColumn      *column)
{
  gtk_list_item_set_child (list_item, make_cell (column));
}

static void
show_cell (GtkListItem *list_item)
{
  const QsScaleColumn *column = g_object_get_data (G_OBJECT (list_item), "column");
  GtkWidget *cell = gtk_list_item_get_child (list_item);
  QsScaleRow *row = gtk_list_item_get_item (list_item);
  g_autofree char *text = column->text (row);

  if (!column->is_editable)
    {
      gtk_label_set_label (GTK_LABEL (cell), text);
      qs_row_tooltip_set (cell, column->value == NULL ? text : NULL);
      return;
    }

  /* Without a row it is not an edit. */
  g_object_set_data (G_OBJECT (cell), "row", NULL);
  gtk_editable_set_text (GTK_EDITABLE (cell), text);
  g_object_set_data (G_OBJECT (cell), "row", row);
}

static void
cell_bind_cb (GtkSignalListItemFactory *factory,
              GtkListItem              *list_item,
              const QsScaleColumn      *column)
{
  QsScaleRow *row = gtk_list_item_get_item (list_item);
  GtkWidget *cell = gtk_list_item_get_child (list_item);
  QsScalesTable *self = g_object_get_data (G_OBJECT (factory), "table");

  g_object_set_data (G_OBJECT (list_item), "column", (gpointer) column);
  show_cell (list_item);
  g_signal_connect_swapped (row, "changed", G_CALLBACK (show_cell), list_item);
  if (!column->is_editable)
    return;

  gtk_editable_set_editable (GTK_EDITABLE (cell), get_editor (self) != NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (cell), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  qs_scale_row_get_name (row), -1);
}

static void
cell_unbind_cb (GtkSignalListItemFactory *factory,
                GtkListItem              *list_item,
                const QsScaleColumn      *column)
{
  if (column->is_editable)
    g_object_set_data (G_OBJECT (gtk_list_item_get_child (list_item)), "row", NULL);
  g_signal_handlers_disconnect_by_func (gtk_list_item_get_item (list_item), show_cell, list_item);
}

static int
compare_rows (gconstpointer a,
              gconstpointer b,
              gpointer      column)
{
  return qs_scale_column_compare (column, (QsScaleRow *) a, (QsScaleRow *) b);
}

static void
add_column (QsScalesTable       *self,
            const QsScaleColumn *column)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkCustomSorter) sorter = gtk_custom_sorter_new (compare_rows, (gpointer) column,
                                                              NULL);
  g_autoptr (GtkColumnViewColumn) view_column = NULL;

  g_object_set_data (G_OBJECT (factory), "table", self);
  g_signal_connect (factory, "setup", G_CALLBACK (cell_setup_cb), (gpointer) column);
  g_signal_connect (factory, "bind", G_CALLBACK (cell_bind_cb), (gpointer) column);
  g_signal_connect (factory, "unbind", G_CALLBACK (cell_unbind_cb), (gpointer) column);
  view_column = gtk_column_view_column_new (_(column->title), factory);
  gtk_column_view_column_set_sorter (view_column, GTK_SORTER (sorter));
  gtk_column_view_column_set_resizable (view_column, TRUE);
  /* Names get what the figures leave. */
  gtk_column_view_column_set_expand (view_column, column->width < 0);
  gtk_column_view_column_set_fixed_width (view_column, column->width);
  gtk_column_view_append_column (self->view, view_column);
  if (column->value != NULL)
    qs_column_view_end_title (self->view);
}

/* What is around the table */

static char *
describe_cache (QsScalesTable *self)
{
  QsScaleFile *file = qs_cache_editor_get_file (qs_session_get_cache (self->session));
  const char *header = qs_scale_file_get_header (file);
  const char *portability =
    qs_portability_describe (qs_scale_file_get_portability (file, get_network (self)));

  if (header == NULL)
    /* Translators: a file format. Files of other formats than TensorRT’s can only be converted. */
    return g_strdup_printf (_("%s. Save it as a TensorRT cache to edit it."),
                            qs_scale_file_get_format (file)->name);

  return g_strdup_printf ("%s. %s", header, portability);
}

static char *
describe_source (QsScalesTable *self,
                 QsScaleSource *source)
{
  const QsCalibrator *calibrator = qs_scale_source_get_calibrator (source);

  if (calibrator != NULL)
    return qs_sentence_translate (calibrator->description);
  return qs_session_get_cache (self->session) != NULL ? describe_cache (self) : NULL;
}

static char *
describe_difference (QsScaleTable *a,
                     QsScaleTable *b)
{
  guint n_common;
  g_autoptr (GArray) differences = qs_scale_table_find_differences (a, b, &n_common);
  double largest = 1.0;

  for (guint i = 0; i < differences->len; i++)
    {
      double ratio = qs_scale_difference_get_ratio (&g_array_index (differences, QsScaleDifference,
                                                                    i));

      if (isfinite (ratio))
        largest = MAX (largest, MAX (ratio, 1.0 / ratio));
    }

  if (differences->len == 0)
    return g_strdup_printf (ngettext ("The scale that both have is the same.",
                                      "All %u scales that both have are the same.", n_common),
                            n_common);

  /* Translators: number of scales that differ, of those that both have; how many times larger the
   * larger is. */
  return g_strdup_printf (_("%u of %u scales differ, by up to %.4g ×."), differences->len, n_common,
                          largest);
}

static void
update_note (QsScalesTable *self)
{
  QsScaleSource *source = qs_scales_table_get_source (self), *other = get_other (self);
  g_autofree char *text = NULL;

  if (source != NULL && other != NULL)
    text = describe_difference (qs_scale_source_get_scales (source),
                                qs_scale_source_get_scales (other));
  else if (source != NULL)
    text = describe_source (self, source);

  gtk_label_set_label (self->note, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->note), text != NULL);
}

static void
show_names (GtkExpander *expander,
            GtkListView *list,
            GPtrArray   *names,
            char        *title)
{
  g_autoptr (GtkStringList) strings = gtk_string_list_new (NULL);
  g_autoptr (GtkNoSelection) selection = NULL;
  g_autofree char *label = title;

  for (guint i = 0; i < names->len; i++)
    gtk_string_list_append (strings, names->pdata[i]);
  selection = gtk_no_selection_new (g_object_ref (G_LIST_MODEL (strings)));
  gtk_list_view_set_model (list, GTK_SELECTION_MODEL (selection));
  gtk_expander_set_label (expander, label);
  gtk_widget_set_visible (GTK_WIDGET (expander), names->len > 0);
}

/* Only of a cache: a calibrator's names are the model's. */
static void
update_names (QsScalesTable *self)
{
  QsScaleSource *source = qs_scales_table_get_source (self);
  QsNetwork *network = get_network (self);
  g_autoptr (GPtrArray) strangers = NULL, missing = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->strangers), FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->missing), FALSE);
  if (source == NULL || network == NULL || qs_scale_source_get_calibrator (source) != NULL)
    return;

  strangers = qs_scale_table_find_strangers (qs_scale_source_get_scales (source), network);
  missing = qs_scale_table_find_missing (qs_scale_source_get_scales (source), network);
  show_names (self->strangers, self->stranger_list, strangers,
              g_strdup_printf (ngettext ("%u name is not in the model",
                                         "%u names are not in the model", strangers->len),
                               strangers->len));
  show_names (self->missing, self->missing_list, missing,
              g_strdup_printf (ngettext ("%u tensor of the model has no scale",
                                         "%u tensors of the model have no scale", missing->len),
                               missing->len));
}

static guint
find_position (GPtrArray     *sources,
               QsScaleSource *source)
{
  guint position = 0;

  return g_ptr_array_find (sources, source, &position) ? position : GTK_INVALID_LIST_POSITION;
}

static void
fill_drop_downs (QsScalesTable *self)
{
  GPtrArray *sources = qs_session_get_sources (self->session);
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  g_autoptr (GtkStringList) others = gtk_string_list_new (NULL);
  guint other = find_position (sources, get_other (self));

  /* Translators: the first row of a list of calibrators, and its title. */
  gtk_string_list_append (others, _("Compare With…"));
  for (guint i = 0; i < sources->len; i++)
    {
      gtk_string_list_append (names, qs_scale_source_get_name (sources->pdata[i]));
      gtk_string_list_append (others, qs_scale_source_get_name (sources->pdata[i]));
    }

  self->is_filling = TRUE;
  gtk_drop_down_set_model (self->source_drop_down, G_LIST_MODEL (names));
  gtk_drop_down_set_model (self->other_drop_down, G_LIST_MODEL (others));
  gtk_drop_down_set_selected (self->source_drop_down,
                              find_position (sources, qs_scales_table_get_source (self)));
  gtk_drop_down_set_selected (self->other_drop_down,
                              other == GTK_INVALID_LIST_POSITION ? 0 : other + 1);
  self->is_filling = FALSE;
}

static void
follow_selection (QsScalesTable *self)
{
  const char *name = qs_session_get_selection_kind (self->session) == QS_SELECTION_TENSOR
    ? qs_session_get_selection_name (self->session) : NULL;
  GListModel *model = G_LIST_MODEL (self->sorted);
  guint n = name == NULL ? 0 : g_list_model_get_n_items (model);
  guint found = GTK_INVALID_LIST_POSITION;

  for (guint i = 0; i < n && found == GTK_INVALID_LIST_POSITION; i++)
    {
      g_autoptr (QsScaleRow) row = g_list_model_get_item (model, i);

      if (g_str_equal (qs_scale_row_get_name (row), name))
        found = i;
    }

  if (found == gtk_single_selection_get_selected (self->selection))
    return;

  self->is_following = TRUE;
  gtk_single_selection_set_selected (self->selection, found);
  self->is_following = FALSE;
  if (found != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (GTK_WIDGET (self->view), "list.scroll-to-item", "u", found);
}

static void
refilter (QsScalesTable *self)
{
  self->is_following = TRUE;
  gtk_filter_changed (GTK_FILTER (self->filter), GTK_FILTER_CHANGE_DIFFERENT);
  self->is_following = FALSE;
  follow_selection (self);
}

static void
update (QsScalesTable *self)
{
  self->is_following = TRUE;
  fill_drop_downs (self);
  update_rows (self);
  update_columns (self);
  self->is_following = FALSE;
  gtk_widget_set_visible (GTK_WIDGET (self->difference_button), get_other (self) != NULL);
  update_note (self);
  update_names (self);
  /* Filtering takes the focus away from the row that is being edited. */
  if (self->other_id != NULL)
    refilter (self);
  else
    follow_selection (self);
}

static void
choose (QsScalesTable  *self,
        char          **id,
        guint           position)
{
  GPtrArray *sources = qs_session_get_sources (self->session);

  g_free (*id);
  *id = position < sources->len ? g_strdup (qs_scale_source_get_id (sources->pdata[position]))
                                : NULL;
  /* Whether cells can be edited is decided when they are made. */
  g_list_store_remove_all (self->rows);
  update (self);
}

static void
source_chosen_cb (QsScalesTable *self)
{
  if (!self->is_filling && self->session != NULL)
    choose (self, &self->source_id, gtk_drop_down_get_selected (self->source_drop_down));
}

static void
other_chosen_cb (QsScalesTable *self)
{
  if (!self->is_filling && self->session != NULL)
    choose (self, &self->other_id, gtk_drop_down_get_selected (self->other_drop_down) - 1);
}

static void
search_changed_cb (QsScalesTable *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->search));

  g_free (self->needle);
  self->needle = *text == '\0' ? NULL : g_utf8_casefold (text, -1);
  refilter (self);
}

/* Return leads to what was found, Escape to all rows. */
static void
search_activated_cb (QsScalesTable *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

static void
stop_search_cb (QsScalesTable *self)
{
  gtk_editable_set_text (GTK_EDITABLE (self->search), "");
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

static void
difference_toggled_cb (QsScalesTable *self)
{
  refilter (self);
}

static void
selected_cb (QsScalesTable *self)
{
  QsScaleRow *row = gtk_single_selection_get_selected_item (self->selection);

  if (self->is_following || row == NULL)
    return;

  qs_session_select (self->session, QS_SELECTION_TENSOR, qs_scale_row_get_name (row));
}

/* A cache that was just opened is what somebody wants to see. */
static void
scales_changed_cb (QsScalesTable *self)
{
  QsScaleSource *source = qs_scales_table_get_source (self);

  if (source != NULL && self->source_id == NULL && !self->is_filling)
    g_list_store_remove_all (self->rows);
  update (self);
}

void
qs_scales_table_set_session (QsScalesTable *self,
                             QsSession     *session)
{
  self->session = session;
  g_signal_connect_object (session, "changed::" QS_CHANGED_SCALES,
                           G_CALLBACK (scales_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SETTINGS, G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SELECTION,
                           G_CALLBACK (follow_selection), self, G_CONNECT_SWAPPED);
}

void
qs_scales_table_focus_search (QsScalesTable *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self->search));
}

void
qs_scales_table_sort_by_spread (QsScalesTable *self)
{
  GListModel *columns = gtk_column_view_get_columns (self->view);

  for (guint i = 0; i < qs_scale_column_get_n (); i++)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, i);

      if (qs_scale_column_get (i)->need == QS_SCALE_NEED_SPREAD)
        gtk_column_view_sort_by_column (self->view, column, GTK_SORT_DESCENDING);
    }
  gtk_widget_activate_action (GTK_WIDGET (self->view), "list.scroll-to-item", "u", 0);
}

static gboolean
qs_scales_table_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (QS_SCALES_TABLE (widget)->view));
}

static void
qs_scales_table_dispose (GObject *object)
{
  QsScalesTable *self = QS_SCALES_TABLE (object);

  if (self->filter != NULL)
    gtk_custom_filter_set_filter_func (self->filter, NULL, NULL, NULL);
  qs_bin_dispose_template (G_OBJECT (self), QS_TYPE_SCALES_TABLE);
  g_clear_object (&self->selection);
  g_clear_object (&self->sorted);
  g_clear_object (&self->filtered);
  g_clear_object (&self->filter);
  g_clear_object (&self->rows);
  g_clear_pointer (&self->histograms, qs_histogram_set_unref);
  g_clear_pointer (&self->source_id, g_free);
  g_clear_pointer (&self->other_id, g_free);
  g_clear_pointer (&self->needle, g_free);

  G_OBJECT_CLASS (qs_scales_table_parent_class)->dispose (object);
}

static void
qs_scales_table_class_init (QsScalesTableClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_scales_table_dispose;
  widget_class->grab_focus = qs_scales_table_grab_focus;

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-scales-table.ui");
  gtk_widget_class_bind_template_child (widget_class, QsScalesTable, source_drop_down);
  gtk_widget_class_bind_template_child (widget_class, QsScalesTable, other_drop_down);
  gtk_widget_class_bind_template_child (widget_class, QsScalesTable, difference_button);
  gtk_widget_class_bind_template_child (widget_class, QsScalesTable, search);
  gtk_widget_class_bind_template_child (widget_class, QsScalesTable, note);
  gtk_widget_class_bind_template_child (widget_class, QsScalesTable, view);
  gtk_widget_class_bind_template_child (widget_class, QsScalesTable, strangers);
  gtk_widget_class_bind_template_child (widget_class, QsScalesTable, stranger_list);
  gtk_widget_class_bind_template_child (widget_class, QsScalesTable, missing);
  gtk_widget_class_bind_template_child (widget_class, QsScalesTable, missing_list);
  gtk_widget_class_bind_template_callback (widget_class, source_chosen_cb);
  gtk_widget_class_bind_template_callback (widget_class, other_chosen_cb);
  gtk_widget_class_bind_template_callback (widget_class, difference_toggled_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, stop_search_cb);
}

static void
name_setup_cb (GtkSignalListItemFactory *factory,
               GtkListItem              *list_item)
{
  gtk_list_item_set_child (list_item, g_object_new (GTK_TYPE_LABEL,
                                                    "xalign", 0.0f,
                                                    "ellipsize", PANGO_ELLIPSIZE_MIDDLE,
                                                    NULL));
}

static void
name_bind_cb (GtkSignalListItemFactory *factory,
              GtkListItem              *list_item)
{
  GtkStringObject *name = gtk_list_item_get_item (list_item);

  gtk_label_set_label (GTK_LABEL (gtk_list_item_get_child (list_item)),
                       gtk_string_object_get_string (name));
}

static void
init_name_list (GtkListView *list)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (name_setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (name_bind_cb), NULL);
  gtk_list_view_set_factory (list, factory);
}

static void
qs_scales_table_init (QsScalesTable *self)
{
  self->is_filling = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
  self->is_filling = FALSE;
  init_name_list (self->stranger_list);
  init_name_list (self->missing_list);
  for (guint i = 0; i < qs_scale_column_get_n (); i++)
    add_column (self, qs_scale_column_get (i));

  self->rows = g_list_store_new (QS_TYPE_SCALE_ROW);
  self->filter = gtk_custom_filter_new (filter_func, self, NULL);
  self->filtered = gtk_filter_list_model_new (g_object_ref (G_LIST_MODEL (self->rows)),
                                              g_object_ref (GTK_FILTER (self->filter)));
  self->sorted = gtk_sort_list_model_new (g_object_ref (G_LIST_MODEL (self->filtered)),
                                          g_object_ref (gtk_column_view_get_sorter (self->view)));
  self->selection = gtk_single_selection_new (g_object_ref (G_LIST_MODEL (self->sorted)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (selected_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_column_view_set_model (self->view, GTK_SELECTION_MODEL (self->selection));
}
