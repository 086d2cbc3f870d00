/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-sidebar.h"

#include <glib/gi18n.h>

#include "qs-compat.h"
#include "qs-finding-list.h"
#include "qs-layer-list.h"
#include "qs-node-list.h"
#include "qs-resources.h"

struct _QsSidebar
{
  AdwBin parent_instance;

  QsSession *session;
  GtkLabel *title;
  GtkLabel *subtitle;
  GtkWidget *data_box;
  GtkLabel *calibration_label;
  GtkLabel *labelled_label;
  GtkBox *switcher;
  AdwViewStack *views;
  QsLayerList *layers;
  QsFindingList *findings;
  QsNodeList *nodes;
  GtkWidget *dimensions_button;
  GtkLabel *dimensions_label;
};

G_DEFINE_FINAL_TYPE (QsSidebar, qs_sidebar, ADW_TYPE_BIN)

/* Through its button, which shows the view. */
static void
show_view (QsSidebar *self,
           GtkWidget *view)
{
  g_autoptr (GListModel) pages = G_LIST_MODEL (adw_view_stack_get_pages (self->views));
  GtkWidget *button = gtk_widget_get_first_child (GTK_WIDGET (self->switcher));

  for (guint i = 0; button != NULL; i++)
    {
      g_autoptr (AdwViewStackPage) page = g_list_model_get_item (pages, i);

      if (page != NULL && adw_view_stack_page_get_child (page) == view)
        gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (button), TRUE);
      button = gtk_widget_get_next_sibling (button);
    }
}

static char *
describe_parameters (guint64 n)
{
  if (n >= 1000000)
    /* Translators: number of weights of a model, in millions. */
    return g_strdup_printf (_("%.1f M parameters"), (double) n / 1e6);
  if (n >= 1000)
    /* Translators: number of weights of a model, in thousands. */
    return g_strdup_printf (_("%.0f k parameters"), (double) n / 1e3);

  return g_strdup_printf (ngettext ("%u parameter", "%u parameters", (guint) n), (guint) n);
}

static char *
describe_plan (QsEngine *engine)
{
  g_autofree char *size = g_format_size (qs_engine_get_weight_size (engine));

  /* Translators: the size of an engine plan's weights. */
  return g_strdup_printf (_("Engine plan · %s"), size);
}

static char *
describe_cache (QsSession *session)
{
  QsCacheEditor *cache = qs_session_get_cache (session);
  guint n;

  if (cache == NULL)
    return g_strdup ("");

  n = qs_scale_table_get_n (qs_scale_file_get_scales (qs_cache_editor_get_file (cache)));
  return g_strdup_printf (ngettext ("%u scale", "%u scales", n), n);
}

static char *
describe_document (QsSession *session)
{
  QsModel *model = qs_session_get_model (session);
  QsEngine *engine = qs_session_get_engine (session);
  QsTrexGraph *graph = qs_session_get_graph (session);
  g_autofree char *parameters = NULL;
  guint n_nodes;

  if (graph != NULL)
    return g_strdup_printf (ngettext ("TensorRT engine · %u layer", "TensorRT engine · %u layers",
                                      graph->layers->len),
                            graph->layers->len);
  if (model == NULL && engine == NULL)
    return describe_cache (session);
  if (model == NULL)
    return describe_plan (engine);

  parameters = describe_parameters (qs_model_get_n_parameters (model));
  n_nodes = qs_model_get_n_nodes (model);
  /* Translators: about a model: number of nodes, number of weights, version of the operators. */
  return g_strdup_printf (ngettext ("%u node · %s · opset %d", "%u nodes · %s · opset %d", n_nodes),
                          n_nodes, parameters, qs_model_get_opset (model));
}

