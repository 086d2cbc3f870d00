# SPDX-License-Identifier: MIT
"""Opens a calibration cache alone, types a scale, takes it back and saves; and follows a finding to
its tensor."""

import os
import tempfile
import time

import pyatspi
from journey import RETURN, SAMPLES, Program, wait_for

CACHE = "TRT-8401-EntropyCalibration2\ninput: 3f800000\nlogits: 3f000000\n"  # 1 and 1/2
EDITED = "TRT-8401-EntropyCalibration2\ninput: 3f800000\nlogits: 3e800000\n"  # 1 and 1/4


def find_scale(program, name):
    """The cell with a tensor's scale: its label is the tensor, it can be edited."""

    def find():
        for node in program.all():
            if node.name == name and "EditableText" in pyatspi.listInterfaces(node):
                return node
        return None

    return wait_for(f"the scale of {name}", find)


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "some.cache")
    saved = os.path.join(folder, "saved.cache")
    with open(path, "w", encoding="utf-8") as file:
        file.write(CACHE)

    with Program(path) as program:
        program.wait_for_text("TRT-8401-EntropyCalibration2")
        texts = program.texts()
        assert "63.5" in texts and "3f000000" in texts, texts

        scale = find_scale(program, "logits")
        scale.queryEditableText().setTextContents("0.25")
        program.wait_for_text("3e800000")
        program.do("win.undo-cache-edit")
        program.wait_for_text("3f000000")
        program.do("win.redo-cache-edit")
        program.wait_for_text("3e800000")

        # A scale that cannot be is refused, and everything stays.
        find_scale(program, "logits").queryEditableText().setTextContents("-1")
        program.wait_for_text("The scale was not changed")
        assert "3e800000" in program.texts()

        program.do("win.export-cache")
        program.fill_in_file_dialog("Save Scales", saved)
        wait_for("the saved file", lambda: read(saved) == EDITED)
    assert read(path) == CACHE

with Program(
    "--build",
    "--scale=0.00392156862745098",
    "--mean=0.2860",
    "--std=0.3530",
    os.path.join(SAMPLES, "fashion-resnet.onnx"),
    os.path.join(SAMPLES, "calibration-uint8.npz"),
) as program:
    program.wait_for_text("layers in INT8")
    program.click("Findings")
    program.wait_for_text("Spike that clips the rest")
    # The input was selected when the build began; 62.3 % of its values are the background.
    program.wait_for_text("62.3 % of all values")
    assert "float32 1×1×32×32" in program.texts()

    # Return in the search goes to the next finding, and its tensor is looked at.
    def go_on():
        program.do("win.find")
        time.sleep(0.5)
        program.keyboard.press(RETURN)
        time.sleep(0.5)
        return "float32 1×1×32×32" not in program.texts()

    wait_for("another tensor", go_on)
