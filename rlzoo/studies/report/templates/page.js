"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
const boxes = [...document.querySelectorAll("[data-cell]")];
const charts = [...document.querySelectorAll(".chart")];
const measureChoice = document.getElementById("measure");
const systemTheme = matchMedia("(prefers-color-scheme: dark)");
const UNIFIED = 10; // most cells whose values fit into one hover box

const shown = () => boxes.flatMap((box) => (box.checked ? [Number(box.dataset.cell)] : []));
const measure = () => measureChoice.value;
const labelOf = (place) => safe(data.measures[measure()][data.places[place].normalized ? "normalized" : "plain"]);
// Plotly reads a little HTML and TeX in every text, so a name must not look like any.
const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", $: "&#36;" };
const safe = (text) => text.replace(/[&<>$]/g, (letter) => entities[letter]);
const short = (text, length) => safe(text.length > length ? text.slice(0, Math.floor(length) - 1) + "…" : text);

// ---- Styles ----------------------------------------------------------------------------------------------------

const style = (name) => getComputedStyle(document.querySelector(`[data-probe="${name}"]`)).color;
const translucent = (colour) => colour.replace(/^rgb\((.*)\)$/, "rgba($1, 0.16)");
const colourOf = (look) => style(look.hue < 0 ? "ink" : `hue${look.hue}`);

function layout(chart, more) {
  const [ink, line, card] = ["ink", "line", "card"].map(style);
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, spikecolor: ink, spikethickness: -1 };
  return {
    width: chart.clientWidth,
    height: 320,
    margin: { l: 10, r: 12, t: 10, b: 48 },
    paper_bgcolor: "rgba(0, 0, 0, 0)",
    plot_bgcolor: "rgba(0, 0, 0, 0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: ink },
    hoverlabel: { bgcolor: card, bordercolor: line, font: { color: ink }, align: "left", namelength: -1 },
    hovermode: shown().length > UNIFIED ? "closest" : "x unified",
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", // a finger scrolls the page
    showlegend: false,
    ...more,
    xaxis: { ...axis, ...more.xaxis },
    yaxis: { ...axis, showspikes: false, automargin: "left", ...more.yaxis },
  };
}

// ---- Charts --------------------------------------------------------------------------------------------------

const near = (list, place) => list.filter((series) => series.place === place && (series.measure ?? measure()) === measure());

/** The series of the selected cells, in the order of the list. */
function on(list) {
  const order = shown();
  return list.filter((series) => order.includes(series.cell)).sort((a, b) => a.cell - b.cell);
}

/** A line with its band; gaps split the band into polygons. */
function lines(series, chart) {
  const look = data.cells[series.cell];
  const colour = colourOf(look);
  const traces = [];
  if (series.low && series.high) {
    traces.push({ ...band(series), fill: "toself", fillcolor: translucent(colour), mode: "none", hoverinfo: "skip" });
  }
  traces.push({
    x: series.x,
    y: series.y,
    customdata: series.x.map((_, at) => interval(series.low?.[at], series.high?.[at])),
    name: short(look.name, chart.clientWidth / 15), // as much as fits into a hover box
    mode: "lines+markers",
    line: { color: colour, dash: look.dash, width: look.hue < 0 ? 2.6 : 1.8 },
    marker: { symbol: look.marker, size: 7, maxdisplayed: 7 },
    hovertemplate: shown().length > UNIFIED
      ? "%{fullData.name}<br>%{x}: %{y:.4~r}%{customdata}<extra></extra>"
      : "%{fullData.name}: %{y:.4~r}%{customdata}<extra></extra>",
  });
  return traces;
}

function band(series) {
  const x = [], y = [];
  let from = 0;
  const close = (to) => {
    const at = [...Array(to - from).keys()].map((step) => from + step);
    const back = [...at].reverse();
    x.push(...at.map((i) => series.x[i]), ...back.map((i) => series.x[i]), null);
    y.push(...at.map((i) => series.high[i]), ...back.map((i) => series.low[i]), null);
  };
  for (let at = 0; at <= series.x.length; at++) {
    if (at < series.x.length && series.low[at] !== null && series.high[at] !== null) continue;
    if (at > from) close(at);
    from = at + 1;
  }
  return { x, y };
}

/** Logarithmic where all values are positive and span more than two powers of ten. */
function scale(series) {
  const values = series.flatMap((each) => [...each.y, ...(each.low ?? [])]).filter((value) => value !== null);
  const least = Math.min(...values);
  return least > 0 && Math.max(...values) > 100 * least ? "log" : "linear";
}

