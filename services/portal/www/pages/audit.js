// SPDX-License-Identifier: AGPL-3.0-or-later
// What the auditor did and what it found: every member sees that audits ran and how they ended; those who answer for the books see each finding.
import { count, t } from "../i18n.js";
import { useResource } from "../resource.js";
import { Hash, Money, When, word } from "../show.js";
import { Listing } from "../table.js";
import { trust } from "../trust.js";
import { html } from "../view.js";

export const title = "audit.title";

const ANSWERABLE = new Set(["board", "council", "treasurer"]);
const SEVERITIES = ["loss", "breach", "lag"];
const STATES = ["open", "explained", "settled", "gone"];
/** Where the thing a finding is about can be looked at. */
const PLACES = { run: "/treasury/runs", batch: "/treasury/batches", invoice: "/treasury/invoices", proposal: "/decisions" };
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const runs = () => [
    { key: "finished_at", label: t("audit.finished"), sorted: "descending", text: (one) => one.finished_at, cell: (one) => html`<${When} at=${one.finished_at} />` },
    { key: "mode", label: t("audit.mode"), text: (one) => word("audit.mode", one.mode) },
    { key: "exit_code", label: t("audit.outcome"), text: (one) => word("audit.exit", String(one.exit_code)), cell: (one) => html`<span class="mark">${word("audit.exit", String(one.exit_code))}</span>` },
    { key: "checkpoint", label: t("audit.checkpoint"), numeric: true, text: (one) => (one.checkpoint ? count(one.checkpoint.size) : "") },
    { key: "report_sha256", label: t("audit.report"), cell: (one) => html`<${Hash} value=${one.report_sha256} />` },
];

/** The thing a finding is about, opened where there is a page of it. */
function About({ of }) {
    const place = ID.test(of.object) ? PLACES[of.object_type] : undefined;
    const name = html`<code>${of.object}</code>`;
    return html`${word("audit.object", of.object_type)} ${place ? html`<a href="${place}/${of.object}">${name}</a>` : name} ${of.aspect}`;
}

const findings = () => [
    { key: "check", label: t("audit.check") },
    { key: "severity", label: t("audit.severity"), text: (one) => word("audit.severity", one.severity), cell: (one) => html`<span class="mark">${word("audit.severity", one.severity)}</span>` },
    { key: "object", label: t("audit.object"), text: (one) => `${one.object_type} ${one.object} ${one.aspect}`, cell: (one) => html`<${About} of=${one} />` },
    { key: "expected", label: t("audit.expected") }, { key: "found", label: t("audit.found") },
    { key: "delta_minor", label: t("audit.delta"), numeric: true, cell: (one) => one.delta_minor !== null && html`<${Money} of=${{ minor: one.delta_minor, currency: trust.value.currency }} />` },
    { key: "text", label: t("audit.look") },
    { key: "state", label: t("grants.state"), text: (one) => word("audit.state", one.state), cell: (one) => html`${word("audit.state", one.state)} ${one.reason}` },
];

const choices = (list, values) => values.map((value) => ({ value, label: word(list, value) }));

function Findings() {
    const filters = [{ name: "severity", label: t("audit.severity"), options: choices("audit.severity", SEVERITIES) }, { name: "state", label: t("grants.state"), options: choices("audit.state", STATES) }];
    return html`<${Listing} path="/portal/v1/audit-findings" caption=${t("audit.findings.caption")} columns=${findings()} filters=${filters} empty="audit.findings.empty" name="audit-findings" />`;
}

export default function Audit() {
    const self = useResource("/governance/v1/members/self");
    return html`<p>${t("audit.intro")} <a href="/verify">${t("menu./verify")}</a></p>
        <h2>${t("audit.runs")}</h2>
        <${Listing} path="/portal/v1/audit-runs" caption=${t("audit.runs.caption")} columns=${runs()} empty="audit.runs.empty" name="audit-runs" />
        <h2>${t("audit.findings")}</h2>
        ${self.state === "filled" && (self.data.offices.some(({ body }) => ANSWERABLE.has(body)) ? html`<${Findings} />` : html`<p>${t("audit.findings.whose")}</p>`)}`;
}
