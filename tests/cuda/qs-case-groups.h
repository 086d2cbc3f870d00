/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-kernel-check.h"

G_BEGIN_DECLS

/**
 * QsCaseGroup:
 * @name: as "convolution"
 * @types: types of activations, ended by 0
 * @architecture: the one compute capability that its kernels are for, as 90 for 9.0; 0 for all
 * @check: runs the device's kernels on the layer that follows from a type and a seed
 * @data: for @check
 *
 * A group of cases that every kernel of some kinds of layers has to pass: the same on the emulated
 * device (the tests beside this file) and on a real one (tests/gpu-selftest).
 */
typedef struct _QsCaseGroup QsCaseGroup;
struct _QsCaseGroup
{
  const char *name;
  QsDataType types[5];
  int architecture;
  void (*check) (const QsCaseGroup *self,
                 QsDataType         type,
                 guint64            seed,
                 QsKernelCheck     *check);
  gconstpointer data;
};

/* (element-type QsCaseGroup) (transfer full) */
GArray *qs_case_groups_new (void);

G_END_DECLS
