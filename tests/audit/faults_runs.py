# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults of what money is shared by: usage and its rights (M1 to M3, C1), rules and their votes (A1, A2), who has what share (A5), the reserve (A6), what is
taken back (A7), and when it is due (A8)."""
import json
import re

from faults import HEX, Fault, told

NEW = "0198aaaa-0000-7000-8000-00000000000{}"
RUNS = "SELECT id::text FROM payout.run WHERE state <> 'abandoned' ORDER BY opened_at"


def runs(b):
    return [run for run, in b.sql(RUNS)]


# -- usage and its rights -------------------------------------------------------------------

def grant_of(b, purpose="COM.SERVICE"):
    return b.sql("SELECT id::text, pool_id::text, organisation_id::text FROM licensing.data_grant WHERE purpose = %s", purpose)[0]


def hour_of(b, pool, at, units):
    """What MET-L1 says of an event more in an hour: something only where the log was told of hours by then."""
    hour, = b.sql("SELECT to_char(%s::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24')", at)[0]
    logged = b.sql("SELECT count, units, root FROM metering.usage_hour WHERE pool_id = %s AND hour = date_trunc('hour', %s::timestamptz, 'UTC')", pool, at)
    behind = b.one("SELECT COALESCE(date_trunc('hour', %s::timestamptz, 'UTC') >= (SELECT min(hour) FROM metering.usage_hour) AND date_trunc('hour', %s::timestamptz, 'UTC') < (SELECT at FROM "
                   "metering.clock WHERE name = 'log_hours'), false)", at, at)
    if not logged:
        return [told("MET-L1", "hour", f"{pool} {hour}", "hour", "logged", "not logged")] if behind else []
    (count, total, root), = logged
    return [told("MET-L1", "hour", f"{pool} {hour}", aspect, *figures) for aspect, *figures in (
        ("root", HEX, root), ("count", str(count + 1), str(count)), ("units", str(total + units), str(total)))]


def event(b, grant, pool, at, contribution=None, units=7):
    """One accepted event more, with nothing else of it in the books: its id, the statement, and what the other checks say of that."""
    day, late = b.sql("SELECT day::text, to_char(late, 'YYYY-MM') FROM metering.place_usage(%s, (%s::timestamptz AT TIME ZONE 'UTC')::date, %s)", pool, at, at)[0]
    statement = ("INSERT INTO metering.usage_event (source_no, event_key, grant_id, pool_id, meter, units, contribution_id, occurred_at, received_at, content_hash) VALUES "
                 f"(1, '{NEW.format(1)}', '{grant}', '{pool}', 'tokens', {units}, {f'{contribution!r}' if contribution else 'NULL'}, '{at}', '{at}', sha256('x'))")
    key = " ".join(part for part in (pool, day, grant, "tokens", contribution, late and f"late {late}") if part)
    return f"1/{NEW.format(1)}", statement, [told("MET-U1", "usage", key, "units", str(units), "0"), *hour_of(b, pool, at, units)]


def usage_before_the_grant_began(b):
    """The grant was not there yet when it was used."""
    grant, pool, _ = grant_of(b)
    at = b.one("SELECT (min(at) - interval '1 second')::text FROM licensing.grant_event WHERE grant_id = %s", grant)
    name, statement, expected = event(b, grant, pool, at)
    return Fault(["metering.usage_event"], [statement], [told("M2", "event", name, "grant", "in force", "not begun"), *expected])


def usage_after_the_grant_ended(b):
    """Reported a second after its last."""
    grant, pool, _ = grant_of(b)
    end, at = b.sql("SELECT log.time_text(until_at), (until_at + interval '1 second')::text FROM licensing.data_grant WHERE id = %s", grant)[0]
    name, statement, expected = event(b, grant, pool, at)
    return Fault(["metering.usage_event"], [statement], [told("M2", "event", name, "grant", "in force", f"over since {end}"), *expected])


def usage_a_second_after_the_withdrawal(b):
    grant, pool, _ = grant_of(b)
    contribution, withdrawn, at = b.sql("SELECT c.id::text, log.time_text(e.at), (e.at + interval '1 second')::text FROM licensing.consent_event AS e JOIN licensing.contribution AS c USING "
                                        "(member_id, pool_id) WHERE e.state = 'withdrawn' AND e.purpose = 'COM.SERVICE' AND e.recipient_class = 'small_company' AND c.state = 'accepted' "
                                        "ORDER BY c.id LIMIT 1")[0]
    name, statement, expected = event(b, grant, pool, at, contribution)
    return Fault(["metering.usage_event"], [statement], [
        told("M2", "event", name, f"consent for contribution {contribution}", "covered", f"withdrawn since {withdrawn}"),
        told("C1", "contribution", contribution, f"tokens in {at[:7]} under grant {grant}", "0", "7"), *expected])


def member_who_only_seems_erased(b):
    """The name is said to be gone; consents and contributions are not."""
    member = b.one("SELECT member_id::text FROM licensing.contribution WHERE state = 'accepted' ORDER BY member_id LIMIT 1")
    found = b.sql("SELECT (SELECT count(*) FROM licensing.consent_current WHERE member_id = %s AND permits), (SELECT count(*) FROM licensing.contribution WHERE member_id = %s), (SELECT count(*) "
                  "FROM licensing.contribution_error JOIN licensing.contribution AS c ON c.id = contribution_id WHERE c.member_id = %s), (SELECT count(*) FROM licensing.consent_salt JOIN "
                  "licensing.consent_event AS e ON e.id = event_id WHERE e.member_id = %s), (SELECT count(*) FROM payout.payee_salt JOIN payout.payee_account AS a USING (id) WHERE a.member_id = %s), "
                  f"(SELECT payout.lines_salted(%s, '{b.as_of}'))", *[member] * 6)[0]
    aspects = ("consents that permit", "contributions not erased", "errors of contributions", "salts of consents", "salts of payee accounts", "salts of lines")
    return Fault(["governance.person"], [f"UPDATE governance.person SET erased_at = '{b.as_of}' WHERE member_id = '{member}'"],
                 [told("C1", "member", member, aspect, "0", str(count)) for aspect, count in (*zip(aspects, found), ("contributions with details", found[1])) if count])


def erased_member_whose_rows_are_kept(b):
    """Really erased, with the rows; three days later they are there again."""
    member = b.one("SELECT member_id::text FROM licensing.contribution WHERE state = 'accepted' ORDER BY member_id LIMIT 1")
    assert b.one("SELECT (governance.erase_member(%s, %s)).outcome", member, member) == "accepted"
    with b.unguarded(["licensing.contribution"]) as cursor:
        cursor.execute("SELECT pooldata.delete_contribution(pool_id, id) FROM licensing.contribution WHERE member_id = %s", (member,))
        cursor.execute("UPDATE licensing.contribution SET rows_deleted_at = ended_at WHERE member_id = %s AND rows IS NOT NULL", (member,))
        count = cursor.rowcount
    # what else is late by then is other checks'
    return Fault(["licensing.contribution"], [f"UPDATE licensing.contribution SET rows_deleted_at = NULL WHERE member_id = '{member}'"], [
        told("C1", "member", member, "contributions with rows", "0", str(count))], options=["--checks", "C1", "--as-of", b.later(hours=73)])


def member_licensed_the_own_contribution(b):
    _, _, organisation = grant_of(b)
    member, contributions = b.sql("SELECT c.member_id::text, array_agg(DISTINCT c.id::text) FROM licensing.contribution AS c JOIN metering.sealed_usage AS u ON u.contribution_id = c.id JOIN "
                                  "licensing.data_grant AS g ON g.id = u.grant_id WHERE g.organisation_id = %s GROUP BY 1 ORDER BY 1 LIMIT 1", organisation)[0]
    return Fault(["licensing.person_of_organisation"], [f"UPDATE licensing.person_of_organisation SET person_id = '{member}' WHERE organisation_id = '{organisation}'"],
                 [told("M3", "run", run, f"licensee of contribution {c}", "somebody else", organisation) for run in runs(b) for c in contributions])


def month_sealed_after_it_was_shared(b):
    """As if the usage had not been there when the runs counted licensees."""
    pool, month, when = b.sql("SELECT pool_id::text, to_char(month, 'YYYY-MM'), sealed_at FROM metering.seal ORDER BY month DESC LIMIT 1")[0]
    figures = b.sql("SELECT 'contribution', contribution_id::text, count(DISTINCT g.organisation_id) FROM metering.sealed_usage AS u JOIN licensing.data_grant AS g ON g.id = u.grant_id GROUP BY 2 "
                    "UNION ALL SELECT 'recipient', c.member_id::text, count(DISTINCT g.organisation_id) FROM metering.sealed_usage AS u JOIN licensing.data_grant AS g ON g.id = u.grant_id JOIN "
                    "licensing.contribution AS c ON c.id = u.contribution_id GROUP BY 2")
    assert when
    return Fault(["metering.seal"], ["UPDATE metering.seal SET sealed_at = sealed_at + interval '1 year'"],
                 [told("M3", "run", run, f"distinct licensees of {what} {name}", "0", str(count)) for run in runs(b) for what, name, count in figures]
                 + [told("MET-L1", "seal", f"{pool} {month}", "hash", HEX, b.one("SELECT sha256 FROM metering.seal"))])


# -- the rule and its vote --------------------------------------------------------------------

def rule(b, version=2):
    return b.sql("SELECT rule || ' ' || version || ' ' || sha256, sha256::text, canonical, proposal_id::text FROM governance.benefit_rule WHERE version = %s", version)[0]


def slices(b, run):
    return [i for i, in b.sql("SELECT receipt_slice_id FROM payout.run_receipt WHERE run = %s", run)]


def another_version_swapped_in(b):
    run = runs(b)[0]
    text, sha, _, _ = rule(b)
    return Fault(["payout.run"], [f"UPDATE payout.run SET rule_version = 1 WHERE id = '{run}'"],
                 [told("A1", "run", run, f"rule of slice {s}", text, f"main 1 {sha}") for s in slices(b, run)])


def stored_rule_edited(b):
    """A tenth more for the commons, in document and text; the hash is the one that was voted."""
    text, sha, _, _ = rule(b)
    return Fault(["governance.benefit_rule"], ["UPDATE governance.benefit_rule SET doc = jsonb_set(doc, '{steps,3,num}', '20'), canonical = log.canonical(jsonb_set(doc, '{steps,3,num}', '20')) "
                                               "WHERE version = 2"], [told("A1", "rule", " ".join(text.split()[:2]), "hash", HEX, sha)])


def rule_that_nobody_voted(b):
    """Document, text and hash are changed together; money still goes by the old one."""
    _, sha, _, _ = rule(b)
    changed = "jsonb_set(doc, '{steps,3,num}', '20')"
    other = b.one(f"SELECT encode(sha256(convert_to(log.canonical({changed}), 'UTF8')), 'hex') FROM governance.benefit_rule WHERE version = 2")
    return Fault(["governance.benefit_rule"], [f"UPDATE governance.benefit_rule SET doc = {changed}, canonical = log.canonical({changed}), sha256 = '{other}' WHERE version = 2"], [
        told("A1", "rule", "main 2", "voted text", sha, other), told("T2", "rule", "benefit_rule:main", "hash", re.compile(f".*{other}.*"), re.compile(f".*{sha}.*")),
        *[told("A1", "run", run, f"rule of slice {s}", f"main 2 {other}", f"main 2 {sha}") for run in runs(b) for s in slices(b, run)]])


def receipt_with_another_first_booking(b):
    """Its money would be as old as another's."""
    run = runs(b)[1]
    (txn, first), (_, other) = b.sql("SELECT txn_id::text, first_txn_id::text FROM payout.receipt WHERE txn_id IN (SELECT txn_id FROM payout.receipt_slice JOIN payout.run_receipt ON id = "
                                     "receipt_slice_id WHERE run = %s) ORDER BY txn_id LIMIT 2", run)
    return Fault(["payout.receipt"], [f"UPDATE payout.receipt SET first_txn_id = '{other}' WHERE txn_id = '{txn}'"], [
        told("A1", "receipt", txn, "first booking", first, other), told("R3", "receipt", txn, "first", first, other),
        told("R3", "receipt", txn, "received_at", *b.sql("SELECT (SELECT recorded_at::text FROM payout.txn WHERE txn_id = %s), received_at::text FROM payout.receipt WHERE txn_id = %s", other, txn)[0])])


