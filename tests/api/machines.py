# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command line on somebody's machine, and the line from there to the trust."""
import os
import pty
import select
import socket
import subprocess
import threading

from stack import BIN, DEADLINE


class Machine:
    """A folder of one's own, which is the working directory too, with a state folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}

    def command(self, *arguments):
        return [str(part) for part in (BIN / "commonhold", *arguments)]

    def start(self, *arguments, **more):
        return subprocess.Popen(self.command(*arguments, **more), cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *arguments, **more):
        process = self.start(*arguments, **more)
        out, err = process.communicate(timeout=DEADLINE * 2)
        return process.returncode, out, err

    def on_terminal(self, *arguments):
        """Exit code, and what a terminal shows of stderr."""
        master, slave = pty.openpty()
        process = subprocess.Popen(self.command(*arguments), cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave)
        os.close(slave)
        shown = b""
        with open(master, "rb", buffering=0) as screen:
            try:
                while data := screen.read(65536):
                    shown += data
            except OSError:  # the other end is closed
                pass
        return process.wait(DEADLINE), shown


class Line:
    """The line to the trust, for connections to `origin`. What passes is the deriving class's affair: `passes(data, up, there)` sends `data` on, to
    `there`, or does not; False breaks the connection."""

    def __init__(self, port):
        self.port = port
        self.full = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near):
        try:
            far = socket.create_connection(("127.0.0.1", self.port))
        except OSError:
            near.close()
            return
        with near, far:
            try:
                self._shuttle(near, far)
            except OSError:  # one side was killed
                pass

    def _shuttle(self, near, far):
        """Until a side goes."""
        self.begins()
        while True:
            for side in select.select([near, far], [], [], DEADLINE)[0]:
                data = side.recv(65536)
                if not data or not self.passes(data, side is near, far if side is near else near):
                    return

    def begins(self):
        """A connection is made."""

    def passes(self, data, up, there):
        raise NotImplementedError

    def close(self):
        self.listener.close()
