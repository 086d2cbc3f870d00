# SPDX-License-Identifier: MIT
"""A damaged model shows an error that names the place, and what was open stays open."""

import os
import tempfile

import pyatspi
from journey import SAMPLES, Program

with tempfile.TemporaryDirectory() as folder:
    model = os.path.join(SAMPLES, "fashion-resnet.onnx")
    calibration = os.path.join(SAMPLES, "calibration-uint8.npz")
    damaged = os.path.join(folder, "damaged.onnx")
    with open(model, "rb") as source, open(damaged, "wb") as target:
        target.write(source.read(100000))

    with Program(model, calibration, damaged) as program:
        program.wait_for_text("“damaged.onnx” could not be opened")
        program.wait_for_text("damaged.onnx: ")
        program.wait_for_text("500 calibration samples")
        assert "fashion-resnet.onnx" in program.texts()

        program.click("Build")
        program.wait_for_text("layers in INT8")
        assert not program.all(pyatspi.ROLE_LABEL, "damaged.onnx")
