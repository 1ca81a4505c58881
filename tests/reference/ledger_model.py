# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger a second time, written from the specification alone, in exact integers: the accounts and their bounds, what each life-cycle
event posts, and the books a treasurer keeps with them (invoices, receipts, runs, holds, netting, batches, credit notes, clawbacks, disputes,
funds). It knows no database, no clock and no file format. Where the specification leaves a choice, the comment says `Reading:`."""
import collections
import datetime
import re

import payout

LIMIT = 2**53 - 1
CREDIT, DEBIT, FREE = (-LIMIT, 0), (0, LIMIT), (-LIMIT, LIMIT)
REASONS = ("BankMissing", "TaxForm", "Dispute", "Returned", "Rejected", "Consent", "Sanctions")

#: Accounts and bounds, in the order of the chart; the first that fits is meant.
CHART = [(re.compile(pattern.replace("*", "[A-Za-z0-9][A-Za-z0-9._-]{0,63}") + "$"), bound) for pattern, bound in (
    ("Assets:Bank:*", DEBIT), ("Assets:Receivable:Member:*", DEBIT), ("Assets:Receivable:*", DEBIT), ("Assets:Transit", FREE),
    ("Assets:Suspense:Debit", DEBIT), ("Liabilities:VAT:*", FREE), ("Liabilities:Withholding:*", CREDIT), ("Liabilities:Suspense:Unmatched", CREDIT),
    ("Liabilities:Pool:*:(Invoiced|Received|Disputed)", CREDIT), ("Liabilities:Pool:*:Clawback", DEBIT), ("Liabilities:Refundable:*", CREDIT),
    ("Liabilities:Creditor:*", CREDIT), ("Liabilities:Member:*:Payable", CREDIT), (f"Liabilities:Member:*:Held:({'|'.join(REASONS)})", CREDIT),
    ("Liabilities:PayoutInFlight:*", CREDIT), ("Liabilities:Unclaimed", CREDIT), ("Equity:Reserve:Legal", CREDIT), ("Equity:(Fund|Committed):*", CREDIT),
    ("Income:(OperationsShare|FeeRecovery|Dues|Grants|Other)", CREDIT), ("Expenses:Fees:(Rail|Return|Bank|Refund)", FREE), ("Expenses:BadDebt", FREE))]
ZERO_AT_CLOSE = re.compile("Assets:Transit$|Liabilities:Pool:[^:]+:Clawback$")

RESERVE, COMMONS, REFUND_FEE = "Equity:Reserve:Legal", "Equity:Fund:Commons", "Expenses:Fees:Refund"
SUSPENSE, SUSPENSE_DEBIT, UNCLAIMED = "Liabilities:Suspense:Unmatched", "Assets:Suspense:Debit", "Liabilities:Unclaimed"
VAT_SLOT = (0, None, None)


class Refused(Exception):
    """The move is not lawful; `slug` is the outcome that names why."""

    def __init__(self, slug, detail=""):
        super().__init__(f"{slug} {detail}".strip())
        self.slug = slug


def bound(path):
    for pattern, limits in CHART:
        if pattern.match(path):
            return limits
    raise Refused("invalid", f"there is no account {path}")


def bank(name):
    return f"Assets:Bank:{name}"


def receivable(licensee):
    return f"Assets:Receivable:{licensee}"


def owed(member):
    return f"Assets:Receivable:Member:{member}"


def pool(name, stage):
    return f"Liabilities:Pool:{name}:{stage}"


def refundable(licensee):
    return f"Liabilities:Refundable:{licensee}"


def payable(member):
    return f"Liabilities:Member:{member}:Payable"


def held(member, reason):
    return f"Liabilities:Member:{member}:Held:{reason}"


def in_flight(batch):
    return f"Liabilities:PayoutInFlight:{batch}"


def vat(country):
    return f"Liabilities:VAT:{country}"


def spread(total, weights):
    """{key: part}: `total` by largest remainder over `weights`, an ordered [(key, weight)]. Reading: ties go to who comes first, as for the VAT of lines."""
    whole = sum(weight for _, weight in weights)
    if whole == 0:
        return {}
    shares = {key: total * weight // whole for key, weight in weights}
    order = sorted(range(len(weights)), key=lambda n: (-(total * weights[n][1] % whole), n))
    for n in order[:total - sum(shares.values())]:
        shares[weights[n][0]] += 1
    return shares


# -- the arithmetic of invoices ---------------------------------------------------

def tax_of(lines):
    """[(category, rate in millionths, net)] -> VAT of each (category, rate): once on the sum of nets, half up."""
    bases = collections.Counter()
    for category, ppm, net in lines:
        bases[category, ppm] += net
    return {group: (2 * base * group[1] + 1000000) // 2000000 for group, base in bases.items()}


def cut(net, first, last):
    """{month: part} of a line's net over the months of its service, by largest remainder over days."""
    days = collections.Counter(str(first + datetime.timedelta(n))[:7] for n in range((last - first).days + 1))
    return {month: part for month, part in spread(net, sorted(days.items())).items() if part}


