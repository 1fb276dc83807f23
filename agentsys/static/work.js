// The work queue on a wide screen: an item opens beside the list, and the next one after its decision.
// Without this file every row is a link to its page, and every decision a plain form.
const $ = (id) => document.getElementById(id);
const wide = matchMedia('(min-width: 1100px)');
const rows = () => [...document.querySelectorAll('#antrean tr[data-item]')];
const link = (row) => row.querySelector('th a');
const say = (text) => { $('siar').textContent = text; };
let open = -1;

// XHR parses HTML without innerHTML: pages may require trusted types.
const load = (url, body) => new Promise((done, fail) => {
  const x = new XMLHttpRequest();
  x.open(body ? 'POST' : 'GET', url); x.responseType = 'document'; x.timeout = 20000;
  x.onload = () => (x.response && x.status < 500 ? done(x.response, x.response.refused = x.status >= 400) : fail());
  x.onerror = x.ontimeout = fail; x.send(body);
});
const adopt = (node) => document.adoptNode(node);

function mark(at) {
  rows().forEach((row, i) => { row.classList.toggle('on', i === at); });
  open = at;
}
// What the item's own page marks as needed to decide it: what to look at, and the forms.
async function decision(item, current) {
  if (!item.dataset.decideUrl) return;  // somebody else decides it
  const page = await load(item.dataset.decideUrl).catch(() => null);
  const parts = page ? [...page.querySelectorAll(`[data-decide="${item.dataset.item}"]`)] : [];
  const link = item.querySelector('[data-decision]');
  if (!current() || !parts.length) return;
  for (const part of parts) {
    let shown = adopt(part);
    if (part.matches('li')) { shown = document.createElement('ul'); shown.className = 'items'; shown.append(part); }
    if (part.matches('details')) part.open = true;
    shown.classList.add('decide');
    link.before(shown);
  }
  link.classList.remove('primary');
}
async function show(at, focus = true) {
  const row = rows()[at], panel = $('panel');
  if (!row) { mark(-1); panel.replaceChildren(); return; }
  mark(at);
  row.scrollIntoView({ block: 'nearest' });
  if (focus) link(row).focus({ preventScroll: true });
  panel.setAttribute('aria-busy', 'true');
  try {
    const doc = await load(link(row).href), item = doc.getElementById('perkara');
    if (open !== at) return;
    if (!item) throw at;
    panel.replaceChildren(adopt(item));
    await decision(item, () => open === at);
  } catch { location.href = link(row).href; } finally { panel.removeAttribute('aria-busy'); }
}
// The list again as it is now; what was decided is gone from it.
async function refresh() {
  const doc = await load(location.href);
  for (const id of ['antrean', 'angka']) $(id).replaceWith(adopt(doc.getElementById(id)));
  show(Math.min(Math.max(open, 0), rows().length - 1));
}
async function send(form, button) {
  const body = new FormData(form, button), panel = $('panel');
  // Not form.action: that is the button of this name.
  const url = form.getAttribute('action'), multipart = form.enctype === 'multipart/form-data';
  form.setAttribute('aria-busy', 'true');
  const tell = (told) => {
    form.removeAttribute('aria-busy');
    panel.querySelectorAll('.told').forEach((old) => old.remove());
    panel.prepend(told); told.classList.add('told', 'notice'); told.setAttribute('role', 'alert');
    panel.scrollIntoView({ block: 'nearest' });
  };
  let doc;
  try { doc = await load(url, multipart ? body : new URLSearchParams(body)); } catch {
    const lost = document.createElement('p');
    lost.classList.add('error'); lost.textContent = document.body.dataset.lost;
    return tell(lost);
  }
  const told = doc.querySelector('main [role=alert], #kabar .notice.error')
    || doc.querySelector('[data-results]') || (doc.refused && doc.querySelector('main p'));
  if (told) return tell(adopt(told));
  const done = doc.querySelector('#kabar .notice');
  if (done) say(done.textContent.trim());
  await refresh().catch(() => location.reload());
}

addEventListener('click', (e) => {
  const row = e.target.closest('#antrean tr[data-item]');
  if (!row || !wide.matches || e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  const at = rows().indexOf(row);
  if (at !== open) show(at);  // what was typed for the open one stays
});
addEventListener('submit', (e) => {
  const form = e.target;
  if (!form.closest('#panel') || form.method !== 'post') return;
  e.preventDefault(); e.stopImmediatePropagation();
  if (!form.hasAttribute('aria-busy')) send(form, e.submitter);
}, true);
addEventListener('keydown', (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector('dialog[open]')) return;
  if (e.target.matches('textarea, select, input')) { if (e.key === 'Escape') e.target.blur(); return; }
  const key = e.key.toLowerCase(), all = rows();
  if (key === 'j' || key === 'k') {
    const at = Math.max(0, Math.min(all.length - 1, open + (key === 'j' ? 1 : -1)));
    if (!all[at]) return;
    if (wide.matches) show(at); else { mark(at); link(all[at]).focus(); }
  } else if (key === 'enter' && wide.matches && open >= 0 && e.target === link(all[open])) {
    const first = $('panel').querySelector('.decide :is(input:not([type=hidden]), select, textarea, button), a.btn');
    if (first) first.focus();
  } else if (key === 'm' && open >= 0) {
    const take = $('panel').querySelector('[data-take]');
    if (!take) return;
    take.requestSubmit();
  } else if (key === '?') $('bantuan').showModal();
  else return;
  e.preventDefault();
});
if (wide.matches && rows().length) show(0, false);
