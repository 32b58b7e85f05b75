/*
 * No statement that electors or mails wait for reads a table from end to end or sorts more than a page, on a roll of some size: what MariaDB says it would do
 * (EXPLAIN), and how many rows it then reads. ISOLOIR_ELECTORS: how many, 30 000 unless told; 1 400 000 take some minutes. A new row of the tables below is judged without being named here; a new column may need a value in VALUES.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { demo, ROOT } from '../lib/demo.mjs';
import { sql_rows } from '../lib/sql_rows.mjs';

const TABLES = ['portal/model/sql.def', 'mailer/model/sql.def', 'common/queue/queue_sql.def', 'common/audit_sql.def', 'common/audit_seal_sql.def'];
const ELECTORS = Number(process.env.ISOLOIR_ELECTORS ?? 30000), NAMES = Math.floor(ELECTORS / 6), SUBJECTS = Math.floor(ELECTORS / 3.3), ROWS_MAX = 100, PAGE = 51, READS_MAX = 2000;

/* Read whole because they are small, however large the roll. */
const SMALL = {
	mail_domain: 'some hundred domains',
	election: 'one or two',
	bureau: 'some dozens',
	challenge_question: 'a dozen',
	scrutin: 'some hundreds; each read is of one election',
};
/* Statements that may do more than a page's work, and how many rows that is. */
const MORE = {
	JOB_PAGE: [3000, 'the sweep reads all unfinished mails, 500 at a time'],
	JOB_PURGE: [3000, 'deletes 1000 at a time, in the sweep'],
	PACE_HISTORY: [100000, 'the mails of one day, once after Redis was emptied'],
	AUDIT_PENDING: [25000, 'the sealer alone: the last 10,000 rows and their seals'],
};

let d, values;

before(async () => {
	d = await demo('explain.mjs', { settings: '[portal]\nworkers = 1\n' });
	d.hold('mailer'); /* else it would send twenty thousand mails */
	fill();
	values = plausible();
});

after(async () => {
	d.release('mailer');
	assert.deepEqual(await d.stop(), []);
});

