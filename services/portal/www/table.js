// SPDX-License-Identifier: AGPL-3.0-or-later
// Tables: of rows that are there, and of lists that the server gives in pages of 50 by keyset. The server sorts and filters; the file holds
// the whole filtered list.
import { html, useId, useState } from "./view.js";
import { get } from "./api.js";
import { csv } from "./csv.js";
import { count, plural, t } from "./i18n.js";
import { say } from "./live.js";
import { States, ErrorNote, useResource } from "./resource.js";

const PAGE = 50;
const MOST = 100; /* rows a request may ask for */

/** What a cell says in a file: the column's own text, or the value as it is. */
function textOf(column, row) {
    return column.text ? column.text(row) : row[column.key];
}

function Cell({ column, row, first }) {
    const shown = column.cell ? column.cell(row) : textOf(column, row);
    const own = { role: first ? "rowheader" : "cell", class: column.numeric ? "number" : undefined, "data-label": column.label };
    return first ? html`<th ...${own} scope="row">${shown}</th>` : html`<td ...${own}>${shown}</td>`;
}

/**
 * A table. Roles are written out because narrow screens show each row as a block, which would take them away.
 * @param {object} props
 * @param {string} props.caption
 * @param {{ key: string, label: string, cell?: (row) => any, text?: (row) => any, numeric?: boolean, sorted?: "ascending"|"descending" }[]} props.columns
 *     the first one names the row; cell is for the page, text for the file and for pages without cell
 * @param {object[]} props.rows
 * @param {(row: object, place: number) => any} [props.id] what tells rows apart
 */
export function Table({ caption, columns, rows, id = (row, place) => row.id ?? place }) {
    const name = useId();
    return html`<div class="scroll" role="group" aria-labelledby=${name} tabindex="0"><table role="table">
        <caption id=${name}>${caption}</caption>
        <thead role="rowgroup"><tr role="row">${columns.map((column) => html`<th key=${column.key} role="columnheader" scope="col"
            class=${column.numeric ? "number" : undefined} aria-sort=${column.sorted}>${column.label}</th>`)}</tr></thead>
        <tbody role="rowgroup">${rows.map((row, place) => html`<tr role="row" key=${id(row, place)}>${columns.map((column, n) => html`
            <${Cell} key=${column.key} column=${column} row=${row} first=${n === 0} />`)}</tr>`)}</tbody>
    </table></div>`;
}

/** Every row of a list, page by page. */
export async function everything(path, query, ask = get) {
    const rows = [];
    for (let after; after !== null;) {
        const { data } = await ask(path, { query: { ...query, limit: MOST, after } });
        rows.push(...data.items);
        after = data.next ?? null;
    }
    return rows;
}

/** The whole list as a file. */
function Save({ path, query, columns, name }) {
    const [state, setState] = useState({});
    const save = async () => {
        if (state.busy) {
            return;
        }
        setState({ busy: true });
        try {
            const rows = await everything(path, query);
            const lines = [columns.map((column) => column.label), ...rows.map((row) => columns.map((column) => textOf(column, row)))];
            const { saveBlob } = await import("./download.js");
            saveBlob(new Blob([csv(lines)], { type: "text/csv;charset=utf-8" }), `${name}.csv`);
            say(plural("table.saved", rows.length));
            setState({});
        } catch (problem) {
            setState({ problem });
        }
    };
    return html`<button type="button" class="secondary" aria-busy=${Boolean(state.busy)} onClick=${save}>${t("table.csv")}</button>
        ${state.problem && html`<${ErrorNote} problem=${state.problem} retry=${save} />`}`;
}

/** Choices that the server filters by. */
function Filters({ of, values, choose }) {
    const name = useId();
    return html`<p class="filters">${of.map((one) => html`<label key=${one.name} for="${name}-${one.name}">${one.label}
        <select id="${name}-${one.name}" onChange=${(event) => choose({ ...values, [one.name]: event.currentTarget.value || undefined })}>
            <option value="">${t("table.all")}</option>
            ${one.options.map(({ value, label }) => html`<option key=${value} value=${value} selected=${values[one.name] === value}>${label}</option>`)}
        </select></label>`)}</p>`;
}

/** Where in the list this page is, in words. */
function position(at, rows, next) {
    const values = { page: count(at + 1), first: count(at * PAGE + 1), last: count(at * PAGE + rows) };
    if (at === 0 && !next) {
        return plural("table.rows", rows);
    }
    return t(next ? "table.position" : "table.position.last", values);
}

/** Ways to the other pages. They stay while a page loads, so that they keep the focus; what leads nowhere says so. */
function Pager({ cursors, next, loading, go }) {
    const [paged, setPaged] = useState(false);
    if (!paged && (next || cursors.length > 1)) {
        setPaged(true);
    }
    if (!paged && !next) {
        return null;
    }
    const button = (label, target) => html`<button type="button" class="secondary" aria-disabled=${!target || loading}
        onClick=${() => target && !loading && go(target)}>${label}</button>`;
    return html`${button(t("table.previous"), cursors.length > 1 && cursors.slice(0, -1))}${button(t("table.next"), next && [...cursors, next])}`;
}

/**
 * A list of the server.
 * @param {object} props as of Table, and
 * @param {string} props.path its address; it answers {items, next}
 * @param {object} [props.query] what is always asked
 * @param {string} props.empty key of why it may be empty and what to do next
 * @param {{ name: string, label: string, options: {value: string, label: string}[] }[]} [props.filters]
 * @param {string} props.name of the file, without its end
 */
export function Listing({ path, query, caption, columns, empty, filters = [], name, id }) {
    const [chosen, setChosen] = useState({});
    const [cursors, setCursors] = useState([undefined]);
    const at = cursors.length - 1;
    const asked = { ...query, ...chosen };
    const page = useResource(path, { query: { ...asked, limit: PAGE, after: cursors[at] } });
    const choose = (values) => {
        setChosen(values);
        setCursors([undefined]);
    };
    const { next } = page.data ?? {};
    return html`<section>
        ${filters.length > 0 && html`<${Filters} of=${filters} values=${chosen} choose=${choose} />`}
        <${States} of=${page} empty=${empty}>${(data) => html`
            <${Table} caption=${caption} columns=${columns} rows=${data.items} id=${id} />
            <p class="position" role="status">${position(at, data.items.length, next)}</p>`}<//>
        <div class="pager">
            <${Pager} key=${JSON.stringify(asked)} cursors=${cursors} next=${next} loading=${page.state === "loading"} go=${setCursors} />
            ${page.state === "filled" && html`<${Save} path=${path} query=${asked} columns=${columns} name=${name} />`}
        </div>
    </section>`;
}
