/* SPDX-License-Identifier: MIT */
#include "qs-banner.h"

#include "qs-compat.h"
#include "qs-resources.h"

struct _QsBanner
{
  AdwBin parent_instance;

  GtkRevealer *revealer;
  GtkWidget *box;
  GtkImage *icon;
  GtkLabel *title;
  GtkLabel *message;
  GtkButton *action_button;
};

G_DEFINE_FINAL_TYPE (QsBanner, qs_banner, ADW_TYPE_BIN)

static void
banner_show (QsBanner   *self,
             const char *icon_name,
             const char *title,
             const char *message)
{
  gtk_image_set_from_icon_name (self->icon, icon_name);
  gtk_label_set_label (self->title, title);
  gtk_label_set_label (self->message, message);
  gtk_widget_set_visible (GTK_WIDGET (self->message), message != NULL && *message != '\0');
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->box),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, message,
                                  -1);
  gtk_widget_set_visible (GTK_WIDGET (self->action_button), FALSE);
  gtk_revealer_set_reveal_child (self->revealer, TRUE);
}

/**
 * qs_banner_show_error:
 * @title: what did not work
 * @message: (nullable): where and why, and what to do
 */
void
qs_banner_show_error (QsBanner   *self,
                      const char *title,
                      const char *message)
{
  gtk_widget_add_css_class (self->box, "error");
  banner_show (self, "dialog-error-symbolic", title, message);
}

/**
 * qs_banner_show_error_with_action:
 * @label: words for a button, with a mnemonic
 * @action: what it does
 *
 * As [method@Banner.show_error], for trouble that has a next step.
 */
void
qs_banner_show_error_with_action (QsBanner   *self,
                                  const char *title,
                                  const char *message,
                                  const char *label,
                                  const char *action)
{
  qs_banner_show_error (self, title, message);
  gtk_button_set_label (self->action_button, label);
  qs_name_buttons (GTK_WIDGET (self->action_button));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->action_button), action);
  gtk_widget_set_visible (GTK_WIDGET (self->action_button), TRUE);
}

void
qs_banner_show_info (QsBanner   *self,
                     const char *title,
                     const char *message)
{
  gtk_widget_remove_css_class (self->box, "error");
  banner_show (self, "dialog-information-symbolic", title, message);
}

void
qs_banner_hide (QsBanner *self)
{
  gtk_revealer_set_reveal_child (self->revealer, FALSE);
}

static void
qs_banner_dispose (GObject *object)
{
  qs_bin_dispose_template (object, QS_TYPE_BANNER);
  G_OBJECT_CLASS (qs_banner_parent_class)->dispose (object);
}

static void
qs_banner_class_init (QsBannerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_banner_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-banner.ui");
  gtk_widget_class_bind_template_child (widget_class, QsBanner, revealer);
  gtk_widget_class_bind_template_child (widget_class, QsBanner, box);
  gtk_widget_class_bind_template_child (widget_class, QsBanner, icon);
  gtk_widget_class_bind_template_child (widget_class, QsBanner, title);
  gtk_widget_class_bind_template_child (widget_class, QsBanner, message);
  gtk_widget_class_bind_template_child (widget_class, QsBanner, action_button);
  gtk_widget_class_bind_template_callback (widget_class, qs_banner_hide);
}

static void
qs_banner_init (QsBanner *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
