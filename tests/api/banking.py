# SPDX-License-Identifier: AGPL-3.0-or-later
"""What tests of bank evidence need: bank files as a bank writes them (valid by the schemas), invoices to be paid, batches that are with the bank."""
import base64
import json
import time
import uuid
from xml.sax.saxutils import escape

CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.{}.001.08"
DAY = time.strftime("%Y-%m-%d", time.gmtime())
#: Base32 of Crockford, as message and end-to-end ids write uuids.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def base32(value):
    number = uuid.UUID(str(value)).int
    return "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def tag(name, text):
    return "" if text is None else f"<{name}>{escape(str(text))}</{name}>"


def amount(minor, name="Amt"):
    return f'<{name} Ccy="EUR">{abs(minor) // 100}.{abs(minor) % 100:02d}</{name}>'


def sign(minor):
    return tag("CdtDbtInd", "CRDT" if minor >= 0 else "DBIT")


def detail(minor=None, ref=None, text=None, e2e=None, uetr=None, msg=None, pmtinf=None, instr=None, servicer=None, payer=None, reason=None, charges=None):
    """TxDtls, in the schema's order."""
    refs = tag("MsgId", msg) + tag("AcctSvcrRef", servicer) + tag("PmtInfId", pmtinf) + tag("InstrId", instr) + tag("EndToEndId", e2e) + tag("UETR", uetr)
    out = f"<Refs>{refs}</Refs>" if refs else ""
    if minor is not None:
        out += amount(minor) + sign(minor)
    if charges is not None:
        out += f"<Chrgs>{amount(charges, 'TtlChrgsAndTaxAmt')}</Chrgs>"
    if payer:
        out += (f"<RltdPties><Dbtr><Pty><Nm>Payer</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>{payer}</IBAN></Id></DbtrAcct></RltdPties>")
    if ref:
        out += f"<RmtInf><Strd><CdtrRefInf><Ref>{escape(ref)}</Ref></CdtrRefInf></Strd></RmtInf>"
    elif text:
        out += f"<RmtInf><Ustrd>{escape(text)}</Ustrd></RmtInf>"
    if reason:
        out += f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>"
    return f"<TxDtls>{out}</TxDtls>"


def entry(minor, servicer=None, details="", batch=None, reversal=False, status="BOOK", day=DAY, info=None):
    """Ntry, in the schema's order. batch: (MsgId, PmtInfId)."""
    grouped = f"<Btch>{tag('MsgId', batch[0])}{tag('PmtInfId', batch[1])}</Btch>" if batch else ""
    inside = f"<NtryDtls>{grouped}{details}</NtryDtls>" if grouped or details else ""
    return (f"<Ntry>{amount(minor)}{sign(minor)}{'<RvslInd>true</RvslInd>' if reversal else ''}<Sts><Cd>{status}</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt>"
            f"<ValDt><Dt>{day}</Dt></ValDt>{tag('AcctSvcrRef', servicer)}<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
            f"{inside}{tag('AddtlNtryInf', info)}</Ntry>")


def statement(ref, sequence, opening, closing, entries, iban, day=DAY, currency="EUR"):
    def balance(kind, minor):
        return f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{amount(minor)}{sign(minor)}<Dt><Dt>{day}</Dt></Dt></Bal>"
    return (f"<Stmt><Id>{escape(ref)}</Id>{tag('ElctrncSeqNb', sequence)}<CreDtTm>{day}T22:00:00Z</CreDtTm><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>"
            f"{balance('OPBD', opening)}{balance('CLBD', closing)}{''.join(entries)}</Stmt>")


def camt053(*statements, message="M"):
    return (f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{CAMT.format("053")}"><BkToCstmrStmt><GrpHdr><MsgId>{message}</MsgId>'
            f"<CreDtTm>{DAY}T22:00:00Z</CreDtTm></GrpHdr>{''.join(statements)}</BkToCstmrStmt></Document>").encode()


