// The page of a run, third part: words, selecting, searching, the list, buttons and keys.
// ---- Words: what an event says, paragraph by paragraph.
function words(i) { return events.text[i].split('\n'); }
function fill(box, i) {
  box.textContent = '';
  if (i === null) { box.append(line('em', 'No event is selected. Choose one in the list or in the picture.')); return; }
  const node = events.node[i];
  box.append(line('em', '#' + (i + 1) + ' · ' + millis(time[i]) + (node ? ' · node ' + node : '') + (events.step[i] ? ' · step ' + events.step[i] : '')));
  const [first, ...rest] = words(i);
  box.append(line('b', first));
  for (const text of rest) if (text) box.append(line('span', text));
  const k = messageOf(i);
  if (k !== undefined && takenBy.get(i) !== k) {
    const fate = messages.fate[k];
    box.append(line('em', fate === 1 ? 'arrives at node ' + messages.to[k] + ' as event #' + (messages.end[k] + 1) + (words(messages.end[k]).length > 1 ? ', and changes' : '') :
      fate === LOST ? 'is lost' : 'never arrives'));
    if (fate === 1) for (const text of words(messages.end[k]).slice(1)) box.append(line('span', text));
  } else if (k !== undefined) {
    box.append(line('em', 'sent as event #' + (messages.begin[k] + 1)));
  }
  if (i === meta.violation) box.append(line('em', meta.property + ' is broken here'));
}
function line(tag, text) { const element = document.createElement(tag); element.textContent = text; return element; }

// ---- Selecting, pointing
let selected = null;
function select(i, keepView) {
  selected = i;
  fill(byId('details'), i);
  if (!keepView && i !== null) centre(i);
  showRow();
  draw();
}
function nearest(px, py) {
  if (px < GUTTER) return null;
  if (py > clientsTop) {
    const step = Math.min(rowHeight, (height - clientsTop - 8) / (rowEnds.length || 1)), row = Math.floor((py - clientsTop - 5) / step);
    for (let i = 0; i < operations.begin.length; ++i) {
      const end = operations.end[i] < 0 ? n - 1 : operations.end[i];
      if (operations.row[i] === row && x(operations.begin[i]) - 2 <= px && px <= Math.max(x(end), x(operations.begin[i]) + 3)) {
        return operations.end[i] < 0 ? operations.begin[i] : operations.end[i];
      }
    }
    return null;
  }
  let best = null, distance = 7;
  const from = eventAt(left + (px - GUTTER - 9) / scale), to = Math.min(n - 1, eventAt(left + (px - GUTTER + 9) / scale) + 1);
  for (let i = from; i <= to && i - from < 3000; ++i) {
    const kind = KINDS[events.kind[i]];
    if (!laneOf.has(events.node[i]) || kind === 'send' || kind === 'lost' || kind === 'duplicated') continue;
    const d = Math.hypot(x(i) - px, Math.max(0, Math.abs(laneY(events.node[i]) - py) - BAND));
    if (d < distance) { distance = d; best = i; }
  }
  if (best !== null) return best;
  distance = 6;
  for (const k of lines) {
    const l = lineOf(k), dx = l.x2 - l.x1, dy = l.y2 - l.y1;
    const t = Math.min(1, Math.max(0, ((px - l.x1) * dx + (py - l.y1) * dy) / (dx * dx + dy * dy || 1)));
    const d = Math.hypot(l.x1 + t * dx - px, l.y1 + t * dy - py);
    if (d < distance) { distance = d; best = messages.begin[k]; }
  }
  return best;
}
const tip = byId('tip');
function showTip(px, py) {
  const i = nearest(px, py);
  chart.classList.toggle('pointing', i !== null);
  if (i === null) { tip.style.display = 'none'; return; }
  fill(tip, i);
  tip.style.display = 'block';
  const w = tip.offsetWidth, h = tip.offsetHeight;
  tip.style.left = Math.max(4, Math.min(px + 14, width - w - 8)) + 'px';
  tip.style.top = (py + 18 + h < height ? py + 16 : Math.max(4, py - h - 12)) + 'px';
}
let drag = null, moved = 0;
chart.addEventListener('pointerdown', (e) => { drag = {x: e.clientX, left}; moved = 0; chart.setPointerCapture(e.pointerId); });
chart.addEventListener('pointermove', (e) => {
  const box = chart.getBoundingClientRect();
  if (!drag) { showTip(e.clientX - box.left, e.clientY - box.top); return; }
  moved = Math.max(moved, Math.abs(e.clientX - drag.x));
  if (moved < 4) return;
  chart.classList.add('dragging'); tip.style.display = 'none';
  left = drag.left - (e.clientX - drag.x) / scale; clampView(); draw();
});
chart.addEventListener('pointerup', (e) => {
  const box = chart.getBoundingClientRect();
  if (drag && moved < 4) { const i = nearest(e.clientX - box.left, e.clientY - box.top); if (i !== null) select(i); }
  drag = null; chart.classList.remove('dragging');
});
chart.addEventListener('pointerleave', () => { tip.style.display = 'none'; });
chart.addEventListener('wheel', (e) => {
  e.preventDefault(); tip.style.display = 'none';
  const box = chart.getBoundingClientRect();
  if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) { left += e.deltaX / scale; clampView(); draw(); return; }
  zoomAt(e.clientX - box.left, Math.exp(-e.deltaY * .0018));
}, {passive: false});
let overviewDrag = false;
function moveOverview(e) {
  const box = overview.getBoundingClientRect();
  const p = (e.clientX - box.left - GUTTER) / (box.width - GUTTER - 8) * lastPlace();
  left = p - (width - GUTTER) / scale / 2; clampView(); draw();
}
overview.addEventListener('pointerdown', (e) => { overviewDrag = true; overview.setPointerCapture(e.pointerId); moveOverview(e); });
overview.addEventListener('pointermove', (e) => { if (overviewDrag) moveOverview(e); });
overview.addEventListener('pointerup', () => { overviewDrag = false; });

