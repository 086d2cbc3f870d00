# SPDX-License-Identifier: MIT
"""What was not saved is asked about before something takes its place: opening the sample over a range
set by hand is called off, then done; closing the window saves."""

import os
import tempfile

import pyatspi
from journey import SAMPLES, Program, wait_for

QUESTION = "Save Changes?"


def find_entry(program, name):
    return wait_for(
        f"the entry {name}",
        lambda: next(
            node
            for node in program.all()
            if node.name == name and "EditableText" in pyatspi.listInterfaces(node)
        ),
    )


def set_range(program):
    program.wait_for_text("float32 1×1×32×32")  # the input, which a build selects
    find_entry(program, "Minimum of the manual range").queryEditableText().setTextContents("-1.5")
    find_entry(program, "Maximum of the manual range").queryEditableText().setTextContents("1.5")
    program.click("Set")
    program.wait_for_text("1 manual range")


with tempfile.TemporaryDirectory() as folder:
    document = os.path.join(folder, "fashion.quantoscope")

    with Program(
        "--build",
        "--scale=0.00392156862745098",
        "--mean=0.2860",
        "--std=0.3530",
        os.path.join(SAMPLES, "fashion-resnet.onnx"),
        os.path.join(SAMPLES, "calibration-uint8.npz"),
    ) as program:
        program.wait_for_text("layers in INT8")
        set_range(program)

        program.do("win.open-sample")
        program.answer(QUESTION, "Cancel")
        program.wait_for_text("1 manual range")

        program.do("win.open-sample")
        program.answer(QUESTION, "Discard")
        program.wait_for_text("calibration samples")
        wait_for("the range to go", lambda: not any("manual range" in t for t in program.texts()))

        # Dismissing the dialog that asks where to save calls off the closing as well.
        program.click("Build")
        program.wait_for_text("layers in INT8")
        set_range(program)
        program.do("window.close")
        program.answer(QUESTION, "Save")
        program.cancel_file_dialog("Save Document")
        program.wait_for_text("1 manual range")

        program.do("window.close")
        program.answer(QUESTION, "Save")
        program.fill_in_file_dialog("Save Document", document)
        program.wait_for_end()
        assert os.path.exists(document)
