// SPDX-License-Identifier: AGPL-3.0-or-later
// The state of a ranked ballot and of a budget ballot while it is filled in: lists of numbers, changed by returning another list. Pure; the page
// shows and announces.

/** An order drawn for this voter, so that no candidate is always on top. @param {(below: number) => number} draw a number from 0 below the limit */
export function drawOrder(numbers, draw) {
    const order = [...numbers];
    for (let i = order.length - 1; i > 0; i--) {
        const j = draw(i + 1);
        [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
}

/** A number from 0 below the limit, each alike. */
export function drawBelow(limit) {
    const most = 0x100000000 - 0x100000000 % limit;
    const word = new Uint32Array(1);
    do crypto.getRandomValues(word); while (word[0] >= most);
    return word[0] % limit;
}

/** The choice number of a candidate, from 1; 0: not ranked. */
export function choiceNumber(ranked, number) {
    return ranked.indexOf(number) + 1;
}

/** The candidate at this choice number, the others close up; 0 takes it out of the ranking, a number behind the end is the end. */
export function place(ranked, number, choice) {
    const others = ranked.filter((one) => one !== number);
    return choice === 0 ? others : [...others.slice(0, choice - 1), number, ...others.slice(choice - 1)];
}

/** One choice earlier; who is not ranked becomes the last choice. */
export function moveUp(ranked, number) {
    const now = choiceNumber(ranked, number);
    return now === 0 ? [...ranked, number] : place(ranked, number, Math.max(1, now - 1));
}

/** One choice later; behind the last choice stands nobody: the candidate is not ranked any more. */
export function moveDown(ranked, number) {
    const now = choiceNumber(ranked, number);
    return place(ranked, number, now === ranked.length ? 0 : now === 0 ? 0 : now + 1);
}

/** The numbers that a candidate can be given now, without a gap in the ranking. */
export function choices(ranked, number) {
    return Array.from({ length: ranked.length + (ranked.includes(number) ? 0 : 1) }, (_, i) => i + 1);
}

/** What is sealed of a ranking. */
export function rankedChoice(ranked) {
    return { r: [...ranked] };
}

/** A project into the selection or out of it. */
export function toggle(chosen, number) {
    return chosen.includes(number) ? chosen.filter((one) => one !== number) : [...chosen, number].sort((a, b) => a - b);
}

/**
 * What a selection costs and leaves, in minor units.
 * @param {bigint} pot
 * @param {{number: number, cost: number}[]} projects cost in minor units
 * @returns {{spent: bigint, left: bigint, fits: (number: number) => boolean}} fits: whether what is left pays for a project too, or it is chosen
 */
export function basket(pot, projects, chosen) {
    const cost = new Map(projects.map((one) => [one.number, BigInt(one.cost)]));
    const spent = chosen.reduce((sum, number) => sum + cost.get(number), 0n);
    return { spent, left: pot - spent, fits: (number) => chosen.includes(number) || cost.get(number) <= pot - spent };
}

/** What is sealed of a selection. */
export function budgetChoice(chosen) {
    return { p: [...chosen].sort((a, b) => a - b) };
}
