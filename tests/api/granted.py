# SPDX-License-Identifier: AGPL-3.0-or-later
"""Grants for tests of what happens to them, made in a trust of the stack without the weeks a real one takes: a pool, an organisation with
a signatory and an applicant, and as many agreements as wanted are written as the administrator; the grant itself is made by
licensing.make_grant, and everything after it happens as in life. Decisions of the board are rows that licensing reads."""
import base64
import datetime
import hashlib
import json
import time
import uuid

import psycopg2
from client import Client
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DAY = 86400
FREE = {"base": {"minor": 0, "currency": "EUR"}, "unit": {"minor": 0, "currency": "EUR"}, "unit_rows": 1, "free_rows": 0, "cap": None}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def thumbprint(x):
    return b64(hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest())


def public_x(key):
    return b64(key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))


class Granted:
    """A pool and a licensee in a trust; `people` are ids by role letter of the matrix, N is nobody concerned."""

    def __init__(self, trust, stack):
        self.trust, self.stack, self.connection = trust, stack, None
        self.pool, self.ref = str(uuid.uuid4()), "p" + uuid.uuid4().hex[:12]
        office = lambda body: trust.sql("SELECT member_id::text FROM governance.office_in_force WHERE body = %s AND (until_at IS NULL OR "
                                        "until_at > now()) LIMIT 1", body)[0][0]
        self.people = {"B": office("board"), "T": office("treasurer"), "H": office("licensing_officer"), "C": office("council"),
                       "N": trust.sql("SELECT member_id::text FROM governance.office_in_force WHERE body = 'membership_officer' LIMIT 1")[0][0]}
        self.disarm()
        schema = json.dumps({"fields": [{"name": "pm10", "type": "number", "ch:sensitivity": "none"}]}, sort_keys=True, separators=(",", ":"))
        trust.sql("INSERT INTO licensing.pool (pool_id, ref, title, schema, schema_canonical, schema_sha256, state, created_by) VALUES (%s, %s, 'Pool', %s, %s, %s, "
                  "'open', %s)", self.pool, self.ref, schema, schema, sha(schema), self.people["H"])
        self.organisation, self.people["S"], self.people["A"] = self.licensee("University")
        self.stranger, self.people["X"], _ = self.licensee("Another university")
        self.attest()
        self.decision = self.board_decision()

    def disarm(self):
        """What the votes and the council would have to do first, the administrator does."""
        for (name,) in self.trust.sql("SELECT evtname FROM pg_event_trigger"):
            self.trust.sql(f"ALTER EVENT TRIGGER {name} DISABLE")
        for table in ("proposal", "grant_order", "prohibition", "prohibition_lift", "council_case", "sanction", "panel_case"):
            self.trust.sql(f"ALTER TABLE governance.{table} DISABLE TRIGGER USER")
        self.trust.sql("ALTER TABLE governance.prohibition ENABLE ALWAYS TRIGGER wait_for_grants")
        self.trust.sql("ALTER TABLE licensing.application DISABLE TRIGGER USER")

    def licensee(self, name):
        organisation, signatory, applicant = (str(uuid.uuid4()) for _ in range(3))
        self.trust.sql("INSERT INTO licensing.organisation (organisation_id, name, country, claimed_class) VALUES (%s, %s, 'DE', 'university')",
                       organisation, name)
        self.trust.sql("INSERT INTO licensing.organisation_class (organisation_id, class, from_at, verified_by, evidence) "
                       "VALUES (%s, 'university', now(), %s, 'seen')", organisation, self.people["H"])
        for person, role in ((signatory, "signatory"), (applicant, "applicant")):
            self.trust.sql("INSERT INTO licensing.person_of_organisation (person_id, organisation_id, display_name, role) VALUES (%s, %s, %s, %s)",
                           person, organisation, role, role)
        return organisation, signatory, applicant

    def attest(self, days_ago=0, organisation=None):
        self.trust.sql("INSERT INTO licensing.attestation (id, organisation_id, kind, statement, attested_by, attested_at) VALUES "
                       "(%s, %s, 'non_commercial', 's', %s, now() - %s * interval '1 day')", str(uuid.uuid4()), organisation or self.organisation,
                       self.people["S"], days_ago)

    def grant(self, purpose="RES.ACADEMIC", days=300, started_days_ago=0, attest_days=None, duties=(), organisation=None, price=FREE):
        """Makes an agreement and its grant; active unless something holds it."""
        made = {what: str(uuid.uuid4()) for what in ("application", "evaluation", "offer", "agreement")}
        terms, organisation = "1" * 64, organisation or self.organisation
        if self.connection is None or self.connection.closed:
            self.connection = psycopg2.connect(self.trust.database)
        begin, end = self.trust.sql("SELECT date_trunc('second', now() - %s * interval '1 day'), date_trunc('second', now() + %s * interval '1 day')",
                                    started_days_ago, days)[0]
        body = {"id": made["agreement"], "purpose": purpose, "terms_sha256": terms, "licensee": organisation, "exclusive": False, "transferable": False,
                "not_after": end.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "pool": self.ref, "terms_version": 1, "org_class": "university", "rule": "P1", "tier": "free", "price": price,
                "actions": ["read"], "modes": ["download"], "columns": [{"name": "pm10", "rule": "keep"}], "notice_floor": 1, "min_cohort": 5,
                "special_category": False, "quotas": [], "attest_days": attest_days, "duties": list(duties)}
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
        with self.connection, self.connection.cursor() as c:
            c.execute("SET LOCAL session_replication_role = replica")
            c.execute("INSERT INTO licensing.application (id, organisation_id, pool_id, applicant, state, purpose, actions, columns, modes, region, "
                      "duration_days, project) VALUES (%s, %s, %s, %s, 'agreed', %s, '{read}', '{pm10}', '{download}', 'DE', 90, 'A study')",
                      (made["application"], organisation, self.pool, self.people["A"], purpose))
            c.execute("INSERT INTO licensing.evaluation (id, subject, terms_sha256, input, output, decision, evaluator) VALUES "
                      "(%s, %s, %s, '{}', '{}', 'permit', 1)", (made["evaluation"], made["application"], terms))
            c.execute("INSERT INTO licensing.offer (id, application_id, evaluation_id, body, sha256, agreement, agreement_hash, valid_until) VALUES "
                      "(%s, %s, %s, '{}', %s, %s, %s, now())", (made["offer"], made["application"], made["evaluation"],
                                                                 sha("o" + made["offer"]), canonical, sha(canonical)))
            c.execute("SET LOCAL session_replication_role = origin")
            c.execute("INSERT INTO licensing.agreement (id, offer_id, organisation_id, pool_id, purpose, terms_sha256, sha256, body, canonical, exclusive, "
                      "transferable, from_at, until_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, false, false, %s, %s)",
                      (made["agreement"], made["offer"], organisation, self.pool, purpose, terms, sha(canonical), canonical, canonical, begin, end))
            c.execute("INSERT INTO licensing.agreement_signature (agreement_id, party, method, signed, signature) VALUES "
                      "(%s, 'licensee', 'session', '{}', NULL), (%s, 'trust', 'jws', '{}', 'x')", (made["agreement"], made["agreement"]))
            c.execute("SELECT pg_advisory_xact_lock(licensing.pool_lock(%s))", (self.pool,))
            c.execute("SELECT licensing.make_grant(%s, %s)::text", (made["agreement"], made["evaluation"]))
            return c.fetchone()[0]

    # -- what others decide ------------------------------------------------

    def board_decision(self):
        id_ = str(uuid.uuid4())
        self.trust.sql("INSERT INTO governance.proposal (id, type, state, state_at, author, subject, created_at) VALUES (%s, 'board_decision', "
                       "'in_force', now(), %s, 'test', now())", id_, self.people["B"])
        return id_

    def order(self, grant, act, cause="an incident"):
        id_ = str(uuid.uuid4())
        self.trust.sql("INSERT INTO governance.grant_order (id, proposal_id, n, grant_id, act, cause, at) SELECT %s, %s, 1 + coalesce(max(n), 0), %s, %s, "
                       "%s, clock_timestamp() FROM governance.grant_order WHERE proposal_id = %s", id_, self.decision, grant, act, cause, self.decision)
        return id_

    def prohibit(self, purpose, old_grants="now()", from_="now()"):
        id_ = str(uuid.uuid4())
        self.trust.sql(f"INSERT INTO governance.prohibition (id, purpose, from_at, old_grants_at) VALUES (%s, %s, {from_}, {old_grants})", id_, purpose)
        return id_

    def lift_prohibition(self, id_):
        self.trust.sql("INSERT INTO governance.prohibition_lift (prohibition_id, at, proposal_id) VALUES (%s, now(), %s)", id_, self.decision)

    def sanction(self, organisation=None, purpose=None, days=30):
        case, id_ = str(uuid.uuid4()), str(uuid.uuid4())
        self.trust.sql("INSERT INTO governance.council_case (id, kind, subject, version, body, conditions, body_name, state, opened_at, closes_at, approved, "
                       "decided_at, kept_conditions) VALUES (%s, 'sanction', %s, 1, '{}', '[]', 'council', 'decided', now(), now(), true, now(), '[]')", case, id_)
        self.trust.sql("INSERT INTO governance.sanction (id, organisation_id, purpose, from_at, until_at, reason, case_id, proposed_by) VALUES (%s, %s, %s, "
                       "now(), now() + %s * interval '1 day', 'a breach', %s, %s)", id_, organisation or self.organisation, purpose, days, case,
                       self.people["B"])
        return id_

    def end_sanction(self, id_):
        self.trust.sql("UPDATE governance.sanction SET until_at = greatest(now(), from_at + interval '1 microsecond') WHERE id = %s", id_)

    def invoice(self, grant=None, due_days=-1, state="issued", licensee=None):
        id_ = str(uuid.uuid4())
        self.trust.unguarded(
            "ALTER TABLE payout.invoice DISABLE TRIGGER invoice_frozen",
            "INSERT INTO payout.invoice (id, kind, series, no, licensee, grant_id, state, currency, issued_on, due_on, net, vat, gross, vat_country, buyer, "
            "seller, doc_sha256, reference) SELECT '%s', 'INV', 'T', 1 + coalesce(max(no), 0), '%s', %s, '%s', 'EUR', current_date - 60, "
            "(now() AT TIME ZONE 'UTC')::date + (%d), 100, 0, 100, 'DE', '{}', '{}', '%s', 'RF%s' FROM payout.invoice WHERE series = 'T'" % (
                id_, licensee or self.organisation, f"'{grant}'" if grant else "NULL", state, due_days, sha(id_), id_),
            "ALTER TABLE payout.invoice ENABLE ALWAYS TRIGGER invoice_frozen")
        return id_

    def pay(self, invoice):
        self.trust.sql("UPDATE payout.invoice SET state = 'paid' WHERE id = %s", invoice)

    # -- looking -------------------------------------------------------------

    def command(self, who, grant, command, body=None):
        """(outcome, body) of the function behind the route; `who` a letter or an id."""
        return self.trust.sql("SELECT outcome, body FROM licensing.command_grant(%s, NULL, %s, %s, %s)", self.people.get(who, who), grant, command,
                              json.dumps(body or {}))[0]

    def review(self, *grants):
        for grant in grants:
            self.trust.sql("SELECT licensing.review_grant(%s)", grant)

    def tick(self):
        self.trust.sql("SELECT licensing.end_grants()")

    def state(self, grant):
        return self.trust.sql("SELECT state FROM licensing.data_grant WHERE id = %s", grant)[0][0]

    def epoch(self, grant):
        return self.trust.sql("SELECT epoch FROM licensing.data_grant WHERE id = %s", grant)[0][0]

    def causes(self, grant):
        return sorted(c for (c,) in self.trust.sql("SELECT cause FROM licensing.suspension WHERE grant_id = %s AND closed_at IS NULL", grant))

    def last(self, grant):
        return self.trust.sql("SELECT command, role, to_state, cause FROM licensing.grant_event WHERE grant_id = %s ORDER BY seq DESC LIMIT 1", grant)[0]

    def said(self, grant, type_):
        """Data of the events of a type about a grant, in order."""
        return [d for (d,) in self.trust.sql("SELECT payload -> 'data' FROM log.outbox WHERE topic = 'webhook' AND payload ->> 'type' = %s AND "
                                             "payload -> 'data' ->> 'grant' = %s ORDER BY id", type_, grant)]

    def unguarded(self, table, statement, *args):
        """A statement on a table whose guards are off for as long."""
        names = [n for (n,) in self.trust.sql("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", table)]
        self.trust.sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        try:
            self.trust.sql(statement, *args)
        finally:
            for name in names:
                self.trust.sql(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")

    def age(self, table, grant, assignments):
        """Turns the clock back for rows that never change."""
        column = "id" if table == "data_grant" else "grant_id"
        self.unguarded(f"licensing.{table}", f"UPDATE licensing.{table} SET {assignments} WHERE {column} = %s", grant)

    # -- over HTTP -----------------------------------------------------------

    def client(self, who):
        """A browser of one of the people (a letter)."""
        person = self.people[who]
        client = Client(f"http://127.0.0.1:{self.trust.port}")
        organisation = {"S": self.organisation, "A": self.organisation, "X": self.stranger}.get(who)
        client.cookies = {"ch_token": self.session(person, organisation), "ch_csrf": "c"}
        return client

    def session(self, person, organisation=None):
        """A token of a person of an organisation, signed as the portal signs it, with its CSRF value."""
        key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(self.stack.secret("person.key")))
        now, member = int(time.time()), organisation is None
        claims = {"iss": f"http://127.0.0.1:{self.trust.port}", "aud": "commonhold", "sub": person, "kind": "member" if member else "person",
                  "member": person if member else "", "org": organisation or "", "csrf": "c", "totp": True, "auth_time": now, "iat": now, "exp": now + 300}
        head = b64(json.dumps({"alg": "EdDSA", "kid": thumbprint(public_x(key)), "typ": "JWT"}, sort_keys=True, separators=(",", ":")).encode())
        text = head + "." + b64(json.dumps(claims, sort_keys=True, separators=(",", ":")).encode())
        return text + "." + b64(key.sign(text.encode()))
