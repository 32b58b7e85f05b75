/* What people see who are over a limit: the captcha that joins a form, the refusals. Through look(), with and without JavaScript, wide and at 320 pixels. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { demo, redis } from '../lib/demo.mjs';
import { close_browser, look, new_page, open_browser, press } from './lib.mjs';

const KINDS = [['script', {}], ['phone', { width: 320, height: 640 }], ['no-script', { script: false }]];
let d, serial = 0;

before(async () => {
	d = await demo('browser-throttle.mjs', { settings: '[password]\nmemory = 8MiB\npasses = 1\n' });
	d.secrets.add('Pas la bonne-1 phrase');
	await open_browser();
});

after(async () => {
	await close_browser();
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

async function solve(page) {
	await page.fill('#captcha', d.captcha(await page.inputValue('input[name=captcha_id]')));
}

async function arrive(page, identifier) {
	await page.goto(`${d.base}/accueil`);
	await page.fill('#identifiant', identifier);
	await solve(page);
	await press(page, 'text=CONNEXION');
	await page.waitForURL('**/connexion');
}

/** Does what posts the form, and waits for the page that answers. */
async function post(page, act) {
	const answered = page.waitForResponse((response) => response.request().method() === 'POST');

	await act();
	await answered;
	await page.waitForLoadState();
}

async function fail(page, act = () => press(page, 'text=SE CONNECTER')) {
	await page.fill('#mot_de_passe', 'Pas la bonne-1 phrase');
	await Promise.all([page.waitForNavigation(), act()]);
}

for (const [kind, options] of KINDS)
	test(`a captcha joins the log-in after five mistakes, then a page says when to come back, ${kind}`, async () => {
		const page = await new_page(options), who = `nobody.atall${++serial}@ac-nantes.fr`;

		await arrive(page, who);
		for (let i = 0; i < 5; i++) {
			assert.equal(await page.locator('#captcha').count(), 0);
			await fail(page);
		}
		assert.equal(await page.locator('#captcha').count(), 1);
		await look(page, `${kind}-connexion-captcha`);
		await fail(page);
		assert.match(await page.locator('#faute-captcha').innerText(), /Recopiez aussi le code/);
		await look(page, `${kind}-connexion-captcha-oublie`);
		const first = await page.inputValue('input[name=captcha_id]');
		await post(page, () => press(page, 'text=Autre code'));
		assert.notEqual(await page.inputValue('input[name=captcha_id]'), first);
		for (let i = 0; i < 5; i++) {
			await solve(page);
			/* Enter in the password must send the form, not ask for another code. */
			await fail(page, () => page.press('#mot_de_passe', 'Enter'));
			assert.equal(await page.locator('#faute-captcha').count(), 0, 'the code was right');
		}
		await fail(page);
		assert.match(await page.locator('main').innerText(), /Recommencez à partir de \d+\sh\s\d\d, heure de Paris/);
		assert.equal(page.answer.status(), 429);
		await look(page, `${kind}-trop-d-essais`);
		await press(page, 'text=Revenir à la page précédente');
		await page.waitForURL('**/connexion');
		await page.context().close();
	});

test('many come at once: the page says so, and posts again what was typed', async () => {
	const page = await new_page(), who = `nobody.atall${++serial}@ac-nantes.fr`;
	const keys = () => redis(d.REDIS_EPHEMERAL, 'KEYS', '{limit}:WRITE_ALL:*');

	const ask = async (text) => {
		await page.goto(`${d.base}/assistance`);
		await page.selectOption('#objet', 'autre');
		await page.fill('#nom', 'Camille Exemple');
		await page.fill('#courriel', who);
		await page.fill('#texte', text);
		await press(page, 'text=ENVOYER');
	};

	await ask('Un peu\nde texte');
	await page.waitForURL('**/recue/**');
	const [now] = await redis(d.REDIS_EPHEMERAL, 'TIME');
	for (const key of await keys())
		await redis(d.REDIS_EPHEMERAL, 'SET', key, (Number(now) + 3700) * 1e6);
	await ask('Un autre\ntexte');
	await page.waitForSelector('text=Beaucoup d’électeurs arrivent');
	assert.equal(page.answer.status(), 503);
	await look(page, 'beaucoup-d-electeurs');
	for (const key of await keys())
		await redis(d.REDIS_EPHEMERAL, 'DEL', key);
	await press(page, 'text=Recommencer');
	await page.waitForURL('**/recue/**');
	assert.equal(d.sql("select count(*) from assistance_request where body = 'Un autre\\ntexte'"), '1');
	await page.context().close();
});
