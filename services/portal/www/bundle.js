// SPDX-License-Identifier: AGPL-3.0-or-later
// The bundle of a sealed vote, checked on the reader's own machine: what `commonhold verify vote` checks, but the count of elections and budget
// rounds and the signature of the checkpoint, which that program does. It computes no figure that a page shows as the trust's.

import { CLASSES, base64url, canonical, concat, hex, open, privateKey, recordHash, sha256, unbase64url, unhex } from "./seal.js";

const ANSWERS = { '{"c":"yes"}': "yes", '{"c":"no"}': "no", '{"c":"abstain"}': "abstain" };
const MEMBERS = ["attestations", "log", "lot_seed", "opened", "outcome", "proposal", "records", "roll", "schema", "spoiled", "stewards", "tally", "voted"];
const FROZEN = ["type", "version", "text_sha256", "effect_sha256", "rule_sha256"];

/** The check that failed. */
class Failure extends Error {}

function expect(holds, text) {
    if (!holds) throw new Failure(text);
}

function same(a, b) {
    return canonical(a) === canonical(b);
}

function pick(object, names) {
    return Object.fromEntries(names.map((name) => [name, object[name]]));
}

async function hashOf(value) {
    return hex(await sha256(canonical(value)));
}

// ---- the checks, in their order; each throws what does not hold ----

async function checkSchema({ bundle, vote }) {
    expect(same(Object.keys(bundle).sort(), MEMBERS) && bundle.schema === "commonhold-vote/1", "schema");
    expect(same(bundle.stewards.map((one) => one.class), CLASSES), "stewards");
    for (const one of bundle.stewards) {
        if (vote.unlinked || one.private_key === null) continue;
        vote.openers.push({ class: one.class, secret: await privateKey(unbase64url(one.private_key), unbase64url(one.public_key)) });
    }
    expect(vote.unlinked || vote.openers.length === 2, "openers");
}

async function checkHashes({ bundle: { proposal } }) {
    expect(await hashOf(proposal.rule) === proposal.rule_sha256, "rule");
    expect(await hashOf(pick(proposal, ["id", ...FROZEN])) === proposal.proposal_sha256, "proposal");
}

async function checkRecords({ bundle, vote }) {
    const classes = { U: 0, W: 0, C: 0 };
    for (const one of bundle.records) {
        const hash = vote.unlinked ? one : await recordHash(one);
        expect(vote.hashes.length === 0 || hash > vote.hashes.at(-1), "order");
        expect(vote.unlinked || (one.box === vote.box && one.v === 1 && one.class in classes), "box");
        vote.hashes.push(hash);
        classes[one.class] += 1;
    }
    const voted = CLASSES.reduce((sum, code) => sum + bundle.voted[code], 0);
    expect(voted === vote.hashes.length && (vote.unlinked || same(classes, bundle.voted)), "voted");
    expect(CLASSES.every((code) => bundle.voted[code] <= bundle.roll.counts[code]), "roll");
    vote.recordsHash = hex(await sha256(vote.hashes.map((hash) => `${hash}\n`).join("")));
}

/** Whether a padded text is a choice of this vote. */
function isChoice(vote, padded) {
    const text = padded.trimEnd();
    if (vote.method === "rule") return padded.length === 32 && text in ANSWERS;
    const form = vote.method === "knapsack" ? /^\{"p":\[((?:[1-9]\d*(?:,[1-9]\d*)*)?)\]\}$/ : /^\{"r":\[((?:[1-9]\d*(?:,[1-9]\d*)*)?)\]\}$/;
    const numbers = form.exec(text)?.[1].split(",").filter(Boolean).map(Number);
    if (!numbers || numbers.length > vote.options) return false;
    return vote.method === "knapsack" || (new Set(numbers).size === numbers.length && numbers.every((number) => number <= vote.options));
}

async function checkLinked({ bundle, vote }) {
    const opened = [...bundle.opened], spoiled = [...bundle.spoiled];
    for (const [i, record] of bundle.records.entries()) {
        const found = await open(record, vote.openers);
        if (!found || !isChoice(vote, found.choice)) {
            expect(spoiled.shift() === vote.hashes[i], "spoiled");
            continue;
        }
        expect(same(opened.shift(), { record_sha256: vote.hashes[i], key: base64url(found.key), choice: found.choice }), "opened");
        vote.counted.push({ class: record.class, choice: found.choice, count: 1 });
    }
    expect(opened.length === 0 && spoiled.length === 0, "more");
}

function checkMerged({ bundle, vote }) {
    const order = bundle.opened.map((one) => `${one.choice}${CLASSES.indexOf(one.class)}`);
    expect(order.every((text, i) => i === 0 || text > order[i - 1]) && bundle.opened.every((one) => isChoice(vote, one.choice)), "order");
    const sum = bundle.opened.reduce((all, one) => all + one.count, bundle.spoiled.length);
    expect(sum === bundle.records.length && bundle.spoiled.every((hash) => vote.hashes.includes(hash)), "sum");
    vote.counted.push(...bundle.opened);
}

async function checkOpening(whole) {
    return whole.vote.unlinked ? checkMerged(whole) : checkLinked(whole);
}

