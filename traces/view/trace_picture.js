// The page of a run, second part: the picture. Only what is in view is drawn.
// ---- Drawing
const font = (size, weight) => (weight ? weight + ' ' : '') + size + 'px system-ui, "Segoe UI", "DejaVu Sans", sans-serif';
let scheduled = false;
function draw() { if (!scheduled) { scheduled = true; requestAnimationFrame(paint); } }

// The states of a node that are in view: [from event, to event, index].
function statesInView(node, from, to, visit) {
  const list = states[node];
  let low = 0, high = list.event.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list.event[middle] <= from) low = middle + 1; else high = middle;
  }
  for (let i = Math.max(low - 1, 0); i < list.event.length && list.event[i] <= to; ++i) {
    visit(list, i, list.event[i], i + 1 < list.event.length ? list.event[i + 1] : n - 1);
  }
}

function paintGround() {
  pen.fillStyle = colour.lane;
  for (const node of meta.nodes) {
    if (laneOf.get(node) % 2 === 0) pen.fillRect(GUTTER, laneY(node) - laneHeight / 2, width - GUTTER, laneHeight);
  }
}
function paintLanes(from, to) {
  for (const node of meta.nodes) {
    const y = laneY(node);
    let drawn = GUTTER;
    statesInView(node, from, to, (list, i, a, b) => {
      // Whole pixels, so that no seam shows between two states.
      const role = list.role[i], x1 = Math.round(Math.max(x(a), GUTTER)), x2 = Math.round(Math.min(x(b) + (b === n - 1 ? 6 : 0), width));
      if (x2 > drawn || role === 3) {
        drawn = x2;
        pen.fillStyle = colour[ROLE_COLOURS[role]];
        if (role === 4) {
          pen.fillRect(x1, y - 1, Math.max(x2 - x1, 1), 2);
        } else {
          pen.fillRect(x1, y - BAND, Math.max(x2 - x1, 1), 2 * BAND);
        }
      }
      if (laneHeight < 34) return;
      const before = i > 0 ? list : null;
      const turned = !before || before.role[i - 1] !== role || before.term[i - 1] !== list.term[i] || x(a) < GUTTER;
      const textAt = x1 + (KINDS[events.kind[a]] === 'start' ? 10 : 5);
      if (turned && role !== 4) {
        // The label may run on over the states that follow while role and term stay.
        let j = i;
        while (j + 1 < list.event.length && list.role[j + 1] === role && list.term[j + 1] === list.term[i]) ++j;
        const room = Math.min(x(j + 1 < list.event.length ? list.event[j + 1] : n - 1), width) - textAt - 3;
        labels.push([node, textAt, y, list.term[i], role, room]);
      }
      if (before && before.commit[i - 1] < list.commit[i] && x(a) >= GUTTER) {
        commits.push([node, x(a), y, list.commit[i]]);
      }
    });
  }
}
let labels = [], commits = [];
function paintLabels() {
  pen.textBaseline = 'middle';
  for (const [, at, y, term, role, room] of labels) {
    const long = 'term ' + term + (role ? ' ' + ROLES[role] : ''), short = 'T' + term;
    pen.font = font(11, 600);
    const text = pen.measureText(long).width <= room ? long : pen.measureText(short).width <= room ? short : '';
    if (!text) continue;
    pen.fillStyle = role === 3 ? colour['on-leader'] : colour.ink;
    pen.fillText(text, at, y - 2.5);
  }
  // Commit indexes below the bands, where there is room.
  if (commits.length > 600) return;
  pen.font = font(10.5);
  const ends = new Map();
  for (const [node, at, y, commit] of commits) {
    if (laneHeight < 46 || at < (ends.get(node) || 0)) continue;
    const text = 'c' + commit;
    pen.fillStyle = colour.faint;
    pen.fillText(text, at - 3, y + BAND + 13);
    pen.fillRect(at - .5, y + BAND, 1, 7);
    ends.set(node, at + pen.measureText(text).width + 5);
  }
}

