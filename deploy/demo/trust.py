# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the people of a trust do, one function a deed: joining, pooling, consenting, voting, licensing. Everything goes through HTTP."""
import json

from client import Client, Problem, wait_for

PASSWORD = "correct horse battery staple"
GOV, LIC = "/governance/v1", "/licensing/v1"

#: Columns of the sensor.community SDS011 files: name in the file, column, type, sensitivity, unit, required.
SENSOR_COLUMNS = [
    ("sensor_id", "sensor_id", "integer", "direct", None, True), ("sensor_type", "sensor_type", "string", "none", None, True),
    ("location", "location", "integer", "direct", None, True), ("lat", "lat", "number", "quasi", "deg", True),
    ("lon", "lon", "number", "quasi", "deg", True), ("timestamp", "at", "datetime", "quasi", None, True),
    ("P1", "pm10", "number", "none", "ug/m3", True), ("P2", "pm25", "number", "none", "ug/m3", False)]
IGNORED = ["durP1", "ratioP1", "durP2", "ratioP2"]


class Trust:
    """A running daemon, its founders, members and licensees by short name."""

    def __init__(self, base, invites):
        self.base, self.people, self.organisations = base, {}, {}
        self.invites = invites
        self.public = Client(base)

    def add(self, name, invite, email):
        person = Client(self.base)
        person.accept_invite(invite, email, PASSWORD)
        self.people[name] = person.sign_in(email, PASSWORD)
        return person

    def __getitem__(self, name):
        return self.people[name]

    # -- members ---------------------------------------------------------

    def sign_in_founders(self, charter):
        emails = {f["ref"]: f["email"] for f in charter["founders"]}
        for founder in self.invites:
            self.add(founder["ref"], founder["invite"], emails[founder["ref"]])

    def join(self, name, member_class, display_name, officer):
        """Joins; where the charter says so the membership officer admits."""
        email = f"{name}@members.example"
        application = self.public.post(f"{GOV}/membership-applications",
                                       {"class": member_class, "display_name": display_name, "email": email}).json
        if not application.get("invite"):
            application = self[officer].post(f"{GOV}/membership-applications/{application['id']}/decide", {"admit": True}).json
        return self.add(name, application["invite"], email)

    # -- proposals -------------------------------------------------------

    def propose(self, author, kind, title, text, effect, sponsors):
        draft = self[author].post(f"{GOV}/proposals", {"type": kind, "title": title, "text": text, "effect": effect}).json
        self[author].post(f"{GOV}/proposals/{draft['id']}/submit")
        for name in sponsors:
            if self.proposal(draft["id"])["state"] == "submitted":
                self[name].post(f"{GOV}/proposals/{draft['id']}/sponsor")
        return draft["id"]

    def proposal(self, identifier):
        return self.public.get(f"{GOV}/proposals/{identifier}").json

    def wait_state(self, identifier, states, seconds=60):
        def reached():
            found = self.proposal(identifier)
            if found["state"] in ("rejected", "lapsed", "withdrawn", "annulled", "not_admitted") and found["state"] not in states:
                raise AssertionError(f"proposal is {found['state']}: {json.dumps(found)[:800]}")
            return found if found["state"] in states else None
        return wait_for(f"proposal {identifier} to be {'/'.join(states)}", reached, seconds)

    def give_opinion(self, identifier, council):
        self.wait_state(identifier, ["discussion"])
        for name in council:
            self[name].post(f"{GOV}/proposals/{identifier}/give-opinion",
                            {"choice": "yes", "reason_code": "fits_purpose", "reason_text": "It serves the purpose of the trust."})

    def vote(self, identifier, ballots):
        """ballots: name -> yes, no, abstain. Waits until the text is in force."""
        self.wait_state(identifier, ["voting"])
        for name, choice in ballots.items():
            self[name].post(f"{GOV}/proposals/{identifier}/cast-named-vote", {"choice": choice})
        return self.wait_state(identifier, ["in_force"])

    # -- pooling ---------------------------------------------------------

    def draft_pool(self, officer, ref, title, schema):
        return self[officer].post(f"{LIC}/pools", {"ref": ref, "title": title, "schema": schema}).json

    def contribute(self, name, pool, content, filename, charter_version=1, dialect=None, **more):
        contribution = self[name].post(f"{LIC}/contributions", {
            "pool": pool, "format": "csv", "dialect": dialect or {},
            "provenance": {"source": "device", "software": "SDS011", "period": {"from": filename[:10], "until": filename[:10]},
                           "method": "continuous measurement outside the home", "processing": "none"},
            "licence": {"kind": "own_data", "charter_version": charter_version}, **more}).json
        self[name].upload(contribution["id"], content, filename)
        return contribution["id"]

    def contribution(self, name, identifier):
        return self[name].get(f"{LIC}/contributions/{identifier}").json

    def wait_decided(self, name, identifier, seconds=120):
        def decided():
            found = self.contribution(name, identifier)
            return found if found["state"] in ("accepted", "rejected") else None
        return wait_for(f"contribution {identifier} to be decided", decided, seconds)

    def consent(self, name, pool, purpose, classes, state="given", notice=1):
        return self[name].post(f"{LIC}/consents", {"pool": pool, "purpose": purpose, "recipient_classes": classes, "state": state,
                                                     "type": "expressed", "notice": notice, "language": "en"}).json

    # -- licensing -------------------------------------------------------

    def register_organisation(self, name, title, country, organisation_class, officer, vat_id=None):
        email = f"office@{name}.example"
        body = {"name": title, "country": country, "class": organisation_class, "person": f"Signatory of {title}", "email": email,
                "address": {"street": "Quay 1", "postal_code": "10000", "city": "Harbour", "country": country}}
        if vat_id:
            body["vat_id"] = vat_id
        made = self.public.post(f"{LIC}/organisations", body).json
        self.add(name, made["invite"], email).enable_totp()
        self[officer].post(f"{LIC}/organisations/{made['id']}/verify-class", {"class": organisation_class, "evidence": "register extract seen"})
        self.organisations[name] = made["id"]
        return made["id"]

    def attest(self, name, kind="non_commercial"):
        return self[name].post(f"{LIC}/organisations/{self.organisations[name]}/attestations",
                               {"kind": kind, "statement": "The data is used for non-commercial research only."}).json

    def apply(self, name, **wanted):
        application = self[name].post(f"{LIC}/applications", wanted).json
        self[name].post(f"{LIC}/applications/{application['id']}/submit")
        return application["id"]

    def application(self, name, identifier):
        return self[name].get(f"{LIC}/applications/{identifier}").json

    def wait_application(self, name, identifier, states, seconds=60):
        def reached():
            found = self.application(name, identifier)
            return found if found["state"] in states else None
        try:
            return wait_for(f"application {identifier} to be {'/'.join(states)}", reached, seconds)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it is {json.dumps(self.application(name, identifier))[:800]}") from None

    def decide_case(self, council, subject, choice="yes"):
        """The council votes on the open case about a subject."""
        case = wait_for("council case", lambda: next((c for c in self[council[0]].get(f"{GOV}/council-cases").json["items"]
                                                      if c["subject"] == subject and c["state"] == "open"), None))
        for name in council:
            try:
                self[name].post(f"{GOV}/council-cases/{case['id']}/vote",
                                {"choice": choice, "reason_code": "purpose", "reason_text": "Fits the purposes the members voted."})
            except Problem as problem:
                if problem.slug not in ("case_closed", "not_allowed_here"):
                    raise
        return case["id"]

    def accept_offer(self, name, offer):
        found = self[name].get(f"{LIC}/offers/{offer}").json
        return self[name].post(f"{LIC}/offers/{offer}/accept", {"agreement_hash": found["agreement_hash"]}).json

    def token(self, name, grant):
        """A client of the organisation gets an access token for a grant (RFC 6749, client credentials)."""
        client = self[name].post(f"{LIC}/clients", {"name": f"{name} reader"}).json
        form = f"grant_type=client_credentials&scope=grant:{grant}&client_id={client['client_id']}&client_secret={client['client_secret']}"
        return self.public.post(f"{LIC}/oauth/token", raw=form.encode(),
                                headers={"Content-Type": "application/x-www-form-urlencoded"}).json["access_token"]


