/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-document.h"

G_BEGIN_DECLS

/* The entries of the archive. The manifest is the first, which tells a document from other zip
 * files. */
#define QS_DOCUMENT_MANIFEST "quantoscope.json"
#define QS_DOCUMENT_MODEL "model.onnx"
#define QS_DOCUMENT_HISTOGRAMS "histograms.bin"
#define QS_DOCUMENT_CACHE "scales.cache"
#define QS_DOCUMENT_RANGES "ranges.json"
#define QS_DOCUMENT_PLAN "engine.plan"

/* A zip archive of @names (ended by %NULL) with @contents, uncompressed; a %NULL content is left
 * out. */
GBytes     *qs_document_archive_write (const char *const *names,
                                       GBytes            *const *contents,
                                       GError           **error);
/* (element-type utf8 GBytes): the entries by name; only those in @names may be there, each once. */
GHashTable *qs_document_archive_read  (GBytes            *bytes,
                                       const char *const *names,
                                       GError           **error);

GBytes     *qs_document_manifest_write (const QsDocument *self);
gboolean    qs_document_manifest_read  (QsDocument       *self,
                                        GBytes           *bytes,
                                        GError          **error);

G_END_DECLS
