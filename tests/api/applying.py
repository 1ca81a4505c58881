# SPDX-License-Identifier: AGPL-3.0-or-later
"""A trust in which applications can be made at once: a pool with terms, consents enough for their cohorts, organisations and their people.
Terms and consents are written past governance and members, since the tests here are about what licensing makes of them."""
import contextlib
import hashlib
import json
import uuid

import psycopg2

from stack import eventually
from trust import LIC, sensor_schema, sensor_terms

COUNCIL = ["eva", "fay", "gil", "hal", "ida"]
WANTED = {"pool": "air", "purpose": "PG.CLIMATE", "actions": ["read"], "columns": ["lat", "lon", "at", "pm10"], "modes": ["download", "query"],
          "region": "IE", "duration_days": 90, "project": "Where the air is worst."}
#: No test of this kind may run out of a deadline of the charter.
LONG = {"durations": {"appeal_seconds": 86400, "council_case_seconds": 86400}}


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def as_owner(trust, *statements, before=()):
    """SQLSTATE of statements (text or (text, arguments)) by the owner of licensing, with every guard and constraint as it is for everybody; None:
    they would stand. Nothing is kept."""
    with contextlib.closing(psycopg2.connect(trust.database)) as connection, connection.cursor() as cursor:
        for statement in before:
            cursor.execute(statement)
        try:
            cursor.execute("SET ROLE ch_licensing_owner")
            for statement in statements:
                cursor.execute(*([statement] if isinstance(statement, str) else statement))
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            return None
        except psycopg2.Error as error:
            return error.pgcode


def enact_terms(trust, doc, amends_after=None):
    """A version of terms in force, with the proposal that carried it as far as licensing looks at it."""
    text, proposal = canonical(doc), str(uuid.uuid4())
    digest = hashlib.sha256(text.encode()).hexdigest()
    effect = {"schema": "terms_version", "document": doc}
    if amends_after is not None:
        effect["amends_agreements_after_seconds"] = amends_after
    quote = lambda value: "'" + value.replace("'", "''") + "'"
    trust.unguarded(
        f"INSERT INTO governance.proposal_version (proposal_id, version, title, body_text, effect, effect_canonical, at) VALUES "
        f"('{proposal}', 1, 'Terms', 'Terms', {quote(canonical(effect))}, {quote(canonical(effect))}, now())")
    rewrite(trust, "governance.terms_version", "enacted",
        f"INSERT INTO governance.terms_version (id, pool, version, doc, canonical, sha256, proposal_id, from_at) VALUES "
        f"('{uuid.uuid4()}', '{doc['pool']}', {doc['version']}, {quote(text)}, {quote(text)}, '{digest}', '{proposal}', clock_timestamp())")
    return digest


def rewrite(trust, table, trigger, statement):
    """Changes rows that a guard keeps for ever: time cannot be waited for here."""
    trust.unguarded(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}", statement, f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")


def consent(trust, purpose, recipient_class, members=6):
    """So many members consent; what they gave is not looked at here."""
    trust.unguarded(
        "INSERT INTO licensing.consent_current (pool_id, purpose, recipient_class, member_id, event_id, permits, explicit, notice, at) "
        f"SELECT p.pool_id, '{purpose}', '{recipient_class}', log.new_id(), log.new_id(), true, false, 1, now() "
        f"FROM licensing.pool AS p, generate_series(1, {members}) WHERE p.ref = 'air'")


def prepare(trust):
    """Pool `air` with terms, consents for PG.CLIMATE and COM.INSIGHT, a university `uni` with an applicant `ann`, a company `firm`."""
    trust.open_pool("air", "Air", sensor_schema())
    doc = sensor_terms("air")
    doc["tiers"][0]["purposes"] += ["PG.MOBILITY", "PG.EDU"]
    enact_terms(trust, doc)
    for purpose, recipient in (("PG.CLIMATE", "university"), ("PG.STATS", "university"), ("PG.EDU", "university"), ("COM.INSIGHT", "company")):
        consent(trust, purpose, recipient)
    trust.register_organisation("uni", "University", "IE", "university", "lin")
    trust.register_organisation("firm", "Firm", "IE", "company", "lin")
    trust.attest("uni")
    added = trust["uni"].post(f"{LIC}/organisations/{trust.organisations['uni']}/persons",
                              {"person": "Ann", "email": "ann@uni.example", "role": "applicant"}).json
    trust.add("ann", added["invite"], "ann@uni.example")
    trust.ids = {"uni": person_of(trust, "uni"), "ann": added["id"], "firm": person_of(trust, "firm")}
    for name in ("lin", "eva", "fay", "gil", "hal", "ida", "tess", "ada"):
        trust.ids[name] = trust[name].get("/portal/v1/sign-ins/current").json["subject"]
    return doc


def person_of(trust, name):
    return trust.sql("SELECT person_id::text FROM licensing.person_of_organisation WHERE organisation_id = %s", trust.organisations[name])[0][0]


def apply(trust, who="uni", **changes):
    """Submitted, and matched."""
    made = trust[who].post(f"{LIC}/applications", {**WANTED, **changes}).json
    trust[who].post(f"{LIC}/applications/{made['id']}/submit", {})
    return settled(trust, who, made["id"])


def settled(trust, who, identifier):
    return eventually("a matched application", lambda: (lambda a: a if a["state"] != "screening" else None)(
        trust[who].get(f"{LIC}/applications/{identifier}").json))


def wait_for_state(trust, who, identifier, state):
    return eventually(f"application to be {state}", lambda: (lambda a: a if a["state"] == state else None)(
        trust[who].get(f"{LIC}/applications/{identifier}").json))


def approved(trust, who="uni", **changes):
    """Offered, by the council where it must decide."""
    application = apply(trust, who, **changes)
    if application["state"] == "council_review":
        trust.decide_case(COUNCIL, application["id"])
    return wait_for_state(trust, who, application["id"], "offered")


def agreed(trust, who="uni", **changes):
    return trust.accept_offer(who, approved(trust, who, **changes)["offer_id"])
