# SPDX-License-Identifier: AGPL-3.0-or-later
"""A trust whose money can move, and what stands around it: two pools with contributors and sealed usage of months that are over, licensees, people
with keys to approve with, and a bank that writes camt.053 and pain.002 files line by line. No expectations: those are of the tests."""
import base64
import contextlib
import datetime
import json
import random
import xml.etree.ElementTree as tree
from xml.sax.saxutils import escape

import psycopg2
from bank import PAIN, amount, iban
from client import Client
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from granted import Granted
from money import PAY
from stack import lifted
from test_seals import Adder

UTC = datetime.timezone.utc
TODAY = datetime.datetime.now(UTC).date()
EUR = "EUR"

#: A step of every kind that a run without outside weights can have; the reserve fills up in the course of a long life.
RULE = {
    "schema": "benefit-rule/1", "rule": "main", "currency": EUR, "steps": [
        {"id": "fees", "kind": "fixed", "to": "Income:FeeRecovery", "amount_from": "rail_fees", "max": 5000},
        {"id": "enough", "kind": "require", "of": "gross", "at_least": 50},
        {"id": "reserve", "kind": "until_target", "to": "Equity:Reserve:Legal", "of": "remaining", "num": 5, "den": 100, "round": "up", "target": 300000},
        {"id": "ops", "kind": "percent", "to": "Income:OperationsShare", "of": "after:reserve", "num": 15, "den": 100, "round": "down"},
        {"id": "solidarity", "kind": "percent", "to": "Equity:Fund:Solidarity", "of": "after:reserve", "num": 5, "den": 100, "round": "half_up"},
        {"id": "refunds", "kind": "percent", "to": "Equity:Fund:Refund", "of": "after:reserve", "num": 2, "den": 100, "round": "down", "max": 3000},
        {"id": "later", "kind": "carry", "of": "gross", "num": 1, "den": 50, "round": "half_up"},
        {"id": "people", "kind": "split", "of": "remaining", "num": 1, "den": 1,
         "parts": [{"share": 70, "weight": "usage", "then": "contribution"}, {"share": 20, "weight": "usage*quality", "then": "contribution"},
                   {"share": 10, "weight": "equal"}], "leftover_to": "Equity:Fund:Commons"}],
    "hold": {"min_payout": 1000, "unclaimed_after_days": 1095, "netting": {"num": 1, "den": 2}},
    "refund": {"first_from": "Equity:Fund:Refund", "then": "same_shares", "fee_recovery": "keep"}, "remainder": "largest_remainder/sha256"}
CHANGES = {"benefit_rule": RULE, "durations": {"run_review_seconds": 0, "account_first_seconds": 0, "account_change_seconds": 0},
           "hold": {"minimum_payout": {"minor": 1000, "currency": EUR}, "approver_limit": {"minor": 10**9, "currency": EUR}}}
#: Who contributes what: (member, pool 0 or 1, quality).
CONTRIBUTORS = [("eva", 0, 1000000), ("fay", 0, 900000), ("gil", 0, 333333), ("gil", 1, 1000000), ("hal", 1, 500000), ("ida", 1, 1000000), ("mo", 1, 0),
                ("lin", 0, 750000)]


def money(minor):
    return {"minor": minor, "currency": EUR}


