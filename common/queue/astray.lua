-- Moves nothing: which of these jobs are not where their rows say? ARGV: pairs of id and place (ready, uncertain, held). Those that are leased, settling
-- or dead are on their way, and a sender that leases a job looks at its row: only a job that is parked elsewhere stays astray. Answers pairs of id and
-- the place where it stands, '' for one that Redis does not know or that stands nowhere.
local out = {}
for i = 1, #ARGV, 2 do
	local place = stands(ARGV[i])
	local parked = place == 'held' or place == 'uncertain'
	if not place or (parked and place ~= ARGV[i + 1]) then
		out[#out + 1] = ARGV[i]
		out[#out + 1] = place or ''
	end
end
return out
