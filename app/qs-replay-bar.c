/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-replay-bar.h"

#include <glib/gi18n.h>

#include "qs-compat.h"
#include "qs-resources.h"

/* Long enough to read a sentence and find the layers. */
#define PLAY_MS 2000

struct _QsReplayBar
{
  AdwBin parent_instance;

  guint n_steps;
  guint step;
  gboolean is_waiting;
  gboolean is_following;
  guint play_source;

  GtkWidget *first_button;
  GtkWidget *back_button;
  GtkToggleButton *play_button;
  GtkWidget *forward_button;
  GtkWidget *last_button;
  GtkRange *slider;
  GtkLabel *position;
  GtkDropDown *speed;
  GtkLabel *rule;
  GtkLabel *reason;
};

enum
{
  PROP_0,
  PROP_STEP,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

/* By row of the drop-down. */
static const double speeds[] = { 0.5, 1.0, 2.0, 4.0, 10.0 };
#define USUAL_SPEED 1

G_DEFINE_FINAL_TYPE (QsReplayBar, qs_replay_bar, ADW_TYPE_BIN)

static void
update (QsReplayBar *self)
{
  /* Translators: which of how many rewrites. */
  g_autofree char *position = g_strdup_printf (_("%u / %u"), self->step, self->n_steps);

  gtk_label_set_label (self->position, self->n_steps > 0 ? position : "");
  self->is_following = TRUE;
  gtk_range_set_range (self->slider, 0.0, MAX (self->n_steps, 1));
  gtk_range_set_value (self->slider, self->step);
  self->is_following = FALSE;
  gtk_widget_set_sensitive (GTK_WIDGET (self->slider), self->n_steps > 0);
  gtk_widget_set_sensitive (self->first_button, self->step > 0);
  gtk_widget_set_sensitive (self->back_button, self->step > 0);
  gtk_widget_set_sensitive (self->forward_button, self->step < self->n_steps);
  gtk_widget_set_sensitive (self->last_button, self->step < self->n_steps);
  gtk_widget_set_sensitive (GTK_WIDGET (self->play_button), self->n_steps > 0);
}

guint
qs_replay_bar_get_step (QsReplayBar *self)
{
  return self->step;
}

void
qs_replay_bar_set_step (QsReplayBar *self,
                        guint        step)
{
  self->step = MIN (step, self->n_steps);
  update (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STEP]);
}

void
qs_replay_bar_set_n_steps (QsReplayBar *self,
                           guint        n_steps)
{
  qs_replay_bar_stop (self);
  self->n_steps = n_steps;
  qs_replay_bar_set_step (self, 0);
}

void
qs_replay_bar_set_waiting (QsReplayBar *self,
                           gboolean     is_waiting)
{
  self->is_waiting = is_waiting;
}

void
qs_replay_bar_set_words (QsReplayBar *self,
                         const char  *rule,
                         const char  *condition,
                         const char  *reason)
{
  gtk_label_set_label (self->rule, rule != NULL ? rule : "");
  gtk_widget_set_visible (GTK_WIDGET (self->rule), rule != NULL);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->rule), condition);
  gtk_label_set_label (self->reason, reason);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->reason), reason);
}

/* Playing */

void
qs_replay_bar_stop (QsReplayBar *self)
{
  gtk_toggle_button_set_active (self->play_button, FALSE);
}

static void start_timer (QsReplayBar *self);

static gboolean
play_cb (gpointer user_data)
{
  QsReplayBar *self = user_data;

  if (self->is_waiting)
    return G_SOURCE_CONTINUE;

  self->play_source = 0;
  if (self->step >= self->n_steps)
    {
      qs_replay_bar_stop (self);
      return G_SOURCE_REMOVE;
    }

  qs_replay_bar_set_step (self, self->step + 1);
  start_timer (self);
  return G_SOURCE_REMOVE;
}

static void
start_timer (QsReplayBar *self)
{
  guint row = gtk_drop_down_get_selected (self->speed);
  double speed = row < G_N_ELEMENTS (speeds) ? speeds[row] : 1.0;

  g_clear_handle_id (&self->play_source, g_source_remove);
  self->play_source = g_timeout_add ((guint) (PLAY_MS / speed), play_cb, self);
}

