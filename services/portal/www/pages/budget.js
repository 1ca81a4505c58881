// SPDX-License-Identifier: AGPL-3.0-or-later
// Participatory budget: the round that is open with its pot, projects with cost and sponsors, and a project of one's own. Choosing is the voting page's.
import { send } from "../api.js";
import { Deed } from "../deed.js";
import { Field, Form, useForm } from "../form.js";
import { count, plural, t } from "../i18n.js";
import { say } from "../live.js";
import { States, useResource } from "../resource.js";
import { who } from "../signin.js";
import { Facts, Money, Until, UserText, word } from "../show.js";
import { html, useState } from "../view.js";

export const title = "budget.title";

const STATES = ["proposed", "costed", "on_ballot", "selected", "not_selected"];
const OVER = new Set(["rejected", "lapsed", "withdrawn", "superseded", "expired", "annulled", "not_admitted"]);

/** The round that was proposed last: pot, fund, when, and what is on its ballot. */
function Round({ id }) {
    const round = useResource(`/governance/v1/proposals/${id}`);
    return html`<${States} of=${round} empty="budget.round.none">${(data) => html`
        <${Facts} of=${[[t("budget.pot"), html`<${Money} of=${data.effect.pot} />`], [t("effect.field.account"), data.effect.account], [t("vote.fact.state"), word("proposal.state", data.state)],
            [t("vote.fact.closes"), data.closes_at && html`<${Until} at=${data.closes_at} />`], [t("budget.on-ballot"), data.effect.projects ? count(data.effect.projects.length) : null]]} />
        <p>${data.state === "voting" ? html`<a href=${`/vote/${id}`}>${t("budget.choose")}</a>` : html`<a href=${`/decisions/${id}`}>${t("vote.after.decision")}</a>`}</p>
        <p>${t("budget.left-while-choosing")}</p>`}<//>`;
}

function Rounds() {
    const rounds = useResource("/governance/v1/proposals", { query: { type: "budget_round", limit: 10 }, isEmpty: (data) => !data.items.some((one) => !OVER.has(one.state)) });
    return html`<section><h2>${t("budget.round")}</h2><${States} of=${rounds} empty="budget.round.none">${({ items }) => html`<${Round} id=${items.find((one) => !OVER.has(one.state)).id} />`}<//></section>`;
}

function Project({ project, reload }) {
    const mine = project.author === who.value?.subject;
    const deed = (verb, label) => html`<${Deed} label=${label} said=${t("budget.recorded")} done=${reload} send=${({ key }) => send("POST", `/governance/v1/projects/${project.id}/${verb}`, {}, { key })} />`;
    const supports = who.value?.kind === "member" && ["proposed", "costed"].includes(project.state);
    return html`<article id=${project.id}><h3>${project.title}</h3><${UserText} text=${project.text} />
        <${Facts} of=${[[t("vote.fact.state"), word("project-state", project.state)], [t("budget.cost"), project.cost ? html`<${Money} of=${project.cost} />` : t("budget.cost.none")],
            [t("budget.sponsors"), plural("budget.sponsors.count", project.sponsors)], [t("budget.mine"), project.sponsored ? t("budget.mine.sponsored") : null], [t("budget.author"), mine ? t("budget.author.me") : null]]} />
        ${supports && mine && project.state === "costed" && !project.agreed && deed("sponsor", t("budget.agree"))}
        ${supports && !mine && !project.sponsored && deed("sponsor", t("budget.sponsor-of", { title: project.title }))}
        ${mine && project.state === "draft" && deed("propose", t("budget.propose"))}</article>`;
}

function Projects() {
    const [state, setState] = useState("");
    const [own, setOwn] = useState(false);
    const projects = useResource("/governance/v1/projects", { query: { state, limit: 100 }, isEmpty: (data) => data.items.length === 0 });
    const shown = (items) => (own ? items.filter((one) => one.sponsored || one.author === who.value?.subject) : items);
    return html`<section><h2>${t("budget.projects")}</h2>
        <p class="filters"><label>${t("vote.fact.state")} <select onChange=${(event) => setState(event.currentTarget.value)}><option value="">${t("table.all")}</option>
            ${STATES.map((one) => html`<option key=${one} value=${one}>${word("project-state", one)}</option>`)}</select></label>
            ${who.value && html`<label><input type="checkbox" checked=${own} onChange=${(event) => setOwn(event.currentTarget.checked)} /> ${t("budget.own")}</label>`}</p>
        <${States} of=${projects} empty="budget.projects.none">${({ items }) => (shown(items).length === 0 ? html`<p>${t("budget.own.none")}</p>`
            : shown(items).map((one) => html`<${Project} key=${one.id} project=${one} reload=${projects.reload} />`))}<//></section>`;
}

function New({ done }) {
    const form = useForm({ values: { title: "", text: "", draft: false }, send: (values, { key }) => send("POST", "/governance/v1/projects", values, { key }), done: () => {
        say(t("budget.new.done"));
        done();
    } });
    return html`<section><h2>${t("budget.new")}</h2><p>${t("budget.new.says")}</p><${Form} of=${form} submit=${t("budget.new.send")}>
        <${Field} of=${form} name="title" label=${t("effect.field.title")} maxlength="200" required />
        <${Field} of=${form} name="text" type="textarea" rows="6" label=${t("budget.new.text")} required />
        <${Field} of=${form} name="draft" type="checkbox" label=${t("budget.new.draft")} /><//></section>`;
}

export default function Page() {
    const [turn, setTurn] = useState(0);
    return html`<${Rounds} /><${Projects} key=${turn} />${who.value?.kind === "member" && html`<${New} key=${`new-${turn}`} done=${() => setTurn((n) => n + 1)} />`}`;
}
