# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults of the transparency log, of what must be in it, and of what others keep of it: checks T1 to T5."""
import base64
import hashlib
import pathlib
import re

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from faults import HEX, Fault, told

PUBLISHED, KEPT = ["--tiles", "{folder}/tiles"], ["--kept", "{folder}/kept"]
NEWEST = "(SELECT max(size) FROM log.checkpoint)"
DASH = "\u2014"


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def a_leaf(b, kind="consent", full=True):
    """(index, leaf hash, bytes) of an entry in the full tile, or in the one that is not; of a type that no other check reads."""
    index, leaf, text = b.sql(f"SELECT index, encode(leaf_hash, 'hex'), convert_from(bytes, 'UTF8') FROM log.entry WHERE type = %s AND index {'<' if full else '>='} 256 "
                              "ORDER BY index DESC LIMIT 1", kind)[0]
    return index, leaf, text


def sha(text):
    return hashlib.sha256(b"\0" + text.encode()).hexdigest()


def edited(text):
    """The same entry, saying more."""
    return text.replace('"body":{', '"body":{"a":1,', 1).replace(",}", "}")


def set_bytes(index, text, hashed=False):
    literal = text.replace("'", "''").replace("%", "%%")
    return (f"UPDATE log.entry SET bytes = convert_to('{literal}', 'UTF8')" + (f", leaf_hash = decode('{sha(text)}', 'hex')" if hashed else "")
            + f" WHERE index = {index}")


def in_tile(index):
    return f"0/{index // 256}", f"hash {index}"


# -- T1: entries, tiles, root ----------------------------------------------------------------

def leaf_edited(b):
    index, leaf, text = a_leaf(b)
    return Fault(["log.entry"], [set_bytes(index, edited(text))], [told("T1", "leaf", str(index), "hash", sha(edited(text)), leaf)])


def leaf_edited_with_its_hash(b):
    index, leaf, text = a_leaf(b)
    return Fault(["log.entry"], [set_bytes(index, edited(text), True)], [told("T1", "tile", *in_tile(index), sha(edited(text)), leaf)])


def newest_leaf_edited_with_its_hash(b):
    """In the tile that is not full yet, which no other tile vouches for: the root does."""
    index, leaf, text = a_leaf(b, "txn", False)
    text_new = text.replace('"debit":', '"debit":1')
    return Fault(["log.entry"], [set_bytes(index, text_new, True)], [told("T1", "tile", *in_tile(index), sha(text_new), leaf)])


def two_leaves_exchanged(b):
    """Each whole, and each where the other was: no count and no sum moves."""
    (first, one), (second, two) = b.sql("SELECT index, encode(leaf_hash, 'hex') FROM log.entry AS e WHERE type = 'consent' AND index < 256 AND "
                                        "(SELECT count(*) FROM log.entry AS o WHERE o.type = e.type AND o.object_id = e.object_id) = 1 ORDER BY index LIMIT 2")
    return Fault(["log.entry"], [f"UPDATE log.entry SET index = {to} WHERE index = {of}" for of, to in ((first, 1000000), (second, first), (1000000, second))],
                 [told("T1", "tile", *in_tile(first), two, one), told("T1", "tile", *in_tile(second), one, two)])


def leaf_deleted(b):
    index, _, _ = a_leaf(b)
    commitment = b.one("SELECT object_id FROM log.entry WHERE index = %s", index)
    return Fault(["log.entry"], [f"DELETE FROM log.entry WHERE index = {index}"],
                 [told("T1", "leaf", str(index), "entry", "1", "0"), told("T2", "consent", commitment, "leaves", "1", "0")])


def leaf_inserted(b):
    """Behind the signed size."""
    size = b.one(f"SELECT {NEWEST}")
    return Fault(["log.entry"], [f"INSERT INTO log.entry SELECT {size}, 0, 'ballots', 'nobody/1', object_sha256, -1, at, sha256('\\x00'::bytea || x.bytes), x.bytes FROM log.entry, LATERAL convert_to("
                                 "'{\"at\":\"' || log.time_text(at) || '\",\"body\":{},\"id\":\"nobody/1\",\"prev\":-1,\"sha256\":\"' || object_sha256 || '\",\"type\":\"ballots\",\"v\":1}', 'UTF8') "
                                 "AS x (bytes) WHERE index = 0"],
                 [told("T1", "leaf", str(size), "entry", "none", "an entry"), told("T2", "ballots", "nobody/1", "object", "an object", "none")])


