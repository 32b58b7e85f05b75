/*
 * The whole way in, as people go it, in Chromium: with JavaScript and without, wide and at 320 pixels, with the mouse and by keyboard alone. Every
 * screen in every state goes through look(): axe-core light and dark, html-validate, a screenshot.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { demo, pause } from '../lib/demo.mjs';
import { close_browser, look, new_page, open_browser, press } from './lib.mjs';
import { answer_challenge, ask, choose, identify, PASSWORD, solve, walk_on } from './way.mjs';

let d;
let activated;

before(async () => {
	d = await demo('browser.mjs', { settings: '[mailer]\ncooldown = 2s' });
	walk_on(d);
	await open_browser();
});

after(async () => {
	await close_browser();
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

const heading = (page) => page.locator('h1').innerText();

for (const [kind, options] of [['script', {}], ['no-script', { script: false }], ['phone', { width: 320, height: 640 }], ['phone-no-script', { script: false, width: 320, height: 640 }]])
	test(`the whole way, ${kind}: welcome, identifier, mail, link, password, challenge, home, out, back`, async () => {
		const page = await new_page(options);
		const who = d.fresh();
		const name = (screen) => `${kind}-${screen}`;

		await page.goto(`${d.base}/`);
		await look(page, name('0-bienvenue'));
		await press(page, 'text=Accéder au portail Élections');
		await look(page, name('1-acces'));
		await page.fill('#identifiant', ` ${who.toUpperCase()}`);
		await solve(page);
		await press(page, 'text=CONNEXION');
		await page.waitForURL('**/connexion');
		assert.equal(await page.inputValue('#adresse'), who);
		await look(page, name('2-connexion'));
		const link = await d.link(who);
		await page.goto(link);
		assert.ok(page.url().endsWith('/mot-de-passe'), 'the token leaves the address bar');
		await look(page, name('4-mot-de-passe'));
		await choose(page);
		await page.waitForURL('**/question-defi');
		await look(page, name('5-question-defi'));
		await answer_challenge(page);
		assert.match(await page.locator('.notice').innerText(), /activé/);
		await look(page, name('6-accueil-active'));
		await press(page, 'text=SE DÉCONNECTER');
		await look(page, name('7-parti'));
		assert.equal(await page.locator('text=Mon Compte').count(), 0);
		await identify(page, who);
		await page.fill('#mot_de_passe', PASSWORD);
		await press(page, 'text=SE CONNECTER');
		await page.waitForURL('**/portail/');
		assert.equal(await page.locator('h2:has-text("Mon Compte")').count(), 1);
		await look(page, name('8-accueil-retour'));
		activated ??= { who, link };
		await page.context().close();
	});

test('the other way out: in without activation, and the next visit is by mail again', async () => {
	const page = await new_page();
	const who = d.fresh();
	const link = await ask(page, who);

	await page.goto(link);
	await choose(page);
	await press(page, '[name=sans_activation]');
	await page.waitForURL('**/portail/');
	await look(page, 'sans-activation-accueil');
	assert.match(await page.locator('main').innerText(), /sans activation/i);
	const next = await new_page();
	assert.notEqual(await ask(next, who, 2), link);
	await next.goto(link);
	await look(next, 'lien-utilise-entre');
	assert.match(await heading(next), /déjà servi/);
});

