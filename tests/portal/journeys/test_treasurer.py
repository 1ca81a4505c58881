# SPDX-License-Identifier: AGPL-3.0-or-later
"""A treasurer's batch through the pages: a bank statement comes in once, a batch is made, its maker is refused as approver, two of the board sign with keys
made in their browsers, and the bank file leaves once."""
import json
import pathlib
import subprocess
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import pytest

from banking import camt053, detail, entry, statement
from bookkeeping import MONTHS, PAY, Books
from paying import IBAN, OPENING, House

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def house(stack, pages):
    trust = stack.trust(settings={"portal": {"portal_dir": pages}})
    made = House(trust)
    for name, amount in (("gil", 12300), ("hal", 4567)):
        made.owe(name, amount)
    yield made
    stack.release(trust)


def browse(house, name, deed, folder, **more):
    client = house.trust[name].enable_totp()  # what binds asks for the second factor, not long ago
    given = {"base": house.trust.base, "email": client.credentials[0], "cookies": client.cookies, "deed": deed, "folder": str(folder), **more}
    done = subprocess.run(["node", "treasurer.mjs"], cwd=HERE, input=json.dumps(given), capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def seen(house, tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    file = folder / "statement.xml"
    gift = entry(100, "r1", detail(100, text="for the commons", payer="NL05TEST0417164300"))
    file.write_bytes(camt053(statement("S-1", 1, OPENING, OPENING + 100, gift, IBAN)))
    told = [browse(house, "tess", "import", folder, file=str(file), sentence=sentence)
            for sentence in ("The statement is imported.", "This statement was imported before.")]
    made = browse(house, "tess", "make", folder)
    told += [made, *(browse(house, name, "approve", folder, batch=made["batch"]) for name in ("ada", "ben")), browse(house, "tess", "release", folder, batch=made["batch"])]
    return told


def test_the_maker_is_refused_as_approver(seen):
    assert "approve" in seen[2]["refused"] or "other" in seen[2]["refused"], seen[2]


def test_two_others_approved_with_keys_of_their_own(house, seen):
    assert [one["key"] for one in seen[3:5]] == ["-----BEGIN ENCRYPTED PRIVATE KEY-----"] * 2
    approvals = house.get({"id": seen[2]["batch"]})["approvals"]
    assert {one["member_id"] for one in approvals} == {house.trust[name].subject for name in ("ada", "ben")}


def test_the_file_left_once(house, seen):
    assert (seen[5]["releases"], seen[5]["payments"]) == (0, 2)
    batch = house.get({"id": seen[2]["batch"]})
    assert batch["state"] == "sent" and batch["total"]["minor"] == 16867
    assert [one["step"] for one in batch["submission"]] == ["begun", "accepted"]
    files = list((house.trust.stack.folder / f"outbox-{house.trust.name}").glob("*.xml"))
    assert len(files) == 1 and ElementTree.parse(files[0]).getroot().tag.endswith("Document")


def test_nothing_complained_but_what_was_refused(seen):
    for one in seen:
        assert all("409" in text or "403" in text for text in one["complaints"]), one
        assert one["deed"] == "make" or one["complaints"] == [], one


def test_a_month_is_closed_when_its_checks_hold(stack, pages, tmp_path):
    trust = stack.trust(settings={"portal": {"portal_dir": pages}})
    books = Books(trust)
    name = books.resolution(("Equity:Fund:Commons", 10 ** 9))
    june = str(MONTHS[2].replace(day=20))
    assert books.book(name, ("Assets:Transit", 500), ("Income:Other", -500), occurred_on=june).status == 200
    house = SimpleNamespace(trust=trust)
    held = browse(house, "tess", "close", tmp_path, month=june[:7])
    assert "hash" not in held and any("Assets:Transit stands at" in row and "5.00" in row and "cannot be closed" in row for row in held["checks"]), held
    assert books.book(name, ("Assets:Transit", -500), ("Income:Other", 500), occurred_on=june).status == 200
    closed = browse(house, "tess", "close", tmp_path, month=june[:7])
    assert closed["hash"] == books.tess.get(f"{PAY}/periods/{june[:7]}").json["balance_sha256"] and held["complaints"] == closed["complaints"] == []
    stack.release(trust)
