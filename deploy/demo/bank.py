# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bank of the demonstration: an account that takes money in, executes pain.001 files, and writes camt.053.001.08 statements."""
import datetime
import xml.etree.ElementTree as tree
from xml.sax.saxutils import escape

PAIN = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


def iban(country, bban):
    """With right check digits (ISO 13616)."""
    number = "".join(str(int(c, 36)) for c in f"{bban}{country}00")
    return f"{country}{98 - int(number) % 97:02d}{bban}"


def amount(minor):
    return f"{minor // 100}.{minor % 100:02d}"


class Bank:
    def __init__(self, account, holder, opening=0):
        self.iban, self.holder, self.balance, self.number, self.waiting = account, holder, opening, 0, []

    def receive(self, minor, debtor, reference):
        """A credit transfer with an ISO 11649 creditor reference."""
        self.waiting.append((minor, f"""<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><Amt Ccy="EUR">{amount(minor)}</Amt>
     <CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Pty><Nm>{escape(debtor)}</Nm></Pty></Dbtr></RltdPties>
     <RmtInf><Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>{reference}</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls>"""))

    def execute(self, pain):
        """Executes a bank file; each payment block is booked as one line. Returns how many payments and their sum."""
        document = tree.fromstring(pain)
        count, total = 0, 0
        for block in document.iterfind(".//p:PmtInf", PAIN):
            details, minor = [], 0
            for payment in block.iterfind("p:CdtTrfTxInf", PAIN):
                value = payment.find("p:Amt/p:InstdAmt", PAIN).text
                whole, _, cents = value.partition(".")
                minor += int(whole) * 100 + int((cents + "00")[:2])
                end_to_end = payment.find("p:PmtId/p:EndToEndId", PAIN).text
                details.append(f"""<TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs><Amt Ccy="EUR">{value}</Amt>
      <CdtDbtInd>DBIT</CdtDbtInd></TxDtls>""")
                count += 1
            message = document.find(".//p:GrpHdr/p:MsgId", PAIN).text
            block_id = block.find("p:PmtInfId", PAIN).text
            self.waiting.append((-minor, f"""<NtryDtls><Btch><MsgId>{message}</MsgId><PmtInfId>{block_id}</PmtInfId>
     <NbOfTxs>{len(details)}</NbOfTxs></Btch>{''.join(details)}</NtryDtls>"""))
            total += minor
        return count, total

    def statement(self):
        """The statement of everything since the last one."""
        self.number += 1
        today, opening = datetime.datetime.now(datetime.timezone.utc).date(), self.balance
        entries = []
        for position, (minor, details) in enumerate(self.waiting, 1):
            self.balance += minor
            kind = "CRDT" if minor > 0 else "DBIT"
            family = "RCDT" if minor > 0 else "ICDT"
            entries.append(f"""   <Ntry><Amt Ccy="EUR">{amount(abs(minor))}</Amt><CdtDbtInd>{kind}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
    <BookgDt><Dt>{today}</Dt></BookgDt><ValDt><Dt>{today}</Dt></ValDt><AcctSvcrRef>BK-{self.number}-{position}</AcctSvcrRef>
    <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
    {details}</Ntry>\n""")
        self.waiting = []
        stamp = f"{today}T22:00:00+00:00"

        def balance(code, minor):
            return f"""   <Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount(minor)}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
    <Dt><Dt>{today}</Dt></Dt></Bal>\n"""
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
 <BkToCstmrStmt>
  <GrpHdr><MsgId>DEMO-{self.number}</MsgId><CreDtTm>{stamp}</CreDtTm></GrpHdr>
  <Stmt>
   <Id>{today.year}-{self.number:03d}</Id><ElctrncSeqNb>{self.number}</ElctrncSeqNb><CreDtTm>{stamp}</CreDtTm>
   <Acct><Id><IBAN>{self.iban}</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>{escape(self.holder)}</Nm></Ownr></Acct>
{balance('OPBD', opening)}{balance('CLBD', self.balance)}{''.join(entries)}  </Stmt>
 </BkToCstmrStmt>
</Document>
""".encode()
