/* Comfort only: every page works without. Countdown, show a password, another captcha without losing a typed password. */
'use strict';
(() => {
	const all = (selector, from = document) => [...from.querySelectorAll(selector)];

	// What was refused comes first for whoever does not see the page.
	document.getElementById('erreurs')?.focus();

	// Countdown: at zero the next phase's block, already in the page, takes over.
	const phases = ['avant', 'pendant', 'apres'];

	function show(box, phase) {
		for (const block of all('[data-phase]', box)) block.hidden = block.dataset.phase !== phase;
	}

	function fill(time, left) {
		const parts = { jours: Math.floor(left / 1440), heures: Math.floor(left / 60) % 24, minutes: left % 60 };
		for (const out of all('[data-part]', time)) {
			const value = String(parts[out.dataset.part]);
			if (out.textContent !== value) out.textContent = value;
		}
		time.dateTime = `P${parts.jours}DT${parts.heures}H${parts.minutes}M`;
	}

	function tick(box, now) {
		const times = all('[data-cible]', box);
		const at = times.findIndex((time) => Date.parse(time.dataset.cible) > now);
		if (at >= 0) fill(times[at], Math.ceil((Date.parse(times[at].dataset.cible) - now) / 60000));
		show(box, phases[at < 0 ? times.length : at]);
	}

	// The device's clock may be wrong: the server's countdown tells by how much, to the minute.
	function lag(box) {
		const part = (name) => Number(box.querySelector(`[data-phase]:not([hidden]) [data-part=${name}]`)?.textContent);
		const target = Date.parse(box.querySelector('[data-phase]:not([hidden]) [data-cible]')?.dataset.cible);
		const left = (part('jours') * 1440 + part('heures') * 60 + part('minutes')) * 60000;
		const off = target - left - Date.now();
		return Math.abs(off) > 120000 ? off : 0;
	}

	for (const box of all('.compte-a-rebours')) {
		if (!box.querySelector('[data-phase]:not([hidden]) [data-cible]')) continue;
		const off = lag(box);
		setInterval(() => tick(box, Date.now() + off), 5000);
	}

	// Show what is typed; never send or keep it as plain text.
	for (const button of all('[data-voir]')) {
		const input = document.getElementById(button.dataset.voir);
		button.hidden = false;
		button.addEventListener('click', () => {
			const shown = input.type === 'password';
			input.type = shown ? 'text' : 'password';
			button.setAttribute('aria-pressed', String(shown));
		});
		input.form.addEventListener('submit', () => { input.type = 'password'; });
	}

	// The session ends soon: the style sheet shows the banner; say it once to who does not see, and extend without leaving the page.
	const end = document.getElementById('fin-session');
	const wait = end?.getAnimations()[0];
	let from;

	async function extend(form) {
		const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
		const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
		const fresh = page.getElementById('fin-session');
		if (!answer.ok || !fresh) throw new Error('no session');
		from?.focus();
		wait?.effect.updateTiming({ delay: fresh.dataset.delai * 1000 });
		wait?.play();
		for (const box of [end, document.getElementById('session')])
			box.replaceChildren(...document.adoptNode(page.getElementById(box.id)).childNodes);
		say(page.querySelector('h1').textContent);
	}

	function say(words) {
		document.getElementById('annonce').textContent = words;
	}

	end?.addEventListener('animationend', () => say(end.querySelector('p').textContent));
	end?.addEventListener('focusin', (event) => { if (!end.contains(event.relatedTarget)) from = event.relatedTarget; });
	end?.addEventListener('submit', (event) => {
		event.preventDefault();
		extend(event.target).catch(() => event.target.submit());
	});

	// Another captcha: only its block is fetched and replaced. Whatever goes wrong, the browser posts the form as it would have.
	async function renew(form, button) {
		const fields = new URLSearchParams({ autre_code: '1' });
		for (const name of ['csrf', 'captcha_id']) fields.set(name, form.elements[name].value);
		const answer = await fetch(form.action, { method: 'POST', body: fields, credentials: 'same-origin' });
		const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
		const block = page.getElementById('bloc-captcha');
		if (!answer.ok || !block?.querySelector('#captcha')) throw new Error('no captcha');
		const csrf = page.querySelector('form [name=csrf]');
		if (csrf) form.elements.csrf.value = csrf.value;
		document.getElementById('bloc-captcha').replaceWith(document.adoptNode(block));
		document.getElementById('captcha').focus();
	}

	document.addEventListener('click', (event) => {
		const button = event.target.closest?.('button[name=autre_code]');
		if (!button || button.dataset.plain) return;
		event.preventDefault();
		renew(button.form, button).catch(() => {
			button.dataset.plain = '1';
			button.click();
		});
	});
})();
