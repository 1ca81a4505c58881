// SPDX-License-Identifier: AGPL-3.0-or-later
// One proposal from draft to effect: what it says and changes, by which rule, what the council holds, what happened when, who could vote and
// did, what came of it, and how to check all that.
import { Changes, lines } from "../changes.js";
import { BundleCheck, TrackerCheck } from "../check.js";
import { count, t } from "../i18n.js";
import { Effect } from "../effect.js";
import { Hearing } from "../hearing.js";
import { Outcome } from "../outcome.js";
import { PrintButton, PrintSheet } from "../print.js";
import { States, useResource } from "../resource.js";
import { setTitle } from "../router.js";
import { RuleRow } from "../rule.js";
import { Facts, Hash, Until, UserText, When, word } from "../show.js";
import { StageTable } from "../stv.js";
import { Table } from "../table.js";
import { className, trust } from "../trust.js";
import { html, useEffect } from "../view.js";

export const title = "decision.title";

/** Where the version before this one is kept, and what of it is compared. */
const BEFORE = {
    bylaw_text: { path: (effect) => ["/governance/v1/bylaws", { clause: effect.clause }], text: (one) => `${one.title}\n\n${one.text}` },
    rule_row: { path: (effect) => ["/governance/v1/rules", { type: effect.rule.type }], text: (one) => lines(one.rule ?? one).join("\n") },
};

/** The version that this proposal replaces or would: the one before its own, or the one in force. */
function predecessor(versions, id) {
    const own = versions.find((one) => one.origin === id);
    const others = versions.filter((one) => (own ? one.version < own.version : one.until === null));
    return others.reduce((last, one) => (last && last.version > one.version ? last : one), null);
}

function Difference({ proposal, lang }) {
    const { effect } = proposal;
    const kind = BEFORE[effect.schema];
    const [path, query] = kind ? kind.path(effect) : [null, null];
    const versions = useResource(path, { query });
    if (!kind) return html`<p>${t("decision.diff.none")}</p>`;
    return html`<${States} of=${versions} empty="decision.diff.first">${(data) => {
        const before = predecessor(data.items, proposal.id);
        const after = kind.text(effect.schema === "rule_row" ? effect.rule : effect);
        return before ? html`<${Changes} before=${kind.text(before)} after=${after} lang=${lang} />` : html`<p>${t("decision.diff.first")}</p>`;
    }}<//>`;
}

function Opinion({ of, rule }) {
    if (!of) return html`<p>${t(rule?.council && rule.council !== "none" ? "decision.opinion.waiting" : "decision.opinion.not-asked")}</p>`;
    return html`<p><strong>${t(of.approved === null ? "decision.opinion.open" : of.approved ? "decision.opinion.for" : "decision.opinion.against")}</strong>
            (${word("rule.council", of.kind)})</p>
        <ul>${(of.reasons ?? []).map((one) => html`<li key=${one.body + one.seat}>
            ${t("grants.seat", { seat: one.seat, vote: word("choice", one.vote), code: word("case.reason", one.code) })} <span class="written">${one.text}</span></li>`)}</ul>`;
}

const timeline = () => [
    { key: "at", label: t("decision.event.at"), cell: (one) => html`<${When} at=${one.at} />` },
    { key: "to", label: t("decision.event.state"), text: (one) => word("proposal.state", one.to) },
    { key: "reason", label: t("decision.event.reason"), text: (one) => one.reason && word("proposal.reason", one.reason) },
];

function Roll({ of }) {
    if (!of) return html`<p>${t("decision.roll.none")}</p>`;
    return html`<${Facts} of=${[...Object.entries(of.counts).map(([code, members]) => [className(code), count(members)]), [t("decision.roll.hash"), html`<${Hash} value=${of.sha256} />`]]} />`;
}

const published = () => [
    { key: "at", label: t("decision.turnout.at"), cell: (one) => html`<${When} at=${one.at} />` },
    ...["U", "W", "C"].map((code) => ({ key: code, label: className(code), numeric: true, text: (one) => count(one.cast[code]) })),
    { key: "ballots_sha256", label: t("decision.turnout.hash"), cell: (one) => html`<${Hash} value=${one.ballots_sha256} />` },
];

/** Ballots as the log had them by the hour, and what each reading came to. */
function Turnout({ id }) {
    const turnout = useResource(`/governance/v1/turnouts/${id}`);
    if (["not_tallied", "forbidden"].includes(turnout.error?.slug)) return html`<p data-state="empty">${t(`decision.turnout.${turnout.error.slug}`)}</p>`;
    return html`<${States} of=${turnout}>${(data) => html`
        ${data.published.length > 0 && html`<${Table} caption=${t("decision.turnout.published")} rows=${data.published} columns=${published()} id=${(one) => one.at} />`}
        ${data.readings.map((one) => html`<section key=${one.reading}><h3>${t("decision.reading", { reading: one.reading })}</h3>
            <${Outcome} counts=${one.counts} outcome=${one.outcome} caption=${t("decision.outcome.caption", { reading: one.reading })} /></section>`)}`}<//>`;
}

/** What only votes with other methods have: stages of an election, projects of a budget round. */
function Result({ proposal }) {
    const { result } = proposal.tally ?? {};
    if (!result) return null;
    if (result.method === "scottish-stv") return html`<h2>${t("stv.title")}</h2><${StageTable} result=${result} candidates=${proposal.candidates ?? []} />`;
    const chosen = (proposal.effect.projects ?? []).filter((one) => result.selected.includes(one.number));
    return html`<h2>${t("decision.projects")}</h2><ul>${chosen.map((one) => html`<li key=${one.number}>${one.title}</li>`)}</ul>
        <p><a href="/governance/v1/budget-rounds/${proposal.id}/export" download>${t("decision.pabulib")}</a></p>`;
}

