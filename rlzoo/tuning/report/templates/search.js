"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const charts = [...document.querySelectorAll(".chart")];
// Plotly reads a little HTML and TeX in every text, so a name must not look like any.
const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", $: "&#36;" };
const safe = (text) => text.replace(/[&<>$]/g, (letter) => entities[letter]);
const style = (name) => getComputedStyle(document.querySelector(`[data-probe="${name}"]`)).color;
const number = (value) => Number(value.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 });

const complete = data.trials.filter((trial) => trial.complete);
const pruned = data.trials.filter((trial) => !trial.complete);
const scores = complete.map((trial) => trial.score);
const [lowest, highest] = [Math.min(...scores), Math.max(...scores)];

function layout(chart, more) {
  const [ink, line, card] = ["ink", "line", "card"].map(style);
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line };
  return {
    width: chart.clientWidth,
    height: 340,
    margin: { l: 10, r: 12, t: 10, b: 48 },
    paper_bgcolor: "rgba(0, 0, 0, 0)",
    plot_bgcolor: "rgba(0, 0, 0, 0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: ink },
    hoverlabel: { bgcolor: card, bordercolor: line, font: { color: ink }, align: "left", namelength: -1 },
    hovermode: "closest",
    showlegend: false,
    ...more,
    xaxis: { ...axis, ...more.xaxis },
    yaxis: { ...axis, automargin: true, ...more.yaxis },
  };
}

function describe(trial) {
  const settings = data.dimensions.map(({ name }, at) => `${safe(name)} = ${safe(trial.texts[at])}`);
  return [`trial ${trial.number}, ${trial.steps.toLocaleString("en")} steps: ${number(trial.score)}`, ...settings].join("<br>");
}

/** From blue (low) over green to yellow (high). */
const stops = [[110, 100, 200], [70, 120, 190], [33, 145, 140], [94, 185, 98], [253, 180, 37]];
function colour(score) {
  const at = highest > lowest ? Math.max(0, Math.min(1, (score - lowest) / (highest - lowest))) * (stops.length - 1) : 0;
  const below = Math.min(Math.floor(at), stops.length - 2);
  const mixed = stops[below].map((from, i) => Math.round(from + (at - below) * (stops[below + 1][i] - from)));
  return `rgb(${mixed.join(", ")})`;
}

const drawers = {
  best(chart) {
    let best = -Infinity;
    const heights = complete.map((trial) => (best = Math.max(best, trial.score)));
    const points = (trials, symbol, color) => ({
      x: trials.map((trial) => trial.number), y: trials.map((trial) => trial.score), text: trials.map(describe),
      mode: "markers", marker: { symbol, color, size: 7 }, hovertemplate: "%{text}<extra></extra>",
    });
    const line = {
      x: complete.map((trial) => trial.number), y: heights, mode: "lines",
      line: { shape: "hv", color: style("accent"), width: 2 }, hoverinfo: "skip",
    };
    const traces = [points(pruned, "circle-open", style("soft")), points(complete, "circle", style("ink")), line];
    return [traces, layout(chart, { xaxis: { title: { text: "trial" } }, yaxis: { title: { text: "score: greedy return" } } })];
  },

  /** Drawn as lines, since Plotly's own parallel coordinates compile code, which the page does not allow. */
  parallel(chart) {
    const [low, high] = [Math.min, Math.max].map((of) => of(...data.trials.map(({ score }) => score)));
    const top = (score) => (high > low ? (score - low) / (high - low) : 1);
    const x = [...data.dimensions.keys(), data.dimensions.length];
    const order = [...pruned, ...[...complete].sort((a, b) => a.score - b.score)];
    const traces = order.map((trial) => ({
      x, y: [...trial.heights, top(trial.score)], text: x.map(() => describe(trial)),
      mode: "lines+markers", opacity: trial.complete ? 0.9 : 0.25, hovertemplate: "%{text}<extra></extra>",
      marker: { size: 4 },
      line: {
        color: trial.complete ? colour(trial.score) : style("soft"), width: trial.number === data.best ? 5 : 1.4,
        shape: "spline", smoothing: 0.4,
      },
    }));
    const axes = [...data.dimensions, { name: "score", ticks: [low, (low + high) / 2, high].map((score) => ({ at: top(score), text: number(score) })) }];
    const annotations = axes.flatMap(({ ticks }, at) => ticks.map((tick) => ({
      x: at, y: tick.at, text: safe(tick.text), showarrow: false, xanchor: "left", xshift: 5, font: { size: 11 },
      bgcolor: style("card"), opacity: 0.85,
    })));
    const shapes = axes.map((_, at) => ({ type: "line", x0: at, x1: at, y0: 0, y1: 1, line: { color: style("ink"), width: 1 } }));
    const xaxis = {
      tickvals: x, ticktext: axes.map(({ name }) => safe(name)), range: [-0.15, x.length - 0.55],
      showgrid: false, zeroline: false, side: "top", fixedrange: true,
    };
    const yaxis = { visible: false, range: [-0.05, 1.05], fixedrange: true };
    return [traces, layout(chart, { xaxis, yaxis, annotations, shapes, height: 420, margin: { l: 20, r: 30, t: 40, b: 20 } })];
  },

  importances(chart) {
    const parts = [...data.importances].reverse();
    const bars = {
      type: "bar", orientation: "h", x: parts.map(({ share }) => share), y: parts.map(({ name }) => safe(name)),
      marker: { color: style("accent") }, hovertemplate: "%{y}: %{x:.0%}<extra></extra>",
    };
    const xaxis = { title: { text: "share" }, tickformat: ".0%", rangemode: "tozero" };
    return [[bars], layout(chart, { xaxis, height: 90 + 32 * parts.length })];
  },
};

function draw() {
  for (const chart of charts) {
    const [traces, settings] = drawers[chart.dataset.kind](chart);
    Plotly.react(chart, traces, settings, { displayModeBar: false, doubleClick: "reset" });
  }
}

let width = innerWidth; // scrolling a phone changes the height alone
addEventListener("resize", () => width !== innerWidth && ((width = innerWidth), draw()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
draw();
