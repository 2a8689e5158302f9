"use strict";
const N = JSON.parse(document.getElementById("numbers").textContent);
const TOLD = N.told, YEARS = N.years, T = YEARS.length - 1, AGES = 19;

/* The recursion of the projection: ages 0-4 ... 90+, five-year steps, floating point, nothing rounded between steps. */
const whole = steps => steps.map((step, t) => { let at = t; while (steps[at] === null) at--; return steps[at]; });
const SURVIVAL = whole(N.survival), MIGRATION = whole(N.migration);
const empty = () => [new Float64Array(AGES), new Float64Array(AGES)];

function factors(setting) {
  const factor = new Float64Array(AGES - 1).fill(1);
  for (const [band, [from, to]] of Object.entries(N.bands))
    for (let x = from; x < Math.min(to, AGES - 1); x++) factor[x] = setting.migration[band];
  return factor;
}

function ratios(setting) {
  if (setting.tfr === null) return { cwr: N.cwr, tfr: N.tfr };
  const at = YEARS.indexOf(setting.tfrYear), path = N.tfr.slice(), first = path[0];
  if (setting.tfrShape === "linear")
    for (let i = 1; i <= at; i++) path[i] = first + i / at * (setting.tfr - first);
  for (let i = at; i <= T; i++) path[i] = setting.tfr;
  return { cwr: N.cwr_per_tfr.map((one, t) => path[t + 1] * one), tfr: path };
}

function newcomers(setting, t) {
  const share = { start: 1, mid: .5, end: 0 }[setting.timing], early = empty(), late = empty();
  for (const [sex, x, number] of N.profiles[setting.profile]) {
    const persons = number * setting.arrivals * 5;
    early[sex][x] += persons * share;
    late[sex][x] += persons * (1 - share);
  }
  for (let sex = 0; sex < 2; sex++) {
    const lived = SURVIVAL[t][sex];
    for (let x = 0; x < AGES - 2; x++) late[sex][x + 1] += early[sex][x] * lived[x];
    late[sex][AGES - 1] += (early[sex][AGES - 2] + early[sex][AGES - 1]) * lived[AGES - 2];
  }
  return late;
}

function run(setting) {
  const from = YEARS.indexOf(setting.fromYear), factor = factors(setting), { cwr, tfr } = ratios(setting);
  const out = [N.base.map(ages => Float64Array.from(ages))];
  for (let t = 0; t < T; t++) {
    const now = out[t], then = empty(), changed = t >= from;
    for (let sex = 0; sex < 2; sex++) {
      const lived = SURVIVAL[t][sex], moved = MIGRATION[t][sex];
      const ratio = x => lived[x] + (changed ? Math.max(moved[x] * factor[x], -lived[x]) : moved[x]);
      for (let x = 0; x < AGES - 2; x++) then[sex][x + 1] = now[sex][x] * ratio(x);
      then[sex][AGES - 1] = (now[sex][AGES - 2] + now[sex][AGES - 1]) * ratio(AGES - 2);
    }
    const come = changed && setting.arrivals ? newcomers(setting, t) : null;
    if (come) for (let sex = 0; sex < 2; sex++) for (let x = 1; x < AGES; x++) then[sex][x] += come[sex][x];
    let women = 0;
    for (let x = 3; x < 10; x++) women += then[1][x];
    const children = women * cwr[t], boys = children * N.male_share[t];
    then[0][0] = boys;
    then[1][0] = children - boys;
    if (come) for (let sex = 0; sex < 2; sex++) then[sex][0] += come[sex][0];
    for (const [step, sex, x, persons] of N.residual)
      if (step === t) then[sex][x] += persons * (changed ? factor[Math.max(x - 1, 0)] : 1);
    out.push(then);
  }
  return { population: out, tfr };
}

function sum(cells, sexes, from, to) {
  let all = 0;
  for (const sex of sexes) for (let x = from; x < to; x++) all += cells[sex][x];
  return all;
}

function measures(cells) {
  const both = [0, 1], total = sum(cells, both, 0, AGES), old = sum(cells, both, 13, AGES);
  return { total, young: sum(cells, both, 0, 3), working_age: sum(cells, both, 3, 13), old,
    women_20_39: sum(cells, [1], 4, 8), share: total ? old / total * 100 : 0 };
}