const number = (value) => Number(value.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 });
const interval = (low, high) => (low == null || high == null ? "" : ` [${number(low)}, ${number(high)}]`);

const probability = (p) => (p === null ? "—" : p < 0.001 ? "< 0.001" : `= ${p.toFixed(3)}`);

const drawers = {
  curves(place, chart) {
    const series = on(near(data.curves, place));
    const xaxis = { title: { text: "environment steps per seed" }, hoverformat: ",.0f" };
    const yaxis = { title: { text: "return, mean of the last 100 episodes" } };
    const levels = series.length ? data.places[place].levels : [];
    const end = Math.max(...series.flatMap((each) => each.x));
    const traces = levels.map((level) => ({
      x: [0, end], y: [level.y, level.y], mode: "lines", hoverinfo: "skip",
      line: { color: style("ink"), width: 1, dash: level.dash },
    }));
    const annotations = levels.map((level) => ({
      x: 1, xref: "paper", xanchor: "right", y: level.y, yshift: 8, showarrow: false, font: { size: 11 },
      text: `${level.name}: ${number(level.y).replace("-", "−")}`,
    }));
    return [[...traces, ...series.flatMap((each) => lines(each, chart))], layout(chart, { xaxis, yaxis, annotations })];
  },

  diagnostics(place, chart) {
    const column = chart.dataset.column;
    const series = on(data.diagnostics.filter((each) => each.place === place && each.column === column));
    const xaxis = { hoverformat: ",.0f", nticks: 5 };
    const yaxis = { type: scale(series), nticks: 5 };
    const margin = { l: 10, r: 12, t: 10, b: 30 };
    return [series.flatMap((each) => lines(each, chart)), layout(chart, { xaxis, yaxis, margin, height: 230 })];
  },

  profiles(place, chart) {
    const series = on(near(data.profiles, place));
    const xaxis = { title: { text: labelOf(place) } };
    const yaxis = { title: { text: "share of runs above" }, range: [-0.03, 1.03] };
    return [series.flatMap((each) => lines(each, chart)), layout(chart, { xaxis, yaxis })];
  },

  /** A row for each cell; names are above their intervals and take no room beside them. */
  intervals(place, chart) {
    const all = near(data.intervals, place);
    const series = on(all).filter((each) => each.y !== null);
    const base = all.find((each) => each.cell === 0);
    const traces = series.map((each, row) => {
      const look = data.cells[each.cell];
      return {
        x: [each.y],
        y: [row],
        error_x: {
          type: "data",
          symmetric: false,
          array: [each.high === null ? 0 : each.high - each.y],
          arrayminus: [each.low === null ? 0 : each.y - each.low],
          thickness: 2,
          width: 5,
        },
        mode: "markers",
        marker: { symbol: look.marker, size: 10, color: colourOf(look) },
        name: safe(look.name),
        text: [number(each.y) + interval(each.low, each.high)],
        hovertemplate: "%{fullData.name}<br>%{text}<extra></extra>",
      };
    });
    const room = Math.floor((chart.clientWidth - 40) / 6.5);
    const annotations = series.map((each, row) => ({
      x: 0, xref: "paper", xanchor: "left", y: row, yshift: 13, showarrow: false, align: "left",
      text: short(data.cells[each.cell].name, room), font: { size: 11.5 }, bgcolor: style("paper"), borderpad: 0,
    }));
    const xs = base && base.y !== null ? [base.y] : [];
    const shapes = xs.map((x) => ({
      type: "line", x0: x, x1: x, y0: 0, y1: 1, yref: "paper", line: { color: style("ink"), width: 1, dash: "dot" }, layer: "below",
    }));
    const yaxis = { range: [series.length - 0.6, -0.9], visible: false, fixedrange: true, automargin: false };
    const xaxis = { title: { text: labelOf(place) } };
    const height = 70 + 38 * Math.max(series.length, 1);
    return [traces, layout(chart, { xaxis, yaxis, annotations, shapes, height, hovermode: "closest" })];
  },

  /** Lines of levels: all cells are included, whichever are selected. */
  interactions(place, chart) {
    const found = near(data.interactions, place).find((series) => series.factors.join() === chart.dataset.factors);
    if (!found) return [[], layout(chart, {})];
    const [columns, rows] = found.levels;
    const traces = rows.map((row, at) => {
      const look = data.levels[at % data.levels.length];
      return {
        x: columns.map((_, column) => column),
        y: found.y[at],
        name: short(`${found.factors[1]}=${row}`, 36),
        mode: "lines+markers",
        line: { color: colourOf(look), dash: look.dash, width: 2 },
        marker: { symbol: look.marker, size: 9 },
        hovertemplate: "%{fullData.name}: %{y:.4~r}<extra></extra>",
      };
    });
    const margin = { l: 10, r: 12, t: 10, b: 64 };
    const xaxis = {
      title: { text: `${safe(found.factors[0])}<br>interaction: p (Holm) ${probability(found.p)}` },
      tickvals: columns.map((_, column) => column),
      ticktext: columns.map((level) => short(level, 18)),
      range: [-0.3, columns.length - 0.7],
    };
    const yaxis = { title: { text: "deviation from the mean" } };
    const legend = { orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom" };
    return [traces, layout(chart, { xaxis, yaxis, margin, legend, showlegend: true, height: 360 })];
  },
};

// ---- Drawing: when a chart comes into view, and after a change ---------------------------------------------------

const stale = new Set(charts);
const inView = new Set();

function draw(chart) {
  if (!stale.has(chart) || !chart.clientWidth) return;
  stale.delete(chart);
  const [traces, settings] = drawers[chart.dataset.kind](Number(chart.dataset.place), chart);
  const empty = traces.length === 0;
  chart.nextElementSibling.hidden = !empty;
  chart.hidden = empty;
  if (empty) return Plotly.purge(chart);
  chart.style.minHeight = `${settings.height}px`;
  Plotly.react(chart, traces, settings, { displayModeBar: false, doubleClick: "reset" });
}

function refresh() {
  for (const table of document.querySelectorAll("[data-measure]")) {
    table.classList.toggle("other", table.dataset.measure !== measure());
  }
  for (const chart of charts) {
    stale.add(chart);
    chart.hidden = false; // so that it has a width and can come into view
    if (inView.has(chart)) draw(chart);
  }
}

const watch = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) inView.add(target), draw(target);
      else inView.delete(target);
    }
  },
  { rootMargin: "300px" },
);

