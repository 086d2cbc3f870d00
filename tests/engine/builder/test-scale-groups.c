/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "../passes/qs-test-networks.h"
#include "builder/qs-builder.h"
#include "builder/qs-manual-scales.h"
#include "builder/qs-ranges.h"
#include "core/qs-error.h"
#include "qs-test.h"
#include "scales/qs-calibration-cache.h"

static void
assert_group (QsScaleGroups     *groups,
              const char *const *names)
{
  const QsScaleGroup *group = qs_scale_groups_lookup (groups, names[0]);

  g_assert_nonnull (group);
  g_assert_cmpuint (group->tensors->len, ==, g_strv_length ((char **) names));
  for (guint i = 0; names[i] != NULL; i++)
    g_assert_true (qs_scale_groups_lookup (groups, names[i]) == group);
}

static QsTensor *
concatenate (QsTestMaker *maker,
             const char  *name,
             QsTensor    *a,
             QsTensor    *b)
{
  QsAxisAttributes axis = { 1 };
  QsTensor *inputs[] = { a, b };

  return qs_test_layer (maker, QS_LAYER_CONCATENATION, name, &axis, inputs, 2);
}

/* By nearest neighbours; the maker's poolings keep the size, and so does this. */
static QsTensor *
enlarge (QsTestMaker *maker,
         const char  *name,
         QsTensor    *x)
{
  QsResizeAttributes attributes = {
    .mode = QS_RESIZE_NEAREST,
    .coordinates = QS_COORDINATES_ASYMMETRIC,
    .nearest = QS_NEAREST_FLOOR,
    .scales = { 1.0f, 1.0f, 1.0f, 1.0f },
    .sizes = { 4, { x->shape.dims[0], x->shape.dims[1], x->shape.dims[2], x->shape.dims[3] } },
  };

  return qs_test_layer (maker, QS_LAYER_RESIZE, name, &attributes, &x, 1);
}

/* A network with the ends of a U-Net as the public cache's names tell it: 157, 177 and 197 are
 * enlarged to 162, 182 and 202, and these are concatenated with 143, 129 and 115 to 163, 183 and
 * 203. TensorRT 8.0 wrote one scale for each concatenation's inputs and output: the groups must be
 * those and no larger, since 177 and 197 have scales of their own in the file. */
static QsNetwork *
make_decoder (void)
{
  QsShape shape = qs_shape_make (4, 1, 4, 16, 16);
  QsTestMaker maker;
  QsTensor *x, *skips[3], *t;
  QsNetwork *network;

  qs_test_maker_init (&maker, 1);
  x = qs_test_input (&maker, "input0", &shape);
  skips[0] = qs_test_convolution (&maker, "115", x, 4, 3, 1, TRUE);
  t = qs_test_max_pool (&maker, "pool0", skips[0]);
  skips[1] = qs_test_convolution (&maker, "129", t, 4, 3, 1, TRUE);
  t = qs_test_max_pool (&maker, "pool1", skips[1]);
  skips[2] = qs_test_convolution (&maker, "143", t, 4, 3, 1, TRUE);
  t = qs_test_max_pool (&maker, "pool2", skips[2]);
  t = qs_test_convolution (&maker, "157", t, 4, 3, 1, TRUE);
  t = concatenate (&maker, "163", enlarge (&maker, "162", t), skips[2]);
  t = qs_test_convolution (&maker, "177", t, 4, 3, 1, TRUE);
  t = concatenate (&maker, "183", enlarge (&maker, "182", t), skips[1]);
  t = qs_test_convolution (&maker, "197", t, 4, 3, 1, TRUE);
  t = concatenate (&maker, "203", enlarge (&maker, "202", t), skips[0]);
  t = qs_test_convolution (&maker, "output0", t, 4, 3, 1, TRUE);
  qs_network_mark_output (maker.network, t);
  network = qs_network_ref (maker.network);
  qs_test_maker_clear (&maker);
  return network;
}

static float
lookup_scale (QsScaleTable *scales,
              const char   *name)
{
  float scale = NAN;

  g_assert_true (qs_scale_table_lookup (scales, name, &scale));
  return scale;
}

