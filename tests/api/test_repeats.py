# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a repeat of a keyed write is answered: the same again, whatever became of the one who asked; a fresh invite in place of the lost
one; and that no code stays in the clear and no answer longer than a day."""
import uuid

import pytest

from stack import PASSWORD, Client
from trust import sensor_schema, sensor_terms

GOV, LIC, PAY = "/governance/v1", "/licensing/v1", "/payout/v1"


def key():
    return {"Idempotency-Key": uuid.uuid4().hex}


def address():
    return f"r{uuid.uuid4().hex[:12]}@repeats.example"


def accept(trust, code, email):
    return Client(trust.base).send("POST", f"/portal/v1/invites/{code}/accept", {"email": email, "password": PASSWORD})


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


def kept_in_clear(trust, *codes):
    return [code for code in codes if trust.sql("SELECT FROM log.idempotency AS i WHERE strpos(i::text, %s) > 0", code)]


def organisation(email):
    return {"name": "Institute of the Quay", "country": "IE", "class": "university", "person": "Ada Signatory", "email": email}


@pytest.fixture(scope="module")
def signatory(trust):
    """A signatory of a registered organisation, signed in: (client, organisation id)."""
    email = address()
    made = trust.public.post(f"{LIC}/organisations", organisation(email)).json
    person = trust.add("signatory", made["invite"], email)
    return person, made["id"]


def repeated(trust, ask, email):
    """Asks twice with one key: all but the invite is the same, the first code is dead, the second opens the account, a third answer has none."""
    headers = key()
    first, second = ask(headers).json, ask(headers).json
    assert first["invite"] and second["invite"] and first["invite"] != second["invite"]
    assert {**first, "invite": 0} == {**second, "invite": 0}
    assert not kept_in_clear(trust, first["invite"], second["invite"])
    assert slug(accept(trust, first["invite"], email)) == "invite_used"
    assert accept(trust, second["invite"], email).status == 201
    assert ask(headers).json == {**first, "invite": None}


def test_invite_of_an_organisation(trust):
    email = address()
    repeated(trust, lambda headers: trust.public.post(f"{LIC}/organisations", organisation(email), headers=headers), email)


def test_invite_of_an_added_person(trust, signatory):
    client, id_ = signatory
    email = address()
    body = {"person": "Second Person", "email": email, "role": "applicant"}
    repeated(trust, lambda headers: client.post(f"{LIC}/organisations/{id_}/persons", body, headers=headers), email)


def test_invite_of_a_member(trust):
    email = address()
    body = {"class": "U", "display_name": "Noa Berg", "email": email}
    repeated(trust, lambda headers: trust.public.post(f"{GOV}/membership-applications", body, headers=headers), email)


def test_invite_of_who_is_admitted(trust):
    email = address()
    made = trust.public.post(f"{GOV}/membership-applications", {"class": "W", "display_name": "Noa Berg", "email": email}).json
    assert made["invite"] is None
    repeated(trust, lambda headers: trust["mo"].post(f"{GOV}/membership-applications/{made['id']}/decide", {"admit": True}, headers=headers), email)


def test_keys_of_two_applicants_do_not_meet(trust):
    headers, bodies = key(), [{"class": "U", "display_name": "Noa Berg", "email": address()} for _ in range(2)]
    made = [trust.public.post(f"{GOV}/membership-applications", body, headers=headers).json for body in bodies]
    assert made[0]["id"] != made[1]["id"]
    other = trust.public.send("POST", f"{GOV}/membership-applications", {**bodies[0], "class": "C"}, headers)
    assert (other.status, slug(other)) == (409, "idempotency_conflict")


def test_another_address_is_another_request(trust, signatory):
    client, id_ = signatory
    headers, body = key(), {"person": "Third Person", "email": address(), "role": "applicant"}
    client.post(f"{LIC}/organisations/{id_}/persons", body, headers=headers)
    other = client.send("POST", f"{LIC}/organisations/{id_}/persons", {**body, "email": address()}, headers)
    assert (other.status, slug(other)) == (409, "idempotency_conflict")


def test_who_may_not_invite_any_more_gets_no_code(trust, signatory):
    client, id_ = signatory
    headers, body = key(), {"person": "Fourth Person", "email": address(), "role": "applicant"}
    first = client.post(f"{LIC}/organisations/{id_}/persons", body, headers=headers).json
    trust.sql("UPDATE licensing.person_of_organisation SET role = 'applicant' WHERE person_id = %s", client.subject)
    try:
        assert client.send("POST", f"{LIC}/organisations/{id_}/persons", {**body, "email": address()}).status == 403
        assert client.post(f"{LIC}/organisations/{id_}/persons", body, headers=headers).json == {**first, "invite": None}
    finally:
        trust.sql("UPDATE licensing.person_of_organisation SET role = 'signatory' WHERE person_id = %s", client.subject)
    assert accept(trust, first["invite"], body["email"]).status == 201, "the first code is as it was"


def test_client_secret_is_shown_once(trust, signatory):
    client, _ = signatory
    headers, body = key(), {"name": "reader"}
    first = client.post(f"{LIC}/clients", body, headers=headers).json
    assert first["client_secret"] and not kept_in_clear(trust, first["client_secret"])
    assert client.post(f"{LIC}/clients", body, headers=headers).json == {**first, "client_secret": None}


# -- whatever became of the one who asked ---------------------------------

class Standing:
    """Takes from somebody what let them act and gives it back."""

    def __init__(self, trust, taken, given_back):
        self.trust, self.taken, self.given_back = trust, taken, given_back

    def __enter__(self):
        self.trust.unguarded(self.taken)

    def __exit__(self, *failure):
        self.trust.unguarded(self.given_back)


def suspended(trust, name):
    """Offices rest while their holder is suspended."""
    def move(standing):
        return f"SELECT governance.write_standing('{trust[name].subject}', '{standing}', NULL, 'a test')"
    return Standing(trust, move("suspended"), move("active"))


def without_organisation(trust, client):
    return Standing(trust, f"UPDATE licensing.person_of_organisation SET left_at = now() WHERE person_id = '{client.subject}'",
                    f"UPDATE licensing.person_of_organisation SET left_at = NULL WHERE person_id = '{client.subject}'")


def same_whatever_happens(client, method, path, body, other, gone, status=403):
    """With `gone` a new request is refused, the repeat is answered as the first time, and the key with another body is a conflict."""
    headers = key()
    first = client.send(method, path, body, headers)
    assert first.status in (200, 201), first.raw
    with gone:
        assert client.send(method, path, body, key()).status == status
        again = client.send(method, path, body, headers)
        assert (again.status, again.json) == (first.status, first.json), again.raw
        conflict = client.send(method, path, other, headers)
        assert (conflict.status, slug(conflict)) == (409, "idempotency_conflict")


@pytest.fixture(scope="module")
def pool(trust):
    """A pool that is open without its vote."""
    return trust.open_pool("harbour", "Air of the harbour", sensor_schema())


def test_repeat_by_who_was_officer(trust, signatory):
    pool = {"ref": "quay", "title": "Noise of the quay", "schema": sensor_schema()}
    same_whatever_happens(trust["lin"], "POST", f"{LIC}/pools", pool, {**pool, "title": "Another"}, suspended(trust, "lin"))
    verdict = {"class": "university", "evidence": "register extract seen"}
    same_whatever_happens(trust["lin"], "POST", f"{LIC}/organisations/{signatory[1]}/verify-class", verdict, {**verdict, "class": "company"},
                          suspended(trust, "lin"))


def test_repeat_by_who_left_the_organisation(trust, signatory, pool):
    client, id_ = signatory
    gone = without_organisation(trust, client)
    statement = {"kind": "non_commercial", "statement": "Research only."}
    same_whatever_happens(client, "POST", f"{LIC}/organisations/{id_}/attestations", statement, {**statement, "statement": "Else."}, gone, 404)
    wanted = {"pool": pool, "purpose": "PG.HEALTH", "actions": ["read"], "columns": ["at"], "modes": ["download"], "region": "IE",
              "duration_days": 30, "project": "A project."}
    same_whatever_happens(client, "POST", f"{LIC}/applications", wanted, {**wanted, "pool": "nowhere"}, gone)


def test_repeat_of_a_draft_of_terms(trust, pool):
    terms = {"doc": sensor_terms(pool)}
    same_whatever_happens(trust["ada"], "POST", f"{LIC}/terms", terms, {"doc": {**terms["doc"], "version": 2}}, suspended(trust, "ada"))
    headers, made = key(), trust["ada"].post(f"{LIC}/terms", {"doc": {**terms["doc"], "version": 3}}).json
    changed = {"doc": {**terms["doc"], "version": 4}}
    first = trust["ada"].put(f"{LIC}/terms/{made['id']}", changed, headers={**headers, "If-Match": '"v1"'})
    again = trust["ada"].put(f"{LIC}/terms/{made['id']}", changed, headers={**headers, "If-Match": '"v1"'})
    assert first.status == again.status == 200 and first.json == again.json


def test_repeat_by_the_treasurer_of_then(trust):
    account = {"name": "main", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX", "holder": "The Trust"}
    same_whatever_happens(trust["tess"], "POST", f"{PAY}/bank-accounts", account, {**account, "holder": "Else"}, suspended(trust, "tess"))


def test_first_half_of_an_invoice_replays_too(trust, signatory):
    """C loads, computes and stores: the load already finds the kept answer, before it asks who is treasurer."""
    tess, name = trust["tess"].subject, uuid.uuid4().hex
    load = "SELECT (payout.load_parties(%s, %s, %s, '[]', %s)).*"
    assert trust.sql(load, tess, name, signatory[1], '{"a": 1}')[0][0] == "ok"
    trust.sql("SELECT log.remember('payout', %s, %s, 'create_invoice', '{\"a\": 1}', log.answer('created', '{\"id\": 7}'))", tess, name)
    with suspended(trust, "tess"):
        assert trust.sql(load, tess, uuid.uuid4().hex, signatory[1], '{"a": 1}')[0][0] == "forbidden"
        assert trust.sql(load, tess, name, signatory[1], '{"a": 1}') == [("created", {"id": 7})]
        assert trust.sql(load, tess, name, signatory[1], '{"a": 2}')[0][0] == "idempotency_conflict"


def test_answers_are_forgotten_after_a_day(trust):
    headers, body = key(), {"class": "U", "display_name": "Noa Berg", "email": address()}
    first = trust.public.post(f"{GOV}/membership-applications", body, headers=headers).json
    name = headers["Idempotency-Key"]
    trust.sql("UPDATE log.idempotency SET at = at - interval '23 hours 50 minutes' WHERE key = %s", name)
    assert trust.public.post(f"{GOV}/membership-applications", body, headers=headers)["id"] == first["id"]
    trust.sql("UPDATE log.idempotency SET at = at - interval '20 minutes' WHERE key = %s", name)
    trust.wait_sql("the clock to forget the answer", "SELECT count(*) = 0 FROM log.idempotency WHERE key = %s", name)
    late = trust.public.send("POST", f"{GOV}/membership-applications", body, headers)
    assert (late.status, slug(late)) == (409, "already_applied")