static void
play_toggled_cb (QsReplayBar *self)
{
  gboolean is_playing = gtk_toggle_button_get_active (self->play_button);
  const char *name = is_playing ? _("Pause") : _("Play");

  g_clear_handle_id (&self->play_source, g_source_remove);
  gtk_button_set_icon_name (GTK_BUTTON (self->play_button),
                            is_playing ? "media-playback-pause-symbolic"
                                       : "media-playback-start-symbolic");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->play_button), name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->play_button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  if (!is_playing)
    return;

  qs_replay_bar_set_step (self, self->step == self->n_steps ? 0 : self->step + 1);
  start_timer (self);
}

static void
speed_chosen_cb (QsReplayBar *self)
{
  if (self->play_source != 0)
    start_timer (self);
}

/* Whoever steps wants to look. */
static void
go_to (QsReplayBar *self,
       guint        step)
{
  qs_replay_bar_stop (self);
  qs_replay_bar_set_step (self, step);
}

static void
first_clicked_cb (QsReplayBar *self)
{
  go_to (self, 0);
}

static void
back_clicked_cb (QsReplayBar *self)
{
  go_to (self, self->step - 1);
}

static void
forward_clicked_cb (QsReplayBar *self)
{
  go_to (self, self->step + 1);
}

static void
last_clicked_cb (QsReplayBar *self)
{
  go_to (self, self->n_steps);
}

static void
slider_changed_cb (QsReplayBar *self)
{
  guint step = (guint) (gtk_range_get_value (self->slider) + 0.5);

  if (!self->is_following && step != self->step)
    go_to (self, step);
}

static gboolean
qs_replay_bar_grab_focus (GtkWidget *widget)
{
  QsReplayBar *self = QS_REPLAY_BAR (widget);

  return gtk_widget_grab_focus (self->step < self->n_steps ? self->forward_button
                                                           : self->back_button);
}

static void
qs_replay_bar_unmap (GtkWidget *widget)
{
  qs_replay_bar_stop (QS_REPLAY_BAR (widget));
  GTK_WIDGET_CLASS (qs_replay_bar_parent_class)->unmap (widget);
}

static void
qs_replay_bar_get_property (GObject    *object,
                            guint       property_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  if (property_id == PROP_STEP)
    g_value_set_uint (value, QS_REPLAY_BAR (object)->step);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
}

static void
qs_replay_bar_dispose (GObject *object)
{
  g_clear_handle_id (&QS_REPLAY_BAR (object)->play_source, g_source_remove);
  qs_bin_dispose_template (object, QS_TYPE_REPLAY_BAR);
  G_OBJECT_CLASS (qs_replay_bar_parent_class)->dispose (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, QsReplayBar, first_button);
  gtk_widget_class_bind_template_child (widget_class, QsReplayBar, back_button);
  gtk_widget_class_bind_template_child (widget_class, QsReplayBar, play_button);
  gtk_widget_class_bind_template_child (widget_class, QsReplayBar, forward_button);
  gtk_widget_class_bind_template_child (widget_class, QsReplayBar, last_button);
  gtk_widget_class_bind_template_child (widget_class, QsReplayBar, slider);
  gtk_widget_class_bind_template_child (widget_class, QsReplayBar, position);
  gtk_widget_class_bind_template_child (widget_class, QsReplayBar, speed);
  gtk_widget_class_bind_template_child (widget_class, QsReplayBar, rule);
  gtk_widget_class_bind_template_child (widget_class, QsReplayBar, reason);
}

static void
qs_replay_bar_class_init (QsReplayBarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = qs_replay_bar_get_property;
  object_class->dispose = qs_replay_bar_dispose;
  widget_class->grab_focus = qs_replay_bar_grab_focus;
  widget_class->unmap = qs_replay_bar_unmap;

  props[PROP_STEP] = g_param_spec_uint ("step", NULL, NULL, 0, G_MAXUINT, 0,
                                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-replay-bar.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, first_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, back_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, play_toggled_cb);
  gtk_widget_class_bind_template_callback (widget_class, forward_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, last_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, slider_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, speed_chosen_cb);
}

static void
qs_replay_bar_init (QsReplayBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_drop_down_set_selected (self->speed, USUAL_SPEED);
  update (self);
}
