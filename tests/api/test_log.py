# SPDX-License-Identifier: AGPL-3.0-or-later
"""The transparency log as a stranger sees it: checkpoint, tiles, entries and proofs, checked with an own verifier up to the
signed root; and what the sequencer does when the database is no longer what it signed."""
import base64
import hashlib
import http.client
import json
import shutil
import urllib.parse

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stack import LOG_NAME, Daemon, eventually

REFUSES = "the transparency log refuses to sign"


# -- the verifier: RFC 9162, C2SP signed-note, tlog-checkpoint, tlog-tiles, tlog-proof ---------------------------------

def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def tree_root(hashes):
    """RFC 9162, section 2.1.1: the split is the largest power of two below the size."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(tree_root(hashes[:split]), tree_root(hashes[split:]))


def proven_root(index, size, leaf, path):
    """RFC 9162, section 2.1.3.2: the root an inclusion path leads to."""
    assert 0 <= index < size
    number, last, root = index, size - 1, leaf
    for sibling in path:
        assert last != 0, "path too long"
        if number & 1 or number == last:
            root = node_hash(sibling, root)
            while not number & 1 and number != 0:
                number, last = number >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        number, last = number >> 1, last >> 1
    assert last == 0, "path too short"
    return root


def key_id(name, public):
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def read_vkey(text):
    name, number, rest = text.split("+", 2)
    typed = base64.b64decode(rest, validate=True)
    assert typed[0] == 1 and len(typed) == 33 and number == key_id(name, typed[1:]).hex()
    return name, typed[1:]


class Checkpoint:
    def __init__(self, text):
        self.text = text
        body, signatures = text.split("\n\n", 1)
        self.signed = body + "\n"
        self.origin, size, root = body.split("\n")
        assert size == str(int(size))
        self.size, self.root = int(size), base64.b64decode(root, validate=True)
        self.signatures = signatures.splitlines()

    def verify(self, vkey):
        name, public = read_vkey(vkey)
        for line in self.signatures:
            dash, signer, signature = line.split(" ")
            raw = base64.b64decode(signature, validate=True)
            if dash == "\u2014" and signer == name and raw[:4] == key_id(name, public):
                Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], self.signed.encode())
                return True
        return False


def tile_path(number, width=256):
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03d}")
    return "/".join(groups) + (f".p/{width}" if width < 256 else "")


def bundles(trust, size):
    """All entries, read as entry bundles."""
    entries = []
    for number in range((size + 255) // 256):
        width = min(256, size - number * 256)
        raw = trust.public.get(f"/log/tile/entries/{tile_path(number, width)}").raw
        for _ in range(width):
            length = int.from_bytes(raw[:2], "big")
            entries.append(raw[2:2 + length])
            assert len(entries[-1]) == length
            raw = raw[2 + length:]
        assert raw == b""
    return entries


def level_hashes(hashes):
    """What the next level of tiles holds: the root of every full tile."""
    return [tree_root(hashes[i:i + 256]) for i in range(0, len(hashes) - len(hashes) % 256, 256)]


# -- helpers ------------------------------------------------------------------------------------------------------------

def checkpoint(trust):
    return Checkpoint(trust.public.get("/log/checkpoint").raw.decode())


def settled(trust):
    """Waits until no leaf waits, and gives the newest checkpoint."""
    eventually("all leaves to be logged", lambda: trust.sql("SELECT count(*) = 0 FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL")[0][0])
    return checkpoint(trust)


def spoil(made, *statements):
    """What somebody with the server's files could do to the log, whose guards hold always."""
    tables = ("entry", "tile", "checkpoint")
    made.unguarded(*(f"ALTER TABLE log.{table} DISABLE TRIGGER ALL" for table in tables), *statements,
                   *(f"ALTER TABLE log.{table} ENABLE TRIGGER ALL" for table in tables))


def add_leaves(trust, count, name="made"):
    """Leaves as a role's function queues them, each of an object of its own."""
    trust.sql("SELECT log.append_leaf('policy_test', %s || i, encode(sha256(i::text::bytea), 'hex'), '{}') FROM generate_series(1, %s) AS i",
              name, count)


@pytest.fixture(scope="module", autouse=True)
def entry_type(trust):
    trust.sql("INSERT INTO log.entry_type (type, schema_name, about) VALUES ('policy_test', 'log', 'of this test')")


def own_key(trust):
    return next(item["vkey"] for item in trust.public.get("/log/keys").json["items"] if item["until"] is None)


# -- what is published --------------------------------------------------------------------------------------------------

