// SPDX-License-Identifier: AGPL-3.0-or-later
// Key files against openssl, which reads ours and writes theirs; and the lines an approver signs, whose signature openssl verifies.
import { execFileSync } from "node:child_process";
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { approvalText, makeApproverKey, openApproverKey } from "../../../services/portal/www/approval.js";
import { KeyFileError, readKeyFile, writeKeyFile } from "../../../services/portal/www/keyfile.js";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "keyfile-"));
after(() => fs.rmSync(folder, { recursive: true }));
const PASS = "correct horse – ñandú";
const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
const write = (name, data) => fs.writeFileSync(path.join(folder, name), data);
const refusal = (kind) => (error) => error instanceof KeyFileError && error.message === kind;

test("openssl reads what is written here", async () => {
    const { file, publicKey } = await makeApproverKey(PASS);
    write("ours.pem", file);
    const der = openssl("pkey", "-in", "ours.pem", "-passin", `pass:${PASS}`, "-pubout", "-outform", "DER");
    assert.equal(der.subarray(-32).toString("base64"), publicKey);
});

test("what openssl writes is read here", async () => {
    openssl("genpkey", "-algorithm", "ed25519", "-out", "plain.pem");
    openssl("pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256", "-iter", "1000", "-in", "plain.pem", "-out", "theirs.pem", "-passout", `pass:${PASS}`);
    const key = await openApproverKey(fs.readFileSync(path.join(folder, "theirs.pem"), "utf8"), PASS);
    assert.equal(key.publicKey, openssl("pkey", "-in", "plain.pem", "-pubout", "-outform", "DER").subarray(-32).toString("base64"));
});

test("openssl verifies what is signed here", async () => {
    const { file } = await makeApproverKey(PASS);
    const key = await openApproverKey(file, PASS);
    const text = approvalText({ id: "b", file_sha256: "f", total: { minor: 12300, currency: "EUR" }, count: 3 }, "o", "2026-01-02T03:04:05Z");
    assert.equal(text, "commonhold-approval/1\nbatch b\nfile f\ntotal 12300 EUR\ncount 3\napprover o\nat 2026-01-02T03:04:05Z\n");
    write("own.pem", file);
    write("text", text);
    write("signature", Buffer.from(await key.sign(text), "base64"));
    openssl("pkey", "-in", "own.pem", "-passin", `pass:${PASS}`, "-pubout", "-out", "public.pem");
    openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "public.pem", "-in", "text", "-sigfile", "signature");
});

test("another pass phrase, and what is no key file", async () => {
    const file = await writeKeyFile(new Uint8Array(48), PASS);
    await assert.rejects(readKeyFile(file, `${PASS} `), refusal("pass"));
    const lines = file.split("\n");
    const cut = [lines[0], ...lines.slice(2)].join("\n");
    for (const other of ["", "x", cut, file.replace("ENCRYPTED PRIVATE", "PRIVATE"), `${lines[0]}\n*\n${lines.at(-2)}\n`, `${lines[0]}\nMAA=\n${lines.at(-2)}\n`])
        await assert.rejects(readKeyFile(other, PASS), refusal("file"), JSON.stringify(other.slice(0, 60)));
});

test("every changed byte is refused, or gives another key", async () => {
    const secret = crypto.getRandomValues(new Uint8Array(48)), text = await writeKeyFile(secret, PASS);
    const bytes = Buffer.from(text.split("\n").slice(1, -2).join(""), "base64");
    for (let at = 0; at < bytes.length; at += 7) {
        const changed = Buffer.from(bytes);
        changed[at] ^= 0x01;
        const file = text.replace(/\n[^-]*\n-/s, `\n${changed.toString("base64")}\n-`);
        const read = await readKeyFile(file, PASS).catch((error) => error);
        assert.ok(read instanceof KeyFileError || Buffer.compare(Buffer.from(read), Buffer.from(secret)) !== 0, `byte ${at}`);
    }
});