def leaf_column_edited(b):
    index, before = b.sql("SELECT index, prev FROM log.entry WHERE type = 'consent' ORDER BY index LIMIT 1")[0]
    row, = b.sql("SELECT concat_ws(' ', type, object_id, object_sha256, prev, log.time_text(at)) FROM log.entry WHERE index = %s", index)[0]
    return Fault(["log.entry"], [f"UPDATE log.entry SET prev = 0 WHERE index = {index}"], [
        told("T1", "leaf", str(index), "columns", row, row.replace(f" {before} ", " 0 ")), told("T1", "leaf", str(index), "prev", str(before), "0")])


def tile_edited(b):
    stored = b.one("SELECT encode(substr(hashes, 161, 32), 'hex') FROM log.tile WHERE level = 0 AND number = 0")
    return Fault(["log.tile"], ["UPDATE log.tile SET hashes = set_byte(hashes, 160, (get_byte(hashes, 160) + 1) % 256) WHERE level = 0 AND number = 0"],
                 [told("T1", "tile", "0/0", "hash 5", stored, re.compile("[0-9a-f]{2}" + stored[2:]))])


def two_hashes_of_a_tile_exchanged(b):
    one, two = b.sql("SELECT encode(substr(hashes, 65, 32), 'hex'), encode(substr(hashes, 97, 32), 'hex') FROM log.tile WHERE level = 0 AND number = 0")[0]
    return Fault(["log.tile"], ["UPDATE log.tile SET hashes = substr(hashes, 1, 64) || substr(hashes, 97, 32) || substr(hashes, 65, 32) || substr(hashes, 129) WHERE level = 0 AND number = 0"],
                 [told("T1", "tile", "0/0", "hash 2", one, two), told("T1", "tile", "0/0", "hash 3", two, one)])


def upper_tile_edited(b):
    stored = b.one("SELECT encode(hashes, 'hex') FROM log.tile WHERE level = 1 AND number = 0")
    return Fault(["log.tile"], ["UPDATE log.tile SET hashes = set_byte(hashes, 0, (get_byte(hashes, 0) + 1) % 256) WHERE level = 1 AND number = 0"],
                 [told("T1", "tile", "1/0", "hash 0", stored[:64], re.compile("[0-9a-f]{2}" + stored[2:64]))])


def tile_deleted(b):
    return Fault(["log.tile"], ["DELETE FROM log.tile WHERE level = 1"], [told("T1", "tile", "1/0", "hashes", "a tile", "none")])


def others_signed(b, condition):
    """What witnesses and the authority signed, of checkpoints that are there no more."""
    return [told("T4", kind, ident, "checkpoint", "a checkpoint", "none") for kind, ident in b.sql(
        f"SELECT 'cosignature', size || ' by ' || vkey FROM log.cosignature WHERE {condition} UNION ALL SELECT 'timestamp', size::text FROM log.timestamp WHERE {condition}")]


def root_edited(b):
    size, root = b.sql("SELECT size, encode(root, 'hex') FROM log.checkpoint ORDER BY size DESC LIMIT 1")[0]
    return Fault(["log.checkpoint"], [f"UPDATE log.checkpoint SET root = sha256('another') WHERE size = {size}"], [
        told("T1", "checkpoint", str(size), "root", root, HEX), told("T4", "checkpoint", str(size), "text", size_and_root(size), f"{size} {root}"),
        *others_signed(b, f"size = {size}")])


def size_and_root(size):
    return re.compile(f"{size} [0-9a-f]{{64}}")


def published_entry_changed(b):
    name = "tiles/tile/entries/000"
    spoiled = (b.folder / name).read_bytes().replace(b'"body":{}', b'"body":{ ', 1)
    index = next(i for i, text in enumerate(split(spoiled)) if b'"body":{ ' in text)
    return Fault(files={name: spoiled}, options=PUBLISHED, expected=[told("T1", "published", "tile/entries/000", f"entry {index}", HEX, HEX)])


def split(bundle):
    out = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        out.append(bundle[2:2 + length])
        bundle = bundle[2 + length:]
    return out


