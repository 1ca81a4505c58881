// SPDX-License-Identifier: AGPL-3.0-or-later
// What a case of the council is about, in words: who asks for what, and the conditions it may be approved under.
import { lines } from "./changes.js";
import { count, t } from "./i18n.js";
import { purposeName } from "./names.js";
import { word } from "./show.js";

/** One line for a case. */
export function about(one) {
    const { application } = one.body ?? {};
    return application ? t("case.about.application", { purpose: purposeName(application.purpose), pool: application.pool }) : t("case.about.other", { kind: word("case.kind", one.kind) });
}

/** A condition in words: its one member besides the id. */
export function conditionText({ id, ...condition }) {
    const [[name, value]] = Object.entries(condition);
    if (name === "text") return value;
    return t("case.condition", { name: word("condition", name), value: typeof value === "number" ? count(value) : lines(value, "").map((line) => line.replace(/^: /, "")).join("; ") });
}
