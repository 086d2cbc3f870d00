/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-rewrites-page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "passes/qs-pass.h"
#include "passes/qs-replay.h"
#include "qs-compat.h"
#include "qs-journal-item.h"
#include "qs-journal-row.h"
#include "qs-replay-bar.h"
#include "qs-replay-state.h"
#include "qs-resources.h"
#include "qs-sentences.h"
#include "widgets/qs-graph-view.h"
#include "widgets/qs-legend.h"

/* Of the buttons that lie over the graph. */
#define MOMENTS_HEIGHT 56

/* Nobody takes more advice than this at once. */
#define MAX_ADVICE 500

struct _QsRewritesPage
{
  AdwBin parent_instance;

  QsSession *session;
  QsEngine *engine;         /* (nullable): the one that is replayed */
  guint n_steps;
  gboolean is_current;      /* the view shows the state, or will when it is made */
  gboolean is_making;       /* a state */
  gboolean is_following;

  GListStore *all_rewrites;
  GListStore *all_blocked;
  GtkCustomFilter *filter;
  GPtrArray *lints;         /* (element-type QsLint): the rows of the advice */
  GPtrArray *rule_ids;      /* (element-type utf8): NULL for all; by row of the drop-down */
  const char *rule;         /* (nullable): interned */
  GtkSingleSelection *rewrite_selection;
  GtkSingleSelection *blocked_selection;

  GtkStack *stack;
  QsGraphView *view;
  QsLegend *legend;
  GtkWidget *moments;
  GtkToggleButton *before_button;
  GtkToggleButton *after_button;
  QsReplayBar *bar;
  GtkDropDown *rules;
  GtkStack *lists;
  GtkStackPage *rewrites_page;
  GtkStackPage *blocked_page;
  GtkListView *rewrites;
  GtkListView *blocked;
  GtkStackPage *advice_page;
  GtkListBox *advice;
  GtkWidget *undo_button;
};

G_DEFINE_FINAL_TYPE (QsRewritesPage, qs_rewrites_page, ADW_TYPE_BIN)

static QsJournal *
get_journal (QsRewritesPage *self)
{
  return qs_engine_get_journal (self->engine);
}

/* The rewrite that the bar is at: the last one done. */
static const QsJournalEntry *
get_entry (QsRewritesPage *self)
{
  guint step = qs_replay_bar_get_step (self->bar);

  return step == 0 ? NULL : qs_replay_get_entry (get_journal (self), step - 1);
}

/* The graph */

static void update_if_mapped (QsRewritesPage *self);

static void
show_scene (QsRewritesPage *self,
            QsGraphScene   *scene,
            GArray         *touched)
{
  self->is_following = TRUE;
  qs_graph_view_set_scene (self->view, scene);
  qs_legend_set_scene (self->legend, scene);
  gtk_widget_set_visible (GTK_WIDGET (self->legend),
                          scene != NULL && qs_graph_scene_count_superfluous (scene) > 0);
  qs_graph_view_set_highlighted (self->view, touched);
  if (touched != NULL && touched->len > 0)
    qs_graph_view_show_layer (self->view, g_array_index (touched, int, 0));
  self->is_following = FALSE;
}

/* A state that nobody wants any more is not shown; the one that is wanted now is made next. */
static void
state_made_cb (GObject      *object,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr (QsRewritesPage) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (QsReplayState) state = qs_replay_state_make_finish (result, &error);

  self->is_making = FALSE;
  if (self->session == NULL) /* the window was closed */
    return;

  if (state == NULL)
    g_warning ("The rewrites cannot be shown: %s", error->message);
  else if (self->is_current && self->engine != NULL)
    show_scene (self, state->scene, state->touched);
  qs_replay_bar_set_waiting (self->bar, FALSE);
  update_if_mapped (self);
}

