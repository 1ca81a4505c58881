// SPDX-License-Identifier: AGPL-3.0-or-later
// One vote: what it is about and what it would change for the reader, then the ballot. Nothing here shows, links or hints at a count.
import { ConsentChanges, MoneyChanges, TextChanges } from "../ballot/changes.js";
import { Ballot } from "../ballot/cast.js";
import { BundleCheck, TrackerCheck } from "../check.js";
import { Effect } from "../effect.js";
import { t } from "../i18n.js";
import { className } from "../names.js";
import { States, useResource } from "../resource.js";
import { setTitle } from "../router.js";
import { RuleRow } from "../rule.js";
import { Facts, Until, UserText, When, word } from "../show.js";
import { trust } from "../trust.js";
import { html, useEffect } from "../view.js";

export const title = "vote.title";

const COUNTED = new Set(["tallied", "carried", "rejected", "lapsed", "cooling", "in_force", "superseded", "expired", "annulled"]);

function Arguments({ comments }) {
    const sides = ["for", "against"].map((stance) => [stance, comments.filter((one) => one.stance === stance)]);
    const others = comments.filter((one) => !one.stance);
    return html`<div class="beside">${sides.map(([stance, list]) => html`<section key=${stance}>
            <h3>${t(`vote.arguments.${stance}`)}</h3>
            ${list.length === 0 ? html`<p>${t(`vote.arguments.${stance}-none`)}</p>`
                : html`<ul>${list.map((one) => html`<li key=${one.id}><${UserText} text=${one.text} /><small><${When} at=${one.at} /></small></li>`)}</ul>`}
        </section>`)}</div>
        ${others.length > 0 && html`<details><summary>${t("vote.arguments.other", { count: others.length })}</summary>
            <ul>${others.map((one) => html`<li key=${one.id}><${UserText} text=${one.text} /></li>`)}</ul></details>`}`;
}

function Opinion({ proposal }) {
    const { opinion, rule } = proposal;
    if (rule.council === "none") return html`<p>${t("vote.council.not-asked")}</p>`;
    if (!opinion) return html`<p>${t("vote.council.none-yet")}</p>`;
    return html`<p>${t(opinion.approved ? "vote.council.approves" : "vote.council.disapproves")}</p>
        <ul>${opinion.reasons.map((one) => html`<li key=${one.seat}><strong>${t(`word.${one.vote}`)}</strong> <${UserText} text=${one.text} /></li>`)}</ul>`;
}

/** Am I on the roll, and if not, why, and what can be done. */
function RollCheck({ check, classes }) {
    if (check.answer === "no") {
        return html`<p><strong>${t("vote.roll.no")}</strong> ${t(`vote.roll.condition.${check.condition}`)}</p><p>${t(`vote.roll.do.${check.condition}`)}</p>`;
    }
    return html`<p>${t(check.answer === "yes" ? "vote.roll.yes" : "vote.roll.would-be", { class: check.class ? className(check.class, classes) : "" })}</p>
        ${check.voted && html`<p><strong>${t("vote.roll.voted")}</strong></p>`}`;
}

function Secrecy({ proposal }) {
    if (!proposal.sealing) {
        const fallen = proposal.rule.secrecy === "sealed";
        return html`<p role="note" class="notice"><strong>${t(fallen ? "vote.secrecy.small-class" : "vote.secrecy.named")}</strong> ${t("vote.secrecy.named-who")}</p>`;
    }
    return html`<p>${t("vote.secrecy.sealed")}</p>
        ${proposal.rule.board_mode === "unlinked" && html`<p>${t("vote.secrecy.unlinked")}</p>`}
        <details><summary>${t("vote.secrecy.limits")}</summary>
            <ul>${["administrator", "absentees", "two-stewards", "page", "key"].map((one) => html`<li key=${one}>${t(`vote.secrecy.limit.${one}`)}</li>`)}</ul>
        </details>`;
}

/** Behind the close: the board, and the recount. */
function After({ proposal }) {
    if (!proposal.sealing) return html`<p>${t("vote.after.named")} <a href=${`/decisions/${proposal.id}`}>${t("vote.after.decision")}</a></p>`;
    return html`<section><h2>${t("vote.after.tracker")}</h2><${TrackerCheck} id=${proposal.id} /></section>
        ${COUNTED.has(proposal.state) && proposal.tally && html`<section><h2>${t("vote.after.bundle")}</h2><${BundleCheck} id=${proposal.id} /></section>`}
        <p><a href=${`/decisions/${proposal.id}`}>${t("vote.after.decision")}</a></p>`;
}

function Section({ name, children }) {
    return html`<section aria-labelledby=${`vote-${name}`}><h2 id=${`vote-${name}`}>${t(`vote.section.${name}`)}</h2>${children}</section>`;
}

function Vote({ proposal, reload }) {
    const roll = useResource(`/governance/v1/rolls/${proposal.id}/check-self`);
    const classes = trust.value?.classes;
    const open = proposal.state === "voting";
    useEffect(() => setTitle(t("vote.title-of", { title: proposal.title })), [proposal.title]);
    return html`<${Facts} of=${[[t("vote.fact.type"), word("proposal.type", proposal.type)], [t("vote.fact.state"), word("proposal.state", proposal.state)],
            [t("vote.fact.reading"), proposal.reading === 2 ? t("vote.fact.second") : null], [t("vote.fact.closes"), html`<${Until} at=${proposal.closes_at} />`]]} />
        ${proposal.rule?.secrecy === "sealed" && !proposal.sealing && proposal.frozen_at && html`<p role="note" class="notice">${t("vote.secrecy.small-class")}</p>`}
        <${Section} name="summary"><${Effect} effect=${proposal.effect} brief=${true} /><${UserText} text=${proposal.text} /><//>
        <${Section} name="consents"><${ConsentChanges} proposal=${proposal} /><//>
        <${Section} name="money"><${MoneyChanges} proposal=${proposal} /><//>
        <${Section} name="text"><${TextChanges} effect=${proposal.effect} /><//>
        <${Section} name="arguments"><${Arguments} comments=${proposal.comments} /><//>
        ${proposal.rule && html`<${Section} name="council"><${Opinion} proposal=${proposal} /><//>
            <${Section} name="rule"><${RuleRow} rule=${proposal.rule} classes=${classes} /><//>`}
        <${Section} name="roll"><${States} of=${roll} empty="vote.roll.no-answer">${(check) => html`<${RollCheck} check=${check} classes=${classes} />`}<//><//>
        ${proposal.rule && html`<${Section} name="secrecy"><${Secrecy} proposal=${proposal} /><//>`}
        ${open && roll.state === "filled" && html`<${Section} name="ballot"><${Ballot} proposal=${proposal} check=${roll.data} reload=${reload} /><//>`}
        ${!open && (proposal.closes_at && !["frozen", "discussion", "second_reading"].includes(proposal.state) ? html`<${After} proposal=${proposal} />`
            : html`<p>${t("vote.not-open")} <a href=${`/decisions/${proposal.id}`}>${t("vote.after.decision")}</a></p>`)}`;
}

export default function Page({ params }) {
    const proposal = useResource(`/governance/v1/proposals/${params.id}`);
    return html`<${States} of=${proposal} empty="vote.empty">${(data) => html`<${Vote} proposal=${data} reload=${proposal.reload} />`}<//>`;
}