/* “height 224 · width 224” */
static char *
describe_dimensions (GPtrArray *dimensions)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < dimensions->len; i++)
    {
      const QsDimension *dimension = g_ptr_array_index (dimensions, i);
      g_autofree char *name = g_utf8_make_valid (dimension->name, -1);

      g_ptr_array_add (parts, g_strdup_printf ("%s %" G_GINT64_FORMAT, name,
                                               dimension->at[QS_PROFILE_OPT]));
    }
  g_ptr_array_add (parts, NULL);
  return g_strjoinv (" · ", (char **) parts->pdata);
}

static void
update_dimensions (QsSidebar *self)
{
  GPtrArray *dimensions = qs_session_get_dimensions (self->session);
  gboolean has_some = dimensions != NULL && dimensions->len > 0;
  g_autofree char *text = has_some ? describe_dimensions (dimensions) : NULL;

  gtk_widget_set_visible (self->dimensions_button, has_some);
  gtk_label_set_label (self->dimensions_label, has_some ? text : "");
}

static void
update_nodes_page (QsSidebar *self)
{
  gboolean has_nodes = qs_session_get_import (self->session) != NULL;
  AdwViewStackPage *page = adw_view_stack_get_page (self->views, GTK_WIDGET (self->nodes));

  if (!has_nodes && adw_view_stack_get_visible_child (self->views) == GTK_WIDGET (self->nodes))
    show_view (self, GTK_WIDGET (self->layers));
  adw_view_stack_page_set_visible (page, has_nodes);
}

static void
model_changed_cb (QsSidebar *self)
{
  g_autofree char *title = qs_session_dup_title (self->session);
  g_autofree char *subtitle = describe_document (self->session);

  gtk_label_set_label (self->title, title != NULL ? title : "");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->title), title);
  gtk_label_set_label (self->subtitle, subtitle);
  gtk_widget_set_visible (self->data_box, qs_session_get_model (self->session) != NULL);
  update_dimensions (self);
  update_nodes_page (self);
}

/* @text is NULL while there is no such set. */
static void
set_samples_label (GtkLabel   *label,
                   const char *text,
                   const char *none)
{
  gtk_label_set_label (label, text != NULL ? text : none);
  if (text != NULL)
    gtk_widget_remove_css_class (GTK_WIDGET (label), "dim-label");
  else
    gtk_widget_add_css_class (GTK_WIDGET (label), "dim-label");
}

static void
samples_changed_cb (QsSidebar *self)
{
  QsSamples *calibration = qs_session_get_calibration (self->session);
  QsSamples *labelled = qs_session_get_labelled (self->session);
  guint n_calibration = calibration == NULL ? 0 : (guint) qs_samples_get_n (calibration);
  guint n_labelled = labelled == NULL ? 0 : (guint) qs_samples_get_n (labelled);
  g_autofree char *calibration_text = NULL, *labelled_text = NULL;

  if (calibration != NULL)
    calibration_text = g_strdup_printf (ngettext ("%u calibration sample",
                                                  "%u calibration samples", n_calibration),
                                        n_calibration);
  if (labelled != NULL)
    labelled_text = g_strdup_printf (ngettext ("%u labelled sample", "%u labelled samples",
                                               n_labelled),
                                     n_labelled);

  set_samples_label (self->calibration_label, calibration_text, _("Add Calibration Set…"));
  set_samples_label (self->labelled_label, labelled_text, _("Add Labelled Set…"));
}

/**
 * qs_sidebar_set_session:
 *
 * Once, when the window is made.
 */
