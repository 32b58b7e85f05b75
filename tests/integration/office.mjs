/*
 * The office's acts on the whole of ./demo: an election's dates and words by their rules, a vote that is suspended, a roll that is sealed. ISOLOIR_BUILD:
 * the build to run.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demo, pause, ROOT, until } from '../lib/demo.mjs';
import { Elector, PASSWORD } from '../lib/elector.mjs';

let d;
const WHY = ['--reason', 'décision du 25 novembre'];

before(async () => {
	d = await demo('office.mjs', { settings: '[portal]\nworkers = 2\n[mailer]\ncooldown = 1s\nsweep = 500ms\n[throttle]\nscale = 1000' });
	d.secrets.add(PASSWORD);
});

after(async () => {
	assert.deepEqual(await d.stop(), [], 'logs hold no report, nothing typed, no link or address, and the demo ends well');
});

/** One run: status, and the object that --json prints. */
function ctl(...words) {
	const run = spawnSync(d.ISOLOIRCTL, ['-c', d.CONF, '--json', ...words], { encoding: 'utf8' });

	return { status: run.status, err: run.stderr, ...JSON.parse(run.stdout) };
}

function done(...words) {
	const answer = ctl(...words);

	assert.equal(answer.status, 0, `${words.join(' ')}: ${answer.error}`);
	return answer;
}

function refused(status, sentence, ...words) {
	const answer = ctl(...words);

	assert.equal(answer.status, status, `${words.join(' ')}: ${answer.error ?? 'was done'}`);
	assert.match(answer.error, sentence);
	return answer;
}

/** The last acts in the audit trail: "act: detail". */
const acts = (n) => d.sql(`select concat(act, ': ', detail) from audit where actor like 'isoloirctl%' order by id desc limit ${n}`).split('\n').reverse();

/* An hour of Paris, days from now. */
function paris(days, hour = '08:00') {
	return `${new Date(Date.now() + days * 86400000).toLocaleDateString('sv-SE', { timeZone: 'Europe/Paris' })} ${hour}`;
}

test('an election is made whole or not at all, and its acts are in the audit trail with who and why', () => {
	const dates = [`opens=${paris(20)}`, `closes=${paris(27, '17:00')}`];

	refused(64, /title must be told/, 'election', 'create', 'second', ...dates);
	refused(65, /opens \(.*\) must come before closes \(.*\): a vote opens/, 'election', 'create', 'second', 'title=Deux', `opens=${paris(20)}`, `closes=${paris(19)}`);
	refused(64, /nothing is called open here; did you mean opens\?/, 'election', 'create', 'second', 'title=Deux', `open=${paris(20)}`);
	refused(65, /closes takes a time that Paris has exactly once/, 'election', 'create', 'second', 'title=Deux', 'opens=+1d', 'closes=demain');
	refused(65, /takes lower-case letters/, 'election', 'create', 'Second', 'title=Deux', ...dates);
	done('election', 'create', 'second', 'title=Deux', ...dates, '--dry-run');
	assert.equal(d.sql('select count(*) from election'), '1', 'refused or rehearsed, nothing is left behind');
	const made = done('election', 'create', 'second', 'title=Deux', ...dates, ...WHY);
	assert.deepEqual(made.changes.map((row) => [row.name, row.before, row.after]),
		[['title', '', 'Deux'], ['opens', '', paris(20)], ['closes', '', paris(27, '17:00')]]);
	refused(65, /there is an election second already/, 'election', 'create', 'second', 'title=Deux', ...dates);
	assert.equal(acts(1)[0], `election created: closes "" → "${paris(27, '17:00')}": ${WHY[1]}`);
	refused(64, /choose one with --election/, 'election', 'show');
	const { election } = done('election', 'show', '-e', 'second');
	assert.deepEqual([election.title, election.state, election.opens_at.slice(0, 16)], ['Deux', 'not open yet', paris(20).replace(' ', 'T')]);
});

const second = (...words) => ['election', ...words, '-e', 'second'];

