/*
 * Hostile input over HTTP, on the whole of ./demo: what no browser sends, what proxies and forged headers try, bytes on a raw socket, and people's
 * own two tabs, back button and double click. Each POST route and each field is taken from routes.def and forms.def, so that new ones are
 * tried as well. Whatever comes: never a 5xx, never a worker lost, and every refusal is a page in French. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demo, ROOT, until } from '../lib/demo.mjs';
import { Elector, hidden, PASSWORD } from '../lib/elector.mjs';

let d;
let voter; /* an activated elector */
let workers; /* the portal's, as they were at first */

const rows = (file, pattern) => [...readFileSync(join(ROOT, file), 'utf8').matchAll(pattern)].map((m) => m.slice(1));
const ROUTES = rows('portal/routes.def', /^ROUTE\((\w+),\s*"([^"]+)",\s*(\w+),/gm).map(([method, path, who]) => ({ method, path, who }));
const POSTS = ROUTES.filter((r) => r.method === 'POST');
const FIELDS = rows('portal/forms.def', /^FIELD\(\w+,\s*"([^"]+)",\s*(\d+),\s*(\w+),/gm)
	.map(([name, max, kept]) => ({ name, max: Number(max), kept: kept === 'true' }));

const UPLOADS = rows('portal/uploads.def', /^UPLOAD\("([^"]+)"/gm).flat(); /* where documents are expected */

const pids = () => d.ctl('status', 'portal', '--json').match(/"pid":\s*\d+/g);

before(async () => {
	d = await demo('hostile.mjs', { settings: '[portal]\nworkers = 3\nmax_requests = 0\ndeadline = 60s\n[throttle]\nscale = 0\n[mailer]\ncooldown = 1s' });
	d.secrets.add(PASSWORD);
	voter = d.fresh();
	assert.equal((await new Elector(d).enter(voter, 'activer')).status, 200);
	workers = pids();
});

