/* isoloirctl import on a real MariaDB: what a file may look like, what it changes, what it leaves when it is broken or killed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demo, ROOT } from '../lib/demo.mjs';

let d, dir;

before(async () => {
	d = await demo('import', {});
	dir = join(d.dir, 'files');
	mkdirSync(dir);
});
after(async () => assert.deepEqual(await d.stop(), []));

const HEAD = 'identifier;civility;family_name;given_name;posting;academy;time_zone;scrutins';
const person = (name, { civility = 'M.', family = 'Dupré', posting = 'Lycée A', scrutins = 'CSA-MEN CAPN-ENS' } = {}) =>
	`${name}@ac-nantes.fr;${civility};${family};Jean;${posting};Nantes;Europe/Paris;${scrutins}`;

function file(name, content) {
	writeFileSync(join(dir, name), content);
	return join(dir, name);
}

const electors = (...rows) => file('electors.csv', [HEAD, ...rows, ''].join('\n'));

/* The answer as an object with its exit status. */
function run(words, env = {}) {
	const r = spawnSync(d.ISOLOIRCTL, ['-c', d.CONF, '--json', ...words], { encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: 1 << 26 });
	return { status: r.status, signal: r.signal, stderr: r.stderr, ...(r.stdout ? JSON.parse(r.stdout) : {}) };
}

const apply = (...words) => run([...words, '--apply', '--reason', 'test']);

/* All that a roll is, in one line. */
const roll = () => d.sql(`select md5(group_concat(concat_ws('|', e.identifier, e.civility, e.family_name, e.given_name, e.posting, e.academy, e.time_zone,
	e.gone_at is null, coalesce((select group_concat(s.code, x.name_key, x.posting_id order by s.code) from elector_scrutin x join scrutin s on s.id = x.scrutin_id
	where x.elector_id = e.id), '')) order by e.id)), count(*) from (select 1) o, elector e`.replace(/\n\t/g, ' ').replace('select md5', 'set session group_concat_max_len = 100000000; select md5'));

/* Whose scrutins the last applied import changed. */
const changes = () => d.sql(`select coalesce(group_concat(substring_index(e.identifier, '@', 1) order by e.identifier), '') from scrutins_change x join elector e on e.id = x.elector_id
	where x.run_id = (select max(id) from import_run)`.replace(/\n\t/g, ' '));
const all_changes = () => d.sql("select md5(coalesce(group_concat(concat_ws(' ', elector_id, run_id) order by elector_id, run_id), '')), count(*) from scrutins_change");

const present = () => d.sql("select count(*) from elector where gone_at is null");

test('nothing_changes_without_apply_and_all_of_it_with_it', () => {
	const was = roll(), path = electors(person('un'), person('deux'), person('jean.dupont'));
	const told = run(['import', 'electors', path]);
	assert.deepEqual([told.ok, told.added, told.gone > 50, told.changed], [true, 2, true, 1], JSON.stringify(told));
	assert.equal(roll(), was);
	assert.equal(apply('import', 'electors', path).ok, true);
	assert.equal(present(), '3');
	const again = run(['import', 'electors', path]);
	assert.deepEqual([again.added, again.changed, again.gone, again.returned, again.entries_added, again.entries_removed], [0, 0, 0, 0, 0, 0]);
});

test('keys_and_postings_are_filled', () => {
	assert.equal(d.sql("select x.name_key, p.name from elector e join elector_scrutin x on x.elector_id = e.id join posting p on p.id = x.posting_id where e.identifier = 'un@ac-nantes.fr' limit 1"),
		'dupre jean\tLycée A');
	assert.equal(d.sql("select count(*) from mail_domain where domain = 'ac-nantes.fr'"), '1');
});

test('many_gone_at_once_take_a_reason', () => {
	electors(...Array.from({ length: 300 }, (_, i) => person(`p${i}`)));
	assert.equal(apply('import', 'electors', join(dir, 'electors.csv')).ok, true);
	const was = roll(), cut = run(['import', 'electors', electors(person('p1')), '--apply']);
	assert.equal(cut.status, 65);
	assert.match(cut.error, /is the file whole/);
	assert.equal(roll(), was);
});

