#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exports networks from PyTorch and compares quantoscope-cli's outputs with PyTorch's own.

    pip install torch onnxscript
    tests/peers/check-pytorch.py --cli _build/app/cli/quantoscope-cli [--exporter 13] [MODEL...]

Every model of torch_models.py is exported by the TorchScript exporter at opsets 9, 11, 13 and 17 and
by the newest exporter, with fixed shapes and, for the newest and opset 17, with a dynamic batch. It
passes when `run` computes every output within 1e-4 of the largest value of that output: both sides
compute in float32 but sum in another order, and the networks are a few dozen layers deep.

Prints one row per model; ends with 1 when anything failed. With --keep the models, inputs and
outputs stay in that folder.
"""

import argparse
import contextlib
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import torch

import torch_models

TOLERANCE = 1e-4
attention, unflatten = torch.nn.functional.scaled_dot_product_attention, torch.Tensor.unflatten
EXPORTERS = ["9", "11", "13", "17", "17-batch", "newest", "newest-batch"]


@contextlib.contextmanager
def silence():
    """PyTorch prints whole graphs, some of them from C++."""
    sys.stdout.flush()
    kept = os.dup(1), os.dup(2)
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 1)
        os.dup2(nothing.fileno(), 2)
        try:
            yield
        finally:
            sys.stdout.flush()
            os.dup2(kept[0], 1)
            os.dup2(kept[1], 2)
            os.close(kept[0])
            os.close(kept[1])


def plain_attention(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False, **_):
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    if is_causal:
        attn_mask = torch.from_numpy(np.triu(np.full((q.shape[-2], k.shape[-2]), -np.inf, "f4"), 1))
    return (scores if attn_mask is None else scores + attn_mask).softmax(-1) @ v


def prepare(opset):
    """Before opset 14 attention is exported as its parts, as older PyTorch wrote it."""
    torch.backends.mha.set_fastpath_enabled(False)
    if opset < 14:
        torch.nn.functional.scaled_dot_product_attention = plain_attention
        torch.Tensor.unflatten = lambda x, dim, sizes: x.reshape(*x.shape[:dim], *sizes)
    else:
        torch.nn.functional.scaled_dot_product_attention = attention
        torch.Tensor.unflatten = unflatten


def export(module, inputs, path, exporter):
    names, arguments = list(inputs), tuple(inputs.values())
    dynamic = exporter.endswith("-batch")
    kind = exporter.split("-")[0]
    if kind == "newest":
        shapes = tuple({0: torch.export.Dim.DYNAMIC} for _ in names)
        torch.onnx.export(module, arguments, str(path), dynamo=True, input_names=names, verbose=False,
                          external_data=False, dynamic_shapes=shapes if dynamic else None)
    else:
        axes = {name: {0: "batch"} for name in names} if dynamic else None
        torch.onnx.export(module, arguments, str(path), dynamo=False, opset_version=int(kind),
                          input_names=names, dynamic_axes=axes)


def compare(found, expected):
    """The largest difference in parts of the largest value."""
    if found.shape != expected.shape:
        return f"shape {found.shape}, not {expected.shape}"
    if not np.isfinite(found).all():
        return "not finite"
    error = np.abs(found.astype(np.float64) - expected).max() / max(np.abs(expected).max(), 1e-12)
    return float(error)


def check(cli, name, exporter, folder):
    opset = exporter.split("-")[0]
    prepare(int(opset) if opset.isdigit() else 18)
    module, inputs = torch_models.make(name, old=opset == "9")
    path, given, got = (folder / f"{name}-{exporter}.{end}" for end in ("onnx", "in.npz", "out.npz"))
    with torch.no_grad():
        expected = module(*inputs.values())
    expected = expected if isinstance(expected, tuple) else (expected,)
    try:
        with silence(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            export(module, inputs, path, exporter)
    except Exception as error:  # whatever PyTorch cannot export is not ours to run
        return "not exported", str(error).strip().split("\n")[0][:150]

    np.savez(given, **{key: value.numpy() for key, value in inputs.items()})
    np.savez(folder / f"{name}-{exporter}.expected.npz", *[y.numpy() for y in expected])
    shapes = [f"--shape={key}={'x'.join(map(str, value.shape))}" for key, value in inputs.items()]
    done = subprocess.run([cli, "run", path, "--input", given, "--output", got, *shapes],
                          capture_output=True, text=True)
    if done.returncode != 0:
        return "failed", done.stderr.strip()

    with np.load(got) as outputs:
        errors = [compare(outputs[key], y.numpy()) for key, y in zip(outputs.files, expected)]
    wrong = [error for error in errors if isinstance(error, str)]
    if wrong or len(errors) != len(expected):
        return "failed", wrong[0] if wrong else "an output is missing"
    return ("passed" if max(errors) <= TOLERANCE else "failed"), f"{max(errors):.1e}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", default=list(torch_models.MODELS))
    parser.add_argument("--cli", required=True)
    parser.add_argument("--exporter", choices=EXPORTERS, action="append")
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    exporters = options.exporter or EXPORTERS
    logging.disable(logging.WARNING)
    counts = {"passed": 0, "failed": 0, "not exported": 0}
    notes = []

    print(f"PyTorch {torch.__version__}; largest difference in parts of the largest value")
    print(f"{'model':18}" + "".join(f"{exporter:>14}" for exporter in exporters))
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in options.models:
            print(f"{name:18}", end="", flush=True)
            for exporter in exporters:
                state, text = check(options.cli, name, exporter, folder)
                counts[state] += 1
                print(f"{text if state == 'passed' else state:>14}", end="", flush=True)
                if state != "passed":
                    notes.append(f"{name}, {exporter}: {state}: {text}")
            print()
    print(*notes, sep="\n")
    print(", ".join(f"{n} {state}" for state, n in counts.items()))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
