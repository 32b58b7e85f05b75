/*
 * What must be true of any screen beside what axe-core and html-validate see (lib.mjs): its skeleton, its forms, the way of the keyboard, forced
 * colours, enlarged text, 320 pixels, stillness. Each function takes a page as it stands and throws what it finds.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { SHOTS } from './lib.mjs';

/* Whoever presses Tab reaches these; of a group of radio buttons only one. */
const TABBABLE = 'a[href], button, input:not([type=hidden]), select, textarea, summary, audio[controls], [tabindex]';

/** One h1, the language, landmarks, nothing that moves on by itself; « Erreur : » comes first in the title exactly when something was refused. */
export async function skeleton(page, row) {
	const found = await page.evaluate(() => ({
		h1: [...document.querySelectorAll('h1')].map((h) => h.innerText),
		lang: document.documentElement.lang,
		landmarks: ['header', 'main', 'footer'].filter((name) => document.querySelectorAll(`body > ${name}`).length === 1),
		refresh: document.querySelectorAll('meta[http-equiv=refresh]').length,
		live: [...document.querySelectorAll('.compte-a-rebours')].some((box) => box.closest('[aria-live], [role=timer], [role=status], [role=alert], [role=log]')
			|| box.querySelector('[aria-live], [role=timer], [role=status], [role=alert], [role=log]')),
		images: [...document.querySelectorAll('img:not([alt])')].length,
		anchors: [...document.querySelectorAll('a[href^="#"]')].filter((a) => !document.getElementById(decodeURIComponent(a.hash.slice(1)))).map((a) => a.hash),
	}));

	assert.equal(found.h1.length, 1, `one h1: ${found.h1}`);
	assert.equal(found.lang, 'fr');
	assert.deepEqual(found.landmarks, row.bare ? ['header', 'main'] : ['header', 'main', 'footer']);
	assert.equal(found.refresh, 0, 'no page goes elsewhere by itself');
	assert.equal(page.answer.headers().refresh, undefined, 'no page goes elsewhere by itself');
	assert.equal(found.live, false, 'the countdown interrupts nobody');
	assert.equal(found.images, 0);
	assert.deepEqual(found.anchors, [], 'links into the page lead somewhere');
	assert.equal(/^Erreur\u00a0: /.test(await page.title()), (row.errors ?? []).length > 0, `title: ${await page.title()}`);
}

/** Every field is named, told its purpose; what is wrong is told beside it, linked to it, first in the page, and has the focus. */
export async function forms(page, row, autocomplete) {
	const found = await page.evaluate(() => {
		const shown = [...document.querySelectorAll('input:not([type=hidden]), select, textarea')].filter((e) => e.checkVisibility({ visibilityProperty: true }));
		const described = (e) => (e.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean);
		return {
			focus: document.activeElement?.id,
			fields: shown.map((e) => ({ id: e.id, token: e.getAttribute('autocomplete'), invalid: e.getAttribute('aria-invalid') === 'true',
				label: e.labels.length, fault: described(e).filter((id) => id.startsWith('faute-')), missing: described(e).filter((id) => !document.getElementById(id)) })),
			faults: [...document.querySelectorAll('.faute')].map((e) => e.id),
			summary: [...document.querySelectorAll('#erreurs a')].map((a) => a.hash.slice(1)),
			/* What Enter in a field presses: the first submit button of its form. */
			enter: [...document.forms].map((form) => [...form.elements].find((e) => e.type === 'submit')?.name),
		};
	});
	const wrong = row.errors ?? [];

	for (const field of found.fields) {
		assert.ok(autocomplete[field.id]?.includes(field.token), `autocomplete of ${field.id}: ${field.token}; AUTOCOMPLETE in states.mjs has its row`);
		assert.equal(field.label, 1, `${field.id} has one label`);
		assert.deepEqual(field.missing, [], `${field.id} is described by what is there`);
		assert.equal(field.invalid, wrong.includes(field.id), `aria-invalid of ${field.id}`);
		assert.equal(field.fault.length, field.invalid ? 1 : 0, `${field.id} is described by its fault`);
	}
	assert.deepEqual(found.faults.toSorted(), wrong.map((id) => `faute-${id.replaceAll('_', '-')}`).toSorted(), 'faults beside the fields');
	assert.deepEqual(found.summary.toSorted(), wrong.toSorted(), 'faults in the summary');
	for (const name of found.enter)
		assert.ok(!['autre_code', 'sans_activation'].includes(name), `Enter presses ${name}`);
	if (wrong.length > 0 && page.script)
		assert.equal(found.focus, 'erreurs', 'the focus is on what is wrong');
}