test('dates that contradict each other are refused in a sentence that names both, and nothing changes', () => {
	refused(64, /electors notice this: say why with --reason/, ...second('set', `opens=${paris(21)}`));
	refused(65, new RegExp(`opens \\(${paris(28)}\\) must come before closes \\(${paris(27, '17:00')}\\)`), ...second('set', `opens=${paris(28)}`), ...WHY);
	refused(65, /claims_until \(.*\) must come before opens \(.*\): claims are settled before the vote/, ...second('set', `claims_until=${paris(22)}`), ...WHY);
	refused(65, /lists_at cannot become .*: that has passed/, ...second('set', `lists_at=${paris(-1)}`), ...WHY);
	refused(64, /opens stands there twice/, ...second('set', 'opens=+1d', 'opens=+2d'), ...WHY);
	refused(65, /title must not be empty/, ...second('set', 'title='), ...WHY);
	const shown = execFileSync(d.ISOLOIRCTL, ['-c', d.CONF, ...second('set', `lists_at=${paris(5)}`, 'banner=Bientôt'), ...WHY], { encoding: 'utf8' });
	assert.match(shown, new RegExp(`banner: \\(nothing\\) → Bientôt\nlists_at: \\(nothing\\) → ${paris(5)}\n`));
	assert.equal(done(...second('set', 'banner=Bientôt'), ...WHY).changes.length, 0);
	assert.deepEqual(acts(2), [`election set: banner "" → "Bientôt": ${WHY[1]}`, `election set: lists_at "" → "${paris(5)}": ${WHY[1]}`]);
});

test('what has passed does not move: the opening once open, the lists once shown, and a vote that is closed stays closed', () => {
	done(...second('set', 'lists_at=+0m'), ...WHY);
	refused(65, /lists_at \(.*\) has passed and cannot become/, ...second('set', `lists_at=${paris(6)}`), ...WHY);
	refused(65, /opens \(.*\) must come before closes/, ...second('close'), ...WHY);
	d.sql("update election set lists_at = utc_timestamp() - interval 1 day where slug = 'second'");
	done(...second('open'), ...WHY);
	d.sql("update election set opens_at = utc_timestamp() - interval 1 hour where slug = 'second'");
	assert.equal(done(...second('show')).election.state, 'open');
	refused(65, /opens \(.*\) has passed and cannot become .*: since then the vote opens/, ...second('set', `opens=${paris(21)}`), ...WHY);
	refused(65, /has passed/, ...second('open'), ...WHY);
	done(...second('set', `closes=${paris(30)}`), ...WHY);
	refused(65, /closes cannot become/, ...second('set', `closes=${paris(-1)}`), ...WHY);
	done(...second('close'), ...WHY);
	d.sql("update election set closes_at = utc_timestamp() - interval 1 minute where slug = 'second'");
	refused(65, /closes \(.*\) has passed/, ...second('set', `closes=${paris(30)}`), ...WHY);
	done(...second('suspend'), ...WHY);
	done(...second('set', `closes=${paris(30)}`), ...WHY);
	done(...second('resume'), ...WHY);
	assert.equal(done(...second('show')).election.state, 'open');
});

test('scrutins and bureaux are added and changed, each place once, each bureau known', () => {
	const of = ['-e', 'second'];

	done('bureau', 'add', 'Bureau central', ...of);
	refused(65, /there is a bureau Bureau central already/, 'bureau', 'add', 'Bureau central', ...of);
	refused(64, /kind must be told/, 'scrutin', 'add', 'CSA', 'name=Comité', 'place=1', ...of);
	refused(67, /no bureau is called Bureau centrla/, 'scrutin', 'add', 'CSA', 'kind=CSA', 'name=Comité', 'place=1', 'bureau=Bureau centrla', ...of);
	refused(65, /form takes list, sigle/, 'scrutin', 'add', 'CSA', 'kind=CSA', 'name=Comité', 'place=1', 'form=liste', ...of);
	done('scrutin', 'add', 'CSA', 'kind=CSA', 'name=Comité', 'place=1', 'bureau=Bureau central', 'seats=15', ...of);
	refused(65, /there is a scrutin CSA already/, 'scrutin', 'add', 'CSA', 'kind=CSA', 'name=Comité', 'place=2', ...of);
	refused(65, /place 1 is that of CSA/, 'scrutin', 'add', 'CAP', 'kind=CAP', 'name=Commission', 'place=1', ...of);
	done('scrutin', 'add', 'CAP', 'kind=CAP', 'name=Commission', 'place=2', 'form=sigle', ...of);
	refused(64, /--reason/, 'scrutin', 'set', 'CAP', 'name=Autre', ...of);
	done('scrutin', 'set', 'CAP', 'name=Commission paritaire', 'bureau=Bureau central', ...of, ...WHY);
	refused(67, /no scrutin has the code CAQ/, 'scrutin', 'set', 'CAQ', 'name=x', ...of, ...WHY);
	done('bureau', 'set', 'Bureau central', 'Bureau centralisateur', ...of, ...WHY);
	assert.deepEqual(done('scrutin', 'list', ...of).scrutins.map((row) => [row.code, row.form, row.seats, row.bureau, row.name, row.electors]), [
		['CSA', 'list', '15', 'Bureau centralisateur', 'Comité', '0'],
		['CAP', 'sigle', '0', 'Bureau centralisateur', 'Commission paritaire', '0'],
	]);
	assert.deepEqual(done('bureau', 'list', ...of).bureaux, [{ bureau: 'Bureau centralisateur', scrutins: '2', codes: 'CSA CAP' }]);
	assert.equal(done('scrutin', 'show', 'CSA', ...of).scrutin.seats, '15');
});

