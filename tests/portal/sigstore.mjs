// SPDX-License-Identifier: AGPL-3.0-or-later
// Checks a tlog-proof with @sigstore/verify: standard input is one JSON object {vkey, proof, entry}, texts all three. Prints `accepted`, or ends with 1
// and the verifier's words. As sigstore has it, a log's id is the 4 bytes of its key id, and its address contains the name.
import crypto from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { verifyCheckpoint } = require("@sigstore/verify/dist/timestamp/checkpoint");
const { verifyMerkleInclusion } = require("@sigstore/verify/dist/timestamp/merkle");

const { vkey, proof, entry } = JSON.parse(fs.readFileSync(0, "utf8"));
const [name, id, typed] = vkey.split(/\+(.{8})\+/);
const key = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(typed, "base64").subarray(1)]);
const log = { logID: Buffer.from(id, "hex"), baseURL: `https://${name}`, publicKey: crypto.createPublicKey({ key, format: "der", type: "spki" }),
    validFor: { start: new Date(0), end: new Date(8640000000000000) } };
const gap = proof.indexOf("\n\n");
const [, index, ...hashes] = proof.slice(0, gap).split("\n");
const envelope = proof.slice(gap + 2);
const [, treeSize, root] = envelope.split("\n");
const logged = { canonicalizedBody: Buffer.from(entry), integratedTime: "0",
    inclusionProof: { logIndex: index.slice(6), treeSize, rootHash: Buffer.from(root, "base64"), hashes: hashes.map((line) => Buffer.from(line, "base64")),
        checkpoint: { envelope } } };
try {
    verifyCheckpoint(logged, [log]);
    verifyMerkleInclusion(logged);
    console.log("accepted");
} catch (error) {
    console.log(`refused: ${error.message}`);
    process.exitCode = 1;
}
