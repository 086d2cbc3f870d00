/* SPDX-License-Identifier: MIT */
#include "backends/qs-backend-table.h"
#include "backends/qs-convolution-pooling.h"
#include "qs-cpu-kernel.h"

static gboolean
supports (const QsKernel *self,
          const QsLayer  *layer,
          const char    **reason)
{
  return qs_convolution_pooling_supports (&qs_backend_cpu, self, layer, reason);
}

static gpointer
prepare (const QsKernel *self,
         const QsLayer  *layer,
         GError        **error)
{
  return qs_convolution_pooling_prepare (&qs_backend_cpu, self, layer, error);
}

const QsKernel qs_cpu_convolution_pooling_kernels[] = {
  {
    .name = "conv_act_pool_s8",
    .kind = QS_LAYER_CONVOLUTION_POOLING,
    .precision = QS_PRECISION_INT8,
    .format = QS_FORMAT_HWC,
    .supports = supports,
    .prepare = prepare,
    .workspace_size = qs_convolution_pooling_workspace,
    .execute = qs_convolution_pooling_execute,
    .release = qs_convolution_pooling_release,
  },
  { .name = NULL },
};
