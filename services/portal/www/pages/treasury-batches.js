// SPDX-License-Identifier: AGPL-3.0-or-later
// Payment batches, those whose outcome nobody knows before all others: where each stands, and what it waits for.
import { NewBatch } from "../batches.js";
import { count, day, t } from "../i18n.js";
import { navigate } from "../router.js";
import { Money, word } from "../show.js";
import { Listing } from "../table.js";
import { html } from "../view.js";

export const title = "batches.title";

const columns = () => [
    { key: "id", label: t("batches.batch"), text: (one) => t("batch.name", { account: one.account, day: day(one.execution_on) }),
        cell: (one) => html`<a href="/treasury/batches/${one.id}">${t("batch.name", { account: one.account, day: day(one.execution_on) })}</a>` },
    { key: "state", label: t("decisions.state"), text: (one) => word("batch.state", one.state) },
    { key: "count", label: t("batch.payments"), numeric: true, text: (one) => count(one.count) },
    { key: "total", label: t("batch.total"), numeric: true, cell: (one) => html`<${Money} of=${one.total} />` },
    { key: "approvals", label: t("batch.approvals"), numeric: true, text: (one) => count(one.approvals.length) },
    { key: "next", label: t("batches.waits"), text: (one) => (one.next ? word("batch.next-step", one.next) : t("batches.nothing")) },
];

export default function Batches() {
    return html`<p>${t("batch.intro")}</p>
        <${Listing} path="/payout/v1/batches" caption=${t("batches.caption")} columns=${columns()} empty="batch.empty" name="batches" />
        <${NewBatch} level="h2" done=${(batch) => navigate(`/treasury/batches/${batch.data.id}`)} />`;
}
