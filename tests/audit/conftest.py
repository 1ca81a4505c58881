# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of the auditor's tests: the cluster and the trusts are those of the API tests."""
import importlib.util
import json
import pathlib
import sys

import pytest

API = pathlib.Path(__file__).resolve().parents[1] / "api"
sys.path[:0] = [str(API), str(pathlib.Path(__file__).resolve().parent)]

_spec = importlib.util.spec_from_file_location("api_conftest", API / "conftest.py")
_api = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_api)

stack = _api.stack
fresh_trust = _api.fresh_trust
pytest_runtest_makereport = _api.pytest_runtest_makereport

from auditing import Books, clean  # noqa: E402
from base import Scenario  # noqa: E402


@pytest.fixture(scope="session")
def base(stack, tmp_path_factory):
    """The scenario of base.py, its daemon stopped, after one clean audit: the template of every fault."""
    trust = stack.trust(sign_in=False)
    folder = tmp_path_factory.mktemp("base")
    (folder / "charter.json").write_text(json.dumps(trust.charter))
    scenario = Scenario(trust, folder)
    scenario.run()
    trust.stop()
    books = Books(stack.admin, "audit_base", trust.name, scenario.folder)
    stack.release(trust)
    books.as_of = books.one("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
    yield clean(books)
    books.drop()


@pytest.fixture
def books(stack, base):
    copy = base.copy("audit_copy")
    yield copy
    copy.drop()


def pytest_collection_modifyitems(items):
    """Tests on one base run in one process."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.module.__name__ if hasattr(item.module, "base") else "base"))
