/*
 * Sessions after the way in: seen and ended from Mon compte, over when the epoch says so, put off, and what was typed into one that was over; and the
 * devices that an elector is known by. Over plain HTTP on a ./demo. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { demo, redis, until } from '../lib/demo.mjs';
import { Elector, hidden, PASSWORD } from '../lib/elector.mjs';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0';
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
let d;
let who; /* activated, as most stories need */

before(async () => {
	d = await demo('session.mjs', { settings: '[portal]\nworkers = 2\nsession_idle = 20min\nsession_max = 4h\n[mailer]\ncooldown = 1s' });
	d.secrets.add(PASSWORD);
	who = d.fresh();
	assert.match((await new Elector(d).enter(who, 'activer')).text, /compte a bien été activé/);
});

after(async () => {
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

const SESSION = '__Host-isoloir';
const DEVICE = '__Host-appareil';
const key = (kind, me) => `${kind}:${createHash('sha256').update(me.cookies.get(SESSION)).digest('hex')}`;
const set = (me, ...words) => redis(d.REDIS_EPHEMERAL, 'HSET', key('session', me), ...words);
const get = (me, word) => redis(d.REDIS_EPHEMERAL, 'HGET', key('session', me), word);

/** Somebody with a browser of their own, which every request names. */
class Person extends Elector {
	constructor(agent = '') {
		super(d);
		this.browser = agent;
	}

	request(method, url, options = {}) {
		return super.request(method, url, { ...options, headers: { 'User-Agent': this.browser, ...options.headers } });
	}
}

async function inside(agent, identifier = who) {
	const me = new Person(agent);
	const answer = await me.log_in(identifier);
	assert.equal(answer.status, 303, answer.text);
	assert.match((await me.follow(answer)).text, /Mon Compte/);
	return me;
}

const is_in = async (me) => /<h2[^>]*>Mon Compte<\/h2>/.test((await me.go(me.at('/'))).text);
const account = (me) => me.go(me.at('/mon-compte'));
/* The form of the nth row of a list. */
const rows = (text, action) => [...text.matchAll(/<form[^>]*action="([^"]*)"[\s\S]*?<\/form>/g)].filter(([, to]) => to.endsWith(action)).map(([form]) => hidden(form, action));

test('Mon compte shows what the roll knows, each session and device by its browser, and one\'s own accesses', async () => {
	const [here, there] = [await inside(FIREFOX), await inside(IPHONE)];
	await new Person(IPHONE).log_in(who, 'Ce n’est pas-1 cela');
	const page = await account(here);

	assert.equal(page.status, 200);
	assert.match(page.text, new RegExp(`<dd>${who}</dd>`));
	assert.match(page.text, /Firefox sous Windows<\/strong> <span class="type">cette session/);
	assert.match(page.text, /Safari sur iPhone/);
	assert.match(page.text, /Mot de passe refusé<\/strong><span class="niveau">Le [^<]* – Safari sur iPhone/);
	assert.match(page.text, /Activation du compte/);
	assert.doesNotMatch(page.text, /Mozilla|AppleWebKit|rv:128/);
	assert.doesNotMatch(page.text, new RegExp(here.cookies.get(SESSION)));
	assert.ok(await is_in(there));
	assert.match((await account(new Person())).url, /\/accueil$/, 'a stranger is led to the way in');
});

test('one session is ended from another, and its browser reads why', async () => {
	const here = await inside(FIREFOX);
	const phone = await inside('Opera/9 OPR/1');
	const third = await inside(IPHONE);
	const page = await account(here);
	const its = key('session', phone).split(':')[1];
	const fields = rows(page.text, '/session/fin').find((row) => row.session === its);

	const after_it = await here.follow(await here.post(here.at('/mon-compte/session/fin'), fields));
	assert.match(after_it.text, /La session est fermée/);
	assert.ok(!after_it.text.includes(its));
	assert.equal(await is_in(phone), false);
	assert.match((await phone.go(phone.at('/mon-compte'))).text, /fermée depuis un autre appareil/);
	assert.ok(await is_in(third));
	assert.ok(await is_in(here));
	assert.match((await here.follow(await here.post(here.at('/mon-compte/session/fin'), { ...fields, csrf: hidden(after_it.text, '/deconnexion').csrf }))).text, /déjà terminée/);
});

test('nobody ends the session of another elector, nor their own from the list', async () => {
	const other = d.fresh();
	const victim = new Person(FIREFOX);
	await victim.follow(await victim.leave(await victim.choose(await victim.ask(other)), 'sans_activation'));
	const me = await inside(FIREFOX);
	const { csrf } = hidden((await account(me)).text, '/deconnexion');

	for (const one of [victim, me]) {
		const session = key('session', one).split(':')[1];
		assert.match((await me.follow(await me.post(me.at('/mon-compte/session/fin'), { csrf, session }))).text, /déjà terminée/);
		assert.ok(await is_in(one));
	}
	assert.equal((await me.post(me.at('/mon-compte/session/fin'), { session: key('session', victim).split(':')[1] })).status, 403, 'no token, no end');
});

test('all other sessions end at once, and none of them comes back with an older Redis', async () => {
	const [here, a, b] = [await inside(FIREFOX), await inside(IPHONE), await inside('')];
	/* What Redis holds now, as if it had been away and came back from an older file. */
	const record = await redis(d.REDIS_EPHEMERAL, 'HGETALL', key('session', a));
	const before_it = (await account(here)).text;

	const page = await here.follow(await here.post(here.at('/mon-compte/sessions/fin'), hidden(before_it, '/sessions/fin')));
	assert.match(page.text, /Seule celle-ci reste ouverte/);
	assert.doesNotMatch(page.text, /\/mon-compte\/session\/fin/);
	assert.ok(await is_in(here));
	assert.equal(await is_in(b), false);
	await redis(d.REDIS_EPHEMERAL, 'DEL', key('session', a));
	await redis(d.REDIS_EPHEMERAL, 'HSET', key('session', a), ...record);
	assert.equal(await is_in(a), false, 'the epoch of MariaDB is the one that counts');
	assert.match((await a.go(a.at('/accueil'))).text, /fermée depuis un autre appareil/);
	assert.ok(await is_in(await inside('')), 'the next log-in is of the new epoch');
});

test('an activation ends the session of an entry without activation', async () => {
	const one = d.fresh();
	const early = new Person(IPHONE);
	assert.match((await early.follow(await early.leave(await early.choose(await early.ask(one)), 'sans_activation'))).text, /entré sans activation/);
	const page = await account(early);
	assert.match(page.text, /Non activé/);
	assert.equal(d.sql(`select count(*) from device x join elector e on e.id = x.elector_id where e.identifier = '${one}'`), '0', 'nothing is stored of it');

	const later = new Person(FIREFOX);
	assert.match((await later.follow(await later.leave(await later.choose(await later.ask(one, 2)), 'activer'))).text, /bien été activé/);
	assert.ok(await is_in(later));
	assert.equal(await is_in(early), false);
});

test('a session that is idle, or at its longest, is over and says so; a clock set back lengthens none', async () => {
	for (const field of ['idle_until', 'until']) {
		const me = await inside(FIREFOX);
		await set(me, field, 1000);
		const page = await me.go(me.at('/mon-compte'));
		assert.match(page.url, /\/accueil$/);
		assert.match(page.text, /Votre session est terminée/);
		assert.equal(await is_in(me), false);
		assert.equal(await get(me, 'idle_until') > 2000, field === 'until', 'being asked for does not wake it');
	}
	const me = await inside(FIREFOX);
	await set(me, 'until', 9e9, 'idle_until', 9e9);
	assert.ok(await is_in(me));
	const now = Date.now() / 1000;
	assert.ok(await get(me, 'idle_until') <= now + 1201 && await get(me, 'until') <= now + 14401);
});

test('the end is told on each page, and put off by one button without a script', async () => {
	const me = await inside(FIREFOX);
	const soon = Math.floor(Date.now() / 1000) + 100;
	await set(me, 'idle_until', soon);
	const page = await me.go(me.at('/mon-compte'));
	const [, iso] = page.text.match(/Sans action de votre part, votre session se termine à <time datetime="([^"]*)"/);

	assert.ok(Math.abs(Date.parse(iso) / 1000 - Date.now() / 1000 - 1200) < 5, iso);
	const [, sheet] = page.text.match(/<link rel="stylesheet" href="([^"]*session\.css\?\d+)"/);
	const css = await me.get(new URL(sheet, d.origin).href);
	assert.deepEqual([css.status, css.headers['content-type'], css.headers['cache-control']], [200, 'text/css; charset=utf-8', 'private, max-age=86400']);
	assert.match(css.text, /1ms 10(80|79|78)s backwards/);
	for (const wrong of ['', '?', '?x', '?1}', '?-1', '?99999999999'])
		assert.equal((await me.get(me.at(`/session.css${wrong}`))).status, 404);
	assert.match(page.text, /<form method="post" action="[^"]*\/session" target="_blank">/);
	const extended = await me.follow(await me.post(me.at('/session'), hidden(page.text, '/session')));
	assert.match(extended.text, /Session prolongée jusqu’à \d+\u00a0h\u00a0\d\d/);
	assert.doesNotMatch(page.text + extended.text, /http-equiv="refresh"/i);
	assert.doesNotMatch((await new Person().go(me.at('/'))).text, /session\.css/);

	await set(me, 'until', Math.floor(Date.now() / 1000) + 300);
	const last = await me.go(me.at('/session'));
	assert.match(last.text, /C’est sa durée maximale/);
	assert.match(last.text, /ne peut plus être prolongée/);
	assert.doesNotMatch(last.text, /Prolonger ma session/);
});

