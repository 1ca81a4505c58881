// SPDX-License-Identifier: AGPL-3.0-or-later
// A chart and, always, its numbers: uPlot draws, the table says the same, and the picture is one sentence to who does not see it. Series
// differ by dash and marker and carry their name at their end, so that colour is never alone. Zero is on every axis; nothing is smoothed.
import { html, useEffect, useId, useRef } from "./view.js";
import { count, t } from "./i18n.js";
import { Table } from "./table.js";

const FEWEST = 3; /* points of a chart; fewer are a table alone */
const HEIGHT = 280;
const DASHES = [[], [8, 4], [2, 4], [12, 4, 2, 4]];
let library = null;

/** uPlot and its style sheet, once, when the first chart is drawn. */
function load() {
    library ??= (async () => {
        const sheet = document.createElement("link");
        sheet.rel = "stylesheet";
        sheet.href = new URL("./vendor/uPlot.min.css", import.meta.url).href;
        document.head.append(sheet);
        return (await import("./vendor/uplot.mjs")).default;
    })();
    return library;
}

/** What a point says: its own text, or the number. */
function textOf(series, place) {
    return series.texts?.[place] ?? count(series.values[place]);
}

/** First, last, lowest and highest of a series, in one sentence. */
function summary(series, x, unit) {
    const known = series.values.map((value, place) => ({ value, place, at: x[place] })).filter(({ value }) => value !== null);
    const by = (better) => known.reduce((best, one) => (better(one.value, best.value) ? one : best));
    const [low, high] = [by((a, b) => a < b), by((a, b) => a > b)];
    const [first, last] = [known[0], known.at(-1)];
    return t("chart.summary", {
        name: series.label, unit, first: textOf(series, first.place), firstAt: first.at, last: textOf(series, last.place), lastAt: last.at,
        low: textOf(series, low.place), lowAt: low.at, high: textOf(series, high.place), highAt: high.at,
    });
}

/** Circle, square, triangle, diamond. */
function mark(context, shape, x, y, size) {
    const corners = [[], [[-1, -1], [1, -1], [1, 1], [-1, 1]], [[0, -1], [1, 1], [-1, 1]], [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]]][shape];
    context.beginPath();
    if (corners.length === 0) {
        context.arc(x, y, size, 0, 2 * Math.PI);
    }
    corners.forEach(([dx, dy], n) => context[n ? "lineTo" : "moveTo"](x + dx * size, y + dy * size));
    context.closePath();
    context.fill();
}

/** Markers on the points and each series' name at its last one. */
function label(plot, series, inks, paper) {
    const { ctx: context } = plot;
    const size = 4 * devicePixelRatio;
    context.save();
    context.font = `${13 * devicePixelRatio}px system-ui, sans-serif`;
    context.textAlign = "right";
    context.lineWidth = size;
    context.strokeStyle = paper;
    series.forEach((one, n) => {
        context.fillStyle = inks[n];
        one.values.forEach((value, place) => value !== null
            && mark(context, n % DASHES.length, plot.valToPos(place, "x", true), plot.valToPos(value, "y", true), size));
        const last = one.values.findLastIndex((value) => value !== null);
        const at = [one.label, plot.valToPos(last, "x", true) - size, plot.valToPos(one.values[last], "y", true) - 2 * size];
        context.strokeText(...at); /* the paper shows round the letters where a line passes under them */
        context.fillText(...at);
    });
    context.restore();
}

function options(Plot, box, { kind, x, series }) {
    /* A colour as the theme has it: asked of the box, since a property's own text may name two. */
    const ink = (name) => {
        box.style.color = `var(${name})`;
        return getComputedStyle(box).color;
    };
    const inks = series.map((one, n) => ink(`--chart-${n % DASHES.length + 1}`));
    const axis = { stroke: ink("--chart-ink"), grid: { stroke: ink("--chart-grid") }, ticks: { stroke: ink("--chart-grid") } };
    return {
        width: box.clientWidth, height: HEIGHT, legend: { show: false }, cursor: { show: false },
        scales: { x: { time: false, range: [-0.5, x.length - 0.5] }, y: { range: (plot, low, high) => [Math.min(0, low), Math.max(1, high) * 1.15] } },
        axes: [
            { ...axis, values: (plot, places) => places.map((place) => x[place] ?? ""), incrs: [1, 2, 3, 6, 12, 24] },
            { ...axis, size: 70, values: (plot, values) => values.map(count) },
        ],
        series: [{}, ...series.map((one, n) => ({
            stroke: inks[n], width: 2, dash: DASHES[n % DASHES.length], points: { show: false },
            ...(kind === "bar" && { paths: Plot.paths.bars({ size: [0.6, 60] }), fill: inks[n] }),
        }))],
        hooks: { draw: [(plot) => label(plot, series, inks, ink("--pico-background-color"))] },
    };
}

/** Draws into a box, again when its width or the theme changes. */
async function draw(box, of, state) {
    const Plot = await load();
    const again = () => {
        state.plot?.destroy();
        state.plot = state.over ? null : new Plot(options(Plot, box, of), [of.x.map((text, place) => place), ...of.series.map((one) => one.values)], box);
    };
    let width = 0;
    const size = new ResizeObserver(() => {
        if (box.clientWidth !== width) {
            width = box.clientWidth;
            again();
        }
    });
    const theme = new MutationObserver(again);
    size.observe(box);
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    state.stop = () => [size, theme].forEach((one) => one.disconnect());
}

function Drawing({ of, text }) {
    const box = useRef(null);
    useEffect(() => {
        const state = { plot: null, over: false, stop: () => {} };
        draw(box.current, of, state);
        return () => {
            state.over = true;
            state.stop();
            state.plot?.destroy();
        };
    }, [JSON.stringify(of)]);
    return html`<div ref=${box} class="chart" role="img" aria-label=${text}></div>`;
}

/**
 * A chart with its table.
 * @param {object} props
 * @param {string} props.caption
 * @param {string} props.unit
 * @param {"line"|"bar"} [props.kind]
 * @param {string} props.axis what x is
 * @param {string[]} props.x
 * @param {{ label: string, values: (number|null)[], texts?: string[] }[]} props.series as many values as x; texts: what they are called, where
 *     a number alone would not be exact
 */
export function Chart({ caption, unit, kind = "line", axis, x, series }) {
    const name = useId();
    const drawn = series.filter((one) => one.values.filter((value) => value !== null).length >= FEWEST);
    const rows = x.map((at, place) => ({ id: at, at, place }));
    const columns = [{ key: "at", label: axis }, ...series.map((one) => ({
        key: one.label, label: one.label, numeric: true, text: ({ place }) => (one.values[place] === null ? t("chart.none") : textOf(one, place)),
    }))];
    const table = html`<${Table} caption=${t("chart.table", { caption, unit })} columns=${columns} rows=${rows} />`;
    if (drawn.length === 0) {
        return html`<p>${t("chart.few")}</p>${table}`;
    }
    const text = drawn.map((one) => summary(one, x, unit)).join(" ");
    return html`<figure aria-labelledby=${name}>
        <figcaption id=${name}>${t("chart.caption", { caption, unit })}</figcaption>
        <${Drawing} of=${{ kind, x, series: drawn }} text=${text} />
        <details><summary>${t("chart.show")}</summary>${table}</details>
    </figure>`;
}
