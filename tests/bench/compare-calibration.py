#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Calibrates with quantoscope-cli and with ONNX Runtime in turn; time and peak memory of each.

    compare-calibration.py MODEL.onnx SET.npz --cli _build/app/cli/quantoscope-cli
        [--count 200] [--batch 32] [--rounds 3] [--scale 1/255 --mean 0.2860 --std 0.3530]

A development tool: it needs the packages onnxruntime, onnx and numpy, which the product never does.
Both use one thread. Every measurement is a process of its own, whose largest resident size and time
the system reports, and the programs alternate, so that a busy moment of the machine meets both; the
table has medians over the rounds. One run of quantoscope-cli makes the histograms that serve all of
its calibrators, so its rows differ by what each makes of them; ONNX Runtime needs a run for each.
Its entropy calibrator has 128 bins by default, of which it can choose one range only; it is measured
like that, and with the 2048 bins that quantoscope-cli has.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

CASES = {
    "min-max": ("minmax", "MinMax", {}),
    "entropy": ("entropy2", "Entropy", {}),
    "entropy, 2048 bins": ("entropy2", "Entropy", {"num_bins": 2048}),
    "percentile": ("percentile", "Percentile", {"percentile": 99.99}),
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("set", help="arrays named like the inputs; uint8 values are preprocessed")
    parser.add_argument("--cli", default="quantoscope-cli")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", default="1/255")
    parser.add_argument("--mean", default="0.2860")
    parser.add_argument("--std", default="0.3530")
    parser.add_argument("--json", help="write the figures here")
    parser.add_argument("--onnxruntime", help=argparse.SUPPRESS)
    return parser.parse_args()


def number(text):
    numerator, _, denominator = text.partition("/")
    return float(numerator) / float(denominator or 1)


class Reader:
    """Batches of the set, preprocessed one by one as they are asked for."""

    def __init__(self, arguments):
        with numpy.load(arguments.set) as arrays:
            self.inputs = {name: arrays[name][: arguments.count] for name in arrays
                           if not name.startswith("label")}
        shape = (1, -1, 1, 1)
        self.mean = numpy.float32([number(x) for x in arguments.mean.split(",")]).reshape(shape)
        self.std = numpy.float32([number(x) for x in arguments.std.split(",")]).reshape(shape)
        self.scale = numpy.float32(number(arguments.scale))
        self.batch, self.count, self.first = arguments.batch, arguments.count, 0

    def get_next(self):
        if self.first >= self.count:
            return None
        rows = slice(self.first, self.first + self.batch)
        self.first += self.batch
        return {name: (values[rows] * self.scale - self.mean) / self.std
                for name, values in self.inputs.items()}

    def set_range(self, start_index, end_index):
        raise NotImplementedError

    def __iter__(self):
        return self

    def __next__(self):
        batch = self.get_next()
        if batch is None:
            raise StopIteration
        return batch


def calibrate_with_onnxruntime(arguments):
    import onnxruntime
    from onnxruntime.quantization import calibrate

    make_options = onnxruntime.SessionOptions

    def one_thread():
        options = make_options()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return options

    onnxruntime.SessionOptions = one_thread
    _, method, extra = CASES[arguments.onnxruntime]
    with tempfile.TemporaryDirectory() as folder:
        calibrator = calibrate.create_calibrator(
            arguments.model, [], augmented_model_path=os.path.join(folder, "augmented.onnx"),
            calibrate_method=getattr(calibrate.CalibrationMethod, method), extra_options=extra)
        calibrator.set_execution_providers(["CPUExecutionProvider"])
        calibrator.collect_data(Reader(arguments))
        calibrator.compute_data()


def measure(command):
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))}:\n{errors.decode()}")
    return {"seconds": time.perf_counter() - start,
            "cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_mib": usage.ru_maxrss / 1024}


def our_command(arguments, case, folder):
    # percentile has no TensorRT name, so no cache to write: the histograms are kept instead
    calibrator = CASES[case][0]
    common = ["--calibration", arguments.set, "--limit", str(arguments.count), "--threads", "1",
              "--batch", str(arguments.batch), "--scale", arguments.scale, "--mean", arguments.mean,
              "--std", arguments.std]
    if calibrator == "percentile":
        return [arguments.cli, "findings", arguments.model, *common]
    return [arguments.cli, "calibrate", arguments.model, *common, "--calibrator", calibrator,
            "--cache", os.path.join(folder, "ours.cache")]


def medians(measurements):
    return {key: statistics.median(m[key] for m in measurements) for key in measurements[0]}


def main():
    arguments = parse_arguments()
    if arguments.onnxruntime:
        calibrate_with_onnxruntime(arguments)
        return

    results = {case: {"quantoscope": [], "onnxruntime": []} for case in CASES}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(arguments.rounds):
            for case, columns in results.items():
                columns["quantoscope"].append(measure(our_command(arguments, case, folder)))
                columns["onnxruntime"].append(
                    measure([sys.executable, *sys.argv, "--onnxruntime", case]))

    table = {case: {name: medians(values) for name, values in columns.items()}
             for case, columns in results.items()}
    print(f"{pathlib.Path(arguments.model).name}, {arguments.count} samples in batches of "
          f"{arguments.batch}, one thread, medians of {arguments.rounds} rounds")
    print(f"{'':20}{'quantoscope':>30}{'ONNX Runtime':>30}")
    print(f"{'':20}" + f"{'time s':>10}{'CPU s':>10}{'peak MiB':>10}" * 2)
    for case, columns in table.items():
        print(f"{case:20}" + "".join(
            f"{columns[name]['seconds']:10.2f}{columns[name]['cpu_seconds']:10.2f}"
            f"{columns[name]['peak_mib']:10.0f}" for name in ("quantoscope", "onnxruntime")))
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
