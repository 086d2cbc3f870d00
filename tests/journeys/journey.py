# SPDX-License-Identifier: MIT
"""What the journeys share: starting the program and finding its parts as a screen reader does."""

import ctypes
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
RETURN = 0xFF0D  # the key's symbol
ESCAPE = 0xFF1B

try:
    import gi

    gi.require_version("Atspi", "2.0")
    import pyatspi
    from gi.repository import Atspi
except (ImportError, ValueError) as error:
    print(f"skipped: {error}")
    sys.exit(SKIPPED)

# Everything is waited for; the limit is generous because machines that run tests are busy.
LIMIT = float(os.environ.get("QS_JOURNEY_LIMIT", "180"))
Atspi.set_timeout(int(LIMIT * 1000), int(LIMIT * 1000))  # of each call; 0.8 s unless told
SAMPLES = os.environ["QS_TEST_DATA"]


def wait_for(what, function):
    """Returns the first true value of function(), or fails saying what was waited for."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        try:
            value = function()
        except AssertionError:
            raise
        except Exception:  # objects come and go while one looks at them
            value = None
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


def is_visible(node):
    # GTK 4.8 says "showing" of windows only.
    return node.getState().contains(pyatspi.STATE_VISIBLE)


def walk(node):
    """All visible descendants, depth first; those of a stack's other pages are among them."""
    for index in range(node.childCount):
        child = node.getChildAtIndex(index)
        if child is None or not is_visible(child):
            continue
        yield child
        yield from walk(child)


class Keyboard:
    """Keys through the X server's test extension, as if somebody pressed them."""

    def __init__(self, x11, display):
        self.x11 = x11
        self.xtst = ctypes.CDLL("libXtst.so.6")
        self.display = ctypes.c_void_p(display)

    @classmethod
    def open(cls):
        """Returns nothing while the display does not answer."""
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        display = x11.XOpenDisplay(None)
        return cls(x11, display) if display else None

    def press(self, keysym):
        code = self.x11.XKeysymToKeycode(self.display, ctypes.c_ulong(keysym))
        for is_down in (1, 0):
            self.xtst.XTestFakeKeyEvent(self.display, ctypes.c_uint(code), is_down, ctypes.c_ulong(0))
        self.x11.XFlush(self.display)
        time.sleep(0.1)


