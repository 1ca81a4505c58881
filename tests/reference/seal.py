# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sealed ballots a second time (governance.md, sections 8 and 9): sealing, opening, trackers; shares no code with services/. Run as a program
it prints the hash of the record that tests/unit/test_ballot.c holds."""
import base64
import hashlib
import json
import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CLASSES = "UWC"
NONCE = bytes(12)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def multiply(a, b):
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = (a << 1) ^ (0x11b if a & 0x80 else 0)
        b >>= 1
    return product


INVERSE = {a: next(b for b in range(1, 256) if multiply(a, b) == 1) for a in range(1, 4)}


def share(key, slope, number):
    return bytes(k ^ multiply(a, number) for k, a in zip(key, slope))


def join(first, one, second, other):
    """The secret of two shares; numbers from 1."""
    return bytes(multiply(multiply(x, second) ^ multiply(y, first), INVERSE[first ^ second]) for x, y in zip(one, other))


def private(scalar):
    return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())


def point(key):
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def wrapping(key, peer, box, code):
    z = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), peer))
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=box.encode(), info=b"commonhold-seal/1:" + code.encode()).derive(z)


def pad(choice, size=32):
    return canonical(choice).encode().ljust(size)


def commit(key, choice):
    return hashlib.sha256(b"commonhold-choice/1" + key + choice).digest()


def seal(box, code, stewards, choice, size=32, key=None, slope=None, ephemeral=None):
    """The record, as the text that is hashed. stewards: points of U, W, C."""
    key, slope = key or os.urandom(32), slope or os.urandom(32)
    secret = private(ephemeral) if ephemeral else ec.generate_private_key(ec.SECP256R1())
    e, padded = point(secret), choice if isinstance(choice, bytes) else pad(choice, size)
    wrapped = [AESGCM(wrapping(secret, peer, box, c)).encrypt(NONCE, share(key, slope, i + 1), e)
               for i, (c, peer) in enumerate(zip(CLASSES, stewards))]
    return canonical({"box": box, "c": b64(AESGCM(key).encrypt(NONCE, padded, f"{box}/{code}".encode())), "class": code,
                      "commit": b64(commit(key, padded)), "e": b64(e), "v": 1, "w": [b64(w) for w in wrapped]})


def unseal(text, keys):
    """(key, padded choice) by the private keys {class code: 32 bytes} of two stewards."""
    record = json.loads(text)
    e, shares = unb64(record["e"]), []
    for code, scalar in sorted(keys.items(), key=lambda item: CLASSES.index(item[0]))[:2]:
        number = CLASSES.index(code)
        unwrap = AESGCM(wrapping(private(scalar), e, record["box"], code))
        shares.append((number + 1, unwrap.decrypt(NONCE, unb64(record["w"][number]), e)))
    key = join(*shares[0], *shares[1])
    choice = AESGCM(key).decrypt(NONCE, unb64(record["c"]), f"{record['box']}/{record['class']}".encode())
    assert commit(key, choice) == unb64(record["commit"])
    return key, choice


def record_hash(text):
    return hashlib.sha256(text.encode()).hexdigest()


def tracker(text):
    bits = int(record_hash(text), 16) >> 156
    letters = "".join(CROCKFORD[bits >> (95 - 5 * i) & 31] for i in range(20))
    return "-".join(letters[i:i + 4] for i in range(0, 20, 4))


if __name__ == "__main__":
    made = seal("0196f0a0-0000-7000-8000-000000000001/1", "W", [point(private(bytes([i] * 32))) for i in (1, 2, 3)], {"c": "yes"},
                key=bytes(range(32)), slope=bytes(range(32, 64)), ephemeral=bytes([4] * 32))
    assert unseal(made, {"U": bytes([1] * 32), "C": bytes([3] * 32)}) == (bytes(range(32)), pad({"c": "yes"}))
    print(record_hash(made))