def published_tile_changed(b):
    name = "tiles/tile/0/000"
    spoiled = bytearray((b.folder / name).read_bytes())
    spoiled[32 * 7] ^= 1
    return Fault(files={name: bytes(spoiled)}, options=PUBLISHED, expected=[told("T1", "published", "tile/0/000", "hash 7", HEX, HEX)])


def published_bundle_with_bytes_behind(b):
    name = "tiles/tile/entries/000"
    return Fault(files={name: (b.folder / name).read_bytes() + b"\0"}, options=PUBLISHED,
                 expected=[told("T1", "published", "tile/entries/000", "end", "the last entry", "more bytes")])


def published_tile_is_gone(b):
    return Fault(files={"tiles/tile/0/000": None}, options=PUBLISHED, expected=[told("T1", "published", "tile/0/000", "file", "there", "none")])


# -- T2: objects and leaves -------------------------------------------------------------------

TWO_HASHES = re.compile("[0-9a-f]{64} [0-9a-f]{64}")
BOX = "(SELECT proposal_id || '/' || reading FROM governance.ballot_log ORDER BY at LIMIT 1)"


def object_without_a_leaf(b):
    box = b.one(f"SELECT {BOX}")
    return Fault(["governance.ballot_log"], [f"INSERT INTO governance.ballot_log SELECT proposal_id, reading, 2, at, counts, salt, sha256 FROM governance.ballot_log WHERE proposal_id || '/' || reading = '{box}'"],
                 [told("T2", "ballots", box, "leaves", "2", "1")])


def object_removed(b):
    box = b.one(f"SELECT {BOX}")
    return Fault(["governance.ballot_log"], [f"DELETE FROM governance.ballot_log WHERE proposal_id || '/' || reading = '{box}'"],
                 [told("T2", "ballots", box, "object", "an object", "none")])


def two_objects_exchanged(b):
    """Both hashes are in the log, each for the other rule; nothing was voted under either."""
    (first, one), (second, two) = b.sql("SELECT type, sha256 FROM governance.rule_version AS v WHERE NOT EXISTS (SELECT FROM governance.proposal AS p WHERE p.rule_type = v.type) "
                                        "ORDER BY type LIMIT 2")
    return Fault(["governance.rule_version"], [f"UPDATE governance.rule_version SET sha256 = CASE sha256 WHEN '{one}' THEN '{two}' ELSE '{one}' END WHERE sha256 IN ('{one}', '{two}')"],
                 [told("T2", "rule", f"rule:{first}", "hash", two, one), told("T2", "rule", f"rule:{second}", "hash", one, two),
                  told("GOV-A2", "rule", f"{first} 1", "hash", one, two), told("GOV-A2", "rule", f"{second} 1", "hash", two, one)])


def other_than_its_leaf(kind, table, change, ident, *also):
    """One row says something else than the log was told of it."""
    return Fault([table], [f"UPDATE {table} SET {change} WHERE id = '{ident}'"], [told("T2", kind, ident, "hash", HEX, HEX), *also])


def office_for_a_year_more(b):
    ident, until, later = b.sql("SELECT id::text, log.time_text(until_at), log.time_text(until_at + interval '1 year') FROM governance.office WHERE body = 'council' ORDER BY id LIMIT 1")[0]
    return other_than_its_leaf("office", "governance.office", "until_at = until_at + interval '1 year'", ident, told("GOV-O1", "office", ident, "until", until, later))


def two_offices_exchanged(b):
    """Two people sit in each other's seats, as many as before."""
    offices = [ident for ident, in b.sql("SELECT id::text FROM governance.office WHERE body = 'council' ORDER BY id LIMIT 2")]
    return Fault(["governance.office"], [f"UPDATE governance.office AS o SET member_id = x.member_id FROM governance.office AS x WHERE o.id IN ('{one}', '{other}') AND x.id IN ('{one}', '{other}') "
                                         "AND x.id <> o.id" for one, other in [offices]], [told("T2", "office", ident, "hash", HEX, HEX) for ident in offices])


def asset_of_another_origin(b):
    ident, ref, provenance = b.sql("SELECT id::text, ref, provenance FROM governance.asset ORDER BY ref LIMIT 1")[0]
    return other_than_its_leaf("asset", "governance.asset", "provenance = 'bought'", ident, told("GOV-A1", "asset", ref, "provenance", provenance, "bought"))


