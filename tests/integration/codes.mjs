/*
 * Réassort of the voting code, online and at the desk, on the whole of ./demo. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CODE, hash_of, LSAN } from '../lib/code.mjs';
import { demo, pause, redis, until } from '../lib/demo.mjs';
import { Elector, hidden, PASSWORD } from '../lib/elector.mjs';

const ANSWER = 'ÎLE de  Bréhat';
let d;

before(async () => {
	d = await demo('codes.mjs', { settings: '[portal]\nworkers = 4\n[mailer]\ncooldown = 1s\nsweep = 500ms\ndaily_max = 100\n' });
	d.secrets.add(PASSWORD);
	d.secrets.add('Bréhat');
});

after(async () => {
	assert.deepEqual(await d.stop(), [], 'logs hold no report, code, link or address, and the demo ends well');
});

const id_of = (who) => d.sql(`select id from elector where identifier = '${who}'`);
const codes_of = (who) => d.sql(`select hex(hash), how, live is not null, coalesce(void_how, '-') from voting_code where elector_id = ${id_of(who)} order by id`)
	.split('\n').filter(Boolean).map((line) => line.split('\t'));

/** An elector who has activated, with a code from a printed notice unless told otherwise. */
async function activated(with_code = true) {
	const who = d.fresh();

	await new Elector(d).enter(who, 'activer');
	if (with_code)
		d.sql(`insert into voting_code (elector_id, hash, how, issued_at) values (${id_of(who)}, 0x${randomBytes(32).toString('hex')}, 'notice', utc_timestamp())`);
	return who;
}

async function logged_in(who) {
	const me = new Elector(d);

	assert.equal((await me.log_in(who)).status, 303);
	return me;
}

const ask = async (me) => me.post(me.at('/reassort/lien'), hidden((await me.get(me.at('/reassort'))).text, '/reassort/lien'));

/** The link of the newest mail about a réassort. */
async function link_of(who, n = 1) {
	const mail = await until(`mail ${n} about a réassort`, async () => {
		const all = (await d.mails(who)).filter(({ subject }) => /Réassort/.test(subject));
		return all.length >= n && all.at(-1);
	}, 30);
	const [link] = mail.text.match(/http:\/\/\S+\/reassort\/lien\/[\w-]+/);

	d.secrets.add(link.split('/').at(-1));
	return link;
}

/** As far as the question: an elector who is in, with a good link. */
async function proved(who) {
	const me = await logged_in(who);

	assert.equal((await ask(me)).status, 303);
	await me.go(await link_of(who));
	return me;
}

const form = async (me) => hidden((await me.get(me.at('/reassort'))).text, '/reassort');
const answer = async (me, reponse, fields) => me.post(me.at('/reassort'), { ...(fields ?? await form(me)), reponse });
const shown = (page) => page.text.match(/<p class="code-vote" translate="no">(.*)<\/p>/)?.[1].replace(/<\/?span>/g, '');

const remember = (code) => [code, code.replaceAll('-', ''), code.toLowerCase()].forEach((form_of_it) => d.secrets.add(form_of_it));

/** All that Redis and MariaDB hold, as text. */
async function everything() {
	let all = d.sql('select * from mail_job; select * from audit; select * from voting_code; select * from activation_token');

	for (const socket of [d.REDIS_EPHEMERAL, d.REDIS_QUEUE])
		for (const key of await redis(socket, 'KEYS', '*'))
			all += `${key} ${await redis(socket, 'DUMP', key)}`;
	return all;
}

