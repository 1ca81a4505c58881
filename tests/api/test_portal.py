# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accounts and sign-in over HTTP: invites, passwords, cookies and the signed token inside them, CSRF, the second factor. The
pages have no part in this."""
import base64
import hashlib
import hmac
import json
import struct
import time
import urllib.parse
import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stack import PASSWORD, Client, seconds_of

SIGN_INS, CURRENT = "/portal/v1/sign-ins", "/portal/v1/sign-ins/current"
NOTICES = "/governance/v1/notices"  # any route for members that only reads
OTHER = "another staple battery"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


def problem(answer, status, expected):
    assert (answer.status, slug(answer)) == (status, expected), answer.raw
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    return answer.json


def apply(trust):
    """A membership application in the open class: (invite, e-mail address)."""
    email = f"m{uuid.uuid4().hex[:12]}@members.example"
    made = trust.public.post("/governance/v1/membership-applications", {"class": "U", "display_name": "Noa Berg", "email": email}).json
    return made["invite"], email


@pytest.fixture(autouse=True)
def forget_failures(trust):
    """All tests share the address 127.0.0.1, of which 50 failures are counted."""
    yield
    trust.sql("DELETE FROM portal.failure")


@pytest.fixture
def newcomer(trust):
    """Somebody with an account of their own, signed in."""
    invite, email = apply(trust)
    person = Client(trust.base)
    person.email, person.invite = email, invite
    person.accept_invite(invite, email, PASSWORD)
    person.sign_in(email, PASSWORD)
    person.credentials = None  # no renewal behind a test's back
    yield person
    person.close()


def attempt(trust, email, password, **more):
    return Client(trust.base).send("POST", SIGN_INS, {"email": email, "password": password, **more})


def accept(trust, code, email, password=PASSWORD):
    return Client(trust.base).send("POST", f"/portal/v1/invites/{code}/accept", {"email": email, "password": password})


# -- invites --------------------------------------------------------------

def test_invite_unknown(trust):
    problem(accept(trust, "0" * 26, "nobody@members.example"), 404, "invite_unknown")


def test_invite_makes_an_account_once(trust):
    invite, email = apply(trust)
    made = accept(trust, invite, email)
    assert made.status == 201 and made["kind"] == "member"
    again = accept(trust, invite, email)
    assert again.status == 200 and again.outcome == "already_accepted" and again["subject"] == made["subject"]
    problem(accept(trust, invite, "else@members.example"), 409, "invite_used")
    assert attempt(trust, email, PASSWORD).status == 201


def test_repeated_acceptance_does_not_change_the_password(trust):
    invite, email = apply(trust)
    accept(trust, invite, email)
    assert accept(trust, invite, email, OTHER).status == 200
    problem(attempt(trust, email, OTHER), 401, "sign_in_refused")
    assert attempt(trust, email, PASSWORD).status == 201


def test_invite_in_lower_case_is_the_same(trust):
    invite, email = apply(trust)
    assert accept(trust, invite.lower(), email.upper()).status == 201
    assert attempt(trust, email, PASSWORD).status == 201


def test_invite_for_another_address(trust):
    invite, email = apply(trust)
    problem(accept(trust, invite, "thief@members.example"), 409, "email_differs")
    assert accept(trust, invite, email).status == 201


def test_invite_expires_after_30_days(trust):
    invite, email = apply(trust)
    trust.sql("UPDATE portal.invite SET created_at = now() - interval '30 days 1 minute' WHERE code_sha256 = %s",
              hashlib.sha256(invite.encode()).digest())
    problem(accept(trust, invite, email), 409, "invite_expired")


def test_address_of_another_account(trust, newcomer):
    subject = trust.sql("SELECT log.new_id()")[0][0]
    code = trust.sql("SELECT portal.make_invite('member', %s, NULL)", subject)[0][0]
    problem(accept(trust, code, newcomer.email), 409, "email_taken")


@pytest.mark.parametrize("body, pointer", [
    ({"email": "x@y.example", "password": "elevenchars"}, "/password"),
    ({"email": "x@y.example", "password": "p" * 129}, "/password"),
    ({"email": "no address", "password": PASSWORD}, "/email"),
    ({"password": PASSWORD}, "/email"),
    ({"email": "x@y.example", "password": PASSWORD, "admin": True}, "/admin")])
def test_fields_of_an_acceptance(trust, body, pointer):
    answer = Client(trust.base).send("POST", f"/portal/v1/invites/{'0' * 26}/accept", body)
    assert pointer in [error["pointer"] for error in problem(answer, 422, "invalid")["errors"]]


def test_code_and_password_are_stored_as_hashes_only(trust, newcomer):
    account = trust.sql("SELECT a::text FROM portal.account AS a WHERE subject = %s", newcomer.subject)[0][0]
    assert newcomer.email not in account and PASSWORD not in account and "scrypt" in account
    assert not trust.sql("SELECT 1 FROM portal.invite AS i WHERE i::text LIKE %s", f"%{newcomer.invite}%")
    sign_in = trust.sql("SELECT string_agg(s::text, ' ') FROM portal.sign_in AS s")[0][0]
    assert newcomer.cookies["ch_signin"] not in sign_in


def test_log_tells_no_secret(trust, newcomer):
    attempt(trust, newcomer.email, "a wrong but long password")
    text = trust.log_text()
    for secret in (newcomer.invite, newcomer.email, PASSWORD, "a wrong but long password", newcomer.cookies["ch_signin"],
                   newcomer.cookies["ch_token"]):
        assert secret not in text


# -- signing in -----------------------------------------------------------

def test_sign_in_sets_three_cookies(trust, newcomer):
    answer = attempt(trust, newcomer.email, PASSWORD)
    assert answer.status == 201 and answer["signed_in"] is True and answer["kind"] == "member" and answer["token_seconds"] == 300
    cookies = {line.split("=", 1)[0]: line for line in answer.headers.get_all("Set-Cookie")}
    assert sorted(cookies) == ["ch_csrf", "ch_signin", "ch_token"]
    assert "HttpOnly" in cookies["ch_signin"] and "Path=/portal;" in cookies["ch_signin"] and "Max-Age=43200" in cookies["ch_signin"]
    assert "HttpOnly" in cookies["ch_token"] and "Path=/;" in cookies["ch_token"] and "Max-Age=300" in cookies["ch_token"]
    assert "HttpOnly" not in cookies["ch_csrf"]
    assert all("SameSite=Lax" in line and "Secure" not in line for line in cookies.values())
    assert "no-store" in answer.headers.get("Cache-Control", "")


def test_token_carries_what_roles_need(trust, newcomer):
    head, body, _ = newcomer.cookies["ch_token"].split(".")
    claims = json.loads(unb64(body))
    assert json.loads(unb64(head))["alg"] == "EdDSA"
    assert claims["iss"] == trust.base and claims["sub"] == claims["member"] == newcomer.subject
    assert claims["exp"] - claims["iat"] == 300 and claims["csrf"] == newcomer.cookies["ch_csrf"] and claims["totp"] is False


def test_secure_cookies_with_an_https_origin(stack):
    other = stack.trust(settings={"common": {"origin": "https://trust.example"}}, sign_in=False)
    founder = other.charter["founders"][0]
    accept(other, other.invites[0]["invite"], founder["email"])
    lines = attempt(other, founder["email"], PASSWORD).headers.get_all("Set-Cookie")
    assert len(lines) == 3 and all("; Secure" in line for line in lines)
    stack.release(other)


def test_wrong_password_and_unknown_address_look_the_same(trust, newcomer):
    def tell(answer):
        document = answer.json
        return answer.status, {k: v for k, v in document.items() if k not in ("instance", "request", "request_id")}
    wrong = attempt(trust, newcomer.email, OTHER)
    unknown = attempt(trust, "unknown@members.example", OTHER)
    assert tell(wrong) == tell(unknown)
    assert slug(wrong) == "sign_in_refused" and not wrong.headers.get_all("Set-Cookie")
    names = {name for name in wrong.headers if name not in ("Date", "X-Request-Id")}
    assert names == {name for name in unknown.headers if name not in ("Date", "X-Request-Id")}


def test_wrong_password_and_unknown_address_take_the_same_time(trust, newcomer):
    def taken(email):
        return seconds_of(lambda: attempt(trust, email, OTHER))
    taken(newcomer.email)  # threads and connections exist from here on
    # in turns, and the quickest of each: other tests on the machine only ever make one slower
    wrong, unknown = (min(times) for times in zip(*((taken(newcomer.email), taken(f"unknown{i}@members.example")) for i in range(5))))
    assert 0.5 < wrong / unknown < 2, (wrong, unknown)


def test_ten_failures_of_an_account(trust, newcomer):
    for _ in range(10):
        problem(attempt(trust, newcomer.email, OTHER), 401, "sign_in_refused")
    problem(attempt(trust, newcomer.email, PASSWORD), 429, "too_many_failures")
    trust.sql("UPDATE portal.failure SET at = at - interval '15 minutes'")
    assert attempt(trust, newcomer.email, PASSWORD).status == 201
    assert attempt(trust, newcomer.email, OTHER).status == 401, "a success wipes the count"


def test_fifty_failures_of_an_address(trust, newcomer):
    trust.sql("INSERT INTO portal.failure (email_hash, address) SELECT sha256(i::text::bytea), '127.0.0.1' FROM generate_series(1, 49) AS i")
    assert attempt(trust, newcomer.email, OTHER).status == 401
    problem(attempt(trust, newcomer.email, PASSWORD), 429, "too_many_failures")


def test_success_forgets_earlier_failures(trust, newcomer):
    for _ in range(9):
        attempt(trust, newcomer.email, OTHER)
    assert attempt(trust, newcomer.email, PASSWORD).status == 201
    assert attempt(trust, newcomer.email, OTHER).status == 401
    assert attempt(trust, newcomer.email, PASSWORD).status == 201


def test_renewal_gives_a_new_token(newcomer):
    renewed = newcomer.send("GET", CURRENT)
    assert renewed.status == 200 and renewed["subject"] == newcomer.subject
    assert newcomer.send("GET", NOTICES).status == 200


def test_sign_out_ends_renewal(newcomer):
    signin = newcomer.cookies["ch_signin"]
    out = newcomer.send("DELETE", CURRENT)
    assert out.status == 200 and out["signed_in"] is False
    assert all("Max-Age=0" in line for line in out.headers.get_all("Set-Cookie"))
    newcomer.cookies = {"ch_signin": signin}
    problem(newcomer.send("GET", CURRENT), 401, "not_signed_in")


def test_sign_in_ends_after_12_hours_without_use(trust, newcomer):
    trust.sql("UPDATE portal.sign_in SET used_at = now() - interval '12 hours 1 minute' WHERE token_sha256 = %s",
              hashlib.sha256(newcomer.cookies["ch_signin"].encode()).digest())
    problem(newcomer.send("GET", CURRENT), 401, "not_signed_in")


def test_current_without_cookie(trust):
    problem(Client(trust.base).send("GET", CURRENT), 401, "not_signed_in")


# -- CSRF -----------------------------------------------------------------

@pytest.mark.parametrize("value", ["", "wrong", "A" * 43])
def test_csrf_header_is_needed(newcomer, value):
    problem(newcomer.send("POST", "/portal/v1/totp-keys", {}, {"X-CSRF-Token": value}), 403, "csrf_refused")
    problem(newcomer.send("DELETE", CURRENT, headers={"X-CSRF-Token": value}), 403, "csrf_refused")
    assert newcomer.send("GET", CURRENT).status == 200


def test_csrf_value_of_another_sign_in(trust, newcomer):
    other = Client(trust.base).sign_in(newcomer.email, PASSWORD)
    problem(newcomer.send("POST", "/portal/v1/totp-keys", {}, {"X-CSRF-Token": other.cookies["ch_csrf"]}), 403, "csrf_refused")


def test_csrf_does_not_bind_bearer_tokens(trust, newcomer):
    assert Client(trust.base, newcomer.cookies["ch_token"]).send("POST", "/portal/v1/totp-keys", {}).status == 201


# -- tokens ---------------------------------------------------------------

def key_of(stack, name):
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(stack.secret(name)))


def thumbprint(key):
    x = b64(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    return b64(hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode()).digest())


def token(newcomer, key, claims=None, head=None):
    """The newcomer's token with some claims and header fields changed, signed with `key`."""
    first, second, _ = newcomer.cookies["ch_token"].split(".")
    header = {**json.loads(unb64(first)), **(head or {})}
    body = {k: v for k, v in {**json.loads(unb64(second)), **(claims or {})}.items() if v is not None}
    signed = ".".join(b64(json.dumps(part, separators=(",", ":"), sort_keys=True).encode()) for part in (header, body))
    return f"{signed}.{b64(key(signed.encode()) if callable(key) else key.sign(signed.encode()))}"