// ---- Interaction ------------------------------------------------------------------------------------------------

function choose(wanted) {
  boxes.forEach((box) => (box.checked = wanted(box)));
  refresh();
}

function search(text) {
  for (const box of boxes) box.closest("label").hidden = !data.cells[box.dataset.cell].name.toLowerCase().includes(text);
}

function theme(name) {
  root.dataset.theme = name;
  document.getElementById("theme").textContent = name === "dark" ? "Light theme" : "Dark theme";
  refresh();
}

let before = null;

function print() {
  before ??= { theme: root.dataset.theme, closed: [...document.querySelectorAll("details:not([open])")] };
  root.classList.add("printing");
  before.closed.forEach((details) => (details.open = true));
  theme("light");
  charts.forEach(draw);
}

function printed() {
  if (!before) return;
  root.classList.remove("printing");
  before.closed.forEach((details) => (details.open = false));
  theme(before.theme);
  before = null;
}

const atFirst = (box) => data.cells[box.dataset.cell].on;
boxes.forEach((box) => box.addEventListener("change", refresh));
measureChoice.addEventListener("change", refresh);
document.getElementById("all")?.addEventListener("click", () => choose((box) => !box.closest("label").hidden));
document.getElementById("first").addEventListener("click", () => choose(atFirst));
document.getElementById("base").addEventListener("click", () => choose((box) => box.dataset.cell === "0"));
document.getElementById("search")?.addEventListener("input", (event) => search(event.target.value.toLowerCase()));
let chosen = false; // by the reader; the system theme is then ignored
document.getElementById("theme").addEventListener("click", () => {
  chosen = true;
  theme(root.dataset.theme === "dark" ? "light" : "dark");
});
systemTheme.addEventListener("change", () => chosen || theme(systemTheme.matches ? "dark" : "light"));
let width = innerWidth; // scrolling a phone changes the height alone
addEventListener("resize", () => width !== innerWidth && ((width = innerWidth), refresh()));
addEventListener("beforeprint", print);
addEventListener("afterprint", printed);

document.querySelectorAll(".tools").forEach((tools) => (tools.hidden = false));
choose(atFirst); // browsers restore the boxes of an earlier visit
theme(systemTheme.matches ? "dark" : "light");
charts.forEach((chart) => watch.observe(chart));