test('réassort: password, link and answer bring one new code, shown once; the old one is void, and a mail tells without it', async () => {
	const who = await activated();
	const me = await logged_in(who);
	const page = await me.get(me.at('/reassort'));

	assert.match(page.text, /RECEVOIR UN LIEN/);
	assert.doesNotMatch(page.text, /name="reponse"/);
	const asked = await me.follow(await ask(me));
	assert.match(asked.text, /Un lien part vers votre messagerie/);
	const link = await link_of(who);
	for (const method of ['HEAD', 'GET', 'HEAD']) {
		const scanner = new Elector(d);
		assert.equal((await scanner.request(method, link)).status, 303);
		assert.match((await scanner.go(link)).text, /Votre lien est gardé dans ce navigateur/);
	}
	const ready = await me.go(link);
	assert.match(ready.text, /Répondre à votre question défi/);
	assert.match((await answer(me, '')).text, /Saisissez la réponse/);
	const wrong = await answer(me, 'Belle-Île');
	assert.match(wrong.text, /<title>Erreur\u00a0: [^]*Ce n’est pas la réponse enregistrée/);
	assert.doesNotMatch(wrong.text, /Belle-Île/);
	assert.equal(codes_of(who).length, 1);

	const fields = await form(me);
	const right = await answer(me, ANSWER, fields);
	const code = shown(right);
	assert.match(code, /^([0-9A-HJKMNP-TV-Z]{3}-){5}[0-9A-HJKMNP-TV-Z]{3}$/);
	remember(code);
	assert.equal(right.status, 200);
	assert.equal(right.headers['cache-control'], 'no-store');
	const words = [...right.text.matchAll(/<li><span class="signes" translate="no">(\w{3})<\/span> <span>([^<]*)<\/span>/g)];
	assert.equal(words.map(([, signs]) => signs).join('-'), code);
	for (const [, signs, said] of words)
		assert.deepEqual(said.split(', ').map((one) => (/^. comme/.test(one) ? one[0] : ['zéro', 'un', 'deux', 'trois', 'quatre', 'cinq', 'six', 'sept', 'huit', 'neuf'].indexOf(one).toString())).join(''), signs);
	const [old, now] = codes_of(who);
	assert.deepEqual(old.slice(1), ['notice', '0', 'reissue']);
	assert.deepEqual(now, [hash_of(d, code), 'reissue', '1', '-']);

	for (const again of [await me.get(me.at('/reassort')), await answer(me, ANSWER, fields)]) {
		assert.equal(shown(again), undefined);
		assert.match(again.text, /Un code vous a été remis ici le[^]*ne peut pas l’être de nouveau/);
	}
	assert.match((await me.go(link)).text, /a déjà servi/);
	assert.equal(codes_of(who).length, 2);
	assert.match((await me.get(me.at('/mon-compte'))).text, /Nouveau code de vote remis en ligne[^]*Réassort refusé/);

	const told = await until('the mail that tells', async () => (await d.mails(who)).find(({ subject }) => /nouveau code de vote/.test(subject)), 30);
	for (const text of [told.subject, told.text, told.html, await everything(), ...(await d.mails()).map((mail) => mail.text + mail.html)])
		for (const secret of [code, code.replaceAll('-', '')])
			assert.ok(!text.includes(secret), 'the code stands nowhere');
});

test('without a link, with that of another elector, or with one that is over, no answer counts', async () => {
	const [who, other] = [await activated(), await activated()];
	const me = await logged_in(who);
	const { csrf } = hidden((await me.get(me.at('/reassort'))).text, '/reassort/lien');

	assert.equal(shown(await answer(me, ANSWER, { csrf })), undefined);
	await ask(await logged_in(other));
	const theirs = await link_of(other);
	assert.match((await me.go(theirs)).text, /a été envoyé à une autre personne/);
	assert.equal(shown(await answer(me, ANSWER, { csrf })), undefined);
	await pause(1200);
	await ask(me);
	const link = await link_of(who);
	assert.match((await me.go(`${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`)).text, /n’est pas reconnu|Répondre/);
	await until('the mail to be settled', () => d.sql(`select count(*) from mail_job where identifier = '${who}' and mail = 'reissue' and state = 'sent'`) === '1');
	for (const [how, why] of [['expires_at = utc_timestamp() - interval 1 minute', /a expiré/], ["used_at = utc_timestamp(), used_how = 'voided'", /a été changé depuis/]]) {
		d.sql(`update activation_token set ${how} where elector_id = ${id_of(who)} and purpose = 'reissue'`);
		assert.match((await me.go(link)).text, why);
		assert.equal(shown(await answer(me, ANSWER, { csrf })), undefined);
	}
	assert.equal(codes_of(who).length + codes_of(other).length, 2);
	assert.equal((await me.get(me.at('/reassort/lien/rien'))).status, 404);
});

test('a link for a réassort opens neither an activation nor a new password', async () => {
	const who = await activated();
	const me = await logged_in(who);

	await ask(me);
	const token = (await link_of(who)).split('/').at(-1);
	const page = await new Elector(d).go(me.at(`/activation/${token}`));
	assert.equal(page.status, 404);
	assert.match(page.text, /Ce lien n’est pas reconnu/);
});

