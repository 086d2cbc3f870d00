/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-finding-list.h"

#include <glib/gi18n.h>

#include "qs-compat.h"
#include "qs-finding-row.h"
#include "qs-resources.h"
#include "widgets/qs-filtered-selection.h"

#define ALL_KINDS (-1)

struct _QsFindingList
{
  AdwBin parent_instance;

  QsSession *session;
  QsFindingStore *store; /* the session's */
  QsFilteredSelection *selection;
  int kind;              /* QsFindingKind or ALL_KINDS */
  GArray *kinds;         /* (element-type int): what the drop-down's rows stand for */
  gboolean is_filling;

  GtkSearchEntry *search;
  GtkDropDown *kind_drop_down;
  GtkWidget *tools;
  GtkStack *stack;
  GtkListView *list;
};

enum
{
  PROP_0,
  PROP_N_FINDINGS,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (QsFindingList, qs_finding_list, ADW_TYPE_BIN)

static gboolean
filter_func (gpointer    item,
             const char *needle,
             gpointer    user_data)
{
  QsFindingList *self = user_data;

  if (self->kind != ALL_KINDS && (int) qs_finding_item_get_kind (item) != self->kind)
    return FALSE;
  return needle == NULL || qs_finding_item_matches (item, needle);
}

static guint
get_n_findings (QsFindingList *self)
{
  return self->store == NULL ? 0 : g_list_model_get_n_items (G_LIST_MODEL (self->store));
}

static const char *
choose_page (QsFindingList *self)
{
  if (qs_finding_store_get_is_busy (self->store))
    return "busy";
  if (qs_finding_store_get_histograms (self->store) == NULL)
    return "waiting";
  if (get_n_findings (self) == 0)
    return "none";

  return qs_filtered_selection_get_n (self->selection) > 0 ? "list" : "no-match";
}

static void
update_stack (QsFindingList *self)
{
  gtk_stack_set_visible_child_name (self->stack, choose_page (self));
  gtk_widget_set_visible (self->tools, get_n_findings (self) > 0);
}

static gboolean
is_about (gpointer item,
          gpointer tensor)
{
  return g_str_equal (qs_finding_item_get_tensor (item), tensor);
}

/* Selects a finding about the session's tensor, the one that was selected if that is one. */
static void
follow_selection (QsFindingList *self)
{
  const char *name = qs_session_get_selection_kind (self->session) == QS_SELECTION_TENSOR
    ? qs_session_get_selection_name (self->session) : NULL;

  qs_filtered_selection_follow (self->selection, name == NULL ? NULL : is_about, (gpointer) name);
}

static void
filtered_cb (QsFindingList *self)
{
  update_stack (self);
  follow_selection (self);
}

static void
kind_chosen_cb (QsFindingList *self)
{
  guint position = gtk_drop_down_get_selected (self->kind_drop_down);

  if (self->is_filling || position >= self->kinds->len)
    return;

  self->kind = g_array_index (self->kinds, int, position);
  qs_filtered_selection_refilter (self->selection);
}

static void
chosen_cb (QsFindingList *self,
           QsFindingItem *item)
{
  qs_session_select (self->session, QS_SELECTION_TENSOR, qs_finding_item_get_tensor (item));
}

static void
add_kind (QsFindingList *self,
          GtkStringList *names,
          int            kind,
          const char    *title,
          guint          n)
{
  /* Translators: a kind of finding, and how many of them there are. */
  g_autofree char *name = g_strdup_printf (_("%s (%u)"), title, n);

  gtk_string_list_append (names, name);
  g_array_append_val (self->kinds, kind);
}

/* The kinds that there are, with their numbers; findings are sorted by kind. */
static void
fill_kinds (QsFindingList *self)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  GListModel *model = G_LIST_MODEL (self->store);
  guint n = g_list_model_get_n_items (model), first = 0, selected = 0;

  g_array_set_size (self->kinds, 0);
  add_kind (self, names, ALL_KINDS, _("All Findings"), n);
  for (guint i = 1; i <= n; i++)
    {
      g_autoptr (QsFindingItem) begin = g_list_model_get_item (model, first);
      g_autoptr (QsFindingItem) item = g_list_model_get_item (model, i);
      QsFindingKind kind = qs_finding_item_get_kind (begin);

      if (item != NULL && qs_finding_item_get_kind (item) == kind)
        continue;
      if ((int) kind == self->kind)
        selected = self->kinds->len;
      add_kind (self, names, (int) kind, qs_finding_kind_get_title (kind), i - first);
      first = i;
    }

