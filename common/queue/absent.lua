-- Moves nothing: which of these jobs does Redis not know? ARGV: ids. Answers the unknown ones.
local out = {}
for _, id in ipairs(ARGV) do
	if redis.call('EXISTS', job_key(id)) == 0 then
		out[#out + 1] = id
	end
end
return out
