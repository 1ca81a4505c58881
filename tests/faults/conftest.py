# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of the fault tests: the cluster and the trusts are those of the API tests."""
import importlib.util
import pathlib
import sys

API = pathlib.Path(__file__).resolve().parents[1] / "api"
sys.path[:0] = [str(API), str(pathlib.Path(__file__).resolve().parent)]

_spec = importlib.util.spec_from_file_location("api_conftest", API / "conftest.py")
_api = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_api)

stack = _api.stack
fresh_trust = _api.fresh_trust
pytest_runtest_makereport = _api.pytest_runtest_makereport
