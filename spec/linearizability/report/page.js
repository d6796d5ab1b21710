'use strict';
(() => {
const meta = JSON.parse(document.getElementById('meta').textContent);
const byId = (id) => document.getElementById(id);
const NEVER = 0xffffffff;
const GUTTER = 88, AXIS = 24, PAD = 8;

// ---- Decoding: one record of varints per operation (page_data.h).
const bytes = Uint8Array.from(atob(byId('data').textContent.trim()), (c) => c.charCodeAt(0));
byId('data').textContent = '';
let at = 0;
function varint() {
  let value = 0, scale = 1;
  for (;;) {
    const byte = bytes[at++];
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
}
const signed = () => { const v = varint(); return v % 2 ? -(v + 1) / 2 : v / 2; };

const n = meta.operations;
const invoke = new Float64Array(n), end = new Float64Array(n), head = new Uint8Array(n), key = new Int32Array(n);
const process = new Uint32Array(n), details = new Uint32Array(n), lane = new Uint32Array(n);
const KIND = 31, FAILED = 1, UNKNOWN = 2;
const outcome = (i) => head[i] >> 5;
(function decode() {
  let position = meta.firstPosition;
  for (let i = 0; i < n; ++i) {
    position += varint();
    invoke[i] = position;
    head[i] = bytes[at++];
    const span = varint();
    end[i] = span === 0 ? NEVER : position + span;
    process[i] = varint();
    key[i] = varint() - 1;
    details[i] = at + 1;
    at += bytes[at] + 1;  // the length of the rest, then the rest
  }
})();
let times = null;
if (meta.times) {
  times = new Float64Array(meta.events);
  let time = 0;
  for (let p = 0; p < meta.events; ++p) times[p] = time = time + varint();
}
const first = meta.firstPosition, last = meta.firstPosition + Math.max(1, meta.events);

// The facts that only labels need are decoded when a label is drawn.
function valueText(code) { return code % 2 ? meta.values[(code - 1) / 2] : String(half(code / 2)); }
const half = (v) => (v % 2 ? -(v + 1) / 2 : v / 2);
function detail(i) {
  at = details[i];
  const flags = bytes[at++];
  const d = {};
  if (flags & 1) d.argument = valueText(varint());
  if (flags & 2) d.expected = valueText(varint());
  if (flags & 4) d.result = valueText(varint());
  if (flags & 8) { d.point = invoke[i] + varint(); d.point += 1 - 1 / (varint() + 2); }
  if (flags & 16) { d.line = varint(); d.endLine = varint(); }
  if (flags & 32) d.rev = varint();
  return d;
}
const clip = (text, max) => (text.length > max ? text.slice(0, max - 1) + '…' : text);
const SHORT = {'compare-and-set': 'cas', transaction: 'txn', 'delete-range': 'del range'};
// The operation in words: 'read x = 3' in full, 'read 3' on a bar, 'r 3' on a narrow one.
const FULL = 0, BAR = 1, NARROW = 2;
function label(i, d, length) {
  const name = meta.kinds[head[i] & KIND];
  let text = length === FULL ? name : SHORT[name] || name;
  if (length === NARROW) text = text === 'cas' ? '' : text[0];
  const keyName = meta.keys[key[i]];
  const tellKey = length === FULL || (length === BAR && onlyKey === null && meta.keys.length > 1);
  if (tellKey && keyName !== undefined && keyName !== '') text += ' ' + keyName;
  if (d.expected !== undefined) return (text + ' ' + d.expected + (length === NARROW ? '→' : ' → ') + d.argument).trim();
  if (d.argument !== undefined) text += ' ' + d.argument;
  if (d.result !== undefined) text += (name === 'read' && length !== FULL ? ' ' : ' = ') + d.result;
  return text;
}

// ---- Lanes: a process has one; a process that ends leaves its lane to a later one.
const lanes = [];  // arrays of operations
(function assignLanes() {
  const span = new Map();
  for (let i = 0; i < n; ++i) {
    const until = end[i] === NEVER ? invoke[i] + 2 : end[i];
    const s = span.get(process[i]);
    if (s) s.until = Math.max(s.until, until); else span.set(process[i], {from: invoke[i], until, lane: -1});
  }
  const free = [];  // position at which each lane becomes free
  for (const s of [...span.entries()].sort((a, b) => a[1].from - b[1].from || a[0] - b[0]).map((e) => e[1])) {
    let found = free.findIndex((until) => until < s.from);
    if (found < 0) { found = free.length; free.push(0); lanes.push([]); }
    free[found] = s.until;
    s.lane = found;
  }
  for (let i = 0; i < n; ++i) { lane[i] = span.get(process[i]).lane; lanes[lane[i]].push(i); }
  for (let l = 0; l < lanes.length; ++l) lanes[l] = Uint32Array.from(lanes[l]);
})();

const offending = new Map(meta.conflict.map((c) => [c.index, c]));
const related = new Set(meta.related);  // the writes of what the offending operations answered
const conflict = meta.conflict.map((c) => c.index);

// ---- The view: an interval [from, to] of the axis, in events or in time.
let clock = false, onlyKey = null, from = first, to = last, scroll = 0, hovered = -1, chosen = -1;
const chart = byId('chart'), overview = byId('overview'), stage = byId('stage'), tip = byId('tip');
const pen = chart.getContext('2d'), mini = overview.getContext('2d');
const unit = (position) => {
  if (!clock) return position;
  const p = Math.min(Math.max(position - first, 0), times.length - 1), low = Math.floor(p);
  const next = Math.min(low + 1, times.length - 1);
  return times[low] + (times[next] - times[low]) * (p - low);
};
const lower = () => unit(first), upper = () => Math.max(unit(last), unit(first) + 1e-9);
let width = 0, height = 0;
const plotWidth = () => Math.max(10, width - GUTTER - PAD);
const toX = (u) => GUTTER + (u - from) / (to - from) * plotWidth();
const toUnit = (x) => from + (x - GUTTER) / plotWidth() * (to - from);
function setView(a, b) {
  const whole = upper() - lower();
  const least = clock ? whole * 1e-9 + 1e-6 : 3;
  const span = Math.min(Math.max(b - a, least), whole * 1.06);
  const middle = (a + b) / 2;
  from = middle - span / 2;
  const margin = whole * 0.03;
  from = Math.min(Math.max(from, lower() - margin), upper() + margin - span);
  to = from + span;
  redraw();
}
const zoom = (factor, x) => {
  const u = toUnit(x === undefined ? GUTTER + plotWidth() / 2 : x);
  setView(u - (u - from) * factor, u + (to - u) * factor);
};
function endOf(i) {
  if (end[i] !== NEVER && outcome(i) !== UNKNOWN) return end[i];
  return end[i] === NEVER ? last : end[i];
}
function showViolation() {
  if (!conflict.length) return setView(lower(), Math.min(upper(), lower() + unitSpan(90)));
  const a = Math.min(...conflict.map((i) => invoke[i]));
  const ends = conflict.map((i) => (outcome(i) === UNKNOWN ? invoke[i] + 2 : end[i]));
  const b = Math.max(...ends, meta.event === null ? 0 : meta.event);
  const wide = b - a > 240;
  const left = wide ? b - 90 : a, pad = (b - left) * 0.18 + 2;
  setView(unit(Math.max(first, left - pad)), unit(Math.min(last, b + pad)));
  center(conflict[conflict.length - 1]);
}
function showOperation(i) {
  chosen = i;
  const middle = (unit(invoke[i]) + unit(Math.min(endOf(i), invoke[i] + 60))) / 2, span = Math.min(to - from, unitSpan(160));
  setView(middle - span / 2, middle + span / 2);
  center(i);
}
const unitSpan = (events) => (clock ? (upper() - lower()) * Math.min(1, events / (last - first)) : events);
const laneHeight = () => Math.min(36, Math.max(17, (height - AXIS - 6) / Math.max(1, lanes.length)));
function center(i) {
  const h = laneHeight(), room = height - AXIS, y = lane[i] * h - scroll;
  if (y < 0 || y > room - h) scroll = lane[i] * h - room / 2;
  clampScroll();
  redraw();
}
const bottom = () => Math.min(height, AXIS + lanes.length * laneHeight() - scroll + 6);
function clampScroll() {
  scroll = Math.max(0, Math.min(scroll, lanes.length * laneHeight() - (height - AXIS) + 6));
}

const hidden = (i) => onlyKey !== null && key[i] >= 0 && key[i] !== onlyKey && !offending.has(i) && !related.has(i);

// ---- Drawing.
let colors = {};
function readColors() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['ground', 'panel', 'line', 'ink', 'faint', 'lane', 'read', 'write', 'swap', 'other', 'failed',
                      'bad', 'bad-soft', 'good']) {
    colors[name] = style.getPropertyValue('--' + name).trim();
  }
}
const GROUPS = {read: 'read', range: 'read', dequeue: 'read', write: 'write', append: 'write', add: 'write', enqueue: 'write',
                delete: 'write', 'delete-range': 'write', 'compare-and-set': 'swap', transaction: 'swap', transfer: 'swap'};
const colorOf = (i) => (outcome(i) === FAILED ? colors.failed : colors[GROUPS[meta.kinds[head[i] & KIND]] || 'other']);
let pending = false;
function redraw() {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => { pending = false; draw(); drawOverview(); });
}
function fit(canvas, context) {
  const ratio = window.devicePixelRatio || 1, box = canvas.getBoundingClientRect();
  const w = Math.round(box.width * ratio), h = Math.round(box.height * ratio);
  if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return box;
}
// The first of a lane's operations that can reach into the view: each lane has at most one open at a time.
function firstIn(ids, u) {
  let low = 0, high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (unit(invoke[ids[middle]]) < u) low = middle + 1; else high = middle;
  }
  return Math.max(0, low - 1);
}
function draw() {
  const box = fit(chart, pen);
  width = box.width; height = box.height;
  clampScroll();
  pen.fillStyle = colors.ground;
  pen.fillRect(0, 0, width, height);
  const h = laneHeight();
  drawLanes(h);
  drawAxis();
  pen.save();
  pen.beginPath();
  pen.rect(GUTTER, AXIS, width - GUTTER, height - AXIS);
  pen.clip();
  const late = [];
  for (let l = 0; l < lanes.length; ++l) {
    const y = AXIS + l * h - scroll;
    if (y > height || y + h < AXIS) continue;
    drawLane(lanes[l], y, h, late);
  }
  drawEventLine();
  for (const [i, y] of late) if (toX(unit(endOf(i))) > GUTTER) drawBar(i, y, h, true);
  pen.restore();
  drawGutter(h);
  drawPointers(h);
}
function drawLanes(h) {
  for (let l = 0; l < lanes.length; ++l) {
    if (l % 2) continue;
    pen.fillStyle = colors.lane;
    pen.fillRect(GUTTER, AXIS + l * h - scroll, width - GUTTER, h);
  }
}
function drawLane(ids, y, h, late) {
  let reached = -1;  // the last pixel column that is full: what lies within it is not drawn again
  const dim = conflict.length > 0;
  for (let k = firstIn(ids, from); k < ids.length; ++k) {
    const i = ids[k];
    const x0 = toX(unit(invoke[i]));
    if (x0 > width) break;
    if (hidden(i)) continue;
    if (offending.has(i) || related.has(i) || i === hovered || i === chosen) { late.push([i, y]); continue; }
    const x1 = toX(unit(endOf(i)));
    if (x1 < GUTTER) continue;
    if (x1 - x0 < 1.5) {
      if (Math.floor(x0) === reached) continue;
      reached = Math.floor(x0);
      pen.globalAlpha = dim ? 0.4 : 0.75;
      pen.fillStyle = colorOf(i);
      pen.fillRect(reached, y + 3, 1, h - 6);
      pen.globalAlpha = 1;
    } else {
      drawBar(i, y, h, false);
      reached = Math.floor(x1);
    }
  }
}
function drawBar(i, y, h, strong) {
  const x0 = Math.max(toX(unit(invoke[i])), GUTTER - 20), bad = offending.has(i), color = bad ? colors.bad : colorOf(i);
  const x1 = Math.min(Math.max(toX(unit(endOf(i))), x0 + 2), width + 20);
  const w = Math.max(2, x1 - x0 - 1), top = y + 3, tall = h - 6, unknown = outcome(i) === UNKNOWN;
  const shape = () => { pen.beginPath(); pen.roundRect(x0, top, w, tall, Math.min(4, w / 2)); };
  pen.fillStyle = colors.ground;
  shape();
  pen.fill();
  const tint = (alpha) => color + Math.round(alpha * 255).toString(16).padStart(2, '0');
  const depth = bad ? 1 : conflict.length ? 0.26 : 0.36;
  if (unknown) {  // it has no end: it fades
    const fade = pen.createLinearGradient(x0, 0, x0 + Math.max(40, Math.min(w, 400)), 0);
    fade.addColorStop(0, tint(depth));
    fade.addColorStop(1, tint(0.04));
    pen.fillStyle = fade;
  } else {
    pen.fillStyle = tint(depth);
  }
  shape();
  pen.fill();
  if (w > 7) {
    pen.fillStyle = color;
    pen.fillRect(x0, top + 1, 3, tall - 2);
  }
  if (strong) {
    pen.strokeStyle = i === hovered || i === chosen ? colors.ink : color;
    pen.lineWidth = 1.5;
    shape();
    pen.stroke();
  }
  const d = w > 20 || bad || related.has(i) ? detail(i) : null;
  if (!d) return;
  const point = d.point !== undefined && w > 20 ? toX(unit(d.point)) : null;
  drawLabel(i, d, x0, x1, y + h / 2, bad, point);
  if (point !== null) drawPoint(point, y + h - (h > 26 ? 8 : 4), h > 26 ? 3 : 2);
}
function drawPoint(x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 7);
  pen.fillStyle = colors.ground;
  pen.fill();
  pen.strokeStyle = colors.ink;
  pen.lineWidth = 1;
  pen.stroke();
}
function drawLabel(i, d, x0, x1, y, bad, point) {
  const text = clip(label(i, d, BAR), 60);
  pen.font = (bad ? '600 ' : '') + '12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace';
  pen.textBaseline = 'middle';
  const left = Math.max(x0, GUTTER) + 8;
  const room = Math.min(x1, width) - left - 5, needs = pen.measureText(text).width;
  const level = point !== null && laneHeight() > 30 ? y - 4 : y + 0.5;
  pen.fillStyle = bad && outcome(i) !== UNKNOWN ? colors.ground : colors.ink;
  if (needs <= room) {
    pen.fillText(text, left, level);
  } else if (bad || related.has(i)) {  // beside the bar, readable over whatever is there
    const x = x1 + needs + 14 < width ? x1 + 4 : Math.max(GUTTER + 2, x0 - needs - 12);
    pen.fillStyle = bad ? colors['bad-soft'] : colors.panel;
    pen.fillRect(x - 2, y - 8, needs + 8, 16);
    pen.fillStyle = bad ? colors.bad : colors.ink;
    pen.fillText(text, x + 2, y + 0.5);
  } else if (room > 7) {
    let shown = label(i, d, NARROW);
    if (pen.measureText(shown).width <= room) { pen.fillText(shown, left, level); return; }
    if (room < 22) return;
    while (shown.length > 1 && pen.measureText(shown + '…').width > room) shown = shown.slice(0, -1);
    pen.fillText(shown + '…', left, level);
  }
}
function drawEventLine() {
  if (meta.event === null || !conflict.length) return;
  const x = toX(unit(meta.event + 0.5));
  if (x < GUTTER || x > width) return;
  pen.strokeStyle = colors.bad;
  pen.setLineDash([4, 4]);
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(x, AXIS);
  pen.lineTo(x, bottom());
  pen.stroke();
  pen.setLineDash([]);
}
function drawGutter(h) {
  pen.fillStyle = colors.panel;
  pen.fillRect(0, AXIS, GUTTER, height);
  pen.fillStyle = colors.line;
  pen.fillRect(GUTTER - 1, AXIS, 1, height);
  pen.save();
  pen.beginPath();
  pen.rect(0, AXIS, GUTTER, height);
  pen.clip();
  pen.font = '12px system-ui, "DejaVu Sans", sans-serif';
  pen.textBaseline = 'middle';
  pen.textAlign = 'right';
  const middle = (from + to) / 2;
  for (let l = 0; l < lanes.length; ++l) {
    const y = AXIS + (l + 0.5) * h - scroll;
    if (y < AXIS - h || y > height + h) continue;
    const ids = lanes[l];
    const offender = conflict.find((c) => lane[c] === l && unit(invoke[c]) < to && unit(endOf(c)) > from);
    const i = offender === undefined ? ids[Math.min(ids.length - 1, firstIn(ids, middle))] : offender;
    const marked = offender !== undefined;
    pen.fillStyle = marked ? colors.bad : colors.faint;
    pen.fillText('process ' + process[i], GUTTER - 7, y);
  }
  pen.restore();
}
// Offending operations outside the view are pointed at from its edge.
function drawPointers(h) {
  const taken = new Set();  // one on each side of a lane
  for (const i of [...conflict, ...related]) {
    const bad = offending.has(i);
    const x0 = toX(unit(invoke[i])), x1 = toX(unit(endOf(i)));
    const left = x1 < GUTTER, right = x0 > width;
    if ((!left && !right) || taken.has(lane[i] * 2 + right)) continue;
    taken.add(lane[i] * 2 + right);
    const y = AXIS + (lane[i] + 0.5) * h - scroll;
    if (y < AXIS + 4 || y > height) continue;
    pen.textAlign = 'left';
    const text = (left ? '◀ ' : '') + clip(label(i, detail(i), BAR), 40) + (right ? ' ▶' : '');
    pen.font = '600 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace';
    const needs = pen.measureText(text).width, x = left ? GUTTER + 6 : width - needs - 10;
    pen.fillStyle = bad ? colors['bad-soft'] : colors.panel;
    pen.fillRect(x - 4, y - 9, needs + 8, 18);
    pen.fillStyle = bad ? colors.bad : colors.ink;
    pen.textBaseline = 'middle';
    pen.fillText(text, x, y + 0.5);
  }
}
function niceStep(span, count) {
  const raw = span / count, power = Math.pow(10, Math.floor(Math.log10(raw)));
  for (const m of [1, 2, 5, 10]) if (m * power >= raw) return m * power;
  return 10 * power;
}
function timeText(ticks, step) {
  const seconds = ticks * meta.timeUnit / 1e9, per = step * meta.timeUnit / 1e9;
  const places = (scale) => Math.max(0, Math.min(6, Math.ceil(-Math.log10(per * scale) - 1e-9)));
  if (per >= 0.5) return seconds.toFixed(places(1)) + ' s';
  if (per >= 0.0005) return (seconds * 1e3).toFixed(places(1e3)) + ' ms';
  return (seconds * 1e6).toFixed(places(1e6)) + ' µs';
}
// A length of time by itself: three digits of whatever unit fits.
function durationText(ticks) {
  const seconds = ticks * meta.timeUnit / 1e9;
  for (const [unitName, scale] of [['s', 1], ['ms', 1e3], ['µs', 1e6]]) {
    if (seconds * scale >= 1) return Number((seconds * scale).toPrecision(seconds * scale >= 100 ? 6 : 3)) + ' ' + unitName;
  }
  return Math.round(seconds * 1e9) + ' ns';
}
function drawAxis() {
  pen.fillStyle = colors.panel;
  pen.fillRect(0, 0, width, AXIS);
  pen.strokeStyle = colors.line;
  pen.lineWidth = 1;
  pen.font = '11.5px system-ui, "DejaVu Sans", sans-serif';
  pen.textBaseline = 'middle';
  pen.fillStyle = colors.faint;
  pen.fillText(clock ? 'time' : 'event', 20, AXIS / 2);
  const step = Math.max(niceStep(to - from, plotWidth() / 110), clock ? 0 : 1);
  for (let u = Math.ceil(from / step) * step; u <= to; u += step) {
    const x = Math.round(toX(u)) + 0.5;
    if (x < GUTTER || u < lower() || u > upper()) continue;
    pen.beginPath();
    pen.moveTo(x, AXIS - 5);
    pen.lineTo(x, bottom());
    pen.stroke();
    const text = clock ? timeText(u - times[0], step) : Math.round(u).toLocaleString('en');
    if (x + 4 + pen.measureText(text).width < width) pen.fillText(text, x + 4, AXIS / 2);
  }
}

