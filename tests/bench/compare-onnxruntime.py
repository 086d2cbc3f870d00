#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times quantoscope-cli and ONNX Runtime in turn on the same models, one thread each.

A development tool: it needs the packages onnxruntime and numpy, which the product never does.
Every round runs both programs once, so that a busy moment of the machine meets both; what is
compared is the median over the rounds of each program's own median.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy
import onnxruntime


def make_session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def make_inputs(session):
    random = numpy.random.default_rng(1)
    inputs = {}
    for value in session.get_inputs():
        shape = [dim if isinstance(dim, int) and dim > 0 else 1 for dim in value.shape]
        inputs[value.name] = random.standard_normal(shape).astype(numpy.float32)
    return inputs


def time_onnxruntime(session, inputs, runs):
    times = []
    for i in range(runs + runs // 5 + 2):
        start = time.perf_counter()
        session.run(None, inputs)
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times[-runs:])


def time_quantoscope(cli, model, runs, extra):
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [cli, "bench", str(model), "--threads=1", f"--runs={runs}", f"--json={file.name}"]
        subprocess.run(command + extra, check=True, stdout=subprocess.DEVNULL)
        return json.load(open(file.name, encoding="utf-8"))["median_ms"]


def compare(cli, model, rounds, runs, variants):
    session = make_session(model)
    inputs = make_inputs(session)
    times = {name: [] for name in ["onnxruntime", *variants]}
    for _ in range(rounds):
        times["onnxruntime"].append(time_onnxruntime(session, inputs, runs))
        for name, extra in variants.items():
            times[name].append(time_quantoscope(cli, model, runs, extra))
    return {name: statistics.median(values) for name, values in times.items()}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--cli", default="quantoscope-cli", help="the command-line program")
    parser.add_argument("--calibration", help="calibration set; with it INT8 is timed too")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--runs", type=int, default=50, help="timed runs per round")
    parser.add_argument("--json", help="write the medians here")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    variants = {"quantoscope fp32": ["--precision=fp32"]}
    if arguments.calibration:
        variants["quantoscope int8"] = [
            "--precision=int8", "--int8-all", "--limit=32",
            f"--calibration={arguments.calibration}",
        ]
    results = {}
    for model in arguments.models:
        results[model.name] = compare(arguments.cli, model, arguments.rounds, arguments.runs,
                                      variants)
    columns = ["onnxruntime", *variants]
    print(f"ONNX Runtime {onnxruntime.__version__}, one thread, medians of "
          f"{arguments.rounds} rounds in ms")
    print(f"{'model':32}" + "".join(f"{name:>20}" for name in columns))
    for model, medians in results.items():
        print(f"{model:32}" + "".join(f"{medians[name]:20.4f}" for name in columns))
    if arguments.json:
        report = {"onnxruntime": onnxruntime.__version__, "threads": 1, "median_ms": results}
        pathlib.Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n",
                                                encoding="utf-8")


if __name__ == "__main__":
    main()
