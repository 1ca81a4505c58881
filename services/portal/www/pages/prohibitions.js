// SPDX-License-Identifier: AGPL-3.0-or-later
// Purposes nobody may use the data for: since when, who decided it, and the licences it touches.
import { t } from "../i18n.js";
import { purposeName, purposesBelow } from "../names.js";
import { States, useResource } from "../resource.js";
import { Facts, Origin, Until, When, word } from "../show.js";
import { Listing } from "../table.js";
import { html } from "../view.js";

export const title = "prohibitions.title";

const grants = () => [
    { key: "licensee", label: t("grants.licensee") }, { key: "pool", label: t("grants.pool") }, { key: "purpose", label: t("grants.purpose"), text: (one) => purposeName(one.purpose) },
    { key: "state", label: t("grants.state"), text: (one) => word("grant.state", one.state) }, { key: "until", label: t("grants.until"), cell: (one) => html`<${Until} at=${one.until} />` },
];

function Prohibition({ of, purposes }) {
    const touched = [...purposesBelow(purposes, of.purpose)];
    return html`<section><h2>${purposeName(of.purpose)}</h2>
        <${Facts} of=${[
            [t("charter.code"), html`<code>${of.purpose}</code>`], [t("prohibitions.reach"), touched.map(purposeName).join(", ")], [t("charter.from"), html`<${When} at=${of.from} />`],
            [t("charter.until"), of.until ? html`<${Until} at=${of.until} />` : t("charter.unlimited")], [t("charter.old-grants"), of.old_grants_at ? html`<${Until} at=${of.old_grants_at} />` : t("charter.old-grants.renewal")],
            [t("charter.origin"), html`<${Origin} of=${of.origin} />`],
        ]} />
        <${Listing} path="/licensing/v1/register" query=${{ purpose: of.purpose }} caption=${t("prohibitions.grants", { purpose: purposeName(of.purpose) })} columns=${grants()}
            empty="prohibitions.grants.empty" name="prohibited-${of.purpose}" id=${(one) => one.grant_id} /></section>`;
}

export default function Prohibitions() {
    const found = useResource("/governance/v1/prohibitions");
    const purposes = useResource("/licensing/v1/purposes");
    return html`<p>${t("prohibitions.intro")}</p>
        <${States} of=${found} empty="charter.prohibitions.empty">${({ items }) => html`
            <${States} of=${purposes}>${(tree) => items.map((one) => html`<${Prohibition} key=${one.id} of=${one} purposes=${tree.items} />`)}<//>`}<//>`;
}
