// SPDX-License-Identifier: AGPL-3.0-or-later
// What somebody should know before a file goes up: the notice, who may receive the data, what is removed or coarsened, and what changed since last time.
import { Changes, lines } from "../changes.js";
import { count, plural, t } from "../i18n.js";
import { purposeName, recipientName } from "../names.js";
import { States, useResource } from "../resource.js";
import { UserText, word } from "../show.js";
import { Table } from "../table.js";
import { html } from "../view.js";

/** Terms in force of a pool, with their document. */
function useTerms(ref) {
    const list = useResource("/licensing/v1/terms", { query: { pool: ref, limit: 100 }, isEmpty: (data) => !data.items.some((one) => one.in_force) });
    const inForce = list.data?.items.find((one) => one.in_force);
    const terms = useResource(inForce ? `/licensing/v1/terms/${inForce.id}` : null);
    return inForce ? terms : list;
}

function Shared({ pool }) {
    const terms = useTerms(pool.ref);
    const columns = [{ key: "purposes", label: t("consents.purpose"), cell: (row) => row.purposes.map(purposeName).join(", ") },
        { key: "effect", label: t("contribute.shared.effect"), cell: (row) => word("terms-effect", row.effect) },
        { key: "org_classes", label: t("contribute.shared.who"), cell: (row) => row.org_classes?.map(recipientName).join(", ") ?? t("contribute.shared.anybody") },
        { key: "columns", label: t("contribute.shared.coarsened"), cell: (row) => Object.entries(row.columns ?? {}).map(([name, how]) => t("contribute.shared.column", { name, how: typeof how === "string" ? how : lines(how).join("; ") })).join("; ") },
        { key: "min_cohort", label: t("contribute.shared.cohort"), cell: (row) => (row.min_cohort ? plural("contribute.shared.members", row.min_cohort) : "") }];
    return html`<p>${t("contribute.shared.consent")} <a href="/me/consents">${t("me.consents.all")}</a></p>
        <${States} of=${terms} empty="contribute.shared.none">${({ doc }) => html`<${Table} caption=${t("contribute.shared.caption")} columns=${columns} rows=${doc.rules} />`}<//>`;
}

function Fields({ schema }) {
    const columns = [{ key: "name", label: t("contribute.field.name") }, { key: "type", label: t("contribute.field.type"), cell: (row) => word("field-type", row.type) },
        { key: "sensitivity", label: t("contribute.field.happens"), cell: (row) => word("sensitivity", row["ch:sensitivity"]) },
        { key: "required", label: t("contribute.field.required"), cell: (row) => t(row.constraints?.required ? "word.yes" : "word.no") }];
    return html`<${Table} caption=${t("contribute.field.caption")} columns=${columns} rows=${schema.fields} id=${(row) => row.name} />`;
}

/** The charter that the last contribution accepted, against the one in force. */
function Since({ pool, last }) {
    const before = useResource(last && last !== pool.charter_version ? `/licensing/v1/pools/${pool.ref}/notices` : null, { query: { limit: 100 } });
    if (!last) return html`<p>${t("contribute.since.first")}</p>`;
    if (last === pool.charter_version) return html`<p>${t("contribute.since.same", { version: count(last) })}</p>`;
    return html`<${States} of=${before} empty="contribute.since.unknown">${({ items }) => {
        const old = items.find((one) => one.origin === "charter" && one.origin_version === last);
        return old ? html`<${Changes} before=${old.text} after=${pool.notice_text ?? ""} lang=${pool.notice_language} />` : html`<p>${t("contribute.since.unknown")}</p>`;
    }}<//>`;
}

/** @param {{pool: object, schema: object, last: ?number}} props last: version of the charter that the reader's last contribution accepted */
export function About({ pool, schema, last }) {
    return html`<h3>${t("contribute.about.notice")}</h3>${pool.notice_text ? html`<${UserText} text=${pool.notice_text} lang=${pool.notice_language} />` : html`<p>${t("consents.no-notice")}</p>`}
        <h3>${t("contribute.about.since")}</h3><${Since} pool=${pool} last=${last} />
        <h3>${t("contribute.about.shared")}</h3><${Shared} pool=${pool} />
        <h3>${t("contribute.about.removed")}</h3><p>${t("contribute.removed.says")}</p><${Fields} schema=${schema} />`;
}
