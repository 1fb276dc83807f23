// Progressive enhancement only: every control below also works as a plain link or form.
const $ = (id) => document.getElementById(id);
const group = (s, mark) => s.replace(/\B(?=(\d{3})+$)/g, mark);
const dots = (s) => group(s, '.');
const rp = (n) => 'Rp' + group(String(n), document.documentElement.lang === 'en' ? ',' : '.');
const on = (type, f, how) => addEventListener(type, f, how);
const digits = (s) => s.replace(/\D/g, '');
const say = (text) => { $('siar').textContent = text; };
const each = (root, q, f) => { if (root.matches && root.matches(q)) f(root); root.querySelectorAll(q).forEach(f); };
const put = (root, key, text) => each(root, `[data-${key}]`, (e) => { e.textContent = text; });

// XHR parses HTML without innerHTML: pages may require trusted types. Nothing came: 0, else the status.
const load = (url, body, fine = [200]) => new Promise((done, fail) => {
  const x = new XMLHttpRequest();
  x.open(body ? 'POST' : 'GET', url); x.responseType = 'document'; x.timeout = 20000;
  x.setRequestHeader('X-Fragment', '1');
  x.onload = () => {
    const next = x.getResponseHeader('Location');
    if (x.status === 204 && next) location.replace(next);
    else if (fine.includes(x.status) && x.response) done(x.response);
    else fail(x.status);
  };
  x.onerror = x.ontimeout = () => fail(0); x.send(body);
});
// Whatever takes longer than a blink shows on what was pressed.
const busy = (el, work) => {
  const late = setTimeout(() => el.setAttribute('aria-busy', 'true'), 150);
  const end = () => { clearTimeout(late); el.removeAttribute('aria-busy'); };
  work.then(end, end);
  return work;
};
// Without a signal the page stays as it is, and says so beside what was pressed.
function stay(el, text = document.body.dataset.lost) {
  const beside = el.closest('.chips, .search, .act, .sheet-foot') || el, inside = beside.matches('.act, .sheet-foot');
  const note = Object.assign(document.createElement('p'), { className: 'err stay', textContent: text });
  each(document, '.stay', (old) => old.remove());
  if (el.closest('dialog')) note.setAttribute('role', 'alert');
  beside[inside ? 'prepend' : 'after'](note); say(text);
  on('online', () => note.remove(), { once: true });
}
const lost = (el, go) => (status) => { if (status === 0) stay(el); else go(); };
function swap(id, doc) {
  const fresh = doc.getElementById(id);
  if (!fresh || !$(id)) throw id;
  $(id).replaceWith(document.adoptNode(fresh)); watch(fresh);
  if (fresh.dataset.say) say(fresh.dataset.say);
  return fresh;
}
// An element that no longer polls reloads the elements that its data-refresh names.
const refreshRelated = (el) => el.dataset.refresh && load(location.href).then((doc) => el.dataset.refresh.split(' ').forEach((id) => swap(id, doc))).catch(() => location.reload());
let swapped = '';
const turn = (el, url, body, push, go) => busy(el, load(url, body)).then((doc) => {
  swap(el.dataset.swap, doc); swapped = el.dataset.swap;
  history[push ? 'pushState' : 'replaceState'](null, '', doc.URL);
}).catch(lost(el, go));
// Only names go into an address: digits may be of a NIK or a phone number.
function search(f, button) {
  const asked = new URLSearchParams(new FormData(f, button)), q = asked.get('q'), found = `${f.action}?${new URLSearchParams({ q })}`;
  if (/\d/.test(q)) turn(f, f.action, asked, false, () => f.submit());
  else turn(f, found, null, !new URLSearchParams(location.search).get('q'), () => { location.href = found; });
}

