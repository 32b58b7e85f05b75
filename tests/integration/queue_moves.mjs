/*
 * The scripts of the live queue allow the moves of common/queue/moves.def and no others: every script on a job in every place, towards every place, on a real
 * Redis. And the picture and the manual are what the table says. ISOLOIR_BUILD: the build to run.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const tree = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const build = path.resolve(process.env.ISOLOIR_BUILD ?? path.join(tree, '.build/plain'));
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'isoloir-moves-'));
const socket = path.join(dir, 's');
const table = path.join(tree, 'common/queue/moves.def');
const PLACES = ['out', 'ready', 'leased', 'held', 'uncertain', 'settling', 'dead'];
let redis;

before(async () => {
	redis = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--dir', dir, '--save', '', '--logfile', path.join(dir, 'log')], { stdio: 'ignore' });
	for (let i = 0; i < 100 && spawnSync('redis-cli', ['-s', socket, 'PING'], { encoding: 'utf8' }).stdout.trim() !== 'PONG'; i++)
		await new Promise((done) => setTimeout(done, 50));
});

after(async () => {
	const ended = new Promise((done) => redis.once('exit', done));

	redis.kill();
	await ended;
	fs.rmSync(dir, { recursive: true, force: true });
});

/* [{from, to, scripts}] */
const moves = [...fs.readFileSync(table, 'utf8').matchAll(/^MOVE\((\w+), (\w+), "([^"]+)"/gm)].map(([, from, to, scripts]) => ({ from, to, scripts: scripts.split(' ') }));
const allowed = (script, from, to) => moves.some((m) => m.from === from && m.to === to && m.scripts.includes(script));

/* Where a script without a choice leads. */
const LEADS = { lease: 'leased', renew: 'leased', mark: 'leased', takeover: 'leased', finish: 'out', expel: 'out', trim: 'out' };

function tries() {
	const { status, stdout, stderr } = spawnSync(path.join(build, 'tests/integration/queue_moves'), [socket], { encoding: 'utf8' });

	assert.equal(status, 0, stderr);
	return stdout.trim().split('\n').map((line) => {
		const [script, from, to, now, sets] = line.split(' ');
		return { script, from, to: to === '-' ? LEADS[script] : to, now, sets: Number(sets) };
	});
}

/** What the scripts did otherwise than the table says. */
function faults(list) {
	return list.flatMap(({ script, from, to, now, sets }) => {
		const should = allowed(script, from, to) ? to : from;
		const wrong = now !== should ? [`${script} ${from} > ${to}: it then stands in ${now}, not in ${should}`] : [];
		return sets !== (now === 'out' ? 0 : 1) ? [...wrong, `${script} ${from} > ${to}: in ${sets} sets`] : wrong;
	});
}

test('every script on a job in every place, towards every place, moves it as the table says and not otherwise', () => {
	const list = tries();

	assert.equal(list.length, 7 * (2 * 7 + 7));
	for (const script of ['put', 'move'])
		for (const from of PLACES)
			assert.deepEqual(list.filter((one) => one.script === script && one.from === from).map(({ to }) => to), PLACES);
	assert.deepEqual(faults(list), []);
	const succeeded = list.filter(({ script, from, to }) => allowed(script, from, to));
	assert.equal(succeeded.length, moves.reduce((n, { scripts }) => n + scripts.length, 0), 'each row was tried with each of its scripts');
	assert.ok(succeeded.length < list.length / 2, 'most pairs are no moves');
});

test('a script that does more or less than the table is found', () => {
	const planted = [
		{ script: 'move', from: 'dead', to: 'ready', now: 'ready', sets: 1 },
		{ script: 'move', from: 'held', to: 'ready', now: 'held', sets: 1 },
		{ script: 'put', from: 'out', to: 'ready', now: 'ready', sets: 2 },
		{ script: 'finish', from: 'leased', to: 'out', now: 'out', sets: 1 },
	];

	for (const one of planted)
		assert.equal(faults([one]).length, 1, JSON.stringify(one));
});

test('a job whose hash names another place than the lane where it is found is not leased, and leaves the lane', () => {
	const cli = (...words) => execFileSync('redis-cli', ['-s', socket, ...words], { encoding: 'utf8' }).trim();
	const id = '0123456789abcdef0123456789abcdef', key = 'isoloir:{mq}:';

	spawnSync(path.join(build, 'tests/integration/queue_moves'), [socket]);
	cli('FLUSHALL');
	cli('HSET', `${key}pace`, '', '');
	cli('HSET', `${key}job:${id}`, 'class', '0', 'lane', 'ac-nantes.fr', 'mail', 'activation', 'place', 'held');
	cli('ZADD', `${key}held`, '1', id);
	cli('ZADD', `${key}ready:0:ac-nantes.fr`, '1', id);
	cli('ZADD', `${key}lanes:0`, '1', 'ac-nantes.fr');
	const header = fs.readFileSync(path.join(build, 'common/queue_lua.h'), 'utf8');
	const lua = (name) => [...header.matchAll(new RegExp(`^#define QUEUE_LUA_${name} [^]*?^\\t""$`, 'gm'))].join('')
		.replace(/^#define.*\n/, '').split('\n').map((line) => line.match(/^\t"(.*)\\n" \\$/)?.[1] ?? '').join('\n').replace(/\\(["\\])/g, '$1');
	assert.equal(cli('EVAL', `${lua('PRELUDE')}\n${lua('LEASE')}`, '1', key, 'nobody', '60000', '0 1 2', '0', '', '100').split('\n').length, 1, 'it answers how long to wait');
	assert.equal(cli('HGET', `${key}job:${id}`, 'place'), 'held');
	assert.equal(cli('ZCARD', `${key}ready:0:ac-nantes.fr`), '0');
	assert.equal(cli('ZCARD', `${key}leased`), '0');
});

test('the picture and the list of the manual are what the table says', () => {
	const made = (as) => execFileSync('awk', ['-v', `as=${as}`, '-f', path.join(tree, 'common/moves.awk'), table], { encoding: 'utf8' });

	assert.equal(fs.readFileSync(path.join(tree, 'docs/queue-moves.svg'), 'utf8'), made('svg'), 'make update-moves');
	assert.ok(fs.readFileSync(path.join(tree, 'man/isoloir-queue.7'), 'utf8').includes(`BEGIN moves\n${made('mdoc')}`), 'make update-moves');
	for (const { from, to } of moves)
		assert.match(made('svg'), new RegExp(`>\\d+\\. ${from} → ${to}: `));
	const bad = spawnSync('awk', ['-v', 'as=svg', '-f', path.join(tree, 'common/moves.awk')], { input: 'MOVE(ready, sent, "move", "sender", "x")\n', encoding: 'utf8' });
	assert.equal(bad.status, 1);
	assert.match(bad.stderr, /no such place/);
});
