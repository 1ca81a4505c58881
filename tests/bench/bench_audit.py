# SPDX-License-Identifier: AGPL-3.0-or-later
"""Called by bench_audit.sh: measures, prints one line a figure, exits 1 when a bar is missed."""
import base64
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
from stack import BIN, Stack, wait_for  # noqa: E402  (it says where running finds what it imports)
import cycle  # noqa: E402
import generate  # noqa: E402
import psycopg2  # noqa: E402
from bank import iban  # noqa: E402
from banking import detail  # noqa: E402
from cryptography.hazmat.primitives import hashes, keywrap  # noqa: E402
from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: E402
from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: E402
from money import PAY, Approver, import_statement, wait_batch, wait_run  # noqa: E402

SMALLEST, MEMBERS, USAGE, MORE = (int(os.environ[name]) for name in ("SMALLEST", "MEMBERS", "USAGE", "MORE"))
FULL, MEBIBYTES, INCREMENTAL, RECOMPUTE, WITH_USAGE = 300, 512, 15, 60, 600
LIMITS = json.dumps({"person": 10**10, "batch": 10**14, "day": 10**15})
EUR = "EUR"
RULE = {"schema": "benefit-rule/1", "rule": "main", "version": 2, "currency": EUR, "remainder": "largest_remainder/sha256", "hold": {"min_payout": 1000}, "steps": [
    {"id": "ops", "kind": "percent", "to": "Income:OperationsShare", "of": "gross", "num": 15, "den": 100},
    {"id": "people", "kind": "split", "of": "remaining", "num": 1, "den": 1, "leftover_to": "Equity:Fund:Commons", "parts": [
        {"share": 4, "weight": "usage", "then": "contribution"}, {"share": 1, "weight": "usage*quality", "then": "contribution"}, {"share": 45, "weight": "equal"},
        {"share": 50, "weight": "tenure"}]}]}
CHANGES = {"durations": {"run_review_seconds": 0, "account_first_seconds": 0}}
#: What is made here is larger than what a request brings, and other programs may be at work.
PATIENT = {"common": {"statement_ms": "600000", "pool_wait_ms": "60000"}}
MEMBER = "('00000000-0000-7000-a000-' || lpad(to_hex(g), 12, '0'))::uuid"
CONTRIBUTION = "('00000000-0000-7000-9000-' || lpad(to_hex(g), 12, '0'))::uuid"