/* Types into a form whose session has just ended. */
async function interrupted(me, more = {}) {
	const { csrf } = hidden((await account(me)).text, '/deconnexion');
	await set(me, 'idle_until', 1000);
	return me.post(me.at('/session'), { csrf, question: '3', texte: 'Ma réclamation, l’été', mot_de_passe: PASSWORD, ...more });
}

test('what was typed into a session that was over comes back to its elector after the next log-in, secrets apart', async () => {
	const me = await inside(FIREFOX);
	const page = await me.follow(await interrupted(me));

	assert.match(page.text, /Votre session est terminée[^<]*Votre saisie est gardée/);
	const draft = await redis(d.REDIS_EPHEMERAL, 'HGETALL', key('draft', me));
	assert.ok(draft.includes('value:texte') && draft.includes('Ma réclamation, l’été') && !draft.join().includes(PASSWORD), String(draft));
	assert.ok(await redis(d.REDIS_EPHEMERAL, 'TTL', key('draft', me)) <= 3600);
	const back = await me.log_in(who);
	assert.match(back.headers.location, /\/session$/);
	const form = await me.follow(back);
	assert.match(form.text, /Votre saisie a été retrouvée/);
	assert.match((await me.go(me.at('/session'))).text, /Votre saisie a été retrouvée/, 'showing it uses nothing up');
	await me.post(me.at('/session'), hidden(form.text, '/session'));
	assert.doesNotMatch((await me.go(me.at('/session'))).text, /Votre saisie a été retrouvée/, 'sending it does');
	assert.equal(await redis(d.REDIS_EPHEMERAL, 'EXISTS', key('draft', me)), 0);
});