// Above the bands: whom a node cannot reach, and for how long.
function paintCuts(from, to) {
  pen.font = font(10.5); pen.textBaseline = 'middle';
  for (const node of meta.nodes) {
    const list = cutStretches.get(node), y = laneY(node) - BAND - 5;
    let low = 0, high = list.length, drawn = -1;
    while (low < high) { const middle = (low + high) >> 1; if (list[middle].end < from) low = middle + 1; else high = middle; }
    for (let i = low; i < list.length && list[i].begin <= to; ++i) {
      const x1 = Math.max(x(list[i].begin), GUTTER), x2 = Math.min(x(list[i].end), width);
      if (x2 < drawn + .5) continue;
      drawn = x2;
      pen.fillStyle = pen.strokeStyle = colour.bad;
      pen.globalAlpha = list[i].whole ? .85 : .55;
      pen.fillRect(x1, y, Math.max(x2 - x1, 1), 1.5);
      // Ends turned down, where they are in view: a bracket over what is cut off.
      if (x2 - x1 > 6) {
        if (x(list[i].begin) >= GUTTER) pen.fillRect(x1, y, 1.5, 4);
        if (x(list[i].end) <= width && list[i].end < n - 1) pen.fillRect(x2 - 1.5, y, 1.5, 4);
      }
      const text = '\u2702 ' + list[i].words;
      if (laneHeight < 50 || pen.measureText(text).width + 10 > x2 - x1) continue;
      const at = x1 + 5, w = pen.measureText(text).width;
      pen.globalAlpha = .9;
      pen.fillStyle = colour.ground; pen.fillRect(at - 2, y - 5, w + 4, 11);
      pen.globalAlpha = 1;
      pen.fillStyle = colour.bad; pen.fillText(text, at, y + .5);
    }
    pen.globalAlpha = 1;
  }
}

function paintWrites(from, to) {
  if (laneHeight < 34) return;
  for (const node of meta.nodes) {
    const list = writes[node];
    if (!list) continue;
    let low = 0, high = list.begin.length, drawn = -1;
    while (low < high) { const middle = (low + high) >> 1; if (list.begin[middle] < from - 400) low = middle + 1; else high = middle; }
    const y = laneY(node) + BAND + 2;
    for (let i = low; i < list.begin.length && list.begin[i] <= to; ++i) {
      const end = list.end[i] < 0 ? list.begin[i] : list.end[i];
      const x1 = x(list.begin[i]), x2 = Math.max(x(end), x1 + 2);
      if (x2 < GUTTER || x2 < drawn + .5) continue;
      drawn = x2;
      pen.fillStyle = list.state[i] === 2 ? colour.bad : colour.write;
      pen.globalAlpha = list.state[i] === 0 ? .4 : .9;
      pen.fillRect(Math.max(x1, GUTTER), y, x2 - Math.max(x1, GUTTER), 2.5);
    }
    pen.globalAlpha = 1;
  }
}

function messagesInView(from, to, visit) {
  for (let block = 0; block * BLOCK < m; ++block) {
    if (messages.begin[block * BLOCK] > to) return;
    if (reach[block] < from) continue;
    const end = Math.min(m, (block + 1) * BLOCK);
    for (let k = block * BLOCK; k < end; ++k) {
      if (messages.begin[k] > to) return;
      if (endOf(k) >= from) visit(k);
    }
  }
}

// The line of a message: where it begins, where it would arrive, and how far it goes.
function lineOf(k) {
  const y1 = laneY(messages.from[k]), y2 = laneY(messages.to[k]), down = y2 > y1 ? 1 : -1;
  const a = x(messages.begin[k]);
  let b = messages.end[k] < 0 ? a + 18 : x(messages.end[k]);
  const fate = messages.fate[k];
  if (fate === LOST) b = Math.max(b, a + Math.min(12, laneHeight / 4));
  const part = fate === LOST ? .6 : fate === OPEN ? .3 : 1;
  const from = y1 + down * BAND, to = y2 - down * BAND;
  return {x1: a, y1: from, x2: fate === OPEN ? a + 5 : fate === LOST ? a + (b - a) * part : b, y2: from + (to - from) * part, fate};
}

