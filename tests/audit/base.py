# SPDX-License-Identifier: AGPL-3.0-or-later
"""The base of all faults: one scenario driven through the real services over HTTP, from the first member to a closed month, and the files that
others than the operator keep of it: the treasurer's bank files, the published log, checkpoints."""
import datetime

import banking
import cycle
from bank import iban
from banking import detail, entry, pain002
from bookkeeping import MONTHS, euro
from client import wait_for
from cycled import everything, synthetic_week
from money import PAY, Approver, import_statement, wait_batch, wait_run

#: What others than the operator keep, in folders of these names.
STATEMENTS, TILES, KEPT = FOLDERS = ("statements", "tiles", "kept")
#: A tile holds this many hashes, an entry bundle as many entries.
TILE = 256


def size_of(checkpoint):
    return int(checkpoint.split(b"\n")[1])


class Scenario(cycle.Cycle):
    """The demonstration's cycle, and behind it what an ordinary year brings."""

    def __init__(self, trust, folder):
        self.folder = folder / "files"
        for name in FOLDERS:
            (self.folder / name).mkdir(parents=True)
        super().__init__(trust, synthetic_week(folder / "week").folder)
        self.charter, self.out = folder / "charter.json", folder

    @property
    def tess(self):
        return self.trust["tess"]

    def run(self):
        super().run()
        for step in (self.more_is_invoiced_and_paid, self.a_payment_comes_back, self.more_is_distributed, self.too_much_was_invoiced, self.money_is_promised,
                     self.reserve_is_used_by_mistake, self.the_second_batch_leaves, self.a_payment_is_refused, self.somebody_is_doubted,
                     self.a_company_is_shut_out):
            step()
            self.keep_checkpoint()
        self.settle()

    # -- within the cycle's own steps ----------------------------------------------

    def pool_opens(self):
        """Beside the pool's charter, what may be spent is voted."""
        t = self.trust
        self.award = t.propose("n1", "policy", "What may be spent this year", "A sensor for the school, and the roof.", {
            "schema": "policy_text", "text": "Up to 200 from the commons and 50 from the reserve.",
            "spend": [{"account": "Equity:Fund:Commons", "max": euro(20000)}, {"account": "Equity:Reserve:Legal", "max": euro(5000)}]}, ["w1", "n2", "w2"])
        t.wait_state(self.award, ["voting"])
        for name in self.voters():
            t[name].post(f"{cycle.GOV}/proposals/{self.award}/cast-named-vote", {"choice": "yes"})
        super().pool_opens()
        t.wait_state(self.award, ["in_force"])

    def money_comes_in(self):
        """On another account dues came last month; that month is closed, and what the bank says of it later belongs into this one."""
        super().money_comes_in()
        savings, last = banking.Bank(self.tess, "savings", iban("DE", "100000000987654321")), MONTHS[1]
        for number, minor in enumerate((4200, 1700)):
            item, = savings.book(entry(minor, f"SAV-{number}", detail(minor, text="dues"), day=str(last.replace(day=20))), total=minor)
            self.tess.post(f"{PAY}/bank-entries/{item['id']}/assign-entry", {"kind": "dues"})
            self.tess.post(f"{PAY}/periods/{str(last)[:7]}/close-period")
        self.keep_checkpoint()

    def books_are_shown(self):
        """To nobody."""

    # -- behind them ------------------------------------------------------------------

    def line(self, minor, **about):
        """A line of the next statement."""
        self.bank.waiting.append((minor, f"<NtryDtls>{detail(minor, **about)}</NtryDtls>"))

    def booked(self):
        """The next statement goes in; its entries, as the treasurer sees them."""
        made = import_statement(self.tess, self.bank.statement())
        return everything(self.tess, f"{PAY}/bank-statements/{made['statements'][-1]['id']}/entries")

    def invoice(self, net):
        last = MONTHS[0] + datetime.timedelta(days=27)
        made = self.tess.post(f"{PAY}/invoices", {"licensee": self.trust.organisations["startup"], "lines": [{
            "text": "Support", "net": euro(net), "pool": cycle.POOL, "first": str(MONTHS[0]), "last": str(last), "vat_category": "S", "vat_ppm": 190000}]})
        return self.tess.post(f"{PAY}/invoices/{made['id']}/issue-invoice").json

    def more_is_invoiced_and_paid(self):
        """One in full with charges of the bank, one in part, one too much; a fee; something nobody knows."""
        full, part, over = self.invoice(80000), self.invoice(30000), self.invoice(5000)
        gross = full["gross"]["minor"]
        self.line(gross - 35, ref=full["reference"], charges=35)
        self.line(10000, text="a part", payer=iban("IE", "29AIBK93115212345678"[2:]))
        self.line(over["gross"]["minor"] + 900, text="rounded up")
        self.line(-250, text="Account fee")
        self.line(1234, text="who knows")
        first, second, third, fee, _ = self.booked()
        assert first["matches"][-1]["kind"] == "receipt", first
        self.assign(second, kind="receipt", invoices=[{"invoice_id": part["id"], "amount": euro(10000)}])
        self.assign(third, kind="receipt", invoices=[{"invoice_id": over["id"], "amount": over["gross"]}], rest={"kind": "refundable", "amount": euro(900)})
        self.assign(fee, kind="bank_fee")
        self.paid, self.partly_paid = full, part

    def assign(self, item, **body):
        return self.tess.post(f"{PAY}/bank-entries/{item['id']}/assign-entry", body)

    def payments(self, batch):
        """(id, member, minor, EndToEndId) of a batch, in the order of their ids."""
        return self.trust.sql("SELECT id::text, member_id::text, minor, end_to_end_id FROM payout.payment WHERE batch_id = %s ORDER BY id", batch["id"])

    def a_payment_comes_back(self):
        """Of the first batch; its account is blocked, and the member names another."""
        _, member, minor, end_to_end = self.payments(self.batch)[0]
        self.line(minor, e2e=end_to_end, reason="AC04")
        item, = self.booked()
        assert item["matches"][-1]["kind"] == "return", item
        person = next(p for p in self.trust.people.values() if p.subject == member)
        made = person.post(f"{PAY}/payee-accounts", {"iban": iban("DE", "500105175499999999"), "name": "Owner"})
        for who in (person, self.trust["mo"]):
            who.post(f"{PAY}/payee-accounts/{made['id']}/confirm-account")
        self.trust.wait_sql("the cool-down", "SELECT payout.account_state(%s, clock_timestamp()) = 'usable'", made["id"])
        self.returned = self.payments(self.batch)[0][0]

    def more_is_distributed(self):
        """A run that was given up, and the one behind it."""
        given_up = self.tess.post(f"{PAY}/runs", {"pool": cycle.POOL, "month": self.month})["id"]
        wait_run(self.tess, given_up, ["review"])
        self.tess.post(f"{PAY}/runs/{given_up}/abandon-run", {"reason": "a figure looked wrong"})
        run = self.tess.post(f"{PAY}/runs", {"pool": cycle.POOL, "month": self.month})["id"]
        wait_run(self.tess, run, ["review"])
        wait_for("the review to be over", lambda: not self.too_early(run), 30)
        self.second_run = wait_run(self.tess, run, ["posted"])

    def too_much_was_invoiced(self):
        """Credit notes: over what was distributed, which is clawed back and refunded; over what is still open."""
        for invoice, net in ((self.paid, 20000), (self.partly_paid, 7000)):
            self.tess.post(f"{PAY}/invoices/{invoice['id']}/credit-invoice", {"reason": "counted twice", "lines": [{"line": 1, "net": euro(net)}]})
        self.trust.wait_sql("the clawback", "SELECT bool_and(state = 'posted') FROM payout.clawback")
        licensee = self.trust.organisations["startup"]
        refundable, = self.trust.sql("SELECT -b.minor FROM payout.balance AS b JOIN payout.account AS a USING (owner_id, account_id) WHERE a.path = %s",
                                     f"Liabilities:Refundable:{licensee}")[0]
        self.tess.post(f"{PAY}/bills", {"kind": "refund", "licensee": licensee, "amount": euro(refundable), "reference": "Credit note", "iban": "IE29AIBK93115212345678",
                                        "name": "Clear Streets Ltd"})

    def money_is_promised(self):
        """From the commons, under the vote; a part is spent."""
        made = self.tess.post(f"{PAY}/commitments", {"fund": "Commons", "amount": euro(3000), "resolution": self.award, "purpose": "A sensor for the school"})
        self.tess.post(f"{PAY}/commitments/{made['id']}/spend-commitment", {
            "amount": euro(2500), "iban": iban("DE", "500105175400000099"), "name": "Sensor Maker", "reference": "Invoice 4711"})

    def reserve_is_used_by_mistake(self):
        """Booked by hand under the vote, and taken back; then less of it, which stays."""
        for minor in (500, 300):
            made = self.tess.post(f"{PAY}/transactions", {"text": "The roof", "resolution": self.award, "postings": [
                {"account": "Equity:Reserve:Legal", "amount": euro(minor)}, {"account": "Income:Other", "amount": euro(-minor)}]}).json
            if minor == 500:
                self.tess.post(f"{PAY}/transactions/{made.get('id') or made['txn_id']}/reverse-transaction", {"reason": "another roof"})

    def pay(self):
        """Everything that is due, in a batch that two approved."""
        t = self.trust
        batch = self.tess.post(f"{PAY}/batches", {"account": "main"}).json
        self.tess.post(f"{PAY}/batches/{batch['id']}/freeze-batch")
        batch = wait_batch(self.tess, batch["id"], ["frozen"])
        offices = t.public.get(f"{cycle.GOV}/offices?limit=100").json["items"]
        for approver in (Approver(t[name], offices, "board") for name in ("ada", "cem")):
            approver.approve(batch)
            approver.forget()
        self.tess.post(f"{PAY}/batches/{batch['id']}/release-batch")
        return wait_batch(self.tess, batch["id"], ["sent"])

    def the_second_batch_leaves(self):
        """With the refund, the creditor's bill and a new attempt at what came back."""
        self.tess.post(f"{PAY}/payments/{self.returned}/retry-payment")
        self.second_batch = self.pay()

    def a_payment_is_refused(self):
        """The bank refuses one of the second batch, books the others one by one; the third batch tries it again, and is on its way."""
        batch, found = self.second_batch, self.payments(self.second_batch)
        number, (identifier, _, _, refused) = next((n, p) for n, p in enumerate(found) if p[1])
        message = self.trust.sql("SELECT message_id FROM payout.batch WHERE id = %s", batch["id"])[0][0]
        self.tess.post(f"{PAY}/batches/{batch['id']}/read-status", raw=pain002(message, ("PART", None), [(f"{message}-1", None, None, [({"e2e": refused}, "RJCT", "MS03")])]),
                       headers={"Content-Type": "application/xml"})
        for _, _, minor, end_to_end in found[:number] + found[number + 1:]:
            self.line(-minor, e2e=end_to_end)
        assert {item["matches"][-1]["kind"] for item in self.booked()} == {"payment"}
        wait_batch(self.tess, batch["id"], ["closed"])
        self.tess.post(f"{PAY}/payments/{identifier}/retry-payment")
        self.third_batch = self.pay()

    def somebody_is_doubted(self):
        """The last invoice is distributed; of two who have money from it, one is held, and one was."""
        last = self.invoice(20000)
        self.line(last["gross"]["minor"], ref=last["reference"])
        self.booked()
        run = self.tess.post(f"{PAY}/runs", {"pool": cycle.POOL, "month": self.month})["id"]
        wait_run(self.tess, run, ["review"])
        wait_for("the review to be over", lambda: not self.too_early(run), 30)
        wait_run(self.tess, run, ["posted"])
        for name, released in ((self.sensors[2], False), (self.sensors[3], True)):
            held = self.tess.post(f"{PAY}/holds", {"member_id": self.trust[name].subject, "reason": "TaxForm", "note": "form is missing", "amount": euro(100)})
            if released:
                self.tess.post(f"{PAY}/holds/{held['id']}/release-hold", {"note": "it came"})

    def a_company_is_shut_out(self):
        """One that was refused; the council confirms it, and lifts it again."""
        t = self.trust
        made = t["lin"].post(f"{cycle.GOV}/sanctions", {"organisation_id": t.organisations["adtech"], "reason": "It asked under other names."}).json
        t.decide_case(cycle.COUNCIL, made["id"])
        lifted = t["eva"].post(f"{cycle.GOV}/sanctions/{made['id']}/lift", {"reason": "It has changed."}).json
        t.decide_case(cycle.COUNCIL, lifted["lifts"][0]["id"])

    # -- what others keep ------------------------------------------------------------

    def keep_checkpoint(self):
        raw = self.trust.public.get("/log/checkpoint").raw
        (self.folder / KEPT / f"{size_of(raw):06d}").write_bytes(raw)

    def settle(self):
        """Everything is in the log; files are kept of it, and of what the bank wrote."""
        trust = self.trust
        trust.wait_sql("all leaves logged", "SELECT NOT EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL)")
        wait_for("the checkpoint over all leaves", lambda: self.size() == trust.sql("SELECT max(index) + 1 FROM log.entry")[0][0])
        self.keep_checkpoint()
        for number, (content,) in enumerate(trust.sql("SELECT e.bytes FROM payout.bank_statement AS s JOIN payout.evidence AS e ON e.sha256 = s.file_sha256 ORDER BY s.no, s.id"), 1):
            (self.folder / STATEMENTS / f"{number:04d}.xml").write_bytes(bytes(content))
        self.keep_tiles()

    def size(self):
        return size_of(self.trust.public.get("/log/checkpoint").raw)

    def keep_tiles(self):
        """The published log under the paths it is served at."""
        self.keep_file("checkpoint")
        self.keep_file("keys")
        width, level = self.size(), 0
        while width:
            full, rest = divmod(width, TILE)
            names = [f"x{n // 1000:03d}/{n % 1000:03d}" if n >= 1000 else f"{n:03d}" for n in range(full)] + ([f"{full:03d}.p/{rest}"] if rest else [])
            for name in names:
                self.keep_file(f"tile/{level}/{name}")
                if level == 0:
                    self.keep_file(f"tile/entries/{name}")
            width, level = full, level + 1

    def keep_file(self, name):
        path = self.folder / TILES / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.trust.public.get(f"/log/{name}").raw)
