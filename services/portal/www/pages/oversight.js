// SPDX-License-Identifier: AGPL-3.0-or-later
// What a board keeps an eye on: whether everything that locks the assets stands, whether the log signs, what the auditor found last, and work that was given up.
import { count, t } from "../i18n.js";
import { States, useResource } from "../resource.js";
import { Facts, Hash, When, word } from "../show.js";
import { Table } from "../table.js";
import { html } from "../view.js";

export const title = "oversight.title";

const SEVERITIES = ["loss", "breach", "lag"];
const EVERY = 60; // seconds between two looks

const parts = () => [
    { key: "name", label: t("oversight.part"), text: (one) => `${word("oversight.part", one.part)} ${one.name}` }, { key: "expected", label: t("audit.expected") },
    { key: "found", label: t("audit.found"), cell: (one) => html`<strong class="mark">${one.found}</strong>` }, { key: "about", label: t("audit.look") },
];

const jobs = () => [
    { key: "kind", label: t("oversight.job") }, { key: "count", label: t("oversight.times"), numeric: true, text: (one) => count(one.count) },
    { key: "since", label: t("oversight.since"), cell: (one) => html`<${When} at=${one.since} />` }, { key: "reason", label: t("decision.event.reason") },
];

function Log({ head, halted }) {
    return html`<p>${halted ? html`<strong role="alert">${t("oversight.halted", { reason: halted })}</strong>` : t("oversight.signs")}</p>
        ${head ? html`<${Facts} of=${[[t("audit.checkpoint"), count(head.size)], [t("oversight.root"), html`<${Hash} value=${head.root} />`], [t("oversight.signed"), html`<${When} at=${head.at} />`]]} />`
            : html`<p data-state="empty">${t("oversight.no-head")}</p>`}
        <p><a href="/verify">${t("menu./verify")}</a></p>`;
}

function Audit({ run, findings }) {
    if (!run) return html`<p data-state="empty">${t("audit.runs.empty")}</p>`;
    return html`<${Facts} of=${[[t("audit.finished"), html`<${When} at=${run.finished_at} />`], [t("audit.mode"), word("audit.mode", run.mode)],
            [t("audit.outcome"), html`<strong class="mark">${word("audit.exit", String(run.exit_code))}</strong>`],
            ...SEVERITIES.map((one) => [t("oversight.open", { severity: word("audit.severity", one) }), count(findings[one])])]} />
        <p><a href="/audit">${t("audit.title")}</a></p>`;
}

export default function Oversight() {
    const found = useResource("/portal/v1/oversight", { every: EVERY });
    return html`<p>${t("oversight.intro")}</p><${States} of=${found}>${(data) => html`
        <p class="hint">${t("oversight.looked")} <${When} at=${data.at} /></p>
        <h2>${t("oversight.lock")}</h2>
        ${data.lock.length > 0 ? html`<${Table} caption=${t("oversight.lock.caption")} rows=${data.lock} columns=${parts()} id=${(one) => one.name} />` : html`<p>${t("oversight.lock.stands")}</p>`}
        <p><a href="/assets">${t("menu./assets")}</a></p>
        <h2>${t("oversight.log")}</h2><${Log} head=${data.tree_head} halted=${data.halted} />
        <h2>${t("oversight.audit")}</h2><${Audit} run=${data.audit} findings=${data.findings} />
        <h2>${t("oversight.incidents")}</h2>
        ${data.given_up.length > 0 ? html`<${Table} caption=${t("oversight.given-up")} rows=${data.given_up} columns=${jobs()} id=${(one) => one.kind} />` : html`<p>${t("oversight.given-up.none")}</p>`}`}<//>`;
}
