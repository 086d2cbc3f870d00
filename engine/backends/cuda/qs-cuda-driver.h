/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * CUDA's driver functions as far as they are used, declared here so that neither the toolkit nor a
 * driver is needed to build. Names, signatures and numbers are those of CUDA's driver API, which
 * keeps them for good; functions with a version in their symbol's name have it in the table.
 */

typedef int QsCudaResult;
typedef int QsCudaDeviceId;
typedef guintptr QsCudaPointer;
typedef struct _QsCudaContext *QsCudaContextHandle;
typedef struct _QsCudaModule *QsCudaModule;
typedef struct _QsCudaFunction *QsCudaFunction;
typedef struct _QsCudaStream *QsCudaStream;
typedef struct _QsCudaEvent *QsCudaEvent;
typedef struct _QsCudaGraph *QsCudaGraph;
typedef struct _QsCudaGraphExec *QsCudaGraphExec;

enum
{
  QS_CUDA_SUCCESS = 0,
  QS_CUDA_ERROR_INVALID_VALUE = 1,
  QS_CUDA_ERROR_OUT_OF_MEMORY = 2,
  QS_CUDA_ERROR_NOT_INITIALIZED = 3,
  QS_CUDA_ERROR_DEVICE_UNAVAILABLE = 46,
  QS_CUDA_ERROR_NO_DEVICE = 100,
  QS_CUDA_ERROR_INVALID_DEVICE = 101,
  QS_CUDA_ERROR_INVALID_IMAGE = 200,
  QS_CUDA_ERROR_NO_BINARY_FOR_GPU = 209,
  QS_CUDA_ERROR_ECC = 214,
  QS_CUDA_ERROR_INVALID_PTX = 218,
  QS_CUDA_ERROR_UNSUPPORTED_PTX_VERSION = 222,
  QS_CUDA_ERROR_INVALID_HANDLE = 400,
  QS_CUDA_ERROR_NOT_FOUND = 500,
  QS_CUDA_ERROR_ILLEGAL_ADDRESS = 700,
  QS_CUDA_ERROR_LAUNCH_FAILED = 719,
  QS_CUDA_ERROR_SYSTEM_NOT_READY = 802,
  QS_CUDA_ERROR_SYSTEM_DRIVER_MISMATCH = 803,
  QS_CUDA_ERROR_UNKNOWN = 999,
};

enum
{
  QS_CUDA_ATTRIBUTE_MULTIPROCESSORS = 16,
  QS_CUDA_ATTRIBUTE_MAJOR = 75,
  QS_CUDA_ATTRIBUTE_MINOR = 76,
  QS_CUDA_ATTRIBUTE_SHARED_MEMORY_OPTIN = 97,
};

#define QS_CUDA_FUNCTION_MAX_DYNAMIC_SHARED 8
#define QS_CUDA_STREAM_NON_BLOCKING 1
#define QS_CUDA_CAPTURE_THREAD_LOCAL 1

