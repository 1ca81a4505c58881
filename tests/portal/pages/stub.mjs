// SPDX-License-Identifier: AGPL-3.0-or-later
// A server that shows the built pages as the portal role does and gives fixed answers to everything else.
import fs from "node:fs";
import http from "node:http";
import { routes, match } from "../../../services/portal/www/router.js";
import { answer } from "./answers.mjs";

const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript", mjs: "text/javascript", css: "text/css", json: "application/json", txt: "text/plain" };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

function sendFile(response, built, path, status, headers) {
    const body = fs.readFileSync(`${built}/${path}.gz`);
    response.writeHead(status, { "Content-Type": TYPES[path.split(".").pop()], "Content-Encoding": "gzip", ...headers });
    response.end(body);
}

/**
 * @param {string} built folder of `make portal`
 * @returns {Promise<{base: string, say: (state: string) => void, asked: string[], close: () => Promise<void>}>} asked: what was asked of interfaces
 */
export async function startStub(built) {
    const assets = JSON.parse(fs.readFileSync(`${built}/assets.json`, "utf8"));
    const files = new Set(assets.files.map(({ path }) => path));
    const stub = { state: "filled", asked: [] };
    const server = http.createServer((request, response) => {
        const url = new URL(request.url, stub.base);
        const [, a, build, ...rest] = url.pathname.split("/");
        if (a === "a" && build === assets.build && files.has(rest.join("/"))) {
            sendFile(response, built, rest.join("/"), 200, { "Cache-Control": "max-age=31536000, immutable" });
            return;
        }
        if (request.method === "GET" && request.headers.accept?.includes("text/html")) {
            const found = match(routes, url.pathname);
            stub.needs = found?.route.path === "/cases/:id" ? "licensee" : found?.route.needs; // whom the page was made for, where others look too
            sendFile(response, built, "index.html", found ? 200 : 404, { "Content-Security-Policy": POLICY, "Cache-Control": "no-cache" });
            return;
        }
        stub.asked.push(`${request.method} ${url.pathname}${url.search}`);
        const said = answer(stub.state, request.method, url, stub.needs);
        if (!said) return;
        response.writeHead(said.status, {
            "Content-Type": said.type, "X-Request-Id": "0195", "X-Commonhold-Outcome": String(said.body?.type ?? "ok").split("/").pop(),
            ...(said.etag ? { ETag: said.etag } : {}), ...(said.status === 503 ? { "Retry-After": "30" } : {}) });
        response.end(typeof said.body === "string" ? said.body : JSON.stringify(said.body));
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    stub.base = `http://127.0.0.1:${server.address().port}`;
    stub.close = () => new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
    });
    return stub;
}
