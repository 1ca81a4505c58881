// SPDX-License-Identifier: AGPL-3.0-or-later
// The member's overview: votes that wait, data, consents, money. Each part leads to its page.
import { count, plural, t } from "../i18n.js";
import { States, useResource } from "../resource.js";
import { Until, When, word } from "../show.js";
import { html } from "../view.js";
import { Balance, Holds } from "./statements.js";

export const title = "me.title";

/** One open vote, if the reader is on its roll and has not voted: asked anew each time. */
function Waiting({ proposal }) {
    const check = useResource(`/governance/v1/rolls/${proposal.id}/check-self`);
    return html`<${States} of=${check}>${({ answer, voted }) => html`<li><a href=${`/vote/${proposal.id}`}>${proposal.title}</a>
        <p>${t(answer !== "yes" ? "me.votes.not-mine" : voted ? "me.votes.voted" : "me.votes.waits")} <${Until} at=${proposal.closes_at} /></p></li>`}<//>`;
}

function Votes() {
    const open = useResource("/governance/v1/proposals", { query: { state: "voting" } });
    return html`<section><h2>${t("me.votes")}</h2><${States} of=${open} empty="me.votes.none">${({ items }) => html`
        <ul>${items.map((one) => html`<${Waiting} key=${one.id} proposal=${one} />`)}</ul>`}<//>
        <p><a href="/proposals/new">${t("me.propose")}</a> <a href="/budget">${t("me.budget")}</a></p></section>`;
}

function Data() {
    const contributions = useResource("/licensing/v1/contributions", { query: { limit: 5 } });
    return html`<section><h2>${t("me.data")}</h2><${States} of=${contributions} empty="me.data.none">${({ items }) => html`
        <ul>${items.map((one) => html`<li key=${one.id}>${t("me.data.one", { pool: one.pool, version: one.version, state: word("contribution-state", one.state) })}
            ${one.rows ? html` ${plural("me.data.rows", one.rows)}` : null}</li>`)}</ul>`}<//>
        <p><a href="/me/contribute">${t("me.contribute")}</a></p></section>`;
}

function Consents() {
    const consents = useResource("/licensing/v1/consents");
    return html`<section><h2>${t("me.consents")}</h2><${States} of=${consents} empty="me.consents.none">${({ items }) => html`
        <p>${t("me.consents.counts", { given: count(items.filter((one) => one.stands?.permits).length), asked: count(items.filter((one) => one.state === "requested").length) })}</p>`}<//>
        <p><a href="/me/consents">${t("me.consents.all")}</a></p></section>`;
}

function Earnings() {
    const statements = useResource("/payout/v1/statements", { query: { limit: 1 }, isEmpty: () => false });
    return html`<section><h2>${t("me.money")}</h2><${States} of=${statements}>${(data) => html`<${Balance} of=${data} />`}<//>
        <h3>${t("me.money.next")}</h3><${Holds} /><p><a href="/me/statements">${t("me.money.all")}</a></p></section>`;
}

function News() {
    const notices = useResource("/governance/v1/notices", { query: { limit: 5 } });
    return html`<section><h2>${t("me.notices")}</h2><${States} of=${notices} empty="me.notices.none">${({ items }) => html`
        <ul>${items.map((one) => html`<li key=${one.id}>${word("notice", one.kind)} <small><${When} at=${one.at} /></small></li>`)}</ul>`}<//></section>`;
}

export default function Page() {
    return html`<${Votes} /><${Data} /><${Consents} /><${Earnings} /><${News} />`;
}
