#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes models in the shapes of well-known networks, and samples for them. Development tool.

    make-models.py FOLDER [NAME...] [--count 64] [--seed 50]

writes FOLDER/NAME.onnx and FOLDER/NAME.npz for each of

    resnet50         He et al. 2015, with the stride in the 3x3 convolutions (version 1.5)
    mobilenet-v2     Sandler et al. 2018, width 1.0, ReLU6 as Clip
    efficientnet-b0  Tan and Le 2019, SiLU as Sigmoid and Mul, squeeze-and-excitation
    bert-base        Devlin et al. 2018: 12 layers of 768, 12 heads, a sequence of 128 tokens;
                     layer normalization and GELU in their parts, as exporters wrote them before
                     opset 17
    vit-s            Dosovitskiy et al. 2020 in the size of Touvron et al. 2020: patches of 16x16,
                     12 layers of 384, 6 heads; LayerNormalization of opset 17
    resnext50        Xie et al. 2016: 32 groups, four channels each in the first stage
    unet             Ronneberger et al. 2015 with 32 channels at first and padded convolutions; its
                     decoder has deconvolutions of 2x2 with stride 2
    pose-decoder     the decoder of Xiao et al. 2018: three deconvolutions of 4x4 with stride 2

The weights are seeded random numbers whose variance keeps activations alive from the first layer to
the last, so that the figures of a calibration are of a usual size; what they compute has no meaning.
Batch normalizations are left unfolded, and linear layers are MatMul and Add, as exporters of trained
models leave them. Only the vocabulary of bert-base is shorter than the original's 30522 tokens:
looking a token up takes as long in a short table.

