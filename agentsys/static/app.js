// Progressive enhancement only: every control below also works as a plain link or form.
const $ = (id) => document.getElementById(id);
const group = (s, mark) => s.replace(/\B(?=(\d{3})+$)/g, mark);
const dots = (s) => group(s, '.');
const rp = (n) => 'Rp' + group(String(n), document.documentElement.lang === 'en' ? ',' : '.');
const on = (type, f) => addEventListener(type, f);
const digits = (s) => s.replace(/\D/g, '');
const say = (text) => { $('siar').textContent = text; };
const each = (root, q, f) => { if (root.matches && root.matches(q)) f(root); root.querySelectorAll(q).forEach(f); };
const put = (root, key, text) => each(root, `[data-${key}]`, (e) => { e.textContent = text; });

// XHR parses HTML without innerHTML: pages may require trusted types.
const load = (url, body) => new Promise((done, fail) => {
  const x = new XMLHttpRequest();
  x.open(body ? 'POST' : 'GET', url); x.responseType = 'document'; x.timeout = 20000;
  x.setRequestHeader('X-Fragment', '1');
  x.onload = () => (x.status === 200 && x.response ? done(x.response) : fail());
  x.onerror = x.ontimeout = fail; x.send(body);
});
function swap(id, doc) {
  const fresh = doc.getElementById(id);
  if (!fresh || !$(id)) throw id;
  $(id).replaceWith(document.adoptNode(fresh)); watch(fresh);
  if (fresh.dataset.say) say(fresh.dataset.say);
  return fresh;
}
// What has come to rest brings up to date the rest of its page.
const settle = (el) => el.dataset.refresh && load(location.href).then((doc) => el.dataset.refresh.split(' ').forEach((id) => swap(id, doc))).catch(() => location.reload());
const turn = (url, id, body, retry = () => { location.href = url; }) => load(url, body).then((doc) => { swap(id, doc); history.replaceState(null, '', doc.URL); }).catch(retry);
// Only names go into an address: digits may be of a NIK or a phone number.
function search(f, button) {
  const asked = new URLSearchParams(new FormData(f, button)), q = asked.get('q');
  if (/\d/.test(q)) turn(f.action, f.dataset.swap, asked, () => f.submit());
  else turn(f.action + '?' + new URLSearchParams({ q }), f.dataset.swap);
}

// Without an answer the sheet's link is followed.
const sheet = (link) => load(link.href).then((doc) => {
  const box = $('lembar'), form = document.adoptNode(doc.querySelector('[data-collect]'));
  box.replaceChildren(form); box.showModal(); watch(box);
}).catch(() => { location.href = link.href; });

// Older months come first; the total and the tender suggestions follow.
function collect(form, changed) {
  const months = [...form.querySelectorAll('.months input')], at = months.indexOf(changed);
  if (at >= 0) months.forEach((m, i) => { if (changed.checked ? i < at : i > at) m.checked = changed.checked; });
  let sum = 0;
  months.forEach((m) => { m.closest('label').classList.toggle('on', m.checked); if (m.checked) sum += +m.dataset.amount; });
  const cash = !!form.querySelector('[data-cash]:checked'), go = form.querySelector('[data-confirm-sum]');
  each(form, '[data-cash-only]', (e) => { e.hidden = !cash; });
  const offers = [...new Set([10000, 20000, 50000, 100000].map((n) => Math.ceil((sum + 1) / n) * n))].sort((a, b) => a - b);
  form.querySelectorAll('[data-tender]').forEach((q, i) => {
    q.value = offers[Math.min(i, offers.length - 1)]; q.nextElementSibling.textContent = rp(q.value);
  });
  const tender = +digits((form.tender_other || go).value) || +(form.tender || go).value || sum;
  put(form, 'total', rp(sum)); put(form, 'change', tender < sum ? '—' : rp(tender - sum));
  go.disabled = !sum || (cash && tender < sum);
  go.querySelector('span').textContent = go.dataset[cash ? 'cash' : 'other'].replace('%s', rp(sum));
}

// J and K move, X ticks, A approves.
function bulk(form, all) {
  let count = 0, sum = 0;
  each(form, 'input[type=checkbox][name]', (c) => {
    if (all) c.checked = all.checked;
    c.closest('tr,label').classList.toggle('on', c.checked);
    if (c.checked) { count += 1; sum += +c.dataset.amount; }
  });
  put(document, 'count', count); put(document, 'sum', rp(sum));
  each(form, '.bulk button', (b) => { b.disabled = !count; });
}
on('keydown', (e) => {
  const form = document.querySelector('form[data-keys]'), key = e.key.toLowerCase();
  if (!form || e.ctrlKey || e.metaKey || e.altKey || document.querySelector('dialog[open]') || e.target.matches('textarea, select, input:not([type=checkbox])')) return;
  const boxes = [...form.querySelectorAll('input[type=checkbox][name]')], at = boxes.indexOf(document.activeElement);
  const approve = form.querySelector('[data-approve]');
  if (key === 'j' || key === 'k') {
    const next = boxes[Math.max(0, Math.min(boxes.length - 1, at + (key === 'j' ? 1 : -1)))];
    if (next) { next.focus(); next.closest('tr').scrollIntoView({ block: 'center' }); }
  } else if (key === 'x' && at >= 0) boxes[at].click();
  else if (key === 'a' && approve && !approve.disabled) approve.click();
  else return;
  e.preventDefault();
});

