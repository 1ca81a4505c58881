// SPDX-License-Identifier: AGPL-3.0-or-later
// What the reader allows: a matrix of pools and purposes, one step to give, refuse or withdraw, who received data, and open votes about it.
import { send } from "../api.js";
import { Deed } from "../deed.js";
import { count, day, language, plural, t, when } from "../i18n.js";
import { Dialog } from "../dialog.js";
import { toast } from "../live.js";
import { purposeName, purposesBelow, recipientName } from "../names.js";
import { States, useResource } from "../resource.js";
import { UserText, word } from "../show.js";
import { Listing, Table } from "../table.js";
import { html, useState } from "../view.js";

export const title = "consents.title";

const RECIPIENTS = ["public_body", "university", "non_profit", "cooperative", "small_company", "company", "security_body", "member"];
const OPEN = new Set(["submitted", "admitted", "discussion", "frozen", "voting", "second_reading"]);

/** What stands for one pool and purpose, over all kinds of recipients. */
function summary(items) {
    const permits = items.filter((one) => one.stands?.permits), asked = items.filter((one) => one.state === "requested");
    if (asked.length > 0) return t("consents.cell.asked");
    if (items.length === 0) return t("consents.cell.nothing");
    if (permits.length === RECIPIENTS.length) return t("consents.cell.all");
    return permits.length > 0 ? plural("consents.cell.some", permits.length) : word("consent-state", items[0].state);
}

function Cell({ pool, purpose, items, choose }) {
    const last = items.map((one) => one.at).sort().at(-1);
    return html`<span>${summary(items)}</span>${last && html`<br /><small>${t("consents.cell.since", { at: when(last) })}</small>`}
        <br /><button type="button" class="secondary" onClick=${choose} aria-label=${t("consents.change-of", { purpose: purposeName(purpose.code), pool: pool.title })}>${t("consents.change")}</button>`;
}

function Switch({ pool, purpose, items, below, close, reload }) {
    const [chosen, setChosen] = useState(RECIPIENTS.filter((one) => one !== "security_body"));
    const change = (state) => ({ key }) => send("POST", "/licensing/v1/consents", { pool: pool.ref, purpose: purpose.code, recipient_classes: chosen, state,
        ...(state === "given" ? { type: pool.charter?.special_category ? "explicit" : "expressed", notice: pool.notice, language: language.value === "qps" ? "en" : language.value } : {}) }, { key });
    const done = ({ data }) => {
        toast(plural("consents.done", data.events));
        close();
        reload();
    };
    const toggle = (code) => setChosen(chosen.includes(code) ? chosen.filter((one) => one !== code) : [...chosen, code]);
    return html`<${Dialog} title=${t("consents.change-of", { purpose: purposeName(purpose.code), pool: pool.title })} onClose=${close}>
        ${!purpose.assignable && html`<p>${t("consents.below", { list: [...below].filter((code) => code !== purpose.code).map(purposeName).join(", ") })}</p>`}
        <h3>${t("consents.notice", { number: pool.notice ?? 0 })}</h3>
        ${pool.notice_text ? html`<${UserText} text=${pool.notice_text} lang=${pool.notice_language} />` : html`<p>${t("consents.no-notice")}</p>`}
        <fieldset><legend>${t("consents.recipients")}</legend>${RECIPIENTS.map((code) => {
            const now = items.find((one) => one.recipient_class === code && one.purpose === purpose.code);
            return html`<label key=${code}><input type="checkbox" checked=${chosen.includes(code)} onChange=${() => toggle(code)} /> ${recipientName(code)}
                ${now && html` <small>${word("consent-state", now.state)} · ${when(now.at)}</small>`}</label>
                ${now && html`<a href=${`/me/consents/${now.id}`}>${t("consents.receipt", { recipient: recipientName(code) })}</a>`}`;
        })}</fieldset>
        ${chosen.length === 0 ? html`<p>${t("consents.nobody-chosen")}</p>` : html`<div class="filters">
            ${pool.notice && html`<${Deed} key=${`give ${chosen}`} label=${t("consents.give")} send=${change("given")} done=${done} />`}
            <${Deed} key=${`refuse ${chosen}`} label=${t("consents.refuse")} send=${change("refused")} done=${done} />
            <${Deed} key=${`withdraw ${chosen}`} label=${t("consents.withdraw")} send=${change("withdrawn")} done=${done} /></div>`}<//>`;
}

