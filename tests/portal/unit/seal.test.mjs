// SPDX-License-Identifier: AGPL-3.0-or-later
// Sealing against the published vectors, and byte by byte against the implementation in tests/reference/seal.py, which also opens what was sealed here.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";

import * as seal from "../../../services/portal/www/seal.js";

const count = (from) => Uint8Array.from({ length: 32 }, (_, i) => from + i);
const ROUNDS = Number(process.env.CH_ROUNDS ?? 40);

/** Runs a line of Python beside the reference; standard input and output are JSON. */
function reference(code, input) {
    const done = spawnSync("/usr/bin/python3", ["-c", `import json, sys, seal\ngiven = json.load(sys.stdin)\n${code}`],
                           { cwd: new URL("../../reference", import.meta.url), input: JSON.stringify(input), encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
    return JSON.parse(done.stdout);
}

async function pairOf(scalar, point) {
    const jwk = { kty: "EC", crv: "P-256", x: seal.base64url(point.slice(1, 33)), y: seal.base64url(point.slice(33)) };
    const curve = { name: "ECDH", namedCurve: "P-256" };
    return { privateKey: await seal.privateKey(scalar, point), publicKey: await crypto.subtle.importKey("jwk", jwk, curve, true, []) };
}

const random = (size) => crypto.getRandomValues(new Uint8Array(size));

/** Ballots of all kinds with secrets of their own. */
function draw() {
    const kinds = [[{ c: "yes" }, 32], [{ c: "no" }, 32], [{ c: "abstain" }, 32], [{ r: [3, 1, 2] }, 28], [{ r: [] }, 20], [{ p: [1, 4] }, 40]];
    return Array.from({ length: ROUNDS }, (_, i) => {
        const [choice, size] = kinds[i % kinds.length];
        const scalars = Array.from({ length: 4 }, () => seal.base64url(Uint8Array.of(1, ...random(31))));
        return { box: `${crypto.randomUUID()}/${1 + i % 2}`, classCode: seal.CLASSES[i % 3], choice, size, scalars, key: seal.base64url(random(32)),
                 slope: seal.base64url(random(32)) };
    });
}

const POINTS = "print(json.dumps([[seal.b64(seal.point(seal.private(seal.unb64(s)))) for s in one['scalars']] for one in given]))";
const SEALED = `print(json.dumps([seal.seal(one["box"], one["classCode"], [seal.unb64(p) for p in one["points"][:3]], one["choice"], one["size"],
    seal.unb64(one["key"]), seal.unb64(one["slope"]), seal.unb64(one["scalars"][3])) for one in given]))`;
const OPENED = `
found = [seal.unseal(one["text"], {c: seal.unb64(one["scalars"]["UWC".index(c)]) for c in one["pair"]}) for one in given]
print(json.dumps([[seal.b64(key), choice.decode()] for key, choice in found]))`;

test("shares of the published key", () => {
    assert.equal(seal.hex(seal.share(count(0), count(0x20), 3)), "60626466686a6c6e70727476787a7c7e40424446484a4c4e50525456585a5c5e");
    const shares = [1, 2, 3].map((number) => seal.hex(seal.share(Uint8Array.of(0x53), Uint8Array.of(0xca), number)));
    assert.deepEqual(shares, ["99", "dc", "16"]);
});

test("any two shares make the key, for every byte", () => {
    const every = Uint8Array.from({ length: 256 }, (_, i) => i), slope = every.map((byte) => 255 - 7 * byte);
    for (const i of [1, 2, 3]) {
        for (const j of [1, 2, 3].filter((other) => other !== i)) {
            assert.deepEqual(seal.join(i, seal.share(every, slope, i), j, seal.share(every, slope, j)), every);
        }
    }
});

test("commitment and tracker of the published ballot", async () => {
    const padded = seal.pad({ c: "yes" }, 32);
    assert.equal(new TextDecoder().decode(padded), '{"c":"yes"}'.padEnd(32));
    assert.equal(seal.hex(await seal.commitment(count(0), padded)), "b2d3d3264183c72011c42f33ed950558eb3a113362cdbe6fab5683befa405b29");
    assert.equal(seal.tracker(seal.hex(await seal.sha256("abc"))), "Q9W1-DFWF-077Y-MGA1-83F5");
});

test("trackers as people write them", () => {
    for (const text of ["Q9W1-DFWF-077Y-MGA1-83F5", " q9wl dfwf o77y mgai 83f5 ", "Q9W1DFWF077YMGA183F5"]) {
        assert.equal(seal.readTracker(text), "Q9W1-DFWF-077Y-MGA1-83F5");
    }
    for (const text of ["", "Q9W1", "Q9W1-DFWF-077Y-MGA1-83F50", "Q9W1-DFWF-077Y-MGA1-83FU"]) assert.equal(seal.readTracker(text), null);
});

test("a choice that does not fit is refused", () => {
    assert.throws(() => seal.pad({ r: [1, 2, 3, 4, 5, 6, 7, 8] }, 16), RangeError);
    assert.equal(seal.pad({ r: [10, 11, 12] }, 16 + 4 * 12).length, 64);
});

test("canonical JSON", () => {
    assert.equal(seal.canonical({ b: [1, null, true], a: { d: "ñ\"\n", c: 0 } }), '{"a":{"c":0,"d":"ñ\\"\\n"},"b":[1,null,true]}');
});

test("records are those of the reference, byte by byte", async () => {
    const ballots = draw();
    const points = reference(POINTS, ballots);
    const expected = reference(SEALED, ballots.map((one, i) => ({ ...one, points: points[i] })));
    for (const [i, one] of ballots.entries()) {
        const ephemeral = await pairOf(seal.unbase64url(one.scalars[3]), seal.unbase64url(points[i][3]));
        const secrets = { key: seal.unbase64url(one.key), slope: seal.unbase64url(one.slope), ephemeral };
        assert.equal(seal.canonical(await seal.seal({ ...one, stewards: points[i].slice(0, 3) }, secrets)), expected[i]);
    }
});

test("the reference and this module open what was sealed with drawn secrets, by any two stewards", async () => {
    const ballots = draw(), points = reference(POINTS, ballots), pairs = ["UW", "UC", "WC"];
    const records = await Promise.all(ballots.map((one, i) => seal.seal({ ...one, stewards: points[i].slice(0, 3) })));
    const given = records.map((record, i) => ({ text: seal.canonical(record), scalars: ballots[i].scalars, pair: pairs[i % 3] }));
    const found = reference(OPENED, given);
    for (const [i, [key, choice]] of found.entries()) {
        assert.equal(choice, seal.canonical(ballots[i].choice).padEnd(ballots[i].size));
        const openers = await Promise.all([...given[i].pair].map(async (code) => {
            const at = seal.CLASSES.indexOf(code);
            return { class: code, secret: await seal.privateKey(seal.unbase64url(ballots[i].scalars[at]), seal.unbase64url(points[i][at])) };
        }));
        const opened = await seal.open(records[i], openers);
        assert.deepEqual([seal.base64url(opened.key), opened.choice], [key, choice]);
        const changed = { ...records[i], c: seal.base64url(seal.unbase64url(records[i].c).map((byte, at) => byte ^ (at === 3 ? 1 : 0))) };
        assert.equal(await seal.open(changed, openers), null);
    }
    assert.equal(new Set(records.map((record) => record.e)).size, records.length);
});

test("a private key that belongs to another point is refused", async () => {
    const [[one, other]] = reference(POINTS, [{ scalars: [seal.base64url(count(1)), seal.base64url(count(2))] }]);
    await assert.rejects(seal.privateKey(count(2), seal.unbase64url(one)));
    assert.ok(await seal.privateKey(count(2), seal.unbase64url(other)));
});
