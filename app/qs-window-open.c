/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-window-private.h"

#include <glib/gi18n.h>

#include "core/qs-error.h"
#include "qs-presets.h"
#include "qs-samples-dialog.h"

/* Opening files, one after the other. */

typedef struct
{
  GFile *file;
  GFile *data_folder; /* (nullable): of a model's weights */
  QsPurpose purpose;
  gboolean is_decided;  /* nothing unsaved stands in the way any more */
  gboolean has_preprocessing;
  QsPreprocessing preprocessing;
} QsPendingFile;

static void open_next (QsWindow *self);

static void
pending_file_free (gpointer data)
{
  QsPendingFile *pending = data;

  g_object_unref (pending->file);
  g_clear_object (&pending->data_folder);
  g_free (pending);
}

static void
set_samples (QsWindow  *self,
             QsSamples *samples,
             QsPurpose  purpose)
{
  if (purpose == QS_PURPOSE_LABELLED)
    qs_session_set_labelled (self->session, samples);
  else
    qs_session_set_calibration (self->session, samples);
}

static void
samples_accepted_cb (QsWindow        *self,
                     QsPurpose        purpose,
                     QsSamplesDialog *dialog)
{
  set_samples (self, qs_samples_dialog_get_samples (dialog), purpose);
  open_next (self);
}

/* Where the window's own rules know no answer, labels make the difference once there is a
 * calibration set. */
static QsPurpose
guess_purpose (QsWindow  *self,
               QsSamples *samples)
{
  if (qs_session_get_calibration (self->session) != NULL && qs_samples_has_labels (samples))
    return QS_PURPOSE_LABELLED;

  return QS_PURPOSE_CALIBRATION;
}

static gboolean
check_samples (QsWindow   *self,
               QsSamples  *samples,
               GError    **error)
{
  QsNetwork *network = qs_session_get_network (self->session);

  if (network == NULL)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MISSING,
                           _("Samples need a model: open the model first"));
      return FALSE;
    }

  return qs_samples_fit (samples, network->inputs, error);
}

static gboolean
check_labels (QsSamples  *samples,
              QsPurpose   purpose,
              GError    **error)
{
  if (purpose != QS_PURPOSE_LABELLED || qs_samples_has_labels (samples))
    return TRUE;

  g_set_error_literal (error, QS_ERROR, QS_ERROR_MISSING,
                       _("The set has no labels: an array named “label” or “labels” is missing"));
  return FALSE;
}

/* Samples of other sizes that the model's dimensions allow: it takes these sizes, and then the samples
 * are opened once more. */
static gboolean
fit_to_samples (QsWindow       *self,
                QsPendingFile  *pending,
                QsSamples      *samples)
{
  g_autoptr (GPtrArray) dimensions = qs_session_fit_dimensions (self->session, samples);
  QsPendingFile *again;

  if (dimensions == NULL)
    return FALSE;

  again = g_memdup2 (pending, sizeof *pending);
  again->file = g_object_ref (pending->file);
  again->data_folder = NULL;
  g_queue_push_head (&self->pending, again);
  qs_window_toast (self, _("The model takes the sizes of the samples"));
  qs_window_set_dimensions (self, dimensions);
  return TRUE;
}