class Books(cycle.Cycle):
    """The demonstration's cycle, with `count` more members in its pool."""

    def __init__(self, trust, folder, count):
        generate.write_week(folder / "week", 20260504, 7, 1, 900)
        super().__init__(trust, folder / "week")
        cycle.benefit_rule = lambda: RULE
        self.charter, self.out, self.count = folder / "charter.json", folder, count
        self.charter.write_text(json.dumps(trust.charter))

    def tess(self):
        return self.trust["tess"]

    def made(self):
        for step in (self.people_join, self.pool_opens, self.files_come_in, self.consents_are_given, self.terms_are_voted, self.licensees_apply, self.data_is_read,
                     self.more_join, self.events_come_in, self.month_is_sealed, self.invoices_are_issued, self.one_pays_for_all, self.money_comes_in, self.all_have_a_line, self.planner_knows,
                     self.accounts_are_put_in, self.planner_knows, self.batch_leaves, self.planner_knows, self.bank_books_each, self.log_is_complete, self.planner_knows):
            begin = time.perf_counter()
            step()
            say(f"made {step.__name__} in {time.perf_counter() - begin:.1f} s")
        return self

    def sql(self, statement, *args):
        return self.trust.sql(statement, *args)

    def more_join(self):
        """55 in 100 for two years, the others for a month; a contribution of one row each."""
        pool, = self.sql("SELECT pool_id::text FROM licensing.pool WHERE ref = %s", cycle.POOL)[0]
        table, = self.sql("SELECT pooldata.table_name(%s)", pool)[0]
        columns, = self.sql("SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = ('pooldata.' || quote_ident(%s))::regclass AND attnum > 0 "
                            "AND attname NOT IN ('pool_id', 'row_id', 'contribution_id')", table)[0]
        series = f"FROM generate_series(1, {self.count}) AS g"
        self.trust.unguarded(
            f"INSERT INTO governance.member (member_id, joined_at, founder, observer) SELECT {MEMBER}, now() - CASE WHEN g % 20 < 11 THEN interval '745 days' ELSE interval '40 days' END, "
            f"false, false {series}",
            f"INSERT INTO governance.standing (member_id, seq, standing, since_at, reason) SELECT {MEMBER}, 1, 'active', now(), 'bench' {series}",
            "INSERT INTO licensing.contribution (id, pool_id, member_id, version, state, format, dialect, provenance, licence, charter_version, accept_partial, rows, quality_ppm, decided_at) "
            f"SELECT {CONTRIBUTION}, '{pool}', {MEMBER}, 1, 'accepted', 'csv', '{{}}', '{{}}', '{{}}', 1, false, 1, 700000 + g % 300000, now() {series}",
            f"INSERT INTO pooldata.{table} (contribution_id, {columns}) SELECT {CONTRIBUTION}, {columns} FROM (SELECT {columns} FROM pooldata.{table} LIMIT 1) AS one, "
            f"generate_series(1, {self.count}) AS g")
        for name in ("governance.member", "governance.standing", "licensing.contribution", f"pooldata.{table}"):
            self.sql(f"VACUUM ANALYZE {name}")

    def events_come_in(self):
        """USAGE events of a second each under the university's grant, in the contributions it may use."""
        if not USAGE:
            return
        pool, = self.sql("SELECT pool_id::text FROM licensing.pool WHERE ref = %s", cycle.POOL)[0]
        contributions = "ARRAY[" + ", ".join(f"'{ident}'::uuid" for ident in self.contributions.values()) + "]"
        key = "(lpad(to_hex(floor(extract(epoch FROM now()) * 1000)::bigint), 12, '0') || '8' || substr(m, 1, 3) || '8' || substr(m, 4, 15))::uuid"
        which = f"({contributions})[1 + g %% {len(self.contributions)}]".replace("%%", "%")
        for first in range(1, USAGE + 1, 1000000):
            last = min(USAGE, first + 999999)
            self.trust.unguarded(
                "INSERT INTO metering.usage_event (source_no, event_key, grant_id, pool_id, meter, units, contribution_id, occurred_at, received_at, content_hash) "
                f"SELECT 1, {key}, '{self.grants['uni']}', '{pool}', 'seconds', 1, {which}, now(), now(), sha256('x') FROM (SELECT g, md5(g::text) AS m FROM generate_series({first}, {last}) AS g) AS x",
                f"SELECT metering.add_usage(array_agg('{pool}'::uuid), array_agg((now() AT TIME ZONE 'UTC')::date), array_agg('{self.grants['uni']}'::uuid), array_agg('seconds'::text), "
                f"array_agg(c), array_agg(n)) FROM (SELECT {which} AS c, count(*) AS n FROM generate_series({first}, {last}) AS g GROUP BY 1) AS x")
        self.sql("VACUUM ANALYZE metering.usage_event")
        self.delivered["events"] = USAGE

    def one_pays_for_all(self):
        """An invoice that gives each of them some fourteen."""
        first = time.strftime("%Y-%m-01", time.gmtime())
        made = self.tess().post(f"{PAY}/invoices", {"licensee": self.trust.organisations["startup"], "lines": [{
            "text": "Support", "net": {"minor": self.count * 1450, "currency": EUR}, "pool": cycle.POOL, "first": first, "last": time.strftime("%Y-%m-%d", time.gmtime()),
            "vat_category": "S", "vat_ppm": 190000}]})
        self.invoices.append(self.tess().post(f"{PAY}/invoices/{made['id']}/issue-invoice").json)

    def all_have_a_line(self):
        run = self.tess().post(f"{PAY}/runs", {"pool": cycle.POOL, "month": self.month}).json["id"]
        wait_run(self.tess(), run, ["review"], 3600)
        wait_for("the review to be over", lambda: not self.too_early(run), 30)
        self.run_done = wait_run(self.tess(), run, ["posted"], 3600)

    def planner_knows(self):
        """What the server's own housekeeping has done in a trust whose month takes longer than minutes."""
        self.sql("VACUUM ANALYZE")

    def accounts_are_put_in(self):
        """A tenth of the members, with what the service needs to write their file."""
        secret = base64.b64decode(self.trust.stack.secret("member.secret"))
        key = b"\7" * 32
        wrapped = keywrap.aes_key_wrap(HKDF(hashes.SHA256(), 32, None, b"commonhold payout payee").derive(secret), key)
        cipher = AESGCM(key)

        def sealed(what, subject, text):
            nonce = os.urandom(12)
            return (nonce + cipher.encrypt(nonce, text.encode(), f"{what} {subject}".encode())).hex()
        connection = psycopg2.connect(self.trust.database)
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE fresh (id uuid, member uuid, iban text, name text, hint text, salt text, sha text)")
            with open(self.out / "accounts", "w") as rows:
                for g in range(10, self.count + 1, 10):
                    member, number = f"00000000-0000-7000-a000-{g:012x}", iban("DE", f"50010517{g:010d}")
                    rows.write("\t".join((f"00000000-0000-7000-b000-{g:012x}", member, "\\\\x" + sealed("iban", member, number), "\\\\x" + sealed("name", member, f"Owner {g}"),
                                          f"{number[:4]} ... {number[-4:]}", "\\\\x" + uuid.uuid4().hex * 2, f"{g:064x}")) + "\n")
            with open(self.out / "accounts") as rows:
                cursor.copy_from(rows, "fresh")
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("INSERT INTO payout.member_key (member_id, wrapped) SELECT member, %s FROM fresh", (wrapped,))
            cursor.execute("INSERT INTO payout.payee_account (id, member_id, version, iban_sealed, name_sealed, iban_hint, commitment) SELECT id, member, 1, iban::bytea, name::bytea, hint, "
                           "sha FROM fresh")
            cursor.execute("INSERT INTO payout.payee_salt (id, salt) SELECT id, salt::bytea FROM fresh")
            cursor.execute("INSERT INTO payout.payee_account_event (id, kind, actor, usable_at) SELECT id, 'confirmed', member, clock_timestamp() FROM fresh")
            cursor.execute("SET LOCAL session_replication_role = origin")
            cursor.execute("SELECT log.append_leaves('payee_account', array_agg(sha), array_agg(sha), array_agg('{}'::jsonb)) FROM fresh")
        connection.close()
        for name in ("payee_account", "payee_account_event"):
            self.sql(f"VACUUM ANALYZE payout.{name}")

    def batch_leaves(self):
        actor = self.trust["tess"].subject
        answer, body = self.sql("SELECT (a).outcome, (a).body FROM (SELECT payout.create_batch(%s, 'bench', '{\"account\": \"main\"}', %s) AS a OFFSET 0) AS x", actor, LIMITS)[0]
        assert answer == "created", (answer, body)
        batch = body["id"]
        self.tess().post(f"{PAY}/batches/{batch}/freeze-batch")
        frozen = wait_batch(self.tess(), batch, ["frozen"], 1800)
        offices = self.trust.public.get(f"{cycle.GOV}/offices?limit=100").json["items"]
        for name in ("ada", "ben"):
            approver = Approver(self.trust[name], offices, "board")
            approver.approve(frozen)
            approver.forget()
        answer, = self.sql("SELECT (a).outcome FROM (SELECT payout.release_batch(%s, %s, %s) AS a OFFSET 0) AS x", actor, batch, LIMITS)[0]
        assert answer == "accepted", answer
        self.batch = wait_batch(self.tess(), batch, ["sent"], 1800)

    def bank_books_each(self):
        """Day by day, as many as one upload brings in time on a busy machine."""
        rows = self.sql("SELECT end_to_end_id, minor FROM payout.payment WHERE batch_id = %s ORDER BY id", self.batch["id"])
        for first in range(0, len(rows), 5000):
            self.bank.waiting = [(-minor, f"<NtryDtls>{detail(-minor, e2e=end_to_end)}</NtryDtls>") for end_to_end, minor in rows[first:first + 5000]]
            import_statement(self.tess(), self.bank.statement())
        self.batch = wait_batch(self.tess(), self.batch["id"], ["closed"], 1800)

    def log_is_complete(self):
        wait_for("all leaves to be logged", lambda: self.sql("SELECT NOT EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL)")[0][0], 3600, 0.5)

    def another_thousand(self):
        """Transactions of the journal, as its owner books them."""
        self.sql("SELECT count(*) FROM (SELECT (payout.post(jsonb_build_array(jsonb_build_object('kind', 'resolution', 'occurred_on', current_date, 'resolution', 'bench', "
                 "'evidence_sha256', payout.store_document(jsonb_build_object('n', g)))), jsonb_build_array(jsonb_build_object('path', 'Income:Other', 'minor', -1), "
                 "jsonb_build_object('path', 'Assets:Transit', 'minor', 1)))).outcome AS o FROM generate_series(1, %s) AS g OFFSET 0) AS x WHERE o = 'posted'", MORE)
        self.log_is_complete()


