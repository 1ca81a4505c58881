// SPDX-License-Identifier: AGPL-3.0-or-later
// Uploads files with tus-js-client as a page would: standard input is one JSON object {base, email, password, about, store, files: [path],
// chunk, cut}; each file's contribution id and number of requests goes to standard output as a line of JSON. With `cut` an upload is aborted once
// behind that share of its bytes (per cent) and taken up again by a second client that finds it by its fingerprint.
import fs from "node:fs";
import path from "node:path";
import * as tus from "tus-js-client";

const input = JSON.parse(fs.readFileSync(0, "utf8"));
const cookies = new Map();

function headers() {
    return { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "), "X-CSRF-Token": cookies.get("ch_csrf") ?? "" };
}

async function post(address, body) {
    const answer = await fetch(input.base + address, {
        method: "POST", body: JSON.stringify(body),
        headers: { ...headers(), "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() } });
    for (const cookie of answer.headers.getSetCookie()) {
        const [name, value] = cookie.split(";", 1)[0].split(/=(.*)/s);
        cookies.set(name, value);
    }
    const told = await answer.json();
    if (!answer.ok) throw new Error(`POST ${address}: ${answer.status} ${JSON.stringify(told)}`);
    return told;
}

function options(file, contribution, done, failed, progress) {
    return {
        endpoint: `${input.base}/licensing/v1/uploads`, headers: headers(), chunkSize: input.chunk, retryDelays: [0, 200, 1000],
        metadata: { contribution, filename: path.basename(file) }, urlStorage: new tus.FileUrlStorage(input.store),
        fingerprint: async () => `${file}-${contribution}`, storeFingerprintForResuming: true, removeFingerprintOnSuccess: true,
        onSuccess: done, onError: failed, onChunkComplete: (size, accepted, total) => progress(accepted, total) };
}

// Resolves with true when all is stored, with false when it was cut.
function run(file, contribution, cut, resume) {
    return new Promise((resolve, reject) => {
        const size = fs.statSync(file).size;
        const upload = new tus.Upload(fs.createReadStream(file), { uploadSize: size, ...options(file, contribution, () => resolve(true), reject,
            (accepted, total) => {
                if (cut !== undefined && accepted < total && accepted * 100 >= total * cut) upload.abort().then(() => resolve(false), reject);
            }) });
        if (!resume) { upload.start(); return; }
        upload.findPreviousUploads().then((previous) => {
            if (previous.length !== 1) throw new Error(`${file}: ${previous.length} earlier uploads found`);
            upload.resumeFromPreviousUpload(previous[0]);
            upload.start();
        }).catch(reject);
    });
}

await post("/portal/v1/sign-ins", { email: input.email, password: input.password });
for (const file of input.files) {
    const { id } = await post("/licensing/v1/contributions", input.about);
    const whole = await run(file, id, input.cut, false);
    if (!whole) await run(file, id, undefined, true);
    console.log(JSON.stringify({ file: path.basename(file), contribution: id, cut: !whole }));
}
