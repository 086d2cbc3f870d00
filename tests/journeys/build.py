# SPDX-License-Identifier: MIT
"""Opens the sample, builds it, asks why a layer is what it is, and reads the tensor table."""

import pyatspi
from journey import Program

with Program() as program:
    program.click("Open Sample")
    program.wait_for_text("fashion-resnet.onnx")
    program.wait_for_text("500 calibration samples")

    program.click("Build")
    program.wait_for_text("layers in INT8")
    # The input's histogram was there to be watched, and Entropy 2 clips it: its range ends at about
    # 0.40 of the largest value (an independent simulation of the rule found the same).
    hint = program.wait_for_text("Entropy 2 cuts off")
    assert "ends at 40 %" in hint, hint

    # A reformat may have the layer's name in its own; Return goes on to the next match.
    # Where the layer is INT8, it pools, too.
    inside = ("Inside: 3 ONNX Nodes", "Inside: 4 ONNX Nodes")
    program.search("/stem/conv", lambda: any(title in program.texts() for title in inside))
    texts = program.texts()
    assert "Why INT8?" in texts or "Why Float?" in texts, texts
    assert any("computes in" in text for text in texts), texts
    for node in ("/stem/Conv", "/bn/BatchNormalization", "/Relu"):
        assert node in texts, node

    program.click("Tensors", pyatspi.ROLE_PAGE_TAB)
    for title in ("Tensor", "Entropy 2 Range", "MinMax Range", "Ratio"):
        program.wait_for_text(title)
    texts = program.texts()
    assert "/stem/Conv_output_0" in texts
    # 2.0227 / 127 is the scale of MinMax: the largest input is (1 - 0.2860) / 0.3530.
    assert "2.023" in texts and "0.01593" in texts, texts
