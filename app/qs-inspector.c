/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-inspector.h"

#include "qs-compat.h"
#include "qs-engine-inspector.h"
#include "qs-layer-inspector.h"
#include "qs-resources.h"
#include "qs-tensor-inspector.h"

struct _QsInspector
{
  AdwBin parent_instance;

  QsSession *session;

  GtkStack *stack;
  GtkScrolledWindow *scroller;
  QsEngineInspector *engine;
  QsLayerInspector *layer;
  GtkWidget *separator;
  QsTensorInspector *tensor;
};

G_DEFINE_FINAL_TYPE (QsInspector, qs_inspector, ADW_TYPE_BIN)

static void
update (QsInspector *self)
{
  QsLayer *layer = qs_session_get_selected_layer (self->session);
  QsTensor *tensor = qs_session_get_selected_tensor (self->session);
  gboolean is_whole = layer == NULL && tensor == NULL &&
                      qs_session_get_engine (self->session) != NULL;

  if (is_whole)
    qs_engine_inspector_show (self->engine, self->session);
  if (layer != NULL)
    {
      qs_layer_inspector_show (self->layer, self->session, layer);
      if (layer->outputs->len > 0)
        tensor = qs_layer_get_output (layer, 0);
    }
  if (tensor != NULL)
    qs_tensor_inspector_show (self->tensor, self->session, tensor);

  gtk_widget_set_visible (GTK_WIDGET (self->engine), is_whole);
  gtk_widget_set_visible (GTK_WIDGET (self->layer), layer != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->tensor), tensor != NULL);
  gtk_widget_set_visible (self->separator, layer != NULL && tensor != NULL);
  gtk_stack_set_visible_child_name (self->stack,
                                    is_whole || layer != NULL || tensor != NULL ? "details"
                                                                                : "none");
}

static void
selection_changed_cb (QsInspector *self)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (self->scroller);

  update (self);
  gtk_adjustment_set_value (adjustment, 0.0);
}

void
qs_inspector_set_session (QsInspector *self,
                          QsSession   *session)
{
  self->session = session;
  g_signal_connect_object (session, "changed::" QS_CHANGED_SELECTION,
                           G_CALLBACK (selection_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SCALES,
                           G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_RANGES,
                           G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_LIVE,
                           G_CALLBACK (update), self, G_CONNECT_SWAPPED);
}

static void
qs_inspector_dispose (GObject *object)
{
  qs_bin_dispose_template (object, QS_TYPE_INSPECTOR);
  G_OBJECT_CLASS (qs_inspector_parent_class)->dispose (object);
}

static void
qs_inspector_class_init (QsInspectorClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_inspector_dispose;

  g_type_ensure (QS_TYPE_ENGINE_INSPECTOR);
  g_type_ensure (QS_TYPE_LAYER_INSPECTOR);
  g_type_ensure (QS_TYPE_TENSOR_INSPECTOR);
  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-inspector.ui");
  gtk_widget_class_bind_template_child (widget_class, QsInspector, stack);
  gtk_widget_class_bind_template_child (widget_class, QsInspector, scroller);
  gtk_widget_class_bind_template_child (widget_class, QsInspector, engine);
  gtk_widget_class_bind_template_child (widget_class, QsInspector, layer);
  gtk_widget_class_bind_template_child (widget_class, QsInspector, separator);
  gtk_widget_class_bind_template_child (widget_class, QsInspector, tensor);
}

static void
qs_inspector_init (QsInspector *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
