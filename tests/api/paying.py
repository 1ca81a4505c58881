# SPDX-License-Identifier: AGPL-3.0-or-later
"""Paying out on a founded trust: members who are owed money and have accounts, batches with their approvers, and a bank that says what it did.
What members are owed is booked by the journal's own function, from the opening balance; everything else goes over HTTP."""
import json
import time
import uuid

from bank import iban
from money import Approver

PAY = "/payout/v1"
IBAN = "DE91100000000123456789"
OPENING = 100_000_000
RATES = "Liabilities:Suspense:Unmatched"


def day(offset=0):
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + offset * 86400))


def slug(answer):
    return answer["type"].rsplit("/", 1)[1] if answer.status >= 400 else answer.headers["X-Commonhold-Outcome"]


def refused(answer, status, expected):
    assert (answer.status, slug(answer)) == (status, expected), answer.raw


def post(trust, kind, lines, resolution=None):
    """One transaction of the journal, as its owner books it."""
    rows = trust.sql("SELECT (p).outcome, (p).body FROM (SELECT payout.post(%s, %s) AS p) AS x", json.dumps([{
        "kind": kind, "occurred_on": day(), "resolution": resolution,
        "evidence_sha256": trust.sql("SELECT payout.store_document(%s)", json.dumps({"test": str(uuid.uuid4())}))[0][0]}]),
        json.dumps([{"path": path, "minor": minor} for path, minor in lines]))
    assert rows[0][0] == "posted", rows
    return rows[0][1]["txns"][0]["txn_id"]


def minor(trust, path):
    found = trust.sql("SELECT b.minor FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id) WHERE a.path = %s", path)
    return found[0][0] if found else 0


class House:
    """A trust whose treasurer `tess` pays from account `main`; `ada` and `ben` of the board, and `lin` approve."""

    def __init__(self, trust, limits=None):
        self.trust, self.accounts, self.number = trust, {}, 0
        self.tess = trust["tess"]
        made = self.tess.send("POST", f"{PAY}/bank-accounts", body={"name": "main", "iban": IBAN, "holder": "Harbour Air Trust", "opening":
                                                                    {"minor": OPENING, "currency": "EUR"}})
        assert made.status == 201, made.raw
        self.offices = trust.public.get("/governance/v1/offices").json["items"]
        self.approvers = {}

    def approver(self, name, body):
        if (name, body) not in self.approvers:
            self.approvers[name, body] = Approver(self.trust[name], self.offices, body)
        return self.approvers[name, body]

    def account_of(self, who, **more):
        """A confirmed account of a member whose cool-down is over."""
        self.number += 1
        client = self.trust[who].enable_totp()
        made = client.post(f"{PAY}/payee-accounts", {"iban": iban("DE", f"50010517{5400000000 + self.number:010d}"), "name": f"Owner {who}", **more})
        if client.post(f"{PAY}/payee-accounts/{made['id']}/confirm-account")["state"] == "member_confirmed":
            self.trust["mo"].post(f"{PAY}/payee-accounts/{made['id']}/confirm-account")
        self.trust.wait_sql("the cool-down", "SELECT payout.account_state(%s, clock_timestamp()) = 'usable'", made["id"])
        self.accounts[who] = made["id"]
        return made["id"]

    def owe(self, name, amount):
        """A member is owed money, and has an account."""
        if name not in self.accounts:
            self.account_of(name)
        post(self.trust, "distribution", [(RATES, amount), (self.payable(name), -amount)])

    def payable(self, name):
        return f"Liabilities:Member:{self.trust[name].subject}:Payable"

    def held(self, name, reason):
        return f"Liabilities:Member:{self.trust[name].subject}:Held:{reason}"

    def make(self, **more):
        return self.tess.post(f"{PAY}/batches", {"account": "main", **more}).json

    def get(self, batch):
        return self.tess.get(f"{PAY}/batches/{batch['id']}").json

    def act(self, batch, verb, body=None, by=None):
        return (by or self.tess).send("POST", f"{PAY}/batches/{batch['id']}/{verb}-batch", body=body)

    def frozen(self, **more):
        batch = self.make(**more)
        answer = self.act(batch, "freeze")
        assert slug(answer) == "frozen", answer.raw
        return answer.json

    def approved(self, **more):
        batch = self.frozen(**more)
        self.approver("ada", "board").approve(batch)
        answer = self.approver("ben", "board").approve(batch)
        assert answer.json["state"] == "approved", answer.raw
        return answer.json

    def released(self, **more):
        batch = self.approved(**more)
        answer = self.act(batch, "release")
        assert slug(answer) == "accepted", answer.raw
        return answer.json

    def wait(self, batch, *states):
        self.trust.wait_sql(f"batch {batch['id']} to be {states}", "SELECT state = ANY (%s) FROM payout.batch WHERE id = %s", list(states), batch["id"])
        return self.get(batch)

    def payments(self, batch):
        rows = self.trust.sql("SELECT id::text, member_id::text, bill_id::text, minor, state, end_to_end_id, uetr::text FROM payout.payment "
                              "WHERE batch_id = %s ORDER BY id", batch["id"])
        return [dict(zip(("id", "member", "bill", "minor", "state", "end_to_end", "uetr"), row)) for row in rows]
