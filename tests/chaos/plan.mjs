/*
 * What goes wrong in a run of the chaos, all of it drawn from one seed. A cue of the peer depends on nothing but the seed, whose mail it is and the how manieth
 * try, or which session; an event on nothing but the seed and its place in the list: the same seed gives the same, however the processes happen to run.
 */
import { createHash } from 'node:crypto';

/** A number from 0 to 1 for the words given. */
export function chance(...words) {
	return createHash('sha256').update(words.join('\n')).digest().readUInt32BE() / 2 ** 32;
}

const pick = (list, x) => list[Math.min(list.length - 1, Math.floor(x * list.length))];

/* Nothing of this is an acceptance. */
const GARBAGE = [
	`${'x'.repeat(70000)}\r\n`, `451 ${'y'.repeat(20000)}\r\n`, '999 what\r\n', '000 what\r\n', '25\r\n', 'abc\r\n', '\r\n', '\0\0\0\r\n', '2\x0050 taken\r\n',
	'-250 taken\r\n', ' 250 taken\r\n', '2147483898 taken\r\n', '4294967546 taken\r\n', '\x80\xff\xfe\r\n', '250-first\r\n450 then\r\n', '450-first\r\n250 then\r\n', '%s%s%n\r\n',
	'1\r\n2\r\n3\r\n', '199 wait\r\n',
];
const NOT_A_REFUSAL = GARBAGE.filter((one) => !/^[45]/.test(one)); /* of a mail that is kept */
/* What a line must be cut off in; and an acceptance in a form that nobody expects. */
const UNFINISHED = ['250-', '250', '550', '2', `250-${'z'.repeat(3000)}`, '250-a\r\n250-b\r\n250-', '\0'];
const ODD_ACCEPTANCE = ['250\r\n', '250 \0\0\r\n', `250 ${'w'.repeat(900)}\r\n`, '250-2.0.0 first\r\n250 2.0.0 last\r\n', '250 2.999999.0 taken\r\n', '298 taken\r\n'];

const raw = (list) => (x) => ({ raw: Buffer.from(pick(list, x), 'latin1') });
const cut = () => ({ cut: true });
const wait = (most) => (x) => ({ wait: Math.floor(x * most) });
const say = (text) => (x, tag) => `${text} ${tag}`;
const with_cut = (one) => (x, tag) => ({ ...one(x, tag), cut: true });
const kept = (one) => (x, tag) => ({ ...one(x, tag), keep: true });

/* Share of all that come to this phase, and what happens to them. */
const ROWS = {
	connect: [[0.01, cut], [0.01, say('421 4.3.2 not now')], [0.005, say('554 5.3.2 never')], [0.01, with_cut(raw(GARBAGE))], [0.01, with_cut(raw(UNFINISHED))], [0.02, wait(400)], [0.003, wait(1600)]],
	ehlo: [[0.01, cut], [0.005, say('421 4.3.2 not now')], [0.005, say('502 5.5.1 what')], [0.01, with_cut(raw(GARBAGE))], [0.01, raw(GARBAGE)], [0.01, with_cut(raw(UNFINISHED))], [0.003, wait(1600)]],
	mail: [[0.004, cut], [0.004, say('451 4.3.0 later')], [0.002, say('550 5.1.8 not you')], [0.004, with_cut(raw(GARBAGE))], [0.004, raw(GARBAGE)], [0.002, wait(1600)]],
	rcpt: [[0.05, say('450 4.2.0 later')], [0.02, say('550 5.1.1 nobody')], [0.02, cut], [0.005, say('503 5.5.1 not now')], [0.005, say('421 4.3.2 closing')], [0.01, with_cut(raw(GARBAGE))],
		[0.01, raw(GARBAGE)], [0.005, with_cut(raw(UNFINISHED))], [0.04, wait(300)], [0.004, wait(1600)]],
	data: [[0.02, say('451 4.3.0 later')], [0.01, say('554 5.6.0 not that')], [0.02, cut], [0.01, with_cut(raw(GARBAGE))], [0.01, raw(GARBAGE)], [0.03, wait(300)], [0.003, wait(1600)]],
	text: [[0.03, cut], [0.02, wait(300)]],
	dot: [[0.03, say('451 4.3.0 later')], [0.01, say('554 5.6.0 not that')], [0.005, say('503 5.5.1 not now')], [0.03, cut], [0.04, kept(cut)], [0.02, with_cut(raw(GARBAGE))],
		[0.01, raw(GARBAGE)], [0.01, with_cut(raw(UNFINISHED))], [0.01, kept(with_cut(raw(NOT_A_REFUSAL)))], [0.02, kept(raw(ODD_ACCEPTANCE))], [0.05, wait(400)], [0.005, wait(1600)]],
};

