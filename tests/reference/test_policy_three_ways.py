# SPDX-License-Identifier: AGPL-3.0-or-later
"""The same decision from three that share no code: `calc policy` (C), the auditor (SQL, audit.decide_policy), and the service, which decides on
stored terms and consents (POST /licensing/v1/policy/evaluate). The generator and, to say who is wrong, the evaluator in Python are those of
test_policy_reference. CH_SEED and CH_RUNS choose the generated inputs; the service takes one in twenty-five of them, at the present instant."""
import collections
import copy
import datetime
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import psycopg2
import pytest

import policy
import test_policy_reference as reference

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "api"))
import applying  # noqa: E402
import stack as stacks  # noqa: E402
from trust import LIC, sensor_schema  # noqa: E402

SEED = int(os.environ.get("CH_SEED", "20260907"))
RUNS = int(os.environ.get("CH_RUNS", "2000"))
MEMBERS = ("decision", "reasons", "rule", "tier", "columns", "duties", "covered_members", "not_after")
#: So that more than one input in fifteen gets past the first steps.
LIKELY = 0.5


@pytest.fixture(scope="module")
def stack():
    folder = tempfile.mkdtemp(prefix="commonhold-three.")
    try:
        made = stacks.Stack(folder)
        yield made
        made.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def likely(rnd, value):
    """Takes away at random what denies most inputs early, so that the later steps are reached more often."""
    for rule in value["terms"]["rules"]:
        if rule["effect"] == "prohibit" and rnd.random() < 0.8:
            rule["actions"] = ["sell"]
        elif rule["effect"] != "prohibit":
            for name, asked in (("actions", "action"), ("org_classes", "org_class"), ("modes", "mode"), ("purposes", "purpose"), ("regions", "region")):
                if rnd.random() < 0.7:
                    rule[name] = list(dict.fromkeys(rule[name] + [value["request"][asked]]))
    value.get("context", {}).pop("prohibitions", None)
    return value


def generated(number):
    """The input of a number, as bytes: valid ones and damaged ones."""
    rnd = random.Random(SEED * 1000003 + number)
    maker = reference.Maker(rnd)
    value = maker.input()
    try:
        policy.read_input(json.dumps(value).encode())
        if rnd.random() < LIKELY:
            value = likely(rnd, value)
    except policy.Refused:
        pass
    return json.dumps(value)


def calculated(text):
    done = subprocess.run([reference.BIN, "calc", "policy"], input=text.encode(), capture_output=True, timeout=60, close_fds=False, check=False)
    assert done.returncode in (0, 2), done.stderr
    return json.loads(done.stdout) if done.returncode == 0 else None


def differences(one, two):
    return {name: (one[name], two[name]) for name in MEMBERS if one[name] != two[name]}


def test_calculator_and_audit(stack):
    """Every input: the calculator against the auditor's SQL as the auditor's own role runs it."""
    print(f"seed {SEED}, runs {RUNS}")
    connection = psycopg2.connect(stack.conninfo("template_trust").replace("user=commonhold", "user=ch_audit"))
    seen, wrong = collections.Counter(), []
    with connection.cursor() as cursor:
        for number in range(RUNS):
            text = generated(number)
            out = calculated(text)
            if out is None:
                seen["refused"] += 1
                continue
            cursor.execute("SELECT audit.decide_policy(%s)", (text,))
            again = cursor.fetchone()[0]
            seen[out["decision"]] += 1
            seen.update(reason for reason in out["reasons"] if reason.startswith("core:"))
            if differences(out, again):
                third = policy.evaluate(policy.read_input(text.encode()))
                wrong.append((number, differences(out, again), "calculator" if differences(third, out) else "audit"))
    connection.close()
    print(dict(seen))
    assert not wrong, wrong[:5]
    if RUNS >= 2000:
        assert all(seen[name] > RUNS / 100 for name in ("permit", "deny", "council")), seen
        assert all(seen[f"core:{name}"] for name in ("default-deny", "no-columns", "no-consent", "cohort", "no-tier", "special-category", "tier-review", "terms-expired"))


# ---- the service ----