test('a suspended vote says so everywhere with the office’s reason and counts nothing down; resumed, it is as before', async () => {
	const me = new Elector(d);
	const reason = 'Panne <générale> du réseau';
	const of = ['-e', 'demo'];

	await me.enter(d.fresh(), 'activer');
	refused(64, /--reason/, 'election', 'suspend', ...of);
	done('election', 'suspend', '--reason', reason, ...of);
	d.ctl('reload', 'portal');
	for (const who of [me, new Elector(d)]) {
		const page = await until('the pages to say so', async () => {
			const answer = await who.get(who.at('/'));
			return answer.text.includes('Le vote est suspendu.') && answer;
		});
		assert.equal(page.text.match(/Le vote est suspendu\./g).length, 2, 'under the title and in the block');
		assert.equal(page.text.match(/Panne &lt;générale&gt; du réseau/g).length, 2);
		assert.doesNotMatch(page.text, /data-cible|data-part|Ouverture du vote dans/);
		assert.match((await who.get(who.at('/aide'))).text, /Le vote est suspendu\.<\/strong> Panne/);
	}
	refused(65, /is suspended already/, 'election', 'suspend', '--reason', reason, ...of);
	assert.equal(done('election', 'show', ...of).election.suspended_why, reason);
	done('election', 'resume', ...of, ...WHY);
	refused(65, /is not suspended/, 'election', 'resume', ...of, ...WHY);
	d.ctl('reload', 'portal');
	await until('the countdown', async () => {
		const { text } = await me.get(me.at('/'));
		return !text.includes('suspendu') && text.includes('data-cible');
	});
	assert.deepEqual(acts(2), [`election suspended: demo: ${reason}`, `election resumed: demo: ${WHY[1]}`]);
});

test('a sealed roll changes by a recorded exception alone', () => {
	const of = ['-e', 'second'];
	const sample = join(ROOT, 'conf/sample/demo');

	done('election', 'seal', ...of);
	refused(65, /is sealed already/, 'election', 'seal', ...of);
	const told = refused(77, /the roll is sealed since .* changes by a recorded exception alone: say why with --exception/, 'scrutin', 'set', 'CSA', 'seats=16', ...of, ...WHY);
	assert.match(told.error, new RegExp(paris(0, '').trim()));
	done('scrutin', 'set', 'CSA', 'seats=16', ...of, ...WHY, '--exception', 'jugement du tribunal');
	assert.deepEqual(acts(2), [`roll exception: scrutin CSA (jugement du tribunal): ${WHY[1]}`, `scrutin set: scrutin CSA seats "15" → "16": ${WHY[1]}`]);
	assert.match(done('election', 'show', ...of).exceptions[0].what, /jugement du tribunal/);
	d.sql("update election set sealed_at = utc_timestamp() where slug = 'demo'");
	refused(77, /the roll is sealed/, 'load', sample);
	done('load', sample, '--exception', 'oubli d’une école');
	d.sql("update election set sealed_at = null where slug = 'demo'");
	assert.equal(d.sql("select count(*) from audit where act = 'roll exception' and detail like 'load (oubli%'"), '1');
});

