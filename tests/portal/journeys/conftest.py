# SPDX-License-Identifier: AGPL-3.0-or-later
"""Journeys need the built pages and a browser; where one is missing they say so."""
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """The folder of the built pages."""
    browser = os.environ.get("CH_CHROMIUM", "/usr/bin/chromium")
    if not shutil.which(browser):
        pytest.skip(f"{browser} is not there: no page is opened")
    build = tmp_path_factory.mktemp("built")
    done = subprocess.run(["sh", "services/portal/build.sh"], cwd=ROOT, env={**os.environ, "BUILD": str(build)}, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        pytest.skip(f"the pages are not built: {done.stderr[-300:]}")
    build.chmod(0o755)
    return build / "portal"
