# SPDX-License-Identifier: AGPL-3.0-or-later
"""@sigstore/verify accepts the log's checkpoints and inclusion proofs, and refuses them with one byte changed."""
import json
import subprocess

import pytest

from test_log import add_leaves, own_key, settled


@pytest.fixture(scope="module")
def logged(trust):
    """Verifier key, proof and entry of a leaf of many."""
    trust.sql("INSERT INTO log.entry_type (type, schema_name, about) VALUES ('policy_test', 'log', 'of this test') ON CONFLICT DO NOTHING")
    add_leaves(trust, 20, "npm")
    settled(trust)
    return {"vkey": own_key(trust), "proof": trust.public.get("/log/proof/policy_test/npm7").raw.decode(),
            "entry": bytes(trust.sql("SELECT bytes FROM log.entry WHERE object_id = 'npm7'")[0][0]).decode()}


def verified(packages, given):
    done = subprocess.run(["node", "sigstore.mjs"], cwd=packages, input=json.dumps(given), capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1), done.stderr[-2000:]
    return done.returncode == 0


def places(proof):
    """One byte of each thing in the proof: index, first and last hash, name, size, root, key id, signature."""
    head, note = proof.split("\n\n", 1)
    start = len(head) + 2
    lines = head.split("\n")
    yield from (proof.index("index ") + 6, len(lines[0]) + len(lines[1]) + 5, len(head) - 20, start, start + note.index("\n") + 1)
    yield start + note.index("\n", note.index("\n") + 1) + 7
    signature = start + note.rindex(" ") + 1
    yield from (signature + 1, signature + 40)


def test_sigstore_accepts(packages, logged):
    assert verified(packages, logged)


@pytest.mark.parametrize("n", range(8))
def test_sigstore_refuses_one_changed_byte_of_the_proof(packages, logged, n):
    proof = logged["proof"]
    place = list(places(proof))[n]
    changed = chr(ord(proof[place]) ^ 1)
    assert not verified(packages, {**logged, "proof": proof[:place] + changed + proof[place + 1:]}), proof[place]


def test_sigstore_refuses_one_changed_byte_of_the_entry(packages, logged):
    entry = logged["entry"]
    for place in (0, len(entry) // 2, len(entry) - 1):
        assert not verified(packages, {**logged, "entry": entry[:place] + chr(ord(entry[place]) ^ 1) + entry[place + 1:]})
