// The page of a run, first part: the data, where each event has its place, what is in view.
//
// The three parts are one script: the build puts them together, in one function.
const data = JSON.parse(document.getElementById('data').textContent);
const byId = (id) => document.getElementById(id);
const {meta, events, messages, states, writes, spans, cuts, operations} = data;
const n = events.kind.length;
const KINDS = meta.kinds;  // names of kinds of events
const KIND = Object.fromEntries(KINDS.map((name, i) => [name, i]));
const ROLES = ['follower', 'pre-candidate', 'candidate', 'leader', 'down'];
const ROLE_COLOURS = ['follower', 'precandidate', 'candidate', 'leader', 'down'];
const FAMILY_OF = {RequestVote: 'vote', RequestVoteReply: 'vote', AppendEntries: 'append', AppendEntriesReply: 'append',
  Heartbeat: 'heartbeat', HeartbeatReply: 'heartbeat', InstallSnapshot: 'snapshot', InstallSnapshotReply: 'snapshot',
  TimeoutNow: 'transfer', ReadRequest: 'read', ReadReply: 'read'};
const LOST = 2, OPEN = 0;
const AXIS = 22, GUTTER = 108, BAND = 10, LINES_MAX = 2600;

// ---- Places: an event has a place by its order or by its time.
const time = new Float64Array(n);
for (let i = 0, t = 0; i < n; ++i) time[i] = t += events.time[i];
let byTime = false;
const place = (i) => (byTime ? time[i] : i);
const lastPlace = () => Math.max(byTime ? time[n - 1] : n - 1, 1);
let left = 0, scale = 1;  // what is in view: `left` at the gutter, `scale` pixels for a unit
const x = (i) => GUTTER + (place(i) - left) * scale;
// The first event at or behind a place.
function eventAt(p) {
  let low = 0, high = n;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (place(middle) < p) low = middle + 1; else high = middle;
  }
  return low;
}

// ---- Indexes over messages: by where they begin, and how far blocks of them reach.
const m = messages.from.length, BLOCK = 256;
const endOf = (k) => (messages.end[k] < 0 ? messages.begin[k] : messages.end[k]);
const reach = new Int32Array(Math.ceil(m / BLOCK) || 1);
for (let k = 0; k < m; ++k) reach[(k / BLOCK) | 0] = Math.max(reach[(k / BLOCK) | 0], endOf(k));
const families = messages.kind.map((kind) => FAMILY_OF[meta.messages[kind]] || 'append');
const sentBy = new Map(), takenBy = new Map();
for (let k = 0; k < m; ++k) {
  sentBy.set(messages.begin[k], k);
  if (messages.end[k] >= 0) takenBy.set(messages.end[k], k);
}
const messageOf = (i) => (takenBy.has(i) ? takenBy.get(i) : sentBy.get(i));
const rests = new Set(meta.rests);
// ---- Cuts: for each, whom a node cannot reach: [node, from event, to event, words, whether both ways].
const cutStretches = new Map(meta.nodes.map((node) => [node, []]));
cuts.event.forEach((begin, i) => {
  const end = i + 1 < cuts.event.length ? cuts.event[i + 1] : n - 1;
  const gone = new Set(cuts.links[i].map(([from, to]) => from * 8 + to));
  for (const node of meta.nodes) {
    const parts = [[], [], []];  // cut both ways, only out, only in
    for (const other of meta.nodes) {
      const out = gone.has(node * 8 + other), back = gone.has(other * 8 + node);
      if (out || back) parts[out && back ? 0 : out ? 1 : 2].push(other);
    }
    if (!parts.some((part) => part.length)) continue;
    const words = parts.map((part, way) => (part.length ? ['', '\u2192', '\u2190'][way] + part.join(' ') : '')).filter((text) => text).join('  ');
    const list = cutStretches.get(node), last = list[list.length - 1];
    // A cut elsewhere changes nothing here.
    if (last && last.end === begin && last.words === words) last.end = end;
    else list.push({begin, end, words, whole: parts[0].length > 0});
  }
});

