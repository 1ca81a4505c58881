// SPDX-License-Identifier: AGPL-3.0-or-later
// The asset register: what the trust holds, where it came from, what keeps it, and who uses it under a licence now.
import { t } from "../i18n.js";
import { purposeName } from "../names.js";
import { States, useResource } from "../resource.js";
import { Facts, Hash, Origin, Until, When, word } from "../show.js";
import { Listing, Table } from "../table.js";
import { html } from "../view.js";

export const title = "assets.title";

/** The asset of a pool bears the pool's name behind this. */
const POOL = "pool-";

const history = () => [
    { key: "at", label: t("assets.at"), cell: (one) => html`<${When} at=${one.at} />` },
    { key: "disposition", label: t("assets.disposition"), text: (one) => word("disposition", one.disposition) },
    { key: "origin", label: t("assets.origin"), cell: (one) => html`<${Origin} of=${one.origin} />` },
];

const licences = () => [
    { key: "licensee", label: t("grants.licensee") },
    { key: "purpose", label: t("grants.purpose"), text: (one) => purposeName(one.purpose) },
    { key: "until", label: t("grants.until"), cell: (one) => html`<${Until} at=${one.until} />` },
];

function Asset({ asset, locked }) {
    const pool = asset.kind === "pool" && asset.ref.startsWith(POOL) ? asset.ref.slice(POOL.length) : null;
    const successor = asset.successor && t("assets.successor.text", asset.successor);
    return html`<section id=${asset.ref}>
        <h2>${asset.title}</h2>
        <${Facts} of=${[
            [t("assets.ref"), html`<code>${asset.ref}</code>`],
            [t("assets.kind"), word("asset.kind", asset.kind)],
            [t("assets.provenance"), asset.provenance],
            [t("assets.disposition"), word("disposition", asset.disposition)],
            [t("assets.lock"), asset.disposition === "succeeded" ? t("assets.lock.passed") : t(locked ? "assets.lock.holds" : "assets.lock.broken")],
            [t("assets.successor"), successor],
            [t("assets.checksum"), asset.sha256 ? html`<${Hash} value=${asset.sha256} />` : t("assets.checksum.none")],
            [t("assets.registered"), html`<${When} at=${asset.registered_at} />`],
            [t("assets.pool"), pool && html`<a href="/catalogue/${pool}">${t("assets.pool.link")}</a>`],
        ]} />
        <${Table} caption=${t("assets.history", { title: asset.title })} rows=${asset.history} columns=${history()} />
        ${pool && html`<h3>${t("assets.licences")}</h3>
            <${Listing} path="/licensing/v1/register" query=${{ pool, state: "active" }} caption=${t("assets.licences.caption", { title: asset.title })}
                columns=${licences()} empty="assets.licences.empty" name="licences-${pool}" id=${(one) => one.grant_id} />`}
    </section>`;
}

function Lock({ missing }) {
    if (missing.length === 0) return html`<p>${t("assets.guards.complete")}</p>`;
    return html`<section class="summary"><h2>${t("assets.guards.missing")}</h2><p>${t("assets.guards.text")}</p>
        <ul>${missing.map((name) => html`<li key=${name}><code>${name}</code></li>`)}</ul></section>`;
}

export default function Assets() {
    const assets = useResource("/governance/v1/assets");
    return html`<p>${t("assets.intro")}</p>
        <${States} of=${assets} empty="assets.empty">${(data) => html`
            <${Lock} missing=${data.missing_guards} />
            ${data.items.map((asset) => html`<${Asset} key=${asset.id} asset=${asset} locked=${data.missing_guards.length === 0} />`)}`}<//>`;
}