/* Words. */
const $ = id => document.getElementById(id);
const grouped = value => String(Math.floor(Math.abs(value) + .5)).replace(/\B(?=(\d{3})+$)/g, ",");
const persons = value => (value <= -.5 ? "−" : "") + grouped(value);
const signed = value => Math.abs(value) < .5 ? "±0" : (value > 0 ? "+" : "−") + grouped(value);
const percent = value => Math.round(value * 100) + "％";

function setting() {
  const migration = {};
  for (const band of Object.keys(N.bands)) migration[band] = Number($("m-" + band).value) / 100;
  return { tfr: $("tfr-on").checked ? Number($("tfr").value) : null, tfrYear: Number($("tfr-year").value),
    tfrShape: $("tfr-shape").value, migration, arrivals: Number($("arrivals").value), profile: $("profile").value,
    timing: $("timing").value, fromYear: Number($("from-year").value) };
}

function told(s, year, mine, line) {
  const moved = Object.entries(s.migration).filter(([, factor]) => factor !== 1);
  const said = [`${TOLD.name} 人口の試算（設定のとおりになったら何人か。見込みではありません）`,
    `基準: ${TOLD.base_ja}、率: ${TOLD.edition_ja}`,
    s.tfr === null ? "合計特殊出生率: 準拠の線のまま"
      : `合計特殊出生率: ${s.tfrYear}年${s.tfrShape === "linear" ? "までに直線で" : "から"} ${s.tfr.toFixed(2)}`,
    moved.length ? `純移動: ${moved.map(([band, factor]) => `${TOLD.bands[band]} ${percent(factor)}`).join("、")}` +
      `（準拠の線を100％として、${s.fromYear}年から）` : "純移動: 準拠の線のまま",
    s.arrivals ? `転入: 毎年 ${s.arrivals}${TOLD.units[s.profile]}、${TOLD.labels[s.profile]}（${TOLD.timings[s.timing]}、` +
      `${s.fromYear}年から。次の期からは住民と同じ率で転出）` : "転入: 追加なし",
    `${year}年: 総人口 ${persons(mine.total)}人（準拠の線 ${persons(line.total)}人、差 ${signed(mine.total - line.total)}人）、` +
      `年少 ${persons(mine.young)}人、生産年齢 ${persons(mine.working_age)}人、老年 ${persons(mine.old)}人`];
  const command = ["sousei project whatif", `--municipality ${TOLD.code}`];
  if (TOLD.base) command.push(`--base ${TOLD.base}`);
  if (s.tfr !== null) command.push(`--tfr ${s.tfr} --tfr-year ${s.tfrYear} --tfr-shape ${s.tfrShape}`);
  for (const [band, factor] of moved) command.push(`--migration ${band}=${factor}`);
  if (s.arrivals) command.push(`--arrivals ${s.arrivals} --profile ${s.profile} --timing ${s.timing}`);
  if (moved.length || s.arrivals) command.push(`--from-year ${s.fromYear}`);
  return [...said, `同じ計算: ${command.join(" ")}`].join("\n");
}

/* Pictures: told apart by dash, mark and shade, not by colour. */
const SVG = "http://www.w3.org/2000/svg";
function add(to, kind, attributes, text) {
  const made = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  to.append(made);
  return made;
}
const clear = svg => { while (svg.lastChild && !["title", "desc", "defs"].includes(svg.lastChild.nodeName)) svg.lastChild.remove(); };
function ticks(most) {
  const power = 10 ** Math.floor(Math.log10(most / 4 || 1)), step = [1, 2, 2.5, 5, 10].map(one => one * power).find(one => most / one <= 5);
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, i) => i * step);
}