/* member, symbol, parameters */
#define QS_CUDA_DRIVER_FUNCTIONS(F) \
  F (init, "cuInit", (guint flags)) \
  F (get_driver_version, "cuDriverGetVersion", (int *version)) \
  F (get_error_name, "cuGetErrorName", (QsCudaResult result, const char **name)) \
  F (get_error_string, "cuGetErrorString", (QsCudaResult result, const char **string)) \
  F (get_device_count, "cuDeviceGetCount", (int *count)) \
  F (get_device, "cuDeviceGet", (QsCudaDeviceId *device, int ordinal)) \
  F (get_device_name, "cuDeviceGetName", (char *name, int size, QsCudaDeviceId device)) \
  F (get_device_attribute, "cuDeviceGetAttribute", \
     (int *value, int attribute, QsCudaDeviceId device)) \
  F (retain_context, "cuDevicePrimaryCtxRetain", \
     (QsCudaContextHandle *context, QsCudaDeviceId device)) \
  F (set_current, "cuCtxSetCurrent", (QsCudaContextHandle context)) \
  F (load_module, "cuModuleLoadData", (QsCudaModule *module, gconstpointer image)) \
  F (get_function, "cuModuleGetFunction", \
     (QsCudaFunction *function, QsCudaModule module, const char *name)) \
  F (set_function_attribute, "cuFuncSetAttribute", \
     (QsCudaFunction function, int attribute, int value)) \
  F (get_memory_info, "cuMemGetInfo_v2", (gsize *free, gsize *total)) \
  F (allocate, "cuMemAlloc_v2", (QsCudaPointer *memory, gsize size)) \
  F (release, "cuMemFree_v2", (QsCudaPointer memory)) \
  F (allocate_host, "cuMemHostAlloc", (gpointer *memory, gsize size, guint flags)) \
  F (free_host, "cuMemFreeHost", (gpointer memory)) \
  F (copy_in, "cuMemcpyHtoDAsync_v2", \
     (QsCudaPointer to, gconstpointer from, gsize size, QsCudaStream stream)) \
  F (copy_out, "cuMemcpyDtoHAsync_v2", \
     (gpointer to, QsCudaPointer from, gsize size, QsCudaStream stream)) \
  F (copy, "cuMemcpyDtoDAsync_v2", \
     (QsCudaPointer to, QsCudaPointer from, gsize size, QsCudaStream stream)) \
  F (fill, "cuMemsetD8Async", \
     (QsCudaPointer to, guint8 value, gsize size, QsCudaStream stream)) \
  F (create_stream, "cuStreamCreate", (QsCudaStream *stream, guint flags)) \
  F (destroy_stream, "cuStreamDestroy_v2", (QsCudaStream stream)) \
  F (synchronize, "cuStreamSynchronize", (QsCudaStream stream)) \
  F (wait_event, "cuStreamWaitEvent", (QsCudaStream stream, QsCudaEvent event, guint flags)) \
  F (begin_capture, "cuStreamBeginCapture_v2", (QsCudaStream stream, int mode)) \
  F (end_capture, "cuStreamEndCapture", (QsCudaStream stream, QsCudaGraph *graph)) \
  F (instantiate_graph, "cuGraphInstantiateWithFlags", \
     (QsCudaGraphExec *exec, QsCudaGraph graph, guint64 flags)) \
  F (destroy_graph, "cuGraphDestroy", (QsCudaGraph graph)) \
  F (launch_graph, "cuGraphLaunch", (QsCudaGraphExec exec, QsCudaStream stream)) \
  F (destroy_graph_exec, "cuGraphExecDestroy", (QsCudaGraphExec exec)) \
  F (create_event, "cuEventCreate", (QsCudaEvent *event, guint flags)) \
  F (destroy_event, "cuEventDestroy_v2", (QsCudaEvent event)) \
  F (record_event, "cuEventRecord", (QsCudaEvent event, QsCudaStream stream)) \
  F (synchronize_event, "cuEventSynchronize", (QsCudaEvent event)) \
  F (get_elapsed_ms, "cuEventElapsedTime", (float *ms, QsCudaEvent start, QsCudaEvent end)) \
  F (launch, "cuLaunchKernel", \
     (QsCudaFunction function, guint grid_x, guint grid_y, guint grid_z, guint block_x, \
      guint block_y, guint block_z, guint shared_size, QsCudaStream stream, gpointer *parameters, \
      gpointer *extra))

/* What some drivers do not have; NULL then. Tensor maps are 128 bytes, aligned to 64. */
#define QS_CUDA_OPTIONAL_DRIVER_FUNCTIONS(F) \
  F (encode_tiled, "cuTensorMapEncodeTiled", \
     (gpointer map, int type, guint32 rank, gpointer address, const guint64 *dims, \
      const guint64 *strides, const guint32 *box, const guint32 *steps, int interleave, int swizzle, \
      int promotion, int fill)) \
  F (encode_im2col, "cuTensorMapEncodeIm2col", \
     (gpointer map, int type, guint32 rank, gpointer address, const guint64 *dims, \
      const guint64 *strides, const int *lower, const int *upper, guint32 channels, guint32 pixels, \
      const guint32 *steps, int interleave, int swizzle, int promotion, int fill))

/* CUtensorMapDataType, CUtensorMapSwizzle, CUtensorMapL2promotion */
enum
{
  QS_CUDA_TENSOR_UINT8 = 0,
  QS_CUDA_TENSOR_FLOAT16 = 6,
  QS_CUDA_SWIZZLE_64 = 2,
  QS_CUDA_SWIZZLE_128 = 3,
  QS_CUDA_L2_PROMOTION_256 = 3,
};

/**
 * QsCudaDriver:
 *
 * The driver's functions. libcuda.so.1 has them; tests have others.
 */
typedef struct
{
#define QS_CUDA_DECLARE_FUNCTION(member, symbol, parameters) QsCudaResult (*member) parameters;
  QS_CUDA_DRIVER_FUNCTIONS (QS_CUDA_DECLARE_FUNCTION)
  QS_CUDA_OPTIONAL_DRIVER_FUNCTIONS (QS_CUDA_DECLARE_FUNCTION)
#undef QS_CUDA_DECLARE_FUNCTION
} QsCudaDriver;

const QsCudaDriver *qs_cuda_driver_get     (GError             **error);
/* Before anything asks for a device. */
void                qs_cuda_driver_replace (const QsCudaDriver  *driver);
gboolean            qs_cuda_driver_check   (const QsCudaDriver  *self,
                                            QsCudaResult         result,
                                            const char          *what,
                                            GError             **error);

G_END_DECLS
