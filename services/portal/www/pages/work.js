// SPDX-License-Identifier: AGPL-3.0-or-later
// What waits for whoever holds an office: people who want to join, applications for licences, appeals to decide, and votes that need a steward's key. Each with
// its age and, where there is one, its deadline.
import { send } from "../api.js";
import { Field, Form, useForm } from "../form.js";
import { t } from "../i18n.js";
import { say } from "../live.js";
import { purposeName } from "../names.js";
import { States, useResource } from "../resource.js";
import { Until, When, word } from "../show.js";
import { Listing } from "../table.js";
import { className } from "../trust.js";
import { html, useState } from "../view.js";

export const title = "work.title";

/** Admits or refuses; who is admitted needs the invite, which is shown here once more than nowhere else. */
function Decide({ of, done }) {
    const form = useForm({
        values: { admit: "", reason: "" }, check: (values) => ({ admit: values.admit ? "" : t("work.decide.choose") }),
        send: ({ admit, reason }, { key }) => send("POST", `/governance/v1/membership-applications/${of.id}/decide`, { admit: admit === "yes", ...(reason.trim() && { reason: reason.trim() }) }, { key }),
        done: ({ data }) => {
            say(t("work.decided"));
            done({ ...data, name: of.display_name });
        } });
    return html`<details><summary>${t("work.decide", { name: of.display_name })}</summary>
        <${Form} of=${form} submit=${t("work.decide.send")}>
            <${Field} of=${form} name="admit" type="radio" label=${t("work.decide.question")} options=${["yes", "no"].map((value) => ({ value, label: t(`work.admit.${value}`) }))} />
            <${Field} of=${form} name="reason" label=${t("run.reason")} maxlength="1000" /><//></details>`;
}

function Invite({ of }) {
    const address = `${location.origin}/join?invite=${encodeURIComponent(of.invite)}`;
    return html`<section class="summary" role="status"><h3>${t("work.invite", { name: of.name })}</h3><p>${t("work.invite.text")}</p><p><code>${address}</code></p></section>`;
}

const applicants = (done) => [
    { key: "display_name", label: t("members.name"), text: (one) => one.display_name }, { key: "class", label: t("account.class"), text: (one) => className(one.class) },
    { key: "since", label: t("work.since"), text: (one) => one.since, cell: (one) => html`<${When} at=${one.since} />` },
    { key: "decide", label: t("council.decision"), text: () => "", cell: (one) => html`<${Decide} of=${one} done=${done} />` },
];

function Joining() {
    const [decided, setDecided] = useState(null);
    return html`<h2>${t("work.joining")}</h2><p>${t("members.logged")} <a href="/members">${t("members.title")}</a></p>
        ${decided?.invite && html`<${Invite} of=${decided} />`}
        <${Listing} key=${decided?.id} path="/governance/v1/members" query=${{ standing: "applied" }} caption=${t("work.joining.caption")} columns=${applicants(setDecided)} empty="work.joining.empty" name="applicants" />`;
}

const applications = () => [
    { key: "organisation_name", label: t("case.organisation"), text: (one) => one.organisation_name, cell: (one) => html`<a href="/cases/${one.id}">${one.organisation_name}</a>` },
    { key: "pool", label: t("grants.pool") }, { key: "purpose", label: t("grants.purpose"), text: (one) => one.purpose && purposeName(one.purpose) },
    { key: "turn", label: t("licences.turn"), text: (one) => (one.turn.who === "applicant" ? t("work.applicant") : word("turn", one.turn.who)) },
    { key: "created_at", label: t("work.since"), text: (one) => one.created_at, cell: (one) => html`<${When} at=${one.created_at} />` },
    { key: "until", label: t("council.deadline"), text: (one) => one.turn.until, cell: (one) => html`<${Until} at=${one.turn.until} />` },
];

const HANDLED = ["screening", "returned", "council_review", "offered"];

function Licences() {
    return html`<h2>${t("work.licences")}</h2>${HANDLED.map((state) => html`<${Listing} key=${state} path="/licensing/v1/applications" query=${{ state }}
        caption=${t("work.licences.caption", { state: word("application-state", state) })} columns=${applications()} empty=${`work.licences.${state}.empty`} name="applications-${state}" />`)}`;
}

const appeals = () => [
    { key: "kind", label: t("panel.subject"), text: (one) => word("panel.kind", one.kind), cell: (one) => html`<a href="/panel/${one.id}">${word("panel.kind", one.kind)}</a>` },
    { key: "opened_at", label: t("work.since"), text: (one) => one.opened_at, cell: (one) => html`<${When} at=${one.opened_at} />` },
    { key: "closes_at", label: t("council.deadline"), text: (one) => one.closes_at, cell: (one) => html`<${Until} at=${one.closes_at} />` },
    { key: "my_seat", label: t("panel.my-seat"), text: (one) => (one.my_seat ? className(one.my_seat) : t("work.not-seated")) },
];

function Appeals() {
    return html`<h2>${t("work.appeals")}</h2>
        <${Listing} path="/governance/v1/appeals" query=${{ state: "panel" }} caption=${t("work.appeals.caption")} columns=${appeals()} empty="work.appeals.empty" name="appeals" />`;
}

const votes = () => [
    { key: "title", label: t("decisions.proposal"), text: (one) => one.title, cell: (one) => html`<a href="/steward/${one.id}">${one.title}</a>` },
    { key: "state", label: t("decisions.state"), text: (one) => word("proposal.state", one.state) },
    { key: "state_at", label: t("work.since"), text: (one) => one.state_at, cell: (one) => html`<${When} at=${one.state_at} />` },
];

const NEED_KEYS = ["frozen", "second_reading", "closed"];

function Ceremonies() {
    return html`<h2>${t("work.keys")}</h2>${NEED_KEYS.map((state) => html`<${Listing} key=${state} path="/governance/v1/proposals" query=${{ state }}
        caption=${t("work.keys.caption", { state: word("proposal.state", state) })} columns=${votes()} empty=${`work.keys.${state}.empty`} name="votes-${state}" />`)}`;
}

/** Queues by the office that works through them. */
const QUEUES = [[Joining, "membership_officer"], [Licences, "licensing_officer"], [Ceremonies, "steward", "steward_deputy"]];

export default function Work() {
    const self = useResource("/governance/v1/members/self");
    return html`<p>${t("work.intro")}</p><${States} of=${self}>${({ offices }) => QUEUES.filter(([, ...bodies]) => offices.some(({ body }) => bodies.includes(body)))
        .map(([Queue, body]) => html`<${Queue} key=${body} />`)}<//><${Appeals} />`;
}
