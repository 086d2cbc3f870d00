/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "core/qs-json.h"
#include "qs-document-private.h"

#define FORMAT "quantoscope-document"
#define VERSION 1
#define MAX_THREADS 1024
#define MAX_EDITS 1000

static void
add_text (JsonBuilder *builder,
          const char  *name,
          const char  *value)
{
  if (value == NULL)
    return;

  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_int (JsonBuilder *builder,
         const char  *name,
         gint64       value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_set (JsonBuilder         *builder,
         const char          *name,
         const QsDocumentSet *set)
{
  g_autofree char *recipe = NULL;

  if (set->path == NULL)
    return;

  recipe = qs_sample_recipe_to_json (&set->recipe);
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  add_text (builder, "path", set->path);
  add_text (builder, "recipe", recipe);
  json_builder_end_object (builder);
}

static void
add_edits (JsonBuilder *builder,
           GPtrArray   *edits)
{
  json_builder_set_member_name (builder, "edits");
  json_builder_begin_array (builder);
  for (guint i = 0; i < edits->len; i++)
    {
      const QsLint *lint = g_ptr_array_index (edits, i);

      json_builder_begin_object (builder);
      add_text (builder, "kind", qs_lint_kind_id (lint->kind));
      add_text (builder, "layer", lint->layer);
      add_text (builder, "other", lint->other);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

GBytes *
qs_document_manifest_write (const QsDocument *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  char *text;
  gsize size;

  json_builder_begin_object (builder);
  add_text (builder, "format", FORMAT);
  add_int (builder, "version", VERSION);
  json_builder_set_member_name (builder, "model");
  json_builder_begin_object (builder);
  add_text (builder, "path", self->model_path);
  add_text (builder, "checksum", self->model_checksum);
  json_builder_end_object (builder);
  add_set (builder, "calibration", &self->calibration);
  add_set (builder, "labelled", &self->labelled);
  add_text (builder, "cache", self->cache_name);
  add_edits (builder, self->edits);
  json_builder_set_member_name (builder, "settings");
  json_builder_begin_object (builder);
  add_text (builder, "source", self->source);
  add_text (builder, "backend", self->backend);
  add_int (builder, "int8", self->int8);
  add_int (builder, "fp16", self->fp16);
  add_int (builder, "rounding", self->rounding);
  add_int (builder, "emulate_tensorrt", self->emulate_tensorrt);
  add_int (builder, "before_fusion", self->before_fusion);
  add_int (builder, "threads", self->n_threads);
  add_int (builder, "calibration_batch", self->calibration_batch);
  json_builder_end_object (builder);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, &size);
  return g_bytes_new_take (text, size);
}

static gboolean
read_set (QsDocumentSet *set,
          JsonObject    *root,
          const char    *name,
          GError       **error)
{
  JsonObject *object = qs_json_get_object (root, name);
  const char *path = object != NULL ? qs_json_get_string (object, "path") : NULL;
  const char *recipe = object != NULL ? qs_json_get_string (object, "recipe") : NULL;

  if (path == NULL)
    return TRUE;
  if (recipe != NULL && !qs_sample_recipe_from_json (&set->recipe, recipe, error))
    {
      g_prefix_error (error, "%s: ", name);
      return FALSE;
    }

  set->path = g_strdup (path);
  return TRUE;
}

/* A whole number between @low and @high; @value stays as it is where there is none. */
static gboolean
read_int (JsonObject  *object,
          const char  *name,
          gint64       low,
          gint64       high,
          gint64      *value,
          GError     **error)
{
  double number;

  if (!qs_json_get_number (object, name, &number))
    return TRUE;
  if (number >= (double) low && number <= (double) high && number == (double) (gint64) number)
    {
      *value = (gint64) number;
      return TRUE;
    }

  g_set_error (error, QS_ERROR, QS_ERROR_DATA, "the setting “%s” is %g, which can't be", name,
               number);
  return FALSE;
}

static gboolean
read_settings (QsDocument  *self,
               JsonObject  *object,
               GError     **error)
{
  gint64 int8 = self->int8, fp16 = self->fp16, rounding = self->rounding;
  gint64 before_fusion = self->before_fusion;
  gint64 emulate_tensorrt = self->emulate_tensorrt;

  if (object == NULL)
    return TRUE;
  if (!read_int (object, "int8", QS_INT8_OFF, QS_INT8_ALL, &int8, error) ||
      !read_int (object, "fp16", QS_FP16_OFF, QS_FP16_ALL, &fp16, error) ||
      !read_int (object, "rounding", 0, 2, &rounding, error) ||
      !read_int (object, "emulate_tensorrt", 0, 1, &emulate_tensorrt, error) ||
      !read_int (object, "before_fusion", QS_BEFORE_FUSION_DEFAULT, QS_BEFORE_FUSION_NO,
                 &before_fusion, error) ||
      !read_int (object, "threads", 0, MAX_THREADS, &self->n_threads, error) ||
      !read_int (object, "calibration_batch", 1, QS_SAMPLE_RECIPE_MAX_BATCH,
                 &self->calibration_batch, error))
    return FALSE;

  self->int8 = (QsInt8Mode) int8;
  self->fp16 = (QsFp16Mode) fp16;
  self->rounding = (int) rounding;
  self->emulate_tensorrt = emulate_tensorrt != 0;
  self->before_fusion = (QsBeforeFusion) before_fusion;
  self->source = g_strdup (qs_json_get_string (object, "source"));
  self->backend = g_strdup (qs_json_get_string (object, "backend"));
  return TRUE;
}

static gboolean
read_edit (QsDocument  *self,
           JsonObject  *object,
           GError     **error)
{
  const char *layer = object != NULL ? qs_json_get_string (object, "layer") : NULL;
  const char *kind = object != NULL ? qs_json_get_string (object, "kind") : NULL;
  QsLint lint = { .message = (char *) "", .advice = (char *) "", .has_fix = TRUE };

  if (layer == NULL || !qs_lint_kind_lookup (kind, &lint.kind))
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_DATA,
                           "one of the edits of the network is not known here");
      return FALSE;
    }

  lint.layer = (char *) layer;
  lint.other = (char *) qs_json_get_string (object, "other");
  g_ptr_array_add (self->edits, qs_lint_copy (&lint));
  return TRUE;
}

static gboolean
read_edits (QsDocument  *self,
            JsonObject  *root,
            GError     **error)
{
  JsonArray *edits = qs_json_get_array (root, "edits");
  guint n = edits != NULL ? json_array_get_length (edits) : 0;

  if (n > MAX_EDITS)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT, "the document has %u edits of the network, and at "
                   "most %d are read", n, MAX_EDITS);
      return FALSE;
    }

  for (guint i = 0; i < n; i++)
    if (!read_edit (self, qs_json_array_get_object (edits, i), error))
      return FALSE;
  return TRUE;
}

