# SPDX-License-Identifier: MIT
"""Models that ask something first: a dynamic dimension is given its sizes, a refused model shows its
nodes, which are filtered, and one without its weights asks where they are."""

import os
import tempfile

import pyatspi
from journey import Program
from onnx_writer import external_tensor, write_chain

with tempfile.TemporaryDirectory() as folder:
    dynamic = os.path.join(folder, "dynamic.onnx")
    write_chain(dynamic, [1, 3, "height", 8], ["Relu", "Sigmoid"])
    with Program(dynamic) as program:
        dialog = program.find_dialog("Dynamic Dimensions")
        size = program.find_in(dialog, pyatspi.ROLE_SPIN_BUTTON, "Optimal height")
        assert size.queryValue().maximumValue >= 24
        size.queryValue().currentValue = 24
        program.answer("Dynamic Dimensions", "Use Sizes")
        program.wait_for_text("dynamic.onnx")
        program.wait_for_text("2 nodes")

    refused = os.path.join(folder, "refused.onnx")
    write_chain(refused, [1, 3, 8, 8], ["Relu", "StringNormalizer", "Sigmoid"])
    with Program(refused) as program:
        program.wait_for_text("This model cannot be built")
        program.click("Show Nodes")
        program.wait_for_text("StringNormalizer · refused")
        # Only those refused are shown; the drop-down's row for them says how many there are.
        program.wait_for_text("Refused (1)")
        assert "Relu · imported" not in program.texts()

    weights = os.path.join(folder, "scattered.onnx")
    write_chain(weights, [1, 4], ["Relu"], [external_tensor("w", 4, "scattered.bin")])
    with Program(weights) as program:
        question = program.find_dialog("Where Are the Weights?")
        text = " ".join(
            node.name
            for node in pyatspi.findAllDescendants(
                question, lambda node: node.getRole() == pyatspi.ROLE_LABEL
            )
        )
        assert "scattered.bin" in text and "scattered.onnx" in text, text
        program.answer("Where Are the Weights?", "Cancel")
        program.find(pyatspi.ROLE_PUSH_BUTTON, "Open Model…")  # nothing was opened

    with open(os.path.join(folder, "scattered.bin"), "wb") as file:
        file.write(bytes(16))
    with Program(weights) as program:
        program.wait_for_text("1 node")