/* In the file, tensors of a group have bit-equal scales, and the builder gives them that scale. */
static void
test_tensorrt_cache (void)
{
  static const char *const groups[3][5] = {
    { "143", "162", "163", "pool2", NULL }, { "129", "182", "183", "pool1", NULL },
    { "115", "202", "203", "pool0", NULL },
  };
  g_autoptr (GFile) file = qs_test_shared ("tensorrt/concat-groups.TRT-8001.cache");
  g_autoptr (QsCalibrationCache) cache = NULL;
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsScaleGroups) found = NULL;
  g_autoptr (QsRanges) ranges = NULL;
  g_autoptr (GError) error = NULL;
  QsScaleTable *scales;

  if (file == NULL)
    return;

  cache = qs_calibration_cache_load (file, &error);
  g_assert_no_error (error);
  scales = qs_calibration_cache_get_scales (cache);
  network = make_decoder ();
  found = qs_scale_groups_new (network);
  ranges = qs_ranges_new (network, scales, NULL);

  g_assert_cmpuint (qs_scale_groups_get_n (found), ==, 3);
  for (guint i = 0; i < 3; i++)
    {
      assert_group (found, groups[i]);
      /* The poolings are of this network alone. */
      for (guint k = 0; k < 3; k++)
        {
          const QsTensor *tensor = qs_network_find_tensor (network, groups[i][k]);

          g_assert_cmpfloat (lookup_scale (scales, groups[i][k]), ==,
                             lookup_scale (scales, groups[i][0]));
          g_assert_cmpfloat (qs_ranges_get_scale (ranges, tensor), ==,
                             lookup_scale (scales, groups[i][0]));
        }
    }
  g_assert_null (qs_scale_groups_lookup (found, "177"));
  g_assert_cmpfloat (lookup_scale (scales, "177"), !=, lookup_scale (scales, "182"));
  g_assert_cmpfloat (lookup_scale (scales, "197"), !=, lookup_scale (scales, "202"));
}

/* TensorRT 8.6's cache of a diffusion model has `sin: 0`, `cos: 3c010a14` and 3c010a14 for their
 * concatenation: a uniformly zero member takes the group's scale, a missing one leaves it without. */
static void
test_zero_member (void)
{
  QsShape shape = qs_shape_make (4, 1, 4, 4, 4);
  const float one = 1.000244140625f / 127.0f;
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();
  g_autoptr (QsScaleTable) without = qs_scale_table_new ();
  g_autoptr (QsRanges) ranges = NULL;
  g_autoptr (QsRanges) missing = NULL;
  g_autofree char *why = NULL;
  QsTestMaker maker;
  QsTensor *x, *sine, *cosine, *joined;

  qs_test_maker_init (&maker, 2);
  x = qs_test_input (&maker, "x", &shape);
  sine = qs_test_convolution (&maker, "sin", x, 4, 1, 1, FALSE);
  cosine = qs_test_convolution (&maker, "cos", x, 4, 1, 1, FALSE);
  joined = concatenate (&maker, "joined", sine, cosine);
  qs_network_mark_output (maker.network, joined);

  qs_scale_table_set (scales, "x", 1.0f);
  qs_scale_table_set (scales, "sin", 0.0f);
  qs_scale_table_set (scales, "cos", one);
  qs_scale_table_set (scales, "joined", one);
  ranges = qs_ranges_new (maker.network, scales, NULL);
  g_assert_cmpfloat (qs_ranges_get_scale (ranges, sine), ==, one);
  g_assert_cmpfloat (qs_ranges_get_scale (ranges, joined), ==, one);

  qs_scale_table_set (without, "cos", one);
  missing = qs_ranges_new (maker.network, without, NULL);
  g_assert_cmpfloat (qs_ranges_get_scale (missing, cosine), ==, 0.0f);
  why = qs_ranges_explain (missing, cosine);
  g_assert_nonnull (strstr (why, "tensor sin"));
  qs_test_maker_clear (&maker);
}

/* trtexec gives a pooling's output the range of its input, whichever kind it is; an average over
 * the whole plane is a Reduce in TensorRT and has its own. */