/* Returns whether the next file may be opened at once. */
static gboolean
take_samples (QsWindow       *self,
              QsPendingFile  *pending,
              QsSamples      *samples,
              GError        **error)
{
  QsPurpose purpose = pending->purpose;
  QsPreprocessing preprocessing;
  QsSamplesDialog *dialog;

  if (fit_to_samples (self, pending, samples))
    return FALSE;
  if (!check_samples (self, samples, error))
    return TRUE;
  if (purpose == QS_PURPOSE_ASK)
    purpose = guess_purpose (self, samples);
  if (!check_labels (samples, purpose, error))
    return TRUE;

  if (!pending->has_preprocessing && qs_sample_contains (pending->file))
    {
      qs_preprocessing_init (&pending->preprocessing);
      qs_sample_preset_apply (qs_sample_preset_lookup (QS_SAMPLE_PRESET), &pending->preprocessing);
      pending->has_preprocessing = TRUE;
    }
  if (pending->has_preprocessing)
    {
      preprocessing = *qs_samples_get_preprocessing (samples);
      qs_preprocessing_set_numbers (&preprocessing, &pending->preprocessing);
      qs_samples_set_preprocessing (samples, &preprocessing);
      set_samples (self, samples, purpose);
      return TRUE;
    }

  dialog = qs_samples_dialog_new (GTK_WINDOW (self), self->session, samples, purpose);
  g_signal_connect_object (dialog, "accepted", G_CALLBACK (samples_accepted_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (dialog, "cancelled", G_CALLBACK (open_next), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
  return FALSE;
}

static void
show_open_error (QsWindow *self,
                 GFile    *file,
                 GError   *error)
{
  g_autofree char *name = g_file_get_basename (file);
  /* Translators: the name of a file. */
  g_autofree char *title = g_strdup_printf (_("“%s” could not be opened"), name);

  qs_window_show_error (self, title, error);
}

static void
opened_model (QsWindow *self,
              GFile    *file)
{
  qs_welcome_add_recent (file);
  qs_window_show_model (self);
  if (qs_session_get_missing (self->session) != NULL)
    qs_banner_show_info (self->banner, _("A set of samples is not where it was"),
                         qs_session_get_missing (self->session));
}

/* What is odd about it, and its scales where there is nothing else to be seen. */
static void
opened_cache (QsWindow *self)
{
  QsCacheEditor *cache = qs_session_get_cache (self->session);
  GPtrArray *warnings = qs_scale_file_get_warnings (qs_cache_editor_get_file (cache));
  g_autofree char *title = NULL;

  qs_banner_hide (self->banner);
  if (qs_session_get_shown_network (self->session) == NULL)
    {
      adw_view_stack_set_visible_child_name (self->pages, "scales");
      qs_scales_page_show_table (self->scales_page);
    }
  if (warnings->len == 0)
    return;

  title = g_strdup_printf (ngettext ("%u oddity in “%s”", "%u oddities in “%s”", warnings->len),
                           warnings->len, qs_cache_editor_get_name (cache));
  qs_banner_show_info (self->banner, title, warnings->pdata[0]);
}

static void
loaded_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (QsWindow) self = user_data;
  QsPendingFile *pending = g_queue_pop_head (&self->pending);
  g_autoptr (QsSamples) samples = NULL;
  g_autoptr (GError) error = NULL;
  gboolean go_on = TRUE;
  QsFileKind kind = QS_FILE_UNKNOWN;

  if (pending == NULL) /* the window was closed */
    return;

  if (qs_session_load_finish (self->session, result, &kind, &samples, &error))
    {
      if (kind == QS_FILE_SAMPLES)
        go_on = take_samples (self, pending, samples, &error);
      else if (qs_session_get_waiting_dimensions (self->session) != NULL)
        {
          qs_welcome_add_recent (pending->file);
          qs_window_ask_for_dimensions (self);
          go_on = FALSE;
        }
      else if (kind == QS_FILE_MODEL || kind == QS_FILE_PLAN || kind == QS_FILE_GRAPH ||
               kind == QS_FILE_DOCUMENT)
        opened_model (self, pending->file);
      else if (kind == QS_FILE_CACHE)
        opened_cache (self);
    }

  if (g_error_matches (error, QS_ERROR, QS_ERROR_EXTERNAL_DATA))
    {
      qs_window_ask_for_weights (self, pending->file);
      go_on = FALSE;
    }
  else if (error != NULL)
    {
      show_open_error (self, pending->file, error);
      self->build_when_ready = FALSE;
    }
  pending_file_free (pending);
  if (go_on)
    open_next (self);
}

static void
load_next (QsWindow *self)
{
  QsPendingFile *pending = g_queue_peek_head (&self->pending);

  qs_session_load_model_async (self->session, pending->file, pending->data_folder, loaded_cb,
                               g_object_ref (self));
}

/* What was opened together belongs together. */
static void
decided_cb (QsWindow *self,
            gboolean  may_open,
            gpointer  user_data)
{
  if (!may_open)
    {
      qs_window_forget_files (self);
      self->build_when_ready = FALSE;
      self->is_opening = FALSE;
    }
  else if (!g_queue_is_empty (&self->pending))
    {
      ((QsPendingFile *) g_queue_peek_head (&self->pending))->is_decided = TRUE;
      load_next (self);
    }
}

/* What files of a kind take the place of. */
static const QsLoss losses[] = {
  [QS_FILE_MODEL] = QS_LOSS_ALL,
  [QS_FILE_CACHE] = QS_LOSS_CACHE,
  [QS_FILE_PLAN] = QS_LOSS_ALL,
  [QS_FILE_DOCUMENT] = QS_LOSS_ALL,
  [QS_FILE_GRAPH] = QS_LOSS_ALL,
};

/* A file that cannot even be looked at takes no place; loading it says why. */
static void
kind_known_cb (GObject      *object,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr (QsWindow) self = user_data;
  QsFileKind kind = qs_file_kind_query_finish (result, NULL);

  qs_window_when_saved (self, kind < G_N_ELEMENTS (losses) ? losses[kind] : 0, decided_cb, NULL);
}

static void
open_next (QsWindow *self)
{
  QsPendingFile *pending = g_queue_peek_head (&self->pending);

  self->is_opening = pending != NULL && !qs_session_is_busy (self->session);
  if (self->is_opening && pending->is_decided)
    load_next (self);
  else if (self->is_opening)
    qs_file_kind_query_async (pending->file, kind_known_cb, g_object_ref (self));
  else if (pending == NULL && self->build_when_ready)
    {
      self->build_when_ready = FALSE;
      self->compare_when_built = qs_session_get_labelled (self->session) != NULL;
      qs_window_build (self);
    }
}

/* Files may have been asked for meanwhile. */
void
qs_window_work_ended (QsWindow *self)
{
  if (!self->is_opening && !g_queue_is_empty (&self->pending))
    open_next (self);
}

void
qs_window_open_next (QsWindow *self)
{
  open_next (self);
}

/**
 * qs_window_open_with_data:
 *
 * Opens a model whose weights are in @folder, before all other files that wait.
 */
void
qs_window_open_with_data (QsWindow *self,
                          GFile    *file,
                          GFile    *folder)
{
  QsPendingFile *pending = g_new0 (QsPendingFile, 1);

  pending->file = g_object_ref (file);
  pending->data_folder = g_object_ref (folder);
  pending->is_decided = TRUE;
  g_queue_push_head (&self->pending, pending);
  open_next (self);
}

void
qs_window_open (QsWindow              *self,
                GFile                 *file,
                QsPurpose              purpose,
                const QsPreprocessing *preprocessing)
{
  QsPendingFile *pending = g_new0 (QsPendingFile, 1);

  pending->file = g_object_ref (file);
  pending->purpose = purpose;
  pending->has_preprocessing = preprocessing != NULL;
  if (preprocessing != NULL)
    pending->preprocessing = *preprocessing;
  g_queue_push_tail (&self->pending, pending);

  if (!self->is_opening)
    open_next (self);
}

void
qs_window_open_sample (QsWindow *self)
{
  g_autoptr (GFile) model = qs_sample_get_file (QS_SAMPLE_MODEL);
  g_autoptr (GFile) calibration = qs_sample_get_file (QS_SAMPLE_CALIBRATION);
  g_autoptr (GFile) labelled = qs_sample_get_file (QS_SAMPLE_LABELLED);

  qs_window_open (self, model, QS_PURPOSE_ASK, NULL);
  qs_window_open (self, calibration, QS_PURPOSE_CALIBRATION, NULL);
  if (g_file_query_exists (labelled, NULL))
    qs_window_open (self, labelled, QS_PURPOSE_LABELLED, NULL);
}

void
qs_window_build_when_ready (QsWindow *self)
{
  self->build_when_ready = TRUE;
  if (!self->is_opening)
    open_next (self);
}

void
qs_window_forget_files (QsWindow *self)
{
  g_queue_clear_full (&self->pending, pending_file_free);
}

gboolean
qs_window_is_empty (QsWindow *self)
{
  return qs_session_is_empty (self->session) && g_queue_is_empty (&self->pending);
}
