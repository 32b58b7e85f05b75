/* Voting codes as a test reads them: what the database should hold of one (common/code.h). */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './demo.mjs';

export const CODE = /\b(?:[0-9A-HJKMNP-TV-Z]{3}-){5}[0-9A-HJKMNP-TV-Z]{3}\b/;

/** For whoever draws sheets under AddressSanitizer. */
export const LSAN = { LSAN_OPTIONS: `suppressions=${join(ROOT, 'tests/lib/lsan.supp')}:print_suppressions=0` };

export function hash_of(d, code) {
	const key = Buffer.from(readFileSync(join(d.dir, 'conf/keys/pepper.key'), 'utf8').trim(), 'hex');
	const number = [...code.replaceAll('-', '')].slice(0, 17).reduce((n, sign) => n * 32n + BigInt('0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(sign)), 0n);
	const election = Buffer.alloc(8);
	const hmac = createHmac('sha256', key);

	election.writeBigUInt64BE(BigInt(d.election_id ??= d.sql("select id from election where slug = 'demo'")));
	for (const part of [Buffer.from('voting code'), election, Buffer.from(number.toString(16).padStart(32, '0'), 'hex')]) {
		const size = Buffer.alloc(8);
		size.writeBigUInt64BE(BigInt(part.length));
		hmac.update(size).update(part);
	}
	return hmac.digest('hex').toUpperCase();
}
