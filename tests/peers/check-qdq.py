#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Q/DQ models that `quantoscope-cli export --onnx` writes, checked by onnx and run by ONNX Runtime.

For each model: build an INT8 plan, export it, validate the export with onnx.checker (full check), run
the plan and the export on the same images, and compare the classes.

Usage: check-qdq.py CLI DATA [IMAGES], DATA being the folder with models/ and fashion/ (or the bundled
samples). Needs numpy, onnx and onnxruntime.

Where the two differ: ONNX Runtime adds the dequantized products in float32 (or in its own integer
kernels, with saturating products on processors without VNNI), and has the bias and the residual added
in float before one requantization, as the engine does; but it rounds every dequantized product, and
keeps the BatchNormalization as a node of its own where the engine has it in the weights. A value
that falls next to the middle between two steps then becomes the other one.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

PIXELS = ["--scale", "0.00392156862745098", "--mean", "0.2860", "--std", "0.3530"]
MODELS = ["fashion-resnet", "fashion-mobilenet", "fashion-vit"]
BATCH = 50
NEEDED = 0.995


def run(*arguments):
    subprocess.run([str(word) for word in arguments], check=True, stdout=subprocess.DEVNULL)


def run_plan(cli, plan, images, folder):
    source, target = folder / "images.npz", folder / "logits.npz"
    np.savez(source, input=images)
    run(cli, "run", plan, "--input", source, "--output", target)
    return np.load(target)["logits"]


def run_export(path, images, level):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    parts = [session.run(["logits"], {"input": images[i:i + BATCH]})[0]
             for i in range(0, len(images), BATCH)]
    return np.concatenate(parts)


def check(cli, data, name, images, folder):
    model, plan, export = data / "models" / f"{name}.onnx", folder / "a.plan", folder / "a.onnx"
    calibration = data / "fashion" / "calibration-uint8.npz"
    run(cli, "build", model, "--calibration", calibration, *PIXELS, "--batch", BATCH, "--int8-all",
        "--output", plan)
    run(cli, "export", plan, "--onnx", export, "--model", model)
    written = onnx.load(export)
    onnx.checker.check_model(written, full_check=True)
    n_pairs = sum(node.op_type == "QuantizeLinear" for node in written.graph.node)

    ours = run_plan(cli, plan, images, folder)
    good = True
    for title, level in [("as it is", onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL),
                         ("optimised", onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL)]:
        theirs = run_export(export, images, level)
        agreement = float((ours.argmax(1) == theirs.argmax(1)).mean())
        largest = float(np.abs(ours - theirs).max())
        cosine = float((ours * theirs).sum() / np.linalg.norm(ours) / np.linalg.norm(theirs))
        good = good and agreement >= NEEDED
        print(f"{name}, {title}: {n_pairs} pairs, {len(images)} images, agreement {agreement:.4f}, "
              f"cosine {cosine:.6f}, largest difference {largest:.4f}")
    return good


def main():
    cli, data = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    n_images = int(sys.argv[3]) if len(sys.argv) > 3 else 2000
    pixels = np.load(data / "fashion" / "eval-uint8.npz")["input"][:n_images]
    images = ((pixels.astype(np.float32) / np.float32(255) - np.float32(0.2860)) /
              np.float32(0.3530))

    good = True
    for name in MODELS:
        with tempfile.TemporaryDirectory() as folder:
            good = check(cli, data, name, images, Path(folder)) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
