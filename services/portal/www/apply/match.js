// SPDX-License-Identifier: AGPL-3.0-or-later
// How each dataset would answer what the form says now: asked of the server a moment after each change, nothing is stored by it.
import { send } from "../api.js";
import { count, duration, language, t } from "../i18n.js";
import { amount } from "../money.js";
import { price } from "../pools.js";
import { ErrorNote } from "../resource.js";
import { Facts, word } from "../show.js";
import { html, useEffect, useState } from "../view.js";

const PAUSE = 400; // milliseconds after the last change

/** A reason of the evaluation in words: ours, a prohibition or sanction, or a rule of the terms by its name. */
export function reasonText(code) {
    const [kind] = code.split(":");
    if (kind === "prohibition" || kind === "sanction") return word("refusal", kind);
    return kind === "core" || code === "several-rules" || code === "council" ? word("refusal", code) : t("refusal.rule", { rule: code });
}

/** What the match is asked with; null while too little is said. */
function questionOf({ purpose, actions, modes, region, restriction, pool, columns }) {
    if (!purpose || actions.length === 0 || modes.length === 0 || !/^[A-Za-z]{2}$/.test(region.trim())) return null;
    return { asked: { purpose, actions, modes, region: region.trim().toUpperCase(), ...(restriction.trim() ? { restriction: restriction.trim() } : {}) },
        one: pool && columns.length ? { pool, columns } : null };
}

/** Columns are those of one dataset: it is asked with them, the others for all that their terms name. */
async function ask({ asked, one }, signal) {
    const path = "/licensing/v1/policy/matches";
    const [all, chosen] = await Promise.all([send("POST", path, asked, { signal }), one && send("POST", path, { ...asked, ...one }, { signal })]);
    return all.data.items.map((item) => chosen?.data.items.find((other) => other.pool === item.pool) ?? item);
}

function useMatch(values) {
    const [found, setFound] = useState({ state: "loading" });
    const question = questionOf(values);
    const asked = JSON.stringify(question);
    useEffect(() => {
        if (!question) {
            setFound({ state: "idle" });
            return undefined;
        }
        const stop = new AbortController();
        const timer = setTimeout(() => ask(question, stop.signal).then((items) => stop.signal.aborted || setFound({ state: "filled", items }),
            (problem) => stop.signal.aborted || setFound({ state: "error", problem })), PAUSE);
        return () => {
            clearTimeout(timer);
            stop.abort();
        };
    }, [asked]);
    return found;
}

function time(one) {
    if (one.way === "refusal") return t("match.time.none");
    return one.way === "offer" ? t("match.time.offer") : t("match.time.council", { time: duration(one.decision_seconds) });
}

function Answer({ of, chosen, choose }) {
    return html`<li data-pool=${of.pool} data-way=${of.way}><h3><a href=${`/catalogue/${of.pool}`}>${of.title ?? of.pool}</a></h3>
        <p><strong class=${of.way === "refusal" ? "bad" : "good"}>${word("match.way", of.way)}</strong></p>
        <ul>${[...of.reasons.map(reasonText), ...of.referral.map((why) => word("case.why", why))].map((text) => html`<li key=${text}>${text}</li>`)}</ul>
        <${Facts} of=${[[t("match.time"), time(of)], [t("match.records"), of.way === "refusal" ? null : of.records === null ? t("match.records.none")
            : count(of.records)], [t("pool.price"), of.price && price(of.price)],
            [t("match.charge"), of.expected_charge && amount(of.expected_charge, language.value)]]} />
        <p>${chosen ? html`<strong>${t("match.chosen")}</strong>`
            : html`<button type="button" class="secondary" onClick=${() => choose(of.pool)}>${t("match.take",
                { pool: of.title ?? of.pool })}</button>`}</p></li>`;
}

/** @param {{values: object, choose: (pool: string) => void}} props values: of the form */
export function Match({ values, choose }) {
    const found = useMatch(values);
    return html`<section aria-live="polite" aria-labelledby="match-title"><h2 id="match-title">${t("match.title")}</h2><p class="hint">${t("match.says")}</p>
        ${found.state === "loading" && html`<p aria-busy="true" data-state="loading">${t("state.loading")}</p>`}
        ${found.state === "idle" && html`<p>${t("match.idle")}</p>`}
        ${found.state === "error" && html`<${ErrorNote} problem=${found.problem} />`}
        ${found.state === "filled" && (found.items.length ? html`<ul
            class="cards">${found.items.map((one) => html`<${Answer} key=${one.pool} of=${one} chosen=${one.pool === values.pool} choose=${choose} />`)}</ul>`
            : html`<p>${t("match.empty")}</p>`)}</section>`;
}
