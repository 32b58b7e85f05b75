/*
 * Campaigns on a real MariaDB and Redis, with the mailer and an SMTP peer: whom they go to, test mailboxes first, pause, resume, cancel, the figures; nobody
 * twice and nobody forgotten whoever dies; and a voter's mail overtakes them. ISOLOIR_BUILD: a build with fault points, else those stories are skipped.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { MailWorld, sleep, until } from '../lib/mail_world.mjs';
import { SmtpPeer } from '../lib/smtp_peer.mjs';

const world = new MailWorld();
const EVER = { campaign_ramp: 0 };
let peer, serial = 0, faults;

before(async () => {
	await world.start();
	world.sql("grant all on isoloir.* to isoloir_ctl@'%'");
	world.sql(`insert into scrutin (id, election_id, code, kind, name, place) values (1, 1, 'CSA', 'CSA', 'Comité', 1), (2, 1, 'CAPA', 'CAPA', 'Commission', 2);
		insert into challenge_question (id, election_id, place, wording) values (1, 1, 1, 'Quelle ?')`);
	world.configure(25);
	faults = world.hasFaults();
});

after(() => world.stop());

afterEach(async () => {
	await world.rest(peer);
	peer = null;
	world.sql(`delete from mail_policy; update mail_job set state = 'dropped' where finished_at is null; update mail_job set finished_at = utc_timestamp(3) - interval 2 day;
		update campaign set state = 'cancelled', finished_at = utc_timestamp() where finished_at is null; update elector set gone_at = utc_timestamp()`);
	world.redisDo('FLUSHALL');
});

function ctl(...words) {
	const program = path.resolve(process.env.ISOLOIR_BUILD ?? '.build/plain', 'isoloirctl');
	const env = words.at(-1)?.env;
	const { status, signal, stdout, stderr } = spawnSync(program, ['-c', world.conf, ...words.filter((w) => typeof w === 'string'), '--json'],
		{ encoding: 'utf8', env: { ...process.env, ...env } });

	return { status, signal, stderr, ...JSON.parse(stdout || '{}') };
}

/** What must succeed. */
function done(...words) {
	const said = ctl(...words);

	assert.equal(said.status, 0, `${words.join(' ')}: ${said.error} ${said.stderr}`);
	return said;
}

/* People of the roll who vote in the first scrutin, every second one in both. The others of earlier stories have left it. */
function electors(n, domain = 'ac-nantes.fr', academy = 'Nantes') {
	const list = Array.from({ length: n }, (_, i) => `elise.martin${++serial}x${i}@${domain}`);

	world.sql(`insert into elector (election_id, identifier, civility, family_name, given_name, academy) values
		${list.map((who) => `(1, '${who}', 'Mme', 'MARTIN', 'Élise', '${academy}')`).join(',')};
		insert into elector_scrutin (elector_id, scrutin_id) select e.id, s.id from elector e join scrutin s on s.id = 1 or e.id mod 2 = 0 where e.identifier like 'elise.martin%' and e.gone_at is null
			and not exists (select 1 from elector_scrutin x where x.elector_id = e.id)`);
	return list;
}

async function with_mailer(settings = {}, behaviour = {}, env = {}) {
	peer = await new SmtpPeer(behaviour).listen();
	await world.startMailer(peer.port, { senders: 4, ...EVER, ...settings }, env);
}

const activate = (who) => world.sql(`insert into account (elector_id, password_hash, challenge_question_id, answer_hash, activated_at, changed_at)
	select id, 'x', 1, 'x', utc_timestamp(), utc_timestamp() from elector where identifier = '${who}'`);
const state = (name) => done('campaign', 'status', name).state;
const figures = (name) => {
	const { people, sent, not_needed, dead, dropped, unknown, waiting } = done('campaign', 'status', name);

	return { people, sent, not_needed, dead, dropped, unknown, waiting };
};
const over = (name, seconds = 30) => until(() => state(name) === 'done', seconds);
const taken = (who) => peer.takenBy(who).length;
const TEST = 'essai@vote.example';

/* Created, tested, let go. */
async function go(kind, name) {
	done('campaign', 'create', kind, name, '--test', TEST);
	done('campaign', 'start', name);
	assert.ok(await until(() => ctl('campaign', 'start', name, '--confirmed', '--dry-run').status === 0), 'the test mailbox has its mail');
	return done('campaign', 'start', name, '--confirmed', '--reason', 'the vote opens');
}