def resolution(b):
    """The vote on what may be spent."""
    return b.one("SELECT proposal_id::text FROM governance.policy WHERE spend <> '[]'")


def resolution_back_dated(b):
    """In force a day before it was voted."""
    proposal = resolution(b)
    since, other = b.sql("SELECT log.time_text((SELECT max(at) FROM governance.proposal_event WHERE proposal_id = %s AND to_state = 'in_force')), log.time_text(from_at - interval '1 day') FROM "
                         "governance.policy WHERE proposal_id = %s", proposal, proposal)[0]
    return Fault(["governance.policy"], [f"UPDATE governance.policy SET from_at = from_at - interval '1 day' WHERE proposal_id = '{proposal}'"],
                 [told("A2", "proposal", proposal, "in force since", since, other)])


def votes(b, proposal, choice="yes"):
    return b.sql("SELECT v.member_id::text, r.class::text FROM governance.named_vote AS v JOIN governance.roll AS r USING (proposal_id, reading, member_id) WHERE v.proposal_id = %s AND v.choice = %s "
                 "ORDER BY r.class, v.member_id", proposal, choice)


def counts(b, proposal, changes):
    """Canonical counts of the vote, with so many votes more for (class, choice)."""
    made = b.one("SELECT counts FROM governance.tally WHERE proposal_id = %s", proposal)
    for (where, choice), more in changes.items():
        made[where][choice] += more
    return b.one("SELECT log.canonical(%s::jsonb)", json.dumps(made))


