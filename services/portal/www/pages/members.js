// SPDX-License-Identifier: AGPL-3.0-or-later
// The register for the membership officer: changes of class that are to come, who is suspended, everybody, and one member with what may be done.
import { send } from "../api.js";
import { Deed } from "../deed.js";
import { Field, Form, useForm } from "../form.js";
import { t } from "../i18n.js";
import { say } from "../live.js";
import { States, useResource } from "../resource.js";
import { setTitle } from "../router.js";
import { Facts, Until, When, word } from "../show.js";
import { Listing } from "../table.js";
import { className } from "../trust.js";
import { html, useEffect } from "../view.js";

export const title = "members.title";

const STANDINGS = ["applied", "active", "lapsed", "suspended", "left", "expelled", "deceased"];

const nameOf = (one) => one.display_name ?? t("charter.erased");
const changeOf = ({ class_change: to }) => to && t("members.change.to", { name: className(to.class) });

const columns = () => [
    { key: "display_name", label: t("members.name"), text: nameOf, cell: (one) => html`<a href="/members?member=${one.id}">${nameOf(one)}</a>` },
    { key: "class", label: t("account.class"), text: (one) => className(one.class) },
    { key: "standing", label: t("account.standing"), text: (one) => word("standing", one.standing) },
    { key: "since", label: t("account.since"), text: (one) => one.since, cell: (one) => html`<${When} at=${one.since} />` },
    { key: "dues_until", label: t("account.dues"), text: (one) => one.dues_until, cell: (one) => html`<${Until} at=${one.dues_until} />` },
    { key: "offices", label: t("members.offices"), text: (one) => one.offices.map(({ body }) => word("office", body)).join(", ") },
];

const changes = () => [
    ...columns().slice(0, 2),
    { key: "class_change", label: t("members.change"), text: changeOf, cell: (one) => html`${changeOf(one)}, <${When} at=${one.class_change.from} />` },
];

/** Suspends or reinstates, with the reason that is kept beside it. */
function Standing({ member, deed, done }) {
    const form = useForm({ values: { reason: "" }, done: () => {
        say(t(`members.${deed}.done`));
        done();
    }, send: (values, { key }) => send("POST", `/governance/v1/members/${member.id}/${deed}`, values, { key }) });
    return html`<details><summary>${t(`members.${deed}`)}</summary><p>${t(`members.${deed}.text`)}</p>
        <${Form} of=${form} submit=${t(`members.${deed}`)}><${Field} of=${form} name="reason" label=${t("run.reason")} maxlength="1000" required /><//></details>`;
}

function Dues({ member, done }) {
    const record = (kind) => html`<${Deed} label=${t(`members.dues.${kind}`)} ask=${t("members.dues.ask")} said=${t("members.dues.done")} done=${done}
        send=${(how) => send("POST", `/governance/v1/members/${member.id}/record-dues`, { kind }, how)} />`;
    return html`<h2>${t("account.dues")}</h2>${record("paid")} ${record("waived")}`;
}

function Member({ id }) {
    const member = useResource(`/governance/v1/members/${id}`);
    return html`<${States} of=${member}>${(one) => html`<${Known} one=${one} reload=${member.reload} />`}<//><p><a href="/members">${t("members.back")}</a></p>`;
}

function Known({ one, reload }) {
    useEffect(() => setTitle(nameOf(one)), [one]);
    return html`<${Facts} of=${[
            [t("account.class"), className(one.class)], [t("members.change"), one.class_change && html`${changeOf(one)}, <${When} at=${one.class_change.from} />`],
            [t("account.standing"), word("standing", one.standing)], [t("account.since"), html`<${When} at=${one.since} />`],
            [t("account.vote"), one.eligible ? t("account.vote.yes") : word("ineligible", one.ineligible)], [t("account.dues"), one.dues_until ? html`<${Until} at=${one.dues_until} />` : t("account.dues.none")],
            [t("members.offices"), one.offices.map(({ body }) => word("office", body)).join(", ")], [t("members.email"), one.email], [t("decision.member-id"), html`<code>${one.id}</code>`],
        ]} />
        ${one.standing === "active" && html`<${Standing} member=${one} deed="suspend" done=${reload} />`}
        ${one.standing === "suspended" && html`<${Standing} member=${one} deed="reinstate" done=${reload} />`}
        ${["active", "lapsed"].includes(one.standing) && html`<${Dues} member=${one} done=${reload} />`}`;
}

export default function Members({ query }) {
    if (query.member) return html`<p>${t("members.logged")}</p><${Member} id=${query.member} />`;
    const list = (asked, caption, of, empty, name) => html`<${Listing} path="/governance/v1/members" query=${asked} caption=${t(caption)} columns=${of} empty=${empty} name=${name} />`;
    return html`<p>${t("members.logged")}</p>
        <h2>${t("members.changes")}</h2>${list({ class_change: "pending" }, "members.changes.caption", changes(), "members.changes.empty", "class-changes")}
        <h2>${t("members.suspended")}</h2>${list({ standing: "suspended" }, "members.suspended.caption", columns(), "members.suspended.empty", "suspended")}
        <h2>${t("members.register")}</h2>
        <${Listing} path="/governance/v1/members" caption=${t("members.caption")} columns=${columns()} empty="members.empty" name="members"
            filters=${[{ name: "standing", label: t("account.standing"), options: STANDINGS.map((value) => ({ value, label: word("standing", value) })) }]} />`;
}
