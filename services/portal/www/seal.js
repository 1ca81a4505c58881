// SPDX-License-Identifier: AGPL-3.0-or-later
// Ballots: sealed, opened, and known again by their tracker (governance.md, sections 8 and 9), with WebCrypto alone. It sends and keeps nothing;
// the page holds the record until the receipt is there.

export const CLASSES = ["U", "W", "C"];
const NONCE = new Uint8Array(12);
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const ascii = new TextEncoder();

// ---- bytes and texts ----

/** @param {Uint8Array} bytes */
export function base64url(bytes) {
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @param {string} text base64url without padding; what is none throws */
export function unbase64url(text) {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    if (base64url(bytes) !== text) throw new TypeError("no base64url");
    return bytes;
}

/** @param {Uint8Array} bytes */
export function hex(bytes) {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} text an even number of hex digits */
export function unhex(text) {
    return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** @param {...Uint8Array} parts */
export function concat(...parts) {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole;
}

/** @param {string|Uint8Array} data texts as UTF-8; @returns {Promise<Uint8Array>} 32 bytes */
export async function sha256(data) {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", typeof data === "string" ? ascii.encode(data) : data));
}

/** JSON with sorted keys and no spaces: what hashes are of. Its numbers are integers. */
export function canonical(value) {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

/** Whether this page may use WebCrypto: browsers give it over TLS, and on the machine itself. */
export function canSeal() {
    return globalThis.crypto?.subtle !== undefined;
}

// ---- Shamir, 2 of 3, over GF(2^8) with 0x11b ----

function twice(a) {
    return (a << 1) ^ (a & 0x80 ? 0x11b : 0);
}

function times(a, by) {
    return (by & 1 ? a : 0) ^ (by & 2 ? twice(a) : 0);
}

/** Share 1, 2 or 3 of a key. */
export function share(key, slope, number) {
    return key.map((byte, i) => byte ^ times(slope[i], number));
}

// 1/1, 1/2 and 1/3 in the field.
const INVERSE = [0, 0x01, 0x8d, 0xf6];

function product(a, b) {
    let sum = 0;
    for (let power = a; b; b >>= 1, power = twice(power)) sum ^= b & 1 ? power : 0;
    return sum;
}

/** The key of two shares with their numbers. */
export function join(i, first, j, second) {
    return first.map((byte, at) => product(times(byte, j) ^ times(second[at], i), INVERSE[i ^ j]));
}

// ---- keys ----

/** The private key to a point, or of nothing where the two do not belong together (it throws). */
export async function privateKey(scalar, point) {
    const jwk = { kty: "EC", crv: "P-256", x: base64url(point.slice(1, 33)), y: base64url(point.slice(33)), d: base64url(scalar) };
    return crypto.subtle.importKey("jwk", jwk, CURVE, false, ["deriveBits"]);
}

async function aes(key, usage) {
    return crypto.subtle.importKey("raw", key, "AES-GCM", false, [usage]);
}

async function encrypt(key, bound, plain) {
    return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: NONCE, additionalData: bound }, await aes(key, "encrypt"), plain));
}

async function decrypt(key, bound, cipher) {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: NONCE, additionalData: bound }, await aes(key, "decrypt"), cipher));
}

/** The key that wraps the share of a class: ECDH, then HKDF. */
async function wrapping(secret, point, box, classCode) {
    const peer = await crypto.subtle.importKey("raw", point, CURVE, false, []);
    const z = await crypto.subtle.deriveBits({ name: "ECDH", public: peer }, secret, 256);
    const material = await crypto.subtle.importKey("raw", z, "HKDF", false, ["deriveBits"]);
    const how = { name: "HKDF", hash: "SHA-256", salt: ascii.encode(box), info: ascii.encode(`commonhold-seal/1:${classCode}`) };
    return new Uint8Array(await crypto.subtle.deriveBits(how, material, 256));
}

// ---- ballots ----

/** A choice as it is sealed: {"c":"yes"}, {"r":[3,1]} or {"p":[1,4]}, padded with spaces. Too long a choice throws. */
export function pad(choice, size) {
    const text = ascii.encode(canonical(choice));
    if (text.length > size) throw new RangeError("the choice does not fit into the ballot");
    const padded = new Uint8Array(size).fill(0x20);
    padded.set(text);
    return padded;
}

/** What a record promises about key and choice. */
export function commitment(key, padded) {
    return sha256(concat(ascii.encode("commonhold-choice/1"), key, padded));
}

async function fresh() {
    return { key: crypto.getRandomValues(new Uint8Array(32)), slope: crypto.getRandomValues(new Uint8Array(32)),
             ephemeral: await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]) };
}

/**
 * Seals a choice.
 * @param {{box: string, classCode: string, stewards: string[], choice: object, size: number}} ballot stewards: the points of U, W and C in base64url
 * @param secrets drawn for each ballot; tests give their own
 * @returns {Promise<object>} the record; its canonical text is what is hashed
 */
export async function seal({ box, classCode, stewards, choice, size }, secrets) {
    const { key, slope, ephemeral } = secrets ?? await fresh();
    const e = new Uint8Array(await crypto.subtle.exportKey("raw", ephemeral.publicKey));
    const padded = pad(choice, size);
    const wrapped = await Promise.all(CLASSES.map(async (steward, i) =>
        encrypt(await wrapping(ephemeral.privateKey, unbase64url(stewards[i]), box, steward), e, share(key, slope, i + 1))));
    return { box, c: base64url(await encrypt(key, ascii.encode(`${box}/${classCode}`), padded)), class: classCode,
             commit: base64url(await commitment(key, padded)), e: base64url(e), v: 1, w: wrapped.map(base64url) };
}

/**
 * Opens a record by two stewards' private keys.
 * @param {object} record
 * @param {{class: string, secret: CryptoKey}[]} openers two, in the order of CLASSES
 * @returns {Promise<{key: Uint8Array, choice: string}|null>} null: it does not open, or holds something else than it promised
 */
export async function open(record, openers) {
    try {
        const e = unbase64url(record.e);
        const numbers = openers.map((opener) => CLASSES.indexOf(opener.class) + 1);
        const [first, second] = await Promise.all(openers.map(async (opener, i) =>
            decrypt(await wrapping(opener.secret, e, record.box, opener.class), e, unbase64url(record.w[numbers[i] - 1]))));
        const key = join(numbers[0], first, numbers[1], second);
        const padded = await decrypt(key, ascii.encode(`${record.box}/${record.class}`), unbase64url(record.c));
        if (base64url(await commitment(key, padded)) !== record.commit) return null;
        return { key, choice: new TextDecoder().decode(padded) };
    } catch (fault) {
        if (fault instanceof DOMException || fault instanceof TypeError) return null;
        throw fault;
    }
}

// ---- trackers ----

/** The name of a record: SHA-256 of its canonical text, in hex. */
export async function recordHash(record) {
    return hex(await sha256(canonical(record)));
}

/** The first 100 bits of a record's hash in Crockford base32, in five groups of four. */
export function tracker(recordSha256) {
    let bits = BigInt(`0x${recordSha256}`) >> 156n, letters = "";
    for (let i = 0; i < 20; i++, bits >>= 5n) letters = CROCKFORD[Number(bits & 31n)] + letters;
    return letters.match(/.{4}/g).join("-");
}

/** A tracker as somebody wrote it (small letters, O for 0, I and L for 1, no dashes), or null. */
export function readTracker(text) {
    const letters = text.replace(/[\s-]/g, "").toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
    return letters.length === 20 && [...letters].every((letter) => CROCKFORD.includes(letter)) ? letters.match(/.{4}/g).join("-") : null;
}
