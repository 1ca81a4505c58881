# SPDX-License-Identifier: AGPL-3.0-or-later
"""One cycle in which the worker is killed inside every kind of job, and HTTP processes inside writes, beside the same cycle undisturbed: both
end with the same figures, and what must always hold does. Each test takes the cycle as far as it needs, so that it can run alone."""
import http.client
import json
import re
import subprocess
import sys

import pytest

from figures import broken, figures
from killing import DONE, HTTP_ROLES, LATE, LOST, Breakpoint, Deed, Worker, kill_http_at
from stack import DEADLINE, ROOT
from cycle import POOL, Cycle
from money import MET
from test_kill_anchors import KINDS as ANCHORS
from test_kill_licensing import KINDS as LICENSING
from test_kill_payout import KINDS as PAYOUT
from trust import LIC

SEED = 20260504
STEPS = ["people_join", "pool_opens", "files_come_in", "corrupted_file_is_refused", "consents_are_given", "terms_are_voted", "licensees_apply",
         "data_is_read", "withdrawal_takes_effect", "usage_is_folded", "month_is_sealed", "invoices_are_issued", "money_comes_in",
         "money_is_distributed", "money_is_paid_out", "bank_confirms", "books_are_shown"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A day of six synthetic sensors."""
    folder = tmp_path_factory.mktemp("data")
    subprocess.run([sys.executable, ROOT / "deploy/demo/generate.py", folder, "--seed", str(SEED), "--sensors", "6", "--days", "1", "--step", "1800"],
                   check=True, capture_output=True)
    print(f"seed {SEED}")
    return folder


def quick_charter():
    """The demonstration's, with shorter votes."""
    charter = json.loads((ROOT / "deploy/demo/charter.json").read_text())
    for rule in charter["rules"]:
        rule.update(discussion_seconds=1, voting_seconds=6, cooling_seconds=0)
    return charter


class KilledCycle(Cycle):
    """The demonstration's cycle, a step at a time, on a daemon whose worker is a process of its own."""

    def __init__(self, stack, data, folder):
        trust = stack.trust(charter=quick_charter(), start=False)
        super().__init__(trust, data)
        self.charter, self.out, self.done = stack.folder / f"{trust.name}.charter.json", folder, []
        trust.start(*HTTP_ROLES)
        self.worker = Worker(trust)

    def usage_is_folded(self):
        """The worker's minute, now."""
        self.trust.sql("UPDATE metering.clock SET at = at - interval '1 hour' WHERE name = 'fold_usage'")
        self.trust.wait_sql("usage to be folded", "SELECT NOT EXISTS (SELECT FROM metering.batch WHERE state = 'sent' AND day IS NULL) "
                            "AND EXISTS (SELECT FROM payout.estimate)")

    def month_is_sealed(self):
        super().month_is_sealed()
        self.trust.wait_sql("the month to be rated", "SELECT EXISTS (SELECT FROM payout.rated_seal)")

    def before(self, step):
        """Everything that comes before a step, undisturbed."""
        for name in STEPS[:STEPS.index(step)]:
            self.take(name)

    def take(self, step):
        if step not in self.done:
            for person in [self.trust.public, *self.trust.people.values()]:
                person.close()  # connections to a process that was killed: this client asks again once, not twice
            getattr(self, step)()
            self.done.append(step)

    def settle(self):
        """Nothing is left to do: no job, no leaf, no notice waits."""
        self.trust.wait_sql("all jobs to be done", "SELECT NOT EXISTS (SELECT FROM job.job WHERE state IN ('waiting', 'running') AND run_at < clock_timestamp() + interval '1 hour') "
                            "AND NOT EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL)")

    def close(self):
        self.worker.stop()


@pytest.fixture(scope="module")
def calm(stack, data, tmp_path_factory):
    """The undisturbed cycle, in a thread of its own from the beginning."""
    made = KilledCycle(stack, data, tmp_path_factory.mktemp("calm"))

    def whole():
        for step in STEPS:
            made.take(step)
        made.settle()
        return figures(made.trust)
    made.whole = Deed(whole)
    yield made
    made.whole.join()
    made.close()
    stack.release(made.trust)


@pytest.fixture(scope="module")
def cycle(stack, calm, data, tmp_path_factory):
    made = KilledCycle(stack, data, tmp_path_factory.mktemp("killed"))
    yield made
    made.close()
    stack.release(made.trust)


@pytest.fixture
def pause(cycle):
    """Makes breakpoints, which end with the test."""
    points = []

    def make(table, event, when=None, by="commonhold-worker"):
        points.append(Breakpoint(cycle.trust, table, event, when, by))
        return points[-1]
    yield make
    for point in points:
        point.release()
    for point in points:
        point.remove()


@pytest.fixture(autouse=True)
def invariants(request):
    """After every test: what must always hold, holds."""
    yield
    made = request.node.funcargs.get("cycle")
    if made and not request.node.get_closest_marker("xfail"):
        made.settle()
        assert broken(made.trust) == {}


def killed_in(cycle, step, *kills):
    """Takes a step, not taken before, while its worker is killed at each breakpoint in turn: (breakpoint, job kind, then). All jobs end well. A dead worker's
    session that goes on must not meet the next breakpoint: of those in one statement only the last may be DONE or LATE."""
    assert step not in cycle.done
    deed, jobs = Deed(cycle.take, step), []
    for kill in kills:
        jobs.append(cycle.worker.kill_at(*kill))
    deed.finish()
    for job, attempt in jobs:
        cycle.worker.wait_done(job, attempt)


def test_sequencer(cycle, pause):
    killed_in(cycle, "people_join", (pause("log.entry", "INSERT"), "sequence_log", LOST), (pause("log.outbox", "UPDATE", "NEW.topic = 'leaf'"), "sequence_log", LOST),
              (pause("log.checkpoint", "INSERT"), "sequence_log", LATE))


def test_notices_and_tally(cycle, pause):
    cycle.before("pool_opens")
    killed_in(cycle, "pool_opens", (pause("log.outbox", "UPDATE", "NEW.topic = 'notice'"), "send_notices", LOST), (pause("governance.tally", "INSERT"), "tally_proposal", LATE))


def test_ingest(cycle, pause):
    """While COPY runs, before and at the verdict: rows and verdict come together or not at all."""
    cycle.before("files_come_in")
    rows = cycle.trust.sql("SELECT 'pooldata.' || pooldata.table_name(pool_id) FROM licensing.pool")[0][0]
    killed_in(cycle, "files_come_in", (pause(rows, "INSERT"), "ingest_contribution", LOST, True),
              (pause("licensing.consent_epoch", "INSERT OR UPDATE"), "ingest_contribution", LOST),
              (pause("licensing.contribution", "UPDATE", "NEW.state = 'accepted'"), "ingest_contribution", LATE))
    killed_in(cycle, "corrupted_file_is_refused",
              (pause("licensing.contribution", "UPDATE", "NEW.state = 'rejected'"), "ingest_contribution", LOST),
              (pause("licensing.contribution_error", "INSERT"), "ingest_contribution", DONE))
    stored = cycle.trust.sql(f"SELECT c.id, c.rows, (SELECT count(*) FROM {rows} AS r WHERE r.contribution_id = c.id) FROM licensing.contribution AS c")
    assert all((accepted or 0) == there for _, accepted, there in stored), stored


def test_two_tallies(cycle, pause):
    cycle.before("terms_are_voted")
    killed_in(cycle, "terms_are_voted", (pause("governance.tally", "INSERT"), "tally_proposal", LOST),
              (pause("governance.proposal", "UPDATE", "NEW.state = 'cooling'"), "tally_proposal", DONE))


def test_screening(cycle, pause):
    cycle.before("licensees_apply")
    killed_in(cycle, "licensees_apply", (pause("licensing.evaluation", "INSERT"), "screen_application", LOST),
              (pause("licensing.application_event", "INSERT", "NEW.command = 'match'"), "screen_application", DONE),
              (pause("licensing.application", "UPDATE", "NEW.state = 'refused'"), "screen_application", LATE))


def test_folding_and_estimate(cycle, pause):
    cycle.before("usage_is_folded")
    killed_in(cycle, "usage_is_folded", (pause("metering.batch", "UPDATE", "NEW.day IS NOT NULL"), "fold_usage", LOST),
              (pause("metering.usage_day", "INSERT"), "fold_usage", DONE),
              (pause("payout.estimate", "INSERT"), "rate_estimate", DONE))


def test_delivery(cycle, pause):
    """A delivery whose process dies before it knows what arrived: the body has no end, nobody pays for it, and it ends by the clock."""
    cycle.before("month_is_sealed")
    point = pause("metering.delivery", "UPDATE", "NEW.state <> 'open'", "commonhold-metering")
    connection = http.client.HTTPConnection("127.0.0.1", cycle.trust.port, timeout=DEADLINE)
    connection.request("GET", f"{MET}/pools/{POOL}/rows", headers={"Accept": "text/csv", "Authorization": f"Bearer {cycle.tokens['uni']}"})
    answer = connection.getresponse()
    body = Deed(answer.read)
    kill_http_at(cycle.trust, point, LOST)
    with pytest.raises(http.client.IncompleteRead):
        body.finish()
    killed = answer.headers["X-Commonhold-Delivery"]
    for hours, batch, delivery in ((2, "unresolved", "lost"), (25, "unsent", "lost")):
        cycle.trust.unguarded("ALTER TABLE metering.batch DISABLE TRIGGER guard",
                              f"UPDATE metering.batch SET committed_at = committed_at - interval '{hours} hours' WHERE delivery_id = '{killed}'",
                              "ALTER TABLE metering.batch ENABLE ALWAYS TRIGGER guard",
                              f"UPDATE metering.delivery SET opened_at = opened_at - interval '{hours} hours' WHERE id = '{killed}'",
                              f"UPDATE metering.delivery_beat SET at = at - interval '{hours} hours' WHERE delivery_id = '{killed}'",
                              "UPDATE metering.clock SET at = at - interval '1 hour'")
        cycle.trust.wait_sql(f"the batch to be {batch}", "SELECT bool_and(b.state = %s AND b.day IS NULL AND d.state = %s) FROM metering.batch AS b "
                             "JOIN metering.delivery AS d ON d.id = b.delivery_id WHERE d.id = %s", batch, delivery, killed)


def test_sealing_and_rating(cycle, pause):
    """An HTTP process dies inside the seal, then the worker at each step of the rating."""
    cycle.before("month_is_sealed")
    seal = pause("metering.seal", "INSERT", by="commonhold-metering")
    kills = [(pause("payout.rating", "INSERT"), "rate_month", LATE), (pause("payout.invoice", "INSERT"), "rate_month", LOST),
             (pause("payout.rated_seal", "INSERT"), "rate_month", DONE)]
    deed = Deed(cycle.take, "month_is_sealed")
    kill_http_at(cycle.trust, seal, LATE)
    jobs = [cycle.worker.kill_at(*kill) for kill in kills]
    deed.finish()
    for job, attempt in jobs:
        cycle.worker.wait_done(job, attempt)


def test_invoice_and_statement(cycle, pause):
    """HTTP processes die inside an invoice's issue and inside the import of a statement; the client asks again, with the same key."""
    cycle.before("invoices_are_issued")
    issue = pause("payout.invoice", "UPDATE", "NEW.state = 'issued'", "commonhold-payout")
    deed = Deed(cycle.take, "invoices_are_issued")
    kill_http_at(cycle.trust, issue, LOST)
    deed.finish()
    booked = pause("payout.txn", "INSERT", "NEW.kind LIKE 'receipt%'", "commonhold-payout")
    deed = Deed(cycle.take, "money_comes_in")
    kill_http_at(cycle.trust, booked, LATE)
    deed.finish()


def test_run(cycle, pause):
    """Every state of a run is a transaction of its own."""
    cycle.before("money_is_distributed")
    states = {"inputs_frozen": LOST, "numbered": DONE, "computed": LATE, "review": LOST, "posted": LATE}
    points = [(pause("payout.run", "UPDATE", f"NEW.state = '{state}'"), "advance_run", then) for state, then in states.items()]
    points.insert(2, (pause("payout.run_line", "INSERT"), "advance_run", LOST))
    points.insert(5, (pause("payout.posting", "INSERT"), "advance_run", LOST))
    killed_in(cycle, "money_is_distributed", *points)


def test_sending(cycle, pause):
    """Killed before the submission begins and behind it, with the file in the outbox, then again after the bank took it: there is one file, ever."""
    cycle.before("money_is_paid_out")
    outbox = cycle.trust.stack.folder / f"outbox-{cycle.trust.name}"
    released = pause("payout.batch", "UPDATE", "NEW.state = 'releasing'", "commonhold-payout")
    unbegun, begun = (pause("payout.submission", "INSERT", "NEW.step = 'begun'") for _ in range(2))
    in_place, taken = (pause("payout.batch", "UPDATE", "NEW.state = 'sent'") for _ in range(2))
    deed = Deed(cycle.take, "money_is_paid_out")
    released.wait()
    message, = cycle.trust.sql("SELECT message_id FROM payout.batch")[0]
    (outbox / f".{message}.part").write_text("half of a file, by a worker that was killed")
    kill_http_at(cycle.trust, released, LOST)
    jobs = [cycle.worker.kill_at(*point) for point in ((unbegun, "send_batch", LOST), (begun, "send_batch", DONE), (in_place, "send_batch", LOST))]
    taken.wait()
    file, = outbox.glob("*.xml")
    content = file.read_bytes()
    file.rename(outbox.parent / f"{cycle.trust.name}.at-the-bank.xml")
    jobs.append(cycle.worker.kill_at(taken, "send_batch", LOST))
    deed.finish()
    for job, attempt in jobs:
        cycle.worker.wait_done(job, attempt)
    assert content == cycle.pain and list(outbox.glob("*.xml")) == []


def test_figures_are_those_of_the_undisturbed_cycle(cycle, calm):
    cycle.before(STEPS[-1])
    cycle.take(STEPS[-1])
    cycle.settle()
    expected, found = calm.whole.finish(), figures(cycle.trust)
    assert broken(calm.trust) == {}
    assert {name: rows for name, rows in found.items() if rows != expected[name]} == {name: rows for name, rows in expected.items() if rows != found[name]}


def test_rows_and_files_go_once(cycle, pause):
    """The jobs that take away: rows of a contribution that was withdrawn, and its file."""
    trust = cycle.trust
    cycle.before("consents_are_given")
    rows = trust.sql("SELECT 'pooldata.' || pooldata.table_name(pool_id) FROM licensing.pool")[0][0]
    before, owner = trust.sql(f"SELECT count(*) FROM {rows}")[0][0], cycle.sensors[-1]
    contribution, count = next((found["id"], found["rows"]) for found in trust[owner].get(f"{LIC}/contributions").json["items"])
    upload, = trust.sql("SELECT id::text FROM licensing.upload WHERE contribution_id = %s", contribution)[0]
    file = next((trust.stack.folder / f"uploads-{trust.name}").rglob(f"{upload}*"))
    forgotten = pause("licensing.upload", "UPDATE", "NEW.file_due_at IS NULL AND OLD.file_due_at IS NOT NULL")
    deleted = pause(rows, "DELETE")
    trust[owner].post(f"{LIC}/contributions/{contribution}/withdraw")
    jobs = [cycle.worker.kill_at(forgotten, "remove_upload_files", LOST)]
    assert not file.exists()
    trust.sql("UPDATE job.job SET run_at = clock_timestamp() WHERE kind = 'delete_contribution_rows'")
    jobs.append(cycle.worker.kill_at(deleted, "delete_contribution_rows", LOST))
    for job, attempt in jobs:
        cycle.worker.wait_done(job, attempt)
    assert trust.sql(f"SELECT count(*) FROM {rows}")[0][0] == before - count
    assert trust.sql("SELECT rows_deleted_at IS NOT NULL FROM licensing.contribution WHERE id = %s", contribution) == [(True,)]


def test_the_worker_was_killed_in_every_kind_of_job(request):
    """A new kind of job gets its kill here, or in test_kill_anchors.py, test_kill_licensing.py or test_kill_payout.py, which look after their own."""
    chosen = {item.name for item in request.session.items if item.path == request.node.path}
    if not {name for name in globals() if name.startswith("test_")} <= chosen:
        pytest.skip("says something behind all tests of this file only")
    kinds = set(re.findall(r'\{"(\w+)", \w+, \d+, \d+\},', "".join(path.read_text() for path in ROOT.glob("services/*/service.c"))))
    killed = {kind for kind, in request.getfixturevalue("cycle").trust.sql("SELECT DISTINCT kind FROM job.job WHERE attempt > 1")}
    elsewhere = ANCHORS | LICENSING | PAYOUT
    assert len(kinds) >= 21 and elsewhere <= kinds and kinds - killed - elsewhere == set()