// ---- Searching
let hits = [], hitSet = new Set(), hit = -1;
// Words, and name:value pairs; all must fit.
function matcher(query) {
  const tests = [];
  for (const token of query.toLowerCase().match(/\S+/g) || []) {
    const pair = token.match(/^(node|term|index|kind|step|client):(.+)$/);
    if (!pair) { tests.push((i) => lower(i).includes(token)); continue; }
    const [, name, value] = pair, number = Number(value);
    if (name === 'node') tests.push((i) => events.node[i] === number || lower(i).includes('->' + value + ' '));
    if (name === 'term') tests.push((i) => events.term[i] === number);
    if (name === 'index') tests.push((i) => events.low[i] <= number && number <= events.high[i]);
    if (name === 'step') tests.push((i) => events.step[i] === number);
    if (name === 'client') tests.push((i) => lower(i).startsWith('client ' + value + ' '));
    if (name === 'kind') tests.push((i) => KINDS[events.kind[i]].replace(/ /g, '').includes(value) || wordsOf(i).includes(value));
  }
  return (i) => tests.every((test) => test(i));
}
const wordsOf = (i) => lower(i).split(/[\s,:;]+/);
const lowered = [];
const lower = (i) => (lowered[i] === undefined ? (lowered[i] = events.text[i].toLowerCase()) : lowered[i]);
function search(query) {
  hits = [];
  const fits = matcher(query);
  if (query.trim()) for (let i = 0; i < n; ++i) if (fits(i)) hits.push(i);
  hitSet = new Set(hits);
  hit = -1;
  tellFound(query); renderRows(); draw();
}
function tellFound(query) {
  byId('found').textContent = !query.trim() ? '' : hits.length ? (hit < 0 ? '' : hit + 1 + ' of ') + hits.length + (hit < 0 ? ' found' : '') : 'nothing found';
}
function go(by) {
  if (!hits.length) return;
  if (hit < 0) {
    const at = hits.findIndex((i) => i >= (selected === null ? 0 : selected));
    hit = by > 0 ? Math.max(at, 0) : (at <= 0 ? hits.length : at) - 1;
  } else {
    hit = (hit + by + hits.length) % hits.length;
  }
  tellFound(byId('search').value); select(hits[hit]);
}
let typing = null;
byId('search').addEventListener('input', (e) => { clearTimeout(typing); typing = setTimeout(() => search(e.target.value), 120); });
byId('search').addEventListener('keydown', (e) => {
  if (e.key === 'Enter') { clearTimeout(typing); if (hit < 0) search(e.target.value); go(e.shiftKey ? -1 : 1); e.preventDefault(); }
  if (e.key === 'Escape') { e.target.value = ''; search(''); chart.focus(); }
  e.stopPropagation();
});