def prohibition_that_ends(b):
    return other_than_its_leaf("prohibition", "governance.prohibition", f"until_at = '{b.later(days=900)}'", b.one("SELECT id::text FROM governance.prohibition ORDER BY purpose LIMIT 1"))


def grant_for_longer(b):
    ident, = b.sql("SELECT id::text FROM licensing.data_grant ORDER BY id LIMIT 1")[0]
    return Fault(["licensing.data_grant"], [f"UPDATE licensing.data_grant SET until_at = until_at + interval '1 year' WHERE id = '{ident}'"], [
        told("T2", "grant", ident, "hash", HEX, HEX), told("LIC-N4", "grant", ident, "grant", re.compile(".*"), re.compile(".*"))])


def vote_of_the_council_reworded(b):
    case, seat = b.sql("SELECT case_id::text, seat FROM governance.council_vote WHERE choice IS NOT NULL ORDER BY 1, 2 LIMIT 1")[0]
    return Fault(["governance.council_vote"], [f"UPDATE governance.council_vote SET reason_text = 'As I was told.' WHERE case_id = '{case}' AND seat = '{seat}'"],
                 [told("T2", "council_case", case, "hash", HEX, HEX)])


def votes_of_two_cases_exchanged(b):
    """When one seat voted on each: as many votes, and the same in each."""
    (one, seat), (other, _) = b.sql("SELECT DISTINCT ON (case_id) case_id::text, seat FROM governance.council_vote WHERE choice IS NOT NULL ORDER BY case_id, seat LIMIT 2")
    return Fault(["governance.council_vote"], [f"UPDATE governance.council_vote AS v SET at = x.at FROM governance.council_vote AS x WHERE v.seat = '{seat}' AND x.seat = '{seat}' "
                                               f"AND v.case_id IN ('{one}', '{other}') AND x.case_id IN ('{one}', '{other}') AND v.case_id <> x.case_id"],
                 [told("T2", "council_case", case, "hash", HEX, HEX) for case in (one, other)])


def sanction_that_ends(b):
    """Told when it was confirmed and when it was lifted: neither is what it was."""
    ident = b.one("SELECT id::text FROM governance.sanction")
    return Fault(["governance.sanction"], [f"UPDATE governance.sanction SET until_at = '{b.later(days=900)}'"],
                 [told("T2", "sanction", ident, "hash", TWO_HASHES, TWO_HASHES)])


def lift_for_another_reason(b):
    """What was told when the sanction was confirmed holds still."""
    ident = b.one("SELECT id::text FROM governance.sanction")
    return Fault(["governance.sanction_lift"], ["UPDATE governance.sanction_lift SET reason = 'It asked nicely.'"], [told("T2", "sanction", ident, "hash", TWO_HASHES, TWO_HASHES)])


def told_of_a_dispute_that_nobody_had(b):
    name = "01980000-0000-7000-8000-000000000000"
    return Fault(statements=[f"INSERT INTO log.outbox (topic, payload, created_at) VALUES ('leaf', jsonb_build_object('type', 'dispute', 'id', '{name}', 'sha256', repeat('0', 64), 'at', '{b.as_of}', "
                             f"'body', '{{}}'::jsonb), '{b.as_of}')"],
                 undo=[f"DELETE FROM log.outbox WHERE payload ->> 'id' = '{name}'"], expected=[told("T2", "dispute", name, "object", "an object", "none")])


def waiting_again(box, at="clock_timestamp()"):
    """A leaf that was logged waits once more; and the statement that takes it back."""
    same = f"topic = 'leaf' AND payload ->> 'type' = 'ballots' AND payload ->> 'id' = '{box}'"
    return ([f"INSERT INTO log.outbox (topic, payload, created_at) SELECT topic, payload, {at} FROM log.outbox WHERE {same}"],
            [f"DELETE FROM log.outbox WHERE done_at IS NULL AND {same}"])


def told_twice(b):
    box = b.one(f"SELECT {BOX}")
    change, undo = waiting_again(box)
    return Fault(statements=change, undo=undo, expected=[told("T2", "ballots", box, "leaves", "1", "2")])