test('a changed password ends the link', async () => {
	const who = await activated();
	const me = await proved(who);
	const page = await me.get(me.at('/mon-compte/mot-de-passe'));

	d.secrets.add('Trois canards-9 sous la Pluie');
	const changed = await me.post(me.at('/mon-compte/mot-de-passe'), { ...hidden(page.text, '/mon-compte/mot-de-passe'), mot_de_passe_actuel: PASSWORD,
		mot_de_passe: 'Trois canards-9 sous la Pluie', confirmation: 'Trois canards-9 sous la Pluie' });
	assert.equal(changed.status, 303);
	assert.match((await me.get(me.at('/reassort'))).text, /Votre mot de passe a été changé depuis l’envoi du lien/);
});

test('of 30 parallel right answers one brings a code', async () => {
	const who = await activated();
	const me = await proved(who);
	const fields = await form(me);
	const pages = await Promise.all(Array.from({ length: 30 }, () => answer(me, ANSWER, fields)));
	const seen = pages.map(shown).filter(Boolean);

	seen.forEach(remember);
	/* Thirty at once are more tries than five: some are told to wait, and none of them costs anything. */
	assert.equal(seen.length, 1, JSON.stringify(pages.map(({ status }) => status)));
	assert.deepEqual(codes_of(who).map(([, , live]) => live), ['0', '1']);
	assert.equal(codes_of(who)[1][0], hash_of(d, seen[0]));
});

test('five wrong answers, then that device waits; another one has five of its own, and fifteen a day is the end for all of them', async () => {
	const [who, other] = [await activated(), await activated()];
	const link_fields = async (me) => form(me);
	const wrong_answers = async (me, n) => {
		const fields = await link_fields(me);
		for (let i = 0; i < n; i++)
			assert.match((await answer(me, `rien ${i}`, fields)).text, /Ce n’est pas la réponse enregistrée/);
		return answer(me, ANSWER, fields);
	};
	const first = await proved(who);
	const refused = await wrong_answers(first, 5);

	assert.equal(refused.status, 429);
	assert.ok(Number(refused.headers['retry-after']) > 300 && Number(refused.headers['retry-after']) <= 720);
	assert.match(refused.text, /Cinq réponses à votre question défi ont été refusées sur cet appareil[^]*Recommencez à partir de/);
	assert.match(refused.text, /Votre code de vote actuel n’a pas changé/);
	for (let device = 2; device <= 3; device++) {
		const me = await logged_in(who);
		await me.go(await link_of(who));
		assert.equal((await wrong_answers(me, 5)).status, 429);
	}
	const fourth = await logged_in(who);
	await fourth.go(await link_of(who));
	assert.match((await answer(fourth, ANSWER)).text, /tous appareils confondus/);
	assert.deepEqual(codes_of(who).map(([, how, live]) => [how, live]), [['notice', '1']]);

	const them = await proved(other);
	const theirs = shown(await answer(them, ANSWER));
	assert.ok(theirs, 'nobody else is held up');
	remember(theirs);
	d.ctl('throttle', 'forgive', who, '--reason', 'essai');
	const mine = shown(await answer(fourth, ANSWER));
	assert.ok(mine, 'what the helpdesk forgives is forgotten');
	remember(mine);
});

test('who entered without activation, has no code yet, or comes after the vote reads why, and gets none', async () => {
	const without = new Elector(d);
	const stranger = d.fresh();

	await without.enter(stranger, 'sans_activation');
	const page = await without.get(without.at('/reassort'));
	assert.match(page.text, /Pas en ligne sans compte activé[^]*Un guichet vérifiera/);
	assert.doesNotMatch(page.text, /RECEVOIR UN LIEN/);

	const early = await activated(false);
	const me = await logged_in(early);
	assert.match((await me.get(me.at('/reassort'))).text, /Aucun code ne vous a encore été remis/);
	const { csrf } = hidden((await me.get(me.at('/deconnexion'))).text, '/deconnexion');
	assert.equal((await me.post(me.at('/reassort/lien'), { csrf })).status, 200);
	assert.equal(d.sql(`select count(*) from mail_job where mail = 'reissue' and identifier = '${early}'`), '0');
	assert.equal((await new Elector(d).get(me.at('/reassort'))).status, 200);
});