// ---- The list: only the rows in view exist.
const list = byId('list'), rows = byId('rows'), ROW = 22, TALL = 8e6;
const rowScale = n * ROW > TALL ? TALL / (n * ROW) : 1;  // browsers limit how tall an element may be
rows.style.height = Math.min(n * ROW, TALL) + 'px';
byId('count').textContent = n.toLocaleString('en');
const firstRow = () => Math.floor(list.scrollTop / (ROW * rowScale));
function renderRows() {
  const first = Math.max(0, Math.min(firstRow() - 2, n - 1)), count = Math.ceil(list.clientHeight / ROW) + 5;
  rows.textContent = '';
  for (let i = first; i < Math.min(n, first + count); ++i) {
    const row = document.createElement('div');
    const kind = KINDS[events.kind[i]];
    row.className = 'row' + (i === selected ? ' selected' : '') + (hitSet.has(i) ? ' hit' : '') + (rests.has(i) || i === meta.violation ? ' rest' : '') +
      (kind === 'crash' || kind === 'fault' || kind === 'cut' || kind === 'lost' || kind === 'violation' || kind === 'write failed' ? ' bad' : '');
    row.id = 'event-' + i;
    row.setAttribute('role', 'option');
    row.setAttribute('aria-selected', String(i === selected));
    row.setAttribute('aria-posinset', String(i + 1));
    row.setAttribute('aria-setsize', String(n));
    row.style.top = (first * ROW * rowScale + (i - first) * ROW) + 'px';
    const when = document.createElement('time');
    when.textContent = millis(time[i]);
    row.append(when, line('i', events.node[i] ? String(events.node[i]) : '·'), events.text[i].replace(/\n+/g, ' '));
    row.addEventListener('click', () => select(i));
    rows.append(row);
  }
  if (selected !== null) list.setAttribute('aria-activedescendant', 'event-' + selected);
}
function showRow() {
  if (selected !== null) {
    const top = selected * ROW * rowScale, view = list.clientHeight;
    if (top < list.scrollTop + ROW || top > list.scrollTop + view - 2 * ROW) list.scrollTop = top - view / 2;
  }
  renderRows();
}
list.addEventListener('scroll', renderRows);
list.addEventListener('keydown', (e) => {
  const page = Math.max(1, Math.floor(list.clientHeight / ROW) - 1), at = selected === null ? 0 : selected;
  const to = {ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: n - 1}[e.key];
  if (to !== undefined) { select(Math.max(0, Math.min(n - 1, to))); e.preventDefault(); e.stopPropagation(); }
  if (e.key === 'Enter' && selected !== null) { showRange(Math.max(0, selected - 25), Math.min(n - 1, selected + 25)); e.preventDefault(); }
});