test('another elector never sees it, nor does whoever logs out or forges the post', async () => {
	const other = d.fresh();
	await new Elector(d).enter(other, 'activer');
	const me = await inside(FIREFOX);
	await interrupted(me);
	const theirs = await me.log_in(other);
	assert.match(theirs.headers.location, /\/portail\/$/);
	assert.equal(await redis(d.REDIS_EPHEMERAL, 'EXISTS', key('draft', me)), 0);
	const page = await me.follow(theirs);
	assert.doesNotMatch((await me.go(me.at('/session'))).text, /retrouvée/);
	await me.post(me.at('/deconnexion'), hidden(page.text, '/deconnexion'));
	assert.match((await me.log_in(who)).headers.location, /\/portail\/$/, 'and it is gone for good');

	await interrupted(me);
	const form = await me.follow(await me.log_in(who));
	const mine = key('draft', me);
	assert.equal(await redis(d.REDIS_EPHEMERAL, 'EXISTS', mine), 1);
	await me.post(me.at('/deconnexion'), { csrf: hidden(form.text, '/session').csrf });
	assert.equal(await redis(d.REDIS_EPHEMERAL, 'EXISTS', mine), 0);

	const forged = await inside(FIREFOX);
	const answer = await interrupted(forged, { csrf: 'A'.repeat(43) });
	assert.match(answer.headers.location, /\/accueil$/);
	assert.equal(await redis(d.REDIS_EPHEMERAL, 'EXISTS', key('draft', forged)), 0);
});

