/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-engine-inspector.h"

#include <glib/gi18n.h>

#include "qs-compat.h"
#include "qs-device-words.h"
#include "qs-property-list.h"
#include "qs-resources.h"

/* Layers that take longest. */
#define N_SLOWEST 5

struct _QsEngineInspector
{
  AdwBin parent_instance;

  QsSession *session;

  QsPropertyList *run;
  QsPropertyList *layers;
  QsPropertyList *memory;
  QsPropertyList *slowest;
};

G_DEFINE_FINAL_TYPE (QsEngineInspector, qs_engine_inspector, ADW_TYPE_BIN)

static void
link_activated_cb (QsEngineInspector *self,
                   int                kind,
                   const char        *name)
{
  qs_session_select (self->session, (QsSelectionKind) kind, name);
}

static void
show_run (QsEngineInspector *self,
          QsEngine          *engine)
{
  g_autofree char *device = qs_device_words_full (qs_engine_get_backend (engine));
  const char *source_id = qs_session_get_engine_source (self->session);
  QsScaleSource *source =
    source_id == NULL ? NULL : qs_session_find_source (self->session, source_id);

  qs_property_list_clear (self->run);
  qs_property_list_add (self->run, _("Device"), device);
  qs_property_list_add_ms (self->run, _("Time"), qs_session_get_time (self->session, NULL));
  if (source != NULL)
    qs_property_list_add (self->run, _("Scales From"), qs_scale_source_get_name (source));
}

static void
add_count (QsPropertyList *list,
           const char     *label,
           guint           n)
{
  if (n > 0)
    qs_property_list_add_format (list, label, "%'u", n);
}

static void
show_layers (QsEngineInspector *self,
             QsEngine          *engine)
{
  static const QsPrecision precisions[] = { QS_PRECISION_INT8, QS_PRECISION_FP16,
                                            QS_PRECISION_FP32 };

  qs_property_list_clear (self->layers);
  for (guint i = 0; i < G_N_ELEMENTS (precisions); i++)
    add_count (self->layers, qs_precision_name (precisions[i]),
               qs_engine_count_layers (engine, precisions[i]));
  add_count (self->layers, _("Reformats"), qs_engine_count_reformats (engine));
}

static void
show_memory (QsEngineInspector *self,
             QsEngine          *engine)
{
  g_autofree char *weights = g_format_size (qs_engine_get_weight_size (engine));
  g_autofree char *activations = g_format_size (qs_engine_get_memory_size (engine));
  g_autofree char *bound = g_format_size (qs_engine_get_memory_bound (engine));

  qs_property_list_clear (self->memory);
  qs_property_list_add (self->memory, _("Weights"), weights);
  qs_property_list_add (self->memory, _("Activations"), activations);
  /* Translators: the least memory that any plan for the activations would need. */
  qs_property_list_add (self->memory, _("Least Possible"), bound);
}

static int
compare_times (gconstpointer a,
               gconstpointer b,
               gpointer      session)
{
  double x = qs_session_get_time (session, *(QsLayer *const *) a);
  double y = qs_session_get_time (session, *(QsLayer *const *) b);

  return x < y ? 1 : x > y ? -1 : 0;
}

/* Shares are of all layers together: alone they take a little longer than in a run of the engine. */
static void
show_slowest (QsEngineInspector *self,
              QsEngine          *engine)
{
  GPtrArray *all = qs_engine_get_network (engine)->layers;
  g_autoptr (GPtrArray) layers = g_ptr_array_new ();
  double sum = 0.0;

  qs_property_list_clear (self->slowest);
  for (guint i = 0; i < all->len; i++)
    if (qs_session_get_time (self->session, all->pdata[i]) > 0.0)
      {
        sum += qs_session_get_time (self->session, all->pdata[i]);
        g_ptr_array_add (layers, all->pdata[i]);
      }

  g_ptr_array_sort_with_data (layers, compare_times, self->session);
  for (guint i = 0; i < MIN (layers->len, N_SLOWEST); i++)
    {
      QsLayer *layer = layers->pdata[i];
      double ms = qs_session_get_time (self->session, layer);
      g_autofree char *time = qs_property_list_format_ms (ms);
      /* Translators: the time of a layer and its share of all layers' time. */
      g_autofree char *caption = g_strdup_printf (_("%s · %.0f %%"), time, 100.0 * ms / sum);

      qs_property_list_add_link (self->slowest, QS_SELECTION_LAYER, layer->name, caption);
    }
}

void
qs_engine_inspector_show (QsEngineInspector *self,
                          QsSession         *session)
{
  QsEngine *engine = qs_session_get_engine (session);

  self->session = session;
  show_run (self, engine);
  show_layers (self, engine);
  show_memory (self, engine);
  show_slowest (self, engine);
}

static void
qs_engine_inspector_dispose (GObject *object)
{
  qs_bin_dispose_template (object, QS_TYPE_ENGINE_INSPECTOR);
  G_OBJECT_CLASS (qs_engine_inspector_parent_class)->dispose (object);
}

static void
qs_engine_inspector_class_init (QsEngineInspectorClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_engine_inspector_dispose;

  g_type_ensure (QS_TYPE_PROPERTY_LIST);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               QS_RESOURCES "/qs-engine-inspector.ui");
  gtk_widget_class_bind_template_child (widget_class, QsEngineInspector, run);
  gtk_widget_class_bind_template_child (widget_class, QsEngineInspector, layers);
  gtk_widget_class_bind_template_child (widget_class, QsEngineInspector, memory);
  gtk_widget_class_bind_template_child (widget_class, QsEngineInspector, slowest);
  gtk_widget_class_bind_template_callback (widget_class, link_activated_cb);
}

static void
qs_engine_inspector_init (QsEngineInspector *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  qs_property_list_set_title (self->run, _("Run"));
  qs_property_list_set_title (self->layers, _("Layers"));
  qs_property_list_set_title (self->memory, _("Memory"));
  qs_property_list_set_title (self->slowest, _("Slowest Layers"));
}
