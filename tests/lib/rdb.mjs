/*
 * Every string in a Redis dump as Redis 7.0 writes it: an RDB file, one key's DUMP, or a directory of append-only files. What it does not know is an error:
 * a dump that was read in part would prove nothing.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

class Reader {
	constructor(bytes, found) {
		this.bytes = bytes;
		this.at = 0;
		this.found = found;
	}

	take(n) {
		if (this.at + n > this.bytes.length)
			throw new Error(`the dump ends within something (${this.at} + ${n})`);
		this.at += n;
		return this.bytes.subarray(this.at - n, this.at);
	}

	byte() {
		return this.take(1)[0];
	}

	/* A length, or {special} for what is no length. */
	length() {
		const first = this.byte();

		switch (first >> 6) {
		case 0: return first & 63;
		case 1: return ((first & 63) << 8) | this.byte();
		case 2: return first === 0x80 ? this.take(4).readUInt32BE() : Number(this.take(8).readBigUInt64BE());
		default: return { special: first & 63 };
		}
	}

	number() {
		const n = this.length();

		if (typeof n !== 'number')
			throw new Error('a length that is none');
		return n;
	}

	/* The bytes of a string, unpacked. */
	raw() {
		const n = this.length();

		if (typeof n === 'number')
			return this.take(n);
		if (n.special < 3)
			return Buffer.from(String(this.take(1 << n.special).readIntLE(0, 1 << n.special)));
		if (n.special !== 3)
			throw new Error(`a string of kind ${n.special}`);
		const packed = this.number();
		const size = this.number();

		return lzf(this.take(packed), size);
	}

	string() {
		const bytes = this.raw();

		this.found.push(bytes);
		return bytes;
	}

	object(type) {
		const strings = (n) => { for (let i = 0; i < n; i++) this.string(); };

		switch (type) {
		case 0: return this.string();
		case 1: case 2: return strings(this.number());
		case 4: return strings(2 * this.number());
		case 5:
			for (let n = this.number(); n > 0; n--) {
				this.string();
				this.take(8); /* the score, a double */
			}
			return undefined;
		case 11: return this.raw(); /* numbers */
		case 16: case 17: case 20: return listpack(this.raw(), this.found);
		case 18:
			for (let n = this.number(); n > 0; n--)
				if (this.number() === 1)
					this.string(); /* too long for a listpack */
				else
					listpack(this.raw(), this.found);
			return undefined;
		default: throw new Error(`a value of type ${type}`);
		}
	}

	file() {
		if (!/^REDIS\d{4}$/.test(this.take(9).toString('latin1')))
			throw new Error('no RDB file');
		for (;;) {
			const op = this.byte();

			switch (op) {
			case 0xf5: this.string(); break; /* a function's code */
			case 0xf8: this.number(); break;
			case 0xf9: this.byte(); break;
			case 0xfa: this.string(); this.string(); break;
			case 0xfb: this.number(); this.number(); break;
			case 0xfc: this.take(8); break;
			case 0xfd: this.take(4); break;
			case 0xfe: this.number(); break;
			case 0xff: this.take(8); return; /* the end, and its checksum */
			default:
				this.string();
				this.object(op);
			}
		}
	}
}

function lzf(packed, size) {
	const out = Buffer.alloc(size);
	let to = 0;

	for (let at = 0; at < packed.length;) {
		const control = packed[at++];

		if (control < 32) {
			packed.copy(out, to, at, at + control + 1);
			at += control + 1;
			to += control + 1;
			continue;
		}
		let n = control >> 5;
		if (n === 7)
			n += packed[at++];
		let from = to - ((control & 31) << 8) - packed[at++] - 1;
		for (n += 2; n > 0; n--)
			out[to++] = out[from++];
	}
	if (to !== size)
		throw new Error('a packed string of another size');
	return out;
}

function listpack(bytes, found) {
	const end = bytes.readUInt32LE();

	if (end !== bytes.length)
		throw new Error('a listpack of another size');
	for (let at = 6; bytes[at] !== 0xff;) {
		const first = bytes[at];
		const begin = at;
		let text = 0;

		if (first < 0x80) at += 1;
		else if (first < 0xc0) { text = first & 63; at += 1; }
		else if (first < 0xe0) at += 2;
		else if (first < 0xf0) { text = ((first & 15) << 8) | bytes[at + 1]; at += 2; }
		else if (first === 0xf0) { text = bytes.readUInt32LE(at + 1); at += 5; }
		else if (first <= 0xf4) at += 1 + [2, 3, 4, 8][first - 0xf1];
		else throw new Error(`an entry of kind ${first}`);
		if (text > 0)
			found.push(bytes.subarray(at, at + text));
		at += text;
		const size = at - begin;
		at += size < 128 ? 1 : size < 16384 ? 2 : size < 2097152 ? 3 : size < 268435456 ? 4 : 5;
	}
}

/** Of an RDB file's bytes. */
export function rdb_strings(bytes) {
	const found = [];

	new Reader(bytes, found).file();
	return found;
}

/** Of the bytes that DUMP gives for one key: the value, the version and a checksum. */
export function dump_strings(bytes) {
	const found = [];
	const reader = new Reader(bytes, found);

	reader.object(reader.byte());
	if (reader.at + 10 !== bytes.length)
		throw new Error('a DUMP with something behind its value');
	return found;
}

/** Of Redis' append-only directory: its base is an RDB file, the rest are commands, which are not packed. */
export function aof_strings(dir) {
	return readdirSync(dir).map((name) => join(dir, name)).filter((path) => statSync(path).isFile()).flatMap((path) => {
		const bytes = readFileSync(path);

		return path.endsWith('.rdb') ? rdb_strings(bytes) : [bytes];
	});
}
