/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-sentences.h"

#include <glib/gi18n.h>
#include <string.h>

#include "passes/qs-pass.h"

#define MAX_VALUES 12
/* Longer ones are no sentences of the engine. */
#define MAX_LENGTH 2000
/* Names are of any kind; a sentence that is not found after this many tries stays as it is. */
#define MAX_TRIES 20000

/* Every format as the engine has it; numbers of any width are %d. Of several that fit, the one with the
 * most words of its own counts. */
static const char *const formats[] = {
  /* Phases of long work */
  N_("Timing layers"),
  N_("Choosing kernels"),
  N_("Evaluating"),
  N_("Calibrating: %d of %d samples"),
  N_("Calibrating"),
  /* What a backend works on, and why there is none */
  N_("%s, one processor"),
  N_("%s, %d processors"),
  N_("portable code"),
  N_("AVX2 with VNNI"),
  N_("AVX-512 with VNNI"),
  N_("scalar C, 1 thread"),
  N_("there is no NVIDIA driver (%s)"),
  N_("this program was built without CUDA's compiler, so it has no CUDA kernels"),
  /* What calibrators do */
  N_("The rule of Entropy 2; TensorRT applies it to the network after layer fusion"),
  N_("The range that keeps most of the distribution's information; may clip outliers"),
  N_("A quantile of the values, or where a regression of the tail ends; the regression is our "
     "reading of a rule that was not published"),
  N_("The whole range that occurred; nothing is clipped"),
  N_("The range with the least mean squared error of the quantized values"),
  N_("The range of a chosen share of all values, 99.99 %% unless told otherwise"),
  /* Titles of rewrites */
  N_("Move quantization backward"),
  N_("Remove redundant pairs"),
  N_("Dequantize constants of float layers"),
  N_("Fold batch normalization into weights"),
  N_("Make added constants a bias"),
  N_("Fold the factors of matrix products into constants"),
  N_("Move dequantization forward"),
  N_("Fuse activations into the layer before them"),
  N_("Pool in the convolution"),
  N_("Requantize in the epilogue"),
  N_("Fuse residual sums into the layer before them"),
  N_("Insert missing pairs"),
  N_("Merge padding into convolutions"),
  N_("Merge equal quantizations"),
  N_("Merge reshapes and transposes that follow each other"),
  N_("Make what is left reformats"),
  N_("Quantize constants"),
  N_("Compute other layers in INT8"),
  N_("Compute weighted layers in integers"),
  N_("Recognise activations that are spelled out"),
  N_("Recognise GELU"),
  N_("Read the operands of products where they lie"),
  N_("Fold a factor into the product of two activations"),
  N_("Recognise layer normalization"),
  N_("Recognise SiLU and HardSwish"),
  N_("Remove layers that do nothing"),
  N_("Change scales in one step"),
  N_("Join bounds that follow each other"),
  N_("Leave functions apart as TensorRT does"),
  N_("Widen float16 models to float32"),
  /* When rewrites apply */
  N_("The model has float16 constants, inputs or outputs."),
  N_("TensorRT is imitated, and a function other than ReLU and Clip stands behind a "
     "depthwise convolution, or between a convolution and a sum."),
  N_("An activation function, SiLU and GELU included, alone reads what a convolution, a "
     "matrix product or float arithmetic writes."),
  N_("A product of a tensor and its own sigmoid, which nothing else reads."),
  N_("A batch normalization with constant parameters alone reads what a layer with constant "
     "weights writes; of INT8 weights the scales are multiplied."),
  N_("A sum of two activations of its shape alone reads what a convolution or a matrix "
     "product writes; of two such, the longer branch takes it."),
  N_("All that is made of a layer's result, which only moves or selects elements, is quantized "
     "with one scale."),
  N_("A QuantizeLinear reads what a DequantizeLinear of the same scale writes."),
  N_("A DequantizeLinear reads a constant, and no INT8 layer can use the integers."),
  N_("All data inputs of a layer that moves or selects elements come from DequantizeLinear with "
     "one scale."),
  N_("An INT8 maximum pooling alone reads what an INT8 convolution without residual writes."),
  N_("One QuantizeLinear alone reads the result of an INT8 convolution or matrix product, whose "
     "residual, if any, comes from a DequantizeLinear."),
  N_("A function of a dequantized tensor gives only multiples of its scale."),
  N_("An INT8 convolution alone reads what a Pad with zeros on spatial axes writes."),
  N_("Several QuantizeLinear read one tensor with the same scale."),
  N_("A QuantizeLinear or DequantizeLinear is left, at the ends of the network or between float "
     "and INT8 layers."),
  N_("A QuantizeLinear reads a constant."),
  N_("All inputs of a layer without weights come from DequantizeLinear, and its result goes to "
     "one QuantizeLinear alone."),
  N_("The input and the constant weights of a convolution or a matrix product, or both operands "
     "of a product of activations, come from DequantizeLinear."),
  N_("A QuantizeLinear reads what a DequantizeLinear of another scale writes."),
  /* Why a rewrite was done */
  N_("Quantizing what was just dequantized with the same scale gives the same integers."),
  N_("%s only moves or selects elements, so %s can come before it, and %s works on the bytes."),
  N_("%s only moves or selects elements, so %s can come before it, once for each input, and %s "
     "works on the bytes."),
  N_("%s only moves or selects elements, so %s can come after it, and %s works on the bytes."),
  N_("%s only moves elements of the constant %s, so it was done now, on the integers."),
  N_("%s is constant, and the layers that read it compute in floating point, so it was "
     "dequantized now."),
  N_("%s is constant, so it was quantized now."),
  N_("The batch normalization is a factor and a summand per channel, so it became part of the "
     "weights and the bias."),
  N_("A constant that is added to every output channel is a bias."),
  N_("The factors alpha = %g and beta = %g became part of the weights and the bias."),
  N_("%s is computed where the result is written, so the tensor %s need not be stored."),
  N_("The maximum of bytes can be taken while the convolution's are at hand."),
  N_("Requantizing is the last step of an INT8 layer, so %s became part of it."),
  N_("The residual is read as INT8, too."),
  N_("Both operands come from weighted layers; this one is on the longer path."),
  N_("The sum is computed where the result is written, with %s as the residual."),
  N_("All 256 results of %s are multiples of the scale of its input, %.9g, so quantizing them "
     "changes nothing."),
  N_("Zeros around the input are what a convolution pads with, in INT8, too."),
  N_("%s and %s quantize the same tensor with the same scale, so one is enough."),
  N_("%s and %s dequantize the same tensor, so one is enough."),
  N_("Two layers in a row that only rearrange elements are one."),
  N_("%s stands alone: what writes %s does so in floating point, so a Reformat quantizes it."),
  N_("%s stands alone: %s is read in floating point, so a Reformat dequantizes it."),
  N_("All inputs of %s are dequantized and its result is quantized, so it computes in INT8."),
  N_("Input and weights of %s are dequantized, so it multiplies the integers and scales the "
     "sums."),
  N_("Both operands of %s are dequantized activations, so it multiplies the integers and scales "
     "the sums with both scales."),
  N_("The %u layers compute %s: their results agree at %d points from %g to %g."),
  N_("x times half of 1 + erf (x / √2) is GELU."),
  N_("The %u layers compute a layer normalization over the last axis."),
  N_("The %u layers compute a layer normalization over the last axis, without a factor."),
  N_("The product of a tensor and its own gate is %s."),
  N_("%s was removed: %s."),
  N_("The integers go from scale %.9g to scale %.9g in one step."),
  N_("The two bounds in a row are one %s."),
  N_("Layers whose results nobody reads any more were removed."),
  N_("%s reads %s where it lies, so nothing has to be moved before it."),
  N_("The product is stored in the order that %s would bring it to."),
  N_("Instead of an operand, the sums are multiplied by %.9g where they are written."),
  N_("The sums are multiplied by %.9g where they are written."),
  /* Why a rewrite was blocked */
  N_("%s did not move in front of %s, because of the tensor between them, %s: %s reads it as "
     "well."),
  N_("%s did not move in front of %s, because of the tensor between them, %s: %s."),
  N_("The batch normalization %s was not folded into %s: %s."),
  N_("The constant that %s adds did not become the bias of %s: %s."),
  N_("%s did not get %s behind it, because the scales of its inputs differ: %s has %.9g and %s "
     "%.9g."),
  N_("%s did not get %s behind it, because its input %s is not dequantized."),
  N_("%s was not fused into %s, whose output stays in floating point, because the residual %s "
     "is: the residual decides about the type of the sum."),
  N_("%s was not fused into %s, because of the tensor between them, %s: %s."),
  N_("%s was not fused into %s: %s and %s lie between them."),
  N_("%s was not fused into %s: the activation %s lies between them, and a residual is added "
     "before the activation."),
  N_("%s was not fused into %s: %s."),
  N_("%s and %s did not become one %s, because of the tensor between them, %s: %s."),
  N_("The output of %s, %s, stays in floating point: no QuantizeLinear reads it."),
  N_("%s did not become the padding of %s: %s."),
  N_("%s and %s quantize tensor %s with different scales, %.9g and %.9g, so they stay apart."),
  N_("%s stays in floating point, because its input %s is not quantized."),
  N_("%s stays in floating point, because its result %s is not quantized alone: %s. A layer "
     "without weights needs INT8 on both sides."),
  N_("%s stays in floating point although its inputs are quantized: %s."),
  N_("%s stays in floating point: neither its input nor its weights are quantized."),
  N_("%s stays in floating point: its weights are quantized, but its input %s is not."),
  N_("%s stays in floating point: its weights %s are not constant."),
  N_("%s stays in floating point: its input is quantized, but its weights are not."),
  N_("%s stays in floating point: neither of its operands is quantized."),
  N_("%s stays in floating point: only one of its operands is quantized, and %s is not."),
  N_("%s stays in floating point: %s."),
  /* Conditions that failed, inside those sentences */
  N_("its outputs are quantized with different scales"),
  N_("a parameter of the batch normalization is not constant"),
  N_("the batch normalization has another number of channels than the layer before it"),
  N_("the layer before it ends with another function"),
  N_("the channels of the batch normalization are not the columns of the matrix product"),
  N_("the bias before it is not one constant per channel"),
  N_("the constant is not one number per output channel"),
  N_("the layer has a bias already that is not one constant per channel"),
  N_("the layer before it ends with an activation already"),
  N_("the convolution adds a residual"),
  N_("the pooling takes the whole plane"),
  N_("the pooling has a second output"),
  N_("both operands are the same tensor"),
  N_("an activation lies between the layer and the sum"),
  N_("the layer adds another tensor already"),
  N_("the other operand is a constant"),
  N_("the operands are not float32"),
  N_("the shapes differ, and a residual is not broadcast"),
  N_("it does not pad with zeros"),
  N_("it pads another axis than the spatial ones, or crops"),
  N_("it has another number of axes"),
  N_("more products per output element than int32 accumulators are exact for"),
  N_("its input is transposed"),
  N_("its result is not float32"),
  N_("its bias is not one constant per output channel"),
  N_("its bias is not one constant per column"),
  N_("its first operand is constant and its second is not"),
  N_("its output is its input"),
  N_("the type stays the same"),
  N_("the shape stays the same"),
  N_("the axes keep their order"),
  N_("it has no function"),
  N_("no layer reads it"),
  N_("nothing reads it"),
  N_("it is an output of the network"),
  N_("Build without imitating TensorRT: this engine can fuse them."),
  N_("Let one layer alone read the tensor; a fused layer does not have it for others."),
  N_("Take the tensor out of the network's outputs; a fused layer does not have it."),
  N_("Nothing need be done: a sum of its own costs one pass over the tensor."),
  N_("Put the activation behind the sum, and train again."),
  N_("Make it the layer's bias: one number for each channel."),
  N_("Give both operands the shape of the sum."),
  N_("another layer reads it as well"),
  N_("the layer that reads it is not a QuantizeLinear"),
  N_("the QuantizeLinear behind it has a scale per channel"),
  N_("its weights do not have the expected number of dimensions"),
  N_("its weights are not constant"),
  N_("its weights are not float32"),
  /* What would help */
  N_("Quantize every output of %s with one scale, and use none of them as an output of the "
     "network."),
  N_("Give %s and %s the same scale."),
  N_("Quantize what %s reads of %s with the scale of %s, %.9g."),
  N_("Give all inputs one scale, the largest."),
  N_("Quantize %s with the scale of the other inputs."),
  N_("It costs one pass over the tensor and no accuracy, so nothing need be done."),
  N_("Put QuantizeLinear and DequantizeLinear on the residual %s."),
  N_("Put QuantizeLinear and DequantizeLinear on %s if what reads it can compute in INT8."),
  N_("Let everything that reads %s read it quantized with one scale."),
  N_("Remove %s and %s; quantize only the other operand."),
  N_("Let the padding have no other reader, and pad only spatial axes, with zeros."),
  N_("Give both the same scale."),
  N_("Put QuantizeLinear and DequantizeLinear on its input and on its weights."),
  N_("Put QuantizeLinear and DequantizeLinear on its input."),
  N_("Put QuantizeLinear and DequantizeLinear on its weights."),
  N_("Put QuantizeLinear and DequantizeLinear on both operands."),
  N_("Put QuantizeLinear and DequantizeLinear on %s."),
  N_("Put QuantizeLinear and DequantizeLinear behind %s."),
  N_("Take QuantizeLinear and DequantizeLinear away here; they only cost accuracy."),
  /* Why a layer computes as it does */
  N_("Layers got their precision, and a Reformat wherever a layer reads another type or layout than "
     "was written."),
  N_("The plan was built for the backend %s, which is not here; %s runs it."),
  N_("The kernel %s is not to be had on this machine or backend, so %s computes the layer."),
  N_("there is no kernel for such layers"),
  N_("It is where INT8 begins or ends."),
  N_("It changes the layout for the layers that read it."),
  N_("It rounds to FP16 and changes the layout for the layers that read it."),
  N_("It rounds to FP16 for the layers that read it."),
  N_("It widens FP16 to FP32 and changes the layout for the layers that read it."),
  N_("It widens FP16 to FP32 for the layers that read it."),
  N_("It quantizes and changes the layout for the layers that read it."),
  N_("It quantizes for the layers that read it."),
  N_("It dequantizes and changes the layout for the layers that read it."),
  N_("It dequantizes for the layers that read it."),
  N_("Nothing around it is quantized."),
  N_("It computes in INT8, because a constraint asks for it."),
  N_("It computes in INT8, because INT8 was asked for wherever it is possible."),
  N_("It only moves or selects elements, and its neighbours compute in floating point."),
  N_("It computes in INT8: INT8 takes %.4f ms and %.4f ms of reformats, %s %.4f ms and %.4f ms "
     "of reformats, given what its neighbours do."),
  N_("It stays in floating point: INT8 takes %.4f ms and %.4f ms of reformats, %s %.4f ms and "
     "%.4f ms of reformats, given what its neighbours do."),
  N_("These times are close, so another build may decide otherwise; a timing cache makes builds "
     "repeat."),
  N_("The layer's tensors are %s, reformats considered."),
  N_("It computes the layer as it was before others were fused into it."),
  N_("TensorRT's own placement would leave %s in floating point (%s)."),
  N_("QuantizeLinear and DequantizeLinear around it make it INT8."),
  N_("The build is in floating point, so every layer is."),
  N_("The layer computes in %s."),
  N_("It takes %.4f ms, less than 3 %% or 0.001 ms faster than %s with %.4f ms, which comes first "
     "in the backend's order; so builds repeat."),
  N_("It takes %.4f ms, and %s takes %.4f ms."),
  N_("%s %s is computed on the host, between copies from the device and back: %s."),
  N_("Nothing was timed, and %s comes first in the backend's order."),
  N_("A constraint asks that it compute in %s."),
  N_("%s works on shapes, indices or truth values, which are never quantized."),
  N_("%s is always computed in floating point: INT8 would lose too much."),
  N_("It stays in floating point: %s."),
  N_("It stands in where the backend has no kernel of its own."),
  N_("FP16 is emulated on this backend, so it is used only where it is asked for."),
  N_("The network has QuantizeLinear and DequantizeLinear, which decide where INT8 is used and "
     "with which scales; calibration has no part in it."),
  /* Where pairs of a model should be elsewhere */
  N_("%s stands between %s and %s, so that they can't become one layer."),
  N_("Take the pair out: only the other summand should have one."),
  N_("Take the pair out: fusion is not to be simulated in training."),
  N_("%s stands between %s and %s; TensorRT leaves the padding a layer of its own then."),
  N_("Put the pair before the padding."),
  N_("%s adds the float tensor %s to %s, so that the sum is float and quantized by a layer of "
     "its own."),
  N_("Quantize the residual as well."),
  N_("%s has %d channels in and %d out; what misses to a multiple of %d is filled up with zeros."),
  N_("Multiples of 16 use INT8 tensor cores fully."),
  N_("%s computes in INT8 and writes float for %s."),
  N_("Quantize what it writes, if that layer can compute in INT8."),
  N_("%s has scales per channel and no axis: ONNX takes axis 1, TensorRT axis 0."),
  N_("Write the axis down."),
  N_("%s quantizes to uint8; TensorRT takes it for int8, which ends at 127."),
  N_("Export the model with symmetric int8 quantization."),
  /* Errors that people meet: files that are something else, nodes that are refused, sets that do not
   * fit. */
  N_("%s: this is not an ONNX model: %s"),
  N_("it is empty"),
  N_("it is a text file"),
  N_("it is a JSON file"),
  N_("it is a ZIP archive; unpack it first"),
  N_("it is compressed with gzip; unpack it first"),
  N_("it is a PyTorch file; export the model with torch.onnx.export"),
  N_("it is a TensorRT engine, which is made from an ONNX model; open that model instead"),
  N_("it is a TensorFlow Lite model; convert it with tf2onnx"),
  N_("it is a safetensors file with weights only"),
  N_("it is a web page; the download went wrong"),
  N_("%s: the message at byte %d: %s"),
  N_("%s: %s at byte %d: %s"),
  N_("a field runs past its end; the file is truncated or damaged"),
  N_("a length is cut off"),
  N_("a number is cut off"),
  N_("this is not a protobuf message"),
  N_("%s is an operator of the domain “%s”, which is not supported; export the model with "
     "standard ONNX operators only"),
  N_("%s does not exist in version %d of the ONNX operators, or not in a form that is "
     "supported; convert the model with onnx.version_converter"),
  N_("%s is not supported; replace it by other operators when exporting the model"),
  N_("%s is control flow, which is not supported here; export the model with unrolled loops, "
     "or fold them with a simplifier"),
  N_("%s is a recurrent operator, which cannot be quantized here; export it unrolled, or "
     "leave this part out of the model"),
  N_("%s finds its range at run time, and ranges are fixed here; use static quantization, "
     "with QuantizeLinear, DequantizeLinear and constant scales"),
  N_("%s is for training; export the model for inference"),
  N_("its condition (“%s”) depends on the data, and control flow is not supported; export "
     "the model with a fixed condition, or fold it with a simplifier"),
  N_("an INT8 build needs scales: calibrate the model, or load a calibration cache"),
  N_("%s: there are no samples in it"),
  N_("%s: there are no samples in it: no images (.png, .jpg), arrays (.npy), ONNX tensors "
     "(.pb) or raw float32 files (.raw, .bin)"),
  N_("%s: there is no array “%s”, which is the name of the network's input; the file has %s. "
     "Save the samples under the input's name"),
  N_("%s: array “%s” has elements of type %s where the network needs %s"),
  N_("%s: array “%s” has shape %s, which does not fit the network's input of shape %s (the "
     "first axis counts the samples)"),
  N_("%s: array “%s” has elements of type %s; class indices are integers"),
  N_("%d × %d pixels do not fit input “%s”, which takes %d × %d; resize or crop the images"),
  N_("the file has changed on disk"),
  N_("%s: the file has changed on disk"),
  /* Findings */
  N_("Tensor %s is uniformly zero. The cache has scale 0 for it, as TensorRT's do, and layers "
     "that read or write it stay in floating point."),
  N_("%.1f %% of all values lie at ±%.4g, a padding or background. Entropy calibration lets "
     "this spike absorb everything beyond it: %.1f %% of the values are clipped to ±%.4g "
     "although the largest is %.4g."),
  N_("Channel %u of %u reaches %.4g, %.1f times as far as any other, which end at %.4g. One "
     "scale for all channels leaves the others %.1f times fewer steps."),
  N_("99.99 %% of all values lie within ±%.4g, but the largest is %.4g. A range that holds it "
     "leaves most values %.0f times fewer steps."),
  N_("Calibrators disagree: %s takes ±%.4g, %s ±%.4g, %.1f times as much. Compare their "
     "accuracy."),
  N_("The first batch that was not zero ended at ±%.4g, but all together reach %.4g: the range "
     "doubled %u times. The first batch is not like the others, and entropy calibration depends "
     "on which one comes first; larger or shuffled batches help."),
  N_("The histogram's range has doubled for values just beyond it, and %.0f %% of its bins are "
     "empty. Larger or better mixed batches give finer bins."),
  N_("Values lie between %.4g and %.4g. Symmetric quantization gives both signs the same range, "
     "so that %.0f %% of its codes stay unused."),
};