// ---- Buttons and keys
function setClock(on) {
  const middle = eventAt(left + (width - GUTTER) / scale / 2), a = eventAt(left), b = Math.min(n - 1, eventAt(left + (width - GUTTER) / scale));
  byTime = on;
  byId('clock').setAttribute('aria-pressed', String(on));
  overviewImage = null;
  if (b - a >= n - 2) showAll(); else showRange(a, Math.max(b, middle));
}
function setDark(on) { document.documentElement.classList.toggle('dark', on); readColours(); overviewImage = null; draw(); }
const isDark = () => document.documentElement.classList.contains('dark');
function togglePanel() {
  const side = byId('side');
  side.hidden = !side.hidden;
  byId('panel').setAttribute('aria-pressed', String(!side.hidden));
  resize();
}
const actions = {
  v: showViolation, '0': showAll, '+': () => zoomAt((width + GUTTER) / 2, 1.5), '=': () => zoomAt((width + GUTTER) / 2, 1.5),
  '-': () => zoomAt((width + GUTTER) / 2, 1 / 1.5), t: () => setClock(!byTime), d: () => setDark(!isDark()), l: togglePanel,
  n: () => go(1), p: () => go(-1), '/': () => byId('search').focus(),
  ']': () => select(Math.min(n - 1, selected === null ? 0 : selected + 1)), '[': () => select(Math.max(0, selected === null ? 0 : selected - 1)),
  ArrowLeft: () => { left -= (width - GUTTER) / scale * .15; clampView(); draw(); },
  ArrowRight: () => { left += (width - GUTTER) / scale * .15; clampView(); draw(); },
};
document.addEventListener('keydown', (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || !actions[e.key]) return;
  actions[e.key](); e.preventDefault();
});
for (const [id, key] of [['goto', 'v'], ['all', '0'], ['in', '+'], ['out', '-'], ['clock', 't'], ['theme', 'd'], ['panel', 'l'], ['next', 'n'], ['previous', 'p']]) {
  byId(id).addEventListener('click', actions[key]);
}
byId('goto').hidden = meta.violation === null;

// ---- The words around it
byId('title').textContent = meta.title;
byId('badge').textContent = meta.verdict;
byId('badge').className = 'badge ' + meta.mood;
byId('facts').textContent = meta.facts.join(' · ');
byId('why').textContent = meta.why;
// What stands above already need not be said again.
byId('story').textContent = meta.story.split('\n').filter((text) => text === '' || text !== meta.why).join('\n').trim();
byId('story').hidden = byId('story').textContent === '';
function legend() {
  const box = byId('legend');
  const add = (style, text, arrow) => {
    const item = document.createElement('span'), swatch = document.createElement('i');
    swatch.style.background = 'var(--' + style + ')';
    if (arrow) swatch.className = 'arrow';
    item.append(swatch, text); box.append(item);
  };
  ROLES.forEach((role, i) => add(ROLE_COLOURS[i], role));
  const used = new Set(families);
  for (const [family, text] of [['vote', 'votes'], ['append', 'entries'], ['heartbeat', 'heartbeats'], ['snapshot', 'snapshots'], ['read', 'reads'], ['transfer', 'transfer']]) {
    if (used.has(family)) add(family, text, true);
  }
  add('write', 'write on its way to disk', true);
  if (operations.begin.length) {
    add('read', 'client read');
    add('append', 'client write');
    if (operations.answer.includes(2)) add('heartbeat', 'refused');
    if (operations.answer.includes(3) || operations.answer.includes(0)) add('open', 'outcome unknown');
  }
  const mark = (sign, text) => { const item = document.createElement('span'); item.append(line('b', sign), text); box.append(item); };
  mark('✕', 'crash, or a message lost');
  mark('▴', 'fault');
  if (cuts.event.length) mark('\u2702', 'cut off from these nodes (\u2192 cannot send to, \u2190 cannot hear)');
  if (meta.violation !== null) mark('◯', 'what the violation rests on');
  const commit = document.createElement('span'); commit.textContent = 'c7: committed up to 7'; box.append(commit);
}
function resize() { layout(); overviewImage = null; clampView(); renderRows(); draw(); }
legend();
if (window.matchMedia('(prefers-color-scheme: dark)').matches) document.documentElement.classList.add('dark');
readColours();
layout();
fill(byId('details'), null);
if (meta.violation !== null) showViolation(); else showAll();
renderRows();
new ResizeObserver(resize).observe(byId('stage'));
// For whoever measures or drives the page.
window.lockstep = {frames, zoomAt, showAll, select, search, nearest, x, lineOf, events: n, get selected() { return selected; }, get hits() { return hits; },
  get lines() { return lines; }, get scale() { return scale; }};