/* One at a time: while one is made, the wish for another waits. */
static void
make_state (QsRewritesPage *self)
{
  gboolean before = gtk_toggle_button_get_active (self->before_button);

  qs_replay_bar_set_waiting (self->bar, TRUE);
  if (self->is_making)
    return;

  self->is_making = self->is_current = TRUE;
  qs_replay_state_make_async (self->engine, qs_session_get_network (self->session), self->lints,
                              qs_replay_bar_get_step (self->bar), before, state_made_cb,
                              g_object_ref (self));
}

/* Before a build there is nothing to replay, but pairs of a model can be advised on. */
static void
show_network (QsRewritesPage *self)
{
  QsNetwork *network = qs_session_get_network (self->session);
  g_autoptr (QsGraphScene) scene =
    network == NULL ? NULL : qs_graph_scene_new (network, NULL, NULL);

  if (scene != NULL)
    {
      g_autoptr (GArray) pairs = qs_lint_find_pairs (self->lints, network);

      qs_graph_scene_set_superfluous (scene, pairs);
    }
  self->is_current = TRUE;
  show_scene (self, scene, NULL);
}

/* Without a filter the place of a rewrite is its number. */
static guint
find_row (QsRewritesPage *self)
{
  GListModel *model = gtk_single_selection_get_model (self->rewrite_selection);
  int wanted = (int) qs_replay_bar_get_step (self->bar) - 1;
  guint low = 0, high = g_list_model_get_n_items (model);

  while (low < high)
    {
      guint middle = low + (high - low) / 2;
      g_autoptr (QsJournalItem) item = g_list_model_get_item (model, middle);
      int step = qs_journal_item_get_step (item);

      if (step == wanted)
        return middle;
      if (step < wanted)
        low = middle + 1;
      else
        high = middle;
    }

  return GTK_INVALID_LIST_POSITION;
}

static void
select_row (QsRewritesPage *self)
{
  guint found = find_row (self);

  self->is_following = TRUE;
  gtk_single_selection_set_selected (self->rewrite_selection, found);
  self->is_following = FALSE;
  if (found != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (GTK_WIDGET (self->rewrites), "list.scroll-to-item", "u", found);
}

static void
show_words (QsRewritesPage *self)
{
  const QsJournalEntry *entry = get_entry (self);
  const QsPass *pass = entry == NULL ? NULL : qs_pass_lookup (entry->rule);
  g_autofree char *reason = NULL;

  gtk_widget_set_visible (self->moments, entry != NULL);
  if (entry == NULL)
    {
      qs_replay_bar_set_words (self->bar, NULL, NULL, _("The network as it was imported"));
      return;
    }

  reason = qs_sentence_translate (entry->reason);
  qs_replay_bar_set_words (self->bar, qs_sentence_get_rule (entry->rule),
                           pass != NULL && pass->condition != NULL
                             ? qs_sentence_get (pass->condition) : NULL, reason);
}

/* Work for who looks only. */
static void
update_if_mapped (QsRewritesPage *self)
{
  if (self->is_current || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;

  if (self->engine != NULL)
    make_state (self);
  else
    show_network (self);
}

static void
step_changed_cb (QsRewritesPage *self)
{
  if (self->engine == NULL)
    return;

  self->is_current = FALSE;
  show_words (self);
  select_row (self);
  update_if_mapped (self);
}

/* Emitted by the one of the two buttons; the other one is its opposite. */
static void
moment_toggled_cb (QsRewritesPage *self)
{
  self->is_current = FALSE;
  update_if_mapped (self);
}

/* The lists */

static gboolean
filter_func (gpointer item,
             gpointer user_data)
{
  QsRewritesPage *self = user_data;

  return self->rule == NULL ||
         strcmp (qs_journal_item_get_entry (item)->rule, self->rule) == 0;
}

static void
rule_chosen_cb (QsRewritesPage *self)
{
  guint row = gtk_drop_down_get_selected (self->rules);

  if (self->is_following || row >= self->rule_ids->len)
    return;

  self->rule = g_ptr_array_index (self->rule_ids, row);
  self->is_following = TRUE;
  gtk_filter_changed (GTK_FILTER (self->filter), GTK_FILTER_CHANGE_DIFFERENT);
  self->is_following = FALSE;
  select_row (self);
}

static void
add_rule (QsRewritesPage *self,
          GtkStringList  *names,
          const char     *rule,
          const char     *title,
          guint           n)
{
  /* Translators: a rule by which graphs are rewritten, and how often it was applied. */
  g_autofree char *name = g_strdup_printf (_("%s (%u)"), title, n);

  gtk_string_list_append (names, name);
  g_ptr_array_add (self->rule_ids, (gpointer) rule);
}

static void
fill_rules (QsRewritesPage *self)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  g_autoptr (GHashTable) counts = g_hash_table_new (NULL, NULL);       /* by interned rule */
  g_autoptr (GPtrArray) in_order = g_ptr_array_new_with_free_func (g_object_unref);

  g_ptr_array_set_size (self->rule_ids, 0);
  self->rule = NULL;
  add_rule (self, names, NULL, _("All Rules"), self->n_steps);
  for (guint i = 0; i < self->n_steps; i++)
    {
      g_autoptr (QsJournalItem) item = g_list_model_get_item (G_LIST_MODEL (self->all_rewrites), i);
      const char *rule = g_intern_string (qs_journal_item_get_entry (item)->rule);
      guint n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, rule));

      if (n == 0)
        g_ptr_array_add (in_order, g_object_ref (item));
      g_hash_table_insert (counts, (gpointer) rule, GUINT_TO_POINTER (n + 1));
    }

  for (guint i = 0; i < in_order->len; i++)
    {
      QsJournalItem *item = g_ptr_array_index (in_order, i);
      const char *rule = g_intern_string (qs_journal_item_get_entry (item)->rule);

      add_rule (self, names, rule, qs_journal_item_get_title (item),
                GPOINTER_TO_UINT (g_hash_table_lookup (counts, rule)));
    }

  gtk_drop_down_set_model (self->rules, G_LIST_MODEL (names));
  gtk_drop_down_set_selected (self->rules, 0);
}