/* All that Tab should reach, in the order of the page. */
const tabbable = (page) => page.evaluate((selector) => {
	window.stops = [...document.querySelectorAll(selector)].filter((e) => e.tabIndex >= 0 && !e.disabled && e.checkVisibility({ visibilityProperty: true })
		&& (e.type !== 'radio' || e === (document.querySelector(`input[name="${e.name}"]:checked`) ?? document.querySelector(`input[name="${e.name}"]`))));
	return window.stops.map((e) => e.outerHTML.slice(0, 80));
}, TABBABLE);

/** Tab goes through everything in the order of reading, sees where it is, gets out at the end; the first stop skips to the content. */
export async function keyboard(page, row) {
	const stops = await tabbable(page);
	let at = -1;

	await page.emulateMedia({ reducedMotion: 'reduce' }); /* the page is where it scrolls to at once */
	if (!row.bare && !row.errors) {
		await page.keyboard.press('Tab');
		assert.equal(await page.evaluate(() => document.activeElement.className), 'evitement', 'the first stop is the skip link');
	}
	if (!row.bare) {
		await page.locator('.evitement').focus();
		const box = await page.locator('.evitement').boundingBox();
		assert.ok(box.height >= 24 && box.width >= 24 && box.y >= 0 && box.x >= 0, 'the skip link is seen once it has the focus');
		at = 0;
	}
	for (let presses = 0; presses < stops.length + 20; presses++) {
		await page.keyboard.press('Tab');
		const now = await page.evaluate(() => {
			const e = document.activeElement;
			const style = getComputedStyle(e);
			const [box] = e.getClientRects();
			const above = box && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
			return { at: window.stops.indexOf(e), body: e === document.body, audio: e.tagName === 'AUDIO',
				ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
				inside: box && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
				clear: !above || e.contains(above) || above.contains(e) };
		});
		if (now.body || (at === stops.length - 1 && now.at <= 0))
			break;
		if (now.audio && now.at === at)
			continue; /* the player's own buttons */
		assert.equal(now.at, at + 1, `after ${stops[at]} comes ${stops[at + 1]}, not ${stops[now.at]}`);
		assert.ok(now.ring || now.audio, `the focus is seen on ${stops[now.at]}`);
		assert.ok(now.inside && now.clear, `${stops[now.at]} is in sight when it has the focus`);
		at = now.at;
	}
	assert.equal(at, stops.length - 1, `Tab ends at ${stops[at]}`);
	await page.evaluate(() => { document.activeElement.blur(); scrollTo(0, 0); });
	await page.emulateMedia({ reducedMotion: 'no-preference' });
}

/** Whatever is clicked is at least 24 by 24 pixels, links within a sentence aside (WCAG 2.5.8). */
export async function targets(page) {
	const small = await page.evaluate((selector) => [...document.querySelectorAll(selector)]
		.filter((e) => e.tabIndex >= 0 && e.checkVisibility({ visibilityProperty: true }) && !e.matches('.evitement, main') && !(e.tagName === 'A' && getComputedStyle(e).display === 'inline'))
		.map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
		.filter(([, box]) => box.width < 24 || box.height < 24).map(([what, box]) => `${what}: ${box.width} × ${box.height}`), TABBABLE);

	assert.deepEqual(small, [], 'targets of 24 pixels');
}

/** Edges of fields and buttons, and the ring of the focus, stand out from what is around them: 3 to 1 (WCAG 1.4.11), which axe-core does not look at. */
export async function edges(page) {
	const weak = await page.evaluate(() => {
		const rgb = (colour) => (colour.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
		const light = (colour) => {
			const [r, g, b] = rgb(colour).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
			return 0.2126 * r + 0.7152 * g + 0.0722 * b;
		};
		const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
		const behind = (e) => {
			for (let p = e.parentElement; p; p = p.parentElement)
				if (!/, 0\)$|transparent/.test(getComputedStyle(p).backgroundColor))
					return getComputedStyle(p).backgroundColor;
			return 'rgb(255, 255, 255)';
		};
		const weak = [];
		const ring = getComputedStyle(document.documentElement).getPropertyValue('--foyer').trim();
		const probe = document.body.appendChild(document.createElement('i'));
		probe.style.color = ring;
		const ring_rgb = getComputedStyle(probe).color;
		probe.remove();
		for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea, button:not(.voir), a[href], .bouton')) {
			if (!e.checkVisibility({ visibilityProperty: true }) || e.tabIndex < 0)
				continue;
			const style = getComputedStyle(e);
			const around = behind(e);
			if (!e.matches('a:not(.bouton)') && ratio(style.borderTopColor, around) < 3)
				weak.push(`edge ${style.borderTopColor} on ${around}: ${e.outerHTML.slice(0, 60)}`);
			if (ratio(ring_rgb, around) < 3)
				weak.push(`focus ${ring_rgb} on ${around}: ${e.outerHTML.slice(0, 60)}`);
		}
		return weak;
	});

	assert.deepEqual(weak, [], 'edges and focus stand out');
}