void
qs_sidebar_set_session (QsSidebar *self,
                        QsSession *session)
{
  self->session = session;
  g_signal_connect_object (session, "changed::" QS_CHANGED_MODEL,
                           G_CALLBACK (model_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_ENGINE,
                           G_CALLBACK (model_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SAMPLES,
                           G_CALLBACK (samples_changed_cb), self, G_CONNECT_SWAPPED);
  qs_layer_list_set_session (self->layers, session);
  qs_finding_list_set_session (self->findings, session);
  qs_node_list_set_session (self->nodes, session);
  model_changed_cb (self);
  samples_changed_cb (self);
}

void
qs_sidebar_focus_search (QsSidebar *self)
{
  gtk_widget_grab_focus (adw_view_stack_get_visible_child (self->views));
}

/**
 * qs_sidebar_show_refused:
 *
 * Shows the nodes that cannot be imported.
 */
void
qs_sidebar_show_refused (QsSidebar *self)
{
  show_view (self, GTK_WIDGET (self->nodes));
  qs_node_list_show_refused (self->nodes);
}

/* The switcher: a button per page of the stack, as wide as its words need. */

static gboolean
badge_to_label (GBinding     *binding,
                const GValue *from,
                GValue       *to,
                gpointer      user_data)
{
  g_value_take_string (to, g_strdup_printf ("%u", g_value_get_uint (from)));
  return TRUE;
}

static void
view_toggled_cb (GtkToggleButton  *button,
                 AdwViewStackPage *page)
{
  GtkWidget *child = adw_view_stack_page_get_child (page);
  AdwViewStack *views = ADW_VIEW_STACK (gtk_widget_get_ancestor (child, ADW_TYPE_VIEW_STACK));

  if (views != NULL && gtk_toggle_button_get_active (button))
    adw_view_stack_set_visible_child (views, child);
}

static GtkWidget *
view_button_new (AdwViewStackPage *page)
{
  GtkWidget *button = gtk_toggle_button_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *title = gtk_label_new (NULL), *badge = gtk_label_new (NULL);

  gtk_widget_set_halign (box, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (box), title);
  gtk_box_append (GTK_BOX (box), badge);
  gtk_widget_add_css_class (badge, "qs-badge");
  gtk_widget_set_valign (badge, GTK_ALIGN_CENTER);
  gtk_button_set_child (GTK_BUTTON (button), box);
  g_object_bind_property (page, "title", title, "label", G_BINDING_SYNC_CREATE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  adw_view_stack_page_get_title (page), -1);
  g_object_bind_property (page, "visible", button, "visible", G_BINDING_SYNC_CREATE);
  g_object_bind_property_full (page, "badge-number", badge, "label", G_BINDING_SYNC_CREATE,
                               badge_to_label, NULL, NULL, NULL);
  /* A number other than zero is true. */
  g_object_bind_property (page, "badge-number", badge, "visible", G_BINDING_SYNC_CREATE);
  g_signal_connect_object (button, "toggled", G_CALLBACK (view_toggled_cb), page, 0);
  return button;
}

static void
add_view_buttons (QsSidebar *self)
{
  g_autoptr (GListModel) pages = G_LIST_MODEL (adw_view_stack_get_pages (self->views));
  GtkToggleButton *first = NULL;

  for (guint i = 0; i < g_list_model_get_n_items (pages); i++)
    {
      g_autoptr (AdwViewStackPage) page = g_list_model_get_item (pages, i);
      GtkWidget *button = view_button_new (page);

      gtk_box_append (self->switcher, button);
      if (first == NULL)
        first = GTK_TOGGLE_BUTTON (button);
      else
        gtk_toggle_button_set_group (GTK_TOGGLE_BUTTON (button), first);
    }
  gtk_toggle_button_set_active (first, TRUE);
}

static void
qs_sidebar_dispose (GObject *object)
{
  qs_bin_dispose_template (object, QS_TYPE_SIDEBAR);

  G_OBJECT_CLASS (qs_sidebar_parent_class)->dispose (object);
}

static void
qs_sidebar_class_init (QsSidebarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_sidebar_dispose;

  g_type_ensure (QS_TYPE_LAYER_LIST);
  g_type_ensure (QS_TYPE_FINDING_LIST);
  g_type_ensure (QS_TYPE_NODE_LIST);
  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-sidebar.ui");
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, title);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, subtitle);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, data_box);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, calibration_label);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, labelled_label);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, switcher);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, views);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, layers);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, findings);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, nodes);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, dimensions_button);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, dimensions_label);
}

static void
qs_sidebar_init (QsSidebar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  add_view_buttons (self);
}
