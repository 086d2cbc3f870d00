# SPDX-License-Identifier: MIT
"""The device is chosen without being asked for, and named; its first kernel fails; the CPU is
asked to build the engine instead. The program is the one with the emulated device."""

from journey import ESCAPE, Program, wait_for, walk

QUESTION = "The GPU Failed"

with Program(backend="'auto'") as program:
    program.click("Open Sample")
    program.wait_for_text("500 calibration samples")
    program.wait_for_text("CUDA: Emulated device")

    program.click("Build")
    dialog = program.find_dialog(QUESTION)
    # The driver's own words are there for who can use them.
    wait_for(
        "the driver's words",
        lambda: any("CUDA_ERROR_LAUNCH_FAILED" in node.name for node in walk(dialog)),
    )
    program.answer(QUESTION, "Build on CPU")
    status = program.wait_for_text("layers in INT8 ·")
    assert status.startswith("CPU: "), status

    # With nothing selected the inspector has the engine as a whole, with its device and memory.
    def clear_selection():
        program.keyboard.press(ord("1"))
        program.keyboard.press(ESCAPE)
        return "Slowest Layers" in program.texts()

    wait_for("the engine's own page", clear_selection)
    texts = program.texts()
    assert "Least Possible" in texts, texts
    device = status.split(" · ")[0]
    assert any(text.startswith(device) and text != status for text in texts), texts
