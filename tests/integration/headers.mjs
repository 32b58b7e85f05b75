/* What each answer tells a browser that it may not do: every route of portal/routes.def, every refusal, the theme, and what nginx answers itself. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demo, ROOT } from '../lib/demo.mjs';
import { Elector } from '../lib/elector.mjs';

const ROUTES = [...readFileSync(join(ROOT, 'portal/routes.def'), 'utf8').matchAll(/^ROUTE\((GET|POST),\s*"([^"]+)"/gm)].map(([, method, path]) => [method, path]);
let d;

before(async () => {
	d = await demo('headers.mjs', { settings: '[portal]\nworkers = 2\n' });
});

after(async () => {
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

const policy = (answer) => Object.fromEntries((answer.headers['content-security-policy'] ?? '').split(';').map((one) => one.trim().split(/ (.*)/s)));

/* What holds of every answer, whoever gives it. */
function check(what, answer) {
	const rules = policy(answer);

	assert.equal(rules['default-src'], "'none'", `${what}: policy`);
	assert.equal(answer.headers['x-content-type-options'], 'nosniff', what);
	assert.equal(answer.headers['access-control-allow-origin'], undefined, what);
	assert.doesNotMatch(answer.headers.server ?? '', /\d/, `${what}: no version of a server`);
	assert.equal(answer.headers['x-powered-by'], undefined, what);
	return rules;
}

/* What holds of a page besides. */
function check_page(what, answer) {
	const rules = check(what, answer);

	for (const rule of ['base-uri', 'frame-ancestors'])
		assert.equal(rules[rule], "'none'", `${what}: ${rule}`);
	for (const value of Object.values(rules))
		assert.doesNotMatch(value ?? '', /unsafe|\*|https?:|data:/, `${what}: nothing inline, nothing from elsewhere`);
	assert.equal(answer.headers['x-frame-options'], 'DENY', what);
	assert.match(answer.headers['referrer-policy'], /^(no-referrer|same-origin)$/, what);
}

function check_ours(what, answer) {
	check_page(what, answer);
	assert.equal(answer.headers['cross-origin-opener-policy'], 'same-origin', what);
	assert.equal(answer.headers['cross-origin-resource-policy'], 'same-origin', what);
	assert.match(answer.headers['permissions-policy'], /camera=\(\)/, what);
	assert.match(answer.headers['cache-control'], /no-store|^private, /, what);
	assert.equal(answer.headers['content-encoding'], undefined, `${what}: no page is compressed`);
	for (const cookie of answer.headers['set-cookie'] ?? [])
		assert.match(cookie, /^__Host-[^=]+=.*; Path=\/; Secure; HttpOnly; SameSite=(Lax|Strict)/, what);
}

test('every answer of every route says what a browser may not do', async () => {
	const stranger = () => new Elector(d);
	const inside = new Elector(d);

	await inside.enter(d.fresh(), 'activer');
	for (const [method, path] of ROUTES)
		for (const who of [stranger(), inside]) {
			const at = who.at(path.replaceAll('*', 'rien'));
			if (method === 'POST')
				check_ours(`POST ${path}`, await stranger().post(at, { identifiant: 'prenom.nom@ac-nantes.fr' }));
			else
				for (const verb of ['GET', 'HEAD'])
					check_ours(`${verb} ${path}`, await who.request(verb, at, { headers: { 'Accept-Encoding': 'gzip, br' } }));
		}
	assert.match((await inside.go(inside.at('/'))).text, /Mon Compte/, 'it was an elector who looked');
});

test('so does every refusal, our own and those of nginx', async () => {
	const me = new Elector(d);

	for (const path of ['/nulle-part', '/nouveau-lien', '/aide?q=%ff'])
		check_ours(path, await me.get(me.at(path)));
	check_ours('no election', await me.get(`${d.origin}/rien/portail/`));
	check_page('nginx 404', await me.get(`${d.origin}/theme/rien.css`));
	check_page('nginx 414', await me.get(`${d.origin}/${'a'.repeat(9000)}`));
	check_page('nginx 413', await me.post(me.at('/assistance'), 'x'.repeat(70000)));
});

test('and the files of the theme, which alone are compressed', async () => {
	const me = new Elector(d);
	const page = await me.get(me.at('/'));

	for (const [, path] of page.text.matchAll(/(?:href|src)="(\/theme\/[^"]+)"/g)) {
		const file = await me.get(`${d.origin}${path}`, { headers: { 'Accept-Encoding': 'gzip' } });
		check(path, file);
		assert.equal(file.headers['cross-origin-resource-policy'], 'same-origin', path);
	}
});