/** A second operator: the same command, run by somebody else. */
function other(...words) {
	const run = spawnSync('setpriv', ['--reuid=nobody', '--regid=nogroup', '--clear-groups', d.ISOLOIRCTL, '-c', d.CONF, '--json', ...words], { encoding: 'utf8' });

	assert.equal(run.stderr.replace(/^isoloirctl: .*\n/, ''), '');
	return { status: run.status, ...JSON.parse(run.stdout) };
}

test('one operator asks for another address and another one approves: the account stays, what the old address opened is over', { skip: process.getuid() !== 0 }, async () => {
	const old = d.fresh();
	const taken = d.fresh();
	const fresh = 'nouvelle.adresse@ac-ailleurs.fr';
	const me = new Elector(d);
	const ask = (to, ...more) => ['elector', 'address', old, to, '-e', 'demo', ...more];
	const used = await me.ask(old);
	const home = await me.follow(await me.leave(await me.choose(used), 'activer'));

	assert.match(home.text, /SE DÉCONNECTER/);
	refused(64, /--identity-checked document/, ...ask(fresh, ...WHY));
	refused(64, /did you mean document\?/, ...ask(fresh, ...WHY, '--identity-checked', 'documents'));
	refused(64, /--reason/, ...ask(fresh, '--identity-checked', 'document'));
	refused(65, /is the address of .* on the roll too/, ...ask(taken, ...WHY, '--identity-checked', 'document'));
	refused(65, /already/, ...ask(old.toUpperCase(), ...WHY, '--identity-checked', 'document'));
	refused(67, /no other address is asked for/, 'elector', 'address', 'approve', old, '-e', 'demo');
	done(...ask(fresh, ...WHY, '--identity-checked', 'document'));
	refused(65, /has asked for nouvelle\.adresse@ac-ailleurs\.fr already/, ...ask('autre@ac-ailleurs.fr', ...WHY, '--identity-checked', 'document'));
	refused(77, /you have asked for this yourself/, 'elector', 'address', 'approve', old, '-e', 'demo');
	assert.deepEqual(done('elector', 'address', 'list').pending.map((row) => [row.old, row.new, row.identity]), [[old, fresh, 'document']]);

	d.sql('update address_change set expires_at = utc_timestamp() - interval 1 second');
	assert.equal(other('elector', 'address', 'approve', old, '-e', 'demo').status, 67, 'what has expired is asked anew');
	done(...ask(fresh, ...WHY, '--identity-checked', 'document'));
	done('elector', 'address', 'refuse', old, '-e', 'demo');
	done(...ask(fresh, ...WHY, '--identity-checked', 'personnel'));
	assert.equal(other('elector', 'address', 'approve', old, '-e', 'demo').error, undefined);

	const mail = await until('the old address to be told', async () => (await d.mails(old)).find((one) => /est une autre adresse/.test(one.subject)));
	assert.doesNotMatch(JSON.stringify(mail), /nouvelle\.adresse|LEFÈVRE|Bonjour M/i);
	assert.match((await me.go(me.at('/mon-compte'))).url, /accueil/, 'the session is over');
	const stranger = new Elector(d);
	const page = await stranger.go(used);
	assert.equal(page.status, 404, 'a link from before is as one that never was, even to who asks for a new one');
	assert.doesNotMatch(page.text, /nouveau-lien|nouvelle\.adresse/);
	assert.equal(d.sql(`select count(*) from device v join elector e on e.id = v.elector_id where e.identifier = '${fresh}'`), '0');
	await pause(1100);
	d.secrets.add(fresh);
	const back = await new Elector(d).log_in(fresh);
	assert.equal(back.status, 303, 'the account is kept');
	assert.doesNotMatch((await new Elector(d).log_in(old)).headers.location ?? '', /portail\/$/);
	assert.equal(d.sql("select group_concat(distinct act order by id separator ' / ') from audit where act like 'address%'"),
		'address change asked / address change refused / address changed');
	assert.equal(d.sql("select count(*) from audit where act like 'address%' and (subject = '' or detail like '%@%')"), '0', 'pseudonyms alone');
});

