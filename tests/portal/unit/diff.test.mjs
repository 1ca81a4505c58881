// SPDX-License-Identifier: AGPL-3.0-or-later
// A difference gives both texts back, and is as small as it can be.
import assert from "node:assert/strict";
import test from "node:test";

import { chance } from "./chance.mjs";
import { diff, words } from "../../../services/portal/www/diff.js";

const joined = (pieces, without) => pieces.filter((piece) => piece.kind !== without).map((piece) => piece.text).join("");
const WORDS = ["data", "año", "may", "not", ".", " ", "\n", "12", "€", "\u{1f41d}"];

/** The least number of words added and removed, by the table that everybody knows. */
function distance(a, b) {
    let row = b.map((_, j) => j).concat(b.length);
    for (const [i, word] of a.entries()) {
        const next = [i + 1];
        for (const [j, other] of b.entries()) next.push(word === other ? row[j] : 1 + Math.min(row[j + 1], next[j]));
        row = next;
    }
    return row.at(-1);
}

test("words joined are the text", () => {
    for (const text of ["", "Nobody shouts.", "  año\n\n12,5 % \u{1f41d}x", "a_b-c"]) assert.equal(words(text).join(""), text);
});

test("a changed word", () => {
    assert.deepEqual(diff("Nobody shouts here.", "Nobody sings here."), [
        { kind: "same", text: "Nobody " }, { kind: "removed", text: "shouts" }, { kind: "added", text: "sings" }, { kind: "same", text: " here." }]);
});

test("ends", () => {
    assert.deepEqual([diff("", ""), diff("", "a"), diff("a", ""), diff("a", "a")],
                     [[], [{ kind: "added", text: "a" }], [{ kind: "removed", text: "a" }], [{ kind: "same", text: "a" }]]);
});

test("random texts: both come back, and nothing smaller would do", () => {
    const random = chance();
    for (let round = 0; round < 400; round++) {
        const [before, after] = [0, 1].map(() => Array.from({ length: random(25) }, () => WORDS[random(WORDS.length)]).join(""));
        const pieces = diff(before, after);
        assert.equal(joined(pieces, "added"), before);
        assert.equal(joined(pieces, "removed"), after);
        const changed = pieces.filter((piece) => piece.kind !== "same").flatMap((piece) => words(piece.text));
        assert.ok(changed.length <= distance(words(before), words(after)), JSON.stringify([before, after]));
        assert.ok(pieces.every((piece, i) => piece.text && piece.kind !== pieces[i - 1]?.kind));
    }
});

test("texts that have nothing in common are shown whole", () => {
    const [before, after] = ["a", "b"].map((letter) => Array.from({ length: 3000 }, (_, i) => `${letter}${i}`).join(" "));
    const pieces = diff(`Head ${before} tail`, `Head ${after} tail`);
    assert.deepEqual(pieces.map((piece) => piece.kind), ["same", "removed", "added", "same"]);
    assert.deepEqual([joined(pieces, "added"), joined(pieces, "removed")], [`Head ${before} tail`, `Head ${after} tail`]);
});
