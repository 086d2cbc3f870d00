/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-graph-page.h"

#include <glib/gi18n.h>

#include "qs-compat.h"
#include "qs-resources.h"
#include "widgets/qs-legend.h"
#include "widgets/qs-minimap.h"

/* A list of refused nodes beyond this says nothing more. */
#define MAX_REFUSED 200

struct _QsGraphPage
{
  AdwBin parent_instance;

  QsSession *session;
  gboolean is_following;

  GtkStack *stack;
  QsGraphView *view;
  QsLegend *legend;
  QsMinimap *minimap;
  AdwPreferencesGroup *refused_group;
  GtkListBox *refused;
  guint minimap_source;
};

G_DEFINE_FINAL_TYPE (QsGraphPage, qs_graph_page, ADW_TYPE_BIN)

static void
view_selected_cb (QsGraphPage *self)
{
  QsNetwork *network = self->session == NULL ? NULL : qs_session_get_shown_network (self->session);
  int layer = qs_graph_view_get_selected_layer (self->view);
  int tensor = qs_graph_view_get_selected_tensor (self->view);

  if (self->is_following || network == NULL)
    return;

  if (layer >= 0 && (guint) layer < network->layers->len)
    qs_session_select (self->session, QS_SELECTION_LAYER,
                       ((QsLayer *) network->layers->pdata[layer])->name);
  else if (tensor >= 0 && (guint) tensor < network->tensors->len)
    qs_session_select (self->session, QS_SELECTION_TENSOR,
                       ((QsTensor *) network->tensors->pdata[tensor])->name);
  else
    qs_session_select (self->session, QS_SELECTION_NONE, NULL);
}

static void
follow_selection (QsGraphPage *self)
{
  QsNetwork *network = qs_session_get_shown_network (self->session);
  QsLayer *layer = qs_session_get_selected_layer (self->session);
  QsTensor *tensor = qs_session_get_selected_tensor (self->session);

  /* A tensor that fusion removed is not in the graph. */
  if (tensor != NULL && qs_network_find_tensor (network, tensor->name) != tensor)
    tensor = NULL;

  self->is_following = TRUE;
  if (layer != NULL)
    qs_graph_view_set_selected_layer (self->view, (int) layer->id);
  else
    qs_graph_view_set_selected_tensor (self->view, tensor == NULL ? -1 : (int) tensor->id);
  if (layer == NULL && tensor == NULL)
    qs_graph_view_set_selected_layer (self->view, -1);
  else
    qs_graph_view_show_selection (self->view);
  self->is_following = FALSE;
}

static void
show_refused (QsGraphPage *self,
              QsImport    *import)
{
  GtkWidget *row;
  guint n_refused = 0;
  g_autofree char *description = NULL;

  while ((row = gtk_widget_get_first_child (GTK_WIDGET (self->refused))) != NULL)
    gtk_list_box_remove (self->refused, row);

  for (guint i = 0; i < qs_import_get_n_verdicts (import); i++)
    {
      const QsNodeVerdict *verdict = qs_import_get_verdict (import, i);
      g_autofree char *title = NULL;

      if (verdict->verdict != QS_VERDICT_REFUSED || n_refused++ >= MAX_REFUSED)
        continue;

      /* Translators: an operator and the name of a node. */
      title = g_strdup_printf (_("%s “%s”"), verdict->op_type,
                               verdict->name != NULL ? verdict->name : "");
      row = g_object_new (ADW_TYPE_ACTION_ROW,
                          "use-markup", FALSE,
                          "title", title,
                          "subtitle", verdict->reason,
                          NULL);
      adw_action_row_add_prefix (ADW_ACTION_ROW (row),
                                 gtk_image_new_from_icon_name ("dialog-error-symbolic"));
      gtk_list_box_append (self->refused, row);
    }

  description = g_strdup_printf (ngettext ("%u node cannot be imported.",
                                           "%u nodes cannot be imported.", n_refused),
                                 n_refused);
  adw_preferences_group_set_description (self->refused_group, description);
}

/* Before a build: pairs of the model that stand in the way. */
static QsGraphScene *
make_imported_scene (QsNetwork  *network,
                     GError    **error)
{
  g_autoptr (GPtrArray) lints = qs_lint_network (network);
  g_autoptr (GArray) pairs = qs_lint_find_pairs (lints, network);
  QsGraphScene *scene = qs_graph_scene_new (network, NULL, error);

  if (scene != NULL)
    qs_graph_scene_set_superfluous (scene, pairs);
  return scene;
}