test('who_moves_is_renamed_goes_or_comes_back_is_told_and_undone', () => {
	apply('import', 'electors', electors(person('a'), person('b'), person('c'), person('homonyme1'), person('homonyme2')));
	const was = roll();
	const path = electors(person('a', { scrutins: 'CSA-MEN CAPA-ADM' }), person('b', { family: 'd’Été', posting: 'Collège B' }), person('homonyme1'), person('homonyme2'), person('p2'));
	const told = run(['import', 'electors', path]);
	assert.deepEqual([told.added, told.changed, told.gone, told.returned, told.persons_moved_between_scrutins], [0, 1, 1, 1, 1], JSON.stringify(told));
	assert.ok(told.homonyms_at_one_posting >= 2);
	assert.equal(apply('import', 'electors', path).ok, true);
	assert.equal(d.sql("select distinct x.name_key from elector e join elector_scrutin x on x.elector_id = e.id where e.identifier = 'b@ac-nantes.fr'"), 'ete jean');
	const done = roll();
	assert.notEqual(done, was);
	assert.equal(run(['import', 'electors', electors(person('a'))]).ok, true); /* looking at another file leaves the last import's to be undone */
	const undone = run(['import', 'undo']);
	assert.equal(undone.ok, true, undone.error);
	assert.equal(roll(), was);
	assert.equal(run(['import', 'undo']).status, 67);
});

test('whoever_goes_loses_sessions_and_links', () => {
	const id = d.sql("select id from elector where identifier = 'c@ac-nantes.fr'");
	d.sql(`insert into activation_token (selector, elector_id, purpose, created_at, expires_at) values (unhex(md5('c')), ${id}, 'activation', utc_timestamp(), utc_timestamp() + interval 1 day)`);
	assert.equal(apply('import', 'electors', electors(person('a'), person('b'), person('homonyme1'), person('homonyme2'))).gone, 1);
	assert.equal(d.sql(`select used_how from activation_token where elector_id = ${id}`), 'gone');
	assert.equal(d.sql(`select epoch > 0 from session_epoch where elector_id = ${id}`), '1');
	assert.equal(d.sql(`select gone_at is not null from elector where id = ${id}`), '1');
});

test('a_changed_address_keeps_the_person', () => {
	const id = d.sql("select id from elector where identifier = 'a@ac-nantes.fr'");
	const path = file('moved.csv', `${HEAD};ancien identifiant\n${person('nouvelle')};a@ac-nantes.fr\n${person('b')};\n${person('homonyme1')};\n${person('homonyme2')};\n`);
	d.sql(`insert into account (elector_id, password_hash, challenge_question_id, answer_hash, activated_at, changed_at) select ${id}, 'x', min(id), 'x', utc_timestamp(), utc_timestamp() from challenge_question`);
	const told = apply('import', 'electors', path);
	assert.deepEqual([told.address_changed, told.address_changed_after_activation, told.gone, told.added], [1, 1, 0, 0], JSON.stringify(told));
	assert.equal(d.sql(`select identifier from elector where id = ${id}`), 'nouvelle@ac-nantes.fr');
	assert.equal(run(['import', 'undo']).ok, true);
	assert.equal(d.sql(`select identifier from elector where id = ${id}`), 'a@ac-nantes.fr');
});

