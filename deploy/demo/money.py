# SPDX-License-Identifier: AGPL-3.0-or-later
"""The second half of the cycle: reading data, closing the month, invoices, bank statements, distribution, payouts, statements."""
import base64
import csv
import datetime
import io
import json
import pathlib
import shutil
import subprocess
import tempfile

from bank import iban
from client import Client, Problem, wait_for

MET, PAY = "/metering/v1", "/payout/v1"


class Approver:
    """A person who approves batches with an Ed25519 key of their own; the key never leaves them (openssl signs)."""

    def __init__(self, client, offices, body):
        self.client = client.enable_totp()
        self.office = next(o["office_id"] for o in offices if o["body"] == body and o["member_id"] == client.subject)
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.key = self.folder / "approver.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.key], check=True, capture_output=True)
        der = subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
        self.key_id = client.post(f"{PAY}/approver-keys", {"public_key": base64.b64encode(der[-32:]).decode()})["id"]

    def sign(self, text):
        (self.folder / "text").write_text(text)
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", self.folder / "text"], check=True,
                              capture_output=True).stdout

    def approve(self, batch, **changed):
        at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        shown = {**batch, **changed}
        text = (f"commonhold-approval/1\nbatch {shown['id']}\nfile {shown['file_sha256']}\ntotal {shown['total']['minor']} "
                f"{shown['total']['currency']}\ncount {shown['count']}\napprover {self.office}\nat {at}\n")
        return self.client.post(f"{PAY}/batches/{batch['id']}/approve-batch", {
            "office_id": self.office, "key_id": self.key_id, "at": at, "signature": base64.b64encode(self.sign(text)).decode()})

    def forget(self):
        shutil.rmtree(self.folder)


def read_rows(base, token, pool, kind="text/csv", query=""):
    """(rows as dictionaries, trailer or last line, headers, body) of a delivery."""
    reader = Client(base, token)
    answer = reader.get(f"{MET}/pools/{pool}/rows{query}", headers={"Accept": kind})
    text = answer.raw.decode()
    if kind == "text/csv":
        lines = text.splitlines(keepends=True)
        rows = list(csv.DictReader(io.StringIO("".join(x for x in lines if not x.startswith("# ")))))
        return rows, [x[2:].rstrip() for x in lines if x.startswith("# ")], answer.headers, answer.raw
    items = [json.loads(line) for line in text.splitlines()]
    return items[:-1], items[-1], answer.headers, answer.raw


def import_statement(treasurer, content):
    """Hands a camt.053 file in and waits until it is booked."""
    answer = treasurer.post(f"{PAY}/bank-statements", raw=content, headers={"Content-Type": "application/xml"})
    return answer


def register_payees(trust, names):
    """Each member names an account and confirms it."""
    for number, name in enumerate(names):
        made = trust[name].enable_totp().post(f"{PAY}/payee-accounts", {"iban": iban("DE", f"50010517{5400000000 + number:010d}"), "name": f"Owner {name}"}).json
        trust[name].post(f"{PAY}/payee-accounts/{made['id']}/confirm-account")


def wait_run(treasurer, run, states, seconds=90):
    def reached():
        found = treasurer.get(f"{PAY}/runs/{run}").json
        if found["state"] == "abandoned" and "abandoned" not in states:
            raise AssertionError(f"the run was abandoned: {found}")
        return found if found["state"] in states else None
    return wait_for(f"run {run} to be {'/'.join(states)}", reached, seconds)


def wait_batch(treasurer, batch, states, seconds=60):
    def reached():
        found = treasurer.get(f"{PAY}/batches/{batch}").json
        return found if found["state"] in states else None
    return wait_for(f"batch {batch} to be {'/'.join(states)}", reached, seconds)


def refused(slug, deed):
    """The deed must be refused with this slug."""
    try:
        deed()
    except Problem as problem:
        if problem.slug == slug:
            return True
        raise
    return False
