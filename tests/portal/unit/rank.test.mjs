// SPDX-License-Identifier: AGPL-3.0-or-later
// A ranking stays a ranking whatever is pressed; a basket costs what is in it.
import assert from "node:assert/strict";
import test from "node:test";

import { chance } from "./chance.mjs";
import { basket, budgetChoice, choiceNumber, choices, drawBelow, drawOrder, moveDown, moveUp, place, rankedChoice, toggle } from "../../../services/portal/www/rank.js";

const CANDIDATES = [1, 2, 3, 4, 5];

test("moves, one by one", () => {
    for (const [what, before, after] of [
        ["up from nowhere is the end", moveUp([3], 1), [3, 1]], ["up", moveUp([3, 1, 2], 2), [3, 2, 1]], ["up from the top stays", moveUp([3, 1], 3), [3, 1]],
        ["down", moveDown([3, 1, 2], 3), [1, 3, 2]], ["down from the end leaves", moveDown([3, 1], 1), [3]], ["down from nowhere stays", moveDown([3], 1), [3]],
        ["place", place([1, 2, 3], 4, 2), [1, 4, 2, 3]], ["place behind the end", place([1], 2, 9), [1, 2]], ["take out", place([1, 2], 1, 0), [2]]]) {
        assert.deepEqual(before, after, what);
    }
    assert.deepEqual([choices([1, 2], 3), choices([1, 2], 2), choices([], 4)], [[1, 2, 3], [1, 2], [1]]);
    assert.deepEqual(rankedChoice([3, 1]), { r: [3, 1] });
});

test("whatever is pressed, nobody is ranked twice and nobody else moves against the others", () => {
    const random = chance();
    for (let round = 0; round < 300; round++) {
        let ranked = [];
        for (let step = 0; step < 30; step++) {
            const number = CANDIDATES[random(5)], before = ranked;
            const how = random(3);
            ranked = how === 0 ? moveUp(before, number) : how === 1 ? moveDown(before, number) : place(before, number, random(7));
            assert.equal(new Set(ranked).size, ranked.length);
            assert.ok(ranked.every((one) => CANDIDATES.includes(one)));
            const rest = (list) => list.filter((one) => one !== number);
            assert.deepEqual(rest(ranked), rest(before));
            assert.equal(choiceNumber(ranked, number) === 0, !ranked.includes(number));
        }
    }
});

test("the order drawn is a permutation, and each comes first about as often", () => {
    const first = new Map();
    for (let round = 0; round < 2000; round++) {
        const order = drawOrder(CANDIDATES, drawBelow);
        assert.deepEqual([...order].sort(), CANDIDATES);
        first.set(order[0], (first.get(order[0]) ?? 0) + 1);
    }
    assert.ok(CANDIDATES.every((one) => first.get(one) > 250), JSON.stringify([...first]));
});

test("a basket", () => {
    const projects = [{ number: 1, cost: 700 }, { number: 2, cost: 301 }, { number: 3, cost: 300 }];
    const { spent, left, fits } = basket(1000n, projects, [1]);
    assert.deepEqual([spent, left, fits(1), fits(2), fits(3)], [700n, 300n, true, false, true]);
    assert.deepEqual(toggle(toggle([4], 1), 4), [1]);
    assert.deepEqual(budgetChoice([4, 1]), { p: [1, 4] });
});
