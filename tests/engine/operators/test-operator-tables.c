/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "operators/qs-families.h"

/* Mistakes that a table row can hide: an operator read twice or not at all in some version, two
 * classes under one name, a field outside its struct. */

#define OPERATORS_ROW(x) qs_operators_##x,
#define CLASSES_ROW(x) qs_layer_classes_##x,

static const QsOperator *const operators[] = { QS_FAMILIES (OPERATORS_ROW) NULL };
static const QsLayerClass *const classes[] = { QS_FAMILIES (CLASSES_ROW) NULL };

static guint
count_rows (const char *op_type,
            int         opset)
{
  guint n = 0;

  for (gsize f = 0; operators[f] != NULL; f++)
    for (const QsOperator *op = operators[f]; op->op_type != NULL; op++)
      n += strcmp (op->op_type, op_type) == 0 && opset >= op->since &&
           (op->until == 0 || opset <= op->until);

  return n;
}

/* Operators that ONNX itself has taken out again: Upsample from 10, Scatter from 11. */
static gboolean
has_ended (const char *op_type,
           int         opset)
{
  return (strcmp (op_type, "Upsample") == 0 && opset >= 10) ||
         (strcmp (op_type, "Scatter") == 0 && opset >= 11);
}

static void
test_versions (void)
{
  for (gsize f = 0; operators[f] != NULL; f++)
    for (const QsOperator *op = operators[f]; op->op_type != NULL; op++)
      {
        gboolean known = FALSE;

        g_assert_nonnull (op->parse);
        g_assert_true (qs_operator_is_known (op->op_type));

        /* From its first version on every operator is read by one row, until its end. */
        for (int opset = QS_OPSET_OLDEST; opset <= QS_OPSET_NEWEST; opset++)
          {
            guint n = count_rows (op->op_type, opset);

            if (n > 1 || (known && n == 0 && !has_ended (op->op_type, opset)))
              g_error ("%u rows read %s in version %d", n, op->op_type, opset);
            known |= n > 0;
            g_assert_true ((qs_operator_lookup (op->op_type, opset) != NULL) == (n == 1));
          }
        g_assert_true (known);
      }
}

static gsize
field_size (const QsField *field)
{
  switch (field->type)
    {
    case QS_FIELD_INT:
      return sizeof (gint64);
    case QS_FIELD_FLOAT:
      return sizeof (float);
    case QS_FIELD_INTS:
      return sizeof (QsInts);
    case QS_FIELD_FLAG:
      return sizeof (gboolean);
    case QS_FIELD_ENUM:
    default:
      return sizeof (int);
    }
}

static void
check_fields (const QsLayerClass *klass)
{
  for (const QsField *field = klass->fields; field != NULL && field->name != NULL; field++)
    {
      if (field->offset + field_size (field) > klass->attributes_size)
        g_error ("%s: %s lies outside the attributes", klass->name, field->name);
      g_assert_true ((field->type == QS_FIELD_ENUM) == (field->names != NULL));

      for (const QsField *other = klass->fields; other != field; other++)
        if (strcmp (other->name, field->name) == 0 ||
            (field->offset < other->offset + field_size (other) &&
             other->offset < field->offset + field_size (field)))
          g_error ("%s: %s and %s collide", klass->name, other->name, field->name);
    }

  /* Without fields the attributes would be lost in a plan file. */
  g_assert_true ((klass->attributes_size > 0) == (klass->fields != NULL));
}

static void
test_classes (void)
{
  for (gsize f = 0; classes[f] != NULL; f++)
    for (const QsLayerClass *klass = classes[f]; klass->name != NULL; klass++)
      {
        g_assert_true (qs_layer_class_by_name (klass->name) == klass);
        g_assert_true (qs_layer_class_lookup (klass->kind) == klass);
        g_assert_nonnull (klass->infer);
        check_fields (klass);
      }
}

static void
test_unknown (void)
{
  g_assert_null (qs_operator_lookup ("Conv", 0));
  g_assert_null (qs_operator_lookup ("conv", 13));
  g_assert_false (qs_operator_is_known ("NoSuchOperator"));
  g_assert_null (qs_layer_class_by_name ("NoSuchLayer"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/operators/tables/versions", test_versions);
  g_test_add_func ("/operators/tables/classes", test_classes);
  g_test_add_func ("/operators/tables/unknown", test_unknown);
  return g_test_run ();
}
