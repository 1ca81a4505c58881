// SPDX-License-Identifier: AGPL-3.0-or-later
// What a proposal would change for the reader: own consents, money, and the text in force. Every figure is a role's answer; here they are put side by side.
import { get, send } from "../api.js";
import { Changes, lines } from "../changes.js";
import { language, plural, t } from "../i18n.js";
import { say } from "../live.js";
import { money } from "../money.js";
import { purposeName, purposesBelow, recipientName } from "../names.js";
import { ErrorNote, States, useResource } from "../resource.js";
import { Money } from "../show.js";
import { html, useState } from "../view.js";

// ---- consents ----

function Affected({ rows }) {
    if (rows.length === 0) return html`<p>${t("vote.consents.none-of-mine")}</p>`;
    return html`<table><caption>${t("vote.consents.caption")}</caption>
        <thead><tr><th scope="col">${t("vote.consents.purpose")}</th><th scope="col">${t("vote.consents.recipient")}</th><th scope="col">${t("vote.consents.happens")}</th></tr></thead>
        <tbody>${rows.map((one) => html`<tr key=${`${one.purpose} ${one.recipient_class}`}><th scope="row">${purposeName(one.purpose)}</th>
            <td>${recipientName(one.recipient_class)}</td><td>${t(`vote.consents.${one.happens}`)}</td></tr>`)}</tbody></table>`;
}

/** Terms: what the comparison of the two texts says of each pair that I consented to. */
function byTerms(mine, narrowing) {
    return mine.map((one) => ({ ...one, happens: narrowing.pairs.find((pair) => pair.purpose === one.purpose && pair.org_class === one.recipient_class)?.change ?? "untouched" }));
}

function OfTerms({ narrowing }) {
    const consents = useResource("/licensing/v1/consents", { query: { pool: narrowing.pool } });
    const { kept, asked_again: again, members_asked: members } = narrowing.consents;
    return html`<p>${t(narrowing.wider ? "vote.consents.wider" : "vote.consents.not-wider")}</p>
        <p>${t("vote.consents.counts", { kept: plural("vote.consents.kept", kept), again: plural("vote.consents.again", again), members: plural("vote.consents.members", members) })}</p>
        <${States} of=${consents} empty="vote.consents.none-of-mine">${({ items }) => html`
            <${Affected} rows=${byTerms(items.filter((one) => one.stands?.permits), narrowing)} />`}<//>`;
}

function OfProhibition({ effect }) {
    const purposes = useResource("/licensing/v1/purposes");
    const consents = useResource("/licensing/v1/consents");
    const happens = effect.schema === "prohibition_add" ? "prohibited" : "allowed-again";
    return html`<${States} of=${purposes}>${(tree) => html`<${States} of=${consents} empty="vote.consents.none-of-mine">${({ items }) => {
        const below = purposesBelow(tree.items, effect.purpose);
        return html`<${Affected} rows=${items.filter((one) => below.has(one.purpose) && one.stands?.permits).map((one) => ({ ...one, happens }))} />`;
    }}<//>`}<//>`;
}

export function ConsentChanges({ proposal: { effect, narrowing } }) {
    if (effect.schema === "terms_version" && narrowing) return html`<${OfTerms} narrowing=${narrowing} />`;
    if (effect.schema.startsWith("prohibition_")) return html`<${OfProhibition} effect=${effect} />`;
    if (effect.schema === "pool_charter") return html`<p>${t("vote.consents.of-charter", { pool: effect.document.pool })}</p>`;
    return html`<p>${t("vote.consents.untouched-at-all")}</p>`;
}

// ---- money ----