const text_of = (mail) => {
	const part = mail.text.split('quoted-printable')[1];
	const raw = part.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));

	return Buffer.from(raw, 'latin1').toString('utf8').replace(/[\u00a0\u202f]/g, ' ');
};

/* But for what differs from mail to mail, and how lines end. */
const settled = (text) => text.replace(/[\u00a0\u202f]/g, ' ').replace(/\r/g, '').replace(/Référence : \S+/, '').replace(/(jusqu’au|avant le|Il fonctionne)[^\n]*/, '').replace(/\n--[^]*/, '').trim();

test('the opening mail: rule and counts are written down, test mailboxes come first, then everybody gets one, and the figures add up', async () => {
	const nantes = electors(7), lent = electors(3, 'ac-lent.fr', 'Lenteur');
	world.sql("insert into elector (election_id, identifier, civility, family_name, given_name) values (1, 'sans.scrutin@ac-nantes.fr', 'M.', 'SANS', 'Scrutin')");
	await with_mailer();
	assert.match(done('campaign', 'create', 'opening', 'ouverture', '--test', TEST, '--dry-run').message, /^10 people would be meant; nothing was written/);
	assert.equal(done('campaign', 'list').campaigns.length, 0);
	assert.match(done('campaign', 'create', 'opening', 'ouverture', '--test', ` ${TEST.toUpperCase()} , elise.martin@vote.example`).message, /^10 people are meant; nothing is sent yet/);

	const seen = done('campaign', 'preview', 'ouverture');
	assert.match(seen.rule, /^Everybody on the roll who votes in at least one scrutin/);
	assert.match(seen.subject, /^Votre lien pour préparer votre vote, référence K7M-2QX4$/);
	assert.equal(seen.to, `Prénom NOM <${TEST}>`);
	const said = settled(seen.text);
	assert.match(said, /^Bonjour Mme Prénom NOM,\n/);
	assert.match(said, /élection « Élections d’essai »/);
	assert.match(said, /\nhttps:\/\/vote\.example\/demo\/portail\/activation\/ESSAI-ce-lien-n-ouvre-rien\n/);
	assert.match(seen.html, /Prénom NOM/);
	const shown = world.ctl('campaign', 'preview', 'ouverture').stdout;
	assert.match(shown, /^text\n {2}Bonjour Mme Prénom NOM,\n/m);
	assert.doesNotMatch(shown, /<html|^eml/m);
	assert.deepEqual(seen.academies.map(({ name, people }) => [name, people]), [['Nantes', '7'], ['Lenteur', '3']]);
	assert.deepEqual(seen.bodies.map(({ name, people }) => [name, people]), [['CSA', '10'], ['CAPA', '5']]);
	assert.deepEqual(seen.domains.map(({ domain, people }) => [domain, people]), [['ac-nantes.fr', 7], ['ac-lent.fr', 3]]);

	electors(2); /* who comes after is not meant */
	activate(nantes[0]);
	world.sql(`update elector set gone_at = utc_timestamp() where identifier = '${lent[2]}'; update elector set identifier = 'nouvelle.adresse@ac-nantes.fr' where identifier = '${nantes[6]}'`);
	nantes[6] = 'nouvelle.adresse@ac-nantes.fr';
	assert.equal(ctl('campaign', 'start', 'ouverture', '--confirmed', '--reason', 'now').status, 65, 'not before the test mailboxes');
	done('campaign', 'start', 'ouverture');
	assert.ok(await until(() => taken(TEST) === 1 && taken('elise.martin@vote.example') === 1));
	const trial = text_of(peer.takenBy(TEST)[0]);
	assert.match(trial, /Bonjour Mme Prénom NOM,/);
	assert.equal(settled(trial), said, 'the preview shows what they get');
	assert.match(trial, /portail\/activation\/ESSAI-ce-lien-n-ouvre-rien\n|portail\/activation\/ESSAI-ce-lien-n-ouvre-rien\r\n/);
	await sleep(500);
	assert.equal(peer.mails.length, 2, 'nobody else has one');

	assert.equal(ctl('campaign', 'start', 'ouverture', '--confirmed').status, 64, 'electors notice this: why?');
	done('campaign', 'start', 'ouverture', '--confirmed', '--reason', 'the vote opens');
	assert.ok(await over('ouverture'));
	assert.deepEqual(figures('ouverture'), { people: 10, sent: 8, not_needed: 1, dead: 0, dropped: 0, unknown: 1, waiting: 0 });
	assert.deepEqual([...nantes, ...lent].map(taken), [0, ...Array(8).fill(1), 0]);
	assert.equal(peer.mails.length, 2 + 8);
	const mail = text_of(peer.takenBy(nantes[1])[0]);
	assert.match(mail, /Bonjour Mme Élise MARTIN,/);
	assert.match(mail, /Le vote ouvrira le /);
	const days = world.sql(`select distinct round(timestampdiff(second, utc_timestamp(), k.expires_at) / 86400) from activation_token k join elector e on e.id = k.elector_id
		where k.live = 1 and k.purpose = 'activation' and e.identifier in (${lent.map((who) => `'${who}'`)})`);
	assert.deepEqual(days, [['14']], 'a link of a campaign works for a fortnight');
	assert.deepEqual(done('campaign', 'status', 'ouverture').academies.map(({ academy, people, sent, not_needed }) => [academy, people, sent, not_needed]),
		[['Nantes', 7, 6, 1], ['Lenteur', 3, 2, 0]]);
	assert.deepEqual(world.sql("select act, actor like 'isoloirctl %', detail like '%: the vote opens' from audit where act like 'campaign%' order by id"),
		[['campaign created', '1', '0'], ['campaign tested', '1', '0'], ['campaign started', '1', '1'], ['campaign done', '0', '0']]);
});

