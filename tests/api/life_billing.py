# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happens between a trust and those who pay it, as events of a random life: invoices, bank files, assignments, credit notes, disputes of
licensees, months that close."""
import datetime

import ledger_model as model
from ledger_model import Bill, Invoice, Refused
from cycled import everything
from life import BLOCKING, Difference, event
from living import TODAY, money
from money import PAY
from stack import together


class Billing:
    """Events; the frame is Frame of life.py."""

    # -- invoices --------------------------------------------------------------

    @event(6)
    def invoice_is_drafted(self):
        licensee, lines = self.pick(self.t.licensees), []
        for _ in range(self.rnd.choice([1, 1, 1, 2, 3])):
            first = self.pick([*self.t.months, TODAY.replace(day=1)]).replace(day=self.rnd.randint(1, 28))
            last = min(TODAY, first.replace(day=28) if self.rnd.random() < 0.7 else first + (TODAY - first) * self.rnd.random())
            category, ppm = self.pick([("S", 190000), ("S", 190000), ("S", 70000), ("E", 0), ("Z", 0)])
            lines.append({"text": f"Usage, line {len(lines) + 1}", "net": money(self.rnd.choice([1, 7, 100, 4999, 100000, self.rnd.randint(1, 300000)])),
                          "pool": self.pick(self.t.pools), "first": str(first), "last": str(max(first, last)), "vat_category": category, "vat_ppm": ppm})
        return self.draft(licensee, lines)

    def draft(self, licensee, lines):
        made = self.ask("invoices", {"licensee": licensee, "lines": lines}, "created").json
        taxes = model.tax_of([(x["vat_category"], x["vat_ppm"], x["net"]["minor"]) for x in lines])
        groups = {n: (x["vat_category"], x["vat_ppm"], x["net"]["minor"]) for n, x in enumerate(lines, 1)}
        slices = {}
        for number, line in enumerate(lines, 1):
            parts = model.cut(line["net"]["minor"], *(type(TODAY).fromisoformat(line[k]) for k in ("first", "last")))
            slices.update({(number, line["pool"], month): part for month, part in parts.items()})
        told = {(x["line"], s["pool"], s["month"]): s["net"] for x in made["lines"] for s in x["slices"]}
        if told != slices or made["vat"]["minor"] != sum(taxes.values()):
            raise Difference(f"draft {made}: slices {slices}, VAT {taxes}")
        invoice = Invoice(made["id"], licensee, "DE", sum(taxes.values()), slices, groups)
        self.drafts.append(invoice)
        return f"{invoice.gross} in {len(slices)} slices"

    @event(7)
    def invoice_is_issued(self):
        invoice = self.pick(self.drafts)
        if not invoice:
            return None
        if self.aside(0.15):
            path = f"{PAY}/invoices/{invoice.id}/issue-invoice"
            answers = together(*(lambda c=c: c.send("POST", path) for c in (self.t.treasurer, self.t.second)))
            if sorted(a.status for a in answers) != [200, 409]:
                raise Difference(f"two issue one invoice: {[a.raw[:200] for a in answers]}")
            made = next(a for a in answers if a.status == 200).json
        else:
            made = self.ask(f"invoices/{invoice.id}/issue-invoice", outcome="issued").json
        self.numbers += 1
        if made["no"] != self.numbers:
            raise Difference(f"invoice {made['number']} is number {self.numbers}")
        invoice.reference, invoice.number = made["reference"], made["number"]
        self.drafts.remove(invoice)
        self.books.issue(invoice)
        return made["number"]

    @event(7)
    def invoice_is_issued_again(self):
        invoice = self.pick(self.books.invoices.values())
        return invoice and self.refused(f"invoices/{invoice.id}/issue-invoice", {}, "already_issued")

    def open_invoices(self):
        return [i for i in self.books.invoices.values() if i.open]

    # -- the bank ----------------------------------------------------------------

    @event(9)
    def licensee_pays(self):
        """In full with the reference, with the number, several at once, or too little, too much, without a word."""
        invoice = self.pick(self.open_invoices())
        if not invoice:
            return None
        how = self.rnd.choice(["reference", "reference", "number", "several", "partial", "over", "silent"])
        fee = self.rnd.choice([0, 0, 0, 1, 35, 250])
        gross, reference, text = invoice.open, None, None
        if how in ("reference", "partial", "over"):
            reference = invoice.reference
        elif how == "number":
            text = f"our ref 17, {invoice.number} thanks"
        elif how == "several":
            others = [i for i in self.open_invoices() if i.licensee == invoice.licensee]
            chosen = self.rnd.sample(others, min(len(others), self.rnd.randint(1, 3)))
            gross, text = sum(i.open for i in chosen), "/".join(i.number for i in chosen)
        if how == "partial":
            gross = self.rnd.randint(1, max(1, gross - 1))
        elif how == "over":
            gross += self.rnd.randint(1, 5000)
        if gross <= fee:
            fee = 0
        self.t.bank.credit(gross - fee, reference, text, fee, wanted=invoice)
        return f"{how} {gross} fee {fee}"

    def licensee_pays_in_full(self):
        invoice = max(self.open_invoices(), key=lambda i: i.open, default=None)
        return invoice and f"{self.t.bank.credit(invoice.open, invoice.reference, wanted=invoice).minor}"

    @event(1.5)
    def money_comes_for_something_else(self):
        return f"credit {self.t.bank.credit(self.rnd.randint(1, 30000), text=self.pick(['dues', 'a grant', 'interest', 'who knows'])).minor}"

    @event(1)
    def money_leaves_by_itself(self):
        minor = self.rnd.randint(1, 900)
        if self.t.bank.balance + sum(x.minor for x in self.t.bank.lines) < minor:
            return None
        self.t.bank.debit(minor)
        return f"debit {minor}"

    @event(7)
    def statement_comes(self):
        """The file goes in once and changes the books as the model says; sometimes again, or by two at once."""
        if not self.t.bank.lines and self.rnd.random() < 0.8:
            return None
        if self.aside(0.1):
            self.wrong_file()
        self.t.bank.day = min(TODAY, self.t.bank.day + datetime.timedelta(self.rnd.choice([0, 1, 1, 3, 9])))
        content, lines = self.t.bank.statement(shuffled=self.rnd if self.aside(0.3) else None)
        post = lambda c: self.send(c, "bank-statements", raw=content, headers={"Content-Type": "application/xml"})
        answers = together(lambda: post(self.t.treasurer), lambda: post(self.t.second)) if self.aside(0.15) else [post(self.t.treasurer)]
        if self.aside(0.2):
            answers.append(post(self.t.treasurer))
        if sorted(a.status for a in answers)[self.asked_again:] != [*[200] * (len(answers) - 1), 201][self.asked_again:]:
            raise Difference(f"statement: {[(a.status, a.raw[:300]) for a in answers]}")
        self.files.append(content)
        self.book(answers[0].json["statements"][0]["id"], lines)
        return f"{len(lines)} lines, {len(answers)} times"

    def book(self, statement, lines):
        """What the lines of a statement do to the books, in their order; and what the service says it did with each."""
        told = everything(self.t.treasurer, f"{PAY}/bank-statements/{statement}/entries")
        if [e["amount"]["minor"] for e in told] != [x.minor for x in lines]:
            raise Difference(f"entries {told}, expected {[x.minor for x in lines]}")
        for line, found in zip(lines, told):
            expected = {"credit": self.credit_line, "debit": self.debit_line, "batch": self.batch_line, "return": self.return_line}[line.kind](line, found["id"])
            if found["matches"][-1]["kind"] != expected:
                raise Difference(f"{line.ref} {line.minor} {line.about}: expected {expected}, got {found['matches']}")

    def credit_line(self, line, entry):
        """Reading: a bank may list charges that it did not take out of the amount."""
        for fee in dict.fromkeys((line.fee, 0)):
            parts = self.books.matches(line.minor + fee, self.open_invoices(), line.about.get("reference"), line.about.get("text"))
            if parts:
                self.matched.append((entry, line, self.books.receive(model.bank("main"), fee, parts)))
                return "receipt"
        self.books.post(model.moved(model.bank("main"), model.SUSPENSE, line.minor))
        self.entries.append((entry, line))
        return "suspense"

    def debit_line(self, line, entry):
        self.books.post(model.moved(model.SUSPENSE_DEBIT, model.bank("main"), -line.minor))
        self.entries.append((entry, line))
        return "suspense_debit"

    def batch_line(self, line, entry):
        """A debit for what was rejected meanwhile is explained by nobody."""
        batch, payments = line.about["batch"], line.about["payments"]
        if any(p.state != "in_flight" for p in payments):
            self.books.post(model.moved(model.SUSPENSE_DEBIT, model.bank("main"), -line.minor))
            self.entries.append((entry, line))
            return "suspense_debit"
        self.books.book(batch, payments)
        return "payment"

    def return_line(self, line, _):
        batch, (payment,) = line.about["batch"], line.about["payments"]
        self.books.fail(batch, payment, line.about["return_fee"])
        self.blocked(payment, line.about["reason"])
        return "return"

    def wrong_file(self):
        """A file that must be refused whole; the right one follows."""
        bank = self.t.bank
        how = self.rnd.choice(["gap", "opening", "sum", "foreign", "conflict", "torn", "entity"])
        content, _ = bank.statement(commit=False, sequence=bank.sequence + 2 if how == "gap" else None, opening=bank.balance + 7 if how == "opening" else None,
                                    closing=bank.balance + 99999999 if how == "sum" else None)
        slug = "chain_broken"
        if how == "foreign":
            content, slug = content.replace(bank.iban.encode(), b"DE89370400440532013000"), "invalid"
        elif how == "conflict" and self.files:
            content, slug = self.pick(self.files) + b"\n", "statement_conflict"
        elif how == "torn":
            content, slug = content[:len(content) // 2], "invalid"
        elif how == "entity":
            content, slug = b'<!DOCTYPE x [<!ENTITY a "b">]>' + content, "invalid"
        elif how == "conflict":
            return
        self.refused("bank-statements", None, slug, raw=content, headers={"Content-Type": "application/xml"})

    @event(1)
    def an_old_statement_comes_again(self):
        content = self.pick(self.files)
        if not content:
            return None
        answer = self.send(self.t.treasurer, "bank-statements", raw=content, headers={"Content-Type": "application/xml"})
        if answer.status != 200 or answer.outcome not in ("already_imported", ""):
            raise Difference(f"the same bytes again: {answer.status} {answer.raw[:300]!r}")
        return "already_imported"

    @event(7)
    def entry_is_assigned(self):
        """A person explains what waits in suspense."""
        chosen = self.pick(self.entries)
        if not chosen:
            return None
        entry, line = chosen
        path = f"bank-entries/{entry}/assign-entry"
        if line.minor < 0:
            self.ask(path, {"kind": "bank_fee"}, "matched")
            self.books.post(model.moved("Expenses:Fees:Bank", model.SUSPENSE_DEBIT, -line.minor))
            self.matched.append((entry, line, "Expenses:Fees:Bank"))
            told = "bank_fee"
        else:
            told = self.assign_credit(entry, path, line)
        if told and not told.startswith("refused"):
            self.entries.remove(chosen)
        return told

    def assign_credit(self, entry, path, line):
        kind = self.rnd.choice(["receipt", "receipt", "receipt", "wrong", "dues", "grant", "interest"])
        if kind in ("dues", "grant", "interest"):
            self.ask(path, {"kind": kind}, "matched")
            account = {"dues": "Income:Dues", "grant": "Income:Grants", "interest": "Income:Other"}[kind]
            self.books.post(model.moved(model.SUSPENSE, account, line.minor))
            self.matched.append((entry, line, account))
            return kind
        fee = line.fee if self.rnd.random() < 0.7 else 0
        left, parts = line.minor + fee, []
        for invoice in self.rnd.sample(self.open_invoices(), len(self.open_invoices())):
            part = min(left, invoice.open)
            if part:
                parts.append((invoice, part))
                left -= part
        if kind == "wrong" and parts:
            parts[0] = (parts[0][0], parts[0][1] + 1)
        body = {"kind": "receipt", "fee": money(fee), "invoices": [{"invoice_id": i.id, "amount": money(part)} for i, part in parts]}
        if left or not parts or kind == "wrong":
            return self.refused(path, body, ("amount_mismatch", "invalid"))
        self.ask(path, body, "matched")
        self.matched.append((entry, line, self.books.receive(model.SUSPENSE, fee, parts)))
        return f"receipt {line.minor} fee {fee} over {len(parts)}"

    @event(1)
    def explained_entry_is_assigned(self):
        """What is on its way back to its sender is explained, too; what the bank did not send back waits again."""
        chosen = self.pick(m for m in self.matched if not (isinstance(m[2], Bill) and m[2].payment and m[2].payment.state in ("rejected", "returned")))
        return chosen and self.refused(f"bank-entries/{chosen[0]}/assign-entry", {"kind": "dues" if chosen[1].minor > 0 else "bank_fee"}, "already_matched")

    @event(2)
    def match_is_reversed(self):
        """A wrong match is taken back: the entry waits in suspense again."""
        chosen = self.pick(self.matched)
        if not chosen:
            return None
        entry, line, deed = chosen
        path, body = f"bank-entries/{entry}/reverse-match", {"reason": "meant for another invoice"}
        if isinstance(deed, Bill):
            return self.refused(path, body, "not_allowed_here")
        if isinstance(deed, str):
            debit = deed if line.minor < 0 else model.SUSPENSE
            self.books.post(model.moved(model.SUSPENSE_DEBIT, deed, -line.minor) if line.minor < 0 else model.moved(deed, debit, line.minor))
        else:
            try:
                self.books.unmatch(deed)
            except Refused as refusal:
                return self.refused(path, body, refusal.slug)
        self.ask(path, body, "posted")
        self.matched.remove(chosen)
        self.entries.append((entry, line))
        return f"{line.minor}"

    # -- credit notes, bad debt, disputes ------------------------------------------

    @event(4)
    def invoice_is_credited(self):
        """A part of some lines, or all of it; what runs gave out is clawed back by the worker."""
        invoice = self.pick(self.books.invoices.values())
        if not invoice:
            return None
        path, nets = f"invoices/{invoice.id}/credit-invoice", {line: invoice.left_of_line(line) for line in invoice.lines if invoice.left_of_line(line)}
        whole = self.chance(0.3)
        if not whole:
            nets = {line: self.amount(most) for line, most in nets.items() if self.chance(0.6)}
        body = {"reason": "fewer rows than agreed", **({} if whole else {"lines": [{"line": line, "net": money(net)} for line, net in nets.items()]})}
        if not nets:
            return self.refused(path, body, ("over_credited", "invalid", "not_allowed_here")) if whole else None
        if not whole and self.chance(0.1):
            line = next(iter(nets))
            body["lines"][0]["net"] = money(invoice.left_of_line(line) + 1)
            return self.refused(path, body, ("over_credited",) if invoice.state != "written_off" else ("over_credited", "not_allowed_here"))
        return self.give_credit(invoice, path, body, nets)

    def give_credit(self, invoice, path, body, nets):
        tax = invoice.credit_tax(nets)
        try:
            due = self.books.credit(invoice, invoice.spread_credit(nets), tax)
        except Refused as refusal:
            return self.refused(path, body, (refusal.slug, "not_allowed_here"))
        invoice.credit_tax(nets, take=True)
        made = self.ask(path, body, "issued").json
        if (made["net"]["minor"], made["vat"]["minor"]) != (sum(nets.values()), tax):
            raise Difference(f"credit note {made}, expected {nets} and VAT {tax}")
        self.claw_back(due)
        return f"{sum(nets.values())} + {tax}, {sum(m for _, m in due)} of it distributed, in {len(due)} runs"

    def claw_back(self, due):
        """Waits for the worker, and takes back as the model does, in the order in which the worker did."""
        if not due:
            return
        self.t.trust.wait_sql("clawbacks to be posted", "SELECT count(*) = %s AND bool_and(state = 'posted') FROM payout.clawback", self.clawbacks + len(due))
        rows = self.t.sql("SELECT run::text, run_id, minor, result_hash FROM payout.clawback ORDER BY posted_at OFFSET %s", self.clawbacks)
        self.clawbacks += len(due)
        runs = {run.id: run for run in self.books.runs}
        for identifier, run_id, minor, result_hash in rows:
            if (runs[identifier], minor) not in due:
                raise Difference(f"clawback {identifier} {minor}, expected {[(r.id, m) for r, m in due]}")
            result = self.books.clawback(runs[identifier], minor, run_id)
            if result["hash"] != result_hash:
                raise Difference(f"clawback {run_id}: the reference gives {result}")

    @event(0.7)
    def debt_is_written_off(self):
        invoice = self.pick(self.books.invoices.values())
        if not invoice:
            return None
        path, body = f"invoices/{invoice.id}/write-off-invoice", {"reason": "insolvent"}
        try:
            minor = invoice.open
            self.books.write_off(invoice)
        except Refused as refusal:
            return self.refused(path, body, refusal.slug)
        self.ask(path, body, "written_off")
        return f"{minor}"

    @event(2)
    def licensee_disputes(self):
        invoice = self.pick(i for i in self.books.invoices.values() if any(i.paid.values()))
        if not invoice:
            return None
        body = {"kind": "licensee", "invoice_id": invoice.id, "grounds": "the rows were from another month"}
        who = self.t.signatory(invoice.licensee) if self.chance(0.5) else self.t.treasurer
        parts = [(s, s.left) for s in self.books.disputable(invoice)]
        if parts and self.chance(0.2):
            body["amount"] = money(sum(m for _, m in parts) + 1)
            return self.refused("disputes", body, "invalid", who)
        try:
            dispute = self.books.dispute(invoice, parts)
        except Refused as refusal:
            return self.refused("disputes", body, refusal.slug, who)
        dispute.id = self.ask("disputes", body, "opened", who)["id"]
        return f"{dispute.minor}"

    @event(2)
    def dispute_is_settled(self):
        dispute = self.pick(self.books.disputes)
        if not dispute:
            return None
        won = self.chance(0.5)
        path, body = f"disputes/{dispute.id}/settle-dispute", {"state": "won" if won else "lost", "decision": "the logs say so"}
        try:
            self.books.settle(dispute, won)
        except Refused as refusal:
            return self.refused(path, body, refusal.slug)
        self.ask(path, body, "settled")
        return f"{body['state']} {dispute.minor}"

    # -- months ------------------------------------------------------------------------

    @event(0.3)
    def month_is_closed(self):
        """In order, when it is over; nothing is booked in it any more."""
        months = [*(str(m)[:7] for m in self.t.months), str(TODAY)[:7]]
        month = self.pick(months)
        path = f"periods/{month}/close-period"
        known = {p["month"] if "month" in p else p["id"] for p in self.t.treasurer.get(f"{PAY}/periods").json["items"]}
        booked = {m for m, in self.t.sql("SELECT DISTINCT to_char(month, 'YYYY-MM') FROM payout.txn")}
        if month not in known:
            return self.refused(path, {}, "not_found")
        if month in self.closed:
            return None
        if month == months[-1] or any(m < month and m not in self.closed for m in booked):
            return self.refused(path, {}, ("not_allowed_here", "not_reconciled"))
        self.ask(path, {}, "closed")
        self.closed[month] = self.t.sql("SELECT count(*) FROM payout.txn WHERE to_char(month, 'YYYY-MM') = %s", month)[0][0]
        return month

    @event(0.5)
    def closed_months_stand(self):
        for month, count in self.closed.items():
            found, = self.t.sql("SELECT count(*) FROM payout.txn WHERE to_char(month, 'YYYY-MM') = %s", month)[0]
            if found != count:
                raise Difference(f"{month} is closed with {count} transactions and has {found}")
        return f"{len(self.closed)} closed" if self.closed else None
