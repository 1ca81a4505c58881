// SPDX-License-Identifier: AGPL-3.0-or-later
// The bank's side of the treasury: importing statements, and explaining the entries that wait in suspense.
import { send } from "./api.js";
import { lines } from "./changes.js";
import { Deed } from "./deed.js";
import { Form, useForm } from "./form.js";
import { count, day, plural, t } from "./i18n.js";
import { Money, UserText, When, word } from "./show.js";
import { Listing } from "./table.js";
import { html, useId, useState } from "./view.js";

/** Imports a camt.053 (or camt.054) file as it is; the bank's file is never changed. */
export function StatementImport({ done }) {
    const [file, setFile] = useState(null);
    const [last, setLast] = useState(null);
    const name = useId();
    const form = useForm({
        values: {}, send: () => send("POST", "/payout/v1/bank-statements", file, { headers: { "Content-Type": "application/xml" } }),
        done: ({ data, headers }) => {
            setLast({ outcome: headers.get("X-Commonhold-Outcome"), data });
            done();
        },
    });
    return html`<${Form} of=${form} submit=${t("bank.import")} disabled=${file ? undefined : t("bank.import.choose")}>
            <div class="field"><label for=${name}>${t("bank.file")}</label><small class="hint" id="${name}-hint">${t("bank.file.hint")}</small>
                <input id=${name} type="file" accept=".xml,application/xml,text/xml" aria-describedby="${name}-hint" onChange=${(event) => setFile(event.currentTarget.files[0] ?? null)} /></div><//>
        ${last && html`<p role="status">${t(last.outcome === "already_imported" ? "bank.import.already" : "bank.import.done")}</p>`}`;
}

export const bankStatements = () => [
    { key: "ref", label: t("bank.statement") }, { key: "account", label: t("treasury.bank-account") }, { key: "to", label: t("bank.to"), text: (one) => day(one.to) },
    { key: "entries", label: t("treasury.entries"), numeric: true, text: (one) => count(one.entries) },
    { key: "matched", label: t("bank.matched"), text: (one) => Object.entries(one.matched).map(([kind, number]) => t("bank.matched.kind", { kind: word("bank.kind", kind), count: count(number) })).join(", ") },
    { key: "closing", label: t("bank.closing"), numeric: true, cell: (one) => html`<${Money} of=${one.closing} />` },
    { key: "imported_at", label: t("bank.imported"), cell: (one) => html`<${When} at=${one.imported_at} />` },
];

/** What an entry may be, best first, each with a button that says so. */
function Suggestions({ entry, done }) {
    const known = (entry.suggestions ?? []).filter((one) => one.invoice_id);
    if (known.length === 0) return t("bank.no-suggestion");
    return html`<ul>${known.map((one) => html`<li key=${one.invoice_id}>${t("bank.suggestion", { number: one.number, why: one.why.map((why) => word("bank.why", why)).join(", ") })} <${Money} of=${one.open} />
        <${Deed} label=${t("bank.assign", { number: one.number })} ask=${t("bank.assign.ask", { number: one.number })} said=${t("bank.assigned")} done=${done}
            send=${(how) => send("POST", `/payout/v1/bank-entries/${entry.id}/assign-entry`, { kind: "receipt", invoices: [{ invoice_id: one.invoice_id, amount: entry.amount }] }, how)} /></li>`)}</ul>`;
}

/** Entries nobody has explained yet. */
export function BankEntries({ done }) {
    const [turn, setTurn] = useState(0);
    const again = () => {
        setTurn(turn + 1);
        done();
    };
    return html`<${Listing} key=${turn} path="/payout/v1/bank-entries" caption=${t("bank.entries")} empty="treasury.suspense.empty" name="bank-entries" columns=${[
        { key: "booked_on", label: t("treasury.day"), text: (one) => day(one.booked_on), sorted: "ascending" },
        { key: "amount", label: t("treasury.amount"), numeric: true, cell: (one) => html`<${Money} of=${one.amount} />` },
        { key: "reference", label: t("bank.reference") },
        { key: "detail", label: t("bank.detail"), text: (one) => lines(one.detail).join("\n"), cell: (one) => html`<${UserText} text=${lines(one.detail).join("\n")} />` },
        { key: "suspense", label: t("bank.waits"), text: (one) => (one.suspense ? plural("bank.days", one.suspense.days) : "") },
        { key: "suggestions", label: t("bank.suggestions"), cell: (one) => html`<${Suggestions} entry=${one} done=${again} />` }]} />`;
}
