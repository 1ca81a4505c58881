// SPDX-License-Identifier: AGPL-3.0-or-later
// The words in which two texts differ (Myers, "An O(ND) Difference Algorithm", 1986). Pure; how a difference looks is the page's.

// Beyond so many differences two texts have little in common, and are shown as one that went and one that came.
const MOST = 1500;

/** Words and the gaps between them, in order; joined they are the text. */
export function words(text) {
    return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

/** Whether the furthest path with d differences on diagonal k came from above (a word was added) or from the left (one was removed). */
function cameDown(reach, d, k) {
    return k === -d || (k !== d && reach[d + k] < reach[d + k + 2]);
}

/** The furthest places on the diagonals -d-1..d+1 before step d, for each step until both ends are reached; null: there are too many. */
function search(before, after) {
    const trail = [], middle = MOST + 1;
    const furthest = new Int32Array(2 * middle + 1);
    for (let d = 0; d <= MOST; d++) {
        const reach = furthest.slice(middle - d - 1, middle + d + 2);
        trail.push(reach);
        for (let k = -d; k <= d; k += 2) {
            let x = cameDown(reach, d, k) ? reach[d + k + 2] : reach[d + k] + 1;
            while (x < before.length && x - k < after.length && before[x] === after[x - k]) x++;
            if (x === before.length && x - k === after.length) return trail;
            furthest[middle + k] = x;
        }
    }
    return null;
}

/** The way back through the search, turned round. */
function walk(before, after, trail) {
    const steps = [];
    let x = before.length, y = after.length;
    for (let d = trail.length - 1; d >= 0; d--) {
        const k = x - y, down = cameDown(trail[d], d, k);
        const fromX = d === 0 ? 0 : down ? trail[d][d + k + 2] : trail[d][d + k];
        const fromY = d === 0 ? 0 : fromX - k + (down ? -1 : 1);
        for (; x > fromX && y > fromY; x--, y--) steps.push(["same", before[x - 1]]);
        if (d > 0) steps.push(down ? ["added", after[--y]] : ["removed", before[--x]]);
    }
    return steps.reverse();
}

/** Neighbours of one kind in one piece. */
function merge(steps) {
    const pieces = [];
    for (const [kind, text] of steps) {
        const last = pieces.at(-1);
        if (last?.kind === kind) last.text += text;
        else pieces.push({ kind, text });
    }
    return pieces;
}

/** How many words two lists have in common, counted by what `at` takes of them. */
function commonLength(a, b, at) {
    const most = Math.min(a.length, b.length);
    let length = 0;
    while (length < most && at(a, length) === at(b, length)) length++;
    return length;
}

/**
 * The pieces of both texts in order: those that stayed, went and came. "same" and "removed" joined are the old text, "same" and "added" the new.
 * @param {string} before
 * @param {string} after
 * @returns {{kind: "same"|"removed"|"added", text: string}[]}
 */
export function diff(before, after) {
    const a = words(before), b = words(after);
    const head = commonLength(a, b, (list, i) => list[i]);
    const tail = commonLength(a.slice(head), b.slice(head), (list, i) => list[list.length - 1 - i]);
    const old = a.slice(head, a.length - tail), fresh = b.slice(head, b.length - tail);
    const trail = search(old, fresh);
    const middle = trail ? walk(old, fresh, trail) : [["removed", old.join("")], ["added", fresh.join("")]];
    const same = (list) => list.map((word) => ["same", word]);
    return merge([...same(a.slice(0, head)), ...middle, ...same(a.slice(a.length - tail))]);
}
