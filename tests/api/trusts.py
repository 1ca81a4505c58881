# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of every folder of tests that runs real services: the private cluster and the trusts on it. A test that fails shows the end of the
log of every daemon that ran at the time."""
import shutil
import tempfile

import pytest

from stack import BIN, Stack

TAIL = 6000


@pytest.fixture(scope="session")
def stack():
    """The private cluster, once per session. Its folder is none of pytest's own, which the server's user cannot enter."""
    if not (BIN / "commonholdd").exists():
        pytest.fail(f"{BIN}/commonholdd is not built: make")
    folder = tempfile.mkdtemp(prefix="commonhold-stack.")
    try:
        made = Stack(folder)
        yield made
        made.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def trust(stack):
    """A trust of this test file alone: founded, running, its founders signed in."""
    made = stack.trust()
    yield made
    stack.release(made)


@pytest.fixture
def fresh_trust(stack):
    """A trust of this test alone."""
    made = stack.trust()
    yield made
    if made in stack.trusts:
        stack.release(made)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        stack_used = getattr(item, "funcargs", {}).get("stack")
        for running in stack_used.trusts if stack_used else []:
            report.sections.append((f"log of {running.name} ({running.log_path})", running.log_text()[-TAIL:]))