/* The names and numbers of a sentence, in the order of its format: pieces of its text. */
typedef struct
{
  struct
  {
    const char *text;
    gsize length;
  } values[MAX_VALUES];
  guint n;
  guint n_tried; /* ends of values */
  gboolean may_end; /* whether a value may have the end of a sentence in it */
} Values;

/* Behind the specification that @format begins with, a percent sign. */
static const char *
skip_specification (const char *format)
{
  format++;
  while (*format != '\0' && !g_ascii_isalpha (*format))
    format++;
  return *format != '\0' ? format + 1 : format;
}

static gboolean
is_specification (const char *format)
{
  return format[0] == '%' && format[1] != '%';
}

/* Whether @text was printed with @format. A value is as short as it can be. */
static gboolean
match (const char *format,
       const char *text,
       Values     *values)
{
  const char *rest;
  guint n = values->n;

  while (*format != '\0' && !is_specification (format))
    {
      if (*format != *text)
        return FALSE;
      format += *format == '%' ? 2 : 1;
      text++;
    }

  if (*format == '\0')
    return *text == '\0';
  if (n == MAX_VALUES)
    return FALSE;

  rest = skip_specification (format);
  for (gsize length = 1; text[length - 1] != '\0' && values->n_tried < MAX_TRIES; length++)
    {
      if (!values->may_end && length > 1 && text[length - 1] == ' ' && text[length - 2] == '.')
        break;
      values->values[n].text = text;
      values->values[n].length = length;
      values->n = n + 1;
      values->n_tried++;
      if (match (rest, text + length, values))
        return TRUE;
    }

  values->n = n;
  return FALSE;
}