  self->is_filling = TRUE;
  gtk_drop_down_set_model (self->kind_drop_down, G_LIST_MODEL (names));
  gtk_drop_down_set_selected (self->kind_drop_down, selected);
  self->is_filling = FALSE;
  self->kind = g_array_index (self->kinds, int, selected);
}

static void
findings_changed_cb (QsFindingList *self)
{
  fill_kinds (self);
  qs_filtered_selection_refilter (self->selection);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_N_FINDINGS]);
}

/**
 * qs_finding_list_set_session:
 *
 * Once, when the window is made.
 */
void
qs_finding_list_set_session (QsFindingList *self,
                             QsSession     *session)
{
  self->session = session;
  self->store = qs_session_get_findings (session);
  qs_filtered_selection_set_model (self->selection, G_LIST_MODEL (self->store));
  g_signal_connect_object (self->store, "items-changed", G_CALLBACK (findings_changed_cb), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (self->store, "notify::is-busy", G_CALLBACK (update_stack), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SCALES, G_CALLBACK (update_stack), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SELECTION,
                           G_CALLBACK (follow_selection), self, G_CONNECT_SWAPPED);
  findings_changed_cb (self);
}

static void
row_setup_cb (GtkSignalListItemFactory *factory,
              GtkListItem              *list_item)
{
  gtk_list_item_set_child (list_item, qs_finding_row_new ());
}

static void
row_bind_cb (GtkSignalListItemFactory *factory,
             GtkListItem              *list_item)
{
  qs_finding_row_bind (QS_FINDING_ROW (gtk_list_item_get_child (list_item)),
                       gtk_list_item_get_item (list_item), TRUE);
}

static gboolean
qs_finding_list_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (QS_FINDING_LIST (widget)->search));
}

static void
qs_finding_list_get_property (GObject    *object,
                              guint       prop_id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  if (prop_id == PROP_N_FINDINGS)
    g_value_set_uint (value, get_n_findings (QS_FINDING_LIST (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
qs_finding_list_dispose (GObject *object)
{
  QsFindingList *self = QS_FINDING_LIST (object);

  if (self->selection != NULL)
    qs_filtered_selection_stop (self->selection);
  qs_bin_dispose_template (G_OBJECT (self), QS_TYPE_FINDING_LIST);
  g_clear_object (&self->selection);
  g_clear_pointer (&self->kinds, g_array_unref);

  G_OBJECT_CLASS (qs_finding_list_parent_class)->dispose (object);
}

static void
qs_finding_list_class_init (QsFindingListClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->get_property = qs_finding_list_get_property;
  G_OBJECT_CLASS (klass)->dispose = qs_finding_list_dispose;
  widget_class->grab_focus = qs_finding_list_grab_focus;

  props[PROP_N_FINDINGS] = g_param_spec_uint ("n-findings", NULL, NULL, 0, G_MAXUINT, 0,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (G_OBJECT_CLASS (klass), N_PROPS, props);

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-finding-list.ui");
  gtk_widget_class_bind_template_child (widget_class, QsFindingList, search);
  gtk_widget_class_bind_template_child (widget_class, QsFindingList, kind_drop_down);
  gtk_widget_class_bind_template_child (widget_class, QsFindingList, tools);
  gtk_widget_class_bind_template_child (widget_class, QsFindingList, stack);
  gtk_widget_class_bind_template_child (widget_class, QsFindingList, list);
  gtk_widget_class_bind_template_callback (widget_class, kind_chosen_cb);
}

static void
qs_finding_list_init (QsFindingList *self)
{
  g_autoptr (GtkListItemFactory) factory = qs_row_factory_new (row_setup_cb, row_bind_cb);

  self->kind = ALL_KINDS;
  self->kinds = g_array_new (FALSE, FALSE, sizeof (int));
  self->is_filling = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
  self->is_filling = FALSE;

  self->selection = qs_filtered_selection_new (NULL, self->search, self->list, factory,
                                               filter_func, self);
  g_signal_connect_object (self->selection, "chosen", G_CALLBACK (chosen_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->selection, "filtered", G_CALLBACK (filtered_cb), self,
                           G_CONNECT_SWAPPED);
}
