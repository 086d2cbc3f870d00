/* SPDX-License-Identifier: MIT */
#include "qs-stand-in-driver.h"

#include <string.h>

#include "qs-emulated-tensor-map.h"
#include "qs-emulator.h"

#define STREAM ((QsCudaStream) 0x57e)
#define CONTEXT ((QsCudaContextHandle) 0xc0)
#define MODULE ((QsCudaModule) 0x30d)
#define SHARED_LIMIT (48 << 10)
#define MAX_ARGS 1024

/* Something that a stream does. */
typedef struct
{
  QsCudaFunction function; /* NULL for a copy */
  guint grid[3];
  guint n_threads;
  gsize shared_size;
  guint8 args[MAX_ARGS];
  gpointer to;
  gconstpointer from;
  gsize size;
  gboolean to_host;
  gboolean from_host;
} Deed;

static GArray *capture;
static gboolean entered;
static guint n_launches;
static guint n_copies_out, n_copies_in;
static gsize n_downloaded;
static const char *failing;
static guint fail_after;
static QsCudaResult fail_with;
static guint any_after;
static guint n_graphs;
static QsCudaResult sticky; /* a failed kernel spoils the context */
static gboolean large_shared; /* asked for */
static int architecture = 80;
static int shared_memory = 100 << 10;

void
qs_stand_in_driver_fail (const char   *symbol,
                         guint         n,
                         QsCudaResult  result)
{
  failing = symbol;
  fail_after = n;
  fail_with = result;
}

void
qs_stand_in_driver_set_architecture (int version)
{
  architecture = version;
  shared_memory = version >= 90 ? QS_EMULATED_SHARED_MEMORY : 100 << 10;
}

void
qs_stand_in_driver_fail_any (guint         n,
                             QsCudaResult  result)
{
  any_after = n;
  fail_with = result;
}

gboolean
qs_stand_in_driver_has_failed (void)
{
  return any_after == 0;
}

void
qs_stand_in_driver_reset (void)
{
  failing = NULL;
  any_after = 0;
  sticky = QS_CUDA_SUCCESS;
  entered = FALSE;
  g_clear_pointer (&capture, g_array_unref);
}

guint
qs_stand_in_driver_count_graphs (void)
{
  return n_graphs;
}

guint
qs_stand_in_driver_count_launches (void)
{
  return n_launches;
}

guint
qs_stand_in_driver_count_copies_out (void)
{
  return n_copies_out;
}

guint
qs_stand_in_driver_count_copies_in (void)
{
  return n_copies_in;
}

gsize
qs_stand_in_driver_count_downloaded (void)
{
  return n_downloaded;
}

/* What ends a context: 214 and 700 to 721 do in CUDA's driver API, and 999 is not known not to. */
static gboolean
is_sticky (QsCudaResult result)
{
  return result == QS_CUDA_ERROR_ECC || result == QS_CUDA_ERROR_UNKNOWN ||
         (result >= QS_CUDA_ERROR_ILLEGAL_ADDRESS && result <= 721);
}

static gboolean
is_failing (const char   *symbol,
            QsCudaResult *result)
{
  gboolean named = failing != NULL && strcmp (failing, symbol) == 0 && fail_after > 0 &&
                   --fail_after == 0;
  gboolean any = any_after > 0 && --any_after == 0;

  if (!named && !any)
    return FALSE;

  *result = fail_with;
  if (is_sticky (fail_with))
    sticky = fail_with;
  return TRUE;
}

#define MAY_FAIL(symbol) \
  do \
    { \
      QsCudaResult result_; \
      if (is_failing (symbol, &result_)) \
        return result_; \
      if (sticky != QS_CUDA_SUCCESS) \
        return sticky; \
    } \
  while (0)

/* What every function but the first few does before anything else. */
#define ENTER(symbol) \
  do \
    { \
      QsCudaResult result_; \
      if (is_failing (symbol, &result_)) \
        return result_; \
      if (sticky != QS_CUDA_SUCCESS) \
        return sticky; \
      if (!entered) \
        return QS_CUDA_ERROR_INVALID_HANDLE; \
    } \
  while (0)

static QsCudaResult
init (guint flags)
{
  MAY_FAIL ("cuInit");
  return flags == 0 ? QS_CUDA_SUCCESS : QS_CUDA_ERROR_INVALID_VALUE;
}