/* Which of the values @format speaks of: “%2$s” the second, “%s” the next. */
static guint
find_value (const char *format,
            guint      *next)
{
  char *end;
  guint64 position = g_ascii_strtoull (format + 1, &end, 10);

  return position > 0 && *end == '$' ? (guint) position - 1 : (*next)++;
}

/* A clause is translated, too. */
static void
append_value (GString    *text,
              const char *value,
              gsize       length)
{
  g_autofree char *copy = g_strndup (value, length);

  g_string_append (text, qs_sentence_get (copy));
}

static char *
print (const char   *format,
       const Values *values)
{
  GString *text = g_string_new (NULL);
  guint next = 0;

  while (*format != '\0')
    if (is_specification (format))
      {
        guint index = find_value (format, &next);

        if (index < values->n)
          append_value (text, values->values[index].text, values->values[index].length);
        format = skip_specification (format);
      }
    else
      {
        g_string_append_c (text, *format);
        format += *format == '%' ? 2 : 1;
      }

  return g_string_free (text, FALSE);
}

/* Characters that are not values'. */
static gsize
count_literal (const char *format)
{
  gsize n = 0;

  while (*format != '\0')
    if (is_specification (format))
      format = skip_specification (format);
    else
      {
        n++;
        format += *format == '%' ? 2 : 1;
      }

  return n;
}