test('electors are found by the beginning of a name, each once, page by page', () => {
	const first = done('elector', 'show', d.fresh(), '-e', 'demo');
	const { family_name: family, given_name: given, identifier } = first.elector;
	const found = (...words) => done('elector', 'find', ...words, '-e', 'demo').electors.map((row) => row.identifier);

	assert.ok(first.scrutins.length > 1 && first.scrutins.every((row) => row.bureau && row.state === 'not open yet'));
	assert.deepEqual(found(`${family.toLowerCase()},${given.slice(0, 2)}`), [identifier]);
	assert.deepEqual(found('zzzz'), []);
	refused(64, /beginning of a family name/, 'elector', 'find', ' ', '-e', 'demo');
	d.sql(`insert into elector (election_id, identifier, family_name, given_name, academy) select (select id from election where slug = 'demo'),
		concat('q', seq, '@ac-nantes.fr'), 'QUELQU’UN', concat('N', seq), 'Nantes' from seq_1_to_120`);
	d.sql(`insert into elector_scrutin (elector_id, scrutin_id, name_key) select e.id, s.id, lower(concat('quelquun ', e.given_name)) from elector e
		join scrutin s on s.election_id = e.election_id and s.place < 3 where e.identifier like 'q%@ac-nantes.fr'`);
	const all = [];
	let after = [];
	for (let page = 0; page < 3; page++) {
		const answer = done('elector', 'find', 'Quelqu', '-e', 'demo', ...after);
		all.push(...answer.electors.map((row) => row.identifier));
		after = ['--after', answer.next ?? ''];
	}
	assert.equal(all.length, 120);
	assert.equal(new Set(all).size, 120);
	assert.equal(after[1], '');
	d.sql("delete es from elector_scrutin es join elector e on e.id = es.elector_id where e.identifier like 'q%@ac-nantes.fr'");
	d.sql("delete from elector where identifier like 'q%@ac-nantes.fr'");
});

/** The checks that found something: name → row. */
function doctor(status = 0) {
	const answer = ctl('doctor', '-e', 'demo');

	assert.equal(answer.status, status, answer.error);
	return Object.fromEntries(answer.found.map((row) => [row.check, row]));
}

