# SPDX-License-Identifier: AGPL-3.0-or-later
"""Access tokens of a grant for people: what a page of the trust reads with, and what somebody takes to a program of theirs. They say what a program's own
token says, and die with it."""
import base64
import json
import uuid

import pytest

from granted import Granted

LIC, COOKIE = "/licensing/v1", {"as": "cookie"}
TEXT = {"as": "text"}


@pytest.fixture(scope="module")
def world(stack):
    trust = stack.trust(sign_in=False)
    made = Granted(trust, stack)
    made.active = made.grant(attest_days=365)
    yield made
    stack.release(trust)


def path(grant):
    return f"{LIC}/grants/{grant}/access-tokens"


def slug(answer):
    return answer.status, answer.json["type"].split("/")[-1]


def claims_of(token):
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]


def rows(world, **headers):
    return world.trust.public.send("GET", f"/metering/v1/pools/{world.ref}/rows?select=device", headers={"Accept": "application/x-ndjson", **headers})


def cookies(answer):
    return [value for name, value in answer.headers.items() if name.lower() == "set-cookie" and value.startswith("ch_grant=")]


@pytest.mark.parametrize("role", ["S", "A"])
def test_as_text(world, role):
    answer = world.client(role).post(path(world.active), TEXT)
    head, claims = claims_of(answer["access_token"])
    assert answer.status == 201 and (answer["token_type"], answer["scope"]) == ("Bearer", f"grant:{world.active}") and not cookies(answer)
    assert head["typ"] == "at+jwt" and (claims["sub"], claims["client_id"], claims["aud"]) == (world.people[role], "portal", "metering")
    assert (claims["grant"], claims["pool"], claims["org"]) == (world.active, world.ref, world.organisation)
    assert 0 < answer["expires_in"] == claims["exp"] - claims["iat"] <= 600


def test_a_program_takes_it(world):
    """The token opens the door; what is behind it (here: a column the grant does not give) is metering's to say."""
    token = world.client("A").post(path(world.active), TEXT)["access_token"]
    assert slug(rows(world, Authorization=f"Bearer {token}")) == (403, "column_not_granted")
    assert slug(rows(world, Authorization=f"Bearer {token}x")) == (401, "token_refused")


def test_as_cookie(world):
    answer = world.client("A").post(path(world.active), COOKIE)
    (cookie,) = cookies(answer)
    value, *attributes = [part.strip() for part in cookie.split(";")]
    assert answer["access_token"] is None and {"HttpOnly", "SameSite=Strict", "Path=/metering/v1/pools"} <= set(attributes)
    assert slug(rows(world, Cookie=value)) == (403, "column_not_granted")
    assert slug(rows(world, Cookie=f"ch_token=x; {value}")) == (403, "column_not_granted")
    assert slug(world.trust.public.send("GET", f"{LIC}/grants", headers={"Cookie": value})) == (401, "not_signed_in"), "it opens nothing else"


def test_two_are_two(world):
    first, second = (world.client("A").post(path(world.active), TEXT)["access_token"] for _ in range(2))
    assert claims_of(first)[1]["jti"] != claims_of(second)[1]["jti"]


def test_who_may_not(world):
    assert slug(world.trust.public.send("POST", path(world.active), TEXT)) == (401, "not_signed_in")
    assert slug(world.client("X").send("POST", path(world.active), TEXT)) == (404, "not_found")
    assert slug(world.client("A").send("POST", path(uuid.uuid4()), TEXT)) == (404, "not_found")
    assert slug(world.client("A").send("POST", path("none"), TEXT)) == (404, "not_found")
    assert slug(world.client("B").send("POST", path(world.active), TEXT)) == (403, "forbidden")


@pytest.mark.parametrize("body", [{}, {"as": "jwt"}, {"as": "text", "grant": "x"}])
def test_what_cannot_be_read(world, body):
    assert slug(world.client("A").send("POST", path(world.active), body)) == (422, "invalid")


def test_it_dies_with_the_grants_next_change(world):
    grant = world.grant()
    token = world.client("S").post(path(grant), TEXT)["access_token"]
    world.client("S").post(f"{LIC}/grants/{grant}/close", {"cause": "done"})
    assert rows(world, Authorization=f"Bearer {token}").status in (401, 403)
    assert slug(world.client("S").send("POST", path(grant), TEXT)) == (403, "grant_not_active")