test('a second opening reaches those alone who had none; one who asks meanwhile gets the same link, which lives on', async () => {
	const first = electors(3);
	await with_mailer({ cooldown: '0' });
	await go('opening', 'une');
	assert.ok(await over('une'));
	const more = electors(2);
	await go('opening', 'deux');
	assert.ok(await over('deux'));
	assert.equal(figures('deux').people, 2);
	assert.deepEqual([...first, ...more].map(taken), [1, 1, 1, 1, 1]);
	world.put([first[0]]);
	assert.ok(await until(() => taken(first[0]) === 2));
	const links = peer.takenBy(first[0]).map((mail) => text_of(mail).match(/activation\/(\S+)/)[1]);
	assert.equal(links[0], links[1], 'a link is sent again, never replaced');
	assert.ok(await until(() => world.job(first[0]).state === 'sent'));
	assert.deepEqual(world.sql(`select count(*), max(expires_at > utc_timestamp() + interval 13 day) from activation_token k join elector e on e.id = k.elector_id where e.identifier = '${first[0]}'`),
		[['1', '1']], 'what the campaign promised still holds');
});

test('the reminder goes to whoever has not activated, a day after the last one at the soonest; who activates meanwhile is left alone', async () => {
	const [early, late, never] = electors(3);
	activate(early);
	await with_mailer({ campaign_window: 1 });
	done('domain', 'set', '@campaign', 'windows=1/2s');
	done('campaign', 'create', 'reminder', 'rappel', '--test', TEST);
	assert.equal(done('campaign', 'preview', 'rappel').people, '2');
	activate(late);
	done('campaign', 'start', 'rappel');
	assert.ok(await until(() => taken(TEST) === 1));
	assert.ok(await until(() => ctl('campaign', 'start', 'rappel', '--confirmed', '--reason', 'a week to go').status === 0));
	assert.ok(await over('rappel'));
	assert.deepEqual(figures('rappel'), { people: 2, sent: 1, not_needed: 1, dead: 0, dropped: 0, unknown: 0, waiting: 0 });
	assert.deepEqual([early, late, never].map(taken), [0, 0, 1]);
	const again = ctl('campaign', 'create', 'reminder', 'rappel-2', '--test', TEST);
	assert.equal(again.status, 65);
	assert.match(again.error, /^nobody is meant: .*within the last day/);
	world.sql("update mail_job set finished_at = finished_at - interval 2 day where mail = 'reminder'");
	assert.equal(done('campaign', 'create', 'reminder', 'rappel-2', '--test', TEST).people, 1);
});

/* The roll as the office has it: codes of scrutins of each person. */
function import_roll(scrutins) {
	const file = path.join(world.dir, 'electors.csv');
	const rows = Object.entries(scrutins).map(([who, codes]) => `${who};Mme;MARTIN;Élise;Nantes;${codes}`);

	fs.writeFileSync(file, ['identifier;civility;family_name;given_name;academy;scrutins', ...rows, ''].join('\n'));
	return done('import', 'electors', file, '--apply', '--reason', 'test');
}

