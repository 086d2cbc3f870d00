/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-thread-pool.h"
#include "network/qs-network.h"
#include "qs-device.h"

G_BEGIN_DECLS

typedef struct _QsBackend QsBackend;
typedef struct _QsFp16Functions QsFp16Functions;
typedef struct _QsKernel QsKernel;

/**
 * QsExecution:
 * @inputs: (array): views of the layer's inputs, `data` %NULL for an absent optional one
 * @outputs: (array): views of its outputs
 * @workspace: 64-byte aligned scratch memory of the size the kernel asked for
 * @pool: threads to use
 *
 * What a kernel is given for one run of one layer.
 */
typedef struct
{
  const QsView *inputs;
  guint n_inputs;
  QsView *outputs;
  guint n_outputs;
  gpointer workspace;
  QsThreadPool *pool;
} QsExecution;

/**
 * QsKernelMemory:
 * @QS_KERNEL_STRIDED_INPUTS: its activation inputs may be rows of a wider tensor: channels last, the
 *   channels lie together and the pixels are a wider tensor's channels apart; linear, the same for
 *   some last axes
 * @QS_KERNEL_STRIDED_OUTPUTS: so may its outputs
 * @QS_KERNEL_LEAVES_PARTS: it joins or cuts a tensor, and moves no part whose input and output are
 *   the same memory
 *
 * What the memory plan may ask of a kernel.
 */
typedef enum
{
  QS_KERNEL_STRIDED_INPUTS = 1 << 0,
  QS_KERNEL_STRIDED_OUTPUTS = 1 << 1,
  QS_KERNEL_LEAVES_PARTS = 1 << 2,
} QsKernelMemory;

#define QS_KERNEL_STRIDED (QS_KERNEL_STRIDED_INPUTS | QS_KERNEL_STRIDED_OUTPUTS)

/**
 * QsKernel:
 * @name: the tactic's name, `cpu_conv_s8_vnni_avx512` in the manner of
 *   backend_operation_type_instructions
 * @kind: the kind of layer it computes
 * @precision: INT8 for kernels that read INT8 activations
 * @format: the layout of all activations of rank 3 and more that it reads and writes; ignored
 *   when @any_format is set
 * @any_format: it works in either layout, the same for all inputs and outputs
 * @on_device: the views' data is the backend's device's; else it is the host's
 * @in_place: inputs, as bits by their index, whose memory the first output may take when shape, type
 *   and layout are the same: an element of that input is read for the output's element at the same
 *   place alone, and before that one is written
 * @memory: flags of %QsKernelMemory
 * @supports: whether it can compute this layer as it stands (types, shapes, formats and scales of
 *   its tensors); @reason (nullable) gets a static sentence when it cannot
 * @prepare: packs weights and the like; the state lives as long as the engine is loaded
 * @workspace_size: scratch bytes for @n_threads threads
 * @execute: computes the outputs
 * @release: frees the state
 *
 * One implementation of one kind of layer: a tactic. One row in the backend's table. All INT8
 * kernels for a layer give the same bits; FP32 kernels give the same bits for every thread count.
 *
 * A layer that an INT8 kernel gets looks like this: its float activation inputs have type INT8
 * and a scale; weights are an INT8 constant with `layer->weight_scales` (one per output channel);
 * the bias is float32; the output is INT8 with a scale, or float32. A residual input may be INT8
 * or float32.
 */
struct _QsKernel
{
  const char *name;
  QsLayerKind kind;
  QsPrecision precision;
  QsFormat format;
  gboolean any_format;
  gboolean on_device;
  guint in_place;
  guint memory;
  gboolean (*supports) (const QsKernel *self,
                        const QsLayer  *layer,
                        const char    **reason);
  gpointer (*prepare) (const QsKernel  *self,
                       const QsLayer   *layer,
                       GError         **error);
  gsize (*workspace_size) (const QsKernel *self,
                           const QsLayer  *layer,
                           gpointer        state,
                           guint           n_threads);
  gboolean (*execute) (const QsKernel    *self,
                       const QsLayer     *layer,
                       gpointer           state,
                       const QsExecution *execution,
                       GError           **error);
  void (*release) (gpointer state);
};

/**
 * QsBackend:
 * @id: "reference", "cpu"
 * @name: shown to people; @get_device_name says more
 * @get_kernels: (array length=n): the kernels this machine can run, best first
 * @get_device_name: (transfer full): "AVX2, 2 threads"-like words about the machine
 * @get_fp16: conversions between float16 and float32
 * @emulates_fp16: FP16 is FP32 arithmetic with rounded storage (qs-fp16.h), so that its times say
 *   nothing about hardware that computes in it
 * @times_kernels: the order of @get_kernels does not tell which one is the fastest for a layer, so that
 *   builds time them whatever decides about precisions
 * @get_device_key: (nullable): (transfer full): what times on the device depend on, in one line of
 *   ASCII without tabs; where there is @get_device
 * @get_device: (nullable): opens the device where activations lie; they are the host's without
 *
 * A set of kernels (ggml's backend struct is the model). A layer for which a backend has no
 * kernel of its own falls back to the layer class's reference kernel in linear format.
 */
struct _QsBackend
{
  const char *id;
  const char *name;
  const QsKernel *const *(*get_kernels) (guint *n);
  char *(*get_device_name) (void);
  const QsFp16Functions *(*get_fp16) (void);
  gboolean emulates_fp16;
  gboolean times_kernels;
  char *(*get_device_key) (void);
  QsDevice *(*get_device) (GError **error);
};

guint            qs_backend_get_n          (void);
const QsBackend *qs_backend_get            (guint            index);
gboolean         qs_backend_check          (const QsBackend *self,
                                            GError         **error);
const QsBackend *qs_backend_lookup         (const char      *id);
/* What works on the host; and what works on a device where one can be used, else on the host. */
const QsBackend *qs_backend_get_default    (void);
const QsBackend *qs_backend_get_automatic  (void);
const QsKernel  *qs_backend_lookup_kernel  (const QsBackend *self,
                                            const char      *name);
/* (element-type QsKernel) (transfer container): kernels that support @layer at @precision in
 * @format, best first; the reference kernel is the last for FP32. Never NULL. @reason (optional)
 * (transfer none): why the best one that was tried cannot. */
GPtrArray       *qs_backend_find_kernels   (const QsBackend *self,
                                            const QsLayer   *layer,
                                            QsPrecision      precision,
                                            QsFormat         format,
                                            const char     **reason);
/* The layout this backend computes @layer fastest in; *any when it does not care. */
QsFormat         qs_backend_preferred_format (const QsBackend *self,
                                            const QsLayer   *layer,
                                            gboolean        *any);

G_END_DECLS
