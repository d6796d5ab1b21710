'use strict';
(() => {
const data = JSON.parse(document.getElementById('data').textContent);
const byId = (id) => document.getElementById(id);
const make = (tag, text, className) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
};
const number = (value) => value.toLocaleString('en');
const short = (value) => {
  for (const [unit, name] of [[1e9, ' G'], [1e6, ' M'], [1e3, ' k']]) if (value >= unit) return (value / unit).toPrecision(3) + name;
  return String(Math.round(value));
};
byId('title').textContent = data.title;
byId('badge').textContent = data.verdict;
byId('badge').className = 'badge ' + data.mood;
byId('facts').textContent = data.facts.join(' · ');
byId('why').textContent = data.why;
for (const [name, value] of data.tiles) {
  const tile = make('div', undefined, 'tile');
  tile.append(make('dt', name), make('dd', value));
  byId('tiles').append(tile);
}

// ---- Pace: an area of the steps made in each interval between two samples.
const svg = byId('chart'), ns = 'http://www.w3.org/2000/svg';
function draw() {
  svg.textContent = '';
  const w = svg.clientWidth || 1100, h = 190, left = 58, right = 14, top = 14, bottom = 24;
  svg.setAttribute('viewBox', '0 0 ' + w + ' ' + h);
  const points = data.pace;
  if (points.length < 2) { byId('pace').hidden = true; return; }
  const seconds = points[points.length - 1][0], most = Math.max(...points.map((p) => p[1])) * 1.08 || 1;
  const x = (s) => left + s / seconds * (w - left - right), y = (v) => top + (1 - v / most) * (h - top - bottom);
  const add = (tag, attributes, text) => {
    const element = document.createElementNS(ns, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    svg.append(element);
  };
  for (let i = 0; i <= 4; ++i) {
    const v = most * i / 4;
    add('line', {x1: left, x2: w - right, y1: y(v), y2: y(v), stroke: 'var(--line)'});
    add('text', {x: left - 7, y: y(v) + 4, 'text-anchor': 'end'}, short(v));
  }
  const ticks = Math.max(2, Math.min(8, Math.floor(w / 140)));
  for (let i = 0; i <= ticks; ++i) {
    const s = seconds * i / ticks;
    add('text', {x: x(s), y: h - 7, 'text-anchor': i === 0 ? 'start' : i === ticks ? 'end' : 'middle'}, (seconds < 20 ? s.toFixed(1) : Math.round(s)) + ' s');
  }
  const path = points.map((p, i) => (i ? 'L' : 'M') + x(p[0]).toFixed(1) + ' ' + y(p[1]).toFixed(1)).join(' ');
  add('path', {d: path + ' L' + x(seconds).toFixed(1) + ' ' + y(0) + ' L' + x(points[0][0]).toFixed(1) + ' ' + y(0) + ' Z', fill: 'var(--append)', 'fill-opacity': .16});
  add('path', {d: path, fill: 'none', stroke: 'var(--append)', 'stroke-width': 2});
  byId('paceFacts').textContent = 'slowest ' + short(Math.min(...points.map((p) => p[1]))) + ', fastest ' + short(Math.max(...points.map((p) => p[1]))) + ' steps/s between two samples';
}

for (const section of data.sections) {
  const table = make('table'), most = Math.max(...section.rows.map((row) => row[1]), 1);
  table.append(make('caption', section.name));
  const head = make('tr');
  for (const [title, hidden] of [['', 'what'], ['times'], ['runs'], ['', 'share']]) {
    const cell = make('th', title);
    cell.scope = 'col';
    if (hidden) cell.append(make('span', hidden, 'hidden'));
    head.append(cell);
  }
  const groupHead = make('thead'), body = make('tbody');
  groupHead.append(head);
  for (const [name, times, runs] of section.rows) {
    const row = make('tr', undefined, times === 0 ? 'never' : '');
    const bar = make('td', undefined, 'bar'), fill = make('i');
    // The square root keeps rare things visible beside frequent ones.
    fill.style.width = Math.sqrt(times / most) * 100 + '%';
    if (times) bar.append(fill);
    row.append(make('td', name), make('td', times === 0 ? 'never' : number(times)), make('td', number(runs)), bar);
    body.append(row);
  }
  table.append(groupHead, body);
  const box = make('section');
  box.append(table);
  byId('tables').append(box);
}
byId('theme').addEventListener('click', () => document.documentElement.classList.toggle('dark'));
if (window.matchMedia('(prefers-color-scheme: dark)').matches) document.documentElement.classList.add('dark');
draw();
window.addEventListener('resize', draw);
})();
