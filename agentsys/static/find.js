// The search in the head of every page: the key / goes there, and what is typed brings suggestions.
// Without this file it is a form that leads to the page of the search.
const field = document.querySelector('[data-find] input[type=search]');
const form = field && field.form;
const list = form && form.querySelector('[data-found]');
let chosen = -1, waiting = 0, asked = 0;
const options = () => [...list.querySelectorAll('[data-url]')];

// XHR parses HTML without innerHTML: pages may require trusted types.
const load = (url, body) => new Promise((done, fail) => {
  const x = new XMLHttpRequest();
  x.open('POST', url); x.responseType = 'document'; x.timeout = 8000;
  x.onload = () => (x.status === 200 && x.response ? done(x.response) : fail());
  x.onerror = x.ontimeout = fail; x.send(body);
});
function show(open) {
  list.hidden = !open;
  field.setAttribute('aria-expanded', String(open));
  if (!open) choose(-1);
}
function choose(at) {
  chosen = at;
  options().forEach((option, i) => { option.setAttribute('aria-selected', String(i === at)); });
  const option = options()[at];
  if (option) { field.setAttribute('aria-activedescendant', option.id); option.scrollIntoView({ block: 'nearest' }); }
  else field.removeAttribute('aria-activedescendant');
}
async function suggest() {
  const mine = ++asked;
  if (field.value.trim().length < 3) { show(false); return; }
  const page = await load(form.dataset.find, new URLSearchParams(new FormData(form))).catch(() => null);
  const found = page && page.querySelector('#cari-saran');
  if (mine !== asked || !found) return;
  list.replaceChildren(document.adoptNode(found));
  show(document.activeElement === field);
  choose(-1);
}
if (field) {
  field.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(suggest, 180); });
  field.addEventListener('blur', () => setTimeout(() => show(false), 150));
  field.addEventListener('keydown', (e) => {
    const many = list.hidden ? 0 : options().length;
    if (e.key === 'Escape') { if (list.hidden) field.blur(); show(false); }
    else if (e.key === 'ArrowDown' && many) choose((chosen + 1) % many);
    else if (e.key === 'ArrowUp' && many) choose((chosen + many - (chosen < 0 ? 0 : 1)) % many);
    else if (e.key === 'Enter' && options()[chosen]) location.href = options()[chosen].dataset.url;
    else return;
    e.preventDefault();
  });
  list.addEventListener('pointerdown', (e) => {
    const option = e.target.closest('[data-url]');
    if (option) location.href = option.dataset.url;
  });
  addEventListener('keydown', (e) => {
    if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || document.querySelector('dialog[open]')) return;
    if (e.target.matches('input, textarea, select, [contenteditable]')) return;
    e.preventDefault();
    if (form.offsetParent) { field.focus(); field.select(); } else location.href = form.action;
  });
}
