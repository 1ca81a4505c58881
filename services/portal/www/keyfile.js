// SPDX-License-Identifier: AGPL-3.0-or-later
// Private keys as files: PKCS#8 under a pass phrase (RFC 5958, PBES2 of RFC 8018 with PBKDF2-HMAC-SHA256 and AES-256-CBC) in PEM, as `openssl pkcs8`
// writes and reads them. Nothing is kept or sent here.

const ROUNDS = 600000; // of PBKDF2
const ROUNDS_MOST = 10000000; // a file that asks for more keeps the page busy for minutes
const SALT_BYTES = 16, IV_BYTES = 16;
const SEQUENCE = 0x30, OCTETS = 0x04, INTEGER = 0x02, OBJECT = 0x06, NOTHING = [0x05, 0x00];
const PBES2 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
const PBKDF2 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
const HMAC_SHA256 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09];
const AES_256_CBC = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a];
const HEAD = "-----BEGIN ENCRYPTED PRIVATE KEY-----", FOOT = "-----END ENCRYPTED PRIVATE KEY-----";

/** What a key file may be refused for: `file` (no such file, or of another kind) or `pass` (another pass phrase). */
export class KeyFileError extends Error {}

// ---- DER ----

function digits(value) {
    const bytes = [];
    for (let left = value; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
    return bytes;
}

function lengthOf(size) {
    return size < 0x80 ? [size] : [0x80 | digits(size).length, ...digits(size)];
}

/** One value of DER: its tag, and bytes. */
function der(tag, ...parts) {
    const body = parts.flatMap((part) => [...part]);
    return [tag, ...lengthOf(body.length), ...body];
}

/** A positive integer, with the zero that keeps it positive. */
function integer(value) {
    const bytes = digits(value);
    return der(INTEGER, bytes[0] >= 0x80 ? [0, ...bytes] : bytes);
}

/** Reads values one behind the other: [{tag, body}]; what does not add up throws. */
function values(bytes) {
    const found = [];
    for (let at = 0; at < bytes.length;) {
        const tag = bytes[at];
        let size = bytes[at + 1];
        at += 2;
        if (size >= 0x80) {
            const digits = size - 0x80;
            size = bytes.slice(at, at + digits).reduce((sum, byte) => sum * 256 + byte, 0);
            at += digits;
        }
        if (!(size <= bytes.length - at)) throw new KeyFileError("file");
        found.push({ tag, body: bytes.slice(at, at + size) });
        at += size;
    }
    return found;
}

/** The values in one of `tag`, as many as `tags`, of these tags. */
function inside(value, tag, ...tags) {
    const found = value?.tag === tag ? values(value.body) : [];
    if (tags.some((wanted, n) => found[n]?.tag !== wanted)) throw new KeyFileError("file");
    return found;
}

function is(value, object) {
    if (value.body.length !== object.length || object.some((byte, n) => byte !== value.body[n])) throw new KeyFileError("file");
}

// ---- PEM ----

function toPem(bytes) {
    const text = btoa(String.fromCharCode(...bytes));
    return `${[HEAD, ...text.match(/.{1,64}/g), FOOT].join("\n")}\n`;
}

function fromPem(text) {
    const lines = text.trim().split(/\r?\n/);
    if (lines[0] !== HEAD || lines.at(-1) !== FOOT) throw new KeyFileError("file");
    try {
        return Uint8Array.from(atob(lines.slice(1, -1).join("")), (letter) => letter.charCodeAt(0));
    } catch {
        throw new KeyFileError("file");
    }
}

// ---- the file ----

async function cipherKey(passPhrase, salt, iterations, use) {
    const secret = await crypto.subtle.importKey("raw", new TextEncoder().encode(passPhrase), "PBKDF2", false, ["deriveKey"]);
    return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, secret, { name: "AES-CBC", length: 256 }, false, [use]);
}

/**
 * @param {Uint8Array} pkcs8 a private key; @param {string} passPhrase
 * @returns {Promise<string>} its file
 */
export async function writeKeyFile(pkcs8, passPhrase) {
    const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES)), iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const key = await cipherKey(passPhrase, salt, ROUNDS, "encrypt");
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, pkcs8));
    const derivation = der(SEQUENCE, der(OBJECT, PBKDF2), der(SEQUENCE, der(OCTETS, salt), integer(ROUNDS), der(SEQUENCE, der(OBJECT, HMAC_SHA256), NOTHING)));
    const cipher = der(SEQUENCE, der(OBJECT, AES_256_CBC), der(OCTETS, iv));
    return toPem(der(SEQUENCE, der(SEQUENCE, der(OBJECT, PBES2), der(SEQUENCE, derivation, cipher)), der(OCTETS, sealed)));
}

/**
 * @param {string} text of a file; @param {string} passPhrase
 * @returns {Promise<Uint8Array>} the private key as PKCS#8; throws KeyFileError
 */
export async function readKeyFile(text, passPhrase) {
    const [whole] = values(fromPem(text));
    const [scheme, sealed] = inside(whole, SEQUENCE, SEQUENCE, OCTETS);
    const [kind, parameters] = inside(scheme, SEQUENCE, OBJECT, SEQUENCE);
    is(kind, PBES2);
    const [derivation, cipher] = inside(parameters, SEQUENCE, SEQUENCE, SEQUENCE);
    const [how, given] = inside(derivation, SEQUENCE, OBJECT, SEQUENCE);
    is(how, PBKDF2);
    const [salt, rounds, ...rest] = inside(given, SEQUENCE, OCTETS, INTEGER);
    const [prf] = inside(rest.at(-1), SEQUENCE, OBJECT);
    is(prf, HMAC_SHA256);
    const [mode, iv] = inside(cipher, SEQUENCE, OBJECT, OCTETS);
    is(mode, AES_256_CBC);
    const iterations = rounds.body.reduce((sum, byte) => sum * 256 + byte, 0);
    if (!(iterations > 0 && iterations <= ROUNDS_MOST) || iv.body.length !== IV_BYTES) throw new KeyFileError("file");
    const key = await cipherKey(passPhrase, salt.body, iterations, "decrypt");
    try {
        return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv: iv.body }, key, sealed.body));
    } catch {
        throw new KeyFileError("pass");
    }
}
