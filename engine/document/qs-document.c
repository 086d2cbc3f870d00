/* SPDX-License-Identifier: MIT */
#include "qs-document.h"

#include <string.h>

#include "builder/qs-plan.h"
#include "calibration/qs-dynamic-ranges-file.h"
#include "calibration/qs-histogram-file.h"
#include "core/qs-error.h"
#include "qs-document-private.h"
#include "scales/qs-calibration-cache.h"

/* The header of a zip entry, behind which its name stands. */
#define ZIP_HEADER 30

static const char *const names[] = {
  QS_DOCUMENT_MANIFEST, QS_DOCUMENT_MODEL,  QS_DOCUMENT_HISTOGRAMS, QS_DOCUMENT_CACHE,
  QS_DOCUMENT_RANGES,   QS_DOCUMENT_PLAN,   NULL,
};

QsDocument *
qs_document_new (void)
{
  QsDocument *self = g_new0 (QsDocument, 1);

  self->edits = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_lint_free);
  self->int8 = QS_INT8_FASTER;
  self->calibration_batch = 32;
  qs_sample_recipe_init (&self->calibration.recipe);
  qs_sample_recipe_init (&self->labelled.recipe);
  return self;
}

void
qs_document_free (QsDocument *self)
{
  g_free (self->model_path);
  g_free (self->model_checksum);
  g_clear_pointer (&self->model, g_bytes_unref);
  g_free (self->calibration.path);
  g_free (self->labelled.path);
  g_free (self->cache_name);
  g_clear_pointer (&self->cache, qs_scale_table_unref);
  g_clear_pointer (&self->histograms, qs_histogram_set_unref);
  g_clear_pointer (&self->ranges, qs_dynamic_ranges_unref);
  g_ptr_array_unref (self->edits);
  g_clear_pointer (&self->engine, qs_engine_unref);
  g_free (self->source);
  g_free (self->backend);
  g_free (self);
}

char *
qs_document_dup_path (GFile *file,
                      GFile *document)
{
  g_autoptr (GFile) folder = g_file_get_parent (document);
  char *path = folder != NULL ? g_file_get_relative_path (folder, file) : NULL;

  return path != NULL ? path : g_file_get_path (file);
}

GFile *
qs_document_resolve (const char *path,
                     GFile      *document)
{
  g_autoptr (GFile) folder = g_file_get_parent (document);

  return folder != NULL ? g_file_resolve_relative_path (folder, path) : g_file_new_for_path (path);
}

void
qs_document_set_model (QsDocument *self,
                       QsModel    *model,
                       GFile      *document)
{
  GFile *file = qs_model_get_file (model);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (QsModel) copy = NULL;

  self->model_checksum = g_strdup (qs_model_get_checksum (model));
  if (file == NULL)
    return;

  self->model_path = qs_document_dup_path (file, document);
  bytes = g_file_load_bytes (file, NULL, NULL, NULL);
  if (bytes == NULL || g_bytes_get_size (bytes) > QS_DOCUMENT_MAX_MODEL)
    return;

  /* One that can't be read without its folder has external data. */
  copy = qs_model_load_bytes (bytes, self->model_path, NULL);
  if (copy != NULL && g_strcmp0 (qs_model_get_checksum (copy), self->model_checksum) == 0)
    self->model = g_steal_pointer (&bytes);
}

QsModel *
qs_document_open_model (QsDocument  *self,
                        GFile       *document,
                        GError     **error)
{
  g_autoptr (GFile) file = self->model_path != NULL ? qs_document_resolve (self->model_path,
                                                                           document)
                                                    : NULL;
  g_autoptr (QsModel) model = NULL;

  if (self->model != NULL)
    model = qs_model_load_bytes (self->model, self->model_path != NULL ? self->model_path
                                                                       : QS_DOCUMENT_MODEL, error);
  else if (file != NULL)
    model = qs_model_load_file (file, error);
  else
    g_set_error_literal (error, QS_ERROR, QS_ERROR_MISSING, "the document has no model");
  if (model == NULL)
    return NULL;

  if (g_strcmp0 (qs_model_get_checksum (model), self->model_checksum) == 0)
    return g_steal_pointer (&model);

  g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
               "the model %s is not the one that the document was made with; put that one back",
               self->model_path != NULL ? self->model_path : QS_DOCUMENT_MODEL);
  return NULL;
}

/**
 * qs_document_write:
 *
 * Errors: a plan that can't be saved.
 */
