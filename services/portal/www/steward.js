// SPDX-License-Identifier: AGPL-3.0-or-later
// A steward's key for one reading of a sealed vote: P-256, made here, kept by the steward as a file, its private half revealed when voting has closed.
import { KeyFileError, readKeyFile, writeKeyFile } from "./keyfile.js";
import { base64url, concat, unbase64url } from "./seal.js";

const P256 = { name: "ECDH", namedCurve: "P-256" };

/**
 * A new key.
 * @param {string} passPhrase
 * @returns {Promise<{file: string, publicKey: string}>} what the steward keeps, and the point that is posted (65 bytes in base64url)
 */
export async function makeStewardKey(passPhrase) {
    const pair = await crypto.subtle.generateKey(P256, true, ["deriveBits"]);
    const [secret, point] = await Promise.all([crypto.subtle.exportKey("pkcs8", pair.privateKey), crypto.subtle.exportKey("raw", pair.publicKey)]);
    return { file: await writeKeyFile(new Uint8Array(secret), passPhrase), publicKey: base64url(new Uint8Array(point)) };
}

/**
 * @param {string} file; @param {string} passPhrase
 * @returns {Promise<{privateKey: string, publicKey: string}>} 32 and 65 bytes in base64url; throws KeyFileError
 */
export async function openStewardKey(file, passPhrase) {
    const secret = await readKeyFile(file, passPhrase);
    const key = await crypto.subtle.importKey("pkcs8", secret, P256, true, ["deriveBits"]).catch(() => {
        throw new KeyFileError("file");
    });
    const { d, x, y } = await crypto.subtle.exportKey("jwk", key);
    return { privateKey: d, publicKey: base64url(concat(Uint8Array.of(4), unbase64url(x), unbase64url(y))) };
}
