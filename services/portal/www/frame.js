// SPDX-License-Identifier: AGPL-3.0-or-later
// What surrounds every page: skip link, menus, banners, heading, footer with help, language and theme, and the dialogs that come over a page.
import { language, LANGUAGES, setLanguage, t } from "./i18n.js";
import { LiveRegions } from "./live.js";
import { ErrorNote, useResource } from "./resource.js";
import { arrive, navigate, routes } from "./router.js";
import { asking, ending, signOut, who } from "./signin.js";
import { setTheme, theme, THEMES } from "./theme.js";
import { hasShortWindows, trust } from "./trust.js";
import { html, signal, useEffect, useMemo, useRef, useState } from "./view.js";

/** {turn, page, route, params, query, title, busy}: the page shown; main.js changes it. */
export const shown = signal({});

function Menu({ kind, entries }) {
    const here = location.pathname;
    const below = entries.findLast(({ path }) => here.startsWith(`${path}/`))?.path;
    const current = (path) => (here === path ? "page" : path === below && !entries.some((one) => one.path === here) ? "true" : undefined);
    return html`<nav aria-label=${t(`menu.${kind}`)}>
        <ul>${entries.map(({ path }) => html`<li key=${path}>
            <a href=${path} aria-current=${current(path)}>${t(`menu.${path}`)}</a>
        </li>`)}</ul>
    </nav>`;
}

function entriesOf(kind) {
    const kinds = { member: "member", licensee: "person" };
    return routes.filter((route) => route.nav === kind && !(route.needs in kinds && who.value?.kind !== kinds[route.needs]));
}

/** Offices are asked for with each page, for they come and go. */
function OfficeMenu() {
    const { data } = useResource("/governance/v1/members/self");
    const held = new Set(data?.offices.map(({ body }) => body));
    const entries = entriesOf("office").filter(({ offices }) => offices.some((office) => held.has(office)));
    return entries.length > 0 && html`<${Menu} kind="office" entries=${entries} />`;
}

/** Where the window is narrow, the menus are folded until somebody wants them, and again behind each move. */
function Menus({ turn }) {
    const narrow = useNarrow();
    const [open, setOpen] = useState(!narrow);
    useEffect(() => setOpen(!narrow), [narrow, turn]);
    return html`<details class="menus" open=${open} onToggle=${(event) => setOpen(event.currentTarget.open)}>
        <summary>${t("menu.fold")}</summary>
        <${Menu} kind="public" entries=${entriesOf("public")} />
        ${who.value && html`<${Menu} kind="own" entries=${entriesOf("own")} />`}
        ${who.value?.kind === "member" && html`<${OfficeMenu} key=${turn} />`}
    </details>`;
}

function Account() {
    const leave = async () => {
        await signOut();
        navigate("/");
    };
    const back = location.pathname === "/sign-in" ? "" : `?to=${encodeURIComponent(location.pathname)}`;
    if (who.value) return html`<p><button type="button" onClick=${leave}>${t("frame.sign-out")}</button></p>`;
    return html`<p><a href=${`/sign-in${back}`}>${t("frame.sign-in")}</a> <a href="/join">${t("frame.join")}</a></p>`;
}

/** Whether the window is as narrow as where base.css turns rows of tables into blocks. */
function useNarrow() {
    const asked = useMemo(() => matchMedia("(max-width: 600px)"), []);
    const [narrow, setNarrow] = useState(asked.matches);
    useEffect(() => {
        const look = () => setNarrow(asked.matches);
        asked.addEventListener("change", look);
        return () => asked.removeEventListener("change", look);
    }, []);
    return narrow;
}

function useOnline() {
    const [online, setOnline] = useState(navigator.onLine);
    useEffect(() => {
        const look = () => setOnline(navigator.onLine);
        window.addEventListener("online", look);
        window.addEventListener("offline", look);
        return () => {
            window.removeEventListener("online", look);
            window.removeEventListener("offline", look);
        };
    }, []);
    return online;
}

