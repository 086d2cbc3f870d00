#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times quantoscope-cli and ONNX Runtime in turn on the same models: FP32, and INT8 with Q/DQ.

    make-models.py FOLDER
    compare-onnxruntime.py FOLDER [NAME...] --cli _build/app/cli/quantoscope-cli

takes the models and samples that make-models.py wrote into FOLDER. For each model quantoscope-cli
builds an FP32 plan and, with every layer in INT8 that can be, an INT8 plan, which it writes back as a
symmetric Q/DQ model; FOLDER/qdq/NAME.onnx is then what both programs run as INT8, with the same
integers. What is in FOLDER/qdq already is used again, unless --fresh is given.

One thread, batch 1. Every round runs both programs on both models a few times after a warm-up, so
that a busy moment of the machine meets all of them; a figure is the median over the rounds of each
round's median. ONNX Runtime runs with all of its graph optimizations, which is its default.

A development tool: it needs the packages onnxruntime and numpy, which the product never does.
"""

import argparse
import json
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import onnxruntime

NAMES = ["resnet50", "mobilenet-v2", "efficientnet-b0", "bert-base", "vit-s"]
PREPROCESSING = ["--scale=1/255", "--mean=0.485,0.456,0.406", "--std=0.229,0.224,0.225"]
OUR_FP32, THEIR_FP32, OUR_INT8, THEIR_INT8 = VARIANTS = [
    "quantoscope fp32", "onnxruntime fp32", "quantoscope int8", "onnxruntime int8"]

# What is demanded: a ratio that is at least so large.
GOALS = [
    # heading, of what (their time / our time), goals by model, goal of the others
    ("FP32", lambda t: t[THEIR_FP32] / t[OUR_FP32], {}, 1.0),
    ("INT8", lambda t: t[THEIR_INT8] / t[OUR_INT8], {"resnet50": 1.8}, None),
    ("INT8 against the faster", lambda t: min(t[THEIR_FP32], t[THEIR_INT8]) / t[OUR_INT8],
     {"mobilenet-v2": 1.5}, None),
    ("INT8 against own FP32", lambda t: t[OUR_FP32] / t[OUR_INT8], {"resnet50": 1.7}, None),
]


def run_cli(arguments, *command):
    result = subprocess.run([arguments.cli, *map(str, command)], capture_output=True, text=True,
                            check=False)
    if result.returncode != 0:
        sys.exit(f"{arguments.cli} {' '.join(map(str, command))}:\n{result.stderr}")
    return result.stdout


def prepare(arguments, name):
    """Builds what is to be timed; returns the file of every variant."""
    model = arguments.folder / f"{name}.onnx"
    folder = arguments.folder / "qdq"
    plan, qdq = folder / f"{name}.plan", folder / f"{name}.onnx"
    samples = arguments.folder / f"{name}.npz"
    folder.mkdir(exist_ok=True)
    if arguments.fresh or not qdq.exists():
        with numpy.load(samples) as arrays:
            images = "images" in arrays
        run_cli(arguments, "build", model, "--batch=1", "--int8-all", "--calibrator=minmax",
                f"--calibration={samples}", "--limit=32", *(PREPROCESSING if images else []),
                "-o", plan)
        run_cli(arguments, "export", plan, f"--model={model}", f"--onnx={qdq}")
    return {OUR_FP32: model, THEIR_FP32: model, OUR_INT8: qdq, THEIR_INT8: qdq}


def make_session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def make_inputs(session):
    random = numpy.random.default_rng(1)
    inputs = {}
    for value in session.get_inputs():
        shape = [dim if isinstance(dim, int) and dim > 0 else 1 for dim in value.shape]
        inputs[value.name] = (random.integers(0, 2, shape) if value.type == "tensor(int64)"
                              else random.standard_normal(shape).astype(numpy.float32))
    return inputs


def time_onnxruntime(session, runs):
    inputs = make_inputs(session)
    times = []
    for _ in range(3 + runs):  # bench warms up with three runs, too
        start = time.perf_counter()
        session.run(None, inputs)
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times[-runs:])


def time_quantoscope(arguments, variant, model):
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        precision = "fp32" if variant == OUR_FP32 else "int8"
        run_cli(arguments, "bench", model, "--threads=1", f"--runs={arguments.runs}",
                f"--precision={precision}", f"--json={file.name}")
        return json.load(open(file.name, encoding="utf-8"))["median_ms"]


def compare(arguments, name):
    models = prepare(arguments, name)
    sessions = {variant: make_session(models[variant]) for variant in (THEIR_FP32, THEIR_INT8)}
    times = {variant: [] for variant in VARIANTS}
    for _ in range(arguments.rounds):
        for variant in VARIANTS:
            times[variant].append(time_onnxruntime(sessions[variant], arguments.runs)
                                  if variant in sessions
                                  else time_quantoscope(arguments, variant, models[variant]))
    return {variant: statistics.median(values) for variant, values in times.items()}


def judge(name, medians):
    """The ratios of the goals: (ratio, what is demanded or None)."""
    return {heading: (ratio(medians), by_model.get(name, default))
            for heading, ratio, by_model, default in GOALS}


def describe_machine():
    models = [line.partition(":")[2].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
              if line.startswith("model name")]
    return models[0] if models else platform.processor()


def print_tables(arguments, results, version):
    print(f"{version}, ONNX Runtime {onnxruntime.__version__}; {describe_machine()}")
    print(f"one thread, batch 1, ms; medians of {arguments.rounds} rounds of {arguments.runs} runs\n")
    print(f"{'':18}" + "".join(f"{name:>20}" for name in VARIANTS))
    for name, medians in results.items():
        print(f"{name:18}" + "".join(f"{medians[variant]:20.2f}" for variant in VARIANTS))
    print("\nTimes as fast as ONNX Runtime (INT8: the same Q/DQ model), and what is demanded\n")
    print(f"{'':18}" + "".join(f"{heading:>26}" for heading, *_ in GOALS))
    for name, medians in results.items():
        print(f"{name:18}" + "".join(
            f"{ratio:>12.2f}" + (" " * 14 if goal is None else
                                 f"{'  ' if ratio >= goal else ' <'} {goal:<11}")
            for ratio, goal in judge(name, medians).values()))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help="those that goals are for, unless named")
    parser.add_argument("--cli", default="quantoscope-cli", help="the command-line program")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--runs", type=int, default=10, help="timed runs per round")
    parser.add_argument("--fresh", action="store_true", help="build and export again")
    parser.add_argument("--prepare", action="store_true", help="only build and export")
    parser.add_argument("--json", type=pathlib.Path,
                        help="write medians and ratios here, beside those of models already in it")
    return parser.parse_args()


def write_json(arguments, results, version):
    report = {"models": {}}
    if arguments.json.exists():
        report = json.loads(arguments.json.read_text(encoding="utf-8"))
    report |= {"quantoscope": version, "onnxruntime": onnxruntime.__version__,
               "machine": describe_machine(), "threads": 1, "rounds": arguments.rounds,
               "runs": arguments.runs}
    for name, medians in results.items():
        report["models"][name] = {
            "median_ms": medians,
            "ratios": {heading: {"ratio": ratio, "goal": goal}
                       for heading, (ratio, goal) in judge(name, medians).items()}}
    arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def main():
    arguments = parse_arguments()
    names = arguments.names or NAMES
    version = run_cli(arguments, "--version").strip()
    if arguments.prepare:
        for name in names:
            prepare(arguments, name)
        return
    results = {name: compare(arguments, name) for name in names}
    print_tables(arguments, results, version)
    if arguments.json:
        write_json(arguments, results, version)


if __name__ == "__main__":
    main()
