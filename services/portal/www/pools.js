// SPDX-License-Identifier: AGPL-3.0-or-later
// The words for what pools and their terms say: periods, prices, rules.
import { count, day, language, t } from "./i18n.js";
import { amount } from "./money.js";

/** From when to when a pool has data. */
export function period({ from, until }) {
    return until ? t("pools.period", { from: day(from), until: day(until) }) : t("pools.period.open", { from: day(from) });
}

/** A price, by the month, in one sentence for each part that is not nothing. */
export function price({ base, unit, unit_rows: rows, free_rows: free, cap }) {
    const text = (money) => amount(money, language.value);
    const parts = [
        base?.minor > 0 && t("pools.price.base", { amount: text(base) }),
        unit?.minor > 0 && t("pools.price.unit", { amount: text(unit), rows: count(rows) }),
        unit?.minor > 0 && free > 0 && t("pools.price.free", { rows: count(free) }),
        cap && t("pools.price.cap", { amount: text(cap) }),
    ].filter(Boolean);
    return parts.length ? parts.join(" ") : t("pools.price.none");
}