def sensor_schema():
    fields = []
    for _, column, kind, sensitivity, unit, required in SENSOR_COLUMNS:
        field = {"name": column, "type": kind, "ch:sensitivity": sensitivity, "constraints": {"required": required}}
        if unit:
            field["ch:unit"] = unit
        if kind == "datetime":
            field["ch:timezone"] = "UTC"
        fields.append(field)
    return {"fields": fields, "missingValues": [""], "primaryKey": ["sensor_id", "at"]}


def sensor_dialect():
    return {"delimiter": ";", "header_map": {name: column for name, column, *_ in SENSOR_COLUMNS if name != column}, "ignore": IGNORED}


def pool_charter(pool, schema_sha256):
    return {"charter": 1, "pool": pool, "version": 1, "title": "Street-level air readings",
            "description": "Particulate readings of sensors that households run, held in common.",
            "purpose_statement": "To know the air we breathe and to make it cleaner.", "language": "en",
            "controller": {"id": "https://harbour-air.example", "name": "Harbour Air Trust", "address": "Quay 1, Harbour",
                           "contact": "privacy@harbour-air.example", "type": "NonProfitOrganisation"},
            "who_may_contribute": "Members who run a sensor of their own.", "retention_days": 3650, "storage_countries": ["IE"],
            "processing_countries": ["IE"], "jurisdiction": "IE", "legal_basis": "consent, Art. 6(1)(a) GDPR", "special_category": False,
            "spatial": "the harbour and its neighbourhoods", "temporal": {"from": "2019-01-01", "until": None}, "update_frequency": "weekly",
            "keywords": ["air quality", "PM10", "PM2.5"], "schema_sha256": schema_sha256,
            "quality": [{"check": "completeness", "column": "pm25", "weight": 500000},
                        {"check": "in_range", "column": "pm10", "min": 0, "max": 500, "weight": 500000}],
            "notice": "Your readings are pooled. Who may use them, for what and how coarsely is voted by the members; you decide for each "
                      "purpose and each kind of recipient whether yours are among them, and you can withdraw at any time."}