// The sheet is a step of its own: Back closes it and nothing else.
const box = $('lembar');
function fresh(form, old) {
  const page = document.adoptNode(form);
  if (old) old.replaceWith(page); else box.replaceChildren(page);
  watch(page);
  return page;
}
const sheet = (link) => busy(link, load(link.href)).then((doc) => {
  fresh(doc.querySelector('[data-collect]'));
  history.pushState({ sheet: true }, ''); box.showModal(); box.querySelector('h2').focus();
}).catch(lost(link, () => { location.href = link.href; }));
box.addEventListener('close', () => { if (history.state && history.state.sheet) history.back(); });
on('popstate', (e) => {
  if (box.open) box.close();
  else if (swapped && !e.state) load(location.href).then((doc) => {
    swap(swapped, doc);
    each(document, '.search input[type=search]', (i) => { i.value = new URLSearchParams(location.search).get('q') || ''; });
  }).catch(() => location.reload());
});
// Sent again with the same key, money is taken once. What is refused comes back into the sheet.
const send = (f, button) => busy(f, load(f.action, new URLSearchParams(new FormData(f, button)), [200, 422])).then((doc) => {
  fresh(doc.querySelector('[data-send]'), f).querySelector('.notice, h2').scrollIntoView({ block: 'nearest' });
}).catch((status) => {
  f.removeAttribute('data-sent');
  if (status === 0) stay(button || f, f.dataset.lost); else f.submit();
});

// Older months come first; the total and the tender suggestions follow.
function collect(form, changed) {
  const months = [...form.querySelectorAll('.months input[type=checkbox]')], at = months.indexOf(changed);
  if (at >= 0) months.forEach((m, i) => { if (changed.checked ? i < at : i > at) m.checked = changed.checked; });
  let sum = 0, count = 0, offers = [];
  months.forEach((m) => {
    m.closest('label').classList.toggle('on', m.checked);
    if (m.checked) { count += 1; sum += +m.dataset.amount; offers = m.dataset.offers.split(' '); }
  });
  const cash = !!form.querySelector('[data-cash]:checked'), go = form.querySelector('[data-confirm-sum]');
  each(form, '[data-cash-only]', (e) => { e.hidden = !cash; });
  each(form, 'a[data-months]', (a) => a.classList.toggle('on', +a.dataset.months === count));
  each(form, '.months details', (d) => { d.open = d.open || !!d.querySelector(':checked'); });
  form.querySelectorAll('[data-tender]').forEach((q, i) => {
    q.closest('label').hidden = !offers[i];
    if (offers[i]) { q.value = offers[i]; q.nextElementSibling.textContent = rp(q.value); }
    else if (q.checked) form.querySelector('[name=tender]').checked = true;
  });
  const tender = +digits((form.tender_other || go).value) || +(form.tender || go).value || sum;
  put(form, 'total', rp(sum)); put(form, 'change', tender < sum ? '—' : rp(tender - sum));
  go.disabled = !sum || (cash && tender < sum);
  go.querySelector('span').textContent = go.dataset[cash ? 'cash' : 'other'].replace('%s', rp(sum));
}

