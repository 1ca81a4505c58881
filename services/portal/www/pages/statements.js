// SPDX-License-Identifier: AGPL-3.0-or-later
// The reader's statements, and what became of the money: earned, payable, held and why.
import { day, t } from "../i18n.js";
import { Facts, Money, word } from "../show.js";
import { Table, Listing } from "../table.js";
import { States, useResource } from "../resource.js";
import { html } from "../view.js";

export const title = "statements.title";

/** Holds, and what keeps money back without one. */
export function Holds() {
    const holds = useResource("/payout/v1/holds", { isEmpty: (data) => data.items.length === 0 && data.listed.length === 0 });
    const columns = [{ key: "reason", label: t("statements.hold.reason"), cell: (row) => word("hold", row.reason) },
        { key: "amount", label: t("statements.amount"), numeric: true, cell: (row) => html`<${Money} of=${row.amount} />` },
        { key: "note", label: t("statements.hold.note"), cell: (row) => row.note ?? "" }, { key: "lifted_by", label: t("statements.hold.lifted-by"), cell: (row) => row.lifted_by }];
    return html`<${States} of=${holds} empty="statements.hold.none">${({ items, listed }) => html`
        <${Table} caption=${t("statements.hold.caption")} columns=${columns} rows=${[...items, ...listed]} id=${(row, place) => row.id ?? place} />`}<//>`;
}

/** What there is in all: on this page and on the overview. */
export function Balance({ of }) {
    return html`<${Facts} of=${[[t("statements.earned"), html`<${Money} of=${of.earned} />`], [t("statements.payable"), html`<${Money} of=${of.payable} />`]]} />`;
}

export default function Page() {
    const first = useResource("/payout/v1/statements", { query: { limit: 1 }, isEmpty: () => false });
    const columns = [{ key: "month", label: t("statements.month"), cell: (row) => html`<a href=${`/me/statements/${row.id}`}>${t("statements.of", { month: day(row.month), pool: row.pool })}</a>`,
        text: (row) => row.month }, { key: "pool", label: t("statements.pool") }, { key: "state", label: t("statements.state"), cell: (row) => word("run-state", row.state) },
        { key: "amount", label: t("statements.amount"), numeric: true, cell: (row) => html`<${Money} of=${row.amount} />`, text: (row) => `${row.amount.minor} ${row.amount.currency}` }];
    return html`<${States} of=${first}>${(data) => html`<${Balance} of=${data} />`}<//>
        <section><h2>${t("statements.list")}</h2><${Listing} path="/payout/v1/statements" caption=${t("statements.caption")} columns=${columns} empty="statements.empty" name="statements" /></section>
        <section><h2>${t("statements.holds")}</h2><${Holds} /></section>`;
}