/* How many a campaign of that kind would mean now. */
const meant = (kind) => {
	const said = ctl('campaign', 'create', kind, 'compte', '--test', TEST, '--dry-run');

	assert.match(said.error ?? '', /^$|^nobody is meant/);
	return said.people;
};

test('whoever has other scrutins since an import is told so, once for however many imports; again when they change again', async () => {
	const at = (name) => `scrutins.${name}@ac-nantes.fr`, [a, b, c, d] = ['a', 'b', 'c', 'd'].map(at);
	let refused = b;
	await with_mailer({}, { cue: ({ to, phase }) => (to === refused && phase === 'rcpt' ? '550 5.1.1 nobody' : undefined) });
	const told = async (name) => {
		await go('scrutins_changed', name);
		assert.ok(await over(name));
		assert.equal(meant('scrutins_changed'), 0, 'nobody twice');
		return [a, b, c, d].map(taken);
	};

	import_roll({ [a]: 'CSA', [b]: 'CSA', [c]: 'CSA' });
	assert.equal(meant('scrutins_changed'), 0, 'newcomers');
	import_roll({ [a]: 'CSA CAPA', [b]: 'CSA', [c]: 'CSA', [d]: 'CSA' });
	assert.equal(meant('scrutins_changed'), 1);
	import_roll({ [a]: 'CSA CAPA', [b]: 'CAPA', [c]: 'CSA', [d]: 'CSA' });
	assert.equal(meant('scrutins_changed'), 2, 'of the one import and of the other');
	done('import', 'undo');
	assert.equal(meant('scrutins_changed'), 1, 'of the one that stands');
	import_roll({ [a]: 'CSA CAPA', [b]: 'CAPA', [c]: 'CSA', [d]: 'CSA' });
	import_roll({ [a]: 'CSA CAPA', [b]: 'CAPA', [c]: 'CSA', [d]: 'CSA' });
	assert.equal(meant('scrutins_changed'), 2, 'an import that changes nothing leaves both');

	await go('scrutins_changed', 'scrutins-1');
	assert.ok(await over('scrutins-1'));
	assert.deepEqual([a, b, c, d].map(taken), [1, 0, 0, 0]);
	assert.match(text_of(peer.takenBy(a)[0]), /vote\.example\/demo\/portail\/accueil/);
	assert.equal(meant('scrutins_changed'), 1, 'whom no mail has reached has not been told');
	refused = '';
	assert.deepEqual(await told('scrutins-2'), [1, 1, 0, 0]);

	import_roll({ [a]: 'CAPA', [b]: 'CAPA', [c]: 'CSA', [d]: 'CSA' });
	assert.equal(meant('scrutins_changed'), 1, 'changed again');
	assert.deepEqual(await told('scrutins-3'), [2, 1, 0, 0]);
	done('import', 'undo');
	assert.equal(meant('scrutins_changed'), 1, 'told of what no longer holds');
	assert.deepEqual(await told('scrutins-4'), [3, 1, 0, 0]);
	import_roll({ [a]: 'CSA CAPA', [b]: 'CAPA', [c]: 'CSA CAPA', [d]: 'CSA' });
	assert.equal(meant('scrutins_changed'), 1);
	done('import', 'undo');
	assert.equal(meant('scrutins_changed'), 0, 'undone before anybody was told');
});

test('whose mail of changed scrutins still waits is not meant again; a change while it waits is told by it', async () => {
	const [a, b] = ['attend.a@ac-nantes.fr', 'attend.b@ac-nantes.fr'];
	await with_mailer();
	import_roll({ [a]: 'CSA', [b]: 'CSA' });
	import_roll({ [a]: 'CAPA', [b]: 'CSA' });
	done('domain', 'pause', 'ac-nantes.fr', '--reason', 'their relay is being moved');
	await go('scrutins_changed', 'attente');
	assert.ok(await until(() => world.busy() === 1));
	import_roll({ [a]: 'CSA CAPA', [b]: 'CAPA' });
	done('domain', 'resume', 'ac-nantes.fr', '--reason', 'it is');
	assert.ok(await over('attente'));
	assert.deepEqual([a, b].map(taken), [1, 0]);
	assert.equal(meant('scrutins_changed'), 1, 'the other one alone');
});