async function checkSeed({ bundle }) {
    const keys = bundle.opened.map((one) => hex(unbase64url(one.key))).sort();
    const seed = await sha256(concat(new TextEncoder().encode("commonhold-lot/1"), ...keys.map(unhex)));
    expect(hex(seed) === bundle.lot_seed, "seed");
}

async function checkTally({ bundle, vote }) {
    for (const code of CLASSES) {
        const counts = { roll: bundle.roll.counts[code], yes: 0, no: 0, abstain: 0 };
        for (const one of vote.counted.filter((each) => each.class === code)) counts[ANSWERS[one.choice.trimEnd()]] += one.count;
        expect(same(counts, bundle.tally[code]), code);
    }
}

async function checkAttestations({ bundle, vote }) {
    if (!vote.unlinked) return expect(bundle.attestations.length === 0, "none");
    expect(bundle.attestations.length === 2, "two");
    const text = canonical({ schema: "commonhold-attestation/1", box: vote.box, roll_sha256: bundle.roll.sha256, records_sha256: vote.recordsHash,
                             choices_sha256: await hashOf(bundle.opened), lot_seed: bundle.lot_seed });
    for (const one of bundle.attestations) {
        const point = unbase64url(bundle.stewards.find((steward) => steward.class === one.class).public_key);
        const key = await crypto.subtle.importKey("raw", point, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
        expect(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, unbase64url(one.signature), new TextEncoder().encode(text)), one.class);
    }
    return undefined;
}

/** RFC 9162, 2.1.3.2: whether a leaf lies under a root. */
export async function isIncluded(leaf, index, size, path, root) {
    let at = index, last = size - 1, hash = leaf;
    for (const other of path) {
        if (last === 0) return false;
        const onTheRight = at % 2 === 1 || at === last;
        hash = await sha256(onTheRight ? concat(Uint8Array.of(1), other, hash) : concat(Uint8Array.of(1), hash, other));
        while (onTheRight && at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
        [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    }
    return last === 0 && hex(hash) === hex(root);
}

function unbase64(text) {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Whether an entry is in the log under the checkpoint that its tlog-proof carries. @returns {Promise<string|null>} that checkpoint */
export async function provenCheckpoint(entry, proof) {
    const end = proof.indexOf("\n\n");
    const [form, index, ...path] = proof.slice(0, end).split("\n");
    const checkpoint = proof.slice(end + 2), [, size, root] = checkpoint.split("\n");
    if (form !== "c2sp.org/tlog-proof@v1" || !/^index \d+$/.test(index)) return null;
    const leaf = await sha256(concat(Uint8Array.of(0), new TextEncoder().encode(canonical(entry))));
    return await isIncluded(leaf, Number(index.slice(6)), Number(size), path.map(unbase64), unbase64(root)) ? checkpoint : null;
}

async function checkProofs({ bundle: { log, proposal, roll, stewards, voted }, vote }) {
    const keys = stewards.map((one) => pick(one, ["class", "public_key"]));
    const leaves = { freeze: ["proposal", proposal.id, proposal.proposal_sha256, pick(proposal, FROZEN)],
                     roll: ["roll", vote.box, roll.sha256, { counts: roll.counts, stewards: keys }],
                     records: ["ballots", vote.box, vote.recordsHash, { counts: voted }] };
    for (const [name, [type, id, sha, body]] of Object.entries(leaves)) {
        const { entry, proof } = log[name];
        expect(entry.type === type && entry.id === id && entry.sha256 === sha && same(entry.body, body), name);
        expect(await provenCheckpoint(entry, proof) === log.checkpoint, name);
    }
}

const CHECKS = [["schema", checkSchema], ["hashes", checkHashes], ["records", checkRecords], ["opening", checkOpening], ["seed", checkSeed, "linked"],
                ["tally", checkTally, "rule"], ["attestations", checkAttestations], ["proofs", checkProofs]];

function start(bundle) {
    const effect = bundle.proposal.method === "rule" ? [] : bundle.tally?.effect?.candidates ?? bundle.tally?.effect?.projects ?? [];
    return { box: `${bundle.proposal.id}/${bundle.proposal.reading}`, method: bundle.proposal.method, options: effect.length,
             unlinked: bundle.proposal.rule?.board_mode === "unlinked", openers: [], hashes: [], counted: [], recordsHash: "" };
}

/**
 * Checks a bundle.
 * @param {object} bundle GET /governance/v1/bundles/{id}
 * @returns {Promise<{name: string, holds: boolean|null, detail?: string}[]>} null: not checked here
 */
export async function checkBundle(bundle) {
    const report = [], whole = { bundle, vote: start(bundle) };
    const applies = { linked: !whole.vote.unlinked, rule: whole.vote.method === "rule", undefined: true };
    for (const [name, check, where] of CHECKS) {
        if (!applies[where]) {
            report.push({ name, holds: null });
            continue;
        }
        try {
            await check(whole);
            report.push({ name, holds: true });
        } catch (fault) {
            report.push({ name, holds: false, detail: fault instanceof Failure ? fault.message : String(fault) });
        }
    }
    return report;
}
