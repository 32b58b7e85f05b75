/*
 * A password forgotten or changed, a challenge question changed: over plain HTTP, on the whole of ./demo. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { demo, pause, until } from '../lib/demo.mjs';
import { Elector, hidden, PASSWORD } from '../lib/elector.mjs';

const OTHER = 'Trois canards-9 sous la Pluie';
let d;

before(async () => {
	d = await demo(import.meta.filename ?? 'secrets.mjs', { settings: '[portal]\nworkers = 4\n[mailer]\ncooldown = 1s' });
	for (const secret of [PASSWORD, OTHER, 'Bréhat', 'brehat', 'Molène', 'molene'])
		d.secrets.add(secret);
});

after(async () => {
	assert.deepEqual(await d.stop(), [], 'logs hold no report, secret, link or address, and the demo ends well');
});

/* Somebody whose account is activated, and the browser in which it was. */
async function activated() {
	const who = d.fresh();
	const me = new Elector(d);

	assert.match((await me.enter(who, 'activer')).text, /compte a bien été activé/);
	return { who, me };
}

/* From « Mot de passe oublié ? »: gives the identifier; the answer, not followed. */
async function forget(me, identifier) {
	const page = await me.go(me.at('/mot-de-passe-oublie'));

	return me.post(me.at('/mot-de-passe-oublie'), { ...await me.solved(page.text, '/mot-de-passe-oublie'), identifiant: identifier });
}

const about = async (who, subject) => (await d.mails(who)).filter((mail) => subject.test(mail.subject));
const link_in = (mail) => mail.text.match(/http:\/\/\S+\/activation\/[A-Za-z0-9_-]+/)[0];

/* The link of the n-th mail about a new password. */
async function reset_link(who, n = 1) {
	const mails = await until(`mail ${n} about a new password`, async () => {
		const found = await about(who, /nouveau mot de passe/);
		return found.length >= n && found;
	}, 30);
	const link = link_in(mails.at(-1));

	d.secrets.add(link.split('/').at(-1));
	return link;
}

async function ask(who, n = 1) {
	const me = new Elector(d);

	assert.equal((await forget(me, who)).status, 303);
	return reset_link(who, n);
}

/* Behind the link: the new password; the answer, not followed. */
async function choose(me, link, password = OTHER, confirmation = password) {
	const page = await me.go(link);

	assert.equal(page.status, 200, page.text);
	return me.post(me.at('/mot-de-passe'), { ...await me.solved(page.text, '/mot-de-passe'), mot_de_passe: password, confirmation });
}

const is_in = (page) => /<h2 id="compte">Mon Compte/.test(page.text);
const stored = (who, what) => d.sql(`select ${what} from account a join elector e on e.id = a.elector_id where e.identifier = '${who}'`);

test('a forgotten password: the mailed link lets choose another, lets in, ends the other sessions, and a mail tells', async () => {
	const { who, me: elsewhere } = await activated();
	const answer_before = stored(who, 'answer_hash, challenge_question_id');
	const me = new Elector(d);
	const sent = await me.follow(await forget(me, ` ${who.toUpperCase()}`));

	assert.match(sent.text, new RegExp(`Mot de passe oublié pour[^]*${who}`));
	const link = await reset_link(who);
	const [mail] = await about(who, /nouveau mot de passe/);
	const reference = sent.text.match(/<strong class="code">([^<]+)<\/strong>/)[1];
	assert.ok(mail.text.includes(reference) && mail.html.includes(reference), 'the reference on the screen stands in the mail');
	assert.ok(is_in(await elsewhere.go(elsewhere.at('/'))), 'asking ends nothing');

	const answer = await choose(me, link);
	assert.equal(answer.status, 303);
	const home = await me.follow(answer);
	assert.match(home.text, /Votre nouveau mot de passe est enregistré/);
	assert.ok(is_in(home));
	assert.ok(!is_in(await elsewhere.go(elsewhere.at('/'))), 'the old session is over');
	assert.equal((await new Elector(d).log_in(who, PASSWORD)).status, 200);
	assert.equal((await new Elector(d).log_in(who, OTHER)).status, 303);
	assert.equal(stored(who, 'answer_hash, challenge_question_id'), answer_before, 'the challenge stays as it was');
	const [told] = await until('the mail that tells', async () => { const all = await about(who, /a été changé/); return all.length && all; });
	assert.doesNotMatch(told.text + told.html, /\/activation\//);
	assert.match(told.text, /Si ce n’est pas vous/);
});

test('screen 2 leads there, and the identifier comes along, in no address', async () => {
	const who = d.fresh();
	const me = new Elector(d);
	const login = await me.follow(await me.identify(who));
	const [, href] = login.text.match(/<a href="([^"]*mot-de-passe-oublie)">Mot de passe oublié/);
	const page = await me.go(href);

	assert.match(page.text, new RegExp(`name="identifiant" value="${who}"`));
	assert.ok(!page.url.includes('@'));
});

