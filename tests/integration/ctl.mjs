/*
 * isoloirctl against a private MariaDB and Redis, without the daemons: migrate, load, elector show, queue, audit verify, and what it says
 * when something is wrong. ISOLOIR_BUILD: the build directory that holds it (.build/plain).
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const CTL = join(process.env.ISOLOIR_BUILD ?? join(ROOT, '.build', 'plain'), 'isoloirctl');
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const ACCOUNTS = ['isoloir_portal', 'isoloir_mailer', 'isoloir_ctl'];
const PREFIX = 'isoloir:{mq}:';

const dir = mkdtempSync(join(tmpdir(), 'iso-ctl-'));
const path = (...names) => join(dir, ...names);
const servers = [];

/* MariaDB refuses to run as root. */
function unprivileged(command) {
	return process.getuid() === 0 ? [...NOBODY, ...command] : command;
}

function start(command) {
	const [file, ...args] = unprivileged(command);

	servers.push(spawn(file, args, { stdio: 'ignore' }));
}

async function until(what, probe) {
	for (let i = 0; i < 200; i++) {
		try {
			return probe();
		} catch {
			await pause(50);
		}
	}
	throw new Error(`${what} did not come up`);
}

function sqlAs(user, statement, database = 'isoloir') {
	return execFileSync('mariadb', ['--no-defaults', '--socket', path('db.sock'), '-u', user, '--password=secret', '-N', '-B',
		'-e', statement, ...(database ? [database] : [])], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function sql(statement, database = 'isoloir') {
	return execFileSync('mariadb', ['--no-defaults', '--socket', path('db.sock'), '-u', 'root', '-N', '-B', '-e', statement,
		...(database ? [database] : [])], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function redis(...words) {
	return execFileSync('redis-cli', ['-s', path('queue.sock'), ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function ctl(...words) {
	return new Promise((resolve) => {
		execFile(CTL, ['-c', path('isoloir.conf'), ...words], { encoding: 'utf8' }, (error, out, err) =>
			resolve({ status: error ? error.code : 0, out, err }));
	});
}

async function json(...words) {
	const { status, out, err } = await ctl('--json', ...words);

	return { status, err, ...JSON.parse(out) };
}

/* A small election: a directory that each test may bend. changes: file name → text or function of the text. */
const SAMPLE = {
	'election.csv': 'slug;title;banner;opens;closes\nessai;Élections d’essai;Bienvenue;+16d12h20m;+23d\n',
	'scrutins.csv': 'code;kind;name;level;place\nCSA-MEN;CSA;Comité social d’administration;national;1\nCAPN-1;CAPN;Commission paritaire;national;2\n'
		+ 'CCP-9;CCP;"Contractuels; dits ""CCP"""; académique;3\n',
	'questions.csv': 'place;wording\n1;Votre premier livre ?\n2;Votre première ville ?\n',
	'electors.csv': 'identifier;civility;family_name;given_name;posting;academy;time_zone;scrutins\n'
		+ 'Anne.MARTIN@ac-nantes.fr;Mme;MARTIN;Anne;Collège des Dunes;Nantes;Europe/Paris;CSA-MEN CAPN-1\n'
		+ 'teva.tama@ac-polynesie.pf;M.;TAMA;Teva;Lycée du Récif;Polynésie française;Pacific/Tahiti;CSA-MEN CCP-9 CAPN-1\n'
		+ 'lou.petit@ac-nantes.fr;;PETIT;Lou;;Nantes;Europe/Paris;CSA-MEN\n',
};
let samples = 0;

function sample(changes = {}) {
	const where = path(`sample-${++samples}`);

	mkdirSync(where);
	for (const [name, text] of Object.entries(SAMPLE)) {
		const change = name in changes ? changes[name] : text;

		if (change !== null)
			writeFileSync(join(where, name), typeof change === 'function' ? change(text) : change);
	}
	return where;
}

before(async () => {
	for (const name of ['secrets', 'keys', 'run', 'redis', 'data'])
		mkdirSync(path(name));
	chmodSync(dir, 0o777);
	for (const name of ['redis', 'data', 'run'])
		chmodSync(path(name), 0o777);
	for (const account of ACCOUNTS)
		writeFileSync(path('secrets', `${account}.password`), 'secret\n');
	writeFileSync(path('isoloir.conf'), `[isoloir]\nrun_dir = ${path('run')}\nkeys_dir = ${path('keys')}\n`
		+ `[database]\nsocket = ${path('db.sock')}\npassword_dir = ${path('secrets')}\n[redis]\nqueue = ${path('queue.sock')}\n`);
	const [file, ...args] = unprivileged(['mariadb-install-db', '--no-defaults', `--datadir=${path('data')}`,
		'--auth-root-authentication-method=normal', '--skip-test-db']);
	execFileSync(file, args, { stdio: 'ignore' });
	start(['mariadbd', '--no-defaults', `--datadir=${path('data')}`, `--socket=${path('db.sock')}`, `--pid-file=${path('data', 'pid')}`,
		'--skip-networking']);
	start(['redis-server', '--port', '0', '--unixsocket', path('queue.sock'), '--unixsocketperm', '777', '--dir', path('redis'), '--save', '']);
	await until('MariaDB', () => sql('select 1', null));
	await until('Redis', () => redis('ping'));
	sql('create database isoloir character set utf8mb4', null);
	for (const account of ACCOUNTS)
		sql(`create user '${account}'@'localhost' identified by 'secret'`, null);
	sql("grant all privileges on isoloir.* to 'isoloir_ctl'@'localhost' with grant option", null);
});

after(async () => {
	for (const server of servers)
		server.kill('SIGTERM');
	await Promise.all(servers.map((server) => server.exitCode ?? new Promise((done) => server.once('exit', done))));
	rmSync(dir, { recursive: true, force: true });
});

const schema = (name = 'schema') => path(name);
const migrate = (...words) => json('migrate', '--schema', schema(), ...words);

test('an unknown command names the nearest and ends with 64', async () => {
	const wrong = await ctl('migrat');

	assert.equal(wrong.status, 64);
	assert.match(wrong.err, /did you mean migrate\?/);
	assert.match((await ctl('elector')).err, /did you mean elector show\?/);
	assert.match((await ctl('queue', '--dryrun')).err, /did you mean --dry-run\?/);
	assert.match((await ctl('queue', '--dry-run')).err, /queue takes no --dry-run/);
	assert.match((await ctl('load')).err, /usage: isoloirctl load DIR/);
	assert.equal((await ctl()).status, 64);
	assert.equal((await json('migrat')).ok, false);
});

test('the manual page names every command, option and setting', async () => {
	const page = readFileSync(join(ROOT, 'man', 'isoloirctl.1'), 'utf8');
	const rows = readFileSync(join(ROOT, 'ctl', 'commands.def'), 'utf8');
	const { commands } = await json('help');

	assert.ok(commands.length > 10);
	for (const { words, sentence } of commands) {
		assert.ok(page.includes(`.It Ic ${words}`), words);
		assert.ok(page.includes(sentence), sentence);
		const help = await ctl(...words.split(' '), '--help');
		assert.equal(help.status, 0);
		assert.ok(help.out.startsWith(`usage: isoloirctl ${words}`) && help.out.includes(sentence), words);
	}
	for (const [, option] of rows.matchAll(/^OPTION\(\w+, +\S+ +"--([a-z-]+)"/gm))
		assert.ok(page.includes(`-${option.replaceAll('-', '\\-')}`), option);
	const settings = (await ctl('settings', '--mdoc')).out;
	assert.ok(readFileSync(join(ROOT, 'man', 'isoloir.conf.5'), 'utf8').includes(settings), 'isoloir.conf.5 is not what settings --mdoc says: make update-settings');
});

test('the installed settings are the defaults, each of them shown and understood', async () => {
	const text = readFileSync(join(ROOT, 'conf', 'isoloir.conf'), 'utf8');

	assert.equal(text, (await ctl('settings', '--template')).out, 'conf/isoloir.conf is not what settings --template says: make update-settings');
	writeFileSync(path('all.conf'), text.replace(/^#(\w+ =)/gm, '$1'));
	assert.equal((await ctl('-c', path('all.conf'), 'keys')).status, 73, 'every line is understood, the directory is not there');
});

test('keys are made once and never replaced', async () => {
	const first = await json('keys');
	const pepper = readFileSync(path('keys', 'pepper.key'), 'utf8');
	const second = await json('keys');

	assert.equal(first.made, first.there);
	assert.equal(second.made, 0);
	assert.equal(readFileSync(path('keys', 'pepper.key'), 'utf8'), pepper);
	assert.match(pepper, /^[0-9a-f]{64}\n$/);
});

test('commands before the first migration say what to do', async () => {
	const early = await ctl('queue');

	assert.notEqual(early.status, 0);
	assert.match(early.err, /isoloirctl migrate/);
});

test('migrate --dry-run changes nothing', async () => {
	cpSync(join(ROOT, 'conf', 'schema'), schema(), { recursive: true });
	const dry = await migrate('--dry-run');

	assert.equal(dry.status, 0);
	assert.ok(dry.to_apply.length >= 1);
	assert.equal(sql("select count(*) from information_schema.tables where table_schema = 'isoloir'"), '0');
});

test('migrate twice: the second time there is nothing to do', async () => {
	const first = await migrate(), second = await migrate();

	assert.equal(first.status, 0, first.error);
	assert.ok(first.applied.length >= 1);
	assert.equal(second.status, 0, second.error);
	assert.equal(second.applied.length, 0);
	assert.equal(Number(sql('select count(*) from schema_migration')), first.applied.length);
});

test('a migration cut half-way is run again', async () => {
	sql('delete from schema_migration');
	const again = await migrate();

	assert.equal(again.status, 0, again.error);
	assert.ok(again.applied.length >= 1);
});

test('a changed checksum is refused in a clear sentence', async () => {
	const [file] = readdirSync(schema()).filter((name) => /^001-/.test(name));
	const text = readFileSync(join(schema(), file), 'utf8');

	writeFileSync(join(schema(), file), `${text}-- a comment\n`);
	const refused = await migrate();
	writeFileSync(join(schema(), file), text);
	assert.equal(refused.status, 65);
	assert.match(refused.error, new RegExp(`${file} has changed since it was applied`));
	assert.equal((await migrate()).status, 0);
});

test('a new migration is applied, a broken one names its file, a late number is refused', async () => {
	writeFileSync(join(schema(), '900-more.sql'), 'create table if not exists more (id int primary key); insert ignore into more values (1);\n');
	assert.deepEqual((await migrate()).applied.map((row) => row.file), ['900-more.sql']);
	writeFileSync(join(schema(), '901-bad.sql'), 'create table (;\n');
	const bad = await migrate();
	assert.equal(bad.status, 70);
	assert.match(bad.error, /901-bad\.sql: .*syntax/);
	rmSync(join(schema(), '901-bad.sql'));
	writeFileSync(join(schema(), '800-late.sql'), 'select 1;\n');
	assert.match((await migrate()).error, /800-late\.sql comes before migration 900/);
	rmSync(join(schema(), '800-late.sql'));
	rmSync(join(schema(), '900-more.sql'));
	assert.match((await migrate()).error, /900-more\.sql, which .* lacks/);
	sql('drop table more; delete from schema_migration where number = 900');
});

test('two migrations at once: one of them waits for another day', async () => {
	const holder = spawn('mariadb', ['--no-defaults', '--socket', path('db.sock'), '-u', 'root', 'isoloir'], { stdio: ['pipe', 'pipe', 'ignore'] });
	const locked = new Promise((done) => holder.stdout.once('data', done));

	holder.stdin.write("select get_lock('isoloir-migrate-isoloir', 0);\nselect sleep(0.1);\n\\! echo held\n");
	holder.stdin.write('select 1;\n');
	await Promise.race([locked, pause(500)]);
	const refused = await migrate();
	holder.stdin.end();
	await new Promise((done) => holder.once('exit', done));
	assert.equal(refused.status, 75);
	assert.match(refused.error, /another `isoloirctl migrate`/);
	assert.equal((await migrate()).status, 0);
});

test('each account has its rights and no other', async () => {
	const denied = /denied/;

	assert.throws(() => sqlAs('isoloir_portal', 'delete from elector'), denied);
	assert.throws(() => sqlAs('isoloir_portal', 'select * from audit'), denied);
	assert.throws(() => sqlAs('isoloir_portal', 'update activation_token set elector_id = 1'), denied);
	assert.throws(() => sqlAs('isoloir_mailer', 'select password_hash from account'), denied);
	assert.throws(() => sqlAs('isoloir_mailer', 'update audit set detail = 1'), denied);
	assert.throws(() => sqlAs('isoloir_mailer', 'insert into elector (id) values (1)'), denied);
	assert.throws(() => sqlAs('isoloir_portal', "update claim set state = 'accepted'"), denied);
	assert.throws(() => sqlAs('isoloir_mailer', 'select body from claim'), denied);
	assert.throws(() => sqlAs('isoloir_mailer', 'select document from claim_draft'), denied);
	for (const forbidden of ['select hash from voting_code', 'select * from code_batch', 'select * from code_notice', 'select * from code_request',
		'update voting_code set hash = 1', 'delete from voting_code'])
		assert.throws(() => sqlAs('isoloir_portal', forbidden), denied);
	for (const table of ['voting_code', 'code_batch', 'code_notice', 'code_request'])
		assert.throws(() => sqlAs('isoloir_mailer', `select * from ${table}`), denied);
	sqlAs('isoloir_portal', 'select count(*) from schema_migration, elector');
	sqlAs('isoloir_mailer', 'select elector_id from account');
});

/* Each daemon prepares all its statements when a worker starts, so one missing right would stop it. */
test('each account may run every statement of its program', () => {
	const files = {
		isoloir_portal: ['portal/model/sql.def', 'common/audit_sql.def', 'common/queue/queue_sql.def'],
		isoloir_mailer: ['mailer/model/sql.def', 'common/audit_sql.def', 'common/audit_seal_sql.def', 'common/queue/queue_sql.def'],
	};

	for (const [account, names] of Object.entries(files)) {
		const source = `#define SQL(name, ...) @name@ __VA_ARGS__\n${names.map((name) => `#include "${name}"\n`).join('')}`;
		const text = execFileSync('cc', ['-E', '-P', '-x', 'c', `-I${ROOT}`, '-'], { input: source, encoding: 'utf8' });
		const statements = text.split(/^@|\n@/).slice(1);
		assert.ok(statements.length > 8);
		for (const statement of statements) {
			const [name, literals] = statement.split(/@ ?/, 2).concat('');
			const words = [...literals.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]).join('');
			assert.doesNotThrow(() => sqlAs(account, `prepare s from "${words}"`), `${account} ${name}`);
		}
	}
});

test('a broken line loads nothing and every error names its file and line', async () => {
	const where = sample({
		'election.csv': (text) => text.replace('+23d', '2026-02-30 08:00'),
		'scrutins.csv': (text) => `${text}CSA-MEN;CSA;encore;;9\n`,
		'electors.csv': (text) => `${text}anne.martin@AC-NANTES.FR;Mme;MARTIN;Anne;;;Europe/Paris;CSA-MEN\n`
			+ 'x;Dr;;A;;;Europe/Pari;CSA-MAN\nshort;line\na@b.fr;M.;"A"B;C;;;Europe/Paris;CSA-MEN\n',
	});
	const wrong = await ctl('load', where);
	const expected = [
		/election\.csv:2: closes takes a time that Paris has exactly once/,
		/scrutins\.csv:5: code CSA-MEN stands already in line 2/,
		/electors\.csv:5: identifier anne\.martin@ac-nantes\.fr stands already in line 2/,
		/electors\.csv:6: identifier takes a mail address/,
		/electors\.csv:6: civility takes M\., Mme or nothing/,
		/electors\.csv:6: family_name must not be empty/,
		/electors\.csv:6: time_zone takes a time zone/,
		/electors\.csv:7: 2 fields, and the first line names 8/,
		/electors\.csv:8: something follows a closing quote/,
	];

	assert.equal(wrong.status, 65);
	for (const line of expected)
		assert.match(wrong.err, line);
	assert.match(wrong.err, /9 errors; nothing was loaded/);
	assert.equal(sql('select count(*) from election'), '0');
	assert.equal((await json('load', where)).errors.length, 9);
});

test('a column that is missing, unknown or misspelt is named, and a missing file too', async () => {
	const where = sample({ 'electors.csv': (text) => text.replace('family_name', 'familly_name'), 'questions.csv': null });
	const wrong = await ctl('load', where);

	assert.match(wrong.err, /electors\.csv:1: unknown column "familly_name"; did you mean family_name\?/);
	assert.match(wrong.err, /electors\.csv:1: column family_name is missing/);
	assert.match(wrong.err, /questions\.csv: No such file/);
});

test('an unknown scrutin of an elector is named with the nearest', async () => {
	const wrong = await ctl('load', sample({ 'electors.csv': (text) => text.replace('CCP-9', 'CCP-8') }));

	assert.match(wrong.err, /electors\.csv:3: scrutins names CCP-8, which scrutins\.csv lacks; did you mean CCP-9\?/);
});

test('only fifty of a thousand errors are shown', async () => {
	const rows = Array.from({ length: 1200 }, () => 'x;;;;;;;\n').join('');
	const wrong = await ctl('load', sample({ 'electors.csv': (text) => text + rows }));

	assert.equal(wrong.err.trim().split('\n').length, 51);
	assert.match(wrong.err, /6000 errors \(the first 50 shown\); nothing was loaded/);
});

test('load --dry-run counts and changes nothing', async () => {
	const dry = await json('load', '--dry-run', sample());

	assert.equal(dry.status, 0, dry.error);
	assert.deepEqual(dry.counts.find((row) => row.what === 'electors'), { what: 'electors', in_file: 3, new: 3, only_in_database: 0 });
	assert.equal(sql('select count(*) from election'), '0');
});

test('load twice: the same rows, folded identifiers, domains, an audit row each', async () => {
	const where = sample();
	const first = await json('load', where), second = await json('load', where);
	const electors = (answer) => answer.counts.find((row) => row.what === 'electors');

	assert.equal(first.status, 0, first.error);
	assert.equal(electors(first).new, 3);
	assert.equal(second.status, 0, second.error);
	assert.equal(electors(second).new, 0);
	assert.equal(second.electors_changed, 0);
	assert.equal(sql('select count(*) from elector_scrutin'), '6');
	assert.equal(sql("select name from scrutin where code = 'CCP-9'"), 'Contractuels; dits "CCP"');
	assert.equal(sql('select identifier from elector order by id limit 1'), 'anne.martin@ac-nantes.fr');
	assert.equal(sql('select group_concat(domain order by domain) from mail_domain'), 'ac-nantes.fr,ac-polynesie.pf');
	assert.equal(sql("select count(*) from audit where act = 'roll loaded'"), '2');
	const opens = Number(sql('select timestampdiff(second, utc_timestamp(), opens_at) from election'));
	assert.ok(Math.abs(opens - (16 * 86400 + 12 * 3600 + 20 * 60)) < 60, `opens in ${opens} s`);
});

test('loading again updates, moves scrutins, and removes nobody and no account', async () => {
	sql("insert into account (elector_id, password_hash, challenge_question_id, answer_hash, activated_at, changed_at)"
		+ " select id, 'h', (select min(id) from challenge_question), 'a', utc_timestamp(), utc_timestamp() from elector"
		+ " where identifier = 'anne.martin@ac-nantes.fr'");
	const where = sample({
		'electors.csv': (text) => text.replace('Collège des Dunes', 'Lycée neuf').replace('CSA-MEN CAPN-1', 'CSA-MEN CCP-9').replace(/lou\.petit.*\n/, ''),
	});
	const again = await json('load', where);

	assert.equal(again.status, 0, again.error);
	assert.equal(again.electors_changed, 1);
	assert.equal(again.counts.find((row) => row.what === 'electors').only_in_database, 1);
	assert.equal(sql('select count(*) from elector'), '3');
	assert.equal(sql('select count(*) from account'), '1');
	const { elector, scrutins } = await json('elector', 'show', 'anne.martin@ac-nantes.fr');
	assert.equal(elector.posting, 'Lycée neuf');
	assert.deepEqual(scrutins.map((row) => row.code), ['CSA-MEN', 'CCP-9']);
});

test('a question with answers on record keeps its wording', async () => {
	const refused = await ctl('load', sample({ 'questions.csv': (text) => text.replace('livre', 'film') }));

	assert.equal(refused.status, 65);
	assert.match(refused.err, /questions\.csv:2: question 1 has 1 answers on record/);
	assert.equal(sql('select wording from challenge_question order by place limit 1'), 'Votre premier livre ?');
});

test('Paris times are Paris times, winter and summer', async () => {
	const where = sample({ 'election.csv': 'slug;title;banner;opens;closes\nheures;T;;2026-12-01 08:00;2027-06-08 17:00\n' });

	assert.equal((await json('load', where)).status, 0);
	assert.equal(sql("select concat(opens_at, ' ', closes_at) from election where slug = 'heures'"), '2026-12-01 07:00:00 2027-06-08 15:00:00');
	const skipped = sample({ 'election.csv': 'slug;title;banner;opens;closes\nheures;T;;2027-03-28 02:30;2027-06-08 17:00\n' });
	assert.match((await ctl('load', skipped)).err, /election\.csv:2: opens takes a time that Paris has exactly once/);
	/* 02:30 comes twice that night: which one is meant, nobody but the office knows. */
	const doubled = sample({ 'election.csv': 'slug;title;banner;opens;closes\nheures;T;;2026-10-25 02:30;2027-06-08 17:00\n' });
	assert.match((await ctl('load', doubled)).err, /election\.csv:2: opens takes a time that Paris has exactly once/);
});

test('the sample election loads', async (t) => {
	const where = join(ROOT, 'conf', 'sample', 'demo');

	if (!readdirSync(where).includes('electors.csv'))
		return t.skip('not there yet');
	const loaded = await json('load', where);
	assert.equal(loaded.status, 0, `${loaded.error} ${loaded.errors?.join('\n')}`);
});

test('elector show tells roll, scrutins, account, link and mails, and never the token', async () => {
	sql("insert into activation_token (selector, elector_id, purpose, created_at, expires_at)"
		+ " select unhex('000102030405060708090a0b0c0d0e0f'), id, 'activation', utc_timestamp(), utc_timestamp() + interval 3 day from elector"
		+ " where identifier = 'teva.tama@ac-polynesie.pf' and election_id = (select id from election where slug = 'essai')");
	sql("insert into mail_job (id, election_id, mail, identifier, domain, reference, state, attempts, created_at, due_at, deadline_at, finished_at, last_reply)"
		+ " select repeat('a', 32), id, 'activation', 'teva.tama@ac-polynesie.pf', 'ac-polynesie.pf', 'K7M-2QX4', 'sent', 1, utc_timestamp(3),"
		+ " utc_timestamp(3), utc_timestamp() + interval 1 day, utc_timestamp(3), '250 2.0.0 Ok' from election where slug = 'essai'");
	const shown = await json('elector', 'show', ' Teva.Tama@AC-polynesie.pf ', '--election', 'essai');
	const text = await ctl('elector', 'show', 'teva.tama@ac-polynesie.pf', '-e', 'essai');

	assert.equal(shown.status, 0, shown.error);
	assert.equal(shown.elector.time_zone, 'Pacific/Tahiti');
	assert.equal(shown.scrutins.length, 3);
	assert.equal(shown.account.state, 'not activated');
	assert.equal(shown.account.live_link, 'yes');
	assert.equal(shown.links[0].state, 'live');
	assert.equal(shown.mails[0].reference, 'K7M-2QX4');
	assert.match(shown.mails[0].created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0[12]:00$/);
	for (const answer of [JSON.stringify(shown), text.out])
		assert.doesNotMatch(answer, /000102|AAECAw/);
	assert.match(text.out, /K7M-2QX4 +activation +sent/);
	assert.equal((await ctl('elector', 'show', 'nobody@ac-nantes.fr')).status, 67);
	assert.match((await ctl('elector', 'show', 'teva.tama@ac-polynesie.pf')).err, /several elections.*essai heures/);
	assert.equal((await ctl('elector', 'show', 'teva')).status, 64);
});

test('queue shows rows and live jobs; queue show finds by id and by reference', async () => {
	const id = '019abcdef012'.padEnd(32, '3');

	sql("insert into mail_job (id, election_id, mail, identifier, domain, reference, created_at, due_at, deadline_at)"
		+ ` select '${id}', id, 'activation', 'lou.petit@ac-nantes.fr', 'ac-nantes.fr', 'B4C-5D6E', utc_timestamp(3), utc_timestamp(3),`
		+ " utc_timestamp() + interval 1 day from election where slug = 'essai'");
	redis('HSET', `${PREFIX}job:${id}`, 'class', '0', 'lane', 'ac-nantes.fr', 'mail', 'activation', 'place', 'ready:0:ac-nantes.fr');
	redis('ZADD', `${PREFIX}ready:0:ac-nantes.fr`, '1790000000000', id);
	redis('ZADD', `${PREFIX}lanes:0`, '1790000000000', 'ac-nantes.fr');
	const all = await json('queue');
	assert.equal(all.status, 0, all.error);
	assert.deepEqual(all.live.map(({ place, class: name, lane, jobs }) => [place, name, lane, jobs]), [['ready', 'interactive', 'ac-nantes.fr', 1]]);
	assert.equal(all.unfinished[0].jobs, '1');
	assert.equal(all.recent[0].id < all.recent[1].id, false, 'newest first');
	for (const word of [id, 'B4C-5D6E']) {
		const one = await json('queue', 'show', word);
		assert.equal(one.mail.identifier, 'lou.petit@ac-nantes.fr');
		assert.equal(one.mail.live.place, 'ready:0:ac-nantes.fr');
		assert.match(one.mail.live.due_at, /^2026-09-21T/);
	}
	assert.match((await ctl('queue')).out, /ready +interactive +ac-nantes\.fr +1/);
	assert.equal((await ctl('queue', 'show', 'nothing')).status, 67);
});

test('with Redis away queue still shows the rows and says so', async () => {
	writeFileSync(path('away.conf'), readFileSync(path('isoloir.conf'), 'utf8').replace('queue.sock', 'nowhere.sock'));
	const { status, out, err } = await ctl('-c', path('away.conf'), 'queue');

	assert.equal(status, 69);
	assert.match(err, /Redis at .*nowhere\.sock/);
	assert.match(out, /B4C-5D6E/);
});

test('with MariaDB away the status is 69 and a sentence', async () => {
	writeFileSync(path('away.conf'), readFileSync(path('isoloir.conf'), 'utf8').replace('db.sock', 'nodb.sock'));
	const { status, err } = await ctl('-c', path('away.conf'), 'elector', 'show', 'a@b.fr');

	assert.equal(status, 69);
	assert.match(err, /^isoloirctl: MariaDB, connect: .*nodb\.sock/);
});

test('wrong settings are refused with file and line', async () => {
	writeFileSync(path('wrong.conf'), '[database]\nsockett = /x\n');
	const { status, err } = await ctl('-c', path('wrong.conf'), 'queue');

	assert.equal(status, 78);
	assert.match(err, /wrong\.conf:2: unknown setting database\.sockett; did you mean database\.socket\?/);
});

test('a daemon that does not run is a clear line and status 69', async () => {
	const { status, err } = await ctl('status');

	assert.equal(status, 69);
	assert.match(err, /the portal does not run.*the mailer does not run/);
	assert.equal((await ctl('workers', 'portal', '+1')).status, 69);
	assert.equal((await json('status')).portal.ok, false);
	assert.match((await ctl('workers', 'portl')).err, /did you mean portal\?/);
	assert.equal((await ctl('workers', 'portal', 'set', 'many')).status, 64);
});

/* The real masters are asked in the tests of the daemons; here only what is said on the wire and how it is shown. */
test('orders reach the master as its words, and its answer is shown', async () => {
	const said = [];
	const master = net.createServer((client) => client.once('data', (line) => {
		said.push(String(line));
		client.end(String(line).startsWith('reload') ? '{"ok":false,"error":"isoloir.conf:3: unknown setting"}\n'
			: '{"ok":true,"program":"isoloir-portal","wanted":3,"workers":[{"slot":0,"pid":12,"state":"idle"},{"slot":1,"pid":13,"state":"busy"}]}\n');
	}));
	await new Promise((done) => master.listen(path('run', 'portal.ctl'), done));

	const shown = await ctl('status', 'portal');
	assert.equal(shown.status, 0, shown.err);
	assert.match(shown.out, /program +isoloir-portal[^]*slot +pid +state\n +0 +12 +idle\n +1 +13 +busy/);
	assert.equal((await json('workers', 'portal', '-1')).wanted, 3);
	await ctl('workers', 'portal', 'set', '4', '--save');
	await ctl('workers', 'portal', '+2');
	await ctl('stop', 'portal');
	const refused = await ctl('reload', 'portal');
	assert.equal(refused.status, 65);
	assert.match(refused.err, /isoloir\.conf:3: unknown setting/);
	assert.deepEqual(said.map((line) => line.trim()), ['status', 'workers -1', 'workers set 4 save', 'workers +2', 'stop', 'reload']);
	await new Promise((done) => master.close(done));
});

const piped = (input, ...words) => {
	const { status, stdout, stderr } = spawnSync(CTL, ['-c', path('isoloir.conf'), ...words], { input, encoding: 'utf8' });

	return { status, out: stdout, err: stderr };
};

test('text: a wrong one is refused with its line and changes nothing, a right one is stored with author and reason, reset takes it away', async () => {
	const only = ['--election', 'essai'];
	const file = path('edito.txt');

	writeFileSync(path('theme.conf'), `${readFileSync(path('isoloir.conf'), 'utf8')}[portal]\ntheme = ${join(ROOT, 'portal/theme/default')}\n`);
	const themed = async (...words) => json('-c', path('theme.conf'), ...words);
	assert.match((await ctl('text', 'list')).err, /several elections, choose one with --election: .*essai/);
	assert.equal((await ctl('text', 'list', '--election', 'nulle')).status, 67);
	assert.match((await ctl('text', 'show', 'eddito', ...only)).err, /did you mean edito\?/);
	const before_list = await themed('text', 'list', ...only);
	assert.ok(before_list.texts.length >= 5 && before_list.texts.every((row) => row.from === 'theme'));
	assert.equal((await themed('text', 'show', 'edito', ...only)).from, 'theme');

	writeFileSync(file, 'Bon\n\n<b>gras</b>\n');
	const wrong = await json('text', 'set', 'edito', file, ...only);
	assert.equal(wrong.status, 65);
	assert.match(wrong.error, /edito\.txt:3: HTML is not understood.*nothing was changed/);
	writeFileSync(file, 'Bonjour.\n\n## Un titre\n- https://www.example.fr\n');
	const dry = await json('text', 'set', 'edito', file, '--dry-run', ...only);
	assert.deepEqual(dry.outline.map((row) => [row.heading, row.anchor, row.links]), [['', '', 0], ['Un titre', 'un-titre', 1]]);
	assert.equal(sql('select count(*) from office_text'), '0');
	const set = await json('text', 'set', 'edito', file, '--reason', 'ouverture du site', ...only);
	assert.equal(set.status, 0, set.error);
	assert.equal((await ctl('text', 'show', 'edito', ...only)).out, readFileSync(file, 'utf8'), 'what is shown can be set again');
	const listed = (await themed('text', 'list', ...only)).texts.find((row) => row.name === 'edito');
	assert.deepEqual([listed.from, listed.bytes], ['office', String(readFileSync(file).length)]);
	assert.ok(listed.changed_by.length > 0);
	assert.match(sql("select actor, detail from audit where act = 'text set'"), /^isoloirctl \w+\tedito \d+ bytes: ouverture du site$/);
	assert.equal((await ctl('text', 'reset', 'edito', ...only)).status, 0);
	assert.equal((await themed('text', 'show', 'edito', ...only)).from, 'theme');
	assert.equal(sql("select count(*) from audit where act = 'text reset'"), '1');
	assert.equal((await ctl('text', 'set', 'edito', path('nulle-part'), ...only)).status, 66);
	assert.match(piped('\n \n', 'text', 'set', 'edito', '-', ...only).err, /is empty/);
	assert.match(piped(Buffer.from([0x61, 0xff]), 'text', 'set', 'edito', '-', ...only).err, /not UTF-8/);
});

test('text: the banner is one plain line, read from standard input too', () => {
	const only = ['--election', 'essai'];
	const banner = () => sql("select banner from election where slug = 'essai'");

	assert.match(piped('deux\nlignes\n', 'text', 'set', 'banner', '-', ...only).err, /one line/);
	assert.match(piped('é'.repeat(501), 'text', 'set', 'banner', '-', ...only).err, /501 characters, and at most 500 fit/);
	assert.equal(piped('Le vote ouvre demain.\n', 'text', 'set', 'banner', '-', ...only).status, 0);
	assert.equal(banner(), 'Le vote ouvre demain.');
	assert.equal(piped('', 'text', 'show', 'banner', ...only).out, 'Le vote ouvre demain.\n');
	assert.equal(piped('', 'text', 'reset', 'banner', '--dry-run', ...only).status, 0);
	assert.equal(banner(), 'Le vote ouvre demain.');
	assert.equal(piped('', 'text', 'reset', 'banner', ...only).status, 0);
	assert.equal(banner(), '');
});

test('assistance: listed by state, subject and age, shown whole, taken, answered and closed once, each with its author', async () => {
	const add = (reference, subject, age, body) => sql('insert into assistance_request (election_id, reference, subject, name, contact, body, created_at, changed_at)'
		+ ` select id, '${reference}', '${subject}', 'Lou', 'lou@ailleurs.example', '${body}', utc_timestamp(3) - interval ${age} hour, utc_timestamp(3) from election where slug = 'essai'`);
	const references = async (...words) => (await json('assistance', 'list', ...words)).requests.map((row) => row.reference);

	add('A7K-M2QX', 'lien', 30, 'Ligne une.\\nLigne deux, longue, \x1b[31m et encore longue, tout entière à lire par qui répond.');
	add('B8L-N3RY', 'captcha', 3, 'court');
	add('C9M-P4SZ', 'lien', 1, 'court');
	assert.deepEqual(await references(), ['A7K-M2QX', 'B8L-N3RY', 'C9M-P4SZ']);
	assert.deepEqual(await references('--subject', 'lien', '--older', '2h'), ['A7K-M2QX']);
	assert.deepEqual(await references('--election', 'heures'), []);
	assert.match((await ctl('assistance', 'list', '--state', 'anserwed')).err, /did you mean answered\?/);
	assert.match((await ctl('assistance', 'list', '--subject', 'lein')).err, /did you mean lien\?/);
	assert.equal((await ctl('assistance', 'list', '--older', 'hier')).status, 64);

	const shown = await ctl('assistance', 'show', 'a7km2qx');
	assert.match(shown.out, /Ligne une\.\n {2}Ligne deux[^]*par qui répond\./);
	assert.ok(!shown.out.includes('\x1b'), 'nothing that people wrote draws on the terminal');
	assert.equal((await ctl('assistance', 'show', 'ZZZ-ZZZZ')).status, 67);
	assert.equal((await ctl('assistance', 'take', 'A7K-M2QX', '--dry-run')).status, 0);
	assert.equal(sql("select count(*) from assistance_request where state <> 'received'"), '0');
	assert.equal((await ctl('assistance', 'take', 'A7K-M2QX')).status, 0);
	assert.equal(piped('Un nouveau lien est parti.\n', 'assistance', 'answer', 'a7k-m2qx', '--text', '-', '--reason', 'vu au téléphone').status, 0);
	assert.equal(piped('x'.repeat(4001), 'assistance', 'answer', 'A7K-M2QX', '--text', '-').status, 65);
	assert.equal((await ctl('assistance', 'close', 'A7K-M2QX')).status, 0);
	const late = await json('assistance', 'take', 'A7K-M2QX');
	assert.equal(late.status, 65);
	assert.match(late.error, /A7K-M2QX is closed: it cannot be taken/);
	const { assistance } = await json('assistance', 'show', 'A7K-M2QX');
	assert.deepEqual([assistance.state, assistance.note], ['closed', 'Un nouveau lien est parti.']);
	assert.deepEqual(await references('--state', 'all'), ['A7K-M2QX', 'B8L-N3RY', 'C9M-P4SZ']);
	assert.deepEqual(await references('--state', 'closed'), ['A7K-M2QX']);
	assert.equal(sql("select group_concat(concat(act, ': ', detail) order by id separator ' / ') from audit where act like 'assistance%'"),
		'assistance taken: A7K-M2QX / assistance answered: A7K-M2QX: vu au téléphone / assistance closed: A7K-M2QX');
});

test('assistance: a list of thousands comes page by page and loses none', async () => {
	sql("insert into assistance_request (election_id, reference, subject, name, contact, body, created_at, changed_at)"
		+ " select (select id from election where slug = 'heures'), concat('P', lpad(seq, 2, '0'), '-', lpad(seq, 4, '0')), 'autre', 'n', 'c@d.fr', 'b', utc_timestamp(3), utc_timestamp(3) from seq_1_to_1203");
	assert.equal((await json('assistance', 'list', '-e', 'heures')).requests.length, 1203);
	const { out } = await ctl('assistance', 'list', '-e', 'heures');
	assert.equal(out.match(/c@d\.fr/g).length, 1203);
	assert.match(out, /1203 requests\.\n$/);
	sql("delete from assistance_request where contact = 'c@d.fr'");
});

/* The seal is computed here a second time, from its description in common/audit.h: SHA-256(hash before, texts with their lengths). */
function seal() {
	const rows = sql("select id, at, coalesce(election_id, 0), actor, act, subject, detail, request_id from audit order by id").split('\n');
	let hash = Buffer.alloc(32);

	for (const row of rows) {
		const texts = row.split('\t');
		hash = createHash('sha256').update(hash).update(texts.map((text) => `${Buffer.byteLength(text)}:${text}`).join('')).digest();
		sql(`insert into audit_seal (audit_id, hash) values (${texts[0]}, unhex('${hash.toString('hex')}'))`);
	}
	return { n: rows.length, head: hash.toString('hex') };
}

test('audit verify: a whole chain is whole, a changed row and a missing link are found', async () => {
	assert.equal((await json('audit', 'verify')).verified, 0);
	sql('alter table audit_seal auto_increment = 1');
	const { n, head } = seal(), whole = await json('audit', 'verify');
	assert.equal(whole.status, 0, whole.error);
	assert.ok(n >= 4);
	assert.deepEqual([whole.rows, whole.verified, whole.head], [n, n, head]);
	sql('update audit set detail = concat(detail, " ") order by id limit 1');
	const changed = await json('audit', 'verify');
	assert.equal(changed.status, 65);
	assert.match(changed.error, /breaks at link 1: the row it seals was changed/);
	sql('update audit set detail = trim(detail) order by id limit 1; delete from audit_seal where place = 3');
	assert.match((await json('audit', 'verify')).error, /breaks at link 3: a link is missing/);
});
