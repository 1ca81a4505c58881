# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests per second of one grant, over all processes of the daemon, with the fields clients look at."""
import re
import time

import pytest

from test_metering import World

RATE, BURST = 4, 12


@pytest.fixture(scope="module")
def world(stack):
    trust = stack.trust(settings={"common": {"processes": 2}, "metering": {"requests_per_second": RATE, "requests_burst": BURST}})
    made = World(trust, stack)
    made.pool("long")
    made.write(lambda c: [made.contribution(c, "long", f"m{i}", 0) for i in range(6)])
    made.grant("long", "long", cohort=1)
    made.grant("other", "long", cohort=1)
    yield made
    stack.release(trust)


def ask(world, name):
    return world.rows("?limit=1", name, "long")


def left(answer):
    return int(re.fullmatch(r'"grant";r=(\d+);t=\d+', answer.headers["RateLimit"])[1])


def test_a_grant_has_its_burst_and_then_its_rate_whatever_the_process(world):
    begun = time.monotonic()
    answers = [ask(world, "long") for _ in range(3 * BURST)]  # each on a connection of its own: both processes answer
    took = time.monotonic() - begun
    refused = [a for a in answers if a.status == 429]
    allowed = len(answers) - len(refused)
    assert BURST <= allowed <= BURST + RATE * took + 1 and refused
    assert [left(a) for a in answers[:BURST // 2]] == sorted((left(a) for a in answers[:BURST // 2]), reverse=True)
    for answer in answers:
        assert answer.headers["RateLimit-Policy"] == f'"grant";q={BURST};w={BURST // RATE}'
    for answer in refused:
        assert answer.slug == "too_many_requests" and answer.headers["Retry-After"] == "1" and left(answer) == 0
        assert f"{RATE} requests a second" in answer.json["detail"]
    assert ask(world, "other").status != 429


def test_after_a_pause_it_may_again(world):
    while ask(world, "other").status != 429:
        pass
    time.sleep(1 / RATE + 0.05)  # the pause that Retry-After asks for, to the request
    assert ask(world, "other").status != 429
