# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults of what leaves and what waits: H1, O1 to O6."""
import hashlib

from faults import HEX, Fault, told

OUTSIDE = "outside"


def gathered(b, state):
    """(id, total) of the batch that is in this state; of several the first."""
    return b.sql("SELECT id::text, total FROM payout.batch WHERE state = %s ORDER BY made_at LIMIT 1", state)[0]


def payments(b, batch):
    """(id, member, minor, state, account) of its payments to members, in the order of their ids."""
    return b.sql("SELECT id::text, member_id::text, minor, state, payee_account_id::text FROM payout.payment WHERE batch_id = %s AND member_id IS NOT NULL ORDER BY id", batch)


def payable(member):
    return f"Liabilities:Member:{member}:Payable"


def at(b, batch, state):
    return b.one("SELECT max(at) FROM payout.batch_event WHERE batch_id = %s AND state = %s", batch, state)


# -- H1: what waits ------------------------------------------------------------------------

def lag(*finding):
    return told("H1", *finding, "trust", "lag")


def hold_of(b, released):
    return b.sql("SELECT id::text, member_id::text, reason, minor, txn_id::text, released_txn_id::text FROM payout.hold WHERE reason = 'TaxForm' AND (released_at IS NOT NULL) = %s "
                 "ORDER BY id LIMIT 1", released)[0]


def held(member, reason):
    return f"held on Liabilities:Member:{member}:Held:{reason}"


def hold_dropped(b):
    """The row says that the member has the money again; the ledger does not."""
    ident, member, reason, minor, txn, _ = hold_of(b, False)
    return Fault(["payout.hold"], [f"UPDATE payout.hold SET released_at = now(), released_txn_id = txn_id WHERE id = '{ident}'"],
                 [lag("txn", txn, held(member, reason), str(minor), "0", -minor)])


def hold_under_another_reason(b):
    ident, member, reason, minor, txn, _ = hold_of(b, False)
    return Fault(["payout.hold"], [f"UPDATE payout.hold SET reason = 'Returned' WHERE id = '{ident}'"], [
        lag("txn", txn, held(member, reason), str(minor), "0", -minor), lag("txn", txn, held(member, "Returned"), "0", str(minor), minor),
        lag("hold", ident, "reason", "Returned", "no payment came back that was not tried again", minor)])


def dispute_that_nobody_opened(b):
    ident, member, reason, minor, txn, _ = hold_of(b, False)
    return Fault(["payout.hold"], [f"UPDATE payout.hold SET reason = 'Dispute' WHERE id = '{ident}'"], [
        lag("txn", txn, held(member, reason), str(minor), "0", -minor), lag("txn", txn, held(member, "Dispute"), "0", str(minor), minor),
        lag("hold", ident, "reason", "Dispute", "no dispute is open", minor)])


def two_holds_that_cancel(b):
    """One member's is one more, another's one less."""
    (one, member, reason, minor, txn, _), (other, second, _, amount, began, ended) = hold_of(b, False), hold_of(b, True)
    return Fault(["payout.hold"], [f"UPDATE payout.hold SET minor = minor + CASE id WHEN '{one}' THEN 1 ELSE -1 END WHERE id IN ('{one}', '{other}')"], [
        lag("txn", txn, held(member, reason), str(minor), str(minor + 1), 1), lag("txn", began, held(second, reason), str(amount), str(amount - 1), -1),
        lag("txn", ended, held(second, reason), str(-amount), str(1 - amount), 1)])


def waiting_is_not_allowed_any_more(b):
    """A charter that gives no time at all: whatever could be paid is late, and so is the batch on its way."""
    minimum = b.one("SELECT COALESCE((SELECT (doc->'hold'->>'min_payout')::bigint FROM governance.benefit_rule_in_force ORDER BY from_at DESC, version DESC LIMIT 1), "
                    "(SELECT (doc->'hold'->'minimum_payout'->>'minor')::bigint FROM governance.charter))")
    rows = b.sql("SELECT a.owner_id::text, -b.minor FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id) JOIN payout.usable_payee AS u ON "
                 "u.member_id = a.owner_id WHERE a.path LIKE '%%:Payable' AND -b.minor >= %s", minimum)
    batch, _ = gathered(b, "sent")
    flight = b.one("SELECT b.minor FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id) WHERE a.path = %s", f"Liabilities:PayoutInFlight:{batch}")
    assert rows and flight
    return Fault(["governance.charter"], ["UPDATE governance.charter SET doc = jsonb_set(doc, '{durations,payout_lag_seconds}', '0')"],
                 [lag("account", payable(member), "in a batch", "0", str(minor), minor) for member, minor in rows]
                 + [told("O6", "batch", batch, "open", "closed in time", "sent", -flight, "trust", "lag")])


