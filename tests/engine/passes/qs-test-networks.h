/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"
#include "operators/qs-attributes.h"
#include "scales/qs-scale-table.h"

G_BEGIN_DECLS

/* Networks made in code for the tests of passes, builder and runtime. */

/* A short way to write networks: every function adds layers and returns the result's tensor, named
 * @name, with its shape inferred. Weights are seeded. */
typedef struct
{
  QsNetwork *network;
  GRand *rand;
} QsTestMaker;

void       qs_test_maker_init        (QsTestMaker       *self,
                                      guint32            seed);
void       qs_test_maker_clear       (QsTestMaker       *self);
QsTensor  *qs_test_input             (QsTestMaker       *self,
                                      const char        *name,
                                      const QsShape     *shape);
/* Uniform within ±@amplitude. */
QsTensor  *qs_test_constant          (QsTestMaker       *self,
                                      const char        *name,
                                      const QsShape     *shape,
                                      float              amplitude);
QsTensor  *qs_test_number            (QsTestMaker       *self,
                                      const char        *name,
                                      float              value);
QsTensor  *qs_test_layer             (QsTestMaker       *self,
                                      QsLayerKind        kind,
                                      const char        *name,
                                      gconstpointer      attributes,
                                      QsTensor         **inputs,
                                      guint              n_inputs);
/* Same size of the plane; @kernel is odd. */
QsTensor  *qs_test_convolution       (QsTestMaker       *self,
                                      const char        *name,
                                      QsTensor          *x,
                                      int                channels,
                                      int                kernel,
                                      int                groups,
                                      gboolean           bias);
QsTensor  *qs_test_batch_norm        (QsTestMaker       *self,
                                      const char        *name,
                                      QsTensor          *x);
QsTensor  *qs_test_activation        (QsTestMaker       *self,
                                      const char        *name,
                                      QsTensor          *x,
                                      QsActivation       activation);
QsTensor  *qs_test_element_wise      (QsTestMaker       *self,
                                      const char        *name,
                                      QsTensor          *a,
                                      QsTensor          *b,
                                      QsElementWiseType  type);
QsTensor  *qs_test_max_pool          (QsTestMaker       *self,
                                      const char        *name,
                                      QsTensor          *x);
QsTensor  *qs_test_average_pool      (QsTestMaker       *self,
                                      const char        *name,
                                      QsTensor          *x);
/* [C, @columns] weights; @bias as an input of the layer. */
QsTensor  *qs_test_product           (QsTestMaker       *self,
                                      const char        *name,
                                      QsTensor          *x,
                                      int                columns,
                                      gboolean           bias);

/* A random network of 4 to 24 steps; the same for the same seed. */
QsNetwork *qs_test_random_network    (guint32            seed);

/* Runs every layer by its class's reference kernel, on memory of its own, in linear layout.
 * (element-type QsHostTensor) by tensor name. */
GHashTable *qs_test_evaluate         (QsNetwork         *network,
                                      guint32            input_seed);
/* The inputs that qs_test_evaluate() uses. */
QsHostTensor *qs_test_input_value    (const QsTensor    *tensor,
                                      guint32            input_seed);
/* Scales from the largest magnitude of every tensor, as a MinMax calibrator finds them. */
QsScaleTable *qs_test_make_scales    (QsNetwork         *network,
                                      guint32            input_seed);
float      qs_test_max_abs           (QsHostTensor      *tensor);
float      qs_test_max_difference    (QsHostTensor      *a,
                                      QsHostTensor      *b);

G_END_DECLS