function WithdrawAll({ pools, close, reload }) {
    const [pool, setPool] = useState("");
    const done = ({ data }) => {
        toast(plural("consents.withdrawn", data.events));
        close();
        reload();
    };
    return html`<${Dialog} title=${t("consents.withdraw-all")} onClose=${close}><p>${t("consents.withdraw-says")}</p>
        <label>${t("consents.withdraw-where")} <select value=${pool} onChange=${(event) => setPool(event.currentTarget.value)}><option value="">${t("consents.everywhere")}</option>
            ${pools.map((one) => html`<option key=${one.ref} value=${one.ref}>${one.title}</option>`)}</select></label>
        <${Deed} key=${pool} label=${t("consents.withdraw-now")} send=${({ key }) => send("POST", "/licensing/v1/consents/withdraw-all", pool ? { pool } : {}, { key })} done=${done} /><//>`;
}

function Matrix({ pools, purposes, consents }) {
    const [open, setOpen] = useState(null);
    const itemsOf = (pool, purpose) => consents.data.items.filter((one) => one.pool === pool.ref && one.purpose === purpose.code);
    const close = () => setOpen(null);
    const columns = [{ key: "purpose", label: t("consents.purpose"), cell: (row) => (row.assignable ? purposeName(row.code) : html`<strong>${purposeName(row.code)}</strong>`) },
        ...pools.map((pool) => ({ key: pool.ref, label: pool.title, cell: (row) => html`<${Cell} pool=${pool} purpose=${row} items=${itemsOf(pool, row)} choose=${() => setOpen({ pool, purpose: row })} />` }))];
    return html`<p><button type="button" class="secondary" onClick=${() => setOpen({ all: true })}>${t("consents.withdraw-all")}</button></p>
        <${Table} caption=${t("consents.caption")} columns=${columns} rows=${purposes.filter((one) => one.code !== "ANY")} id=${(row) => row.code} />
        ${open?.all && html`<${WithdrawAll} pools=${pools} close=${close} reload=${consents.reload} />`}
        ${open?.pool && html`<${Switch} ...${open} items=${consents.data.items.filter((one) => one.pool === open.pool.ref)} below=${purposesBelow(purposes, open.purpose.code)}
            close=${close} reload=${consents.reload} />`}`;
}

function Proposals() {
    const terms = useResource("/governance/v1/proposals", { query: { type: "terms" }, isEmpty: (data) => !data.items.some((one) => OPEN.has(one.state)) });
    return html`<section><h2>${t("consents.proposals")}</h2><${States} of=${terms} empty="consents.proposals.none">${({ items }) => html`
        <ul>${items.filter((one) => OPEN.has(one.state)).map((one) => html`<li key=${one.id}><a href=${`/vote/${one.id}`}>${one.title}</a> ${word("proposal.state", one.state)}</li>`)}</ul>`}<//></section>`;
}

function Received() {
    const columns = [{ key: "organisation_name", label: t("consents.received.who") }, { key: "purpose", label: t("consents.purpose"), cell: (row) => purposeName(row.purpose), text: (row) => row.purpose },
        { key: "pool", label: t("statements.pool") }, { key: "month", label: t("statements.month"), cell: (row) => day(row.month), text: (row) => row.month },
        { key: "units", label: t("consents.received.units"), numeric: true, cell: (row) => count(row.units), text: (row) => row.units }, { key: "last_day", label: t("consents.received.last"), cell: (row) => day(row.last_day), text: (row) => row.last_day }];
    return html`<section><h2>${t("consents.received")}</h2><${Listing} path="/metering/v1/contributions/usage" caption=${t("consents.received.caption")} columns=${columns}
        empty="consents.received.none" name="received" id=${(_, place) => place} /></section>`;
}

export default function Page() {
    const pools = useResource("/licensing/v1/pools", { query: { limit: 100 } });
    const purposes = useResource("/licensing/v1/purposes");
    const consents = useResource("/licensing/v1/consents", { isEmpty: () => false });
    return html`<p>${t("consents.says")}</p>
        <${States} of=${pools} empty="consents.no-pools">${(data) => html`<${States} of=${purposes}>${(tree) => html`<${States} of=${consents}>${() => html`
            <${Matrix} pools=${data.items.filter((one) => one.state !== "draft")} purposes=${tree.items} consents=${consents} />`}<//>`}<//>`}<//>
        <${Received} /><${Proposals} />`;
}