static void
fill_store (GListStore *store,
            GPtrArray  *items)
{
  g_list_store_splice (store, 0, g_list_model_get_n_items (G_LIST_MODEL (store)), items->pdata,
                       items->len);
}

static void
fill_lists (QsRewritesPage *self)
{
  QsJournal *journal = get_journal (self);
  g_autoptr (GPtrArray) done = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) refused = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *rewrites = NULL, *blocked = NULL;

  for (guint i = 0; i < qs_journal_get_n (journal); i++)
    {
      const QsJournalEntry *entry = qs_journal_get (journal, i);
      gboolean is_step = entry->kind == QS_JOURNAL_REWRITE &&
                         entry->before->len + entry->after->len > 0;

      if (is_step || entry->kind == QS_JOURNAL_REFUSAL)
        g_ptr_array_add (is_step ? done : refused,
                         qs_journal_item_new (journal, entry, is_step ? (int) done->len : -1));
    }

  fill_store (self->all_rewrites, done);
  fill_store (self->all_blocked, refused);
  self->n_steps = done->len;
  /* Translators: titles of lists, with the number of rows. */
  rewrites = g_strdup_printf (_("Rewrites (%u)"), self->n_steps);
  blocked = g_strdup_printf (_("Blocked (%u)"),
                             g_list_model_get_n_items (G_LIST_MODEL (self->all_blocked)));
  gtk_stack_page_set_title (self->rewrites_page, rewrites);
  gtk_stack_page_set_title (self->blocked_page, blocked);
  fill_rules (self);
}

/* Advice */

static void
apply_clicked_cb (QsRewritesPage *self,
                  GtkWidget      *button)
{
  guint row = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "row"));
  g_autoptr (GPtrArray) lints = g_ptr_array_ref (self->lints); /* the rows go meanwhile */
  g_autoptr (GError) error = NULL;

  if (!qs_session_is_busy (self->session) &&
      !qs_session_apply_lint (self->session, g_ptr_array_index (lints, row), &error))
    g_warning ("The advice can't be taken: %s", error->message);
}

