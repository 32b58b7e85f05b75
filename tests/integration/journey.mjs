/*
 * The way in over plain HTTP, on the whole of ./demo: nginx, portal, MariaDB, Redis, mailer, mail catcher. Those whose name begins with
 * "way:" are the short journey that also runs under valgrind. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { demo, pause, redis, until } from '../lib/demo.mjs';
import { Elector, hidden, PASSWORD } from '../lib/elector.mjs';

let d;

before(async () => {
	/* A slow portal (valgrind) needs more than 15 seconds a page at worst. */
	d = await demo(import.meta.filename ?? 'journey.mjs', { settings: '[portal]\nworkers = 4\n[mailer]\ncooldown = 3s\n[portal]\ndeadline = 60s' });
	d.secrets.add(PASSWORD);
	d.secrets.add('Bréhat');
	d.secrets.add('brehat');
});

after(async () => {
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

const activated = {}; /* who the first test activated */

test('way: a first visit activates the account, confirms it, and the mail tells', async () => {
	const who = d.fresh();
	const me = new Elector(d);
	const page = await me.follow(await me.identify(`  ${who.toUpperCase()} `));
	const link = await d.link(who);
	const mail = await d.mail(who);
	const reference = page.text.match(/<strong class="code">([^<]+)<\/strong>/)[1];

	assert.match(page.text, new RegExp(`Continuer avec[^]*${who}`));
	assert.ok(mail.text.includes(reference) && mail.html.includes(reference), 'the reference on the screen stands in the mail');
	assert.equal(new URL(link).origin, d.origin);
	const home = await me.follow(await me.leave(await me.choose(link), 'activer'));
	assert.equal(home.status, 200);
	for (const block of ['Mes informations pratiques', 'Mes scrutins', 'Mon Compte', 'Je Vote', 'compte a bien été activé'])
		assert.match(home.text, new RegExp(block));
	const confirmation = await until('the confirmation', async () => (await d.mails(who)).find((m) => m.number !== mail.number));
	assert.doesNotMatch(confirmation.text + confirmation.html, /\/activation\//);
	activated.who = who;
	activated.link = link;
	activated.elector = me;
});

test('way: an activated elector logs out and comes back with the password, without a mail', async () => {
	const { who, elector } = activated;
	const home = await elector.go(elector.at('/'));
	const bye = await elector.follow(await elector.post(elector.at('/deconnexion'), hidden(home.text, '/deconnexion')));

	assert.doesNotMatch(bye.text, /Mon Compte/);
	const before_mails = (await d.mails(who)).length;
	const me = new Elector(d);
	const wrong = await me.log_in(who, 'Pas le bon-1 du tout');
	assert.equal(wrong.status, 200);
	assert.match(wrong.text, /n’ouvre pas de compte activé/);
	const right = await me.follow(await me.post(me.at('/connexion'), { ...hidden(wrong.text, '/connexion'), mot_de_passe: PASSWORD }));
	assert.match(right.text, /Mon Compte/);
	await pause(500);
	assert.equal((await d.mails(who)).length, before_mails);
});

test('way: an entry without activation stores nothing, and the next visit starts with another mail', async () => {
	const who = d.fresh();
	const first = new Elector(d);
	const one = await first.ask(who);
	const home = await first.follow(await first.leave(await first.choose(one), 'sans_activation'));

	assert.match(home.text, /Mon Compte/);
	assert.equal(d.sql(`select count(*) from account a join elector e on e.id = a.elector_id where e.identifier = '${who}'`), '0');
	const second = new Elector(d);
	const two = await second.ask(who, 2);
	assert.notEqual(two, one);
	assert.match((await second.follow(await second.leave(await second.choose(two), 'sans_activation'))).text, /Mon Compte/);
});

test('HEAD and GET of a link, as often as scanners like, use nothing up', async () => {
	const who = d.fresh();
	const link = await new Elector(d).ask(who);
	const rows = () => d.sql("select count(*), sum(used_at is null) from activation_token");
	const before_rows = rows();

	for (let i = 0; i < 5; i++) {
		const scanner = new Elector(d);
		const head = await scanner.request('HEAD', link);
		assert.equal(head.status, 303);
		assert.equal(head.headers['referrer-policy'], 'no-referrer');
		assert.equal(head.bytes.length, 0);
		assert.doesNotMatch(head.headers.location, /activation/);
		assert.equal((await scanner.go(link)).status, 200);
	}
	assert.equal(rows(), before_rows);
	assert.match((await new Elector(d).choose(link)).text, /Question défi/);
});

test('a window closed at the challenge costs nothing: the same link comes back to the password', async () => {
	const who = d.fresh();
	const link = await new Elector(d).ask(who);

	assert.match((await new Elector(d).choose(link)).text, /Question défi/);
	const later = new Elector(d);
	const home = await later.follow(await later.leave(await later.choose(link, 'Une autre-2 Haie fleurie'), 'activer'));
	assert.match(home.text, /compte a bien été activé/);
	assert.equal((await new Elector(d).log_in(who, PASSWORD)).status, 200, 'the password of the closed window was never kept');
	assert.equal((await new Elector(d).log_in(who, 'Une autre-2 Haie fleurie')).status, 303);
});

test('of 100 parallel last posts of one token exactly one wins', async () => {
	const who = d.fresh();
	const link = await new Elector(d).ask(who);
	const electors = [];

	for (let i = 0; i < 10; i++) {
		const me = new Elector(d);
		electors.push([me, await me.choose(link)]);
	}
	const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => {
		const [me, challenge] = electors[i % 10];
		const one = new Elector(d);
		one.cookies = new Map(me.cookies);
		return one.leave(challenge, i % 2 ? 'activer' : 'sans_activation').then((answer) => [one, answer]);
	}));
	const inside = [];
	for (const [one, answer] of answers) {
		assert.ok([200, 303, 403, 410, 503].includes(answer.status), `${answer.status} ${answer.text}`);
		if (answer.status === 303 && /\/portail\/$/.test(answer.headers.location))
			inside.push(await one.follow(answer));
	}
	assert.equal(inside.length, 1);
	assert.match(inside[0].text, /Mon Compte/);
	assert.equal(d.sql(`select count(*) from activation_token t join elector e on e.id = t.elector_id
		where e.identifier = '${who}' and used_at is not null`), '1');
});

test('after CONNEXION nothing tells whether an address is on the roll, or activated', async () => {
	const known = d.fresh();
	const unknown = known.replace(/^./, (c) => (c === 'z' ? 'y' : 'z'));
	const shapes = [];

	for (const who of [known, unknown, activated.who]) {
		const me = new Elector(d);
		const asked = await me.identify(who);
		const page = await me.follow(asked);
		const shape = [asked, page].map((answer) => {
			const headers = { ...answer.headers };
			for (const one of ['date', 'set-cookie', 'content-length', 'etag'])
				delete headers[one];
			return { status: answer.status, headers };
		});
		const text = page.text.replaceAll(who, 'WHO').replace(/name="csrf" value="[^"]*"/, '').replace(/<strong class="code">[^<]*/, '')
			.replace(/class="code">[^<]*/, '');
		shapes.push(JSON.stringify([shape, text]));
	}
	assert.equal(shapes[1], shapes[0]);
	assert.equal(shapes[2], shapes[0]);
	assert.equal((await new Elector(d).log_in(unknown, PASSWORD)).status, (await new Elector(d).log_in(known, PASSWORD)).status);
});

test('a repeat within the cool-down makes no second mail, one after it sends the same link', async () => {
	const who = d.fresh();
	const link = await new Elector(d).ask(who);

	await new Elector(d).identify(who);
	await pause(1000);
	assert.equal((await d.mails(who)).length, 1);
	await pause(2500);
	assert.equal(await new Elector(d).ask(who, 2), link);
});

test('wrong captcha, used captcha: said so, the identifier is kept, the answer counts once', async () => {
	const me = new Elector(d);
	const page = await me.go(me.at('/accueil'));
	const fields = hidden(page.text, '/accueil');
	const digits = d.captcha(fields.captcha_id);
	const wrong = await me.post(me.at('/accueil'), { ...fields, identifiant: 'a.b@ac-nantes.fr', captcha: digits === '000000' ? '1' : '000000' });

	assert.equal(wrong.status, 200);
	assert.match(wrong.text, /id="faute-captcha"/);
	assert.match(wrong.text, /value="a.b@ac-nantes.fr"/);
	const again = await me.post(me.at('/accueil'), { ...fields, ...{ csrf: hidden(wrong.text, '/accueil').csrf }, identifiant: 'a.b@ac-nantes.fr', captcha: digits });
	assert.match(again.text, /id="faute-captcha"/, 'an answer counts once, right or wrong');
	const other = await me.post(me.at('/accueil'), { ...hidden(again.text, '/accueil'), identifiant: 'a.b@ac-nantes.fr', autre_code: '1' });
	assert.match(other.text, /value="a.b@ac-nantes.fr"/);
	assert.notEqual(hidden(other.text, '/accueil').captcha_id, hidden(again.text, '/accueil').captcha_id);
});

test('the captcha has a picture and a sound, and no other way round it', async () => {
	const me = new Elector(d);
	const page = await me.go(me.at('/accueil'));
	const { captcha_id: id } = hidden(page.text, '/accueil');
	const picture = await me.get(me.at(`/captcha/${id}.png`));
	const sound = await me.get(me.at(`/captcha/${id}.wav`));

	assert.deepEqual([picture.status, picture.headers['content-type']], [200, 'image/png']);
	assert.ok(picture.bytes.subarray(1, 4).equals(Buffer.from('PNG')) && picture.bytes.length > 500);
	assert.deepEqual([sound.status, sound.headers['content-type']], [200, 'audio/wav']);
	assert.ok(sound.bytes.length > 50000);
	const made_s = Buffer.from(id, 'base64url').readUInt32BE();
	const of = (seconds) => {
		const bytes = Buffer.from(id, 'base64url');
		bytes.writeUInt32BE(seconds);
		return bytes.toString('base64url');
	};
	assert.equal((await me.get(me.at(`/captcha/${of(made_s - 590)}.png`))).status, 200);
	for (const stale of ['AAAAAAAAAAAAAAAAAAAAAA', of(made_s - 601), of(made_s + 700)]) {
		const { csrf } = hidden(page.text, '/accueil');
		const answer = await me.post(me.at('/accueil'), { csrf, captcha_id: stale, captcha: d.captcha(stale), identifiant: 'a.b@ac-nantes.fr' });
		assert.match(answer.text, /id="faute-captcha"/, 'a code is good for ten minutes');
		assert.equal((await me.get(me.at(`/captcha/${stale}.png`))).status, 404);
	}
	assert.ok(!(await redis(d.REDIS_EPHEMERAL, 'KEYS', '*')).some((key) => key.includes(id)), 'a page, a picture and a sound write nothing');
});

test('expired, used, damaged and foreign links say why and what to do', async () => {
	const who = d.fresh();
	const link = await new Elector(d).ask(who);
	const me = new Elector(d);

	d.sql(`update activation_token t join elector e on e.id = t.elector_id set expires_at = utc_timestamp() - interval 1 minute where e.identifier = '${who}'`);
	const expired = await me.go(link);
	assert.equal(expired.status, 410);
	assert.match(expired.text, /Ce lien a expiré/);
	await pause(3200);
	const renewed = await me.follow(await me.post(me.at('/nouveau-lien'), hidden(expired.text, '/nouveau-lien')));
	assert.match(renewed.text, new RegExp(`Continuer avec[^]*${who}`));
	const fresh = await d.link(who, 2);
	assert.notEqual(fresh, link);
	assert.equal((await new Elector(d).go(fresh)).status, 200);

	const used = await new Elector(d).go(activated.link);
	assert.equal(used.status, 410);
	assert.match(used.text, /déjà activé/);
	const [, start, last] = fresh.match(/^(.*)(.)$/);
	for (const damaged of [start, `${start}${last === 'A' ? 'Q' : 'A'}`, `${fresh}x`, fresh.replace(/.{10}$/, 'AAAAAAAAAA')]) {
		const answer = await new Elector(d).go(damaged);
		assert.equal(answer.status, 404, damaged);
		assert.match(answer.text, /pas reconnu/);
	}
});

test("one's own window cannot finish another's link", async () => {
	const [a, b] = [d.fresh(), d.fresh()];
	const me = new Elector(d);
	const challenge = await me.choose(await me.ask(a));
	const foreign = await new Elector(d).ask(b);

	/* The link of another is opened in the same browser: the password chosen for a is not b's. */
	assert.match((await me.go(foreign)).text, /Initialisation du mot de passe/);
	const answer = await me.follow(await me.leave(challenge, 'activer'));
	assert.doesNotMatch(answer.text, /Mon Compte/);
	assert.equal(d.sql(`select count(*) from account a join elector e on e.id = a.elector_id where e.identifier in ('${a}', '${b}')`), '0');
});

test('weak passwords of each kind are refused by the rule that they break, and cost no other captcha', async () => {
	const name_of = (one) => one.split('@')[0].split('.')[1].split('-')[0];
	let who = d.fresh();
	while (name_of(who).length < 5) /* shorter names are in too many words to be refused */
		who = d.fresh();
	const me = new Elector(d);
	let page = await me.go(await me.ask(who));
	const name = name_of(who);
	const weak = [
		['Court-1', /12 et 256/], ['TOUT-EN-MAJUSCULES-1é', /minuscule/], ['tout-en-minuscules-1É', /majuscule/], ['Sans-aucun-chiffre', /chiffre/],
		['SansSigneSpecial1 é', /spécial/], [`Chez-${name[0].toUpperCase()}${name.slice(1)}-2026`, /ni votre nom/], ['Motdepasse-2026', /courant/],
		[`Aa1-${'x'.repeat(253)}`, /12 et 256/],
	];

	const first = await me.solved(page.text, '/mot-de-passe');
	page = await me.post(me.at('/mot-de-passe'), { ...first, mot_de_passe: weak[0][0], confirmation: weak[0][0] });
	for (const [password, rule] of weak) {
		const fields = hidden(page.text, '/mot-de-passe');
		page = await me.post(me.at('/mot-de-passe'), { ...fields, mot_de_passe: password, confirmation: password });
		assert.equal(page.status, 200);
		const broken = [...page.text.matchAll(/<li class="ko">([^<]*)/g)].map(([, text]) => text);
		assert.ok(broken.some((text) => rule.test(text)), `${password}: ${broken}`);
		assert.match(page.text, /Code déjà vérifié/);
		assert.ok(!page.text.includes(password), 'a password is never sent back');
	}
	page = await me.post(me.at('/mot-de-passe'), { ...hidden(page.text, '/mot-de-passe'), mot_de_passe: PASSWORD, confirmation: `${PASSWORD}x` });
	assert.match(page.text, /id="faute-confirmation"/);
	page = await me.follow(await me.post(me.at('/mot-de-passe'), { ...hidden(page.text, '/mot-de-passe'), mot_de_passe: PASSWORD, confirmation: PASSWORD }));
	assert.match(page.text, /Question défi/);
});

test('posts without the token of our page, from another origin or another site are refused', async () => {
	const me = new Elector(d);
	const page = await me.go(me.at('/accueil'));
	const fields = { ...await me.solved(page.text, '/accueil'), identifiant: d.identifiers[0] };
	const tries = [
		[{ ...fields, csrf: '' }, {}], [{ ...fields, csrf: 'x'.repeat(43) }, {}],
		[fields, { Origin: 'https://mechant.example' }], [fields, { Origin: 'null' }],
		[fields, { 'Sec-Fetch-Site': 'cross-site' }], [fields, { Origin: `${d.origin}0` }],
	];
	for (const [body, headers] of tries)
		assert.equal((await me.post(me.at('/accueil'), body, { headers })).status, 403);
	const other = new Elector(d);
	await other.go(other.at('/accueil'));
	assert.equal((await other.post(other.at('/accueil'), fields)).status, 403, "another's token");
	assert.equal((await me.post(me.at('/accueil'), fields)).status, 303, 'the refusals used nothing up');
});

test('the right status and an understandable page for each wrong thing', async () => {
	const me = new Elector(d);
	const big = `identifiant=${'a'.repeat(70000)}`;
	const wrong = [
		[404, await me.get(`${d.origin}/rien`)], [404, await me.get(me.at('/rien'))], [404, await me.get(`${d.origin}/autre/portail/accueil`)],
		[405, await me.request('DELETE', me.at('/accueil'))], [405, await me.post(me.at('/aide'), 'a=b')],
		[413, await me.post(me.at('/accueil'), big)], [413, await me.post(me.at('/accueil'), big.repeat(3))],
		[400, await me.post(me.at('/accueil'), 'identifiant=%zz')], [400, await me.post(me.at('/accueil'), 'identifiant=%ff%fe')],
		[400, await me.post(me.at('/accueil'), 'identifiant=a&identifiant=b')], [400, await me.get(`${d.origin}/%ff/portail/`)],
		[415, await me.post(me.at('/accueil'), '{}', { headers: { 'Content-Type': 'application/json' } })],
		[414, await me.get(`${d.origin}/${'a'.repeat(9000)}`)], [431, await me.get(me.at('/accueil'), { headers: { 'X-Long': 'a'.repeat(20000) } })],
	];
	for (const [status, answer] of wrong) {
		assert.equal(answer.status, status, answer.url.slice(0, 80));
		assert.match(answer.text, /<html lang="fr">[^]*<h1/);
		assert.doesNotMatch(answer.text, /nginx\/|<center>/);
	}
	assert.match(wrong[4][1].headers.allow, /GET/);
});

test('wrong passwords again and again ask for a captcha with each further one, and never lock the account', async () => {
	const me = new Elector(d);
	let page = await me.follow(await me.identify(activated.who));

	for (let i = 0; i < 5; i++) {
		assert.doesNotMatch(page.text, /name="captcha"/);
		page = await me.post(me.at('/connexion'), { ...hidden(page.text, '/connexion'), mot_de_passe: `Pas la bonne-${i} phrase` });
	}
	assert.match(page.text, /n’ouvre pas de compte activé/);
	assert.match(page.text, /name="captcha"/);
	page = await me.post(me.at('/connexion'), { ...hidden(page.text, '/connexion'), mot_de_passe: PASSWORD });
	assert.match(page.text, /Recopiez aussi le code/, 'not even the right one passes without the code');
	assert.equal((await me.post(me.at('/connexion'), { ...await me.solved(page.text, '/connexion'), mot_de_passe: PASSWORD })).status, 303);
	assert.equal((await new Elector(d).log_in(activated.who)).status, 303);
});

test('the session changes its id at each rise of rights, and cookies are __Host-, Secure, HttpOnly and Lax', async () => {
	const me = new Elector(d);
	const page = await me.go(me.at('/accueil'));
	const before_id = me.cookies.get('__Host-isoloir');
	const asked = await me.post(me.at('/accueil'), { ...await me.solved(page.text, '/accueil'), identifiant: activated.who });
	const visitor_id = me.cookies.get('__Host-isoloir');
	const login = await me.follow(asked);
	const entered = await me.post(me.at('/connexion'), { ...hidden(login.text, '/connexion'), mot_de_passe: PASSWORD });
	const elector_id = me.cookies.get('__Host-isoloir');

	assert.equal(new Set([before_id, visitor_id, elector_id]).size, 3);
	for (const answer of [page, asked, entered])
		for (const line of answer.headers['set-cookie'] ?? [])
			assert.match(line, /^__Host-\S+; Path=\/; Secure; HttpOnly; SameSite=Lax/);
	const home = await me.follow(entered);
	assert.match(home.headers['cache-control'], /no-store/);
	assert.match(home.headers['content-security-policy'], /default-src 'none'/);
	const old = new Elector(d);
	old.cookies.set('__Host-isoloir', visitor_id);
	assert.doesNotMatch((await old.go(old.at('/'))).text, /Mon Compte/);
	assert.ok((await redis(d.REDIS_EPHEMERAL, 'KEYS', `*${elector_id}*`)).length === 0, 'Redis holds only the hash of an id');
});

test('a page that does not exist, or is refused, leaves the session as it is', async () => {
	const me = new Elector(d);
	const page = await me.go(me.at('/accueil'));
	const mine = me.cookies.get('__Host-isoloir');

	assert.ok(mine);
	for (const [method, path, status] of [['GET', '/nulle-part', 404], ['POST', '/aide', 405], ['GET', '/nouveau-lien', 405]]) {
		const answer = await me.request(method, me.at(path), method === 'POST' ? { body: 'x=1' } : {});
		assert.equal(answer.status, status);
		assert.equal(answer.headers['set-cookie'], undefined);
	}
	assert.equal(me.cookies.get('__Host-isoloir'), mine);
	const next = await me.post(me.at('/accueil'), { ...hidden(page.text, '/accueil'), identifiant: 'personne', captcha: '0' });
	assert.equal(next.status, 200, 'the form of the first page is still good');
});

test('a portal worker killed -9 harms nobody else and is replaced within a second', async () => {
	const status = () => JSON.parse(d.ctl('status', 'portal', '--json'));
	const pids = () => JSON.stringify(status()).match(/"pid":\s*\d+/g).map((one) => Number(one.match(/\d+/)[0])).filter((pid) => pid !== d.pid('portal'));
	const before_pids = pids();
	let served = 0;
	let failed = 0;
	let going = true;
	const crowd = Array.from({ length: 6 }, async () => {
		const me = new Elector(d);
		while (going)
			await me.get(me.at('/aide')).then(({ status }) => status === 200, () => false) ? served++ : failed++;
	});

	await pause(300);
	process.kill(before_pids[0], 'SIGKILL');
	const at = Date.now();
	await until('another worker', () => { const now = pids(); return now.length === before_pids.length && !now.includes(before_pids[0]); }, 5);
	const took = Date.now() - at;
	await pause(300);
	going = false;
	await Promise.all(crowd);
	assert.ok(took < 1000 * Number(process.env.ISOLOIR_SLOW ?? 1), `replaced after ${took} ms`);
	assert.ok(failed <= 1, `${failed} of ${served + failed} requests failed`);
	assert.ok(served > 20);
});

test('mailer and senders killed -9 with a mail on its way: it goes, once', async () => {
	const who = d.fresh();
	const me = new Elector(d);
	const page = await me.go(me.at('/accueil'));
	const fields = { ...await me.solved(page.text, '/accueil'), identifiant: who };

	d.hold('mailer', 'SIGKILL');
	await me.post(me.at('/accueil'), fields);
	await pause(300);
	assert.equal((await d.mails(who)).length, 0);
	d.release('mailer');
	await d.mail(who);
	await pause(1500);
	assert.equal((await d.mails(who)).length, 1);
});

/* The first page of a browser without a cookie needs no server; that of one with a cookie needs its session. */
async function recovers() {
	const again = new Elector(d);

	await again.get(again.at('/accueil'));
	return (await again.get(again.at('/accueil'))).status === 200 && (await again.identify(d.identifiers.at(-1))).status === 303;
}

for (const [name, what] of [['redis-ephemeral', 'sessions'], ['mariadb', 'the roll']])
	test(`with ${what} away (${name}) the page is a 503 in French, what was typed is kept, and all is well when it is back`, async () => {
		const me = new Elector(d);
		const page = await me.go(me.at('/accueil'));
		const fields = { ...await me.solved(page.text, '/accueil'), identifiant: d.fresh() };

		d.hold(name);
		await until('the server to end', () => !d.runs(name));
		const answer = await me.post(me.at('/accueil'), fields);
		d.release(name);
		await until('recovery', recovers);
		assert.equal(answer.status, 503);
		assert.ok(answer.headers['retry-after']);
		assert.match(answer.text, /<h1>Le portail est momentanément indisponible/);
		assert.ok(answer.text.includes(fields.identifiant), 'what was typed is not lost');
	});

test('with the queue away (redis-queue) the request is kept in MariaDB, and its mail goes once the queue is back', async () => {
	const who = d.fresh();
	const me = new Elector(d);
	const page = await me.go(me.at('/accueil'));
	const fields = { ...await me.solved(page.text, '/accueil'), identifiant: who };

	d.hold('redis-queue');
	await until('the server to end', () => !d.runs('redis-queue'));
	const answer = await me.post(me.at('/accueil'), fields);
	d.release('redis-queue');
	assert.equal(answer.status, 303);
	await d.link(who);
	await until('recovery', recovers);
	assert.equal((await d.mails(who)).length, 1);
});

test('reload and another number of workers lose no request', async () => {
	let going = true;
	const statuses = {};
	const crowd = Array.from({ length: 6 }, async () => {
		const me = new Elector(d);
		while (going) {
			const { status } = await me.get(me.at('/aide'));
			statuses[status] = (statuses[status] ?? 0) + 1;
		}
	});

	for (const words of [['workers', 'portal', '+3'], ['reload', 'portal'], ['workers', 'portal', '-2'], ['reload', 'portal'], ['workers', 'portal', 'set', '4']]) {
		d.ctl(...words);
		await pause(400);
	}
	going = false;
	await Promise.all(crowd);
	assert.deepEqual(Object.keys(statuses), ['200'], JSON.stringify(statuses));
});

test('a connection that woke a worker which was told to end is taken by another', async () => {
	const status = () => JSON.parse(d.ctl('status', 'portal', '--json')).portal;

	for (let round = 0; round < 4; round++) {
		d.ctl('workers', 'portal', 'set', '4');
		await until('four idle workers', () => status().workers.filter((w) => w.state === 'idle').length === 4);
		const workers = d.workers('portal'), me = new Elector(d);
		for (const pid of workers)
			process.kill(pid, 'SIGSTOP');
		const answer = me.get(me.at('/aide'));
		await until('a connection that waits', () => status().pending > 0);
		d.ctl('workers', 'portal', 'set', '1');
		await until('SIGTERM for three of them', () => workers.filter((pid) => /^ShdPnd:.*4...$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))).length === 3);
		for (const pid of workers)
			process.kill(pid, 'SIGCONT');
		assert.equal((await answer).status, 200, 'and not when nginx has lost patience');
	}
	d.ctl('workers', 'portal', 'set', '4');
});
