/* SPDX-License-Identifier: MIT */
#include "qs-file-kind.h"

#include <string.h>

/* Files that people mistake for ONNX models, by what they begin with. The more special row comes
 * first; @within must appear in the file's first bytes as well. */
typedef struct
{
  gsize offset;
  const char *begin;
  gsize length;
  const char *within;
  const char *text;
} Kind;

#define BEGIN(text) text, sizeof (text) - 1

/* How far @within is looked for: the first names in an archive. */
#define WINDOW 4096

static const Kind kinds[] = {
  { 0, BEGIN ("\211QSPLAN\n"), NULL,
    "it is an engine plan of Quantoscope; open the ONNX model that it was made from" },
  { 0, BEGIN ("\211QSHIST\n"), NULL, "it is a histogram file of Quantoscope" },
  { 0, BEGIN ("PK\003\004"), "data.pkl",
    "it is a PyTorch file; export the model with torch.onnx.export" },
  { 0, BEGIN ("PK\003\004"), "config.json",
    "it is a Keras file; convert the model with tf2onnx" },
  { 0, BEGIN ("PK\003\004"), ".npy", "it is an NPZ file with arrays, such as a calibration set" },
  { 0, BEGIN ("PK\003\004"), NULL, "it is a ZIP archive; unpack it first" },
  { 0, BEGIN ("\200\002"), NULL,
    "it is a Python pickle, perhaps an old PyTorch file; export the model with torch.onnx.export" },
  { 0, BEGIN ("ftrt"), NULL,
    "it is a TensorRT engine, which is made from an ONNX model; open that model instead" },
  { 0, BEGIN ("ptrt"), NULL,
    "it is a TensorRT engine, which is made from an ONNX model; open that model instead" },
  { 0, BEGIN ("\211HDF\r\n"), NULL, "it is an HDF5 file, as Keras writes; convert it with tf2onnx" },
  { 4, BEGIN ("TFL3"), NULL, "it is a TensorFlow Lite model; convert it with tf2onnx" },
  { 4, BEGIN ("ORTM"), NULL,
    "it is a model in ONNX Runtime's own format (ORT); open the ONNX model that it was made from" },
  { 0, BEGIN ("\223NUMPY"), NULL, "it is a NumPy array" },
  { 0, BEGIN ("GGUF"), NULL, "it is a GGUF file with weights only" },
  { 8, BEGIN ("{\""), NULL, "it is a safetensors file with weights only" },
  { 0, BEGIN ("\037\213"), NULL, "it is compressed with gzip; unpack it first" },
  { 0, BEGIN ("version https://git-lfs"), NULL,
    "it is a Git LFS pointer; fetch the model itself with “git lfs pull”" },
  { 0, BEGIN ("TRT-"), NULL, "it is a TensorRT calibration cache" },
  { 0, BEGIN ("<!DOCTYPE"), NULL, "it is a web page; the download went wrong" },
  { 0, BEGIN ("<html"), NULL, "it is a web page; the download went wrong" },
  { 0, BEGIN ("<?xml"), NULL, "it is an XML file, perhaps of an OpenVINO model" },
  { 0, BEGIN ("ir_version:"), NULL,
    "it is an ONNX model written as text; store it as binary protobuf" },
  { 0, BEGIN ("{"), NULL, "it is a JSON file" },
  { 0, BEGIN ("["), NULL, "it is a JSON file" },
};

static gboolean
fits (const Kind   *kind,
      const guint8 *data,
      gsize         size)
{
  if (size < kind->offset + kind->length ||
      memcmp (data + kind->offset, kind->begin, kind->length) != 0)
    return FALSE;

  return kind->within == NULL ||
         memmem (data, MIN (size, WINDOW), kind->within, strlen (kind->within)) != NULL;
}

/* Bytes that text does not have; a character may be cut off at the end of the window. */
static gboolean
is_text (const guint8 *data,
         gsize         size)
{
  for (gsize i = 0; i < size; i++)
    if (data[i] < ' ' && strchr ("\t\n\r\f", data[i]) == NULL)
      return FALSE;

  return size > 0 && memchr (data, '\0', size) == NULL;
}

/* A SavedModel begins with its version, 1, and a list of graphs, one of which has the tag “serve”;
 * an ONNX file would have the producer's name there. */
static gboolean
is_saved_model (const guint8 *data,
                gsize         size)
{
  return size > 3 && data[0] == 0x08 && data[1] == 0x01 && data[2] == 0x12 &&
         memmem (data, MIN (size, WINDOW), "serve", 5) != NULL;
}

/**
 * qs_onnx_guess_kind:
 * @bytes: a file that cannot be read as an ONNX model
 *
 * Returns: (nullable): what it is instead and what to do about it ("it is a JSON file"); %NULL when
 *   that cannot be told
 */
const char *
qs_onnx_guess_kind (GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (size == 0)
    return "it is empty";

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (fits (&kinds[i], data, size))
      return kinds[i].text;

  if (is_saved_model (data, size))
    return "it is a TensorFlow SavedModel; convert it with tf2onnx";
  return is_text (data, MIN (size, 512)) ? "it is a text file" : NULL;
}
