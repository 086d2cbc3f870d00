/* SPDX-License-Identifier: MIT */
#include "qs-sample-recipe.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "core/qs-error.h"

/* An object with arrays in it. The parser descends by recursion, so depth is checked before. */
#define MAX_DEPTH 4

void
qs_sample_recipe_init (QsSampleRecipe *self)
{
  *self = (QsSampleRecipe) { .limit = 0 };
  qs_preprocessing_init (&self->preprocessing);
}

gboolean
qs_sample_recipe_equal (const QsSampleRecipe *a,
                        const QsSampleRecipe *b)
{
  return qs_preprocessing_equal (&a->preprocessing, &b->preprocessing) && a->limit == b->limit &&
         a->shuffle == b->shuffle && a->seed == b->seed && a->batch == b->batch;
}

static void
set_error (GError    **error,
           const char *member,
           const char *problem)
{
  g_set_error (error, QS_ERROR, QS_ERROR_DATA, "samples' recipe: “%s” %s", member, problem);
}

/* One member of the object: how it is written and how it is read. */
typedef struct _Member Member;

struct _Member
{
  const char *name;
  gsize offset;
  gint64 min;
  gint64 max;
  const char *(*get_word) (int value);
  int (*lookup_word) (const char *word);
  void (*write) (const Member         *member,
                 const QsSampleRecipe *self,
                 JsonBuilder          *json);
  gboolean (*read) (const Member    *member,
                    QsSampleRecipe  *self,
                    JsonNode        *node,
                    GError         **error);
};

#define FIELD(type, self, member) G_STRUCT_MEMBER (type, self, (member)->offset)

static gboolean
is_type (JsonNode *node,
         GType     type)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == type;
}

static gboolean
read_integer (const Member *member,
              JsonNode     *node,
              gint64       *value,
              GError      **error)
{
  *value = is_type (node, G_TYPE_INT64) ? json_node_get_int (node) : member->min - 1;
  if (*value >= member->min && *value <= member->max)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_DATA,
               "samples' recipe: “%s” is not a whole number from %" G_GINT64_FORMAT " to %"
               G_GINT64_FORMAT, member->name, member->min, member->max);
  return FALSE;
}

static void
write_int64 (const Member         *member,
             const QsSampleRecipe *self,
             JsonBuilder          *json)
{
  json_builder_add_int_value (json, FIELD (gint64, self, member));
}

static gboolean
read_int64 (const Member   *member,
            QsSampleRecipe *self,
            JsonNode       *node,
            GError        **error)
{
  return read_integer (member, node, &FIELD (gint64, self, member), error);
}

static void
write_int (const Member         *member,
           const QsSampleRecipe *self,
           JsonBuilder          *json)
{
  json_builder_add_int_value (json, FIELD (int, self, member));
}

static gboolean
read_int (const Member   *member,
          QsSampleRecipe *self,
          JsonNode       *node,
          GError        **error)
{
  gint64 value;

  if (!read_integer (member, node, &value, error))
    return FALSE;

  FIELD (int, self, member) = (int) value;
  return TRUE;
}

static void
write_boolean (const Member         *member,
               const QsSampleRecipe *self,
               JsonBuilder          *json)
{
  json_builder_add_boolean_value (json, FIELD (gboolean, self, member));
}

static gboolean
read_boolean (const Member   *member,
              QsSampleRecipe *self,
              JsonNode       *node,
              GError        **error)
{
  if (!is_type (node, G_TYPE_BOOLEAN))
    {
      set_error (error, member->name, "is neither true nor false");
      return FALSE;
    }

  FIELD (gboolean, self, member) = json_node_get_boolean (node);
  return TRUE;
}

static const char *
get_resize_word (int value)
{
  return qs_image_resize_get_name ((QsImageResize) value);
}

static const char *
get_color_word (int value)
{
  return qs_image_color_get_name ((QsImageColor) value);
}

static const char *
get_layout_word (int value)
{
  return qs_image_layout_get_name ((QsImageLayout) value);
}

static void
write_word (const Member         *member,
            const QsSampleRecipe *self,
            JsonBuilder          *json)
{
  json_builder_add_string_value (json, member->get_word (FIELD (int, self, member)));
}

static gboolean
read_word (const Member   *member,
           QsSampleRecipe *self,
           JsonNode       *node,
           GError        **error)
{
  int value = is_type (node, G_TYPE_STRING) ? member->lookup_word (json_node_get_string (node)) : -1;

  if (value < 0)
    {
      set_error (error, member->name, "is no word that is known");
      return FALSE;
    }

  FIELD (int, self, member) = value;
  return TRUE;
}

static gboolean
read_number (const Member *member,
             JsonNode     *node,
             float        *value,
             GError      **error)
{
  if (is_type (node, G_TYPE_DOUBLE) || is_type (node, G_TYPE_INT64))
    *value = (float) json_node_get_double (node);
  else
    *value = NAN;

  if (isfinite (*value))
    return TRUE;

  set_error (error, member->name, "is not a number in the range of float32");
  return FALSE;
}

static void
write_float (const Member         *member,
             const QsSampleRecipe *self,
             JsonBuilder          *json)
{
  json_builder_add_double_value (json, (double) FIELD (float, self, member));
}

static gboolean
read_float (const Member   *member,
            QsSampleRecipe *self,
            JsonNode       *node,
            GError        **error)
{
  return read_number (member, node, &FIELD (float, self, member), error);
}

static void
write_channels (const Member         *member,
                const QsSampleRecipe *self,
                JsonBuilder          *json)
{
  const float *values = &FIELD (float, self, member);

  json_builder_begin_array (json);
  for (int c = 0; c < self->preprocessing.n_channels; c++)
    json_builder_add_double_value (json, (double) values[c]);
  json_builder_end_array (json);
}