test('by keyboard alone', async () => {
	const page = await new_page();
	const who = d.fresh();
	/* Tab until the wanted element has the focus, which must be visible; nothing else is used. */
	const reach = async (selector) => {
		for (let i = 0; i < 60; i++) {
			await page.keyboard.press('Tab');
			const state = await page.evaluate((wanted) => {
				const at = document.activeElement;
				const style = at && getComputedStyle(at);
				return { there: at?.matches(wanted), seen: !at || at === document.body || style.outlineStyle !== 'none' || style.boxShadow !== 'none' || at.tagName === 'AUDIO' };
			}, selector);
			assert.ok(state.seen, 'the focus is visible');
			if (state.there)
				return;
		}
		assert.fail(`Tab never reaches ${selector}`);
	};
	const type_captcha = async () => {
		await reach('#captcha');
		await page.keyboard.type(d.captcha(await page.inputValue('[name=captcha_id]')));
	};

	await page.goto(`${d.base}/`);
	await reach('.evitement');
	await page.keyboard.press('Enter');
	await reach('main a.bouton');
	await page.keyboard.press('Enter');
	await page.waitForURL('**/accueil');
	await reach('#identifiant');
	await page.keyboard.type(who);
	await type_captcha();
	await page.keyboard.press('Enter'); /* Enter is CONNEXION, not « Autre code » */
	await page.waitForURL('**/connexion');
	await page.goto(await d.link(who));
	await reach('#mot_de_passe');
	await page.keyboard.type(PASSWORD);
	await reach('[data-voir=mot_de_passe]');
	await page.keyboard.press('Space');
	assert.equal(await page.getAttribute('#mot_de_passe', 'type'), 'text');
	await reach('#confirmation');
	await page.keyboard.type(PASSWORD);
	await type_captcha();
	await page.keyboard.press('Enter');
	await page.waitForURL('**/question-defi');
	await reach('select[name=question], input[name=question]');
	await page.keyboard.press('ArrowDown');
	await reach('#reponse');
	await page.keyboard.type('bleu nuit');
	await reach('#reponse_confirmation');
	await page.keyboard.type('bleu nuit');
	await reach('[name=activer]');
	await page.keyboard.press('Enter');
	await page.waitForURL('**/portail/');
	await reach('form[action$=deconnexion] button');
	await page.keyboard.press('Enter');
	await page.waitForURL(/\?deconnexion$/);
	assert.equal(await page.locator('h2:has-text("Mon Compte")').count(), 0);
});

test('wrong captcha: said so, the identifier is kept, another code or the sound is offered', async () => {
	for (const script of [true, false]) {
		const page = await new_page({ script });
		const name = script ? 'script' : 'no-script';

		await page.goto(`${d.base}/accueil`);
		await page.fill('#identifiant', 'prenom.nom@ac-nantes.fr');
		await page.fill('#captcha', '12');
		await press(page, 'text=CONNEXION');
		assert.match(await page.locator('#erreurs').innerText(), /code|CAPTCHA/i);
		assert.equal(await page.inputValue('#identifiant'), 'prenom.nom@ac-nantes.fr');
		await look(page, `captcha-faux-${name}`);
		const first = await page.inputValue('[name=captcha_id]');
		await press(page, '[name=autre_code]');
		await page.waitForFunction?.((old) => document.querySelector('[name=captcha_id]')?.value !== old, first).catch(() => {});
		assert.notEqual(await page.inputValue('[name=captcha_id]'), first);
		assert.equal(await page.inputValue('#identifiant'), 'prenom.nom@ac-nantes.fr');
		assert.equal(await page.getAttribute('#captcha', 'inputmode'), 'numeric');
		await page.context().close();
	}
});

test('an identifier that is none, and one that is empty, are told beside the field', async () => {
	const page = await new_page();

	for (const [typed, name] of [['', 'vide'], ['pas une adresse', 'faux']]) {
		await page.goto(`${d.base}/accueil`);
		await page.fill('#identifiant', typed);
		await solve(page);
		await press(page, 'text=CONNEXION');
		assert.equal(await page.locator('#faute-identifiant').count(), 1);
		await look(page, `identifiant-${name}`);
	}
});

test('wrong password of a return visit, then the right one', async () => {
	const page = await new_page();

	await identify(page, activated.who);
	await page.fill('#mot_de_passe', 'Ce n’est pas-1 cela');
	await press(page, 'text=SE CONNECTER');
	assert.equal(await page.locator('#faute-mot-de-passe').count(), 1);
	assert.equal(await page.inputValue('#mot_de_passe'), '');
	await look(page, 'mot-de-passe-faux');
	await page.fill('#mot_de_passe', PASSWORD);
	await press(page, 'text=SE CONNECTER');
	await page.waitForURL('**/portail/');
});

