/* SPDX-License-Identifier: MIT */
#pragma once

/* Where the interface's descriptions lie in the program's resources. */
#define QS_RESOURCES "/io/github/quantoscope/Quantoscope"
