-- Gives back what was taken: KEYS, and for each the microseconds in ARGV. More than is owed clears the debt.
for i, key in ipairs(KEYS) do
	owe(key, debt(key) - tonumber(ARGV[i]))
end
