# Makes C of a folder's Lua scripts: rows X(NAME, "word", "text"), each text with the prelude before it.
# usage: awk -v of=QUEUE -f embed.awk prelude.lua reserve.lua … > queue_lua.h
function literal(line) {
	gsub(/\\/, "\\\\", line)
	gsub(/"/, "\\\"", line)
	return "\t\"" line "\\n\" \\\n"
}
FNR == 1 {
	n++
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.lua$/, "", name)
	names[n] = name
}
/^[ \t]*--/ || /^[ \t]*$/ { next }
{ text[n] = text[n] literal($0) }
END {
	print "/* Made by common/embed.awk from the Lua scripts; edit those. */"
	printf "#define %s_LUA_PRELUDE \\\n%s\t\"\"\n", of, text[1]
	for (i = 2; i <= n; i++)
		printf "#define %s_LUA_%s %s_LUA_PRELUDE \\\n%s\t\"\"\n", of, toupper(names[i]), of, text[i]
	printf "#define %s_LUA_ROWS(X)", of
	for (i = 2; i <= n; i++)
		printf " \\\n\tX(%s, \"%s\", %s_LUA_%s)", toupper(names[i]), names[i], of, toupper(names[i])
	printf "\n"
}