// ---- The overview: how many operations begin in each column, where the view is, where the offending ones are.
let density = null, densityKey = '';
function drawOverview() {
  const box = fit(overview, mini), w = Math.floor(box.width), h = box.height;
  const wanted = w + (clock ? 't' : 'o') + onlyKey;
  const a = lower(), whole = upper() - a, place = (u) => 20 + (u - a) / whole * (w - 40);
  if (densityKey !== wanted) {
    densityKey = wanted;
    density = new Uint32Array(w + 1);
    for (let i = 0; i < n; ++i) {
      if (!hidden(i)) ++density[Math.max(0, Math.min(w, Math.floor(place(unit(invoke[i])))))];
    }
  }
  mini.fillStyle = colors.panel;
  mini.fillRect(0, 0, w + 1, h);
  const most = density.reduce((x, y) => Math.max(x, y), 1);
  mini.fillStyle = colors.failed;
  for (let x = 0; x <= w; ++x) {
    if (density[x]) { const tall = Math.max(1, density[x] / most * (h - 14)); mini.fillRect(x, h - 5 - tall, 1, tall); }
  }
  for (const i of [...related, ...conflict]) {
    mini.fillStyle = offending.has(i) ? colors.bad : colors.ink;
    mini.fillRect(place(unit(invoke[i])) - 1, 4, 2.5, h - 8);
  }
  const x0 = place(Math.max(from, a)), x1 = place(Math.min(to, upper()));
  mini.fillStyle = colors.ink;
  mini.globalAlpha = 0.1;
  mini.fillRect(x0, 0, Math.max(2, x1 - x0), h);
  mini.globalAlpha = 1;
  mini.strokeStyle = colors.ink;
  mini.strokeRect(x0 + 0.5, 0.5, Math.max(2, x1 - x0), h - 1);
}