after(async () => {
	assert.deepEqual(pids(), workers, 'every worker of the start is still there');
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

/** Not ours to break, and a page for people when it is a refusal. `what` says which input. */
function check(answer, what, statuses) {
	assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text.slice(0, 800)}`);
	if (statuses)
		assert.ok(statuses.includes(answer.status), `${what}: ${answer.status}, not ${statuses}: ${answer.text.slice(0, 300)}`);
	if (answer.status === 303) {
		assert.match(answer.headers.location, /^\/[a-z0-9-]+\/portail\//, what);
		return;
	}
	assert.match(answer.text, /<html lang="fr">[^]*<h1[^]*<\/html>/, what);
	assert.doesNotMatch(answer.text, /nginx\/|<center>|<fuzz/, what);
	for (const [name, value] of [['content-security-policy', /default-src 'none'.*frame-ancestors 'none'/], ['x-content-type-options', /^nosniff$/],
		['x-frame-options', /^DENY$/], ['cache-control', /no-store/], ['referrer-policy', /^(same-origin|no-referrer)$/], ['content-type', /^text\/html; charset=utf-8$/]])
		assert.match(answer.headers[name] ?? '', value, `${what}: ${name}`);
	assert.doesNotMatch(answer.headers.server ?? '', /\d/, what);
	if (answer.status >= 400)
		assert.match(answer.text, /<p/, `${what}: says what to do`);
}

/** Somebody who may use a route, and the CSRF token of their pages. */
async function somebody(route) {
	const me = new Elector(d);

	if (route.who === 'ELECTOR')
		assert.equal((await me.log_in(voter)).status, 303);
	else if (route.who === 'VISITOR')
		assert.equal((await me.identify(voter)).status, 303);
	me.csrf = await token(me);
	return me;
}

async function token(me) {
	const page = await me.follow(await me.get(me.at('/assistance')));

	return hidden(page.text, '/assistance').csrf;
}

const TEXT = '<fuzz>&"\'\u202e\u0007\r\nSet-Cookie: fuzz=1\r\n\r\n{{csrf}}😀';

for (const route of POSTS)
	test(`POST ${route.path}: missing, repeated, over-long and odd fields meet an answer, not a fault`, async () => {
		const me = await somebody(route);
		const path = me.at(route.path);

		check(await me.post(path, `csrf=${me.csrf}`), 'the token alone');
		for (const field of FIELDS) {
			check(await me.post(path, `csrf=${me.csrf}&${field.name}=1&${field.name}=2`), `${field.name} twice`, [400]);
			if (field.name === 'csrf')
				continue;
			me.csrf = await token(me);
			check(await me.post(path, { csrf: me.csrf, [field.name]: 'é'.repeat(field.max / 2 + 1) }), `${field.name} too long`);
			me.csrf = await token(me);
			const odd = await me.post(path, { csrf: me.csrf, [field.name]: TEXT });
			check(odd, `${field.name} odd`);
			assert.doesNotMatch(JSON.stringify(odd.headers), /fuzz/, field.name);
		}
	});

/* What is not the urlencoded UTF-8 that browsers send for our pages. */
const WRONG = ['%', '%4', '%zz', '%00', '%c0%af', '%e0%80%af', '%ed%a0%80', '%f4%90%80%80', '%ff%fe%61%00', 'caf%e9', 'caf\u00e9\u0000', '%80', '%f0%9f%98'];

for (const route of POSTS)
	test(`POST ${route.path}: a body that is no form of ours is refused, whatever its kind`, async () => {
		const me = await somebody(route);
		const path = me.at(route.path);

		for (const value of WRONG) {
			check(await me.post(path, `csrf=${me.csrf}&identifiant=${value}`), value, [400]);
			check(await me.post(path, `csrf=${me.csrf}&${value}=1`), `${value} as a name`, [400]);
		}
		check(await me.post(path, `csrf=${me.csrf}${'&x=1'.repeat(60)}`), 'a flood of fields', [400]);
		check(await me.post(path, `csrf=${me.csrf}&x=${'a'.repeat(200000)}`), 'a flood of bytes', [413]);
		check(await me.post(path, ''), 'nothing', [303, 400, 403]);
		for (const type of ['multipart/form-data; boundary=x', 'application/json', 'text/plain', '', 'application/x-www-form-urlencoded2', 'application/x-www-form'])
			check(await me.post(path, `csrf=${me.csrf}`, { headers: { 'Content-Type': type } }), type, [UPLOADS.includes(route.path) && /^multipart/.test(type) ? 400 : 415]);
		for (const type of ['Application/X-WWW-Form-Urlencoded', 'application/x-www-form-urlencoded; charset=UTF-8', 'application/x-www-form-urlencoded;x'])
			check(await me.post(path, 'csrf=', { headers: { 'Content-Type': type } }), type, [303, 403]);
	});

test('what was typed and is too long comes back to be shortened', async () => {
	const me = new Elector(d);
	const long = 'é'.repeat(200);
	const access = await me.go(me.at('/accueil'));
	const page = await me.post(me.at('/accueil'), { ...await me.solved(access.text, '/accueil'), identifiant: long });

	assert.equal(page.status, 200);
	assert.ok(page.text.includes(`value="${long}"`));
	const texte = 'L’été. '.repeat(1000);
	const form = await me.go(me.at('/assistance'));
	const again = await me.post(me.at('/assistance'), { ...hidden(form.text, '/assistance'), nom: 'Rose', texte });
	assert.equal(again.status, 200);
	assert.ok(again.text.includes(texte));
});

test('forged, repeated and oversized cookies make nobody an elector', async () => {
	const me = await somebody({ who: 'ELECTOR' });
	const genuine = me.cookies.get('__Host-isoloir');
	const forged = `A${genuine.slice(1)}` === genuine ? `B${genuine.slice(1)}` : `A${genuine.slice(1)}`;
	const logged_in = async (cookie) => {
		const answer = await new Elector(d).get(me.at('/'), { headers: { Cookie: cookie } });
		check(answer, cookie.slice(0, 60));
		return answer.status === 200 && /Mon Compte/.test(answer.text);
	};

	assert.equal(await logged_in(`__Host-isoloir=${genuine}`), true);
	for (const cookie of [`__Host-isoloir=${forged}`, `__Host-isoloir=${genuine}=`, `__Host-isoloir=${genuine.slice(1)}`, `__Host-isoloir="${genuine}"`,
		`__host-isoloir=${genuine}`, `x__Host-isoloir=${genuine}`, `__Host-isoloirx=${genuine}`, `__Host-isoloir =${genuine}`, '__Host-isoloir', '__Host-isoloir=',
		`__Host-isoloir=${forged}; __Host-isoloir=${genuine}`, ';;;=;', `__Host-isoloir=${encodeURIComponent(`${genuine}\r\n`)}`, '__Host-isoloir=session:*'])
		assert.equal(await logged_in(cookie), false, cookie.slice(0, 40));
	check(await new Elector(d).get(me.at('/accueil'), { headers: { Cookie: `x=${'a'.repeat(7000)}` } }), 'a large cookie', [200]);
	check(await new Elector(d).get(me.at('/accueil'), { headers: { Cookie: `x=${'a'.repeat(20000)}` } }), 'a huge cookie', [431]);
});

test('a form counts from our own page alone: token, Origin, Referer and Sec-Fetch-Site', async () => {
	const me = new Elector(d);
	const page = await me.go(me.at('/accueil'));
	const fields = { ...await me.solved(page.text, '/accueil'), identifiant: voter };
	const from = async (headers) => me.post(me.at('/accueil'), fields, { headers });
	const { host } = new URL(d.origin);

	for (const origin of ['null', 'https://mechant.example', `http://${host}.mechant.example`, `http://mechant.example/${host}`, `http://${host}@mechant.example`,
		`https://${host}`, `http://${host.split(':')[0]}`, `${d.origin} ${d.origin}`, `x${d.origin}`, '://', 'http://'])
		check(await from({ Origin: origin }), `Origin ${origin}`, [403]);
	for (const site of ['cross-site', 'same-site'])
		check(await from({ 'Sec-Fetch-Site': site }), site, [403]);
	const bare = (headers) => me.request('POST', me.at('/accueil'), { headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers } });
	check(await bare({ Referer: 'https://mechant.example/' }), 'a foreign Referer', [400, 403]);
	check(await bare({}), 'no body', [400, 403]);
	check(await from({ Origin: d.origin.toUpperCase() }), 'the same origin in capitals', [303]);
});

