# SPDX-License-Identifier: AGPL-3.0-or-later
"""What becomes of a released batch when the rail is none to rely on (mockrailsd.c): time-outs, lost connections, deaths of the worker, answers that
come after the statement. Whatever happens, the bank gets each file once at most, and only bank evidence ends an unknown outcome."""
import datetime
import os
import subprocess

import pytest

from paying import IBAN, OPENING, PAY, House, day, minor, refused, slug
from stack import DEADLINE, ROOT, wait_for

BUILD = os.environ.get("CH_BIN", str(ROOT / os.environ.get("BUILD", "build") / "bin")).rsplit("/bin", 1)[0]
ROLES = ["governance", "licensing", "metering", "payout", "log", "portal"]


class MockWorker:
    """The role worker on the mock rail, as a process of its own."""

    def __init__(self, trust):
        self.trust, self.outbox = trust, trust.stack.folder / f"outbox-{trust.name}"
        self.output = open(trust.log_path.with_suffix(".worker.log"), "ab")
        self.process = subprocess.Popen([f"{BUILD}/api/mockrailsd", "--config", trust.config, "worker"], stdout=self.output, stderr=self.output,
                                        stdin=subprocess.DEVNULL)

    def tell(self, *words, poll=None):
        for name in ("go", "poll"):
            (self.outbox / name).unlink(missing_ok=True)
        (self.outbox / "script").write_text("".join(f"{word}\n" for word in words))
        if poll:
            (self.outbox / "poll").write_text(poll)

    def got(self, batch):
        """How often the bank got the file of this batch."""
        message = "CH" + self.trust.sql("SELECT payout.base32(%s)", batch["id"])[0][0]
        return len(list(self.outbox.glob(f"got-*-{message}.xml")))

    def stop(self):
        self.process.terminate()
        self.process.wait(DEADLINE)
        self.output.close()


@pytest.fixture(scope="module")
def house(stack):
    subprocess.run(["make", "-s", f"BUILD={BUILD}", f"{BUILD}/api/mockrailsd"], cwd=ROOT, check=True, capture_output=True, timeout=600)
    trust = stack.trust(settings={"payout": {"rail": "mock"}}, roles=ROLES)
    worker = MockWorker(trust)
    try:
        made = House(trust)
        made.worker, made.sequence, made.booked = worker, 0, OPENING
        yield made
    finally:
        worker.stop()
        stack.release(trust)


def statement_file(house, *entries):
    """The next camt.053, with (amount, EndToEndId or None, MsgId or None, return reason or None) entries."""
    house.sequence += 1
    opening, now = house.booked, datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def money(amount):
        return f'<Amt Ccy="EUR">{abs(amount) // 100}.{abs(amount) % 100:02d}</Amt><CdtDbtInd>{"CRDT" if amount >= 0 else "DBIT"}</CdtDbtInd>'

    def balance(code, amount):
        return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{money(amount)}<Dt><Dt>{day()}</Dt></Dt></Bal>"

    def entry(n, amount, end_to_end, message, reason):
        refs = "".join(f"<{tag}>{value}</{tag}>" for tag, value in (("MsgId", message), ("EndToEndId", end_to_end)) if value)
        back = f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if reason else ""
        return (f"<Ntry>{money(amount)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day()}</Dt></BookgDt><ValDt><Dt>{day()}</Dt></ValDt>"
                f"<AcctSvcrRef>R{house.sequence}-{n}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
                f"<NtryDtls><TxDtls><Refs>{refs}</Refs>{back}</TxDtls></NtryDtls></Ntry>")
    house.booked += sum(e[0] for e in entries)
    body = "".join(entry(n, *e) for n, e in enumerate(entries))
    return (f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>S{house.sequence}'
            f"</MsgId><CreDtTm>{now}</CreDtTm></GrpHdr><Stmt><Id>S{house.sequence}</Id><ElctrncSeqNb>{house.sequence}</ElctrncSeqNb><CreDtTm>{now}</CreDtTm>"
            f"<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balance('OPBD', opening)}{balance('CLBD', house.booked)}{body}</Stmt></BkToCstmrStmt></Document>").encode()


