/* SPDX-License-Identifier: MIT */

/* The device's kernels, for the host. Each source is what the CUDA compiler gets. */
#include "kernels/qs-convolution.cu"
#include "kernels/qs-delay.cu"
#include "kernels/qs-depthwise.cu"
#include "kernels/qs-integers.cu"
#include "kernels/qs-move.cu"
#include "kernels/qs-pointwise.cu"
#include "kernels/qs-pooling.cu"
#include "kernels/qs-product.cu"
#include "kernels/qs-resize.cu"
#include "kernels/qs-rows.cu"
#include "kernels/qs-statistics.cu"
#include "kernels/qs-hopper.cu"
