/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-accuracy-page.h"
#include "qs-banner.h"
#include "qs-build-options.h"
#include "qs-graph-page.h"
#include "qs-inspector.h"
#include "qs-rewrites-page.h"
#include "qs-scales-page.h"
#include "qs-sidebar.h"
#include "qs-tensors-page.h"
#include "qs-welcome.h"
#include "qs-window.h"

G_BEGIN_DECLS

/**
 * QsLoss:
 * @QS_LOSS_DOCUMENT: ranges, advice that was taken, the engine
 * @QS_LOSS_CACHE: changes of the opened file of scales
 * @QS_LOSS_REFIT: of the document, the new scales that the engine was given
 *
 * What a deed would take away from the user who did not save it.
 */
typedef enum
{
  QS_LOSS_DOCUMENT = 1 << 0,
  QS_LOSS_CACHE = 1 << 1,
  QS_LOSS_REFIT = 1 << 2,
  QS_LOSS_ALL = QS_LOSS_DOCUMENT | QS_LOSS_CACHE,
} QsLoss;

/* @may: FALSE when the user called the deed off, or saving failed */
typedef void (*QsDeedFunc) (QsWindow *self,
                            gboolean  may,
                            gpointer  user_data);
typedef void (*QsSavedFunc) (gboolean is_saved,
                             gpointer user_data);

struct _QsWindow
{
  AdwApplicationWindow parent_instance;

  QsSession *session;
  GQueue pending; /* (element-type QsPendingFile): files still to be opened */
  guint switcher_source;
  guint inspector_source;
  gboolean has_one_panel; /* beside a page: the window is narrow */
  gboolean is_folded;     /* the inspector went for that reason */
  gboolean build_when_ready;
  gboolean compare_when_built;
  gboolean is_opening;    /* a file, or a question that it asks */
  gboolean close_is_decided;

  AdwToastOverlay *toasts;
  GtkWidget *drop_frame;
  QsBanner *banner;
  GtkStack *stack;
  AdwViewStack *pages;
  GtkWidget *switcher;
  AdwWindowTitle *window_title;
  GtkStack *title_stack;
  AdwSplitButton *build_button;
  QsBuildOptions *build_options;
  GtkMenuButton *menu_button;
  GtkRevealer *progress_revealer;
  GtkLabel *progress_label;
  GtkProgressBar *progress_bar;
  GtkWidget *sidebar_button;
  GtkWidget *inspector_button;
  GtkPaned *outer_paned;
  GtkPaned *inner_paned;
  QsSidebar *sidebar;
  QsInspector *inspector;
  QsGraphPage *graph_page;
  QsTensorsPage *tensors_page;
  QsScalesPage *scales_page;
  QsAccuracyPage *accuracy_page;
  QsRewritesPage *rewrites_page;
  QsWelcome *welcome;
  GtkLabel *status;
};

void qs_window_class_init_actions (QsWindowClass *klass);
/* Asks for a file of new scales for the engine. */
void qs_window_refit (QsWindow *self);
void qs_window_update_actions     (QsWindow      *self);
/* Asks where to save the scales of @source. @func (nullable) is called once, whatever happens. */
void qs_window_save_scales     (QsWindow      *self,
                                QsScaleSource *source,
                                const QsCacheFormat *format,
                                QsSavedFunc    func,
                                gpointer       user_data);
/* The opened file of scales in its own format. */
void qs_window_save_cache      (QsWindow      *self,
                                QsSavedFunc    func,
                                gpointer       user_data);
void qs_window_class_init_scale_actions (QsWindowClass *klass);
void qs_window_update_scale_actions (QsWindow *self);
void qs_window_class_init_exports (QsWindowClass *klass);
void qs_window_update_exports     (QsWindow      *self);
void qs_window_report_saved       (QsWindow      *self,
                                   GFile         *file,
                                   GError        *error);
void qs_window_init_dnd           (QsWindow      *self);
void qs_window_toast              (QsWindow      *self,
                                   const char    *text);
void qs_window_show_error         (QsWindow      *self,
                                   const char    *title,
                                   GError        *error);
void qs_window_build              (QsWindow      *self);
/* Asks where to if need be. */
void qs_window_save               (QsWindow      *self,
                                   gboolean       as);
gboolean qs_window_would_lose     (QsWindow      *self,
                                   QsLoss         losses);
/* Asks about each of @losses that there is. */
void qs_window_when_saved         (QsWindow      *self,
                                   QsLoss         losses,
                                   QsDeedFunc     func,
                                   gpointer       user_data);
void qs_window_compare            (QsWindow      *self);

void qs_window_open_next          (QsWindow      *self);
void qs_window_work_ended         (QsWindow      *self);
/* Those that wait to be opened. */
void qs_window_forget_files       (QsWindow      *self);
/* (transfer full): the document's name with another ending */
char *qs_window_suggest_name      (QsWindow      *self,
                                   const char    *ending);
void qs_window_open_with_data     (QsWindow      *self,
                                   GFile         *file,
                                   GFile         *folder);
void qs_window_ask_for_weights    (QsWindow      *self,
                                   GFile         *file);
void qs_window_ask_for_dimensions (QsWindow      *self);
/* (element-type QsDimension) */
void qs_window_set_dimensions     (QsWindow      *self,
                                   GPtrArray     *dimensions);
void qs_window_show_model         (QsWindow      *self);

G_END_DECLS