/* (nullable): the format of one sentence, and its values */
static const char *
find_format (const char *english,
             gboolean    may_end,
             Values     *values)
{
  const char *best = NULL;
  gsize most = 0;

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      Values found = { .may_end = may_end };
      gsize n = count_literal (formats[i]);

      if ((best != NULL && n <= most) || !match (formats[i], english, &found))
        continue;
      best = formats[i];
      most = n;
      *values = found;
    }

  return best;
}

/* (nullable): one sentence */
static char *
translate_one (const char *english,
               gboolean    may_end)
{
  Values values;
  const char *format = find_format (english, may_end, &values);

  return format != NULL ? print (_(format), &values) : NULL;
}

/* (nullable): one after the other, the longest beginnings first: some formats have two sentences. Only
 * where that leads nowhere, a value has the end of a sentence in it, as names may. */
static char *
translate_all (const char *english)
{
  char *text = translate_one (english, FALSE);

  for (const char *end = english + strlen (english); text == NULL && end > english; end--)
    if (end[0] == ' ' && end[-1] == '.')
      {
        g_autofree char *head = g_strndup (english, (gsize) (end - english));
        g_autofree char *first = translate_one (head, FALSE);
        g_autofree char *others = first == NULL ? NULL : translate_all (end + 1);

        if (others != NULL)
          text = g_strjoin (" ", first, others, NULL);
      }

  return text != NULL ? text : translate_one (english, TRUE);
}