def statement(house, *entries):
    answer = house.tess.send("POST", f"{PAY}/bank-statements", raw=statement_file(house, *entries), headers={"Content-Type": "application/xml"})
    assert slug(answer) == "imported", answer.raw
    return answer


def book(house, batch):
    return statement(house, (-batch["total"]["minor"], None, house.get(batch)["message_id"], None))


def in_flight(house, batch):
    return minor(house.trust, f"Liabilities:PayoutInFlight:{batch['id']}")


def job_dies(house):
    """The dead worker's heartbeat is old, now."""
    house.trust.sql("UPDATE job.job SET heartbeat_at = heartbeat_at - interval '10 minutes' WHERE kind = 'send_batch' AND state = 'running'")


def nothing_sends_it_again(house, batch):
    """Every way there is to have the money leave once more, under the same ids or under new ones."""
    trust, payment = house.trust, house.payments(batch)[0]
    before = house.worker.got(batch)
    for verb, body in (("release", None), ("freeze", None), ("cancel", {"reason": "send it again"})):
        refused(house.act(batch, verb, body), 409, "not_allowed_here")
    refused(house.tess.send("POST", f"{PAY}/payments/{payment['id']}/retry-payment"), 409, "outcome_unknown")
    refused(house.tess.send("POST", f"{PAY}/batches", body={"account": "main"}), 409, "nothing_to_pay")
    assert trust.sql("SELECT (payout.begin_submission(%s, 'mock')).outcome", batch["id"]) == [("not_allowed_here",)]
    trust.sql("SELECT job.enqueue('send_batch', %s, jsonb_build_object('batch', %s))", batch["id"], batch["id"])
    trust.wait_sql("the job to have run", "SELECT NOT EXISTS (SELECT FROM job.job WHERE kind = 'send_batch' AND state IN ('waiting', 'running'))")
    assert house.worker.got(batch) == before and house.get(batch)["state"] == "unknown"


@pytest.mark.parametrize("word, got", [("timeout", 1), ("lost", 0)])
def test_an_unknown_outcome_is_ended_by_the_statement_alone(house, word, got):
    house.owe("hal", 2000)
    house.worker.tell(word)
    batch = house.released()
    unknown = house.wait(batch, "unknown")
    assert (house.worker.got(batch), unknown["next"], in_flight(house, batch)) == (got, "bank_evidence", -2000)
    assert house.tess.get(f"{PAY}/batches?limit=1").json["items"][0]["id"] == batch["id"]
    house.worker.tell(poll="accepted")
    nothing_sends_it_again(house, batch)
    book(house, batch)
    assert [h["state"] for h in house.get(batch)["history"]][-3:] == ["unknown", "sent", "closed"] and in_flight(house, batch) == 0