// ---- Pointing.
function operationAt(x, y) {
  const h = laneHeight(), l = Math.floor((y - AXIS + scroll) / h);
  if (x < GUTTER || y < AXIS || l < 0 || l >= lanes.length) return -1;
  const ids = lanes[l], u = toUnit(x), slack = (to - from) / plotWidth() * 3;
  let best = -1, distance = Infinity;
  for (let k = firstIn(ids, u); k < Math.min(ids.length, firstIn(ids, u) + 4); ++k) {
    const i = ids[k];
    if (hidden(i)) continue;
    const gap = Math.max(unit(invoke[i]) - u, u - unit(endOf(i)), 0);
    if (gap <= slack && gap < distance) { best = i; distance = gap; }
  }
  return best;
}
function showTip(x, y) {
  if (hovered < 0) { tip.style.display = 'none'; return; }
  const i = hovered, d = detail(i);
  const lines = [];
  lines.push('process ' + process[i] + ', ' + ['ok', 'failed', 'outcome unknown'][outcome(i)]);
  const until = outcome(i) === UNKNOWN ? 'may take effect at any later time, or never' : 'to event ' + end[i].toLocaleString('en');
  lines.push('event ' + invoke[i].toLocaleString('en') + ', ' + until);
  if (times && times[invoke[i] - first] !== undefined) {
    const begin = times[invoke[i] - first] - times[0];
    let text = 'at ' + durationText(begin);
    if (outcome(i) !== UNKNOWN) text += ', took ' + durationText(times[end[i] - first] - times[invoke[i] - first]);
    lines.push(text);
  }
  if (d.line) lines.push('line ' + d.line + (d.endLine ? ' and ' + d.endLine : ''));
  if (d.rev !== undefined) lines.push('log index ' + d.rev);
  if (offending.has(i)) {
    lines.push('one of the offending operations' +
               ['', '; only what it wrote counts', '; it offends even if it never completed'][offending.get(i).part]);
  }
  tip.replaceChildren();
  const name = document.createElement('b');
  name.textContent = clip(label(i, d, FULL), 400);
  tip.append(name);
  for (const line of lines) { const span = document.createElement('span'); span.textContent = line; tip.append(span); }
  tip.style.display = 'block';
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(x + 14, width - box.width - 8)) + 'px';
  tip.style.top = (y + 18 + box.height > height ? Math.max(2, y - box.height - 10) : y + 18) + 'px';
}
let drag = null;
chart.addEventListener('pointerdown', (e) => {
  drag = {x: e.offsetX, y: e.offsetY, from, to, scroll};
  chart.setPointerCapture(e.pointerId);
  chart.classList.add('dragging');
});
chart.addEventListener('pointermove', (e) => {
  if (drag) {
    const shift = (drag.x - e.offsetX) / plotWidth() * (drag.to - drag.from);
    scroll = drag.scroll + drag.y - e.offsetY;
    clampScroll();
    setView(drag.from + shift, drag.to + shift);
    return;
  }
  const now = operationAt(e.offsetX, e.offsetY);
  if (now !== hovered) { hovered = now; redraw(); }
  showTip(e.offsetX, e.offsetY);
});
const release = () => { drag = null; chart.classList.remove('dragging'); };
chart.addEventListener('pointerup', release);
chart.addEventListener('pointercancel', release);
chart.addEventListener('pointerleave', () => { hovered = -1; tip.style.display = 'none'; redraw(); });
chart.addEventListener('wheel', (e) => {
  e.preventDefault();
  if (e.altKey) { scroll += e.deltaY; clampScroll(); redraw(); return; }
  const sideways = e.shiftKey ? e.deltaY || e.deltaX : e.deltaX;
  if (Math.abs(sideways) > Math.abs(e.shiftKey ? 0 : e.deltaY)) {
    const shift = sideways / plotWidth() * (to - from);
    setView(from + shift, to + shift);
  } else {
    zoom(Math.exp(Math.max(-1, Math.min(1, e.deltaY / 240))), e.offsetX);
  }
}, {passive: false});
let sliding = false;
const slide = (e) => {
  const w = overview.getBoundingClientRect().width;
  const u = lower() + (e.offsetX - 20) / (w - 40) * (upper() - lower());
  setView(u - (to - from) / 2, u + (to - from) / 2);
};
overview.addEventListener('pointerdown', (e) => { sliding = true; overview.setPointerCapture(e.pointerId); slide(e); });
overview.addEventListener('pointermove', (e) => { if (sliding) slide(e); });
overview.addEventListener('pointerup', () => { sliding = false; });

