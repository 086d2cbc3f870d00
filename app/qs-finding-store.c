/* SPDX-License-Identifier: MIT */
#include "qs-finding-store.h"

#include "qs-worker.h"

/* The work on one set of histograms; it can be left and taken up again. Only the engine's thread
 * touches it while a task runs. */
typedef struct
{
  gatomicrefcount ref_count;
  QsHistogramSet *histograms;
  GPtrArray *findings; /* (element-type QsFinding) */
  guint next;          /* tensor to look at */
} QsFindingJob;

struct _QsFindingStore
{
  GObject parent_instance;

  QsFindingJob *job;         /* NULL without histograms */
  GCancellable *cancellable; /* while a task runs or is queued */
  gboolean is_paused;
  gboolean is_busy;

  GPtrArray *items;    /* (element-type QsFindingItem) */
  GHashTable *tensors; /* name, owned by an item, to (element-type QsFindingItem) */
};

enum
{
  PROP_0,
  PROP_IS_BUSY,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static guint
finding_store_get_n_items (GListModel *model)
{
  return QS_FINDING_STORE (model)->items->len;
}

static GType
finding_store_get_item_type (GListModel *model)
{
  return QS_TYPE_FINDING_ITEM;
}

static gpointer
finding_store_get_item (GListModel *model,
                        guint       position)
{
  QsFindingStore *self = QS_FINDING_STORE (model);

  return position < self->items->len ? g_object_ref (self->items->pdata[position]) : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_n_items = finding_store_get_n_items;
  iface->get_item_type = finding_store_get_item_type;
  iface->get_item = finding_store_get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (QsFindingStore, qs_finding_store, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static QsFindingJob *
job_new (QsHistogramSet *histograms)
{
  QsFindingJob *job = g_new0 (QsFindingJob, 1);

  g_atomic_ref_count_init (&job->ref_count);
  job->histograms = qs_histogram_set_ref (histograms);
  job->findings = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_finding_free);
  return job;
}

static QsFindingJob *
job_ref (QsFindingJob *job)
{
  g_atomic_ref_count_inc (&job->ref_count);
  return job;
}

static void
job_unref (gpointer data)
{
  QsFindingJob *job = data;

  if (!g_atomic_ref_count_dec (&job->ref_count))
    return;

  qs_histogram_set_unref (job->histograms);
  g_ptr_array_unref (job->findings);
  g_free (job);
}

static void
job_run (GTask *task)
{
  QsFindingJob *job = g_task_get_task_data (task);
  guint n = qs_histogram_set_get_n (job->histograms);

  for (; job->next < n; job->next++)
    {
      if (g_task_return_error_if_cancelled (task))
        return;
      qs_findings_add (job->findings, job->histograms, job->next);
    }

  g_task_return_boolean (task, TRUE);
}

static void
set_busy (QsFindingStore *self,
          gboolean        is_busy)
{
  if (is_busy == self->is_busy)
    return;

  self->is_busy = is_busy;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_IS_BUSY]);
}

static int
compare_items (gconstpointer a,
               gconstpointer b)
{
  return qs_finding_item_compare (*(QsFindingItem *const *) a, *(QsFindingItem *const *) b);
}

static void
index_item (QsFindingStore *self,
            QsFindingItem  *item)
{
  char *tensor = (char *) qs_finding_item_get_tensor (item);
  GPtrArray *items = g_hash_table_lookup (self->tensors, tensor);

  if (items == NULL)
    {
      items = g_ptr_array_new ();
      g_hash_table_insert (self->tensors, tensor, items);
    }
  g_ptr_array_add (items, item);
}

