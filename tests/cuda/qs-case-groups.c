/* SPDX-License-Identifier: MIT */
#include "qs-case-groups.h"

#include <string.h>

#include "qs-convolution-cases.h"
#include "qs-hopper-cases.h"
#include "qs-layer-cases.h"
#include "qs-product-cases.h"

static void
check_convolution (const QsCaseGroup *self,
                   QsDataType         type,
                   guint64            seed,
                   QsKernelCheck     *check)
{
  qs_convolution_case_check (type, seed, check);
}

static void
check_product (const QsCaseGroup *self,
               QsDataType         type,
               guint64            seed,
               QsKernelCheck     *check)
{
  qs_product_case_check (type, seed, check);
}

static void
check_hopper (const QsCaseGroup *self,
              QsDataType         type,
              guint64            seed,
              QsKernelCheck     *check)
{
  qs_hopper_case_check (type, seed, check);
}

static void
check_layer (const QsCaseGroup *self,
             QsDataType         type,
             guint64            seed,
             QsKernelCheck     *check)
{
  qs_layer_case_check (self->data, type, seed, check);
}

#define REALS { QS_DATA_TYPE_INT8, QS_DATA_TYPE_FLOAT16, QS_DATA_TYPE_FLOAT }

static const QsCaseGroup products[] = {
  { "convolution", REALS, 0, check_convolution, NULL },
  { "product", REALS, 0, check_product, NULL },
  { "warp-groups", { QS_DATA_TYPE_INT8, QS_DATA_TYPE_FLOAT16 }, 90, check_hopper, NULL },
};

GArray *
qs_case_groups_new (void)
{
  GArray *groups = g_array_new (FALSE, TRUE, sizeof (QsCaseGroup));

  g_array_append_vals (groups, products, G_N_ELEMENTS (products));
  for (const QsLayerCase *row = qs_layer_cases; row->name != NULL; row++)
    {
      QsCaseGroup group = { .name = row->name, .check = check_layer, .data = row };

      memcpy (group.types, row->types, sizeof row->types);
      g_array_append_val (groups, group);
    }
  return groups;
}
