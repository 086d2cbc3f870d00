/* SPDX-License-Identifier: MIT */
#include "qs-weight-store.h"

#include "qs-background.h"

typedef struct
{
  QsNetwork *network; /* the imported one, then NULL */
  QsNetwork *fused;
  GPtrArray *reports; /* (element-type QsWeightReport) */
  guint next;         /* layer of @fused to look at */
} QsWeightJob;

struct _QsWeightStore
{
  GObject parent_instance;

  QsNetwork *network;
  QsBackground *work; /* NULL until somebody asks */
  gboolean is_paused;
  GHashTable *reports; /* names, owned by the reports */
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (QsWeightStore, qs_weight_store, G_TYPE_OBJECT)

static QsWeightJob *
job_new (QsNetwork *network)
{
  QsWeightJob *job = g_new0 (QsWeightJob, 1);

  job->network = qs_network_ref (network);
  job->reports = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_weight_report_free);
  return job;
}

static void
job_free (gpointer data)
{
  QsWeightJob *job = data;

  g_clear_pointer (&job->network, qs_network_unref);
  g_clear_pointer (&job->fused, qs_network_unref);
  g_ptr_array_unref (job->reports);
  g_free (job);
}

/* The weights as they were imported, where the passes find fault with the network. */
static void
job_fuse (QsWeightJob *job)
{
  job->fused = qs_weight_report_fuse (job->network, NULL);
  if (job->fused == NULL)
    job->fused = qs_network_ref (job->network);
  g_clear_pointer (&job->network, qs_network_unref);
}

/* First the fusion, then one layer at a time. The copy of the network goes with the last. */
static gboolean
job_step (gpointer data)
{
  QsWeightJob *job = data;
  QsWeightReport *report;

  if (job->fused == NULL)
    {
      job_fuse (job);
      return job->fused->layers->len > 0;
    }

  report = qs_weight_report_new (g_ptr_array_index (job->fused->layers, job->next));
  if (report != NULL)
    g_ptr_array_add (job->reports, report);
  if (++job->next < job->fused->layers->len)
    return TRUE;

  g_clear_pointer (&job->fused, qs_network_unref);
  return FALSE;
}

static void
done_cb (QsWeightStore *self)
{
  QsWeightJob *job = qs_background_get_data (self->work);

  for (guint i = 0; i < job->reports->len; i++)
    {
      QsWeightReport *report = g_ptr_array_index (job->reports, i);

      g_hash_table_insert (self->reports, report->layer, report);
      for (guint k = 0; report->origins[k] != NULL; k++)
        g_hash_table_insert (self->reports, report->origins[k], report);
    }
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static void
drop_work (QsWeightStore *self)
{
  g_hash_table_remove_all (self->reports);
  if (self->work != NULL)
    qs_background_stop (self->work);
  g_clear_object (&self->work);
}

void
qs_weight_store_set_network (QsWeightStore *self,
                             QsNetwork     *network)
{
  if (network == self->network)
    return;

  drop_work (self);
  g_clear_pointer (&self->network, qs_network_unref);
  self->network = network == NULL ? NULL : qs_network_ref (network);
}

void
qs_weight_store_set_paused (QsWeightStore *self,
                            gboolean       is_paused)
{
  self->is_paused = is_paused;
  if (self->work != NULL)
    qs_background_set_paused (self->work, is_paused);
}

const QsWeightReport *
qs_weight_store_lookup (QsWeightStore *self,
                        const char    *name)
{
  if (self->work == NULL && self->network != NULL)
    {
      self->work = qs_background_new (job_step, job_new (self->network), job_free);
      g_signal_connect_object (self->work, "done", G_CALLBACK (done_cb), self, G_CONNECT_SWAPPED);
      qs_background_set_paused (self->work, self->is_paused);
    }

  return g_hash_table_lookup (self->reports, name);
}

static void
qs_weight_store_finalize (GObject *object)
{
  QsWeightStore *self = QS_WEIGHT_STORE (object);

  drop_work (self);
  g_clear_pointer (&self->network, qs_network_unref);
  g_clear_pointer (&self->reports, g_hash_table_unref);

  G_OBJECT_CLASS (qs_weight_store_parent_class)->finalize (object);
}

static void
qs_weight_store_class_init (QsWeightStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_weight_store_finalize;

  signals[SIGNAL_CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
qs_weight_store_init (QsWeightStore *self)
{
  self->reports = g_hash_table_new (g_str_hash, g_str_equal);
}

QsWeightStore *
qs_weight_store_new (void)
{
  return g_object_new (QS_TYPE_WEIGHT_STORE, NULL);
}
