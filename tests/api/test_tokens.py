# SPDX-License-Identifier: AGPL-3.0-or-later
"""OAuth clients and their access tokens: both ways of authenticating, errors as RFC 6749 has them, what a token says, and what kills it. The
attacks forge and replay what a client could send; the races run at the functions behind the routes."""
import base64
import hashlib
import hmac
import json
import os
import random
import threading
import time
import urllib.parse
import uuid

import psycopg2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from granted import Granted, b64, public_x, thumbprint

LIC = "/licensing/v1"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: Rounds of a race; CH_ROUNDS sets them all.
ROUNDS = {race: int(os.environ.get("CH_ROUNDS", usual)) for race, usual in (("suspension", 150), ("revocation", 60), ("prohibition", 40))}


@pytest.fixture(scope="module")
def world(stack):
    trust = stack.trust(sign_in=False)
    made = Granted(trust, stack)
    made.active = made.grant(attest_days=365)
    yield made
    stack.release(trust)


@pytest.fixture(scope="module")
def client(world):
    made = world.client("S").post(f"{LIC}/clients", {"name": "reader"})
    assert made.status == 201 and len(made["client_secret"]) == 43
    return made.json


@pytest.fixture(scope="module")
def keyed(world):
    key = Ed25519PrivateKey.generate()
    made = world.client("S").post(f"{LIC}/clients", {"name": "signer", "jwk": jwk(key)})
    assert made.status == 201 and made["kid"] == thumbprint(public_x(key)) and "client_secret" not in made.json and "secret_sha256" not in made.json
    return made["client_id"], key


def jwk(key, **more):
    return {"kty": "OKP", "crv": "Ed25519", "x": public_x(key), **more}


def ask(world, path="token", headers=None, **form):
    form = {k: v for k, v in form.items() if v is not None}
    return world.trust.public.send("POST", f"{LIC}/oauth/{path}", raw=urllib.parse.urlencode(form).encode(), headers={**FORM, **(headers or {})})


def token_of(world, client, grant=None, **more):
    return ask(world, grant_type="client_credentials", scope=f"grant:{grant or world.active}", client_id=client["client_id"],
               client_secret=client["client_secret"], **more)


