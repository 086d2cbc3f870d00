#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How near each layer of a model comes to what the machine can do. Development tool.

    report-layers.py MODEL|PLAN [OPTION...] --cli _build/app/cli/quantoscope-cli
        --peaks _build/tests/bench/qs-bench-peaks [--kinds] [--json FILE]

runs qs-bench-peaks and `quantoscope-cli bench MODEL|PLAN --threads=1 OPTION...`, and writes a line for
each layer: its time and share, operations per second (a product with its addition is two), which part
that is of the peak that the instruction set of its kernel reaches in this precision, and the bytes that
it moves at least per second. --kinds sums the layers by kernel. It needs nothing but Python.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile


def measure_peaks(program):
    """{(level, what): number}, and the lines as they are."""
    text = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in text.splitlines()]
    return {(level, what): float(number) for level, what, number, _ in rows}, text


def bench(cli, model, options):
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [cli, "bench", model, "--threads=1", f"--json={file.name}", *options]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            sys.exit(f"{' '.join(command)}:\n{result.stderr}")
        return json.load(open(file.name, encoding="utf-8"))


def find_peak(peaks, layer):
    kernel, precision = layer["kernel"] or "", layer["precision"].lower()
    levels = [level for level, what in peaks
              if what == precision and kernel.endswith("_" + level.replace("-", "_"))]
    return peaks[max(levels, key=len), precision] if levels else None


def add_up(layers):
    """One row for each kernel, the slowest first."""
    rows = collections.defaultdict(lambda: {"ms": 0.0, "operations": 0.0, "bytes": 0.0, "n": 0})
    for layer in layers:
        row = rows[layer["kernel"]]
        row |= {"kernel": layer["kernel"], "precision": layer["precision"], "n": row["n"] + 1}
        for key in ("ms", "operations", "bytes"):
            row[key] += layer[key] or 0.0
    for row in rows.values():
        row["name"] = f"{row['n']} layers"
    return sorted(rows.values(), key=lambda row: -row["ms"])


def make_row(layer, total, peaks):
    ms, peak = layer["ms"] or 0.0, find_peak(peaks, layer)
    gops = 1e-6 * layer["operations"] / ms if ms > 0.0 else 0.0
    return {"name": layer["name"], "kernel": layer["kernel"], "precision": layer["precision"],
            "ms": ms, "percent": 100.0 * ms / total if total > 0.0 else 0.0, "gops": gops,
            "percent_of_peak": 100.0 * gops / peak if peak and gops > 0.0 else None,
            "gbps": 1e-6 * layer["bytes"] / ms if ms > 0.0 else 0.0}


def print_rows(rows):
    print(f"{'layer':48}{'kernel':34}{'ms':>9}{'%':>6}{'GOP/s':>9}{'of peak':>9}{'GB/s':>8}")
    for row in rows:
        name = row["name"] if len(row["name"]) < 48 else row["name"][:22] + "…" + row["name"][-23:]
        share = row["percent_of_peak"]
        print(f"{name:48}{row['kernel'] or '':34}{row['ms']:9.4f}{row['percent']:6.1f}"
              f"{row['gops']:9.1f}{'' if share is None else f'{share:.0f} %':>9}{row['gbps']:8.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--cli", default="quantoscope-cli")
    parser.add_argument("--peaks", default="_build/tests/bench/qs-bench-peaks")
    parser.add_argument("--kinds", action="store_true", help="sum the layers by kernel")
    parser.add_argument("--json", type=pathlib.Path)
    arguments, options = parser.parse_known_args()

    peaks, text = measure_peaks(arguments.peaks)
    report = bench(arguments.cli, arguments.model, options)
    total = sum(layer["ms"] or 0.0 for layer in report["layers"])
    layers = add_up(report["layers"]) if arguments.kinds else report["layers"]
    rows = [make_row(layer, total, peaks) for layer in layers]
    print(f"{arguments.model}: median {report['median_ms']:.3f} ms; {report['device']}\n")
    print(text)
    print_rows(rows)
    if arguments.json:
        arguments.json.write_text(json.dumps(
            {"median_ms": report["median_ms"], "device": report["device"],
             "peaks": [[*key, value] for key, value in peaks.items()], "layers": rows},
            indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