# -- O1: lines are payables that were debited ----------------------------------------------

def line_in_the_file_only(b):
    """An instruction more, with the counts and sums of the file set right."""
    batch, total = gathered(b, "sent")
    sha, text, count = b.sql("SELECT e.sha256, convert_from(e.bytes, 'UTF8'), b.count FROM payout.batch AS b JOIN payout.evidence AS e ON e.sha256 = b.file_sha256 WHERE b.id = %s", batch)[0]
    first, last = text.index("<CdtTrfTxInf>"), text.rindex("</CdtTrfTxInf>") + len("</CdtTrfTxInf>")
    line = text[first:text.index("</CdtTrfTxInf>") + len("</CdtTrfTxInf>")]
    end_to_end = "E" + "0" * 26
    for tag, value in (("EndToEndId", end_to_end), ("UETR", "00000000-0000-4000-8000-000000000000")):
        line = line[:line.index(f"<{tag}>")] + f"<{tag}>{value}" + line[line.index(f"</{tag}>"):]
    amount = line.index(">", line.index("<InstdAmt")) + 1
    line = line[:amount] + "77.00" + line[line.index("</InstdAmt>"):]
    whole, euros = text[:last] + line + text[last:], lambda minor: f"{minor // 100}.{minor % 100:02d}"
    whole = whole.replace(f"<NbOfTxs>{count}</NbOfTxs>", f"<NbOfTxs>{count + 1}</NbOfTxs>").replace(f"<CtrlSum>{euros(total)}</CtrlSum>", f"<CtrlSum>{euros(total + 7700)}</CtrlSum>")
    return Fault(["payout.evidence"], ["UPDATE payout.evidence SET bytes = convert_to('%s', 'UTF8') WHERE sha256 = '%s'" % (whole.replace("'", "''"), sha)], [
        told("L8", "evidence", sha, "bytes", sha, HEX), told("O1", "batch", batch, f"line {end_to_end}", "0", "7700", 7700, OUTSIDE), told("O2", "batch", batch, "file", sha, HEX),
        told("O2", "batch", batch, "count", str(count + 1), str(count)), told("O2", "batch", batch, "total", str(total + 7700), str(total))])


def payment_changed(b):
    batch, _ = gathered(b, "sent")
    ident, member, minor, _, _ = payments(b, batch)[0]
    return Fault(["payout.payment"], [f"UPDATE payout.payment SET minor = minor - 1 WHERE id = '{ident}'"], [
        told("O1", "batch", batch, f"amount of payment {ident}", str(minor - 1), str(minor), 1, "member"),
        told("O1", "batch", batch, f"debit of {payable(member)}", str(minor), str(minor - 1), -1, "member")])


def two_payments_that_cancel(b):
    batch, _ = gathered(b, "closed")
    (one, first, minor, _, _), (other, second, amount, _, _) = [p for p in payments(b, batch) if p[3] == "booked"][:2]
    return Fault(["payout.payment"], [f"UPDATE payout.payment SET minor = minor + CASE id WHEN '{one}' THEN 1 ELSE -1 END WHERE id IN ('{one}', '{other}')"], [
        told("O1", "batch", batch, f"amount of payment {one}", str(minor + 1), str(minor), -1, "member"),
        told("O1", "batch", batch, f"amount of payment {other}", str(amount - 1), str(amount), 1, "member"),
        told("O1", "batch", batch, f"debit of {payable(first)}", str(minor), str(minor + 1), 1, "member"),
        told("O1", "batch", batch, f"debit of {payable(second)}", str(amount), str(amount - 1), -1, "member")])


# -- O2: the file is what was approved --------------------------------------------------------

def iban_edited(b):
    batch, old = b.sql("SELECT id::text, file_sha256 FROM payout.batch WHERE state = 'sent'")[0]
    return Fault(["payout.evidence"], [f"UPDATE payout.evidence SET bytes = convert_to(regexp_replace(convert_from(bytes, 'UTF8'), '(<CdtrAcct><Id><IBAN>..)[0-9]{{2}}', '\\100'), "
                                       f"'UTF8') WHERE sha256 = '{old}'"], [told("L8", "evidence", old, "bytes", old, HEX), told("O2", "batch", batch, "file", old, HEX)])


