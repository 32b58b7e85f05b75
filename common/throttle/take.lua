-- Takes one unit of each budget, or none of any when one of them has none left. KEYS: one a limit. ARGV: 'take' or 'look'; '1' when soft limits
-- do not stop this time; then for each key its budget, its window (ms) and '1' if it is soft.
-- Answers the place of the limit that stops (0: none; a hard one before a soft one, then the longest wait), the ms until it has a unit again, and
-- for each key the microseconds owed before and those taken now.
local take, opened = ARGV[1] == 'take', ARGV[2] == '1'
local HARD = 1e14
local stop, longest, highest = 0, 0, 0
local owed, taken = {}, {}
for i, key in ipairs(KEYS) do
	local budget, window, soft = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1]) * 1000, ARGV[3 * i + 2] == '1'
	local unit = math.max(math.floor(window / budget), 1)
	owed[i] = debt(key)
	taken[i] = math.max(math.min(unit, window - owed[i]), 0)
	local wait = owed[i] + unit - window
	local rank = soft and wait or wait + HARD
	if wait > 0 and rank > highest and not (soft and opened) then
		stop, longest, highest = i, wait, rank
	end
end
local answer = {stop, math.ceil(longest / 1000)}
for i, key in ipairs(KEYS) do
	if not take or stop > 0 then
		taken[i] = 0
	elseif taken[i] > 0 then
		owe(key, owed[i] + taken[i])
	end
	answer[2 * i + 1], answer[2 * i + 2] = owed[i], taken[i]
end
return answer
