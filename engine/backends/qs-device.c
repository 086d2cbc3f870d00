/* SPDX-License-Identifier: MIT */
#include "qs-device.h"

G_DEFINE_QUARK (qs-device-error-quark, qs_device_error)
