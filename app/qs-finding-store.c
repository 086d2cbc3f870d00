/* SPDX-License-Identifier: MIT */
#include "qs-finding-store.h"

#include "qs-background.h"

/* The work on one set of histograms. */
typedef struct
{
  QsHistogramSet *histograms;
  GPtrArray *findings; /* (element-type QsFinding) */
  guint next;          /* tensor to look at */
} QsFindingJob;

struct _QsFindingStore
{
  GObject parent_instance;

  QsHistogramSet *histograms;
  QsBackground *work; /* NULL without histograms */
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

  job->histograms = qs_histogram_set_ref (histograms);
  job->findings = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_finding_free);
  return job;
}

static void
job_free (gpointer data)
{
  QsFindingJob *job = data;

  qs_histogram_set_unref (job->histograms);
  g_ptr_array_unref (job->findings);
  g_free (job);
}

/* One tensor. */
static gboolean
job_step (gpointer data)
{
  QsFindingJob *job = data;
  guint n = qs_histogram_set_get_n (job->histograms);

  if (job->next < n)
    qs_findings_add (job->findings, job->histograms, job->next);
  return ++job->next < n;
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

static void
done_cb (QsFindingStore *self)
{
  QsFindingJob *job = qs_background_get_data (self->work);

  set_busy (self, FALSE);
  replace_items (self, job->findings);
}

static void
drop_work (QsFindingStore *self)
{
  if (self->work != NULL)
    qs_background_stop (self->work);
  g_clear_object (&self->work);
  g_clear_pointer (&self->histograms, qs_histogram_set_unref);
}

void
qs_finding_store_set_histograms (QsFindingStore *self,
                                 QsHistogramSet *histograms)
{
  if (histograms == self->histograms)
    return;

  drop_work (self);
  if (histograms != NULL)
    {
      self->histograms = qs_histogram_set_ref (histograms);
      self->work = qs_background_new (job_step, job_new (histograms), job_free);
      g_signal_connect_object (self->work, "done", G_CALLBACK (done_cb), self, G_CONNECT_SWAPPED);
    }

  replace_items (self, NULL);
  set_busy (self, histograms != NULL);
  if (self->work != NULL)
    qs_background_set_paused (self->work, self->is_paused);
}

QsHistogramSet *
qs_finding_store_get_histograms (QsFindingStore *self)
{
  return self->histograms;
}

void
qs_finding_store_set_paused (QsFindingStore *self,
                             gboolean        is_paused)
{
  self->is_paused = is_paused;
  if (self->work != NULL)
    qs_background_set_paused (self->work, is_paused);
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

  drop_work (self);
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
