/* SPDX-License-Identifier: MIT */
#include "qs-cli-json.h"
#include "qs-cli-subject.h"
#include "runtime/qs-context.h"
#include "samples/qs-npz.h"

#define DEFAULT_BATCH 32

/* One output of the network while its rows come in. */
typedef struct
{
  const QsTensor *tensor;
  QsShape shape;
  GByteArray *data;
} Collected;

static void
collected_free (Collected *self)
{
  g_byte_array_unref (self->data);
  g_free (self);
}

static GPtrArray *
make_collected (QsNetwork *network)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) collected_free);

  for (guint i = 0; i < network->outputs->len; i++)
    {
      Collected *self = g_new0 (Collected, 1);

      self->tensor = g_ptr_array_index (network->outputs, i);
      self->data = g_byte_array_new ();
      g_ptr_array_add (all, self);
    }

  return all;
}

static void
collect (Collected    *self,
         QsHostTensor *rows)
{
  gint64 n_before = self->shape.n_dims > 0 ? self->shape.dims[0] : 0;

  self->shape = *qs_host_tensor_get_shape (rows);
  if (self->shape.n_dims > 0)
    self->shape.dims[0] += n_before;
  g_byte_array_append (self->data, qs_host_tensor_get_data (rows),
                       (guint) qs_host_tensor_get_size (rows));
}

static GPtrArray *
read_inputs (QsNetwork  *network,
             QsSamples  *samples,
             gint64      first,
             gint64      n,
             GError    **error)
{
  g_autoptr (GPtrArray) inputs =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);

  for (guint i = 0; i < network->inputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (network->inputs, i);
      QsHostTensor *value = qs_samples_read (samples, tensor->name, tensor->type, first, n, error);

      if (value == NULL)
        return NULL;
      g_ptr_array_add (inputs, value);
    }

  return g_steal_pointer (&inputs);
}

static gboolean
run_rows (QsContext  *context,
          GPtrArray  *inputs,
          GPtrArray  *collected,
          GError    **error)
{
  g_autofree QsHostTensor **outputs = g_new0 (QsHostTensor *, collected->len);

  if (!qs_context_run_samples (context, (QsHostTensor **) inputs->pdata, outputs, error))
    return FALSE;

  for (guint i = 0; i < collected->len; i++)
    {
      collect (g_ptr_array_index (collected, i), outputs[i]);
      qs_host_tensor_unref (outputs[i]);
    }

  return TRUE;
}

static gboolean
run_all (QsCli      *cli,
         QsContext  *context,
         QsSamples  *samples,
         GPtrArray  *collected,
         GError    **error)
{
  QsEngine *engine = qs_context_get_engine (context);
  gint64 batch = MAX (1, qs_engine_get_batch (engine)), n;

  if (!qs_samples_fit (samples, qs_engine_get_network (engine)->inputs, error))
    return FALSE;

  n = qs_samples_get_n (samples);

  qs_progress_set_phase (cli->progress, "Running");
  for (gint64 first = 0; first < n; first += batch)
    {
      g_autoptr (GPtrArray) inputs = NULL;

      if (!qs_progress_check (cli->progress, error))
        return FALSE;
      inputs = read_inputs (qs_engine_get_network (engine), samples, first, MIN (batch, n - first),
                            error);
      if (inputs == NULL || !run_rows (context, inputs, collected, error))
        return FALSE;
      qs_progress_set_fraction (cli->progress, (double) first / (double) n);
    }

  return TRUE;
}

static gboolean
save (GPtrArray   *collected,
      const char  *path,
      GError     **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr (GPtrArray) tensors =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < collected->len; i++)
    {
      Collected *output = g_ptr_array_index (collected, i);
      QsHostTensor *tensor =
        qs_host_tensor_new_from_data (output->tensor->type, &output->shape, output->data->data,
                                      output->data->len, error);

      if (tensor == NULL)
        return FALSE;
      g_ptr_array_add (tensors, tensor);
      g_ptr_array_add (names, output->tensor->name);
    }

  return qs_cli_name_file (qs_npz_save (file, (const char **) names->pdata,
                                        (QsHostTensor **) tensors->pdata, tensors->len, error),
                           path, error);
}

static void
report (QsCli     *self,
        QsEngine  *engine,
        gint64     n,
        GPtrArray *collected)
{
  qs_cli_json_int (self->json, "samples", n);
  qs_cli_json_int (self->json, "batch", qs_engine_get_batch (engine));
  qs_cli_json_int (self->json, "int8_layers", qs_engine_count_layers (engine, QS_PRECISION_INT8));
  qs_cli_json_int (self->json, "fp16_layers", qs_engine_count_layers (engine, QS_PRECISION_FP16));
  qs_cli_json_array (self->json, "outputs");
  for (guint i = 0; i < collected->len; i++)
    {
      Collected *output = g_ptr_array_index (collected, i);
      g_autofree char *shape = qs_shape_to_string (&output->shape);

      g_print ("%s  %s %s\n", output->tensor->name, qs_data_type_name (output->tensor->type),
               shape);
      json_builder_add_string_value (self->json, output->tensor->name);
    }
  json_builder_end_array (self->json);
}

static gboolean
run (QsCli   *self,
     GError **error)
{
  g_autoptr (QsSamples) samples =
    qs_cli_options_open_samples (&self->options, self->options.input, error);
  g_autoptr (QsCliSubject) subject = NULL;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsContext) context = NULL;
  g_autoptr (GPtrArray) collected = NULL;

  if (samples == NULL)
    return FALSE;

  subject = qs_cli_subject_open (self, CLAMP (qs_samples_get_n (samples), 1, DEFAULT_BATCH), error);
  if (subject == NULL || !qs_cli_subject_fit (subject, samples, error))
    return FALSE;

  engine = qs_cli_subject_get_engine (subject, self, error);
  if (engine == NULL)
    return FALSE;

  context = qs_context_new (engine, (guint) self->options.threads, error);
  collected = make_collected (qs_engine_get_network (engine));
  if (context == NULL || !run_all (self, context, samples, collected, error) ||
      !save (collected, self->options.output, error))
    return FALSE;

  report (self, engine, qs_samples_get_n (samples), collected);
  return TRUE;
}

const QsCliCommand qs_cli_run = {
  .name = "run",
  .argument = "MODEL|PLAN",
  .summary = "Compute the outputs of samples",
  .description = "Runs a model or a plan over all samples of an .npz file and writes the\n"
                 "outputs, each under its ONNX name, into another. For a model, --precision int8\n"
                 "needs --cache or --calibration. Dynamic dimensions are those of the samples,\n"
                 "within --min-shapes and --max-shapes where they are given: the engine is built\n"
                 "for them.",
  .options = { QS_CLI_INPUT, QS_CLI_OUTPUT, QS_CLI_SAMPLE_OPTIONS, QS_CLI_SHAPE, QS_CLI_BATCH,
               QS_CLI_PRECISION, QS_CLI_PRECISION_OPTIONS, QS_CLI_CALIBRATION, QS_CLI_CACHE,
               QS_CLI_CALIBRATOR, QS_CLI_QUANTILE, QS_CLI_CUTOFF, QS_CLI_PRESET,
               QS_CLI_BEFORE_FUSION, QS_CLI_HISTOGRAMS, QS_CLI_ROUNDING,
               QS_CLI_EMULATE_TENSORRT, QS_CLI_TIMING_CACHE,
               QS_CLI_BACKEND, QS_CLI_DEVICE, QS_CLI_THREADS, QS_CLI_JSON },
  .required = { QS_CLI_INPUT, QS_CLI_OUTPUT },
  .run = run,
};
