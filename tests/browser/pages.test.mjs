/* The pages that inform, the search and the request for assistance, as people see them: each through look(), with and without JavaScript, wide and at 320 pixels. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { demo, until } from '../lib/demo.mjs';
import { close_browser, look, new_page, open_browser, press } from './lib.mjs';

const PATHS = ['/edito', '/aide', '/aide?q=courriel', '/aide?q=hippopotame', '/identifiant-oublie', '/assistance', '/accessibilite', '/mentions-legales',
	'/donnees-personnelles', '/tutoriels/parcours-electeur', '/tutoriels/parcours-de-vote', '/tutoriels/reassorts'];
const KINDS = [['script', {}], ['phone', { width: 320, height: 640 }], ['no-script', { script: false }]];
let d;

before(async () => {
	d = await demo('browser-pages.mjs', { settings: '[portal]\ncontroller = Ministère de l’exemple, 1 rue de la République, 75000 Paris\ndpo = dpo@elections.example' });
	d.secrets.add('La pluie tombe');
	await open_browser();
});

after(async () => {
	await close_browser();
	assert.deepEqual(await d.stop(), [], 'logs hold no report, nothing typed, no link or address, and the demo ends well');
});

/* The next page is there whole: its script has moved the focus, and nothing moves under the mouse any more. */
const send = (page) => Promise.all([page.waitForEvent('load'), press(page, 'text=ENVOYER')]);
const name_of = (kind, path) => `${kind}-pages${path.replace(/[^a-z-]+/g, '-')}`;

for (const [kind, options] of KINDS)
	test(`each page that informs stands up to a look, ${kind}`, async () => {
		const page = await new_page(options);

		for (const path of PATHS) {
			await page.goto(`${d.base}${path}`);
			assert.equal(await page.locator('h1').count(), 1);
			await look(page, name_of(kind, path));
		}
		await page.context().close();
	});

for (const [kind, options] of KINDS)
	test(`somebody looks for an answer, finds none, and asks the assistance, ${kind}`, async () => {
		const page = await new_page(options);

		await page.goto(`${d.base}/aide`);
		await page.fill('#q', 'TAHITI heure');
		await press(page, 'form[role=search] button');
		await page.waitForURL(/\?q=/);
		assert.match(await page.locator('main').innerText(), /1 réponse pour «.TAHITI heure.»/);
		assert.equal(await page.inputValue('#q'), 'TAHITI heure');
		await page.fill('#q', 'girafe');
		await press(page, 'form[role=search] button');
		await page.waitForSelector('text=Aucune réponse');
		await press(page, 'text=posez la vôtre');
		await page.waitForURL('**/assistance');
		await send(page);
		await page.waitForSelector('#erreurs');
		assert.equal(await page.locator('#erreurs li').count(), 4);
		await look(page, `${kind}-assistance-vide`);
		await page.selectOption('#objet', 'autre');
		await page.fill('#nom', 'Camille Exemple');
		await page.fill('#courriel', 'camille');
		await page.fill('#texte', '  La pluie tombe\n\nsur les "girafes" & <autres>');
		await send(page);
		await page.waitForSelector('#faute-courriel');
		assert.equal(await page.inputValue('#texte'), '  La pluie tombe\n\nsur les "girafes" & <autres>');
		assert.equal(await page.inputValue('#objet'), 'autre');
		await page.fill('#courriel', 'camille@ailleurs.example');
		await send(page);
		await page.waitForURL('**/assistance/recue/*');
		const reference = await page.locator('main .code').innerText();
		await look(page, `${kind}-assistance-recue`);
		await page.reload();
		assert.equal(await page.locator('main .code').innerText(), reference);
		await page.context().close();
	});

test('what was typed survives a database that is away: the button sends it again, line ends and all', async () => {
	const page = await new_page();
	const text = 'Première ligne\n\n  "deuxième" <ligne>';

	await page.goto(`${d.base}/assistance`);
	await page.selectOption('#objet', 'lien');
	await page.fill('#nom', 'Camille Exemple');
	await page.fill('#courriel', 'camille2@ailleurs.example');
	await page.fill('#texte', text);
	d.hold('mariadb');
	await until('MariaDB to end', () => !d.runs('mariadb'));
	await press(page, 'text=ENVOYER');
	await page.waitForSelector('text=Recommencer');
	await look(page, 'assistance-503');
	d.release('mariadb');
	await until('the request to be taken', async () => {
		await press(page, 'button:has-text("Recommencer"), main a');
		return /recue/.test(page.url());
	}, 60);
	assert.equal(d.sql("select hex(body) from assistance_request where contact = 'camille2@ailleurs.example'"), Buffer.from(text).toString('hex').toUpperCase());
});