// The first so many months, by a tap or a typed number.
function firstMonths(form, count) {
  form.querySelectorAll('.months input[type=checkbox]').forEach((m, i) => { m.checked = i < count; });
  collect(form);
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

// What the server knows about a form before it is sent: a price, a number that is known already.
const check = (f) => load(f.dataset.check, new URLSearchParams(new FormData(f))).then((doc) => f.dataset.fills.split(' ').forEach((id) => swap(id, doc))).catch(() => {});

// A fragment asks again until it no longer says so.
function poll(el, wait) {
  setTimeout(() => {
    if (!el.isConnected) return;
    if (document.hidden) return poll(el, wait);
    load(el.dataset.poll).then((doc) => {
      const next = doc.getElementById(el.id), same = el.dataset.version;
      if (next && next.dataset.poll && same && same === next.dataset.version) poll(el, +next.dataset.every);
      else refreshRelated(swap(el.id, doc));
    }).catch(() => poll(el, Math.min(wait * 2, 15000)));
  }, wait);
}
function watch(root) {
  each(root, '[data-poll]', (e) => poll(e, +e.dataset.every || 2000));
  each(root, '[data-collect]', (f) => collect(f));
  each(root, '[data-bulk]', (f) => bulk(f));
  each(root, '.tw', (t) => { if (t.scrollWidth > t.clientWidth) t.tabIndex = 0; });
  each(root, '[data-nik]', (i) => { i.value = i.value.replace(/\D/g, '').replace(/(\d{4})(?=\d)/g, '$1 '); });
  each(root, '[data-rp]', (i) => { if (/^\d+$/.test(i.value)) i.value = dots(i.value); });
  each(root, 'dialog[open]', (d) => { if (d.id !== 'lembar') { d.close(); d.showModal(); } });
  each(root, '[data-theme-switch], [data-js]', (b) => { b.hidden = false; });
  each(root, "[data-focus]", (e) => e.focus());
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
  else if ((el = near('a[data-swap]'))) turn(el, el.href, null, true, () => { location.href = el.href; });
  else if ((el = near('a[data-months]'))) firstMonths(el.closest('form'), +el.dataset.months);
  else if ((el = near('[data-open]'))) $(el.dataset.open).showModal();
  else if ((el = near('dialog [data-close]'))) el.closest('dialog').close();
  else if (!navigator.onLine && (el = near('a[href]')) && el.origin === location.origin && !el.hash) stay(el);
  else ours = false;
  if (ours) e.preventDefault();
  else if (e.target.matches('dialog')) e.target.close();
  else if ((el = near('[data-fold] > summary'))) fold(el.parentElement);
  else if (near('[data-print]')) print();
  else if ((el = near('[data-reveal]'))) {
    const secret = $(el.dataset.reveal), shown = secret.type === 'text';
    secret.type = shown ? 'password' : 'text'; el.setAttribute('aria-pressed', String(!shown));
  } else if ((el = near('[data-mode]'))) { const i = $(el.dataset.for); i.inputMode = el.dataset.mode; i.focus(); }
  else if ((el = near('[data-fill]'))) each(document, '[data-login]', (i) => { i.value = el.dataset[i.dataset.login]; });
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
  if (t.matches('[data-months-count]') && +t.value) firstMonths(f, +t.value);
  if (t.matches('[data-nik]')) nik(t);
  if (t.matches('[data-nik-birth]')) delete t.dataset.auto;
  if (t.matches('[data-rp]')) { t.value = dots(digits(t.value).replace(/^0+(?=\d)/, '')); if (f.matches('[data-collect]')) collect(f); }
  if (t.type === 'search' && f.matches('[data-swap]')) { clearTimeout(typing); typing = setTimeout(() => f.requestSubmit(), 300); }
  if (f && f.dataset.check && t.closest('[data-checked]')) { clearTimeout(typing); typing = setTimeout(() => check(f), 300); }
});
on('formdata', (e) => each(e.target, '[data-nik], [data-rp]', (i) => e.formData.set(i.name, digits(i.value))));
on('submit', (e) => {
  const f = e.target;
  if (e.defaultPrevented) return;
  if (f.matches('[data-swap]')) { e.preventDefault(); search(f, e.submitter); }
  else if (f.matches('[data-send]') && !(e.submitter && e.submitter.hasAttribute('formaction'))) {
    e.preventDefault();
    if (f.hasAttribute('data-sent')) return;
    f.setAttribute('data-sent', ''); send(f, e.submitter);
  } else if (f.method === 'post') {
    if (f.hasAttribute('aria-busy')) e.preventDefault();
    else if (!navigator.onLine) { e.preventDefault(); stay(e.submitter || f); } else f.setAttribute('aria-busy', 'true');
  }
});
on('pageshow', () => each(document, 'form[aria-busy]', (f) => f.removeAttribute('aria-busy')));
const signal = () => each(document, '[data-offline]', (b) => { b.hidden = navigator.onLine; });
on('beforeprint', () => each(document, 'details.unfold', (d) => { d.open = true; }));
['online', 'offline'].forEach((type) => on(type, signal)); signal();
watch(document);
