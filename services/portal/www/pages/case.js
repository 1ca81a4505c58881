// SPDX-License-Identifier: AGPL-3.0-or-later
// What became of an application: who acts next and until when, questions and answers, the offer with its conditions, documents, and every state it was in.
import { send } from "../api.js";
import { reasonText } from "../apply/match.js";
import { conditionText } from "../cases.js";
import { Deed } from "../deed.js";
import { Field, Form, useForm } from "../form.js";
import { count, t } from "../i18n.js";
import { say } from "../live.js";
import { purposeName } from "../names.js";
import { price } from "../pools.js";
import { ErrorNote, States, useResource } from "../resource.js";
import { navigate, setTitle } from "../router.js";
import { Facts, Hash, Until, UserText, When, word } from "../show.js";
import { who } from "../signin.js";
import { Table } from "../table.js";
import { html, useEffect, useState } from "../view.js";

export const title = "application.title";

const EVERY = 5; // seconds between two looks while the trust itself has the ball
const OPEN = new Set(["draft", "screening", "returned", "council_review"]);
const COPIED = new Set(["agreed", "withdrawn", "lapsed"]);

/** One answer to each open question, and the application goes back to be looked at. */
function Answer({ of, reload }) {
    const form = useForm({ values: Object.fromEntries(of.questions.map((_, n) => [`answer-${n}`, ""])),
        check: (values) => Object.fromEntries(Object.entries(values).map(([name, text]) => [name, text.trim() ? "" : t("application.answer.missing")])),
        send: (values, { key }) => send("POST", `/licensing/v1/applications/${of.id}/submit`,
            { answers: of.questions.map((_, question) => ({ question, text: values[`answer-${question}`].trim() })) }, { key }),
        done: () => {
            say(t("application.answered"));
            reload();
        } });
    return html`<section><h2>${t("application.questions")}</h2><p>${t("application.questions.says")}
            ${" "}<a href=${`/apply/${of.id}`}>${t("application.change")}</a></p>
        <${Form} of=${form} submit=${t("application.answer.send")}>${of.questions.map((one, n) => html`
            <${Field} key=${n} of=${form} name=${`answer-${n}`} type="textarea" rows="4" label=${one} required />`)}<//></section>`;
}

/** What is offered; accepting it is signing the agreement, and asks for a fresh sign-in with the second factor. */
function Offer({ of, reload }) {
    const offer = useResource(`/licensing/v1/offers/${of.offer_id}`);
    const [signed, setSigned] = useState(false);
    const base = `/licensing/v1/applications/${of.id}`;
    return html`<section><h2>${t("application.offer")}</h2><${States}
        of=${offer}>${({ offer: body, agreement_hash: hash, valid_until: until, agreement_id: agreement }) => html`<${Facts} of=${[
            [t("licence.actions"), body.actions.map((one) => word("action", one)).join(", ")],
            [t("licence.modes"), body.modes.map((one) => word("mode", one)).join(", ")], [t("case.region"), body.region],
            [t("grants.tier"), body.tier], [t("pool.price"), price(body.price)], [t("grants.until"), body.not_after && html`<${When} at=${body.not_after} />`],
            [t("licence.cohort"), count(body.min_cohort)], [t("case.coverage"), count(body.members_covered)],
            [t("grants.terms"), t("grants.terms.version", { version: body.terms_version })],
            [t("application.duties"), body.duties.map((one) => word("duty", one.act)).join("; ")],
            [t("application.acts"), body.prohibited_acts.map((one) => word("prohibited-act", one)).join("; ")],
            [t("application.agreement-hash"), html`<${Hash} value=${hash} />`]]} />
        <${Table} caption=${t("licence.columns")} columns=${[{ key: "name", label: t("pool.field") }, { key: "rule", label: t("case.matcher.rule") }]}
            rows=${body.columns} id=${(one) => one.name} />
        <h3>${t("application.conditions")}</h3>${body.conditions?.length
            ? html`<ul>${body.conditions.map((one, n) => html`<li key=${n}>${conditionText({ id: n, ...one })}</li>`)}</ul>`
                : html`<p>${t("application.conditions.none")}</p>`}
        ${who.value?.kind === "person" && of.state === "offered" && !agreement && html`<p>${t("application.offer.until")} <${Until} at=${until} /></p><p>${t("application.accept.says")}</p>
            <p><label><input type="checkbox" checked=${signed} onChange=${(event) => setSigned(event.currentTarget.checked)}
                /> ${t("application.accept.read")}</label></p>
            ${signed && html`<${Deed} label=${t("application.accept")} said=${t("application.accepted")} done=${reload}
                send=${({ key }) => send("POST", `/licensing/v1/offers/${of.offer_id}/accept`, { agreement_hash: hash }, { key })} />`}
            <${Deed} label=${t("application.decline")} ask=${t("application.decline.ask")} said=${t("application.declined")} done=${reload}
                send=${({ key }) => send("POST", `${base}/decline`, {}, { key })} />`}
        ${agreement && html`<p><a href=${`/licensing/v1/agreements/${agreement}`}
            download=${`agreement-${agreement}.json`}>${t("application.agreement.save")}</a></p>`}`}<//></section>`;
}