test('rolls_and_scrutins_come_by_files_of_their_own', () => {
	const scrutins = file('scrutins.csv', 'code,kind,name,level,place\nNEUF,CAPA,"Commission, la nouvelle",Académique,90\n');
	const told = apply('import', 'scrutins', scrutins);
	assert.deepEqual([told.ok, told.separator, told.added, told.changed, told.only_in_database], [true, ',', 1, 0, 8], JSON.stringify(told));
	assert.equal(run(['import', 'undo']).ok, true);
	assert.equal(d.sql("select count(*) from scrutin where code = 'NEUF'"), '0');
	apply('import', 'scrutins', scrutins);
	const was = roll(), path = file('roll.csv', 'Mail;Code scrutin\na@ac-nantes.fr;NEUF\nb@ac-nantes.fr;NEUF\n');
	const diff = apply('import', 'roll', path);
	assert.deepEqual([diff.ok, diff.entries_added, diff.entries_removed, diff.persons_moved_between_scrutins], [true, 2, 8, 2], JSON.stringify(diff));
	assert.equal(d.sql("select x.name_key from elector_scrutin x join scrutin s on s.id = x.scrutin_id where s.code = 'NEUF' limit 1"), 'dupre jean');
	assert.equal(run(['import', 'undo']).ok, true);
	assert.equal(roll(), was);
});

test('whose_scrutins_changed_is_kept_import_after_import_newcomers_apart', () => {
	const base = ['ua', 'ub', 'uc'];
	apply('import', 'electors', electors(...base.map((name) => person(name)), person('sans', { scrutins: '' })));
	assert.equal(changes(), '', 'whoever comes');
	apply('import', 'electors', electors(person('ua', { scrutins: 'CSA-MEN CAPA-ADM' }), person('ub', { scrutins: 'CSA-MEN' }), person('uc', { family: 'Autre' }), person('sans'), person('neuf')));
	assert.equal(changes(), 'ua,ub', 'who moves and who leaves a scrutin, not whoever is renamed, votes for the first time or comes');
	const kept = all_changes();
	apply('import', 'electors', electors(person('ua', { scrutins: 'CSA-MEN CAPA-ADM' }), person('ub', { scrutins: 'CSA-MEN' }), person('uc'), person('sans'), person('neuf')));
	assert.equal(changes(), '');
	assert.equal(all_changes(), kept, 'the next import leaves them');
	assert.equal(run(['import', 'undo']).ok, true);
	assert.equal(all_changes(), kept, 'so does its undo');
	apply('import', 'scrutins', file('scrutins.csv', 'code,kind,name,place\nNEUF,CAPA,Commission,90\n'));
	assert.equal(all_changes(), kept);
	const entries = ['ua CSA-MEN', 'ua CAPA-ADM', 'ub CSA-MEN', 'ub NEUF', 'uc CSA-MEN', 'uc CAPN-ENS', 'sans CSA-MEN', 'sans CAPN-ENS', 'neuf CAPN-ENS'];
	apply('import', 'roll', file('roll.csv', `identifier;scrutin\n${entries.map((line) => line.replace(' ', '@ac-nantes.fr;')).join('\n')}\n`));
	assert.equal(changes(), 'neuf,ub');
});

test('of_the_imports_before_the_migration_the_last_one_is_kept', () => {
	const written = changes(), migration = readFileSync(join(ROOT, 'conf/schema/017-scrutins-change.sql'), 'utf8');

	d.sql('drop table scrutins_change');
	d.sql(migration);
	assert.equal(changes(), written);
	const kept = all_changes();
	d.sql(migration);
	assert.equal(all_changes(), kept, 'twice is once');
	run(['import', 'undo']);
	d.sql('drop table scrutins_change');
	d.sql(migration);
	assert.equal(d.sql('select count(*) from scrutins_change'), '0', 'what was undone is of no import');
	apply('import', 'electors', electors(person('wa'), person('wb')));
	apply('import', 'electors', electors(person('wa', { scrutins: 'CSA-MEN CAPN-ENS CAPA-ADM' }), person('wb'), person('wc')));
	d.sql('drop table scrutins_change');
	d.sql(migration);
	assert.equal(changes(), 'wa', 'neither newcomers nor those who stay');
});

