// SPDX-License-Identifier: AGPL-3.0-or-later
// The pools of the trust, each with a way to all that is known of it.
import { t } from "../i18n.js";
import { period } from "../pools.js";
import { word } from "../show.js";
import { Listing } from "../table.js";
import { html } from "../view.js";

export const title = "catalogue.title";

const columns = () => [
    { key: "title", label: t("catalogue.pool"), text: (pool) => pool.title, cell: (pool) => html`<a href="/catalogue/${pool.ref}">${pool.title}</a>` },
    { key: "state", label: t("catalogue.state"), text: (pool) => word("pool.state", pool.state) },
    { key: "description", label: t("catalogue.description"), text: (pool) => pool.charter?.description,
        cell: (pool) => html`<span lang=${pool.charter?.language}>${pool.charter?.description}</span>` },
    { key: "spatial", label: t("catalogue.spatial"), text: (pool) => pool.charter?.spatial },
    { key: "period", label: t("catalogue.period"), text: (pool) => pool.charter && period(pool.charter.temporal) },
];

export default function Catalogue() {
    return html`<p>${t("catalogue.intro")}</p>
        <${Listing} path="/licensing/v1/pools" caption=${t("catalogue.caption")} columns=${columns()} empty="catalogue.empty" name="pools" />`;
}