let lines = [];
function paintMessages(from, to) {
  lines = [];
  let count = 0;
  messagesInView(from, to, () => { ++count; });
  const all = count <= LINES_MAX;
  if (!all) {
    // Too many to tell apart: one line for each way and column.
    const seen = new Set();
    messagesInView(from, to, (k) => {
      if (lines.length > LINES_MAX && !rests.has(messages.begin[k]) && messages.fate[k] !== LOST) return;
      const key = (((x(messages.begin[k]) / 4) | 0) * 8 + messages.from[k]) * 8 + messages.to[k];
      if (seen.has(key)) return;
      seen.add(key);
      if (lines.length < 2 * LINES_MAX) lines.push(k);
    });
  } else {
    messagesInView(from, to, (k) => lines.push(k));
  }
  const dense = lines.length > 500;
  for (const family of ['heartbeat', 'read', 'append', 'snapshot', 'vote', 'transfer']) {
    pen.strokeStyle = pen.fillStyle = colour[family];
    pen.lineWidth = 1.1;
    pen.globalAlpha = all ? (dense ? .4 : .9) : .25;
    pen.beginPath();
    for (const k of lines) {
      if (families[k] !== family) continue;
      const l = lineOf(k);
      pen.moveTo(l.x1, l.y1); pen.lineTo(l.x2, l.y2);
    }
    pen.stroke();
    if (dense) continue;
    for (const k of lines) {
      if (families[k] !== family) continue;
      const l = lineOf(k);
      if (l.fate === 1) arrowHead(l); else if (l.fate === OPEN) { pen.beginPath(); pen.arc(l.x2, l.y2, 2.2, 0, 7); pen.stroke(); }
    }
  }
  pen.globalAlpha = all ? 1 : .5;
  pen.strokeStyle = colour.bad;
  pen.lineWidth = 1.4;
  if (all || lines.length < 2 * LINES_MAX) {
    const size = dense ? 2 : 3.2;
    pen.beginPath();
    for (const k of lines) {
      if (messages.fate[k] !== LOST) continue;
      const l = lineOf(k);
      pen.moveTo(l.x2 - size, l.y2 - size); pen.lineTo(l.x2 + size, l.y2 + size);
      pen.moveTo(l.x2 - size, l.y2 + size); pen.lineTo(l.x2 + size, l.y2 - size);
    }
    pen.stroke();
  }
  pen.globalAlpha = 1;
}
function arrowHead(l) {
  const angle = Math.atan2(l.y2 - l.y1, l.x2 - l.x1), size = 5.5;
  pen.beginPath();
  pen.moveTo(l.x2, l.y2);
  pen.lineTo(l.x2 - size * Math.cos(angle - .42), l.y2 - size * Math.sin(angle - .42));
  pen.lineTo(l.x2 - size * Math.cos(angle + .42), l.y2 - size * Math.sin(angle + .42));
  pen.fill();
}

function paintEvents(from, to) {
  const spread = byTime ? (to - from > 400 ? 0 : 9) : scale;
  for (let i = from; i <= to; ++i) {
    const kind = KINDS[events.kind[i]], node = events.node[i];
    if (!laneOf.has(node)) continue;
    const px = x(i), y = laneY(node);
    if (kind === 'crash' || kind === 'start') {
      pen.strokeStyle = pen.fillStyle = kind === 'crash' ? colour.bad : colour.good;
      pen.lineWidth = 2;
      pen.beginPath();
      if (kind === 'crash') {
        pen.moveTo(px - 4, y - 4); pen.lineTo(px + 4, y + 4); pen.moveTo(px - 4, y + 4); pen.lineTo(px + 4, y - 4);
        pen.stroke();
      } else {
        pen.moveTo(px - 3, y - 5); pen.lineTo(px + 5, y); pen.lineTo(px - 3, y + 5); pen.fill();
      }
    } else if (kind === 'fault') {
      pen.fillStyle = colour.bad;
      pen.beginPath(); pen.moveTo(px, y - BAND - 7); pen.lineTo(px - 3.5, y - BAND - 1); pen.lineTo(px + 3.5, y - BAND - 1); pen.fill();
    } else if (spread > 6 && kind !== 'send' && kind !== 'lost' && kind !== 'duplicated') {
      pen.fillStyle = kind === 'write failed' ? colour.bad : colour.ground;
      pen.strokeStyle = colour.ink;
      pen.lineWidth = .9;
      pen.beginPath();
      const dot = y + BAND - 1;
      if (kind.endsWith('timeout')) { pen.moveTo(px, dot - 5); pen.lineTo(px + 3.6, dot); pen.lineTo(px, dot + 5); pen.lineTo(px - 3.6, dot); pen.closePath(); }
      else pen.arc(px, dot, 2, 0, 7);
      pen.fill(); pen.stroke();
    }
  }
}

