# SPDX-License-Identifier: MIT
"""A Q/DQ model: its advice is taken and taken back, then it is built, and its rewrites are stepped
through and played; a blocked one says why and what would help, and a layer why it is float."""

import math
import os
import tempfile

import pyatspi
from journey import Program, wait_for
from onnx_writer import INT8, floats, node, tensor, write_graph

CHANNELS = 16
SHAPE = [1, CHANNELS, 8, 8]


def pair(name, source):
    """QuantizeLinear and DequantizeLinear behind a tensor."""
    return [
        node("QuantizeLinear", f"{name}/Q", [source, "scale", "zero"], [f"{name}/int8"]),
        node("DequantizeLinear", f"{name}/DQ", [f"{name}/int8", "scale", "zero"], [name]),
    ]


def convolution(name, source, target):
    return [
        *pair(f"{name}/weights", f"{name}.weight"),
        node("Conv", name, [source, f"{name}/weights"], [target]),
    ]


def write_model(path):
    """The pair between the convolution and its activation keeps them from being fused, and nobody
    quantizes what the second convolution writes."""
    n = CHANNELS * CHANNELS
    weights = [math.sin(i) / CHANNELS for i in range(n)]
    nodes = [
        *pair("a", "input"),
        *convolution("first", "a", "b"),
        *pair("c", "b"),
        node("Relu", "activation", ["c"], ["d"]),
        *pair("e", "d"),
        *convolution("second", "e", "output"),
    ]
    tensors = [
        floats("scale", [], [0.01]),
        tensor("zero", INT8, [], bytes(1)),
        floats("first.weight", [CHANNELS, CHANNELS, 1, 1], weights),
        floats("second.weight", [CHANNELS, CHANNELS, 1, 1], weights),
    ]
    write_graph(path, nodes, tensors, {"input": SHAPE}, {"output": SHAPE})


def show_page(program):
    """By its key; keys go to whoever has the focus, which a display without a window manager gives
    late."""

    def press():
        program.keyboard.press(ord("5"))
        return any(node.name == "Go to End" for node in program.all(pyatspi.ROLE_PUSH_BUTTON))

    wait_for("the page of the rewrites", press)


def position(program):
    """How many rewrites are done, and how many there are."""
    text = next(text for text in program.texts() if " / " in text and text[0].isdigit())
    return tuple(int(part) for part in text.split(" / "))


def press_button(program, name):
    """Of any role that can be pressed."""

    def press():
        for button in program.all():
            if button.name.startswith(name) and "Action" in pyatspi.listInterfaces(button):
                return button.queryAction().doAction(0)
        return False

    wait_for(f"the button {name}", press)


with tempfile.TemporaryDirectory() as folder:
    model = os.path.join(folder, "pairs.onnx")
    write_model(model)
    with Program(model) as program:
        program.wait_for_text("pairs.onnx")
        show_page(program)
        advice = "Take the pair out: fusion is not to be simulated in training."
        program.wait_for_text(advice)
        program.click("Apply")
        wait_for("the advice to go", lambda: advice not in program.texts())
        program.click("Undo Change")
        program.wait_for_text(advice)

        program.click("Build")
        program.wait_for_text("layers in INT8")
        done, n = wait_for("the first rewrite", lambda: position(program))
        assert done == 1 and n > 5, (done, n)

        program.click("Next Rewrite")
        wait_for("the second rewrite", lambda: position(program) == (2, n))
        program.click("Previous Rewrite")
        wait_for("the first rewrite", lambda: position(program) == (1, n))
        press_button(program, "Play")
        wait_for("rewrites that play", lambda: position(program)[0] >= 3)
        program.click("Go to End")
        wait_for("the last rewrite", lambda: position(program) == (n, n))
        wait_for("the player to stop", lambda: any(n.name == "Play" for n in program.all()))
        program.click("Go to Start")
        wait_for("the imported network", lambda: position(program) == (0, n))
        program.wait_for_text("The network as it was imported")

        press_button(program, "Blocked (")
        reason = ", output, stays in floating point: no QuantizeLinear reads it."
        program.wait_for_text(reason)
        program.wait_for_text("Put QuantizeLinear and DequantizeLinear on output")

        # The layer that it is about answers, too.
        program.search("second", lambda: any("Tried and Blocked" in t for t in program.texts()))
        wait_for(
            "both answers", lambda: sum(reason in text for text in program.texts()) >= 2
        )
        assert any(t in ("Why INT8?", "Why Float?") for t in program.texts())
