/*
 * A forgotten password and the changes in Mon compte, in Chromium: with JavaScript and without, wide and at 320 pixels. Every screen in every state
 * goes through look(): axe-core light and dark, html-validate, a screenshot.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { demo, until } from '../lib/demo.mjs';
import { Elector, PASSWORD } from '../lib/elector.mjs';
import { close_browser, look, new_page, open_browser, press } from './lib.mjs';

const OTHER = 'Trois canards-9 sous la Pluie';
let d;

before(async () => {
	d = await demo('secrets-browser.mjs', { settings: '[mailer]\ncooldown = 1s' });
	for (const secret of [PASSWORD, OTHER, 'Bréhat', 'brehat', 'Molène', 'molene'])
		d.secrets.add(secret);
	await open_browser();
});

after(async () => {
	await close_browser();
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

const heading = (page) => page.locator('h1').innerText();

async function solve(page) {
	await page.fill('#captcha', d.captcha(await page.inputValue('[name=captcha_id]')));
}

async function activated() {
	const who = d.fresh();

	await new Elector(d).enter(who, 'activer');
	return who;
}

async function log_in(page, who, password = PASSWORD) {
	await page.goto(`${d.base}/accueil`);
	await page.fill('#identifiant', who);
	await solve(page);
	await press(page, 'text=CONNEXION');
	await page.waitForURL('**/connexion');
	await page.fill('#mot_de_passe', password);
	await press(page, 'text=SE CONNECTER');
	await page.waitForURL('**/portail/');
}

async function reset_link(who) {
	const mail = await until('the link', async () => (await d.mails(who)).find((one) => /nouveau mot de passe/.test(one.subject)), 30);
	const [link] = mail.text.match(/http:\/\/\S+\/activation\/[A-Za-z0-9_-]+/);

	d.secrets.add(link.split('/').at(-1));
	return link;
}

for (const [kind, options] of [['script', {}], ['no-script', { script: false }], ['phone', { width: 320, height: 640 }], ['phone-no-script', { script: false, width: 320, height: 640 }]])
	test(`a forgotten password, ${kind}: from the door by mail to the home page, and the link is spent`, async () => {
		const who = await activated();
		const page = await new_page(options);
		const name = (screen) => `oubli-${kind}-${screen}`;

		await page.goto(`${d.base}/accueil`);
		await page.fill('#identifiant', who);
		await solve(page);
		await press(page, 'text=CONNEXION');
		await press(page, 'text=Mot de passe oublié');
		await page.waitForURL('**/mot-de-passe-oublie');
		assert.equal(await page.inputValue('#identifiant'), who, 'nobody types it twice');
		await look(page, name('1-demande'));
		await page.fill('#captcha', '1');
		await press(page, 'text=RECEVOIR UN LIEN');
		await page.waitForSelector('#faute-captcha');
		await look(page, name('2-faux'));
		await solve(page);
		await press(page, 'text=RECEVOIR UN LIEN');
		await page.waitForURL('**/envoye');
		await look(page, name('3-envoye'));
		const link = await reset_link(who);
		await page.goto(link);
		assert.ok(page.url().endsWith('/mot-de-passe'), 'the token leaves the address bar');
		assert.match(await heading(page), /Nouveau mot de passe/);
		await look(page, name('4-choix'));
		await page.fill('#mot_de_passe', 'Azertyuiop-2026');
		await page.fill('#confirmation', 'Azertyuiop-2026');
		await solve(page);
		await press(page, 'text=CHANGER LE MOT DE PASSE');
		await page.waitForSelector('#faute-mot-de-passe');
		assert.match(await page.locator('#faute-mot-de-passe').innerText(), /vite deviné/);
		await look(page, name('5-devine'));
		await page.fill('#mot_de_passe', OTHER);
		await page.fill('#confirmation', OTHER);
		await press(page, 'text=CHANGER LE MOT DE PASSE');
		await page.waitForURL('**/portail/');
		assert.match(await page.locator('.notice').innerText(), /nouveau mot de passe est enregistré/);
		await look(page, name('6-accueil'));
		await page.goto(link);
		assert.match(await heading(page), /déjà servi/);
		await look(page, name('7-lien-servi'));
		await page.context().close();
	});

for (const [kind, options] of [['script', {}], ['phone-no-script', { script: false, width: 320, height: 640 }], ['phone', { width: 320, height: 640 }]])
	test(`Mon compte, ${kind}: the password, then the challenge question`, async () => {
		const who = await activated();
		const page = await new_page(options);
		const name = (screen) => `changer-${kind}-${screen}`;

		await log_in(page, who);
		await page.goto(`${d.base}/mon-compte`);
		await look(page, name('0-compte'));
		await press(page, 'text=Changer mon mot de passe');
		await page.waitForURL('**/mon-compte/mot-de-passe');
		await look(page, name('1-mot-de-passe'));
		await press(page, 'text=CHANGER LE MOT DE PASSE');
		await page.waitForSelector('#erreurs');
		await look(page, name('2-vide'));
		for (const [field, value] of [['mot_de_passe_actuel', PASSWORD], ['mot_de_passe', OTHER], ['confirmation', OTHER]])
			await page.fill(`#${field}`, value);
		await press(page, 'text=CHANGER LE MOT DE PASSE');
		await page.waitForURL('**/mon-compte?mot-de-passe-change');
		assert.match(await page.locator('.notice').innerText(), /nouveau mot de passe est enregistré/);
		await press(page, 'text=Changer ma question défi');
		await page.waitForURL('**/mon-compte/question-defi');
		await look(page, name('3-question'));
		await page.selectOption('#question', { index: 2 });
		for (const [field, value] of [['mot_de_passe_actuel', OTHER], ['reponse_actuelle', 'Ouessant'], ['reponse', 'Molène'], ['reponse_confirmation', 'molene']])
			await page.fill(`#${field}`, value);
		await press(page, 'button >> text=CHANGER LA QUESTION DÉFI');
		await page.waitForSelector('#faute-reponse-actuelle');
		await look(page, name('4-fausse'));
		for (const [field, value] of [['mot_de_passe_actuel', OTHER], ['reponse_actuelle', 'Ile de Brehat'], ['reponse', 'Molène'], ['reponse_confirmation', 'molene']])
			await page.fill(`#${field}`, value);
		await press(page, 'button >> text=CHANGER LA QUESTION DÉFI');
		await page.waitForURL('**/mon-compte?question-changee');
		assert.match(await page.locator('.notice').innerText(), /nouvelle question défi/);
		await page.context().close();
	});

test('who entered without activation reads how to activate', async () => {
	const page = await new_page();

	await page.goto(await new Elector(d).ask(d.fresh()));
	await page.fill('#mot_de_passe', PASSWORD);
	await page.fill('#confirmation', PASSWORD);
	await solve(page);
	await press(page, 'text=CONTINUER');
	await press(page, '[name=sans_activation]');
	await page.waitForURL('**/portail/');
	for (const path of ['mot-de-passe', 'question-defi']) {
		await page.goto(`${d.base}/mon-compte/${path}`);
		await look(page, `changer-sans-${path}`);
	}
});
