# What the rows of common/queue/moves.def become: awk -v as=lua|mdoc|svg -f moves.awk moves.def
function fail(why) {
	print FILENAME ":" FNR ": " why >"/dev/stderr"
	failed = 1
	exit 1
}
BEGIN {
	split("out ready leased held uncertain settling dead", order, " ")
	split("90 280 520 280 520 740 740", xs, " ")
	split("250 120 120 380 380 250 60", ys, " ")
	for (i = 1; i <= 7; i++) {
		x[order[i]] = xs[i]
		y[order[i]] = ys[i]
	}
}
/^MOVE\(/ {
	if (!match($0, /^MOVE\([a-z]+, [a-z]+, "[a-z ]+", "[^"]+", "[^"]+"\)$/))
		fail("not of the form MOVE(from, to, \"scripts\", \"who\", \"sentence\")")
	n++
	rest = substr($0, 6)
	from[n] = rest; sub(/,.*/, "", from[n])
	sub(/^[a-z]+, /, "", rest)
	to[n] = rest; sub(/,.*/, "", to[n])
	split(rest, quoted, "\"")
	scripts[n] = quoted[2]
	who[n] = quoted[4]
	sentence[n] = quoted[6]
	if (!(from[n] in x) || !(to[n] in x))
		fail("no such place")
}

function lua(   i, k, words, count) {
	for (i = 1; i <= n; i++) {
		count = split(scripts[i], words, " ")
		for (k = 1; k <= count; k++)
			all[words[k]] = all[words[k]] " " from[i] ">" to[i]
	}
	print "local moves = {"
	count = split("put lease move finish trim", words, " ")
	for (k = 1; k <= count; k++)
		print "\t" words[k] " = '" all[words[k]] " ',"
	print "}"
}

function mdoc(   i) {
	for (i = 1; i <= n; i++) {
		print ".It " (from[i] == "out" ? "Em out" : "Li " from[i]) " No \\(-> " (to[i] == "out" ? "Em out" : "Li " to[i])
		print sentence[i] " (" who[i] ")."
	}
}

# A curve from edge to edge of two boxes, bowed to its left, so that there and back do not meet.
function curve(i,   dx, dy, len, cx, cy, ax, ay, bx, by, a, b) {
	a = from[i]; b = to[i]
	if (a == b)
		return sprintf("M%d %d c-40 -50 40 -50 18 -3", x[a] - 10, y[a] - 20)
	dx = x[b] - x[a]; dy = y[b] - y[a]
	len = sqrt(dx * dx + dy * dy)
	cx = (x[a] + x[b]) / 2 + dy / len * 34; cy = (y[a] + y[b]) / 2 - dx / len * 34
	edge(x[a], y[a], cx, cy); ax = ex; ay = ey
	edge(x[b], y[b], cx, cy); bx = ex; by = ey
	return sprintf("M%.0f %.0f Q%.0f %.0f %.0f %.0f", ax, ay, cx, cy, bx, by)
}
# Where the line from the middle of a box to a point leaves the box.
function edge(mx, my, px, py,   dx, dy, k, l) {
	dx = px - mx; dy = py - my
	k = dx != 0 ? 54 / (dx < 0 ? -dx : dx) : 99
	l = dy != 0 ? 22 / (dy < 0 ? -dy : dy) : 99
	k = k < l ? k : l
	ex = mx + dx * k; ey = my + dy * k
}
function label(i,   dx, dy, len) {
	if (from[i] == to[i])
		return sprintf("x=\"%d\" y=\"%d\"", x[from[i]], y[from[i]] - 60)
	dx = x[to[i]] - x[from[i]]; dy = y[to[i]] - y[from[i]]
	len = sqrt(dx * dx + dy * dy)
	return sprintf("x=\"%.0f\" y=\"%.0f\"", (x[from[i]] + x[to[i]]) / 2 + dy / len * 22 - dx / len * 12, (y[from[i]] + y[to[i]]) / 2 - dx / len * 22 - dy / len * 12 + 4)
}
function svg(   i) {
	height = 470 + 18 * n
	print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 " height "\" font-family=\"sans-serif\" font-size=\"13\">"
	print "<title>The moves of a job in the live queue</title>"
	print "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>"
	print "<rect width=\"860\" height=\"" height "\" fill=\"#fff\"/>"
	for (i = 1; i <= n; i++) {
		late = to[i] == "out" || (to[i] == "settling" && from[i] != "leased")
		print "<path d=\"" curve(i) "\" fill=\"none\" stroke=\"#222\"" (late ? " stroke-dasharray=\"4 3\"" : "") " marker-end=\"url(#tip)\"/>"
	}
	for (i = 1; i <= 7; i++) {
		print "<rect x=\"" x[order[i]] - 52 "\" y=\"" y[order[i]] - 20 "\" width=\"104\" height=\"40\" rx=\"" (order[i] == "out" ? 0 : 20) "\" fill=\"#eef\" stroke=\"#222\"/>"
		print "<text x=\"" x[order[i]] "\" y=\"" y[order[i]] + 4 "\" text-anchor=\"middle\" font-weight=\"bold\">" order[i] "</text>"
	}
	for (i = 1; i <= n; i++)
		print "<text " label(i) " text-anchor=\"middle\" font-size=\"11\" stroke=\"#fff\" stroke-width=\"4\" paint-order=\"stroke\">" i "</text>"
	for (i = 1; i <= n; i++)
		print "<text x=\"20\" y=\"" 460 + 18 * i "\">" i ". " from[i] " → " to[i] ": " sentence[i] " (" who[i] ")</text>"
	print "</svg>"
}

END {
	if (failed)
		exit 1
	if (as == "lua")
		lua()
	else if (as == "mdoc")
		mdoc()
	else
		svg()
}
