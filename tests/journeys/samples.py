# SPDX-License-Identifier: MIT
"""A folder of images: the dialog shows what the network will see and warns; a build follows."""

import os
import struct
import tempfile
import zlib

import pyatspi
from journey import SAMPLES, Program, wait_for


def chunk(name, data):
    return (struct.pack(">I", len(data)) + name + data
            + struct.pack(">I", zlib.crc32(name + data)))


def save_png(path, side, value):
    """A grey square on black."""
    row = bytes(value if side // 4 <= x < side * 3 // 4 else 0 for x in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
                   + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for _ in range(side))))
                   + chunk(b"IEND", b""))


def find_window(program, name):
    windows = (program.application.getChildAtIndex(i)
               for i in range(program.application.childCount))
    return next((window for window in windows if window is not None and window.name == name), None)


def press_add(program):
    """The toolkit's name of a button with a mnemonic ends with its label."""
    for node in program.all(pyatspi.ROLE_PUSH_BUTTON):
        if node.name.endswith("Add") and node.getState().contains(pyatspi.STATE_SENSITIVE):
            return node.queryAction().doAction(0)
    return False


with tempfile.TemporaryDirectory() as folder:
    for i in range(12):
        os.makedirs(os.path.join(folder, str(i % 3)), exist_ok=True)
        save_png(os.path.join(folder, str(i % 3), f"{i:02}.png"), 48 + i, 100 + 10 * i)

    with Program(os.path.join(SAMPLES, "fashion-resnet.onnx"), folder) as program:
        main = program.window
        program.window = wait_for("the dialog", lambda: find_window(program, "Add Samples"))
        program.wait_for_text("12 samples with labels")
        program.wait_for_text("0/00.png")
        program.wait_for_text("whole numbers as pixels are stored")
        wait_for("the button to add them", lambda: press_add(program))

        program.window = main
        program.wait_for_text("12 calibration samples")
        program.click("Build")
        program.wait_for_text("layers in INT8")