def test_checkpoint_is_signed_by_the_published_key(trust, stack):
    found = settled(trust)
    assert found.origin == LOG_NAME and len(found.root) == 32 and found.size > 0
    name, public = read_vkey(own_key(trust))
    assert name == LOG_NAME
    seed = base64.b64decode(stack.secret("log.key"))
    assert public == Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert found.verify(own_key(trust))


def test_signature_is_over_this_text_alone(trust):
    found = settled(trust)
    found.signed = found.signed.replace(f"\n{found.size}\n", f"\n{found.size + 1}\n")
    with pytest.raises(InvalidSignature):
        found.verify(own_key(trust))


def test_founding_is_in_the_log(trust):
    entries = [json.loads(entry) for entry in bundles(trust, settled(trust).size)]
    assert {"charter", "key_event", "office"} <= {entry["type"] for entry in entries}
    charter = next(entry for entry in entries if entry["type"] == "charter")
    assert charter["sha256"] == trust.public.get("/governance/v1/charters/current").json["sha256"]


def test_entries_are_canonical_and_chained(trust):
    last = {}
    for index, raw in enumerate(bundles(trust, settled(trust).size)):
        entry = json.loads(raw)
        assert raw == json.dumps(entry, sort_keys=True, separators=(",", ":")).encode() and len(raw) <= 65535
        assert sorted(entry) == ["at", "body", "id", "prev", "sha256", "type", "v"] and entry["v"] == 1
        key = entry["type"], entry["id"]
        assert entry["prev"] == last.get(key, -1)
        last[key] = index


def test_entries_tell_nobody(trust):
    text = b"\n".join(bundles(trust, settled(trust).size)).decode()
    for founder in trust.charter["founders"]:
        assert founder["display_name"] not in text and founder["email"] not in text
    for invite in trust.invites:
        assert invite["member_id"] not in text