/* @findings: (nullable): none */
static void
replace_items (QsFindingStore *self,
               GPtrArray      *findings)
{
  guint n_old = self->items->len;

  if (n_old == 0 && (findings == NULL || findings->len == 0))
    return;

  g_hash_table_remove_all (self->tensors);
  g_ptr_array_set_size (self->items, 0);
  if (findings != NULL)
    g_ptr_array_sort (findings, qs_finding_compare);
  for (guint i = 0; findings != NULL && i < findings->len; i++)
    g_ptr_array_add (self->items, qs_finding_item_new (findings->pdata[i], i));
  g_ptr_array_sort (self->items, compare_items);
  for (guint i = 0; i < self->items->len; i++)
    index_item (self, self->items->pdata[i]);

  g_list_model_items_changed (G_LIST_MODEL (self), 0, n_old, self->items->len);
}

static void start (QsFindingStore *self);

static void
ran_cb (GObject      *object,
        GAsyncResult *result,
        gpointer      user_data)
{
  QsFindingStore *self = QS_FINDING_STORE (object);
  QsFindingJob *job = g_task_get_task_data (G_TASK (result));
  gboolean is_done = g_task_propagate_boolean (G_TASK (result), NULL);

  g_clear_object (&self->cancellable);
  if (job == self->job && is_done)
    {
      set_busy (self, FALSE);
      replace_items (self, job->findings);
    }
  else
    start (self);
}

/* One task at a time: a task that was cancelled ends before the next one starts. */
static void
start (QsFindingStore *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->job == NULL || !self->is_busy || self->is_paused || self->cancellable != NULL)
    return;

  self->cancellable = g_cancellable_new ();
  task = g_task_new (self, self->cancellable, ran_cb, NULL);
  g_task_set_source_tag (task, start);
  g_task_set_task_data (task, job_ref (self->job), job_unref);
  qs_worker_run (task, job_run);
}

void
qs_finding_store_set_histograms (QsFindingStore *self,
                                 QsHistogramSet *histograms)
{
  if (histograms == qs_finding_store_get_histograms (self))
    return;

  g_clear_pointer (&self->job, job_unref);
  if (histograms != NULL)
    self->job = job_new (histograms);
  g_cancellable_cancel (self->cancellable);

  replace_items (self, NULL);
  set_busy (self, histograms != NULL);
  start (self);
}

QsHistogramSet *
qs_finding_store_get_histograms (QsFindingStore *self)
{
  return self->job == NULL ? NULL : self->job->histograms;
}

void
qs_finding_store_set_paused (QsFindingStore *self,
                             gboolean        is_paused)
{
  self->is_paused = is_paused;
  if (is_paused)
    g_cancellable_cancel (self->cancellable);
  else
    start (self);
}

gboolean
qs_finding_store_get_is_busy (QsFindingStore *self)
{
  return self->is_busy;
}

GPtrArray *
qs_finding_store_lookup (QsFindingStore *self,
                         const char     *tensor)
{
  return g_hash_table_lookup (self->tensors, tensor);
}

static void
qs_finding_store_get_property (GObject    *object,
                               guint       prop_id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  if (prop_id == PROP_IS_BUSY)
    g_value_set_boolean (value, QS_FINDING_STORE (object)->is_busy);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
qs_finding_store_finalize (GObject *object)
{
  QsFindingStore *self = QS_FINDING_STORE (object);

  g_clear_pointer (&self->job, job_unref);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->tensors, g_hash_table_unref);
  g_clear_pointer (&self->items, g_ptr_array_unref);

  G_OBJECT_CLASS (qs_finding_store_parent_class)->finalize (object);
}

static void
qs_finding_store_class_init (QsFindingStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->get_property = qs_finding_store_get_property;
  G_OBJECT_CLASS (klass)->finalize = qs_finding_store_finalize;

  props[PROP_IS_BUSY] = g_param_spec_boolean ("is-busy", NULL, NULL, FALSE,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (G_OBJECT_CLASS (klass), N_PROPS, props);
}

static void
qs_finding_store_init (QsFindingStore *self)
{
  self->items = g_ptr_array_new_with_free_func (g_object_unref);
  self->tensors = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                         (GDestroyNotify) g_ptr_array_unref);
}

QsFindingStore *
qs_finding_store_new (void)
{
  return g_object_new (QS_TYPE_FINDING_STORE, NULL);
}
