/*
 * Mon compte and the end of a session in Chromium: wide and at 320 pixels, light and dark, by keyboard, with JavaScript and without. Time is moved by the
 * session's record in Redis and by the banner's own animation, never waited for.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { demo, redis, until } from '../lib/demo.mjs';
import { Elector, PASSWORD } from '../lib/elector.mjs';
import { close_browser, look, new_page, open_browser, press } from './lib.mjs';

let d;
let who;

before(async () => {
	d = await demo('account.mjs', { settings: '[portal]\nsession_idle = 20min\n[mailer]\ncooldown = 1s' });
	d.secrets.add(PASSWORD);
	who = d.fresh();
	await new Elector(d).enter(who, 'activer');
	await open_browser();
});

after(async () => {
	await close_browser();
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

async function log_in(page) {
	await page.goto(`${d.base}/accueil`);
	await page.fill('#identifiant', who);
	await page.fill('#captcha', d.captcha(await page.inputValue('[name=captcha_id]')));
	await press(page, 'text=CONNEXION');
	await page.waitForURL('**/connexion');
	await page.fill('#mot_de_passe', PASSWORD);
	await press(page, 'text=SE CONNECTER');
	await page.waitForURL((url) => !url.pathname.endsWith('/connexion'));
}

async function record(page) {
	const { value } = (await page.context().cookies(d.origin.replace('http:', 'https:'))).find((one) => one.name === '__Host-isoloir');
	return `session:${createHash('sha256').update(value).digest('hex')}`;
}

/** The session has so many seconds left, in Redis; the page is loaded anew with one more. */
async function leave(page, field, seconds) {
	await redis(d.REDIS_EPHEMERAL, 'HSET', await record(page), field, Math.floor(Date.now() / 1000) + seconds);
}

/* Two minutes before the end: the time that the banner's animation has waited. */
async function wait_for_banner(page) {
	await page.evaluate(() => {
		const [wait] = document.getElementById('fin-session').getAnimations();
		wait.currentTime = wait.effect.getTiming().delay - 5;
	});
	await page.waitForFunction(() => getComputedStyle(document.getElementById('fin-session')).visibility === 'visible');
}

const is_seen = (page) => page.locator('#fin-session').isVisible();

for (const [kind, options] of [['script', {}], ['no-script', { script: false }], ['phone', { width: 320, height: 640 }]])
	test(`Mon compte, ${kind}: reached from home, sessions and devices ended, nothing cut off`, async () => {
		const page = await new_page(options);
		const other = new Elector(d);
		await log_in(page);
		await other.log_in(who);
		assert.equal(await is_seen(page), false, 'long before the end there is no banner');
		await press(page, 'text=Mes appareils et sessions');
		await page.waitForURL('**/mon-compte#sessions');
		await look(page, `mon-compte-${kind}`);
		assert.match(await page.locator('main').innerText(), /Chrome sous Linux[^]*cette session/);
		await press(page, 'form[action$="/mon-compte/session/fin"] button >> nth=0');
		await page.waitForURL('**/mon-compte?session-fermee');
		await look(page, `mon-compte-fermee-${kind}`);
		await other.log_in(who);
		await page.goto(`${d.base}/mon-compte`);
		await press(page, 'text=Fermer toutes les autres sessions');
		await page.waitForURL('**/mon-compte?sessions-fermees');
		assert.equal(await page.locator('form[action$="/session/fin"]').count(), 0);
		await press(page, 'form[action$="/appareil/oubli"] button >> nth=0');
		await page.waitForURL('**/mon-compte?appareil-oublie');
		assert.match(await page.locator('[role=status].notice').innerText(), /oublié/);
		await page.context().close();
	});

