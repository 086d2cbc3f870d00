/* SPDX-License-Identifier: MIT */

/* The device's kernels, for the host. Each source is what the CUDA compiler gets. */
#include "kernels/qs-convolution.cu"