/* Mean and deviation have as many numbers as the longer of the two; that they agree is checked when
 * both are there. */
static gboolean
read_channels (const Member   *member,
               QsSampleRecipe *self,
               JsonNode       *node,
               GError        **error)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  float *values = &FIELD (float, self, member);
  guint n = array != NULL ? json_array_get_length (array) : G_MAXUINT;

  if (n > QS_MAX_CHANNELS)
    {
      set_error (error, member->name, "is not a list of numbers, one for each channel");
      return FALSE;
    }
  if (self->preprocessing.n_channels >= 0 && self->preprocessing.n_channels != (int) n)
    {
      set_error (error, member->name, "has another number of channels");
      return FALSE;
    }

  self->preprocessing.n_channels = (int) n;
  for (guint c = 0; c < n; c++)
    if (!read_number (member, json_array_get_element (array, c), &values[c], error))
      return FALSE;

  return TRUE;
}

#define IMAGE(field) G_STRUCT_OFFSET (QsSampleRecipe, preprocessing.field)
#define SIDE(name, field) \
  { name, IMAGE (field), 0, QS_MAX_IMAGE_SIDE, NULL, NULL, write_int, read_int }
#define WORD(name) \
  { #name, IMAGE (name), 0, 0, get_##name##_word, qs_image_##name##_lookup, write_word, read_word }
#define INTEGER(name, max) \
  { #name, G_STRUCT_OFFSET (QsSampleRecipe, name), 0, max, NULL, NULL, write_int64, read_int64 }

static const Member members[] = {
  WORD (resize),
  SIDE ("resize-width", resize_width),
  SIDE ("resize-height", resize_height),
  { "crop", IMAGE (crop), 0, 0, NULL, NULL, write_boolean, read_boolean },
  SIDE ("crop-width", crop_width),
  SIDE ("crop-height", crop_height),
  WORD (color),
  WORD (layout),
  { "scale", IMAGE (scale), 0, 0, NULL, NULL, write_float, read_float },
  { "mean", IMAGE (mean), 0, 0, NULL, NULL, write_channels, read_channels },
  { "std", IMAGE (std), 0, 0, NULL, NULL, write_channels, read_channels },
  INTEGER (limit, G_MAXINT64),
  { "shuffle", G_STRUCT_OFFSET (QsSampleRecipe, shuffle), 0, 0, NULL, NULL, write_boolean,
    read_boolean },
  INTEGER (seed, G_MAXINT64),
  INTEGER (batch, QS_SAMPLE_RECIPE_MAX_BATCH),
};

char *
qs_sample_recipe_to_json (const QsSampleRecipe *self)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (json);
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      json_builder_set_member_name (json, members[i].name);
      members[i].write (&members[i], self, json);
    }
  json_builder_end_object (json);

  root = json_builder_get_root (json);
  return json_to_string (root, FALSE);
}

static gboolean
check_text (const char *text,
            GError    **error)
{
  int depth = 0;
  gsize length = 0;

  for (; text[length] != '\0' && length <= QS_SAMPLE_RECIPE_MAX_TEXT && depth <= MAX_DEPTH; length++)
    if (text[length] == '[' || text[length] == '{')
      depth++;
    else if (text[length] == ']' || text[length] == '}')
      depth--;

  if (depth <= MAX_DEPTH && length <= QS_SAMPLE_RECIPE_MAX_TEXT)
    return TRUE;

  g_set_error_literal (error, QS_ERROR, QS_ERROR_LIMIT,
                       "samples' recipe: the text is too long or too deeply nested");
  return FALSE;
}

static const Member *
find_member (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    if (strcmp (members[i].name, name) == 0)
      return &members[i];

  return NULL;
}

/* A member that is not known would change what the network sees, so it is not ignored. */
static gboolean
read_object (QsSampleRecipe *self,
             JsonObject     *object,
             GError        **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &node))
    {
      const Member *member = find_member (name);

      if (member == NULL)
        {
          g_autofree char *start = g_strndup (name, 64);
          g_autofree char *shown = g_utf8_make_valid (start, -1);

          set_error (error, shown, "is not known; a newer version may have written it");
          return FALSE;
        }
      if (!member->read (member, self, node, error))
        return FALSE;
    }

  self->preprocessing.n_channels = MAX (self->preprocessing.n_channels, 0);
  return qs_preprocessing_validate (&self->preprocessing, error);
}

/**
 * qs_sample_recipe_from_json:
 * @text: what qs_sample_recipe_to_json() wrote, or anything
 *
 * Members that are missing have their defaults.
 *
 * Errors: %QS_ERROR_MALFORMED for what is not a JSON object, %QS_ERROR_DATA for a member that is
 * out of range or unknown, naming it, %QS_ERROR_LIMIT; @self is unchanged then.
 */
gboolean
qs_sample_recipe_from_json (QsSampleRecipe *self,
                            const char     *text,
                            GError        **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) problem = NULL;
  QsSampleRecipe recipe;
  JsonNode *root;

  if (!check_text (text, error))
    return FALSE;

  root = json_parser_load_from_data (parser, text, -1, &problem) ? json_parser_get_root (parser)
                                                                 : NULL;
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "samples' recipe: this is no JSON object%s%s",
                   problem != NULL ? ": " : "", problem != NULL ? problem->message : "");
      return FALSE;
    }

  qs_sample_recipe_init (&recipe);
  recipe.preprocessing.n_channels = -1; /* the first of the lists decides */
  if (!read_object (&recipe, json_node_get_object (root), error))
    return FALSE;

  *self = recipe;
  return TRUE;
}