def ask_with(trust, text):
    return Client(trust.base, text).send("GET", NOTICES)


def test_forging_would_work_with_the_key(trust, stack, newcomer):
    """The control of the refusals below."""
    assert ask_with(trust, token(newcomer, key_of(stack, "person.key"))).status == 200


@pytest.mark.parametrize("claims", [
    {"exp": 1}, {"exp": None}, {"exp": "never"}, {"iat": 4102444800, "exp": 4102444900}, {"iss": "https://other.example"}, {"iss": None},
    {"aud": "metering"}, {"aud": None}], ids=json.dumps)
def test_claims_that_are_refused(trust, stack, newcomer, claims):
    problem(ask_with(trust, token(newcomer, key_of(stack, "person.key"), claims)), 401, "token_refused")


def test_token_just_expired(trust, stack, newcomer):
    now = int(time.time())
    problem(ask_with(trust, token(newcomer, key_of(stack, "person.key"), {"iat": now - 301, "exp": now - 1})), 401, "token_refused")


def test_token_of_a_foreign_key(trust, newcomer):
    foreign = Ed25519PrivateKey.generate()
    problem(ask_with(trust, token(newcomer, foreign)), 401, "token_refused")
    problem(ask_with(trust, token(newcomer, foreign, head={"kid": thumbprint(foreign)})), 401, "token_refused")