def say(text):
    print(f"bench_audit: {text}", flush=True)


def spent(stack):
    """Processor seconds of the server's sessions that have ended."""
    postmaster = (pathlib.Path(stack.folder) / "pg" / "postmaster.pid").read_text().split()[0]
    fields = pathlib.Path(f"/proc/{postmaster}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def anonymous(pid):
    """MiB of a process's own memory, without what it shares with others; 0 when it has ended."""
    try:
        fields = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
        return int(fields.get("RssAnon", "0").split()[0]) / 1024
    except OSError:
        return 0


def watched(process, books):
    """The most that a session of the server held of its own memory while the process ran, and which sessions there were."""
    most, seen = 0, set()
    with contextlib.closing(psycopg2.connect(books.trust.database)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        while process.poll() is None:
            cursor.execute("SELECT pid FROM pg_stat_activity WHERE usename = 'ch_audit'")
            pids = [pid for pid, in cursor.fetchall()]
            most, seen = max([most] + [anonymous(pid) for pid in pids]), seen.union(pids)
            time.sleep(0.1)
    return most, seen


def audit(books, *options):
    """(seconds, processor seconds of auditor and server, MiB of the auditor alone and of its largest session, exit code, report)."""
    source = books.trust.database.replace("user=commonhold", "user=ch_audit")
    before, begin = spent(books.trust.stack), time.perf_counter()
    with open(books.out / "report", "w+") as out, open(books.out / "usage", "w+") as usage:
        process = subprocess.Popen(["/usr/bin/time", "-f", "%M %U %S", BIN / "commonhold-audit", "--source", source, "--report", "json", *options], stdout=out, stderr=usage)
        session, pids = watched(process, books)
        took = time.perf_counter() - begin
        out.seek(0), usage.seek(0)
        text, said = out.read(), usage.read()
    if not text:
        raise RuntimeError(said)
    kibibytes, user, system = said.split()[-3:]
    # The server knows what a session spent when it has buried it.
    wait_for("its sessions to end", lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in pids), 60, 0.05)
    return took, float(user) + float(system) + spent(books.trust.stack) - before, int(kibibytes) / 1024, session, process.returncode, json.loads(text)


def measured(books, what, *options):
    took, cpu, memory, session, code, report = audit(books, *options)
    found = [(f["check"], f["object_type"], f["object"], f["aspect"], f["expected"][:80], f["found"][:80]) for f in report["findings"]]
    say(f"{what}: {took:.1f} s ({cpu:.1f} s of processors, load {os.getloadavg()[0]:.0f}), {memory:.0f} MiB, its session {session:.0f} MiB, exit {code}, {len(found)} findings")
    for finding in found[:12]:
        say(f"    {finding}")
    assert not found, "legal books"
    return took, memory, report


def main():
    folder = tempfile.mkdtemp(prefix="commonhold-bench-audit.")
    stack = Stack(folder)
    missed, count = 0, SMALLEST
    try:
        while count <= MEMBERS:
            part = pathlib.Path(folder) / f"books-{count}"
            part.mkdir()
            trust = stack.trust(CHANGES, settings=PATIENT, sign_in=False)
            books = Books(trust, part, count).made()
            trust.stop()
            facts = dict(zip(("lines", "postings", "entries", "leaves"), trust.sql(
                "SELECT (SELECT count(*) FROM payout.run_line), (SELECT count(*) FROM payout.posting), (SELECT count(*) FROM payout.bank_entry), (SELECT count(*) FROM log.entry)")[0]))
            say(f"{count} members: {facts}")
            full, memory, report = measured(books, "full audit", "--full")
            for check in [c["id"] for c in report["checks"]] if os.environ.get("EACH") == "all" else os.environ.get("EACH", "").split():
                measured(books, f"alone {check}", "--full", "--checks", check)
            again, _, _ = measured(books, "A3 alone", "--full", "--checks", "A3")
            trust.start()
            books.another_thousand()
            trust.stop()
            little, _, _ = measured(books, f"incremental audit behind {MORE} transactions", "--incremental", "--sweep", "1")
            if count * 10 > MEMBERS:
                if USAGE:
                    print(f"result: full audit with {USAGE} usage rows, {memory:.0f} MiB | {full:.2f} s | - | <= {WITH_USAGE}", flush=True)
                    missed += full > WITH_USAGE
                for name, value, unit, bar in ((f"full audit, {count} members", full, "s", FULL), (f"full audit, {count} members, memory", memory, "MiB", MEBIBYTES),
                                               (f"a run of {facts['lines']} lines computed again", again, "s", RECOMPUTE),
                                               (f"incremental audit behind {MORE} transactions", little, "s", INCREMENTAL)):
                    print(f"result: {name} | {value:.2f} {unit} | - | <= {bar}", flush=True)
                    missed += value > bar
            stack.release(trust)
            count *= 10
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