def box(b, proposal):
    return told("A2", "proposal", proposal, "ballots in the log of reading 1", HEX,
                b.one("SELECT sha256::text FROM governance.ballot_log WHERE proposal_id = %s ORDER BY no DESC LIMIT 1", proposal))


def ballot_changed(b):
    *_, proposal = rule(b)
    member, where = votes(b, proposal)[0]
    return Fault(["governance.named_vote"], [f"UPDATE governance.named_vote SET choice = 'no' WHERE proposal_id = '{proposal}' AND member_id = '{member}'"], [
        told("A2", "proposal", proposal, "counts of reading 1", counts(b, proposal, {(where, "yes"): -1, (where, "no"): 1}), counts(b, proposal, {})), box(b, proposal)])


def ballot_taken_away(b):
    *_, proposal = rule(b)
    member, where = votes(b, proposal)[0]
    return Fault(["governance.named_vote"], [f"DELETE FROM governance.named_vote WHERE proposal_id = '{proposal}' AND member_id = '{member}'"], [
        told("A2", "proposal", proposal, "counts of reading 1", counts(b, proposal, {(where, "yes"): -1}), counts(b, proposal, {})), box(b, proposal),
        told("A2", "proposal", proposal, f"member {member} in reading 1", "a vote", "no vote")])