function paintSpans(from, to) {
  spans.name.forEach((name, i) => {
    const end = spans.end[i] < 0 ? n - 1 : spans.end[i];
    if (end < from || spans.begin[i] > to) return;
    const x1 = Math.max(x(spans.begin[i]), GUTTER), x2 = Math.min(x(end), width);
    pen.fillStyle = colour.bad; pen.globalAlpha = .055;
    pen.fillRect(x1, AXIS, x2 - x1, clientsTop - AXIS);
    pen.globalAlpha = .8;
    pen.fillRect(x1, AXIS, x2 - x1, 1.5);
    pen.globalAlpha = 1;
    pen.font = font(10.5); pen.textBaseline = 'top';
    if (pen.measureText(name).width + 8 < x2 - x1) spanLabels.push([name, x1 + 4, x2]);
  });
}
// From where on a majority works without faults.
const healed = [];
for (let i = 0; i < n; ++i) if (KINDS[events.kind[i]] === 'healed') healed.push(i);
function paintHealed(from, to) {
  for (const i of healed) {
    if (i < from || i > to) continue;
    pen.fillStyle = colour.good; pen.fillRect(x(i) - .75, AXIS, 1.5, clientsTop - AXIS);
    pen.font = font(10.5, 600); pen.textBaseline = 'top';
    const size = pen.measureText('healed').width;  // Where there is no room on the right, on the left.
    pen.fillText('healed', x(i) + 5 + size < width ? x(i) + 5 : x(i) - 5 - size, AXIS + 16);
  }
}
let spanLabels = [];
function paintSpanLabels() {
  pen.font = font(10.5); pen.textBaseline = 'top'; pen.fillStyle = colour.bad;
  let end = 0;
  for (const [name, at] of spanLabels.sort((a, b) => a[1] - b[1])) {
    if (at < end) continue;
    pen.fillText(name, at, AXIS + 3);
    end = at + pen.measureText(name).width + 8;
  }
}

// As much of a text as has room, if that says anything.
function fitted(text, room) {
  const wide = pen.measureText(text).width;
  if (wide <= room) return text;
  const count = Math.floor(text.length * room / wide) - 1;
  return count >= 5 ? text.slice(0, count) + '\u2026' : '';
}
function paintOperations(from, to) {
  if (!rowEnds.length) return;
  pen.fillStyle = colour.panel; pen.fillRect(0, clientsTop, width, height - clientsTop);
  pen.fillStyle = colour.line; pen.fillRect(0, clientsTop, width, 1);
  const step = Math.min(rowHeight, (height - clientsTop - 8) / rowEnds.length);
  const ends = [];
  for (let i = 0; i < operations.begin.length; ++i) {
    const end = operations.end[i] < 0 ? n - 1 : operations.end[i];
    if (operations.begin[i] > to) break;
    if (end < from) continue;
    const x1 = Math.max(x(operations.begin[i]), GUTTER), x2 = Math.min(Math.max(x(end), x1 + 2), width);
    const row = operations.row[i];
    if (x2 < (ends[row] || 0) + .4) continue;
    ends[row] = x2;
    const y = clientsTop + 5 + row * step, h = Math.max(step - 3, 3);
    const verdict = operations.answer[i];
    pen.fillStyle = [colour.open, colour.append, colour.heartbeat, colour.open][verdict];
    if (operations.kind[i] === 0 && verdict === 1) pen.fillStyle = colour.read;
    pen.globalAlpha = verdict === 1 ? .85 : .55;
    pen.fillRect(x1, y, x2 - x1, h);
    pen.globalAlpha = 1;
    if (verdict !== 1) { pen.fillStyle = colour.open; pen.fillRect(x2 - 2, y, 2, h); }
    if (h > 9 && x2 - x1 > 26) {
      pen.font = font(10.5); pen.textBaseline = 'middle'; pen.fillStyle = verdict === 1 ? colour.ground : colour.ink;
      const text = fitted(operations.text[i], x2 - x1 - 7);
      if (text) pen.fillText(text, x1 + 4, y + h / 2 + .5);
    }
  }
}

