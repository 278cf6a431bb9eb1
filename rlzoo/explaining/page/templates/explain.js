"use strict";
const walks = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
document.querySelectorAll(".tools").forEach(tool => { tool.hidden = false; });

const theme = document.getElementById("theme");
const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
const label = () => { theme.textContent = dark() ? "Light theme" : "Dark theme"; };
theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; label(); });
label();

function digits(value) {
  if (value === null) return "—";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (value === 0) return "0";
  const places = Math.min(Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value)))), 12);
  return value.toLocaleString("en-US", { maximumFractionDigits: places }).replace("-", "−");
}

/* Mark one of the dots, which lie in the path in the order of the batch. */
function ring(svg, place) {
  const dots = svg.querySelector(".dots").getAttribute("d").split("M").slice(1);
  let mark = svg.querySelector(".ring");
  if (!mark) {
    mark = document.createElementNS("http://www.w3.org/2000/svg", "path");
    mark.setAttribute("class", "ring");
    svg.append(mark);
  }
  mark.setAttribute("d", place < dots.length ? `M${dots[place]}` : "");
}

/* The formula of the transition that is chosen in the table. */
document.querySelectorAll(".samples").forEach(table => {
  const walk = walks[table.dataset.walk];
  const formula = document.querySelector(`.formula[data-walk="${table.dataset.walk}"]`);
  const rows = [...table.querySelectorAll("tbody tr")];
  const choose = place => {
    rows.forEach((row, other) => row.setAttribute("aria-selected", other === place));
    document.querySelectorAll(`[data-batch="${table.dataset.walk}"] .area > svg`).forEach(svg => ring(svg, place));
    if (!formula) return;
    const filled = walk.formula.replace(/\{([^}]+)\}/g, (all, name) => name in walk.samples ? digits(walk.samples[name][place]) : name);
    const parts = filled.replaceAll("+ −", "− ").replaceAll("− −", "+ ").replace(/× (−[\d.,]*\d)/g, "× ($1)").split(", ");
    formula.querySelector(".filled").replaceChildren(...parts.map(part => element("span", "", part)));
    formula.querySelector(".which").firstChild.textContent = `Transition ${place} of the batch`;
  };
  let chosen = 0;
  const go = place => {
    chosen = Math.min(Math.max(place, 0), rows.length - 1);
    choose(chosen);
  };
  rows.forEach((row, place) => row.addEventListener("click", () => go(place)));
  table.querySelector(".scroll").addEventListener("keydown", event => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!move) return;
    event.preventDefault();
    go(chosen + move);
    rows[chosen].scrollIntoView({ block: "nearest" });
  });
  go(0);
});

/* The player: one position for all walks. */
const most = Math.max(...walks.map(walk => walk.frames.length));
const seek = document.getElementById("seek"), toggle = document.getElementById("toggle");
const screens = [...document.querySelectorAll(".screen")], lines = [...document.querySelectorAll(".timeline")];
let position = 0, timer = null;

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function bars(frame, walk) {
  const all = walk.frames.flatMap(it => it.q).filter(value => value !== null);
  const low = Math.min(0, ...all), scale = 100 / (Math.max(0, ...all) - low || 1);
  return frame.q.map((value, action) => {
    const row = document.createElement("li"), track = element("span", "track", ""), bar = element("span", "", "");
    row.className = action === frame.action ? "marked" : "";
    bar.style.left = `${(Math.min(value, 0) - low) * scale}%`;
    bar.style.width = `${Math.abs(value) * scale}%`;
    track.append(bar);
    const name = element("span", "name", `action ${action}`);
    if (action === frame.action) name.append(element("em", "", " taken"));
    row.append(name, track, element("span", "value", digits(value)));
    return row;
  });
}

function show(screen, walk) {
  const frame = walk.frames[Math.min(position, walk.frames.length - 1)];
  const say = (name, text) => { screen.querySelector(`.${name}`).textContent = text; };
  const image = screen.querySelector("img");
  image.hidden = !frame.picture;
  if (frame.picture) image.src = frame.picture;
  say("when", `Step ${frame.step.toLocaleString("en-US")}, episode ${frame.episode.toLocaleString("en-US")}, step ${frame.place} of it`);
  screen.querySelector(".bars").replaceChildren(...(frame.q === null ? [] : bars(frame, walk)));
  say("choice", frame.choice);
  say("result", `Reward ${digits(frame.reward)}${frame.end ? `; the episode is ${frame.end}` : ""}`);
  const update = frame.update;
  say("update", update ? `Update ${update.number.toLocaleString("en-US")}: loss ${digits(update.loss)}, mean |error| ${digits(update.td_error)}, gradient ${digits(update.gradient)}${update.moved ? `; the target network moves by ${digits(update.moved)}` : ""}` : "No update");
}

function cursor(line, walk) {
  const svg = line.querySelector("svg");
  if (!svg) return;
  let path = svg.querySelector(".cursor");
  if (!path) {
    path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("class", "cursor");
    svg.append(path);
    svg.addEventListener("click", event => {
      const box = svg.getBoundingClientRect();
      go(Math.floor((event.clientX - box.left) / box.width * walk.frames.length));
    });
  }
  const x = 1000 * (Math.min(position, walk.frames.length - 1) + 0.5) / walk.frames.length;
  path.setAttribute("d", `M${x} 0V1000`);
}

function go(to) {
  position = Math.min(Math.max(to, 0), most - 1);
  seek.value = position;
  screens.forEach((screen, place) => show(screen, walks[place]));
  lines.forEach((line, place) => cursor(line, walks[place]));
}

function stop() {
  clearInterval(timer);
  timer = null;
  toggle.textContent = "Play";
}

function play() {
  if (position >= most - 1) go(0);
  toggle.textContent = "Pause";
  timer = setInterval(() => { go(position + 1); if (position >= most - 1) stop(); }, 250);
}

if (walks.every(walk => walk.frames.length)) {
  seek.max = most - 1;
  toggle.addEventListener("click", () => { if (timer) stop(); else play(); });
  document.getElementById("back").addEventListener("click", () => { stop(); go(position - 1); });
  document.getElementById("forward").addEventListener("click", () => { stop(); go(position + 1); });
  seek.addEventListener("input", () => { stop(); go(Number(seek.value)); });
  go(0);
} else {
  document.querySelector(".player").hidden = true;
}