def two_ballots_exchanged(b):
    """Of one class: the counts are as before."""
    *_, proposal = rule(b)
    (abstained, where), = votes(b, proposal, "abstain")
    voted = next(member for member, of in votes(b, proposal) if of == where)
    return Fault(["governance.named_vote"], [f"UPDATE governance.named_vote SET choice = CASE choice WHEN 'yes' THEN 'abstain' ELSE 'yes' END WHERE proposal_id = '{proposal}' AND member_id IN "
                                             f"('{abstained}', '{voted}')"], [box(b, proposal)])


def ballot_behind_the_close(b):
    *_, proposal = rule(b)
    member, _ = votes(b, proposal)[0]
    late = b.one("SELECT (max(at) + interval '2 seconds')::text FROM governance.proposal_event WHERE proposal_id = %s AND to_state = 'closed'", proposal)
    return Fault(["governance.named_vote"], [f"UPDATE governance.named_vote SET at = '{late}' WHERE proposal_id = '{proposal}' AND member_id = '{member}'"], [
        told("A2", "proposal", proposal, f"vote of {member} 1 in reading 1", "cast while voting was open", b.one("SELECT 'cast at ' || log.time_text(%s::timestamptz)", late)), box(b, proposal)])


def tally_rewritten(b):
    """As if there had been one yes more than there was."""
    *_, proposal = rule(b)
    made, more = counts(b, proposal, {}), counts(b, proposal, {("U", "yes"): 1})
    return Fault(["governance.tally"], [f"UPDATE governance.tally SET counts = '{more}' WHERE proposal_id = '{proposal}'"], [
        told("A2", "proposal", proposal, "counts of reading 1", made, more),
        told("A2", "proposal", proposal, "tally's hash of reading 1", HEX, b.one("SELECT sha256::text FROM governance.tally WHERE proposal_id = %s", proposal))])


