# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is written into the log, and what can never be: every object of the log's table has its leaf with the body promised, and no leaf can be
queued that the sequencer could not log."""
import hashlib
import json

import pytest

from cycled import cycled
from stack import wait_for
from test_log import bundles, settled

HEX = "0123456789abcdef"
#: type: members of its body (some types have several kinds of objects).
BODIES = {
    "charter": {"name"}, "schema": {"name", "number"}, "proposal": {"type", "version", "text_sha256", "effect_sha256", "rule_sha256"}, "roll": {"counts"}, "ballots": {"counts"},
    "vote_result": {"outcome", "counts"}, "rule": {"version", "proposal"}, "terms": {"version", "proposal"}, "prohibition": {"purpose", "version", "proposal"},
    "office": {"body", "seat", "event", "version", "proposal"}, "asset": {"ref", "kind", "disposition", "version", "proposal"},
    "agreement": {"pool", "purpose", "agreement_hash", "party"}, "grant": {"pool", "purpose", "from", "until"}, "consent": set(),
    "invoice": {"kind", "number", "txn_no", "debit", "gross", "currency"}, "txn": {"kind", "txn_no", "debit"}, "bank_statement": {"iban", "sequence", "opening", "closing"},
    "run_inputs": {"pool", "month", "pot", "rows", "units", "usage_root", "external_sha256"},
    "run_result": {"pot", "total", "count", "lines_root", "currency", "numbered_size"}, "payee_account": set(), "batch": {"count", "total"}, "approval": {"count", "total"},
    "batch_event": {"state"}, "key_event": {"vkey", "event"}}

#: What some of them say besides.
SOMETIMES = {"prohibition": {"lifted_by"}, "run_inputs": {"state"}, "key_event": {"until"}}


@pytest.fixture(scope="module")
def entries(stack):
    trust = cycled(stack).trust
    return [json.loads(entry) for entry in bundles(trust, settled(trust).size)]


def is_hash(text):
    return len(text) == 64 and set(text) <= set(HEX)


def test_every_object_has_the_body_promised(entries):
    by_type = {}
    for entry in entries:
        by_type.setdefault(entry["type"], []).append(entry)
    assert set(BODIES) <= set(by_type), f"never written: {sorted(set(BODIES) - set(by_type))}"
    for kind, members in BODIES.items():
        for entry in by_type[kind]:
            assert set(entry["body"]) - SOMETIMES.get(kind, set()) == members and is_hash(entry["sha256"]), entry
    for entry in by_type["usage"]:
        assert {"count", "units", "root"} <= set(entry["body"]), entry


def test_counts_are_by_class_and_hashes_are_commitments(entries):
    for entry in entries:
        if entry["type"] in ("roll", "ballots"):
            assert set(entry["body"]["counts"]) == {"U", "W", "C"}
        if entry["type"] in ("consent", "payee_account"):
            assert is_hash(entry["id"])
        if entry["type"] == "bank_statement":
            assert is_hash(entry["body"]["iban"])


def test_account_numbers_are_commitments(stack, entries):
    """SHA-256(salt, IBAN); the second is the vector of the log's specification."""
    trust = cycled(stack).trust
    made = {hashlib.sha256(bytes(salt) + iban.encode()).hexdigest() for salt, iban in trust.sql("SELECT salt, iban FROM payout.bank_account")}
    assert {entry["body"]["iban"] for entry in entries if entry["type"] == "bank_statement"} <= made
    assert hashlib.sha256(hashlib.sha256(b"salt 1").digest() + b"DE89370400440532013000").hexdigest() == "7256f395d729f8254c3864fede00cbc440d692cbc26de263077e369712dbbae7"


def test_ballots_are_told_at_the_close(entries):
    closed = [entry["id"] for entry in entries if entry["type"] == "vote_result"]
    assert closed and sorted(closed) == sorted({entry["id"] for entry in entries if entry["type"] == "ballots"})