test('the sample is in order; what is wrong is found, counted, with examples and what to do, and makes the status 1', () => {
	assert.deepEqual(Object.values(doctor()).filter((row) => row.severity === 'wrong'), []);
	const of = "(select id from election where slug = 'demo')";
	const add = (identifier, more = '') => d.sql(`insert into elector (election_id, identifier, family_name, given_name, academy, posting) values
		(${of}, '${identifier}', 'DOUTE', 'Un', 'Nantes', '') on duplicate key update posting = '' ${more}`);
	const faults = [
		['electors without scrutin', () => add('seul@ac-nantes.fr'), /seul@ac-nantes\.fr/],
		['addresses out of reach', () => add('seul@intranet'), /seul@intranet/],
		['academies spelled twice', () => d.sql(`update elector set academy = 'nantes' where identifier = 'seul@intranet'`), /nantes \/ Nantes|Nantes \/ nantes/i],
		['scrutins without electors', () => d.sql(`insert into scrutin (election_id, code, kind, name, place) values (${of}, 'VIDE', 'X', 'Vide', 99)`), /VIDE/],
		['rolls without names', () => d.sql(`insert into elector_scrutin (elector_id, scrutin_id) select e.id, s.id from elector e join scrutin s on s.code = 'CSA-MEN'
			and s.election_id = e.election_id where e.identifier = 'seul@ac-nantes.fr'`), /CSA-MEN/],
		['gone but on a roll', () => d.sql("update elector set gone_at = utc_timestamp() where identifier = 'seul@ac-nantes.fr'"), /seul@ac-nantes\.fr/],
		['dates', () => d.sql("update election set claims_until_at = opens_at + interval 1 day where slug = 'demo'"), /claims_until \(.*\) must come before/],
		['lists not drawn', () => d.sql(`update candidate_list l join scrutin s on s.id = l.scrutin_id set l.place = 10 + l.place * (l.code <> 'BOU') where s.code = 'CSA-MEN';
			update candidate_list l join scrutin s on s.id = l.scrutin_id set l.place = null where s.code = 'CSA-MEN' and l.code = 'BOU'`), /CSA-MEN BOU/],
	];
	const odd = [
		['time zones', () => d.sql(`update elector set time_zone = 'Indian/Reunion' where identifier = 'seul@intranet'`)],
		['no posting', () => {}, /seul@intranet/],
		['few lists', () => {}, /VIDE: 0/],
		['no profession de foi', () => d.sql("delete from candidate_file where kind = 'text'"), /CSA-MEN /],
		['names that are none', () => d.sql(`update elector set family_name = 'D0UTE' where identifier = 'seul@intranet'`), /seul@intranet/],
		['scrutins without bureau', () => {}, /VIDE/],
		['postings in two academies', () => d.sql(`insert into posting (election_id, name, academy, name_key) values (${of}, 'Lycée du Parc', 'Lyon', 'lycee du parc'),
			(${of}, 'Lycée du Parc', 'Nantes', 'lycee du parc')`), /Lycée du Parc/],
		['suspended', () => d.sql("update election set suspended_at = utc_timestamp(), suspended_why = 'panne' where slug = 'demo'"), /panne/],
	];

	for (const [name, harm, example] of faults) {
		harm();
		const row = doctor(1)[name];
		assert.ok(row?.severity === 'wrong' && row.count >= 1 && row.advice, name);
		assert.match(row.examples, example);
	}
	for (const [, harm] of odd)
		harm();
	const found = doctor(1);
	for (const [name, , example = /./] of odd)
		assert.match(found[name]?.examples ?? `${name}: not found`, name === 'time zones' ? /./ : example);
	const told = spawnSync(d.ISOLOIRCTL, ['-c', d.CONF, 'doctor', '-e', 'demo'], { encoding: 'utf8' });
	assert.match(told.stdout, /wrong addresses out of reach: 1\n {6}Addresses that no mail can reach\./);
	assert.match(told.stderr, /\d+ wrong, \d+ odd, of \d+ checks/);
	d.sql(`update candidate_list l join scrutin s on s.id = l.scrutin_id set l.place = 1 where s.code = 'CSA-MEN' and l.code = 'BOU'`);
	d.sql("update election set suspended_at = null, claims_until_at = null where slug = 'demo'; delete r from elector_scrutin r join elector e on e.id = r.elector_id where e.identifier like 'seul@%';"
		+ "delete from elector where identifier like 'seul@%'; delete from scrutin where code = 'VIDE'; delete from posting where name = 'Lycée du Parc'");
	assert.deepEqual(Object.values(doctor()).filter((row) => row.severity === 'wrong'), []);
});

test('a roll is written in its order without addresses, and the audit trail keeps the hash of the file', () => {
	const file = (name) => join(d.dir, 'tmp', name);
	const lines = (name) => readFileSync(file(name), 'utf8').split('\r\n');
	const written = done('export', 'roll', file('roll.csv'), '-e', 'demo', '--scrutin', 'CSA-MEN');
	const rows = lines('roll.csv');

	assert.equal(rows[0], 'family_name;given_name;posting;scrutin');
	assert.equal(rows.length - 2, written.rows);
	assert.equal(written.rows, Number(d.sql("select count(*) from elector_scrutin r join scrutin s on s.id = r.scrutin_id where s.code = 'CSA-MEN'")));
	assert.doesNotMatch(rows.join('\n'), /@/);
	assert.deepEqual(rows.slice(1, -1).map((row) => row.split(';')[0]),
		d.sql("select e.family_name from elector_scrutin r join elector e on e.id = r.elector_id join scrutin s on s.id = r.scrutin_id where s.code = 'CSA-MEN' order by r.name_key, e.id").split('\n'));
	assert.equal(written.sha256, createHash('sha256').update(readFileSync(file('roll.csv'))).digest('hex'));
	assert.equal(statSync(file('roll.csv')).mode & 0o777, 0o600);
	assert.ok(acts(1)[0].includes(`roll exported: scrutin=CSA-MEN academy= identifiers=no rows=${written.rows} sha256=${written.sha256}`));
	refused(73, /exists/, 'export', 'roll', file('roll.csv'), '-e', 'demo');
	refused(67, /no scrutin has the code CSA-MENN/, 'export', 'roll', file('none.csv'), '-e', 'demo', '--scrutin', 'CSA-MENN');
	refused(64, /--reason/, 'export', 'roll', file('none.csv'), '-e', 'demo', '--with-identifiers');
	assert.throws(() => statSync(file('none.csv')));
	done('export', 'roll', file('named.csv'), '-e', 'demo', '--with-identifiers', '--academy', 'Nantes', '--bom', ...WHY);
	assert.match(lines('named.csv')[0], /^\ufefffamily_name;given_name;posting;scrutin;identifier$/);
	assert.ok(lines('named.csv').slice(1, -1).every((row) => /@/.test(row)) && lines('named.csv').length > 2);
	assert.match(acts(1)[0], new RegExp(`identifiers=yes.*${WHY[1]}`));
});

