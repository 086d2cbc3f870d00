# SPDX-License-Identifier: MIT
"""Models that ask something first: a dynamic dimension is given its sizes, a refused model shows its
nodes, which are filtered, and one without its weights asks where they are."""

import os
import tempfile

import pyatspi
from journey import Program


# ONNX by hand, so that the journey needs no Python package: protobuf's fields with a length, and
# its numbers.
def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor_info(name, dimensions):
    shape = b"".join(
        field(1, field(1, size) if isinstance(size, int) else field(2, size)) for size in dimensions
    )
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))


def external_tensor(name, n, location):
    # TensorProto: dims 1, data_type 2, name 8, external_data 13, data_location 14
    where = field(1, "location") + field(2, location)
    return field(1, n) + field(2, 1) + field(8, name) + field(13, where) + field(14, 1)


def write_model(path, dimensions, operators, initializer=b""):
    """A chain of operators with one input each; the tensors are t0, t1 and so on."""
    nodes = b"".join(
        field(1, field(1, f"t{i}") + field(2, f"t{i + 1}") + field(3, f"{kind} {i}") + field(4, kind))
        for i, kind in enumerate(operators)
    )
    graph = (
        nodes
        + field(2, "chain")
        + initializer
        + field(11, tensor_info("t0", dimensions))
        + field(12, tensor_info(f"t{len(operators)}", dimensions))
    )
    with open(path, "wb") as file:
        file.write(field(1, 8) + field(7, graph) + field(8, field(2, 17)))


with tempfile.TemporaryDirectory() as folder:
    dynamic = os.path.join(folder, "dynamic.onnx")
    write_model(dynamic, [1, 3, "height", 8], ["Relu", "Sigmoid"])
    with Program(dynamic) as program:
        dialog = program.find_dialog("Dynamic Dimensions")
        size = program.find_in(dialog, pyatspi.ROLE_SPIN_BUTTON, "Optimal height")
        assert size.queryValue().maximumValue >= 24
        size.queryValue().currentValue = 24
        program.answer("Dynamic Dimensions", "Use Sizes")
        program.wait_for_text("dynamic.onnx")
        program.wait_for_text("2 nodes")

    refused = os.path.join(folder, "refused.onnx")
    write_model(refused, [1, 3, 8, 8], ["Relu", "StringNormalizer", "Sigmoid"])
    with Program(refused) as program:
        program.wait_for_text("This model cannot be built")
        program.click("Show Nodes")
        program.wait_for_text("StringNormalizer · refused")
        # Only those refused are shown; the drop-down's row for them says how many there are.
        program.wait_for_text("Refused (1)")
        assert "Relu · imported" not in program.texts()

    weights = os.path.join(folder, "scattered.onnx")
    write_model(weights, [1, 4], ["Relu"], field(5, external_tensor("w", 4, "scattered.bin")))
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
