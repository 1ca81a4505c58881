# SPDX-License-Identifier: AGPL-3.0-or-later
"""Payout's processes get SIGKILL inside every step that writes: requests in their HTTP process, jobs in the worker. Whoever asked asks again, the job is
taken over, and afterwards the books are those of the model (tests/reference/ledger_model.py), every outside event was booked once, and the full audit
finds nothing. test_kill.py goes through the same jobs once within a whole cycle; here each step dies in each of the three ways."""
import http.client
import os
import signal
import sys
import time
import uuid

import pytest

from figures import broken
from killing import DONE, HTTP_ROLES, LATE, LOST, Breakpoint, Deed, Worker, children
from living import Trust, money
from stack import DEADLINE, ROOT

sys.path.insert(0, str(ROOT / "tests" / "reference"))
from life import KEYED
from test_payout_model import Life  # noqa: E402

SEED = 20260513
SERVICE, WAYS = "commonhold-payout", (LOST, DONE, LATE)
#: Kinds of jobs that are killed here; read_inbox is in test_kill_bank.py.
KINDS = {"claw_back", "age_holds", "announce_run", "read_inbox"}
#: Until money is there to be distributed, and until it is.
PAID = ("large_invoice_is_drafted", "invoice_is_issued", "licensee_pays_in_full", "statement_comes")
DISTRIBUTED = (*PAID, "run_is_opened", "run_is_confirmed")
#: Once and never again, whatever is killed: each gives no row.
TWICE = {
    "an entry booked twice": "SELECT entry_key FROM payout.bank_entry GROUP BY 1 HAVING count(*) > 1",
    "an outside event booked twice": "SELECT kind, external_ref FROM payout.txn_ref GROUP BY 1, 2 HAVING count(*) > 1",
    "a slice in two runs": "SELECT receipt_slice_id FROM payout.run_receipt GROUP BY 1 HAVING count(*) > 1",
    "a number given twice, or a gap": "SELECT series FROM payout.invoice WHERE no IS NOT NULL GROUP BY 1 HAVING count(*) <> max(no) OR count(DISTINCT no) <> count(*)",
    "two leaves of one state": "SELECT payload - 'at' FROM log.outbox WHERE topic = 'leaf' GROUP BY 1 HAVING count(*) > 1",
}


class KilledLife(Life):
    """A life without chance events; who is told that a command is done already looks at what it made."""

    asked_again = True

    def aside(self, likely):
        return False

    def large_invoice_is_drafted(self):
        month = self.t.months[-1]
        return self.draft(self.t.licensees[0], [{"text": "Usage", "net": money(300000), "pool": self.t.pools[0], "first": str(month), "last": str(month.replace(day=28)),
                                                 "vat_category": "S", "vat_ppm": 190000}])

    def month_is_sealed(self):
        """Another month of a pool, which the worker rates."""
        month = self.t.seal_another(0)
        self.trust.wait_sql("the month to be rated", "SELECT EXISTS (SELECT FROM payout.rated_seal WHERE month = %s)", month)
        return str(month)

    def distributed_invoice_is_credited(self):
        """All of an invoice that a run gave out: refundable to the licensee, clawed back from members and funds."""
        invoice = max((s for s in self.books.paid if s.slot[0] and s.run and s.run.state == "posted"), key=lambda s: s.left).invoice
        nets = {line: invoice.left_of_line(line) for line in invoice.lines if invoice.left_of_line(line)}
        return self.give_credit(invoice, f"invoices/{invoice.id}/credit-invoice", {"reason": "never delivered"}, nets)

    def send(self, client, path, body=None, **more):
        """Asks, with one key, until there is an answer."""
        more["headers"] = {"Idempotency-Key": str(uuid.uuid4()), **more.get("headers", {})}
        end = time.monotonic() + DEADLINE
        while True:
            try:
                return super().send(client, path, body, **more)
            except (OSError, http.client.HTTPException):
                assert time.monotonic() < end, "the service does not come back"
                client.close()
                time.sleep(0.05)

    def ask(self, path, body=None, outcome="ok", client=None, **more):
        made = path.rsplit("/", 1)[0]
        if path in KEYED or "/" not in made:
            return super().ask(path, body, outcome, client, **more)
        answer = self.send(client or self.t.treasurer, path, body, **more)
        if answer.status == 409:
            answer = (client or self.t.treasurer).get(f"/payout/v1/{made}")
        assert answer.status == 200, answer.raw
        return answer