def month_before(months):
    n = TODAY.year * 12 + TODAY.month - 1 - months
    return datetime.date(n // 12, n % 12 + 1, 1)


class Signer:
    """Somebody with an approver's key that stays here."""

    def __init__(self, client, office):
        self.client, self.office, self.key = client, office, Ed25519PrivateKey.generate()
        public = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.key_id = client.post(f"{PAY}/approver-keys", {"public_key": base64.b64encode(public).decode()})["id"]

    def body(self, batch, **changed):
        """An approval of what `batch` shows, or of something else."""
        shown, at = {**batch, **changed}, datetime.datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = (f"commonhold-approval/1\nbatch {shown['id']}\nfile {shown['file_sha256']}\ntotal {shown['total']['minor']} {shown['total']['currency']}\n"
                f"count {shown['count']}\napprover {self.office}\nat {at}\n")
        return {"office_id": self.office, "key_id": self.key_id, "at": at, "signature": base64.b64encode(self.key.sign(text.encode())).decode()}


class Trust:
    """One trust of the stack, ready for money."""

    def __init__(self, stack, start=None):
        """start: what starts the daemons of a trust, where one daemon of all roles is not wanted."""
        self.stack, self.trust = stack, stack.trust(CHANGES, start=start is None)
        if start:
            start(self.trust)
            self.trust.sign_in_founders(self.trust.charter)
        self.sql, self.public, self.treasurer = self.trust.sql, self.trust.public, self.trust["tess"]
        self.other_browser = Client(self.trust.base)
        self.age_members()
        self.granted = [Granted(self.trust, stack) for _ in range(2)]
        self.pools = [g.ref for g in self.granted]
        self.licensees = [organisation for g in self.granted for organisation in (g.organisation, g.stranger)]
        self.months = [month_before(n) for n in (3, 2, 1)]
        self.members = {name: self.trust[name].subject for name in dict.fromkeys(name for name, _, _ in CONTRIBUTORS)}
        self.names = {subject: name for name, subject in self.members.items()}
        for name in ("tess", "ada", "ben", "cem", *self.members):
            self.trust[name].enable_totp()
        self.use()
        self.resolve()
        offices = {(o, m): i for o, m, i in self.sql("SELECT body, member_id::text, office_id::text FROM governance.office_in_force")}
        self.maker = Signer(self.treasurer, offices["treasurer", self.treasurer.subject])
        self.approvers = [Signer(self.trust[name], offices["board", self.trust[name].subject]) for name in ("ada", "ben", "cem")]
        self.bank = BankAccount("main", iban("DE", "100000000123456789"))
        self.treasurer.post(f"{PAY}/bank-accounts", {"name": "main", "iban": self.bank.iban, "bic": "HARBDEFFXXX", "holder": "Harbour Air Trust"})

    @property
    def second(self):
        """The treasurer in another browser: another connection, so that both can act at once."""
        self.other_browser.cookies = dict(self.treasurer.cookies)
        return self.other_browser

    def signatory(self, organisation):
        """Who signs for a licensee; the token is good for minutes."""
        g, letter = next((g, letter) for g in self.granted for letter, o in (("S", g.organisation), ("X", g.stranger)) if o == organisation)
        return g.client(letter)

    def age_members(self):
        """The founders, as if they had been there since last year."""
        past = "timestamptz '2025-06-01 00:00:00Z'"
        self.unwatched("governance.member", f"UPDATE governance.member SET joined_at = {past}")
        self.unwatched("governance.standing", f"UPDATE governance.standing SET since_at = {past}")

    def unwatched(self, table, statement, *args):
        """A statement on a table whose triggers are off for as long."""
        with contextlib.closing(psycopg2.connect(self.trust.database)) as connection, connection, connection.cursor() as cursor, lifted(cursor):
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", (table,))
            names = [name for name, in cursor.fetchall()]
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(statement, args or None)
            for name in names:
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")

    def use(self):
        """Contributions since last year, and sealed usage of the months that are over."""
        self.units, self.grants, self.sealed_before = {}, [], 0
        draw = random.Random(1)
        contributions = []
        for number, (name, pool, quality) in enumerate(CONTRIBUTORS, 1):
            identifier = f"c0000000-0000-7000-8000-{number:012d}"
            contributions.append((identifier, pool))
            self.unwatched("licensing.contribution", "INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, provenance, licence, "
                           "charter_version, accept_partial, rows, quality_ppm, created_at, decided_at) VALUES (%s, %s, %s, 1, 'accepted', 'csv', '{}', '{}', '{}', 1, "
                           "false, 100, %s, '2025-07-01Z', '2025-07-01Z')", identifier, self.granted[pool].pool, self.members[name], quality)
        for g in self.granted:
            self.grants.append([g.grant(days=300, started_days_ago=200, organisation=o) for o in (g.organisation, g.stranger)])
        self.contributions, self.draw = contributions, draw
        for pool in range(len(self.granted)):
            for month in self.months:
                self.seal(pool, month)
        self.trust.wait_sql("the months to be rated", "SELECT count(*) = %s FROM payout.rated_seal", len(self.granted) * len(self.months))

    def seal(self, pool, month):
        """Usage of a month that is over, and its seal."""
        connection = psycopg2.connect(self.trust.database)
        adder, g = Adder(connection, self.draw), self.granted[pool]
        for identifier in [c for c, p in self.contributions if p == pool]:
            for grant in self.grants[pool]:
                if self.draw.random() < 0.75:
                    units, at = self.draw.randint(1, 5000), datetime.datetime(month.year, month.month, self.draw.randint(1, 28), 12, tzinfo=UTC)
                    adder.event(g.pool, grant, "seconds", units, identifier, at)
                    self.units[identifier, month] = self.units.get((identifier, month), 0) + units
        connection.close()
        assert self.sql("SELECT (metering.seal_usage(%s, %s, %s, NULL)).outcome", g.pool, g.ref, month)[0][0] == "sealed"

    def seal_another(self, pool):
        """A month before those of the life."""
        self.sealed_before += 1
        month = month_before(3 + self.sealed_before)
        self.seal(pool, month)
        return month

    def resolve(self):
        """Resolutions in force, as if they had been voted: {id: {account: most}}."""
        accounts = ["Equity:Fund:Commons", "Equity:Fund:Solidarity", "Equity:Reserve:Legal", "Liabilities:Unclaimed"]
        self.resolutions = {f"b0000000-0000-7000-8000-{n:012d}": {account: 10 ** (n + 2) for account in accounts[:n + 1]} for n in (1, 2, 3)}
        board, = self.sql("SELECT member_id::text FROM governance.office_in_force WHERE body = 'board' LIMIT 1")[0]
        for identifier, spend in self.resolutions.items():
            text = json.dumps([{"account": account, "max": money(most)} for account, most in spend.items()])
            self.unwatched("governance.proposal", "INSERT INTO governance.proposal (id, type, state, state_at, author, subject, created_at) VALUES (%s, 'policy', 'in_force', now(), %s, 'spending', now())",
                     identifier, board)
            self.unwatched("governance.policy", "INSERT INTO governance.policy (id, title, body_text, spend, from_at, proposal_id) VALUES (%s, 'Spending', 'As told.', %s, '2026-01-01Z', %s)",
                     identifier, text, identifier)

    def accounts(self):
        """{path: minor} of all accounts, page by page, and the sum the ledger itself gives."""
        found, after, total = {}, "", 0
        while after is not None:
            page = self.treasurer.get(f"{PAY}/accounts?limit=100{after}").json
            found.update((a["path"], a["balance"]["minor"]) for a in page["items"])
            total = page["sum"]["minor"]
            after = f"&after={page['next']}" if page.get("next") else None
        return found, total

    def close(self):
        self.stack.release(self.trust)


class Line:
    """An entry on its way to a statement: what the model needs to know of it beside its bytes."""

    def __init__(self, minor, details="", fee=0, kind="credit", **about):
        self.minor, self.details, self.fee, self.kind, self.about, self.ref = minor, details, fee, kind, about, None


class BankAccount:
    """An account at the bank: lines gather, a statement books them."""

    def __init__(self, name, number):
        self.name, self.iban, self.balance, self.sequence, self.lines, self.served, self.day = name, number, 0, 0, [], 0, month_before(3)

    def add(self, line):
        self.served += 1
        line.ref = f"BK{self.served}"
        self.lines.append(line)
        return line

    # -- lines ---------------------------------------------------------------

    @staticmethod
    def transaction(minor, refs="<EndToEndId>NOTPROVIDED</EndToEndId>", fee=0, party="", remittance="", extra=""):
        kind = "CRDT" if minor > 0 else "DBIT"
        charges = (f'<Chrgs><TtlChrgsAndTaxAmt Ccy="EUR">{amount(fee)}</TtlChrgsAndTaxAmt><Rcrd><Amt Ccy="EUR">{amount(fee)}</Amt><CdtDbtInd>DBIT</CdtDbtInd>'
                   "<ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>" if fee else "")
        party = f"<RltdPties><Dbtr><Pty><Nm>{escape(party)}</Nm></Pty></Dbtr></RltdPties>" if party else ""
        remittance = f"<RmtInf>{remittance}</RmtInf>" if remittance else ""
        return (f'<NtryDtls><TxDtls><Refs>{refs}</Refs><Amt Ccy="EUR">{amount(abs(minor))}</Amt><CdtDbtInd>{kind}</CdtDbtInd>{charges}{party}{remittance}{extra}'
                "</TxDtls></NtryDtls>")

    def credit(self, minor, reference=None, text=None, fee=0, **about):
        """Money from outside; `minor` is what arrives, behind the fee."""
        remittance = ""
        if reference:
            remittance = f"<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>{reference}</Ref></CdtrRefInf></Strd>"
        elif text:
            remittance = f"<Ustrd>{escape(text)}</Ustrd>"
        return self.add(Line(minor, self.transaction(minor, fee=fee, party="A payer", remittance=remittance), fee, reference=reference, text=text, **about))

    def debit(self, minor, text="Account fee"):
        return self.add(Line(-minor, self.transaction(-minor, remittance=f"<Ustrd>{text}</Ustrd>"), kind="debit"))

    def paid_whole(self, batch, payments):
        """A file booked as one line for each of its blocks; here all of it."""
        total = sum(p.minor for p in payments)
        return self.add(Line(-total, f"<NtryDtls><Btch><MsgId>{batch.message_id}</MsgId><NbOfTxs>{len(payments)}</NbOfTxs></Btch></NtryDtls>", kind="batch",
                             batch=batch, payments=payments))

    def paid_single(self, batch, payment):
        refs = f"<EndToEndId>{payment.end_to_end}</EndToEndId>"
        return self.add(Line(-payment.minor, self.transaction(-payment.minor, refs), kind="batch", batch=batch, payments=[payment]))

    def comes_back(self, batch, payment, fee, reason):
        """A booked payment that is returned; the bank keeps `fee` of it."""
        refs = f"<EndToEndId>{payment.end_to_end}</EndToEndId>"
        extra = f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>"
        return self.add(Line(payment.minor - fee, self.transaction(payment.minor - fee, refs, extra=extra), kind="return", batch=batch, payments=[payment],
                             return_fee=fee, reason=reason))

    # -- statements -----------------------------------------------------------

    def statement(self, commit=True, sequence=None, opening=None, closing=None, shuffled=None):
        """camt.053 of the lines that wait, or of what a bank would never say."""
        number = sequence or self.sequence + 1
        opening = self.balance if opening is None else opening
        end = opening + sum(line.minor for line in self.lines)
        lines = list(self.lines)
        if shuffled:
            shuffled.shuffle(lines)
            lines.sort(key=lambda line: line.minor < 0)  # what comes in first: the account has no overdraft
        document = self.document(number, opening, end if closing is None else closing, lines)
        if commit:
            self.sequence, self.balance, self.lines = number, end, []
        return document, lines

    def document(self, number, opening, closing, lines):
        day = self.day

        def balance(code, minor):
            kind = "CRDT" if minor >= 0 else "DBIT"
            return (f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount(abs(minor))}</Amt><CdtDbtInd>{kind}</CdtDbtInd>'
                    f"<Dt><Dt>{day}</Dt></Dt></Bal>")
        entries = "".join(
            f'<Ntry><Amt Ccy="EUR">{amount(abs(x.minor))}</Amt><CdtDbtInd>{"CRDT" if x.minor > 0 else "DBIT"}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
            f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{x.ref}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly>"
            f'<Cd>{"RCDT" if x.minor > 0 else "ICDT"}</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>{x.details}</Ntry>' for x in lines)
        stamp = f"{day}T22:00:00+00:00"
        return (f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M{number}</MsgId>'
                f"<CreDtTm>{stamp}</CreDtTm></GrpHdr><Stmt><Id>{self.name}-{number:05d}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{stamp}</CreDtTm><Acct><Id>"
                f"<IBAN>{self.iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balance('OPBD', opening)}{balance('CLBD', closing)}{entries}</Stmt></BkToCstmrStmt></Document>"
                ).encode()


