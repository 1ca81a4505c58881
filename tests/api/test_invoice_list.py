# SPDX-License-Identifier: AGPL-3.0-or-later
"""The list of invoices, of one grant where one is named: a licensee sees what was issued for it, nobody sees what is another's."""
import uuid

import pytest

from granted import Granted

PAY = "/payout/v1"


@pytest.fixture(scope="module")
def world(stack):
    trust = stack.trust(sign_in=False)
    made = Granted(trust, stack)
    made.first, made.second = made.grant(), made.grant(purpose="PG.EDU")
    made.invoices = {grant: issue(made, grant) for grant in (made.first, made.second)}
    made.draft = draft(made, made.first)
    yield made
    stack.release(trust)


def draft(world, grant):
    line = {"text": "Readings", "net": {"minor": 1000, "currency": "EUR"}, "pool": world.ref, "first": "2026-01-01", "last": "2026-01-31"}
    return world.client("T").post(f"{PAY}/invoices", {"licensee": world.organisation, "grant_id": grant, "lines": [line]})["id"]


def issue(world, grant):
    return world.client("T").post(f"{PAY}/invoices/{draft(world, grant)}/issue-invoice")["id"]


def listed(world, who, query=""):
    return [one["id"] for one in world.client(who).get(f"{PAY}/invoices{query}").json["items"]]


def test_those_of_a_grant(world):
    for grant, invoice in world.invoices.items():
        assert listed(world, "A", f"?grant={grant}") == [invoice]
    assert set(listed(world, "A")) == set(world.invoices.values()), "a draft is the treasurer's"
    assert listed(world, "T", f"?grant={world.first}") == [world.draft, world.invoices[world.first]]


def test_page_by_page(world):
    page = world.client("T").get(f"{PAY}/invoices?grant={world.first}&limit=1").json
    assert [one["id"] for one in page["items"]] == [world.draft]
    assert listed(world, "T", f"?grant={world.first}&limit=1&after={page['next']}") == [world.invoices[world.first]]


def test_a_grant_of_others_or_of_nobody_has_none(world):
    assert listed(world, "X", f"?grant={world.first}") == [] == listed(world, "A", f"?grant={uuid.uuid4()}")


def test_who_may_not(world):
    for who, status, slug in ((world.trust.public, 401, "not_signed_in"), (world.client("N"), 403, "forbidden")):
        answer = who.send("GET", f"{PAY}/invoices?grant={world.first}")
        assert (answer.status, answer.json["type"].split("/")[-1]) == (status, slug)
    answer = world.client("A").send("GET", f"{PAY}/invoices?grant=air")
    assert (answer.status, answer.json["type"].split("/")[-1]) == (400, "bad_request")