@pytest.fixture(scope="module")
def life(stack):
    workers = []

    def start(trust):
        trust.start(*HTTP_ROLES)
        workers.append(Worker(trust))
    made = KilledLife(Trust(stack, start), SEED)
    made.trust, made.worker = made.t.trust, workers[0]
    yield made
    made.worker.stop()
    made.t.close()


@pytest.fixture
def pause(life):
    """Makes breakpoints, which end with the test."""
    points = []

    def make(table, event, when=None, by=SERVICE):
        points.append(Breakpoint(life.trust, table, event, when, by))
        return points[-1]
    yield make
    for point in points:
        if not point.session.closed:
            point.release()
    for point in points:
        point.remove()


@pytest.fixture(autouse=True)
def nothing_happened_twice(life):
    """After every test: all jobs done, nothing twice, what must always hold does."""
    yield
    life.trust.wait_sql("all jobs to be done", "SELECT NOT EXISTS (SELECT FROM job.job WHERE state IN ('waiting', 'running') AND run_at < clock_timestamp() + interval '1 hour') "
                        "AND NOT EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL)")
    found = {name: life.trust.sql(statement) for name, statement in TWICE.items()}
    assert not any(found.values()), found
    assert {name: rows for name, rows in broken(life.trust).items() if name.startswith(("I6", "I7", "I8", "I9", "a job"))} == {}
    life.compare()


def hang_up(life):
    """Connections to a process that was killed: a client asks again once, not twice."""
    for person in [life.t.public, life.t.treasurer, life.t.second, *life.trust.people.values()]:
        person.close()


def kill_service_at(life, point, way):
    """The whole daemon at once, as when the machine fails; another is started."""
    sessions, daemon = point.wait(), life.trust.daemon
    for pid in [*children(daemon.process.pid), daemon.process.pid]:
        os.kill(pid, signal.SIGKILL)
    daemon.process.wait()
    daemon.output.close()
    if way == LOST:
        point.end_sessions()
    elif way == DONE:
        point.release()
        point.wait_gone(sessions)
    life.trust.start(*HTTP_ROLES)
    if way == LATE:
        point.wait_behind(sessions)
    point.release()


def killed(life, pause, name, table, event, when=None, ways=WAYS, before=()):
    """The event, once for each way, with the service killed in it at the breakpoint."""
    for way in ways:
        for earlier in before:
            life.happen(earlier)
        hang_up(life)
        point = pause(table, event, when)
        deed = Deed(life.happen, name)
        kill_service_at(life, point, way)
        deed.finish()
        point.remove()


def worked(life, pause, name, *steps):
    """The event, with the worker killed at each step in turn: (table, event, when, kind of job, way)."""
    kills = [(pause(table, event, when, "commonhold-worker"), kind, way) for table, event, when, kind, way in steps]
    hang_up(life)
    deed = Deed(life.happen, name)
    jobs = [life.worker.kill_at(*kill) for kill in kills]
    deed.finish()
    for job, attempt in jobs:
        life.worker.wait_done(job, attempt)


def test_drafts_and_issues(life, pause):
    killed(life, pause, "invoice_is_drafted", "payout.revenue_slice", "INSERT")
    killed(life, pause, "invoice_is_issued", "payout.invoice", "UPDATE", "NEW.state = 'issued'", before=["invoice_is_drafted"])
    killed(life, pause, "invoice_is_issued", "payout.posting", "INSERT", before=["invoice_is_drafted"])


@pytest.mark.parametrize("table", ["bank_statement", "bank_entry", "entry_match", "receipt", "posting"])
def test_imports(life, pause, table):
    killed(life, pause, "statement_comes", f"payout.{table}", "INSERT", before=PAID[:-1])


def test_assignments(life, pause):
    killed(life, pause, "entry_is_assigned", "payout.entry_match", "INSERT", before=["money_comes_for_something_else", "statement_comes"])


RUN_STEPS = [("payout.run", "UPDATE", "NEW.state = '{}'".format(state)) for state in ("inputs_frozen", "numbered", "computed", "review")]