// ---- Colours follow the page's style.
const colour = {};
function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['ground', 'panel', 'line', 'ink', 'faint', 'lane', 'follower', 'precandidate', 'candidate', 'leader', 'down', 'vote',
    'append', 'heartbeat', 'snapshot', 'read', 'transfer', 'write', 'bad', 'bad-soft', 'good', 'open', 'mark', 'on-leader']) {
    colour[name] = style.getPropertyValue('--' + name).trim();
  }
}

// ---- Layout
const chart = byId('chart'), overview = byId('overview'), pen = chart.getContext('2d'), overviewPen = overview.getContext('2d');
let width = 0, height = 0, laneHeight = 0, clientsTop = 0, ratio = 1;
const nodeCount = meta.nodes.length;
const laneOf = new Map(meta.nodes.map((node, i) => [node, i]));
// Clients' operations share rows where they do not overlap.
const rowEnds = [];
operations.row = operations.begin.map((begin, i) => {
  const end = operations.end[i] < 0 ? n : operations.end[i];
  let row = rowEnds.findIndex((e) => e < begin);
  if (row < 0 && rowEnds.length < 7) row = rowEnds.push(-1) - 1;
  if (row < 0) row = rowEnds.indexOf(Math.min(...rowEnds));
  rowEnds[row] = Math.max(rowEnds[row], end);
  return row;
});
const rowHeight = 15;
const laneY = (node) => AXIS + (laneOf.get(node) + .5) * laneHeight;
function layout() {
  ratio = window.devicePixelRatio || 1;
  const box = byId('stage').getBoundingClientRect();
  width = box.width; height = box.height;
  for (const [canvas, w, h] of [[chart, width, height], [overview, overview.clientWidth, overview.clientHeight]]) {
    canvas.width = Math.round(w * ratio); canvas.height = Math.round(h * ratio);
  }
  const rows = rowEnds.length;
  const clients = rows ? Math.min(rows * rowHeight + 20, height * .4) : 0;
  clientsTop = height - clients;
  laneHeight = Math.max(30, (clientsTop - AXIS) / nodeCount);
}

// ---- Moving about
const clampView = () => {
  const room = (width - GUTTER - 12) / scale;
  const most = lastPlace();
  left = room >= most ? -(room - most) / 2 : Math.min(Math.max(left, -room * .1), most - room * .9);
};
const scaleMin = () => (width - GUTTER - 24) / lastPlace();
const scaleMax = () => (byTime ? 2 : 90);
function zoomAt(px, factor) {
  const p = left + (px - GUTTER) / scale;
  scale = Math.min(Math.max(scale * factor, Math.min(scaleMin(), scaleMax())), scaleMax());
  left = p - (px - GUTTER) / scale;
  clampView(); draw();
}
function showAll() { scale = Math.min(scaleMin(), scaleMax()); left = -6 / scale; clampView(); draw(); }
function showRange(a, b) {
  const low = place(a), high = Math.max(place(b), low + (byTime ? 1 : 0));
  const room = width - GUTTER - 24;
  scale = Math.min(Math.max(room / ((high - low) * 1.12 || 1), scaleMin()), byTime ? scaleMax() : 26);
  left = (low + high) / 2 - room / scale / 2;
  clampView(); draw();
}
function centre(i) {
  const p = x(i);
  if (p < GUTTER + 40 || p > width - 40) { left = place(i) - (width - GUTTER) / scale / 2; clampView(); }
}
function showViolation() {
  if (meta.violation === null) return showAll();
  const first = meta.rests.length ? Math.min(...meta.rests) : meta.violation;
  showRange(Math.max(first - 4, meta.violation - 90, 0), Math.min(meta.violation + 4, n - 1));
  select(meta.violation, true);
}
