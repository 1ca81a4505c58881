// SPDX-License-Identifier: AGPL-3.0-or-later
// The charter and what was decided since: classes, bylaws, rules in words and numbers, offices, prohibitions.
import { duration, t } from "../i18n.js";
import { purposeName } from "../names.js";
import { States, useResource } from "../resource.js";
import { RuleRow } from "../rule.js";
import { Facts, Hash, Money, Origin, Until, UserText, When, word } from "../show.js";
import { Table } from "../table.js";
import { className } from "../trust.js";
import { html } from "../view.js";

export const title = "charter.title";

function Founding({ of }) {
    const { charter } = of;
    return html`<${Facts} of=${[
        [t("charter.name"), charter.name],
        [t("charter.founded"), html`<${When} at=${of.founded_at} />`],
        [t("charter.hash"), html`<${Hash} value=${of.sha256} />`],
        [t("charter.bootstrap"), t(of.bootstrap ? "charter.bootstrap.runs" : "charter.bootstrap.over")],
        [t("charter.language"), t(`language.${charter.language}`)],
        [t("charter.currency"), charter.currency],
        [t("charter.dues"), charter.dues.amount.minor === 0 ? t("charter.dues.none") : html`<${Money} of=${charter.dues.amount} />, ${duration(charter.dues.period_seconds)}`],
    ]} />
    <${Table} caption=${t("charter.classes")} rows=${charter.classes} id=${(one) => one.code} columns=${[
        { key: "name", label: t("charter.class.name") },
        { key: "code", label: t("charter.class.code") },
        { key: "who", label: t("charter.class.who") },
        { key: "admission", label: t("charter.class.admission"), text: (one) => word("admission", charter.admission[one.code]) },
    ]} />`;
}

function Bylaw({ clause, lang }) {
    return html`<section id=${`clause-${clause.clause}`}>
        <h3>${t("charter.clause", { clause: clause.clause, title: clause.title })} ${clause.entrenched && html`<strong class="mark">${t("charter.entrenched")}</strong>`}</h3>
        <${UserText} text=${clause.text} lang=${lang} />
        <p class="hint">${t("charter.version", { version: clause.version })}, <${When} at=${clause.from} />, <${Origin} of=${clause.origin} /></p>
    </section>`;
}

function Rule({ row }) {
    return html`<details>
        <summary>${word("proposal.type", row.type)}</summary>
        <${RuleRow} rule=${row.rule} />
        <p class="hint">${t("charter.version", { version: row.version })}, <${When} at=${row.from} />, <${Origin} of=${row.origin} /></p>
        <p class="hint">${t("charter.hash")}: <${Hash} value=${row.sha256} /></p>
    </details>`;
}

const offices = () => [
    { key: "body", label: t("charter.office"), text: (one) => word("office", one.body) },
    { key: "seat", label: t("charter.seat") },
    { key: "display_name", label: t("charter.holder"), text: (one) => one.display_name ?? t("charter.erased") },
    { key: "from", label: t("charter.from"), cell: (one) => html`<${When} at=${one.from} />` },
    { key: "until", label: t("charter.until"), cell: (one) => html`<${Until} at=${one.until} />` },
    { key: "origin", label: t("charter.origin"), cell: (one) => html`<${Origin} of=${one.origin} />` },
];

const prohibitions = () => [
    { key: "purpose", label: t("charter.purpose"), text: (one) => purposeName(one.purpose) },
    { key: "code", label: t("charter.code"), cell: (one) => html`<code>${one.purpose}</code>` },
    { key: "from", label: t("charter.from"), cell: (one) => html`<${When} at=${one.from} />` },
    { key: "until", label: t("charter.until"), cell: (one) => (one.until ? html`<${Until} at=${one.until} />` : t("charter.unlimited")) },
    { key: "old", label: t("charter.old-grants"), cell: (one) => (one.old_grants_at ? html`<${Until} at=${one.old_grants_at} />` : t("charter.old-grants.renewal")) },
    { key: "origin", label: t("charter.origin"), cell: (one) => html`<${Origin} of=${one.origin} />` },
];

export default function Charter() {
    const charter = useResource("/governance/v1/charters/current");
    const bylaws = useResource("/governance/v1/bylaws");
    const rules = useResource("/governance/v1/rules");
    const held = useResource("/governance/v1/offices");
    const prohibited = useResource("/governance/v1/prohibitions");
    const lang = charter.data?.charter.language;
    return html`<p>${t("charter.intro")}</p>
        <${States} of=${charter}>${(data) => html`<${Founding} of=${data} />`}<//>
        <h2>${t("charter.bylaws")}</h2>
        <p>${t("charter.bylaws.entrenched")}</p>
        <${States} of=${bylaws} empty="charter.bylaws.empty">${(data) => data.items.map((clause) => html`<${Bylaw} key=${clause.clause} clause=${clause} lang=${lang} />`)}<//>
        <h2>${t("charter.rules")}</h2>
        <p>${t("charter.rules.intro")}</p>
        <${States} of=${rules} empty="charter.rules.empty">${(data) => data.items.map((row) => html`<${Rule} key=${row.type} row=${row} />`)}<//>
        <h2>${t("charter.offices")}</h2>
        <${States} of=${held} empty="charter.offices.empty">${(data) => html`
            <${Table} caption=${t("charter.offices.caption")} rows=${data.items} columns=${offices()} id=${(one) => one.office_id} />`}<//>
        <h2>${t("charter.prohibitions")}</h2>
        <${States} of=${prohibited} empty="charter.prohibitions.empty">${(data) => html`
            <${Table} caption=${t("charter.prohibitions.caption")} rows=${data.items} columns=${prohibitions()} />`}<//>`;
}
