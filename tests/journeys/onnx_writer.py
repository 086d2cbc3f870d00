# SPDX-License-Identifier: MIT
"""Writes small ONNX models without a library, so that the journeys need no Python package: protobuf's
numbers and its fields with a length, by the field numbers of onnx.proto."""

import struct

FLOAT, INT8 = 1, 3


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
    return field(5, field(1, n) + field(2, FLOAT) + field(8, name) + field(13, where) + field(14, 1))


def tensor(name, kind, dimensions, data):
    # TensorProto: dims 1, data_type 2, name 8, raw_data 9
    dims = b"".join(field(1, dim) for dim in dimensions)
    return field(5, dims + field(2, kind) + field(8, name) + field(9, data))


def floats(name, dimensions, values):
    return tensor(name, FLOAT, dimensions, struct.pack(f"<{len(values)}f", *values))


def node(kind, name, inputs, outputs):
    # NodeProto: input 1, output 2, name 3, op_type 4
    return field(
        1,
        b"".join(field(1, name) for name in inputs)
        + b"".join(field(2, name) for name in outputs)
        + field(3, name)
        + field(4, kind),
    )


def write_graph(path, nodes, tensors, inputs, outputs):
    """`inputs` and `outputs`: dictionaries of names and dimensions, which are numbers or names."""
    graph = (
        b"".join(nodes)
        + field(2, "graph")
        + b"".join(tensors)
        + b"".join(field(11, tensor_info(name, dims)) for name, dims in inputs.items())
        + b"".join(field(12, tensor_info(name, dims)) for name, dims in outputs.items())
    )
    with open(path, "wb") as file:
        file.write(field(1, 8) + field(7, graph) + field(8, field(2, 17)))


def write_chain(path, dimensions, operators, tensors=()):
    """Operators with one input each; the tensors are t0, t1 and so on."""
    write_graph(
        path,
        [
            node(kind, f"{kind} {i}", [f"t{i}"], [f"t{i + 1}"])
            for i, kind in enumerate(operators)
        ],
        tensors,
        {"t0": dimensions},
        {f"t{len(operators)}": dimensions},
    )
