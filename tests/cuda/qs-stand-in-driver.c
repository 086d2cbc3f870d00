/* SPDX-License-Identifier: MIT */
#include "qs-stand-in-driver.h"

#include <string.h>

#include "qs-emulated-stream.h"
#include "qs-emulated-tensor-map.h"
#include "qs-emulator.h"

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
  gconstpointer from; /* NULL where bytes are filled with @value */
  gsize size;
  guint8 value;
  gboolean to_host;
  gboolean from_host;
  gpointer kept; /* (nullable): a copy of what @from had */
} Deed;

/* Memory of the host that the device reads by itself, and later than the call. */
typedef struct
{
  guint8 *memory;
  gsize size;
} Pinned;

static GArray *capture;
static GArray *pinned; /* Pinned */
static guint n_streams;
static gboolean entered;
static guint n_launches;
static guint n_copies_out, n_copies_in;
static gsize n_downloaded;
static const char *failing;
static guint fail_after;
static QsCudaResult fail_with;
static guint any_after;
static guint n_graphs, n_captures;
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
  qs_emulated_streams_forget ();
}

guint
qs_stand_in_driver_count_graphs (void)
{
  return n_graphs;
}

guint
qs_stand_in_driver_count_captures (void)
{
  return n_captures;
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
  if (qs_emulated_streams_finish () != QS_CUDA_SUCCESS)
    return sticky;
  return qs_emulator_free ((gpointer) memory) ? QS_CUDA_SUCCESS : QS_CUDA_ERROR_INVALID_VALUE;
}

static QsCudaResult
allocate_host (gpointer *memory,
               gsize     size,
               guint     flags)
{
  ENTER ("cuMemHostAlloc");
  *memory = g_try_malloc (size);
  if (*memory == NULL)
    return QS_CUDA_ERROR_OUT_OF_MEMORY;

  if (pinned == NULL)
    pinned = g_array_new (FALSE, FALSE, sizeof (Pinned));
  g_array_append_vals (pinned, &(Pinned) { *memory, size }, 1);
  return QS_CUDA_SUCCESS;
}

static gboolean
is_pinned (gconstpointer memory)
{
  for (guint i = 0; pinned != NULL && i < pinned->len; i++)
    {
      const Pinned *row = &g_array_index (pinned, Pinned, i);

      if ((const guint8 *) memory >= row->memory &&
          (const guint8 *) memory < row->memory + row->size)
        return TRUE;
    }
  return FALSE;
}

static QsCudaResult
free_host (gpointer memory)
{
  qs_emulated_streams_finish ();
  for (guint i = 0; pinned != NULL && i < pinned->len; i++)
    if (g_array_index (pinned, Pinned, i).memory == memory)
      g_array_remove_index_fast (pinned, i--);
  if (pinned != NULL && pinned->len == 0)
    g_clear_pointer (&pinned, g_array_unref);
  g_free (memory);
  return QS_CUDA_SUCCESS;
}

static gboolean
copy_values (const Deed *deed)
{
  g_autofree guint8 *between = NULL;

  n_copies_in += deed->from_host;
  n_copies_out += deed->to_host;
  n_downloaded += deed->to_host ? deed->size : 0;
  if (deed->from == NULL)
    return qs_emulator_fill (deed->to, deed->value, deed->size);
  if (deed->from_host)
    return qs_emulator_copy_in (deed->to, deed->kept != NULL ? deed->kept : deed->from, deed->size);
  if (deed->to_host)
    return qs_emulator_copy_out (deed->to, deed->from, deed->size);
  between = g_malloc (deed->size);
  return qs_emulator_copy_out (between, deed->from, deed->size) &&
         qs_emulator_copy_in (deed->to, between, deed->size);
}

/* What is wrong with a kernel or a copy shows when it happens, and ends the context. */
static QsCudaResult
run (gpointer data)
{
  const Deed *deed = data;

  if (sticky != QS_CUDA_SUCCESS)
    return sticky;
  if (deed->function == NULL)
    {
      if (!copy_values (deed))
        sticky = QS_CUDA_ERROR_ILLEGAL_ADDRESS;
      return sticky;
    }

  n_launches++;
  if (!qs_emulator_launch ((gsize) deed->function, deed->grid, deed->n_threads, deed->shared_size,
                           deed->args))
    sticky = QS_CUDA_ERROR_LAUNCH_FAILED;
  return sticky;
}

static void
deed_free (gpointer data)
{
  g_free (((Deed *) data)->kept);
  g_free (data);
}