test('weak passwords of each kind are answered rule by rule; « Autre code » keeps a typed password', async () => {
	const page = await new_page();
	const family_of = (one) => one.split('@')[0].split('.')[1].split('-')[0];
	let who = d.fresh();

	while (family_of(who).length < 5)
		who = d.fresh();
	const family = family_of(who);

	await page.goto(await ask(page, who));
	await page.fill('#mot_de_passe', PASSWORD);
	await page.fill('#confirmation', PASSWORD);
	const first = await page.inputValue('[name=captcha_id]');
	await press(page, '[name=autre_code]');
	await page.waitForFunction((old) => document.querySelector('[name=captcha_id]').value !== old, first);
	assert.equal(await page.inputValue('#mot_de_passe'), PASSWORD);
	for (const [password, rule] of [['Court-1', /12 et 256/], ['TOUT EN MAJUSCULES-1', /minuscule/], ['tout en minuscules-1', /majuscule/],
		['Sans aucun chiffre-', /chiffre/], ['SansSigneSpecial1', /spécial/], [`Chez-${family}-A-2026`, /votre nom/], ['Motdepasse-2026', /courant/]]) {
		await choose(page, password);
		await page.waitForSelector('#faute-mot-de-passe');
		const broken = await page.locator('li.ko').allInnerTexts();
		assert.ok(broken.some((text) => rule.test(text)), `${password}: ${broken}`);
	}
	await look(page, 'mot-de-passe-faible');
	await choose(page, PASSWORD, 'autre chose');
	assert.equal(await page.locator('#faute-confirmation').count(), 1);
	await look(page, 'mot-de-passe-different');
	await choose(page);
	await page.waitForURL('**/question-defi');
	await press(page, '[name=activer]');
	assert.equal(await page.locator('#faute-reponse').count(), 1);
	await look(page, 'question-defi-faux');
	await answer_challenge(page);
});

test('links that no longer serve: expired (with a new one in one click), used, damaged', async () => {
	const page = await new_page();
	const who = d.fresh();
	const link = await ask(page, who);

	d.sql(`update activation_token t join elector e on e.id = t.elector_id set expires_at = utc_timestamp() - interval 1 minute where e.identifier = '${who}'`);
	await page.goto(link);
	assert.match(await heading(page), /expiré/);
	await look(page, 'lien-expire');
	await pause(2200);
	await press(page, 'text=Recevoir un nouveau lien');
	await page.waitForURL('**/connexion');
	await page.goto(await d.link(who, 2));
	assert.match(await heading(page), /Initialisation/);
	await page.goto(activated.link);
	assert.match(await heading(page), /déjà activé/);
	await look(page, 'lien-utilise-active');
	await page.goto(`${link.slice(0, -6)}AAAAAA`);
	assert.match(await heading(page), /pas reconnu/);
	await look(page, 'lien-inconnu');
});

test("another's link in the same browser: its own name, and no way into it with what was chosen before", async () => {
	const page = await new_page();
	const [mine, other] = [d.fresh(), d.fresh()];
	const link = await ask(page, mine);
	const foreign = await ask(await new_page(), other);

	await page.goto(link);
	await choose(page);
	await page.waitForURL('**/question-defi');
	const tab = await page.context().newPage();
	await tab.goto(foreign);
	assert.equal(await tab.inputValue('#adresse'), other);
	await press(page, '[name=sans_activation]');
	await page.waitForLoadState();
	assert.equal(await page.locator('h2:has-text("Mon Compte")').count(), 0);
});

test('a headless scanner that opens the link and runs scripts leaves it good for the human', async () => {
	const page = await new_page();
	const link = await ask(page, d.fresh());

	for (let i = 0; i < 2; i++) {
		const scanner = await new_page();
		await scanner.goto(link, { waitUntil: 'networkidle' });
		await scanner.context().close();
	}
	await page.goto(link);
	await choose(page);
	await page.waitForURL('**/question-defi');
	await press(page, '[name=sans_activation]');
	await page.waitForURL('**/portail/');
});

