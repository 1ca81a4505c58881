// SPDX-License-Identifier: AGPL-3.0-or-later
// Applying: who the organisation is (asked once, when it registered), drafts to go on with, and a new application, empty or as an earlier one was.
import { send } from "../api.js";
import { Field, Form, useForm } from "../form.js";
import { t } from "../i18n.js";
import { say } from "../live.js";
import { purposeName, recipientName } from "../names.js";
import { States, useResource } from "../resource.js";
import { navigate } from "../router.js";
import { Facts, When, word } from "../show.js";
import { html } from "../view.js";

export const title = "apply.title";

const COPIED = new Set(["draft", "agreed", "withdrawn", "lapsed"]);

function name(one) {
    return one.purpose && one.pool ? t("licences.open", { pool: one.pool, purpose: purposeName(one.purpose) }) : t("apply.unfinished");
}

/** What the free tier asks of an organisation, again each year. */
function Attest({ of, reload }) {
    const form = useForm({ values: { statement: "" }, check: (values) => ({ statement: values.statement.trim() ? "" : t("apply.attest.missing") }),
        send: (values, { key }) => send("POST", `/licensing/v1/organisations/${of.id}/attestations`,
            { kind: "non_commercial", statement: values.statement.trim() }, { key }),
        done: () => {
            say(t("apply.attest.said"));
            reload();
        } });
    return html`<details><summary>${t("apply.attest")}</summary><p>${t("apply.attest.says")}</p><${Form} of=${form} submit=${t("apply.attest.submit")}>
        <${Field} of=${form} name="statement" type="textarea" rows="3" label=${t("apply.attest.statement")} required /><//></details>`;
}

function Profile({ of, reload }) {
    return html`<${Facts} of=${[[t("case.organisation"), of.name], [t("apply.country"), of.country],
        [t("grants.class"), of.class ? recipientName(of.class) : t("apply.class.waiting", { class: recipientName(of.claimed_class) })],
        [t("apply.vat"), of.vat_id], [t("apply.attested"), of.attested_at && html`<${When} at=${of.attested_at} />`]]} />
        <p>${t("apply.profile.says")}</p>${of.class && html`<${Attest} of=${of} reload=${reload} />`}`;
}

function Begin({ applications }) {
    const earlier = applications.filter((one) => COPIED.has(one.state));
    const form = useForm({ values: { from: "" }, send: (values, { key }) => send("POST", "/licensing/v1/applications", values.from
        ? { copied_from: values.from } : {}, { key }),
        done: ({ data }) => navigate(`/apply/${data.id}`) });
    return html`<${Form} of=${form} submit=${t("apply.begin")}>
        <${Field} of=${form} name="from" type="select" label=${t("apply.copy")} hint=${t("apply.copy.hint")}
            options=${[{ value: "", label: t("apply.copy.none") },
                ...earlier.map((one) => ({ value: one.id, label: t("apply.copy.of", { what: name(one), state: word("application-state", one.state) }) }))]}
                    /><//>`;
}

export default function Page() {
    const own = useResource("/licensing/v1/organisations");
    const applications = useResource("/licensing/v1/applications", { query: { limit: 100 }, isEmpty: () => false });
    return html`<p>${t("apply.intro")}</p>
        <section><h2>${t("apply.profile")}</h2><${States} of=${own}
            empty="apply.profile.none">${({ items }) => html`<${Profile} of=${items[0]} reload=${own.reload} />`}<//></section>
        <section><h2>${t("apply.new")}</h2><${States} of=${applications}>${({ items }) => html`<${Begin} applications=${items} />`}<//></section>
        <section><h2>${t("apply.drafts")}</h2><${States} of=${applications}>${({ items }) => {
            const open = items.filter((one) => one.state === "draft" || one.state === "returned");
            return open.length ? html`<ul>${open.map((one) => html`<li key=${one.id}><a
                href=${one.state === "draft" ? `/apply/${one.id}` : `/cases/${one.id}`}>${name(one)}</a> <${When} at=${one.changed_at} /></li>`)}</ul>`
                : html`<p>${t("apply.drafts.none")}</p>`;
        }}<//></section>`;
}
