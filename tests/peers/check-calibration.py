#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds a calibration cache of ours against ONNX Runtime's activations. Development tool.

    check-calibration.py MODEL.onnx SET.npz CACHE --calibrator minmax|entropy2 [--batch 32]
        [--scale 0.00392156862745098 --mean 0.2860 --std 0.3530]

Every tensor of the model becomes an output, ONNX Runtime runs the set, and the scale of every tensor
is computed anew in NumPy. For minmax that is max|x| / 127. For entropy2 it is written down from the
description of TensorRT's rule: 2048 bins, the range of the first batch that is not zero, doubled when
a batch exceeds it; bin 0 takes bin 1's count; candidates 128 to 2048; levels floor(k * 128 / i);
averages over bins that are not empty; the last smallest divergence; threshold (m + 0.5) bins.
The two programs sum in different orders, so activations differ in their last bits: a value near the
border of a bin may fall on either side, and the entropy rule may then choose another candidate.
"""
import argparse
import struct
import sys

import numpy as np
import onnx
import onnxruntime as ort


def read_cache(path):
    scales = {}
    with open(path) as file:
        next(file)
        for line in file:
            name, bits = line.rstrip("\n").rsplit(": ", 1)
            scales[name] = struct.unpack("!f", struct.pack("!I", int(bits, 16)))[0]
    return scales


class Histogram:
    def __init__(self):
        self.counts = np.zeros(2048, np.int64)
        self.range = np.float32(0)
        self.largest = np.float32(0)

    def add(self, x):
        x = np.abs(x.astype(np.float32).ravel())
        top = x.max()
        self.largest = max(self.largest, top)
        if self.range == 0:
            if top == 0:
                self.counts[0] += x.size
                return
            self.range = top
        while top > self.range:
            self.counts = np.concatenate([self.counts.reshape(1024, 2).sum(1), np.zeros(1024, np.int64)])
            self.range *= np.float32(2)
        bins = np.minimum((x / self.range * np.float32(2048)).astype(np.int64), 2047)
        self.counts += np.bincount(bins, minlength=2048)

    def minmax(self):
        return self.largest / np.float32(127)

    def entropy2(self):
        if self.range == 0:
            return np.float32(0), 0
        counts = self.counts.astype(np.float64)
        counts[0] = counts[1]
        best, best_i = np.inf, 2048
        for i in range(128, 2049):
            p = counts[:i].copy()
            p[i - 1] += counts[i:].sum()
            level = np.arange(i) * 128 // i
            total = np.bincount(level, counts[:i], 128)
            filled = np.bincount(level, counts[:i] > 0, 128)
            q = np.where(counts[:i] > 0, (total / np.maximum(filled, 1))[level], 0)
            used = p > 0
            if p.sum() == 0 or q.sum() == 0 or np.any(q[used] == 0):
                continue
            p, q = p / p.sum(), q / q.sum()
            divergence = np.sum(p[used] * np.log(p[used] / q[used]))
            if divergence <= best + 1e-13:
                best, best_i = min(divergence, best), i
        width = self.range / np.float32(2048)
        return (np.float32(best_i) + np.float32(0.5)) * width / np.float32(127), best_i


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("set")
    parser.add_argument("cache")
    parser.add_argument("--calibrator", choices=["minmax", "entropy2"], required=True)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--scale", type=float, default=1 / 255)
    parser.add_argument("--mean", type=float, default=0.2860)
    parser.add_argument("--std", type=float, default=0.3530)
    args = parser.parse_args()

    ours = read_cache(args.cache)
    model = onnx.load(args.model)
    outputs = {o.name for o in model.graph.output}
    for node in model.graph.node:
        for name in node.output:
            if name in ours and name not in outputs:
                model.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(model.SerializeToString(), options)
    names = [o.name for o in session.get_outputs() if o.name in ours]
    source = session.get_inputs()[0].name

    data = np.load(args.set)[source]
    if data.dtype == np.uint8:
        f = np.float32
        data = (data.astype(f) * f(args.scale) - f(args.mean)) / f(args.std)
    histograms = {name: Histogram() for name in [source] + names}
    for first in range(0, len(data), args.batch):
        batch = data[first:first + args.batch]
        histograms[source].add(batch)
        for name, value in zip(names, session.run(names, {source: batch})):
            histograms[name].add(value)

    worst, different = 0.0, 0
    for name, histogram in histograms.items():
        if name not in ours:
            continue
        if args.calibrator == "minmax":
            scale, note = histogram.minmax(), ""
        else:
            scale, i = histogram.entropy2()
            note = f"m = {i}"
        difference = abs(ours[name] - scale) / scale if scale else abs(ours[name])
        worst = max(worst, difference)
        if difference > 1e-5:
            different += 1
            print(f"{name}: ours {ours[name]:.8g}, here {scale:.8g} ({difference:.2%}) {note}")
    print(f"{len(histograms)} tensors, {different} differ by more than 1e-5, the largest by {worst:.3g}")
    print(f"{len(set(ours) - set(histograms))} names of the cache are not values of the model")
    return 0


if __name__ == "__main__":
    sys.exit(main())