static void
undo_clicked_cb (QsRewritesPage *self)
{
  qs_session_undo_edit (self->session);
}

/* While the network is shown that the advice is about. */
static void
highlight_layer (QsRewritesPage *self,
                 const char     *name)
{
  QsNetwork *network = qs_session_get_network (self->session);
  const QsLayer *layer = network == NULL ? NULL : qs_network_find_layer (network, name);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (int));
  int id = layer == NULL ? -1 : (int) layer->id;

  if (layer == NULL || self->engine != NULL)
    return;

  g_array_append_val (ids, id);
  qs_graph_view_set_highlighted (self->view, ids);
  qs_graph_view_show_layer (self->view, id);
}

static void
advice_selected_cb (QsRewritesPage *self,
                    GtkListBoxRow  *row)
{
  if (row != NULL && (guint) gtk_list_box_row_get_index (row) < self->lints->len)
    {
      const QsLint *lint = g_ptr_array_index (self->lints, gtk_list_box_row_get_index (row));

      qs_session_select (self->session, QS_SELECTION_LAYER, lint->layer);
      highlight_layer (self, lint->layer);
    }
}

static GtkWidget *
make_advice_row (QsRewritesPage *self,
                 guint           index)
{
  const QsLint *lint = g_ptr_array_index (self->lints, index);
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *words = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  const char *texts[] = { lint->message, lint->advice };

  gtk_widget_set_margin_top (row, 4);
  gtk_widget_set_margin_bottom (row, 4);
  gtk_widget_set_hexpand (words, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *text = qs_sentence_translate (texts[i]);
      GtkWidget *label = gtk_label_new (text);

      gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
      gtk_label_set_wrap (GTK_LABEL (label), TRUE);
      gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
      if (i > 0)
        {
          gtk_widget_add_css_class (label, "caption");
          gtk_widget_add_css_class (label, "dim-label");
        }
      gtk_box_append (GTK_BOX (words), label);
    }
  gtk_box_append (GTK_BOX (row), words);
  if (lint->has_fix)
    {
      GtkWidget *button = gtk_button_new_with_mnemonic (_("_Apply"));

      qs_name_buttons (button);
      gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
      g_object_set_data (G_OBJECT (button), "row", GUINT_TO_POINTER (index));
      g_signal_connect_object (button, "clicked", G_CALLBACK (apply_clicked_cb), self,
                               G_CONNECT_SWAPPED);
      gtk_box_append (GTK_BOX (row), button);
    }
  return row;
}

static void
fill_advice (QsRewritesPage *self)
{
  QsNetwork *network = qs_session_get_network (self->session);
  g_autofree char *title = NULL;
  GtkWidget *row;

  while ((row = gtk_widget_get_first_child (GTK_WIDGET (self->advice))) != NULL)
    gtk_list_box_remove (self->advice, row);

  g_clear_pointer (&self->lints, g_ptr_array_unref);
  self->lints = network == NULL
    ? g_ptr_array_new_with_free_func ((GDestroyNotify) qs_lint_free) : qs_lint_network (network);
  for (guint i = 0; i < MIN (self->lints->len, MAX_ADVICE); i++)
    gtk_list_box_append (self->advice, make_advice_row (self, i));

  /* Translators: title of a list, with the number of rows. */
  title = g_strdup_printf (_("Advice (%u)"), self->lints->len);
  gtk_stack_page_set_title (self->advice_page, title);
  gtk_widget_set_visible (self->undo_button, qs_session_can_undo_edit (self->session));
}