gboolean
qs_document_manifest_read (QsDocument  *self,
                           GBytes      *bytes,
                           GError     **error)
{
  gsize size;
  const char *text = g_bytes_get_data (bytes, &size);
  g_autoptr (JsonNode) root = qs_json_parse (text != NULL ? text : "", (gssize) size, error);
  JsonObject *object, *model;
  double version = 0.0;

  if (root == NULL)
    return FALSE;

  object = JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  if (object == NULL || g_strcmp0 (qs_json_get_string (object, "format"), FORMAT) != 0)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED, "this is not a document");
      return FALSE;
    }
  if (!qs_json_get_number (object, "version", &version) || version != VERSION)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_VERSION,
                   "the document has format version %g, and only %d can be read", version, VERSION);
      return FALSE;
    }

  model = qs_json_get_object (object, "model");
  if (model != NULL)
    {
      self->model_path = g_strdup (qs_json_get_string (model, "path"));
      self->model_checksum = g_strdup (qs_json_get_string (model, "checksum"));
    }
  self->cache_name = g_strdup (qs_json_get_string (object, "cache"));
  return read_set (&self->calibration, object, "calibration", error) &&
         read_set (&self->labelled, object, "labelled", error) &&
         read_edits (self, object, error) &&
         read_settings (self, qs_json_get_object (object, "settings"), error);
}
