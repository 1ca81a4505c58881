// SPDX-License-Identifier: AGPL-3.0-or-later
// One case: what is asked and what the evaluation says of it, conditions one by one, the vote with its reason, and what was decided of the like.
import { send } from "../api.js";
import { about, conditionText } from "../cases.js";
import { Deed } from "../deed.js";
import { Field, Form, useForm } from "../form.js";
import { count, fraction, t } from "../i18n.js";
import { purposeName, recipientName } from "../names.js";
import { price } from "../pools.js";
import { States, useResource } from "../resource.js";
import { setTitle } from "../router.js";
import { Facts, Hash, Until, UserText, When, word } from "../show.js";
import { Listing, Table } from "../table.js";
import { html, useEffect } from "../view.js";

export const title = "case.title";

/** For, on either side, against: as the service lists them. */
const REASONS = ["fits_purpose", "public_benefit", "no_harm", "safeguards", "consent", "proportionate", "precedent", "purpose", "benefit", "conduct", "legal", "evidence",
    "capacity", "other", "harm", "group_harm", "discrimination", "privacy", "reidentification", "security", "disproportionate", "unclear"];

/** A purpose with all above it, the widest first. */
function PurposePath({ code }) {
    const purposes = useResource("/licensing/v1/purposes");
    return html`<${States} of=${purposes}>${({ items }) => {
        const path = [];
        for (let at = code; at; at = items.find((one) => one.code === at)?.parents[0]) path.unshift(at);
        return html`<ol>${path.map((one) => html`<li key=${one}>${purposeName(one)} <code>${one}</code></li>`)}</ol>`;
    }}<//>`;
}

function Application({ application: of, evaluation, offer, why = [], doubt }) {
    return html`<${Facts} of=${[
            [t("case.organisation"), of.organisation_name ?? of.organisation_id], [t("grants.class"), offer && recipientName(offer.org_class)],
            [t("grants.pool"), html`<a href="/catalogue/${of.pool}">${of.pool}</a>`], [t("case.project"), html`<${UserText} text=${of.project} />`],
            [t("case.actions"), of.actions.map((one) => word("action", one)).join(", ")], [t("pool.rule.modes"), of.modes.map((one) => word("mode", one)).join(", ")],
            [t("case.columns"), of.columns.join(", ")], [t("case.region"), of.region], [t("case.days"), count(of.duration_days)],
            [t("pool.special"), offer && t(offer.special_category ? "word.yes" : "word.no")], [t("pool.price"), offer && price(offer.price)],
            [t("case.why"), why.map((one) => word("case.why", one)).join(", ")], [t("case.doubt"), doubt && html`<${UserText} text=${doubt} />`],
        ]} />
        <h3>${t("case.purpose")}</h3><${PurposePath} code=${of.purpose} />
        ${evaluation && html`<h3>${t("council.matcher")}</h3><${Facts} of=${[
            [t("case.matcher.decision"), word("decision-word", evaluation.decision)], [t("case.coverage"), count(evaluation.covered_members)], [t("grants.tier"), evaluation.tier],
            [t("case.matcher.reasons"), evaluation.reasons.map((one) => word("refusal", one)).join(", ")], [t("case.matcher.version"), evaluation.evaluator],
            [t("pool.terms.hash"), html`<${Hash} value=${evaluation.terms_hash} />`],
        ]} />
        <${Table} caption=${t("case.matcher.columns")} rows=${evaluation.columns ?? []} id=${(one) => one.name} columns=${[
            { key: "name", label: t("pool.field") }, { key: "rule", label: t("case.matcher.rule") }]} />`}`;
}

/** What the case is about, as far as the reader may know. */
function Matter({ of }) {
    if (of.body?.application) return html`<${Application} ...${of.body} />`;
    const proposal = of.body?.proposal_id ?? (["opinion", "concurrence", "referral"].includes(of.kind) ? of.subject : null);
    if (proposal) return html`<p><a href="/decisions/${proposal}">${t("case.proposal")}</a></p>`;
    return of.body?.reason ? html`<${UserText} text=${of.body.reason} />` : html`<p>${t("case.not-public")}</p>`;
}

