/*
 * Small pictures of our own screens: a PNG of Chromium's becomes one of at most 16 colours, which for text on plain grounds looks the same and is a
 * fifth of the size. Only what is needed for that: 8 bits a channel, not interlaced (PNG specification, 4.1, 6 and 9).
 */
import { deflateSync, inflateSync, crc32 as zlib_crc } from 'node:zlib';

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const COLOURS = 16;

const TABLE = Array.from({ length: 256 }, (_, n) => {
	let c = n;
	for (let k = 0; k < 8; k++)
		c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
	return c >>> 0;
});

function crc(bytes) {
	if (zlib_crc)
		return zlib_crc(bytes);
	let c = 0xffffffff;
	for (const byte of bytes)
		c = TABLE[(c ^ byte) & 255] ^ (c >>> 8);
	return (c ^ 0xffffffff) >>> 0;
}

function* chunks(png) {
	for (let at = SIGNATURE.length; at < png.length;) {
		const len = png.readUInt32BE(at);
		yield [png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + len)];
		at += len + 12;
	}
}

function chunk(type, data) {
	const out = Buffer.alloc(data.length + 12);

	out.writeUInt32BE(data.length, 0);
	out.write(type, 4, 'latin1');
	data.copy(out, 8);
	out.writeUInt32BE(crc(out.subarray(4, data.length + 8)), data.length + 8);
	return out;
}

/** What a picture says of itself: width, height, colour type (3: palette). */
export function header(png) {
	return { width: png.readUInt32BE(16), height: png.readUInt32BE(20), depth: png[24], type: png[25], interlaced: png[28] === 1 };
}

function paeth(a, b, c) {
	const p = a + b - c;
	const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
	return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

const PREDICT = [() => 0, (a) => a, (a, b) => b, (a, b) => (a + b) >> 1, paeth];

/* The pixels, without the filters of their lines. */
function decode(png) {
	const { width, height, depth, type, interlaced } = header(png);
	const bytes = { 2: 3, 6: 4 }[type];
	if (depth !== 8 || interlaced || !bytes)
		throw new Error('not a picture as Chromium makes them');
	const raw = inflateSync(Buffer.concat([...chunks(png)].filter(([name]) => name === 'IDAT').map(([, data]) => data)));
	const row = width * bytes;
	const out = Buffer.alloc(row * height);

	for (let y = 0; y < height; y++) {
		const predict = PREDICT[raw[y * (row + 1)]];
		for (let x = 0; x < row; x++) {
			const at = y * row + x;
			const left = x >= bytes ? out[at - bytes] : 0;
			const up = y > 0 ? out[at - row] : 0;
			const corner = x >= bytes && y > 0 ? out[at - row - bytes] : 0;
			out[at] = raw[y * (row + 1) + 1 + x] + predict(left, up, corner);
		}
	}
	return { width, height, bytes, pixels: out };
}

/* The most frequent colours that differ by more than a shade. */
function choose_palette(counts) {
	const palette = [];

	for (const [colour] of [...counts].sort((a, b) => b[1] - a[1])) {
		const c = [colour >> 16, (colour >> 8) & 255, colour & 255];
		if (palette.every((p) => Math.abs(p[0] - c[0]) + Math.abs(p[1] - c[1]) + Math.abs(p[2] - c[2]) > 18))
			palette.push(c);
		if (palette.length === COLOURS)
			break;
	}
	return palette;
}

function nearest(palette, colour) {
	const c = [colour >> 16, (colour >> 8) & 255, colour & 255];
	let best = 0;
	let least = Infinity;

	palette.forEach((p, i) => {
		const far = (p[0] - c[0]) ** 2 + (p[1] - c[1]) ** 2 + (p[2] - c[2]) ** 2;
		if (far < least)
			[best, least] = [i, far];
	});
	return best;
}

/** The same picture in few colours. */
export function reduce(png) {
	const { width, height, bytes, pixels } = decode(png);
	const counts = new Map();
	const colour = (i) => (pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2];

	for (let i = 0; i < pixels.length; i += bytes)
		counts.set(colour(i), (counts.get(colour(i)) ?? 0) + 1);
	const palette = choose_palette(counts);
	const place = new Map([...counts.keys()].map((c) => [c, nearest(palette, c)]));
	const row = 1 + Math.ceil(width / 2);
	const lines = Buffer.alloc(row * height);
	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++)
			lines[y * row + 1 + (x >> 1)] |= place.get(colour((y * width + x) * bytes)) << (x % 2 ? 0 : 4);
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(height, 4);
	head.set([4, 3, 0, 0, 0], 8);
	return Buffer.concat([SIGNATURE, chunk('IHDR', head), chunk('PLTE', Buffer.from(palette.flat())), chunk('IDAT', deflateSync(lines, { level: 9 })),
		chunk('IEND', Buffer.alloc(0))]);
}