const named = () => [
    { key: "seat", label: t("charter.seat"), text: (one) => one.seat ?? t("decision.member") },
    { key: "member_id", label: t("decision.member-id"), cell: (one) => html`<code>${one.member_id}</code>` },
    { key: "choice", label: t("decision.choice"), text: (one) => word("choice", one.choice) },
    { key: "reading", label: t("decision.reading-number"), numeric: true, text: (one) => one.reading },
];

/** How anybody checks it: a sealed vote by tracker and bundle, a named one by its list. */
function Checks({ proposal }) {
    if (proposal.named === null) return html`<p>${t("decision.check.later")}</p>`;
    if (proposal.named) return html`<p>${t("decision.check.named")}</p>
        ${proposal.votes?.length > 0 && html`<${Table} caption=${t("decision.votes")} rows=${proposal.votes} columns=${named()} id=${(one) => `${one.reading} ${one.member_id}`} />`}`;
    return html`<h3>${t("decision.tracker")}</h3><${TrackerCheck} id=${proposal.id} />
        <h3>${t("decision.bundle")}</h3>
        ${proposal.tally ? html`<p><a href="/governance/v1/bundles/${proposal.id}" download="bundle-${proposal.id}.json">${t("decision.bundle.download")}</a></p>
            <${BundleCheck} id=${proposal.id} />` : html`<p>${t("decision.bundle.later")}</p>`}`;
}

function Head({ proposal }) {
    const voting = proposal.state === "voting" || proposal.state === "second_reading";
    return html`<${Facts} of=${[
            [t("decisions.type"), word("proposal.type", proposal.type)],
            [t("decisions.state"), html`<strong class="mark">${word("proposal.state", proposal.state)}</strong>`],
            [t("decision.reading-number"), proposal.reading],
            [t("decision.sponsors"), proposal.sponsors_needed === null ? count(proposal.sponsors) : t("decision.sponsors.of", { sponsors: count(proposal.sponsors), needed: count(proposal.sponsors_needed) })],
            [t("decisions.opens"), proposal.opens_at && html`<${When} at=${proposal.opens_at} />`],
            [t("decisions.closes"), proposal.closes_at && html`<${Until} at=${proposal.closes_at} />`],
            [t("decisions.in-force"), proposal.in_force_at && html`<${When} at=${proposal.in_force_at} />`],
            [t("decision.hash"), html`<${Hash} value=${proposal.proposal_sha256} />`],
        ]} />
        ${proposal.held?.length > 0 && html`<section class="summary"><h2>${t("decision.held")}</h2><ul>${proposal.held.map((one) => html`<li key=${one.pointer}>${one.detail}</li>`)}</ul></section>`}
        ${voting && html`<p><a href="/vote/${proposal.id}" role="button">${t("decision.vote")}</a></p>`}
        ${proposal.sealing && html`<p><a href="/steward/${proposal.id}">${t("decision.stewards")}</a></p>`}`;
}

function Whole({ proposal, reload }) {
    const lang = trust.value?.language;
    useEffect(() => setTitle(proposal.title), [proposal.title]);
    return html`<${PrintSheet} title=${proposal.title} period=${word("proposal.state", proposal.state)} hash=${proposal.proposal_sha256}
            verify=${proposal.named === false && proposal.tally ? "commonhold verify vote bundle.json --vkey VKEY" : undefined} />
        <${Head} proposal=${proposal} />
        <p><${PrintButton} /></p>
        <h2>${t("decision.text")}</h2><${UserText} text=${proposal.text} lang=${lang} />
        <h2>${t("decision.effect")}</h2><${Effect} effect=${proposal.effect} />
        <h2>${t("decision.diff")}</h2><${Difference} proposal=${proposal} lang=${lang} />
        <h2>${t("decision.rule")}</h2>${proposal.rule ? html`<p class="hint">${t("decision.rule.version", { type: word("proposal.type", proposal.rule_type), version: proposal.rule_version })}</p>
            <${RuleRow} rule=${proposal.rule} /><p class="hint">${t("charter.hash")}: <${Hash} value=${proposal.rule_sha256} /></p>` : html`<p>${t("decision.rule.none")}</p>`}
        ${proposal.type === "expulsion" && html`<${Hearing} proposal=${proposal} reload=${reload} />`}
        <h2>${t("decision.opinion")}</h2><${Opinion} of=${proposal.opinion} rule=${proposal.rule} />
        <h2>${t("decision.timeline")}</h2><${Table} caption=${t("decision.timeline.caption")} rows=${proposal.events} columns=${timeline()} id=${(one, n) => n} />
        <h2>${t("decision.roll")}</h2><${Roll} of=${proposal.roll} />
        ${proposal.state !== "draft" && html`<h2>${t("decision.outcome")}</h2><${Turnout} id=${proposal.id} />`}
        <${Result} proposal=${proposal} />
        <h2>${t("decision.check")}</h2><${Checks} proposal=${proposal} />
        ${proposal.comments.length > 0 && html`<h2>${t("decision.comments")}</h2>${proposal.comments.map((one) => html`<section key=${one.id}>
            <p class="hint"><${When} at=${one.at} /></p><${UserText} text=${one.text} lang=${lang} /></section>`)}`}`;
}

export default function Decision({ params }) {
    const proposal = useResource(`/governance/v1/proposals/${encodeURIComponent(params.id)}`);
    return html`<${States} of=${proposal}>${(data) => html`<${Whole} proposal=${data} reload=${proposal.reload} />`}<//>`;
}
