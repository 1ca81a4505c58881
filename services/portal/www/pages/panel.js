// SPDX-License-Identifier: AGPL-3.0-or-later
// One appeal before its panel: what it is about, how the panel was drawn, until when it decides, the seats' votes with their reasons, and one's own.
import { send } from "../api.js";
import { Field, Form, useForm } from "../form.js";
import { count, t } from "../i18n.js";
import { say } from "../live.js";
import { States, useResource } from "../resource.js";
import { setTitle } from "../router.js";
import { Facts, Hash, Until, UserText, When, word } from "../show.js";
import { Table } from "../table.js";
import { className } from "../trust.js";
import { html, useEffect } from "../view.js";

export const title = "panel.title";

/** Where what is appealed against can be read. */
const PLACES = { vote: "/decisions", revocation: "/grants", sanction: "/grants" };

const seats = () => [
    { key: "seat", label: t("charter.seat"), text: (one) => className(one.seat) }, { key: "display_name", label: t("charter.holder"), text: (one) => one.display_name ?? t("charter.erased") },
    { key: "choice", label: t("decision.choice"), text: (one) => (one.choice ? word("panel.choice", one.choice) : t("panel.after-decision")) },
    { key: "text", label: t("grants.reasons"), cell: (one) => one.text && html`<${UserText} text=${one.text} />` },
];

const lots = () => [
    { key: "round", label: t("panel.round"), numeric: true }, { key: "opened_at", label: t("panel.lot-opened"), cell: (one) => html`<${When} at=${one.opened_at} />` },
    { key: "drawn_at", label: t("panel.drawn"), cell: (one) => (one.drawn_at ? html`<${When} at=${one.drawn_at} />` : t("panel.not-drawn")) },
    { key: "candidates", label: t("panel.candidates"), numeric: true, text: (one) => count(Object.values(one.candidates).flat().length) },
    { key: "seed", label: t("panel.seed"), cell: (one) => html`<${Hash} value=${one.seed} />` }, { key: "sha256", label: t("panel.lot-hash"), cell: (one) => html`<${Hash} value=${one.sha256} />` },
];

function Vote({ of, done }) {
    const form = useForm({
        values: { choice: "", reason_text: "" }, check: (values) => ({ choice: values.choice ? "" : t("panel.choose"), reason_text: values.reason_text.trim() ? "" : t("panel.reason-missing") }),
        send: (values, { key }) => send("POST", `/governance/v1/appeals/${of.id}/decide`, values, { key }), done: () => {
            say(t("panel.voted"));
            done();
        } });
    return html`<h2>${t("panel.vote")}</h2><p>${t("panel.vote.text")}</p>
        <${Form} of=${form} submit=${t("panel.vote.send")}>
            <${Field} of=${form} name="choice" type="radio" label=${t("panel.question")} options=${["uphold", "reverse"].map((value) => ({ value, label: word("panel.choice", value) }))} />
            <${Field} of=${form} name="reason_text" type="textarea" rows="5" label=${t("panel.reasons")} hint=${t("panel.reasons.hint")} maxlength="10000" required /><//>`;
}

function Conflict({ of, done }) {
    const form = useForm({ values: { reason: "" }, done, send: (values, { key }) => send("POST", `/governance/v1/appeals/${of.id}/declare-conflict`, values, { key }) });
    return html`<details><summary>${t("case.conflict")}</summary><p>${t("panel.conflict.text")}</p>
        <${Form} of=${form} submit=${t("case.conflict")}><${Field} of=${form} name="reason" label=${t("run.reason")} type="textarea" maxlength="4000" required /><//></details>`;
}

function Whole({ of, reload }) {
    const name = t("panel.name", { kind: word("panel.kind", of.kind) });
    useEffect(() => setTitle(name), [name]);
    const place = PLACES[of.kind];
    const acts = of.state === "panel" && of.my_seat && !of.my_vote;
    return html`<${Facts} of=${[
            [t("decisions.state"), html`<strong class="mark">${word("panel.state", of.state)}</strong>`],
            [t("panel.subject"), of.subject && (place ? html`<a href=${of.kind === "vote" ? `${place}/${of.subject}` : place}><code>${of.subject}</code></a>` : html`<code>${of.subject}</code>`)],
            [t("panel.opened"), html`<${When} at=${of.opened_at} />`], [t("council.deadline"), of.closes_at && html`<${Until} at=${of.closes_at} />`], [t("panel.round"), count(of.round)],
            [t("council.decided"), of.decided_at && html`<${When} at=${of.decided_at} />`], [t("council.decision"), of.command && word("panel.choice", of.command)],
            [t("decision.effect"), of.effect && word("panel.effect", of.effect)], [t("panel.my-seat"), of.my_seat && className(of.my_seat)], [t("council.my-vote"), of.my_vote && word("panel.choice", of.my_vote)],
        ]} />
        ${of.grounds !== undefined && html`<h2>${t("panel.grounds")}</h2>${of.grounds ? html`<${UserText} text=${of.grounds} />` : html`<p>${t("panel.grounds.none")}</p>`}`}
        ${acts && html`<${Vote} of=${of} done=${reload} /><${Conflict} of=${of} done=${reload} />`}
        <h2>${t("panel.seats")}</h2>
        ${of.panel.length > 0 ? html`<${Table} caption=${t("panel.seats.caption")} rows=${of.panel} columns=${seats()} id=${(one) => one.seat} />` : html`<p data-state="empty">${t("panel.seats.empty")}</p>`}
        <h2>${t("panel.lots")}</h2><p>${t("panel.lots.text")}</p>
        ${of.lots.length > 0 ? html`<${Table} caption=${t("panel.lots.caption")} rows=${of.lots} columns=${lots()} id=${(one) => one.round} />` : html`<p data-state="empty">${t("panel.lots.empty")}</p>`}`;
}

export default function Panel({ params }) {
    const found = useResource(`/governance/v1/appeals/${encodeURIComponent(params.id)}`);
    return html`<${States} of=${found}>${(data) => html`<${Whole} of=${data} reload=${found.reload} />`}<//>`;
}
