// SPDX-License-Identifier: AGPL-3.0-or-later
// Reading under a licence: the rows as a file, with what the server says of them at the end, and a token for a program. The browser's own token is a cookie
// that no script sees; it is asked for before each request.
import { get, send } from "../api.js";
import { Deed } from "../deed.js";
import { Download } from "../download.js";
import { bytes, count, t } from "../i18n.js";
import { Progress } from "../progress.js";
import { ErrorNote, States, useResource } from "../resource.js";
import { Facts, word } from "../show.js";
import { html, useEffect, useRef, useState } from "../view.js";
import { chargeText, quotaText } from "./words.js";

const TYPES = { csv: "text/csv", ndjson: "application/x-ndjson" };
const WINDOW = 5000; // milliseconds the rate is of

/** The server's own record of a delivery: what was counted, what it costs so far, what is left. */
function Receipt({ id, currency }) {
    const record = useResource(`/metering/v1/deliveries/${id}`);
    return html`<${States} of=${record}>${(of) => html`<section data-receipt=${of.counted_rows}><h3>${t("licence.receipt")}</h3><${Facts} of=${[
        [t("licence.receipt.rows"), count(of.rows)], [t("licence.receipt.units"), count(of.counted_rows)], [t("licence.receipt.bytes"), bytes(of.bytes)],
        [t("licence.receipt.state"), word("delivery-state", of.state)], [t("licence.receipt.why"), of.reason && word("delivery-end", of.reason)],
        [t("licence.receipt.price"), chargeText(of.expected_charge, currency)],
        [t("licence.receipt.quotas"), of.quotas.length ? of.quotas.map(quotaText).join("; ") : t("licence.quota.none")],
        [t("licence.receipt.signed"), of.receipt && html`<a href=${`/metering/v1/deliveries/${id}/receipt`}
            download=${`receipt-${id}.jws`}>${t("licence.receipt.save")}</a>`]]} /></section>`}<//>`;
}

/** A second's bytes over the last five. */
function useRate(total, running) {
    const seen = useRef([]);
    const now = performance.now();
    if (!running) return null;
    seen.current = [...seen.current.filter(([at]) => now - at < WINDOW), [now, total]];
    const [[since, before]] = seen.current;
    return now > since ? (total - before) * 1000 / (now - since) : null;
}

function Running({ grant, format, onEnd }) {
    const [state, setState] = useState({ phase: "receiving", rows: 0, bytes: 0, problem: null, deliveries: [] });
    const download = useRef(null);
    const running = state.phase === "receiving" || state.phase === "waiting";
    const rate = useRate(state.bytes, running);
    useEffect(() => {
        download.current = new Download({
            address: `/metering/v1/pools/${encodeURIComponent(grant.pool)}/rows`, headers: { Accept: TYPES[format] }, format,
            name: `${grant.pool}.${format}`, known: null,
            prepare: () => send("POST", `/licensing/v1/grants/${grant.id}/access-tokens`, { as: "cookie" }),
            record: async (id) => (await get(`/metering/v1/deliveries/${id}`)).data, onChange: setState });
        download.current.start();
        return () => download.current.phase === "done" || download.current.cancel();
    }, []);
    useEffect(() => {
        if (!running) onEnd();
    }, [running]);
    const large = state.problem?.slug === "too_large";
    return html`<${Progress} label=${t("licence.download.of", { pool: grant.pool })} phase=${state.phase} done=${state.bytes}
        total=${running ? null : Math.max(state.bytes, 1)} rate=${rate}>
            <p data-rows=${state.rows}>${t("progress.rows", { done: count(state.rows) })}</p>
            ${running && html`<p><button type="button" class="secondary"
                onClick=${() => download.current.cancel()}>${t("licence.download.cancel")}</button></p>`}
            ${large && html`<p>${t("licence.download.large")} <a href=${`/metering/v1/pools/${encodeURIComponent(grant.pool)}/rows`}
                download>${t("licence.download.browser")}</a></p>`}
            ${state.problem && !large && html`<${ErrorNote} problem=${problemOf(state.problem)} retry=${() => download.current.start()} />`}<//>
        ${state.phase === "done" && state.deliveries.map((id) => html`<${Receipt} key=${id} id=${id} currency=${grant.price.base.currency} />`)}`;
}

function problemOf({ slug, type, ...rest }) {
    const name = slug ?? String(type ?? "").split("/").pop();
    return { ...rest, slug: name, title: t(name === "offline" ? "problem.offline.title" : "licence.download.refused"), detail: rest.detail ?? rest.title };
}

function Rows({ grant }) {
    const [format, setFormat] = useState("csv");
    const [run, setRun] = useState(null);
    const [busy, setBusy] = useState(false);
    const begin = () => {
        if (busy) return;
        setBusy(true);
        setRun((last) => ({ format, n: (last?.n ?? 0) + 1 }));
    };
    return html`<fieldset><legend>${t("licence.download.format")}</legend>${Object.keys(TYPES).map((one) => html`<label key=${one}>
            <input type="radio" name="format" value=${one} checked=${format === one} onChange=${() => setFormat(one)}
                /> ${t(`licence.format.${one}`)}</label>`)}</fieldset>
        <p><button type="button" aria-disabled=${busy} onClick=${begin}>${t("licence.download")}</button></p>
        ${run && html`<${Running} key=${run.n} grant=${grant} format=${run.format} onEnd=${() => setBusy(false)} />`}`;
}

/** Shown once; another is another one. */
function Token({ grant }) {
    const [token, setToken] = useState(null);
    return html`<h3>${t("licence.token")}</h3><p>${t("licence.token.says")}</p>
        <${Deed} label=${t("licence.token.make")} done=${({ data }) => setToken(data)}
            send=${() => send("POST", `/licensing/v1/grants/${grant.id}/access-tokens`, { as: "text" })} />
        ${token && html`<div role="status"><p>${t("licence.token.once", { seconds: count(token.expires_in) })}</p>
            <p><label>${t("licence.token.label")} <textarea readonly rows="5" value=${token.access_token}
                onFocus=${(event) => event.currentTarget.select()}></textarea></label></p></div>`}`;
}

/** @param {{ grant: object }} props */
export function Reading({ grant }) {
    return html`<section><h2>${t("licence.reading")}</h2>${grant.state !== "active" ? html`<p>${t("licence.reading.not-active")}</p>`
        : html`<p>${t("licence.reading.says")}</p>${grant.modes.includes("download") ? html`<${Rows} grant=${grant} />`
            : html`<p>${t("licence.reading.query-only")}</p>`}<${Token} grant=${grant} />`}</section>`;
}