test('Mon compte by keyboard alone, and a person without activation has one too', async () => {
	const page = await new_page();
	await page.goto(await new Elector(d).ask(d.fresh()));
	await page.fill('#mot_de_passe', PASSWORD);
	await page.fill('#confirmation', PASSWORD);
	await page.fill('#captcha', d.captcha(await page.inputValue('[name=captcha_id]')));
	await press(page, 'text=CONTINUER');
	await press(page, '[name=sans_activation]');
	await page.waitForURL('**/portail/');
	for (let i = 0; i < 40 && !await page.evaluate(() => document.activeElement.matches('a[href$="/mon-compte"]')); i++)
		await page.keyboard.press('Tab');
	await page.keyboard.press('Enter');
	await page.waitForURL('**/mon-compte');
	await look(page, 'mon-compte-sans-activation');
	assert.match(await page.locator('main').innerText(), /Non activé[^]*Vous n’en avez pas/);
});

for (const width of [1000, 320])
	test(`two minutes before the end a banner comes, is said once, and its button keeps what was typed (${width} pixels)`, async () => {
		const page = await new_page({ width, height: 640 });
		await log_in(page);
		await page.goto(`${d.base}/assistance`);
		await page.fill('textarea', 'Une phrase à ne pas perdre');
		assert.equal(await is_seen(page), false);
		await wait_for_banner(page);
		await page.waitForFunction(() => document.getElementById('annonce').textContent.includes('se termine à'));
		assert.equal(await page.evaluate(() => document.activeElement.tagName), 'TEXTAREA', 'the focus stays where it was');
		await look(page, 'fin-session');
		await leave(page, 'idle_until', 100);
		await page.click('text=Prolonger ma session');
		await page.waitForFunction(() => /prolongée/.test(document.getElementById('annonce').textContent));
		assert.equal(await is_seen(page), false, 'it waits anew');
		assert.equal(await page.inputValue('textarea'), 'Une phrase à ne pas perdre');
		assert.equal(await page.evaluate(() => document.activeElement.tagName), 'TEXTAREA');
		assert.ok(await redis(d.REDIS_EPHEMERAL, 'HGET', await record(page), 'idle_until') > Date.now() / 1000 + 1100);
		await wait_for_banner(page);
		await leave(page, 'until', 300);
		await page.click('text=Prolonger ma session');
		await page.waitForFunction(() => /se termine/.test(document.getElementById('annonce').textContent) && /ne peut plus/.test(document.getElementById('fin-session').textContent));
		await wait_for_banner(page);
		await look(page, 'fin-session-au-plus');
		await page.context().close();
	});

test('without JavaScript the banner comes by itself', async () => {
	const page = await new_page({ script: false });
	await log_in(page);
	await leave(page, 'until', 4);
	await page.goto(`${d.base}/assistance`);
	assert.equal(await is_seen(page), false);
	await until('the banner', () => is_seen(page), 10);
	await page.context().close();
});

test('without JavaScript « Prolonger ma session » leaves the page and its words alone', async () => {
	const page = await new_page({ script: false, height: 640 });
	await log_in(page);
	await page.goto(`${d.base}/assistance`);
	await page.fill('textarea', 'Une phrase à ne pas perdre');
	const client = await page.context().newCDPSession(page);
	await client.send('Animation.enable');
	await client.send('Animation.setPlaybackRate', { playbackRate: 2000 });
	await until('the banner', () => is_seen(page), 10);
	const opened = page.context().waitForEvent('page');
	await press(page, 'text=Prolonger ma session');
	const tab = await opened;
	await tab.waitForURL('**/session');
	assert.match(await tab.locator('h1').innerText(), /Session prolongée jusqu’à/);
	assert.equal(await page.inputValue('textarea'), 'Une phrase à ne pas perdre');
	await page.context().close();
});

test('a session that is over: why, on the access page', async () => {
	const page = await new_page();
	await log_in(page);
	await leave(page, 'idle_until', -5);
	await page.goto(`${d.base}/mon-compte`);
	assert.match(await page.locator('.notice').innerText(), /terminée/);
	await look(page, 'session-terminee');
	await log_in(page);
	await page.goto(`${d.base}/session`);
	await look(page, 'session-prolongee');
});
