#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times torchvision's ResNet-50 and MobileNetV2 and a BERT-base encoder in PyTorch beside this program.

    compare-pytorch.py CLI FOLDER [--batch 1 128] [--runs 100] > RESULT.json

PyTorch runs as its users would make it fast: channels last, cuDNN's benchmark mode, FP16, one CUDA graph. The
same networks are exported to ONNX into FOLDER, built by CLI for the GPU and timed by it in the same run, in INT8
(calibrated on random samples: times do not depend on the scales), FP16 and FP32. Medians; PyTorch's times are the
graph's alone, ours have the copies of inputs and outputs, too. A share of the peak is operations a second divided by
what the GPU does at its highest clock in dense INT8 (FP16: half of it).

A development tool that needs a GPU, torch and torchvision; it has not been run on a GPU so far.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

try:
    import numpy
    import torch
    import torchvision
except ImportError as error:
    sys.exit(f"compare-pytorch.py: needs a GPU, numpy, torch and torchvision: {error}")


class Encoder(torch.nn.Module):
    """BERT-base's twelve layers: 768 wide, 12 heads, 3072 between."""

    def __init__(self):
        super().__init__()
        layer = torch.nn.TransformerEncoderLayer(768, 12, 3072, activation="gelu", batch_first=True)
        self.layers = torch.nn.TransformerEncoder(layer, 12, enable_nested_tensor=False)

    def forward(self, x):
        return self.layers(x)


MODELS = {
    "resnet50": (lambda: torchvision.models.resnet50(weights=None), (3, 224, 224)),
    "mobilenet_v2": (lambda: torchvision.models.mobilenet_v2(weights=None), (3, 224, 224)),
    "bert_base": (Encoder, (128, 768)),
}


def time_torch(model, shape, batch, runs):
    """Median milliseconds of one replay of the captured graph, by events of the device."""
    x = torch.randn(batch, *shape, device="cuda", dtype=torch.half)
    model = model.half().cuda().eval()
    if len(shape) == 3:
        x = x.to(memory_format=torch.channels_last)
        model = model.to(memory_format=torch.channels_last)
    side = torch.cuda.Stream()
    with torch.no_grad():
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(5):
                model(x)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            model(x)
    times = []
    for _ in range(runs + 5):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        graph.replay()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    return statistics.median(times[5:])


# INT8 operations of one multiprocessor in a clock; the sources are in tests/gpu-selftest/qs-selftest-peak.c.
PER_CLOCK = {(7, 5): 2048, (8, 0): 4096, (8, 6): 2048, (8, 7): 2048, (8, 9): 2048, (9, 0): 8192}


def find_peak():
    """INT8 operations a second; None when the GPU is not in the table."""
    properties = torch.cuda.get_device_properties(0)
    per_clock = PER_CLOCK.get((properties.major, properties.minor))
    query = ["nvidia-smi", "--id=0", "--query-gpu=clocks.max.sm", "--format=csv,noheader,nounits"]
    done = subprocess.run(query, capture_output=True, text=True, check=False)
    if per_clock is None or done.returncode != 0:
        return None
    return per_clock * properties.multi_processor_count * 1e6 * float(done.stdout)


def add_shares(row, peak):
    """Shares of the peak of the same type; FP32 has no tensor cores here."""
    for name, part in (("int8", 1.0), ("fp16", 0.5), ("pytorch_fp16", 0.5)):
        if peak and row["operations"] and row.get(f"{name}_ms"):
            row[f"{name}_share_of_peak"] = (row["operations"] / (1e-3 * row[f"{name}_ms"])
                                            / (part * peak))


def make_samples(path, shape):
    samples = numpy.random.default_rng(1).standard_normal((8, *shape), numpy.float32)
    numpy.savez(path, x=samples)


def time_ours(cli, path, batch, precision, runs, folder):
    """Median milliseconds of a run and its operations; None and None when it failed."""
    plan, result = folder / "compare.plan", folder / "compare.json"
    build = [cli, "build", path, "--device", "cuda", "--batch", str(batch), "--precision", precision,
             "-o", plan]
    if precision == "int8":
        build += ["--calibration", path.with_suffix(".npz"), "--calibrator", "minmax"]
    for command in (build, [cli, "bench", plan, "--device", "cuda", "--runs", str(runs), "--json", result]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            print(done.stderr, file=sys.stderr)
            return None, None
    report = json.loads(result.read_text())
    return report["median_ms"], sum(layer["operations"] or 0.0 for layer in report["layers"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cli")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 128])
    parser.add_argument("--runs", type=int, default=100)
    options = parser.parse_args()

    if not torch.cuda.is_available():
        sys.exit("compare-pytorch.py: there is no GPU that PyTorch can use")
    torch.backends.cudnn.benchmark = True
    rows, peak = [], find_peak()
    for name, (make, shape) in MODELS.items():
        path = options.folder / f"{name}.onnx"
        if not path.exists():
            torch.onnx.export(make().eval(), torch.randn(1, *shape), str(path), opset_version=17,
                              input_names=["x"], output_names=["y"],
                              dynamic_axes={"x": {0: "N"}, "y": {0: "N"}}, dynamo=False)
        make_samples(path.with_suffix(".npz"), shape)
        for batch in options.batch:
            row = {"model": name, "batch": batch, "operations": None,
                   "pytorch_fp16_ms": time_torch(make(), shape, batch, options.runs)}
            for precision in ("int8", "fp16", "fp32"):
                row[f"{precision}_ms"], operations = time_ours(
                    options.cli, path, batch, precision, options.runs, options.folder)
                row["operations"] = operations or row["operations"]
            add_shares(row, peak)
            rows.append(row)
    json.dump({"device": torch.cuda.get_device_name(), "pytorch": torch.__version__,
               "int8_peak": peak, "rows": rows},
              sys.stdout, indent=2)


if __name__ == "__main__":
    main()
