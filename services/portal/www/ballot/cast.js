// SPDX-License-Identifier: AGPL-3.0-or-later
// Casting: ballot, review, one record that is sent until there is an answer, receipt. The choice and the record are in the memory of this page alone.
import { Problem, send } from "../api.js";
import { t } from "../i18n.js";
import { alarm, say } from "../live.js";
import { ErrorNote } from "../resource.js";
import { guard } from "../router.js";
import { canSeal, recordHash, seal, tracker } from "../seal.js";
import { html, useEffect, useRef, useState } from "../view.js";
import { questionOf } from "./choices.js";
import { Receipt } from "./receipt.js";

const PAUSES = [1000, 2000, 4000, 8000, 15000];
const LOST = new Set(["offline", "timeout"]);

function pause(milliseconds) {
    return new Promise((resolve) => {
        setTimeout(resolve, milliseconds);
        addEventListener("online", resolve, { once: true });
    });
}

/** Sends the same record until the trust says something: a lost connection may have lost the answer alone. */
async function cast(proposal, record, waiting) {
    for (let attempt = 0; ; attempt++) {
        try {
            return (await send("POST", `/governance/v1/proposals/${proposal.id}/cast-ballot`, record)).data;
        } catch (problem) {
            if (!(problem instanceof Problem) || !(LOST.has(problem.slug) || problem.status === 503 || problem.status === 429)) throw problem;
            waiting();
            await pause((problem.retryAfter ?? 0) * 1000 || PAUSES[Math.min(attempt, PAUSES.length - 1)]);
        }
    }
}

async function sealed(proposal, check, choice) {
    const { box, stewards, choice_bytes: size } = proposal.sealing;
    return seal({ box, classCode: check.class, stewards: stewards.map((one) => one.public_key), choice, size });
}

function Review({ sentence, final, onBack, onCast, busy }) {
    const heading = useRef(null);
    useEffect(() => heading.current?.focus(), []);
    return html`<div data-step="review"><h3 ref=${heading} tabindex="-1">${t("vote.review.title")}</h3>
        <p><strong>${sentence}</strong></p>
        <p>${t(final ? "vote.review.final" : "vote.review.changeable")}</p>
        <div role="group"><button type="button" aria-busy=${busy} onClick=${onCast}>${t("vote.review.cast")}</button>
            <button type="button" class="secondary" aria-disabled=${busy} onClick=${() => !busy && onBack()}>${t("vote.review.back")}</button></div></div>`;
}

/** The ballot of a voter who is on the roll; `deliver` gives what stands behind the cast. */
function Fill({ proposal, question, final, deliver }) {
    const [value, setValue] = useState(question.first);
    const [step, setStep] = useState("ballot");
    const [problem, setProblem] = useState(null);
    const [lost, setLost] = useState(false);
    const running = useRef(false), record = useRef(null);
    useEffect(() => guard(() => running.current), []);
    const review = (event) => {
        event.preventDefault();
        if (question.empty(value)) return alarm(t("vote.ballot.nothing-chosen"));
        return setStep("review");
    };
    const send = async () => {
        if (running.current) return;
        running.current = true;
        setProblem(null);
        setStep("casting");
        say(t("vote.cast.sending"));
        try {
            await deliver(value, record, () => {
                setLost(true);
                say(t("vote.cast.again"));
            });
        } catch (thrown) {
            if (!(thrown instanceof Problem)) throw thrown;
            setProblem(thrown);
            setStep("review");
            alarm(thrown.title);
        } finally {
            running.current = false;
            setLost(false);
        }
    };
    if (step === "ballot") {
        return html`<form onSubmit=${review} autocomplete="off" data-step="ballot"><${question.Input} question=${question.about} value=${value} onChange=${setValue} />
            <p>${t("vote.ballot.nothing-yet")}</p><button type="submit">${t("vote.ballot.review")}</button></form>`;
    }
    return html`<${Review} sentence=${question.sentence(value)} final=${final} busy=${step === "casting"} onBack=${() => setStep("ballot")} onCast=${send} />
        ${lost && html`<p role="status">${t("vote.cast.again")}</p>`}
        ${problem && html`<${ErrorNote} problem=${problem} />`}`;
}

function Sealed({ proposal, check }) {
    const [receipt, setReceipt] = useState(null);
    const question = questionOf(proposal);
    const deliver = async (value, record, waiting) => {
        record.current ??= await sealed(proposal, check, question.choice(value));
        const own = await recordHash(record.current);
        const said = await cast(proposal, record.current, waiting).catch((problem) => {
            record.current = null; // refused: nothing of it is in the box, and the choice may be another
            throw problem;
        });
        if (said.record_sha256 !== own) throw new Problem({ slug: "wrong_receipt", title: t("vote.cast.wrong-receipt") });
        setReceipt({ tracker: tracker(own), record: own });
        say(t("vote.cast.done"));
    };
    if (receipt) return html`<${Receipt} proposal=${proposal} receipt=${receipt} />`;
    if (!canSeal()) return html`<p role="alert" class="error">${t("vote.ballot.insecure")}</p>`;
    return html`<${Fill} proposal=${proposal} question=${question} final=${true} deliver=${deliver} />`;
}

function Named({ proposal, reload }) {
    const deliver = async (choice) => {
        await send("POST", `/governance/v1/proposals/${proposal.id}/cast-named-vote`, { choice });
        say(t("vote.cast.done"));
        reload();
    };
    return html`<p role="note" class="notice"><strong>${t("vote.secrecy.named-who")}</strong></p>
        ${proposal.my_vote && html`<p>${t("vote.named.mine")} <strong>${t(`vote.answer.${proposal.my_vote}`)}</strong>. ${t("vote.named.changeable")}</p>`}
        <${Fill} key=${proposal.my_vote} proposal=${proposal} question=${questionOf(proposal)} final=${false} deliver=${deliver} />`;
}

/** @param {{proposal: object, check: object, reload: () => void}} props check: the answer to "am I on the roll" */
export function Ballot({ proposal, check, reload }) {
    if (check.answer !== "yes") return html`<p>${t("vote.ballot.not-on-roll")}</p>`;
    if (!proposal.sealing) return html`<${Named} proposal=${proposal} reload=${reload} />`;
    if (check.voted) return html`<p data-step="voted"><strong>${t("vote.ballot.voted")}</strong> ${t("vote.ballot.voted-how")}</p>`;
    return html`<${Sealed} proposal=${proposal} check=${check} />`;
}
