# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happens between a trust and those it pays, as events of a random life: runs, payee accounts, holds, batches and what the bank says of them,
bills, funds, bookings by hand."""
import collections
import uuid

import ledger_model as model
from bank import iban
from ledger_model import Batch, Bill, Payment, Refused
from cycled import everything, evidence
from life import BLOCKING, Difference, event
from living import TODAY, file_lines, money, status_report
from money import PAY
from stack import eventually, together

REASONS = ["AC01", "AC04", "MS03", "AM05"]


class Paying:
    """Events; the frame is Frame of life.py."""

    # -- runs -----------------------------------------------------------------------

    @event(7)
    def run_is_opened(self):
        """Collected, frozen, numbered and computed by the worker; the reference calculator gives the same hash."""
        scopes = {s.slot[1:] for s in self.books.paid if s.slot[1] and not s.run}
        if not scopes and self.chance(0.9):
            return None
        name, month = self.pick(sorted(scopes, key=lambda s: (self.t.pools.index(s[0]), s[1]))) or (self.t.pools[0], str(self.t.months[0])[:7])
        body = {"pool": name, "month": month}
        try:
            run = self.books.open_run(name, month)
        except Refused as refusal:
            return self.refused("runs", body, refusal.slug)
        if month == str(TODAY)[:7]:
            self.books.abandon_run(run)
            self.books.runs.remove(run)
            return self.refused("runs", body, "nothing_to_distribute")
        run.id = self.ask("runs", body, "opened")["id"]
        found = eventually("the run to be computed", lambda: (lambda r: r if r["state"] in ("review", "abandoned") else None)(self.t.treasurer.get(f"{PAY}/runs/{run.id}").json))
        inputs = self.inputs(run, found)
        result = self.books.compute(run, found["run_id"], inputs["recipients"], inputs["contributions"])
        if found["result_hash"] != result["hash"]:
            raise Difference(f"run {found}: the reference gives {result}")
        return f"{month} pot {run.pot} carried in {sum(r.result['carried'] for r in run.carried_in)} fees {run.rail_fees} {result['outcome']}"

    def inputs(self, run, found):
        """What was frozen, against what the model says of it."""
        frozen = evidence(self.t.trust, self.t.sql("SELECT inputs_file_sha256 FROM payout.run WHERE id = %s", run.id)[0][0])
        inputs = model.payout.json.loads(frozen)
        wanted = {"pot": run.pot, "rail_fees": run.rail_fees}
        told = {k: inputs[k] for k in wanted}
        balances = {k: inputs["balances"].get(k) for k in self.books.fund_balances()}
        units = {c["id"]: c["units"] for c in inputs["contributions"]}
        used = {c: self.t.units.get((c, type(TODAY).fromisoformat(run.month + "-01")), 0) for c in units}
        if told != wanted or balances != self.books.fund_balances() or units != used:
            raise Difference(f"inputs of {found}: {told} {balances} {units}, expected {wanted} {self.books.fund_balances()} {used}")
        self.balances = inputs["balances"]
        return inputs

    @event(8)
    def run_is_confirmed(self):
        run = self.pick(r for r in self.books.runs if r.state == "open")
        if not run:
            return None
        if run.result["outcome"] == "aborted":
            return self.refused(f"runs/{run.id}/confirm-run", {}, "not_allowed_here")
        self.ask(f"runs/{run.id}/confirm-run", outcome="accepted")
        eventually("the run to be posted", lambda: self.t.treasurer.get(f"{PAY}/runs/{run.id}")["state"] == "posted")
        self.books.post_run(run)
        return f"{run.pot}"

    @event(0.6)
    def run_is_abandoned(self):
        run = self.pick(self.books.runs)
        if not run:
            return None
        path, body = f"runs/{run.id}/abandon-run", {"reason": "figures were wrong"}
        if run.state == "open":
            self.ask(path, body, "ok")
            self.books.abandon_run(run)
            return "ok"
        return self.refused(path, body, ("already_posted", "not_allowed_here"))

    # -- payees, holds ----------------------------------------------------------------

    @event(4)
    def member_names_an_account(self):
        """Propose and confirm; a change needs a second person."""
        name = self.pick(self.t.members)
        person, member = self.t.trust[name], self.t.members[name]
        state = self.accounts.get(member)
        if state == "usable" and self.rnd.random() < 0.8:
            return None
        self.account_count += 1
        number = iban("DE", f"50010517{5400000000 + self.account_count:010d}")
        made = self.ask("payee-accounts", {"iban": number, "name": f"Owner {name}"}, "created", person).json
        self.ask(f"payee-accounts/{made['id']}/confirm-account", outcome="confirmed", client=person)
        if state is not None:
            self.refused(f"payee-accounts/{made['id']}/confirm-account", {}, "same_person", person)
            self.ask(f"payee-accounts/{made['id']}/confirm-account", outcome="confirmed", client=self.t.treasurer)
        self.accounts[member] = "usable"
        person.account = made["id"]
        return name

    @event(0.7)
    def account_is_blocked(self):
        name = self.pick(n for n, m in self.t.members.items() if self.accounts.get(m) == "usable")
        if not name:
            return None
        person = self.t.trust[name]
        self.ask(f"payee-accounts/{person.account}/block-account", {"reason": "lost the card"}, "ok", person)
        self.accounts[self.t.members[name]] = "blocked"
        return name

    def blocked(self, payment, reason):
        """What a reason code does to the account that was paid to; the version that came after it stays."""
        if payment.member and reason in BLOCKING and self.t.trust[self.t.names[payment.member]].account == payment.account:
            self.accounts[payment.member] = "blocked"

    def usable(self):
        return {m for m, state in self.accounts.items() if state == "usable"}

    @event(2)
    def hold_is_released(self):
        one = self.pick(self.books.holds)
        if not one:
            return None
        path = f"holds/{self.find(one)}/release-hold"
        if one.reason in ("BankMissing", "Returned", "Rejected", "Unclaimed") and one.member not in self.usable() or one.reason == "Dispute":
            return self.refused(path, {}, "still_true")
        made = self.ask(path, outcome="released")
        if "payment_id" not in made.json:
            self.books.release_hold(one)
            return f"{one.reason} {one.minor}"
        # what a payment left behind is tried again: of equal holds of a member the one whose payment the answer's retries
        old = self.t.treasurer.get(f"{PAY}/payments/{made['payment_id']}").json["retries"]
        self.books.retry(next(p for b in self.books.batches.values() for p in b.payments.values() if p.id == old), made["payment_id"])
        return f"{one.reason} {one.minor}, tried again"

    def find(self, one):
        """Id of a hold; all of them are compared on the way. Of those that look alike the model's n-th is the n-th placed: which one ends decides what a clawback takes next."""
        held = everything(self.t.treasurer, f"{PAY}/holds")
        mine, told = [sorted(x) for x in ([(h.member, h.reason, h.minor) for h in self.books.holds], [(h["member_id"], h["reason"], h["amount"]["minor"]) for h in held])]
        if mine != told:
            raise Difference(f"holds {told}, expected {mine}")
        looks = (one.member, one.reason, one.minor)
        alike = [h for h in self.books.holds if (h.member, h.reason, h.minor) == looks]
        placed = self.t.sql("SELECT id::text FROM payout.hold WHERE released_at IS NULL AND member_id = %s AND reason = %s AND minor = %s ORDER BY since, id", *looks)
        return placed[next(n for n, h in enumerate(alike) if h is one)][0]

    @event(1.5)
    def treasurer_holds(self):
        member = self.pick(m for m in self.t.members.values() if self.books[model.payable(m)])
        if not member:
            return None
        minor, reason = self.amount(-self.books[model.payable(member)]), self.pick(["TaxForm", "Consent", "Sanctions"])
        body = {"member_id": member, "reason": reason, "amount": money(minor), "note": "asked on paper"}
        if self.chance(0.1):
            body["amount"] = money(1 - self.books[model.payable(member)])
            return self.refused("holds", body, ("nothing_to_pay", "bound_broken", "invalid"))
        self.ask("holds", body, "created")
        self.books.place_hold(member, reason, minor)
        return f"{reason} {minor}"

    @event(1.5)
    def member_disputes(self):
        """The own line of a run."""
        run, name = self.pick(r for r in self.books.runs if r.state == "posted"), self.pick(self.t.members)
        if not run:
            return None
        body, person = {"kind": "member", "run": run.id, "grounds": "my rows were more"}, self.t.trust[name]
        try:
            one = self.books.dispute_line(run, self.t.members[name])
        except Refused as refusal:
            return self.refused("disputes", body, refusal.slug, person)
        one.dispute = self.ask("disputes", body, "opened", person)["id"]
        self.disputed.append(one)
        return f"{name} {one.minor}"

    @event(1.5)
    def line_is_settled(self):
        one = self.pick(self.disputed)
        if not one:
            return None
        body, correction = {"state": "won", "decision": "counted again"}, {}
        if self.chance(0.4):
            resolution, fund = self.pick(self.t.resolutions), self.pick(["Commons", "Solidarity"])
            minor, account = self.amount(max(1, -self.books[f"Equity:Fund:{fund}"])), f"Equity:Fund:{fund}"
            body.update(state="lost", correction={"amount": money(minor), "fund": fund, "resolution": resolution})
            correction = {"correction": minor, "account": account, "resolution": resolution, "award": self.t.resolutions[resolution].get(account, 0)}
        path = f"disputes/{one.dispute}/settle-dispute"
        try:
            self.books.settle_line(one, **correction)
        except Refused as refusal:
            return self.refused(path, body, refusal.slug)
        self.ask(path, body, "settled")
        self.disputed.remove(one)
        return f"{body['state']} {one.minor} {correction.get('correction', 0)}"

    @event(0.7)
    def time_runs_out(self):
        """A hold grows old; the worker's clock finds it."""
        one = self.pick(h for h in self.books.holds if h.reason not in ("Unclaimed", "Dispute", "Sanctions"))
        if not one:
            return None
        self.t.sql("UPDATE payout.hold SET since = since - interval '1200 days' WHERE id = %s", self.find(one))
        self.t.trust.wait_sql("the hold to be unclaimed", "SELECT -sum(b.minor) = %s FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id) WHERE a.path = %s",
                              one.minor - self.books[model.UNCLAIMED], model.UNCLAIMED)
        self.books.forget(one)
        return f"{one.reason} {one.minor}"

    @event(0.7)
    def unclaimed_money_is_given_up(self):
        one = self.pick(h for h in self.books.holds if h.reason == "Unclaimed")
        if not one:
            return None
        resolution = self.pick(self.t.resolutions)
        path, body = f"holds/{self.find(one)}/give-up-hold", {"resolution": resolution}
        left = self.t.resolutions[resolution].get(model.UNCLAIMED, 0) - self.books.used[resolution, model.UNCLAIMED]
        if one.minor > left:
            return self.refused(path, body, ("over_award", "forbidden"))
        self.ask(path, body, "released")
        self.books.give_up(one)
        self.books.used[resolution, model.UNCLAIMED] += one.minor
        return f"{one.minor}"

    # -- batches ------------------------------------------------------------------------

    def batches(self, *states):
        return [b for b in self.books.batches.values() if b.state in states]

    @event(3)
    def batch_is_made(self):
        usable = self.usable()
        self.books.settle_holds(usable, set())
        members, attempts, bills = self.books.payable_now(usable)
        if not members and not attempts and not bills:
            answer = self.send(self.t.treasurer, "batches", {"account": "main"})
            if answer.status != 409:
                raise Difference(f"a batch of nothing: {answer.status} {answer.raw[:300]!r}")
            return "nothing_to_pay"
        made = self.ask("batches", {"account": "main"}, "created").json
        rows = self.t.sql("SELECT id::text, member_id::text, bill_id::text, minor, end_to_end_id FROM payout.payment WHERE batch_id = %s", made["id"])
        wanted = sorted([(None, m, None, minor) for m, minor in members.items()] + [(p.id, p.member, p.bill and p.bill.id, p.minor) for p in attempts]
                        + [(None, None, b.id, b.minor) for b in bills], key=str)
        waited = {p.id: p for p in attempts}
        if sorted([(r[0] if r[0] in waited else None, *r[1:4]) for r in rows], key=str) != wanted or made["total"]["minor"] != sum(w[3] for w in wanted):
            raise Difference(f"batch {made}: {rows}, expected {wanted}")
        order = {b.id: n for n, b in enumerate(self.books.bills)}
        rows.sort(key=lambda r: (r[0] in waited, r[1] is None, self.t.names.get(r[1], ""), order.get(r[2], 0), r[3]))
        payments = [self.payment(waited, {b.id: b for b in bills}, *row) for row in rows]
        self.books.waiting_payments = [p for p in self.books.waiting_payments if p not in attempts]
        batch = self.books.batches[made["id"]] = Batch(made["id"], "main", payments)
        batch.signed = set()
        return f"{len(members)} members, {len(attempts)} new attempts, {len(bills)} bills, {batch.total}"

    def payment(self, waited, bills, identifier, member, bill, minor, end_to_end):
        made = waited.get(identifier)
        if not made:
            made = Payment(identifier, model.payable(member) if member else bills[bill].source, minor, member, bills.get(bill))
            if made.bill:
                made.bill.payment = made
        made.end_to_end, made.account = end_to_end, member and self.t.trust[self.t.names[member]].account
        return made

    @event(8)
    def batch_is_frozen(self):
        batch = self.pick(self.batches("draft"))
        if not batch:
            return None
        if self.moved(batch):
            return self.refused(f"batches/{batch.id}/freeze-batch", {}, "payee_changed")
        shown = self.ask(f"batches/{batch.id}/freeze-batch", outcome="frozen").json
        batch.state, batch.shown, batch.message_id = "frozen", shown, shown["message_id"]
        lines = file_lines(self.t.treasurer.get(f"{PAY}/batches/{batch.id}/file").raw)
        if sorted(lines) != sorted((p.end_to_end, p.minor) for p in batch.payments.values()):
            raise Difference(f"file of {batch.id}: {lines}")
        return "frozen"

    def moved(self, batch):
        """Whether a payee's account is another than when the batch was made."""
        return any(p.member and (self.accounts.get(p.member) != "usable" or self.t.trust[self.t.names[p.member]].account != p.account)
                   for p in batch.payments.values())

    @event(20)
    def batch_is_approved(self):
        batch = self.pick(self.batches("frozen"))
        if not batch:
            return None
        path = f"batches/{batch.id}/approve-batch"
        signer = self.pick([*self.t.approvers, self.t.maker])
        how = self.rnd.choice(["right"] * 6 + ["other hash", "other total"])
        if how != "right":
            wrong = {"file_sha256": "0" * 64} if how == "other hash" else {"total": money(batch.total + 1)}
            return self.refused(path, signer.body(batch.shown, **wrong), ("invalid", "stale", "same_person"), signer.client)
        if signer is self.t.maker or signer in batch.signed:
            return self.refused(path, signer.body(batch.shown), "same_person", signer.client)
        self.ask(path, signer.body(batch.shown), "approved", signer.client)
        batch.signed.add(signer)
        if len(batch.signed) == 2:
            batch.state = "approved"
        return f"{len(batch.signed)}"

    @event(8)
    def batch_is_released(self):
        batch = self.pick(self.batches("approved")) if self.chance(0.8) else self.pick(self.books.batches.values())
        if not batch:
            return None
        path = f"batches/{batch.id}/release-batch"
        if batch.state != "approved":
            return self.refused(path, {}, ("not_approved", "not_allowed_here"))
        if self.moved(batch):
            return self.refused(path, {}, "payee_changed")
        try:
            self.books.release(batch)
        except Refused as refusal:
            return self.refused(path, {}, refusal.slug)
        if self.aside(0.2):
            answers = together(*(lambda c=c: self.send(c, path) for c in (self.t.treasurer, self.t.second)))
            if sorted(a.status for a in answers) != [200, 409]:
                raise Difference(f"two release one batch: {[(a.status, a.raw[:200]) for a in answers]}")
        else:
            self.ask(path, outcome="accepted")
        eventually("the batch to be sent", lambda: self.t.treasurer.get(f"{PAY}/batches/{batch.id}")["state"] == "sent")
        return f"{batch.total}"

    @event(0.4)
    def batch_is_cancelled(self):
        batch = self.pick(self.books.batches.values())
        if not batch:
            return None
        path, body = f"batches/{batch.id}/cancel-batch", {"reason": "made too early"}
        try:
            again = self.books.cancel(batch)
        except Refused as refusal:
            return self.refused(path, body, refusal.slug)
        self.ask(path, body, "ok")
        for payment in again:
            payment.id = self.t.sql("SELECT id::text FROM payout.payment WHERE retries = %s AND state <> 'cancelled'", payment.retries.id)[0][0]
        return f"{batch.total}, {len(again)} attempts wait again"

    def flying(self):
        """(batch, payment) on their way, and in no line that waits."""
        waiting = {p.id for line in self.t.bank.lines for p in line.about.get("payments", [])}
        return [(b, p) for b in self.books.batches.values() for p in b.payments.values() if p.state == "in_flight" and p.id not in waiting]

    @event(8)
    def bank_executes(self):
        """The whole file as one line, or payment by payment."""
        flying = self.flying()
        batch = self.pick(dict.fromkeys(b for b, _ in flying))
        if not batch:
            return None
        mine = [p for b, p in flying if b is batch]
        if len(mine) == len(batch.payments) and self.rnd.random() < 0.5:
            self.t.bank.paid_whole(batch, mine)
            return f"whole {batch.total}"
        payment = self.pick(mine)
        self.t.bank.paid_single(batch, payment)
        return f"single {payment.minor}"

    @event(2)
    def payment_comes_back(self):
        waiting = {p.id for line in self.t.bank.lines for p in line.about.get("payments", [])}
        chosen = self.pick((b, p) for b in self.books.batches.values() for p in b.payments.values() if p.state == "booked" and p.id not in waiting)
        if not chosen:
            return None
        batch, payment = chosen
        fee = min(self.rnd.choice([0, 0, 1, 300]), payment.minor - 1)
        self.t.bank.comes_back(batch, payment, fee, self.pick(REASONS))
        return f"{payment.minor} fee {fee}"

    @event(2)
    def bank_rejects(self):
        """pain.002: the whole file, or one payment; or words that move nothing."""
        batch = self.pick(self.batches("sent", "closed"))
        if not batch:
            return None
        path, headers = f"batches/{batch.id}/read-status", {"Content-Type": "application/xml"}
        self.reports += 1
        how, reason = self.rnd.choice(["one", "one", "all", "words", "foreign"]), self.pick(REASONS)
        if how == "foreign":
            other = Batch("x", "main", [])
            other.message_id = "CH" + "0" * 26
            return self.refused(path, None, "unknown_reference", raw=status_report(other, ("ACSP", None), number=self.reports), headers=headers)
        payment = self.pick(batch.payments.values())
        if how == "words":
            content = status_report(batch, payments=[(payment.end_to_end, self.pick(["ACSP", "ACSC", "PDNG"]), None)], number=self.reports)
        elif how == "all":
            content = status_report(batch, ("RJCT", reason), number=self.reports)
        else:
            content = status_report(batch, ("PART", None), [(payment.end_to_end, "RJCT", reason)], self.reports)
        self.ask(path, None, "applied", raw=content, headers=headers)
        hit = [p for p in ([payment] if how == "one" else batch.payments.values() if how == "all" else []) if p.state == "in_flight"]
        for one in hit:
            self.books.fail(batch, one)
            self.blocked(one, reason)
        if self.aside(0.3):
            self.ask(path, None, "applied", raw=content, headers=headers)
        return f"{how} {reason}: {len(hit)} rejected"

    @event(2)
    def payment_is_tried_again(self):
        chosen = [(b, p) for b in self.books.batches.values() for p in b.payments.values()]
        batch, payment = self.pick([c for c in chosen if c[1].state in ("rejected", "returned")] if self.chance(0.8) else chosen) or (None, None)
        if not payment:
            return None
        path = f"payments/{payment.id}/retry-payment"
        if payment.state in ("rejected", "returned") and payment.member and payment.member not in self.usable():
            return self.refused(path, {}, ("still_true", "not_allowed_here"))
        try:
            again = self.books.retry(payment, None)
        except Refused as refusal:
            return self.refused(path, {}, refusal.slug)
        again.id = self.ask(path, {}, "created")["id"]
        return f"{payment.minor} of batch {batch.state}"

    # -- bills and funds --------------------------------------------------------------------

    @event(2)
    def refund_is_billed(self):
        """What credit notes left; more is refused."""
        waits = collections.Counter()
        for bill in self.books.bills:
            if not bill.withdrawn and (bill.payment is None or bill.payment.state in ("queued", "rejected", "returned")):
                waits[bill.source] += bill.minor
        licensee = self.pick(x for x in self.t.licensees if -self.books[model.refundable(x)] - waits[model.refundable(x)] > 0)
        if not licensee:
            return None
        most = -self.books[model.refundable(licensee)] - waits[model.refundable(licensee)]
        body = {"kind": "refund", "licensee": licensee, "amount": money(self.amount(most)), "reference": "Credit note", "iban": iban("DE", "100000000200000001"), "name": "A payer"}
        if self.chance(0.15):
            return self.refused("bills", {**body, "amount": money(most + 1)}, ("bound_broken", "invalid"))
        return self.bill("bills", body, Bill("refund", model.refundable(licensee), body["amount"]["minor"]))

    @event(1)
    def receipt_is_sent_back(self):
        chosen = self.pick(e for e in self.entries if e[1].minor > 0)
        if not chosen:
            return None
        entry, line = chosen
        body = {"kind": "send_back", "entry_id": entry, "reference": "Not for us", "iban": iban("DE", "100000000200000002"), "name": "A payer"}
        bill = Bill("send_back", model.SUSPENSE, line.minor)
        told = self.bill("bills", body, bill)
        self.entries.remove(chosen)
        self.matched.append((entry, line, bill))
        return told

    def bill(self, path, body, bill):
        bill.id = self.ask(path, body, "created")["id"]
        if bill not in self.books.bills:
            self.books.bills.append(bill)
        return f"{bill.kind} {bill.minor}"

    @event(1.5)
    def fund_is_committed(self):
        fund, resolution = self.pick(["Commons", "Solidarity", "Refund"]), self.pick(self.t.resolutions)
        free, award = -self.books[f"Equity:Fund:{fund}"], self.t.resolutions[resolution].get(f"Equity:Fund:{fund}", 0)
        minor = self.amount(max(1, self.rnd.choice([free, award, free * 2 + 1])))
        body = {"fund": fund, "amount": money(minor), "resolution": resolution, "purpose": "a bench by the harbour"}
        try:
            commitment = self.books.commit(resolution, fund, minor, award)
        except Refused as refusal:
            both = minor > free and minor > award - self.books.used[resolution, f"Equity:Fund:{fund}"]
            return self.refused("commitments", body, ("over_award", "over_fund") if both else refusal.slug)
        commitment.id = self.ask("commitments", body, "committed")["id"]
        return f"{fund} {minor}"

    @event(1.5)
    def commitment_is_spent(self):
        commitment = self.pick(self.books.commitments)
        if not commitment:
            return None
        minor, path = self.amount(max(1, commitment.free)), f"commitments/{commitment.id}/spend-commitment"
        body = {"amount": money(minor + (self.rnd.random() < 0.1) * commitment.minor), "iban": iban("DE", "100000000200000003"), "name": "The bench makers", "reference": "Bench"}
        if body["amount"]["minor"] > commitment.free:
            return self.refused(path, body, ("over_award", "not_allowed_here"))
        made = self.ask(path, body, "created").json
        creditor = self.t.sql("SELECT path FROM payout.bill WHERE commitment_id = %s ORDER BY made_at DESC, id DESC LIMIT 1", commitment.id)[0][0].rsplit(":", 1)[1]
        bill = self.books.spend(commitment, creditor, minor)
        bill.id = self.t.sql("SELECT id::text FROM payout.bill WHERE commitment_id = %s ORDER BY made_at DESC, id DESC LIMIT 1", commitment.id)[0][0]
        return f"{commitment.fund} {minor} {made.get('kind', '')}"

    @event(0.7)
    def commitment_lapses(self):
        commitment = self.pick(self.books.commitments)
        if not commitment:
            return None
        path, body = f"commitments/{commitment.id}/lapse-commitment", {"reason": "the bench was given"}
        try:
            self.books.lapse(commitment)
        except Refused as refusal:
            return self.refused(path, body, refusal.slug)
        self.ask(path, body, "ok")
        return f"{commitment.lapsed}"

    # -- by hand -------------------------------------------------------------------------------

    @event(1.5)
    def treasurer_books_by_hand(self):
        """Under a resolution: out of one fund or the reserve into another account."""
        resolution, source = self.pick(self.t.resolutions), self.pick(["Equity:Fund:Commons", "Equity:Fund:Solidarity", model.RESERVE])
        target = self.pick(x for x in ("Equity:Fund:Commons", "Equity:Fund:Solidarity", "Income:Other") if x != source)
        minor = self.amount(max(1, self.rnd.choice([-self.books[source], 500, 60000])))
        body = {"text": "moved by vote", "resolution": resolution, "postings": [{"account": source, "amount": money(minor)}, {"account": target, "amount": money(-minor)}]}
        if minor > self.t.resolutions[resolution].get(source, 0) - self.books.used[resolution, source]:
            return self.refused("transactions", body, "reserve_locked" if source == model.RESERVE else ("forbidden", "reserve_locked"))
        if self.chance(0.1) and self.closed:
            return self.refused("transactions", {**body, "occurred_on": f"{self.pick(self.closed)}-05"}, "period_closed")
        try:
            number, = self.books.post(model.moved(source, target, minor))
        except Refused as refusal:
            return self.refused("transactions", body, refusal.slug)
        made = self.ask("transactions", body, "posted").json
        self.books.used[resolution, source] += minor
        self.by_hand.append((made["txn_id"] if "txn_id" in made else made["id"], number, resolution, source, minor))
        return f"{source} {minor}"

    @event(0.7)
    def booking_by_hand_is_reversed(self):
        chosen = self.pick(self.by_hand)
        if not chosen:
            return None
        identifier, number, resolution, source, minor = chosen
        path, body = f"transactions/{identifier}/reverse-transaction", {"reason": "the vote was void"}
        try:
            self.books.reverse(number)
        except Refused as refusal:
            return self.refused(path, body, refusal.slug)
        self.ask(path, body, "posted")
        self.books.used[resolution, source] -= minor
        return f"{source} {minor}"

    # -- attempts at what nobody may ------------------------------------------------------

    @event(1)
    def somebody_else_tries(self):
        """Who holds no office may not."""
        person = self.t.trust[self.pick(self.t.members)]
        path, body = self.pick([("runs", {"pool": self.t.pools[0], "month": "2026-01"}), ("batches", {"account": "main"}),
                                ("invoices", {"licensee": self.t.licensees[0], "lines": [{"text": "x", "net": money(1), "pool": self.t.pools[0],
                                                                                          "first": "2026-01-01", "last": "2026-01-02"}]})])
        return self.refused(path, body, "forbidden", person)

    @event(1)
    def same_key_other_body(self):
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        line = {"text": "x", "net": money(5), "pool": self.t.pools[0], "first": "2026-01-01", "last": "2026-01-02", "vat_category": "Z"}
        body = {"licensee": self.t.licensees[0], "lines": [line]}
        self.ask("invoices", body, "created", headers=headers)
        return self.refused("invoices", {**body, "lines": [{**line, "net": money(6)}]}, "idempotency_conflict", headers=headers)
