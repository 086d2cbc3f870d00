/* SPDX-License-Identifier: MIT */
#include "backends/qs-machine.h"
#include "qs-cli-json.h"
#include "qs-cli.h"

/* The device that a backend works on, in the words of --device. */
static void
report (QsCli           *self,
        const QsBackend *backend,
        const char      *device)
{
  g_autoptr (GError) error = NULL;
  gboolean usable = qs_backend_check (backend, &error);
  g_autofree char *name = usable ? backend->get_device_name () : NULL;

  g_print ("%-5s %s\n", device, usable ? name : error->message);
  json_builder_begin_object (self->json);
  qs_cli_json_text (self->json, "device", device);
  qs_cli_json_text (self->json, "backend", backend->id);
  json_builder_set_member_name (self->json, "usable");
  json_builder_add_boolean_value (self->json, usable);
  qs_cli_json_text (self->json, usable ? "name" : "reason", usable ? name : error->message);
  json_builder_end_object (self->json);
}

static gboolean
devices (QsCli   *self,
         GError **error)
{
  static const char *const ids[] = { "cuda", "cpu" };

  json_builder_set_member_name (self->json, "devices");
  json_builder_begin_array (self->json);
  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    report (self, qs_backend_lookup (ids[i]), ids[i]);
  json_builder_end_array (self->json);
  g_print ("      %s\n", qs_machine_get_processor ());
  qs_cli_json_text (self->json, "processor", qs_machine_get_processor ());
  return TRUE;
}

const QsCliCommand qs_cli_devices = {
  .name = "devices",
  .summary = "List what engines can be built for and run on",
  .description = "Names the devices that --device chooses from, and says of one that cannot be used\n"
                 "why that is.",
  .options = { QS_CLI_JSON },
  .run = devices,
};