GBytes *
qs_document_write (QsDocument  *self,
                   GError     **error)
{
  g_autoptr (GBytes) manifest = qs_document_manifest_write (self);
  g_autoptr (GBytes) histograms =
    self->histograms != NULL ? qs_histogram_set_write (self->histograms) : NULL;
  g_autoptr (GBytes) ranges = self->ranges != NULL ? qs_dynamic_ranges_write (self->ranges) : NULL;
  g_autoptr (GBytes) scales = NULL;
  g_autoptr (GBytes) plan = NULL;

  if (self->cache != NULL)
    {
      g_autoptr (QsCalibrationCache) cache =
        qs_calibration_cache_new ("EntropyCalibration2", self->cache);

      scales = qs_calibration_cache_serialize (cache);
    }
  if (self->engine != NULL && (plan = qs_plan_write (self->engine, error)) == NULL)
    return NULL;

  return qs_document_archive_write (names, (GBytes *const[]) { manifest, self->model, histograms,
                                                               scales, ranges, plan }, error);
}

static gboolean
read_parts (QsDocument  *self,
            GHashTable  *entries,
            GError     **error)
{
  GBytes *histograms = g_hash_table_lookup (entries, QS_DOCUMENT_HISTOGRAMS);
  GBytes *scales = g_hash_table_lookup (entries, QS_DOCUMENT_CACHE);
  GBytes *ranges = g_hash_table_lookup (entries, QS_DOCUMENT_RANGES);
  GBytes *plan = g_hash_table_lookup (entries, QS_DOCUMENT_PLAN);
  g_autoptr (QsCalibrationCache) cache = NULL;
  g_autoptr (GBytes) message = NULL;

  if ((histograms != NULL &&
       (self->histograms = qs_histogram_set_read (histograms, error)) == NULL) ||
      (scales != NULL && (cache = qs_calibration_cache_parse (scales, error)) == NULL) ||
      (ranges != NULL && (self->ranges = qs_dynamic_ranges_read (ranges, error)) == NULL) ||
      (plan != NULL && ((message = qs_plan_unwrap (plan, error)) == NULL ||
                        (self->engine = qs_plan_read (message, error)) == NULL)))
    return FALSE;

  if (cache != NULL)
    self->cache = qs_scale_table_ref (qs_calibration_cache_get_scales (cache));
  return TRUE;
}

/* The parts belong to the model that the manifest names. */
static gboolean
check_parts (QsDocument  *self,
             GError     **error)
{
  if (self->histograms != NULL &&
      !qs_histogram_set_check_origin (self->histograms, self->model_checksum, NULL, error))
    return FALSE;
  if (self->engine == NULL || self->model_checksum == NULL ||
      qs_engine_get_model_checksum (self->engine) == NULL ||
      g_str_equal (qs_engine_get_model_checksum (self->engine), self->model_checksum))
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH, "%s: it was built from another model than the "
               "document's", QS_DOCUMENT_PLAN);
  return FALSE;
}

/**
 * qs_document_read:
 *
 * Errors: %QS_ERROR_MALFORMED, %QS_ERROR_VERSION, %QS_ERROR_LIMIT, %QS_ERROR_MISMATCH for parts
 * that do not belong together, and those of the parts.
 */
QsDocument *
qs_document_read (GBytes  *bytes,
                  GError **error)
{
  g_autoptr (GHashTable) entries = qs_document_archive_read (bytes, names, error);
  g_autoptr (QsDocument) self = qs_document_new ();
  GBytes *manifest, *model;

  if (entries == NULL)
    return NULL;

  manifest = g_hash_table_lookup (entries, QS_DOCUMENT_MANIFEST);
  if (manifest == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "this is not a document: %s is missing",
                   QS_DOCUMENT_MANIFEST);
      return NULL;
    }

  model = g_hash_table_lookup (entries, QS_DOCUMENT_MODEL);
  self->model = model != NULL ? g_bytes_ref (model) : NULL;
  if (!qs_document_manifest_read (self, manifest, error) || !read_parts (self, entries, error) ||
      !check_parts (self, error))
    return NULL;

  return g_steal_pointer (&self);
}

gboolean
qs_document_save (QsDocument  *self,
                  GFile       *file,
                  GError     **error)
{
  g_autoptr (GBytes) bytes = qs_document_write (self, error);

  return bytes != NULL &&
         g_file_replace_contents (file, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                  NULL, FALSE, G_FILE_CREATE_NONE, NULL, NULL, error);
}

QsDocument *
qs_document_load (GFile   *file,
                  GError **error)
{
  g_autoptr (GBytes) bytes = g_file_load_bytes (file, NULL, NULL, error);
  g_autofree char *name = g_file_get_basename (file);
  QsDocument *self;

  if (bytes == NULL)
    return NULL;

  self = qs_document_read (bytes, error);
  if (self == NULL)
    g_prefix_error (error, "%s: ", name);
  return self;
}

gboolean
qs_document_probe (GBytes *head)
{
  gsize size;
  const char *data = g_bytes_get_data (head, &size);
  gsize length = strlen (QS_DOCUMENT_MANIFEST);

  return size >= ZIP_HEADER + length && memcmp (data, "PK\003\004", 4) == 0 &&
         memcmp (data + ZIP_HEADER, QS_DOCUMENT_MANIFEST, length) == 0;
}