def stored(maker, class_):
    """Terms, consents, request and attestation that can be rows of a trust: words the tables refuse are not among them, and the instant is now."""
    maker.purpose, maker.org_class = maker.rnd.choice(reference.GOOD), class_
    value = maker.input()
    while True:
        try:
            policy.read_input(json.dumps(value).encode())
            break
        except policy.Refused:
            value = maker.input()
    known = {"state": {"given", "renewed", "requested", "deferred", "refused", "withdrawn", "terminated", "expired", "invalidated", "unknown"},
             "type": {"expressed", "explicit"}, "recipient_class": set(policy.CLASSES), "pool": {"air"},
             "purpose": {c for c, (_, assignable) in policy.TREE.items() if assignable}}
    value["consents"] = [e for e in value["consents"] if all(e[name] in words for name, words in known.items()) and 1 <= e["notice"] <= 3]
    if maker.chance(0.7):
        value = likely(maker.rnd, value)
    return value


def shift(value, seconds):
    """Every instant of a document, moved: the generator's now becomes the present."""
    if isinstance(value, dict):
        return {k: shift(v, seconds) for k, v in value.items()}
    if isinstance(value, list):
        return [shift(v, seconds) for v in value]
    if isinstance(value, str) and policy.TIME.fullmatch(value):
        return policy.time_text(policy.seconds(value) + seconds)
    return value


def store(trust, value, version, organisation):
    """Terms in force, consent events and what stands of them, and the attestation, written as the administrator. The service's own writer never has
    two events of a key at one instant; the generator does, and of those all must pass."""
    terms = {**value["terms"], "version": version}
    text = applying.canonical(terms)
    quote = lambda s: "'" + s.replace("'", "''") + "'"
    rows = [f"(log.new_id(), log.new_id(), md5({quote(e['member'])})::uuid, (SELECT pool_id FROM licensing.pool WHERE ref = 'air'), {quote(e['purpose'])}, "
            f"{quote(e['recipient_class'])}, {quote(e['state'])}, {quote(e['type'])}, {e['notice']}, 'en', {quote(e['at'])}, "
            f"{quote(e['until']) if e['until'] else 'NULL'}, 'member')" for e in value["consents"]]
    statements = [
        "DELETE FROM governance.terms_version",
        f"INSERT INTO governance.terms_version (id, pool, version, doc, canonical, sha256, proposal_id, from_at) VALUES (log.new_id(), 'air', {version}, {quote(text)}, "
        f"{quote(text)}, '{hashlib.sha256(text.encode()).hexdigest()}', log.new_id(), now() - interval '1 day')",
        "DELETE FROM licensing.consent_current", "DELETE FROM licensing.consent_event", "DELETE FROM licensing.attestation"]
    if rows:
        statements.append("INSERT INTO licensing.consent_event (id, record_id, member_id, pool_id, purpose, recipient_class, state, type, notice, language, at, until, actor) VALUES "
                          + ", ".join(rows))
        statements.append(
            "INSERT INTO licensing.consent_current (pool_id, purpose, recipient_class, member_id, event_id, permits, explicit, notice, at, until) SELECT pool_id, purpose, "
            "recipient_class, member_id, min(id::text)::uuid, bool_and(state IN ('given', 'renewed')), bool_and(type = 'explicit'), min(notice), at, min(until) FROM (SELECT *, rank() "
            "OVER (PARTITION BY purpose, recipient_class, member_id ORDER BY at DESC) AS place FROM licensing.consent_event WHERE at <= now() AND state NOT IN ('requested', "
            "'deferred')) AS x WHERE place = 1 GROUP BY pool_id, purpose, recipient_class, member_id, at")
    if value.get("context", {}).get("attested_at"):
        statements.append(f"INSERT INTO licensing.attestation (id, organisation_id, kind, statement, attested_by, attested_at) VALUES (log.new_id(), '{organisation}', "
                          f"'non_commercial', 's', log.new_id(), {quote(value['context']['attested_at'])})")
    trust.unguarded(*statements)
    return terms


def unlock(trust):
    """The guards of rows that never change, off in this trust for good."""
    for (name,) in trust.sql("SELECT evtname FROM pg_event_trigger"):
        trust.sql(f"ALTER EVENT TRIGGER {name} DISABLE")
    for table in ("governance.terms_version", "licensing.consent_event", "licensing.attestation"):
        trust.sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")


