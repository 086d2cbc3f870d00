/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-evaluation-card.h"

#include <glib/gi18n.h>
#include <math.h>

#include "qs-compat.h"
#include "qs-resources.h"

struct _QsEvaluationCard
{
  AdwBin parent_instance;

  GtkLabel *title;
  GtkWidget *best;
  GtkLabel *figure;
  GtkLabel *caption;
  GtkGrid *grid;
  int n_rows;
};

G_DEFINE_FINAL_TYPE (QsEvaluationCard, qs_evaluation_card, ADW_TYPE_BIN)

static void
add_row (QsEvaluationCard *self,
         const char       *label,
         const char       *value)
{
  GtkWidget *key = gtk_label_new (label), *text = gtk_label_new (value);

  gtk_label_set_xalign (GTK_LABEL (key), 0.0f);
  gtk_widget_add_css_class (key, "dim-label");
  gtk_label_set_xalign (GTK_LABEL (text), 1.0f);
  gtk_widget_set_hexpand (text, TRUE);
  gtk_widget_add_css_class (text, "numeric");
  gtk_accessible_update_relation (GTK_ACCESSIBLE (text),
                                  GTK_ACCESSIBLE_RELATION_LABELLED_BY, key, NULL,
                                  -1);
  gtk_grid_attach (self->grid, key, 0, self->n_rows, 1, 1);
  gtk_grid_attach (self->grid, text, 1, self->n_rows, 1, 1);
  self->n_rows++;
}

static void
add_share (QsEvaluationCard *self,
           const char       *label,
           double            share)
{
  g_autofree char *text = NULL;

  if (isnan (share))
    return;

  text = g_strdup_printf (_("%.2f %%"), share * 100.0);
  add_row (self, label, text);
}

static void
add_decibels (QsEvaluationCard *self,
              const char       *label,
              double            value)
{
  g_autofree char *text = NULL;

  if (isnan (value))
    return;

  text = isinf (value) ? g_strdup (_("exact")) : g_strdup_printf (_("%.1f dB"), value);
  add_row (self, label, text);
}

/* The large figure: top-1 where there are labels, else the agreement with FP32. */
static void
show_figure (QsEvaluationCard   *self,
             const QsEvaluation *evaluation,
             const QsEvaluation *reference)
{
  gboolean has_labels = !isnan (evaluation->top1);
  double share = has_labels ? evaluation->top1 : evaluation->agreement;
  g_autofree char *figure = isnan (share) ? g_strdup ("–")
                                          : g_strdup_printf (_("%.2f %%"), share * 100.0);
  g_autofree char *caption = NULL;

  if (!has_labels)
    caption = g_strdup (_("agreement with FP32"));
  else if (evaluation == reference)
    caption = g_strdup (_("top-1 accuracy"));
  else
    /* Translators: percentage points of accuracy gained or lost. */
    caption = g_strdup_printf (_("top-1 accuracy, %+.2f points against FP32"),
                               (evaluation->top1 - reference->top1) * 100.0);

  gtk_label_set_label (self->figure, figure);
  gtk_label_set_label (self->caption, caption);
}

static void
show_rows (QsEvaluationCard   *self,
           const QsEvaluation *evaluation,
           const QsEvaluation *reference)
{
  g_autofree char *time = g_strdup_printf (_("%.3f ms"), evaluation->ms);
  g_autofree char *size = g_strdup_printf (_("%.2f MB"), (double) evaluation->weight_size / 1e6);
  g_autofree char *layers = g_strdup_printf ("%u", evaluation->n_int8);

  add_share (self, _("Top-5"), evaluation->top5);
  if (evaluation != reference)
    {
      g_autofree char *cosine = g_strdup_printf ("%.5f", evaluation->cosine);

      add_share (self, _("Agreement"), evaluation->agreement);
      if (!isnan (evaluation->cosine))
        add_row (self, _("Cosine"), cosine);
      add_decibels (self, _("SQNR"), evaluation->sqnr_db);
    }
  add_row (self, _("Time per Sample"), time);
  add_row (self, _("Weights"), size);
  add_row (self, _("INT8 Layers"), layers);
}

static void
qs_evaluation_card_dispose (GObject *object)
{
  qs_bin_dispose_template (object, QS_TYPE_EVALUATION_CARD);
  G_OBJECT_CLASS (qs_evaluation_card_parent_class)->dispose (object);
}

static void
qs_evaluation_card_class_init (QsEvaluationCardClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_evaluation_card_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-evaluation-card.ui");
  gtk_widget_class_bind_template_child (widget_class, QsEvaluationCard, title);
  gtk_widget_class_bind_template_child (widget_class, QsEvaluationCard, best);
  gtk_widget_class_bind_template_child (widget_class, QsEvaluationCard, figure);
  gtk_widget_class_bind_template_child (widget_class, QsEvaluationCard, caption);
  gtk_widget_class_bind_template_child (widget_class, QsEvaluationCard, grid);
}

static void
qs_evaluation_card_init (QsEvaluationCard *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
qs_evaluation_card_new (const char         *title,
                        const QsEvaluation *evaluation,
                        const QsEvaluation *reference,
                        gboolean            is_best)
{
  QsEvaluationCard *self = g_object_new (QS_TYPE_EVALUATION_CARD, NULL);

  gtk_label_set_label (self->title, title);
  gtk_widget_set_visible (self->best, is_best);
  show_figure (self, evaluation, reference);
  show_rows (self, evaluation, reference);
  return GTK_WIDGET (self);
}