const EXTENSIONS = [['8BITMIME'], ['PIPELINING', 'ENHANCEDSTATUSCODES'], ['CHUNKING', '8BITMIME'], ['PIPELINING', 'CHUNKING', 'ENHANCEDSTATUSCODES']];

/* Name, weight, and for how many ms at most something is away. */
const EVENTS = [
	['kill a sender', 6, 0], ['kill all senders', 2, 0], ['kill the master', 3, 300], ['arm a fault point', 4, 0], ['kill a putter', 2, 0],
	['kill Redis', 3, 1500], ['FLUSHALL', 2, 0], ['fill Redis’ disk', 2, 800],
	['kill MariaDB', 1, 1500], ['end MariaDB', 1, 1000], ['MariaDB is read-only', 2, 1500],
	['the clock steps', 3, 1500], ['the peer dies', 2, 1000],
];
export const FAULT_POINTS = ['lease', 'compose', 'mark', 'marking', 'marked', 'settle', 'settled', 'parking', 'parked', 'takeover', 'resume', 'closed'];

export class Plan {
	constructor(seed) {
		this.seed = seed;
		this.given = []; /* {key, act}: what was asked for, and what came of it */
		this.tries = new Map(); /* by recipient: in which sessions */
		this.mails = new Map(); /* MAIL commands of each session: nobody's yet */
	}

	/** Every session in its turn has another of the four. */
	extensions(session) {
		return pick(EXTENSIONS, chance(this.seed, 'extensions', session));
	}

	/** What the peer does about it; undefined: nothing. */
	cue({ to, n, phase, session }) {
		let key = `${phase} ${to} ${n}`;

		if (!to || phase === 'connect' || phase === 'ehlo' || phase === 'mail') {
			const turn = phase === 'mail' ? (this.mails.get(session) ?? 0) + 1 : 0;

			this.mails.set(session, turn);
			key = `${phase} session ${session} ${turn}`;
		}
		const act = this.act(phase, key);

		if (to && phase === 'rcpt')
			this.tries.set(to, [...this.tries.get(to) ?? [], `session ${session}`]);
		if (act)
			this.given.push({ key, act });
		return act;
	}

	act(phase, key) {
		let left = chance(this.seed, 'cue', key);

		for (const [share, make] of ROWS[phase]) {
			if (left < share)
				return make(chance(this.seed, 'how', key), `[${createHash('sha256').update(`${this.seed} ${key}`).digest('hex').slice(0, 8)}]`);
			left -= share;
		}
		return undefined;
	}

	/** For people: what the peer did to a recipient, and to the sessions in which its mails came. */
	story(to) {
		const names = [to, ...this.tries.get(to) ?? []];

		return this.given.filter(({ key }) => names.some((name) => key.includes(` ${name} `)))
			.map(({ key, act }) => `${key}: ${act.raw ? JSON.stringify(act.raw.toString('latin1').slice(0, 60)) : ''} ${JSON.stringify(act.raw ? { ...act, raw: undefined } : act)}`);
	}

	/** The how manieth event: {name, pause before it, away, x for what else has to be chosen}. */
	event(i) {
		const total = EVENTS.reduce((sum, [, weight]) => sum + weight, 0);
		let left = chance(this.seed, 'event', i) * total;
		const [name, , away] = EVENTS.find(([, weight]) => (left -= weight) < 0);

		return { name, pause: 100 + Math.floor(chance(this.seed, 'pause', i) * 1200), away: Math.floor(chance(this.seed, 'away', i) * away), x: chance(this.seed, 'x', i) };
	}

	fault_point(i) {
		return pick(FAULT_POINTS, chance(this.seed, 'fault point', i));
	}
}
