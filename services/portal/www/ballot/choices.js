// SPDX-License-Identifier: AGPL-3.0-or-later
// The ways to fill in a ballot: an answer, a ranking, a selection of projects. The choice lives in the memory of the page and nowhere else.
import { count, language, plural, t } from "../i18n.js";
import { alarm, say } from "../live.js";
import { money } from "../money.js";
import { basket, budgetChoice, choiceNumber, choices, drawBelow, drawOrder, moveDown, moveUp, place, rankedChoice, toggle } from "../rank.js";
import { UserText } from "../show.js";
import { html, useMemo } from "../view.js";

// ---- yes, no, abstain ----

function Answer({ value, onChange }) {
    return html`<fieldset><legend>${t("vote.ballot.answer")}</legend>${["yes", "no", "abstain"].map((answer) => html`<label key=${answer}>
        <input type="radio" name="answer" checked=${value === answer} onChange=${() => onChange(answer)} autocomplete="off" /> ${t(`vote.answer.${answer}`)}</label>`)}</fieldset>`;
}

// ---- ranking ----

const nameOf = (candidate) => candidate.display_name ?? t("vote.ballot.candidate", { number: candidate.number });

function Candidate({ candidate, ranked, move, of }) {
    const name = nameOf(candidate), now = choiceNumber(ranked, candidate.number);
    return html`<fieldset class="candidate"><legend>${name}</legend>
        ${candidate.statement && html`<details><summary>${t("vote.ballot.statement", { name })}</summary><${UserText} text=${candidate.statement} /></details>`}
        <label>${t("vote.ballot.choice-number", { name })} <select autocomplete="off" value=${String(now)} onChange=${(event) => move(place(ranked, candidate.number, Number(event.currentTarget.value)))}>
            <option value="0" selected=${now === 0}>${t("vote.ballot.not-ranked")}</option>
            ${choices(ranked, candidate.number).map((n) => html`<option key=${n} value=${String(n)} selected=${n === now}>${count(n)}</option>`)}</select></label>
        <div role="group" aria-label=${name}>
            <button type="button" class="secondary" aria-disabled=${now === 1} onClick=${() => now !== 1 && move(moveUp(ranked, candidate.number))}>${t("vote.ballot.up", { name })}</button>
            <button type="button" class="secondary" aria-disabled=${now === 0} onClick=${() => now !== 0 && move(moveDown(ranked, candidate.number))}>${t("vote.ballot.down", { name })}</button>
        </div>
        <p>${now ? t("vote.ballot.placed", { name, choice: count(now), of: count(of) }) : t("vote.ballot.unplaced", { name })}</p>
    </fieldset>`;
}

function Ranking({ question, value, onChange }) {
    const { candidates } = question;
    const order = useMemo(() => drawOrder(candidates.map((one) => one.number), drawBelow), []);
    const byNumber = new Map(candidates.map((one) => [one.number, one]));
    const moved = (number) => (ranked) => {
        onChange(ranked);
        const name = nameOf(byNumber.get(number)), now = choiceNumber(ranked, number);
        say(now ? t("vote.ballot.placed", { name, choice: count(now), of: count(candidates.length) }) : t("vote.ballot.unplaced", { name }));
    };
    return html`<p>${t("vote.ballot.ranking")}</p><p>${t("vote.ballot.partial")}</p><p>${t("vote.ballot.order")}</p>
        ${order.map((number) => html`<${Candidate} key=${number} candidate=${byNumber.get(number)} ranked=${value} move=${moved(number)} of=${candidates.length} />`)}
        <h3>${t("vote.ballot.so-far")}</h3>
        ${value.length === 0 ? html`<p>${t("vote.ballot.nobody")}</p>` : html`<ol>${value.map((number) => html`<li key=${number}>${nameOf(byNumber.get(number))}</li>`)}</ol>`}`;
}

// ---- projects ----

function Projects({ question, value, onChange }) {
    const { pot, projects } = question;
    const shown = (minor) => money(minor, pot.currency, language.value);
    const now = basket(BigInt(pot.minor), projects, value);
    const refuse = (event, project) => {
        event.preventDefault();
        alarm(t("vote.ballot.too-dear", { title: project.title, left: shown(now.left) }));
    };
    const change = (project) => {
        const next = toggle(value, project.number), then = basket(BigInt(pot.minor), projects, next);
        onChange(next);
        say(t("vote.ballot.total", { spent: shown(then.spent), left: shown(then.left) }));
    };
    return html`<p>${t("vote.ballot.projects", { pot: shown(BigInt(pot.minor)) })}</p>
        <fieldset><legend>${t("vote.ballot.choose-projects")}</legend>${projects.map((project) => {
            const fits = now.fits(project.number), id = `project-${project.number}`;
            return html`<div class="field" key=${project.number}><label><input type="checkbox" autocomplete="off" checked=${value.includes(project.number)} aria-disabled=${!fits}
                aria-describedby=${fits ? undefined : `${id}-why`} onClick=${(event) => !fits && refuse(event, project)} onChange=${() => change(project)} />
                ${t("vote.ballot.project", { number: count(project.number), title: project.title, cost: shown(BigInt(project.cost)) })}</label>
                ${!fits && html`<small id="${id}-why" class="hint">${t("vote.ballot.does-not-fit", { left: shown(now.left) })}</small>`}
                <a href=${`/budget#${project.project_id}`}>${t("vote.ballot.about-project", { title: project.title })}</a></div>`;
        })}</fieldset>
        <p><strong>${t("vote.ballot.total", { spent: shown(now.spent), left: shown(now.left) })}</strong></p>`;
}

// ---- the three of them ----

const KINDS = {
    rule: { Input: Answer, first: null, choice: (value) => ({ c: value }), empty: (value) => value === null,
            sentence: (value) => t(`vote.review.answer-${value}`) },
    "scottish-stv": { Input: Ranking, first: [], choice: rankedChoice, empty: () => false,
            sentence: (value, { candidates }) => value.length === 0 ? t("vote.review.ranking-none")
                : t("vote.review.ranking", { list: value.map((number, i) => t("vote.review.place", { choice: count(i + 1), name: nameOf(candidates.find((one) => one.number === number)) })).join("; ") }) },
    knapsack: { Input: Projects, first: [], choice: budgetChoice, empty: () => false,
            sentence: (value, { projects }) => value.length === 0 ? t("vote.review.projects-none")
                : plural("vote.review.projects", value.length, { list: value.map((number) => projects.find((one) => one.number === number).title).join("; ") }) },
};

/** How a proposal is answered: what the voter sees, what it starts with, what is sealed, and the sentence of the review. */
export function questionOf(proposal) {
    const kind = KINDS[proposal.rule.method];
    const about = { candidates: (proposal.candidates ?? []).filter((one) => one.number !== null), projects: proposal.effect.projects ?? [], pot: proposal.effect.pot };
    return { ...kind, about, sentence: (value) => kind.sentence(value, about) };
}
