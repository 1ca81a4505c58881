// SPDX-License-Identifier: AGPL-3.0-or-later
// What the board has to keep in view: what is due when, whether open votes reach their quorum so far, and what is suspended in an emergency.
import { fraction, t } from "../i18n.js";
import { States, useResource } from "../resource.js";
import { Until, When, word } from "../show.js";
import { Listing, Table } from "../table.js";
import { className } from "../trust.js";
import { html } from "../view.js";

export const title = "board.title";

const proposals = () => [
    { key: "title", label: t("decisions.proposal"), text: (one) => one.title, cell: (one) => html`<a href="/decisions/${one.id}">${one.title}</a>` },
    { key: "type", label: t("decisions.type"), text: (one) => word("proposal.type", one.type) },
    { key: "opens_at", label: t("decisions.opens"), cell: (one) => html`<${When} at=${one.opens_at} />` },
    { key: "closes_at", label: t("decisions.closes"), cell: (one) => html`<${Until} at=${one.closes_at} />` },
    { key: "in_force_at", label: t("decisions.in-force"), cell: (one) => html`<${When} at=${one.in_force_at} />` },
];

/** Ballots cast of those on the roll, by class, as last published, beside the quorum the rule asks for. */
function Forecast({ id, title: name }) {
    const proposal = useResource(`/governance/v1/proposals/${id}`);
    const turnout = useResource(`/governance/v1/turnouts/${id}`);
    if (turnout.error) return html`<section><h3><a href="/decisions/${id}">${name}</a></h3><p data-state="empty">${t("board.forecast.none")}</p></section>`;
    return html`<section><h3><a href="/decisions/${id}">${name}</a></h3>
        <${States} of=${proposal}>${({ rule, roll }) => html`<${States} of=${turnout}>${({ published }) => {
            const last = published.at(-1);
            if (!last || !roll) return html`<p data-state="empty">${t("board.forecast.none")}</p>`;
            const rows = Object.keys(last.cast).map((code) => ({ id: code, name: className(code), cast: last.cast[code], roll: roll.counts[code] }));
            return html`<p>${t("rule.quorum.all", { fraction: fraction(rule.q_num, rule.q_den) })} ${rule.cq_num > 0 && t("rule.quorum.class", { fraction: fraction(rule.cq_num, rule.cq_den) })}</p>
                <${Table} caption=${t("board.forecast.caption")} rows=${rows} columns=${[
                    { key: "name", label: t("outcome.class") }, { key: "cast", label: t("outcome.turnout"), numeric: true, text: (one) => fraction(one.cast, one.roll) }]} />
                <p class="hint"><${When} at=${last.at} /></p>`;
        }}<//>`}<//></section>`;
}

function OpenVotes() {
    const open = useResource("/governance/v1/proposals", { query: { state: "voting" } });
    return html`<${States} of=${open} empty="board.votes.empty">${({ items }) => items.map((one) => html`<${Forecast} key=${one.id} id=${one.id} title=${one.title} />`)}<//>`;
}

const terms = () => [
    { key: "body", label: t("charter.office"), text: (one) => word("office", one.body) }, { key: "seat", label: t("charter.seat") },
    { key: "display_name", label: t("charter.holder"), text: (one) => one.display_name ?? t("charter.erased") }, { key: "until", label: t("board.term-ends"), cell: (one) => html`<${Until} at=${one.until} />` },
];

const suspended = () => [
    { key: "licensee", label: t("grants.licensee") }, { key: "pool", label: t("grants.pool") },
    { key: "suspensions", label: t("grants.held-by"), text: (one) => one.suspensions.map((held) => word("grant.cause", held.cause)).join(", "),
        cell: (one) => html`<ul>${one.suspensions.map((held) => html`<li key=${held.cause}>${word("grant.cause", held.cause)}: ${held.reason}${held.until && html`, <${Until} at=${held.until} />`}</li>`)}</ul>` },
];

const CALENDAR = ["discussion", "cooling", "second_reading"];

export default function Board() {
    const offices = useResource("/governance/v1/offices");
    return html`<p>${t("board.intro")}</p>
        <h2>${t("board.votes")}</h2><${OpenVotes} />
        <h2>${t("board.calendar")}</h2>
        ${CALENDAR.map((state) => html`<${Listing} key=${state} path="/governance/v1/proposals" query=${{ state }} caption=${t("board.calendar.caption", { state: word("proposal.state", state) })} columns=${proposals()}
            empty=${`board.calendar.${state}.empty`} name="calendar-${state}" />`)}
        <h2>${t("board.terms")}</h2>
        <${States} of=${offices} empty="charter.offices.empty">${({ items }) => html`<${Table} caption=${t("board.terms.caption")} rows=${items.toSorted((a, b) => a.until.localeCompare(b.until))}
            columns=${terms()} id=${(one) => one.office_id} />`}<//>
        <h2>${t("board.suspensions")}</h2>
        <${Listing} path="/licensing/v1/register" query=${{ state: "suspended" }} caption=${t("board.suspensions.caption")} columns=${suspended()} empty="board.suspensions.empty" name="suspended"
            id=${(one) => one.grant_id} />`;
}
