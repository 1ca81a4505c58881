// SPDX-License-Identifier: AGPL-3.0-or-later
// The charter as far as every page needs it: name, currency, languages, classes, and which safeguards it relaxes.
import { get } from "./api.js";
import { signal } from "./view.js";

const A_DAY = 86400;

/** {name, currency, language, classes: [{code, name, who}], rules, bootstrap}; null until it was read, or when it could not be. */
export const trust = signal(null);

export async function loadTrust() {
    const { data } = await get("/governance/v1/charters/current", { signal: AbortSignal.timeout(10000) });
    trust.value = { ...data.charter, bootstrap: data.bootstrap };
    return trust.value;
}

/** Votes that are over within a day are those of a trial, not of a trust. */
export function hasShortWindows(charter) {
    return charter.rules.some((rule) => rule.voting_seconds > 0 && rule.voting_seconds < A_DAY);
}

/** The charter's name of a class (U, W, C); the code where the charter is not known. */
export function className(code) {
    return trust.value?.classes.find((one) => one.code === code)?.name ?? code;
}
