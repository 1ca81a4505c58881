# SPDX-License-Identifier: AGPL-3.0-or-later
"""Erasure after a whole cycle: a member who was paid erases itself, and the books are what they were, to the auditor too."""
TOTALS = {
    "balances": "SELECT owner_id::text, account_id, minor FROM payout.balance ORDER BY 1, 2",
    "postings": "SELECT count(*), sum(abs(minor)), sum(after_minor) FROM payout.posting",
    "usage": "SELECT pool_id::text, month, contribution_id::text, sum(units) FROM metering.sealed_usage GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    "batches": "SELECT count(*), sum(rows), sum(bytes) FROM metering.batch",
    "votes": "SELECT count(*), sum(hashtext(x::text)) FROM governance.named_vote AS x",
    "tallies": "SELECT count(*), sum(hashtext(x::text)) FROM governance.tally AS x",
    "rolls": "SELECT count(*), sum(hashtext(x::text)) FROM governance.roll AS x",
    "leaves": "SELECT index, leaf_hash FROM log.entry ORDER BY 1",
    "rows": "SELECT sum(rows), sum(bad_rows), sum(quality_ppm) FROM licensing.contribution"}


def test_no_balance_no_total_and_no_proof_changes(books):
    member = books.one("SELECT c.member_id::text FROM licensing.contribution AS c JOIN payout.balance AS b ON b.owner_id = c.member_id "
                       "WHERE c.state = 'accepted' LIMIT 1")
    before = {name: books.sql(text) for name, text in TOTALS.items()}
    code, report = books.audit("--full")
    assert code == 0, report
    assert books.sql("SELECT (governance.erase_member(%s, %s)).outcome", member, member) == [("accepted",)]
    assert books.sql("SELECT display_name, wrapped_key FROM governance.person WHERE member_id = %s", member) == [(None, None)]
    assert books.sql("SELECT DISTINCT state FROM licensing.contribution WHERE member_id = %s", member) == [("erased",)]
    assert {name: books.sql(text) for name, text in TOTALS.items()} == before
    code, report = books.audit("--full")
    assert code == 0, report


def test_a_terms_proposal_shows_what_it_does_to_consents(books):
    proposal, doc = books.sql("SELECT t.proposal_id::text, t.doc FROM governance.terms_in_force AS t LIMIT 1")[0]
    shown = books.one("SELECT (governance.get_proposal(NULL, %s)).body -> 'narrowing'", proposal)
    assert set(shown["consents"]) == {"kept", "asked_again", "members_asked", "without_effect"} and shown["errors"] == []
    assert shown["pool"] == doc["pool"] and shown["pairs"] and shown["wider"] is True, "the first terms of a pool are all new"
    assert shown["consents"]["kept"] > 0 and shown["consents"]["asked_again"] == 0
    other = books.one("SELECT p.id::text FROM governance.proposal AS p WHERE p.type = 'policy' LIMIT 1")
    assert books.one("SELECT (governance.get_proposal(NULL, %s)).body ? 'narrowing'", other) is False