def entry_tells_of_a_member(b):
    index, leaf, text = a_leaf(b)
    member = b.one("SELECT member_id::text FROM governance.member LIMIT 1")
    spoiled = text.replace('"body":{', f'"body":{{"who":"{member}"', 1)
    return Fault(["log.entry"], [set_bytes(index, spoiled)], [told("T1", "leaf", str(index), "hash", sha(spoiled), leaf),
                                                              told("T1", "leaf", str(index), "personal data", "none", "a member's id")])


# -- T3: history --------------------------------------------------------------------------------

def log_key(b):
    folder = pathlib.Path(re.search(r"passfile=(\S+)", b.admin)[1]).parent
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode((folder / "log.key").read_bytes()))


def signed_text(key, origin, size, root):
    """A checkpoint in the log's name."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    body = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    ident = hashlib.sha256(origin.encode() + b"\n\1" + public).digest()[:4]
    return f"{body}\n{DASH} {origin} {base64.b64encode(ident + key.sign(body.encode())).decode()}\n"


def origin_of(b):
    return b.one("SELECT split_part(vkey, '+', 1) FROM log.key")


def kept_size(b):
    """A checkpoint this auditor kept that is not the newest."""
    return sorted(path.name for path in (b.folder / "kept").iterdir())[0]


def forked(b):
    """Somebody holds another root of a size, signed by the same key."""
    name = kept_size(b)
    other = hashlib.sha256(b"another").digest()
    stored = b.one("SELECT encode(root, 'hex') FROM log.checkpoint WHERE size = %s", int(name))
    return Fault(files={f"kept/{name}": signed_text(log_key(b), origin_of(b), int(name), other).encode()}, options=KEPT,
                 expected=[told("T3", "kept checkpoint", name, "root", other.hex(), stored)])


def kept_without_a_signature(b):
    name = kept_size(b)
    text = signed_text(Ed25519PrivateKey.generate(), origin_of(b), int(name), b"\0" * 32)
    return Fault(files={f"kept/{name}": text.encode()}, options=KEPT, expected=[
        told("T3", "kept checkpoint", name, "form", "a signed checkpoint", "it bears no signature of a key of this log")])


def earlier_checkpoint_forged(b):
    """Text and root of an old row, signed again: it agrees with itself, and not with the log."""
    size, root = b.sql("SELECT size, encode(root, 'hex') FROM log.checkpoint ORDER BY size LIMIT 1")[0]
    other = hashlib.sha256(b"another").digest()
    text = signed_text(log_key(b), origin_of(b), size, other)
    return Fault(["log.checkpoint"], [f"UPDATE log.checkpoint SET root = decode('{other.hex()}', 'hex'), text = '{text}' WHERE size = {size}"],
                 [told("T3", "checkpoint", str(size), "root", other.hex(), root), *others_signed(b, f"size = {size}")])


def rolled_back(b):
    """The newest entries with everything that tells of them, as an old backup would have it."""
    newest, size = (row[0] for row in b.sql("SELECT size FROM log.checkpoint ORDER BY size DESC LIMIT 2"))
    kept = [path.name for path in sorted((b.folder / "kept").iterdir()) if int(path.name) > size]
    gone = b.sql("SELECT type, object_id, (SELECT count(*) FROM log.entry AS o WHERE (o.type, o.object_id) = (e.type, e.object_id)), count(*) FROM log.entry AS e "
                 "WHERE index >= %s GROUP BY type, object_id", size)
    return Fault(["log.entry", "log.checkpoint", "log.tile"], [
        f"DELETE FROM log.entry WHERE index >= {size}", f"DELETE FROM log.checkpoint WHERE size > {size}",
        f"UPDATE log.tile SET width = {size % 256}, hashes = substr(hashes, 1, {size % 256 * 32}) WHERE level = 0 AND number = {size // 256}"],
        [told("T5", "log", "sequenced", "size", str(newest), str(size)), told("T5", "log", "earlier audits", "size", str(newest), str(size)),
         *(told("T5", "log", name, "size", str(int(name)), str(size)) for name in kept),
         *(told("T3", "kept checkpoint", name, "size", str(int(name)), str(size)) for name in kept),
         *(told("T2", kind, ident, "leaves", str(all_of_it), str(all_of_it - lost)) for kind, ident, all_of_it, lost in gone),
         *others_signed(b, f"size > {size}")], options=KEPT)


# -- T4: signatures and keys ---------------------------------------------------------------------

def vkey(b):
    return b.one("SELECT vkey FROM log.key")


def signed_by_an_unknown_key(b):
    size, root = b.sql("SELECT size, root FROM log.checkpoint ORDER BY size DESC LIMIT 1")[0]
    text = signed_text(Ed25519PrivateKey.generate(), origin_of(b), size, bytes(root))
    return Fault(["log.checkpoint"], [f"UPDATE log.checkpoint SET text = '{text}' WHERE size = {size}"], [
        told("T4", "checkpoint", str(size), f"signature of {vkey(b)}", "signed", "not signed", total="bad_signature"),
        told("T4", "checkpoint", str(size), "signature of unknown key", "none", "1", total="bad_signature")])


def signature_of_another_checkpoint(b):
    (size, text), (_, other) = b.sql("SELECT size, text FROM log.checkpoint ORDER BY size DESC LIMIT 2")
    spoiled = text.split(DASH)[0] + DASH + other.split(DASH)[1]
    return Fault(["log.checkpoint"], [f"UPDATE log.checkpoint SET text = '{spoiled}' WHERE size = {size}"], [
        told("T4", "checkpoint", str(size), f"signature of {vkey(b)}", "signed", "wrong", total="bad_signature")])


def signed_with_a_retired_key(b):
    """The key's time ended before its last signatures, and no other had come."""
    key = vkey(b)
    after = b.sql("SELECT size::text FROM log.checkpoint WHERE at > (SELECT from_at FROM log.key) + interval '62 seconds' ORDER BY size")
    return Fault(["log.key"], ["UPDATE log.key SET until_at = from_at + interval '2 seconds'"], [
        told("T2", "key_event", key, "leaves", "2", "1"), told("T4", "key", key, "overlap", "30 days", "less"),
        *(told("T4", "checkpoint", size, f"signature of {key}", "not in force", "signed", total="bad_signature") for size, in after)])