test('a log-in makes the browser a known device, for a year, and forgetting it ends its sessions', async () => {
	const here = await inside(FIREFOX);
	const phone = new Person(IPHONE);
	const answer = await phone.log_in(who);
	const cookie = answer.headers['set-cookie'].find((line) => line.startsWith(DEVICE));
	assert.match(cookie, /; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000$/);
	const page = await account(here);
	const id = Buffer.from(phone.cookies.get(DEVICE), 'base64url').subarray(0, 16).toString('hex');
	const fields = rows(page.text, '/appareil/oubli').find((row) => row.appareil === id);

	assert.match((await here.follow(await here.post(here.at('/mon-compte/appareil/oubli'), fields))).text, /L’appareil est oublié/);
	assert.equal(await is_in(phone), false);
	assert.ok(await is_in(here));
	assert.equal(d.sql(`select count(*) from device where hex(device) = '${id}'`), '0');
	const old = phone.cookies.get(DEVICE);
	await phone.log_in(who);
	assert.notEqual(phone.cookies.get(DEVICE).slice(0, 20), old.slice(0, 20), 'no copy of the old cookie becomes good again');
});

test('forgetting the device at hand leaves this session open', async () => {
	const me = await inside(FIREFOX);
	const id = Buffer.from(me.cookies.get(DEVICE), 'base64url').subarray(0, 16).toString('hex');
	const fields = rows((await account(me)).text, '/appareil/oubli').find((row) => row.appareil === id);

	assert.match((await me.follow(await me.post(me.at('/mon-compte/appareil/oubli'), fields))).text, /L’appareil est oublié/);
	assert.ok(await is_in(me));
});

test('only a mark of ours, for this elector, with its row still there, makes a device known', async () => {
	const [mine, other] = [d.fresh(), d.fresh()];
	const me = new Person(FIREFOX);
	for (const [person, one] of [[me, mine], [new Elector(d), other]])
		await person.enter(one, 'activer');
	const device = me.cookies.get(DEVICE);
	const theirs = new Person(IPHONE);
	await theirs.log_in(other);
	const bytes = Buffer.from(device, 'base64url');
	bytes[bytes.length - 1] ^= 1;
	/* What tells a known device: strangers' failures leave its budget alone. */
	for (let i = 0; i < 10; i++)
		assert.equal((await new Person().log_in(mine, 'Pas la bonne-1 phrase')).status, 200);
	const with_cookie = async (cookie) => {
		const one = new Person(FIREFOX);
		if (cookie)
			one.cookies.set(DEVICE, cookie);
		return (await one.log_in(mine)).status;
	};

	for (const [cookie, what] of [[null, 'none'], [bytes.toString('base64url'), 'a forged mark'], [theirs.cookies.get(DEVICE), "another's"], ['x', 'nonsense']])
		assert.equal(await with_cookie(cookie), 429, what);
	assert.equal(await with_cookie(device), 303);
	assert.equal(await with_cookie(device), 303, 'as often as one likes');
	for (let i = 0; i < 10; i++)
		await new Person().log_in(mine, 'Pas la bonne-1 phrase');
	d.sql(`delete x from device x join elector e on e.id = x.elector_id where e.identifier = '${mine}'`);
	assert.equal(await with_cookie(device), 429, 'its row is gone');
});

test('what MariaDB commits ends every session, though Redis hears nothing of it', async () => {
	const [here, other] = [await inside(FIREFOX), await inside(IPHONE)];
	const elector = d.sql(`select id from elector where identifier = '${who}'`);

	/* What a changed password commits while Redis cannot be told. */
	d.sql(`insert into session_epoch values (${elector}, 1) on duplicate key update epoch = epoch + 1`);
	for (const me of [here, other])
		assert.equal(await is_in(me), false);
	await until('a new log-in', async () => is_in(await inside(FIREFOX)));
});