static void
clear_replay (QsRewritesPage *self)
{
  gboolean has_advice = self->lints->len > 0 || qs_session_can_undo_edit (self->session);

  g_list_store_remove_all (self->all_rewrites);
  g_list_store_remove_all (self->all_blocked);
  self->n_steps = 0;
  self->is_following = TRUE;
  fill_rules (self);
  self->is_following = FALSE;
  gtk_stack_page_set_title (self->rewrites_page, _("Rewrites"));
  gtk_stack_page_set_title (self->blocked_page, _("Blocked"));
  qs_replay_bar_set_n_steps (self->bar, 0);
  qs_replay_bar_set_words (self->bar, NULL, NULL,
                           _("Build the model to see which layers were fused, and why."));
  gtk_widget_set_visible (self->moments, FALSE);
  gtk_stack_set_visible_child_name (self->stack, has_advice ? "replay" : "empty");
  if (has_advice)
    gtk_stack_set_visible_child_name (self->lists, "advice");
  self->is_current = FALSE;
  update_if_mapped (self);
}

static void
engine_changed_cb (QsRewritesPage *self)
{
  QsEngine *engine = qs_session_get_engine (self->session);

  fill_advice (self);
  if (engine == self->engine && engine != NULL)
    return;

  qs_replay_bar_stop (self->bar);
  g_clear_pointer (&self->engine, qs_engine_unref);
  self->engine = engine == NULL ? NULL : qs_engine_ref (engine);
  gtk_stack_set_visible_child_name (self->stack, engine == NULL ? "empty" : "replay");
  if (engine == NULL)
    {
      clear_replay (self);
      return;
    }

  self->is_following = TRUE;
  fill_lists (self);
  self->is_following = FALSE;
  gtk_stack_set_visible_child_name (self->lists, "rewrites");
  qs_replay_bar_set_n_steps (self->bar, self->n_steps);
  qs_replay_bar_set_step (self->bar, 1);
}

static void
rewrite_selected_cb (QsRewritesPage *self)
{
  QsJournalItem *item = gtk_single_selection_get_selected_item (self->rewrite_selection);

  if (self->is_following || item == NULL)
    return;

  qs_replay_bar_stop (self->bar);
  qs_replay_bar_set_step (self->bar, (guint) qs_journal_item_get_step (item) + 1);
}

static void
blocked_selected_cb (QsRewritesPage *self)
{
  QsJournalItem *item = gtk_single_selection_get_selected_item (self->blocked_selection);
  const QsJournalEntry *entry = item == NULL ? NULL : qs_journal_item_get_entry (item);

  if (entry != NULL && entry->layers != NULL && entry->layers[0] != NULL)
    qs_session_select (self->session, QS_SELECTION_LAYER, entry->layers[0]);
}

/* The one selection: what is chosen here is chosen everywhere, if it is still there. */
static void
view_selected_cb (QsRewritesPage *self)
{
  QsGraphScene *scene = qs_graph_view_get_scene (self->view);
  int layer = qs_graph_view_get_selected_layer (self->view);
  int node = scene == NULL || layer < 0 ? -1 : qs_graph_scene_find_layer (scene, layer);

  if (self->is_following || node < 0)
    return;

  qs_session_select (self->session, QS_SELECTION_LAYER,
                     qs_graph_scene_get_node (scene, node)->name);
}

/**
 * qs_rewrites_page_set_session:
 *
 * Once, when the window is made.
 */
void
qs_rewrites_page_set_session (QsRewritesPage *self,
                              QsSession      *session)
{
  self->session = session;
  g_signal_connect_object (session, "changed::" QS_CHANGED_ENGINE,
                           G_CALLBACK (engine_changed_cb), self, G_CONNECT_SWAPPED);
  engine_changed_cb (self);
}

static GtkSingleSelection *
fill_view (QsRewritesPage     *self,
           GtkListView        *view,
           GListModel         *model,
           GtkListItemFactory *factory,
           GCallback           callback)
{
  GtkSingleSelection *selection = gtk_single_selection_new (model);

  gtk_single_selection_set_autoselect (selection, FALSE);
  gtk_single_selection_set_can_unselect (selection, TRUE);
  gtk_list_view_set_factory (view, factory);
  gtk_list_view_set_model (view, GTK_SELECTION_MODEL (selection));
  g_signal_connect_object (selection, "notify::selected-item", callback, self, G_CONNECT_SWAPPED);
  return selection;
}