def published_checkpoint_of_nobody(b):
    size, root = b.sql("SELECT size, root FROM log.checkpoint ORDER BY size DESC LIMIT 1")[0]
    text = signed_text(Ed25519PrivateKey.generate(), origin_of(b), size, bytes(root))
    return Fault(files={"tiles/checkpoint": text.encode()}, options=PUBLISHED, expected=[
        told("T4", "published", "checkpoint", f"signature of {vkey(b)}", "signed", "not signed", total="bad_signature"),
        told("T4", "published", "checkpoint", "signature of unknown key", "none", "1", total="bad_signature")])


# -- T5: size and delay ----------------------------------------------------------------------------

def leaf_waits_too_long(b):
    box = b.one(f"SELECT {BOX}")
    change, undo = waiting_again(box, f"'{b.as_of}'::timestamptz")
    return Fault(statements=change, undo=undo, options=["--as-of", b.later(seconds=61)], expected=[told("T2", "ballots", box, "leaves", "1", "2"), told("T5", "log", "ballots", "waiting", "0", "1")])


FAULTS = [leaf_edited, leaf_edited_with_its_hash, newest_leaf_edited_with_its_hash, two_leaves_exchanged, leaf_deleted, leaf_inserted, leaf_column_edited, tile_edited,
          two_hashes_of_a_tile_exchanged, upper_tile_edited, tile_deleted, root_edited, published_entry_changed, published_tile_changed, published_bundle_with_bytes_behind, published_tile_is_gone,
          object_without_a_leaf, object_removed, two_objects_exchanged, office_for_a_year_more, two_offices_exchanged, asset_of_another_origin, prohibition_that_ends,
          grant_for_longer, vote_of_the_council_reworded, votes_of_two_cases_exchanged, sanction_that_ends, lift_for_another_reason, told_of_a_dispute_that_nobody_had, told_twice, entry_tells_of_a_member, forked, kept_without_a_signature, earlier_checkpoint_forged,
          rolled_back, signed_by_an_unknown_key, signature_of_another_checkpoint, signed_with_a_retired_key, published_checkpoint_of_nobody, leaf_waits_too_long]
