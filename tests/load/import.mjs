/*
 * A roll through `isoloirctl import`, against a bare LOAD DATA of the same rows, checked by nobody, into twins of the same tables. ISOLOIR_ELECTORS: how
 * many (100 000); 1 400 000 make 5.2 million entries.
 */
import { spawn } from 'node:child_process';
import { chownSync, createReadStream, createWriteStream, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { median } from '../lib/rank.mjs';

const N = Number(process.env.ISOLOIR_ELECTORS ?? 100000);

/* {seconds, peak (MB), answer} of one command. */
function timed(demo, ...words) {
	return new Promise((done, fail) => {
		const began = performance.now(), child = spawn(demo.ISOLOIRCTL, ['-c', demo.CONF, '--json', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
		let text = '', peak = 0;
		const look = setInterval(() => {
			try {
				peak = Math.max(peak, Number(readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)?.[1] ?? 0));
			} catch { /* it has just ended */ }
		}, 25);
		child.stdout.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
		child.once('close', (code) => {
			clearInterval(look);
			const answer = JSON.parse(text);
			if (code === 0)
				done({ seconds: (performance.now() - began) / 1000, peak: peak / 1024, answer });
			else
				fail(new Error(`isoloirctl ${words.join(' ')}: ${answer.error}`));
		});
	});
}

/* Lines of one file into another, each as it is made of its number and itself; undefined: left out. */
async function rewrite(from, to, make) {
	const out = createWriteStream(to);
	let i = 0;

	for await (const line of createInterface({ input: createReadStream(from) })) {
		const made = make(++i, line);
		if (made !== undefined && !out.write(`${made}\n`))
			await new Promise((go) => out.once('drain', go));
	}
	await new Promise((go) => out.end(go));
}

/* One person in two hundred has another name, another one leaves a scrutin; of a roll one entry in a hundred goes. */
const change = (i, line) => (i % 200 === 0 ? line.replace(/;([^;]+);/, ';$1;Nouveau-') : i % 200 === 100 ? line.replace(/ [^ ;]+$/, '') : line);
const thin = (i, line) => (i % 100 === 0 ? undefined : line);

function bare(demo, dir) {
	const seconds = (sql) => {
		const began = performance.now();
		demo.sql(sql);
		return (performance.now() - began) / 1000;
	};
	const columns = { elector: 'id, election_id, identifier, civility, family_name, given_name, posting, academy, time_zone, name_key, posting_id', elector_scrutin: 'elector_id, scrutin_id, name_key, posting_id' };

	let all = 0;
	for (const [table, names] of Object.entries(columns)) {
		const path = join(dir, `${table}.out`);
		demo.sql(`select ${names} from ${table} into outfile '${path}' character set utf8mb4`);
		all += median([1, 2, 3].map(() => {
			demo.sql(`create or replace table bare_${table} like ${table}`);
			return seconds(`load data local infile '${path}' into table bare_${table} character set utf8mb4 (${names})`);
		}));
		demo.sql(`drop table bare_${table}`);
	}
	return all;
}

/* What the portal's people feel meanwhile: whole activations, one after the other, of persons who are on the roll until the import takes its last step. */
async function beside(stand, name, work) {
	const { demo } = stand, people = stand.enrol(480, name), times = [];
	const status = (what) => Number(demo.sql(`show global status like '${what}'`).split('\t')[1]);
	const undo = () => statSync(join(demo.dir, 'data/mariadb/ibdata1')).size;
	const waits = status('Innodb_row_lock_waits'), before = undo();
	let over = false, failed;

	const visits = (async () => {
		for (const who of people) {
			const began = performance.now();
			await stand.activate(who).then(() => times.push(performance.now() - began), (error) => { failed = { error, at: performance.now() }; });
			if (over || failed)
				return;
		}
	})();
	const result = await work();
	over = true;
	if (failed && performance.now() - failed.at > 5000)
		throw failed.error; /* later ones are off the roll already */
	await visits;
	return { result, times, waits: status('Innodb_row_lock_waits') - waits, longest: status('Innodb_row_lock_time_max'), undo: (undo() - before) / 2 ** 20 };
}

export async function import_figure(stand) {
	const { demo } = stand, dir = join(demo.dir, 'tmp/import'), { uid, gid } = statSync(join(demo.dir, 'conf/keys'));
	const apply = (what, name) => timed(demo, 'import', what, join(dir, name), '--apply', '--reason', 'figure');

	mkdirSync(dir);
	chownSync(dir, uid, gid);
	demo.sql(`set global innodb_buffer_pool_size = ${(128 + Math.ceil(N / 700)) * 2 ** 20}; set global innodb_log_file_size = ${2 ** 30}`);
	await timed(demo, 'electors', 'generate', String(Math.ceil(N / 10)), join(dir, 'small'));
	await timed(demo, 'electors', 'generate', String(N), join(dir, 'whole'));
	await apply('scrutins', 'whole/scrutins.csv');
	const small = await timed(demo, 'import', 'electors', join(dir, 'small/electors.csv'));
	const alone = await beside(stand, 'alone', () => new Promise((done) => setTimeout(done, 5000)));
	const first = await apply('electors', 'whole/electors.csv');
	const reference = bare(demo, dir);
	await rewrite(join(dir, 'whole/electors.csv'), join(dir, 'changed.csv'), change);
	await rewrite(join(dir, 'whole/roll.csv'), join(dir, 'thin.csv'), thin);
	const second = await apply('electors', 'changed.csv'), undone = await timed(demo, 'import', 'undo');
	const roll = await apply('roll', 'thin.csv');
	await timed(demo, 'import', 'undo');
	const felt = await beside(stand, 'beside', () => apply('electors', 'changed.csv'));
	const size = `${N} electors, ${first.answer.entries_added} entries`;
	const told = `${second.answer.changed} persons and ${second.answer.entries_removed} entries changed`;

	return [
		{ what: 'import, checked and applied / bare LOAD DATA', value: first.seconds / reference, digits: 2, target: '≤ 2.5', good: first.seconds <= 2.5 * reference,
			raw: `${size}: ${first.seconds.toFixed(1)} s, bare ${reference.toFixed(1)} s` },
		{ what: 'again with one in a hundred changed / bare LOAD DATA', value: second.seconds / reference, digits: 2, target: '≤ 1.0', good: second.seconds <= reference,
			raw: `${second.seconds.toFixed(1)} s, ${told}; its undo ${undone.seconds.toFixed(1)} s` },
		{ what: 'import roll with one entry in a hundred gone / bare LOAD DATA', value: roll.seconds / reference, digits: 2,
			raw: `${roll.seconds.toFixed(1)} s, ${roll.answer.entries_removed} entries gone` },
		{ what: 'isoloirctl at most, MB more than for a tenth of the roll', value: first.peak - small.peak, digits: 1, target: '≤ 2', good: first.peak - small.peak <= 2,
			raw: `VmHWM ${small.peak.toFixed(1)} MB for a tenth, ${first.peak.toFixed(1)} MB` },
		{ what: 'an activation beside an import / beside nothing, median', value: median(felt.times) / median(alone.times), digits: 2,
			raw: `${felt.times.length} of them, ${median(felt.times).toFixed(0)} ms, the longest ${Math.max(...felt.times).toFixed(0)} ms; beside nothing ${median(alone.times).toFixed(0)} and `
				+ `${Math.max(...alone.times).toFixed(0)} ms; ${felt.waits} waits for a row, the longest ${felt.longest} ms; undo grew by ${felt.undo.toFixed(0)} MB` },
	];
}
