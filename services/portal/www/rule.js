// SPDX-License-Identifier: AGPL-3.0-or-later
// A rule row in words and numbers: how proposals of a type are made, discussed and decided. The words follow the row; nothing is worked out.
import { html } from "./view.js";
import { duration, fraction, plural, t } from "./i18n.js";
import { Facts, word } from "./show.js";
import { className } from "./trust.js";

const CLASSES = [["U", 1], ["W", 2], ["C", 4]];

/** Names of the classes of a mask (1 U, 2 W, 4 C). */
function namesOf(mask) {
    return CLASSES.filter(([, bit]) => mask & bit).map(([code]) => className(code));
}

/** "more than 1/2 (50 %)" or "at least ...". */
function share(num, den, strict) {
    return t(strict ? "rule.more-than" : "rule.at-least", { fraction: fraction(num, den) });
}

function listed(words) {
    return words.join(", ");
}

/** Who must support it before it is discussed. */
function sponsors(rule) {
    const least = plural("rule.sponsors.least", rule.sponsors_min);
    return rule.sponsors_num === 0 ? least : t("rule.sponsors.share", { fraction: fraction(rule.sponsors_num, rule.sponsors_den), least });
}

/** What classes must say, beyond all together. */
function classesOf(rule) {
    const must = rule.must_carry_subject ? t("rule.classes.subject") : listed(namesOf(rule.must_carry));
    const needed = rule.classes_needed > 0 ? plural("rule.classes.needed", rule.classes_needed, { share: share(rule.cs_num, rule.cs_den, rule.cs_strict) }) : "";
    return [needed, must && t("rule.classes.must", { names: must })].filter(Boolean).join(" ") || t("rule.classes.none");
}

function quorums(rule) {
    const all = rule.q_num === 0 ? t("rule.quorum.none") : t("rule.quorum.all", { fraction: fraction(rule.q_num, rule.q_den) });
    return rule.cq_num === 0 ? all : `${all} ${t("rule.quorum.class", { fraction: fraction(rule.cq_num, rule.cq_den) })}`;
}

/**
 * The row as a list of facts.
 * @param {{ rule: object }} props
 */
export function RuleRow({ rule }) {
    const byRule = rule.method === "rule";
    return html`<${Facts} of=${[
        [t("rule.proposers"), listed(rule.proposers.map((one) => word("rule.proposer", one)))],
        [t("rule.sponsors"), sponsors(rule)],
        [t("rule.discussion"), duration(rule.discussion_seconds)],
        [t("rule.electorate"), word("rule.electorate", rule.electorate)],
        [t("rule.method"), word("rule.method", rule.method)],
        [t("rule.voting"), duration(rule.voting_seconds)],
        [t("rule.readings"), plural("rule.readings.count", rule.readings)],
        [t("rule.quorum"), quorums(rule)],
        byRule ? [t("rule.support"), share(rule.s_num, rule.s_den, rule.s_strict)] : ["", null],
        byRule ? [t("rule.classes"), classesOf(rule)] : ["", null],
        byRule && rule.ay_den > 0 ? [t("rule.approval"), t("rule.approval.text", { fraction: fraction(rule.ay_num, rule.ay_den) })] : ["", null],
        [t("rule.council"), word("rule.council", rule.council)],
        [t("rule.secrecy"), word("rule.secrecy", rule.secrecy)],
        rule.secrecy === "sealed" ? [t("rule.small-class"), word("rule.small-class", rule.small_class)] : ["", null],
        [t("rule.cooling"), rule.cooling_seconds === 0 ? t("rule.cooling.none") : duration(rule.cooling_seconds)],
    ]} />`;
}
