# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an application may say: who will have access, and which earlier one it copies. What its words mean is for the match, in
test_licensing.py."""
import uuid

import pytest

from stack import Client
from trust import sensor_schema

LIC = "/licensing/v1"
WANTED = {"pool": "air", "purpose": "PG.HEALTH", "actions": ["read"], "columns": ["at"], "modes": ["download"], "region": "IE",
          "duration_days": 30, "project": "A project of the tests."}


@pytest.fixture(scope="module", autouse=True)
def pool(trust):
    """A pool that is open without its vote."""
    trust.open_pool("air", "Air", sensor_schema())


def person(trust, name):
    """A signatory of an organisation of their own."""
    email = f"{name}@{name}.example"
    made = trust.public.post(f"{LIC}/organisations", {"name": name, "country": "IE", "class": "university", "person": name, "email": email}).json
    return trust.add(name, made["invite"], email)


@pytest.fixture(scope="module")
def uni(trust):
    return person(trust, "uni")


@pytest.fixture(scope="module")
def firm(trust):
    return person(trust, "firm")


def pointers(answer):
    assert answer.status == 422 and answer.json["type"].endswith("/invalid"), answer.raw
    return [error["pointer"] for error in answer.json["errors"]]


def test_people_with_access_are_kept(uni):
    people = [{"name": "Ada Byron", "role": "statistician"}, {"name": "Grâce Hopper", "role": "data steward"}]
    made = uni.post(f"{LIC}/applications", {**WANTED, "people": people}).json
    assert made["people"] == people
    changed = uni.patch(f"{LIC}/applications/{made['id']}", {"people": people[:1]}, headers={"If-Match": '"v1"'}).json
    assert changed["people"] == people[:1]


@pytest.mark.parametrize("one, pointer", [
    ("Ada", "/people/1"), (None, "/people/1"), ([], "/people/1"), ({"name": "Ada", "role": "r", "email": "a@b.example"}, "/people/1"),
    ({"name": "Ada"}, "/people/1/role"), ({"role": "r"}, "/people/1/name"), ({"name": "Ada", "mail": "r"}, "/people/1/role"),
    ({"name": " ", "role": "r"}, "/people/1/name"), ({"name": "Ada", "role": "x" * 481}, "/people/1/role"),
    ({"name": "Ada", "role": 1}, "/people/1/role"), ({"name": "Ada\u0007", "role": "r"}, "/people/1/name")])
def test_people_that_are_none(uni, trust, one, pointer):
    before = trust.sql("SELECT count(*) FROM licensing.application")
    body = {**WANTED, "people": [{"name": "Ada", "role": "r"}, one]}
    assert pointers(uni.send("POST", f"{LIC}/applications", body)) == [pointer]
    assert trust.sql("SELECT count(*) FROM licensing.application") == before
    made = uni.post(f"{LIC}/applications", WANTED).json
    assert pointers(uni.send("PATCH", f"{LIC}/applications/{made['id']}", {"people": body["people"]}, {"If-Match": '"v1"'})) == [pointer]


def test_copy_of_an_own_application(uni):
    first = uni.post(f"{LIC}/applications", WANTED).json
    assert uni.post(f"{LIC}/applications", {**WANTED, "copied_from": first["id"]})["copied_from"] == first["id"]


def test_copy_of_a_foreign_application(trust, uni, firm):
    foreign = firm.post(f"{LIC}/applications", WANTED).json
    assert isinstance(uni, Client) and firm.get(f"{LIC}/applications/{foreign['id']}").status == 200
    for source in (foreign["id"], str(uuid.uuid4())):
        assert pointers(uni.send("POST", f"{LIC}/applications", {**WANTED, "copied_from": source})) == ["/copied_from"]


def test_a_bundle_groups_applications(uni, firm):
    """One project that needs several pools or purposes: each is an application of its own, and keeps what they belong to when copied or changed."""
    bundle = str(uuid.uuid4())
    made = [uni.post(f"{LIC}/applications", {**WANTED, "purpose": purpose, "bundle_id": bundle}).json for purpose in ("PG.HEALTH", "PG.STATS")]
    alone = uni.post(f"{LIC}/applications", WANTED).json
    uni.patch(f"{LIC}/applications/{made[0]['id']}", {"region": "DE"}, headers={"If-Match": '"v1"'})
    listed = uni.get(f"{LIC}/applications?limit=100").json["items"]
    assert {a["id"] for a in listed if a["bundle_id"] == bundle} == {a["id"] for a in made} and alone["bundle_id"] is None
    assert pointers(firm.send("POST", f"{LIC}/applications", {**WANTED, "bundle_id": "x"})) == ["/bundle_id"]