test('a roll of more than a page is whole: none twice, none left out', () => {
	const of = "(select id from election where slug = 'second')";

	d.sql(`insert into elector (election_id, identifier, family_name, given_name) select ${of}, concat('p', seq, '@ac-nantes.fr'), if(seq % 3, 'PAREIL', 'A "B";C'), 'Un' from seq_1_to_12001`);
	d.sql(`insert into elector_scrutin (elector_id, scrutin_id, name_key) select e.id, s.id, if(e.family_name = 'PAREIL', 'pareil un', 'abc un') from elector e
		join scrutin s on s.election_id = e.election_id and s.code = 'CAP' where e.identifier like 'p%'`);
	const file = join(d.dir, 'tmp', 'long.csv');
	assert.equal(done('export', 'roll', file, '-e', 'second', '--with-identifiers', ...WHY).rows, 12001);
	const rows = readFileSync(file, 'utf8').split('\r\n').slice(1, -1);
	assert.equal(new Set(rows.map((row) => row.split(';').at(-1))).size, 12001);
	assert.match(rows[0], /^"A ""B"";C";Un;;CAP;p3@/);
});

test('participation is counted by scrutin and academy, and the list of who has voted is for a reason', () => {
	const file = (name) => join(d.dir, 'tmp', name);
	const rows = (name) => readFileSync(file(name), 'utf8').trim().split('\r\n').map((row) => row.split(';'));
	const one = 'from elector_scrutin r join elector e on e.id = r.elector_id join scrutin s on s.id = r.scrutin_id join election x on x.id = s.election_id';
	const of_demo = `${one} where x.slug = 'demo' and e.gone_at is null`;

	d.sql(`insert into participation (elector_id, scrutin_id, voted_at) select r.elector_id, r.scrutin_id, '2026-12-04 09:00:00' ${of_demo} order by r.elector_id, r.scrutin_id limit 3`);
	const voted = Object.fromEntries(d.sql('select s.code, count(*) from participation p join scrutin s on s.id = p.scrutin_id group by s.code').split('\n').map((line) => line.split('\t')));
	done('export', 'participation', file('counts.csv'), '-e', 'demo');
	const [header, ...counts] = rows('counts.csv');
	assert.deepEqual(header, ['scrutin', 'name', 'academy', 'electors', 'voted']);
	const sum = (i, of = counts) => of.reduce((all, row) => all + Number(row[i]), 0);
	assert.deepEqual([sum(3), sum(4)], [Number(d.sql(`select count(*) ${of_demo}`)), 3]);
	for (const [code, n] of Object.entries(voted))
		assert.equal(sum(4, counts.filter((row) => row[0] === code)), Number(n), code);
	refused(64, /--reason/, 'export', 'participation', file('who.csv'), '-e', 'demo', '--with-identifiers');
	const written = done('export', 'participation', file('who.csv'), '-e', 'demo', '--with-identifiers', ...WHY);
	const [names, ...persons] = rows('who.csv');
	assert.deepEqual(names, ['family_name', 'given_name', 'posting', 'scrutin', 'voted_at']);
	assert.deepEqual([written.rows, persons.filter((row) => row.at(-1) === '2026-12-04 09:00:00').length, persons.filter((row) => row.at(-1) === '').length], [sum(3), 3, sum(3) - 3]);
	assert.match(acts(1)[0], new RegExp(`participation exported: .*persons=yes.*${WHY[1]}`));
	d.sql('delete from participation');
});