test('a click in a webmail of another site arrives with its cookies', async () => {
	const page = await new_page();
	const who = d.fresh();

	await ask(page, who);
	await page.goto(d.MAILBOX_URL);
	assert.equal(new URL(page.url()).hostname, 'localhost');
	await press(page, `tr:has-text("${who}") a`);
	await press(page, 'pre a[href*="/activation/"]');
	await page.waitForURL('**/mot-de-passe');
	assert.match(await heading(page), /Initialisation/);
	await choose(page);
	await page.waitForURL('**/question-defi');
});

test('the pages that inform, and the refusals', async () => {
	const page = await new_page();

	for (const [path, name] of [['/aide', 'aide'], ['/identifiant-oublie', 'identifiant-oublie'], ['/assistance', 'assistance'],
		['/accessibilite', 'accessibilite'], ['/nulle-part', 'erreur-404']]) {
		await page.goto(`${d.base}${path}`);
		await look(page, name);
	}
	await page.setViewportSize({ width: 320, height: 640 });
	for (const path of ['/aide', '/assistance', '/accessibilite', '/nulle-part']) {
		await page.goto(`${d.base}${path}`);
		await look(page, `phone${path.replace('/', '-')}`);
	}
	for (const [path, name] of [['/theme/rien.css', 'nginx-404'], [`/${'a'.repeat(9000)}`, 'nginx-400']]) {
		await page.goto(`${d.origin}${path}`);
		await look(page, name);
	}
});

test('no link of any page leads nowhere', async () => {
	const page = await new_page();
	const seen = new Set();
	const walk = async () => {
		for (const to of await page.$$eval('a[href]', (all) => all.map((a) => a.href)))
			if (to.startsWith(d.origin) && !seen.has(to.split('#')[0])) {
				seen.add(to.split('#')[0]);
				/* In the page itself: Playwright's own requests leave Secure cookies out over http. */
				assert.equal(await page.evaluate(async (address) => (await fetch(address)).status, to), 200, `${to} on ${page.url()}`);
			}
		for (const id of await page.$$eval('a[href^="#"], a[href*="#"]', (all) => all.filter((a) => a.pathname === location.pathname && a.hash).map((a) => a.hash.slice(1))))
			assert.equal(await page.locator(`[id="${id}"]`).count(), 1, `#${id} on ${page.url()}`);
	};

	for (const path of ['/', '/accueil', '/aide', '/identifiant-oublie', '/assistance', '/accessibilite']) {
		await page.goto(`${d.base}${path}`);
		await walk();
	}
	await identify(page, activated.who);
	await walk();
	await page.fill('#mot_de_passe', PASSWORD);
	await press(page, 'text=SE CONNECTER');
	await page.waitForURL('**/portail/');
	await walk();
});

test('the countdown ticks when JavaScript is there, and knows before, during and after', async () => {
	const page = await new_page();
	const shown = () => page.locator('.compte-a-rebours [data-phase]:not([hidden])').getAttribute('data-phase');
	/* Workers keep an election's row for some seconds; those of a reload read it anew. */
	const set = async (sql) => {
		d.sql(`update election set ${sql}`);
		d.ctl('reload', 'portal');
		await pause(700);
	};
	const first = d.sql("select concat(opens_at, '|', closes_at) from election").split('|');

	try {
		for (const [sql, phase, name] of [
			['opens_at = utc_timestamp() + interval 16 day, closes_at = utc_timestamp() + interval 23 day', 'avant', 'rebours-avant'],
			['opens_at = utc_timestamp() - interval 1 day, closes_at = utc_timestamp() + interval 6 day', 'pendant', 'rebours-pendant'],
			['opens_at = utc_timestamp() - interval 9 day, closes_at = utc_timestamp() - interval 2 day', 'apres', 'rebours-apres'],
		]) {
			await set(sql);
			await page.goto(`${d.base}/`);
			assert.equal(await shown(), phase);
			await look(page, name);
		}
		await set('opens_at = utc_timestamp() + interval 6 second, closes_at = utc_timestamp() + interval 6 day');
		await page.goto(`${d.base}/`);
		assert.equal(await shown(), 'avant');
		await page.waitForSelector('[data-phase=pendant]:not([hidden])', { timeout: 15000 });
	} finally {
		await set(`opens_at = '${first[0]}', closes_at = '${first[1]}'`);
	}
});