test('paused, nothing goes, not even what stood in the queue; resumed, the rest goes; each has one', async () => {
	const list = electors(60);
	await with_mailer({ campaign_window: 40 }, { cue: ({ phase }) => (phase === 'dot' ? { wait: 60 } : undefined) });
	await go('opening', 'pause');
	assert.ok(await until(() => peer.mails.length > 6));
	done('campaign', 'pause', 'pause', '--reason', 'a wrong date in it');
	await sleep(500); /* what was on its way */
	const arrived = peer.mails.length;
	assert.ok(arrived < 50, `${arrived} of 60`);
	await sleep(1200);
	assert.equal(peer.mails.length, arrived);
	assert.equal(state('pause'), 'paused');
	const held = () => Number(world.sql("select count(*) from mail_job where mail = 'opening' and state = 'held'")[0][0]);
	assert.ok(await until(() => held() > 0 && world.busy() === held()), 'what waited in the queue is held');
	assert.equal(ctl('campaign', 'pause', 'pause', '--reason', 'twice').status, 65);
	done('campaign', 'resume', 'pause');
	assert.ok(await over('pause'));
	assert.ok(list.every((who) => taken(who) === 1));
	assert.equal(figures('pause').sent, 60);
});

test('who is given another address while the mail waits gets it there, two who exchange theirs get their own, and who comes to an address of old gets none', async () => {
	const [moved, one, other, gone] = electors(4), given = ['Anne', 'Basile', 'Chloé', 'Denis'];
	const rename = (from, to) => world.sql(`update elector set identifier = '${to}' where identifier = '${from}' and gone_at is null`);
	[moved, one, other, gone].forEach((who, i) => world.sql(`update elector set given_name = '${given[i]}' where identifier = '${who}'`));
	await with_mailer();
	done('domain', 'pause', 'ac-nantes.fr', '--reason', 'addresses are corrected');
	await go('opening', 'adresses');
	assert.ok(await until(() => world.busy() === 4));
	rename(moved, 'ailleurs@ac-lent.fr');
	rename(one, 'entre.deux@ac-nantes.fr');
	rename(other, one);
	rename('entre.deux@ac-nantes.fr', other);
	world.sql(`update elector set gone_at = utc_timestamp(), identifier = 'parti@ac-nantes.fr' where identifier = '${gone}';
		insert into elector (election_id, identifier, civility, family_name, given_name) values (1, '${gone}', 'M.', 'NOUVEAU', 'Venu')`);
	done('domain', 'resume', 'ac-nantes.fr', '--reason', 'they are');
	assert.ok(await over('adresses'));
	assert.deepEqual(figures('adresses'), { people: 4, sent: 3, not_needed: 0, dead: 0, dropped: 0, unknown: 1, waiting: 0 });
	assert.deepEqual(['ailleurs@ac-lent.fr', one, other].map((who) => peer.takenBy(who).map((mail) => text_of(mail).match(/Bonjour Mme (\S+)/)[1])), [['Anne'], ['Chloé'], ['Basile']]);
	assert.deepEqual([moved, gone, 'parti@ac-nantes.fr'].map(taken), [0, 0, 0]);
	assert.deepEqual(world.fsck().wrong, []);
});

test('the vote closes: what is in the queue ends there, nobody else is taken up, and the campaign is over', async () => {
	electors(30);
	await with_mailer({ campaign_window: 10 });
	done('domain', 'pause', 'ac-nantes.fr', '--reason', 'it is late');
	await go('opening', 'trop-tard');
	assert.ok(await until(() => world.busy() === 10));
	const [opens, closes] = world.sql('select opens_at, closes_at from election where id = 1')[0];
	try {
		world.sql("update election set opens_at = utc_timestamp() - interval 1 day, closes_at = utc_timestamp() - interval 1 second where id = 1; update mail_job set deadline_at = utc_timestamp() - interval 1 second where mail = 'opening' and unfinished = 1");
		done('domain', 'resume', 'ac-nantes.fr', '--reason', 'it does not matter any more');
		assert.ok(await over('trop-tard'));
		assert.deepEqual(figures('trop-tard'), { people: 30, sent: 0, not_needed: 0, dead: 10, dropped: 0, unknown: 0, waiting: 20 });
		assert.equal(world.sql("select count(*) from mail_job j join campaign c on c.id = j.campaign_id where c.name = 'trop-tard' and j.elector_id is not null")[0][0], '10');
		assert.match(world.sql("select detail from audit where act = 'campaign done' order by id desc limit 1")[0][0], / people=30 taken up=10$/);
	} finally {
		world.sql(`update election set opens_at = '${opens}', closes_at = '${closes}' where id = 1`);
	}
});