def sensor_terms(pool, notice=1):
    """Terms of the demonstration: free for the public good, paid for commerce, advertising never."""
    money = lambda minor: {"minor": minor, "currency": "EUR"}
    free = {"base": money(0), "unit": money(0), "unit_rows": 1, "free_rows": 0, "cap": None}
    paid = {"base": money(25000), "unit": money(150), "unit_rows": 100, "free_rows": 1000, "cap": None}
    sensitivity = {column: (kind, level) for _, column, kind, level, _, _ in SENSOR_COLUMNS}
    coarse = {"lat": "round:2", "lon": "round:2", "at": "trunc:hour", "pm10": "keep", "pm25": "keep", "sensor_type": "keep"}
    return {"terms": 1, "pool": pool, "version": 1, "purposes": 1, "special_category": False,
            "valid": {"from": "2026-01-01T00:00:00Z", "until": "2030-01-01T00:00:00Z"},
            "columns": [{"name": n, "type": k, "sensitivity": s} for n, (k, s) in sensitivity.items()],
            "tiers": [
                {"id": "free", "org_classes": ["public_body", "university", "non_profit"],
                 "purposes": ["PG.CLIMATE", "PG.HEALTH", "PG.STATS", "RES.ACADEMIC"], "attest_days": 365, "council": False, "price": free},
                {"id": "commercial", "org_classes": ["small_company", "company"], "purposes": ["COM.SERVICE", "COM.INSIGHT", "RES.COM"],
                 "attest_days": None, "council": False, "price": paid}],
            "duties": [{"id": "D1", "act": "accept_tracking"}, {"id": "D2", "act": "attribute"},
                       {"id": "D3", "act": "compensate", "tiers": ["commercial"]}, {"id": "D4", "act": "delete", "within_days": 30}],
            "prohibited_acts": ["reidentify", "link_personal", "profile_persons", "decide_on_persons", "transfer_onward", "sell_data", "train_gpai"],
            "rules": [
                {"id": "P1", "effect": "permit", "purposes": ["PG", "RES.ACADEMIC"], "descendants": True, "actions": ["read", "aggregate", "derive"],
                 "org_classes": ["public_body", "university", "non_profit"], "regions": ["EEA", "GB"], "modes": ["download", "query"],
                 "columns": coarse, "min_cohort": 5, "max_days": 365, "tiers": ["free"], "duties": ["D1", "D2"], "notice_floor": notice},
                {"id": "P2", "effect": "permit", "purposes": ["COM.SERVICE", "COM.INSIGHT"], "descendants": False, "actions": ["read", "aggregate"],
                 "org_classes": ["small_company", "company"], "regions": ["EEA", "GB"], "modes": ["download", "query"],
                 "columns": {**coarse, "lat": "round:1", "lon": "round:1"}, "min_cohort": 5, "max_days": 365, "tiers": ["commercial"],
                 "duties": ["D1", "D3", "D4"], "notice_floor": notice},
                {"id": "X1", "effect": "prohibit", "purposes": ["X", "COM.RESALE"]},
                {"id": "X2", "effect": "prohibit", "purposes": ["ANY"], "org_classes": ["security_body"]}]}


def benefit_rule():
    return {"schema": "benefit-rule/1", "rule": "main", "version": 2, "currency": "EUR", "steps": [
        {"id": "fees", "kind": "fixed", "to": "Income:FeeRecovery", "amount_from": "rail_fees"},
        {"id": "reserve", "kind": "until_target", "to": "Equity:Reserve:Legal", "of": "remaining", "num": 15, "den": 100, "round": "up", "target": 3000000},
        {"id": "ops", "kind": "percent", "to": "Income:OperationsShare", "of": "after:reserve", "num": 15, "den": 100, "round": "down"},
        {"id": "commons", "kind": "percent", "to": "Equity:Fund:Commons", "of": "after:reserve", "num": 10, "den": 100, "round": "down"},
        {"id": "people", "kind": "split", "of": "remaining", "num": 1, "den": 1,
         "parts": [{"share": 70, "weight": "usage", "then": "contribution"}, {"share": 20, "weight": "usage*quality", "then": "contribution"},
                   {"share": 10, "weight": "equal"}], "leftover_to": "Equity:Fund:Commons"}],
        "remainder": "largest_remainder/sha256"}