# -- what each event posts: [(account, minor)], debit positive ------------------

def invoice_issued(licensee, country, tax, nets):
    """1. nets: {pool: net}."""
    return [(receivable(licensee), tax + sum(nets.values())), (vat(country), -tax), *((pool(p, "Invoiced"), -n) for p, n in nets.items())]


def receipt(source, gross, fee, licensee, nets):
    """2; out of suspense 19. `source` is the account the money stands in; nets: {pool: part}, what is missing to gross pays VAT."""
    moved = [line for p, n in nets.items() for line in ((pool(p, "Invoiced"), n), (pool(p, "Received"), -n))]
    return [(source, gross - fee), ("Expenses:Fees:Rail", fee), (receivable(licensee), -gross), *moved]


def distribution(name, result):
    """3. result: distribution-result/1."""
    return [(pool(name, "Received"), result["pot"] - result["carried"]), *((f["to"], -f["amount"]) for f in result["funds"]),
            *((payable(line["id"]), -line["amount"]) for line in result["lines"])]


def hold(member, reason, minor):
    """4, and 16; a release is the reverse."""
    return [(payable(member), minor), (held(member, reason), -minor)]


def netting(member, minor):
    """5."""
    return [(payable(member), minor), (owed(member), -minor)]


def released(batch, sources):
    """6, 14, 19, and bills of 22. sources: [(account, minor)]."""
    return [*sources, (in_flight(batch), -sum(minor for _, minor in sources))]


def booked(batch, account, minor):
    """7, 14."""
    return [(in_flight(batch), minor), (bank(account), -minor)]


def rejected(batch, back, minor):
    """8. back: the account that owes the money again."""
    return [(in_flight(batch), minor), (back, -minor)]


def returned(account, back, minor, fee):
    """9."""
    return [(bank(account), minor - fee), ("Expenses:Fees:Return", fee), (back, -minor)]


def credit_note(licensee, country, tax, nets, stage, against):
    """10, 11, 12 and a dispute lost (15). nets: {pool: net}; stage: Invoiced, Received, Clawback or Disputed."""
    return [(vat(country), tax), *((pool(p, stage), n) for p, n in nets.items()), (against(licensee), -tax - sum(nets.values()))]


def unclaimed(member, reason, minor):
    """18."""
    return [(held(member, reason), minor), (UNCLAIMED, -minor)]


def moved(debit, credit, minor):
    """Every event of two lines: debit +x, credit -x."""
    return [(debit, minor), (credit, -minor)]


# -- the ledger -----------------------------------------------------------------

class Ledger:
    """Balances, moved by transactions that sum to zero and leave every account within its bound; otherwise nothing moves."""

    def __init__(self):
        self.balances, self.journal, self.reversed = collections.Counter(), [], set()

    def __getitem__(self, path):
        return self.balances[path]

    def check(self, lines):
        """Balances afterwards of the accounts that move."""
        after = {}
        for path, minor in lines:
            after[path] = after.get(path, self.balances[path]) + minor
        if sum(minor for _, minor in lines):
            raise Refused("invalid", "does not sum to zero")
        for path, minor in after.items():
            low, high = bound(path)
            if not low <= minor <= high:
                raise Refused("bound_broken", f"{path} would stand at {minor}")
        return after

    def post(self, *transactions):
        """All or none; the numbers of what was booked, from 0. Lines of zero are not booked, nor are transactions without lines."""
        numbers, before, kept = [], dict(self.balances), len(self.journal)
        try:
            for lines in transactions:
                lines = [(path, minor) for path, minor in lines if minor]
                if lines:
                    self.balances.update({path: minor - self.balances[path] for path, minor in self.check(lines).items()})
                    self.journal.append(lines)
                    numbers.append(len(self.journal) - 1)
        except Refused:
            self.balances = collections.Counter(before)
            del self.journal[kept:]
            raise
        return numbers

    def reverse(self, number):
        if number in self.reversed:
            raise Refused("already_reversed")
        self.post([(path, -minor) for path, minor in self.journal[number]])
        self.reversed |= {number, len(self.journal) - 1}

    def figures(self):
        """What stands in the books: accounts that are not zero."""
        return {path: minor for path, minor in self.balances.items() if minor}


