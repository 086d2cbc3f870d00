/* SPDX-License-Identifier: MIT */
#include "qs-wire.h"

#include <stdlib.h>
#include <string.h>

#include "core/qs-error.h"

/*
 * Untrusted protobuf messages. protobuf-c says neither where nor why a message is broken, recurses
 * as deep as the message nests, merges singular messages that come twice, and allocates up to 140
 * bytes for each 2-byte empty submessage. So the bytes are walked once along the descriptors before
 * it sees them, and it gets a memory budget.
 */

/* Messages within messages. Each level of ONNX subgraphs takes three. */
#define MAX_DEPTH 96
#define MAX_FIELDS 32

/* Sizes within one message are 31 bits in protobuf-c; protobuf itself stops at 2 GiB too. */
#define MAX_SIZE ((gsize) G_MAXINT32)

/* Real models need at most 20 times their size, those with large weights little more than once. */
#define BUDGET_FACTOR 32
#define BUDGET_BASE ((gsize) 16 << 20)

typedef struct _Frame Frame;
struct _Frame
{
  const Frame *parent;
  const ProtobufCMessageDescriptor *descriptor;
  const char *field; /* the parent's field that holds this message */
  guint index;
  gboolean repeated;
  int depth;
  guint counts[MAX_FIELDS];
};

typedef struct
{
  const guint8 *start;
  const guint8 *at;
  const guint8 *end;
} Reader;

static void
append_path (GString     *text,
             const Frame *frame)
{
  if (frame == NULL || frame->field == NULL)
    return;

  append_path (text, frame->parent);
  if (text->len > 0)
    g_string_append_c (text, '.');
  g_string_append (text, frame->field);
  if (frame->repeated)
    g_string_append_printf (text, "[%u]", frame->index);
}

static gboolean
fail (const Reader *reader,
      const Frame  *frame,
      int           code,
      const char   *what,
      GError      **error)
{
  g_autoptr (GString) path = g_string_new (NULL);

  append_path (path, frame);
  g_set_error (error, QS_ERROR, code, "%s at byte %" G_GSIZE_FORMAT ": %s",
               path->len > 0 ? path->str : "the message", (gsize) (reader->at - reader->start), what);
  return FALSE;
}

static gboolean
read_varint (Reader  *reader,
             guint64 *value)
{
  *value = 0;
  for (guint shift = 0; shift < 70 && reader->at < reader->end; shift += 7)
    {
      guint8 byte = *reader->at++;

      if (shift == 63 && byte > 1)
        return FALSE;
      *value |= (guint64) (byte & 0x7f) << shift;
      if ((byte & 0x80) == 0)
        return TRUE;
    }

  return FALSE;
}

static const guint8 wire_types[] = {
  [PROTOBUF_C_TYPE_INT32] = PROTOBUF_C_WIRE_TYPE_VARINT,
  [PROTOBUF_C_TYPE_SINT32] = PROTOBUF_C_WIRE_TYPE_VARINT,
  [PROTOBUF_C_TYPE_SFIXED32] = PROTOBUF_C_WIRE_TYPE_32BIT,
  [PROTOBUF_C_TYPE_INT64] = PROTOBUF_C_WIRE_TYPE_VARINT,
  [PROTOBUF_C_TYPE_SINT64] = PROTOBUF_C_WIRE_TYPE_VARINT,
  [PROTOBUF_C_TYPE_SFIXED64] = PROTOBUF_C_WIRE_TYPE_64BIT,
  [PROTOBUF_C_TYPE_UINT32] = PROTOBUF_C_WIRE_TYPE_VARINT,
  [PROTOBUF_C_TYPE_FIXED32] = PROTOBUF_C_WIRE_TYPE_32BIT,
  [PROTOBUF_C_TYPE_UINT64] = PROTOBUF_C_WIRE_TYPE_VARINT,
  [PROTOBUF_C_TYPE_FIXED64] = PROTOBUF_C_WIRE_TYPE_64BIT,
  [PROTOBUF_C_TYPE_FLOAT] = PROTOBUF_C_WIRE_TYPE_32BIT,
  [PROTOBUF_C_TYPE_DOUBLE] = PROTOBUF_C_WIRE_TYPE_64BIT,
  [PROTOBUF_C_TYPE_BOOL] = PROTOBUF_C_WIRE_TYPE_VARINT,
  [PROTOBUF_C_TYPE_ENUM] = PROTOBUF_C_WIRE_TYPE_VARINT,
  [PROTOBUF_C_TYPE_STRING] = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
  [PROTOBUF_C_TYPE_BYTES] = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
  [PROTOBUF_C_TYPE_MESSAGE] = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
};

static gboolean
wire_type_fits (const ProtobufCFieldDescriptor *field,
                guint                           wire_type)
{
  guint8 expected = wire_types[field->type];

  if (wire_type == expected)
    return TRUE;

  /* Numbers of a repeated field may come packed. */
  return field->label == PROTOBUF_C_LABEL_REPEATED &&
         wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
}

static gboolean check_message (Reader       *reader,
                               Frame        *frame,
                               GError      **error);

/* Submessages and strings; bytes and packed numbers hold nothing to look into. */
static gboolean
check_contents (Reader                         *reader,
                Frame                          *frame,
                const ProtobufCFieldDescriptor *field,
                guint                           index,
                const guint8                   *end,
                GError                        **error)
{
  Reader inner = { reader->start, reader->at, end };
  Frame child = {
    .parent = frame,
    .descriptor = field->descriptor,
    .field = field->name,
    .index = index,
    .repeated = field->label == PROTOBUF_C_LABEL_REPEATED,
    .depth = frame->depth + 1,
  };

  if (field->type == PROTOBUF_C_TYPE_STRING)
    {
      if (!g_utf8_validate ((const char *) reader->at, end - reader->at, NULL))
        return fail (reader, &child, QS_ERROR_MALFORMED, "the text is not valid UTF-8", error);
      return TRUE;
    }
  if (field->type != PROTOBUF_C_TYPE_MESSAGE)
    return TRUE;

  if (child.depth > MAX_DEPTH)
    return fail (reader, &child, QS_ERROR_LIMIT, "the graphs are nested too deeply", error);
  return check_message (&inner, &child, error);
}