test('cancelled, what has not gone never goes, the queue empties, and the figures say what went', async () => {
	const list = electors(60);
	await with_mailer({ campaign_window: 30 }, { cue: ({ phase }) => (phase === 'dot' ? { wait: 60 } : undefined) });
	await go('opening', 'fin');
	assert.ok(await until(() => peer.mails.length > 6));
	done('campaign', 'pause', 'fin', '--reason', 'a doubt');
	await sleep(400);
	done('campaign', 'cancel', 'fin', '--reason', 'a wrong date in it');
	assert.ok(await until(() => world.fsck().jobs === 0), 'the queue is empty');
	const { sent, dropped, waiting } = figures('fin');
	assert.equal(sent, list.filter((who) => taken(who) === 1).length);
	assert.ok(dropped > 0 && waiting > 0, `${sent} sent, ${dropped} dropped, ${waiting} never taken up`);
	assert.equal(sent + dropped + waiting, 60);
	assert.equal(ctl('campaign', 'resume', 'fin').status, 65);
	assert.equal(ctl('campaign', 'cancel', 'fin', '--reason', 'twice').status, 65);
	assert.equal(done('campaign', 'create', 'opening', 'fin-2', '--test', TEST).people, 60 - sent, 'a new one reaches those who had none');
});

/* The sender that dies, once, at that point. */
function dies(point) {
	const once = path.join(world.dir, `once-${point}`);

	fs.writeFileSync(once, '');
	return { ISOLOIR_FAULT: `kill:${point}`, ISOLOIR_FAULT_ONCE: once };
}

for (const point of ['campaign-feeding', 'campaign-fed', 'lease', 'compose', 'settled'])
	test(`a sender killed at ${point} costs nobody the mail, and nobody gets two`, async (t) => {
		if (!faults)
			return t.skip('no fault points');
		const list = electors(40);
		await with_mailer({ campaign_window: 15 });
		await go('opening', `mort-${point}`);
		assert.ok(await until(() => peer.mails.length > 2));
		done('campaign', 'pause', `mort-${point}`, '--reason', 'for another mailer');
		await world.stopMailer();
		await peer.close();
		const before_ = new Map(list.map((who) => [who, taken(who)]));
		const env = dies(point);
		await with_mailer({ campaign_window: 15 }, {}, env);
		done('campaign', 'resume', `mort-${point}`);
		assert.ok(await over(`mort-${point}`), JSON.stringify(figures(`mort-${point}`)));
		assert.equal(fs.existsSync(env.ISOLOIR_FAULT_ONCE), false, 'it died');
		assert.deepEqual(list.filter((who) => before_.get(who) + taken(who) !== 1), []);
		assert.equal(figures(`mort-${point}`).sent, 40);
		world.sql("update mail_job set state = 'dropped' where state = 'dead'");
	});

test('an operator killed while the list is written leaves no campaign behind; a Redis that is emptied costs nobody the mail', async (t) => {
	const list = electors(30);
	world.configure(25);
	if (faults) {
		const env = dies('campaign-filling');
		assert.equal(ctl('campaign', 'create', 'opening', 'liste', '--test', TEST, { env }).signal, 'SIGKILL');
		assert.equal(done('campaign', 'list').campaigns.some(({ name }) => name === 'liste'), false);
	} else {
		t.diagnostic('no fault points');
	}
	await with_mailer({ campaign_window: 10 }, { cue: ({ phase }) => (phase === 'dot' ? { wait: 30 } : undefined) });
	await go('opening', 'liste');
	assert.ok(await until(() => peer.mails.length > 4));
	world.redisDo('FLUSHALL');
	assert.ok(await over('liste'));
	assert.ok(list.every((who) => taken(who) === 1), 'each has one');
});