def camt054(entries, iban, message="N"):
    return (f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{CAMT.format("054")}"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>{message}</MsgId>'
            f"<CreDtTm>{DAY}T12:00:00Z</CreDtTm></GrpHdr><Ntfctn><Id>{message}-1</Id><CreDtTm>{DAY}T12:00:00Z</CreDtTm><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>"
            f"{''.join(entries)}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>").encode()


def pain002(original, group=None, payments=(), version="001.10", message=None):
    """payments: (PmtInfId, status or None, reason or None, [(dict of ids, status, reason, servicer's reference)])."""
    def why(reason):
        return f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""

    def transaction(ids, status, reason=None, servicer=None):
        return (f"<TxInfAndSts>{tag('OrgnlInstrId', ids.get('instr'))}{tag('OrgnlEndToEndId', ids.get('e2e'))}{tag('OrgnlUETR', ids.get('uetr'))}"
                f"{tag('TxSts', status)}{why(reason)}{tag('AcctSvcrRef', servicer)}</TxInfAndSts>")
    blocks = "".join(f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{ident}</OrgnlPmtInfId>{tag('PmtInfSts', status)}{why(reason)}{''.join(transaction(*t) for t in inside)}"
                     "</OrgnlPmtInfAndSts>" for ident, status, reason, inside in payments)
    status, reason = group or (None, None)
    return (f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.{version}"><CstmrPmtStsRpt><GrpHdr>'
            f"<MsgId>{message or uuid.uuid4().hex}</MsgId><CreDtTm>{DAY}T12:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{original}</OrgnlMsgId>"
            f"<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{tag('GrpSts', status)}{why(reason)}</OrgnlGrpInfAndSts>{blocks}</CstmrPmtStsRpt></Document>").encode()


class Bank:
    """An own bank account and the bank that writes its statements, one after the other."""

    def __init__(self, treasurer, name, iban, opening=0):
        self.treasurer, self.name, self.iban, self.balance, self.sequence = treasurer, name, iban, opening, 0
        made = treasurer.send("POST", "/payout/v1/bank-accounts", body={"name": name, "iban": iban, "holder": "Trust", "opening": {"minor": opening, "currency": "EUR"}})
        assert made.status == 201, made.raw

    def file(self, *entries, total, **changes):
        """The next statement as a file; `total` is the sum of the booked entries."""
        facts = dict(ref=f"{self.name}-{self.sequence + 1}", sequence=self.sequence + 1, opening=self.balance, closing=self.balance + total)
        facts.update(changes)
        return camt053(statement(facts["ref"], facts["sequence"], facts["opening"], facts["closing"], entries, self.iban))

    def send(self, raw):
        return self.treasurer.send("POST", "/payout/v1/bank-statements", raw=raw, headers={"Content-Type": "application/xml"})

    def book(self, *entries, total):
        """Sends the next statement; its entries as the treasurer sees them."""
        answer = self.send(self.file(*entries, total=total))
        assert answer.status == 201, answer.raw
        self.balance += total
        self.sequence += 1
        ident = answer["statements"][-1]["id"]
        return self.treasurer.get(f"/payout/v1/bank-statements/{ident}/entries?limit=100").json["items"]


def make_invoice(trust, treasurer, net, vat=0, licensee=None, pool="p"):
    """An issued invoice over one pool: its id, number as people write it, creditor reference."""
    ident = trust.sql("SELECT payout.draft_invoice(%s, %s::jsonb)", treasurer.subject, json.dumps({
        "licensee": licensee or str(uuid.uuid4()), "currency": "EUR", "vat_country": "DE", "buyer": {}, "seller": {}, "net": net, "vat": vat, "gross": net + vat,
        "lines": [{"text": "x", "net": net, "vat_category": "S" if vat else "E", "vat_ppm": 190000 if vat else 0, "vat": vat, "slices": [
            {"pool_id": "cccccccc-0000-7000-8000-000000000000", "pool": pool, "month": "2026-10-01", "net": net}]}],
        "vat_groups": [{"vat_category": "S" if vat else "E", "vat_ppm": 190000 if vat else 0, "base": net, "tax": vat}]}))[0][0]
    issued = trust.sql("SELECT (payout.issue_invoice(%s, NULL, %s)).outcome", treasurer.subject, ident)[0][0]
    assert issued == "issued", issued
    series, number, reference = trust.sql("SELECT series, no, reference FROM payout.invoice WHERE id = %s", ident)[0]
    return ident, f"{series[4:]}-{number:06d}", reference