def roll_counts(b, proposal, where, more):
    made = b.one("SELECT counts FROM governance.roll_head WHERE proposal_id = %s", proposal)
    return b.one("SELECT %s::jsonb::text", json.dumps({**made, where: made[where] + more})), b.one("SELECT %s::jsonb::text", json.dumps(made))


def somebody_struck_off_the_roll(b):
    """With the ballot."""
    *_, proposal = rule(b)
    member, where = votes(b, proposal)[0]
    there, told_of = roll_counts(b, proposal, where, -1)
    head = b.one("SELECT sha256::text FROM governance.roll_head WHERE proposal_id = %s", proposal)
    which = f"WHERE proposal_id = '{proposal}' AND member_id = '{member}'"
    return Fault(["governance.named_vote", "governance.roll"], [f"DELETE FROM governance.named_vote {which}", f"DELETE FROM governance.roll {which}"], [
        told("A2", "proposal", proposal, "counts of reading 1", counts(b, proposal, {(where, "yes"): -1, (where, "roll"): -1}), counts(b, proposal, {})), box(b, proposal),
        told("A2", "proposal", proposal, "hash of the roll of reading 1", HEX, head), told("A2", "proposal", proposal, "counts of the roll of reading 1", there, told_of),
        told("A2", "proposal", proposal, f"member {member} on the roll of reading 1", where, "not on the roll")])


def quorum_lowered_afterwards(b):
    """In the proposal's own copy of the rule row."""
    *_, proposal = rule(b)
    kind, sha = b.sql("SELECT rule_type || ' ' || rule_version, rule_sha256::text FROM governance.proposal WHERE id = %s", proposal)[0]
    other = b.one("SELECT encode(sha256(convert_to(log.canonical(jsonb_set(rule, '{q_den}', '1000')), 'UTF8')), 'hex') FROM governance.proposal WHERE id = %s", proposal)
    return Fault(["governance.proposal"], [f"UPDATE governance.proposal SET rule = jsonb_set(rule, '{{q_den}}', '1000') WHERE id = '{proposal}'"], [
        told("A2", "proposal", proposal, "rule row", sha, other), told("A2", "proposal", proposal, "rule row in force", f"{kind} {sha}", f"{kind} {other}")])


# -- shares ------------------------------------------------------------------------------------

def more_left_over(b):
    run = runs(b)[0]
    return Fault(["payout.run"], [f"UPDATE payout.run SET head = jsonb_set(head, '{{steps,4,leftover}}', '5') WHERE id = '{run}'"],
                 [told("A5", "run", run, "leftover in step people", "0", "5", 5, "trust")])


def contributor(b):
    return b.one("SELECT member_id::text FROM licensing.contribution WHERE state = 'accepted' ORDER BY member_id LIMIT 1")


def standing_slipped_in(b):
    """Somebody was suspended before the month was shared, and listed as active."""
    member, at = contributor(b), b.one("SELECT (min(opened_at) - interval '1 second')::text FROM payout.run")
    return Fault(["governance.standing"], [f"INSERT INTO governance.standing (member_id, seq, standing, since_at, reason) VALUES ('{member}', 99, 'suspended', '{at}', 'as if')"],
                 [told("A5", "run", run, f"status of recipient {member}", "suspended", "active") for run in runs(b)])