# -- O3: the account was valid, confirmed, and cooled down --------------------------------------

def paid_on(b, account):
    """(payment, minor) of what was handed over to an account."""
    return b.sql("SELECT p.id::text, p.minor FROM payout.payment AS p JOIN payout.submission AS s ON s.batch_id = p.batch_id AND s.step = 'begun' WHERE p.payee_account_id = %s", account)


def account_of(b):
    """The one account of a member who was paid on it, and the instant from which it could be used."""
    return b.sql("SELECT a.id::text, a.member_id::text, e.usable_at FROM payout.payee_account AS a JOIN payout.payee_account_event AS e ON e.id = a.id WHERE e.kind = 'confirmed' AND "
                 "EXISTS (SELECT FROM payout.payment AS p WHERE p.payee_account_id = a.id) AND NOT EXISTS (SELECT FROM payout.payee_account AS o WHERE o.member_id = a.member_id AND "
                 "o.id <> a.id) ORDER BY a.id LIMIT 1")[0]


def account_still_cooling_down(b):
    """It became usable a year behind the batches it was paid in."""
    account, _, _ = account_of(b)
    return Fault(["payout.payee_account_event"], [f"UPDATE payout.payee_account_event SET usable_at = usable_at + interval '1 year' WHERE id = '{account}' AND kind = 'confirmed'"],
                 [told("O3", "payment", ident, "account when approved", "none", account, minor, OUTSIDE) for ident, minor in paid_on(b, account)])


def cool_down_cut(b):
    account, _, usable = account_of(b)
    cut = b.one("SELECT %s::timestamptz - interval '1 day'", usable)
    return Fault(["payout.payee_account_event"], [f"UPDATE payout.payee_account_event SET usable_at = '{cut}' WHERE id = '{account}' AND kind = 'confirmed'"],
                 [told("O3", "payment", ident, "cool-down", "over", "cut to " + b.one("SELECT log.time_text(%s)", cut), minor, OUTSIDE) for ident, minor in paid_on(b, account)])


def confirmed_by_somebody_else(b):
    account, member, _ = account_of(b)
    other = b.one("SELECT min(member_id::text) FROM governance.member WHERE member_id::text <> %s", member)
    return Fault(["payout.payee_account_event"], [f"UPDATE payout.payee_account_event SET actor = '{other}' WHERE id = '{account}' AND kind = 'confirmed'"],
                 [told("O3", "payment", ident, "confirmation", member, other, minor, OUTSIDE) for ident, minor in paid_on(b, account)])


def changed_without_a_second_person(b):
    account = b.one("SELECT e.id::text FROM payout.payee_account_event AS e WHERE e.kind = 'second'")
    paid = paid_on(b, account)
    assert paid
    return Fault(["payout.payee_account_event"], [f"UPDATE payout.payee_account_event AS e SET actor = a.member_id FROM payout.payee_account AS a WHERE a.id = e.id AND e.id = '{account}' "
                                                  "AND e.kind = 'second'"],
                 [told("O3", "payment", ident, "second person", "another in office", "the member", minor, OUTSIDE) for ident, minor in paid])


def paid_to_the_account_before(b):
    """The version that a change had superseded."""
    old, new = b.sql("SELECT o.id::text, n.id::text FROM payout.payee_account AS n JOIN payout.payee_account AS o ON o.member_id = n.member_id AND o.version = n.version - 1")[0]
    ident, minor, hint, stood = b.sql("SELECT p.id::text, p.minor, a.iban_hint, (SELECT o.iban_hint FROM payout.payee_account AS o WHERE o.id = %s) FROM payout.payment AS p JOIN "
                                      "payout.payee_account AS a ON a.id = p.payee_account_id WHERE a.id = %s ORDER BY p.id LIMIT 1", old, new)[0]
    return Fault(["payout.payment"], [f"UPDATE payout.payment SET payee_account_id = '{old}' WHERE id = '{ident}'"], [
        told("O3", "payment", ident, "account when approved", new, old, minor, OUTSIDE), told("O3", "payment", ident, "account in the file", stood, hint)])


