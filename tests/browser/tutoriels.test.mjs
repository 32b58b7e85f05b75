/*
 * The pictures of the tutorial are our own screens. Beside each stands what the screen said to a screen reader when it was taken
 * (tests/browser/tutoriels/NAME.txt): when a screen says something else today, the test fails, and ISOLOIR_RENEW=1 takes all pictures and
 * texts anew, and puts their sizes into the tutorial.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demo, ROOT } from '../lib/demo.mjs';
import { header, reduce } from '../lib/png.mjs';
import { close_browser, new_page, open_browser } from './lib.mjs';

const RENEW = process.env.ISOLOIR_RENEW === '1';
const THEME = join(ROOT, 'portal/theme/default');
const TEXTS = join(ROOT, 'tests/browser/tutoriels');
const TUTORIAL = join(THEME, 'parcours-electeur.html');
const SIZE_MAX = 40 * 1024;
const HEIGHT_MAX = 1250;
const PASSWORD = 'Un vieux Chêne-7 sur la lande';
let d;

before(async () => {
	d = await demo('tutoriels.mjs', { settings: '[portal]\nphone = 01 99 00 12 34' });
	d.secrets.add(PASSWORD);
	await open_browser();
	mkdirSync(TEXTS, { recursive: true });
});

after(async () => {
	await close_browser();
	assert.deepEqual(await d.stop(), []);
});

/* What changes from day to day is no change of the screen. */
function settle(text) {
	return text
		.replace(/(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche) [^,.)"]*?\d{1,2}\sh\s\d\d/gu, 'DATE')
		.replace(/[2-9A-Z]{3}-[2-9A-Z]{4}/g, 'REF')
		.replace(/\n\s*- \/url: .*/g, '')
		.replace(/\d+/g, 'N');
}

function keep(name, text, picture) {
	writeFileSync(join(TEXTS, `${name}.txt`), `${text}\n`);
	writeFileSync(join(THEME, `${name}.png`), picture);
	const { width, height } = header(picture);
	writeFileSync(TUTORIAL, readFileSync(TUTORIAL, 'utf8').replace(new RegExp(`(${name}\\.png" alt="[^"]*") width="\\d+" height="\\d+"`), `$1 width="${width}" height="${height}"`));
}

function check(name, text) {
	const file = join(TEXTS, `${name}.txt`);
	const picture = readFileSync(join(THEME, `${name}.png`));
	const { width, height, type } = header(picture);

	assert.ok(existsSync(file), `${name} has never been taken: ISOLOIR_RENEW=1`);
	assert.equal(`${text}\n`, readFileSync(file, 'utf8'), `the screen of ${name} has changed; ISOLOIR_RENEW=1 node --test tests/browser/tutoriels.test.mjs takes it anew`);
	assert.ok(picture.length <= SIZE_MAX && type === 3, `${name}.png: ${picture.length} bytes, colour type ${type}`);
	assert.match(readFileSync(TUTORIAL, 'utf8'), new RegExp(`${name}\\.png" alt="[^"]{60,}" width="${width}" height="${height}"`));
}

/* What is below that is not worth its bytes. */
async function top_of(main) {
	const box = await main.boundingBox();

	return { ...box, height: Math.min(box.height, HEIGHT_MAX) };
}

async function take(page, name) {
	const main = page.locator('main');
	const text = settle(await main.ariaSnapshot());

	if (RENEW)
		keep(name, text, reduce(await page.screenshot({ fullPage: true, clip: await top_of(main) })));
	check(name, text);
}

async function solve(page) {
	await page.fill('#captcha', d.captcha(await page.inputValue('[name=captcha_id]')));
}

/* The mail as it is read, its link unreadable. */
async function show_mail(page, who) {
	const mail = await d.mail(who);

	await page.setContent(mail.html.replace(/http:\/\/[^\s"<]*\/activation\/[A-Za-z0-9_-]+/g, 'https://elections.example.fr/demo/portail/activation/…'));
}

test('the pictures of « Parcours électeur » are the screens as they are', async () => {
	const page = await new_page({ width: 640, height: 900 });
	const who = d.fresh(); /* the first of the sample, always the same */

	await page.goto(`${d.base}/accueil`);
	await page.fill('#identifiant', who);
	await take(page, 'tutoriel-1-acces');
	await solve(page);
	await page.click('text=CONNEXION');
	await page.waitForURL('**/connexion');
	await take(page, 'tutoriel-2-connexion');
	const link = await d.link(who);
	await show_mail(page, who);
	await take(page, 'tutoriel-3-courriel');
	await page.goto(link);
	await take(page, 'tutoriel-4-mot-de-passe');
	await page.fill('#mot_de_passe', PASSWORD);
	await page.fill('#confirmation', PASSWORD);
	await solve(page);
	await page.click('text=CONTINUER');
	await page.waitForURL('**/question-defi');
	await take(page, 'tutoriel-5-question-defi');
	await page.selectOption('[name=question]', { index: 1 });
	await page.fill('#reponse', 'Île de Bréhat');
	await page.fill('#reponse_confirmation', 'ile de bréhat');
	await page.click('[name=activer]');
	await page.waitForURL('**/portail/');
	await page.setViewportSize({ width: 860, height: 900 }); /* two columns, as most people see it */
	await take(page, 'tutoriel-6-accueil');
});

test('the tutorial shows its pictures, each fetched from the theme', async () => {
	const page = await new_page({ width: 1000 });

	await page.goto(`${d.base}/tutoriels/parcours-electeur`);
	for (const picture of await page.locator('img.ecran').all()) {
		await picture.scrollIntoViewIfNeeded();
		await page.waitForFunction((img) => img.complete && img.naturalWidth > 0, await picture.elementHandle());
	}
	assert.equal(await page.locator('img.ecran').count(), 6);
	assert.deepEqual(page.complaints, []);
});