def test_token_of_a_key_for_another_use(trust, stack, newcomer):
    for name in ("client.key", "receipt.key", "agreement.key", "delivery.key", "log.key"):
        key = key_of(stack, name)
        problem(ask_with(trust, token(newcomer, key, head={"kid": thumbprint(key)})), 401, "token_refused")


def test_token_of_another_algorithm(trust, stack, newcomer):
    public = key_of(stack, "person.key").public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    for algorithm, sign in (("none", lambda data: b""), ("None", lambda data: b""), ("HS256", lambda data: hmac.digest(public, data, "sha256"))):
        problem(ask_with(trust, token(newcomer, sign, head={"alg": algorithm})), 401, "token_refused")
    problem(ask_with(trust, token(newcomer, lambda data: b"")), 401, "token_refused")


def test_token_of_another_type(trust, stack, newcomer):
    problem(ask_with(trust, token(newcomer, key_of(stack, "person.key"), head={"typ": "at+jwt"})), 401, "token_refused")


@pytest.mark.parametrize("text", ["x", "a.b.c", "..", "=.=.="])
def test_token_that_is_none(trust, text):
    problem(ask_with(trust, text), 401, "token_refused")


def test_program_token_does_not_act_for_people(trust, stack, newcomer):
    key = key_of(stack, "client.key")
    text = token(newcomer, key, {"client_id": str(uuid.uuid4())}, {"kid": thumbprint(key), "typ": "at+jwt"})
    problem(ask_with(trust, text), 401, "token_refused")