// ---- Keys and buttons.
function step(by) {
  if (!conflict.length) return;
  const now = conflict.indexOf(chosen);
  showOperation(conflict[(now + by + conflict.length) % conflict.length]);
}
function setClock(on) {
  if (!times) return;
  const middle = (from + to) / 2;
  let a = 0, b = meta.events - 1;  // the event in the middle stays there
  if (clock) { while (a < b) { const m = (a + b) >> 1; if (times[m] < middle) a = m + 1; else b = m; } }
  const event = clock ? first + a : middle, share = (to - from) / (upper() - lower());
  clock = on;
  byId('clock').setAttribute('aria-pressed', String(on));
  const span = share * (upper() - lower());
  setView(unit(event) - span / 2, unit(event) + span / 2);
}
function setTheme(dark) { document.documentElement.classList.toggle('dark', dark); readColors(); redraw(); }
const wholeHistory = () => setView(lower() - (upper() - lower()) * 0.02, upper() + (upper() - lower()) * 0.02);
const toggleTheme = () => setTheme(!document.documentElement.classList.contains('dark'));
document.addEventListener('keydown', (e) => {
  if (e.target.tagName === 'SELECT' || e.ctrlKey || e.metaKey) return;
  const pan = (to - from) * 0.2;
  const actions = {
    ArrowLeft: () => setView(from - pan, to - pan), ArrowRight: () => setView(from + pan, to + pan),
    ArrowUp: () => { scroll -= laneHeight(); clampScroll(); redraw(); },
    ArrowDown: () => { scroll += laneHeight(); clampScroll(); redraw(); },
    '+': () => zoom(0.7), '=': () => zoom(0.7), '-': () => zoom(1 / 0.7), 0: wholeHistory, v: showViolation,
    n: () => step(1), p: () => step(-1), t: () => setClock(!clock), d: toggleTheme,
  };
  if (!actions[e.key]) return;
  hovered = -1;
  tip.style.display = 'none';
  actions[e.key]();
  e.preventDefault();
});
byId('goto').onclick = showViolation;
byId('all').onclick = wholeHistory;
byId('in').onclick = () => zoom(0.6);
byId('out').onclick = () => zoom(1 / 0.6);
byId('clock').onclick = () => setClock(!clock);
byId('theme').onclick = toggleTheme;

