// SPDX-License-Identifier: AGPL-3.0-or-later
// What an approver does with a batch before and while signing it (docs/bank-files.md): reads the bank file, compares it with what the trust says, and
// signs the lines of commonhold-approval/1 with an Ed25519 key that stays with them.
import { KeyFileError, readKeyFile, writeKeyFile } from "./keyfile.js";
import { hex, sha256 } from "./seal.js";

const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

/**
 * A new approver's key.
 * @param {string} passPhrase
 * @returns {Promise<{file: string, publicKey: string}>} what the approver keeps, and what is registered (32 bytes in base64)
 */
export async function makeApproverKey(passPhrase) {
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    const [secret, open] = await Promise.all([crypto.subtle.exportKey("pkcs8", pair.privateKey), crypto.subtle.exportKey("raw", pair.publicKey)]);
    return { file: await writeKeyFile(new Uint8Array(secret), passPhrase), publicKey: base64(new Uint8Array(open)) };
}

/**
 * @param {string} file; @param {string} passPhrase
 * @returns {Promise<{sign: (text: string) => Promise<string>, publicKey: string}>} signatures in base64; throws KeyFileError
 */
export async function openApproverKey(file, passPhrase) {
    const secret = await readKeyFile(file, passPhrase);
    const key = await crypto.subtle.importKey("pkcs8", secret, "Ed25519", true, ["sign"]).catch(() => {
        throw new KeyFileError("file");
    });
    const { x } = await crypto.subtle.exportKey("jwk", key);
    return {
        publicKey: `${x.replaceAll("-", "+").replaceAll("_", "/")}=`,
        sign: async (text) => base64(new Uint8Array(await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(text)))),
    };
}

/** The lines that are signed. @param {{id: string, file_sha256: string, total: {minor: number, currency: string}, count: number}} batch */
export function approvalText(batch, officeId, at) {
    return `commonhold-approval/1\nbatch ${batch.id}\nfile ${batch.file_sha256}\ntotal ${batch.total.minor} ${batch.total.currency}\ncount ${batch.count}\napprover ${officeId}\nat ${at}\n`;
}

/** Transfers and sum of a pain.001 file. @returns {{count: number, minor: bigint}|null} null: it is none */
export function readTransfers(text) {
    const file = new DOMParser().parseFromString(text, "application/xml");
    if (file.doctype || file.getElementsByTagName("parsererror").length > 0) return null;
    const amounts = [...file.getElementsByTagNameNS("*", "InstdAmt")].map((one) => one.textContent);
    if (amounts.some((one) => !/^[0-9]+\.[0-9]{2}$/.test(one))) return null;
    return { count: file.getElementsByTagNameNS("*", "CdtTrfTxInf").length, minor: amounts.reduce((sum, one) => sum + BigInt(one.replace(".", "")), 0n) };
}

/** What does not agree between a bank file and its batch: a key of the catalogue, or null. */
export async function disagreement(batch, text) {
    if (hex(await sha256(text)) !== batch.file_sha256) return "approval.other-file";
    const read = readTransfers(text);
    if (!read) return "approval.no-file";
    return read.count === batch.count && read.minor === BigInt(batch.total.minor) ? null : "approval.other-sums";
}
