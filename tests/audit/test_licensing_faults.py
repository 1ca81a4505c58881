# SPDX-License-Identifier: AGPL-3.0-or-later
"""The auditor's checks of licensing against faults: a trust that pooled, voted, granted, delivered and withdrew through the real services is
the base; then one thing at a time is changed behind the services' back, and the audit must say exactly what, in both modes, and be silent
again when it is undone."""
import contextlib
import copy
import hashlib
import itertools
import json
import re

import psycopg2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auditing import Books, all_fired, clean, half_a_cycle, is_told, looked_at
from faults import told
from granted import b64, public_x, thumbprint
from stack import lifted
from trust import LIC

CHECKS = {"LIC-C1", "LIC-N1", "LIC-N2", "LIC-N3", "LIC-N4", "LIC-N5", "LIC-N6", "LIC-N7", "LIC-N8", "LIC-N9"}
FIRED = {}
#: Of the base point of Ed25519.
ORDER = 2**252 + 27742317777372353535851937790883648493


def accept_by_key(trust):
    """The university signs with a key of its own; everybody else in a session."""
    plain, key = trust.accept_offer, Ed25519PrivateKey.generate()

    def accept(name, offer):
        if name != "uni":
            return plain(name, offer)
        trust[name].post(f"{LIC}/organisations/{trust.organisations[name]}/keys", {"name": "k", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": public_x(key)}})
        digest = trust[name].get(f"{LIC}/offers/{offer}").json["agreement_hash"]
        text = b64(json.dumps({"alg": "EdDSA", "kid": thumbprint(public_x(key))}).encode()) + "." + b64(digest.encode())
        return trust[name].post(f"{LIC}/offers/{offer}/accept", {"agreement_hash": digest, "jws": text + "." + b64(key.sign(text.encode()))}).json
    trust.accept_offer = accept


@pytest.fixture(scope="module")
def base(stack, tmp_path_factory):
    """Half a cycle: from the first member to a withdrawal behind a delivery, with the licensees told of it."""
    trust = stack.trust(sign_in=False)
    folder = tmp_path_factory.mktemp("audit-licensing")
    accept_by_key(trust)
    half_a_cycle(stack, trust, folder, "withdrawal_takes_effect")
    trust.wait_sql("the list of the start-up", "SELECT count(*) > 0 FROM licensing.tombstone")
    trust.wait_sql("all leaves logged", "SELECT NOT EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL)")
    trust.wait_sql("all deliveries ended", "SELECT NOT EXISTS (SELECT FROM metering.batch WHERE state = 'committed')")
    trust.stop()
    books = Books(stack.admin, "licensing_base", trust.name)
    stack.release(trust)
    yield clean(books, CHECKS)
    books.drop()


@pytest.fixture
def books(stack, base):
    made = Books(stack.admin, "licensing_copy", base.name)
    yield made
    made.drop()


def the_grant(b, purpose="COM.SERVICE"):
    return b.one("SELECT id::text FROM licensing.data_grant WHERE purpose = %s", purpose)


def table_of(b):
    return b.one("SELECT 'pooldata.' || pooldata.table_name(pool_id) FROM licensing.pool")


def contributions(b):
    """(id, rows) of the two first."""
    return b.sql("SELECT id::text, rows FROM licensing.contribution WHERE state = 'accepted' ORDER BY no LIMIT 2")


# ---- N1 ----

def row_of_nobody(b):
    table, new = table_of(b), "0198aaaa-0000-7000-8000-000000000001"
    columns = ", ".join(c for c, in b.sql("SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND attname NOT IN ('row_id', "
                                          "'contribution_id')", table))
    return ([table], [f"INSERT INTO {table} (row_id, contribution_id, {columns}) SELECT 1000000, '{new}', {columns} FROM {table} LIMIT 1"],
            [told("LIC-N1", "contribution", new, "contribution", "an accepted contribution", "none")])


def row_to_a_rejected_file(b):
    """The pool has as many rows as before."""
    table, (first, rows) = table_of(b), contributions(b)[0]
    rejected = b.one("SELECT id::text FROM licensing.contribution WHERE state = 'rejected'")
    return ([table], [f"UPDATE {table} SET contribution_id = '{rejected}' WHERE row_id = (SELECT min(row_id) FROM {table} WHERE contribution_id = '{first}')"],
            [told("LIC-N1", "contribution", first, "rows", str(rows), str(rows - 1)), told("LIC-N1", "contribution", rejected, "rows", "0", "1")])


def row_from_one_to_another(b):
    table, ((first, a), (second, z)) = table_of(b), contributions(b)
    return ([table], [f"UPDATE {table} SET contribution_id = '{second}' WHERE row_id = (SELECT min(row_id) FROM {table} WHERE contribution_id = '{first}')"],
            [told("LIC-N1", "contribution", first, "rows", str(a), str(a - 1)), told("LIC-N1", "contribution", second, "rows", str(z), str(z + 1))])


# ---- N2 ----

STANDS = ("SELECT concat_ws('/', c.pool_id, c.purpose, c.recipient_class, c.member_id), c.member_id::text, c.event_id::text, concat_ws(' ', CASE WHEN permits THEN "
          "'permits' ELSE 'refuses' END, CASE WHEN explicit THEN 'explicit' ELSE 'expressed' END, 'notice', notice, at AT TIME ZONE 'UTC' || '+00', until) FROM "
          "licensing.consent_current AS c WHERE purpose = %s AND recipient_class = %s ORDER BY member_id LIMIT 2")


def consent_edited(b):
    key, member, event, text = b.sql(STANDS, "PG.EDU", "public_body")[0]
    return (["licensing.consent_current"], [f"UPDATE licensing.consent_current SET permits = false WHERE event_id = '{event}'"],
            [told("LIC-N2", "consent", key, "standing", f"{event} {text}", f"{event} {text.replace('permits', 'refuses')}")])


def consents_exchanged(b):
    (k1, _, e1, t1), (k2, _, e2, t2) = b.sql(STANDS, "PG.EDU", "public_body")
    return (["licensing.consent_current"], [f"UPDATE licensing.consent_current SET event_id = CASE event_id WHEN '{e1}' THEN '{e2}'::uuid ELSE '{e1}' END "
                                            f"WHERE event_id IN ('{e1}', '{e2}')"],
            [told("LIC-N2", "consent", k1, "standing", f"{e1} {t1}", f"{e2} {t1}"), told("LIC-N2", "consent", k2, "standing", f"{e2} {t2}", f"{e1} {t2}")])


def contributions_of(b, member):
    return [c for c, in b.sql("SELECT id::text FROM licensing.contribution WHERE member_id = %s AND state = 'accepted'", member)]


def batches_of(b, purpose, contribution):
    return [x for x, in b.sql("SELECT b.delivery_id || '/' || b.no FROM metering.batch AS b JOIN licensing.data_grant AS g ON g.id = b.grant_id WHERE g.purpose = %s AND "
                              "b.contributions @> ARRAY[(SELECT no FROM licensing.contribution WHERE id = %s)] ORDER BY 1", purpose, contribution)]


def covered(b, purpose, change):
    """Findings of every evaluation for a purpose whose count is no longer what the events say."""
    return [told("LIC-N9", "evaluation", i, "covered from notice 1", str(int(n) + change), n) for i, n in b.sql(
        "SELECT id::text, input #>> '{context,covered,1}' FROM licensing.evaluation WHERE input #>> '{request,purpose}' = %s", purpose)]


def consent_event_deleted(b):
    key, member, event, text = b.sql(STANDS, "PG.HEALTH", "university")[0]
    expected = [told("LIC-N2", "consent", key, "standing", "none", f"{event} {text}")] + covered(b, "PG.HEALTH", -1)
    for c in contributions_of(b, member):
        expected += [told("LIC-C1", "batch", batch, f"rows of contribution {c}", "covered", "never consented") for batch in batches_of(b, "PG.HEALTH", c)]
    expected.append(told("T2", "consent", "erased", "leaves", "0", "1"))
    return ["licensing.consent_event"], [f"DELETE FROM licensing.consent_event WHERE id = '{event}'"], expected


# ---- N3 ----

def vote_lost(b):
    proposal, sha = b.sql("SELECT t.proposal_id::text, t.sha256::text FROM governance.tally AS t JOIN governance.terms_version AS v USING (proposal_id)")[0]
    return (["governance.tally"], ["UPDATE governance.tally AS t SET outcome = jsonb_set(outcome, '{outcome}', '\"no_quorum\"') FROM governance.terms_version AS v WHERE "
                                   "v.proposal_id = t.proposal_id"], [
                                       told("LIC-N3", "terms", "air 1", "result", "carried", "no_quorum"), told("GOV-T1", "proposal", proposal, "decision of reading 1", "carried", "no_quorum"),
                                       told("GOV-T1", "proposal", proposal, "tally's hash of reading 1", HEX, sha)])


def terms_back_dated(b):
    return (["governance.terms_version"], ["UPDATE governance.terms_version SET from_at = from_at - interval '1 day'"],
            [told("LIC-N3", "terms", "air 1", "from", "not before its proposal", "before it")])


HEX = re.compile("[0-9a-f]{64}")


def terms_edited(b):
    """A cohort of two: nobody voted for that."""
    hash_ = b.one("SELECT sha256 FROM governance.terms_version")
    evaluations = b.sql("SELECT id::text FROM licensing.evaluation")
    return (["governance.terms_version"], ["UPDATE governance.terms_version SET canonical = replace(canonical, '\"min_cohort\":5', '\"min_cohort\":2'), "
                                           "doc = replace(canonical, '\"min_cohort\":5', '\"min_cohort\":2')::jsonb"],
            [told("LIC-N3", "terms", "air 1", "hash", HEX, hash_), told("LIC-N3", "terms", "air 1", "voted document", HEX, hash_)]
            + [told("LIC-N9", "evaluation", e, "terms", "enacted terms", hash_) for e, in evaluations])


# ---- N4 ----

def signature_damaged(b):
    grant = the_grant(b)
    return (["licensing.agreement_signature"], ["UPDATE licensing.agreement_signature AS s SET signature = regexp_replace(s.signature, '[.](.)([^.]*)$', '.' || CASE WHEN "
                                                "right(split_part(s.signature, '.', 3), 86) LIKE 'A%' THEN 'B' ELSE 'A' END || '\\2') FROM licensing.data_grant AS g "
                                                f"WHERE g.id = '{grant}' AND g.agreement_id = s.agreement_id AND s.party = 'trust'"],
            [told("LIC-N4", "grant", grant, "signature of trust", "valid", "not the key's signature")])


def signatures_exchanged(b):
    grants = [the_grant(b), the_grant(b, "PG.HEALTH")]
    return (["licensing.agreement_signature"], ["UPDATE licensing.agreement_signature AS s SET signature = o.signature FROM licensing.agreement_signature AS o WHERE "
                                                "s.party = 'trust' AND o.party = 'trust' AND o.agreement_id <> s.agreement_id"],
            [told("LIC-N4", "grant", g, "signature of trust", "valid", "signed something else") for g in grants])


def key_of_another(b):
    grant = the_grant(b, "PG.HEALTH")
    return (["licensing.organisation_key"], ["UPDATE licensing.organisation_key SET organisation_id = (SELECT organisation_id FROM licensing.organisation WHERE "
                                             "organisation_id <> organisation_key.organisation_id LIMIT 1)"],
            [told("LIC-N4", "grant", grant, "signature of licensee", "valid", "by no key of this party at that time")])


def key_ended_before(b):
    grant = the_grant(b, "PG.HEALTH")
    return (["licensing.organisation_key"], ["UPDATE licensing.organisation_key SET ended_at = added_at, ended_by = added_by"],
            [told("LIC-N4", "grant", grant, "signature of licensee", "valid", "by no key of this party at that time")])


def signed_with_a_key_of_everybody(b):
    """Under a point of order eight "one, zero" is a signature of about every eighth text: the header is varied until it is one of ours."""
    grant, one, point = the_grant(b, "PG.HEALTH"), bytes([1]) + bytes(31), bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
    digest, kid = b.one("SELECT a.sha256 FROM licensing.agreement AS a JOIN licensing.data_grant AS g ON g.agreement_id = a.id WHERE g.id = %s", grant), thumbprint(b64(point))
    texts = (b64(json.dumps({"alg": "EdDSA", "kid": kid, "n": n}).encode()) + "." + b64(digest.encode()) for n in itertools.count())
    text = next(t for t in texts if int.from_bytes(hashlib.sha512(one + point + t.encode()).digest(), "little") % ORDER % 8 == 0)
    return (["licensing.organisation_key", "licensing.agreement_signature"],
            [f"UPDATE licensing.organisation_key SET kid = '{kid}', x = '{b64(point)}'",
             f"UPDATE licensing.agreement_signature SET signature = '{text}.{b64(one + bytes(32))}' WHERE party = 'licensee' AND method = 'jws'"],
            [told("LIC-N4", "grant", grant, "signature of licensee", "valid", "not the key's signature")])


def council_never_approved(b):
    grant = the_grant(b)
    case = b.one("SELECT o.case_id::text FROM licensing.offer AS o JOIN licensing.agreement AS a ON a.offer_id = o.id JOIN licensing.data_grant AS g ON g.agreement_id = a.id WHERE g.id = %s", grant)
    return (["governance.council_case"], ["UPDATE governance.council_case AS c SET approved = false FROM licensing.offer AS o JOIN licensing.agreement AS a ON a.offer_id = "
                                          f"o.id JOIN licensing.data_grant AS g ON g.agreement_id = a.id WHERE g.id = '{grant}' AND c.id = o.case_id"],
            [told("LIC-N4", "grant", grant, "council", "approved", "decided"), told("T2", "council_case", case, "hash", HEX, HEX)])


def grant_widened(b):
    grant = the_grant(b)
    text = b.one("SELECT log.canonical(jsonb_object_agg(k, a.body -> k)) FROM licensing.agreement AS a JOIN licensing.data_grant AS g ON g.agreement_id = a.id CROSS JOIN "
                 "unnest(ARRAY['rule', 'tier', 'purpose', 'org_class', 'actions', 'modes', 'columns', 'notice_floor', 'min_cohort', 'special_category', 'quotas', 'price', "
                 "'not_before', 'not_after']) AS k WHERE g.id = %s", grant)
    return (["licensing.data_grant"], [f"UPDATE licensing.data_grant SET min_cohort = 2 WHERE id = '{grant}'"],
            [told("LIC-N4", "grant", grant, "grant", text, text.replace('"min_cohort":5', '"min_cohort":2'))])


# ---- N5 ----

def granted_against_a_prohibition(b):
    grant, new = the_grant(b), "0198bbbb-0000-7000-8000-000000000001"
    made, begun = b.sql("SELECT log.time_text(g.created_at), log.time_text(e.at) FROM licensing.data_grant AS g JOIN licensing.grant_event AS e ON e.grant_id = g.id "
                        "WHERE e.command = 'activate' AND g.id = %s", grant)[0]
    return (["governance.prohibition"], [f"INSERT INTO governance.prohibition (id, purpose, from_at, until_at) SELECT '{new}', 'COM', created_at - interval '1500 milliseconds', "
                                         f"created_at + interval '20 seconds' FROM licensing.data_grant WHERE id = '{grant}'"],
            [told("LIC-N5", "grant", grant, f"made against prohibition {new}", "no grant", made),
             told("LIC-N5", "grant", grant, f"begun against prohibition {new}", "no start", begun), told("T2", "prohibition", new, "leaves", "1", "0")])


def long_ago(b, grant):
    """The grant as if it had begun two hours earlier."""
    return [f"UPDATE licensing.grant_event SET at = at - interval '2 hours' WHERE grant_id = '{grant}'"]


def active_under_a_sanction(b):
    grant, new = the_grant(b, "PG.HEALTH"), "0198bbbb-0000-7000-8000-000000000002"
    low, high = b.one("SELECT log.time_text(date_trunc('second', created_at) - interval '90 minutes') FROM licensing.data_grant WHERE id = %s", grant), b.one(
        "SELECT log.time_text(date_trunc('second', created_at) - interval '60 minutes') FROM licensing.data_grant WHERE id = %s", grant)
    return (["governance.council_case", "governance.sanction", "licensing.grant_event"],
            [f"INSERT INTO governance.council_case (id, kind, subject, body, body_name, state, opened_at, closes_at, approved, decided_at, kept_conditions) VALUES ('{new}', "
             f"'sanction', '{new}', '{{}}', 'council', 'decided', '{low}', '{low}', true, '{low}', '[]')",
             f"INSERT INTO governance.sanction (id, organisation_id, from_at, until_at, reason, case_id, proposed_by) SELECT '{new}', organisation_id, '{low}', '{high}', "
             f"'a breach', '{new}', (SELECT author FROM governance.proposal LIMIT 1) FROM licensing.data_grant WHERE id = '{grant}'", *long_ago(b, grant)],
            [told("LIC-N5", "grant", grant, f"active against sanction {new}", f"not active from {low}", f"active until {high}"),
             *(told("T2", kind, new, "leaves", "1", "0") for kind in ("council_case", "sanction"))])


def active_past_the_date_for_old_grants(b):
    grant, new = the_grant(b, "PG.HEALTH"), "0198bbbb-0000-7000-8000-000000000003"
    date, high = b.sql("SELECT log.time_text(date_trunc('second', at) - interval '90 minutes'), log.time_text(date_trunc('second', at) - interval '60 minutes') FROM "
                       "licensing.grant_event WHERE grant_id = %s AND command = 'activate'", grant)[0]
    return (["governance.prohibition", "licensing.grant_event", "licensing.data_grant"],
            [f"INSERT INTO governance.prohibition (id, purpose, from_at, until_at, old_grants_at) VALUES ('{new}', 'PG', '{date}'::timestamptz - interval '10 minutes', '{high}', "
             f"'{date}')", f"UPDATE licensing.data_grant SET created_at = created_at - interval '1 day' WHERE id = '{grant}'", *long_ago(b, grant)],
            [told("LIC-N5", "grant", grant, f"active against prohibition {new}", f"not active from {date}", f"active until {high}"),
             told("T2", "prohibition", new, "leaves", "1", "0")])


# ---- N6 ----

def notice_never_answered(b):
    """The charter said something new before the terms, and the terms count who never read it."""
    return (["licensing.notice"], ["INSERT INTO licensing.notice (pool_id, n, language, text, sha256, origin, origin_version, at) SELECT pool_id, 2, language, text, sha256, "
                                   "'charter', 2, at FROM licensing.notice"],
            [told("LIC-N6", "terms", "air 1", f"notice_floor of {r}", ">= 2", "1") for r in ("P1", "P2")])


# ---- N7 ----

def the_mark(b):
    """(unit, grant, contribution, rows, last) of the first entry."""
    return b.sql("SELECT concat_ws(' ', grant_id, contribution_id, kind, epoch), grant_id::text, contribution_id::text, rows, last_seq FROM licensing.tombstone_mark ORDER BY "
                 "last_seq LIMIT 1")[0]


def name_taken_off_the_list(b):
    unit, grant, _, rows, last = the_mark(b)
    total = b.one("SELECT count(*) FROM licensing.tombstone WHERE grant_id = %s", grant)
    return (["licensing.tombstone"], [f"DELETE FROM licensing.tombstone WHERE grant_id = '{grant}' AND seq = {last}"],
            [told("LIC-N7", "tombstones", unit, "names", str(rows), str(rows - 1)), told("LIC-N7", "grant", grant, "tombstones", str(total), str(total - 1))])


def name_moved_on_the_list(b):
    """The list is as long as before."""
    unit, grant, _, rows, last = the_mark(b)
    end = b.one("SELECT max(seq) FROM licensing.tombstone WHERE grant_id = %s", grant)
    return (["licensing.tombstone"], [f"UPDATE licensing.tombstone SET seq = {end + 1} WHERE grant_id = '{grant}' AND seq = {last}"],
            [told("LIC-N7", "tombstones", unit, "names", str(rows), str(rows - 1))])


def entry_and_names_deleted(b):
    unit, grant, contribution, rows, last = the_mark(b)
    return (["licensing.tombstone", "licensing.tombstone_mark"], [f"DELETE FROM licensing.tombstone WHERE grant_id = '{grant}' AND seq > {last - rows} AND seq <= {last}",
                                                                  f"DELETE FROM licensing.tombstone_mark WHERE concat_ws(' ', grant_id, contribution_id, kind, epoch) = '{unit}'"],
            [told("LIC-N7", "grant", grant, f"tombstones of {contribution}", "an entry", "none")])


def entry_too_short(b):
    """One row of the contribution was never named, and the entry says that is all."""
    unit, grant, _, rows, last = the_mark(b)
    first = last - rows + 1
    return (["licensing.tombstone", "licensing.tombstone_mark"], [f"DELETE FROM licensing.tombstone WHERE grant_id = '{grant}' AND seq = {first}",
                                                                  f"UPDATE licensing.tombstone_mark SET rows = rows - 1 WHERE concat_ws(' ', grant_id, contribution_id, kind, epoch) = '{unit}'"],
            [told("LIC-N7", "tombstones", unit, "rows", str(rows), str(rows - 1))])


# ---- N8 ----

def application(b, state):
    return b.one("SELECT id::text FROM licensing.application WHERE state = %s LIMIT 1", state)


def application_moved(b):
    one = application(b, "refused")
    return (["licensing.application"], [f"UPDATE licensing.application SET state = 'offered' WHERE id = '{one}'"],
            [told("LIC-N8", "application", one, "state", "refused", "offered")])


def two_applications_exchanged(b):
    one, two = application(b, "refused"), application(b, "agreed")
    return (["licensing.application"], [f"UPDATE licensing.application SET state = CASE state WHEN 'refused' THEN 'agreed' ELSE 'refused' END WHERE id IN ('{one}', '{two}')"],
            [told("LIC-N8", "application", one, "state", "refused", "agreed"), told("LIC-N8", "application", two, "state", "agreed", "refused")])


def epoch_raised(b):
    grant = the_grant(b)
    epoch = b.one("SELECT epoch FROM licensing.data_grant WHERE id = %s", grant)
    return (["licensing.data_grant"], [f"UPDATE licensing.data_grant SET epoch = epoch + 1 WHERE id = '{grant}'"],
            [told("LIC-N8", "grant", grant, "epoch", str(epoch), str(epoch + 1))])


def step_by_nobody(b):
    one = application(b, "refused")
    seq, command, before, after = b.sql("SELECT seq, command, from_state, to_state FROM licensing.application_event WHERE application_id = %s AND command = 'refuse'", one)[0]
    return (["licensing.application_event"], [f"UPDATE licensing.application_event SET role = 'H' WHERE application_id = '{one}' AND seq = {seq}"],
            [told("LIC-N8", "application", one, f"step of event {seq}", "a step of the matrix", f"{before} {command} H {after}")])


def event_deleted(b):
    """The grant never became active, and was used."""
    grant = the_grant(b)
    pending = b.one("SELECT log.time_text(min(at)) FROM licensing.grant_event WHERE grant_id = %s", grant)
    return (["licensing.grant_event"], [f"DELETE FROM licensing.grant_event WHERE grant_id = '{grant}' AND command = 'activate'"],
            [told("LIC-N8", "grant", grant, "state", "pending", "active"), told("LIC-N8", "grant", grant, "epoch", "1", "2"),
             *[told("M2", "batch", batch, "grant", "in force", f"pending since {pending}") for batch, in b.sql(
                 "SELECT delivery_id || '/' || no FROM metering.batch WHERE grant_id = %s AND state <> 'unsent'", grant)]])


# ---- N9 ----

def refused_evaluation(b):
    return b.one("SELECT id::text FROM licensing.evaluation WHERE decision = 'deny' LIMIT 1")


def permitted_evaluation(b):
    return b.sql("SELECT id::text, output ->> 'not_after', (output ->> 'covered_members')::integer FROM licensing.evaluation WHERE decision = 'permit' ORDER BY id LIMIT 1")[0]


def decision_edited(b):
    one = refused_evaluation(b)
    return (["licensing.evaluation"], [f"UPDATE licensing.evaluation SET decision = 'permit' WHERE id = '{one}'"],
            [told("LIC-N9", "evaluation", one, "stored decision", "deny", "permit")])


def output_edited(b):
    one, after, _ = permitted_evaluation(b)
    return (["licensing.evaluation"], [f"UPDATE licensing.evaluation SET output = jsonb_set(output, '{{not_after}}', '\"2040-01-01T00:00:00Z\"') WHERE id = '{one}'"],
            [told("LIC-N9", "evaluation", one, "not_after", f'"{after}"', '"2040-01-01T00:00:00Z"')])


def column_refined(b):
    one, _, _ = permitted_evaluation(b)
    old, new = b.sql("SELECT (output -> 'columns')::text, jsonb_set(output -> 'columns', '{0,rule}', '\"keep\"')::text FROM licensing.evaluation WHERE id = %s", one)[0]
    assert old != new
    return (["licensing.evaluation"], [f"UPDATE licensing.evaluation SET output = jsonb_set(output, '{{columns,0,rule}}', '\"keep\"') WHERE id = '{one}'"],
            [told("LIC-N9", "evaluation", one, "columns", old, new)])


def more_members_counted(b):
    """Input and output agree with each other, and not with the events."""
    one, _, members = permitted_evaluation(b)
    return (["licensing.evaluation"], [f"UPDATE licensing.evaluation SET input = jsonb_set(input, '{{context,covered,1}}', '{members + 3}'), output = jsonb_set(output, "
                                       f"'{{covered_members}}', '{members + 3}') WHERE id = '{one}'"],
            [told("LIC-N9", "evaluation", one, "covered from notice 1", str(members), str(members + 3))])


def prohibition_overlooked(b):
    one = refused_evaluation(b)
    ban = b.one("SELECT input #>> '{context,prohibitions,0,id}' FROM licensing.evaluation WHERE id = %s", one)
    reasons = b.one("SELECT (output -> 'reasons')::text FROM licensing.evaluation WHERE id = %s", one)
    left = json.dumps([r for r in json.loads(reasons) if r != ban])
    expected = [told("LIC-N9", "evaluation", one, ban.replace("prohibition:", "prohibitions prohibition:"), "in force", "none")]
    if left != reasons:
        expected.append(told("LIC-N9", "evaluation", one, "reasons", left, reasons))
    return (["licensing.evaluation"], [f"UPDATE licensing.evaluation SET input = input #- '{{context,prohibitions,0}}' WHERE id = '{one}'"], expected)


def attestation_invented(b):
    one, _, _ = b.sql("SELECT id::text, 1, 2 FROM licensing.evaluation WHERE input #>> '{request,purpose}' = 'COM.SERVICE' ORDER BY id LIMIT 1")[0]
    return (["licensing.evaluation"], [f"UPDATE licensing.evaluation SET input = jsonb_set(input, '{{context,attested_at}}', '\"2026-01-01T00:00:00Z\"') WHERE id = '{one}'"],
            [told("LIC-N9", "evaluation", one, "attested_at", "none", "2026-01-01T00:00:00Z")])


# ---- C1 ----

def withdrawn_before_the_delivery(b):
    """The withdrawal came before the start-up's first batch, say the events: the second delivery would be right, the first was not."""
    event, key, member, since = b.sql("SELECT e.id::text, concat_ws('/', e.pool_id, e.purpose, e.recipient_class, e.member_id), e.member_id::text, at AT TIME ZONE 'UTC' || '+00' "
                                      "FROM licensing.consent_event AS e WHERE state = 'withdrawn' AND recipient_class = 'small_company'")[0]
    at, text = b.sql("SELECT (min(committed_at) - interval '1 millisecond')::text, (min(committed_at) - interval '1 millisecond') AT TIME ZONE 'UTC' || '+00' FROM metering.batch AS b "
                     "JOIN licensing.data_grant AS g ON g.id = b.grant_id WHERE g.purpose = 'COM.SERVICE'")[0]
    second = b.one("SELECT log.time_text(%s::timestamptz)", at)
    expected = [told("LIC-N2", "consent", key, "standing", f"{event} refuses expressed notice 1 {text}", f"{event} refuses expressed notice 1 {since}")]
    for c in contributions_of(b, member):
        expected += [told("LIC-C1", "batch", batch, f"rows of contribution {c}", "covered", f"withdrawn since {second}") for batch in batches_of(b, "COM.SERVICE", c)]
    assert len(expected) > 1
    return ["licensing.consent_event"], [f"UPDATE licensing.consent_event SET at = '{at}' WHERE id = '{event}'"], expected


def rows_of_another_in_the_batch(b):
    """The counts are as before; the rows that left were of somebody whose file was refused."""
    batch, no = b.sql("SELECT b.delivery_id || '/' || b.no, c.no FROM metering.batch AS b CROSS JOIN licensing.contribution AS c WHERE c.state = 'rejected' ORDER BY b.committed_at LIMIT 1")[0]
    identifier = b.one("SELECT id::text FROM licensing.contribution WHERE no = %s", no)
    return (["metering.batch"], [f"UPDATE metering.batch SET runs = runs || '\\x0000'::bytea || set_byte('\\x00', 0, {no}) WHERE delivery_id || '/' || no = '{batch}'"],
            [told("LIC-C1", "batch", batch, f"rows of contribution {identifier}", "covered", "not accepted")])


FAULTS = [row_of_nobody, row_to_a_rejected_file, row_from_one_to_another, consent_edited, consents_exchanged, consent_event_deleted, vote_lost, terms_back_dated, terms_edited,
          signature_damaged, signatures_exchanged, key_of_another, key_ended_before, signed_with_a_key_of_everybody, council_never_approved, grant_widened, granted_against_a_prohibition,
          active_under_a_sanction, active_past_the_date_for_old_grants, notice_never_answered, name_taken_off_the_list, name_moved_on_the_list, entry_and_names_deleted,
          entry_too_short, application_moved, two_applications_exchanged, epoch_raised, step_by_nobody, event_deleted, decision_edited, output_edited, column_refined,
          more_members_counted, prohibition_overlooked, attestation_invented, withdrawn_before_the_delivery, rows_of_another_in_the_batch]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_a_fault_is_told_and_nothing_else(books, fault):
    FIRED[fault.__name__] = is_told(books, fault)


def test_every_check_fired():
    all_fired(FIRED, FAULTS, CHECKS, {"GOV-T1", "M2", "T2"})


def test_an_incremental_audit_takes_what_is_new(books):
    code, report = books.audit("--incremental")
    assert code == 0 and {c: looked_at(report, c) for c in CHECKS} == {c: int(c == "LIC-N5") for c in CHECKS}, report
    books.sql("SELECT licensing.command_grant((SELECT person_id FROM licensing.person_of_organisation AS p JOIN licensing.data_grant AS g USING (organisation_id) WHERE "
              "g.purpose = 'COM.SERVICE' AND p.role = 'signatory'), NULL, (SELECT id FROM licensing.data_grant WHERE purpose = 'COM.SERVICE'), 'close', '{}')")
    assert books.one("SELECT state FROM licensing.data_grant WHERE purpose = 'COM.SERVICE'") == "closed"
    code, report = books.audit("--incremental")
    assert code == 0 and {c for c in CHECKS if looked_at(report, c)} == {"LIC-N5", "LIC-N8"}, report


def rule(doc, name):
    return next(r for r in doc["rules"] if r["id"] == name)


def wider(change, *rules):
    """A second version made by `change` that keeps the floors: LIC-N6 must name these rules and no other."""
    return pytest.param(change, sorted(rules), id=change.__name__)


def finer_column(doc):
    rule(doc, "P1")["columns"]["lat"] = "round:3"


def coarser_column(doc):
    rule(doc, "P1")["columns"]["lat"] = "round:1"
    rule(doc, "P1")["columns"]["at"] = "trunc:week"
    del rule(doc, "P2")["columns"]["pm25"]


def finer_time(doc):
    rule(doc, "P1")["columns"]["at"] = "trunc:minute"


def lower_cohort(doc):
    rule(doc, "P2")["min_cohort"] = 4


def higher_cohort(doc):
    rule(doc, "P2")["min_cohort"] = 9
    rule(doc, "P2")["max_days"] = 30


def longer(doc):
    rule(doc, "P1")["max_days"] = 366


def kept_longer(doc):
    doc["duties"][3]["within_days"] = 31


def duty_to_delete_gone(doc):
    rule(doc, "P2")["duties"].remove("D4")


def one_action_more(doc):
    rule(doc, "P2")["actions"].append("derive")


def the_world(doc):
    rule(doc, "P1")["regions"] = ["WORLD"]


def the_union(doc):
    rule(doc, "P1")["regions"] = ["EU", "IE"]


def an_act_allowed(doc):
    doc["prohibited_acts"].remove("train_gpai")


def a_condition(doc):
    rule(doc, "P1")["conditions"] = [{"operand": "organisation", "op": "neq", "value": "org:adtech"}]


def one_class_more(doc):
    rule(doc, "P1")["org_classes"].append("cooperative")


def one_purpose_less(doc):
    rule(doc, "P2")["purposes"].remove("COM.INSIGHT")


def a_purpose_more(doc):
    rule(doc, "P2")["purposes"].append("RES.COM")


def prohibition_limited(doc):
    """Security bodies may ask for aggregates: outright before, no longer so; no rule opens anything to them."""
    rule(doc, "X2")["actions"] = ["read"]


def security_body_let_in(doc):
    rule(doc, "X2")["actions"] = ["sell"]
    rule(doc, "P1")["org_classes"].append("security_body")


@pytest.mark.parametrize("change,rules", [
    wider(finer_column, "P1"), wider(coarser_column), wider(finer_time, "P1"), wider(lower_cohort, "P2"), wider(higher_cohort), wider(longer, "P1"), wider(kept_longer, "P2"),
    wider(duty_to_delete_gone, "P2"), wider(one_action_more, "P2"), wider(the_world, "P1"), wider(the_union), wider(an_act_allowed, "P1", "P2"), wider(a_condition, "P1"),
    wider(one_class_more, "P1"), wider(one_purpose_less), wider(a_purpose_more, "P2"), wider(prohibition_limited), wider(security_body_let_in, "P1")])
def test_a_second_version_with_the_old_floors(base, change, rules):
    """What the service would have refused: LIC-N6 says of each rule whether it counts consents for more than they were given for."""
    doc = {**copy.deepcopy(base.one("SELECT doc FROM governance.terms_version")), "version": 2}
    change(doc)
    with contextlib.closing(psycopg2.connect(base.database)) as connection, connection.cursor() as cursor, lifted(cursor):
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in ("governance.terms_version", "licensing.notice"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")

        def told_of(document):
            cursor.execute("DELETE FROM governance.terms_version WHERE version = 2")
            cursor.execute("INSERT INTO governance.terms_version (id, pool, version, doc, canonical, sha256, proposal_id, from_at) SELECT log.new_id(), 'air', 2, d, "
                           "log.canonical(d), encode(sha256(convert_to(log.canonical(d), 'UTF8')), 'hex'), proposal_id, now() FROM governance.terms_version, (SELECT %s::jsonb AS "
                           "d) AS x", (json.dumps(document),))
            cursor.execute("SELECT aspect, expected, found FROM audit.check_floors('air 2') ORDER BY 1")
            return cursor.fetchall()
        named = [(f"notice_floor of {r}", ">= 2", "1") for r in rules]
        assert told_of(doc) == named
        cursor.execute("INSERT INTO licensing.notice (pool_id, n, language, text, sha256, origin, origin_version) SELECT pool_id, 2, language, text, sha256, 'terms', 2 FROM "
                       "licensing.notice")
        assert told_of(doc) == named
        for name in rules:
            rule(doc, name)["notice_floor"] = 2
        assert told_of(doc) == []
