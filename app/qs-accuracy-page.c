/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-accuracy-page.h"

#include <glib/gi18n.h>
#include <math.h>

#include "qs-compat.h"
#include "qs-evaluation-card.h"
#include "qs-resources.h"

struct _QsAccuracyPage
{
  AdwBin parent_instance;

  QsSession *session;

  GtkStack *stack;
  AdwStatusPage *status;
  GtkWidget *open_button;
  GtkWidget *compare_button;
  GtkLabel *summary;
  GtkFlowBox *cards;
};

G_DEFINE_FINAL_TYPE (QsAccuracyPage, qs_accuracy_page, ADW_TYPE_BIN)

static double
get_score (const QsEvaluation *evaluation)
{
  return isnan (evaluation->top1) ? evaluation->agreement : evaluation->top1;
}

/* Of those that are right as often, the one that agrees with FP32 more often, then the one that is nearer
 * to it, has more of the network left. */
static gboolean
is_better (const QsEvaluation *one,
           const QsEvaluation *other)
{
  if (get_score (one) != get_score (other))
    return get_score (one) > get_score (other);
  if (one->agreement != other->agreement)
    return one->agreement > other->agreement;
  return one->sqnr_db > other->sqnr_db;
}

/* The index of the best calibrator; FP32, the first, takes no part. */
static guint
find_best (GPtrArray *evaluations)
{
  guint best = 0;

  for (guint i = 1; i < evaluations->len; i++)
    if (best == 0 || is_better (evaluations->pdata[i], evaluations->pdata[best]))
      best = i;

  return best;
}

static const char *
get_title (const QsEvaluation *evaluation)
{
  const QsCalibrator *calibrator = qs_calibrator_lookup (evaluation->name);

  if (calibrator != NULL)
    return calibrator->name;

  return g_str_equal (evaluation->name, "fp32") ? "FP32" : evaluation->name;
}

static void
show_cards (QsAccuracyPage *self,
            GPtrArray      *evaluations)
{
  guint best = find_best (evaluations);
  guint n = evaluations->len == 0 ? 0 : (guint) ((QsEvaluation *) evaluations->pdata[0])->n;
  g_autofree char *summary = NULL;
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->cards))) != NULL)
    gtk_flow_box_remove (self->cards, child);

  for (guint i = 0; i < evaluations->len; i++)
    {
      GtkWidget *card = qs_evaluation_card_new (get_title (evaluations->pdata[i]),
                                                evaluations->pdata[i], evaluations->pdata[0],
                                                i > 0 && i == best);

      gtk_flow_box_append (self->cards, card);
      gtk_widget_set_focusable (gtk_widget_get_parent (card), FALSE);
    }

  summary = g_strdup_printf (ngettext ("Every calibrator on the same %u labelled sample",
                                       "Every calibrator on the same %u labelled samples", n), n);
  gtk_label_set_label (self->summary, summary);
}

static void
update (QsAccuracyPage *self)
{
  GPtrArray *evaluations = qs_session_get_evaluations (self->session);
  gboolean has_labels = qs_session_get_labelled (self->session) != NULL;
  gboolean has_histograms = qs_session_get_histograms (self->session) != NULL;
  const char *description;

  if (!has_labels)
    description = _("Labelled samples show what each calibrator costs in accuracy.");
  else if (!has_histograms)
    description = _("Build once so that there are ranges to compare.");
  else
    description = _("Builds one engine per calibrator and runs all labelled samples through each.");

  adw_status_page_set_description (self->status, description);
  gtk_widget_set_visible (self->open_button, !has_labels);
  gtk_widget_set_visible (self->compare_button, has_labels);
  if (evaluations != NULL)
    show_cards (self, evaluations);
  gtk_stack_set_visible_child_name (self->stack, evaluations != NULL ? "cards" : "empty");
}

void
qs_accuracy_page_set_session (QsAccuracyPage *self,
                              QsSession      *session)
{
  static const char *const changes[] = {
    "changed::" QS_CHANGED_EVALUATIONS, "changed::" QS_CHANGED_SAMPLES,
    "changed::" QS_CHANGED_SCALES,
  };

  self->session = session;
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    g_signal_connect_object (session, changes[i], G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}

static void
qs_accuracy_page_dispose (GObject *object)
{
  qs_bin_dispose_template (object, QS_TYPE_ACCURACY_PAGE);
  G_OBJECT_CLASS (qs_accuracy_page_parent_class)->dispose (object);
}

static void
qs_accuracy_page_class_init (QsAccuracyPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_accuracy_page_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-accuracy-page.ui");
  gtk_widget_class_bind_template_child (widget_class, QsAccuracyPage, stack);
  gtk_widget_class_bind_template_child (widget_class, QsAccuracyPage, status);
  gtk_widget_class_bind_template_child (widget_class, QsAccuracyPage, open_button);
  gtk_widget_class_bind_template_child (widget_class, QsAccuracyPage, compare_button);
  gtk_widget_class_bind_template_child (widget_class, QsAccuracyPage, summary);
  gtk_widget_class_bind_template_child (widget_class, QsAccuracyPage, cards);
}

static void
qs_accuracy_page_init (QsAccuracyPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