class Batch:
    """A batch that was handed to the bank: rows as payout.release_batch leaves them, with the money of its members booked before. `block`: payments in one PmtInf."""

    def __init__(self, trust, treasurer, bank, amounts, state="sent", block=100):
        ids = sorted(str(uuid.uuid4()) for _ in amounts)
        self.id = str(uuid.uuid4())
        self.message = "CH" + base32(self.id)
        self.members = [str(uuid.uuid4()) for _ in amounts]
        uetrs = dict(trust.sql("SELECT i::text, payout.payment_uetr(i)::text FROM unnest(%s::uuid[]) AS i", ids))
        self.payments = [{"id": ident, "minor": minor, "member": member, "e2e": "E" + base32(ident), "account": str(uuid.uuid4()), "uetr": uetrs[ident]}
                         for ident, minor, member in zip(ids, amounts, self.members)]
        file = "".join(f"<PmtInf><NbOfTxs>{min(block, len(amounts) - at)}</NbOfTxs></PmtInf>" for at in range(0, len(amounts), block)).encode()
        sha = trust.sql("SELECT payout.store_evidence('application/xml', decode(%s, 'base64'))", base64.b64encode(file + self.id.encode()).decode())[0][0]
        total = sum(amounts)
        self._post(trust, sha, [("Assets:Receivable:" + str(uuid.uuid4()), total)] + [(f"Liabilities:Member:{m}:Payable", -a) for m, a in zip(self.members, amounts)])
        txn = self._post(trust, sha, [(f"Liabilities:Member:{m}:Payable", a) for m, a in zip(self.members, amounts)] + [(f"Liabilities:PayoutInFlight:{self.id}", -total)])
        trust.sql("INSERT INTO payout.batch (id, bank_account_id, state, currency, execution_on, count, total, made_by, message_id, file_sha256, frozen_at, txn_id) "
                  "SELECT %s, id, %s, 'EUR', current_date, %s, %s, %s, %s, %s, now(), %s FROM payout.bank_account WHERE name = %s",
                  self.id, state, len(amounts), total, treasurer.subject, self.message, sha, txn, bank.name)
        trust.sql("INSERT INTO payout.batch_event (batch_id, no, state, actor) VALUES (%s, 1, %s, %s)", self.id, state, treasurer.subject)
        trust.sql("WITH p AS (SELECT * FROM jsonb_to_recordset(%s) AS p (id uuid, minor bigint, member uuid, e2e text, account uuid, uetr uuid)), "
                  "a AS (INSERT INTO payout.payee_account (id, member_id, version, iban_sealed, name_sealed, iban_hint, commitment) "
                  "SELECT account, member, 1, 'x', 'y', 'DE89 ... 3000', repeat('0', 64) FROM p) "
                  "INSERT INTO payout.payment (id, batch_id, member_id, payee_account_id, minor, state, end_to_end_id, uetr) "
                  "SELECT id, %s, member, account, minor, 'in_flight', e2e, uetr FROM p", json.dumps(self.payments), self.id)

    @staticmethod
    def _post(trust, sha, lines):
        outcome, body = trust.sql("SELECT (a).outcome, (a).body FROM (SELECT payout.post(%s::jsonb, %s::jsonb) AS a OFFSET 0) AS x", json.dumps(
            [{"kind": "test", "occurred_on": DAY, "evidence_sha256": sha}]), json.dumps([{"path": path, "minor": minor} for path, minor in lines]))[0]
        assert outcome == "posted", body
        return body["txns"][0]["txn_id"]


def balances(trust):
    """Every account that does not stand at zero."""
    return dict(trust.sql("SELECT a.path, b.minor FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id) WHERE b.minor <> 0"))