def quality_lowered(b):
    """Of one contribution, after the runs."""
    contribution, member, quality = b.sql("SELECT id::text, member_id::text, quality_ppm FROM licensing.contribution WHERE state = 'accepted' ORDER BY quality_ppm, id LIMIT 1")[0]
    units = b.sql("SELECT c.id::text, c.quality_ppm, COALESCE(sum(u.units), 0)::bigint FROM licensing.contribution AS c LEFT JOIN metering.sealed_usage AS u ON u.contribution_id = c.id WHERE "
                  "c.member_id = %s AND c.rows IS NOT NULL GROUP BY 1, 2", member)
    before, after = (sum(n * (q if i != contribution or not change else q // 2) for i, q, n in units) // sum(n for *_, n in units) for change in (False, True))
    return Fault(["licensing.contribution"], [f"UPDATE licensing.contribution SET quality_ppm = quality_ppm / 2 WHERE id = '{contribution}'"],
                 [t for run in runs(b) for t in (told("A5", "run", run, f"quality of contribution {contribution}", str(quality // 2), str(quality)),
                                                 told("A5", "run", run, f"quality of recipient {member}", str(after), str(before)))])


# -- the reserve ---------------------------------------------------------------------------------

RESERVE = "debit of Equity:Reserve:Legal"


def reserve_debits(b, kind):
    """(txn, minor) of each debit of the reserve by transactions of this kind."""
    return b.sql("SELECT t.txn_id::text, sum(p.minor)::bigint FROM payout.txn AS t JOIN payout.posting AS p USING (txn_id) JOIN payout.account AS a USING (owner_id, account_id) WHERE a.path = "
                 "'Equity:Reserve:Legal' AND p.minor > 0 AND t.kind = %s GROUP BY t.txn_id, t.txn_no ORDER BY t.txn_no", kind)


def reserve_debited_without_a_resolution(b):
    txn, minor = reserve_debits(b, "resolution")[-1]
    return Fault(["payout.txn"], [f"UPDATE payout.txn SET resolution = NULL WHERE txn_id = '{txn}'"], [told("A6", "txn", txn, RESERVE, "0", str(minor), minor, "unknown")])


def reserve_debited_beyond_the_vote(b):
    """The resolution as if it had given less."""
    proposal, debits = resolution(b), reserve_debits(b, "resolution")
    policy, spend, voted = b.sql("SELECT id::text, log.canonical(spend), log.canonical(jsonb_set(spend, '{1,max,minor}', '100')) FROM governance.policy WHERE proposal_id = %s", proposal)[0]
    return Fault(["governance.policy"], [f"UPDATE governance.policy SET spend = jsonb_set(spend, '{{1,max,minor}}', '100') WHERE proposal_id = '{proposal}'"], [
        told("A2", "proposal", proposal, "spending", f"{spend} until changed", f"{voted} until changed"), told("T2", "rule", f"policy:{policy}", "hash", HEX, HEX),
        *[told("A6", "txn", txn, RESERVE, "100", str(minor), minor - 100, "unknown") for txn, minor in debits]])


def clawback_of_nothing_debits_the_reserve(b):
    (txn, minor), = reserve_debits(b, "clawback")
    return Fault(["payout.txn"], [f"UPDATE payout.txn SET claws_back = NULL WHERE txn_id = '{txn}'"], [told("A6", "txn", txn, RESERVE, "0", str(minor), minor, "unknown")])


def target_filled_from_another_balance(b):
    """The first run as if it was booked when the second had begun: the second filled up a reserve that it did not find."""
    (first, (txn, no)), (second, _) = [(run, (txn, no)) for run, txn, no in b.sql("SELECT r.id::text, t.txn_id::text, t.txn_no FROM payout.run AS r JOIN payout.txn AS t USING (txn_id) "
                                                                                "WHERE r.state = 'posted' ORDER BY r.opened_at LIMIT 2")]
    given, = b.sql("SELECT -sum(p.minor)::bigint FROM payout.posting AS p JOIN payout.account AS a USING (owner_id, account_id) WHERE p.txn_id = %s AND a.path = 'Equity:Reserve:Legal'", txn)[0]
    used = b.one("SELECT (convert_from(e.bytes, 'UTF8')::json -> 'balances' ->> 'Equity:Reserve:Legal')::bigint FROM payout.run AS r JOIN payout.evidence AS e ON e.sha256 = "
                 "r.inputs_file_sha256 WHERE r.id = %s", second)
    at = b.one("SELECT (k.high + interval '1 second')::text FROM audit.collected(%s) AS k", second)
    stamp = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    after, later, moved = b.sql(f"SELECT txn_id::text, {stamp.format('recorded_at')}, {stamp.format('%s::timestamptz')} FROM payout.txn WHERE txn_no = %s", at, no + 1)[0]
    return Fault(["payout.txn"], [f"UPDATE payout.txn SET recorded_at = '{at}' WHERE txn_id = '{txn}'"], [
        told("L4", "txn", after, "recorded_at", f">= {moved}", later),
        told("A6", "run", second, "balance of Equity:Reserve:Legal", str(used - given), str(used), given, "trust")])


# -- what is taken back ----------------------------------------------------------------------------

def clawed(b):
    """(clawback, id of a member, minor, payable) of its lines to members that come from what was payable."""
    return b.sql("SELECT clawback::text, id, minor, payable FROM payout.clawback_line WHERE id !~ ':' AND payable = minor ORDER BY id")


def taken(clawback, who, due, found):
    return [told("A7", "clawback_line", f"{clawback}/{who}", "minor", str(due), str(found), found - due, "licensee"),
            told("A7", "clawback_line", f"{clawback}/{who}", "posting", str(found), str(due), due - found, "licensee")]


def clawed_back_twice(b):
    """Of one member."""
    clawback, who, minor, _ = clawed(b)[0]
    return Fault(["payout.clawback_line"], [f"UPDATE payout.clawback_line SET minor = 2 * minor, payable = 2 * payable WHERE id = '{who}'"], taken(clawback, who, minor, 2 * minor))


def clawback_moved_between_members(b):
    """The sum is as before."""
    (clawback, one, a, _), (_, other, z, _) = clawed(b)[:2]
    return Fault(["payout.clawback_line"], [f"UPDATE payout.clawback_line SET minor = minor + d, payable = payable + d FROM (VALUES ('{one}', 1), ('{other}', -1)) AS x (who, d) WHERE id = who"],
                 taken(clawback, one, a, a + 1) + taken(clawback, other, z, z - 1))


def refund_to_a_licensee_who_paid_nothing(b):
    bill, minor = b.sql("SELECT l.id::text, p.minor FROM payout.bill AS l JOIN payout.payment AS p ON p.bill_id = l.id WHERE l.kind = 'refund'")[0]
    other = b.one("SELECT o.organisation_id::text FROM licensing.organisation AS o WHERE NOT EXISTS (SELECT FROM payout.invoice AS i WHERE i.licensee = o.organisation_id) ORDER BY 1 LIMIT 1")
    return Fault(["payout.bill"], [f"UPDATE payout.bill SET licensee = '{other}' WHERE id = '{bill}'"], [told("A7", "licensee", other, "refunded", "0", str(minor), minor, "licensee")])


# -- what is due -----------------------------------------------------------------------------------

def hold_aged_past_its_limit(b):
    hold, reason, minor, due = b.sql("SELECT h.id::text, h.reason, h.minor, log.time_text(h.since - interval '4 years' + (c.doc #>> '{hold,unclaimed_after_seconds}')::bigint * interval '1 second') "
                                     "FROM payout.hold AS h, governance.charter AS c WHERE h.released_at IS NULL AND h.reason = 'TaxForm' LIMIT 1")[0]
    return Fault(["payout.hold"], [f"UPDATE payout.hold SET since = since - interval '4 years' WHERE id = '{hold}'"],
                 [told("A8", "hold", hold, "unclaimed", f"unclaimed since {due}", f"held for {reason}", minor, "member", "lag")])


FAULTS = [usage_before_the_grant_began, usage_after_the_grant_ended, usage_a_second_after_the_withdrawal, member_who_only_seems_erased, erased_member_whose_rows_are_kept, member_licensed_the_own_contribution,
          month_sealed_after_it_was_shared, another_version_swapped_in, stored_rule_edited, rule_that_nobody_voted, receipt_with_another_first_booking, resolution_back_dated, ballot_changed,
          ballot_taken_away, two_ballots_exchanged, ballot_behind_the_close, tally_rewritten, somebody_struck_off_the_roll, quorum_lowered_afterwards, more_left_over, standing_slipped_in,
          quality_lowered, reserve_debited_without_a_resolution, reserve_debited_beyond_the_vote, clawback_of_nothing_debits_the_reserve, target_filled_from_another_balance, clawed_back_twice,
          clawback_moved_between_members, refund_to_a_licensee_who_paid_nothing,
          hold_aged_past_its_limit]
