// SPDX-License-Identifier: AGPL-3.0-or-later
// Quotas and charges in words.
import { count, language, t } from "../i18n.js";
import { amount } from "../money.js";
import { word } from "../show.js";

/** What is left of a quota. */
export function quotaText(one) {
    return t("licence.quota", { left: count(one.left), limit: count(one.limit), meter: word("meter", one.meter), period: word("quota-period", one.period) });
}

/** What the month has cost so far, class by class; classes without units and amount say nothing. */
export function chargeText(charges, currency) {
    const parts = charges.filter((one) => one.units > 0 || one.amount_minor > 0).map((one) => t("licence.charge", {
        class: word("usage-class", one.class.toLowerCase()), units: count(one.units), amount: amount({ minor: one.amount_minor, currency }, language.value) }));
    return parts.length ? parts.join("; ") : t("licence.charge.none");
}