# -- what the books speak of ------------------------------------------------------

class Invoice:
    """slots: {(line, pool, month): net} in order, and the VAT; each is due, paid or given up. lines: {line: (category, rate in millionths, net)}, for
    the VAT of credit notes."""

    def __init__(self, identifier, licensee, country, tax, slices, lines=None):
        self.id, self.licensee, self.country, self.lines = identifier, licensee, country, lines or {}
        self.tax_left = {group: [sum(net for *g, net in self.lines.values() if tuple(g) == group), part] for group, part in tax_of(self.lines.values()).items()}
        self.due = {**({VAT_SLOT: tax} if tax else {}), **slices}
        self.paid, self.credited, self.lost = (collections.Counter() for _ in range(3))
        self.credited_open = collections.Counter()
        self.state = "draft"

    @property
    def gross(self):
        return sum(self.due.values())

    def open_of(self, slot):
        return self.due[slot] - self.paid[slot] - self.credited_open[slot] - self.lost[slot]

    @property
    def open(self):
        return sum(map(self.open_of, self.due)) if self.state in ("issued", "part_paid") else 0

    def left_of(self, slot):
        """What a credit note may still name."""
        return self.due[slot] - self.credited[slot] - self.lost[slot]

    def left_of_line(self, line):
        return sum(self.left_of(slot) for slot in self.due if slot[0] == line)

    def credit_tax(self, nets, take=False):
        """VAT of a credit note over {line: net}: as of an invoice, at most what is left, and all of it with the last of its base."""
        wanted, total = collections.Counter(), 0
        for line, net in nets.items():
            wanted[self.lines[line][:2]] += net
        for group, base in wanted.items():
            left = self.tax_left[group]
            part = left[1] if base == left[0] else min(left[1], tax_of([(*group, base)])[group])
            total += part
            if take:
                self.tax_left[group] = [left[0] - base, left[1] - part]
        return total

    def spread_credit(self, nets):
        """{slot: net} of {line: net}. Reading: by largest remainder over what is not credited of each slice."""
        return {slot: part for line, net in nets.items() for slot, part in spread(
            net, [(slot, self.left_of(slot)) for slot in self.due if slot[0] == line]).items() if part}


class Paid:
    """A slice of a receipt: in no run, or in one; what credit notes or a dispute took of it."""

    def __init__(self, invoice, slot, minor, deed):
        self.invoice, self.slot, self.minor, self.deed = invoice, slot, minor, deed
        self.run, self.credited, self.disputed = None, 0, False

    @property
    def left(self):
        return self.minor - self.credited


class Receipt:
    def __init__(self, fee):
        self.fee, self.counted, self.reversed = fee, None, False


class Run:
    def __init__(self, name, month, slices, carried_in, receipts):
        self.pool, self.month, self.slices, self.carried_in, self.receipts = name, month, slices, carried_in, receipts
        self.pot = sum(s.left for s in slices) + sum(r.result["carried"] for r in carried_in)
        self.rail_fees = sum(r.fee for r in receipts)
        self.state, self.result, self.carried_to, self.taken, self.disputed = "open", None, None, collections.Counter(), set()


class Hold:
    """reason Unclaimed: its time ran out, and the money stands in the account of all unclaimed money."""

    def __init__(self, member, reason, minor):
        self.member, self.reason, self.minor = member, reason, minor

    @property
    def path(self):
        return UNCLAIMED if self.reason == "Unclaimed" else held(self.member, self.reason)


class Dispute:
    """parts: [(paid slice, minor)]."""

    def __init__(self, invoice, parts):
        self.invoice, self.parts, self.state = invoice, parts, "opened"

    @property
    def minor(self):
        return sum(minor for _, minor in self.parts)


class Payment:
    """source: the account that owes the money; of a member, or of a bill."""

    def __init__(self, identifier, source, minor, member=None, bill=None):
        self.id, self.source, self.minor, self.member, self.bill, self.state, self.hold, self.retried = identifier, source, minor, member, bill, "queued", None, False
        self.retries = None


class Bill:
    """Owed to somebody who is no member: a refund, a creditor, a receipt that goes back. payment: the last attempt."""

    def __init__(self, kind, source, minor):
        self.kind, self.source, self.minor, self.payment, self.withdrawn = kind, source, minor, None, False


class Batch:
    def __init__(self, identifier, account, payments):
        self.id, self.account, self.payments, self.state = identifier, account, {p.id: p for p in payments}, "draft"

    @property
    def total(self):
        return sum(p.minor for p in self.payments.values())