test('after the vote there is no réassort', async () => {
	const who = await activated();
	const me = await proved(who);
	const fields = await form(me);
	const dates = d.sql('select opens_at, closes_at from election').split('\t');

	d.sql("update election set opens_at = utc_timestamp() - interval 9 day, closes_at = utc_timestamp() - interval 2 day");
	d.ctl('reload', 'portal');
	await pause(1000); /* workers of before may still answer */
	const page = await until('the vote to be over', async () => {
		const now = await me.get(me.at('/reassort'));
		return /Le vote est clos/.test(now.text) && now;
	});
	assert.doesNotMatch(page.text, /name="reponse"/);
	assert.equal(shown(await answer(me, ANSWER, fields)), undefined);
	d.sql(`update election set opens_at = '${dates[0]}', closes_at = '${dates[1]}'`);
	d.ctl('reload', 'portal');
	assert.equal(codes_of(who).length, 1);
});

/** What the vote writes: this elector has voted in so many of their scrutins, or all. */
const vote = (who, most = 99) => d.sql(`insert into participation (elector_id, scrutin_id, voted_at) select es.elector_id, es.scrutin_id, utc_timestamp() - interval 1 hour
	from elector_scrutin es join elector e on e.id = es.elector_id where e.identifier = '${who}' order by es.scrutin_id limit ${most}`);

test('who has voted in some scrutins reads in which and gets a code for the others; who has voted in all gets none, online or at the desk', async () => {
	const who = await activated();
	const me = await proved(who);
	const fields = await form(me);

	vote(who, 1);
	const [kind, name] = d.sql(`select s.kind, s.name from scrutin s join participation p on p.scrutin_id = s.id join elector e on e.id = p.elector_id where e.identifier = '${who}'`).split('\t');
	const partly = await me.get(me.at('/reassort'));
	assert.ok(partly.text.includes(`<li>${kind} – ${name}, le `), 'the scrutin, and when');
	assert.match(partly.text, /name="reponse"/);
	assert.match((await me.get(me.at('/mes-scrutins'))).text, /<dt>Votre vote<\/dt><dd>enregistré le /);
	d.sql(`delete p from participation p join elector e on e.id = p.elector_id where e.identifier = '${who}'`);
	vote(who);
	const whole = await me.get(me.at('/reassort'));
	assert.match(whole.text, /Vous avez voté dans tous vos scrutins/);
	assert.doesNotMatch(whole.text, /name="reponse"|RECEVOIR UN LIEN/);
	assert.equal(shown(await answer(me, ANSWER, fields)), undefined, 'nor by a form of before');
	const { id } = ctl('code', 'reissue', who, '--identity-checked', 'CNI 99AB34567');
	by_another(id);
	const refused = ctl('code', 'approve', String(id));
	assert.deepEqual([refused.status, /has voted in every scrutin/.test(refused.error)], [65, true], refused.error);
	assert.equal(ctl('code', 'refuse', String(id)).status, 0);
	assert.equal(codes_of(who).length, 1, 'the old code stands alone');
});

test('while the vote is suspended no code is handed out, and the page says why; afterwards the same link serves', async () => {
	const who = await activated();
	const me = await proved(who);
	const fields = await form(me);
	const { id } = ctl('code', 'reissue', who, '--identity-checked', 'CNI 98AB34567');

	assert.equal(ctl('election', 'suspend', '-e', 'demo', '--reason', 'Panne d’un hébergeur.').status, 0);
	const held = await until('the suspension to be told', async () => {
		const now = await me.get(me.at('/reassort'));
		return /Aucun code n’est remis pendant la suspension/.test(now.text) && now;
	}, 20);
	await pause(5500); /* each worker reads the election anew after five seconds */
	assert.match(held.text, /Panne d’un hébergeur\./);
	assert.doesNotMatch(held.text, /name="reponse"/);
	assert.equal(shown(await answer(me, ANSWER, fields)), undefined);
	by_another(id);
	assert.match(ctl('code', 'approve', String(id)).error, /suspended/);
	assert.equal(ctl('election', 'resume', '-e', 'demo', '--reason', 'Réparée.').status, 0);
	await until('the form to be there again', async () => /name="reponse"/.test((await me.get(me.at('/reassort'))).text), 20);
	await pause(5500);
	assert.ok(shown(await answer(me, ANSWER)), 'a new code');
	assert.equal(ctl('code', 'refuse', String(id)).status, 0);
});

/** isoloirctl as somebody at a shell sees it: status, what it said. */
function ctl(...words) {
	const run = spawnSync(d.ISOLOIRCTL, ['-c', d.CONF, '--json', ...words], { encoding: 'utf8', env: { ...process.env, ...LSAN } });
	return { status: run.status, ...JSON.parse(run.stdout) };
}