def test_what_the_rail_refuses_is_held_for_everybody(house):
    house.owe("hal", 2000)
    house.owe("ida", 3000)
    house.worker.tell("refuse")
    batch = house.released()
    ended = house.wait(batch, "closed")
    assert [h["state"] for h in ended["history"]][-3:] == ["releasing", "refused", "closed"] and ended["payments"] == {"rejected": 2}
    assert house.worker.got(batch) == 0 and in_flight(house, batch) == 0
    assert minor(house.trust, house.held("hal", "Rejected")) == -2000 and minor(house.trust, house.held("ida", "Rejected")) == -3000
    # a new attempt is a new payment of the next batch, linked to the old one, once
    rejected = house.payments(batch)
    old = next(p for p in rejected if p["member"] == house.trust["hal"].subject)
    path = f"{PAY}/payments/{old['id']}/retry-payment"
    refused(house.trust["hal"].send("POST", path), 403, "forbidden")
    refused(house.trust["ida"].send("POST", path), 404, "not_found")
    fresh = house.tess.post(path).json
    assert (fresh["retries"], fresh["state"], fresh["batch_id"], fresh["amount"]["minor"]) == (old["id"], "queued", None, 2000)
    assert fresh["end_to_end_id"] != old["end_to_end"] and minor(house.trust, house.payable("hal")) == -2000
    refused(house.tess.send("POST", path), 409, "not_allowed_here")
    refused(house.tess.send("POST", f"{PAY}/payments/{fresh['id']}/retry-payment"), 409, "not_final")
    cancelled = house.make()
    house.act(cancelled, "cancel", {"reason": "another day"})
    house.worker.tell("accept")
    batch = house.released()
    payment, = house.payments(batch)
    house.wait(batch, "sent")
    shown = house.trust["hal"].get(f"{PAY}/payments/{payment['id']}").json
    assert shown["retries"] == old["id"] and payment["id"] not in (fresh["id"], old["id"]) and payment["minor"] == 2000
    refused(house.tess.send("POST", f"{PAY}/payments/{payment['id']}/retry-payment"), 409, "not_final")
    book(house, batch)
    refused(house.tess.send("POST", f"{PAY}/payments/{payment['id']}/retry-payment"), 409, "not_allowed_here")
    # releasing what the other one left behind is a new attempt at it, too
    other = next(p for p in rejected if p["member"] == house.trust["ida"].subject)
    ended = house.tess.post(f"{PAY}/holds/{house.trust.sql('SELECT id::text FROM payout.hold WHERE released_at IS NULL')[0][0]}/release-hold").json
    assert house.tess.get(f"{PAY}/payments/{ended['payment_id']}").json["retries"] == other["id"] and minor(house.trust, house.payable("ida")) == -3000
    refused(house.tess.send("POST", f"{PAY}/payments/{other['id']}/retry-payment"), 409, "not_allowed_here")
    house.worker.tell("accept")
    last = house.released()
    assert [(p["id"], p["minor"]) for p in house.payments(last)] == [(ended["payment_id"], 3000)]
    house.wait(last, "sent")
    book(house, last)


@pytest.mark.parametrize("word, poll, got, state", [("killed", None, 1, "unknown"), ("killed", "accepted", 1, "sent"), ("killed-before", None, 0, "unknown"),
                                                    ("killed-before", "nothing", 1, "sent")])
def test_the_worker_dies_while_it_hands_over(house, word, poll, got, state):
    """What nobody recorded is asked of the rail, and submitted only when the rail knows that nothing left."""
    house.owe("ida", 2500)
    house.worker.tell(word, "accept", poll=poll)
    batch = house.released()
    house.trust.wait_sql("the submission to begin", "SELECT EXISTS (SELECT FROM payout.submission WHERE batch_id = %s)", batch["id"])
    wait_for("the script to be read", lambda: (house.worker.outbox / "script").read_text() == "accept\n", DEADLINE)

    def ended():
        job_dies(house)
        return house.get(batch)["state"] == state
    wait_for(f"the batch to be {state}", ended, DEADLINE)
    assert house.worker.got(batch) == got
    if state == "unknown":
        nothing_sends_it_again(house, batch)
    book(house, batch)
    assert house.get(batch)["state"] == "closed"


def test_the_statement_is_faster_than_the_rail(house):
    house.owe("hal", 4000)
    house.worker.tell("late")
    batch = house.released()
    wait_for("the bank to have it", lambda: house.worker.got(batch) == 1, DEADLINE)
    refused(house.tess.send("POST", f"{PAY}/payments/{house.payments(batch)[0]['id']}/retry-payment"), 409, "outcome_unknown")
    book(house, batch)
    assert house.get(batch)["state"] == "closed"
    (house.worker.outbox / "go").touch()
    house.trust.wait_sql("the rail's answer", "SELECT EXISTS (SELECT FROM payout.submission WHERE batch_id = %s AND step = 'unknown')", batch["id"])
    assert house.get(batch)["state"] == "closed" and in_flight(house, batch) == 0


def test_a_rail_that_is_busy_is_asked_again(house):
    house.owe("hal", 4100)
    house.worker.tell("busy", "busy", "accept", poll="nothing")
    batch = house.released()
    house.trust.wait_sql("a first try", "SELECT EXISTS (SELECT FROM job.job WHERE kind = 'send_batch' AND attempt > 0 AND state = 'waiting')")

    def again():
        house.trust.sql("UPDATE job.job SET run_at = now() WHERE kind = 'send_batch' AND state = 'waiting'")
        return house.get(batch)["state"] == "sent"
    wait_for("the batch to be sent", again, DEADLINE)
    assert house.worker.got(batch) == 1
    book(house, batch)