// Where the name of the broken property stands on the axis, or null.
function flagPlace() {
  const px = meta.violation === null ? -1 : x(meta.violation);
  if (px < GUTTER || px > width) return null;
  pen.font = font(11, 700);
  const room = pen.measureText(meta.property).width + 10;
  return {at: px, left: Math.min(Math.max(px - room / 2, GUTTER), width - room), width: room};
}
function paintAxis(from, to) {
  const flag = flagPlace();
  pen.fillStyle = colour.ground; pen.fillRect(0, 0, width, AXIS);
  pen.fillStyle = colour.line; pen.fillRect(0, AXIS - 1, width, 1);
  pen.font = font(11); pen.textBaseline = 'middle';
  const want = 110 / scale, power = Math.pow(10, Math.floor(Math.log10(want)));
  const unit = [1, 2, 5, 10].map((f) => f * power).find((u) => u >= want);
  const step = byTime ? unit : Math.max(1, Math.round(unit));
  for (let p = Math.max(0, Math.ceil(left / step) * step); p <= lastPlace(); p += step) {
    const px = GUTTER + (p - left) * scale;
    if (px > width - 62) break;
    if (px < GUTTER) continue;
    pen.fillStyle = colour.line; pen.fillRect(px, AXIS - 6, 1, 5);
    pen.fillStyle = colour.faint;
    if (flag && px + 60 > flag.left && px < flag.left + flag.width) continue;
    pen.fillText(byTime ? millis(p) : '#' + (p + 1).toLocaleString('en'), px + 3, AXIS / 2);
  }
  pen.fillStyle = colour.ground; pen.fillRect(0, 0, GUTTER, AXIS);
  pen.fillStyle = colour.faint; pen.fillText(byTime ? 'time' : 'event', 12, AXIS / 2);
}
const millis = (micros) => (micros / 1000).toLocaleString('en', {maximumFractionDigits: 3}) + ' ms';

function paintGutter() {
  pen.fillStyle = colour.ground; pen.fillRect(0, AXIS, GUTTER, clientsTop - AXIS);
  pen.fillStyle = colour.line; pen.fillRect(GUTTER - 1, 0, 1, height);
  for (const node of meta.nodes) {
    const y = laneY(node);
    pen.font = font(13, 600); pen.textBaseline = 'middle'; pen.fillStyle = colour.ink;
    pen.fillText('node ' + node, 12, laneHeight < 40 ? y : y - 7);
    if (laneHeight < 40) continue;
    // How it is at the selected event.
    const at = selected === null ? n - 1 : selected;
    const list = states[node];
    let low = 0, high = list.event.length;
    while (low < high) { const middle = (low + high) >> 1; if (list.event[middle] <= at) low = middle + 1; else high = middle; }
    if (low === 0) continue;
    pen.font = font(10.5); pen.fillStyle = colour.faint;
    pen.fillText('log ' + list.last[low - 1] + ' · c' + list.commit[low - 1], 12, y + 8);
  }
  if (!rowEnds.length) return;
  pen.fillStyle = colour.panel; pen.fillRect(0, clientsTop + 1, GUTTER - 1, height - clientsTop);
  pen.font = font(13, 600); pen.fillStyle = colour.ink;
  pen.fillText('clients', 12, clientsTop + 15);
}

function ringAt(i, ink, wide) {
  const node = events.node[i];
  if (!laneOf.has(node)) return;
  pen.strokeStyle = ink; pen.lineWidth = wide;
  pen.beginPath(); pen.arc(x(i), laneY(node), BAND + 4, 0, 7); pen.stroke();
}
function strongLine(k, ink, wide) {
  const l = lineOf(k);
  pen.strokeStyle = pen.fillStyle = ink; pen.lineWidth = wide;
  pen.beginPath(); pen.moveTo(l.x1, l.y1); pen.lineTo(l.x2, l.y2); pen.stroke();
  if (l.fate === 1) arrowHead(l);
}
function paintMarks(from, to) {
  pen.globalAlpha = .9;
  for (const i of meta.rests) {
    const k = messageOf(i);
    if (k !== undefined && endOf(k) >= from && messages.begin[k] <= to) strongLine(k, colour.bad, 2);
    if (i >= from && i <= to && KINDS[events.kind[i]] !== 'send') ringAt(i, colour.bad, 1.6);
  }
  pen.globalAlpha = 1;
  const flag = flagPlace();
  if (flag) {
    pen.fillStyle = colour.bad;
    pen.fillRect(flag.at - .75, AXIS, 1.5, height - AXIS);
    pen.fillRect(flag.left, 3, flag.width, AXIS - 6);
    pen.font = font(11, 700); pen.textBaseline = 'middle';
    pen.fillStyle = colour.ground; pen.fillText(meta.property, flag.left + 5, AXIS / 2 + .5);
  }
  if (hits.length && hits.length < 4000) {
    pen.fillStyle = colour.open;
    for (const i of hits) {
      if (i < from || i > to) continue;
      const y = laneOf.has(events.node[i]) ? laneY(events.node[i]) - BAND - 4 : AXIS + 4;
      pen.fillRect(x(i) - 1, y - 5, 2, 5);
    }
  }
  if (selected !== null) {
    const k = messageOf(selected);
    if (k !== undefined) strongLine(k, colour.ink, 2.2);
    if (selected >= from && selected <= to) ringAt(selected, colour.ink, 2);
    const px = x(selected);
    if (px >= GUTTER) { pen.fillStyle = colour.ink; pen.globalAlpha = .35; pen.fillRect(px - .5, AXIS, 1, height - AXIS); pen.globalAlpha = 1; }
  }
}

