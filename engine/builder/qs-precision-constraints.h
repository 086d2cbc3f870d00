/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

G_BEGIN_DECLS

/**
 * QsConstraintMode:
 * @QS_CONSTRAINT_HINT: they are followed where it is possible; in a build that times its layers, INT8
 *   or not is a matter of time
 * @QS_CONSTRAINT_PREFER: they are followed where it is possible, whatever the time; where it is not,
 *   the journal warns
 * @QS_CONSTRAINT_OBEY: the build fails where one cannot be followed, and says which layer
 *
 * TensorRT's builder flags: none, kPREFER_PRECISION_CONSTRAINTS and kOBEY_PRECISION_CONSTRAINTS.
 */
typedef enum
{
  QS_CONSTRAINT_HINT,
  QS_CONSTRAINT_PREFER,
  QS_CONSTRAINT_OBEY,
  QS_N_CONSTRAINT_MODES
} QsConstraintMode;

/* “hint”, “prefer”, “obey” */
const char *qs_constraint_mode_id    (QsConstraintMode  mode);
gboolean    qs_constraint_mode_parse (const char       *id,
                                      QsConstraintMode *mode);

/* The name that stands for every layer without a constraint of its own. */
#define QS_CONSTRAINT_ALL "*"

/**
 * QsPrecisionConstraint:
 * @layer: name of a layer or of an ONNX node in it; %QS_CONSTRAINT_ALL for all others
 * @has_precision: whether @precision is asked for (TensorRT ILayer::setPrecision)
 * @types: (array length=n_types): types asked of the outputs, %QS_DATA_TYPE_UNDEFINED for one that
 *   is free (TensorRT ILayer::setOutputType); float32, float16 or INT8
 */
typedef struct
{
  char *layer;
  gboolean has_precision;
  QsPrecision precision;
  QsDataType *types;
  guint n_types;
} QsPrecisionConstraint;

/**
 * QsPrecisionConstraints:
 *
 * What layers are asked to compute in and to write, and how earnestly.
 */
typedef struct _QsPrecisionConstraints QsPrecisionConstraints;

QsPrecisionConstraints *qs_precision_constraints_new   (QsConstraintMode         mode);
QsPrecisionConstraints *qs_precision_constraints_ref   (QsPrecisionConstraints  *self);
void                    qs_precision_constraints_unref (QsPrecisionConstraints  *self);
QsConstraintMode        qs_precision_constraints_get_mode (const QsPrecisionConstraints *self);
guint                   qs_precision_constraints_get_n (const QsPrecisionConstraints *self);
const QsPrecisionConstraint *
                        qs_precision_constraints_get   (const QsPrecisionConstraints *self,
                                                        guint                    index);
void                    qs_precision_constraints_set_precision
                                                       (QsPrecisionConstraints  *self,
                                                        const char              *layer,
                                                        QsPrecision              precision);
void                    qs_precision_constraints_set_type
                                                       (QsPrecisionConstraints  *self,
                                                        const char              *layer,
                                                        guint                    output,
                                                        QsDataType               type);
/* “LAYER=fp16”, the last equals sign counts. */
gboolean                qs_precision_constraints_parse_precision
                                                       (QsPrecisionConstraints  *self,
                                                        const char              *text,
                                                        GError                 **error);
/* “LAYER=fp16+fp32”: a type for each output. */
gboolean                qs_precision_constraints_parse_types
                                                       (QsPrecisionConstraints  *self,
                                                        const char              *text,
                                                        GError                 **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsPrecisionConstraints, qs_precision_constraints_unref)

G_END_DECLS