const votes = () => [
    { key: "seat", label: t("charter.seat"), text: (one) => t("case.seat", { body: word("office", one.body), seat: one.seat }) }, { key: "display_name", label: t("charter.holder") },
    { key: "vote", label: t("decision.choice"), text: (one) => word("choice", one.vote) }, { key: "code", label: t("grants.reasons"), text: (one) => word("case.reason", one.code) },
    { key: "text", label: t("decision.text"), cell: (one) => html`<${UserText} text=${one.text} />` },
];

function Conditions({ of, path, reload }) {
    const waiting = (of.conditions ?? []).slice(of.my_conditions?.length ?? 0);
    const answer = (condition, accept) => (how) => send("POST", `${path}/vote-condition`, { condition: condition.id, accept }, how);
    return html`<h2>${t("case.conditions")}</h2>
        ${of.conditions?.length ? html`<ol>${of.conditions.map((one) => html`<li key=${one.id}>${conditionText(one)}</li>`)}</ol>` : html`<p>${t("case.conditions.none")}</p>`}
        ${of.state === "open" && of.my_vote && waiting.map((one) => html`<section key=${one.id}><p>${conditionText(one)}</p>
            <${Deed} label=${t("case.condition.accept")} send=${answer(one, true)} done=${reload} /><${Deed} label=${t("case.condition.reject")} send=${answer(one, false)} done=${reload} /></section>`)}
        ${of.state === "decided" && html`<h3>${t("case.kept")}</h3>${of.kept_conditions?.length ? html`<ul>${of.kept_conditions.map((one) => html`<li key=${one.id}>${conditionText(one)}</li>`)}</ul>`
            : html`<p>${t("case.kept.none")}</p>`}`}`;
}

function Propose({ of, path, reload }) {
    const isText = of.kind !== "application";
    const form = useForm({
        values: { id: "", kind: isText ? "text" : "max_days", value: "" }, done: reload,
        send: ({ id, kind, value }, how) => send("POST", `${path}/propose-condition`, { condition: { id, [kind]: kind === "text" ? value : Number(value) } }, how),
    });
    return html`<details><summary>${t("case.propose")}</summary><p>${t("case.propose.text")}</p><${Form} of=${form} submit=${t("case.propose")}>
        <${Field} of=${form} name="id" label=${t("case.condition.id")} hint=${t("case.condition.id.hint")} required />
        ${!isText && html`<${Field} of=${form} name="kind" type="select" label=${t("case.condition.kind")} options=${["max_days", "min_cohort"].map((value) => ({ value, label: word("condition", value) }))} />`}
        <${Field} of=${form} name="value" label=${t("case.condition.value")} type=${isText ? "textarea" : "number"} required /><//></details>`;
}

function Vote({ of, path, reload }) {
    const form = useForm({
        values: { choice: "", reason_code: "", reason_text: "", ...Object.fromEntries((of.conditions ?? []).map((one) => [`conditions/${one.id}`, true])) }, done: reload,
        check: (values) => ({ choice: values.choice ? "" : t("case.vote.choose"), reason_code: values.reason_code ? "" : t("case.vote.reason-missing") }),
        send: ({ choice, reason_code, reason_text, ...accepted }, how) => send("POST", `${path}/vote`,
            { choice, reason_code, reason_text, ...(of.conditions?.length && { conditions: of.conditions.map((one) => accepted[`conditions/${one.id}`]) }) }, how),
    });
    const options = [{ value: "", label: t("case.vote.pick") }, ...REASONS.map((value) => ({ value, label: word("case.reason", value) }))];
    return html`<h2>${t("case.vote")}</h2><p>${t("case.vote.text")}</p>
        <${Form} of=${form} submit=${t("case.vote.cast")}>
            <${Field} of=${form} name="choice" type="radio" label=${t("case.vote.question")} options=${["yes", "no"].map((value) => ({ value, label: word("choice", value) }))} />
            <${Field} of=${form} name="reason_code" type="select" label=${t("case.vote.reason")} options=${options} />
            <${Field} of=${form} name="reason_text" type="textarea" label=${t("case.vote.words")} hint=${t("case.vote.words.hint")} />
            ${(of.conditions ?? []).map((one) => html`<${Field} key=${one.id} of=${form} name="conditions/${one.id}" type="checkbox" label=${t("case.vote.condition", { condition: conditionText(one) })} />`)}
        <//>`;
}

