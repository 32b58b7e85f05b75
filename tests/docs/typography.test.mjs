/* What people read is typeset as French is, wherever it stands; and the script that says so finds a fault planted in each kind of place. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { join } from 'node:path';
import { ROOT } from '../lib/demo.mjs';
import { faults, readable } from '../lib/typography.mjs';

test('all words for people are typeset as French is', () => {
	assert.match(execFileSync(process.execPath, [join(ROOT, 'tests/lib/typography.mjs')], { encoding: 'utf8' }), /nothing to mend/);
});

const PLANTED = [
	['page.html', '<p>Un lien vous est envoyé : ouvrez-le.</p>', /plain space before/],
	['page.html', '<p>Vous n\'avez rien reçu.</p>', /straight apostrophe/],
	['page.html', '<img alt="Code: six chiffres">', /no space before/],
	['mail.txt', 'L’élection « du comité\u00a0».', /plain space after «/],
	['mail.txt', 'Attendez...', /three dots/],
	['refusals.def', 'REFUSAL(404, "Cette page n\'existe pas", "Titre", "Que faire")', /straight apostrophe/],
	['refusals.def', 'REFUSAL(404, "Où aller ?", "x", "y")', /plain space before/],
	['page.c', 'reply_error(r, "erreur_x", "Saisissez votre identifiant : c’est "\n\t"votre adresse.");', /plain space before/],
	['page.c', 'x = "Vérifiez "\n\t" la saisie.";', /double space/],
	['page.c', 'x = "Saisissez \\"votre\\" adresse.";', /straight quotation mark/],
	['page.c', 'tmpl_format(d, "titre", "Continuer avec %s ?", who);', /plain space before/],
	['script.js', 'say(`La session va finir : prolongez-la.`);', /plain space before/],
	['questions.csv', 'place;wording\n1;Votre premier livre ?\n', /plain space before/],
];

for (const [file, text, why] of PLANTED)
	test(`a planted fault is found in ${file}: ${text.replace(/\s+/g, ' ')}`, () => {
		assert.ok(faults(file, text).some((line) => why.test(line)), `${readable(file, text)}: ${faults(file, text)}`);
	});

test('what is no sentence for people is left alone', () => {
	for (const [file, text] of [
		['page.c', '/* It\'s « ours » : a comment. */ log_info("request", "id=%s; who=%s", a, b);'],
		['page.c', 'if (c == \'"\') say("Les signes sont admis (par exemple - ! ? @ _ , .)");'],
		['page.c', '#include "common/base/la.h"\nstore("local v = redis.call(KEYS[1]); return v");'],
		['page.html', '<p>Votre adresse\u00a0: <span class="x">a.b@c.fr</span>. <a href="https://x.fr/?a=1">Ici</a></p>'],
		['page.html', '<p>{{#a}}Le {{b}}{{/a}}\u00a0; {{c}}…</p>'],
	])
		assert.deepEqual(faults(file, text), [], text);
});
