# Makes C of the Lua scripts: LUA(NAME, "text") rows, each with the prelude before it.
# usage: awk -f embed.awk prelude.lua reserve.lua … > queue_lua.h
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
	print "/* Made by common/queue/embed.awk from the scripts beside it; edit those. */"
	printf "#define QUEUE_LUA_PRELUDE \\\n%s\t\"\"\n", text[1]
	for (i = 2; i <= n; i++)
		printf "#define QUEUE_LUA_%s QUEUE_LUA_PRELUDE \\\n%s\t\"\"\n", toupper(names[i]), text[i]
	printf "#define QUEUE_LUA_ROWS(X)"
	for (i = 2; i <= n; i++)
		printf " \\\n\tX(%s, \"%s\", QUEUE_LUA_%s)", toupper(names[i]), names[i], toupper(names[i])
	printf "\n"
}
