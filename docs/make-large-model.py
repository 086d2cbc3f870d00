# SPDX-License-Identifier: MIT
"""make-large-model.py FILE.onnx: an ONNX model of 10,000 layers, for looking at large graphs.

Written byte by byte (https://protobuf.dev/programming-guides/encoding/), so it needs nothing but
Python. Blocks of four layers with a way around them, as in residual networks.
"""

import sys

N_LAYERS = 10000
FLOAT = 1


def varint(value):
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def node(op_type, name, inputs, output):
    # NodeProto: input 1, output 2, name 3, op_type 4
    return b"".join([*(data(1, i) for i in inputs), data(2, output), data(3, name), data(4, op_type)])


def value_info(name, dims):
    # TensorShapeProto.Dimension: dim_value 1; TypeProto.Tensor: elem_type 1, shape 2
    shape = b"".join(data(1, number(1, dim)) for dim in dims)
    return data(1, name) + data(2, data(1, number(1, FLOAT) + data(2, shape)))


def nodes():
    previous = "input"
    for block in range(N_LAYERS // 4):
        prefix = f"/blocks.{block}"
        left, middle, right, end = (f"{prefix}/{part}" for part in ("a", "b", "c", "out"))
        if block == N_LAYERS // 4 - 1:
            end = "output"
        yield node("Relu", f"{prefix}/Relu", [previous], left)
        yield node("Sigmoid", f"{prefix}/Sigmoid", [left], middle)
        yield node("Tanh", f"{prefix}/Tanh", [previous], right)
        yield node("Add", f"{prefix}/Add", [middle, right], end)
        previous = end


def main():
    # GraphProto: node 1, name 2, input 11, output 12
    graph = b"".join(data(1, n) for n in nodes()) + data(2, "ten-thousand")
    graph += data(11, value_info("input", [1, 16])) + data(12, value_info("output", [1, 16]))
    # ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8
    model = number(1, 8) + data(2, "make-large-model") + data(7, graph) + data(8, number(2, 13))
    with open(sys.argv[1], "wb") as file:
        file.write(model)


if __name__ == "__main__":
    main()
