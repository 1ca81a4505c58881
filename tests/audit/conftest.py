# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of the auditor's tests: the cluster and the trusts are those of the API tests."""
import json
import pathlib
import sys

import pytest

API = pathlib.Path(__file__).resolve().parents[1] / "api"
sys.path[:0] = [str(API), str(pathlib.Path(__file__).resolve().parent)]

from trusts import fresh_trust, pytest_runtest_makereport, stack  # noqa: E402,F401

from anchors import Anchors  # noqa: E402
from auditing import Books, clean  # noqa: E402
from base import Scenario  # noqa: E402


@pytest.fixture(scope="session")
def base(stack, tmp_path_factory):
    """The scenario of base.py, its daemon stopped, after one clean audit: the template of every fault."""
    folder = tmp_path_factory.mktemp("base")
    anchors = Anchors(folder / "anchors", stack)
    trust = stack.trust(sign_in=False, settings=anchors.settings)
    (folder / "charter.json").write_text(json.dumps(trust.charter))
    scenario = Scenario(trust, folder)
    scenario.run()
    anchors.keep(trust, scenario.folder)
    trust.stop()
    anchors.close()
    books = Books(stack.admin, "audit_base", trust.name, scenario.folder)
    stack.release(trust)
    yield clean(books.stop_clock())
    books.drop()


@pytest.fixture
def books(stack, base):
    copy = base.copy("audit_copy")
    yield copy
    copy.drop()


@pytest.hookimpl(tryfirst=True)  # before the marks are read
def pytest_collection_modifyitems(items):
    """Tests on one base run in one process, which makes it once; the others file by file."""
    for item in items:
        shares = "base" in item.fixturenames and not hasattr(item.module, "base")
        item.add_marker(pytest.mark.xdist_group("base" if shares else item.module.__name__))
