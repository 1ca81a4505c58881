# SPDX-License-Identifier: AGPL-3.0-or-later
"""What `commonhold` says of its commands: all, those of one word, one with its arguments; and that there is no such command."""
import subprocess

import pytest

from stack import BIN


@pytest.mark.parametrize("asked, code, out, err", [
    ("help", 0, "usage: commonhold COMMAND", ""), ("help calc", 0, "calc tally", ""), ("calc --help", 0, "calc tally", ""), ("calc", 64, "", "calc tally"),
    ("calc nothing", 64, "", "calc tally"), ("help calc tally", 0, "commonhold calc tally --method", ""), ("calc tally --help", 0, "commonhold calc tally --method", ""),
    ("verify", 64, "", "verify statement"), ("help nothing", 64, "", "there is no command nothing"), ("nothing --help", 64, "", "there is no command nothing"),
    ("cal", 64, "", "there is no command cal")])
def test_what_it_says(asked, code, out, err):
    done = subprocess.run([BIN / "commonhold", *asked.split()], capture_output=True, text=True, timeout=60)
    assert (done.returncode, out in done.stdout, err in done.stderr) == (code, True, True), done
    assert bool(out) == bool(done.stdout) and bool(err) == bool(done.stderr)
    if out == "calc tally":
        assert "verify statement" not in done.stdout