/** Safeguards that are relaxed in the whole trust are not hidden. */
function Banners() {
    const online = useOnline();
    const told = [
        !online && "offline",
        location.protocol === "http:" && "tls-off",
        trust.value && hasShortWindows(trust.value) && "short-windows",
        trust.value?.bootstrap && "bootstrap",
    ].filter(Boolean);
    return html`<aside aria-label=${t("frame.banners")} hidden=${told.length === 0}>
        ${told.map((name) => html`<p key=${name} data-banner=${name}>${t(`banner.${name}`)}</p>`)}
    </aside>`;
}

function Choice({ label, value, values, named, onChoose }) {
    return html`<label>${label}
        <select value=${value} onChange=${(event) => onChoose(event.currentTarget.value)}>
            ${values.map((one) => html`<option key=${one} value=${one} selected=${one === value}>${named(one)}</option>`)}
        </select>
    </label>`;
}

function Footer() {
    const [chosen, choose] = useState(theme());
    const speak = (name) => {
        localStorage.setItem("language", name);
        setLanguage(name);
    };
    const colour = (name) => {
        setTheme(name);
        choose(name);
    };
    return html`<footer>
        <p><a href="/accessibility">${t("frame.help")}</a></p>
        <${Choice} label=${t("frame.language")} value=${language.value} values=${LANGUAGES}
            named=${(name) => t(`language.${name}`)} onChoose=${speak} />
        <${Choice} label=${t("frame.theme")} value=${chosen} values=${THEMES}
            named=${(name) => t(`theme.${name}`)} onChoose=${colour} />
    </footer>`;
}

/** A component that is fetched when it is needed first. */
function Later({ load, name, ...props }) {
    const [found, setFound] = useState(null);
    useEffect(() => {
        load().then((module) => setFound(() => module[name]));
    }, []);
    return found && html`<${found} ...${props} />`;
}

function Body({ page, route, params, query, turn, retry }) {
    const person = who.value;
    if (page.error) return html`<${ErrorNote} problem=${{ slug: "offline", title: t("problem.offline.title"), next: t("problem.offline.next") }} retry=${retry} />`;
    if (route.needs && !person) return html`<p>${t("frame.needs-sign-in")}</p><${Later} load=${() => import("./signin-form.js")} name="SignInForm" />`;
    if (route.needs && route.needs !== "person" && person.kind !== (route.needs === "licensee" ? "person" : "member"))
        return html`<p>${t(`frame.needs-${route.needs}`)}</p>`;
    return html`<${page.default} key=${turn} params=${params} query=${query} />`;
}

function Overlays() {
    const load = () => import("./overlays.js");
    return html`${asking.value && html`<${Later} load=${load} name="SignInDialog" />`}
        ${ending.value && html`<${Later} load=${load} name="EndingDialog" />`}`;
}

/** Shows `shown`, and after each move takes focus to the heading; not on the first page, which begins at its top. */
export function Frame({ retry }) {
    const { page, route, params, query, turn, title, busy } = shown.value;
    const heading = useRef(null);
    const first = useRef(turn);
    const name = trust.value?.name ?? t("frame.trust");
    const text = title ?? t(page.title ?? "error.title", { trust: name });
    useEffect(() => {
        document.title = route.path === "/" ? name : t("frame.title", { page: text, trust: name });
    }, [text, name, language.value]);
    useEffect(() => {
        if (busy) return;
        if (turn !== first.current) arrive(heading.current);
    }, [page, turn, busy]);
    return html`
        <a href="#main" class="skip">${t("frame.skip")}</a>
        <header>
            <p><a href="/" aria-current=${route.path === "/" ? "page" : undefined}><strong>${name}</strong></a></p>
            <${Menus} turn=${turn} />
            <${Account} />
        </header>
        <${Banners} />
        <main id="main" aria-busy=${busy ? "true" : undefined}>
            <h1 tabindex="-1" ref=${heading}>${text}</h1>
            <${Body} ...${{ page, route, params, query, turn, retry }} />
        </main>
        <${Footer} />
        <${LiveRegions} />
        <${Overlays} />`;
}