// Digits 7 to 12 of a NIK are the birth date, the day raised by 40 for women.
function nik(input) {
  const d = digits(input.value).slice(0, 16), f = input.form, date = f.querySelector('[data-nik-birth]');
  input.value = d.replace(/(\d{4})(?=\d)/g, '$1 ');
  const day = +d.slice(6, 8), year = +d.slice(10, 12), now = new Date().getFullYear();
  const iso = `${(year > now % 100 - 10 ? 1900 : 2000) + year}-${d.slice(8, 10)}-${String(day % 40).padStart(2, '0')}`;
  if (d.length < 12 || isNaN(new Date(iso))) return;
  if (date && (!date.value || date.dataset.auto)) { date.value = iso; date.dataset.auto = 1; }
  each(f, `[data-nik-sex] input[value=${day > 40 ? 'P' : 'L'}]`, (r) => { r.checked = true; });
}

// A fragment asks again until it no longer says so.
function poll(el, wait) {
  setTimeout(() => {
    if (!el.isConnected) return;
    if (document.hidden) return poll(el, wait);
    load(el.dataset.poll).then((doc) => { settle(swap(el.id, doc)); }).catch(() => poll(el, Math.min(wait * 2, 15000)));
  }, wait);
}
function watch(root) {
  each(root, '[data-poll]', (e) => poll(e, +e.dataset.every || 2000));
  each(root, '[data-collect]', (f) => collect(f));
  each(root, '[data-bulk]', (f) => bulk(f));
  each(root, '.tw', (t) => { if (t.scrollWidth > t.clientWidth) t.tabIndex = 0; });
  each(root, '[data-rp]', (i) => { if (/^\d+$/.test(i.value)) i.value = dots(i.value); });
  each(root, 'dialog[open]', (d) => { if (d.id !== 'lembar') { d.close(); d.showModal(); } });
  each(root, '[data-theme-switch], [data-js]', (b) => { b.hidden = false; });
}

// The server opens the menu's groups as they were left; a "-" stands before one that was folded.
function fold(group) {
  const name = group.dataset.fold, kept = (document.cookie.match(/(?:^|; )menu=([^;]*)/) || ['', ''])[1].split('.');
  const others = kept.filter((n) => n && n !== name && n !== '-' + name);
  document.cookie = `menu=${[...others, (group.open ? '-' : '') + name].join('.')};path=/;max-age=31536000;samesite=lax`;
}

on('click', (e) => {
  if (e.ctrlKey || e.metaKey) return;
  const near = (q) => e.target.closest(q);
  let el, ours = true;
  if ((el = near('a[data-sheet]'))) sheet(el);
  else if ((el = near('a[data-swap]'))) turn(el.href, el.dataset.swap);
  else if ((el = near('[data-open]'))) $(el.dataset.open).showModal();
  else if ((el = near('dialog [data-close]'))) el.closest('dialog').close();
  else ours = false;
  if (ours) e.preventDefault();
  else if (e.target.matches('dialog')) e.target.close();
  else if ((el = near('[data-fold] > summary'))) fold(el.parentElement);
  else if (near('[data-print]')) print();
  else if ((el = near('[data-copy]'))) navigator.clipboard.writeText(el.dataset.copy).then(() => { el.querySelector('span').textContent = el.dataset.done; say(el.dataset.done); });
  else if (near('[data-theme-switch]')) {
    const set = document.documentElement.dataset;
    set.theme = (set.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark' ? 'light' : 'dark';
    document.cookie = `theme=${set.theme};path=/;max-age=31536000;samesite=lax`;
  }
  each(document, '.menu[open]', (m) => { if (!m.contains(e.target)) m.open = false; });
});
on('change', (e) => {
  const f = e.target.form, file = e.target.files && e.target.files[0];
  if (!f) return;
  if (e.target.dataset.most) { e.target.setCustomValidity(file && file.size > +e.target.dataset.most ? e.target.dataset.large : ''); e.target.reportValidity(); }
  if (e.target.name === 'tender' && f.tender_other) f.tender_other.value = '';
  if (f.matches('[data-collect]')) collect(f, e.target);
  if (f.matches('[data-bulk]')) bulk(f, 'all' in e.target.dataset && e.target);
});
let typing;
on('input', (e) => {
  const t = e.target, f = t.form;
  if (t.name === 'tender_other') each(f, '[name=tender]', (r) => { r.checked = !t.value && r.value === 'exact'; });
  if (t.matches('[data-nik]')) nik(t);
  if (t.matches('[data-nik-birth]')) delete t.dataset.auto;
  if (t.matches('[data-rp]')) { t.value = dots(digits(t.value).replace(/^0+(?=\d)/, '')); if (f.matches('[data-collect]')) collect(f); }
  if (t.type === 'search' && f.matches('[data-swap]')) { clearTimeout(typing); typing = setTimeout(() => f.requestSubmit(), 300); }
});
on('formdata', (e) => each(e.target, '[data-nik], [data-rp]', (i) => e.formData.set(i.name, digits(i.value))));
on('submit', (e) => {
  const f = e.target;
  if (f.matches('[data-swap]')) { e.preventDefault(); search(f, e.submitter); }
  else if (f.method === 'post') { if (f.hasAttribute('aria-busy')) e.preventDefault(); f.setAttribute('aria-busy', 'true'); }
});
on('pageshow', () => each(document, 'form[aria-busy]', (f) => f.removeAttribute('aria-busy')));
const signal = () => each(document, '[data-offline]', (b) => { b.hidden = navigator.onLine; });
['online', 'offline'].forEach((type) => on(type, signal)); signal();
watch(document);