def test_tiles_and_entries_lead_to_the_signed_root(trust):
    """Over 256 leaves, so that there is a full tile and a second level."""
    add_leaves(trust, 300, "many")
    found = settled(trust)
    assert found.size > 300 and found.verify(own_key(trust))
    hashes = [leaf_hash(entry) for entry in bundles(trust, found.size)]
    assert len(hashes) == found.size and tree_root(hashes) == found.root
    level = 0
    while hashes:
        for number in range((len(hashes) + 255) // 256):
            part = hashes[number * 256:number * 256 + 256]
            tile = trust.public.get(f"/log/tile/{level}/{tile_path(number, len(part))}")
            assert tile.raw == b"".join(part)
            assert "immutable" in tile.headers["Cache-Control"] and tile.headers["Content-Type"] == "application/octet-stream"
        hashes, level = level_hashes(hashes), level + 1
    assert level == 2


def test_partial_tile_of_every_checkpoint_stays(trust):
    before = settled(trust)
    add_leaves(trust, 3, "later")
    after = settled(trust)
    assert after.size > before.size
    for size in (before.size, after.size):
        width = size % 256
        if width:
            raw = trust.public.get(f"/log/tile/0/{tile_path(size // 256, width)}").raw
            assert len(raw) == 32 * width
    hashes = [leaf_hash(entry) for entry in bundles(trust, after.size)]
    assert tree_root(hashes[:before.size]) == before.root, "the log only grows"


@pytest.mark.parametrize("path", [
    "0/999", "0/000.p/0", "0/000.p/256", "0/000.p/255x", "0/00", "0/0000", "0/x000/001", "0/x001", "0/abc", "8/000", "-1/000", "0/000/000",
    "0/000.p", "0/000.p/", "0/000.p/01", "7/000", "entries/999", "entries/000.p/0", "entries/00", "entries/x000/000", "00/000"])
def test_unknown_tile(trust, path):
    answer = trust.public.send("GET", f"/log/tile/{path}")
    assert answer.status == 404 and answer.json["type"] in ("/problems/not_found", "/problems/no_route")


def test_width_no_checkpoint_had(trust):
    found = settled(trust)
    width = found.size % 256 + 1
    assert trust.public.send("GET", f"/log/tile/0/{tile_path(found.size // 256, width)}").status == 404


# -- proofs -------------------------------------------------------------------------------------------------------------

def proof(trust, kind, identifier):
    """Index, path and checkpoint of a tlog-proof."""
    answer = trust.public.get(f"/log/proof/{kind}/{urllib.parse.quote(identifier)}")
    head, note = answer.raw.decode().split("\n\n", 1)
    lines = head.split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1" and lines[1].startswith("index ")
    return int(lines[1][6:]), [base64.b64decode(line, validate=True) for line in lines[2:]], Checkpoint(note)


def test_proof_of_every_object(trust):
    size = settled(trust).size
    entries = bundles(trust, size)
    newest = {(json.loads(raw)["type"], json.loads(raw)["id"]): index for index, raw in enumerate(entries)}
    picked = [item for item in newest.items() if item[0][0] != "policy_test"] + [item for item in newest.items() if item[0][0] == "policy_test"][::37]
    for (kind, identifier), index in picked:
        shown, path, found = proof(trust, kind, identifier)
        assert shown == index and found.verify(own_key(trust))
        assert proven_root(index, found.size, leaf_hash(entries[index]), path) == found.root
        with pytest.raises(AssertionError):
            assert proven_root(index, found.size, leaf_hash(entries[index] + b" "), path) == found.root


def test_proofs_at_the_tree_edges(stack):
    """Sizes around powers of two and a tile's end: every leaf of every tree."""
    made = stack.trust(sign_in=False)
    made.sql("INSERT INTO log.entry_type (type, schema_name, about) VALUES ('policy_test', 'log', 'of this test')")
    base = settled(made).size
    for size in (33, 64, 65, 127, 128, 129, 255, 256, 257):
        if size <= base:
            continue
        add_leaves(made, size - base, f"s{size}-")
        base = settled(made).size
        assert base == size
        entries = bundles(made, size)
        for index in {0, 1, size // 2, size - 2, size - 1}:
            entry = json.loads(entries[index])
            if any(json.loads(e)["id"] == entry["id"] for e in entries[index + 1:]):
                continue
            shown, path, found = proof(made, entry["type"], entry["id"])
            assert shown == index and found.size == size
            assert proven_root(index, size, leaf_hash(entries[index]), path) == found.root
    stack.release(made)


def test_proof_of_what_is_not_there(trust):
    assert trust.public.send("GET", "/log/proof/grant/01900000-0000-7000-8000-000000000000").json["type"] == "/problems/not_found"


def test_proof_of_what_waits(fresh_trust):
    settled(fresh_trust)
    fresh_trust.stop()
    fresh_trust.start("log")  # without a worker nothing is sequenced
    fresh_trust.sql("SELECT log.append_leaf('grant', 'g1', repeat('0', 64), '{}')")
    answer = fresh_trust.public.send("GET", "/log/proof/grant/g1")
    assert answer.status == 409 and answer.json["type"] == "/problems/not_yet_logged" and int(answer.headers["Retry-After"]) > 0


def test_policy_names_the_key(trust):
    lines = [line for line in trust.public.get("/log/policy").raw.decode().splitlines() if not line.startswith("#")]
    assert lines == [f"log {own_key(trust)}", "quorum none"]


@pytest.mark.parametrize("path, seconds", [("/log/checkpoint", 5), ("/log/keys", 60), ("/log/policy", 60)])
def test_caching(trust, path, seconds):
    settled(trust)
    assert f"max-age={seconds}" in trust.public.get(path).headers["Cache-Control"]


# -- the sequencer ------------------------------------------------------------------------------------------------------

def test_checkpoint_file_follows(trust):
    add_leaves(trust, 1, "file")
    found = settled(trust)
    eventually("the checkpoint file", lambda: trust.checkpoint_file.exists() and trust.checkpoint_file.read_text() == found.text)


def test_unknown_type_is_refused(trust):
    with pytest.raises(Exception, match="no entry type"):
        trust.sql("SELECT log.append_leaf('gossip', 'x', repeat('0', 64), '{}')")


def refusal_after_restart(made, tamper):
    """Stops the daemon, tampers, starts it, gives it something to sign; the log line in which it refuses."""
    found = settled(made)
    eventually("the checkpoint file", lambda: made.checkpoint_file.exists() and made.checkpoint_file.read_text() == found.text)
    made.stop()
    before = len(made.log_text())
    tamper(found)
    made.sql("SELECT log.append_leaf('grant', 'after', repeat('0', 64), '{}')")
    made.daemon = Daemon(made.config, made.port, made.log_path)
    line = made.wait_logged(REFUSES, before)
    eventually("the reason to be kept", lambda: made.sql("SELECT reason IS NOT NULL FROM log.health")[0][0])
    return found, line


def assert_unsigned(made, found):
    assert made.sql("SELECT max(size) FROM log.checkpoint")[0][0] <= found.size
    assert made.sql("SELECT count(*) FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL")[0][0] > 0
    assert made.checkpoint_file.read_text() == found.text


def readyz(made):
    """Status and body; (0, "") while nobody listens yet."""
    connection = http.client.HTTPConnection("127.0.0.1", made.port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except ConnectionRefusedError:
        return 0, ""
    finally:
        connection.close()


def test_edited_leaf_stops_signing(stack):
    made = stack.trust(sign_in=False)
    found, line = refusal_after_restart(made, lambda _: spoil(
        made,
        "UPDATE log.entry SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), '\"v\":1', '\"v\":2'), 'UTF8') WHERE index = 3"))
    assert "entry 3" in line
    assert_unsigned(made, found)
    stack.release(made)


def test_edited_leaf_with_its_hash_stops_signing(stack):
    """Somebody who recomputes the leaf hash too is found by the tiles, or by the root."""
    made = stack.trust(sign_in=False)
    found, line = refusal_after_restart(made, lambda _: spoil(
        made,
        "UPDATE log.entry SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), '\"v\":1', '\"v\":2'), 'UTF8') WHERE index = 3",
        "UPDATE log.entry SET leaf_hash = sha256('\\x00'::bytea || bytes) WHERE index = 3"))
    assert str(found.size) in line
    assert_unsigned(made, found)
    stack.release(made)


def test_removed_leaf_stops_signing(stack):
    made = stack.trust(sign_in=False)
    found, line = refusal_after_restart(made, lambda before: spoil(made, f"DELETE FROM log.entry WHERE index = {before.size - 1}"))
    assert str(found.size) in line and str(found.size - 1) in line, "both sizes are named"
    assert_unsigned(made, found)
    stack.release(made)


def test_restored_backup_stops_signing(stack):
    """A database with an older, consistent log beside a newer checkpoint file."""
    made = stack.trust(sign_in=False)
    old = settled(made)
    made.stop()
    made.sql("CREATE SCHEMA kept")
    for table in ("entry", "tile", "checkpoint"):
        made.sql(f"CREATE TABLE kept.{table} AS TABLE log.{table}")
    made.start()
    made.sql("SELECT log.append_leaf('grant', 'g' || i, repeat('0', 64), '{}') FROM generate_series(1, 5) AS i")

    def restore(_):
        spoil(made, *(f"DELETE FROM log.{table}" for table in ("entry", "tile", "checkpoint")),
              *(f"INSERT INTO log.{table} SELECT * FROM kept.{table}" for table in ("entry", "tile", "checkpoint")))

    new, line = refusal_after_restart(made, restore)
    assert new.size >= old.size + 5 and str(old.size) in line and str(new.size) in line, "both sizes are named"
    assert_unsigned(made, new)
    stack.release(made)


def test_missing_checkpoint_file_stops_signing(stack):
    made = stack.trust(sign_in=False)
    settled(made)
    made.sql("SELECT log.append_leaf('grant', 'g1', repeat('0', 64), '{}')")
    settled(made)

    def lose(found):
        shutil.move(made.checkpoint_file, str(made.checkpoint_file) + ".lost")

    found = settled(made)
    made.stop()
    before = len(made.log_text())
    lose(found)
    made.sql("SELECT log.append_leaf('grant', 'after', repeat('0', 64), '{}')")
    made.daemon = Daemon(made.config, made.port, made.log_path)
    line = made.wait_logged(REFUSES, before)
    assert str(found.size) in line
    assert made.sql("SELECT max(size) FROM log.checkpoint")[0][0] == found.size
    stack.release(made)


def test_file_one_checkpoint_behind_is_accepted(stack):
    """What a crash between commit and file leaves."""
    made = stack.trust(sign_in=False)
    old = settled(made)
    eventually("the checkpoint file", lambda: made.checkpoint_file.exists() and made.checkpoint_file.read_text() == old.text)
    made.sql("SELECT log.append_leaf('grant', 'g1', repeat('0', 64), '{}')")
    settled(made)
    made.stop()
    made.checkpoint_file.write_text(old.text)
    made.start()
    made.sql("SELECT log.append_leaf('grant', 'g2', repeat('0', 64), '{}')")
    new = settled(made)
    assert new.size > old.size and new.verify(own_key(made))
    stack.release(made)


def test_refusal_fails_readiness(stack):
    made = stack.trust(sign_in=False)
    refusal_after_restart(made, lambda before: spoil(made, f"DELETE FROM log.entry WHERE index = {before.size - 1}"))
    eventually("/readyz to fail for the signing", lambda: readyz(made)[0] == 503 and "sign" in readyz(made)[1], 15)
    stack.release(made)
