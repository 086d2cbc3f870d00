#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a model of the shape of ResNet-50, and images for it. Development tool.

    make-resnet50.py MODEL.onnx [--images SET.npz --count 500]

The layers are those of the ResNet-50 of He et al. 2015 with the stride in the 3x3 convolutions, 224x224
inputs and 1000 classes; the weights are seeded random numbers of the variance 2 / fan-in that keeps
activations alive, and batch normalizations are left unfolded, as exporters of trained models
leave them. The images are smooth random fields in uint8. It needs numpy and onnx.
"""

import argparse

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

STAGES = [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]
EXPANSION = 4


class Maker:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes = []
        self.initializers = []

    def constant(self, name, values):
        self.initializers.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def node(self, op_type, name, inputs, **attributes):
        output = f"{name}_output_0"
        self.nodes.append(helper.make_node(op_type, inputs, [output], name, **attributes))
        return output

    def convolution(self, name, x, c_in, c_out, kernel, stride):
        deviation = np.sqrt(2.0 / (c_in * kernel * kernel))
        weights = self.random.standard_normal((c_out, c_in, kernel, kernel)) * deviation
        x = self.node("Conv", f"{name}/conv", [x, self.constant(f"{name}.weight", weights)],
                      kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4)
        parameters = [
            self.constant(f"{name}.bn.weight", self.random.uniform(0.5, 1.0, c_out)),
            self.constant(f"{name}.bn.bias", self.random.normal(0.0, 0.1, c_out)),
            self.constant(f"{name}.bn.mean", self.random.normal(0.0, 0.1, c_out)),
            self.constant(f"{name}.bn.var", self.random.uniform(0.8, 1.2, c_out)),
        ]
        return self.node("BatchNormalization", f"{name}/bn", [x, *parameters])

    def relu(self, name, x):
        return self.node("Relu", f"{name}/relu", [x])

    def bottleneck(self, name, x, c_in, width, stride):
        way = x
        c_out = width * EXPANSION
        if stride != 1 or c_in != c_out:
            way = self.convolution(f"{name}/downsample", x, c_in, c_out, 1, stride)
        x = self.relu(f"{name}/1", self.convolution(f"{name}/1", x, c_in, width, 1, 1))
        x = self.relu(f"{name}/2", self.convolution(f"{name}/2", x, width, width, 3, stride))
        x = self.convolution(f"{name}/3", x, width, c_out, 1, 1)
        return self.relu(name, self.node("Add", f"{name}/add", [x, way])), c_out


def make_model(seed):
    maker = Maker(seed)
    x = maker.relu("/stem", maker.convolution("/stem", "images", 3, 64, 7, 2))
    x = maker.node("MaxPool", "/pool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    channels = 64
    for stage, (width, blocks, stride) in enumerate(STAGES, 1):
        for block in range(blocks):
            x, channels = maker.bottleneck(f"/layer{stage}/{block}", x, channels, width,
                                           stride if block == 0 else 1)
    x = maker.node("GlobalAveragePool", "/average", [x])
    x = maker.node("Flatten", "/flatten", [x], axis=1)
    weights = maker.random.standard_normal((1000, channels)) / np.sqrt(channels)
    maker.nodes.append(helper.make_node(
        "Gemm", [x, maker.constant("fc.weight", weights), maker.constant("fc.bias", np.zeros(1000))],
        ["logits"], "/fc", transB=1))
    graph = helper.make_graph(
        maker.nodes, "resnet50-shaped",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, 224, 224])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1000])],
        maker.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def make_images(seed, count):
    """A grid of 7x7 random colours, enlarged by linear interpolation, and some noise."""
    random = np.random.default_rng(seed)
    place = np.linspace(0, 6, 224)
    low = np.minimum(place.astype(int), 5)
    part = (place - low).astype(np.float32)
    images = np.empty((count, 3, 224, 224), np.uint8)
    for i in range(count):
        grid = random.uniform(0, 255, (3, 7, 7)).astype(np.float32)
        rows = grid[:, low] * (1 - part)[:, None] + grid[:, low + 1] * part[:, None]
        field = rows[..., low] * (1 - part) + rows[..., low + 1] * part
        noise = random.normal(0, 8, field.shape)
        images[i] = np.clip(field + noise, 0, 255)
    return images


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--seed", type=int, default=50)
    parser.add_argument("--images", help="write a calibration set, too")
    parser.add_argument("--count", type=int, default=500, help="images in it")
    arguments = parser.parse_args()
    onnx.save(make_model(arguments.seed), arguments.model)
    if arguments.images:
        np.savez(arguments.images, images=make_images(arguments.seed, arguments.count))


if __name__ == "__main__":
    main()