test('a token holds for its own session only, again and again, and is another one in each page, which is not compressed', async () => {
	const me = new Elector(d);
	const tokens = new Set();

	for (let i = 0; i < 5; i++) {
		const page = await me.get(me.at('/assistance'), { headers: { 'Accept-Encoding': 'gzip, br, deflate' } });
		assert.equal(page.headers['content-encoding'], undefined);
		tokens.add(hidden(page.text, '/assistance').csrf);
	}
	assert.equal(tokens.size, 5);
	const [first] = tokens;
	for (let i = 0; i < 2; i++)
		check(await me.post(me.at('/assistance'), { csrf: first }), 'its own token', [200]);
	const other = await somebody({});
	check(await other.post(other.at('/assistance'), { csrf: first, texte: 'Gardé <b>' }), "another's token", [403]);
	assert.match((await other.post(other.at('/assistance'), { csrf: first, texte: 'Gardé' })).text, /Gardé/, 'and what was typed is there to be sent');
	me.csrf = await token(me);
	assert.equal((await me.identify(voter)).status, 303);
	check(await me.post(me.at('/connexion'), { csrf: first, mot_de_passe: PASSWORD }), 'the token of before the rise', [403]);
});

test('Host and the headers of proxies lead nowhere', async () => {
	const plain = await new Elector(d).get(d.base + '/connexion');
	const forged = [{ Host: 'mechant.example' }, { Host: '127.0.0.1:1' }, { 'X-Forwarded-Host': 'mechant.example' }, { 'X-Forwarded-Proto': 'https' }, { 'X-Forwarded-For': '192.0.2.1' },
		{ Forwarded: 'for=192.0.2.1;host=mechant.example' }, { 'X-Original-URL': '/autre/portail/' }, { 'X-Rewrite-URL': '/autre/portail/' }, { 'X-HTTP-Method-Override': 'DELETE' },
		{ 'X-HTTP-Method': 'POST' }, { 'X-Method-Override': 'PUT' }, { 'X-Real-IP': '::1' }, { Proxy: 'http://mechant.example' }];

	assert.equal(plain.status, 303);
	for (const headers of forged) {
		const answer = await new Elector(d).get(`${d.base}/connexion`, { headers });
		assert.equal(answer.status, 303, JSON.stringify(headers));
		assert.equal(answer.headers.location, plain.headers.location, JSON.stringify(headers));
		assert.doesNotMatch(JSON.stringify(answer.headers) + answer.text, /mechant/);
		const page = await new Elector(d).get(`${d.base}/accueil`, { headers });
		check(page, JSON.stringify(headers), [200]);
		assert.doesNotMatch(page.text, /mechant|autre\/portail/);
	}
});