static void
test_poolings (void)
{
  QsShape shape = qs_shape_make (4, 1, 4, 6, 6);
  QsPoolingAttributes windows = {
    .type = QS_POOLING_AVERAGE,
    .kernel_shape = { 2, { 2, 2 } },
    .strides = { 2, { 2, 2 } },
    .dilations = { 2, { 1, 1 } },
    .pads = { 4, { 0, 0, 0, 0 } },
  };
  const char *const expected[] = { "a", "max", "mean", NULL };
  g_autoptr (QsScaleGroups) groups = NULL;
  QsTestMaker maker;
  QsTensor *t;

  qs_test_maker_init (&maker, 3);
  t = qs_test_input (&maker, "x", &shape);
  t = qs_test_convolution (&maker, "a", t, 4, 3, 1, FALSE);
  t = qs_test_max_pool (&maker, "max", t);
  t = qs_test_layer (&maker, QS_LAYER_POOLING, "mean", &windows, &t, 1);
  t = qs_test_average_pool (&maker, "whole", t);
  qs_network_mark_output (maker.network, t);
  groups = qs_scale_groups_new (maker.network);

  assert_group (groups, expected);
  g_assert_null (qs_scale_groups_lookup (groups, "x"));
  g_assert_null (qs_scale_groups_lookup (groups, "whole"));
  g_assert_null (qs_scale_groups_lookup (groups, "nothing"));
  g_assert_cmpuint (qs_scale_groups_lookup (groups, "a")->layers->len, ==, 2);
  qs_test_maker_clear (&maker);
}

/* A range set by hand takes the place of larger scales of its group, and the largest of several
 * ranges counts. */
static void
test_manual (void)
{
  g_autoptr (QsNetwork) network = make_decoder ();
  g_autoptr (QsDynamicRanges) ranges = qs_dynamic_ranges_new ();
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();
  g_autoptr (QsScaleTable) applied = NULL;
  g_autoptr (QsScaleTable) both = NULL;
  g_autoptr (QsScaleTable) again = NULL;
  g_autoptr (GError) error = NULL;

  qs_scale_table_set_source (scales, "entropy2");
  for (guint i = 0; i < network->tensors->len; i++)
    qs_scale_table_set (scales, ((QsTensor *) network->tensors->pdata[i])->name, 1.0f);

  g_assert_true (qs_dynamic_ranges_parse (ranges, "162=-12.7,0", &error));
  applied = qs_manual_scales_apply (ranges, network, scales, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (lookup_scale (applied, "163"), ==, 0.1f);
  g_assert_cmpfloat (lookup_scale (applied, "143"), ==, 0.1f);
  g_assert_true (qs_scale_table_is_manual (applied, "143"));
  g_assert_cmpfloat (lookup_scale (applied, "157"), ==, 1.0f);
  g_assert_false (qs_scale_table_is_manual (applied, "157"));
  g_assert_cmpuint (qs_scale_table_count_manual (applied), ==, 4);
  g_assert_cmpstr (qs_scale_table_get_source (applied), ==, "entropy2");

  g_assert_true (qs_dynamic_ranges_parse (ranges, "143=25.4", &error));
  both = qs_manual_scales_apply (ranges, network, applied, NULL, &error);
  g_assert_cmpfloat (lookup_scale (both, "162"), ==, 0.2f);

  /* What an earlier range left in the table is no range any more. */
  g_assert_true (qs_dynamic_ranges_remove (ranges, "143"));
  again = qs_manual_scales_apply (ranges, network, both, NULL, &error);
  g_assert_cmpfloat (lookup_scale (again, "162"), ==, 0.1f);
}

static void
assert_refused (const char *range,
                QsError     code,
                const char *word)
{
  g_autoptr (QsNetwork) network = make_decoder ();
  g_autoptr (QsDynamicRanges) ranges = qs_dynamic_ranges_new ();
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (qs_dynamic_ranges_parse (ranges, range, &error));
  options.int8 = QS_INT8_ALL;
  options.ranges = ranges;
  engine = qs_builder_build (network, NULL, &options, NULL, &error);
  g_assert_null (engine);
  qs_test_assert_error (error, QS_ERROR, code, word);
}

static void
test_refused (void)
{
  assert_refused ("nowhere=1", QS_ERROR_MISSING, "nowhere");
  assert_refused ("115.weight=1", QS_ERROR_TYPE, "115.weight");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scale-groups/tensorrt-cache", test_tensorrt_cache);
  g_test_add_func ("/scale-groups/zero-member", test_zero_member);
  g_test_add_func ("/scale-groups/poolings", test_poolings);
  g_test_add_func ("/scale-groups/manual", test_manual);
  g_test_add_func ("/scale-groups/refused", test_refused);
  return g_test_run ();
}