static QsGraphScene *
make_scene (QsGraphPage  *self,
            GError      **error)
{
  QsEngine *engine = qs_session_get_engine (self->session);
  QsNetwork *network = qs_session_get_shown_network (self->session);

  if (qs_session_get_graph (self->session) != NULL)
    return qs_graph_scene_new_for_built (qs_session_get_shown_network (self->session), NULL, error);
  if (engine != NULL)
    return qs_graph_scene_new_for_engine (engine, NULL, error);

  return network == NULL ? NULL : make_imported_scene (network, error);
}

/* A graph that is too large to be seen whole begins below the legend. */
static void
keep_clear_of_legend (QsGraphPage *self)
{
  int height = 0;

  gtk_widget_measure (GTK_WIDGET (self->legend), GTK_ORIENTATION_VERTICAL, -1, NULL, &height, NULL,
                      NULL);
  qs_graph_view_set_home_inset (self->view,
                                height + 2 * gtk_widget_get_margin_top (GTK_WIDGET (self->legend)));
}

static void
network_changed_cb (QsGraphPage *self)
{
  QsImport *import = qs_session_get_import (self->session);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsGraphScene) scene = make_scene (self, &error);

  if (error != NULL)
    g_warning ("The graph cannot be drawn: %s", error->message);

  self->is_following = TRUE;
  qs_graph_view_set_scene (self->view, scene);
  qs_legend_set_scene (self->legend, scene);
  gtk_widget_set_visible (GTK_WIDGET (self->legend), scene != NULL);
  keep_clear_of_legend (self);
  self->is_following = FALSE;

  if (import != NULL && qs_session_get_shown_network (self->session) == NULL)
    {
      show_refused (self, import);
      gtk_stack_set_visible_child_name (self->stack, "refused");
    }
  else
    gtk_stack_set_visible_child_name (self->stack, "graph");
}

/* An overview of what is all in view anyway would only be in the way. */
static gboolean
update_minimap_cb (gpointer user_data)
{
  QsGraphPage *self = QS_GRAPH_PAGE (user_data);
  QsViewport *viewport = qs_graph_view_get_viewport (self->view);
  double scale = qs_viewport_get_scale (viewport);
  double width, height, view_width, view_height;

  qs_viewport_get_content (viewport, &width, &height);
  qs_viewport_get_view (viewport, &view_width, &view_height);
  gtk_widget_set_visible (GTK_WIDGET (self->minimap),
                          width * scale > view_width + 1.0 || height * scale > view_height + 1.0);
  self->minimap_source = 0;
  return G_SOURCE_REMOVE;
}

/* The viewport also changes while the view is given its size, when no widget may come or go. */
static void
viewport_changed_cb (QsGraphPage *self)
{
  if (self->minimap_source == 0)
    self->minimap_source = g_idle_add (update_minimap_cb, self);
}

void
qs_graph_page_set_session (QsGraphPage *self,
                           QsSession   *session)
{
  self->session = session;
  g_signal_connect_object (session, "changed::" QS_CHANGED_ENGINE,
                           G_CALLBACK (network_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SELECTION,
                           G_CALLBACK (follow_selection), self, G_CONNECT_SWAPPED);
}

QsGraphView *
qs_graph_page_get_view (QsGraphPage *self)
{
  return self->view;
}

static gboolean
qs_graph_page_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (QS_GRAPH_PAGE (widget)->view));
}

static void
qs_graph_page_dispose (GObject *object)
{
  g_clear_handle_id (&QS_GRAPH_PAGE (object)->minimap_source, g_source_remove);
  qs_bin_dispose_template (object, QS_TYPE_GRAPH_PAGE);
  G_OBJECT_CLASS (qs_graph_page_parent_class)->dispose (object);
}

static void
qs_graph_page_class_init (QsGraphPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_graph_page_dispose;
  widget_class->grab_focus = qs_graph_page_grab_focus;

  g_type_ensure (QS_TYPE_GRAPH_VIEW);
  g_type_ensure (QS_TYPE_LEGEND);
  g_type_ensure (QS_TYPE_MINIMAP);
  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-graph-page.ui");
  gtk_widget_class_bind_template_child (widget_class, QsGraphPage, stack);
  gtk_widget_class_bind_template_child (widget_class, QsGraphPage, view);
  gtk_widget_class_bind_template_child (widget_class, QsGraphPage, legend);
  gtk_widget_class_bind_template_child (widget_class, QsGraphPage, minimap);
  gtk_widget_class_bind_template_child (widget_class, QsGraphPage, refused_group);
  gtk_widget_class_bind_template_child (widget_class, QsGraphPage, refused);
  gtk_widget_class_bind_template_callback (widget_class, view_selected_cb);
}

static void
qs_graph_page_init (QsGraphPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (qs_graph_view_get_viewport (self->view), "changed",
                           G_CALLBACK (viewport_changed_cb), self, G_CONNECT_SWAPPED);
}