test('HEAD tells what GET does, of every address', async () => {
	const me = await somebody({ who: 'VISITOR' });

	for (const { path } of ROUTES.filter((r) => r.method === 'GET')) {
		const url = me.at(path.replace('*', 'rien'));
		const cookies = new Map(me.cookies);
		const [get, head] = [await me.get(url), (me.cookies = cookies, await me.request('HEAD', url))];
		const told = ({ headers: { date, ...rest } }) => ({ ...rest, 'set-cookie': rest['set-cookie']?.map((line) => line.replace(/=[^;]*/, '')) });

		assert.equal(head.bytes.length, 0, path);
		assert.equal(head.status, get.status, path);
		assert.deepEqual(told(head), told(get), path);
	}
});

/** Bytes to nginx, as they are; all that comes back until it hangs up. */
function raw(bytes) {
	return new Promise((done, fail) => {
		const socket = net.connect(d.port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
		let text = '';

		socket.setEncoding('latin1').setTimeout(60000, () => socket.destroy(new Error(`no end of the answer to ${JSON.stringify(bytes.slice(0, 200))}`)));
		socket.on('data', (chunk) => { text += chunk; }).on('error', (e) => (e.code === 'ECONNRESET' ? done(text) : fail(e))).on('close', () => done(text));
	});
}

const served = () => d.log('portal').match(/ request: id=/g)?.length ?? 0;

/** How many requests the portal has served, once no worker is at one any more: what it logs of a request comes after the answer. */
async function settled() {
	await new Elector(d).get(`${d.base}/aide?fin`);
	await until('idle workers', () => !/"state":\s*"busy"/.test(d.ctl('status', 'portal', '--json')));
	return served();
}

/** What bytes on a socket lead to: the statuses that came back, and how many requests reached the portal. */
async function sent(bytes) {
	const at_first = await settled();
	const text = await raw(bytes);

	return { text, statuses: [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map((m) => Number(m[1])), reached: await settled() - at_first - 1 };
}

test('request smuggling: what can be read in two ways is refused whole, and nothing in it reaches the portal as a second request', async () => {
	const path = new URL(d.base).pathname;
	const host = `Host: 127.0.0.1:${d.port}`;
	const form = 'Content-Type: application/x-www-form-urlencoded';
	const smuggled = `GET ${path}/smuggled HTTP/1.1\r\n${host}\r\n\r\n`;
	const post = (...headers) => `POST ${path}/accueil HTTP/1.1\r\n${[host, form, ...headers].join('\r\n')}\r\n\r\n`;
	const get = (...headers) => `GET ${path}/aide HTTP/1.1\r\n${[host, ...headers].join('\r\n')}\r\n\r\n`;
	const close = 'Connection: close';
	/* Name, bytes, the statuses that come back, how many requests reach the portal. */
	const shapes = [
		['CL.TE', post('Content-Length: 6', 'Transfer-Encoding: chunked') + `0\r\n\r\n${smuggled}`, '400', 0],
		['TE.CL', post('Transfer-Encoding: chunked', 'Content-Length: 4') + `5c\r\n${smuggled}\r\n0\r\n\r\n`, '400', 0],
		['two Content-Length', post('Content-Length: 0', `Content-Length: ${smuggled.length}`) + smuggled, '400', 0],
		['the same Content-Length twice', post('Content-Length: 3', 'Content-Length: 3') + 'a=b', '400', 0],
		['a list of lengths', post('Content-Length: 3, 3') + 'a=b', '400', 0],
		['a negative length', post('Content-Length: -1') + smuggled, '400', 0],
		['a signed length', post('Content-Length: +3') + 'a=b', '400', 0],
		['a hexadecimal length', post('Content-Length: 0x3') + 'a=b', '400', 0],
		['an endless length', post('Content-Length: 99999999999999999999') + 'a=b', '400', 0],
		['a length too long', post('Content-Length: 999999999') + 'a=b', '413', 0],
		['two Transfer-Encoding', post('Transfer-Encoding: chunked', 'Transfer-Encoding: identity') + `0\r\n\r\n${smuggled}`, '400', 0],
		['Transfer-Encoding of two', post('Transfer-Encoding: gzip, chunked') + `0\r\n\r\n${smuggled}`, '501', 0],
		['Transfer-Encoding hidden', post('Transfer-Encoding: xchunked') + `0\r\n\r\n${smuggled}`, '501', 0],
		['a space before the colon', post('Content-Length : 3', close) + 'a=b', '400', 0],
		['a line folded', get('X-A: b\r\n c: d', close), '400', 0],
		['a chunk that is none', post('Transfer-Encoding: chunked') + 'zz\r\na=b\r\n0\r\n\r\n', '400', 0],
		['a chunk too large', post('Transfer-Encoding: chunked') + `ffffffffffffffff\r\na=b\r\n0\r\n\r\n`, '400|413', 0],
		['a NUL in a header', get('X-A: b\0c', close), '400', 0],
		['a NUL in the address', `GET ${path}/a%00b HTTP/1.1\r\n${host}\r\n${close}\r\n\r\n`, '400', 0],
		['a space in the address', `GET ${path}/a b HTTP/1.1\r\n${host}\r\n${close}\r\n\r\n`, '400', 0],
		['two Host', get(host, close), '400', 0],
		['no Host', `GET ${path}/aide HTTP/1.1\r\n${close}\r\n\r\n`, '400', 0],
		['a Host of signs', `GET ${path}/aide HTTP/1.1\r\nHost: a b/c\r\n${close}\r\n\r\n`, '400', 0],
		['CONNECT', `CONNECT mechant.example:443 HTTP/1.1\r\n${host}\r\n${close}\r\n\r\n`, '400|405', 0],
		['TRACE', `TRACE ${path}/aide HTTP/1.1\r\n${host}\r\n${close}\r\n\r\n`, '405', 0],
		['HTTP/2 in the open', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400|405|505', 0],
		['a version that is none', `GET ${path}/aide HTTP/9.9\r\n${host}\r\n\r\n`, '505', 0],
		['small letters', `get ${path}/aide HTTP/1.1\r\n${host}\r\n\r\n`, '400', 0],
		['no request', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', '400', 0],
		['HTTP/0.9', `GET ${path}/aide\r\n`, '', 1],
		['line feeds alone', get(close).replace(/\r/g, ''), '200', 1],
		['an address with its host', `GET http://mechant.example${path}/aide HTTP/1.1\r\n${host}\r\n${close}\r\n\r\n`, '200|400', 1],
		['a body with GET', get('Content-Length: 3', close) + 'a=b', '200', 1],
		['a whole chunked form', post('Transfer-Encoding: chunked', close) + '3\r\na=b\r\n0\r\n\r\n', '403', 1],
		['three in one', get() + get() + get(close), '200 200 200', 3],
		['a form, and one behind it', post('Content-Length: 3') + `a=b${get(close)}`, '403 200', 2],
		['Expect', post('Content-Length: 3', 'Expect: 100-continue', close) + 'a=b', '100 403', 1],
		['dots in the address', `GET ${path}/../../x/..${path}/./aide HTTP/1.1\r\n${host}\r\n${close}\r\n\r\n`, '200', 1],
		['beyond the root', `GET /../../etc/passwd HTTP/1.1\r\n${host}\r\n${close}\r\n\r\n`, '400', 0],
		['dots escaped', `GET ${path}/%2e%2e%2f%2e%2e%2fetc/passwd HTTP/1.1\r\n${host}\r\n${close}\r\n\r\n`, '400|404', null],
		['the refusal pages themselves', `GET /nginx-503.html HTTP/1.1\r\n${host}\r\n${close}\r\n\r\n`, '404', 0],
	];
	const faults = [];

	for (const [name, bytes, statuses, reached] of shapes) {
		const got = await sent(bytes);
		if (!new RegExp(`^(${statuses})$`).test(got.statuses.join(' ')) || (reached !== null && got.reached !== reached))
			faults.push(`${name}: ${got.statuses} and ${got.reached} to the portal, not ${statuses} and ${reached}`);
		if (got.statuses.some((s) => s >= 400) && !/<html lang="fr">/.test(got.text) && !/^TRACE|^HEAD/.test(bytes))
			faults.push(`${name}: no page in French: ${got.text.slice(0, 300)}`);
		if (/smuggled|nginx\/|<center>/.test(got.text))
			faults.push(`${name}: ${got.text.slice(0, 300)}`);
	}
	assert.deepEqual(faults, []);
	assert.doesNotMatch(d.log('nginx-access'), /smuggled/);
});

test('a form cut off before its end reaches nobody', async () => {
	const at_first = await settled();
	const socket = net.connect(d.port, '127.0.0.1');

	socket.end(`POST ${d.path}/accueil HTTP/1.1\r\nHost: 127.0.0.1:${d.port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 50\r\n\r\nidentifiant=a`);
	await new Promise((done) => socket.on('close', done).resume());
	assert.equal(await settled(), at_first + 1);
});

test('methods that no page takes are refused with those that it does', async () => {
	for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'MKCOL']) {
		const answer = await new Elector(d).request(method, `${d.base}/accueil`);
		check(answer, method, [405]);
		assert.equal(answer.headers.allow, 'GET, HEAD, POST', method);
	}
});

/** The same cookies in another window of the same browser: what one receives the other sends. */
function tab(me) {
	const other = new Elector(d);

	other.cookies = me.cookies;
	return other;
}

test('two tabs on the password step: both go on, and the password chosen last is the one that holds', async () => {
	const who = d.fresh();
	const one = new Elector(d);
	const link = await one.ask(who);
	const two = tab(one);
	const [first, second] = [await one.go(link), await two.go(link)];
	const choose = async (me, page, password) => {
		d.secrets.add(password);
		return me.follow(await me.post(me.at('/mot-de-passe'), { ...await me.solved(page.text, '/mot-de-passe'), mot_de_passe: password, confirmation: password }));
	};

	assert.match((await choose(one, first, 'Un premier Hêtre-1 pourpre')).text, /Question défi/);
	/* Its page is of before the session rose: shown once more, and then taken. */
	const again = await choose(two, second, PASSWORD);
	check(again, 'the second tab', [403]);
	assert.match(again.text, /Validez-la encore une fois/);
	const challenge = await choose(two, again, PASSWORD);
	assert.match(challenge.text, /Question défi/);
	assert.match((await two.follow(await two.leave(challenge, 'activer'))).text, /compte a bien été activé/);
	assert.equal((await new Elector(d).log_in(who, 'Un premier Hêtre-1 pourpre')).status, 200);
	assert.equal((await new Elector(d).log_in(who, PASSWORD)).status, 303);
});

/** Two clicks: the browser sends the form twice, as it was, and shows the answer to the second; both answers' cookies count. */
async function twice(me, path, fields) {
	const cookies = new Map(me.cookies);
	const first = await me.post(me.at(path), fields);
	const risen = me.cookies;

	me.cookies = new Map(cookies);
	const second = await me.post(me.at(path), fields);
	for (const [name, value] of risen)
		if (value !== cookies.get(name) && me.cookies.get(name) === cookies.get(name))
			me.cookies.set(name, value);
	return [first, second];
}

test('a double click on CONNEXION leads on, and one mail goes', async () => {
	const who = d.fresh();
	const me = new Elector(d);
	const page = await me.go(me.at('/accueil'));
	const [first, second] = await twice(me, '/accueil', { ...await me.solved(page.text, '/accueil'), identifiant: who });

	assert.equal(first.status, 303);
	assert.equal(second.status, 303, second.text);
	assert.match((await me.follow(second)).text, /Continuer avec/);
	await d.mail(who);
	assert.equal(d.sql(`select count(*) from mail_job where identifier = '${who}'`), '1');
});

test('a double click on the password leads on to the challenge; a third post, or one about somebody else, needs another captcha', async () => {
	const who = d.fresh();
	const me = new Elector(d);
	const page = await me.go(await me.ask(who));
	const cookies = new Map(me.cookies);
	const fields = { ...await me.solved(page.text, '/mot-de-passe'), mot_de_passe: PASSWORD, confirmation: PASSWORD };
	const [first, second] = await twice(me, '/mot-de-passe', fields);

	assert.deepEqual([first.status, second.status], [303, 303]);
	assert.match((await me.follow(second)).text, /Question défi/);
	me.cookies = new Map(cookies);
	const third = await me.post(me.at('/mot-de-passe'), fields);
	assert.equal(third.status, 200);
	assert.match(third.text, /id="faute-captcha"/);

	const other = new Elector(d);
	const access = await other.go(other.at('/accueil'));
	const asked = { ...await other.solved(access.text, '/accueil'), identifiant: voter };
	const before_rise = new Map(other.cookies);
	assert.equal((await other.post(other.at('/accueil'), asked)).status, 303);
	other.cookies = before_rise;
	assert.match((await other.post(other.at('/accueil'), { ...asked, identifiant: who })).text, /id="faute-captcha"/);
});

test('back to a form that has served: it leads on or says why, and nothing is done twice', async () => {
	const who = d.fresh();
	const me = new Elector(d);
	const challenge = await me.choose(await me.ask(who));
	const again = hidden(challenge.text, '/question-defi');
	const jobs = () => d.sql(`select count(*) from mail_job where identifier = '${who}'`);

	assert.match((await me.follow(await me.leave(challenge, 'activer'))).text, /compte a bien été activé/);
	const mails = await until('both mails', () => jobs() === '2' && jobs());
	const back = await me.post(me.at('/question-defi'), { ...again, question: '1', reponse: 'Autre', reponse_confirmation: 'Autre', activer: '1' });
	check(back, 'the challenge again', [303, 403, 404, 410]);
	assert.equal(jobs(), mails);
	assert.equal(d.sql(`select count(*) from account a join elector e on e.id = a.elector_id where e.identifier = '${who}'`), '1');
	assert.match((await me.go(me.at('/accueil'))).text, /Mon Compte/, 'the access page leads an elector home');
	const out = await me.get(me.at('/deconnexion'));
	const [, second] = await twice(me, '/deconnexion', hidden(out.text, '/deconnexion'));
	check(second, 'logged out twice', [200, 303, 403]);
	check(await me.follow(await me.post(me.at('/connexion'), { ...again, mot_de_passe: PASSWORD })), 'a password after the end', [200]);
});