test('a domain that pauses keeps no other one back, and Redis holds a window of each', async () => {
	const slow = electors(30), free = electors(30, 'ac-lent.fr', 'Lenteur');
	await with_mailer({ campaign_window: 10 });
	done('domain', 'pause', 'ac-nantes.fr', '--reason', 'their relay is being moved');
	await sleep(400);
	await go('opening', 'lent');
	assert.ok(await until(() => free.every((who) => taken(who) === 1)));
	assert.ok(slow.every((who) => taken(who) === 0));
	assert.ok(await until(() => world.fsck().jobs === 10), 'all of the window is for who is left');
	assert.equal(done('queue', 'list', '--campaign', 'lent').mails.length, 10);
	assert.equal(done('queue', 'list', '--campaign', 'autre').mails.length, 0);
	done('domain', 'resume', 'ac-nantes.fr');
	assert.ok(await over('lent'));
	assert.ok(slow.every((who) => taken(who) === 1));
});

test('a campaign begins slowly, and uses its share of a pace alone: what is left of it is for those who wait', async () => {
	const list = electors(40);
	done('domain', 'set', '@relay', 'windows=10/1h');
	await with_mailer({ campaign_share: 60 });
	await go('opening', 'part');
	assert.ok(await until(() => peer.mails.length === 6), 'six of ten, the test mailbox among them');
	await sleep(1000);
	assert.equal(peer.mails.length, 6, 'and no more');
	const voters = electors(3, 'ac-lent.fr', 'Lenteur');
	world.put(voters);
	assert.ok(await until(() => voters.every((who) => taken(who) === 1), 3), 'voters need not wait an hour');
	done('domain', 'set', '@relay', 'windows=100000/1h');
	assert.ok(await over('part'));
	assert.equal(list.filter((who) => taken(who) === 1).length, 40);
	await world.stopMailer();
	await peer.close();
	await with_mailer({ campaign_ramp: 120, campaign_doubling: '1s' });
	electors(20);
	await go('opening', 'rampe');
	const started = Date.now();
	assert.ok(await over('rampe'));
	const at = peer.mails.filter(({ to }) => to !== TEST && to.endsWith('nantes.fr')).map((mail) => mail.at - started).sort((a, b) => a - b);
	/* two in the first second, then four, then eight: 2, 6, 14 after 1, 2, 3 seconds */
	assert.ok(at[3] > 700 && at[14] > 2300 && at[19] < 15000, at.join(' '));
});

test('however slowly a relay takes a campaign, a sender is there for a voter', async () => {
	electors(24);
	await with_mailer({}, { cue: ({ to, phase }) => (phase === 'dot' && to.endsWith('nantes.fr') ? { wait: 1200 } : undefined) });
	await go('opening', 'lenteur');
	assert.ok(await until(() => done('domain', 'show', '@campaign').on_their_way === 3, 30), 'three of four senders');
	await sleep(300);
	assert.equal(done('domain', 'show', '@campaign').on_their_way, 3);
	assert.ok(done('domain', 'show', '@campaign').waiting > 3);
	const [voter] = electors(1, 'ac-lent.fr', 'Lenteur'), asked = Date.now();
	world.put([voter]);
	assert.ok(await until(() => taken(voter) === 1, 5));
	assert.ok(peer.takenBy(voter)[0].at - asked < 1000, `${peer.takenBy(voter)[0].at - asked} ms`);
	done('campaign', 'cancel', 'lenteur', '--reason', 'seen enough');
});

test('a voter’s mail overtakes thousands of a campaign, each of whose jobs takes little of Redis', async () => {
	const many = 2500;
	electors(many);
	await with_mailer({ campaign_window: many }, { cue: ({ phase }) => (phase === 'dot' ? { wait: 15 } : undefined) });
	done('campaign', 'create', 'opening', 'foule', '--test', TEST);
	done('campaign', 'start', 'foule');
	assert.ok(await until(() => ctl('campaign', 'start', 'foule', '--confirmed', '--dry-run').status === 0));
	done('domain', 'pause', '@campaign', '--reason', 'to count');
	await sleep(500);
	const memory = () => Number(/used_memory:(\d+)/.exec(world.redisDo('INFO', 'memory'))[1]);
	const before_ = memory();
	done('campaign', 'start', 'foule', '--confirmed', '--reason', 'the vote opens');
	const jobs = () => Number(world.redisDo('ZCARD', 'isoloir:{mq}:ready:2:ac-nantes.fr'));
	assert.ok(await until(() => jobs() === many, 30), `${jobs()} in the queue`);
	const each = Math.round((memory() - before_) / many);
	console.log(`# ${each} bytes of Redis a job`);
	assert.ok(each <= 600, `${each} bytes a job`);
	done('domain', 'resume', '@campaign');
	assert.ok(await until(() => peer.mails.length > 100));
	const voters = electors(20, 'ac-lent.fr', 'Lenteur'), waits = [];
	for (const who of voters) {
		const asked = Date.now();
		world.put([who]);
		assert.ok(await until(() => taken(who) === 1, 5), 'within seconds');
		waits.push(peer.takenBy(who)[0].at - asked);
	}
	assert.ok(jobs() > 500, 'the campaign was still at work');
	waits.sort((a, b) => a - b);
	console.log(`# a voter waited ${waits[10]} ms, ${waits.at(-1)} at most, behind ${jobs()}`);
	assert.ok(waits.at(-1) < 2000, waits.join(' '));
	assert.equal(await world.stopMailer(), 0);
	done('queue', 'fsck');
	world.redisDo('FLUSHALL'); /* afterEach looks at each job by itself */
});