test('windows_1252_with_commas_and_french_headers_is_read_and_said', () => {
	const text = 'COURRIEL,Civilité,Nom d’usage,Prénom,Affectation\nx@ac-nantes.fr,Madame,"Lefèvre, née Cœur",Éloïse,"Lycée ""A"""\n';
	const told = run(['import', 'electors', file('latin.csv', Buffer.from(text.replace('’', '\x92').replace('œ', '\x9c'), 'latin1'))]);
	assert.deepEqual([told.ok, told.encoding, told.separator, told.added], [true, 'Windows-1252', ',', 1], JSON.stringify(told));
	assert.match(JSON.stringify(told), /Éloïse Lefèvre, née Cœur, Lycée \\"A\\"/);
});

test('a_broken_file_is_told_line_by_line_and_leaves_the_roll', () => {
	const was = roll(), good = person('ok');
	const cases = {
		'missing column': ['electors', 'identifier;family_name\nx@ac-nantes.fr;X\n', /given_name.*missing/],
		'misspelt column': ['electors', 'identifier;familly_nam;given_name\nx@ac-nantes.fr;X;Y\n', /did you mean family_name/],
		'column twice': ['electors', 'identifier;mail;nom;prenom\na@b.fr;a@b.fr;X;Y\n', /stands there twice/],
		'identifier twice': ['electors', `${HEAD}\n${good}\n${good}\n`, /"line":3.*stands already in line 2/],
		'unknown scrutin': ['electors', `${HEAD}\n${person('ok', { scrutins: 'CSA-MEM' })}\n`, /did you mean CSA-MEN/],
		'a quote in a name': ['electors', `${HEAD}\n${person('ok', { family: 'Du"pont' })}\n`, /"line":2.*a quote in the middle/],
		'a quote left open': ['electors', `${HEAD}\n${person('ok', { family: '"Dupont' })}\n${person('ok2')}\n`, /"line":2.*never closed/],
		'a long name': ['electors', `${HEAD}\n${person('ok', { family: 'x'.repeat(200) })}\n`, /has 200 characters, and 100/],
		'an empty file': ['electors', '', /empty/],
		'only a header': ['electors', `${HEAD}\n`, /no row/],
		'NUL bytes': ['electors', `${HEAD}\n${person('a\0b')}\n`, /line 2 holds a NUL byte/],
		'UTF-16': ['electors', Buffer.from(`\ufeff${HEAD}\n`, 'utf16le'), /UTF-16/],
		'a spreadsheet': ['electors', 'PK\x03\x04xlsx', /spreadsheet/],
		'one row not UTF-8': ['electors', Buffer.concat([Buffer.from(`${HEAD}\n${person('éa')}\n${person('b', { family: 'éàü' })}\n`), Buffer.from(`${person('c', { family: '\xe9' })}\n`, 'latin1')]), /"line":4[^}]*not UTF-8/],
		'a stranger on a roll': ['roll', 'identifier;scrutin\npersonne@ac-nantes.fr;CSA-MEN\n', /nobody of this identifier/],
		'an entry twice': ['roll', 'identifier;scrutin\na@ac-nantes.fr;CSA-MEN\na@ac-nantes.fr;CSA-MEN\n', /stands already in line 2/],
	};
	for (const [name, [what, content, expected]] of Object.entries(cases)) {
		const told = run(['import', what, file('broken.csv', content), '--apply', '--reason', 'test']);
		assert.equal(told.status, 65, `${name}: ${JSON.stringify(told)}`);
		assert.match(JSON.stringify(told), expected, name);
		assert.match(told.error, /nothing was changed/, name);
		assert.equal(roll(), was, name);
	}
	const folder = run(['import', 'electors', dir, '--apply']);
	assert.deepEqual([folder.status, /a directory/.test(folder.error)], [65, true]);
	assert.match(run(['import', 'electors', join(dir, 'absent.csv')]).error, /No such file/);
});