The samples of the image networks are smooth random fields in uint8, to be preprocessed with
--scale 1/255 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225; those of bert-base are int64 tokens.
It needs numpy and onnx.
"""

import argparse
import math
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CLASSES = 1000
VOCABULARY = 2048

# What a weight's variance is multiplied by so that the activation behind the layer keeps about the
# second moment of the layer's input: 1 / E[f(x)²] of normally distributed x, where f is homogeneous;
# a little less where it is nearly linear above and so would let large activations grow.
GAINS = {None: 1.0, "relu": 2.0, "relu6": 2.0, "silu": 2.4, "gelu": 2.4}


class Maker:
    """Collects the nodes and the weights of one model."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes = []
        self.initializers = []

    def constant(self, name, values, dtype=np.float32):
        self.initializers.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def node(self, op_type, name, inputs, **attributes):
        output = f"{name}_output_0"
        self.nodes.append(helper.make_node(op_type, inputs, [output], name, **attributes))
        return output

    def normal(self, shape, variance):
        return self.random.standard_normal(shape, np.float32) * np.float32(math.sqrt(variance))

    # Image networks

    def batch_norm(self, name, x, channels):
        parameters = [
            self.constant(f"{name}.bn.weight", self.random.uniform(0.8, 1.2, channels)),
            self.constant(f"{name}.bn.bias", self.random.normal(0.0, 0.1, channels)),
            self.constant(f"{name}.bn.mean", self.random.normal(0.0, 0.1, channels)),
            self.constant(f"{name}.bn.var", self.random.uniform(0.8, 1.2, channels)),
        ]
        return self.node("BatchNormalization", f"{name}/bn", [x, *parameters])

    def activation(self, name, x, kind):
        if kind == "relu":
            return self.node("Relu", f"{name}/relu", [x])
        if kind == "relu6":
            return self.node("Clip", f"{name}/clip",
                             [x, self.scalar("zero", 0.0), self.scalar("six", 6.0)])
        if kind == "silu":
            return self.node("Mul", f"{name}/mul", [x, self.node("Sigmoid", f"{name}/sigmoid", [x])])
        return x

    def scalar(self, name, value):
        if not any(known.name == name for known in self.initializers):
            self.constant(name, value)
        return name

    def convolution(self, name, x, shape, stride=1, activation=None, groups=1, gain=1.0, bias=False):
        """shape is (outputs, inputs, kernel); with a bias there is no batch normalization."""
        c_out, c_in, kernel = shape
        fan_in = c_in // groups * kernel * kernel
        weights = self.normal((c_out, c_in // groups, kernel, kernel),
                              gain * GAINS[activation] / fan_in)
        inputs = [x, self.constant(f"{name}.weight", weights)]
        if bias:
            inputs.append(self.constant(f"{name}.bias", self.random.normal(0.0, 0.1, c_out)))
        x = self.node("Conv", f"{name}/conv", inputs, kernel_shape=[kernel] * 2, group=groups,
                      strides=[stride] * 2, pads=[kernel // 2] * 4)
        if not bias:
            x = self.batch_norm(name, x, c_out)
        return self.activation(name, x, activation)

    def deconvolution(self, name, x, shape, stride, pad):
        """shape is (inputs, outputs, kernel)."""
        c_in, c_out, kernel = shape
        weights = self.normal((c_in, c_out, kernel, kernel), GAINS["relu"] * stride * stride
                              / (c_in * kernel * kernel))
        inputs = [x, self.constant(f"{name}.weight", weights),
                  self.constant(f"{name}.bias", self.random.normal(0.0, 0.1, c_out))]
        return self.node("ConvTranspose", name, inputs, kernel_shape=[kernel] * 2,
                         strides=[stride] * 2, pads=[pad] * 4)

    def classifier(self, x, channels):
        x = self.node("GlobalAveragePool", "/average", [x])
        x = self.node("Flatten", "/flatten", [x], axis=1)
        weights = self.constant("fc.weight", self.normal((CLASSES, channels), 1.0 / channels))
        bias = self.constant("fc.bias", np.zeros(CLASSES))
        self.nodes.append(helper.make_node("Gemm", [x, weights, bias], ["logits"], "/fc", transB=1))

    # Transformers

    def linear(self, name, x, c_in, c_out, gain=1.0):
        weights = self.constant(f"{name}.weight", self.normal((c_in, c_out), gain / c_in))
        bias = self.constant(f"{name}.bias", self.random.normal(0.0, 0.02, c_out))
        return self.node("Add", f"{name}/Add", [bias, self.node("MatMul", f"{name}/MatMul",
                                                                [x, weights])])

    def layer_norm(self, name, x, width):
        weight = self.constant(f"{name}.weight", self.random.normal(1.0, 0.05, width))
        bias = self.constant(f"{name}.bias", self.random.normal(0.0, 0.05, width))
        return self.node("LayerNormalization", f"{name}/LayerNormalization", [x, weight, bias],
                         axis=-1, epsilon=1e-6)

    def layer_norm_in_parts(self, name, x, width):
        weight = self.constant(f"{name}.weight", self.random.normal(1.0, 0.05, width))
        bias = self.constant(f"{name}.bias", self.random.normal(0.0, 0.05, width))
        mean = self.node("ReduceMean", f"{name}/ReduceMean", [x], axes=[-1])
        centred = self.node("Sub", f"{name}/Sub", [x, mean])
        squares = self.node("Pow", f"{name}/Pow", [centred, self.scalar("two", 2.0)])
        variance = self.node("ReduceMean", f"{name}/ReduceMean_1", [squares], axes=[-1])
        variance = self.node("Add", f"{name}/Add", [variance, self.scalar("epsilon", 1e-12)])
        x = self.node("Div", f"{name}/Div", [centred, self.node("Sqrt", f"{name}/Sqrt", [variance])])
        x = self.node("Mul", f"{name}/Mul", [x, weight])
        return self.node("Add", f"{name}/Add_1", [x, bias])

    def gelu(self, name, x):
        part = self.node("Div", f"{name}/Div", [x, self.scalar("root_of_two", math.sqrt(2.0))])
        part = self.node("Erf", f"{name}/Erf", [part])
        part = self.node("Add", f"{name}/Add", [part, self.scalar("one", 1.0)])
        x = self.node("Mul", f"{name}/Mul", [x, part])
        return self.node("Mul", f"{name}/Mul_1", [x, self.scalar("half", 0.5)])

    def mlp(self, name, x, width):
        x = self.linear(f"{name}/fc1", x, width, 4 * width)
        return self.linear(f"{name}/fc2", self.gelu(f"{name}/act", x), 4 * width, width,
                           GAINS["gelu"])

    def shape_constant(self, name, values):
        return self.constant(name, values, np.int64)

    def weigh(self, name, q, keys_transposed, v, size):
        """softmax (q k / √size) v, and the heads side by side again."""
        scores = self.node("MatMul", f"{name}/MatMul", [q, keys_transposed])
        scores = self.node("Div", f"{name}/Div", [scores, self.scalar("root_of_size",
                                                                      math.sqrt(size))])
        scores = self.node("Softmax", f"{name}/Softmax", [scores], axis=-1)
        context = self.node("MatMul", f"{name}/MatMul_1", [scores, v])
        return self.node("Transpose", f"{name}/Transpose_3", [context], perm=[0, 2, 1, 3])


def make_resnet50(maker, groups=1, inner=1):
    """inner is how many times wider the 3x3 convolutions are."""
    x = maker.convolution("/stem", "images", (64, 3, 7), 2, "relu")
    x = maker.node("MaxPool", "/pool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    channels = 64
    for stage, (width, blocks, stride) in enumerate([(64, 3, 1), (128, 4, 2), (256, 6, 2),
                                                     (512, 3, 2)], 1):
        for block in range(blocks):
            name, way, c_out = f"/layer{stage}/{block}", x, 4 * width
            step = stride if block == 0 else 1
            if block == 0:
                way = maker.convolution(f"{name}/downsample", x, (c_out, channels, 1), step)
            wide = inner * width
            x = maker.convolution(f"{name}/1", x, (wide, channels, 1), 1, "relu")
            x = maker.convolution(f"{name}/2", x, (wide, wide, 3), step, "relu", groups)
            x = maker.convolution(f"{name}/3", x, (c_out, wide, 1), gain=0.3)
            x = maker.activation(name, maker.node("Add", f"{name}/add", [x, way]), "relu")
            channels = c_out
    maker.classifier(x, channels)


def make_resnext50(maker):
    make_resnet50(maker, groups=32, inner=2)


def make_unet(maker):
    x, ways = "images", []
    channels = 3
    for level, width in enumerate([32, 64, 128, 256, 512]):
        if level > 0:
            x = maker.node("MaxPool", f"/down{level}/pool", [x], kernel_shape=[2, 2], strides=[2, 2])
        x = maker.convolution(f"/down{level}/1", x, (width, channels, 3), 1, "relu")
        x = maker.convolution(f"/down{level}/2", x, (width, width, 3), 1, "relu")
        ways.append(x)
        channels = width
    for level in reversed(range(4)):
        width = channels // 2
        x = maker.deconvolution(f"/up{level}/deconv", x, (channels, width, 2), 2, 0)
        x = maker.node("Concat", f"/up{level}/concat", [ways[level], x], axis=1)
        x = maker.convolution(f"/up{level}/1", x, (width, channels, 3), 1, "relu")
        x = maker.convolution(f"/up{level}/2", x, (width, width, 3), 1, "relu")
        channels = width
    maker.nodes.append(helper.make_node("Identity", [maker.convolution("/head", x, (2, 32, 1),
                                                                       bias=True)], ["mask"], "/end"))


def make_pose_decoder(maker):
    x = maker.convolution("/stem", "images", (64, 3, 7), 2, "relu")
    x = maker.node("MaxPool", "/pool", [x], kernel_shape=[8, 8], strides=[8, 8])
    x = maker.convolution("/wide", x, (512, 64, 1), 2, "relu")
    channels = 512
    for level in range(3):
        x = maker.deconvolution(f"/deconv{level}", x, (channels, 256, 4), 2, 1)
        x = maker.activation(f"/deconv{level}", maker.batch_norm(f"/deconv{level}", x, 256), "relu")
        channels = 256
    maker.nodes.append(helper.make_node("Identity", [maker.convolution("/head", x, (17, 256, 1),
                                                                       bias=True)], ["mask"], "/end"))


def make_mobilenet_v2(maker):
    x = maker.convolution("/stem", "images", (32, 3, 3), 2, "relu6")
    channels, index = 32, 0
    for expansion, width, blocks, stride in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2),
                                             (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
                                             (6, 320, 1, 1)]:
        for block in range(blocks):
            name, way, step = f"/features/{index}", x, stride if block == 0 else 1
            inner = channels * expansion
            if expansion != 1:
                x = maker.convolution(f"{name}/expand", x, (inner, channels, 1), 1, "relu6")
            x = maker.convolution(f"{name}/depthwise", x, (inner, inner, 3), step, "relu6", inner)
            residual = step == 1 and channels == width
            x = maker.convolution(f"{name}/project", x, (width, inner, 1),
                                  gain=0.5 if residual else 1.0)
            if residual:
                x = maker.node("Add", f"{name}/add", [way, x])
            channels, index = width, index + 1
    maker.classifier(maker.convolution("/head", x, (1280, channels, 1), 1, "relu6"), 1280)


def squeeze_excite(maker, name, x, channels, squeezed):
    weights = maker.node("GlobalAveragePool", f"{name}/average", [x])
    weights = maker.convolution(f"{name}/fc1", weights, (squeezed, channels, 1), 1, "silu",
                                bias=True)
    weights = maker.convolution(f"{name}/fc2", weights, (channels, squeezed, 1), bias=True)
    return maker.node("Mul", f"{name}/mul", [maker.node("Sigmoid", f"{name}/sigmoid", [weights]), x])


def make_efficientnet_b0(maker):
    x = maker.convolution("/stem", "images", (32, 3, 3), 2, "silu")
    channels, index = 32, 0
    for expansion, width, blocks, stride, kernel in [
            (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3),
            (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)]:
        for block in range(blocks):
            name, way, step = f"/features/{index}", x, stride if block == 0 else 1
            inner = channels * expansion
            if expansion != 1:
                x = maker.convolution(f"{name}/expand", x, (inner, channels, 1), 1, "silu")
            x = maker.convolution(f"{name}/depthwise", x, (inner, inner, kernel), step, "silu",
                                  inner)
            x = squeeze_excite(maker, f"{name}/se", x, inner, max(1, channels // 4))
            residual = step == 1 and channels == width
            # the gates are around one half, so that the second moment behind them is a quarter
            x = maker.convolution(f"{name}/project", x, (width, inner, 1),
                                  gain=1.0 if residual else 3.0)
            if residual:
                x = maker.node("Add", f"{name}/add", [x, way])
            channels, index = width, index + 1
    maker.classifier(maker.convolution("/head", x, (1280, channels, 1), 1, "silu"), 1280)


def bert_attention(maker, name, x, width, heads):
    size = width // heads
    split = maker.shape_constant(f"{name}/split", [0, 0, heads, size])
    parts = []
    for index, (part, order) in enumerate([("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]),
                                           ("value", [0, 2, 1, 3])]):
        y = maker.linear(f"{name}/self/{part}", x, width, width)
        y = maker.node("Reshape", f"{name}/Reshape_{index}", [y, split])
        parts.append(maker.node("Transpose", f"{name}/Transpose_{index}", [y], perm=order))
    y = maker.weigh(name, *parts, size)
    y = maker.node("Reshape", f"{name}/Reshape_3", [y, maker.shape_constant(f"{name}/join",
                                                                          [0, 0, width])])
    return maker.linear(f"{name}/output/dense", y, width, width)


def make_bert_base(maker):
    width, heads, tokens = 768, 12, 128
    table = maker.constant("embeddings.word.weight", maker.normal((VOCABULARY, width), 0.5))
    places = maker.constant("embeddings.position.weight", maker.normal((1, tokens, width), 0.5))
    x = maker.node("Gather", "/embeddings/Gather", [table, "input_ids"], axis=0)
    x = maker.node("Add", "/embeddings/Add", [x, places])
    x = maker.layer_norm_in_parts("/embeddings/LayerNorm", x, width)
    for index in range(12):
        name = f"/encoder/layer.{index}"
        y = bert_attention(maker, f"{name}/attention", x, width, heads)
        x = maker.node("Add", f"{name}/attention/output/Add", [y, x])
        x = maker.layer_norm_in_parts(f"{name}/attention/output/LayerNorm", x, width)
        y = maker.node("Add", f"{name}/output/Add", [maker.mlp(f"{name}/mlp", x, width), x])
        x = maker.layer_norm_in_parts(f"{name}/output/LayerNorm", y, width)
    first = maker.node("Gather", "/pooler/Gather", [x, maker.constant("first", 0, np.int64)], axis=1)
    weights = maker.constant("pooler.weight", maker.normal((width, width), 1.0 / width))
    bias = maker.constant("pooler.bias", np.zeros(width))
    y = maker.node("Gemm", "/pooler/dense/Gemm", [first, weights, bias], transB=1)
    maker.nodes += [helper.make_node("Tanh", [y], ["pooled"], "/pooler/Tanh"),
                    helper.make_node("Identity", [x], ["hidden"], "/Identity")]


def vit_attention(maker, name, x, width, heads):
    size = width // heads
    y = maker.linear(f"{name}/qkv", x, width, 3 * width)
    y = maker.node("Reshape", f"{name}/Reshape", [y, maker.shape_constant(
        f"{name}/split", [0, 0, 3, heads, size])])
    y = maker.node("Transpose", f"{name}/Transpose", [y], perm=[2, 0, 3, 1, 4])
    q, k, v = (maker.node("Gather", f"{name}/Gather_{i}",
                          [y, maker.constant(f"{name}/index_{i}", i, np.int64)], axis=0)
               for i in range(3))
    k = maker.node("Transpose", f"{name}/Transpose_1", [k], perm=[0, 1, 3, 2])
    y = maker.weigh(name, q, k, v, size)
    y = maker.node("Reshape", f"{name}/Reshape_1", [y, maker.shape_constant(f"{name}/join",
                                                                          [0, 0, width])])
    return maker.linear(f"{name}/proj", y, width, width)


def make_vit_s(maker):
    width, heads, patches = 384, 6, 196
    x = maker.convolution("/patch_embed", "images", (width, 3, 16), 16, bias=True)
    # convolution pads half its kernel; patches have no padding
    del maker.nodes[-1].attribute[:]
    maker.nodes[-1].attribute.extend([helper.make_attribute("kernel_shape", [16, 16]),
                                      helper.make_attribute("strides", [16, 16])])
    x = maker.node("Reshape", "/patch_embed/Reshape", [x, maker.shape_constant(
        "/patch_embed/flat", [0, width, patches])])
    x = maker.node("Transpose", "/patch_embed/Transpose", [x], perm=[0, 2, 1])
    batch = maker.node("Shape", "/Shape", [x])
    batch = maker.node("Slice", "/Slice", [batch, maker.shape_constant("slice_from", [0]),
                                           maker.shape_constant("slice_to", [1])])
    shape = maker.node("Concat", "/Concat", [batch, maker.shape_constant("token_shape", [1, width])],
                       axis=0)
    token = maker.constant("cls_token", maker.normal((1, 1, width), 1.0))
    token = maker.node("Expand", "/Expand", [token, shape])
    x = maker.node("Concat", "/Concat_1", [token, x], axis=1)
    places = maker.constant("pos_embed", maker.normal((1, patches + 1, width), 0.2))
    x = maker.node("Add", "/Add", [x, places])
    for index in range(12):
        name = f"/blocks.{index}"
        y = vit_attention(maker, f"{name}/attn", maker.layer_norm(f"{name}/norm1", x, width), width,
                          heads)
        x = maker.node("Add", f"{name}/Add", [x, y])
        y = maker.mlp(f"{name}/mlp", maker.layer_norm(f"{name}/norm2", x, width), width)
        x = maker.node("Add", f"{name}/Add_1", [x, y])
    x = maker.layer_norm("/norm", x, width)
    x = maker.node("Gather", "/Gather", [x, maker.constant("first", 0, np.int64)], axis=1)
    weights = maker.constant("head.weight", maker.normal((CLASSES, width), 1.0 / width))
    bias = maker.constant("head.bias", np.zeros(CLASSES))
    maker.nodes.append(helper.make_node("Gemm", [x, weights, bias], ["logits"], "/head/Gemm",
                                        transB=1))


def make_images(random, count):
    """A grid of 7x7 random colours, enlarged by linear interpolation, and some noise."""
    place = np.linspace(0, 6, 224)
    low = np.minimum(place.astype(int), 5)
    part = (place - low).astype(np.float32)
    images = np.empty((count, 3, 224, 224), np.uint8)
    for image in images:
        grid = random.uniform(0, 255, (3, 7, 7)).astype(np.float32)
        rows = grid[:, low] * (1 - part)[:, None] + grid[:, low + 1] * part[:, None]
        field = rows[..., low] * (1 - part) + rows[..., low + 1] * part
        image[...] = np.clip(field + random.normal(0, 8, field.shape), 0, 255)
    return images


def make_tokens(random, count):
    return random.integers(0, VOCABULARY, (count, 128))


IMAGES = ("images", TensorProto.FLOAT, ["batch", 3, 224, 224])
TOKENS = ("input_ids", TensorProto.INT64, ["batch", 128])
LOGITS = ("logits", TensorProto.FLOAT, ["batch", CLASSES])
MODELS = {
    # name: body, opset, input, outputs, samples
    "resnet50": (make_resnet50, 13, IMAGES, [LOGITS], make_images),
    "mobilenet-v2": (make_mobilenet_v2, 13, IMAGES, [LOGITS], make_images),
    "efficientnet-b0": (make_efficientnet_b0, 13, IMAGES, [LOGITS], make_images),
    "bert-base": (make_bert_base, 13, TOKENS,
                  [("hidden", TensorProto.FLOAT, ["batch", 128, 768]),
                   ("pooled", TensorProto.FLOAT, ["batch", 768])], make_tokens),
    "vit-s": (make_vit_s, 17, IMAGES, [LOGITS], make_images),
    "resnext50": (make_resnext50, 13, IMAGES, [LOGITS], make_images),
    "unet": (make_unet, 13, IMAGES, [("mask", TensorProto.FLOAT, ["batch", 2, 224, 224])],
             make_images),
    "pose-decoder": (make_pose_decoder, 13, IMAGES,
                     [("mask", TensorProto.FLOAT, ["batch", 17, 56, 56])], make_images),
}


def make_model(name, seed):
    body, opset, source, results, _ = MODELS[name]
    maker = Maker(seed)
    body(maker)
    graph = helper.make_graph(maker.nodes, f"{name}-shaped",
                              [helper.make_tensor_value_info(*source)],
                              [helper.make_tensor_value_info(*result) for result in results],
                              maker.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8,
                              producer_name="make-models.py")
    onnx.checker.check_model(model, full_check=True)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help="all of them unless named")
    parser.add_argument("--seed", type=int, default=50)
    parser.add_argument("--count", type=int, default=64, help="samples for each")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(MODELS)
    if unknown:
        parser.error(f"no such model: {', '.join(sorted(unknown))}")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or MODELS:
        _, _, source, _, make_samples = MODELS[name]
        onnx.save(make_model(name, arguments.seed), arguments.folder / f"{name}.onnx")
        samples = make_samples(np.random.default_rng(arguments.seed), arguments.count)
        np.savez(arguments.folder / f"{name}.npz", **{source[0]: samples})


if __name__ == "__main__":
    main()