test('claims are written with what became of each, and with persons and words for a reason alone', () => {
	const file = (name) => join(d.dir, 'tmp', name);

	d.sql(`insert into claim (election_id, reference, object, name, contact, body, state, created_at, changed_at, due_at) select id, concat('EXP-000', seq), 'absent', 'DUPONT; Zoé',
		'zoe@exemple.fr', 'Je ne suis nulle part.', 'received', utc_timestamp(3), utc_timestamp(3), utc_timestamp() from election join seq_1_to_3 where slug = 'demo'`);
	assert.equal(done('export', 'claims', file('claims.csv'), '-e', 'demo').rows, Number(d.sql("select count(*) from claim c join election x on x.id = c.election_id where slug = 'demo'")));
	assert.doesNotMatch(readFileSync(file('claims.csv'), 'utf8'), /@|DUPONT|nulle part/);
	refused(64, /--reason/, 'export', 'claims', file('words.csv'), '-e', 'demo', '--with-identifiers');
	done('export', 'claims', file('words.csv'), '-e', 'demo', '--with-identifiers', ...WHY);
	assert.match(readFileSync(file('words.csv'), 'utf8'), /^number;[^\r]*;name;contact;posting;text;answer\r\n[^]*EXP-0001;[^\r]*;"DUPONT; Zoé";zoe@exemple\.fr;;Je ne suis nulle part\.;\r\n/);
	d.sql("delete from claim where reference like 'EXP-000%'");
});

test('the activation funnel counts what is known, and the exported audit trail is the one that is sealed', () => {
	const file = (name) => join(d.dir, 'tmp', name);

	done('export', 'activation', file('activation.csv'), '-e', 'demo');
	const [header, ...rows] = readFileSync(file('activation.csv'), 'utf8').trim().split('\r\n').map((row) => row.split(';'));
	assert.deepEqual(header, ['academy', 'electors', 'mailed', 'entered', 'activated']);
	const sum = (i) => rows.reduce((all, row) => all + Number(row[i]), 0);
	assert.equal(sum(1), Number(d.sql("select count(*) from elector e join election x on x.id = e.election_id where slug = 'demo' and gone_at is null")));
	assert.deepEqual([sum(2), sum(3), sum(4)], [2, 2, 2]);
	const written = done('export', 'audit', file('audit.csv'));
	assert.match(readFileSync(file('audit.csv'), 'utf8').split('\r\n')[0], /^id;at;election_id;actor;act;subject;detail;request_id;seal_place;seal_hash$/);
	assert.ok(written.rows > 20);
	assert.match(readFileSync(file('audit.csv'), 'utf8'), /;election suspended;/);
});

/* Pages that no site map leads to, since they are steps of a way or answers to something. */
const STEPS = ['/connexion', '/mot-de-passe', '/question-defi', '/mot-de-passe-oublie/envoye', '/session', '/session.css', '/plan-du-site', '/reclamations/verification'];

test('the site map names every page that has an address of its own, and each of its links leads there', async () => {
	const me = new Elector(d);
	const routes = [...readFileSync(join(ROOT, 'portal/routes.def'), 'utf8').matchAll(/^ROUTE\(GET, +"([^"*]*)"/gm)].map(([, path]) => path);

	await me.enter(d.fresh(), 'activer');
	const page = await me.get(me.at('/plan-du-site'));
	const [, main] = page.text.match(/<main[^>]*>([\s\S]*)<\/main>/);
	const links = new Set([...main.matchAll(/href="([^"#]*)"/g)].map(([, href]) => href.slice(d.path.length)));
	assert.deepEqual(routes.filter((path) => !STEPS.includes(path) && !links.has(path)), [], 'each page is named');
	for (const path of links)
		assert.equal((await me.go(me.at(path))).status, 200, path);
	assert.match((await new Elector(d).get(me.at('/plan-du-site'))).text, /Ces pages demandent d’être connecté/);
	for (const path of ['/', '/mon-compte', '/nulle-part'])
		assert.match((await me.get(me.at(path))).text, /<footer>[\s\S]*\/plan-du-site">Plan du site/, path);
});
