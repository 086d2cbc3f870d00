#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a model with its weights in a file of their own, as large as one likes (1 GiB).

    pip install onnx numpy
    tests/peers/make-large-model.py large/model.onnx --mib 1024
    /usr/bin/time -v _build/app/cli/quantoscope-cli info large/model.onnx

To see that opening it neither copies the weights nor blocks the window. It is a stack of square
matrix products with ReLU between them; the weights are a block of random numbers, repeated.
"""

import argparse
import pathlib

import numpy as np
from onnx import TensorProto, helper, save


def external(name, size, offset, location):
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[size, size])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", offset), ("length", 4 * size * size)):
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--size", type=int, default=2048, help="rows and columns of a weight")
    options = parser.parse_args()
    data = options.model.with_suffix(".data")
    options.model.parent.mkdir(parents=True, exist_ok=True)

    size, length = options.size, 4 * options.size ** 2
    n = max(1, options.mib * 2 ** 20 // length)
    block = np.random.default_rng(1).standard_normal((size, size), np.float32) / size ** 0.5
    with open(data, "wb") as file:
        for _ in range(n):
            file.write(block.tobytes())

    nodes, value = [], "input"
    for i in range(n):
        nodes += [helper.make_node("MatMul", [value, f"w{i}"], [f"m{i}"], name=f"matmul{i}"),
                  helper.make_node("Relu", [f"m{i}"], [f"r{i}"], name=f"relu{i}")]
        value = f"r{i}"
    graph = helper.make_graph(
        nodes, "large",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", size])],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, ["batch", size])],
        [external(f"w{i}", size, i * length, data.name) for i in range(n)])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
         options.model)
    print(f"{options.model}: {n} weights, {data.stat().st_size} bytes in {data.name}")


if __name__ == "__main__":
    main()
