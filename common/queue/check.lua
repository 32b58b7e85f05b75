-- Moves nothing: is each of these jobs in the one set that its hash names? ARGV: a set ('' when the ids are those of hashes), then ids. Answers pairs of
-- id and what is wrong with it.
local set, out = ARGV[1], {}
local function wrong(id, why)
	out[#out + 1] = id
	out[#out + 1] = why
end
for i = 2, #ARGV do
	local id = ARGV[i]
	local place = redis.call('HGET', job_key(id), 'place')
	if set == '' then
		if not place then
			wrong(id, 'its hash names no set')
		elseif not redis.call('ZSCORE', prefix .. place, id) then
			wrong(id, 'its hash names the set ' .. place .. ', where it is not')
		end
	elseif place ~= set then
		wrong(id, 'stands in ' .. set .. ', and its hash names ' .. (place or 'no set'))
	end
end
return out
