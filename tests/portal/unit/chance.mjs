// SPDX-License-Identifier: AGPL-3.0-or-later
// Random numbers of the property tests: the seed is printed, and CH_SEED repeats a run.

/** @returns {(below: number) => number} */
export function chance() {
    let state = Number(process.env.CH_SEED ?? Date.now() % 0x7fffffff) | 1;
    console.log(`seed ${state}`);
    return (below) => {
        state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
        return (state >> 8) % below;
    };
}