char *
qs_sentence_translate (const char *english)
{
  char *text = strlen (english) > MAX_LENGTH ? NULL : translate_all (english);

  return text != NULL ? text : g_strdup (english);
}

const char *
qs_sentence_get (const char *english)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_str_equal (formats[i], english))
      return _(formats[i]);

  return english;
}

/* The builder's rules, which are no rewrites with titles. */
static const struct
{
  const char *id;
  const char *title;
} rules[] = {
  { "apply-decisions", N_("Insert reformats where types or layouts differ") },
  { "backend-substituted", N_("Run on another backend") },
  { "calibration-unused", N_("Leave the calibration's scales alone") },
  { "host-layer", N_("Compute on the host") },
  { "kernel-substituted", N_("Take another kernel") },
  { "manual-range", N_("Use ranges set by hand") },
  { "missing-range", N_("Look for a range") },
  { "placement", N_("Place as TensorRT does") },
  { "precision", N_("Choose precisions") },
  { "precision-constraint", N_("Follow constraints") },
};

const char *
qs_sentence_get_rule (const char *rule)
{
  const QsPass *pass = qs_pass_lookup (rule);

  for (guint i = 0; pass == NULL && i < G_N_ELEMENTS (rules); i++)
    if (g_str_equal (rules[i].id, rule))
      return _(rules[i].title);

  return pass != NULL ? qs_sentence_get (pass->title) : rule;
}

gboolean
qs_sentence_is_known (const char *english)
{
  g_autofree char *text = strlen (english) > MAX_LENGTH ? NULL : translate_all (english);

  return text != NULL;
}

const char *
qs_sentence_find_format (const char *english)
{
  Values values;

  return find_format (english, FALSE, &values);
}

guint
qs_sentence_get_n_formats (void)
{
  return G_N_ELEMENTS (formats);
}

const char *
qs_sentence_get_format (guint index)
{
  return formats[index];
}
