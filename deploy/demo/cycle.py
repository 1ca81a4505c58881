# SPDX-License-Identifier: AGPL-3.0-or-later
"""One whole cycle of a data cooperative, through the API as its users would: join, pool, consent, vote, apply, deliver, pay out.

    cycle.py --base URL --charter CHARTER.json --invites INVITES.jsonl --data DIR [--out DIR]

Ends with tables a treasurer would like to read; exits non-zero when a step did not give what it must.
"""
import argparse
import base64
import datetime
import json
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from client import Problem, wait_for  # noqa: E402
from bank import Bank, iban  # noqa: E402
from money import (MET, PAY, Approver, import_statement, read_rows, refused, register_payees, wait_batch, wait_run)  # noqa: E402
from trust import (GOV, LIC, PASSWORD, Trust, benefit_rule, pool_charter, sensor_dialect, sensor_schema, sensor_terms)  # noqa: E402

POOL = "air"
#: The classes of the demonstration's charter.
CLASSES = {"U": "contributors", "W": "workers", "C": "neighbours"}
#: Of EN 16931.
VAT_CATEGORIES = {"S": "standard rate", "Z": "zero rate", "E": "exempt", "AE": "reverse charge: the buyer owes it", "O": "outside VAT"}
COUNCIL = ["eva", "fay", "gil", "hal", "ida"]


class Step(Exception):
    """A step did not give what it must."""


def must(condition, text):
    if not condition:
        raise Step(text)


def say(text):
    print(text, flush=True)