function Said({ of }) {
    return html`<${Facts} of=${[
        [t("case.organisation"), of.organisation_name], [t("grants.pool"), of.pool && html`<a href=${`/catalogue/${of.pool}`}>${of.pool}</a>`],
        [t("grants.purpose"), of.purpose && purposeName(of.purpose)],
        [t("apply.actions"), of.actions.map((one) => word("action", one)).join(", ")],
        [t("apply.modes"), of.modes.map((one) => word("mode", one)).join(", ")], [t("case.columns"), of.columns.join(", ")],
        [t("case.region"), of.region], [t("case.days"), of.duration_days && count(of.duration_days)],
        [t("case.project"), of.project && html`<${UserText} text=${of.project} />`],
        [t("apply.restriction"), of.restriction && html`<${UserText} text=${of.restriction} />`],
        [t("apply.people"), of.people.map((one) => t("application.person", one)).join("; ")],
        [t("application.renews"), of.renews && html`<a href=${`/licences/${of.renews}`}>${t("application.renews.open")}</a>`]]} />`;
}

const events = () => [{ key: "at", label: t("case.when"), cell: (one) => html`<${When} at=${one.at} />` },
    { key: "command", label: t("case.event"), text: (one) => word("command", one.command) },
    { key: "role", label: t("application.by"), text: (one) => word("matrix-role", one.role) },
    { key: "to", label: t("grants.state"), text: (one) => word("application-state", one.to) },
    { key: "body", label: t("application.said"), cell: (one) => html`<${EventBody} of=${one} />` }];

/** What came with a step, as far as it is words. */
function EventBody({ of }) {
    const { questions = [], answers = [], reasons = [], changes = {} } = of.body;
    const texts = [...questions, ...answers.map((one) => one.text), ...reasons.filter((one) => typeof one === "string").map(reasonText),
        ...Object.keys(changes).map((name) => t("application.changed", { name }))];
    return texts.length > 0 && html`<ul>${texts.map((text, n) => html`<li key=${n} class="written">${text}</li>`)}</ul>`;
}

function Timeline({ of }) {
    const list = useResource(`/licensing/v1/applications/${of.id}/events`, { query: { version: of.version } });
    return html`<section><h2>${t("application.timeline")}</h2><${States}
        of=${list}>${({ items }) => html`<${Table} caption=${t("application.timeline.caption")} columns=${events()} rows=${items} id=${(one) => one.seq}
            />`}<//></section>`;
}

function Appeal({ of, reload }) {
    const form = useForm({ values: { text: "" }, check: (values) => ({ text: values.text.trim() ? "" : t("application.appeal.missing") }),
        send: (values, { key }) => send("POST", `/licensing/v1/applications/${of.id}/appeal`, { text: values.text.trim() }, { key }), done: reload });
    return html`<section><h2>${t("application.appeal")}</h2><p>${t("application.appeal.says")} <${Until} at=${of.appeal_until} /></p>
        <${Form} of=${form} submit=${t("application.appeal.send")}><${Field} of=${form} name="text" type="textarea" rows="5"
            label=${t("application.appeal.text")} required /><//></section>`;
}

function Case({ of, reload }) {
    const asks = who.value?.kind === "person"; // whoever handles it for the trust looks, and does not act for the applicant
    const base = `/licensing/v1/applications/${of.id}`;
    const [problem, setProblem] = useState(null);
    useEffect(() => of.pool && of.purpose && setTitle(t("application.title-of", { pool: of.pool, purpose: purposeName(of.purpose) })), [of.id]);
    const copy = () => send("POST", `${base}/copy-from`, {}).then(({ data }) => navigate(`/apply/${data.id}`), setProblem);
    return html`<section><h2>${t("application.now")}</h2><${Facts} of=${[
            [t("grants.state"), html`<strong data-state-of=${of.state}>${word("application-state", of.state)}</strong>`],
            [t("licences.turn"), word("turn", of.turn.who)],
            [t("licences.deadline"), of.turn.until && html`<${Until} at=${of.turn.until} />`], [t("grants.reasons"), of.reasons.map(reasonText).join("; ")],
            [t("application.licence"), of.grant_id && html`<a href=${`/licences/${of.grant_id}`}>${t("application.licence.open")}</a>`]]} />
            <p>${t(`application.state-says.${of.state}`)}</p></section>
        ${asks && of.state === "returned" && html`<${Answer} key=${of.version} of=${of} reload=${reload} />`}
        ${of.offer_id && html`<${Offer} key=${of.offer_id} of=${of} reload=${reload} />`}
        ${asks && of.appeal_until && html`<${Appeal} of=${of} reload=${reload} />`}
        <section><h2>${t("application.content")}</h2><${Said} of=${of} />
            ${asks && of.state === "draft" && html`<p><a href=${`/apply/${of.id}`}>${t("application.change")}</a></p>`}
            ${asks && OPEN.has(of.state) && html`<${Deed} label=${t("application.withdraw")} ask=${t("application.withdraw.ask")} said=${t("application.withdrawn")}
                done=${reload} send=${({ key }) => send("POST", `${base}/withdraw`, {}, { key })} />`}
            ${asks && COPIED.has(of.state) && html`<p><button type="button" class="secondary" onClick=${copy}>${t("application.copy")}</button></p>`}${problem
                && html`<${ErrorNote} problem=${problem} retry=${copy} />`}</section>
        <${Timeline} of=${of} />`;
}

export default function Page({ params }) {
    const application = useResource(`/licensing/v1/applications/${encodeURIComponent(params.id)}`);
    const { data } = application;
    useEffect(() => {
        const timer = data?.turn.who === "trust" ? setTimeout(application.reload, EVERY * 1000) : undefined;
        return () => clearTimeout(timer);
    }, [data]);
    return html`<${States} of=${application}>${(of) => html`<${Case} of=${of} reload=${application.reload} />`}<//>`;
}
