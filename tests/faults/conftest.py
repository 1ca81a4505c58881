# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of the fault tests: the cluster and the trusts are those of the API tests."""
import pathlib
import sys

API = pathlib.Path(__file__).resolve().parents[1] / "api"
sys.path[:0] = [str(API), str(pathlib.Path(__file__).resolve().parent)]

from trusts import fresh_trust, pytest_runtest_makereport, stack  # noqa: E402,F401