function Trial({ rule }) {
    const pools = useResource("/licensing/v1/pools");
    const [pool, setPool] = useState("");
    const [month, setMonth] = useState(new Date(Date.now() - 30 * 86400000).toISOString().slice(0, 7));
    const [found, setFound] = useState(null);
    const [problem, setProblem] = useState(null);
    const run = async (event) => {
        event?.preventDefault();
        setProblem(null);
        try {
            const given = { pool: pool || pools.data.items[0].ref, month };
            const [now, then] = await Promise.all([given, { ...given, rule }].map((body) => send("POST", "/payout/v1/dry-runs", body)));
            setFound([now.data, then.data]);
            say(t("vote.money.tried"));
        } catch (thrown) {
            setProblem(thrown);
        }
    };
    const own = (answer) => money(answer.line?.amount ?? 0, answer.result.currency, language.value);
    return html`<${States} of=${pools} empty="vote.money.no-pools">${({ items }) => html`<form onSubmit=${run}>
        <p>${t("vote.money.trial")}</p>
        <label>${t("vote.money.pool")} <select value=${pool} onChange=${(event) => setPool(event.currentTarget.value)}>
            ${items.map((one) => html`<option key=${one.ref} value=${one.ref}>${one.title}</option>`)}</select></label>
        <label>${t("vote.money.month")} <input type="month" value=${month} onInput=${(event) => setMonth(event.currentTarget.value)} /></label>
        <button type="submit" class="secondary">${t("vote.money.try")}</button>
        ${found && html`<p role="status">${t("vote.money.result", { now: own(found[0]), then: own(found[1]), pot: money(found[1].result.pot, found[1].result.currency, language.value) })}</p>`}
        ${problem && html`<${ErrorNote} problem=${problem} retry=${problem.status >= 500 ? () => run() : undefined} />`}
    </form>`}<//>`;
}

export function MoneyChanges({ proposal: { effect, warnings } }) {
    if (effect.schema === "benefit_rule") {
        return html`<p>${t("vote.money.rule")}</p>
            ${warnings?.length > 0 && html`<ul>${warnings.map((one) => html`<li key=${one.pointer + one.detail}>${one.detail}</li>`)}</ul>`}
            <${Trial} rule=${effect.document} />`;
    }
    if (effect.schema === "budget_awards") return html`<p>${t("vote.money.pot", { account: effect.account })} <${Money} of=${effect.pot} /></p>`;
    if (effect.spend?.length) {
        return html`<ul>${effect.spend.map((one) => html`<li key=${one.account}>${t("vote.money.spend", { account: one.account })} <${Money} of=${one.max} /></li>`)}</ul>`;
    }
    return html`<p>${t(effect.schema === "terms_version" ? "vote.money.of-terms" : "vote.money.untouched")}</p>`;
}

// ---- text ----

const now = (items) => items.find((one) => one.until === null) ?? null;
const asText = (value) => lines(value).join("\n");

/** Where the text in force is, and how both are written as text. */
const TEXTS = {
    bylaw_text: { path: () => "/governance/v1/bylaws", query: (effect) => ({ clause: effect.clause }), before: ({ items }) => now(items)?.text ?? "", after: (effect) => effect.text },
    rule_row: { path: () => "/governance/v1/rules", query: (effect) => ({ type: effect.rule.type }), before: ({ items }) => asText(now(items)?.rule), after: (effect) => asText(effect.rule) },
    policy_text: { after: (effect) => effect.text ?? "" },
    pool_charter: { path: (effect) => `/licensing/v1/pools/${effect.document.pool}`, before: (pool) => asText(pool.charter), after: (effect) => asText(effect.document) },
    benefit_rule: { path: () => "/payout/v1/rules", before: ({ items }, effect) => asText(items.find((one) => one.rule === effect.document.rule && one.until === null)?.document),
                    after: (effect) => asText(effect.document) },
};

/** Terms in force are found by their pool, and read by their id. */
function TermsText({ document: proposed }) {
    const list = useResource("/licensing/v1/terms", { query: { pool: proposed.pool, limit: 100 }, isEmpty: () => false });
    const inForce = list.data?.items.find((one) => one.in_force);
    const current = useResource(inForce ? `/licensing/v1/terms/${inForce.id}` : null);
    const before = inForce ? current : { ...list, data: { doc: null } };
    return html`<${States} of=${before}>${({ doc }) => html`<${Changes} before=${asText(doc)} after=${asText(proposed)} />`}<//>`;
}

/** The text in force beside the proposed one. Where nothing is in force all of it is new. */
export function TextChanges({ effect }) {
    const how = TEXTS[effect.schema];
    const current = useResource(how?.path?.(effect) ?? null, { query: how?.query?.(effect), isEmpty: () => false });
    if (effect.schema === "terms_version") return html`<${TermsText} document=${effect.document} />`;
    if (!how) return html`<p>${t("vote.text.none")}</p>`;
    if (!how.path) return html`<${Changes} before="" after=${how.after(effect)} />`;
    return html`<${States} of=${current}>${(data) => html`<${Changes} before=${how.before(data, effect)} after=${how.after(effect)} />`}<//>`;
}