function Conflict({ path, reload }) {
    const form = useForm({ values: { reason: "" }, done: reload, send: (values, how) => send("POST", `${path}/declare-conflict`, values, how) });
    return html`<details><summary>${t("case.conflict")}</summary><p>${t("case.conflict.text")}</p>
        <${Form} of=${form} submit=${t("case.conflict")}><${Field} of=${form} name="reason" label=${t("run.reason")} type="textarea" required /><//></details>`;
}

const similar = () => [
    { key: "id", label: t("council.case"), text: (one) => one.id, cell: (one) => html`<a href="/council/${one.id}">${about(one)}</a>` },
    { key: "approved", label: t("council.decision"), text: (one) => t(one.approved ? "council.approved" : "council.refused") },
    { key: "reasons", label: t("grants.reasons"), text: (one) => [...new Set((one.votes ?? []).map((vote) => word("case.reason", vote.code)))].join(", ") },
    { key: "decided_at", label: t("council.decided"), cell: (one) => html`<${When} at=${one.decided_at} />` },
];

function Whole({ of, reload }) {
    const path = `/governance/v1/council-cases/${of.id}`;
    const acts = of.state === "open" && of.my_vote === null;
    useEffect(() => setTitle(about(of)), [of.id]);
    return html`<${Facts} of=${[
            [t("council.kind"), word("case.kind", of.kind)], [t("decisions.state"), html`<strong class="mark">${word("case.state", of.state)}</strong>`],
            [t("case.by"), word("office", of.decided_by)], [t("council.deadline"), html`<${Until} at=${of.closes_at} />`],
            [t("council.quorum"), of.seats === undefined ? null : fraction(of.voted, of.seats)], [t("council.decision"), of.approved === null ? null : t(of.approved ? "council.approved" : "council.refused")],
            [t("council.conflicts"), of.conflicts.length ? html`<ul>${of.conflicts.map((one) => html`<li key=${one.seat}>${t("council.conflict.of", one)}</li>`)}</ul>` : t("case.conflicts.none")],
        ]} />
        <h2>${t("case.matter")}</h2><${Matter} of=${of} />
        <${Conditions} of=${of} path=${path} reload=${reload} />
        ${acts && html`<${Propose} of=${of} path=${path} reload=${reload} /><${Conflict} path=${path} reload=${reload} /><${Vote} of=${of} path=${path} reload=${reload} />`}
        ${of.my_vote && html`<p>${t("case.voted", { choice: word("choice", of.my_vote) })}</p>`}
        ${of.votes?.length > 0 && html`<h2>${t("case.votes")}</h2><${Table} caption=${t("case.votes.caption")} rows=${of.votes} columns=${votes()} id=${(one) => one.body + one.seat} />`}
        <h2>${t("case.similar")}</h2><${Listing} path="/governance/v1/council-decisions" query=${{ kind: of.kind }} caption=${t("case.similar.caption")} columns=${similar()} empty="case.similar.empty" name="similar" />`;
}

export default function Case({ params }) {
    const found = useResource(`/governance/v1/council-cases/${params.id}`);
    return html`<${States} of=${found}>${(data) => html`<${Whole} of=${data} reload=${found.reload} />`}<//>`;
}