test('every_error_goes_into_the_file_to_send_back', () => {
	const path = electors(...Array.from({ length: 120 }, (_, i) => person(`e${i}`, { civility: '=cmd' }))), out = join(dir, 'errors.out.csv');
	const told = run(['import', 'electors', path, '--errors', out]);
	assert.match(told.error, /^120 errors/);
	assert.equal(told.errors.length, 50);
	const lines = readFileSync(out, 'utf8').trim().split('\n');
	assert.equal(lines.length, 121);
	assert.equal(lines[1], `2;"civility";"'=cmd";"takes M., Mme or nothing"`);
});

test('a_line_of_fifty_megabytes_takes_no_memory', () => {
	const path = join(dir, 'line.csv'), fd = openSync(path, 'w'), chunk = Buffer.alloc(1 << 20, 'x');
	writeSync(fd, `${HEAD}\n`);
	for (let i = 0; i < 50; i++)
		writeSync(fd, chunk);
	closeSync(fd);
	const r = spawnSync('/bin/bash', ['-c', `ulimit -v ${process.env.ISOLOIR_SLOW ? 'unlimited' : 300000}; exec "$0" "$@"`, d.ISOLOIRCTL, '-c', d.CONF, '--json', 'import', 'electors', path], { encoding: 'utf8' });
	assert.equal(r.status, 65, r.stdout + r.stderr);
	assert.match(r.stdout, /longer than 64 KiB/);
});

test('a_sealed_election_keeps_its_roll', () => {
	const was = roll();
	d.sql('update election set sealed_at = utc_timestamp()');
	const told = apply('import', 'electors', electors(person('nouveau')));
	assert.equal(told.status, 77);
	assert.match(told.error, /sealed/);
	assert.match(run(['import', 'undo']).error, /sealed|no import to undo/);
	d.sql('update election set sealed_at = null');
	assert.equal(roll(), was);
});

test('killed_at_any_point_it_leaves_the_old_roll_or_the_new_one', (t) => {
	const first = electors(...Array.from({ length: 200 }, (_, i) => person(`k${i}`)));
	assert.equal(apply('import', 'electors', first).ok, true);
	const old = roll(), path = electors(...Array.from({ length: 250 }, (_, i) => person(`k${i + 20}`, { family: 'Autre', scrutins: 'CSA-MEN CAPA-ADM' })));
	const kept = all_changes();
	const once = join(dir, 'once');
	for (const point of ['import_staged', 'import_first_step', 'import_step', 'import_last_step', 'import_commit', 'import_committed']) {
		writeFileSync(once, '');
		const died = run(['import', 'electors', path, '--apply', '--reason', 'test'], { ISOLOIR_FAULT: `kill:${point}`, ISOLOIR_FAULT_ONCE: once });
		if (died.signal !== 'SIGKILL')
			return t.skip('a build without fault points');
		assert.equal(roll() === old, point !== 'import_committed', point);
		assert.equal(all_changes() === kept, point !== 'import_committed', point);
	}
	assert.equal(changes().split(',').length, 180);
	assert.equal(run(['import', 'undo']).ok, true);
	assert.equal(d.sql("select count(*) from elector where gone_at is null"), '200');
});

test('an_invented_roll_is_imported_and_loaded', () => {
	const made = join(dir, 'made');
	assert.equal(run(['electors', 'generate', '2000', '--seed', '3', made]).ok, true);
	const same = readFileSync(join(made, 'electors.csv'), 'utf8');
	run(['electors', 'generate', '2000', '--seed', '3', made]);
	assert.equal(readFileSync(join(made, 'electors.csv'), 'utf8'), same);
	assert.equal(apply('import', 'scrutins', join(made, 'scrutins.csv')).ok, true);
	const told = apply('import', 'electors', join(made, 'electors.csv'));
	assert.deepEqual([told.ok, told.added], [true, 2000], JSON.stringify(told));
	const rolls = run(['import', 'roll', join(made, 'roll.csv')]);
	assert.deepEqual([rolls.ok, rolls.entries_added, rolls.entries_removed], [true, 0, 0], JSON.stringify(rolls));
	assert.equal(run(['load', made]).ok, true);
	assert.equal(run(['import', 'undo']).status, 67); /* what was loaded since would be taken back too */
});