function fill() {
	const all = `seq_1_to_${ELECTORS}`;

	d.sql(`set global innodb_buffer_pool_size = ${(64 + Math.ceil(ELECTORS / 1000)) * 2 ** 20}; set foreign_key_checks = 0, unique_checks = 0;
		insert into scrutin (election_id, code, kind, name, place) select 1, concat('X', seq), 'X', concat('Scrutin ', seq), 100 + seq from seq_1_to_600;
		insert into posting (id, election_id, name, academy, name_key) select 10000 + seq, 1, concat('Lycée ', seq), 'Nantes', concat('lycee ', seq) from seq_1_to_2000;
		insert into elector (id, election_id, identifier, family_name, given_name, posting) select 100000 + seq, 1, concat('x', seq, '@ac-nantes.fr'), concat('Nom', seq mod ${NAMES}), 'Marie', 'Lycée'
			from ${all};
		insert into elector_scrutin (elector_id, scrutin_id, name_key, posting_id) select 100000 + e.seq, s.id, concat('nom', e.seq mod ${NAMES}, ' marie'), 10001 + e.seq mod 2000
			from ${all} e join scrutin s on s.code in ('X1', 'X2', 'X3') or (e.seq mod 3 = 0 and s.code = concat('X', 4 + e.seq mod 590));
		insert into account (elector_id, password_hash, challenge_question_id, answer_hash, activated_at, changed_at) select 100000 + seq, 'hash', 1, 'hash', utc_timestamp(), utc_timestamp() from seq_1_to_20000;
		insert into session_epoch (elector_id, epoch) select 100000 + seq, 1 from seq_1_to_20000;
		insert into device (elector_id, device, browser, first_at, last_at) select 100000 + seq, unhex(md5(seq)), 'Firefox', utc_timestamp(), utc_timestamp() from seq_1_to_20000;
		insert into activation_token (selector, elector_id, purpose, created_at, expires_at) select unhex(md5(seq)), 100000 + seq, 'activation', utc_timestamp(), utc_timestamp() + interval 1 day
			from seq_1_to_20000;
		insert into mail_job (id, election_id, mail, identifier, domain, reference, state, created_at, due_at, deadline_at, finished_at)
			select md5(seq), 1, 'activation', concat('x', seq, '@ac-nantes.fr'), 'ac-nantes.fr', 'AA-1234', if(seq mod 10, 'sent', 'ready'), utc_timestamp(3), utc_timestamp(3),
			utc_timestamp() + interval 1 day, if(seq mod 10, utc_timestamp(3), null) from seq_1_to_20000;
		insert into bounce (job_id, election_id, identifier, action, class, status, diagnostic, proof, at)
			select md5(seq), 1, concat('x', seq, '@ac-nantes.fr'), 'failed', 'hard', '5.1.1', 'smtp; 550 5.1.1', 'verp', utc_timestamp(3) from seq_1_to_20000;
		insert into suppression (election_id, identifier, why, since, by_whom) select 1, concat('x', seq, '@ac-nantes.fr'), '5.1.1', utc_timestamp(3), 'isoloir-dsn' from seq_1_to_20000;
		insert into audit (id, at, election_id, actor, act, subject) select 100000 + seq, utc_timestamp(3), 1, 'portal', 'login accepted', left(md5(seq mod ${SUBJECTS}), 16) from ${all};
		insert into audit_seal (place, audit_id, hash) select 100000 + seq, 100000 + seq, repeat('x', 32) from ${all};
		insert into assistance_request (election_id, reference, elector_id, subject, name, contact, body, created_at, changed_at)
			select 1, concat('R', lpad(seq, 8, '0')), 100000 + seq, 'courriel', 'Nom', concat('x', seq, '@ac-nantes.fr'), 'texte', utc_timestamp(), utc_timestamp() from seq_1_to_5000;
		analyze table ${d.sql('show tables').split('\n').join()}`);
}

/* What stands for a parameter, by the column that it is compared with, and the operator where that matters. */
function plausible() {
	const scrutin = d.sql("select id from scrutin where code = 'X1'"), draw = d.sql('select draw from account limit 100, 1');

	return {
		election_id: '1', elector_id: '115000', scrutin_id: scrutin, posting_id: '10077', audit_id: '115000', slug: "'demo'", identifier: "'x15000@ac-nantes.fr'",
		'name_key>=': "'nom3'", 'name_key<': "'nom3~'", 'name_key<=': "'nom4'", 'name_key>': "'nom31'", selector: "unhex(md5('15000'))", device: "unhex(md5('15000'))",
		subject: "left(md5('77'), 16)", reference: "'R00000077'", contact: "'x77@ac-nantes.fr'", draw, 'draw>=': draw, mail: "'activation'", purpose: "'activation'", state: "'ready'", live: '1',
		place: '115000', code: "'X1'", domain: "'ac-nantes.fr'", limit: String(PAGE), interval: '60', find_in_set: "'activation,reset'", name: "'edito'", password_hash: "'hash'",
	};
}

/* mail_job.id is a text, all others are numbers; posting has numbers of its own. */
function id_of(text) {
	return /mail_job j? ?|update mail_job|join mail_job/.test(text) ? "md5('15000')" : /from posting/.test(text) ? '10077' : '115000';
}

