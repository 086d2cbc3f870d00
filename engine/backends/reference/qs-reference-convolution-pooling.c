/* SPDX-License-Identifier: MIT */
#include "backends/qs-backend-table.h"
#include "backends/qs-convolution-pooling.h"
#include "qs-reference.h"

static gboolean
supports (const QsKernel *self,
          const QsLayer  *layer,
          const char    **reason)
{
  return qs_convolution_pooling_supports (&qs_backend_reference, self, layer, reason);
}

static gpointer
prepare (const QsKernel *self,
         const QsLayer  *layer,
         GError        **error)
{
  return qs_convolution_pooling_prepare (&qs_backend_reference, self, layer, error);
}

const QsKernel qs_reference_convolution_pooling = {
  .name = "reference_conv_act_pool_s8",
  .kind = QS_LAYER_CONVOLUTION_POOLING,
  .precision = QS_PRECISION_INT8,
  .any_format = TRUE,
  .supports = supports,
  .prepare = prepare,
  .workspace_size = qs_convolution_pooling_workspace,
  .execute = qs_convolution_pooling_execute,
  .release = qs_convolution_pooling_release,
};