def test_a_running_vote_has_a_checkpoint_every_hour(fresh_trust):
    """The clock is set forward for one vote: its box is told, and again an hour later, but not in between."""
    t = fresh_trust
    made = t.propose("tess", "policy", "A vote that runs", "For days.", {"schema": "policy_text", "text": "Nothing."}, ["lin", "mo", "ada"])
    t.wait_state(made, ["voting"])
    told = "SELECT count(*) FROM log.entry WHERE type = 'ballots' AND object_id = %s"
    assert t.sql(told, f"{made}/1") == [(0,)]
    for hours in (1, 2):
        t.unguarded("ALTER TABLE governance.proposal DISABLE TRIGGER ALL", f"UPDATE governance.proposal SET closes_at = closes_at + interval '3 days', opens_at = opens_at - interval '1 hour' WHERE id = '{made}'",
                    "ALTER TABLE governance.proposal ENABLE TRIGGER ALL", "ALTER TABLE governance.ballot_log DISABLE TRIGGER ALL",
                    "UPDATE governance.ballot_log SET at = at - interval '1 hour'", "ALTER TABLE governance.ballot_log ENABLE TRIGGER ALL")
        wait_for("the box to be told", lambda: t.sql(told, f"{made}/1") == [(hours,)], 60)  # pylint: disable=cell-var-from-loop
        newest, = t.sql("SELECT max(at) > clock_timestamp() - interval '1 minute' FROM log.checkpoint")[0]
        assert newest
    counts, = t.sql("SELECT convert_from(bytes, 'UTF8')::jsonb -> 'body' -> 'counts' FROM log.entry WHERE type = 'ballots' ORDER BY index DESC LIMIT 1")[0]
    assert set(counts.values()) == {0}


@pytest.mark.parametrize("kind, ident, sha, body, why", [
    ("gossip", "x", "0" * 64, "{}", "no entry type"),
    ("grant", "", "0" * 64, "{}", "its id"),
    ("grant", "Jos\u00e9", "0" * 64, "{}", "its id"),
    ("grant", "a" * 513, "0" * 64, "{}", "its id"),
    ("grant", "x", "0" * 63, "{}", "no SHA-256"),
    ("grant", "x", "A" * 64, "{}", "no SHA-256"),
    ("grant", "x", "0" * 64, "[]", "no object"),
    ("grant", "x", "0" * 64, '{"a":1.5}', "no integer"),
    ("grant", "x", "0" * 64, '{"a":1.0}', "no integer"),
    ("grant", "x", "0" * 64, '{"a":1e40}', "no integer"),
    ("grant", "x", "0" * 64, '{"a":[{"b":12345678901234567890}]}', "no integer"),
    ("grant", "x", "0" * 64, '{"a":"Jos\u00e9"}', "printable ASCII"),
    ("grant", "x", "0" * 64, '{"a":"line\\nbreak"}', "printable ASCII"),
    ("grant", "x", "0" * 64, '{"\u00e9":1}', "printable ASCII"),
    ("grant", "x", "0" * 64, json.dumps({"a": "b" * 65536}), "65535"),
    ("grant", "x", "0" * 64, json.dumps({"a": list(range(20000))}), "65535"),
])
def test_what_can_be_no_entry_is_refused_to_its_writer(trust, kind, ident, sha, body, why):
    for statement in ("SELECT log.append_leaf(%s, %s, %s, %s)", "SELECT log.append_leaves(%s, ARRAY[%s], ARRAY[%s], ARRAY[%s]::jsonb[])"):
        with pytest.raises(Exception, match=why):
            trust.sql(statement, kind, ident, sha, body)


@pytest.mark.parametrize("ident, body", [
    ("a\"b\\c", '{"quote":"\\"","back":"\\\\n","many":"1.5 and 12345678901234567890"}'),
    ("large", json.dumps({"a": "b" * 65000})),
    ("numbers", '{"a":999999999999999999,"b":-999999999999999999,"c":[0,null,true]}')])
def test_what_can_be_one_is_logged(trust, ident, body):
    trust.sql("SELECT log.append_leaf('grant', %s, repeat('0', 64), %s)", ident, body)
    settled(trust)
    stored, = trust.sql("SELECT convert_from(bytes, 'UTF8') FROM log.entry WHERE object_id = %s", ident)[0]
    assert json.loads(stored)["body"] == json.loads(body)


def test_a_duplicate_key_counts_once(trust):
    """jsonb keeps the last one: an entry cannot say two things."""
    trust.sql("""SELECT log.append_leaf('grant', 'double', repeat('0', 64), '{"a":1,"a":2}')""")
    settled(trust)
    assert '"body":{"a":2}' in trust.sql("SELECT convert_from(bytes, 'UTF8') FROM log.entry WHERE object_id = 'double'")[0][0]