# -- passwords ------------------------------------------------------------

def test_password_change_ends_other_sign_ins(trust, newcomer):
    other = Client(trust.base).sign_in(newcomer.email, PASSWORD)
    other.credentials = None
    problem(newcomer.send("POST", "/portal/v1/passwords", {"current": OTHER, "password": OTHER}), 401, "sign_in_refused")
    assert newcomer.send("POST", "/portal/v1/passwords", {"current": PASSWORD, "password": OTHER}).outcome == "password_changed"
    problem(other.send("GET", CURRENT), 401, "not_signed_in")
    assert newcomer.send("GET", CURRENT).status == 200
    problem(attempt(trust, newcomer.email, PASSWORD), 401, "sign_in_refused")
    assert attempt(trust, newcomer.email, OTHER).status == 201


def test_new_password_has_12_characters(newcomer):
    answer = newcomer.send("POST", "/portal/v1/passwords", {"current": PASSWORD, "password": "short"})
    assert problem(answer, 422, "invalid")["errors"][0]["pointer"] == "/password"


# -- second factor --------------------------------------------------------

def totp(secret, step):
    """RFC 6238 with SHA-1, six digits."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


def step_now():
    """A time step with at least five seconds left, so that a code does not grow old between making and sending it."""
    while time.time() % 30 > 25:
        time.sleep(0.2)
    return int(time.time()) // 30


def test_second_factor(trust, newcomer):
    made = newcomer.post("/portal/v1/totp-keys").json
    uri = urllib.parse.urlsplit(made["uri"])
    assert uri.scheme == "otpauth" and urllib.parse.parse_qs(uri.query)["secret"] == [made["secret"]]
    assert attempt(trust, newcomer.email, PASSWORD).status == 201, "an unconfirmed key asks for nothing"
    step = step_now()
    wrong = f"{(int(totp(made['secret'], step)) + 1) % 1000000:06d}"
    if wrong not in (totp(made["secret"], step + d) for d in (-1, 0, 1)):
        problem(newcomer.send("POST", "/portal/v1/totp-keys/current/confirm", {"code": wrong}), 401, "sign_in_refused")
    confirmed = newcomer.post("/portal/v1/totp-keys/current/confirm", {"code": totp(made["secret"], step - 1)})
    assert confirmed.outcome == "totp_confirmed"

    problem(attempt(trust, newcomer.email, PASSWORD), 401, "sign_in_refused")
    problem(attempt(trust, newcomer.email, PASSWORD, code=totp(made["secret"], step - 1)), 401, "sign_in_refused")  # it confirmed the key
    code = totp(made["secret"], step)
    problem(attempt(trust, newcomer.email, OTHER, code=code), 401, "sign_in_refused")
    first = attempt(trust, newcomer.email, PASSWORD, code=code)
    assert first.status == 201 and first["totp"] is True
    claims = json.loads(unb64(next(line for line in first.headers.get_all("Set-Cookie") if line.startswith("ch_token=")).split(".")[1]))
    assert claims["totp"] is True
    problem(attempt(trust, newcomer.email, PASSWORD, code=code), 401, "sign_in_refused")  # a code works once
    problem(newcomer.send("POST", "/portal/v1/totp-keys", {}), 409, "not_allowed_here")
    stored = trust.sql("SELECT sealed FROM portal.totp_key JOIN portal.account USING (account_id) WHERE subject = %s", newcomer.subject)[0][0]
    assert base64.b32decode(made["secret"]) not in bytes(stored)


def test_confirming_needs_a_key(newcomer):
    problem(newcomer.send("POST", "/portal/v1/totp-keys/current/confirm", {"code": "123456"}), 404, "not_found")


# -- the front page -------------------------------------------------------

def test_front_page_without_build(stack, tmp_path):
    trust = stack.trust(settings={"portal": {"portal_dir": str(tmp_path)}}, sign_in=False)
    page = trust.public.get("/")
    stack.release(trust)
    assert b"make portal" in page.raw and "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_document_of_the_interface(trust):
    assert b"openapi: 3.1" in trust.public.get("/portal/v1/openapi.yaml").raw