def test_statements_are_named_twice_and_the_last_first(house):
    inbox = house.trust.stack.folder / "inbox"
    inbox.mkdir(exist_ok=True)
    for name in ("mock-1.xml", "mock-2.xml"):
        (inbox / f"{name}.part").write_bytes(statement_file(house, (700, None, None, None)))
        (inbox / f"{name}.part").rename(inbox / name)
    house.trust.sql("SELECT job.enqueue('read_inbox', 'inbox', '{}')")
    wait_for("both to be imported", lambda: all((inbox / "done" / name).exists() for name in ("mock-1.xml", "mock-2.xml")), DEADLINE)
    assert minor(house.trust, "Assets:Bank:main") == house.booked
    assert house.trust.sql("SELECT outcome FROM payout.inbox_file WHERE name LIKE 'mock-%%' ORDER BY name, outcome") == [("imported",), ("chain_broken",), ("imported",)]


@pytest.mark.parametrize("reason, expected", [("RR04", "same_person"), ("MS03", "same_person"), ("AC04", "still_true")])
def test_nobody_looks_at_a_payment_of_their_own(house, reason, expected):
    """Where a person must look before any retry it is another one, whatever the office; where the account was at fault every member tries again alone."""
    house.owe("tess", 1900)
    house.worker.tell("accept")
    batch = house.wait(house.released(), "sent")
    book(house, batch)
    mine, = (p for p in house.payments(batch) if p["member"] == house.tess.subject)
    statement(house, (1900, mine["end_to_end"], None, reason))
    refused(house.tess.send("POST", f"{PAY}/payments/{mine['id']}/retry-payment"), 409, expected)
    hold, = house.trust.sql("SELECT id::text FROM payout.hold WHERE released_at IS NULL AND member_id = %s ORDER BY since DESC LIMIT 1", house.tess.subject)[0]
    refused(house.tess.send("POST", f"{PAY}/holds/{hold}/release-hold"), 409, "same_person")
    if expected == "still_true":
        house.account_of("tess")
        assert house.tess.send("POST", f"{PAY}/payments/{mine['id']}/retry-payment").status == 201


@pytest.mark.parametrize("attack, reason", [("payee", "payee_changed"), ("file", "not_approved")])
def test_the_last_look_before_the_rail(house, attack, reason):
    """The payee moves, or the stored file is edited, when event 6 is committed already: nothing leaves, event 8 for all."""
    trust = house.trust
    house.owe("gil", 6000)
    held = minor(trust, house.held("gil", "Rejected"))
    batch = house.approved()
    house.worker.process.send_signal(19)  # SIGSTOP: whoever forks from here on stands still too
    pids = [int(p) for p in open(f"/proc/{house.worker.process.pid}/task/{house.worker.process.pid}/children").read().split()]
    for pid in pids:
        os.kill(pid, 19)
    try:
        assert slug(house.act(batch, "release")) == "accepted"
        if attack == "payee":
            trust["gil"].post(f"{PAY}/payee-accounts/{house.accounts.pop('gil')}/block-account", {"reason": "account closed"})
        else:
            trust.unguarded(f"ALTER TABLE payout.evidence DISABLE TRIGGER ALL; ALTER TABLE payout.evidence DROP CONSTRAINT evidence_hash; "
                            f"UPDATE payout.evidence SET bytes = replace(convert_from(bytes, 'UTF8'), '60.00', '69.00')::bytea WHERE sha256 = '{batch['file_sha256']}'")
    finally:
        for pid in [*pids, house.worker.process.pid]:
            os.kill(pid, 18)
    ended = house.wait(batch, "closed")
    assert ended["history"][-2]["state"] == "refused" and ended["history"][-2]["reason"] == reason
    assert house.worker.got(batch) == 0 and in_flight(house, batch) == 0 and minor(trust, house.held("gil", "Rejected")) == held - 6000
