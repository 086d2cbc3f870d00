/* SPDX-License-Identifier: MIT */
#include "qs-kernel-check.h"

/* One mistake in a kernel makes hundreds of cases fail. */
#define MAX_FAILURES 20

void
qs_kernel_check_init (QsKernelCheck *self)
{
  *self = (QsKernelCheck) {
    .tried = g_hash_table_new (g_str_hash, g_str_equal),
    .failures = g_ptr_array_new_with_free_func (g_free),
  };
}

void
qs_kernel_check_clear (QsKernelCheck *self)
{
  g_clear_pointer (&self->tried, g_hash_table_unref);
  g_clear_pointer (&self->failures, g_ptr_array_unref);
}

void
qs_kernel_check_count (QsKernelCheck  *self,
                       const QsKernel *kernel)
{
  self->n_runs++;
  g_hash_table_add (self->tried, (gpointer) kernel->name);
}

void
qs_kernel_check_fail (QsKernelCheck *self,
                      const char    *format,
                      ...)
{
  va_list args;

  self->n_failed++;
  if (self->failures->len == MAX_FAILURES)
    return;
  va_start (args, format);
  g_ptr_array_add (self->failures, g_strdup_vprintf (format, args));
  va_end (args);
}

void
qs_kernel_check_assert_passed (QsKernelCheck *self)
{
  if (self->n_failed > 0)
    g_error ("%s", (const char *) g_ptr_array_index (self->failures, 0));
}