/** Asked by another operator than the one who runs these tests. */
const by_another = (id) => d.sql(`update code_request set asked_by = 'autre' where id = ${id}`);

test('the desk: who asks cannot approve; approved by another the code is shown once, the old one is void, and no number of a document is kept', async () => {
	const who = await activated();
	const asked = ctl('code', 'reissue', who.toUpperCase(), '--identity-checked', 'cni 12AB-34567');

	assert.equal(asked.status, 0, asked.error);
	assert.equal(ctl('code', 'reissue', who, '--identity-checked', 'CNI 12AB34567').status, 65, 'one is pending');
	const { requests } = ctl('code', 'pending');
	assert.deepEqual(requests.map(({ id, identifier, document }) => [id, identifier, document]), [[String(asked.id), who, 'CNI']]);
	const own = ctl('code', 'approve', String(asked.id));
	assert.equal(own.status, 77);
	assert.match(own.error, /somebody else must approve/);
	by_another(asked.id);
	assert.equal(ctl('code', 'approve', String(asked.id), '--dry-run').status, 0);
	assert.equal(codes_of(who).length, 1);
	const given = ctl('code', 'approve', String(asked.id), '--reason', 'messagerie inaccessible');
	assert.equal(given.status, 0, given.error);
	remember(given.code);
	assert.deepEqual(codes_of(who).map((row) => row.slice(1)), [['notice', '0', 'desk'], ['desk', '1', '-']]);
	assert.equal(codes_of(who)[1][0], hash_of(d, given.code));
	assert.equal(given.mail_queued, true);
	const told = await until('the mail that tells', async () => (await d.mails(who)).find(({ subject }) => /nouveau code de vote/.test(subject)), 30);
	assert.ok(!told.text.includes(given.code));
	assert.equal(ctl('code', 'approve', String(asked.id)).status, 67, 'once');
	const all = `${await everything()}${d.sql('select * from code_request')}`;
	for (const secret of ['12AB34567', '12AB-34567', '12ab34567', given.code, given.code.replaceAll('-', '')])
		assert.ok(!all.includes(secret), secret);
	assert.match(d.sql('select act, detail from audit'), /code issued\trequest=\d+ document=CNI asked_by=autre: messagerie inaccessible/);
	assert.deepEqual(ctl('elector', 'show', who).codes.map(({ how, void_how }) => [how, void_how]), [['desk', null], ['notice', 'desk']]);
	const me = await logged_in(who);
	assert.match((await me.get(me.at('/mon-compte'))).text, /Nouveau code de vote remis au guichet[^]*Nouveau code de vote demandé au guichet/);
});

test('the desk: the code goes on a sheet that its owner alone reads; a refusal, an unknown document and a day that is over give none', async () => {
	const who = await activated(false);
	const ask_desk = () => ctl('code', 'reissue', who, '--identity-checked', 'PASSEPORT 19FV12345').id;
	const sheet = join(d.dir, 'tmp', 'feuille.pdf');
	const first = ask_desk();

	by_another(first);
	assert.equal(ctl('code', 'approve', String(first), sheet).status, 0);
	assert.equal(statSync(sheet).mode & 0o777, 0o600);
	const text = spawnSync('pdftotext', ['-layout', sheet, '-'], { encoding: 'utf8' }).stdout;
	const code = text.match(CODE)[0];
	remember(code);
	assert.equal(codes_of(who)[0][0], hash_of(d, code));
	assert.match(text, /Guichet, n°/);
	const second = ask_desk();
	by_another(second);
	assert.equal(ctl('code', 'approve', String(second), sheet).status, 73, 'no sheet is written over');
	assert.equal(ctl('code', 'refuse', String(second)).status, 0);
	assert.equal(ctl('code', 'approve', String(second)).status, 67);
	const third = ask_desk();
	by_another(third);
	d.sql(`update code_request set expires_at = utc_timestamp() where id = ${third}`);
	assert.equal(ctl('code', 'approve', String(third)).status, 67);
	assert.deepEqual(ctl('code', 'pending').requests, []);
	for (const wrong of [['code', 'reissue', who], ['code', 'reissue', who, '--identity-checked', 'BILLET 12345'], ['code', 'reissue', who, '--identity-checked', 'CNI 1']])
		assert.equal(ctl(...wrong).status, 64);
	assert.equal(ctl('code', 'reissue', 'personne@nulle.part', '--identity-checked', 'CNI 12345').status, 67);
	assert.equal(codes_of(who).length, 1);
});