static QsCudaResult
ask (const Deed   *deed,
     QsCudaStream  stream)
{
  if (capture != NULL)
    g_array_append_val (capture, *deed);
  else
    qs_emulated_stream_add ((QsEmulatedStream *) stream,
                            (QsDeed) { run, g_memdup2 (deed, sizeof *deed), deed_free });
  return QS_CUDA_SUCCESS;
}

/* From memory that is not pinned, the driver has read when the call returns. */
static QsCudaResult
copy_in (QsCudaPointer to,
         gconstpointer from,
         gsize         size,
         QsCudaStream  stream)
{
  Deed deed = { .to = (gpointer) to, .from = from, .size = size, .from_host = TRUE };

  ENTER ("cuMemcpyHtoDAsync_v2");
  if (!is_pinned (from) && capture == NULL)
    deed.kept = g_memdup2 (from, size);
  return ask (&deed, stream);
}

/* To memory that is not pinned, the call returns when the copy is there. */
static QsCudaResult
copy_out (gpointer      to,
          QsCudaPointer from,
          gsize         size,
          QsCudaStream  stream)
{
  const Deed deed = { .to = to, .from = (gconstpointer) from, .size = size, .to_host = TRUE };

  ENTER ("cuMemcpyDtoHAsync_v2");
  ask (&deed, stream);
  return capture == NULL && !is_pinned (to)
           ? qs_emulated_stream_finish ((QsEmulatedStream *) stream) : QS_CUDA_SUCCESS;
}

static QsCudaResult
copy (QsCudaPointer to,
      QsCudaPointer from,
      gsize         size,
      QsCudaStream  stream)
{
  const Deed deed = { .to = (gpointer) to, .from = (gconstpointer) from, .size = size };

  ENTER ("cuMemcpyDtoDAsync_v2");
  return ask (&deed, stream);
}

static QsCudaResult
fill (QsCudaPointer to,
      guint8        value,
      gsize         size,
      QsCudaStream  stream)
{
  const Deed deed = { .to = (gpointer) to, .size = size, .value = value };

  ENTER ("cuMemsetD8Async");
  return ask (&deed, stream);
}

static QsCudaResult
create_stream (QsCudaStream *stream,
               guint         flags)
{
  ENTER ("cuStreamCreate");
  *stream = (QsCudaStream) qs_emulated_stream_get (n_streams++);
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
  return capture == NULL ? qs_emulated_stream_finish ((QsEmulatedStream *) stream)
                         : QS_CUDA_ERROR_INVALID_VALUE;
}

static QsCudaResult
wait_event (QsCudaStream stream,
            QsCudaEvent  event,
            guint        flags)
{
  ENTER ("cuStreamWaitEvent");
  if (event == NULL || flags != 0 || capture != NULL)
    return QS_CUDA_ERROR_INVALID_VALUE;
  qs_emulated_event_let_wait ((QsEmulatedEvent *) event, (QsEmulatedStream *) stream);
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
begin_capture (QsCudaStream stream,
               int          mode)
{
  ENTER ("cuStreamBeginCapture_v2");
  if (capture != NULL)
    return QS_CUDA_ERROR_INVALID_VALUE;
  capture = g_array_new (FALSE, FALSE, sizeof (Deed));
  n_captures++;
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

  ENTER ("cuGraphLaunch");
  n_graphs++;
  for (guint i = 0; i < deeds->len; i++)
    ask (&g_array_index (deeds, Deed, i), stream);
  return QS_CUDA_SUCCESS;
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
  *event = (QsCudaEvent) qs_emulated_event_new ();
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
destroy_event (QsCudaEvent event)
{
  qs_emulated_event_free ((QsEmulatedEvent *) event);
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
record_event (QsCudaEvent  event,
              QsCudaStream stream)
{
  ENTER ("cuEventRecord");
  qs_emulated_event_record ((QsEmulatedEvent *) event, (QsEmulatedStream *) stream);
  return QS_CUDA_SUCCESS;
}

static QsCudaResult
synchronize_event (QsCudaEvent event)
{
  MAY_FAIL ("cuEventSynchronize");
  return qs_emulated_event_wait ((QsEmulatedEvent *) event);
}

static QsCudaResult
get_elapsed_ms (float       *ms,
                QsCudaEvent  start,
                QsCudaEvent  end)
{
  MAY_FAIL ("cuEventElapsedTime");
  *ms = (float) (qs_emulated_event_get_time ((QsEmulatedEvent *) end) -
                 qs_emulated_event_get_time ((QsEmulatedEvent *) start)) * 1e-3f;
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
  return ask (&deed, stream);
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