class Program:
    """The running program. Use it with `with`: it ends with the block."""

    def __init__(self, *arguments, **settings):
        """Settings are those of the schema, as GVariant's text has them."""
        self.has_ended = False  # as it should
        self.folder = tempfile.mkdtemp(prefix="qs-journey-")
        self.write_settings(settings)
        environment = dict(
            os.environ,
            GSK_RENDERER="cairo",
            GTK_USE_PORTAL="0",
            GTK_A11Y="atspi",
            GSETTINGS_BACKEND="keyfile" if settings else "memory",
            GIO_USE_VFS="local",
            G_DEBUG="fatal-criticals",
            LC_ALL="C.UTF-8",
            XDG_DATA_HOME=self.folder,
            XDG_CACHE_HOME=self.folder,
            XDG_CONFIG_HOME=self.folder,
        )
        self.keyboard = wait_for("the display", Keyboard.open)
        self.process = subprocess.Popen([os.environ["QS_PROGRAM"], *arguments], env=environment)

    def write_settings(self, settings):
        folder = os.path.join(self.folder, "glib-2.0", "settings")
        os.makedirs(folder)
        with open(os.path.join(folder, "keyfile"), "w") as file:
            print("[io/github/quantoscope/Quantoscope]", file=file)
            for key, value in settings.items():
                print(f"{key}={value}", file=file)

    def __enter__(self):
        self.application = wait_for("the program", self.find_application)
        self.window = wait_for("the window", lambda: self.application.getChildAtIndex(0))
        return self

    def __exit__(self, *unused):
        alive = self.has_ended or self.process.poll() is None
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        if not alive:
            raise AssertionError("the program ended by itself")

    def find_application(self):
        if self.process.poll() is not None:
            raise AssertionError("the program ended by itself")
        for application in pyatspi.Registry.getDesktop(0):
            if application is not None and application.get_process_id() == self.process.pid:
                return application
        return None

    def all(self, role=None, name=None):
        return [
            node
            for node in walk(self.window)
            if (role is None or node.getRole() == role) and (name is None or node.name == name)
        ]

    def find(self, role, name):
        return wait_for(f"{role} “{name}”", lambda: self.all(role, name))[0]

    def texts(self):
        """The words of every label."""
        return [node.name for node in self.all(pyatspi.ROLE_LABEL)]

    def wait_for_text(self, part):
        return wait_for(
            f"the text “{part}”",
            lambda: next((text for text in self.texts() if part in text), None),
        )

    def click(self, name, role=pyatspi.ROLE_PUSH_BUTTON):
        def press():
            for node in self.all(role, name):
                if node.getState().contains(pyatspi.STATE_SENSITIVE):
                    return node.queryAction().doAction(0)
            return False

        wait_for(f"a sensitive button “{name}”", press)

    def search(self, name, is_found):
        """Searches for a layer and goes from match to match. Only keys without Shift.

        Keys go to whoever has the focus, and on a busy machine a display without a window manager
        gives it late; so the name is typed again, over the selected text, when matches lead nowhere.
        """
        for match in itertools.count():
            self.do("win.find")
            time.sleep(0.5)
            if match % 5 == 0:
                for letter in name:
                    self.keyboard.press(ord(letter))
                time.sleep(1)
            self.keyboard.press(RETURN)
            time.sleep(0.5)
            if is_found():
                return
            if match == 50:
                raise AssertionError(f"searched in vain for {name}")

    def find_dialog(self, title):
        return wait_for(
            f"the dialog “{title}”",
            lambda: next(
                node
                for node in self.application
                if node is not None and node != self.window and node.name == title
            ),
        )

    def find_in(self, dialog, role, name):
        return wait_for(
            f"{role} “{name}”",
            lambda: next(
                node
                for node in pyatspi.findAllDescendants(dialog, lambda node: node.getRole() == role)
                if node.name == name
            ),
        )

    def answer(self, title, name):
        """Presses a button of the dialog that asks something, and waits until the dialog is gone."""
        dialog = self.find_dialog(title)
        self.find_in(dialog, pyatspi.ROLE_PUSH_BUTTON, name).queryAction().doAction(0)
        wait_for(
            f"the dialog “{title}” to go",
            lambda: all(node is None or node != dialog for node in self.application),
        )

    def wait_for_end(self):
        wait_for("the program to end", lambda: self.process.poll() is not None)
        assert self.process.returncode == 0, self.process.returncode
        self.has_ended = True

    def do(self, name):
        """Does one of the window's actions."""
        actions = self.window.queryAction()
        for index in range(actions.nActions):
            if actions.getName(index) == name:
                return actions.doAction(index)
        raise AssertionError(f"the window has no action {name}")

    def fill_in_file_dialog(self, title, path):
        """Saves under a path in the dialog that asks for one."""
        dialog = self.find_dialog(title)
        entry = wait_for(
            "the name's entry",
            lambda: next(
                node
                for node in pyatspi.findAllDescendants(dialog, lambda node: True)
                if node.name == "Name:" and "EditableText" in pyatspi.listInterfaces(node)
            ),
        )
        entry.queryEditableText().setTextContents(path)
        button = wait_for(
            "the button",
            lambda: pyatspi.findDescendant(
                dialog,
                lambda node: node.getRole() == pyatspi.ROLE_PUSH_BUTTON and node.name.endswith("Save"),
            ),
        )
        button.queryAction().doAction(0)

    def cancel_file_dialog(self, title):
        dialog = self.find_dialog(title)
        button = wait_for(
            "the button",
            lambda: pyatspi.findDescendant(
                dialog,
                lambda node: node.getRole() == pyatspi.ROLE_PUSH_BUTTON
                and node.name.endswith("Cancel"),
            ),
        )
        button.queryAction().doAction(0)
        wait_for(
            f"the dialog “{title}” to go",
            lambda: all(node is None or node != dialog for node in self.application),
        )