test('after RECEVOIR UN LIEN nothing tells whether an address is on the roll, or activated', async () => {
	const { who: known } = await activated();
	const fresh = d.fresh();
	const unknown = fresh.replace(/^./, (c) => (c === 'z' ? 'y' : 'z'));
	const shapes = [];

	for (const who of [known, fresh, unknown]) {
		const me = new Elector(d);
		const asked = await forget(me, who);
		const page = await me.follow(asked);
		const shape = [asked, page].map((answer) => {
			const headers = { ...answer.headers };
			for (const one of ['date', 'set-cookie', 'content-length', 'etag'])
				delete headers[one];
			return { status: answer.status, headers };
		});
		shapes.push(JSON.stringify([shape, page.text.replaceAll(who, 'WHO').replaceAll(/class="code">[^<]*/g, '').replaceAll(/value="[^"]*"/g, '')]));
	}
	assert.equal(shapes[1], shapes[0]);
	assert.equal(shapes[2], shapes[0]);
});

test('who forgot a password that never was gets the link of a first visit instead', async () => {
	const who = d.fresh();

	assert.equal((await forget(new Elector(d), who)).status, 303);
	const mail = await d.mail(who);
	assert.match(mail.subject, /^Votre lien vers le portail/);
	d.secrets.add(link_in(mail).split('/').at(-1));
	assert.match((await new Elector(d).go(link_in(mail))).text, /Initialisation du mot de passe/);
	assert.equal(d.sql(`select state from mail_job where mail = 'reset' and identifier = '${who}'`), 'not_needed');
});

test('HEAD and GET of the link use nothing up, and a repeat brings the same link', async () => {
	const { who } = await activated();
	const link = await ask(who);

	for (let i = 0; i < 3; i++) {
		const scanner = new Elector(d);
		assert.equal((await scanner.request('HEAD', link)).status, 303);
		assert.match((await scanner.go(link)).text, /<h1>Nouveau mot de passe Élections/);
	}
	await pause(1200);
	assert.equal(await ask(who, 2), link);
	assert.equal((await choose(new Elector(d), link)).status, 303);
});

test('of 100 parallel posts of one link exactly one wins', async () => {
	const { who } = await activated();
	const link = await ask(who);
	const electors = [];

	for (let i = 0; i < 10; i++) {
		const me = new Elector(d);
		const page = await me.go(link);
		electors.push([me, await me.solved(page.text, '/mot-de-passe')]);
	}
	const answers = await Promise.all(Array.from({ length: 100 }, async (_, i) => {
		const [me, fields] = electors[i % 10];
		const one = new Elector(d);
		one.cookies = new Map(me.cookies);
		const password = `${OTHER} ${i}`;
		return [one, password, await one.post(me.at('/mot-de-passe'), { ...fields, mot_de_passe: password, confirmation: password })];
	}));
	const inside = answers.filter(([, , answer]) => answer.status === 303 && /\/portail\/$/.test(answer.headers.location));
	assert.equal(inside.length, 1, JSON.stringify(answers.map(([, , answer]) => answer.status)));
	assert.ok(is_in(await inside[0][0].follow(inside[0][2])));
	assert.equal((await new Elector(d).log_in(who, inside[0][1])).status, 303);
	assert.equal(d.sql(`select count(*) from activation_token t join elector e on e.id = t.elector_id
		where e.identifier = '${who}' and used_how = 'reset'`), '1');
});

test('expired, used and ended links say why, and another one is a click away', async () => {
	const { who } = await activated();
	const link = await ask(who);
	const me = new Elector(d);

	/* The link's time is counted anew from the 250, which is noted a moment after the mail has come. */
	await until('the mail to be settled', () => d.sql(`select count(*) from mail_job where identifier = '${who}' and mail = 'reset' and state = 'sent'`) === '1');
	d.sql(`update activation_token t join elector e on e.id = t.elector_id set expires_at = utc_timestamp() - interval 1 minute
		where e.identifier = '${who}' and purpose = 'reset'`);
	const expired = await me.go(link);
	assert.equal(expired.status, 410);
	assert.match(expired.text, /Ce lien a expiré/);
	await pause(1200);
	const renewed = await me.follow(await me.post(me.at('/nouveau-lien'), hidden(expired.text, '/nouveau-lien')));
	assert.match(renewed.text, new RegExp(`Mot de passe oublié pour[^]*${who}`));
	const fresh = await reset_link(who, 2);
	assert.notEqual(fresh, link);
	assert.equal((await choose(new Elector(d), fresh)).status, 303);
	const used = await new Elector(d).go(fresh);
	assert.equal(used.status, 410);
	assert.match(used.text, /Il a permis de choisir un nouveau mot de passe/);
	const third = await ask(who, 3);
	d.sql(`update activation_token t join elector e on e.id = t.elector_id set used_at = utc_timestamp(), used_how = 'voided'
		where e.identifier = '${who}' and used_at is null`);
	const ended = await new Elector(d).go(third);
	assert.equal(ended.status, 410);
	assert.match(ended.text, /Ce lien ne sert plus/);
});

test('a request that was still waiting when the password changed brings no new link', async () => {
	const { who } = await activated();
	const link = await ask(who);

	await pause(1200);
	d.hold('mailer');
	await until('the mailer to end', () => !d.runs('mailer'));
	assert.equal((await forget(new Elector(d), who)).status, 303);
	/* The account knows whole seconds. */
	d.sql(`update mail_job set created_at = created_at - interval 1 second where mail = 'reset' and identifier = '${who}' and finished_at is null`);
	assert.equal((await choose(new Elector(d), link)).status, 303);
	d.release('mailer');
	await until('its end', () => d.sql(`select count(*) from mail_job where mail = 'reset' and identifier = '${who}' and state = 'not_needed'`) === '1');
	assert.equal((await about(who, /nouveau mot de passe/)).length, 1);
});

test('a weak password is refused with its rules, costs no other captcha, and uses nothing up', async () => {
	const { who } = await activated();
	const me = new Elector(d);
	const page = await choose(me, await ask(who), 'Motdepasse-2026');

	assert.equal(page.status, 200);
	assert.match(page.text, /<li class="ko">/);
	assert.match(page.text, /Code déjà vérifié/);
	assert.match(page.text, /CHANGER LE MOT DE PASSE/);
	const answer = await me.post(me.at('/mot-de-passe'), { ...hidden(page.text, '/mot-de-passe'), mot_de_passe: OTHER, confirmation: OTHER });
	assert.ok(is_in(await me.follow(answer)));
});

/* Mon compte: posts a change; the answer, not followed. */
async function change(me, path, fields) {
	const page = await me.go(me.at(path));

	assert.equal(page.status, 200, page.text);
	return me.post(me.at(path), { ...hidden(page.text, path), ...fields });
}

const change_password = (me, now, wanted, again = wanted) =>
	change(me, '/mon-compte/mot-de-passe', { mot_de_passe_actuel: now, mot_de_passe: wanted, confirmation: again });
const ANSWERS = { reponse_actuelle: 'Île de Bréhat', reponse: 'Molène', reponse_confirmation: 'molene' };
const change_challenge = (me, fields) => change(me, '/mon-compte/question-defi', { mot_de_passe_actuel: PASSWORD, question: '2', ...ANSWERS, ...fields });

test('a changed password ends the other sessions and every live link, keeps this one, and a mail tells', async () => {
	const { who, me } = await activated();
	const elsewhere = new Elector(d);
	await elsewhere.follow(await elsewhere.log_in(who));
	const link = await ask(who);
	const old_id = me.cookies.get('__Host-isoloir');

	assert.match((await me.go(me.at('/mon-compte'))).text, /<a href="[^"]*\/mon-compte\/mot-de-passe">/);
	const page = await me.follow(await change_password(me, PASSWORD, OTHER));
	assert.match(page.text, /Votre nouveau mot de passe est enregistré/);
	assert.match(page.text, /<strong>Mot de passe changé<\/strong>/);
	assert.notEqual(me.cookies.get('__Host-isoloir'), old_id);
	assert.ok(is_in(await me.go(me.at('/'))));
	assert.ok(!is_in(await elsewhere.go(elsewhere.at('/'))));
	const ended = await new Elector(d).go(link);
	assert.equal(ended.status, 410);
	assert.match(ended.text, /Ce lien ne sert plus/);
	assert.equal((await new Elector(d).log_in(who, PASSWORD)).status, 200);
	assert.equal((await new Elector(d).log_in(who, OTHER)).status, 303);
	await until('the mail that tells', async () => (await about(who, /mot de passe Élections a été changé/)).length === 1);
	const again = await me.follow(await change_password(me, OTHER, PASSWORD));
	assert.match(again.text, /Votre nouveau mot de passe est enregistré/);
	await until('the mail about the second change, however soon', async () => (await about(who, /mot de passe Élections a été changé/)).length === 2);
});

test('a change needs the present password, and guesses at it are counted as at the door', async () => {
	const { who, me } = await activated();
	const before_hash = stored(who, 'password_hash');
	const wrong = [
		[await change_password(me, '', OTHER), /Saisissez votre mot de passe actuel/],
		[await change_password(me, PASSWORD, PASSWORD), /Choisissez un autre mot de passe/],
		[await change_password(me, PASSWORD, 'Motdepasse-2026'), /serait vite deviné\u00a0: il contient des mots courants et une date,/],
		[await change_password(me, PASSWORD, OTHER, `${OTHER}x`), /Les deux saisies diffèrent/],
		[await change_password(me, 'Pas celui-là du tout 1', OTHER), /Ce n’est pas votre mot de passe actuel/],
	];
	for (const [answer, said] of wrong) {
		assert.equal(answer.status, 200);
		assert.match(answer.text, said);
		for (const secret of [PASSWORD, OTHER])
			assert.ok(!answer.text.includes(secret), 'a password is never sent back');
		assert.doesNotMatch(answer.text, /name="captcha"/);
	}
	/* The browser in which the account was activated is a known one: its own budget, of twenty. */
	let answer;
	let tries = 1;
	for (; tries < 30 && answer?.status !== 429; tries++)
		answer = await me.post(me.at('/mon-compte/mot-de-passe'), { ...hidden((await me.go(me.at('/mon-compte/mot-de-passe'))).text, '/mot-de-passe'),
			mot_de_passe_actuel: 'Pas celui-là du tout 1', mot_de_passe: OTHER, confirmation: OTHER });
	assert.equal(answer.status, 429);
	assert.ok(tries > 18, `only ${tries} tries were counted: those that were none cost nothing`);
	assert.ok(answer.headers['retry-after']);
	assert.equal(stored(who, 'password_hash'), before_hash);
});

test('of ten parallel changes from one session exactly one wins', async () => {
	const { who, me } = await activated();
	const page = await me.go(me.at('/mon-compte/mot-de-passe'));
	const fields = hidden(page.text, '/mon-compte/mot-de-passe');
	const answers = await Promise.all(Array.from({ length: 10 }, async (_, i) => {
		const one = new Elector(d);
		one.cookies = new Map(me.cookies);
		const password = `${OTHER} ${i}`;
		return [password, await one.post(me.at('/mon-compte/mot-de-passe'), { ...fields, mot_de_passe_actuel: PASSWORD, mot_de_passe: password, confirmation: password })];
	}));
	const won = answers.filter(([, answer]) => answer.headers.location?.endsWith('?mot-de-passe-change'));
	assert.equal(won.length, 1, JSON.stringify(answers.map(([, answer]) => [answer.status, answer.headers.location])));
	assert.equal((await new Elector(d).log_in(who, won[0][0])).status, 303);
});

test('another challenge question needs the password and the present answer; the mailbox alone never leads there', async () => {
	const { who, me } = await activated();
	const before_hash = stored(who, 'answer_hash');
	const [one, two] = d.sql('select id from challenge_question order by id limit 2').split('\n');
	const shown = await me.go(me.at('/mon-compte/question-defi'));
	const in_force = d.sql(`select wording from challenge_question where id = (${`select challenge_question_id from account a
		join elector e on e.id = a.elector_id where e.identifier = '${who}'`})`);

	assert.ok(shown.text.includes(in_force), 'the question in force is shown');
	const wrong = [
		[{ mot_de_passe_actuel: '' }, /Saisissez votre mot de passe actuel/], [{ reponse_actuelle: ' ' }, /Saisissez la réponse à votre question défi actuelle/],
		[{ question: '' }, /Choisissez une question/], [{ reponse_confirmation: 'Ouessant' }, /Les deux réponses diffèrent/],
		[{ mot_de_passe_actuel: 'Pas celui-là du tout 1' }, /Ce n’est pas votre mot de passe actuel/], [{ reponse_actuelle: 'Ouessant' }, /Ce n’est pas la réponse enregistrée/],
	];
	for (const [fields, said] of wrong) {
		const answer = await change_challenge(me, { question: two, ...fields });
		assert.match(answer.text, said);
		assert.doesNotMatch(answer.text, /Molène|molene|Bréhat/, 'an answer is never sent back');
		if (fields.question === undefined)
			assert.match(answer.text, new RegExp(`<option value="${two}" selected>`), 'the chosen question is kept');
	}
	/* Whoever does not know the password learns nothing of the answer. */
	assert.doesNotMatch((await change_challenge(me, { mot_de_passe_actuel: 'Pas celui-là du tout 1', reponse_actuelle: 'Ouessant' })).text, /réponse enregistrée/);
	assert.equal(stored(who, 'answer_hash'), before_hash);
	const page = await me.follow(await change_challenge(me, { question: two, reponse_actuelle: ' ILE de brehat' }));
	assert.match(page.text, /Votre nouvelle question défi et sa réponse sont enregistrées/);
	assert.equal(stored(who, 'challenge_question_id'), two);
	const [told] = await until('the mail that tells', async () => { const all = await about(who, /question défi a été changée/); return all.length && all; });
	assert.doesNotMatch(told.text + told.html, /Mol[èe]ne|\/activation\//);
	assert.match((await me.follow(await change_challenge(me, { question: one, reponse_actuelle: 'MOLENE', reponse: 'Hoëdic', reponse_confirmation: 'hoedic' }))).text,
		/sont enregistrées/);

	/* With the mailbox alone: another password, and still not the answer. */
	const thief = new Elector(d);
	assert.ok(is_in(await thief.follow(await choose(thief, await ask(who)))));
	assert.match((await change_challenge(thief, { mot_de_passe_actuel: OTHER, question: two })).text, /Ce n’est pas la réponse enregistrée/);
});

test('who entered without activation has nothing to change, and reads how to activate', async () => {
	const me = new Elector(d);
	await me.enter(d.fresh(), 'sans_activation');

	for (const path of ['/mon-compte/mot-de-passe', '/mon-compte/question-defi']) {
		const page = await me.go(me.at(path));
		assert.match(page.text, /Activer son compte/);
		assert.doesNotMatch(page.text, /<input type="password"/);
		assert.equal((await me.post(me.at(path), { csrf: hidden((await me.go(me.at('/mon-compte'))).text, '/deconnexion').csrf, mot_de_passe_actuel: 'x' })).status, 200);
	}
	const stranger = new Elector(d);
	assert.equal((await stranger.get(stranger.at('/mon-compte/mot-de-passe'))).status, 303);
});

test('the costly look at a password waits for the captcha', async () => {
	const { who } = await activated();
	const me = new Elector(d);
	const page = await me.go(await ask(who));
	const fields = hidden(page.text, '/mot-de-passe');
	const answer = await me.post(me.at('/mot-de-passe'), { ...fields, captcha: '1', mot_de_passe: 'Motdepasse-2026', confirmation: 'Motdepasse-2026' });

	assert.match(answer.text, /id="faute-captcha"/);
	assert.doesNotMatch(answer.text, /vite deviné|<li class="ko">/);
	assert.equal([...answer.text.matchAll(/<li class="ok">/g)].length, 6, 'the others are judged');
});

test('with the profile cnil80 a sentence of seven words will do, and a list that is wrong is refused with its line', async () => {
	const { who } = await activated();
	const words = 'la pluie tombe sur le toit gris';
	const me = new Elector(d);
	const link = await ask(who);

	d.secrets.add(words);
	assert.match((await choose(me, link, words)).text, /<li class="ko">au moins un chiffre/);
	appendFileSync(d.CONF, '\n[password]\nblocklist = /nulle/part\n');
	assert.throws(() => d.ctl('reload', 'portal'), /\/nulle\/part: No such file/);
	appendFileSync(d.CONF, `\n[password]\nblocklist = ${d.dir}/inst/share/isoloir/blocklist.txt\nprofile = cnil80\n`);
	d.ctl('reload', 'portal');
	const page = await until('the other rules', async () => { const one = await me.go(link); return /phrase d’au moins 7 mots/.test(one.text) && one; });
	assert.doesNotMatch(page.text, /au moins un chiffre/);
	assert.ok(is_in(await me.follow(await choose(me, link, words))));
});