/* Only rewrites are by rule. */
static void
list_changed_cb (QsRewritesPage *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self->rules),
                          g_strcmp0 (gtk_stack_get_visible_child_name (self->lists),
                                     "rewrites") == 0);
}

static gboolean
qs_rewrites_page_grab_focus (GtkWidget *widget)
{
  QsRewritesPage *self = QS_REWRITES_PAGE (widget);

  return self->engine != NULL && gtk_widget_grab_focus (GTK_WIDGET (self->bar));
}

static void
qs_rewrites_page_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (qs_rewrites_page_parent_class)->map (widget);
  update_if_mapped (QS_REWRITES_PAGE (widget));
}

static void
qs_rewrites_page_dispose (GObject *object)
{
  QsRewritesPage *self = QS_REWRITES_PAGE (object);

  self->session = NULL;
  if (self->filter != NULL)
    gtk_custom_filter_set_filter_func (self->filter, NULL, NULL, NULL);
  self->is_following = TRUE;
  qs_bin_dispose_template (object, QS_TYPE_REWRITES_PAGE);
  g_clear_object (&self->rewrite_selection);
  g_clear_object (&self->blocked_selection);
  g_clear_object (&self->filter);
  g_clear_object (&self->all_rewrites);
  g_clear_object (&self->all_blocked);
  g_clear_pointer (&self->rule_ids, g_ptr_array_unref);
  g_clear_pointer (&self->lints, g_ptr_array_unref);
  g_clear_pointer (&self->engine, qs_engine_unref);
  G_OBJECT_CLASS (qs_rewrites_page_parent_class)->dispose (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, stack);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, view);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, legend);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, moments);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, before_button);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, after_button);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, bar);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, rules);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, lists);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, rewrites_page);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, blocked_page);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, rewrites);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, blocked);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, advice_page);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, advice);
  gtk_widget_class_bind_template_child (widget_class, QsRewritesPage, undo_button);
}

static void
qs_rewrites_page_class_init (QsRewritesPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_rewrites_page_dispose;
  widget_class->grab_focus = qs_rewrites_page_grab_focus;
  widget_class->map = qs_rewrites_page_map;

  g_type_ensure (QS_TYPE_GRAPH_VIEW);
  g_type_ensure (QS_TYPE_LEGEND);
  g_type_ensure (QS_TYPE_REPLAY_BAR);
  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-rewrites-page.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, view_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, moment_toggled_cb);
  gtk_widget_class_bind_template_callback (widget_class, step_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, rule_chosen_cb);
  gtk_widget_class_bind_template_callback (widget_class, list_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, undo_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, advice_selected_cb);
}

static void
qs_rewrites_page_init (QsRewritesPage *self)
{
  g_autoptr (GtkListItemFactory) steps = qs_journal_step_factory_new ();
  g_autoptr (GtkListItemFactory) refusals = qs_journal_refusal_factory_new ();
  GtkFilterListModel *filtered;

  self->all_rewrites = g_list_store_new (QS_TYPE_JOURNAL_ITEM);
  self->all_blocked = g_list_store_new (QS_TYPE_JOURNAL_ITEM);
  self->rule_ids = g_ptr_array_new ();
  self->is_following = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
  self->is_following = FALSE;
  qs_graph_view_set_home_inset (self->view, MOMENTS_HEIGHT);

  self->filter = gtk_custom_filter_new (filter_func, self, NULL);
  filtered = gtk_filter_list_model_new (g_object_ref (G_LIST_MODEL (self->all_rewrites)),
                                        g_object_ref (GTK_FILTER (self->filter)));
  self->rewrite_selection = fill_view (self, self->rewrites, G_LIST_MODEL (filtered), steps,
                                       G_CALLBACK (rewrite_selected_cb));
  self->blocked_selection = fill_view (self, self->blocked,
                                       g_object_ref (G_LIST_MODEL (self->all_blocked)), refusals,
                                       G_CALLBACK (blocked_selected_cb));
}