static QsCudaResult
get_driver_version (int *version)
{
  MAY_FAIL ("cuDriverGetVersion");
  *version = 12080;
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
get_error_name (QsCudaResult  result,
                const char  **name)
{
  *name = result == QS_CUDA_ERROR_OUT_OF_MEMORY   ? "CUDA_ERROR_OUT_OF_MEMORY"
          : result == QS_CUDA_ERROR_LAUNCH_FAILED ? "CUDA_ERROR_LAUNCH_FAILED"
                                                  : "CUDA_ERROR_OTHER";
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
get_error_string (QsCudaResult  result,
                  const char  **string)
{
  *string = result == QS_CUDA_ERROR_OUT_OF_MEMORY ? "out of memory" : qs_emulator_get_message ();
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
get_device_count (int *count)
{
  MAY_FAIL ("cuDeviceGetCount");
  *count = 1;
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
get_device (QsCudaDeviceId *device,
            int             ordinal)
{
  MAY_FAIL ("cuDeviceGet");
  *device = 0;
  return ordinal == 0 ? QS_CUDA_SUCCESS : QS_CUDA_ERROR_NO_DEVICE;
}

static QsCudaResult
get_device_name (char           *name,
                 int             size,
                 QsCudaDeviceId  device)
{
  MAY_FAIL ("cuDeviceGetName");
  g_strlcpy (name, "Emulated device", size);
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
get_device_attribute (int            *value,
                      int             attribute,
                      QsCudaDeviceId  device)
{
  MAY_FAIL ("cuDeviceGetAttribute");
  switch (attribute)
    {
    case QS_CUDA_ATTRIBUTE_MAJOR:
      *value = architecture / 10;
      return QS_CUDA_SUCCESS;
    case QS_CUDA_ATTRIBUTE_MINOR:
      *value = architecture % 10;
      return QS_CUDA_SUCCESS;
    case QS_CUDA_ATTRIBUTE_MULTIPROCESSORS:
      *value = 4;
      return QS_CUDA_SUCCESS;
    case QS_CUDA_ATTRIBUTE_SHARED_MEMORY_OPTIN:
      *value = shared_memory;
      return QS_CUDA_SUCCESS;
    default:
      return QS_CUDA_ERROR_INVALID_VALUE;
    }
}

static QsCudaResult
retain_context (QsCudaContextHandle *context,
                QsCudaDeviceId       device)
{
  MAY_FAIL ("cuDevicePrimaryCtxRetain");
  *context = CONTEXT;
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
set_current (QsCudaContextHandle context)
{
  MAY_FAIL ("cuCtxSetCurrent");
  entered = context == CONTEXT;
  return entered ? QS_CUDA_SUCCESS : QS_CUDA_ERROR_INVALID_HANDLE;
}

/* The kernels are linked in, so there is no image to read. */
static QsCudaResult
load_module (QsCudaModule  *module,
             gconstpointer  image)
{
  ENTER ("cuModuleLoadData");
  *module = MODULE;
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
get_function (QsCudaFunction *function,
              QsCudaModule    module,
              const char     *name)
{
  ENTER ("cuModuleGetFunction");
  *function = (QsCudaFunction) qs_emulator_find (name);
  return *function != NULL ? QS_CUDA_SUCCESS : QS_CUDA_ERROR_NOT_FOUND;
}

static QsCudaResult
set_function_attribute (QsCudaFunction function,
                        int            attribute,
                        int            value)
{
  ENTER ("cuFuncSetAttribute");
  large_shared = attribute == QS_CUDA_FUNCTION_MAX_DYNAMIC_SHARED &&
                 value <= shared_memory;
  return large_shared ? QS_CUDA_SUCCESS : QS_CUDA_ERROR_INVALID_VALUE;
}

static QsCudaResult
get_memory_info (gsize *available,
                 gsize *total)
{
  ENTER ("cuMemGetInfo_v2");
  *total = (gsize) 4 << 30;
  *available = *total - qs_emulator_get_used ();
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
allocate (QsCudaPointer *memory,
          gsize          size)
{
  ENTER ("cuMemAlloc_v2");
  if (capture != NULL)
    return QS_CUDA_ERROR_INVALID_VALUE;
  *memory = (QsCudaPointer) (size > 0 ? qs_emulator_allocate (size) : NULL);
  return *memory != 0 ? QS_CUDA_SUCCESS : QS_CUDA_ERROR_OUT_OF_MEMORY;
}

static QsCudaResult
release (QsCudaPointer memory)
{
  ENTER ("cuMemFree_v2");
  if (capture != NULL)
    return QS_CUDA_ERROR_INVALID_VALUE;
  return qs_emulator_free ((gpointer) memory) ? QS_CUDA_SUCCESS : QS_CUDA_ERROR_INVALID_VALUE;
}

static QsCudaResult
allocate_host (gpointer *memory,
               gsize     size,
               guint     flags)
{
  ENTER ("cuMemHostAlloc");
  *memory = g_try_malloc (size);
  return *memory != NULL ? QS_CUDA_SUCCESS : QS_CUDA_ERROR_OUT_OF_MEMORY;
}

static QsCudaResult
free_host (gpointer memory)
{
  g_free (memory);
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
run_copy (const Deed *deed)
{
  g_autofree guint8 *between = NULL;

  n_copies_in += deed->from_host;
  n_copies_out += deed->to_host;
  n_downloaded += deed->to_host ? deed->size : 0;
  if (deed->from_host)
    return qs_emulator_copy_in (deed->to, deed->from, deed->size) ? QS_CUDA_SUCCESS
                                                                  : QS_CUDA_ERROR_INVALID_VALUE;
  if (deed->to_host)
    return qs_emulator_copy_out (deed->to, deed->from, deed->size) ? QS_CUDA_SUCCESS
                                                                   : QS_CUDA_ERROR_INVALID_VALUE;
  between = g_malloc (deed->size);
  return qs_emulator_copy_out (between, deed->from, deed->size) &&
                 qs_emulator_copy_in (deed->to, between, deed->size)
           ? QS_CUDA_SUCCESS
           : QS_CUDA_ERROR_INVALID_VALUE;
}

static QsCudaResult
run (const Deed *deed)
{
  if (deed->function == NULL)
    return run_copy (deed);

  n_launches++;
  if (!qs_emulator_launch ((gsize) deed->function, deed->grid, deed->n_threads, deed->shared_size,
                           deed->args))
    sticky = QS_CUDA_ERROR_LAUNCH_FAILED;
  return sticky;
}

static QsCudaResult
run_or_note (const Deed *deed)
{
  if (capture == NULL)
    return run (deed);

  g_array_append_val (capture, *deed);
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
copy_in (QsCudaPointer to,
         gconstpointer from,
         gsize         size,
         QsCudaStream  stream)
{
  const Deed deed = { .to = (gpointer) to, .from = from, .size = size, .from_host = TRUE };

  ENTER ("cuMemcpyHtoDAsync_v2");
  return run_or_note (&deed);
}

static QsCudaResult
copy_out (gpointer      to,
          QsCudaPointer from,
          gsize         size,
          QsCudaStream  stream)
{
  const Deed deed = { .to = to, .from = (gconstpointer) from, .size = size, .to_host = TRUE };

  ENTER ("cuMemcpyDtoHAsync_v2");
  return run_or_note (&deed);
}

static QsCudaResult
copy (QsCudaPointer to,
      QsCudaPointer from,
      gsize         size,
      QsCudaStream  stream)
{
  const Deed deed = { .to = (gpointer) to, .from = (gconstpointer) from, .size = size };

  ENTER ("cuMemcpyDtoDAsync_v2");
  return run_or_note (&deed);
}

static QsCudaResult
fill (QsCudaPointer to,
      guint8        value,
      gsize         size,
      QsCudaStream  stream)
{
  ENTER ("cuMemsetD8Async");
  return qs_emulator_fill ((gpointer) to, value, size) ? QS_CUDA_SUCCESS
                                                       : QS_CUDA_ERROR_INVALID_VALUE;
}

static QsCudaResult
create_stream (QsCudaStream *stream,
               guint         flags)
{
  ENTER ("cuStreamCreate");
  *stream = STREAM;
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
destroy_stream (QsCudaStream stream)
{
  return QS_CUDA_SUCCESS;
}

/* Waiting is not allowed while a graph is captured. */
static QsCudaResult
synchronize (QsCudaStream stream)
{
  ENTER ("cuStreamSynchronize");
  return capture == NULL ? QS_CUDA_SUCCESS : QS_CUDA_ERROR_INVALID_VALUE;
}

/* Streams do at once what they are asked for, so everything has happened already. */
static QsCudaResult
wait_event (QsCudaStream stream,
            QsCudaEvent  event,
            guint        flags)
{
  ENTER ("cuStreamWaitEvent");
  return event != NULL && flags == 0 ? QS_CUDA_SUCCESS : QS_CUDA_ERROR_INVALID_VALUE;
}

static QsCudaResult
begin_capture (QsCudaStream stream,
               int          mode)
{
  ENTER ("cuStreamBeginCapture_v2");
  if (capture != NULL)
    return QS_CUDA_ERROR_INVALID_VALUE;
  capture = g_array_new (FALSE, FALSE, sizeof (Deed));
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
end_capture (QsCudaStream  stream,
             QsCudaGraph  *graph)
{
  ENTER ("cuStreamEndCapture");
  *graph = (QsCudaGraph) g_steal_pointer (&capture);
  return *graph != NULL ? QS_CUDA_SUCCESS : QS_CUDA_ERROR_INVALID_VALUE;
}

static QsCudaResult
instantiate_graph (QsCudaGraphExec *exec,
                   QsCudaGraph      graph,
                   guint64          flags)
{
  ENTER ("cuGraphInstantiateWithFlags");
  *exec = (QsCudaGraphExec) g_array_ref ((GArray *) graph);
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
destroy_graph (QsCudaGraph graph)
{
  g_array_unref ((GArray *) graph);
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
launch_graph (QsCudaGraphExec exec,
              QsCudaStream    stream)
{
  const GArray *deeds = (const GArray *) exec;
  QsCudaResult result = QS_CUDA_SUCCESS;

  ENTER ("cuGraphLaunch");
  n_graphs++;
  for (guint i = 0; i < deeds->len && result == QS_CUDA_SUCCESS; i++)
    result = run (&g_array_index (deeds, Deed, i));
  return result;
}

static QsCudaResult
destroy_graph_exec (QsCudaGraphExec exec)
{
  g_array_unref ((GArray *) exec);
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
create_event (QsCudaEvent *event,
              guint        flags)
{
  ENTER ("cuEventCreate");
  *event = (QsCudaEvent) g_new0 (gint64, 1);
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
destroy_event (QsCudaEvent event)
{
  g_free (event);
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
record_event (QsCudaEvent  event,
              QsCudaStream stream)
{
  ENTER ("cuEventRecord");
  *(gint64 *) event = g_get_monotonic_time ();
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
synchronize_event (QsCudaEvent event)
{
  MAY_FAIL ("cuEventSynchronize");
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
get_elapsed_ms (float       *ms,
                QsCudaEvent  start,
                QsCudaEvent  end)
{
  MAY_FAIL ("cuEventElapsedTime");
  *ms = (float) (*(gint64 *) end - *(gint64 *) start) * 1e-3f;
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
launch (QsCudaFunction  function,
        guint           grid_x,
        guint           grid_y,
        guint           grid_z,
        guint           block_x,
        guint           block_y,
        guint           block_z,
        guint           shared_size,
        QsCudaStream    stream,
        gpointer       *parameters,
        gpointer       *extra)
{
  Deed deed = { .function = function, .grid = { grid_x, grid_y, grid_z }, .n_threads = block_x,
                .shared_size = shared_size };

  ENTER ("cuLaunchKernel");
  if (function == NULL || block_y != 1 || block_z != 1 || extra != NULL ||
      (shared_size > SHARED_LIMIT && !large_shared))
    return QS_CUDA_ERROR_INVALID_VALUE;
  memcpy (deed.args, parameters[0], qs_emulator_get_args_size ((gsize) function));
  return run_or_note (&deed);
}

static QsCudaResult
encode_tiled (gpointer       map,
              int            type,
              guint32        rank,
              gpointer       address,
              const guint64 *dims,
              const guint64 *strides,
              const guint32 *box,
              const guint32 *steps,
              int            interleave,
              int            swizzle,
              int            promotion,
              int            fill)
{
  ENTER ("cuTensorMapEncodeTiled");
  return qs_emulated_encode_tiled (map, type, rank, address, dims, strides, box, steps, interleave,
                                   swizzle, promotion, fill);
}

static QsCudaResult
encode_im2col (gpointer       map,
               int            type,
               guint32        rank,
               gpointer       address,
               const guint64 *dims,
               const guint64 *strides,
               const int     *lower,
               const int     *upper,
               guint32        channels,
               guint32        pixels,
               const guint32 *steps,
               int            interleave,
               int            swizzle,
               int            promotion,
               int            fill)
{
  ENTER ("cuTensorMapEncodeIm2col");
  return qs_emulated_encode_im2col (map, type, rank, address, dims, strides, lower, upper, channels,
                                    pixels, steps, interleave, swizzle, promotion, fill);
}

static const QsCudaDriver driver = {
#define FUNCTION_ROW(member, symbol, parameters) .member = member,
  QS_CUDA_DRIVER_FUNCTIONS (FUNCTION_ROW)
  QS_CUDA_OPTIONAL_DRIVER_FUNCTIONS (FUNCTION_ROW)
};

const QsCudaDriver *
qs_stand_in_driver_get (void)
{
  return &driver;
}