def table(title, head, rows):
    cells = [[str(c) for c in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    numeric = [all(row[i].replace(" ", "").replace(".", "").replace(",", "").replace("-", "").isdigit() for row in cells[1:]) for i in range(len(head))]
    say(f"\n{title}")
    for number, row in enumerate(cells):
        say("  " + "  ".join(c.rjust(w) if n else c.ljust(w) for c, w, n in zip(row, widths, numeric)).rstrip())
        if number == 0:
            say("  " + "  ".join("-" * w for w in widths))


def euro_minor(minor):
    sign, minor = "-" if minor < 0 else "", abs(minor)
    return f"{sign}{minor // 100:,}.{minor % 100:02d}"


def euro(money):
    return euro_minor(money["minor"])


def owners_of(folder):
    """file name -> owner's short name: one owner a sensor, the last number of the file's name."""
    files = sorted(folder.glob("*.csv"))
    return {f: "s" + f.stem.rsplit("_", 1)[-1] for f in files if f.name != "members.csv"}


class Cycle:
    def __init__(self, trust, data):
        self.trust, self.data = trust, data
        self.owners = owners_of(data)
        self.sensors = sorted(set(self.owners.values()))

    def people_join(self):
        t = self.trust
        t.sign_in_founders(json.loads(self.charter.read_text()))
        for number, name in enumerate(self.sensors):
            t.join(name, "U", f"Owner of sensor {name[1:]}", "mo")
        for number in range(1, 3):
            t.join(f"w{number}", "W", f"Worker {number}", "mo")
            t.join(f"n{number}", "C", f"Neighbour {number}", "mo")
        members = t["mo"].get(f"{GOV}/members?limit=100").json["items"]
        must(len(members) == len(t.people), f"{len(members)} members, {len(t.people)} people")
        say(f"joined: {len(t.invites)} founders, {len(self.sensors)} contributors, 2 workers, 2 neighbours; each signed in with a password (scrypt)")

    def voters(self):
        return {name: "yes" for name in self.trust.people if name not in self.trust.organisations}

    def pool_opens(self):
        t = self.trust
        pool = t.draft_pool("lin", POOL, "Street-level air readings", sensor_schema())
        proposal = t.propose("n1", "policy", "Charter of the air pool", "Opens the pool under the charter attached.",
                             {"schema": "pool_charter", "document": pool_charter(POOL, pool["schema_sha256"])}, ["w1", "n2", "w2"])
        t.vote(proposal, self.voters())
        wait_for("the pool to open", lambda: t["lin"].get(f"{LIC}/pools/{POOL}").json["state"] == "open")
        say(f"pool {POOL}: charter voted, {len(sensor_schema()['fields'])} columns, open")

    def files_come_in(self):
        t, made, started = self.trust, {}, time.monotonic()
        for path, owner in self.owners.items():
            made[path] = t.contribute(owner, POOL, path.read_bytes(), path.name, dialect=sensor_dialect())
        rows = 0
        for path, identifier in made.items():
            found = t.wait_decided(self.owners[path], identifier)
            must(found["state"] == "accepted", f"{path.name}: {json.dumps(found)[:600]}")
            rows += found["rows"]
        self.rows, self.contributions = rows, made
        expected = sum(len(path.read_text().splitlines()) - 1 for path in made)
        must(rows == expected, f"{rows} rows accepted, the files have {expected}")
        say(f"contributed: {len(made)} files of {len(self.sensors)} owners, {rows} rows accepted in {time.monotonic() - started:.1f} s")

    def corrupted_file_is_refused(self):
        t, (path, owner) = self.trust, next(iter(self.owners.items()))
        lines = path.read_text().split("\n")
        cells = lines[4].split(";")
        cells[6] = "12,7x"
        lines[4] = ";".join(cells)
        identifier = t.contribute(owner, POOL, "\n".join(lines).encode(), path.name, dialect=sensor_dialect())
        found = t.wait_decided(owner, identifier)
        errors = t[owner].get(f"{LIC}/contributions/{identifier}/errors").json["items"]
        must(found["state"] == "rejected", f"a corrupted file was {found['state']}")
        must(errors[0]["line"] == 5 and errors[0]["column"] == "pm10", f"errors are {errors}")
        say(f"a corrupted copy of {path.name} was refused: line {errors[0]['line']}, column {errors[0]['column']}, {errors[0]['reason']}")

    def consents_are_given(self):
        t, given = self.trust, 0
        for owner in self.sensors:
            for purpose, classes in (("PG", ["university", "public_body", "non_profit"]), ("RES.ACADEMIC", ["university"]),
                                     ("COM.SERVICE", ["small_company", "company"])):
                t.consent(owner, POOL, purpose, classes)
                given += 1
        say(f"consents: {given} switches set by {len(self.sensors)} contributors")

    def terms_are_voted(self):
        t = self.trust
        draft = t["n1"].post(f"{LIC}/terms", {"doc": sensor_terms(POOL)}).json
        terms = t.propose("n1", "terms", "First terms of the air pool", "Free for the public good, paid for commerce, never for advertising.",
                          {"schema": "terms_version", "document": draft["doc"]}, ["w1", "n2", "w2"])
        rule = t.propose("tess", "benefit_rule", "How revenue is shared", "Fees and reserve first, then operations and commons, the rest to people.",
                         {"schema": "benefit_rule", "document": benefit_rule()}, ["w1", "n1", "n2"])
        t["n2"].post(f"{GOV}/proposals/{terms}/comment", {"text": "Hourly means are enough for our street."})
        t.give_opinion(terms, COUNCIL)
        ballots = self.voters()
        ballots["n2"] = "abstain"
        t.wait_state(rule, ["voting"])
        for name, choice in ballots.items():
            t[name].post(f"{GOV}/proposals/{rule}/cast-named-vote", {"choice": choice})
        t.vote(terms, ballots)
        t.wait_state(rule, ["in_force"])
        rows = []
        for identifier in (terms, rule):
            found = t.proposal(identifier)
            counts = found["tally"]["counts"]
            must(found["state"] == "in_force", f"{found['title']} is {found['state']}")
            rows += [[found["title"] if c == "U" else "", CLASSES[c], counts[c]["roll"], counts[c]["yes"], counts[c]["no"], counts[c]["abstain"]] for c in "UWC"]
        table("Votes, one member one vote: both carried and in force", ["proposal", "class", "roll", "yes", "no", "abstain"], rows)

    def licensees_apply(self):
        t, columns = self.trust, ["lat", "lon", "at", "pm10", "pm25"]
        t.register_organisation("uni", "University of the Harbour", "IE", "university", "lin")
        t.attest("uni")
        t.register_organisation("startup", "Clear Streets Ltd", "IE", "small_company", "lin", vat_id="IE1234567FA")
        t.register_organisation("adtech", "Adstream Media plc", "IE", "company", "lin")
        wanted = {"pool": POOL, "actions": ["read"], "columns": columns, "modes": ["download"], "region": "IE", "duration_days": 300}
        made = {
            "uni": t.apply("uni", purpose="PG.HEALTH", project="Exposure of schools along the harbour road.", **wanted),
            "startup": t.apply("startup", purpose="COM.SERVICE", project="A map of cleaner walking routes.", **wanted),
            "adtech": t.apply("adtech", purpose="X.ADS", project="Better timing of mask advertisements.", **wanted)}
        refused = t.wait_application("adtech", made["adtech"], ["refused"])
        must("X1" in json.dumps(refused), f"the refusal does not name its rule: {json.dumps(refused)[:600]}")
        say("Adstream Media plc (targeted advertising, X.ADS): refused, because rule X1 of the voted terms and the charter prohibit this purpose")
        self.grants = {}
        for name in ("uni", "startup"):
            found = t.wait_application(name, made[name], ["council_review", "offered"])
            if found["state"] == "council_review":
                if name == "startup":
                    self.quota = 3 * self.rows
                    t["lin"].post(f"{LIC}/applications/{made[name]}/set-quotas",
                                  {"quotas": [{"meter": "rows", "period": "month", "limit": self.quota}]})
                t.decide_case(COUNCIL, made[name])
            found = t.wait_application(name, made[name], ["offered"])
            agreed = t.accept_offer(name, found["offer_id"])
            self.grants[name] = agreed["grant_id"]
            say(f"{name}: approved by the council, offered, signed by both sides; the grant is active")
        self.tokens = {name: t.token(name, grant) for name, grant in self.grants.items()}

    def data_is_read(self):
        t = self.trust
        rows, trailer, _, body = read_rows(t.base, self.tokens["uni"], POOL)
        self.bodies = {"uni": body}
        must(len(rows) == self.rows, f"the university got {len(rows)} rows of {self.rows}")
        decimals = max(len(r["lat"].partition(".")[2]) for r in rows)
        must(decimals <= 2 and set(rows[0]) == {"_row", "lat", "lon", "at", "pm10", "pm25"}, f"{decimals} decimals, columns {list(rows[0])}")
        say(f"uni read {len(rows)} rows as CSV, positions with {decimals} decimals at most")
        rows, last, _, body = read_rows(t.base, self.tokens["startup"], POOL, "application/x-ndjson")
        self.bodies["startup"] = body
        must(len(rows) == self.rows, f"the start-up got {len(rows)} rows of {self.rows}")
        say(f"startup read {len(rows)} rows as NDJSON; the trailer names {last['_end']['rows']} rows and SHA-256 {last['_end']['sha256'][:16]}…")
        self.delivered = {"uni": self.rows, "startup": len(rows)}

    def withdrawal_takes_effect(self):
        t, owner = self.trust, self.sensors[0]
        own = sum(len(p.read_text().splitlines()) - 1 for p, o in self.owners.items() if o == owner)
        t.consent(owner, POOL, "COM.SERVICE", ["small_company", "company"], state="withdrawn")
        rows, _, _, body = read_rows(t.base, self.tokens["startup"], POOL, query="?select=at,pm10")
        self.bodies["withdrawn"] = body
        must(len(rows) == self.rows - own, f"after the withdrawal {len(rows)} rows, {self.rows - own} expected")
        self.delivered["startup"] += len(rows)
        self.withdrawn_rows = own
        say(f"{owner} withdrew consent: the next delivery has {len(rows)} rows, without the {own} of {owner}")

    def quota_holds(self):
        """The start-up reads until its monthly quota is used up: the last delivery is cut to the row, the next is refused."""
        t, left = self.trust, self.quota - self.delivered["startup"]
        while left > 0:
            rows, _, _, _ = read_rows(t.base, self.tokens["startup"], POOL, query="?select=pm10")
            must(len(rows) == min(left, self.rows - self.withdrawn_rows), f"{len(rows)} rows with {left} left")
            self.delivered["startup"] += len(rows)
            left = self.quota - self.delivered["startup"]
        must(refused("quota_reached", lambda: read_rows(t.base, self.tokens["startup"], POOL)), "a delivery over the quota went through")
        say(f"startup used its quota of {self.quota} rows to the last one; the next request was refused: quota_reached")

    def month_is_sealed(self):
        t, month = self.trust, datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")
        self.month = month
        sealed = t["tess"].post(f"{MET}/seals", {"pool": POOL, "month": month}).json
        if "units" not in sealed:
            sealed = wait_for("the seal", lambda: next((s for s in t["tess"].get(f"{MET}/usage?pool={POOL}&month={month}").json.get("seals", [])), None))
        usage = t["tess"].get(f"{MET}/usage?pool={POOL}&month={month}").json["items"]
        table(f"Usage of {month}, sealed with root {sealed['root'][:16]}…", ["licensee", "meter", "units", "sealed"],
              [[u["organisation_name"], u["meter"], u["units"], u["sealed"]] for u in usage])
        must(sealed["units"] == sum(self.delivered.values()), f"{sealed['units']} units sealed, {sum(self.delivered.values())} rows were read")

    def invoices_are_issued(self):
        t = self.trust
        drafts = wait_for("draft invoices", lambda: t["tess"].get(f"{PAY}/invoices?state=draft").json["items"], 60)
        self.invoices = [t["tess"].post(f"{PAY}/invoices/{d['id']}/issue-invoice").json for d in drafts]
        table("Invoices (the university's rows are free under the voted terms)", ["number", "licensee", "net", "VAT", "gross", "reference", "why this VAT"],
              [[i["number"], i["buyer"]["name"], euro(i["net"]), euro(i["vat"]), euro(i["gross"]), i["reference"],
                ", ".join(VAT_CATEGORIES[g["vat_category"]] for g in i["vat_groups"])] for i in self.invoices])
        must(all(i["gross"]["minor"] > 0 for i in self.invoices), "an invoice without an amount")

    def money_comes_in(self):
        t = self.trust
        self.bank = Bank(iban("DE", "100000000123456789"), "Harbour Air Trust")
        t["tess"].post(f"{PAY}/bank-accounts", {"name": "main", "iban": self.bank.iban, "bic": "HARBDEFFXXX", "holder": "Harbour Air Trust"})
        for invoice in self.invoices:
            self.bank.receive(invoice["gross"]["minor"], invoice["buyer"]["name"], invoice["reference"])
        content = self.bank.statement()
        broken = content.replace(b"<Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">", b"<Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">9")
        must(refused("chain_broken", lambda: import_statement(t["tess"], broken)), "a statement whose balances do not add up was taken")
        imported = import_statement(t["tess"], content)
        again = import_statement(t["tess"], content)
        must(again.outcome == "already_imported", f"the second import answered {again.outcome}")
        found = wait_for("receipts", lambda: t["tess"].get(f"{PAY}/receipts").json["items"])
        must(len(found) == len(self.invoices), f"{len(found)} receipts for {len(self.invoices)} invoices")
        say(f"bank statement imported ({imported.outcome}), {len(found)} receipts matched; imported again: {again.outcome}; one that does not add up: refused")

    def money_is_distributed(self):
        t = self.trust
        run = t["tess"].post(f"{PAY}/runs", {"pool": POOL, "month": self.month}).json
        wait_run(t["tess"], run["id"], ["review"])
        wait_for("the review to be over", lambda: not self.too_early(run["id"]), 30)
        self.run_done = wait_run(t["tess"], run["id"], ["posted"])
        result = t.public.get(f"{PAY}/runs/{run['id']}/result").json
        totals = result.get("result", result)
        table(f"Distribution {self.run_done['run_id']}, EUR", ["step", "base", "amount", "remaining"],
              [[s["id"], euro_minor(s["base"]), euro_minor(s["amount"]), euro_minor(s["remaining"])] for s in totals["steps"]])
        say(f"pot {euro(self.run_done['pot'])}, to {self.run_done['lines']} members {euro(self.run_done['total'])}, carried to the next run {euro(self.run_done['carried'])}")

    def too_early(self, run):
        try:
            self.trust["tess"].post(f"{PAY}/runs/{run}/confirm-run")
            return False
        except Problem as problem:
            if problem.status == 409:
                return True
            raise

    def money_is_paid_out(self):
        t = self.trust
        register_payees(t, self.sensors)
        wait_for("payee accounts to be usable", lambda: all(a["state"] == "usable" for n in self.sensors
                                                              for a in t[n].get(f"{PAY}/payee-accounts").json["items"]))
        batch = t["tess"].post(f"{PAY}/batches", {"account": "main"}).json
        t["tess"].post(f"{PAY}/batches/{batch['id']}/freeze-batch")
        batch = wait_batch(t["tess"], batch["id"], ["frozen"])
        offices = t.public.get(f"{GOV}/offices?limit=100").json["items"]
        maker, first, second = Approver(t["tess"], offices, "treasurer"), Approver(t["ada"], offices, "board"), Approver(t["ben"], offices, "board")
        must(refused("same_person", lambda: maker.approve(batch)), "the maker approved")
        first.approve(batch)
        must(refused("same_person", lambda: first.approve(batch)), "one person approved twice")
        second.approve(batch)
        for approver in (maker, first, second):
            approver.forget()
        t["tess"].post(f"{PAY}/batches/{batch['id']}/release-batch")
        self.batch = wait_batch(t["tess"], batch["id"], ["sent"])
        self.pain = t["tess"].get(f"{PAY}/batches/{batch['id']}/file").raw
        (self.out / "batch.pain.001.xml").write_bytes(self.pain)
        say(f"batch of {batch['count']} payments, {euro(batch['total'])}: the maker's approval refused, approved by two others, sent")

    def bank_confirms(self):
        t = self.trust
        count, total = self.bank.execute(self.pain)
        must((count, total) == (self.batch["count"], self.batch["total"]["minor"]), f"the bank read {count} payments of {total}")
        import_statement(t["tess"], self.bank.statement())
        self.batch = wait_batch(t["tess"], self.batch["id"], ["closed"])
        say(f"the bank's statement confirms {count} payments; batch {self.batch['state']}, bank balance {euro_minor(self.bank.balance)} EUR")

    def books_are_shown(self):
        t = self.trust
        accounts = []
        after = ""
        while after is not None:
            page = t["tess"].get(f"{PAY}/accounts?limit=100{after}").json
            accounts += page["items"]
            after = f"&after={page['next']}" if page.get("next") else None
        must(sum(a["balance"]["minor"] for a in accounts) == 0, "the books do not sum to zero")
        named = [a for a in accounts if ":Member:" not in a["path"] and a["balance"]["minor"]]
        table("Trial balance (members summed up; minus is a credit: funds, income, what is owed)", ["account", "EUR"],
              [[a["path"], euro(a["balance"])] for a in named] +
              [["Liabilities:Member:*", euro_minor(sum(a['balance']['minor'] for a in accounts if ':Member:' in a['path']))]])
        bank = sum(a["balance"]["minor"] for a in accounts if a["path"].startswith("Assets:Bank:"))
        must(bank == self.bank.balance, f"ledger {bank}, bank {self.bank.balance}")
        owner = self.sensors[0]
        items = t[owner].get(f"{PAY}/statements").json["items"]
        must(items, f"{owner} has no statement")
        statement = t[owner].get(f"{PAY}/statements/{items[0]['id']}").json
        table(f"Statement of {owner}: {statement['run_id']}, pool {statement['pool']}, {statement['month']}, rule {statement['rule']} "
              f"version {statement['rule_version']}", ["what", "figure"],
              [["own rows read", statement["weights"]["units"]], ["own quality, ppm", statement["weights"]["quality_ppm"]],
               ["pot of the pool", euro_minor(statement["pot"])], ["own share", euro_minor(statement["amount"])],
               *[["paid, " + p["state"] + " on " + str(p["booked_on"]), euro_minor(p["amount"])] for p in statement["payments"]]])
        must(sum(p["amount"] for p in statement["payments"]) == statement["amount"], "the statement's payments are not its amount")

    def work_is_left_open(self):
        """What people find on their desks: somebody who wants to join, and a project with its cost and supporters."""
        t = self.trust
        applied = t.public.post(f"{GOV}/membership-applications", {"class": "W", "display_name": "Hana Ito", "email": "hana@members.example"}).json
        must(applied["standing"] == "applied", "a worker was admitted unasked")
        project = t["w1"].post(f"{GOV}/projects", {"title": "Sensors for the school yard", "text": "Three sensors where children play, and a board that shows what they read.", "draft": False}).json
        t["tess"].post(f"{GOV}/projects/{project['id']}/cost", {"cost": {"minor": 9000, "currency": "EUR"}})
        for name in ("n1", self.sensors[0]):
            t[name].post(f"{GOV}/projects/{project['id']}/sponsor", {})
        say(f"left open: Hana Ito waits to be admitted, and \"{project['title']}\" for a budget round")

    def run(self):
        for step in (self.people_join, self.pool_opens, self.files_come_in, self.corrupted_file_is_refused, self.consents_are_given,
                     self.terms_are_voted, self.licensees_apply, self.data_is_read, self.withdrawal_takes_effect, self.quota_holds, self.month_is_sealed,
                     self.invoices_are_issued, self.money_comes_in, self.money_is_distributed, self.money_is_paid_out, self.bank_confirms,
                     self.books_are_shown, self.sign_ins_are_shown):
            step()

    def sign_ins_are_shown(self):
        """Who may sign in as what: one of each kind; where a second factor is on, the secret an authenticator takes."""
        kinds = [("contributor", self.sensors[0]), ("worker", "w1"), ("neighbour", "n1"), ("licensee", "uni"), ("treasurer", "tess"),
                 ("licensing officer", "lin"), ("membership officer", "mo"), ("council", "eva"), ("board", "ada")]
        say(f"sign in at {self.trust.base}/sign-in with password: {PASSWORD}")
        for kind, name in kinds:
            person = self.trust[name]
            code = f", code from the key {base64.b32encode(person.totp_secret).decode()}" if person.totp_secret else ""
            say(f"  {kind}: {person.credentials[0]}{code}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True)
    parser.add_argument("--charter", type=pathlib.Path, required=True)
    parser.add_argument("--invites", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("."))
    args = parser.parse_args()
    invites = [json.loads(line) for line in args.invites.read_text().splitlines() if line.strip()]
    cycle = Cycle(Trust(args.base, invites), args.data)
    cycle.charter, cycle.out = args.charter, args.out
    try:
        cycle.run()
        cycle.work_is_left_open()
    except (Step, Problem, TimeoutError, AssertionError) as error:
        say(f"\nFAILED: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
