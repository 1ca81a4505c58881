// SPDX-License-Identifier: AGPL-3.0-or-later
// The front page: what the trust holds, who its members are, this year's money, open votes, and the newest signed head of its log.
import { count, plural, t } from "../i18n.js";
import { States, useResource } from "../resource.js";
import { Facts, Hash, Money, Until, When, word } from "../show.js";
import { className } from "../trust.js";
import { html } from "../view.js";

export const title = "home.title";

function Holds({ assets }) {
    if (assets.length === 0) return html`<p>${t("home.assets.empty")}</p>`;
    return html`<ul>${assets.map((asset) => html`<li key=${asset.ref}><a href="/assets">${asset.title}</a> (${word("asset.kind", asset.kind)})</li>`)}</ul>`;
}

function Head({ head }) {
    if (!head) return html`<p>${t("home.head.none")}</p>`;
    return html`<${Facts} of=${[
        [t("home.head.at"), html`<${When} at=${head.at} />`], [t("home.head.size"), count(head.size)], [t("home.head.root"), html`<${Hash} value=${head.root} />`],
    ]} />
    <p><a href="/verify">${t("home.head.verify")}</a></p>`;
}

function Votes({ votes }) {
    if (votes.length === 0) return html`<p>${t("home.votes.empty")}</p>`;
    return html`<ul class="cards">${votes.map((one) => html`<li key=${one.id}>
        <h3><a href="/decisions/${one.id}">${one.title}</a></h3>
        <p>${word("proposal.type", one.type)}</p>
        <p><${Until} at=${one.closes_at} /></p>
    </li>`)}</ul>`;
}

function Overview({ assets, members, money, votes, tree_head: head }) {
    return html`
        <section><h2>${t("home.assets")}</h2><${Holds} assets=${assets} /></section>
        <section><h2>${t("home.members.title")}</h2>
            <${Facts} of=${members.map((one) => [className(one.class), plural("home.members", one.active)])} /></section>
        <section><h2>${t("home.money.title", { year: money.year })}</h2>
            <${Facts} of=${[[t("home.money.in"), html`<${Money} of=${money.in} />`], [t("home.money.out"), html`<${Money} of=${money.out} />`]]} /></section>
        <section><h2>${t("home.votes")}</h2><${Votes} votes=${votes} /></section>
        <section><h2>${t("home.head")}</h2><${Head} head=${head} /></section>`;
}

export default function Home() {
    const found = useResource("/portal/v1/overview");
    return html`<p>${t("home.about")}</p>
        <${States} of=${found}>${(data) => html`<${Overview} ...${data} />`}<//>`;
}