def at_margin(value):
    """Whether a second more or less could change the decision: the service's clock runs on between the writing and the asking."""
    inside = {policy.seconds(value["request"]["at"]) + s for s in range(-1, 31)}
    times = []

    def walk(x):
        if isinstance(x, (dict, list)):
            for v in x.values() if isinstance(x, dict) else x:
                walk(v)
        elif isinstance(x, str) and policy.TIME.fullmatch(x):
            times.append(policy.seconds(x))

    walk({k: v for k, v in value.items() if k != "request"})
    attested = value.get("context", {}).get("attested_at")
    if attested:
        times += [policy.seconds(attested) + t["attest_days"] * policy.DAY for t in value["terms"]["tiers"] if t["attest_days"] is not None]
    return bool(inside & set(times))


def test_the_service_too(stack):
    """Inputs that can be stored facts: what the service answers is what the calculator and the auditor decide at the instant it names."""
    trust = stack.trust()
    unlock(trust)
    trust.open_pool("air", "Air", sensor_schema())
    trust.unguarded("INSERT INTO licensing.notice (pool_id, n, language, text, sha256, origin, origin_version) SELECT pool_id, g, 'en', 'A notice.', repeat('0', 64), 'charter', g "
                    "FROM licensing.pool, generate_series(2, 3) AS g")
    people = {}
    for name, class_ in (("uni", "university"), ("firm", "company"), ("small", "small_company"), ("town", "public_body")):
        trust.register_organisation(name, name.title(), "IE", class_, "lin")
        people[class_] = name
    # the worker has no part in this, and would draw consequences from terms that nobody voted
    trust.stop()
    trust.start("licensing", "portal")
    connection = psycopg2.connect(trust.database.replace("user=commonhold", "user=ch_audit"))
    connection.autocommit = True
    seen, wrong, version = collections.Counter(), [], 0
    for number in range(max(RUNS // 25, 80)):
        rnd = random.Random(SEED * 7919 + number)
        class_ = rnd.choice(sorted(people))
        organisation = trust.organisations[people[class_]]
        value = stored(reference.Maker(rnd), class_)
        now = int(datetime.datetime.now(datetime.timezone.utc).timestamp())
        # what happens at the generator's instant, happened a hundred seconds ago
        value = json.loads(json.dumps(shift(value, now - 100 - policy.seconds(value["request"]["at"]))).replace('"org:uni"', f'"org:{organisation}"'))
        value["request"].update(org_class=class_, organisation=f"org:{organisation}", at=policy.time_text(now))
        if at_margin(value):
            seen["at a margin"] += 1
            continue
        version += 1
        value["terms"] = store(trust, value, version, organisation)
        asked = value["request"]
        answer = trust[people[class_]].send("POST", f"{LIC}/policy/evaluate", {"pool": "air", **{k: asked[k] for k in ("purpose", "action", "region", "columns", "mode")}})
        if answer.status == 422:
            seen["no request of the API"] += 1
            continue
        assert answer.status == 200, answer.raw
        compare(trust, connection, value, answer.json, number, seen, wrong)
    connection.close()
    stack.release(trust)
    print(dict(seen))
    assert not wrong, wrong[:5]
    assert seen["permit"] + seen["council"] and seen["deny"], seen


def compare(trust, connection, value, told, number, seen, wrong):
    """The service's answer against the other two, which get the facts as they are stored, at the instant the service decided for."""
    value = copy.deepcopy(value)
    value["context"] = {k: v for k, v in value.get("context", {}).items() if k == "attested_at"}
    at = trust.sql("SELECT log.time_text(clock_timestamp())")[0][0]
    value["request"]["at"] = at
    value["context"]["prohibitions"] = [
        {"id": f"prohibition:{i}", "purpose": p, "from": f, "until": u} for i, p, f, u in trust.sql(
            "SELECT id::text, purpose, log.time_text(from_at), log.time_text(until_at) FROM governance.prohibition_in_force ORDER BY from_at, id")]
    out = calculated(json.dumps(value))
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.decide_policy(%s)", (json.dumps(value),))
        again = cursor.fetchone()[0]
    seen[out["decision"]] += 1
    for name, result in (("audit", again), ("service", told)):
        bad = differences(out, result)
        if name == "service" and set(bad) == {"not_after"} and abs(policy.seconds(out["not_after"]) - policy.seconds(told["not_after"])) <= 30:
            continue  # the same number of days from an instant a moment earlier
        if bad:
            wrong.append((number, name, bad))
