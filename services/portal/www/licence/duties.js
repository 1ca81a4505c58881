// SPDX-License-Identifier: AGPL-3.0-or-later
// What a licensee owes besides money: rows to delete after a withdrawal, and duties with their dates, the yearly report among them.
import { get, send } from "../api.js";
import { Deed } from "../deed.js";
import { saveBlob } from "../download.js";
import { Field, Form, useForm } from "../form.js";
import { count, plural, t } from "../i18n.js";
import { say } from "../live.js";
import { States, useResource } from "../resource.js";
import { Until, UserText, When, word } from "../show.js";
import { Table } from "../table.js";
import { html, useEffect, useState } from "../view.js";

const MOST = 10000;

/** The whole list as the server gives it: lines, and what frames them. */
async function tombstones(grant, after) {
    let text = "", last = 0, acknowledged = 0;
    for (let from = after, more = true; more;) {
        const { data, headers } = await get(`/licensing/v1/grants/${grant}/tombstones`,
            { query: { limit: MOST, after: from }, headers: { Accept: "application/x-ndjson" } });
        const lines = (data ?? "").trimEnd();
        text += data ?? "";
        last = Number(headers.get("X-Commonhold-Last"));
        acknowledged = Number(headers.get("X-Commonhold-Acknowledged"));
        more = Boolean(headers.get("Link")) && lines !== "";
        if (more) from = JSON.parse(lines.slice(lines.lastIndexOf("\n") + 1)).seq;
    }
    return { text, last, acknowledged, rows: text.trimEnd() === "" ? [] : text.trimEnd().split("\n").map((line) => JSON.parse(line)) };
}

/** @param {{ grant: object }} props */
export function Deletions({ grant }) {
    const [found, setFound] = useState({ state: "loading" });
    const [turn, setTurn] = useState(0);
    const reload = () => setTurn((n) => n + 1);
    useEffect(() => {
        let left = false;
        tombstones(grant.id).then((data) => left || setFound({ state: data.rows.length ? "filled" : "empty", data }), (error) => left
            || setFound({ state: "error", error }));
        return () => {
            left = true;
        };
    }, [turn]);
    const may = grant.state === "active" || grant.state === "suspended";
    return html`<section><h2>${t("licence.deletions")}</h2><p>${t("licence.deletions.says")}</p><${States} of=${{ ...found, reload }}
        empty="licence.deletions.none">${({ rows, text, last, acknowledged }) => {
        const open = rows.filter((one) => one.seq > acknowledged);
        return html`<p>${open.length ? html`<strong class="bad">${plural("licence.deletions.open", open.length)}</strong> <${Until}
            at=${open.map((one) => one.ack_due).sort()[0]} />` : t("licence.deletions.done", { count: count(rows.length) })}</p>
            <p><button type="button" class="secondary" onClick=${() => saveBlob(new Blob([text], { type: "application/x-ndjson" }),
                `deletions-${grant.pool}.ndjson`)}>${t("licence.deletions.save")}</button></p>
            ${open.length > 0 && may && html`<${Deed} label=${t("licence.deletions.acknowledge")} ask=${t("licence.deletions.ask")}
                said=${t("licence.deletions.said")} done=${reload}
                send=${({ key }) => send("POST", `/licensing/v1/grants/${grant.id}/acknowledge`, { up_to: last }, { key })} />`}`;
    }}<//></section>`;
}

function Report({ grant, duty, done }) {
    const form = useForm({ values: { statement: "", done_on: "" },
        check: (values) => ({ statement: values.statement.trim() ? "" : t("licence.duty.statement.missing") }),
        send: (values, { key }) => send("POST", `/licensing/v1/grants/${grant.id}/duties`,
            { duty: duty.duty, statement: values.statement.trim(), ...(values.done_on ? { done_on: values.done_on } : {}) }, { key }),
        done: () => {
            say(t("licence.duty.said"));
            done();
        } });
    return html`<${Form} of=${form} submit=${t("licence.duty.send")}>
        <${Field} of=${form} name="statement" type="textarea" rows="4"
            label=${duty.proof === "report" ? t("licence.duty.report") : t("licence.duty.statement")} required />
        <${Field} of=${form} name="done_on" type="date" label=${t("licence.duty.done-on")} /><//>`;
}

const columns = () => [{ key: "act", label: t("licence.duty"), text: (one) => word("duty", one.act) },
    { key: "proof", label: t("licence.duty.proof"), text: (one) => word("duty-proof", one.proof) },
    { key: "due_at", label: t("licence.duty.due"), cell: (one) => html`<${When} at=${one.due_at} />` },
    { key: "state", label: t("grants.state"), text: (one) => word("duty-state", one.state),
            cell: (one) => html`<span class="mark">${word("duty-state", one.state)}</span>` },
    { key: "statement", label: t("licence.duty.declared"), text: (one) => one.statement ?? one.document?.name ?? "",
        cell: (one) => (one.statement ? html`<${UserText} text=${one.statement} />` : one.document?.name) }];

/** Duties that are told of by words are declared here; documents are sent by a program or as an address. */
export function Duties({ grant, reload }) {
    const duties = useResource(`/licensing/v1/grants/${grant.id}/duties`);
    const done = () => {
        duties.reload();
        reload();
    };
    return html`<section><h2>${t("licence.duties")}</h2><p>${t("licence.duties.says")}</p><${States} of=${duties} empty="licence.duties.none">${({ items }) => {
        const open = items.filter((one) => ["open", "overdue"].includes(one.state) && ["declaration", "report"].includes(one.proof));
        const first = open.filter((one, n) => open.findIndex((other) => other.duty === one.duty) === n);
        return html`<${Table} caption=${t("licence.duties.caption")} columns=${columns()} rows=${items} />
            ${first.map((one) => html`<details key=${one.id}><summary>${t("licence.duty.declare", { duty: word("duty", one.act) })}</summary><${Report}
                grant=${grant} duty=${one} done=${done} /></details>`)}`;
    }}<//></section>`;
}
