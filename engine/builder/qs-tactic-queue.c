/* SPDX-License-Identifier: MIT */
#include "qs-tactic-queue.h"

#include <string.h>

/* Kernels for one form of the layer, of which the best becomes the candidate. */
typedef struct
{
  QsNetwork *probe;
  QsFormat format;
  QsPrecision precision;
  GPtrArray *kernels;
  QsCandidate *candidate;
} Form;

struct _QsTacticQueue
{
  QsBuild *build;
  QsLayerPlan *plan;
  GArray *forms;
};

static void
form_clear (gpointer data)
{
  Form *form = data;

  g_clear_pointer (&form->probe, qs_network_unref);
  g_ptr_array_unref (form->kernels);
}

QsTacticQueue *
qs_tactic_queue_new (QsBuild     *build,
                     QsLayerPlan *plan)
{
  QsTacticQueue *self = g_new0 (QsTacticQueue, 1);

  self->build = build;
  self->plan = plan;
  self->forms = g_array_new (FALSE, FALSE, sizeof (Form));
  g_array_set_clear_func (self->forms, form_clear);
  return self;
}

void
qs_tactic_queue_free (QsTacticQueue *self)
{
  g_array_unref (self->forms);
  g_free (self);
}

/**
 * qs_tactic_queue_add:
 * @probe: (nullable): a network of the layer alone in this form, on which kernels are run; without
 *   it they are taken as they come
 * @format: the layout of @probe
 * @kernels: (element-type QsKernel): kernels for it, the default first; none stands for the layer
 *   class's own
 * @candidate: gets the best of them when the queue is run
 */
void
qs_tactic_queue_add (QsTacticQueue *self,
                     QsNetwork     *probe,
                     QsFormat       format,
                     QsPrecision    precision,
                     GPtrArray     *kernels,
                     QsCandidate   *candidate)
{
  Form form = { probe != NULL ? qs_network_ref (probe) : NULL, format, precision,
                g_ptr_array_ref (kernels), candidate };

  g_array_append_val (self->forms, form);
}

/**
 * qs_kernel_is_stand_in:
 *
 * Returns: whether @kernel only stands in for the backend's own: scalar code that would take most of
 *   the time of a build to lose
 */
gboolean
qs_kernel_is_stand_in (const QsKernel  *kernel,
                       const QsBackend *backend)
{
  return kernel != NULL && strcmp (backend->id, "reference") != 0 &&
         g_str_has_prefix (kernel->name, "reference");
}

/**
 * qs_tactic_discount:
 * @ms: time of a default
 *
 * Returns: what others have to stay below to replace it, in milliseconds
 */
double
qs_tactic_discount (double ms)
{
  return MAX (MIN (ms * QS_WORTHWHILE, ms - QS_WORTHWHILE_MS), 0.0);
}

static guint
count_kernels (const Form *form)
{
  return MAX (form->kernels->len, 1);
}

static const QsKernel *
get_kernel (const Form *form,
            guint       i)
{
  return form->kernels->len > 0 ? g_ptr_array_index (form->kernels, i) : NULL;
}

static gboolean
is_skipped (const QsTacticQueue *self,
            const Form          *form,
            guint                i)
{
  return i > 0 && qs_kernel_is_stand_in (get_kernel (form, i), self->build->backend);
}

static gboolean
is_measured (const QsTacticQueue *self,
             const Form          *form,
             guint                i)
{
  return self->build->timer != NULL && form->probe != NULL && !is_skipped (self, form, i) &&
         (get_kernel (form, i) != NULL || self->plan->layer->klass->evaluate != NULL);
}

static GArray *
make_trials (const QsTacticQueue *self)
{
  GArray *trials = g_array_new (FALSE, FALSE, sizeof (QsTacticTrial));

  for (guint f = 0; f < self->forms->len; f++)
    {
      const Form *form = &g_array_index (self->forms, Form, f);

      for (guint i = 0; i < count_kernels (form); i++)
        if (is_measured (self, form, i))
          {
            QsTacticTrial trial = { g_ptr_array_index (form->probe->layers, 0), get_kernel (form, i),
                                    -1.0, NULL };

            g_array_append_val (trials, trial);
          }
    }

  return trials;
}

static void
add_tactic (const QsTacticQueue *self,
            const Form          *form,
            guint                i,
            double               ms,
            const GError        *error)
{
  const QsKernel *kernel = get_kernel (form, i);
  QsTactic *tactic = g_new0 (QsTactic, 1);

  tactic->kernel = g_strdup (kernel != NULL ? kernel->name : "reference");
  tactic->precision = form->precision;
  tactic->format = form->format;
  tactic->ms = ms;
  if (error != NULL)
    tactic->reason = g_strdup (error->message);
  else if (is_skipped (self, form, i))
    tactic->reason = g_strdup ("It stands in where the backend has no kernel of its own.");
  g_ptr_array_add (self->plan->tactics, tactic);
}

/* Takes the times that belong to @form from @trials. */
static void
choose (const QsTacticQueue *self,
        const Form          *form,
        QsTacticTrial      **trials)
{
  QsCandidate *candidate = form->candidate;

  for (guint i = 0; i < count_kernels (form); i++)
    {
      g_autoptr (GError) error = NULL;
      double ms = -1.0;

      if (is_measured (self, form, i))
        {
          ms = (*trials)->ms;
          error = g_steal_pointer (&(*trials)->error);
          (*trials)++;
        }
      if (i == 0 ||
          (ms >= 0.0 && (candidate->ms < 0.0 || ms < qs_tactic_discount (candidate->ms))))
        {
          candidate->kernel = get_kernel (form, i);
          candidate->ms = ms;
        }
      add_tactic (self, form, i, ms, error);
    }
}

/**
 * qs_tactic_queue_run:
 *
 * Measures everything that was added, when the build times, and empties the queue: each form's
 * candidate gets its best kernel, and the layer's plan all of them as tactics.
 */
void
qs_tactic_queue_run (QsTacticQueue *self)
{
  g_autoptr (GArray) trials = make_trials (self);
  QsTacticTrial *next = (QsTacticTrial *) (gpointer) trials->data;

  if (trials->len > 0)
    qs_tactic_timer_measure (self->build->timer, next, trials->len);
  for (guint f = 0; f < self->forms->len; f++)
    choose (self, &g_array_index (self->forms, Form, f), &next);
  g_array_set_size (self->forms, 0);
}