// ---- The words around the picture.
byId('title').textContent = meta.title;
byId('badge').textContent = meta.verdict;
byId('badge').classList.add(meta.mood);
byId('facts').textContent = meta.facts.join(' · ');
byId('note').textContent = meta.note;
for (const line of meta.why) {
  if (line.operation === undefined) {
    const p = document.createElement('p');
    p.textContent = line.text;
    byId('why').append(p);
    continue;
  }
  let list = byId('why').lastElementChild;
  if (!list || list.tagName !== 'OL') { list = document.createElement('ol'); byId('why').append(list); }
  const item = document.createElement('li'), button = document.createElement('button');
  button.textContent = line.text;
  button.onclick = () => showOperation(line.operation);
  item.append(button);
  list.append(item);
}
if (meta.assumed.length) {
  const p = document.createElement('p');
  p.className = 'assumed';
  p.textContent = 'Assumed: ' + meta.assumed.join('; ') + '.';
  byId('why').append(p);
}
if (!conflict.length) byId('goto').textContent = 'Beginning';
if (!times) byId('clock').style.display = 'none';
const select = byId('key');
if (meta.keys.length > 1) {
  select.append(new Option('all keys', ''));
  const own = new Set(conflict.map((i) => key[i]).filter((k) => k >= 0));
  const order = [...own];
  for (let k = 0; k < Math.min(meta.keys.length, 500); ++k) if (!own.has(k)) order.push(k);
  for (const k of order) select.append(new Option('key ' + (meta.keys[k] || '(none)'), k));
  if (own.size === 1) { onlyKey = [...own][0]; select.value = String(onlyKey); }
  select.onchange = () => { onlyKey = select.value === '' ? null : Number(select.value); redraw(); };
} else {
  select.style.display = 'none';
}
const present = new Set(head.map((h) => h & KIND));
const swatches = new Map();
for (const k of present) {
  const group = GROUPS[meta.kinds[k]] || 'other';
  swatches.set(group, [...(swatches.get(group) || []), meta.kinds[k]]);
}
const legend = (style, text) => {
  const span = document.createElement('span'), box = document.createElement('i');
  box.style.cssText = 'background: ' + style;
  span.append(box, text);
  byId('legend').append(span);
};
for (const [group, names] of swatches) legend('var(--' + group + ')', names.join(', '));
const outcomes = new Set(head.map((h) => h >> 5));
if (outcomes.has(FAILED)) legend('var(--failed)', 'failed');
if (outcomes.has(UNKNOWN)) legend('linear-gradient(90deg, var(--faint), transparent)', 'outcome unknown');
if (conflict.length) legend('var(--bad)', 'offending');
if (related.size) legend('transparent; border: 1.5px solid var(--write)', 'wrote what they answered');
if (meta.points) legend('radial-gradient(circle 4px, var(--ground) 55%, var(--ink) 60% 85%, transparent 90%)', 'took effect');

const wish = new URLSearchParams(location.search).get('theme');
setTheme(wish ? wish === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches);
new ResizeObserver(() => { draw(); redraw(); }).observe(stage);
draw();
showViolation();
})();
