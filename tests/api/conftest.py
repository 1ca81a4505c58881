# SPDX-License-Identifier: AGPL-3.0-or-later
"""The API tests: every test fails in which somebody got an answer that docs/api does not promise."""
import pytest

from documented import Watch
from stack import Client
from trusts import fresh_trust, pytest_runtest_makereport, stack, trust  # noqa: F401


@pytest.fixture(scope="session", autouse=True)
def watch():
    made, once = Watch(), Client._once

    def watched(client, method, path, body, headers):
        answer = once(client, method, path, body, headers)
        made.look(method, path, answer)
        return answer
    Client._once = watched
    yield made
    Client._once = once


@pytest.fixture(autouse=True)
def every_answer_is_documented(watch):
    yield
    assert watch.take() == []