def two_payees_swapped(b):
    """Each is paid on the other's account, says the row; the file says otherwise."""
    batch, _ = gathered(b, "closed")
    (one, _, minor, _, first), (other, _, amount, _, second) = payments(b, batch)[:2]
    hints = dict(b.sql("SELECT id::text, iban_hint FROM payout.payee_account"))
    return Fault(["payout.payment"], [f"UPDATE payout.payment SET payee_account_id = CASE id WHEN '{one}' THEN '{second}' ELSE '{first}' END::uuid WHERE id IN ('{one}', '{other}')"], [
        told("O3", "payment", one, "account when approved", first, second, minor, OUTSIDE), told("O3", "payment", one, "account in the file", hints[second], hints[first]),
        told("O3", "payment", other, "account when approved", second, first, amount, OUTSIDE), told("O3", "payment", other, "account in the file", hints[first], hints[second])])


# -- O4: two others signed before it left ----------------------------------------------------------

def approvals(b, batch):
    return b.sql("SELECT id::text, member_id::text, key_id::text, encode(signature, 'hex') FROM payout.approval WHERE batch_id = %s ORDER BY id", batch)


def bad(approval, found):
    return told("O4", "approval", approval, "signature", "valid", found, total="bad_signature")


def approved_with_the_makers_key(b):
    batch, _ = gathered(b, "sent")
    key, approval = "0198cccc-0000-7000-8000-000000000000", approvals(b, batch)[0][0]
    return Fault(["payout.approver_key", "payout.approval"], [
        f"INSERT INTO payout.approver_key (id, member_id, public_key, from_at) SELECT '{key}', made_by, decode(repeat('a5', 32), 'hex'), made_at FROM payout.batch WHERE id = '{batch}'",
        f"UPDATE payout.approval SET key_id = '{key}' WHERE id = '{approval}'"], [bad(approval, "by no key of the approver")])


def approved_after_release(b):
    batch, _ = gathered(b, "sent")
    approval, time = approvals(b, batch)[1][0], b.one("SELECT log.time_text(%s + interval '1 minute')", at(b, batch, "releasing"))
    return Fault(["payout.approver_key", "payout.approval"], [
        f"UPDATE payout.approver_key SET revoked_at = NULL WHERE id = (SELECT key_id FROM payout.approval WHERE id = '{approval}')",
        f"UPDATE payout.approval SET at = '{time}' WHERE id = '{approval}'"], [told("O4", "approval", approval, "time", "before the release", time)])


def key_was_revoked_before(b):
    batch, _ = gathered(b, "closed")
    approval, _, key, _ = approvals(b, batch)[0]
    found = b.sql("SELECT id::text FROM payout.approval WHERE key_id = %s", key)
    return Fault(["payout.approver_key"], [f"UPDATE payout.approver_key SET revoked_at = from_at WHERE id = '{key}'"],
                 [bad(one, "by a key that was not valid then") for one, in found])


def another_leaf(b, approval, text, signature):
    """What T2 says of an approval: hash of its text and signature (hex) against the leaf's."""
    leaf, = b.sql("SELECT object_sha256 FROM log.entry WHERE type = 'approval' AND object_id = %s", approval)[0]
    return told("T2", "approval", approval, "hash", hashlib.sha256(text.encode() + bytes.fromhex(signature)).hexdigest(), leaf)


def text_of_another_file(b):
    batch, file = b.sql("SELECT id::text, file_sha256 FROM payout.batch WHERE state = 'sent'")[0]
    (approval, _, _, signature), other = approvals(b, batch)[0], "0" * 64
    text = b.one("SELECT text FROM payout.approval WHERE id = %s", approval).replace(file, other)
    return Fault(["payout.approval"], [f"UPDATE payout.approval SET text = replace(text, '{file}', '{other}') WHERE id = '{approval}'"], [
        told("O2", "batch", batch, f"file of approval {approval}", other, file), bad(approval, "signed something else"), another_leaf(b, approval, text, signature)])


def two_signatures_swapped(b):
    batch, _ = gathered(b, "sent")
    (one, _, _, first), (other, _, _, second) = approvals(b, batch)
    texts = dict(b.sql("SELECT id::text, text FROM payout.approval WHERE batch_id = %s", batch))
    return Fault(["payout.approval"], [f"UPDATE payout.approval SET signature = decode(CASE id WHEN '{one}' THEN '{second}' ELSE '{first}' END, 'hex') WHERE id IN ('{one}', '{other}')"],
                 [bad(one, "not the key's signature"), bad(other, "not the key's signature"), another_leaf(b, one, texts[one], second), another_leaf(b, other, texts[other], first)])