@pytest.mark.parametrize("way", WAYS)
def test_runs(life, pause, way):
    """Each state in one way in each round; lines and postings besides."""
    for earlier in PAID:
        life.happen(earlier)
    steps = [(*step, "advance_run", LOST if step is not RUN_STEPS[-1] else way) for step in RUN_STEPS]
    steps.insert(2, ("payout.run_line", "INSERT", None, "advance_run", LOST))
    worked(life, pause, "run_is_opened", *steps)
    worked(life, pause, "run_is_confirmed", ("payout.posting", "INSERT", None, "advance_run", LOST), ("payout.run", "UPDATE", "NEW.state = 'posted'", "advance_run", way),
           ("log.outbox", "INSERT", "NEW.payload ->> 'kind' = 'statement.ready'", "announce_run", LOST))


def test_batches(life, pause):
    """Made, frozen, approved, released in the service; sent by the worker. One file, ever."""
    for name in (*DISTRIBUTED, *["member_names_an_account"] * 3):
        life.happen(name)
    killed(life, pause, "batch_is_made", "payout.payment", "INSERT", ways=[LOST])
    killed(life, pause, "batch_is_frozen", "payout.batch", "UPDATE", "NEW.state = 'frozen'", ways=[LATE])
    killed(life, pause, "batch_is_approved", "payout.approval", "INSERT", ways=[LOST])
    killed(life, pause, "batch_is_approved", "payout.batch", "UPDATE", "NEW.state = 'approved'", ways=[DONE])
    hang_up(life)
    released = pause("payout.batch", "UPDATE", "NEW.state = 'releasing'")
    sent = [pause("payout.batch", "UPDATE", "NEW.state = 'sent'", "commonhold-worker") for _ in range(2)]
    deed = Deed(life.happen, "batch_is_released")
    kill_service_at(life, released, DONE)
    jobs = [life.worker.kill_at(sent[0], "send_batch", LOST), life.worker.kill_at(sent[1], "send_batch", LATE)]
    deed.finish()
    for job, attempt in jobs:
        life.worker.wait_done(job, attempt)
    outbox = life.trust.stack.folder / f"outbox-{life.trust.name}"
    assert len(list(outbox.glob("*.xml"))) == len(life.batches("sent", "closed"))
    killed(life, pause, "statement_comes", "payout.payment", "UPDATE", ways=[LATE], before=["bank_executes"])


def test_rating(life, pause):
    """A sealed month is rated once."""
    worked(life, pause, "month_is_sealed", ("payout.rating", "INSERT", None, "rate_month", LOST), ("payout.rated_seal", "INSERT", None, "rate_month", LATE))
    assert life.trust.sql("SELECT pool_id, month, grant_id FROM payout.rating GROUP BY 1, 2, 3 HAVING count(*) > 1") == []


def test_clawbacks(life, pause):
    """The credit note in the service, what it takes back in the worker."""
    for name in DISTRIBUTED:
        life.happen(name)
    note = pause("payout.credit_slice", "INSERT", by=SERVICE)
    kills = [(pause("payout.clawback_line", "INSERT", by="commonhold-worker"), "claw_back", LOST),
             (pause("payout.clawback", "UPDATE", "NEW.state = 'posted'", "commonhold-worker"), "claw_back", LATE)]
    hang_up(life)
    deed = Deed(life.happen, "distributed_invoice_is_credited")
    kill_service_at(life, note, LOST)
    jobs = [life.worker.kill_at(*kill) for kill in kills]
    deed.finish()
    for job, attempt in jobs:
        life.worker.wait_done(job, attempt)


def test_holds_that_grow_old(life, pause):
    for name in DISTRIBUTED:
        life.happen(name)
    killed(life, pause, "treasurer_holds", "payout.hold", "INSERT", ways=[LOST])
    worked(life, pause, "time_runs_out", ("payout.posting", "INSERT", None, "age_holds", LOST),
           ("payout.hold", "UPDATE", "NEW.released_at IS NOT NULL", "age_holds", LATE))


def test_its_kinds_of_jobs_were_killed(life, request):
    chosen = {item.originalname for item in request.session.items if item.path == request.node.path}
    if not {name for name in globals() if name.startswith("test_")} <= chosen:
        pytest.skip("says something behind all tests of this file only")
    assert KINDS - {"read_inbox"} <= {kind for kind, in life.trust.sql("SELECT DISTINCT kind FROM job.job WHERE attempt > 1")}


def test_the_audit_is_clean(life):
    life.audit()
