// SPDX-License-Identifier: AGPL-3.0-or-later
// The money that members decide about: what each fund has, what costed projects would take, what was promised, spent and is left of it.
import { send } from "../api.js";
import { Field, Form, useForm } from "../form.js";
import { count, t } from "../i18n.js";
import { say } from "../live.js";
import { minorOf } from "../money.js";
import { States, useResource } from "../resource.js";
import { Money, When, word } from "../show.js";
import { Listing, Table } from "../table.js";
import { trust } from "../trust.js";
import { html, useState } from "../view.js";

export const title = "treasury-budget.title";

const MOST = 100; // commitments to choose from

const money = (key, label) => ({ key, label, numeric: true, cell: (one) => html`<${Money} of=${one[key]} />` });

const funds = () => [{ key: "fund", label: t("treasury-budget.fund") }, ...["in", "promised", "spent", "free"].map((key) => money(key, t(`treasury-budget.${key}`)))];

const projects = () => [
    { key: "title", label: t("treasury-budget.project"), cell: (one) => html`<a href="/budget#${one.id}">${one.title}</a>` }, { key: "state", label: t("grants.state"), text: (one) => word("project-state", one.state) },
    money("cost", t("budget.cost")), { key: "sponsors", label: t("budget.sponsors"), numeric: true, text: (one) => count(one.sponsors) },
    { key: "award_id", label: t("treasury-budget.award"), cell: (one) => one.award_id && html`<code>${one.award_id}</code>` },
];

const commitments = () => [
    { key: "purpose", label: t("treasury-budget.purpose") }, { key: "fund", label: t("treasury-budget.fund") }, { key: "state", label: t("grants.state"), text: (one) => word("commitment.state", one.state) },
    ...["amount", "spent", "left"].map((key) => money(key, t(`treasury-budget.commitment.${key}`))), { key: "made_at", label: t("treasury-budget.made"), cell: (one) => html`<${When} at=${one.made_at} />` },
];

/** An amount as it is typed, for the service; what is none is sent as it stands and refused by its field. */
function typed(text) {
    return { minor: minorOf(text, trust.value.currency) ?? text, currency: trust.value.currency };
}

function useDeed(values, path, body, done) {
    return useForm({ values, done: () => {
        say(t("treasury-budget.done"));
        done();
    }, send: (given, { key }) => send("POST", path, body(given), { key }) });
}

const amountField = (form) => html`<${Field} of=${form} name="amount" label=${t("treasury.amount")} hint=${t("treasury-budget.amount.hint", { currency: trust.value.currency })} inputmode="decimal" required />`;

function Promise({ of, done }) {
    const form = useDeed({ fund: of[0].fund, amount: "", resolution: "", purpose: "" }, "/payout/v1/commitments", (values) => ({ ...values, amount: typed(values.amount) }), done);
    return html`<details><summary>${t("treasury-budget.promise")}</summary><p>${t("treasury-budget.promise.text")}</p>
        <${Form} of=${form} submit=${t("treasury-budget.promise")}>
            <${Field} of=${form} name="fund" type="select" label=${t("treasury-budget.fund")} options=${of.map(({ fund }) => ({ value: fund, label: fund }))} />
            ${amountField(form)}
            <${Field} of=${form} name="resolution" label=${t("treasury-budget.resolution")} hint=${t("treasury-budget.resolution.hint")} maxlength="64" required />
            <${Field} of=${form} name="purpose" label=${t("treasury-budget.purpose")} minlength="3" maxlength="500" required /><//></details>`;
}

function Spend({ of, done }) {
    const form = useDeed({ amount: "", name: "", iban: "", reference: "" }, `/payout/v1/commitments/${of.id}/spend-commitment`, (values) => ({ ...values, amount: typed(values.amount) }), done);
    return html`<details><summary>${t("treasury-budget.spend")}</summary><p>${t("treasury-budget.spend.text")}</p>
        <${Form} of=${form} submit=${t("treasury-budget.spend")}>
            ${amountField(form)}
            <${Field} of=${form} name="name" label=${t("treasury-budget.payee")} maxlength="70" required />
            <${Field} of=${form} name="iban" label="IBAN" maxlength="34" autocomplete="off" required />
            <${Field} of=${form} name="reference" label=${t("treasury-budget.reference")} maxlength="140" required /><//></details>`;
}

function Lapse({ of, done }) {
    const form = useDeed({ reason: "" }, `/payout/v1/commitments/${of.id}/lapse-commitment`, (values) => values, done);
    return html`<details><summary>${t("treasury-budget.lapse")}</summary><p>${t("treasury-budget.lapse.text")}</p>
        <${Form} of=${form} submit=${t("treasury-budget.lapse")}><${Field} of=${form} name="reason" label=${t("run.reason")} minlength="3" maxlength="500" required /><//></details>`;
}

/** One open commitment to spend of or to end. */
function Open({ done }) {
    const [chosen, setChosen] = useState("");
    const found = useResource("/payout/v1/commitments", { query: { limit: MOST }, isEmpty: ({ items }) => !items.some((one) => one.state === "open") });
    return html`<${States} of=${found} empty="treasury-budget.open.empty">${({ items }) => {
        const open = items.filter((one) => one.state === "open"), one = open.find(({ id }) => id === chosen) ?? open[0];
        return html`<p><label>${t("treasury-budget.open")} <select onChange=${(event) => setChosen(event.currentTarget.value)}>
                ${open.map(({ id, purpose }) => html`<option key=${id} value=${id} selected=${id === one.id}>${purpose}</option>`)}</select></label></p>
            <${Spend} key="spend-${one.id}" of=${one} done=${done} /><${Lapse} key="lapse-${one.id}" of=${one} done=${done} />`;
    }}<//>`;
}

export default function Budget() {
    const [turn, setTurn] = useState(0);
    const pots = useResource("/payout/v1/funds");
    const done = () => {
        setTurn(turn + 1);
        pots.reload();
    };
    return html`<p>${t("treasury-budget.intro")} <a href="/budget">${t("budget.title")}</a></p>
        <h2>${t("treasury-budget.funds")}</h2>
        <${States} of=${pots} empty="treasury-budget.funds.empty">${({ items }) => html`<${Table} caption=${t("treasury-budget.funds.caption")} rows=${items} columns=${funds()} id=${(one) => one.fund} />
            <${Promise} key=${turn} of=${items} done=${done} />`}<//>
        <h2>${t("budget.projects")}</h2>
        <${Listing} path="/governance/v1/projects" query=${{ state: "costed" }} caption=${t("treasury-budget.costed.caption")} columns=${projects()} empty="treasury-budget.costed.empty" name="projects-costed" />
        <${Listing} path="/governance/v1/projects" query=${{ state: "selected" }} caption=${t("treasury-budget.selected.caption")} columns=${projects()} empty="treasury-budget.selected.empty" name="projects-selected" />
        <h2>${t("treasury-budget.commitments")}</h2>
        <${Listing} key=${turn} path="/payout/v1/commitments" caption=${t("treasury-budget.commitments.caption")} columns=${commitments()} empty="treasury-budget.commitments.empty" name="commitments" />
        <h3>${t("treasury-budget.use")}</h3><${Open} key="open-${turn}" done=${done} />`;
}