def file_lines(pain):
    """[(EndToEndId, minor)] of a pain.001 file."""
    found = []
    for payment in tree.fromstring(pain).iterfind(".//p:CdtTrfTxInf", PAIN):
        whole, _, cents = payment.find("p:Amt/p:InstdAmt", PAIN).text.partition(".")
        found.append((payment.find("p:PmtId/p:EndToEndId", PAIN).text, int(whole) * 100 + int((cents + "00")[:2])))
    return found


def status_report(batch, group=None, payments=(), number=1):
    """pain.002.001.10: the status of the whole file, or [(EndToEndId, status, reason)]."""
    def reason_of(code):
        return f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if code else ""
    transactions = "".join(f"<TxInfAndSts><OrgnlEndToEndId>{end}</OrgnlEndToEndId><TxSts>{status}</TxSts>{reason_of(reason)}</TxInfAndSts>"
                           for end, status, reason in payments)
    block = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{batch.message_id}-1</OrgnlPmtInfId>{transactions}</OrgnlPmtInfAndSts>" if transactions else ""
    status = f"<GrpSts>{group[0]}</GrpSts>{reason_of(group[1])}" if group else ""
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>S{number}</MsgId>'
            f"<CreDtTm>{TODAY}T12:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{batch.message_id}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
            f"{status}</OrgnlGrpInfAndSts>{block}</CstmrPmtStsRpt></Document>").encode()
