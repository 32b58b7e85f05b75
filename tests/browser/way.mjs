/* The steps of the way in, as a browser goes them, with JavaScript or without. */
import { press } from './lib.mjs';

let d;

export const PASSWORD = 'Un vieux Chêne-7 sur la lande';

/** Whose pages these are: once, before the first step. */
export function walk_on(demo) {
	d = demo;
	d.secrets.add(PASSWORD);
}

export async function solve(page) {
	await page.fill('#captcha', d.captcha(await page.inputValue('[name=captcha_id]')));
}

export async function identify(page, who) {
	await page.goto(`${d.base}/accueil`);
	await page.fill('#identifiant', who);
	await solve(page);
	await press(page, 'text=CONNEXION');
	await page.waitForURL('**/connexion');
}

export async function ask(page, who, n = 1) {
	await identify(page, who);
	return d.link(who, n);
}

export async function choose(page, password = PASSWORD, confirmation = password) {
	await page.fill('#mot_de_passe', password);
	await page.fill('#confirmation', confirmation);
	if (await page.locator('#captcha').count())
		await solve(page);
	await press(page, 'text=CONTINUER');
}

export async function answer_challenge(page) {
	await page.selectOption('[name=question]', { index: 1 });
	await page.fill('#reponse', 'Île de Bréhat');
	await page.fill('#reponse_confirmation', 'ile de bréhat');
	await press(page, '[name=activer]');
	await page.waitForURL('**/portail/');
}

export async function log_in(page, who, password = PASSWORD) {
	await identify(page, who);
	await page.fill('#mot_de_passe', password);
	await press(page, 'text=SE CONNECTER');
}
