// Uses a page of a run as a person would. Appended to a copy of the page; the result goes into #result.
'use strict';
(async () => {
  const failures = [];
  let checks = 0;
  const check = (holds, what) => { ++checks; if (!holds) failures.push(what); };
  const byId = (id) => document.getElementById(id);
  const page = window.lockstep;
  const settled = () => new Promise((done) => setTimeout(done, 60));
  const press = (target, key) => target.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
  const chart = byId('chart'), box = chart.getBoundingClientRect();
  const pointer = (type, x, y) => chart.dispatchEvent(new PointerEvent(type, {clientX: box.left + x, clientY: box.top + y, bubbles: true, pointerId: 1}));
  chart.setPointerCapture = () => {};
  const data = JSON.parse(byId('data').textContent), n = data.events.kind.length;
  try {
    await settled();
    check(page.events === n && n > 0, 'the page knows its events');
    check(byId('title').textContent.length > 0, 'there is a title');
    // What it opens at.
    if (data.meta.violation !== null) {
      check(page.selected === data.meta.violation, 'it opens at the violation');
      check(byId('details').textContent.includes(data.meta.property), 'the details name the property');
      check(data.meta.rests.length > 0, 'the violation rests on something');
    }
    // Zoom and pan.
    page.showAll();
    const before = page.scale;
    for (let i = 0; i < 8; ++i) chart.dispatchEvent(new WheelEvent('wheel', {deltaY: -240, clientX: box.left + box.width / 2, clientY: box.top + 60, bubbles: true, cancelable: true}));
    await settled();
    check(page.scale > before, 'the wheel zooms in');
    const place = page.x(0);
    press(document, 'ArrowRight');
    await settled();
    check(page.x(0) < place, 'the arrow key pans');
    press(document, '0');
    await settled();
    check(Math.abs(page.scale - before) < 1e-9, 'the whole run is back');
    // Search.
    page.search('node:' + data.meta.nodes[0]);
    check(page.hits.length > 0, 'a node is found');
    check(page.hits.every((i) => data.events.node[i] === data.meta.nodes[0] || data.events.text[i].includes('->' + data.meta.nodes[0])), 'only that node is found');
    page.search('kind:' + data.meta.messages[0]);
    check(page.hits.length > 0, 'a kind of message is found');
    page.search('term:1');
    check(page.hits.every((i) => data.events.term[i] === 1), 'only that term is found');
    page.search('index:1');
    check(page.hits.every((i) => data.events.low[i] <= 1 && data.events.high[i] >= 1), 'only that index is found');
    byId('search').value = 'requestvote';
    byId('search').dispatchEvent(new Event('input', {bubbles: true}));
    press(byId('search'), 'Enter');
    await settled();
    check(page.hits.length > 0 && page.hits.includes(page.selected), 'Enter goes to a match');
    const first = page.selected;
    press(document, 'n');
    check(page.hits.length === 1 || page.selected !== first, 'n goes on to the next match');
    page.search('');
    // Click a message in the middle of its line.
    page.showAll();
    for (let i = 0; i < 7; ++i) page.zoomAt(box.width / 2, 1.8);
    await settled();
    let clicked = false;
    for (const k of page.lines) {
      const line = page.lineOf(k), x = (line.x1 + line.x2) / 2, y = (line.y1 + line.y2) / 2;
      if (x < 100 || x > box.width - 20) continue;
      pointer('pointermove', x, y);
      check(byId('tip').style.display === 'block', 'a message under the pointer is told');
      pointer('pointerdown', x, y);
      pointer('pointerup', x, y);
      await settled();
      check(page.selected !== null && byId('details').textContent.includes(data.events.text[page.selected].split('\n')[0]), 'a click tells the whole message');
      clicked = true;
      break;
    }
    check(clicked, 'there is a message to click');
    // The list, by keyboard.
    const list = byId('list');
    press(list, 'Home');
    check(page.selected === 0, 'Home is the first event');
    press(list, 'ArrowDown');
    check(page.selected === 1, 'down is the second');
    press(list, 'End');
    await settled();
    check(page.selected === n - 1, 'End is the last event');
    const row = byId('event-' + (n - 1));
    check(row !== null && row.getAttribute('aria-selected') === 'true' && row.getAttribute('role') === 'option', 'its row is there and selected');
    check(list.getAttribute('aria-activedescendant') === 'event-' + (n - 1), 'screen readers are told');
    const seen = row.getBoundingClientRect(), view = list.getBoundingClientRect();
    check(seen.top >= view.top - 1 && seen.bottom <= view.bottom + 1, 'its row is in view');
    check(byId('rows').childElementCount < 100, 'only the rows in view exist');
    // Every control has a name; nothing of the page lies outside it.
    for (const control of document.querySelectorAll('button, input')) {
      check((control.getAttribute('aria-label') || control.textContent).trim().length > 0, 'a control without a name');
    }
    check(document.documentElement.scrollWidth <= window.innerWidth, 'nothing is wider than the window');
  } catch (error) {
    failures.push('an exception: ' + error.message);
  }
  const result = document.createElement('pre');
  result.id = 'result';
  result.textContent = failures.length ? 'FAILED: ' + failures.join('; ') : 'PASSED ' + checks + ' checks, ' + n + ' events';
  document.body.append(result);
})();