def the_maker_approved(b):
    """Says the row of the batch: somebody else, of another office, is its maker now."""
    batch, _ = gathered(b, "sent")
    approval, member = b.sql("SELECT id::text, member_id::text FROM payout.approval WHERE batch_id = %s AND body <> 'treasurer' ORDER BY id LIMIT 1", batch)[0]
    return Fault(["payout.batch"], [f"UPDATE payout.batch SET made_by = '{member}' WHERE id = '{batch}'"],
                 [told("G1", "batch", batch, "made", "treasurer in office", member),
                  told("O4", "approval", approval, "approver", "another than the maker", member)])


# -- O5: forward, and once ---------------------------------------------------------------------

def resent_under_a_new_message_id(b):
    batch, _ = gathered(b, "sent")
    other, stood = "CH" + "0" * 26, b.one("SELECT message_id FROM payout.batch WHERE id = %s", batch)
    return Fault(["payout.batch"], [f"UPDATE payout.batch SET message_id = '{other}' WHERE id = '{batch}'"], [told("O5", "batch", batch, "message_id", stood, other)])


def back_into_the_queue(b):
    """As if nothing had left: it would be paid again."""
    batch, _ = gathered(b, "sent")
    ident, _, minor, _, _ = payments(b, batch)[0]
    return Fault(["payout.payment"], [f"UPDATE payout.payment SET state = 'queued' WHERE id = '{ident}'"],
                 [told("O5", "payment", ident, "state", "in_flight", "queued", minor, OUTSIDE)])


def a_batch_steps_back(b):
    batch, _ = gathered(b, "sent")
    return Fault(["payout.batch"], [f"UPDATE payout.batch SET state = 'unknown' WHERE id = '{batch}'"], [told("O5", "batch", batch, "state", "sent", "unknown")])


def attempt_at_what_did_not_fail(b):
    ident, minor, retries = b.sql("SELECT id::text, minor, retries::text FROM payout.payment WHERE retries IS NOT NULL AND state = 'in_flight' ORDER BY id LIMIT 1")[0]
    other, = b.sql("SELECT id::text FROM payout.payment WHERE state = 'booked' AND id::text <> %s ORDER BY id LIMIT 1", retries)[0]
    return Fault(["payout.payment"], [f"UPDATE payout.payment SET retries = '{other}' WHERE id = '{ident}'"],
                 [told("O5", "payment", ident, "retries", "a payment of the same payee that failed, once", "booked", minor, OUTSIDE)])


# -- O6: nothing stays in flight ------------------------------------------------------------------

def closed_too_early(b):
    batch, total = gathered(b, "sent")
    count = len(b.sql("SELECT 1 FROM payout.payment WHERE batch_id = %s AND state = 'in_flight'", batch))
    return Fault(["payout.batch"], [f"UPDATE payout.batch SET state = 'closed' WHERE id = '{batch}'"], [
        told("O5", "batch", batch, "state", "sent", "closed"), told("O5", "batch", batch, "open payments", "0", str(count), total, OUTSIDE),
        told("O6", "batch", batch, "in flight", "0", str(-total), -total, OUTSIDE)])


def a_draft_that_everybody_forgot(b):
    ident = "0198dddd-0000-7000-8000-000000000000"
    return Fault(["payout.batch", "payout.batch_event"], [
        f"INSERT INTO payout.batch (id, bank_account_id, state, currency, execution_on, count, total, made_by, made_at) SELECT '{ident}', bank_account_id, 'draft', currency, execution_on, "
        "1, 1, made_by, made_at - interval '40 days' FROM payout.batch ORDER BY made_at LIMIT 1",
        f"INSERT INTO payout.batch_event (batch_id, no, state, at) VALUES ('{ident}', 1, 'draft', (SELECT made_at FROM payout.batch WHERE id = '{ident}'))"],
        [told("O6", "batch", ident, "open", "closed in time", "draft", total="lag")])


FAULTS = [hold_dropped, hold_under_another_reason, dispute_that_nobody_opened, two_holds_that_cancel, waiting_is_not_allowed_any_more, line_in_the_file_only, payment_changed,
          two_payments_that_cancel, iban_edited, account_still_cooling_down, cool_down_cut, confirmed_by_somebody_else, changed_without_a_second_person, paid_to_the_account_before,
          two_payees_swapped, approved_with_the_makers_key, approved_after_release, key_was_revoked_before, text_of_another_file, two_signatures_swapped, the_maker_approved,
          resent_under_a_new_message_id, back_into_the_queue, a_batch_steps_back, attempt_at_what_did_not_fail, closed_too_early, a_draft_that_everybody_forgot]
