# SPDX-License-Identifier: MIT
"""Types a range for the input, takes it back and does it again, saves the document and finds the
range in it."""

import os
import tempfile

import pyatspi
from journey import SAMPLES, Program, wait_for

MINIMUM = "Minimum of the manual range"
MAXIMUM = "Maximum of the manual range"


def find_entry(program, name):
    return wait_for(
        f"the entry {name}",
        lambda: next(
            node
            for node in program.all()
            if node.name == name and "EditableText" in pyatspi.listInterfaces(node)
        ),
    )


def read_entry(program, name):
    text = find_entry(program, name).queryText()
    return text.getText(0, text.characterCount)


def wait_for_range(program, minimum, maximum):
    wait_for(
        f"the range {minimum} to {maximum}",
        lambda: (read_entry(program, MINIMUM), read_entry(program, MAXIMUM)) == (minimum, maximum),
    )


def wait_for_mark(program):
    wait_for("the mark", lambda: "Manual" in program.texts())


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
        # The input was selected when the build began.
        program.wait_for_text("float32 1×1×32×32")
        assert "Manual" not in program.texts()
        before = read_entry(program, MAXIMUM)
        assert before not in ("", "1.5"), before

        # An impossible range is named and changes nothing.
        find_entry(program, MINIMUM).queryEditableText().setTextContents("2")
        find_entry(program, MAXIMUM).queryEditableText().setTextContents("1.5")
        program.click("Set")
        program.wait_for_text("The minimum is larger than the maximum.")
        assert "Manual" not in program.texts()

        find_entry(program, MINIMUM).queryEditableText().setTextContents("-1.5")
        program.click("Set")
        wait_for_mark(program)
        program.do("win.undo")
        wait_for("the mark to go", lambda: "Manual" not in program.texts())
        assert read_entry(program, MAXIMUM) == before
        program.do("win.redo")
        wait_for_mark(program)
        wait_for_range(program, "-1.5", "1.5")

        program.do("win.save")
        program.fill_in_file_dialog("Save Document", document)
        wait_for("the saved document", lambda: os.path.exists(document))

    with Program(document) as program:
        program.wait_for_text("1 manual range")
