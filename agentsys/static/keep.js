// What somebody typed or chose stays: a draft until it was sent, a form while the language is switched, a list's
// filter and place while one of its people is looked at. Kept in this tab only, and gone at signing out.
const read = (key) => { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } };
const write = (key, value) => { try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* storage is full */ } };
const drop = (key) => sessionStorage.removeItem(key);
const each = (q, f) => document.querySelectorAll(q).forEach(f);
const ours = (c) => c.name && !['hidden', 'password', 'file', 'submit', 'button'].includes(c.type);
const ticked = (c) => c.type === 'checkbox' || c.type === 'radio';
const typed = (form) => [...form.elements].filter(ours).map((c) => [c.name, c.value, ticked(c) ? c.checked : null]);

function fill(form, values) {
  const controls = [...form.elements].filter(ours);
  values.forEach(([name, value, checked]) => {
    const c = controls.find((one) => one.name === name && (checked === null || one.value === value));
    if (!c || (checked === null ? c.value === value : c.checked === checked)) return;
    if (checked === null) c.value = value; else c.checked = checked;
    c.dispatchEvent(new Event('input', { bubbles: true }));
    c.dispatchEvent(new Event('change', { bubbles: true }));
  });
}

// A draft outlives Back, a lost session and a refusal. The page after a form that was taken drops it.
const drafts = [...document.querySelectorAll('form[data-draft]')];
const sent = read('sent');
if (sent && !drafts.length && !document.body.classList.contains('plain')) { drop(sent); drop('sent'); }
drafts.forEach((form) => {
  const kept = read(`draft ${form.dataset.draft}`);
  if (kept && !form.querySelector('[aria-invalid]')) {
    fill(form, kept);
    const note = form.querySelector('[data-draft-note]');
    if (note) note.hidden = false;
  }
  form.addEventListener('input', () => write(`draft ${form.dataset.draft}`, typed(form)));
  form.addEventListener('submit', () => write('sent', `draft ${form.dataset.draft}`));
  form.addEventListener('reset', () => { drop(`draft ${form.dataset.draft}`); drop('sent'); });
});

const place = location.pathname;
const forms = () => [...document.querySelectorAll('main form')];
const other = read('language');
if (other && other.place === place) forms().forEach((form, i) => fill(form, other.forms[i] || []));
drop('language');
addEventListener('submit', (e) => {
  if (e.target.hasAttribute('data-language')) write('language', { place, forms: forms().map(typed) });
  if (e.target.hasAttribute('data-sign-out')) sessionStorage.clear();
});

// Links back to a list lead to where it was left.
const list = (path) => read(`list ${path}`);
each('.nav a, a.back', (a) => { if (a.pathname !== place && list(a.pathname)) a.search = list(a.pathname).search; });
addEventListener('click', (e) => {
  const a = e.target.closest('.nav a, a.back');
  if (a && a.pathname !== place) write('return', a.pathname);
});
if (document.querySelector('[data-list]')) {
  const left = list(place);
  if (left && read('return') === place && left.search === location.search) scrollTo(0, left.y);
  addEventListener('pagehide', () => write(`list ${place}`, { search: location.search, y: scrollY }));
}
drop('return');