function drawLines(mine, line, year) {
  const svg = $("lines"), left = 58, right = 318, top = 34, bottom = 238;
  clear(svg);
  const marks = ticks(Math.max(...mine, ...line)), high = marks[marks.length - 1];
  const x = i => left + (right - left) * i / T, y = value => bottom - (bottom - top) * value / high;
  add(svg, "text", { x: 4, y: 12 }, "（人）");
  for (const mark of marks) {
    add(svg, "path", { d: `M${left} ${y(mark)}H${right}`, stroke: mark ? "#c8c8c8" : "#000" });
    add(svg, "text", { x: left - 5, y: y(mark) + 4, "text-anchor": "end" }, persons(mark));
  }
  YEARS.forEach((one, i) => {
    add(svg, "path", { d: `M${x(i)} ${bottom}v4`, stroke: "#000" });
    if (i % 2 === 0) add(svg, "text", { x: x(i), y: bottom + 17, "text-anchor": "middle" }, one);
  });
  add(svg, "text", { x: left - 4, y: bottom + 34 }, `▲${YEARS[0]}年は基準（実績）、その後は計算`);
  const end = YEARS.indexOf(TOLD.published_to);
  if (end > 0) {
    add(svg, "path", { d: `M${x(end)} ${top - 6}V${bottom}`, stroke: "#555", "stroke-dasharray": "2 3" });
    add(svg, "text", { x: x(end), y: top - 10, "text-anchor": "middle" }, `公表は${TOLD.published_to}年まで`);
  }
  const at = YEARS.indexOf(year);
  add(svg, "path", { d: `M${x(at)} ${y(mine[at])}V${bottom}`, stroke: "#000", "stroke-width": .7 });
  const path = values => "M" + values.map((value, i) => `${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join("L");
  add(svg, "path", { d: path(line), fill: "none", stroke: "#555", "stroke-width": 1.6, "stroke-dasharray": "7 4" });
  line.forEach((value, i) => add(svg, "path", { d: `M${x(i)} ${y(value) - 4}l4 4-4 4-4-4z`, fill: "#fff", stroke: "#555" }));
  add(svg, "path", { d: path(mine), fill: "none", stroke: "#000", "stroke-width": 2.2 });
  mine.forEach((value, i) => {
    const half = i === at ? 5 : 3;
    add(svg, "rect", { x: x(i) - half, y: y(value) - half, width: 2 * half, height: 2 * half });
  });
  let [a, b] = [y(mine[T]), y(line[T])];
  if (Math.abs(a - b) < 34) { const middle = (a + b) / 2, up = a <= b ? -17 : 17; a = middle + up; b = middle - up; }
  const low = Math.max(a, b) - (bottom - 14);
  if (low > 0) { a -= low; b -= low; }
  add(svg, "text", { x: right + 9, y: a, "font-weight": "bold" }, "■ この設定");
  add(svg, "text", { x: right + 23, y: a + 14 }, persons(mine[T]));
  add(svg, "text", { x: right + 9, y: b }, "◇ 準拠の線");
  add(svg, "text", { x: right + 23, y: b + 14 }, persons(line[T]));
  $("lines-d").textContent = `${YEARS[T]}年にこの設定で${persons(mine[T])}人、準拠の線で${persons(line[T])}人。数値は表のとおり。`;
}

function drawPyramid(mine, line, first, year) {
  const svg = $("pyramid"), middle = 210, gap = 25, wide = 168, top = 20, tall = 11.6;
  clear(svg);
  const marks = ticks(Math.max(...[mine, line, first].flatMap(cells => cells.flatMap(ages => [...ages])), 1));
  const high = marks[marks.length - 1], long = value => wide * value / high, y = x => top + tall * (AGES - 1 - x);
  const bottom = top + tall * AGES;
  add(svg, "text", { x: middle - gap - wide / 2, y: 12, "text-anchor": "middle" }, "男");
  add(svg, "text", { x: middle + gap + wide / 2, y: 12, "text-anchor": "middle" }, "女");
  for (const sex of [0, 1]) {
    const side = sex ? 1 : -1, zero = middle + side * gap;
    marks.forEach((mark, i) => {
      const at = zero + side * long(mark);
      add(svg, "path", { d: `M${at} ${top}V${bottom}`, stroke: mark ? "#d0d0d0" : "#000" });
      if (i % 2 === 0) add(svg, "text", { x: at, y: bottom + 13, "text-anchor": "middle" }, persons(mark));
    });
    for (let x = 0; x < AGES; x++) {
      const size = long(mine[sex][x]);
      add(svg, "rect", { x: side > 0 ? zero : zero - size, y: y(x) + 1, width: size, height: tall - 2,
        fill: sex ? "#c4c4c4" : "#8f8f8f", stroke: "#222", "stroke-width": .6 });
    }
    const outline = cells => `M${zero} ${y(AGES - 1)}` + Array.from(cells[sex]).reverse().map((value, i) =>
      `H${(zero + side * long(value)).toFixed(1)}V${y(AGES - 2 - i).toFixed(1)}`).join("");
    add(svg, "path", { d: outline(line), fill: "none", stroke: "#000", "stroke-width": 1.6 });
    add(svg, "path", { d: outline(first), fill: "none", stroke: "#000", "stroke-width": 1.3, "stroke-dasharray": "2 3" });
  }
  for (let x = 0; x < AGES; x++)
    add(svg, "text", { x: middle, y: y(x) + 9.6, "text-anchor": "middle", class: "age" },
      x === AGES - 1 ? "90歳〜" : `${5 * x}〜${5 * x + 4}`);
  const key = bottom + 34;
  add(svg, "rect", { x: 6, y: key - 9, width: 18, height: 10, fill: "#a9a9a9", stroke: "#222" });
  add(svg, "text", { x: 28, y: key }, `この設定 ${year}年`);
  add(svg, "path", { d: `M148 ${key - 4}h22`, stroke: "#000", "stroke-width": 1.6 });
  add(svg, "text", { x: 174, y: key }, `準拠の線 ${year}年`);
  add(svg, "path", { d: `M300 ${key - 4}h22`, stroke: "#000", "stroke-width": 1.3, "stroke-dasharray": "2 3" });
  add(svg, "text", { x: 326, y: key }, `基準 ${YEARS[0]}年`);
  $("pyramid-d").textContent = `${year}年の男女・5歳階級別の人数。塗りがこの設定、実線が準拠の線、点線が基準の${YEARS[0]}年。`;
}

/* The page. */
const NOTHING = { tfr: null, tfrYear: TOLD.tfr_year, tfrShape: "linear", arrivals: 0, profile: "women_20_24", timing: "mid",
  fromYear: TOLD.from_year, migration: Object.fromEntries(Object.keys(N.bands).map(band => [band, 1])) };
const LINE = run(NOTHING).population;

function show() {
  const s = setting(), found = run(s), year = Number($("year").value), at = YEARS.indexOf(year);
  const each = found.population.map(measures), line = LINE.map(measures);
  $("tfr-said").textContent = s.tfr === null ? "準拠の線のまま" : s.tfr.toFixed(2);
  for (const band of Object.keys(N.bands)) $("m-" + band + "-said").textContent = percent(s.migration[band]);
  $("arrivals-said").textContent = s.arrivals ? `毎年 ${s.arrivals}${TOLD.units[s.profile]}` : "追加なし";
  for (const id of ["tfr", "arrivals", ...Object.keys(N.bands).map(band => "m-" + band)])
    $(id).setAttribute("aria-valuetext", $(id + "-said").textContent);
  each.forEach((one, i) => {
    const cells = { total: persons(one.total), difference: signed(one.total - line[i].total), young: persons(one.young),
      working_age: persons(one.working_age), old: persons(one.old), share: one.share.toFixed(1),
      women_20_39: persons(one.women_20_39), tfr: found.tfr[i].toFixed(2) };
    for (const [name, text] of Object.entries(cells)) $(`${name}-${YEARS[i]}`).textContent = text;
  });
  $("answer").textContent = `${year}年の総人口 ${persons(each[at].total)}人（準拠の線より ${signed(each[at].total - line[at].total)}人）、` +
    `65歳以上 ${each[at].share.toFixed(1)}％、20〜39歳の女性 ${persons(each[at].women_20_39)}人`;
  drawLines(each.map(one => one.total), line.map(one => one.total), year);
  drawPyramid(found.population[at], LINE[at], LINE[0], year);
  $("told").value = told(s, year, each[at], line[at]);
  $("printed").textContent = $("told").value;
}

function reset() {
  $("controls").reset();
  show();
}

async function copy() {
  const box = $("told");
  box.focus();
  box.select();
  let done = false;
  try { await navigator.clipboard.writeText(box.value); done = true; } catch { done = document.execCommand("copy"); }
  $("copied").textContent = done ? "写しました" : "選択しました。Ctrl+C で写してください";
}

document.documentElement.classList.add("live");
$("controls").addEventListener("input", event => { if (event.target.id === "tfr") $("tfr-on").checked = true; show(); });
$("controls").addEventListener("submit", event => event.preventDefault());
$("year").addEventListener("input", show);
$("reset").addEventListener("click", reset);
$("copy").addEventListener("click", copy);
show();