static gboolean
check_length_prefixed (Reader                         *reader,
                       Frame                          *frame,
                       const ProtobufCFieldDescriptor *field,
                       guint                           index,
                       GError                        **error)
{
  guint64 length;
  const guint8 *end;

  if (!read_varint (reader, &length))
    return fail (reader, frame, QS_ERROR_MALFORMED, "a length is cut off", error);
  if (length > (guint64) (reader->end - reader->at))
    return fail (reader, frame, QS_ERROR_MALFORMED,
                 "a field runs past its end; the file is truncated or damaged", error);

  end = reader->at + length;
  if (field != NULL && !check_contents (reader, frame, field, index, end, error))
    return FALSE;

  reader->at = end;
  return TRUE;
}

static gboolean
skip_fixed (Reader      *reader,
            const Frame *frame,
            gsize        size,
            GError     **error)
{
  if ((gsize) (reader->end - reader->at) < size)
    return fail (reader, frame, QS_ERROR_MALFORMED, "a number is cut off", error);

  reader->at += size;
  return TRUE;
}

static gboolean
check_value (Reader                         *reader,
             Frame                          *frame,
             const ProtobufCFieldDescriptor *field,
             guint                           wire_type,
             guint                           index,
             GError                        **error)
{
  guint64 ignored;

  switch (wire_type)
    {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
      if (!read_varint (reader, &ignored))
        return fail (reader, frame, QS_ERROR_MALFORMED, "a number is cut off", error);
      return TRUE;
    case PROTOBUF_C_WIRE_TYPE_64BIT:
      return skip_fixed (reader, frame, 8, error);
    case PROTOBUF_C_WIRE_TYPE_32BIT:
      return skip_fixed (reader, frame, 4, error);
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
      return check_length_prefixed (reader, frame, field, index, error);
    default:
      return fail (reader, frame, QS_ERROR_MALFORMED, "this is not a protobuf message", error);
    }
}

static gboolean
check_field (Reader  *reader,
             Frame   *frame,
             GError **error)
{
  const ProtobufCFieldDescriptor *field;
  guint64 tag;
  guint index = 0;

  if (!read_varint (reader, &tag) || tag > G_MAXUINT32 || (tag >> 3) == 0)
    return fail (reader, frame, QS_ERROR_MALFORMED, "this is not a protobuf message", error);

  field = protobuf_c_message_descriptor_get_field (frame->descriptor, (guint) (tag >> 3));
  if (field != NULL)
    {
      if (!wire_type_fits (field, tag & 7))
        return fail (reader, frame, QS_ERROR_MALFORMED, "a field has the wrong wire type", error);

      index = frame->counts[field - frame->descriptor->fields]++;
      if (index > 0 && field->type == PROTOBUF_C_TYPE_MESSAGE &&
          field->label != PROTOBUF_C_LABEL_REPEATED)
        return fail (reader, frame, QS_ERROR_MALFORMED, "a field is there twice", error);
    }

  return check_value (reader, frame, field, tag & 7, index, error);
}

static gboolean
check_message (Reader  *reader,
               Frame   *frame,
               GError **error)
{
  g_return_val_if_fail (frame->descriptor->n_fields <= MAX_FIELDS, FALSE);

  while (reader->at < reader->end)
    if (!check_field (reader, frame, error))
      return FALSE;

  return TRUE;
}

typedef struct
{
  gsize left;
} Budget;

static void *
budget_alloc (void  *data,
              size_t size)
{
  Budget *budget = data;

  if (size > budget->left)
    return NULL;

  budget->left -= size;
  return malloc (size);
}

static void
budget_free (void *data,
             void *block)
{
  free (block);
}

/**
 * qs_wire_unpack: (skip)
 * @descriptor: the message's type
 * @data: (array length=size): untrusted bytes
 *
 * A parsed message; free it with [func@qs_wire_free].
 *
 * Errors: %QS_ERROR_MALFORMED with the path of the field and the byte where the message breaks
 * protobuf's rules, %QS_ERROR_LIMIT for messages that are too large, nest too deeply or would
 * take far more memory than their size explains.
 */
ProtobufCMessage *
qs_wire_unpack (const ProtobufCMessageDescriptor *descriptor,
                gconstpointer                     data,
                gsize                             size,
                GError                          **error)
{
  Reader reader = { data, data, (const guint8 *) data + size };
  Frame frame = { .descriptor = descriptor };
  Budget budget = { BUDGET_BASE + BUDGET_FACTOR * MIN (size, MAX_SIZE) };
  ProtobufCAllocator allocator = { budget_alloc, budget_free, &budget };
  ProtobufCMessage *message;

  if (size > MAX_SIZE)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "a protobuf message cannot be larger than 2 GiB; "
                   "store the weights as external data");
      return NULL;
    }
  if (!check_message (&reader, &frame, error))
    return NULL;

  message = protobuf_c_message_unpack (descriptor, &allocator, size, data);
  if (message == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                 "the message cannot be unpacked in the memory that its %" G_GSIZE_FORMAT
                 " bytes allow", size);
  return message;
}

void
qs_wire_free (ProtobufCMessage *message)
{
  ProtobufCAllocator allocator = { budget_alloc, budget_free, NULL };

  if (message != NULL)
    protobuf_c_message_free_unpacked (message, &allocator);
}