const frames = [];
function paint() {
  scheduled = false;
  const began = performance.now();
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = colour.ground; pen.fillRect(0, 0, width, height);
  const from = Math.max(0, eventAt(left) - 1), to = Math.min(n - 1, eventAt(left + (width - GUTTER) / scale) + 1);
  labels = []; commits = []; spanLabels = [];
  pen.save();
  pen.beginPath(); pen.rect(GUTTER, 0, width - GUTTER, height); pen.clip();
  paintGround();
  paintSpans(from, to);
  paintMessages(from, to);
  paintLanes(from, to);
  paintWrites(from, to);
  paintCuts(from, to);
  paintLabels();
  if (to - from < 4000) paintEvents(from, to); else paintCrashes(from, to);
  paintOperations(from, to);
  paintSpanLabels();
  paintHealed(from, to);
  paintAxis(from, to);
  paintMarks(from, to);
  pen.restore();
  paintGutter();
  paintOverview();
  frames.push(performance.now() - began);
  if (frames.length > 500) frames.shift();
}
const crashes = [];
for (let i = 0; i < n; ++i) if (KINDS[events.kind[i]] === 'crash') crashes.push(i);
function paintCrashes(from, to) {
  pen.fillStyle = colour.bad;
  for (const i of crashes) if (i >= from && i <= to && laneOf.has(events.node[i])) pen.fillRect(x(i) - .5, laneY(events.node[i]) - BAND - 4, 1.2, 4);
}

// ---- The whole run, small. Drawn once for each size and colour scheme, then copied.
let overviewImage = null;
function drawOverview(w, h) {
  const canvas = document.createElement('canvas');
  canvas.width = overview.width; canvas.height = overview.height;
  const p = canvas.getContext('2d');
  p.setTransform(ratio, 0, 0, ratio, 0, 0);
  p.fillStyle = colour.panel; p.fillRect(0, 0, w, h);
  const at = (i) => GUTTER + place(i) / lastPlace() * (w - GUTTER - 8), lane = (h - 12) / nodeCount;
  for (const node of meta.nodes) {
    const list = states[node], y = 6 + laneOf.get(node) * lane;
    for (let i = 0, drawn = -1; i < list.event.length; ++i) {
      const x1 = Math.round(at(list.event[i])), x2 = Math.round(at(i + 1 < list.event.length ? list.event[i + 1] : n - 1));
      if (x2 <= drawn && list.role[i] !== 3) continue;
      drawn = x2;
      p.fillStyle = colour[ROLE_COLOURS[list.role[i]]];
      p.fillRect(x1, y, Math.max(x2 - x1, 1), Math.max(lane - 1, 1));
    }
  }
  p.fillStyle = colour.bad;
  for (const i of crashes) if (laneOf.has(events.node[i])) p.fillRect(at(i) - .5, 6 + laneOf.get(events.node[i]) * lane, 1, Math.max(lane - 1, 1));
  if (meta.violation !== null) p.fillRect(at(meta.violation) - 1, 0, 2, h);
  p.font = font(11); p.textBaseline = 'middle'; p.fillStyle = colour.faint; p.fillText('whole run', 12, h / 2);
  overviewImage = canvas;
}
function paintOverview() {
  const w = overview.width / ratio, h = overview.height / ratio;
  if (overviewImage === null) drawOverview(w, h);
  overviewPen.setTransform(1, 0, 0, 1, 0, 0);
  overviewPen.drawImage(overviewImage, 0, 0);
  overviewPen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const room = w - GUTTER - 8;
  const a = GUTTER + Math.max(0, left / lastPlace()) * room;
  const b = GUTTER + Math.min(1, (left + (width - GUTTER) / scale) / lastPlace()) * room;
  overviewPen.strokeStyle = colour.ink; overviewPen.lineWidth = 1.5;
  overviewPen.strokeRect(a, 1.5, Math.max(b - a, 3), h - 3);
}
