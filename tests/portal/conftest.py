# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clients from npm against real services: the cluster and the trusts are those of the API tests. The packages are installed as the lock file
says; where npm or its registry is missing the tests that need them say so and are skipped."""
import fcntl
import pathlib
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
API = HERE.parent / "api"
sys.path[:0] = [str(API)]

from trusts import pytest_runtest_makereport, stack, trust  # noqa: E402,F401


@pytest.fixture(scope="session")
def packages():
    """The folder whose node_modules holds what package-lock.json names."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("npm and node are not installed: clients from npm are not tested")
    with open(HERE / "package-lock.json") as lock:  # one of the processes installs, the others wait for it
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = HERE / "node_modules" / ".package-lock.json"
        if done.exists() and done.stat().st_mtime >= (HERE / "package-lock.json").stat().st_mtime:
            return HERE
        made = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, capture_output=True, text=True, timeout=300)
        if made.returncode != 0:
            pytest.skip(f"npm ci gave {made.returncode} (no registry?): clients from npm are not tested: {made.stderr[-300:]}")
    return HERE