def claims_of(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def endpoint(world):
    return f"http://127.0.0.1:{world.trust.port}{LIC}/oauth/token"


def assertion(world, keyed, head=None, sign=None, **claims):
    client_id, key = keyed
    now = int(time.time())
    head = {"alg": "EdDSA", "kid": thumbprint(public_x(key)), "typ": "JWT", **(head or {})}
    body = {"iss": client_id, "sub": client_id, "aud": endpoint(world), "exp": now + 120, "iat": now, "jti": uuid.uuid4().hex, **claims}
    text = b64(json.dumps({k: v for k, v in head.items() if v is not None}).encode()) + "." + \
        b64(json.dumps({k: v for k, v in body.items() if v is not None}).encode())
    return text + "." + b64(sign(text.encode()) if sign else key.sign(text.encode()))


def by_assertion(world, text, scope=None, **more):
    return ask(world, grant_type="client_credentials", scope=scope or f"grant:{world.active}", client_assertion_type=TYPE, client_assertion=text, **more)


# ---- what a token is -------------------------------------------------------------

def test_a_token_says_what_the_grant_gives(world, client):
    answer = token_of(world, client)
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store" and answer["token_type"] == "Bearer"
    assert answer["scope"] == f"grant:{world.active}" and 0 < answer["expires_in"] <= 600
    head = json.loads(base64.urlsafe_b64decode(answer["access_token"].split(".")[0] + "=="))
    assert (head["typ"], head["alg"]) == ("at+jwt", "EdDSA")
    claims = claims_of(answer["access_token"])
    assert set(claims) == {"iss", "aud", "sub", "client_id", "iat", "exp", "jti", "grant", "org", "pool", "purpose", "actions", "modes", "rule", "tier", "terms",
                           "epoch", "scope"}
    assert claims["aud"] == "metering" and claims["sub"] == claims["client_id"] == client["client_id"] and claims["exp"] - claims["iat"] <= 600
    assert (claims["grant"], claims["org"], claims["pool"], claims["epoch"]) == (world.active, world.organisation, world.ref, 2)
    assert uuid.UUID(claims["jti"]) and claims["iss"] == f"http://127.0.0.1:{world.trust.port}"


def test_a_token_never_outlives_its_grant(world, client):
    grant = world.grant()
    world.age("data_grant", grant, "until_at = clock_timestamp() + interval '90 seconds'")
    assert 0 < token_of(world, client, grant)["expires_in"] <= 90


def test_basic_credentials_are_read_as_the_rfc_encodes_them(world, client):
    def basic(name, secret):
        pair = urllib.parse.quote_plus(name) + ":" + urllib.parse.quote_plus(secret)
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    form = {"grant_type": "client_credentials", "scope": f"grant:{world.active}"}
    assert ask(world, headers=basic(client["client_id"], client["client_secret"]), **form).status == 200
    assert ask(world, headers=basic(client["client_id"], client["client_secret"]), client_id=client["client_id"], **form).status == 200
    wrong = ask(world, headers=basic(client["client_id"], "no"), **form)
    assert wrong.status == 401 and wrong["error"] == "invalid_client" and wrong.headers["WWW-Authenticate"].startswith("Basic ")
    assert wrong.headers["Cache-Control"] == "no-store" and wrong.headers["Pragma"] == "no-cache"
    both = ask(world, headers=basic(client["client_id"], client["client_secret"]), client_secret=client["client_secret"], **form)
    assert both.status == 400 and both["error"] == "invalid_request"
    other = ask(world, headers=basic(client["client_id"], client["client_secret"]), client_id="another0", **form)
    assert other.status == 400 and other["error"] == "invalid_request"
    assert ask(world, headers={"Authorization": "Basic !!!"}, **form)["error"] == "invalid_client"
    assert ask(world, headers={"Authorization": "Basic " + base64.b64encode(b"a\0b:c").decode()}, **form)["error"] == "invalid_client"


@pytest.mark.parametrize("change, status, error", [
    ({"grant_type": None}, 400, "invalid_request"), ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"), ({"scope": None}, 400, "invalid_scope"),
    ({"scope": "grant:no-id"}, 400, "invalid_scope"), ({"scope": "admin"}, 400, "invalid_scope"), ({"scope": "usage"}, 400, "unauthorized_client"),
    ({"scope": "usage grant:x"}, 400, "invalid_scope"), ({"client_secret": "wrong"}, 401, "invalid_client"),
    ({"client_secret": None}, 401, "invalid_client"), ({"client_id": None}, 401, "invalid_client"), ({"client_id": "nobody00"}, 401, "invalid_client")])
def test_refusals_are_those_of_the_rfc(world, client, change, status, error):
    form = {"grant_type": "client_credentials", "scope": f"grant:{world.active}", "client_id": client["client_id"],
            "client_secret": client["client_secret"], **change}
    answer = ask(world, **form)
    assert (answer.status, answer["error"]) == (status, error) and answer.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_a_parameter_stands_once(world, client):
    raw = f"grant_type=client_credentials&scope=grant:{world.active}&client_id={client['client_id']}&client_secret={client['client_secret']}&scope=usage"
    answer = world.trust.public.send("POST", f"{LIC}/oauth/token", raw=raw.encode(), headers=FORM)
    assert (answer.status, answer["error"]) == (400, "invalid_request")


def test_what_is_not_the_client_s_own_or_does_not_run_gets_no_token(world, client):
    grants = {"of another": world.grant(organisation=world.stranger), "unknown": str(uuid.uuid4())}
    for state in ("close", "suspend"):
        grants[state] = world.grant()
    world.command("S", grants["close"], "close")
    world.trust.sql("SELECT licensing.hold_grant(%s, 'emergency', 'test', NULL, now() + interval '1 hour')", grants["suspend"])
    for what, grant in grants.items():
        assert token_of(world, client, grant)["error"] == "invalid_scope", what


def test_a_sanction_a_prohibition_or_a_lapsed_attestation_refuses_before_the_clock_does(world, client):
    grant = world.grant(purpose="PG.EDU", attest_days=365)
    world.trust.sql("UPDATE licensing.grant_due SET at = 'infinity' WHERE grant_id = %s", grant)
    prohibition = world.prohibit("PG.EDU")
    assert token_of(world, client, grant)["error"] == "invalid_scope"
    world.lift_prohibition(prohibition)
    world.tick()
    assert token_of(world, client, grant).status == 200
    world.unguarded("licensing.attestation", "UPDATE licensing.attestation SET attested_at = attested_at - interval '365 days' WHERE organisation_id = %s",
                    world.organisation)
    answer = token_of(world, client, grant)
    assert answer["error"] == "invalid_scope" and ("lapsed" in answer["error_description"] or "no active" in answer["error_description"])
    assert world.trust.sql("SELECT outcome FROM licensing.check_grant(%s, 'read', NULL, 'download')", grant)[0][0] in ("attestation_lapsed", "grant_not_active")
    world.client("A").post(f"{LIC}/organisations/{world.organisation}/attestations", {"kind": "non_commercial", "statement": "still"})
    assert token_of(world, client, grant).status == 200


# ---- clients ---------------------------------------------------------------------

def test_two_secrets_live_for_rotation_and_one_may_end(world):
    person = world.client("S")
    made = person.post(f"{LIC}/clients", {"name": "rotating"}).json
    second = person.post(f"{LIC}/clients/{made['client_id']}/secrets").json
    for secret in (made["client_secret"], second["client_secret"]):
        assert token_of(world, {"client_id": made["client_id"], "client_secret": secret}).status == 200
    third = person.send("POST", f"{LIC}/clients/{made['client_id']}/secrets")
    assert (third.status, third["type"].rsplit("/", 1)[-1]) == (409, "two_secrets_live")
    third = person.post(f"{LIC}/clients/{made['client_id']}/secrets", {"ends": 1}).json
    assert token_of(world, made)["error"] == "invalid_client"
    assert token_of(world, {"client_id": made["client_id"], "client_secret": third["client_secret"]}).status == 200
    listed = next(c for c in person.get(f"{LIC}/clients")["items"] if c["client_id"] == made["client_id"])
    assert [s["no"] for s in listed["secrets"]] == [2, 3] and listed["keys"] == []
    stored = world.trust.sql("SELECT sha256 FROM licensing.client_secret WHERE client_id = %s AND no = 3", made["client_id"])[0][0]
    assert stored == hashlib.sha256(third["client_secret"].encode()).hexdigest()
    assert person.delete(f"{LIC}/clients/{made['client_id']}").status == 204
    assert person.send("DELETE", f"{LIC}/clients/{made['client_id']}").status == 404
    assert token_of(world, {"client_id": made["client_id"], "client_secret": third["client_secret"]})["error"] == "invalid_client"


def test_clients_of_others_are_not_found(world, client):
    stranger = world.client("X")
    assert stranger.send("DELETE", f"{LIC}/clients/{client['client_id']}").status == 404
    assert stranger.send("POST", f"{LIC}/clients/{client['client_id']}/secrets").status == 404
    assert stranger.send("POST", f"{LIC}/clients/{client['client_id']}/keys", {"jwk": jwk(Ed25519PrivateKey.generate())}).status == 404
    assert client["client_id"] not in json.dumps(stranger.get(f"{LIC}/clients").json)


@pytest.mark.parametrize("wrong, pointer", [({"d": "AA"}, "/jwk/d"), ({"kty": "EC"}, "/jwk"), ({"crv": "X25519"}, "/jwk"), ({"x": "AA"}, "/jwk/x"),
                                            ({"x": "=" * 43}, "/jwk/x"), ({"kid": "mine"}, "/jwk/kid"), ({"alg": "HS256"}, "/jwk"),
                                            ({"use": "enc"}, "/jwk")])
def test_only_a_public_ed25519_key_is_registered(world, wrong, pointer):
    answer = world.client("S").send("POST", f"{LIC}/clients", {"name": "odd", "jwk": jwk(Ed25519PrivateKey.generate(), **wrong)})
    assert answer.status == 422 and answer["errors"][0]["pointer"] == pointer


def test_two_keys_live_for_rotation(world):
    person, keys = world.client("S"), [Ed25519PrivateKey.generate() for _ in range(3)]
    id_ = person.post(f"{LIC}/clients", {"name": "rotating keys", "jwk": jwk(keys[0])})["client_id"]
    add = lambda key, **more: person.send("POST", f"{LIC}/clients/{id_}/keys", {"jwk": jwk(key), **more})
    assert add(keys[1])["no"] == 2
    assert add(keys[1]).status == 409
    assert by_assertion(world, assertion(world, (id_, keys[0]))).status == by_assertion(world, assertion(world, (id_, keys[1]))).status == 200
    third = add(keys[2])
    assert (third.status, third["type"].rsplit("/", 1)[-1]) == (409, "two_keys_live")
    assert add(keys[2], ends=1)["no"] == 3
    assert by_assertion(world, assertion(world, (id_, keys[0])))["error"] == "invalid_client"
    assert by_assertion(world, assertion(world, (id_, keys[2]))).status == 200


def test_the_licensing_officer_registers_data_planes(world):
    body = {"name": "object store", "data_plane": True, "organisation_id": world.organisation}
    assert world.client("S").send("POST", f"{LIC}/clients", body).status == 403
    made = world.client("H").post(f"{LIC}/clients", body).json
    answer = ask(world, grant_type="client_credentials", scope="usage", client_id=made["client_id"], client_secret=made["client_secret"])
    assert answer.status == 200 and "grant" not in claims_of(answer["access_token"]) and claims_of(answer["access_token"])["scope"] == "usage"
    gone = ask(world, "revoke", token=answer["access_token"], client_id=made["client_id"], client_secret=made["client_secret"])
    assert (gone.status, gone["error"]) == (400, "unsupported_token_type")
    assert world.client("H").delete(f"{LIC}/clients/{made['client_id']}").status == 204


# ---- private_key_jwt ---------------------------------------------------------------

def test_an_assertion_authenticates(world, keyed):
    answer = by_assertion(world, assertion(world, keyed))
    assert answer.status == 200 and claims_of(answer["access_token"])["client_id"] == keyed[0]
    assert by_assertion(world, assertion(world, keyed, aud=[endpoint(world)]), client_id=keyed[0]).status == 200


def test_an_assertion_serves_once(world, keyed):
    text = assertion(world, keyed)
    assert by_assertion(world, text).status == 200
    again = by_assertion(world, text)
    assert (again.status, again["error"]) == (401, "invalid_client")
    used = assertion(world, keyed)
    assert by_assertion(world, used, scope=f"grant:{uuid.uuid4()}")["error"] == "invalid_scope"
    assert by_assertion(world, used)["error"] == "invalid_client"  # used up by the refusal too
    world.trust.sql("UPDATE licensing.client_assertion SET expires_at = now() - interval '1 second'")
    world.tick()
    assert world.trust.sql("SELECT count(*) FROM licensing.client_assertion")[0][0] == 0


def attacks(world, keyed):
    client_id, key = keyed
    now, other, public = int(time.time()), Ed25519PrivateKey.generate(), key.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    hs = lambda text: hmac.new(public, text, hashlib.sha256).digest()
    valid = assertion(world, keyed)
    yield "alg none", assertion(world, keyed, {"alg": "none"}, sign=lambda t: b"")
    yield "alg none, signed", assertion(world, keyed, {"alg": "none"})
    yield "HS256 with the public key", assertion(world, keyed, {"alg": "HS256"}, sign=hs)
    yield "HMAC under EdDSA", assertion(world, keyed, sign=lambda t: hs(t) * 2)
    yield "forged kid", assertion(world, (client_id, other), {"kid": thumbprint(public_x(key))})
    yield "key of its own in the header", assertion(world, (client_id, other), {"jwk": jwk(other)})
    yield "no kid", assertion(world, keyed, {"kid": None})
    yield "critical header", assertion(world, keyed, {"crit": ["exp"]})
    yield "expired", assertion(world, keyed, exp=now - 1)
    yield "too long a life", assertion(world, keyed, exp=now + 400)
    yield "no exp", assertion(world, keyed, exp=None)
    yield "exp as text", assertion(world, keyed, exp=str(now + 60))
    yield "not yet", assertion(world, keyed, nbf=now + 200)
    yield "other aud", assertion(world, keyed, aud="https://elsewhere.example/token")
    yield "aud of two", assertion(world, keyed, aud=[endpoint(world), "https://elsewhere.example"])
    yield "issuer as aud", assertion(world, keyed, aud=endpoint(world)[:-6])
    yield "other iss", assertion(world, keyed, iss="somebody0")
    yield "other sub", assertion(world, keyed, sub="somebody0")
    yield "no jti", assertion(world, keyed, jti=None)
    yield "long jti", assertion(world, keyed, jti="j" * 129)
    yield "cut", valid[:-4]
    yield "one bit", valid[:-5] + ("A" if valid[-5] != "A" else "B") + valid[-4:]
    yield "two parts", valid.rsplit(".", 1)[0]
    yield "empty", ""
    yield "huge", assertion(world, keyed, pad="x" * 5000)


def test_forged_assertions_are_refused(world, keyed):
    passed = [(what, a.status) for what, text in attacks(world, keyed) for a in [by_assertion(world, text)]
              if (a.status, a.json.get("error")) != (401, "invalid_client")]
    assert passed == []
    other = by_assertion(world, assertion(world, keyed), client_id="another0")
    assert (other.status, other["error"]) == (401, "invalid_client")
    typed = ask(world, grant_type="client_credentials", scope="usage", client_assertion_type="urn:x", client_assertion=assertion(world, keyed))
    assert typed["error"] == "invalid_client"
    both = by_assertion(world, assertion(world, keyed), client_id=keyed[0], client_secret="x")
    assert (both.status, both["error"]) == (400, "invalid_request")


def test_an_ended_key_or_client_signs_nothing_more(world):
    key = Ed25519PrivateKey.generate()
    person = world.client("S")
    id_ = person.post(f"{LIC}/clients", {"name": "short", "jwk": jwk(key)})["client_id"]
    assert by_assertion(world, assertion(world, (id_, key))).status == 200
    person.delete(f"{LIC}/clients/{id_}")
    assert by_assertion(world, assertion(world, (id_, key)))["error"] == "invalid_client"


# ---- revocation and epochs -----------------------------------------------------------

def deliver(world, token):
    return world.trust.public.send("GET", f"/metering/v1/pools/{world.ref}/rows", headers={"Authorization": "Bearer " + token})


def test_a_revoked_token_is_dead_and_so_are_all_of_its_epoch(world, client):
    grant = world.grant()
    first, second = (token_of(world, client, grant)["access_token"] for _ in range(2))
    epoch = world.epoch(grant)
    for _ in range(2):
        assert ask(world, "revoke", token=first, client_id=client["client_id"], client_secret=client["client_secret"]).status == 200
        assert world.epoch(grant) == epoch + 1
    assert world.last(grant)[0] == "revoke_token" and world.state(grant) == "active"
    for token in (first, second):
        answer = deliver(world, token)
        assert answer.status in (401, 403) and answer["type"].rsplit("/", 1)[-1] == "token_refused"


def test_revoking_takes_the_client_s_own_proof(world, client, keyed):
    grant = world.grant()
    token = token_of(world, client, grant)["access_token"]
    epoch = world.epoch(grant)
    assert ask(world, "revoke", token=token, client_id=client["client_id"], client_secret="no").status == 401
    stranger = world.client("X").post(f"{LIC}/clients", {"name": "stranger"}).json
    assert ask(world, "revoke", token=token, client_id=stranger["client_id"], client_secret=stranger["client_secret"]).status == 200
    assert ask(world, "revoke", token="nonsense", client_id=client["client_id"], client_secret=client["client_secret"]).status == 200
    assert ask(world, "revoke", client_id=client["client_id"], client_secret=client["client_secret"])["error"] == "invalid_request"
    assert world.epoch(grant) == epoch
    assert ask(world, "revoke", token=token, client_assertion_type=TYPE, client_assertion=assertion(world, keyed)).status == 200
    assert world.epoch(grant) == epoch + 1


def forged(world, key, head=None, **claims):
    now = int(time.time())
    head = b64(json.dumps({"alg": "EdDSA", "kid": thumbprint(public_x(key)), "typ": "at+jwt", **(head or {})}).encode())
    body = {"iss": f"http://127.0.0.1:{world.trust.port}", "aud": "metering", "sub": "client01", "client_id": "client01", "iat": now, "exp": now + 500,
            "jti": str(uuid.uuid4()), "org": world.organisation, "grant": world.active, "pool": world.ref, "purpose": "RES.ACADEMIC", "actions": ["read"],
            "modes": ["download"], "rule": "P1", "tier": "free", "terms": "1" * 64, "epoch": world.epoch(world.active), **claims}
    text = head + "." + b64(json.dumps(body).encode())
    return text + "." + b64(key.sign(text.encode()))


def test_forged_and_stale_tokens_deliver_nothing(world, client):
    real = Ed25519PrivateKey.from_private_bytes(base64.b64decode(world.stack.secret("client.key")))
    person = Ed25519PrivateKey.from_private_bytes(base64.b64decode(world.stack.secret("person.key")))
    good = token_of(world, client)["access_token"]
    head, body, signature = good.split(".")
    raised = b64(json.dumps({**claims_of(good), "grant": world.grant(organisation=world.stranger)}).encode())
    cases = {"raised scope": f"{head}.{raised}.{signature}", "another key": forged(world, Ed25519PrivateKey.generate()),
             "forged kid": forged(world, Ed25519PrivateKey.generate(), {"kid": thumbprint(public_x(real))}),
             "a person's key": forged(world, person), "alg none": b64(b'{"alg":"none","typ":"at+jwt"}') + f".{body}.",
             "other aud": forged(world, real, aud="licensing"), "other typ": forged(world, real, {"typ": "JWT"}),
             "expired": forged(world, real, exp=int(time.time()) - 1), "old epoch": forged(world, real, epoch=1),
             "other issuer": forged(world, real, iss="https://elsewhere.example")}
    wrong = {what: deliver(world, token).status for what, token in cases.items() if deliver(world, token).status not in (401, 403)}
    assert wrong == {}


def test_a_suspension_kills_tokens_at_once_and_a_resumption_does_not_revive_them(world, client):
    grant = world.grant()
    token = token_of(world, client, grant)["access_token"]
    world.trust.sql("SELECT licensing.hold_grant(%s, 'emergency', 'test', NULL, now() + interval '1 hour')", grant)
    assert deliver(world, token).status in (401, 403)
    world.trust.sql("SELECT licensing.release_grant(%s, 'emergency')", grant)
    assert world.state(grant) == "active" and deliver(world, token).status in (401, 403)


# ---- races -------------------------------------------------------------------------

def race(world, first, second, rounds, seed):
    """Runs two steps against each other; each gets a cursor of its own connection and its round's state, and is started at a random offset."""
    dice = random.Random(seed)
    connections = [psycopg2.connect(world.trust.database) for _ in range(2)]
    for one in connections:
        one.autocommit = True
    try:
        for number in range(rounds):
            barrier, failures, pauses = threading.Barrier(2), [], (dice.random() * 0.002, dice.random() * 0.002)

            def run(index, step):
                try:
                    with connections[index].cursor() as c:
                        barrier.wait(30)
                        time.sleep(pauses[index])
                        step(c, number)
                except Exception as error:  # what a step may raise is for the test to say
                    failures.append(error)
            threads = [threading.Thread(target=run, args=pair) for pair in enumerate((first, second))]
            [t.start() for t in threads]
            [t.join(60) for t in threads]
            yield number, failures
    finally:
        for one in connections:
            one.close()


def test_race_a_token_against_a_suspension(world, client):
    """Whatever epoch a token got, once the suspension has committed it opens nothing: not now, not after the grant resumes."""
    grant, seed = world.grant(), int(time.time())
    print("seed", seed)
    proof, tokens = json.dumps({"secret": hashlib.sha256(client["client_secret"].encode()).hexdigest()}), {}

    def issue(c, number):
        c.execute("SELECT outcome, body FROM licensing.issue_token(%s, %s, %s)", (client["client_id"], proof, grant))
        tokens[number] = c.fetchone()

    def suspend(c, number):
        c.execute("SELECT licensing.hold_grant(%s, 'emergency', 'race', NULL, now() + interval '1 hour')", (grant,))
    seen = set()
    for number, failures in race(world, issue, suspend, ROUNDS["suspension"], seed):
        assert failures == []
        outcome, body = tokens[number]
        epoch = world.epoch(grant)
        assert outcome == "invalid_scope" or body["epoch"] < epoch, (number, body, epoch)
        seen.add(outcome)
        world.trust.sql("SELECT licensing.release_grant(%s, 'emergency')", grant)
        if outcome == "ok":
            assert body["epoch"] < world.epoch(grant)
    print("outcomes", seen)


def test_race_revocation_of_a_grant_against_delivery(world):
    """A batch holds the pool's lock while it reads the epoch and is stored: none is stored behind the revocation with an epoch before it."""
    seed, late = int(time.time()), []
    print("seed", seed)
    grants, batches, revoked = {}, {}, {}

    def batch(c, number):
        c.execute("BEGIN")
        c.execute("SELECT consent_epoch, grant_epoch FROM licensing.lock_epochs(%s, %s)", (world.pool, grants[number]))
        epoch = c.fetchone()[1]
        c.execute("SELECT outcome FROM licensing.check_grant(%s, 'read', NULL, 'download')", (grants[number],))
        outcome = c.fetchone()[0]
        c.execute("SELECT clock_timestamp()")
        batches[number] = (epoch, outcome, c.fetchone()[0])
        c.execute("COMMIT")

    def revoke(c, number):
        c.execute("BEGIN")
        c.execute("SELECT licensing.move_grant(%s, 'revoke', 'B', NULL, 'race', false, NULL)", (grants[number],))
        c.execute("SELECT at FROM licensing.grant_event WHERE grant_id = %s AND command = 'revoke'", (grants[number],))
        revoked[number] = c.fetchone()[0]
        c.execute("COMMIT")
    rounds = ROUNDS["revocation"]
    for number in range(rounds):
        grants[number] = world.grant()
    for number, failures in race(world, batch, revoke, rounds, seed):
        assert failures == []
        epoch, outcome, at = batches[number]
        if (outcome == "ok") != (at < revoked[number]) or (outcome == "ok") != (epoch == 2):
            late.append((number, epoch, outcome, at, revoked[number]))
    assert late == []


def test_race_a_prohibition_against_the_activation_of_a_grant(world):
    """Either the grant is refused, or it stood before the prohibition and ends with the date set for old ones; none is active after that."""
    seed = int(time.time())
    print("seed", seed)
    made, rounds, bad = {}, ROUNDS["prohibition"], []

    def create(c, number):
        try:
            made[number] = world.grant(purpose="PG.STATS")
        except psycopg2.errors.CheckViolation:
            made[number] = None

    def prohibit(c, number):
        time.sleep(random.Random(seed + number).random() * 0.02)  # a grant takes longer to make than a prohibition
        c.execute("INSERT INTO governance.prohibition (id, purpose, from_at) VALUES (%s, 'PG.STATS', clock_timestamp()) RETURNING id::text",
                  (str(uuid.uuid4()),))
        made[-number - 1] = c.fetchone()[0]
    for number, failures in race(world, create, prohibit, rounds, seed):
        assert failures == []
        grant, prohibition = made[number], made[-number - 1]
        if grant:
            world.tick()
            before, state = world.trust.sql("SELECT g.created_at < p.from_at, g.state FROM licensing.data_grant AS g, governance.prohibition AS p WHERE g.id = %s "
                                            "AND p.id = %s", grant, prohibition)[0]
            if not before and state == "active":
                bad.append(number)
        world.lift_prohibition(prohibition)
        world.tick()
    print("refused", sum(1 for n in range(rounds) if made[n] is None), "of", rounds)
    assert bad == []