function value_of(text, head) {
	const compared = head.match(/(\w+)\s*(=|<>|<=|>=|<|>)\s*(?:\w+\()?$/);

	if (/offset $/.test(head))
		return '1900';
	if (/limit $/.test(head))
		return values.limit;
	if (/interval $/.test(head))
		return values.interval;
	if (/find_in_set\([\w.]+, $/.test(head))
		return values.find_in_set;
	if (!compared)
		return '1';
	const [, column, operator] = compared;
	if (column === 'name_key' && /from posting/.test(text))
		return operator === '<' ? "'lycee~'" : "'lycee'";
	return values[column + operator] ?? values[column] ?? (column === 'id' ? id_of(text) : '1');
}

function with_values(text) {
	const parts = text.split('?');
	let head = parts[0];

	for (const part of parts.slice(1))
		head += value_of(text, head) + part;
	return head;
}

const ask = (...statements) => execFileSync('mariadb', ['--no-defaults', `--socket=${d.MARIADB}`, '-u', 'root', '-B', 'isoloir', '-e', statements.join(';')],
	{ encoding: 'utf8', maxBuffer: 64 << 20 }).trimEnd();

/** What is wrong with what MariaDB would do. */
function faults_of_plan(statement, allowed) {
	const [head, ...lines] = ask(`explain ${statement}`).split('\n').map((line) => line.split('\t'));
	const faults = [];

	for (const line of lines) {
		const { table, type, rows, Extra: extra } = Object.fromEntries(head.map((name, i) => [name, line[i]]));
		const named = Object.keys(SMALL).find((name) => new RegExp(`\\b${name}\\b(?: as)? ${table}\\b|\\b${name}\\b`).test(statement) && (table === name || new RegExp(`\\b${name} ${table}\\b`).test(statement)));

		if (Number(rows) <= allowed || named)
			continue;
		if (type === 'ALL' || type === 'index')
			faults.push(`reads all of ${table} (${rows} rows)`);
		if (/filesort|temporary/.test(extra) && Number(rows) > PAGE)
			faults.push(`sorts ${rows} rows of ${table}`);
	}
	return faults;
}

/** What a select read, in rows. */
function reads_of(statement) {
	const told = ask('flush status', statement, "show session status like 'Handler_read%'");

	return [...told.matchAll(/^Handler_read_\w+\t(\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
}

function faults_of(statement, name) {
	const [more] = MORE[name] ?? [];
	const faults = faults_of_plan(statement, more ?? ROWS_MAX);
	const reads = /^\s*select/.test(statement) ? reads_of(statement) : 0;

	if (process.env.ISOLOIR_TELL)
		console.log(name, reads);
	return reads > (more ?? READS_MAX) ? [...faults, `reads ${reads} rows`] : faults;
}

for (const file of TABLES)
	test(`every statement of ${file} has its index`, () => {
		const rows = sql_rows(readFileSync(join(ROOT, file), 'utf8'));
		const source = readFileSync(join(ROOT, file), 'utf8').match(/^SQL\(/gm);
		const faults = [];

		assert.equal(rows.length, source.length);
		for (const { name, text } of rows) {
			const statement = with_values(text);
			if (!/^\s*insert (?:ignore )?into \w+ \([^)]*\) values/.test(statement))
				faults.push(...faults_of(statement, name).map((fault) => `${name} ${fault}: ${statement}`));
		}
		assert.deepEqual(faults, []);
	});

test('an excuse is of a statement that there is', () => {
	const names = TABLES.flatMap((file) => sql_rows(readFileSync(join(ROOT, file), 'utf8')).map(({ name }) => name));

	assert.deepEqual(Object.keys(MORE).filter((name) => !names.includes(name)), []);
});

test('a planted scan, sort, offset and missed key are found', () => {
	for (const [planted, why] of [
		["select id from elector where family_name = 'Nom7'", /reads all of elector/],
		['select elector_id from elector_scrutin order by posting_id limit 50', /reads all|sorts/],
		[with_values('select elector_id from elector_scrutin where scrutin_id = ? order by posting_id + 1 limit 50'), /sorts/],
		[with_values('select elector_id from elector_scrutin where scrutin_id = ? order by name_key, elector_id limit 20000, 50'), /reads 20050 rows/],
		[with_values('select count(*) from elector_scrutin where scrutin_id = ?'), new RegExp(`reads ${ELECTORS / 10}\\d rows`)],
		["update elector set gone_at = utc_timestamp() where posting = 'x'", /reads all of elector/],
	])
		assert.match(faults_of(planted).join('; '), why, planted);
});