test('the figures go into a file for the record, with their hash in the audit trail; the guess of a preview follows the paces', async () => {
	electors(5);
	electors(3, 'ac-lent.fr', 'Lenteur; "très"');
	const refused = electors(1, 'ac-lent.fr', 'Lenteur; "très"')[0];
	done('domain', 'set', 'ac-lent.fr', 'windows=1/1h');
	done('domain', 'set', '@relay', 'windows=6/1m');
	done('campaign', 'create', 'opening', 'bilan', '--test', TEST);
	const { domains, minutes, takes_about } = done('campaign', 'preview', 'bilan');
	assert.deepEqual(domains.map(({ domain, pace, takes }) => [domain, pace, takes]), [['ac-nantes.fr', 'as fast as the relay', ''], ['ac-lent.fr', '0.0 a minute', '5 h 0 min']]);
	assert.deepEqual([minutes, takes_about], [300, '5 h 0 min']);
	world.sql('delete from mail_policy');
	await with_mailer({}, { cue: ({ to, phase }) => (to === refused && phase === 'rcpt' ? '550 5.1.1 nobody' : undefined) });
	done('campaign', 'start', 'bilan');
	assert.ok(await until(() => ctl('campaign', 'start', 'bilan', '--confirmed', '--reason', 'go').status === 0));
	assert.ok(await over('bilan'));
	const file = path.join(world.dir, 'bilan.csv');
	const { sha256, rows } = done('campaign', 'export', 'bilan', file);
	assert.equal(rows, 2);
	const lines = fs.readFileSync(file, 'utf8').split('\r\n');
	assert.equal(lines[0], 'domain;academy;people;sent;not_needed;dead;dropped;unknown;waiting;first_sent_utc;last_sent_utc');
	assert.match(lines[1], /^ac-nantes\.fr;Nantes;5;5;0;0;0;0;0;\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3};/);
	assert.match(lines[2], /^ac-lent\.fr;"Lenteur; ""très""";4;3;0;1;0;0;0;/);
	assert.match(world.sql("select detail from audit where act = 'campaign exported'")[0][0], new RegExp(sha256));
	assert.equal(ctl('campaign', 'export', 'bilan', file).status, 73, 'nothing is overwritten');
});

test('wrong words change nothing and are told', () => {
	electors(2);
	for (const [words, status, why] of [
		[['create', 'openning', 'x', '--test', TEST], 64, /did you mean opening/],
		[['create', 'pigeon', 'x', '--test', TEST], 64, /opening, reminder and scrutins_changed/],
		[['create', 'opening', 'x y', '--test', TEST], 64, /letters, digits/],
		[['create', 'opening', 'x'], 64, /name a mailbox with --test/],
		[['create', 'opening', 'x', '--test', 'personne'], 64, /no address/],
		[['preview', 'nulle'], 67, /no campaign is called nulle/],
		[['pause', 'nulle', '--reason', 'x'], 67, /campaign list/],
	]) {
		const said = ctl('campaign', ...words);
		assert.equal(said.status, status, words.join(' '));
		assert.match(said.error, why);
	}
	done('campaign', 'create', 'opening', 'seule', '--test', TEST);
	assert.match(ctl('campaign', 'create', 'opening', 'autre', '--test', TEST).error, /the campaign seule of the same kind is not over/);
	assert.match(ctl('campaign', 'create', 'reminder', 'seule', '--test', TEST).error, /there is a campaign seule already/);
	assert.equal(ctl('campaign', 'resume', 'seule').status, 65);
	done('campaign', 'cancel', 'seule', '--reason', 'never meant');
});
