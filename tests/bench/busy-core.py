#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times one thread against two while another process keeps one of two processors busy.

    busy-core.py --cli _build/app/cli/quantoscope-cli MODEL...

Each round runs every model (or plan) with one thread and with two, in turn, with a busy loop beside
it at normal priority; a figure is the median over the rounds of each run's median. It is the case in
which thread pools that spin, or wait for all threads at every layer, are several times slower than one
thread. Two threads must not be slower than one: the last column is their ratio. With --idle there is
no busy loop, to see what the second thread gains.

The program and the loop are confined to the first two processors. A development tool; it needs
nothing but Python.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile


def spin():
    while True:
        pass


def start_busy_loop():
    """A child that never sleeps, on either processor."""
    child = os.fork()
    if child == 0:
        spin()
    return child


def measure(arguments, model, threads, output):
    command = [arguments.cli, "bench", model, "--threads", str(threads), "--runs",
               str(arguments.runs), "--json", output]
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                            check=False)
    if result.returncode != 0:
        sys.exit(f"{model}:\n{result.stderr}")
    return json.loads(pathlib.Path(output).read_text())["median_ms"]


def compare(arguments, output):
    times = {(model, n): [] for model in arguments.model for n in (1, 2)}
    for _ in range(arguments.rounds):
        for (model, n), found in times.items():
            found.append(measure(arguments, model, n, output))
    return {key: statistics.median(found) for key, found in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="+")
    parser.add_argument("--cli", default="quantoscope-cli")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--idle", action="store_true")
    arguments = parser.parse_args()

    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    busy = None if arguments.idle else start_busy_loop()
    try:
        with tempfile.TemporaryDirectory() as folder:
            times = compare(arguments, pathlib.Path(folder) / "bench.json")
    finally:
        if busy is not None:
            os.kill(busy, 9)
            os.waitpid(busy, 0)

    print(f"{'model':40} {'1 thread':>12} {'2 threads':>12} {'ratio':>7}")
    for model in arguments.model:
        one, two = times[model, 1], times[model, 2]
        print(f"{model[-40:]:40} {one:9.3f} ms {two:9.3f} ms {two / one:7.2f}")


if __name__ == "__main__":
    main()