class Commitment:
    def __init__(self, resolution, fund, minor):
        self.resolution, self.fund, self.minor, self.spent, self.lapsed = resolution, fund, minor, 0, 0

    @property
    def free(self):
        return self.minor - self.spent - self.lapsed


class Books(Ledger):
    """The ledger and what it is about. `rule` is the benefit rule in force, `minimum` the charter's least payout."""

    def __init__(self, rule, country="DE", minimum=0):
        super().__init__()
        self.rule, self.country, self.minimum = rule, country, minimum
        self.invoices, self.paid, self.receipts, self.runs, self.holds, self.batches, self.clawbacks = {}, [], [], [], [], {}, []
        self.waiting_payments, self.bills, self.disputes, self.commitments = [], [], [], []
        self.used = collections.Counter()  # (resolution, account): what left the account under it

    # -- invoices and receipts ----------------------------------------------

    def matches(self, arrived, invoices, reference=None, text=None):
        """[(invoice, gross)] that a credit pays by itself: by creditor reference and amount, or by the numbers in its text whose open sum is the
        amount; None where a person must look. Invoices carry `reference` and `number`. Reading: the amount is what the payer sent, so with the fee;
        `receive` is told the fee."""
        fitting = [i for i in invoices if reference and i.reference == reference and i.open == arrived]
        named = [i for i in invoices if text and i.number in text and i.open]
        if not fitting and sum(i.open for i in named) == arrived:
            fitting = named
        return [(i, i.open) for i in fitting] or None

    def issue(self, invoice):
        if invoice.state != "draft":
            raise Refused("already_issued")
        nets = collections.Counter()
        for (_, name, _), net in invoice.due.items():
            if name:
                nets[name] += net
        self.post(invoice_issued(invoice.licensee, invoice.country, invoice.due.get(VAT_SLOT, 0), nets))
        invoice.state, self.invoices[invoice.id] = "issued", invoice

    def receive(self, source, fee, parts):
        """parts: [(invoice, gross)]; the money stands in `source`, a bank account or suspense. One transaction, spread over what is open."""
        if any(gross < 1 or gross > invoice.open for invoice, gross in parts) or len({i.id for i, _ in parts}) < len(parts):
            raise Refused("amount_mismatch")
        lines, slices, deed = [], [], Receipt(fee)
        for invoice, gross in parts:
            shares = spread(gross, [(slot, invoice.open_of(slot)) for slot in invoice.due])
            nets = collections.Counter()
            for (line, name, month), minor in shares.items():
                if minor:
                    slices.append(Paid(invoice, (line, name, month), minor, deed))
                    nets[name] += minor if name else 0
            lines += receipt(source, gross, 0, invoice.licensee, {p: n for p, n in nets.items() if p})
        deed.number, = self.post([*lines, (source, -fee), ("Expenses:Fees:Rail", fee)])
        for piece in slices:
            piece.invoice.paid[piece.slot] += piece.minor
        self.paid += slices
        self.receipts.append(deed)
        for invoice, _ in parts:
            invoice.state = "part_paid" if any(map(invoice.open_of, invoice.due)) else "paid"
        return deed

    def unmatch(self, deed):
        """A wrong match is reversed, and the entry waits in suspense: the bank has not moved. Nothing of it may be in a run, credited or disputed."""
        mine = [s for s in self.paid if s.deed is deed]
        if any(s.run or s.credited or s.disputed for s in mine) or any(s.invoice.state not in ("paid", "part_paid") for s in mine):
            raise Refused("not_allowed_here")
        self.post([(SUSPENSE if path.startswith("Assets:Bank:") else path, -minor) for path, minor in self.journal[deed.number]])
        for piece in mine:
            piece.invoice.paid[piece.slot] -= piece.minor
            piece.invoice.state = "part_paid" if any(piece.invoice.paid.values()) else "issued"
        self.paid = [s for s in self.paid if s.deed is not deed]
        self.receipts.remove(deed)

    def write_off(self, invoice):
        """21, of everything that is open."""
        if not invoice.open:
            raise Refused("not_allowed_here")
        nets, lost = collections.Counter(), {slot: invoice.open_of(slot) for slot in invoice.due}
        for (_, name, _), minor in lost.items():
            nets[name] += minor if name else 0
        self.post([*((pool(p, "Invoiced"), n) for p, n in nets.items() if p), (vat(invoice.country), lost.get(VAT_SLOT, 0)),
                   (receivable(invoice.licensee), -sum(lost.values()))])
        invoice.lost.update(lost)
        invoice.state = "written_off"

    # -- credit notes ---------------------------------------------------------

    def credit(self, invoice, nets, tax):
        """10, 11, 12 in this order for each slice. nets: {slot: net}. Gives [(run, net)] that waits for clawback runs.
        Reading: of VAT, too, what is open is given up first; and of several runs the one distributed first."""
        wanted = {**nets, **({VAT_SLOT: tax} if tax else {})}
        if invoice.state in ("draft", "written_off") or not nets or any(
                slot not in invoice.due or not 1 <= minor <= invoice.left_of(slot) for slot, minor in wanted.items()):
            raise Refused("over_credited")
        stages = {stage: collections.Counter() for stage in ("Invoiced", "Received", "Clawback")}
        taken, waits = [], collections.Counter()
        is_open = invoice.state in ("issued", "part_paid")
        opened = {slot: min(minor, invoice.open_of(slot)) * is_open for slot, minor in wanted.items()}
        for slot, minor in nets.items():
            stages["Invoiced"][slot[1]] += opened[slot]
            rest = minor - opened[slot]
            mine = [s for s in self.paid if s.invoice is invoice and s.slot == slot and s.left and not s.disputed]
            for piece in sorted(mine, key=lambda s: s.run is not None):
                part = min(rest, piece.left)
                rest -= part
                if part:
                    taken.append((piece, part))
                    stages["Clawback" if piece.run else "Received"][slot[1]] += part
                    if piece.run:
                        waits[piece.run] += part
            if rest:
                raise Refused("not_allowed_here", "disputed, or in a run that is not posted")
        if any(run.state != "posted" for run in waits):
            raise Refused("not_allowed_here", "in a run that is not posted")
        open_tax = opened.get(VAT_SLOT, 0)
        paid_tax = tax - open_tax
        self.post(credit_note(invoice.licensee, invoice.country, open_tax, stages["Invoiced"], "Invoiced", receivable)
                  + [(vat(invoice.country), paid_tax), *((pool(p, "Received"), n) for p, n in stages["Received"].items()),
                     *((pool(p, "Clawback"), n) for p, n in stages["Clawback"].items()),
                     (refundable(invoice.licensee), -paid_tax - sum(stages["Received"].values()) - sum(stages["Clawback"].values()))])
        for piece, part in taken:
            piece.credited += part
        for slot, minor in wanted.items():
            invoice.credited[slot] += minor
            invoice.credited_open[slot] += opened[slot]
        self.restate(invoice)
        due = list(waits.items())
        self.clawbacks += due
        return due

    # -- runs -----------------------------------------------------------------

    def waiting(self, name, month):
        """Paid slices a run of this pool and month takes."""
        return [s for s in self.paid if s.slot[1:] == (name, month) and s.run is None and s.left and not s.disputed]

    def open_run(self, name, month):
        slices = self.waiting(name, month)
        if not slices:
            raise Refused("nothing_to_distribute")
        carried = [r for r in self.runs if r.pool == name and r.state == "posted" and r.result["carried"] and r.carried_to is None]
        receipts = []
        for piece in slices:
            if piece.deed.counted is None and piece.deed not in receipts:
                receipts.append(piece.deed)
        run = Run(name, month, slices, carried, receipts)
        for thing in [*slices, *carried, *receipts]:
            setattr(thing, {Paid: "run", Run: "carried_to", Receipt: "counted"}[type(thing)], run)
        self.runs.append(run)
        return run

    def abandon_run(self, run):
        if run.state != "open":
            raise Refused("already_posted")
        for thing in [*run.slices, *run.carried_in, *run.receipts]:
            setattr(thing, {Paid: "run", Run: "carried_to", Receipt: "counted"}[type(thing)], None)
        run.state = "abandoned"

    def fund_balances(self):
        """Of the accounts an until_target step fills."""
        return {step["to"]: -self[step["to"]] for step in self.rule["steps"] if step["kind"] == "until_target"}

    def compute(self, run, run_id, recipients, contributions, balances=None):
        """The result of a run, by the reference calculator."""
        run.result = payout.distribute(self.rule, {
            "schema": "distribution-inputs/1", "run_id": run_id, "currency": self.rule["currency"], "pot": run.pot, "rail_fees": run.rail_fees,
            "balances": self.fund_balances() if balances is None else balances, "recipients": recipients, "contributions": contributions})
        return run.result

    def post_run(self, run):
        """3, and 5 for who is in debt. Reading: a run that its rule stopped has nothing to post, and is abandoned."""
        if run.state != "open":
            raise Refused("already_posted")
        if run.result["outcome"] == "aborted":
            raise Refused("not_allowed_here")
        transactions = [distribution(run.pool, run.result)]
        for line in run.result["lines"]:
            minor = self.net(line["id"], line["amount"])
            if minor:
                transactions.append(netting(line["id"], minor))
        self.post(*transactions)
        run.state = "posted"

    def net(self, member, amount):
        """Of a later payout: at most floor(amount * num / den) goes to the debt.
        Reading: `payable` of 7.6 is what this payout makes payable."""
        ratio = self.rule.get("hold", {}).get("netting", {"num": 1, "den": 2})
        return min(self[owed(member)], amount * ratio["num"] // ratio["den"])

    # -- clawbacks --------------------------------------------------------------

    def clawback(self, run, minor, run_id):
        """13. What is taken of each line, by the reference calculator."""
        refund_fund = self.rule.get("refund", {}).get("first_from")
        result = payout.clawback(self.rule, run.result, {
            "schema": "clawback-inputs/1", "run_id": run_id, "amount": minor, "refund_fund": -self[refund_fund] if refund_fund else 0,
            "reversed": [{"id": k, "amount": v} for k, v in sorted(run.taken.items()) if v]})
        lines, holds, missing = [(pool(run.pool, "Clawback"), -minor)], [], result["uncovered"]
        members = {line["id"] for line in run.result["lines"]}
        spent = collections.Counter()
        if result["from_fund"]:
            lines.append((refund_fund, result["from_fund"]))
            spent[refund_fund] += result["from_fund"]
        for line in result["lines"]:
            if line["id"] in members:
                lines += self.take_back(line["id"], line["amount"], holds)
                continue
            part = min(line["amount"], -self[line["id"]] - spent[line["id"]])
            lines.append((line["id"], part))
            missing += line["amount"] - part
        self.post([*lines, (REFUND_FEE, missing)])
        for one, part in holds:
            one.minor -= part
        self.holds = [h for h in self.holds if h.minor]
        run.taken.update({line["id"]: line["amount"] for line in result["lines"]})
        self.clawbacks.remove((run, minor))
        return result

    def take_back(self, member, minor, holds):
        """From Payable, then Held (oldest first), then Receivable:Member: of what is unclaimed nothing is taken."""
        part = min(minor, -self[payable(member)])
        lines, rest = [(payable(member), part)], minor - part
        for one in self.holds:
            if one.member == member and one.reason != "Unclaimed" and rest:
                part = min(rest, one.minor)
                lines.append((one.path, part))
                holds.append((one, part))
                rest -= part
        return [*lines, (owed(member), rest)]

    # -- holds --------------------------------------------------------------------

    def place_hold(self, member, reason, minor):
        self.post(hold(member, reason, minor))
        self.holds.append(Hold(member, reason, minor))
        return self.holds[-1]

    def release_hold(self, one):
        """4, reverse; of unclaimed money 18, claimed."""
        self.post(moved(one.path, payable(one.member), one.minor))
        self.holds.remove(one)

    def settle_holds(self, usable, cooling):
        """Before a batch collects: who has an account now gets the money back, who has none is held (4). Reading: not what a payment waits for."""
        for one in [h for h in self.holds if h.reason == "BankMissing" and h.member in usable]:
            self.release_hold(one)
        members = sorted({path.split(":")[2] for path in self.balances if path.endswith(":Payable")})
        waiting = {p.member for p in self.queued()}
        for member in members:
            minor = -self[payable(member)]
            if member not in usable | cooling | waiting and minor >= max(1, self.minimum):
                self.place_hold(member, "BankMissing", minor)

    def forget(self, one):
        """18: a hold that is older than the limit. It is not held any more."""
        self.post(unclaimed(one.member, one.reason, one.minor))
        self.holds.remove(one)
        self.holds.append(Hold(one.member, "Unclaimed", one.minor))

    def give_up(self, one):
        """18, by resolution."""
        self.post(moved(UNCLAIMED, COMMONS, one.minor))
        self.holds.remove(one)

    # -- batches -----------------------------------------------------------------

    def queued(self):
        """Payments that wait in a batch, or for one."""
        return self.waiting_payments + [p for b in self.batches.values() if b.state in ("draft", "frozen", "approved") for p in b.payments.values()]

    def payable_now(self, usable):
        """What a new batch pays: {member: minor}, new attempts that wait, open bills. Reading: a member waits in one batch only, new attempts aside."""
        drafted = {p.member for p in self.queued() if not p.retries}
        attempts = [p for p in self.waiting_payments if p.member is None or p.member in usable]
        waits = collections.Counter()
        for payment in self.queued():
            waits[payment.member] += payment.minor
        members = {m: -self[payable(m)] - waits[m] for m in usable if m not in drafted}
        return ({m: minor for m, minor in members.items() if minor >= max(1, self.minimum)}, attempts,
                [b for b in self.bills if not b.withdrawn and b.payment is None])

    def cancel(self, batch):
        """Nothing is posted. New attempts wait again, under new ids: gives them."""
        if batch.state not in ("draft", "frozen", "approved"):
            raise Refused("not_allowed_here")
        batch.state, again = "cancelled", []
        for payment in batch.payments.values():
            payment.state = "cancelled"
            if payment.retries:
                again.append(self.wait(payment.retries, None))
            elif payment.bill:
                payment.bill.payment = None
        return again

    def release(self, batch):
        """6, and the releases of 14, 19, 22."""
        if batch.state != "approved":
            raise Refused("not_approved" if batch.state in ("draft", "frozen") else "not_allowed_here")
        self.post(released(batch.id, [(p.source, p.minor) for p in batch.payments.values()]))
        batch.state = "sent"
        for payment in batch.payments.values():
            payment.state = "in_flight"

    def book(self, batch, payments):
        """7."""
        if any(p.state != "in_flight" for p in payments):
            raise Refused("not_allowed_here")
        self.post(booked(batch.id, batch.account, sum(p.minor for p in payments)))
        for payment in payments:
            payment.state = "booked"
        self.close(batch)

    def fail(self, batch, payment, fee=0):
        """8 while it is in flight, 9 when it was booked. Reading: what was not a member's is owed again where it came from."""
        reason = {"in_flight": "Rejected", "booked": "Returned"}.get(payment.state)
        if reason is None:
            raise Refused("not_final")
        back = held(payment.member, reason) if payment.member else payment.source
        self.post(rejected(batch.id, back, payment.minor) if reason == "Rejected" else returned(batch.account, back, payment.minor, fee))
        payment.state = reason.lower()
        if payment.member:
            payment.hold = Hold(payment.member, reason, payment.minor)
            self.holds.append(payment.hold)
        self.close(batch)

    def retry(self, payment, identifier):
        """A new attempt at one that was rejected or returned: what was held is payable again, and waits for a batch."""
        if payment.state in ("queued", "in_flight"):
            raise Refused("not_final")
        if payment.state not in ("rejected", "returned") or payment.retried or payment.member and (payment.hold not in self.holds or payment.hold.minor != payment.minor):
            raise Refused("not_allowed_here")
        if payment.member:
            self.release_hold(payment.hold)
        payment.retried = True
        return self.wait(payment, identifier)

    def wait(self, payment, identifier):
        again = Payment(identifier, payment.source, payment.minor, payment.member, payment.bill)
        again.retries = payment
        if again.bill:
            again.bill.payment = again
        self.waiting_payments.append(again)
        return again

    def close(self, batch):
        if all(p.state in ("booked", "returned", "rejected") for p in batch.payments.values()):
            batch.state = "closed"

    # -- disputes -----------------------------------------------------------------

    def disputable(self, invoice):
        """Paid slices of an invoice that are in no run."""
        return [s for s in self.paid if s.invoice is invoice and s.slot[0] and s.run is None and s.left and not s.disputed]

    def dispute(self, invoice, parts):
        """15. parts: [(paid slice, minor)]. Reading: none of the slices it is taken from is distributed meanwhile, also not the rest of one."""
        allowed = self.disputable(invoice)
        if not allowed:
            raise Refused("too_late")
        if not parts or any(piece not in allowed or not 1 <= minor <= piece.left for piece, minor in parts):
            raise Refused("invalid")
        self.post([line for s, minor in parts for line in moved(pool(s.slot[1], "Received"), pool(s.slot[1], "Disputed"), minor)])
        for piece, _ in parts:
            piece.disputed = True
        self.disputes.append(Dispute(invoice, parts))
        return self.disputes[-1]

    def settle(self, dispute, won):
        """Won: distributable again. Lost: as 11, out of Disputed, with its VAT as far as that was paid; the rest of it off the receivable."""
        invoice = dispute.invoice
        if dispute.state != "opened":
            raise Refused("not_allowed_here")
        if won:
            self.post([line for s, minor in dispute.parts for line in moved(pool(s.slot[1], "Disputed"), pool(s.slot[1], "Received"), minor)])
        else:
            nets = collections.Counter()
            for piece, minor in dispute.parts:
                nets[piece.slot[0]] += minor
            tax = invoice.credit_tax(nets, take=True)
            of_open = max(0, tax - (invoice.paid[VAT_SLOT] - invoice.credited[VAT_SLOT] + invoice.credited_open[VAT_SLOT])) * (invoice.state == "part_paid")
            self.post([(vat(invoice.country), tax), (receivable(invoice.licensee), -of_open), *((pool(s.slot[1], "Disputed"), minor) for s, minor in dispute.parts),
                       (refundable(invoice.licensee), of_open - tax - dispute.minor)])
            for piece, minor in dispute.parts:
                invoice.credited[piece.slot] += minor
                piece.credited += minor
            if tax:
                invoice.credited[VAT_SLOT] += tax
                invoice.credited_open[VAT_SLOT] += of_open
            self.restate(invoice)
        for piece, _ in dispute.parts:
            piece.disputed = False
        dispute.state = "won" if won else "lost"

    @staticmethod
    def restate(invoice):
        if not any(map(invoice.left_of, invoice.due)):
            invoice.state = "credited"
        elif invoice.state in ("issued", "part_paid") and not any(map(invoice.open_of, invoice.due)):
            invoice.state = "paid"

    def dispute_line(self, run, member):
        """16: what of the line is still payable is held."""
        line = next((x["amount"] for x in run.result["lines"] if x["id"] == member), 0) if run.state == "posted" else 0
        if not line:
            raise Refused("not_found")
        if member in run.disputed:
            raise Refused("not_allowed_here")
        minor = min(line, -self[payable(member)])
        if not minor:
            raise Refused("too_late")
        one = self.place_hold(member, "Dispute", minor)
        one.run = run
        run.disputed.add(member)
        return one

    def settle_line(self, one, correction=0, account=None, resolution=None, award=0):
        """Settled: payable again what a clawback has left of it, and a correction if due, out of a fund under a resolution."""
        if correction and correction > award - self.used[resolution, account]:
            raise Refused("over_award")
        left = one.minor if one in self.holds else 0
        self.post([(one.path, left), (payable(one.member), -left - correction), *([(account, correction)] if correction else [])])
        self.used[resolution, account] += correction
        one.run.disputed.discard(one.member)
        if left:
            self.holds.remove(one)

    # -- funds ----------------------------------------------------------------------

    def commit(self, resolution, fund, minor, award):
        """22. award: what the resolution allows of this fund, before what left under it."""
        account = f"Equity:Fund:{fund}"
        if minor > award - self.used[resolution, account]:
            raise Refused("over_award")
        if minor > -self[account]:
            raise Refused("over_fund")
        self.post(moved(account, f"Equity:Committed:{fund}", minor))
        self.used[resolution, account] += minor
        self.commitments.append(Commitment(resolution, fund, minor))
        return self.commitments[-1]

    def spend(self, commitment, creditor, minor):
        if minor > commitment.free:
            raise Refused("over_award")
        source = f"Liabilities:Creditor:{creditor}"
        self.post(moved(f"Equity:Committed:{commitment.fund}", source, minor))
        commitment.spent += minor
        self.bills.append(Bill("creditor", source, minor))
        return self.bills[-1]

    def lapse(self, commitment):
        if not commitment.free:
            raise Refused("not_allowed_here")
        self.post(moved(f"Equity:Committed:{commitment.fund}", f"Equity:Fund:{commitment.fund}", commitment.free))
        self.used[commitment.resolution, f"Equity:Fund:{commitment.fund}"] -= commitment.free
        commitment.lapsed += commitment.free

    # -- what must always hold ---------------------------------------------------------

    def invariants(self):
        """Y1, Y3 and Y10 of the books themselves: what does not hold."""
        wrong = []
        if sum(self.balances.values()):
            wrong.append("Y1: balances do not sum to zero")
        invoiced, received = collections.Counter(), collections.Counter()
        for invoice in self.invoices.values():
            for slot in invoice.due:
                if slot[1] and invoice.open:
                    invoiced[slot[1]] += invoice.open_of(slot)
        for piece in self.paid:
            if piece.slot[1] and not piece.disputed and (piece.run is None or piece.run.state == "open"):
                received[piece.slot[1]] += piece.left
        for run in self.runs:
            if run.state == "posted" and (run.carried_to is None or run.carried_to.state == "open"):
                received[run.pool] += run.result["carried"]
        for path, minor in self.balances.items():
            parts = path.split(":")
            if parts[1:2] == ["Pool"] and parts[3] in ("Invoiced", "Received"):
                should = (invoiced if parts[3] == "Invoiced" else received)[parts[2]]
                if -minor != should:
                    wrong.append(f"Y3: {path} stands at {minor}, its slices at {should}")
        for batch in self.batches.values():
            flying = sum(p.minor for p in batch.payments.values() if p.state == "in_flight")
            if -self[in_flight(batch.id)] != flying:
                wrong.append(f"Y9: batch {batch.id}")
        return wrong