/** Colours of the person's own: fields, buttons and the focus keep an edge. */
export async function forced_colours(page, name) {
	await page.emulateMedia({ forcedColors: 'active' });
	const bare = await page.evaluate(() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, .bouton')]
		.filter((e) => e.checkVisibility({ visibilityProperty: true }) && e.tabIndex >= 0)
		.filter((e) => getComputedStyle(e).borderTopStyle === 'none' || parseFloat(getComputedStyle(e).borderTopWidth) < 1).map((e) => e.outerHTML.slice(0, 80)));
	assert.deepEqual(bare, [], 'fields and buttons have an edge in forced colours');
	await page.screenshot({ path: join(SHOTS, `${name}-forced.png`), fullPage: true });
	await page.emulateMedia({ forcedColors: 'none' });
}

/* Nothing goes over the side or is cut off. */
async function whole(page, how) {
	const found = await page.evaluate(() => ({
		over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
		outside: [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.evitement, .cache, .defaut') && e.getBoundingClientRect().right > innerWidth + 1)
			.map((e) => e.outerHTML.slice(0, 80)),
		cut: [...document.querySelectorAll('body *')].filter((e) => !e.matches('.evitement, .cache, .defaut, input, select, audio') && e.checkVisibility({ visibilityProperty: true })
			&& /hidden|clip/.test(getComputedStyle(e).overflowX + getComputedStyle(e).overflowY)
			&& (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)).map((e) => e.outerHTML.slice(0, 80)),
	}));

	assert.ok(found.over <= 0, `${how}: scrolls sideways by ${found.over} pixels: ${found.outside}`);
	assert.deepEqual(found.outside, [], `${how}: goes over the side`);
	assert.deepEqual(found.cut, [], `${how}: text is cut off`);
}

/** Text twice as large (all of it; text alone; the browser's own setting), more space between lines and letters, and 320 pixels: all stays whole. */
export async function reflow(page, name) {
	const size = page.viewportSize();
	const ways = {
		'200 %': () => { document.documentElement.style.fontSize = '200%'; },
		'text alone 200 %': () => {
			const all = [...document.querySelectorAll('body, body *')].map((e) => [e, parseFloat(getComputedStyle(e).fontSize)]);
			for (const [e, px] of all)
				e.style.fontSize = `${px * 2}px`;
		},
		'text spacing': () => {
			for (const e of document.querySelectorAll('body *')) {
				e.style.lineHeight = '1.5';
				e.style.letterSpacing = '.12em';
				e.style.wordSpacing = '.16em';
				if (e.matches('p'))
					e.style.marginBottom = '2em';
			}
		},
	};
	const undo = () => {
		for (const e of document.querySelectorAll('html, body, body *'))
			e.removeAttribute('style');
	};

	for (const [how, change] of Object.entries(ways)) {
		await page.evaluate(change);
		await whole(page, how);
		if (how === '200 %')
			await page.screenshot({ path: join(SHOTS, `${name}-200.png`), fullPage: true });
		await page.evaluate(undo);
	}
	await page.setViewportSize({ width: 320, height: 640 });
	await whole(page, '320 pixels');
	await page.screenshot({ path: join(SHOTS, `${name}-320.png`), fullPage: true });
	await page.setViewportSize(size);
}

/** For whom movement hurts nothing moves; what appears from one moment to the next does not. */
export async function stillness(page) {
	await page.emulateMedia({ reducedMotion: 'reduce' });
	const moving = await page.evaluate(() => [...document.querySelectorAll('html, body, body *')].filter((e) => {
		const style = getComputedStyle(e);
		return e.checkVisibility({ visibilityProperty: true }) && ((style.animationName !== 'none' && parseFloat(style.animationDuration) > .001) || parseFloat(style.transitionDuration) > 0 || style.scrollBehavior === 'smooth');
	}).map((e) => e.outerHTML.slice(0, 60)));
	assert.deepEqual(moving, [], 'nothing moves');
	await page.emulateMedia({ reducedMotion: 'no-preference' });
}
