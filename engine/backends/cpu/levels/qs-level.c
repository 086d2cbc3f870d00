/* SPDX-License-Identifier: MIT */
#include "qs-level.h"

const QsCpuFunctions qs_level_functions = {
  .level = QS_LEVEL_ID,
  .lanes = QS_LANES,
  .lane_unit = QS_LANE_UNIT,
  .lane_offset = QS_LANE_OFFSET,
  .product_f32 = &qs_level_product_f32,
  .product_s8 = &qs_level_product_s8,
  .product_u7 = &qs_level_product_u7,
  .grouped_f32 = &qs_level_grouped_f32,
  .grouped_s8 = &qs_level_grouped_s8,
  .epilogue = qs_level_epilogue,
  .left = qs_level_left,
  .pack_f32 = qs_level_pack_f32,
  .pack_s8 = qs_level_pack_s8,
  .depthwise_f32 = qs_level_depthwise_f32,
  .depthwise_s8 = qs_level_depthwise_s8,
  .depthwise_line = qs_level_depthwise_line,
  .depthwise_row_f32 = qs_level_depthwise_row_f32,
#if defined (QS_WITH_AVX2) || defined (QS_WITH_NEON)
  .depthwise_row_s8 = qs_level_depthwise_row_s8,
#endif
  .activation = qs_level_activation,
  .element_wise = qs_level_element_wise,
  .add_s8 = qs_level_add_s8,
  .unary = qs_level_unary,
  .quantize = qs_level_quantize,
  .dequantize = qs_level_dequantize,
  .max_f32 = qs_level_max_f32,
  .max_s8 = qs_level_max_s8,
  .add_f32 = qs_level_add_f32,
  .sum_s8 = qs_level_sum_s8,
  .soft_max = qs_level_soft_max,
  .sum = qs_level_sum,
  .standardize = qs_level_standardize,
  .fp16 = { qs_level_widen_f16, qs_level_narrow_f16 },
};
